"""The checker of the exercises: a catalogue of wrong solutions, and solutions that misbehave."""

import contextlib
import importlib
import inspect
import math
import os
import random
import subprocess
import sys
import time
from functools import partial

import numpy as np
import pytest
from support.docstrings import run_examples, undocumented

import softmax_lessons as sl
from softmax_lessons import exercises
from softmax_lessons.exercises import _run
from softmax_lessons.exercises._report import DIGITS, literal
from softmax_lessons.exercises._tasks import EXERCISES

every_exercise = pytest.mark.parametrize("name", EXERCISES)
needs_fork = pytest.mark.skipif(sys.platform != "linux", reason="the checker forks on Linux only")


@pytest.fixture
def in_thread(monkeypatch):
    """Call solutions in a thread, as on Windows and macOS; it is faster, too."""
    monkeypatch.setattr(_run, "Runner", _run.InThread)


@pytest.fixture(params=["InFork", "InThread"])
def runner(request, monkeypatch):
    if request.param == "InFork" and sys.platform != "linux":
        pytest.skip("the checker forks on Linux only")
    monkeypatch.setattr(_run, "Runner", getattr(_run, request.param))
    return request.param


# --- right solutions --------------------------------------------------------------------------

E = np.exp


def shifted(z):
    return z - z.max(axis=-1, keepdims=True)


def soft(z):
    """Softmax as the stability page ends with it."""
    z = np.asarray(z)
    e = E(shifted(z if z.dtype.kind == "f" else z.astype(float)))
    return e / e.sum(axis=-1, keepdims=True)


def log_sum(z, keepdims=False):
    m = z.max(axis=-1, keepdims=True)
    result = m + np.log(E(z - m).sum(axis=-1, keepdims=True))
    return result if keepdims else result[..., 0]


def hard(z):
    return np.eye(z.shape[-1])[z.argmax(axis=-1)]


def hot(y, k):
    result = np.zeros((len(y), k))
    result[np.arange(len(y)), y] = 1
    return result


def accurate(z):
    k = z.argmax()
    rest = np.delete(E(z - z[k]), k)
    return z - z[k] - np.log1p(rest.sum())


def jacobian(z):
    p = soft(z)
    return np.diag(p) - np.outer(p, p)


def jacobian_by_differences(z):
    h = 1e-5
    return np.array([(soft(z + n) - soft(z - n)) / (2 * h) for n in h * np.eye(len(z))])


def loss(z, y):
    return float(np.mean(log_sum(z) - z[np.arange(len(y)), y]))


def loss_grad(z, y):
    p = soft(z)
    p[np.arange(len(y)), y] -= 1
    return p / len(y)


def entropy(p):
    return -np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0).sum(axis=-1)


def kl(p, q):
    return sum(
        np.where(p[..., i] > 0, p[..., i] * np.log(np.maximum(p[..., i], 1e-300) / q[..., i]), 0)
        for i in range(p.shape[-1])
    )


def masked(z, keep):
    top = np.where(keep, z, -np.inf).max(axis=-1, keepdims=True)
    e = E(np.where(keep, z - np.where(np.isfinite(top), top, 0), -np.inf))
    return e / np.maximum(e.sum(axis=-1, keepdims=True), 1e-300)


def doubled_by_differences(z, y):
    h = 1e-5 * np.eye(len(z))
    return np.array([-np.log(soft(soft(z + n)) / soft(soft(z - n)))[y] / 2e-5 for n in h])


def by_comparing(c, bins):
    return sum([c > k / bins for k in range(1, bins)], np.zeros(len(c), int))


def by_search(c, bins, side="left"):
    return np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], c, side)


def calibration_error(p, y, bins, *, place=by_comparing, skip_empty=True):
    """The expected calibration error, bin by bin."""
    confidence, right = p.max(axis=1), p.argmax(axis=1) == y
    error = 0.0
    for k in range(bins):
        inside = place(confidence, bins) == k
        if inside.any() or not skip_empty:
            error += inside.mean() * abs(confidence[inside].mean() - right[inside].mean())
    return error


def by_loops(scores):
    powers = [math.exp(z) for z in scores]
    return [e / sum(powers) for e in powers]


def single_precision(scores):
    e = E(scores.astype(np.float32))
    return e / e.sum()


