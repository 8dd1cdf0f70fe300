"""Where each format runs out of room, as the page on stability maps it."""

import mpmath
import numpy as np
import pytest

from softmax_lessons import log_softmax, logsumexp, softmax

FORMATS = {np.float64: np.int64, np.float32: np.int32, np.float16: np.int16}
every_format = pytest.mark.parametrize("dtype", FORMATS)


def first(fails, dtype):
    """Return the first positive number of the format that fails."""
    low, high = 0, int(np.array(np.finfo(dtype).max).view(FORMATS[dtype]))
    while high - low > 1:
        middle = (low + high) // 2
        x = FORMATS[dtype](middle).view(dtype)
        low, high = (low, middle) if fails(x) else (middle, high)
    return FORMATS[dtype](high).view(dtype)


def lead(d):
    return np.array([d, 0], d.dtype)


def at_most_one_number_from(found, exact):
    """Tell whether no more than one number of the format lies between the two."""
    return abs(mpmath.mpf(float(found)) - exact) <= float(np.spacing(found))


@every_format
def test_the_loser_is_zero_from_half_the_smallest_number_down(dtype):
    found = first(lambda d: softmax(lead(d))[1] == 0, dtype)
    exact = -mpmath.log(mpmath.mpf(float(np.finfo(dtype).smallest_subnormal)) / 2)
    assert at_most_one_number_from(found, exact)


@every_format
def test_the_leader_is_one_where_the_rest_rounds_away(dtype):
    found = first(lambda d: softmax(lead(d))[0] == 1, dtype)
    u = mpmath.mpf(float(np.finfo(dtype).eps)) / 2
    # float16 is calculated in float32, so that 1 - x is rounded and not 1 + x
    exact = -mpmath.log(u / 2 if dtype == np.float16 else u)
    assert at_most_one_number_from(found, exact)


@every_format
def test_no_level_is_too_high_or_too_low(dtype):
    top = np.finfo(dtype).max
    for c in (top, -top):
        assert (softmax(np.array([c, c])) == 0.5).all()
        assert logsumexp(np.array([c, c])) == c


@every_format
def test_the_loser_keeps_its_logarithm_at_any_lead(dtype):
    top = np.finfo(dtype).max
    assert log_softmax(lead(top))[1] == -top


@every_format
def test_the_leader_keeps_its_logarithm_until_the_power_underflows(dtype):
    smallest = np.finfo(dtype).smallest_normal
    last = dtype(0.99 * -np.log(np.float64(smallest)))
    exact = -mpmath.log1p(mpmath.exp(-mpmath.mpf(float(last))))
    got = log_softmax(lead(last))[0]
    assert abs(got / float(exact) - 1) <= 4 * np.finfo(dtype).eps
