"""Each candidate does what its formula says, and fails where the lesson says it fails."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from support.family import NORMALIZERS, Z, by_name, inf, nan

from softmax_lessons import (
    min_max,
    normalize_by_abs,
    normalize_by_relu,
    normalize_by_square,
    normalize_by_sum,
)

SUMS_TO_ZERO = [-0.25, 1, -0.75]


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (normalize_by_sum, [0.368, 1.809, -1.176]),
        (normalize_by_abs, [0.110, 0.539, 0.351]),
        (normalize_by_square, [0.028, 0.683, 0.289]),
        (normalize_by_relu, [0.169, 0.831, 0.0]),
        (min_max, [0.517, 1.0, 0.0]),
    ],
    ids=by_name,
)
def test_the_running_example(function, expected):
    assert_array_equal(function(Z).round(3), expected)


def test_min_max_of_negative_scores():
    assert_array_equal(min_max([-1, -3, -2]), [1, 0, 0.5])


def test_long_float32_sums_are_accurate_along_any_axis():
    x = np.random.default_rng(7).random((2**20, 2), np.float32)
    expected = x / x.sum(axis=0, dtype=np.float64)
    assert_allclose(normalize_by_sum(x, axis=0), expected, rtol=1e-6)


def test_dividing_by_the_sum_keeps_ratios_and_zeros():
    assert_allclose(normalize_by_sum([0.1, 0.9, 0.2]), [1 / 12, 9 / 12, 2 / 12], rtol=1e-15)
    assert_array_equal(normalize_by_sum([0, 0.9, 0.1]), [0, 0.9, 0.1])


@pytest.mark.parametrize(
    ("function", "scores", "expected", "warning"),
    [
        (normalize_by_sum, SUMS_TO_ZERO, [-inf, inf, -inf], "divide by zero"),
        (normalize_by_sum, [0, 0], [nan, nan], "invalid value"),
        (normalize_by_abs, [0, 0], [nan, nan], "invalid value"),
        (normalize_by_square, [0, 0], [nan, nan], "invalid value"),
        (normalize_by_relu, [-1, -2], [nan, nan], "invalid value"),
        (min_max, [2, 2], [nan, nan], "invalid value"),
    ],
)
def test_dividing_by_zero_warns(function, scores, expected, warning):
    with pytest.warns(RuntimeWarning, match=warning):
        result = function(scores)
    assert_array_equal(result, expected)


def test_which_requirement_each_one_breaks():
    assert normalize_by_sum(Z).min() < 0
    assert normalize_by_abs([-2, 1])[0] > normalize_by_abs([-2, 1])[1]
    assert normalize_by_square([-2, 1])[0] > normalize_by_square([-2, 1])[1]
    assert_array_equal(normalize_by_relu([-1, -5, 1]), [0, 0, 1])
    assert min_max(Z).sum() != pytest.approx(1)


@pytest.mark.parametrize("function", NORMALIZERS, ids=by_name)
def test_along_any_axis(function):
    x = np.sin(np.arange(60.0)).reshape(3, 4, 5) + 0.8  # of either sign
    for axis in [0, 1, -1]:
        expected = np.apply_along_axis(function, axis, x)
        assert_allclose(function(x, axis=axis), expected, rtol=1e-12)
    flat = function(x.transpose(1, 0, 2).reshape(4, 15)).reshape(4, 3, 5).transpose(1, 0, 2)
    assert_allclose(function(x, axis=(0, 2)), flat, rtol=1e-12)


@pytest.mark.parametrize("function", NORMALIZERS, ids=by_name)
def test_nan_spreads_over_its_row(function):
    result = function([[1, nan, 2], [1, 3, 2]])
    assert np.isnan(result[0]).all()
    assert np.isfinite(result[1]).all()


def test_float16_sums_do_not_overflow():
    x = np.full(70_000, 1, np.float16)
    for function in [normalize_by_sum, normalize_by_abs, normalize_by_square, normalize_by_relu]:
        assert_array_equal(function(x), np.float16(1 / 70_000))
