"""The identities of the book that no other test holds up, against what is not ourselves.

Derivatives come from mpmath in fifty digits, or from PyTorch; moments from sums over all outcomes.
"""

import itertools
import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose
from support.family import Z

from softmax_lessons import (
    check_grad,
    hardmax,
    log_softmax,
    logsumexp,
    normalize_by_sum,
    sigmoid,
    softmax,
)
from softmax_lessons.gradients import softmax_jacobian, softmax_jvp, softmax_vjp

FIVE = [2.0, -1.0, 0.5, 0.5, -3.0]
SCORES = [Z, [1.23, 1.23, -0.8], FIVE]
TEMPERATURES = [0.3, 1, 2.5, 20]
every_case = pytest.mark.parametrize("temperature", TEMPERATURES)
every_vector = pytest.mark.parametrize("z", SCORES, ids=["one leader", "tie", "five"])

eighths = st.integers(-240, 240).map(lambda k: k / 8)
vectors = hnp.arrays(np.float64, st.integers(1, 12), elements=eighths)


def exact(z, t):
    """Softmax at a temperature in mpmath, as the definition has it."""
    powers = [mpmath.exp(mpmath.mpf(s) / t) for s in z]
    return [power / mpmath.fsum(powers) for power in powers]


def slope(f, x):
    with mpmath.workdps(50):
        return float(mpmath.diff(f, mpmath.mpf(x)))


# --- temperature --------------------------------------------------------------------------------


@every_vector
@every_case
def test_softmax_at_a_temperature_is_its_definition(z, temperature):
    expected = [float(probability) for probability in exact(z, temperature)]
    assert_allclose(softmax(z, temperature=temperature), expected, rtol=1e-14)


@given(vectors, st.floats(0.1, 10))
def test_the_log_ratio_is_the_lead_over_the_temperature(z, temperature):
    log_p = log_softmax(z, temperature=temperature)
    leads = (z[:, np.newaxis] - z) / temperature
    assert_allclose(log_p[:, np.newaxis] - log_p, leads, rtol=1e-13, atol=1e-12)


@given(vectors)
def test_the_cold_limit_is_shared_by_the_leaders(z):
    leads = z == z.max()
    assert_allclose(softmax(z, temperature=1e-4), leads / leads.sum(), rtol=1e-15)
    if leads.sum() == 1:
        assert_allclose(softmax(z, temperature=1e-4), hardmax(z), rtol=1e-15)


@given(vectors)
def test_the_hot_limit_is_uniform_and_is_reached_like_one_over_the_temperature(z):
    n, hot = z.size, 1e7
    assert_allclose(softmax(z, temperature=hot), np.full(n, 1 / n), rtol=1e-5)
    first_order = hot * (n * softmax(z, temperature=hot) - 1)
    assert_allclose(first_order, z - z.mean(), atol=1e-3)


def test_the_boltzmann_distribution_is_softmax_of_minus_the_energies():
    k, temperature = 1.380649e-23, 255
    energies = np.array([0.0, 2.5e-21, 5e-21])
    weights = [mpmath.exp(-mpmath.mpf(e) / (k * temperature)) for e in energies]
    expected = [float(w / mpmath.fsum(weights)) for w in weights]
    assert_allclose(softmax(-energies / k, temperature=temperature), expected, rtol=1e-13)


@every_vector
@every_case
def test_entropy_grows_by_the_variance_over_the_cube_of_the_temperature(z, temperature):
    def entropy(t):
        return -mpmath.fsum(probability * mpmath.log(probability) for probability in exact(z, t))

    p = softmax(z, temperature=temperature)
    variance = p @ (z - p @ z) ** 2
    assert_allclose(variance / temperature**3, slope(entropy, temperature), rtol=1e-11)


@every_vector
@every_case
def test_a_share_falls_with_the_temperature_if_its_score_is_above_the_average(z, temperature):
    p = softmax(z, temperature=temperature)
    expected = [slope(lambda t, i=i: exact(z, t)[i], temperature) for i in range(len(z))]
    assert_allclose(-p * (z - p @ z) / temperature**2, expected, rtol=1e-11, atol=1e-15)
    assert_allclose(softmax_jvp(p, np.divide(z, -(temperature**2))), expected, rtol=1e-11)


@every_vector
@every_case
def test_the_temperature_divides_every_slope(z, temperature):
    for i, j in itertools.product(range(len(z)), repeat=2):

        def probability(s, i=i, j=j):
            return exact([*z[:j], s, *z[j + 1 :]], temperature)[i]

        got = softmax_jacobian(np.divide(z, temperature))[i, j] / temperature
        assert_allclose(got, slope(probability, z[j]), rtol=1e-11)
        if i == j:
            p = softmax(z, temperature=temperature)[i]
            assert_allclose(got, p * (1 - p) / temperature, rtol=1e-10)


