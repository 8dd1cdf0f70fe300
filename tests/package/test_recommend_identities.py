"""What the page on recommenders derives: its towers, what sampled answers teach, its interval."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose

from softmax_lessons import check_grad, cross_entropy_and_grad, sampled_cross_entropy_and_grad

P = np.array([0.5, 0.3, 0.15, 0.05])
Q = np.array([0.1, 0.2, 0.3, 0.4])


def expected_slopes(z, correction=None):
    """The mean over all batches: an answer from P in column 0, three others from Q."""
    total = np.zeros(4)
    for answer, *others in itertools.product(range(4), repeat=4):
        columns = np.array([answer, *others])
        log_q = None if correction is None else correction[columns]
        _, slopes = sampled_cross_entropy_and_grad(z[columns][np.newaxis], [0], log_q=log_q)
        np.add.at(total, columns, P[answer] * Q[others].prod() * slopes[0])
    return total


@pytest.mark.parametrize("factor", [0, 1, -1])
def test_the_expected_loss_is_least_at_log_p_less_log_q(factor):
    """Without a correction, with it, and with the wrong sign."""
    correction = factor * np.log(Q)
    learned = np.log(P) - np.log(Q) + correction
    assert_allclose(expected_slopes(learned, correction if factor else None), 0, atol=1e-15)
    other = np.log(P) - np.log(Q) + (factor + 1) * np.log(Q)
    assert abs(expected_slopes(other, correction if factor else None)).max() > 0.01


def test_the_slopes_of_both_towers():
    """The slopes of the scores, times the vectors of the other tower."""
    rng = np.random.default_rng(0)
    U, V, target = rng.normal(size=(5, 3)), rng.normal(size=(7, 3)), rng.integers(7, size=5)

    def loss(U, V):
        return cross_entropy_and_grad(U @ V.T, target)[0]

    _, slopes = cross_entropy_and_grad(U @ V.T, target)
    assert check_grad(lambda u: loss(u, V), lambda u: slopes @ V, U)
    assert check_grad(lambda v: loss(U, v), lambda v: slopes.T @ U, V)


@pytest.mark.parametrize("n", [1, 20, 1115])
@pytest.mark.parametrize("h", [0.0, 0.3, 1.0])
def test_at_wilsons_ends_the_rate_is_as_far_away_as_can_be(h, n):
    """At either end p, h lies s standard deviations from p."""
    s = 1.96
    reach = s * np.sqrt(h * (1 - h) / n + s**2 / (4 * n**2))
    for sign in (-1, 1):
        p = (h + s**2 / (2 * n) + sign * reach) / (1 + s**2 / n)
        assert_allclose((h - p) ** 2, s**2 * p * (1 - p) / n, atol=1e-12)
