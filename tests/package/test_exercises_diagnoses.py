"""Diagnoses that were wrong once: what is said now, and what the hint says."""

import heapq

import numpy as np
import pytest
from support.checking import check_in_process
from support.submissions import calibration
from support.submissions._formulas import E, hot, loss, soft

import softmax_lessons as sl


def largest_of_a_batch(scores):
    e = E(scores - max(scores))
    return e / e.sum(axis=-1, keepdims=True)


def two_largest(scores):
    first, second = heapq.nlargest(2, scores)
    return first - second


def prints_a_shape(scores):
    print(scores.shape)


def swapped(labels, logits):
    return loss(logits, labels)


def one_list(labels, k, amount=0.0):
    rows = [[0.0] * k] * len(labels)
    for row, label in zip(rows, labels, strict=True):
        row[label] = 1.0
    return (1 - amount) * np.array(rows) + amount / k


def by_bins(p, labels, bins, *, confidence=None, root=False, count=None):
    c = p.max(axis=1) if confidence is None else confidence(p, labels)
    place, right = calibration.by_comparing(c, bins), p.argmax(axis=1) == labels
    total = 0
    for k in range(bins if count is None else count(bins)):
        if (inside := place == k).any():
            total += inside.mean() * abs(c[inside].mean() - right[inside].mean()) ** (1 + root)
    return total**0.5 if root else total


def of_label(p, labels):
    return p[np.arange(len(labels)), labels]


def single(q, k):
    return (q.astype(np.float32) @ k.mT.astype(np.float32)) / np.sqrt(q.shape[-1])


def single_logit(p):
    p = p.astype(np.float32)
    return np.log(p / (1 - p))


def long(z):
    e = E(z.astype(np.longdouble))
    return e / e.sum(axis=-1, keepdims=True)


def long_inside(z):
    return long(z).astype(z.dtype if z.dtype.kind == "f" else float)


COMPARES_ROWS = "compares the rows of a batch, not its numbers."
PASSES_AN_ARRAY = "It passes an array where one whole number is expected."
BY_CLASSES = "It is divided by N, the number of classes, once too often."
FROM_1 = "The classes count from 1."
ECE = "expected_calibration_error"

SAID = [
    ("softmax", largest_of_a_batch, COMPARES_ROWS, "`z.max(axis=-1, keepdims=True)`"),
    ("margin", two_largest, COMPARES_ROWS, "`np.sort(z, axis=-1)`"),
    ("softmax", prints_a_shape, "It returns nothing.", "must end in a `return`"),
    ("softmax", lambda z: np.concatenate(z, z), PASSES_AN_ARRAY, "`np.concatenate([a, b])`"),
    ("draw", lambda p, u: [0, 1, 2][u > 2], PASSES_AN_ARRAY, "make the list an array"),
    ("cross_entropy", swapped, "arguments in another order: labels, logits.", "(logits, labels)"),
    ("smooth_labels", one_list, "All rows are the same.", "`[[0] * k] * n`"),
    ("one_hot", one_list, "or all labels share one.", "its own 1"),
    (ECE, lambda p, y, bins: by_bins(p, y, 10), "`bins` has no effect.", "differ in it alone"),
    (ECE, lambda p, y, bins: by_bins(p, y, bins, root=True), "It is the root of the mean", "root"),
    (
        ECE,
        lambda p, y, bins: by_bins(p, y, bins, count=lambda n: n - 1),
        "The last bin is missing.",
        "`range(bins)`",
    ),
    (
        ECE,
        lambda p, y, bins: by_bins(p, y, bins, confidence=of_label),
        "It takes the label's probability",
        "largest",
    ),
    ("scaled_scores", single, "The numbers are right to about 6 digits", "float32"),
    ("normalize_by_sum", lambda z: E(z), "It takes exponentials.", "no exponential"),
    ("normalize_by_sum", lambda z: E(z) / E(z).max(-1, keepdims=True), "by the largest.", "no exp"),
    ("softmax", long, "It overflows from a score of 11357 on.", "It returns `np.longdouble`"),
    ("softmax", long_inside, "It overflows from a score of 11357 on.", "; float64 reaches 709."),
    ("masked_softmax", lambda z, k: soft(np.where(k, z, -100)), "Where 0 belongs stands", "-inf"),
    ("logit", single_logit, "Tiny probabilities are wrong.", "It returns float32 numbers, and"),
    ("softmax", lambda z: z * np.nan, "The result has NaN, which is no number, for every", ""),
    ("softmax", lambda z: 0 * z, "The result is always 0.", ""),
    ("softmax", lambda z: np.ones(10**6), "The result has shape (1000000,) instead of (3,).", ""),
    ("softmax_vjp", lambda p, g: sl.softmax_vjp(p, g) / p.shape[-1], BY_CLASSES, ""),
    ("bce_with_logits", lambda z, y: sl.binary_cross_entropy(z, y) / z.shape[1], BY_CLASSES, ""),
    ("masked_loss", lambda z, y: loss(z[y >= 0], y[y >= 0]) / z.shape[1], BY_CLASSES, ""),
    ("masked_loss", lambda z, y: loss(z[y >= 0], y[y >= 0] - 1), FROM_1, "Label 0"),
    (
        "chunked_grad",
        lambda H, W, y, size: (soft(H @ W.T) - np.eye(len(W))[y - 1]).T @ H / len(y),
        FROM_1,
        "Class 0",
    ),
    (
        "nll_slope",
        lambda z, y, b: ((soft(b * z) - np.eye(z.shape[1])[y - 1]) * z).sum() / len(y),
        FROM_1,
        "Label 0",
    ),
    ("brier_score", lambda p, y: ((p - hot(y - 1, p.shape[1])) ** 2).sum(1).mean(), FROM_1, ""),
]


@pytest.mark.parametrize(("name", "solution", "mistake", "hint"), SAID)
def test_what_is_said(name, solution, mistake, hint):
    if solution in (long, long_inside) and np.finfo(np.longdouble).maxexp == 1024:
        pytest.skip("longdouble is float64 here")
    report = check_in_process(name, solution)
    assert report.verdict == "wrong"
    assert mistake in report.mistake, report
    assert hint in report.hint, report


def test_no_hint_recommends_what_loses_digits():
    from softmax_lessons.exercises.catalog import EXERCISES

    for exercise in EXERCISES.values():
        for part in (*exercise.stages, *exercise.mistakes):
            assert "Subtract the log-sum-exp" not in part.hint