@every_vector
@every_case
def test_the_gradient_of_the_loss_is_p_minus_y_over_the_temperature(z, temperature):
    y = np.eye(len(z))[1]
    expected = []
    for j in range(len(z)):

        def loss(s, j=j):
            return -mpmath.log(exact([*z[:j], s, *z[j + 1 :]], temperature)[1])

        expected.append(slope(loss, z[j]))
    p = softmax(z, temperature=temperature)
    assert_allclose((p - y) / temperature, expected, rtol=1e-11)
    assert_allclose(softmax_vjp(p, -y / p) / temperature, expected, rtol=1e-11)


# --- the Jacobian -------------------------------------------------------------------------------


@every_vector
def test_the_slopes_of_softmax_are_its_jacobian(z):
    slopes = np.empty((len(z), len(z)))
    for i, j in itertools.product(range(len(z)), repeat=2):

        def probability(s, i=i, j=j):
            return exact([*z[:j], s, *z[j + 1 :]], 1)[i]

        slopes[i, j] = slope(probability, z[j])
    p = softmax(z)
    entries = [[a * ((i == j) - b) for j, b in enumerate(p)] for i, a in enumerate(p)]
    assert_allclose(entries, slopes, rtol=1e-11)
    assert_allclose(np.diag(p) - np.outer(p, p), slopes, rtol=1e-11)
    assert_allclose(softmax_jacobian(z), slopes, rtol=1e-11)


@every_vector
def test_the_jacobian_of_log_softmax(z):
    expected = np.eye(len(z)) - softmax(z)
    for i, j in itertools.product(range(len(z)), repeat=2):

        def log_share(s, i=i, j=j):
            return mpmath.log(exact([*z[:j], s, *z[j + 1 :]], 1)[i])

        assert_allclose(expected[i, j], slope(log_share, z[j]), rtol=1e-11)


@every_vector
def test_the_jacobian_is_the_hessian_of_logsumexp(z):
    torch = pytest.importorskip("torch")
    hessian = torch.autograd.functional.hessian(
        lambda t: torch.logsumexp(t, dim=-1), torch.tensor(z, dtype=torch.float64)
    )
    assert_allclose(softmax_jacobian(z), hessian.numpy(), rtol=1e-12)
    h = 1e-4
    nudges = h * np.eye(len(z))
    for i, j in itertools.product(range(len(z)), repeat=2):  # and of our own
        a, b = nudges[i], nudges[j]
        corners = [logsumexp(z + s * a + t * b) * s * t for s in (-1, 1) for t in (-1, 1)]
        assert_allclose(softmax_jacobian(z)[i, j], sum(corners) / (4 * h * h), atol=1e-6)


@given(vectors)
def test_the_jacobian_is_the_covariance_of_a_one_hot_draw(z):
    p, outcomes = softmax(z), np.eye(z.size)
    mean = sum(probability * y for probability, y in zip(p, outcomes, strict=True))
    spread = [
        probability * np.outer(y - mean, y - mean)
        for probability, y in zip(p, outcomes, strict=True)
    ]
    assert_allclose(softmax_jacobian(z), sum(spread), atol=1e-14)


@given(vectors, st.data())
def test_the_jacobian_along_a_direction_is_a_variance(z, data):
    v = data.draw(hnp.arrays(np.float64, z.shape, elements=eighths))
    p = softmax(z)
    mean = np.sum(p * v)
    variance = np.sum(p * (v - mean) ** 2)
    assert variance >= 0
    assert_allclose(v @ softmax_jacobian(z) @ v, variance, rtol=1e-11, atol=1e-11)
    assert_allclose(v @ softmax_jvp(p, v), variance, rtol=1e-11, atol=1e-11)


@every_vector
def test_ones_are_a_null_vector_from_both_sides(z):
    p, ones, none = softmax(z), np.ones(len(z)), np.zeros(len(z))
    for jacobian in (softmax_jacobian(z), np.diag(p) - np.outer(p, p)):
        assert_allclose(jacobian @ ones, none, atol=1e-15)
        assert_allclose(ones @ jacobian, none, atol=1e-15)
    for i in range(
        len(z)
    ):  # the slopes themselves: of a probability, and of the sum of the probabilities
        moved = slope(lambda s, i=i: exact([s + score for score in z], 1)[i], 0)
        total = slope(lambda s, i=i: mpmath.fsum(exact([*z[:i], s, *z[i + 1 :]], 1)), z[i])
        assert_allclose([moved, total], 0, atol=1e-20)


# --- the shift ----------------------------------------------------------------------------------


