"""What the page on alternatives derives: a threshold, losses, and leaders among many."""

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose

from softmax_lessons import (
    check_grad,
    cross_entropy,
    entmax,
    normalize_by_square,
    sigmoid,
    softmax,
    softmax1,
    sparsemax,
)


@pytest.mark.parametrize("seed", range(5))
def test_the_threshold_is_the_mean_of_what_stays(seed):
    """In falling order: the last score above its own threshold is the last that stays."""
    z = np.random.default_rng(seed).normal(size=40)
    highest = -np.sort(-z)
    size = max(k for k in range(1, 41) if highest[k - 1] > (highest[:k].sum() - 1) / k)
    p = sparsemax(z)
    assert np.count_nonzero(p) == size
    assert_allclose(p, np.maximum(z - (highest[:size].sum() - 1) / size, 0), atol=1e-15)
    assert_allclose(z[p > 0] - p[p > 0], (z[p > 0].sum() - 1) / size, atol=1e-15)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("alpha", [1.25, 1.5, 2, 3])
def test_entmax_by_its_equation(alpha, seed):
    """One threshold serves all that stay, and all others lie at or below it."""
    z = np.random.default_rng(seed).normal(size=40)
    p = entmax(z, alpha=alpha)
    thresholds = z[p > 0] - p[p > 0] ** (alpha - 1) / (alpha - 1)
    assert_allclose(thresholds, thresholds[0], atol=1e-12)
    assert_allclose(
        p, np.maximum((alpha - 1) * (z - thresholds.mean()), 0) ** (1 / (alpha - 1)), atol=1e-6
    )
    assert thresholds[0] >= z.max() - 1 / (alpha - 1) - 1e-12
    assert not p[z <= z.max() - 1 / (alpha - 1)].any()


def minus_shannon(p):
    return (p * np.log(np.where(p > 0, p, 1))).sum()


def minus_tsallis(p, alpha):
    return (p**alpha - p).sum() / (alpha * (alpha - 1))


FAMILY = {
    "softmax": (softmax, minus_shannon),
    "entmax 1.25": (lambda z: entmax(z, alpha=1.25), lambda p: minus_tsallis(p, 1.25)),
    "entmax 1.5": (entmax, lambda p: minus_tsallis(p, 1.5)),
    "sparsemax": (sparsemax, lambda p: p @ p / 2),
}


@pytest.mark.parametrize("name", FAMILY)
@pytest.mark.parametrize("seed", range(5))
def test_the_slope_of_each_loss_is_p_minus_y(name, seed):
    best, cost = FAMILY[name]
    z = np.random.default_rng(seed).normal(size=6)
    y = np.eye(6)[seed]

    def loss(z):
        p = best(z)
        return p @ z - cost(p) + cost(y) - y @ z

    assert check_grad(loss, lambda z: best(z) - y, z)
    assert loss(z) > 0
    if name == "softmax":
        assert loss(z) == pytest.approx(cross_entropy(z[None], [seed]), rel=1e-13)
    else:
        assert loss(z + 50 * y) == pytest.approx(0, abs=1e-13)  # a lead that is enough


@pytest.mark.parametrize("n", [10, 1000, 1_000_000])
@pytest.mark.parametrize("lead", [0.5, 5.0])
def test_the_weight_of_a_leader(n, lead):
    z = np.zeros(n)
    z[0] = lead
    s = 1 / np.log(10)
    with mpmath.workdps(40):
        plain = mpmath.exp(lead)
        scaled = mpmath.mpf(n) ** (mpmath.mpf(s) * lead)
        expected = [float(power / (power + n - 1)) for power in (plain, scaled)]
    assert_allclose(softmax(z)[0], expected[0], rtol=1e-12)
    assert_allclose(softmax(s * np.log(n) * z)[0], expected[1], rtol=1e-12)


def odds_stay(f, z):
    p, q = f(z), f(z[:2])
    return np.isclose(p[0] * q[1], p[1] * q[0])


@pytest.mark.parametrize("seed", range(5))
def test_which_functions_keep_the_odds_of_two_classes(seed):
    """A third class near the other two changes the ratio of what sparsemax and its like give."""
    z = np.array([0.0, 0.3, 0.2]) + 0.05 * np.random.default_rng(seed).normal(size=3)
    for f in (softmax, softmax1, sigmoid, normalize_by_square):
        assert odds_stay(f, z), f.__name__
    for f in (sparsemax, entmax, lambda z: softmax(np.log(z.size) * z)):
        assert not odds_stay(f, z)
