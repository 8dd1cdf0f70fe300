"""The loss over sampled classes: by the formula, in the mean over samples, and what it learns."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from support.family import inf, nan, whole

from softmax_lessons import (
    check_grad,
    cross_entropy,
    cross_entropy_and_grad,
    logsumexp,
    sampled_cross_entropy,
    sampled_cross_entropy_and_grad,
)


def by_hand(logits, target, log_q, candidates):
    """Take the loss of one row, column by column."""
    z = np.asarray(logits, float) - log_q
    others = [
        j
        for j, candidate in enumerate(candidates)
        if j == target or candidate != candidates[target]
    ]
    return logsumexp(z[others]) - z[target]


def test_all_classes_as_candidates_give_the_cross_entropy():
    random = np.random.default_rng(0)
    z, y = random.normal(size=(6, 9)), random.integers(9, size=6)
    whole_batch = {"candidates": np.arange(9), "log_q": np.full(9, -3.0)}
    assert_allclose(sampled_cross_entropy(z, y, **whole_batch), cross_entropy(z, y))
    loss, grad = sampled_cross_entropy_and_grad(z, y, **whole_batch)
    full_loss, full_grad = cross_entropy_and_grad(z, y)
    assert_allclose(loss, full_loss)
    assert_allclose(grad, full_grad, atol=1e-15)


@pytest.mark.parametrize("shape_of_q", [(), (7,), (5, 7)])
@pytest.mark.parametrize("per_row", [False, True])
def test_the_loss_is_what_the_formula_says(per_row, shape_of_q):
    random = np.random.default_rng(1)
    z, y = random.normal(size=(5, 7)), random.integers(7, size=5)
    log_q = random.normal(size=shape_of_q)
    candidates = random.integers(4, size=(5, 7) if per_row else 7)  # many stand twice
    losses = sampled_cross_entropy(z, y, log_q=log_q, candidates=candidates, reduction="none")
    rows = zip(
        z, y, np.broadcast_to(log_q, z.shape), np.broadcast_to(candidates, z.shape), strict=True
    )
    assert_allclose(losses, [by_hand(*row) for row in rows])
    for reduction in ("mean", "sum"):
        got = sampled_cross_entropy(z, y, log_q=log_q, candidates=candidates, reduction=reduction)
        assert_allclose(got, getattr(np, reduction)(losses))


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_the_gradient_is_the_slope(reduction):
    random = np.random.default_rng(2)
    z, y = random.normal(size=(5, 7)), random.integers(7, size=5)
    options = {"log_q": random.normal(size=7), "candidates": random.integers(5, size=7)}
    options["reduction"] = reduction
    assert check_grad(
        lambda z: sampled_cross_entropy(z, y, **options),
        lambda z: sampled_cross_entropy_and_grad(z, y, **options)[1],
        z,
    )


def test_the_right_answer_in_another_column_is_no_wrong_answer():
    batch = np.array([[2.0, 0.0, 2.0], [0.0, 1.0, 0.0], [2.0, 0.0, 2.0]])
    loss, grad = sampled_cross_entropy_and_grad(batch, [0, 1, 2], candidates=[7, 4, 7])
    assert grad[0, 2] == grad[2, 0] == 0
    assert_allclose(
        loss, np.mean([np.log1p(np.exp(-2)), np.log1p(2 * np.exp(-1)), np.log1p(np.exp(-2))])
    )
    naive = sampled_cross_entropy(batch, [0, 1, 2])
    assert naive > loss + 0.3
    # A wrong class that was drawn twice counts twice, as its expected count says.
    assert grad[1, 0] == grad[1, 2] > 0


def test_a_sample_of_the_right_answer_alone_costs_nothing():
    loss, grad = sampled_cross_entropy_and_grad([[3.0, 1.0]], [1], candidates=[5, 5])
    assert loss == 0
    assert_array_equal(grad, [[0, 0]])


@pytest.mark.parametrize("seed", range(5))
def test_the_sum_is_right_in_the_mean_and_its_logarithm_too_small(seed):
    random = np.random.default_rng(seed)
    scores = random.normal(size=50)
    q = random.dirichlet(np.full(50, 20.0))
    answer, m, samples = 3, 40, 4000
    drawn = random.choice(50, size=(samples, m), p=q)
    candidates = np.column_stack([np.full(samples, answer), drawn])
    log_q = np.log(m * q[candidates])
    log_q[:, 0] = 0  # it is always there
    losses = sampled_cross_entropy(
        scores[candidates],
        np.zeros(samples, int),
        log_q=log_q,
        candidates=candidates,
        reduction="none",
    )
    sums = np.exp(losses + scores[answer])
    whole_sum = np.exp(logsumexp(scores))
    error = sums.std() / np.sqrt(samples)
    assert abs(sums.mean() - whole_sum) < 4 * error
    bias = losses.mean() - cross_entropy(scores, answer)
    expected = -0.5 * sums.var() / whole_sum**2
    error = losses.std() / np.sqrt(samples)
    assert bias < -3 * error
    assert abs(bias - expected) < 4 * error - 0.2 * expected


@pytest.mark.parametrize("seed", range(5))
def test_what_the_scores_learn(seed):
    """With the correction log p, without it log p - log q, with the wrong sign log p - 2 log q."""
    random = np.random.default_rng(seed)
    y = random.choice(6, size=100, p=random.dirichlet(np.full(6, 5.0)))
    candidates = np.concatenate([np.arange(6), random.permutation(y)[:60]])
    p, q = (np.bincount(labels, minlength=6) / len(labels) for labels in (y, candidates))
    for sign, learnt in (
        (1, np.log(p)),
        (0, np.log(p) - np.log(q)),
        (-1, np.log(p) - 2 * np.log(q)),
    ):
        scores = np.zeros(6)
        for _ in range(600):
            z = np.broadcast_to(scores[candidates], (len(y), len(candidates)))
            log_q = sign * np.log(q[candidates])
            _, grad = sampled_cross_entropy_and_grad(z, y, log_q=log_q)  # class c is in column c
            np.subtract.at(scores, candidates, 4 * grad.sum(axis=0))
        assert_allclose(scores - scores.mean(), learnt - learnt.mean(), atol=0.01)


def test_dtypes_come_back():
    for dtype in (np.float16, np.float32, np.float64, np.longdouble):
        z = np.array([[1.0, 2.0]], dtype)
        loss, grad = sampled_cross_entropy_and_grad(z, [0], log_q=[0.5, 0.25])
        assert loss.dtype == grad.dtype == dtype
    assert sampled_cross_entropy([[1, 2]], [0]).dtype == np.float64


def test_float16_is_corrected_in_float32():
    """At scores of 13 the steps of float16 are 0.008 wide."""
    z, log_q = np.array([[1, 2]], np.float16), [-12.3456, -11.1234]
    exact = sampled_cross_entropy_and_grad(z.astype(float), [0], log_q=log_q)
    got = sampled_cross_entropy_and_grad(z, [0], log_q=log_q)
    for is_, should_be in zip(got, exact, strict=True):
        assert_array_equal(is_, should_be.astype(np.float16))
    assert sampled_cross_entropy(z, [0], log_q=log_q) == got[0]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_torch_says_the_same(reduction, seed):
    torch = pytest.importorskip("torch")
    random = np.random.default_rng(seed)
    z, y = 100 * random.normal(size=(6, 8)), random.integers(8, size=6)
    log_q, candidates = random.normal(size=8), random.integers(4, size=8)
    loss, grad = sampled_cross_entropy_and_grad(
        z, y, log_q=log_q, candidates=candidates, reduction=reduction
    )
    scores = torch.tensor(z, requires_grad=True)
    copies = torch.tensor(candidates == candidates[y][:, np.newaxis])
    copies[torch.arange(6), torch.tensor(y)] = False
    masked = (scores - torch.tensor(log_q)).masked_fill(copies, -torch.inf)
    expected = torch.nn.functional.cross_entropy(masked, torch.tensor(y), reduction=reduction)
    expected.sum().backward()
    assert_allclose(loss, expected.detach(), atol=1e-14)
    assert_allclose(grad, scores.grad, atol=1e-14)


@pytest.mark.parametrize("seed", range(5))
def test_leaving_out_accidental_hits_favours_frequent_classes(seed):
    """Where the batch is its own sample, log p is where the slopes are 0 with the copies alone."""
    random = np.random.default_rng(seed)
    batch = random.choice(5, size=60, p=[0.5, 0.2, 0.15, 0.1, 0.05])
    log_p = np.log(np.bincount(batch, minlength=5) / 60)

    def slopes(candidates):
        z, rows = np.tile(log_p[batch], (60, 1)), np.arange(60)
        _, grad = sampled_cross_entropy_and_grad(z, rows, log_q=log_p[batch], candidates=candidates)
        return np.bincount(batch, grad.sum(axis=0), minlength=5)

    assert_allclose(slopes(None), 0, atol=1e-15)
    masked = slopes(batch)
    assert masked[np.argmax(log_p)] < -0.001
    assert masked[np.argmin(log_p)] > 0.001


def test_nothing_is_changed():
    z, log_q, candidates = np.zeros((2, 3)), np.zeros(3), np.arange(3)
    sampled_cross_entropy_and_grad(z, [0, 1], log_q=log_q, candidates=candidates)
    assert not z.any()
    assert not log_q.any()
    assert_array_equal(candidates, [0, 1, 2])


@pytest.mark.parametrize(
    ("arguments", "options", "kind", "message"),
    [
        (
            ([1.0, 2.0], [0]),
            {},
            ValueError,
            "logits must have one row for each example and one column for each candidate, "
            "got shape (2,)",
        ),
        (
            ([[1.0, 2.0]], [0, 1]),
            {},
            ValueError,
            "target must have shape (1,), one column for each row of logits, got (2,)",
        ),
        (
            ([[1.0, 2.0]], [2]),
            {},
            IndexError,
            "target must be 0 or above and below 2, the number of columns, got 2",
        ),
        (
            ([[1.0, 2.0]], [0]),
            {"log_q": [0.0, 1.0, 2.0]},
            ValueError,
            "log_q must broadcast to the shape of the logits, (1, 2), got (3,)",
        ),
        (
            ([[1.0, 2.0]], [0]),
            {"log_q": [0.0, -inf]},
            ValueError,
            "log_q must be finite, got -inf: a candidate that cannot be drawn cannot be in the "
            "sample",
        ),
        (
            ([[1.0, 2.0]], [0]),
            {"log_q": [nan, 0.0]},
            ValueError,
            "log_q must be finite, got nan: a candidate that cannot be drawn cannot be in the "
            "sample",
        ),
        (
            ([[1.0, 2.0]], [0]),
            {"candidates": [0]},
            ValueError,
            "candidates must have shape (2,) or (1, 2), one class for each column, got (1,)",
        ),
        (
            ([[1.0, 2.0]], [0]),
            {"candidates": [0.0, 1.0]},
            TypeError,
            "candidates must hold integers, got dtype float64: pass "
            "numpy.asarray(candidates, dtype=int)",
        ),
    ],
)
def test_errors_say_what_would_work(arguments, options, kind, message):
    for function in (sampled_cross_entropy, sampled_cross_entropy_and_grad):
        with pytest.raises(kind, match=whole(message)):
            function(*arguments, **options)
