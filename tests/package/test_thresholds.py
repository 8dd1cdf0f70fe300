"""Where each format overflows or underflows, as the page on stability maps it."""

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

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


def naive(z):
    with np.errstate(over="ignore", invalid="ignore"):
        e = np.exp(z)
        return e / e.sum()


def at_most_one_number_from(found, exact):
    """Tell whether no more than one number of the format lies between the two."""
    return abs(mpmath.mpf(float(found)) - exact) <= float(np.spacing(found))


def relative_error(got, exact):
    return abs(mpmath.mpf(float(got)) / exact - 1)


@every_format
def test_without_the_shift_the_power_of_the_leader_overflows(dtype):
    found = first(lambda d: np.isnan(naive(lead(d))[0]), dtype)
    assert at_most_one_number_from(found, mpmath.log(float(np.finfo(dtype).max)))
    assert naive(lead(found))[1] == 0
    assert relative_error(softmax(lead(found))[0], 1) <= np.finfo(dtype).eps


@every_format
def test_without_the_shift_the_sum_overflows_log_2_before(dtype):
    found = first(lambda c: (naive(np.array([c, c])) != 0.5).any(), dtype)
    assert at_most_one_number_from(found, mpmath.log(float(np.finfo(dtype).max)) - mpmath.log(2))
    assert (naive(np.array([found, found])) == 0).all()


def test_without_the_shift_low_scores_lose_digits_before_they_are_nan():
    z = np.array([0.25, 1.23, -0.8])
    assert_array_equal(naive(z - 744), [0.25, 0.625, 0.125])
    assert_allclose(softmax(z - 744), softmax(z), rtol=1e-12)


@every_format
def test_the_loser_loses_digits_before_it_is_zero(dtype):
    info = np.finfo(dtype)
    normal = dtype(0.99 * -np.log(np.float64(info.smallest_normal)))
    exact = mpmath.exp(-float(normal)) / (1 + mpmath.exp(-float(normal)))
    assert relative_error(softmax(lead(normal))[1], exact) <= 2 * info.eps

    last = np.nextafter(first(lambda d: softmax(lead(d))[1] == 0, dtype), dtype(0))
    p = softmax(lead(last))[1]
    assert p == info.smallest_subnormal
    assert relative_error(p, mpmath.exp(-float(last))) > 0.9
    assert abs(np.log(p) + last) > 0.5
    assert log_softmax(lead(last))[1] == -last


def test_many_powers_that_underflow_are_missed_in_a_16_bit_sum():
    z = np.full(50_000, -17.375, dtype=np.float16)
    z[0] = 0
    exact = 1 / (1 + 49_999 * mpmath.exp(-17.375))
    assert naive(z)[0] == 1
    assert relative_error(softmax(z)[0], exact) <= np.finfo(np.float16).eps / 2


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


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_where_subnormal_numbers_are_flushed_zero_begins_with_them(dtype):
    torch = pytest.importorskip("torch")
    if not torch.set_flush_denormal(True):
        pytest.skip("this processor keeps subnormal numbers")
    try:
        found = first(lambda d: torch.softmax(torch.tensor(lead(d)), -1)[1] == 0, dtype)
    finally:
        torch.set_flush_denormal(False)
    assert at_most_one_number_from(found, -mpmath.log(float(np.finfo(dtype).smallest_normal)))
    assert torch.softmax(torch.tensor(lead(found)), -1)[1] > 0


def test_torch_rounds_on_the_way_to_log_softmax_in_bfloat16_and_not_to_softmax():
    torch = pytest.importorskip("torch")
    z = torch.tensor([5.5, 0], dtype=torch.bfloat16)
    p = 1 / (1 + mpmath.exp(-5.5))
    u = torch.finfo(torch.bfloat16).eps / 2
    assert relative_error(torch.softmax(z, -1)[0], p) <= u
    assert relative_error(torch.log_softmax(z, -1)[0], mpmath.log(p)) > 0.9
