"""How far the results lie from the exact ones, in units in the last place (ulp).

The exact ones come from mpmath: see `support/exact.py`.
"""

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose
from support.exact import (
    exact_log_sigmoid,
    exact_log_softmax,
    exact_logsumexp,
    exact_sigmoid,
    exact_softmax,
    exact_softplus,
    largest_error,
    rows,
)
from support.family import Z, by_name

from softmax_lessons import log_sigmoid, log_softmax, logsumexp, sigmoid, softmax, softplus
from softmax_lessons._blockwise import sum_along

DTYPES = [np.float16, np.float32, np.float64]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("spread", [1, 8, 30])
@pytest.mark.parametrize(
    ("function", "exact", "bound"),
    [(softmax, exact_softmax, 6), (log_softmax, exact_log_softmax, 4)],
    ids=by_name,
)
def test_error_of_softmax_and_log_softmax(function, exact, bound, dtype, spread):
    x = rows(dtype, spread)
    bound = 0.51 if dtype == np.float16 else bound  # calculated in float32, rounded once
    for axis, scores in [(-1, x), (0, np.ascontiguousarray(x.T))]:
        got = np.moveaxis(function(scores, axis=axis), axis, -1)
        assert max(largest_error(g, exact(row)) for g, row in zip(got, x, strict=True)) <= bound


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("spread", [1, 8, 30])
def test_error_of_logsumexp(dtype, spread):
    x = rows(dtype, spread) + dtype(40)  # far from 0, where the result is well conditioned
    bound = 0.51 if dtype == np.float16 else 1.5
    assert largest_error(logsumexp(x), [exact_logsumexp(row) for row in x]) <= bound


@pytest.mark.parametrize("dtype", DTYPES)
def test_error_of_sigmoid(dtype):
    lowest = {np.float16: -17, np.float32: -103, np.float64: -745}[dtype]
    x = np.linspace(lowest, 40, 2001).astype(dtype)
    bound = 0.51 if dtype == np.float16 else 4
    assert largest_error(sigmoid(x), exact_sigmoid(x)) <= bound


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("function", "exact"),
    [(softplus, exact_softplus), (log_sigmoid, exact_log_sigmoid)],
    ids=by_name,
)
def test_error_of_softplus_and_log_sigmoid(function, exact, dtype):
    far = {np.float16: 17, np.float32: 103, np.float64: 745}[dtype]
    x = np.concatenate([np.linspace(-far, far, 1001), np.linspace(-1, 1, 301)]).astype(dtype)
    # In float32 with AVX-512, NumPy's exp is off by up to 2.4 ulp and its log1p by up to 1.7. Of
    # both together 2.95 was the most among a million numbers.
    bound = {np.float16: 0.51, np.float32: 3, np.float64: 2}[dtype]
    assert largest_error(function(x), exact(x)) <= bound


@pytest.mark.parametrize(
    ("function", "exact"),
    [
        (softmax, exact_softmax),
        (log_softmax, exact_log_softmax),
        (sigmoid, exact_sigmoid),
        (log_sigmoid, exact_log_sigmoid),
        (softplus, exact_softplus),
    ],
    ids=by_name,
)
def test_longdouble_keeps_its_digits(function, exact):
    x = np.array([0.25, 1.25, -0.75], np.longdouble)
    finer = np.finfo(np.longdouble).eps
    expected = [np.longdouble(mpmath.nstr(v, 30)) for v in exact(x)]
    assert (abs(function(x) - np.array(expected)) <= 4 * finer * np.abs(expected)).all()


def test_temperature_keeps_all_its_digits():
    x = np.array(Z)
    assert_allclose(softmax(x, temperature=0.1), softmax(x * 10), rtol=1e-13)
    assert_allclose(softmax(x, temperature=1.0001), softmax(x / 1.0001), rtol=1e-14)


def test_a_temperature_beyond_float32():
    far = np.array([3e38, -3e38], np.float32)
    assert_allclose(softmax(far, temperature=1e39), softmax([0.3, -0.3]), rtol=1e-6)


def test_a_near_tie_is_no_tie():
    near = log_softmax([0, -1e-10])[0]
    assert_allclose(near, -np.log(2) + 5e-11, rtol=1e-15)


@pytest.mark.parametrize(("dtype", "gap"), [(np.float32, 20), (np.float64, 40)])
def test_a_dominated_row_keeps_its_digits(dtype, gap):
    row = np.array([0, -gap, -gap - 1], dtype)
    assert largest_error(log_softmax(row), exact_log_softmax(row)) <= 4
    assert largest_error(logsumexp(row), exact_logsumexp(row)) <= 4
    assert log_softmax(row)[0] < 0 < logsumexp(row)


def test_tied_maxima_count_each():
    row = np.zeros(1000, np.float32)
    assert largest_error(logsumexp(row), mpmath.log(1000)) <= 1
    assert largest_error(log_softmax(row), [-mpmath.log(1000)] * 1000) <= 1
    row[3] = -20
    assert largest_error(logsumexp(row), exact_logsumexp(row)) <= 1


@pytest.mark.parametrize(
    ("shape", "axis"),
    [((2**20,), 0), ((2**20, 2), 0), ((2, 2**20), 1), ((2**10, 2, 2**10), (0, 2))],
)
def test_long_float32_sums_are_as_accurate_along_any_axis(shape, axis):
    x = np.random.default_rng(7).standard_normal(shape, np.float32)
    z = x.astype(np.float64)
    e = np.exp(z)
    total = e.sum(axis=axis, keepdims=True, dtype=np.longdouble)
    assert_allclose(softmax(x, axis=axis), e / total, rtol=1e-6)
    assert_allclose(log_softmax(x, axis=axis), z - np.log(total), rtol=3e-7)
    assert_allclose(logsumexp(x, axis=axis, keepdims=True), np.log(total), rtol=3e-7)


def test_dividing_beats_the_exponential_of_the_logarithm():
    x = rows(np.float32, 30)

    def worst(p):
        return max(largest_error(got, exact_softmax(row)) for got, row in zip(p, x, strict=True))

    assert worst(softmax(x)) < worst(np.exp(log_softmax(x)))


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_a_long_float32_sum_of_few_columns_stays_exact_and_float32(columns):
    """Added one by one, 20,000 times 0.1 would be off by more than 1,000 units of the precision."""
    a = np.full((20_000, columns), 0.1, np.float32)
    sums = sum_along(a, (0,))
    assert sums.dtype == np.float32
    exact = 20_000 * float(np.float32(0.1))
    assert_allclose(sums, np.full((1, columns), exact), rtol=4 * np.finfo(np.float32).eps)