def two_halves(x):
    x = np.asarray(x, float)
    small = E(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


RIGHT = [
    ("one_hot", hot),
    ("one_hot", lambda y, k: np.eye(k, dtype=int)[y]),
    ("one_hot", lambda y, k: y[:, None] == np.arange(k)),
    ("margin", lambda z: np.diff(np.sort(z, axis=-1), axis=-1)[..., -1]),
    ("sigmoid", two_halves),
    ("sigmoid", lambda x: 1 / (1 + E(-x))),
    ("sigmoid", lambda x: E(-np.logaddexp(0, -x))),
    ("logit", lambda p: np.log(p / (1 - p))),
    ("logit", lambda p: np.array([math.log(x) - math.log(1 - x) for x in p])),
    ("hardmax", hard),
    ("accuracy", lambda z, y: sum(r.argmax() == k for r, k in zip(z, y, strict=True)) / len(y)),
    ("normalize_by_sum", lambda z: z / np.expand_dims(z.sum(axis=-1), -1)),
    ("shift_by_sum", lambda z: sl.normalize_by_sum(z - z.min(axis=-1, keepdims=True))),
    ("softmax_vector", by_loops),
    ("softmax_vector", single_precision),
    ("softmax_vector", lambda z: 1 / E(z[None] - z[:, None]).sum(axis=1)),
    ("softmax", soft),
    ("softmax", sl.softmax),
    ("softmax", lambda z: np.apply_along_axis(soft, -1, z)),
    ("logits_from", lambda p: (np.log(p).T - np.log(p).mean(axis=-1).T).T),
    ("softmax_with_temperature", lambda z, t: soft(z / t)),
    ("softmax_with_temperature", lambda z, t=1: soft(shifted(z) / t)),
    ("entropy", entropy),
    ("softmax_jacobian", jacobian),
    ("softmax_jacobian", jacobian_by_differences),
    ("softmax_vjp", lambda p, g: p * (g - np.einsum("...i,...i", p, g)[..., None])),
    ("logsumexp", log_sum),
    ("logsumexp", lambda z: np.logaddexp.reduce(z, axis=-1)),
    ("log_softmax", lambda z: shifted(z) - np.log(E(shifted(z)).sum(axis=-1, keepdims=True))),
    ("accurate_log_softmax", accurate),
    ("cross_entropy", loss),
    ("cross_entropy_grad", loss_grad),
    ("smooth_labels", lambda y, k, s: hot(y, k) * (1 - s) + s / k),
    ("kl_divergence", kl),
    ("nll_loss", lambda t, y: -sum(t[i, k] for i, k in enumerate(y)) / len(y)),
    ("masked_softmax", masked),
    ("masked_softmax", lambda z, keep: np.nan_to_num(soft(np.where(keep, z, -np.inf)))),
    ("doubled_grad", lambda z, y: jacobian(z) @ (soft(soft(z)) - np.eye(len(z))[y])),
    ("doubled_grad", doubled_by_differences),
    ("brier_score", lambda p, y: ((p - hot(y, p.shape[1])) ** 2).sum(axis=1).mean()),
    ("brier_score", lambda p, y: np.mean((p**2).sum(axis=1) + 1 - 2 * p[np.arange(len(y)), y])),
    ("expected_calibration_error", calibration_error),
    ("expected_calibration_error", partial(calibration_error, place=by_search)),
    ("nll_slope", lambda z, y, b: ((soft(b * z) - hot(y, z.shape[1])) * z).sum() / len(y)),
    ("sgd_step", lambda w, x, y, r: w - r * loss_grad(x @ w.T, y).T @ x),
    ("sgd_step", lambda w, x, y, r: w - r * np.einsum("nk,nd->kd", loss_grad(x @ w.T, y), x)),
    ("confusion_matrix", lambda y, s, k: hot(y, k).T @ hot(s, k)),
    ("confusion_matrix", lambda y, s, k: np.bincount(k * y + s, minlength=k * k).reshape(k, k)),
    ("bce_with_logits", lambda z, y: np.mean(np.logaddexp(0, z) - y * z)),
    ("bce_with_logits", lambda z, y: np.mean(np.logaddexp(0, np.where(y == 1, -z, z)))),
    ("exact_match", lambda p, y, t: np.mean(((p >= t) == y).all(axis=1))),
    (
        "exact_match",
        lambda p, y, t: sum(np.array_equal(a >= t, b) for a, b in zip(p, y, strict=True)) / len(p),
    ),
]


@pytest.mark.parametrize(("name", "solution"), RIGHT)
def test_right_solutions_pass(name, solution):
    report = exercises.check(name, solution)
    assert report, report
    assert report.holds == tuple(stage.name for stage in EXERCISES[name].stages)


def test_every_exercise_has_a_right_solution_here():
    assert {name for name, _ in RIGHT} == set(EXERCISES)


@every_exercise
def test_our_own_answer_passes(name, in_thread):
    report = exercises.check(name, EXERCISES[name].right)
    assert report, report
    assert not report.notes


def test_a_right_solution_that_warns_is_right_and_told_so():
    report = exercises.check("sigmoid", lambda x: 1 / (1 + np.exp(-x)))
    assert report
    assert report.notes == (
        "The numbers are right, but on the way there were warnings: overflow encountered in exp.",
    )


# --- the catalogue ----------------------------------------------------------------------------


def in_place(z):
    z -= z.max(axis=-1, keepdims=True)
    np.exp(z, out=z)
    z /= z.sum(axis=-1, keepdims=True)
    return z


def in_place_and_nothing(z):
    z[...] = soft(z)


def prints(z):
    print(soft(z))


def forgets(z):
    soft(z)


def integers(z):
    result = np.zeros_like(z)
    result[...] = soft(z)
    return result


def global_maximum(z):
    e = E(z - z.max())
    return e / e.sum(axis=-1, keepdims=True)


def above_zero(z):
    m = 0
    for score in z.ravel():
        m = max(m, score)
    e = E(z - m)
    return e / e.sum(axis=-1, keepdims=True)


def swallows(z):
    result = np.nan_to_num(E(z) / E(z).sum(axis=-1, keepdims=True))
    return result


calls = []


def counts_calls(z):
    calls.append(1)
    return soft(z) * (1 if len(calls) < 4 else 1.01)


remembered = {}


def remembers(z):
    return remembered.setdefault(z.shape, soft(z))


def draws(z):
    return soft(z + 0.01 * np.random.default_rng().normal(size=z.shape))


def half_a_batch(z):
    if z.ndim == 1:
        return soft(z)
    result = np.zeros(z.shape)
    result[0] = soft(z[0])
    return result


def undefined(z):
    return soft_max(z)  # noqa: F821


def wrong_index(z):
    return np.array([E(z[i]) / E(z).sum() for i in range(3)])


def first_three(z):
    return np.array([E(z[0]), E(z[1]), E(z[2])]) / E(z).sum()


def plain_exp(z):
    return E(z) / E(z).sum(axis=-1, keepdims=True)


def batch_by_hand(z):
    if z.ndim == 1:
        powers = [math.exp(x) for x in z]
        return np.array([e / sum(powers) for e in powers])
    return np.array([batch_by_hand(row) for row in z])


def no_lists(z):
    return soft(z).tolist()


def truth(z):
    if z > 0:
        return soft(z)
    return soft(z)


def labels_in_all_rows(z, y):
    p = soft(z)
    p[:, y] -= 1
    return p / len(y)


def largest_of_all(z, keep):
    e = E(shifted(z)) * keep
    return e / e.sum(axis=-1, keepdims=True)


def steps_in_place(w, x, y, r):
    w -= r * loss_grad(x @ w.T, y).T @ x
    return w


def counts_pairs_once(y, s, k):
    table = np.zeros((k, k))
    table[y, s] += 1
    return table


Y_MINUS_P = "It has the wrong sign: y - p, not p - y."
LACKS_KEEPDIMS = "A sum or maximum over the last axis lacks `keepdims=True`."
CATALOGUE = [
    # How it is called, and what comes back.
    ("softmax", soft(np.arange(3.0)), "This is no function, but an object of type `ndarray`."),
    ("softmax", lambda z, axis: soft(z), "It cannot be called as `softmax(scores)`."),
    ("softmax", lambda: None, "It cannot be called as `softmax(scores)`."),
    ("softmax", prints, "It prints its result, and returns nothing."),
    ("softmax", forgets, "It returns nothing."),
    ("softmax", in_place_and_nothing, "It changes its input, and returns nothing."),
    ("softmax", no_lists, "It returns a list, not an array."),
    ("softmax", lambda z: (soft(z), z.max()), "It returns a tuple, not an array."),
    ("softmax", lambda z: str(soft(z)), "It returns an object of type `str`, not an array."),
    ("softmax", lambda z: (x for x in z), "an object of type `generator`, not an array."),
    ("softmax", lambda z: soft, "It returns an object of type `function`, not an array."),
    ("softmax", lambda z: soft(z) + 0j, "It returns complex numbers."),
    ("softmax", lambda z: soft(z).astype(object), "dtype object, not an array of numbers."),
    ("accuracy", lambda z, y: all(z.argmax(-1) == y), "It returns True or False, not a number."),
    ("cross_entropy", lambda z, y: [loss(z, y)], "It returns a list, not one number."),
    # Shapes.
    ("softmax", lambda z: soft(z)[None], "The numbers are right, but their shape is (1, 3)"),
    (
        "softmax",
        lambda z: soft(z).max(axis=-1),
        "It returns one number, not an array of shape (3,)",
    ),
    ("softmax", first_three, "The result has shape (3,) instead of (4,)."),
    ("softmax", lambda z: soft(z).T, "The result is transposed: rows and columns are exchanged."),
    ("logsumexp", partial(log_sum, keepdims=True), "their shape is (1,) instead of ()."),
    ("one_hot", lambda y, k: hot(y, k).T, "The result is transposed"),
    (
        "cross_entropy_grad",
        lambda z, y: loss_grad(z, y).sum(0),
        "It adds up the rows.",
    ),
    # Exceptions.
    ("softmax", undefined, "It uses a name that is not defined."),
    ("softmax", lambda z: math.exp(z), "It treats an array as one number."),
    ("softmax", truth, "It asks `if` of a whole array."),
    (
        "softmax",
        lambda z: E(z) / E(z).sum(axis=1),
        "It names an axis that this input does not have.",
    ),
    ("softmax", lambda z: E(z) / E(z).sum(axis=-1), LACKS_KEEPDIMS),
    ("log_softmax", lambda z: z - np.log(E(z).sum(axis=-1)), LACKS_KEEPDIMS),
    ("softmax", wrong_index, "The result has shape (3,) instead of (4,)."),
    ("hardmax", lambda z: np.eye(len(z))[z.argmax()], "asks for an entry that is not there"),
    ("entropy", lambda p: {}["p"], "It raises a KeyError, with one vector."),
    ("softmax", lambda z: z.softmax(), "It raises an AttributeError, with one vector."),
    # State.
    ("softmax", draws, "The same call does not always return the same."),
    ("softmax", counts_calls, "The same call does not always return the same."),
    ("softmax", remembers, "The same call does not always return the same."),
    ("softmax", in_place, "It changes its input."),
    (
        "softmax",
        lambda z: soft([0.25, 1.23, -0.8]),
        "The result is the same for 6 different inputs.",
    ),
    ("softmax", lambda z: z, "It returns its input as it was."),
    # The formula of softmax.
    ("softmax", lambda z: E(z), "It does not divide: these are the exponentials."),
    (
        "softmax",
        lambda z: E(z) / z.sum(),
        "divides by the sum of the scores, not of their exponent",
    ),
    ("softmax", lambda z: E(z) / E(z).max(), "It divides by the largest exponential"),
    ("softmax", lambda z: 2**z / (2**z).sum(), "It takes powers of 2, not of e."),
    ("softmax", lambda z: soft(-z), "The sign in the exponent is wrong"),
    ("softmax", lambda z: soft(abs(z)), "It takes the absolute values of the scores."),
    ("softmax", lambda z: soft(soft(z)), "It takes softmax twice."),
    ("softmax", lambda z: soft(z / z.max()), "It divides the scores by their maximum"),
    ("softmax", hard, "It returns the hard choice"),
    ("softmax", lambda z: np.log(soft(z)), "It returns the logarithm of the right result."),
    ("softmax", lambda z: 100 * soft(z), "Every number is 100 times the right one."),
    ("softmax", lambda z: soft(np.sort(z)), "but they stand in the wrong places."),
    ("softmax", lambda z: soft(3 * z), "It is the softmax of 3 times the right exponents."),
    ("softmax", lambda z: 2.7**z / (2.7**z).sum(), "It is the softmax of 0.993252 times the right"),
    ("softmax", lambda z: np.round(soft(z), 3), "rounded to 3 decimals inside the function."),
    (
        "softmax_vector",
        lambda z: [round(x, 4) for x in by_loops(z)],
        "rounded to 4 decimals inside",
    ),
    (
        "softmax",
        lambda z: soft(z.astype(np.float32)),
        "right to about 7 digits, and 9 are asked for.",
    ),
    (
        "softmax",
        lambda z: E(z) / (E(z).sum() + 1e-6),
        "right to about 5 digits, and 9 are asked for.",
    ),
    ("softmax", lambda z: soft(z) + 0.01, "All entries are off by the same amount, 0.01"),
    # Axes.
    (
        "softmax",
        lambda z: E(z) / E(z).sum(axis=0),
        "Your rows sum to 1 along axis 0, not along the",
    ),
    ("softmax", lambda z: E(z) / E(z).sum(), "The whole array sums to 1, not each row."),
    (
        "softmax",
        lambda z: sl.softmax(z, axis=min(1, z.ndim - 1)),
        "along axis 1, not along the last",
    ),
    ("softmax", half_a_batch, "Row 0 is right, row 1 is not."),
    ("hardmax", lambda z: (z == z.max()) * 1, "It marks only the maximum of the whole batch."),
    ("entropy", lambda p: -(p * np.log(p)).sum(), "It sums over the whole batch."),
    (
        "logits_from",
        lambda p: np.log(p) - np.log(p).mean(),
        "subtracts the mean of the whole batch.",
    ),
    # Numbers that are large, small or odd.
    ("softmax", integers, "The fractions are cut off: the result is stored as integers."),
    ("softmax", plain_exp, "It overflows from a score of 710 on."),
    ("softmax", swallows, "It overflows from a score of 710 on."),
    ("softmax", batch_by_hand, "It overflows from a score of 710 on."),
    ("softmax", lambda z: plain_exp(z / 2) ** 2, "The probabilities of a row sum to"),
    ("softmax", lambda z: soft(np.clip(z, -700, 700)), "It goes wrong from a score of 701 on."),
    (
        "softmax",
        lambda z: plain_exp(z - z.mean(-1, keepdims=True)),
        "It subtracts the mean, not the",
    ),
    ("softmax", lambda z: plain_exp(z - z.min(-1, keepdims=True)), "It subtracts the minimum, not"),
    ("softmax", lambda z: plain_exp(z - z[..., :1]), "It subtracts the first score, not the max"),
    ("softmax", above_zero, "The shift uses max(0, max)"),
    ("softmax", lambda z: plain_exp(z - abs(z).max(-1, keepdims=True)), "largest absolute value"),
    ("softmax", global_maximum, "A row that lies far below another one is wrong"),
    (
        "softmax",
        lambda z: soft(np.where(np.isinf(z), 0, z)),
        "A score of -inf, which excludes a class",
    ),
    ("softmax", lambda z: np.round(soft(z), 12), "Small probabilities are wrong."),
    ("softmax", lambda z: soft(z.astype(float)), "It returns float64 for float32 input."),
    ("softmax", lambda z: E(shifted(z)) / E(shifted(z)).sum(-1, keepdims=True), "wraps around."),
    ("sigmoid", lambda x: E(x) / (1 + E(x)), "It overflows from a score of 710 on."),
    ("sigmoid", lambda x: (1 + np.tanh(x / 2)) / 2, "Small results lose their digits"),
    ("sigmoid", lambda x: 1 / (1 + E(x)), "The sign in the exponent is wrong"),
    ("logsumexp", lambda z: np.log(E(z).sum(-1)), "It overflows from a score of 710 on."),
    ("logsumexp", lambda z: np.log(E(shifted(z)).sum(-1)), "subtracted, and not added back."),
    ("log_softmax", lambda z: np.log(soft(z)), "logarithm of a probability that has rounded to 0."),
    ("log_softmax", lambda z: np.log(soft(z) + 5e-13), "beyond -28.32, which is log(5e-13)."),
    ("accurate_log_softmax", lambda z: z - log_sum(z), "of a leading class loses its digits."),
    (
        "accurate_log_softmax",
        lambda z: shifted(z) - np.log(E(shifted(z)).sum()),
        "It loses dominated rows: the leading class gets exactly 0",
    ),
    ("hardmax", lambda z: (z == z.max(-1, keepdims=True)) * 1, "It marks all ties."),
    ("margin", lambda z: np.diff(np.unique(z))[-1], "Ties are wrong: two equal best scores have a"),
    ("entropy", lambda p: -(p * np.log(p)).sum(-1), "A probability of 0 must add nothing. The res"),
    # Temperature, gradients, losses.
    ("softmax_with_temperature", lambda z, t: soft(z * t), "The temperature multiplies, where it"),
    ("softmax_with_temperature", lambda z, t: soft(z + t), "The temperature has no effect."),
    ("softmax_with_temperature", lambda z, t: plain_exp(z / t), "A low temperature gives wrong"),
    ("entropy", lambda p: -(p * np.log2(p)).sum(-1), "uses the logarithm of base 2, not the nat"),
    ("entropy", lambda p: (p * np.log(p)).sum(-1), "Every number has the wrong sign."),
    ("softmax_jacobian", lambda z: np.diag(np.diag(jacobian(z))), "Only the diagonal is there"),
    ("softmax_jacobian", lambda z: np.diag(jacobian(z)), "It returns only the diagonal, as a vect"),
    ("softmax_jacobian", lambda z: -jacobian(z), "Every number has the wrong sign."),
    ("softmax_jacobian", lambda z: soft(z)[:, None] * (1 - soft(z)), "Jacobian is not symmetric."),
    ("softmax_vjp", lambda p, g: p * g, "It multiplies by p only."),
    (
        "softmax_vjp",
        lambda p, g: (np.diag(p) - np.outer(p, p)) @ g,
        "It raises a ValueError, with a",
    ),
    ("softmax_vjp", lambda p, g: p * (g - p), "A row sums to 0.17, not to 0."),
    ("cross_entropy_grad", lambda z, y: -loss_grad(z, y), Y_MINUS_P),
    (
        "cross_entropy_grad",
        lambda z, y: len(y) * loss_grad(z, y),
        "off by the factor N, the number",
    ),
    (
        "cross_entropy_grad",
        lambda z, y: loss_grad(z, y) / len(y),
        "divided by N, the number of rows",
    ),
    ("cross_entropy_grad", labels_in_all_rows, "subtracts 1 in all columns that occur among the"),
    ("cross_entropy", lambda z, y: -np.log(soft(z)[:, y]).mean(), "all columns that occur among"),
    ("cross_entropy", lambda z, y: loss(soft(z), y), "It takes softmax twice"),
    ("cross_entropy", lambda z, y: loss(z, y) * len(y), "adds the losses up, and does not divide"),
    ("cross_entropy", lambda z, y: min(loss(z, y), 30), "No result goes beyond 30, which is -log("),
    (
        "smooth_labels",
        lambda y, k, s: hot(y, k) * (1 - s) + s,
        "amount is not divided by the numbe",
    ),
    ("kl_divergence", lambda p, q: kl(q, p), "p and q are exchanged."),
    ("nll_loss", lambda t, y: t[np.arange(len(y)), y].mean(), "Every number has the wrong sign."),
    (
        "nll_loss",
        lambda t, y: -(hot(y, t.shape[1]) * t).sum(1).mean(),
        "counts only where it is the",
    ),
    # Masks, and a softmax too many.
    ("masked_softmax", lambda z, keep: soft(z) * keep, "takes softmax of everything, and then dro"),
    ("masked_softmax", lambda z, keep: soft(z * keep), "It sets what does not count to 0 before"),
    (
        "masked_softmax",
        lambda z, keep: soft(z * keep) * keep,
        "by the mask before softmax, and",
    ),
    ("masked_softmax", lambda z, keep: masked(z, ~keep), "The mask is turned round"),
    ("masked_softmax", lambda z, keep: soft(np.where(keep, z, -1e9)), "a row in which nothing cou"),
    ("masked_softmax", lambda z, keep: soft(z - 1e9 * ~keep), "A score that is left out still has"),
    (
        "masked_softmax",
        lambda z, keep: soft(np.where(keep, z, -np.inf)),
        "What is left out gets -inf, and a row in which nothing counts becomes NaN.",
    ),
    ("masked_softmax", largest_of_all, "It subtracts the maximum of all scores, also of those"),
    ("masked_softmax", lambda z, keep: soft(z[keep]), "The result has shape (2,) instead of (3,)."),
    ("doubled_grad", lambda z, y: soft(z) - np.eye(len(z))[y], "is the gradient with one softmax"),
    ("doubled_grad", lambda z, y: soft(soft(z)) - np.eye(len(z))[y], "It stops halfway: q - y is"),
    (
        "doubled_grad",
        lambda z, y: soft(z) * (soft(soft(z)) - np.eye(len(z))[y]),
        "It multiplies by p only",
    ),
    (
        "doubled_grad",
        lambda z, y: jacobian(soft(z)) @ (soft(soft(z)) - np.eye(len(z))[y]),
        "It uses the Jacobian at p, not at the scores.",
    ),
    (
        "doubled_grad",
        lambda z, y: jacobian(z) @ (np.eye(len(z))[y] - soft(soft(z))),
        "It has the wrong sign.",
    ),
    # Calibration.
    ("brier_score", lambda p, y: ((p - hot(y, p.shape[1])) ** 2).mean(), "the mean over the clas"),
    (
        "brier_score",
        lambda p, y: ((1 - p[np.arange(len(y)), y]) ** 2).mean(),
        "label's class alone",
    ),
    ("brier_score", lambda p, y: abs(p - hot(y, p.shape[1])).sum(1).mean(), "absolute values, not"),
    ("brier_score", lambda p, y: (p - y[:, None]).var(), "It is not the mean squared distance."),
    (
        "brier_score",
        lambda p, y: ((soft(p) - hot(y, p.shape[1])) ** 2).sum(1).mean(),
        "softmax to p",
    ),
    (
        "expected_calibration_error",
        lambda p, y, k: abs(p.max(1).mean() - (p.argmax(1) == y).mean()),
        "It returns what a single bin would",
    ),
    (
        "expected_calibration_error",
        partial(calibration_error, skip_empty=False),
        "The result has NaN, which is no number.",
    ),
    (
        "expected_calibration_error",
        partial(calibration_error, place=partial(by_search, side="right")),
        "A bin holds its lower edge, not its upper one.",
    ),
    (
        "expected_calibration_error",
        partial(calibration_error, place=lambda c, bins: (c * bins).astype(int)),
        "A confidence on the edge of two bins is in the wrong one.",
    ),
    (
        "expected_calibration_error",
        partial(calibration_error, place=lambda c, bins: np.ceil(c * bins) - 1),
        "It rounds c times the number of bins up, and that product is rounded itself.",
    ),
    (
        "expected_calibration_error",
        lambda p, y, k: calibration_error(p, y, k) ** 2,
        "It returns the square of the right result.",
    ),
    (
        "expected_calibration_error",
        lambda p, y, k: abs(p.max(1) - (p.argmax(1) == y)).mean(),
        "It compares each row with its own answer",
    ),
    (
        "nll_slope",
        lambda z, y, b: (hot(y, z.shape[1]) - soft(b * z)).ravel() @ z.ravel() / len(y),
        "sign",
    ),
    (
        "nll_slope",
        lambda z, y, b: ((soft(z) - hot(y, z.shape[1])) * z).sum(1).mean(),
        "not of beta z",
    ),
    (
        "nll_slope",
        lambda z, y, b: ((soft(z * b) - hot(y, z.shape[1])) * z).sum(),
        "adds the rows up",
    ),
    ("nll_slope", lambda z, y, b: loss(b * z, y), "It is the loss, not its slope."),
    (
        "nll_slope",
        lambda z, y, b: (
            ((E(b * z) / E(b * z).sum(1)[:, None] - hot(y, z.shape[1])) * z).sum() / len(y)
        ),
        "Large logits give a wrong slope.",
    ),
    # Training, and several yes-or-no questions.
    ("sgd_step", lambda w, x, y, r: w + r * loss_grad(x @ w.T, y).T @ x, "It goes uphill."),
    ("sgd_step", lambda w, x, y, r: loss_grad(x @ w.T, y).T @ x, "returns the gradient, not the"),
    ("sgd_step", lambda w, x, y, r: w - loss_grad(x @ w.T, y).T @ x, "learning rate is not used."),
    (
        "sgd_step",
        lambda w, x, y, r: w - r * len(x) * loss_grad(x @ w.T, y).T @ x,
        "It adds the rows up: the step is N times too long.",
    ),
    ("sgd_step", steps_in_place, "It changes its input."),
    (
        "sgd_step",
        lambda w, x, y, r: w - r * (plain_exp(x @ w.T) - hot(y, len(w))).T @ x / len(x),
        "It overflows from a score of 710 on.",
    ),
    ("sgd_step", lambda w, x, y, r: w - r * x.T @ loss_grad(x @ w.T, y), "It raises a ValueError"),
    ("confusion_matrix", lambda y, s, k: hot(s, k).T @ hot(y, k), "Rows and columns are exchanged"),
    ("confusion_matrix", counts_pairs_once, "A pair that occurs several times is counted once."),
    (
        "confusion_matrix",
        lambda y, s, k: np.diag(np.bincount(y[y == s], minlength=k)),
        "It counts the right predictions only.",
    ),
    (
        "confusion_matrix",
        lambda y, s, k: hot(y, max(y) + 1).T @ hot(s, max(s) + 1),
        "The result has shape (2, 2) instead of (4, 4).",
    ),
    (
        "confusion_matrix",
        lambda y, s, k: hot(y, k).T @ hot(s, k) / len(y),
        "It divides by the number of examples.",
    ),
    (
        "bce_with_logits",
        lambda z, y: np.mean(np.log1p(E(z)) - y * z),
        "It overflows from a score of 710 on.",
    ),
    (
        "bce_with_logits",
        lambda z, y: -np.mean(y * np.log(two_halves(z)) + (1 - y) * np.log(1 - two_halves(z))),
        "logarithm of a probability that has rounded to 0 or to 1.",
    ),
    ("bce_with_logits", lambda z, y: np.sum(np.logaddexp(0, z) - y * z), "It adds all losses up."),
    (
        "bce_with_logits",
        lambda z, y: -np.mean(y * np.log(two_halves(z))),
        "Only answers with target 1 count",
    ),
    (
        "bce_with_logits",
        lambda z, y: (
            -np.mean((y * (shifted(z) - np.log(E(shifted(z)).sum(-1, keepdims=True)))).sum(-1))
        ),
        "the questions compete.",
    ),
    (
        "bce_with_logits",
        lambda z, y: np.mean(
            -np.log(np.maximum(np.where(y == 1, two_halves(z), two_halves(-z)), 1e-7))
        ),
        "No result goes beyond 16.12, which is -log(1e-07).",
    ),
    ("exact_match", lambda p, y, t: np.mean((p >= t) == y), "question by question."),
    ("exact_match", lambda p, y, t: np.mean(((p >= t) == y).any(axis=1)), "as soon as one answer"),
    ("exact_match", lambda p, y, t: np.mean(((p > t) == y).all(axis=1)), "counts as a no."),
    ("exact_match", lambda p, y, t: np.mean((np.round(p) == y).all(axis=1)), "always one half."),
    ("exact_match", lambda p, y, t: np.mean(((p >= t) == y).all(axis=0)), "asks of each question"),
]


@pytest.mark.parametrize(
    ("name", "solution", "mistake"),
    CATALOGUE,
    ids=[f"{i}-{name}" for i, (name, *_) in enumerate(CATALOGUE)],
)
def test_the_catalogue(name, solution, mistake):
    calls.clear()
    remembered.clear()
    report = exercises.check(name, solution)
    assert report.verdict == "wrong"
    assert not report
    assert mistake in report.mistake, report
    assert report.hint


def test_the_catalogue_is_large_enough():
    assert len(CATALOGUE) >= 100


@every_exercise
def test_each_known_mistake_is_told_from_all_others(name, in_thread):
    for suspect in EXERCISES[name].suspects:
        report = exercises.check(name, suspect.function)
        assert report.mistake == suspect.mistake, report


# What nobody foresaw is measured and shown, not guessed at.
UNFORESEEN = [
    ("softmax", lambda z: soft(np.sin(z)), "These are not the probabilities of one vector."),
    (
        "softmax",
        lambda z: plain_exp(z - 1e5 * (abs(z) > 1e4)),
        "It overflows from a score of 710 on.",
    ),
    ("softmax", lambda z: plain_exp(z - 700), "Small probabilities are wrong."),
    ("softmax", lambda z: plain_exp(z - 20), "It overflows from a score of 730 on."),
    ("sigmoid", lambda x: x / (1 + abs(x)), "Ordinary numbers give wrong results."),
    (
        "log_softmax",
        lambda z: np.log(soft(z) + 5e-11),
        "These are not the log-probabilities of one",
    ),
    (
        "accuracy",
        lambda z, y: abs(z.argmax(-1) - y).mean(),
        "It is not the share of right choices.",
    ),
    ("cross_entropy", lambda z, y: loss(z, y) ** 1.1, "It is not the mean loss."),
]


@pytest.mark.parametrize(("name", "solution", "mistake"), UNFORESEEN)
def test_no_mistake_is_named_without_evidence(name, solution, mistake):
    report = exercises.check(name, solution)
    assert report.mistake.startswith(mistake), report
    assert mistake not in {s.mistake for s in EXERCISES[name].suspects}


# --- solutions that misbehave -----------------------------------------------------------------


def loops(z):
    while True:
        pass


def loops_through_exceptions(z):
    while True:
        try:
            while True:
                print("still here")
        except Exception:
            pass


def sleeps(z):
    time.sleep(60)


@pytest.mark.parametrize("solution", [loops, loops_through_exceptions, sleeps])
@pytest.mark.usefixtures("runner")
def test_no_end(solution, monkeypatch):
    monkeypatch.setattr(_run, "PATIENCE", 0.3)
    started = time.monotonic()
    report = exercises.check("softmax", solution)
    assert report.mistake == "It does not come to an end."
    assert report.got == "no result within 0.3 seconds"
    assert report.call == f"{solution.__name__}(np.array([0.25, 1.23, -0.8]))"
    assert time.monotonic() - started < 50  # of the 60 that one call sleeps


def test_what_a_loop_printed_is_kept(monkeypatch):
    monkeypatch.setattr(_run, "PATIENCE", 0.3)
    report = exercises.check("softmax", loops_through_exceptions)
    assert report.notes == ("It printed: still here ...",)


@needs_fork
@pytest.mark.parametrize("stubborn", ["except BaseException", "one call of C"])
def test_no_end_that_only_a_kill_ends(stubborn, monkeypatch):
    monkeypatch.setattr(_run, "PATIENCE", 0.3)

    def catches(z):
        while True:
            with contextlib.suppress(BaseException):
                time.sleep(1)

    solution = catches if stubborn.startswith("except") else lambda z: sum(range(10**12))
    assert exercises.check("softmax", solution).mistake == "It does not come to an end."


def test_a_thread_that_cannot_be_ended_is_told_of(in_thread, monkeypatch):
    monkeypatch.setattr(_run, "PATIENCE", 0.1)
    report = exercises.check("softmax", lambda z: time.sleep(2))
    assert "restart the kernel" in report.hint


@pytest.mark.usefixtures("runner")
def test_many_slow_calls(monkeypatch):
    monkeypatch.setattr(_run, "BUDGET", 0.5)

    def slow(z):
        time.sleep(0.2)
        return soft(z)

    report = exercises.check("softmax", slow)
    assert report.mistake == "It is far too slow."
    assert report.got == "no result within 0.5 seconds for all calls together"


def crashes(z):
    import ctypes

    ctypes.string_at(0)


@needs_fork
@pytest.mark.parametrize(
    ("solution", "mistake"),
    [
        (lambda z: os._exit(0), "It ended the whole Python process, with exit code 0."),
        (lambda z: os._exit(3), "It ended the whole Python process, with exit code 3."),
        (lambda z: os.abort(), "It crashed the whole Python process (SIGABRT)."),
        (crashes, "It crashed the whole Python process (SIGSEGV)."),
        (lambda z: os.kill(os.getpid(), 9), "It crashed the whole Python process (SIGKILL)."),
    ],
)
def test_the_end_of_the_process(solution, mistake, capfd):
    assert exercises.check("softmax", solution).mistake == mistake
    assert capfd.readouterr() == ("", "")


def eats_memory(z):
    rooms = []
    while True:
        rooms.append(bytearray(10**8))


@needs_fork
@pytest.mark.parametrize("solution", [eats_memory, lambda z: np.ones((10**6, 10**6))])
def test_too_much_memory(solution, monkeypatch):
    monkeypatch.setattr(_run, "PATIENCE", 20)  # a busy machine takes its time
    report = exercises.check("softmax", solution)
    assert report.mistake == "It asks for far more memory than the task needs."
    assert "MemoryError" in report.got


@needs_fork
def test_a_matrix_that_need_not_be_built():
    def by_matrix(p, g):
        j = np.eye(p.shape[-1]) * p[..., None] - p[..., None] * p[..., None, :]
        return np.einsum("...ij,...j->...i", j, g)

    report = exercises.check("softmax_vjp", by_matrix)
    assert report.mistake == "It asks for far more memory than the task needs."
    assert report.holds == ("one vector", "a batch of rows", "three axes")


def recurses(z):
    return recurses(z)


class OddError(Exception):
    def __str__(self):
        raise ValueError


class OddResult:
    def __repr__(self):
        raise ValueError


def raises(error, z):
    raise error


@pytest.mark.usefixtures("runner")
@pytest.mark.parametrize(
    ("solution", "mistake", "got"),
    [
        (lambda z: sys.exit(2), "It calls `exit`.", "SystemExit: 2"),
        (recurses, "It calls itself without end.", "RecursionError: maximum recursion depth"),
        (partial(raises, KeyboardInterrupt), "It raises a KeyboardInterrupt, with", "KeyboardInt"),
        (partial(raises, OddError), "It raises an OddError, with one vector.", "OddError: <OddE"),
        (lambda z: OddResult(), "It returns an object of type `OddResult`", "<OddResult>"),
        (partial(raises, ValueError("a\nb")), "It raises a ValueError", "ValueError: a ..."),
    ],
)
def test_odd_ends(solution, mistake, got):
    report = exercises.check("softmax", solution)
    assert report.mistake.startswith(mistake)
    assert report.got.startswith(got)


@needs_fork
def test_nobody_answers_input(capsys):
    report = exercises.check("softmax", lambda z: input("the scores, please"))
    assert report.mistake == "It raises an EOFError, with one vector."
    assert "take everything from the arguments" in report.got


def test_the_line_of_their_code_is_shown():
    def fails(z):
        deep = np.reshape
        return deep(z, (7, 7))  # here

    report = exercises.check("softmax", fails)
    here = inspect.getsourcelines(fails)[1] + 2
    assert report.got.splitlines() == [
        "ValueError: cannot reshape array of size 3 into shape (7,7)",
        f"in line {here}: return deep(z, (7, 7))  # here",
    ]


def test_what_a_right_solution_prints_is_kept(capsys):
    def talks(z):
        print("shape", z.shape)
        return soft(z)

    report = exercises.check("softmax", talks)
    assert report
    assert report.notes == ("It printed: shape (3,)",)
    assert capsys.readouterr() == ("", "")


@needs_fork
def test_the_notebook_is_as_it_was():
    before = random.getstate(), np.random.get_state()[1].tolist(), list(calls)  # noqa: NPY002
    exercises.check("softmax", lambda z: calls.append(random.random()) or soft(z))
    assert before == (random.getstate(), np.random.get_state()[1].tolist(), calls)  # noqa: NPY002


@needs_fork
def test_torch_with_threads_does_not_wait_for_them():
    pytest.importorskip("torch")
    code = """
import numpy as np
import torch
from softmax_lessons import exercises

torch.set_num_threads(4)
torch.ones(2000, 2000).exp()
floats = lambda z: torch.tensor(z if z.dtype.kind == "f" else z.astype(float))
print(exercises.check("softmax", lambda z: torch.softmax(floats(z), dim=-1).numpy()).verdict)
print(exercises.check("softmax", lambda z: torch.softmax(torch.ones(2000, 1000), 1)).mistake)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "right",
        "It returns an object of type `Tensor`, not an array.",
    ]


# --- stubs ------------------------------------------------------------------------------------


def dots(z): ...


def documented(z):
    """Return softmax."""


def passes(z):
    pass


def todo(z):
    raise NotImplementedError


def returns_dots(z):
    total = z.sum()
    return total and ...


@pytest.mark.parametrize("stub", [dots, documented, passes, todo, returns_dots])
@pytest.mark.usefixtures("runner")
def test_a_stub_is_not_a_mistake(stub):
    report = exercises.check("softmax", stub)
    assert report.verdict == "not yet"
    assert not report
    assert not report.mistake
    assert repr(report).startswith("softmax: not yet.\n")


@every_exercise
def test_the_stub_of_the_task(name):
    space = {}
    exec(exercises.task(name).stub, space)
    assert exercises.check(name, space[name]).verdict == "not yet"


# --- what the reader sees ---------------------------------------------------------------------


def axis_0(scores):
    return np.exp(scores) / np.exp(scores).sum(axis=0)


def test_a_report_as_text():
    assert repr(exercises.check("softmax", axis_0)).splitlines() == [
        "softmax: one thing to mend.",
        "  Mistake:      Your rows sum to 1 along axis 0, not along the last axis.",
        "  Input:        axis_0(np.array([[0.25, 1.23, -0.8], [2.0, 1.0, 0.5]]))",
        "  Expected:     [[0.2491, 0.6637, 0.08717],",
        "                 [0.6285, 0.2312, 0.1402]]",
        "  Got:          [[0.148, 0.5572, 0.2142],",
        "                 [0.852, 0.4428, 0.7858]]",
        "  Hint:         The classes lie along the last axis: `axis=-1`, with `keepdims=True`.",
        "  Right so far: one vector",
    ]


def test_a_report_as_html():
    html = exercises.check("softmax", axis_0)._repr_html_()
    assert "<dt><strong>Mistake</strong></dt><dd>Your rows sum to 1 along axis 0" in html
    assert "<dd><pre><code>axis_0(np.array([[0.25, 1.23, -0.8], [2.0, 1.0, 0.5]]))</code>" in html
    assert "<code>axis=-1</code>" in html
    for forbidden in ["<script", "style=", "color", "http"]:
        assert forbidden not in html


def test_html_shows_text_as_text():
    def hostile(z):
        print("<script>alert(1)</script>")
        raise ValueError("<b>&</b>")

    html = exercises.check("softmax", hostile)._repr_html_()
    assert "<script" not in html
    assert "<b>" not in html
    assert "&lt;b&gt;&amp;&lt;/b&gt;" in html


@pytest.mark.parametrize("name", ["softmax", "softmax_vjp", "one_hot", "cross_entropy"])
def test_the_input_can_be_pasted(name, in_thread):
    for suspect in EXERCISES[name].suspects:
        received = []

        def solution(*args, suspect=suspect, received=received):
            received.append(args)
            return suspect.function(*args)

        report = exercises.check(name, solution)
        pasted = eval(report.call, {"np": np, "solution": lambda *args: args})
        same = [
            all(map(np.array_equal, pasted, args))
            and [getattr(a, "dtype", None) for a in pasted]
            == [getattr(a, "dtype", None) for a in args]
            for args in received
        ]
        assert any(same), report.call


def test_long_inputs_are_short_to_paste():
    x = np.resize(np.array([1.0, 2.0, 3.0]), 20_000)
    text = literal(x)
    assert len(text) < 60
    assert np.array_equal(eval(text, {"np": np}), x)


def test_as_many_digits_as_tell_the_difference():
    report = exercises.check("softmax", lambda z: soft(z) * (1 + 3e-8))
    assert report.expected != report.got
    assert len(report.expected.split(", ")[0]) <= DIGITS[2] + 3


@pytest.mark.parametrize("solution", [axis_0, plain_exp, above_zero, draws, recurses, undefined])
def test_the_same_report_every_time(solution):
    first = exercises.check("softmax", solution)
    assert repr(exercises.check("softmax", solution)) == repr(first)
    assert " at 0x" not in repr(first)


@needs_fork
def test_fork_and_thread_agree(monkeypatch):
    solutions = [axis_0, plain_exp, above_zero, undefined, prints, in_place, global_maximum]
    reports = [repr(exercises.check("softmax", f)) for f in solutions]
    monkeypatch.setattr(_run, "Runner", _run.InThread)
    assert [repr(exercises.check("softmax", f)) for f in solutions] == reports


def test_no_settings_of_the_reader_matter():
    expected = repr(exercises.check("softmax", plain_exp))
    with np.errstate(all="raise"), np.printoptions(precision=1, legacy="1.13"):
        report = exercises.check("softmax", plain_exp)
    assert repr(report) == expected


# --- the tasks --------------------------------------------------------------------------------


@every_exercise
def test_the_task_says_what_is_required(name):
    task, exercise = exercises.task(name), EXERCISES[name]
    assert task.name == name
    assert task.stub == f"def {exercise.signature}:\n    ..."
    digits = {"Nine digits": 1e-9, "Six digits": 1e-6, "six digits": 1e-6}
    said = [rtol for words, rtol in digits.items() if words in task.statement]
    exact = name in ("one_hot", "hardmax", "accuracy")
    absolute = "absolute error of 1e-9" in task.statement
    assert bool(said) + exact + absolute == 1
    if said:
        assert exercise.rtol == said[0]
        assert exercise.atol <= 1e-9
    if absolute:
        assert (exercise.rtol, exercise.atol) == (1e-12, 1e-9)
    for word in inspect.signature(exercise.right).parameters if "(z" in name else ():
        assert word in task.statement
    assert task.statement in repr(task)
    assert "<pre><code>def" in task._repr_html_()


def test_names():
    assert exercises.names() == tuple(EXERCISES)
    chapters = [EXERCISES[n].chapter for n in EXERCISES]
    assert chapters == sorted(chapters, key=chapters.index)
    assert sum((exercises.names(c) for c in dict.fromkeys(chapters)), ()) == exercises.names()
    with pytest.raises(ValueError, match=r"chapter must be one of scores, sigmoid, .* got 'x'"):
        exercises.names("x")


@pytest.mark.parametrize("call", [exercises.task, lambda name: exercises.check(name, soft)])
def test_a_name_that_is_none(call):
    with pytest.raises(ValueError, match=r"no exercise 'sotfmax'; did you mean 'softmax'\?"):
        call("sotfmax")
    with pytest.raises(ValueError, match="no exercise 'xyz'; names are one_hot, margin, "):
        call("xyz")


def test_every_suspect_and_stage_reads_like_a_sentence():
    for exercise in EXERCISES.values():
        for text in [exercise.statement, *(s.hint for s in exercise.suspects)]:
            assert text.endswith((".", "`.", ":")), text
        for stage in exercise.stages:
            assert stage.mistake.endswith("."), stage.mistake
        for suspect in exercise.suspects:
            assert suspect.mistake.endswith("."), suspect.mistake


def test_the_examples_run():
    with np.printoptions():
        found = set()
        for module in ("", "._report"):
            found |= run_examples(importlib.import_module(f"softmax_lessons.exercises{module}"))
    assert found >= set(exercises.__all__)


@pytest.mark.parametrize("name", ["check", "names", "task"])
def test_docstrings_are_complete(name):
    assert undocumented(getattr(exercises, name)) == []


def test_imports():
    code = """
import sys
import softmax_lessons
print([m for m in sys.modules if m.startswith("softmax_lessons.exercises")])
import softmax_lessons.exercises
print([m for m in ("torch", "scipy", "matplotlib", "seaborn", "IPython") if m in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "[]"]
