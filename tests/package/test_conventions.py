"""The conventions in the docstring of the package: what no test of a function measures already."""

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from support.exact import exact_logsumexp, exact_softmax

from softmax_lessons import cross_entropy, log_softmax, logsumexp, softmax

inf, nan = np.inf, np.nan
LEVELS = [0, 100, 1000, 10_000]


def unit_roundoff(dtype):
    return float(np.finfo(dtype).eps) / 2


def rows_at(level, dtype, spread=1.0):
    """Rows of 3, 10 and 100 scores around a level."""
    random = np.random.default_rng(level)
    for length in [3, 10, 100] * 8:
        yield (level + spread * random.standard_normal(length)).astype(dtype)


def errors(p, exact):
    """The relative errors of the entries of a row."""
    return [float(abs(mpmath.mpf(float(a)) - b) / b) for a, b in zip(p, exact, strict=True)]


def worst(form, level, dtype):
    """The largest relative error of a form of softmax at a level."""
    return max(max(errors(form(x), exact_softmax(x))) for x in rows_at(level, dtype))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("level", LEVELS)
def test_the_error_grows_with_the_distance_and_not_with_the_level(level, dtype):
    u = unit_roundoff(dtype)
    for x in rows_at(level, dtype, spread=8.0):
        below = (x.max() - x).astype(float)
        assert (np.array(errors(softmax(x), exact_softmax(x))) <= (6 + below) * u).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_error_of_the_other_form_grows_with_the_level(dtype):
    def subtracted(x):
        return np.exp(x - logsumexp(x))

    u = unit_roundoff(dtype)
    for level in LEVELS[1:]:
        assert 0.3 * level * u <= worst(subtracted, level, dtype) <= 1.1 * level * u
    times = [worst(subtracted, n, dtype) / worst(softmax, n, dtype) for n in (0, 100, 1000)]
    assert 1 < times[0] < 3
    assert 10 < times[1] < 25
    assert 70 < times[2] < 200


def test_logsumexp_near_0_is_right_to_the_scale_of_its_scores_alone():
    u = unit_roundoff(np.float64)
    x = np.full(2, -np.log(2))
    assert 2e-17 < float(exact_logsumexp(x)) < 3e-17
    assert logsumexp(x) == 0  # none of its own digits
    for row in rows_at(0, np.float64):
        near_0 = row - logsumexp(row)
        error = abs(mpmath.mpf(float(logsumexp(near_0))) - exact_logsumexp(near_0))
        assert error <= 4 * u * max(1, abs(near_0.max()))


def test_one_infinite_score_has_a_limit_and_two_have_none():
    large = np.finfo(np.float64).max
    assert_array_equal(softmax([1, 1, large]), [0, 0, 1])  # what it tends to
    assert_array_equal(softmax([1, large, large]), [0, 0.5, 0.5])  # two ways to get there
    assert_array_equal(softmax([1, large / 2, large]), [0, 0, 1])
    for row in ([1, 1, inf], [1, inf, inf], [-inf, -inf, -inf]):
        assert_array_equal(softmax(row), [nan, nan, nan])
        assert_array_equal(log_softmax(row), [nan, nan, nan])
        assert_array_equal(cross_entropy(row, 2), nan)
    assert_array_equal(softmax([0, -inf]), [1, 0])
    assert_array_equal(logsumexp([[0, inf], [-inf, -inf]]), [inf, -inf])


@pytest.mark.parametrize("row", [[0, inf], [inf, inf], [-inf, -inf], [0, nan]])
def test_scipy_and_pytorch_choose_nan_too(row):
    special, torch = pytest.importorskip("scipy.special"), pytest.importorskip("torch")
    with np.errstate(invalid="ignore"):
        assert_array_equal(special.softmax(row), [nan, nan])
    assert_array_equal(torch.softmax(torch.tensor(row, dtype=torch.float64), dim=-1), [nan, nan])