@every_vector
@pytest.mark.parametrize("shift", [-300, -1.5, 0, 1.23, 800])
def test_subtracting_a_number_from_all_scores_cancels(z, shift):
    with mpmath.workdps(50):
        powers = [mpmath.exp(mpmath.mpf(s) - shift) for s in z]
        probabilities = [float(power / mpmath.fsum(powers)) for power in powers]
    assert_allclose(softmax(z), probabilities, rtol=1e-14)
    assert_allclose(softmax(np.subtract(z, shift)), probabilities, rtol=1e-12)


@every_vector
def test_logsumexp_is_the_maximum_and_the_log_of_what_the_shift_leaves(z):
    with mpmath.workdps(50):
        m = max(z)
        s = mpmath.fsum(mpmath.exp(mpmath.mpf(score) - m) for score in z)
        whole = mpmath.log(mpmath.fsum(mpmath.exp(mpmath.mpf(score)) for score in z))
        assert 1 <= s <= len(z)
        assert m <= whole <= m + mpmath.log(len(z))
        assert_allclose(float(m + mpmath.log(s)), float(whole), rtol=1e-15)
    assert_allclose(logsumexp(z), float(whole), rtol=1e-14)
    assert_allclose(logsumexp(np.add(z, 1000)), float(whole + 1000), rtol=1e-15)


# --- sigmoid, and what leads to softmax -------------------------------------------------------

every_score = pytest.mark.parametrize("z", [-30.0, -2.0, 0.0, 0.25, 1.23, 5.0])


@every_score
def test_sigmoid_undoes_the_log_odds(z):
    with mpmath.workdps(50):
        p = 1 / (1 + mpmath.exp(-mpmath.mpf(z)))
        assert_allclose(float(mpmath.log(p / (1 - p))), z, rtol=1e-15, atol=1e-15)
    assert_allclose(sigmoid(z), float(p), rtol=1e-15)


@every_score
def test_the_other_class_has_the_mirrored_sigmoid(z):
    assert_allclose(1 - sigmoid(z), sigmoid(-z), rtol=1e-14, atol=3e-16)


@every_score
def test_the_slope_of_sigmoid(z):
    exact_slope = slope(lambda x: 1 / (1 + mpmath.exp(-x)), z)
    assert_allclose(sigmoid(z) * sigmoid(-z), exact_slope, rtol=1e-14)


@given(z=vectors)
def test_softmax_divides_exponentials_by_their_sum(z):
    assert_allclose(softmax(z), normalize_by_sum(np.exp(z)), rtol=1e-13)


def test_exponentials_alone_keep_their_ratios_under_a_shift():
    a, b, c = 1.5, 0.5, 2.0
    for base in (2.0, math.e, 10.0):
        assert_allclose(base ** (a + c) / base ** (b + c), base**a / base**b)
        assert_allclose(base ** (a + c), base**a * base**c)
    for rival in (lambda x: x**2, lambda x: np.log1p(np.exp(x)), sigmoid):
        assert abs(rival(a + c) / rival(b + c) - rival(a) / rival(b)) > 0.05


@given(z=vectors, data=st.data())
def test_softmax_has_the_largest_reward(z, data):
    weights = data.draw(hnp.arrays(np.float64, z.shape, elements=st.floats(0.01, 1)))
    p, q = softmax(z), weights / weights.sum()
    divergence = np.sum(q * (np.log(q) - log_softmax(z)))
    reward = np.sum(q * z) - np.sum(q * np.log(q))
    assert divergence >= -1e-12
    assert_allclose(reward, logsumexp(z) - divergence, rtol=1e-12, atol=1e-10)
    entropy = -np.sum(p * log_softmax(z))
    assert_allclose(np.sum(p * z) + entropy, logsumexp(z), rtol=1e-12, atol=1e-10)


@given(z=hnp.arrays(np.float64, st.integers(2, 12), elements=eighths))
def test_each_probability_is_a_sigmoid_against_the_other_scores(z):
    others = [logsumexp(np.delete(z, i)) for i in range(z.size)]
    assert_allclose(softmax(z), sigmoid(z - others), rtol=1e-12)
    assert_allclose(softmax(z[:2]), sigmoid([z[0] - z[1], z[1] - z[0]]), rtol=1e-12)


@given(z=vectors)
def test_the_gradient_of_logsumexp_is_softmax(z):
    with mpmath.workdps(50):
        exact_gradient = [
            float(mpmath.exp(mpmath.mpf(s)) / mpmath.fsum(mpmath.exp(mpmath.mpf(r)) for r in z))
            for s in z
        ]
    assert_allclose(softmax(z), exact_gradient, rtol=1e-13)
    report = check_grad(logsumexp, softmax, z)
    assert report.ok, report
