"""What the page on cross-entropy derives: likelihood, divergence, squared error, smoothing."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose

from softmax_lessons import (
    check_grad,
    cross_entropy,
    cross_entropy_and_grad,
    logsumexp,
    softmax,
    softmax_vjp,
)

eighths = st.integers(-80, 80).map(lambda k: k / 8)
matrices = hnp.arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=eighths)


def entropy(y):
    return -np.sum(y * np.log(np.where(y > 0, y, 1)), axis=-1)


@given(matrices, st.data())
def test_the_mean_loss_is_the_log_of_the_likelihood(x, data):
    labels = data.draw(hnp.arrays(np.intp, len(x), elements=st.integers(0, x.shape[1] - 1)))
    likelihood = np.prod(softmax(x)[np.arange(len(x)), labels])  # 1e-60 at the least
    assert_allclose(cross_entropy(x, labels), -np.log(likelihood) / len(x), rtol=1e-12, atol=1e-15)


@given(matrices, st.data())
def test_the_loss_is_the_log_sum_exp_minus_the_true_score(x, data):
    labels = data.draw(hnp.arrays(np.intp, len(x), elements=st.integers(0, x.shape[1] - 1)))
    expected = logsumexp(x) - x[np.arange(len(x)), labels]
    assert_allclose(cross_entropy(x, labels, reduction="none"), expected, rtol=1e-12, atol=1e-14)


@given(matrices, st.data())
def test_cross_entropy_is_entropy_plus_divergence(x, data):
    weights = data.draw(hnp.arrays(np.float64, x.shape, elements=st.integers(0, 5).map(float)))
    weights[:, 0] += weights.sum(axis=1) == 0
    y = weights / weights.sum(axis=1, keepdims=True)
    divergence = np.sum(y * np.log(np.where(y > 0, y / softmax(x), 1)), axis=-1)
    loss = cross_entropy(x, y, reduction="none")
    assert (divergence >= -1e-14).all()
    assert_allclose(loss, entropy(y) + divergence, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("y", [[0, 1, 0], [0.2, 0.5, 0.3], [0.5, 0, 0.5]])
@pytest.mark.parametrize("scores", [[0.25, 1.23, -0.8], [10.0, 0.0, 0.0], [2.0, 2.0, -30.0]])
def test_the_slopes_of_the_loss_are_the_probabilities_minus_the_target(scores, y):
    def loss(*z):
        total = mpmath.fsum(mpmath.exp(s) for s in z)
        return -mpmath.fsum(
            w * mpmath.log(mpmath.exp(s) / total) for w, s in zip(y, z, strict=True)
        )

    with mpmath.workdps(50):
        at = tuple(mpmath.mpf(s) for s in scores)
        orders = [tuple(int(i == j) for i in range(3)) for j in range(3)]
        slopes = [float(mpmath.diff(loss, at, order)) for order in orders]
    assert_allclose(softmax(scores) - y, slopes, rtol=1e-11, atol=1e-15)
    assert_allclose(
        cross_entropy_and_grad(scores, np.array(y, float))[1], slopes, rtol=1e-11, atol=1e-15
    )


@pytest.mark.parametrize("scores", [[0.25, 1.23, -0.8], [10.0, 0.0, 0.0], [0.0, 0.0]])
@pytest.mark.parametrize("label", [0, 1])
def test_squared_error_has_the_share_in_front_of_its_gradient(scores, label):
    y = np.eye(len(scores))[label]
    p = softmax(scores)
    grad = p * ((p - y) - p @ (p - y))
    assert_allclose(softmax_vjp(p, p - y), grad, rtol=1e-12)
    assert check_grad(lambda z: 0.5 * np.sum((softmax(z) - y) ** 2), grad, scores)


@pytest.mark.parametrize("smoothing", [0.01, 0.1, 0.5])
@pytest.mark.parametrize("classes", [2, 3, 1000])
def test_the_best_lead_under_smoothing(smoothing, classes):
    target = np.full(classes, smoothing / classes)
    target[0] += 1 - smoothing
    lead = np.log(1 + (1 - smoothing) * classes / smoothing)
    scores = np.zeros(classes)
    scores[0] = lead
    assert_allclose(softmax(scores), target, rtol=1e-12)
    best = cross_entropy(scores, 0, label_smoothing=smoothing)
    assert_allclose(best, entropy(target), rtol=1e-12)
    for nudge in (-0.1, 0.1):
        scores[0] = lead + nudge
        assert cross_entropy(scores, 0, label_smoothing=smoothing) > best
