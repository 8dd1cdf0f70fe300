"""Infinite and missing scores, empty arrays, masks, temperatures, dtypes, memory layouts, out."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from support.family import (
    ACTIVATIONS,
    ELEMENTWISE,
    EVERYTHING,
    FLOATS,
    WITH_AXIS,
    Z,
    by_name,
    inf,
    nan,
)

from softmax_lessons import (
    hardmax,
    log_sigmoid,
    log_softmax,
    logsumexp,
    sigmoid,
    softmax,
    softplus,
)

WITH_OUT = [*ELEMENTWISE, *ACTIVATIONS]

# --- scores that are not finite -----------------------------------------------------------------


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("scores", "p", "log_p", "lse", "hard"),
    [
        ([0, -inf], [1, 0], [0, -inf], 0, [1, 0]),
        ([-inf, -inf], [nan, nan], [nan, nan], -inf, [1, 0]),
        ([-inf], [nan], [nan], -inf, [1]),
        ([0, inf], [nan, nan], [nan, nan], inf, [0, 1]),
        ([inf, inf], [nan, nan], [nan, nan], inf, [1, 0]),
        ([-inf, inf], [nan, nan], [nan, nan], inf, [0, 1]),
        ([0, nan], [nan, nan], [nan, nan], nan, [nan, nan]),
        ([inf, nan], [nan, nan], [nan, nan], nan, [nan, nan]),
        ([nan, -inf], [nan, nan], [nan, nan], nan, [nan, nan]),
    ],
)
def test_infinite_and_missing_scores(dtype, scores, p, log_p, lse, hard):
    x = np.array([[0, 0], scores] if len(scores) == 2 else [scores], dtype)  # with a good row
    assert_array_equal(softmax(x)[-1], p)
    assert_array_equal(log_softmax(x)[-1], log_p)
    assert_array_equal(logsumexp(x)[-1], lse)
    assert_array_equal(hardmax(x)[-1], hard)
    if len(scores) == 2:
        assert_array_equal(softmax(x)[0], [0.5, 0.5])


def test_infinite_and_missing_scores_of_sigmoid():
    assert_array_equal(sigmoid([-inf, inf, nan]), [0, 1, nan])
    assert_array_equal(log_sigmoid([-inf, inf, nan]), [-inf, 0, nan])
    assert_array_equal(softplus([-inf, inf, nan]), [0, inf, nan])
    assert not np.signbit(softplus(-inf))


def test_huge_scores_do_not_overflow():
    big = np.finfo(np.float64).max
    assert_array_equal(softmax([big, -big]), [1, 0])
    assert_array_equal(softmax([big, big]), [0.5, 0.5])
    assert_array_equal(log_softmax([0.0, 1000.0]), [-1000, 0])
    assert_array_equal(log_softmax([big, 0]), [0, -big])
    assert logsumexp([big, big]) == big
    assert logsumexp([-1000.0, -1000.0]) == pytest.approx(-1000 + np.log(2), rel=1e-15)
    assert_array_equal(sigmoid([-big, big]), [0, 1])
    assert_array_equal(log_sigmoid([-big, big]), [-big, 0])
    assert_array_equal(softplus([-big, big]), [0, big])


def test_no_warning_even_where_the_caller_asks_for_errors():
    wild = [[1e308, -1e308, inf], [nan, -inf, 0], [1e-310, -700, -745]]
    for function in WITH_OUT:
        for x in (wild, np.float16([60000, -60000, 0])):
            expected = function(x)
            with np.errstate(all="raise"):
                assert_array_equal(function(x), expected)


def test_float16_results_out_of_range_become_infinite():
    assert_array_equal(log_softmax(np.float16([-60000, 60000])), np.float16([-inf, 0]))


# --- shapes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", WITH_AXIS, ids=by_name)
def test_an_empty_reduced_axis(function):
    x = np.zeros((2, 0), np.float32)
    if function is logsumexp:
        assert_array_equal(function(x), np.float32([-inf, -inf]))
    else:
        assert function(x).shape == (2, 0)
    assert function(x).dtype == np.float32


@pytest.mark.parametrize("function", WITH_AXIS, ids=by_name)
def test_an_empty_batch(function):
    assert function(np.zeros((0, 3))).shape == ((0,) if function is logsumexp else (0, 3))


def test_logsumexp_of_nothing():
    assert logsumexp([]) == -inf
    assert_array_equal(logsumexp(np.zeros((0, 2)), axis=0, keepdims=True), [[-inf, -inf]])


@pytest.mark.parametrize("function", WITH_AXIS, ids=by_name)
@pytest.mark.parametrize(
    ("shape", "axis"), [((3,), 1), ((3,), -2), ((), -1), ((2, 3), (0, 2)), ((), (0,))]
)
def test_axis_out_of_range(function, shape, axis):
    with pytest.raises(np.exceptions.AxisError, match="out of bounds"):
        function(np.ones(shape), axis=axis)


def test_no_axes_at_all():
    # Each score is then the only one of its row, as for np.sum(x, axis=()).
    x = np.array([[1.0, 2.0]])
    assert_array_equal(softmax(x, axis=()), [[1, 1]])
    assert_array_equal(log_softmax(x, axis=()), [[0, 0]])
    assert_array_equal(logsumexp(x, axis=()), x)
    assert_array_equal(hardmax(x, axis=()), [[1, 1]])
    assert softmax(2.0, axis=()) == hardmax(2.0, axis=()) == 1
    assert logsumexp(2.0, axis=()) == 2


def test_hardmax_with_two_axes_takes_the_first_in_c_order():
    x = [[[1, 3], [0, 3]], [[5, 2], [5, 5]]]
    expected = [[[0, 1], [0, 0]], [[1, 0], [0, 0]]]
    assert_array_equal(hardmax(x, axis=(1, 2)), expected)
    assert_array_equal(hardmax(x, axis=(2, 1)), expected)
    assert_array_equal(hardmax([[1, 3], [3, 0]], axis=(1, 0)), [[0, 1], [0, 0]])


def test_one_number_gives_a_numpy_scalar():
    for function in ELEMENTWISE:
        assert type(function(0)) is np.float64
        assert type(function(np.float16(0))) is np.float16
    assert type(logsumexp(Z)) is np.float64
    assert type(logsumexp(np.float32(Z))) is np.float32
    assert isinstance(logsumexp([Z]), np.ndarray)


# --- masks --------------------------------------------------------------------------------------


def test_scores_left_out_do_not_matter():
    x = [[1, 2, nan], [1, 2, inf], [1, 2, -inf], [1, 2, 1e308]]
    mask = [True, True, False]
    assert_array_equal(softmax(x, where=mask), [[*softmax([1, 2]), 0]] * 4)
    assert_array_equal(log_softmax(x, where=mask), [[*log_softmax([1, 2]), -inf]] * 4)
    assert_array_equal(logsumexp(x, where=mask), [logsumexp([1, 2])] * 4)
    assert_array_equal(hardmax(x, where=mask), [[0, 1, 0]] * 4)


def test_a_mask_leaves_the_temperature_as_it_is():
    mask = [True, False, True]
    for t in (0.5, 2.0):
        left = softmax([Z[0], Z[2]], temperature=t)
        assert_array_equal(softmax(Z, temperature=t, where=mask), [left[0], 0, left[1]])
        left = log_softmax([Z[0], Z[2]], temperature=t)
        assert_array_equal(log_softmax(Z, temperature=t, where=mask), [left[0], -inf, left[1]])


def test_a_row_left_out_entirely():
    x = [[1, nan, inf], [0, 0, 0]]
    mask = [[False], [True]]
    assert_array_equal(softmax(x, where=mask), [[0] * 3, [1 / 3] * 3])
    assert_array_equal(log_softmax(x, where=mask), [[-inf] * 3, log_softmax([0, 0, 0])])
    assert_array_equal(logsumexp(x, where=mask), [-inf, logsumexp([0, 0, 0])])
    assert_array_equal(softmax(Z, where=False), [0, 0, 0])
    assert_array_equal(hardmax(x, where=mask), [[0, 0, 0], [1, 0, 0]])


def test_the_first_maximum_is_one_that_counts():
    # To the kernel, what is left out is -inf, but it does not tie with a score of -inf.
    assert_array_equal(hardmax([5, -inf, -inf], where=[False, True, True]), [0, 1, 0])
    assert_array_equal(hardmax([-inf, -inf, 5], where=[False, True, False]), [0, 1, 0])
    assert_array_equal(hardmax([inf, 2, 2], where=[False, True, True]), [0, 1, 0])
    assert_array_equal(hardmax([2, 2, 2], where=[False, True, True]), [0, 1, 0])
    x = [[3, 9], [3, 1]]
    mask = [[True, False], [True, True]]
    assert_array_equal(hardmax(x, axis=0, where=mask), [[1, 0], [0, 1]])
    assert_array_equal(hardmax(x, axis=(0, 1), where=mask), [[1, 0], [0, 0]])


def test_a_mask_does_not_hide_what_counts():
    assert_array_equal(softmax([-inf, -inf, 0], where=[True, True, False]), [nan, nan, 0])
    assert_array_equal(log_softmax([nan, 1, 0], where=[True, True, False]), [nan, nan, -inf])
    assert_array_equal(hardmax([nan, 1, 0], where=[True, True, False]), [nan, nan, 0])


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_mask_keeps_the_dtype(dtype):
    x = np.array(Z, dtype)
    mask = [True, True, False]
    assert softmax(x, where=mask).dtype == dtype
    assert log_softmax(x, where=mask).dtype == dtype
    assert logsumexp(x, where=mask).dtype == dtype
    assert hardmax(x, where=mask).dtype == dtype


# --- temperatures -------------------------------------------------------------------------------


def test_tiny_temperatures_cannot_overflow_the_maximum():
    for x in [np.array([1e300, 1e299]), np.float32([1e30, -1e30]), np.array([-1e300, -1e301])]:
        assert_array_equal(softmax(x, temperature=1e-30), [1, 0])
        assert log_softmax(x, temperature=1e-30)[0] == 0
    assert_array_equal(softmax([3.0, 3.0], temperature=5e-324), [0.5, 0.5])


def test_temperatures_outside_the_range_of_float32():
    x = np.float32([1e-44, 0])
    assert_allclose(log_softmax(x, temperature=1e-46), [0, -98.1], atol=0.1)
    odds = np.exp(float(x[0]) / 1e-44)
    assert_allclose(softmax(x, temperature=1e-44), [odds / (1 + odds), 1 / (1 + odds)], rtol=1e-6)
    assert_array_equal(softmax(np.float32([1, 2]), temperature=1e-50), np.float32([0, 1]))
    assert_array_equal(softmax(np.float32([1, 2]), temperature=1e300), np.float32([0.5, 0.5]))
    assert softmax(x, temperature=1e-46).dtype == np.float32


@pytest.mark.parametrize(("dtype", "size"), [(np.float32, 3e38), (np.float64, 1.5e308)])
def test_differences_beyond_the_dtype_survive_a_large_temperature(dtype, size):
    x = np.array([size, -size], dtype)
    assert_allclose(softmax(x, temperature=size), softmax([1.0, -1.0]), rtol=1e-6)
    assert_allclose(log_softmax(x, temperature=size), log_softmax([1.0, -1.0]), rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_temperature_just_above_1_can_bring_a_difference_back_into_range(dtype):
    largest = np.finfo(dtype).max
    x = np.array([0.9, -0.9], dtype) * largest
    assert_allclose(log_softmax(x, temperature=1.9), [0, -1.8 / 1.9 * largest], rtol=1e-6)


def test_a_large_offset_costs_no_digits_at_any_temperature():
    x = np.array(Z) * 8
    shifted = (x.round() + 2.0**50, x.round())
    for temperature in [0.3, 3]:
        p, q = (softmax(s, temperature=temperature) for s in shifted)
        assert_allclose(p, q, rtol=1e-15)


@pytest.mark.parametrize("temperature", [1, np.float32(1), np.int8(1), np.longdouble(1)])
def test_any_real_number_is_a_temperature(temperature):
    assert_array_equal(softmax(Z, temperature=temperature), softmax(Z))
    assert softmax(np.float32(Z), temperature=temperature).dtype == np.float32


# --- dtypes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", EVERYTHING, ids=by_name)
@pytest.mark.parametrize("dtype", FLOATS)
def test_floats_come_back_as_they_went_in(function, dtype):
    x = np.array([Z, Z], dtype)
    assert function(x).dtype == dtype
    finest = max(np.finfo(dtype).eps, np.finfo(np.float64).eps)
    assert_allclose(function(x), function(x.astype(float)), rtol=4 * finest)


@pytest.mark.parametrize("function", EVERYTHING, ids=by_name)
@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint8, np.uint16, np.int64, np.uint64])
def test_integers_become_float64(function, dtype):
    x = np.array([1, 0, 1, 1], dtype)
    assert function(x).dtype == np.float64
    assert_array_equal(function(x), function(x.astype(float)))


@pytest.mark.parametrize("function", EVERYTHING, ids=by_name)
def test_big_endian_input_gives_a_native_result(function):
    x = np.array(Z)
    for swapped in [x.astype(">f8"), x.astype("<f8")]:
        result = function(swapped)
        assert result.dtype.isnative
        assert_array_equal(result, function(x))


@pytest.mark.parametrize("function", EVERYTHING, ids=by_name)
def test_lists_and_tuples_are_arrays(function):
    assert_array_equal(function(Z), function(np.array(Z)))
    assert_array_equal(function((tuple(Z), tuple(Z))), function(np.array([Z, Z])))


class Series:
    """Like a pandas Series in what matters here: it turns into an array."""

    def __array__(self, dtype=None, copy=None):
        return np.array(Z)


@pytest.mark.parametrize("function", EVERYTHING, ids=by_name)
def test_whatever_turns_into_an_array_will_do(function):
    assert_array_equal(function(Series()), function(Z))


# --- the table of what other libraries get wrong ------------------------------------------------


def test_unsigned_integers_do_not_wrap_around():
    assert_allclose(softmax(np.uint8([1, 2, 3])), [0.0900, 0.2447, 0.6652], atol=1e-4)


def test_small_integers_do_not_wrap_around():
    assert_allclose(softmax(np.int8([-128, 127])), [0, 1], atol=1e-100)


def test_long_rows_of_float16_are_not_lost():
    assert_array_equal(softmax(np.zeros(70_000, np.float16)), np.float16(1 / 70_000))


# --- memory -------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", EVERYTHING, ids=by_name)
def test_any_memory_layout_gives_the_same(function):
    x = np.sin(np.arange(60.0)).reshape(4, 3, 5) + 0.8  # of either sign
    read_only = x.copy()
    read_only.flags.writeable = False
    wide = np.repeat(x, 2, axis=-1)
    for y in [np.asfortranarray(x), x[::-1, :, ::-1][::-1, :, ::-1], wide[..., ::2], read_only]:
        for axis in [0, 1, 2, (0, 2)]:
            arguments = {} if function in ELEMENTWISE else {"axis": axis}
            assert_allclose(function(y, **arguments), function(x, **arguments), rtol=1e-14)


@pytest.mark.parametrize("function", EVERYTHING, ids=by_name)
def test_the_result_never_shares_memory_with_the_input(function):
    x = np.ones((1, 1))
    with np.errstate(all="ignore"):
        assert not np.shares_memory(function(x), x)


@pytest.mark.parametrize("function", WITH_OUT, ids=by_name)
@pytest.mark.parametrize("dtype", FLOATS)
def test_out_takes_the_result(function, dtype):
    x = np.array([Z, Z], dtype)
    expected = function(x)
    for out in [
        np.empty((2, 3), dtype),
        np.empty((3, 2), dtype).T,
        np.empty((2, 6), dtype)[:, ::2],
    ]:
        out = out[:, 0] if function is logsumexp else out
        assert function(x, out=out) is out
        assert_array_equal(out, expected)


@pytest.mark.parametrize("function", WITH_OUT, ids=by_name)
@pytest.mark.parametrize("rows", [3, 3000])
def test_out_may_be_the_input_or_overlap_it(function, rows):
    memory = np.linspace(-2, 3, 4 * rows)
    x = memory[: 3 * rows].reshape(rows, 3)
    expected = function(x)
    out = memory[3 : 3 + expected.size].reshape(expected.shape)
    assert function(x, out=out) is out
    assert_array_equal(out, expected)
    if function is not logsumexp:
        y = np.linspace(-2, 3, 12)
        expected = function(y)
        assert function(y, out=y) is y
        assert_array_equal(y, expected)


@pytest.mark.parametrize("shape", [(4, 5, 6), (9, 10, 200)])
@pytest.mark.parametrize("axis", [0, 1, -1, (0, 2), (1, 0), (0, 1, 2), ()])
@pytest.mark.parametrize("keepdims", [False, True])
def test_out_of_logsumexp_has_the_shape_of_the_result(shape, axis, keepdims):
    x = np.random.default_rng(3).normal(size=shape)
    mask = x < 1
    expected = logsumexp(x, axis, keepdims=keepdims, where=mask)
    for out in [np.empty(expected.shape), np.empty((*expected.shape, 2))[..., 1]]:
        got = logsumexp(x, axis, keepdims=keepdims, where=mask, out=out)
        assert got is out
        assert_array_equal(out, expected)


@pytest.mark.parametrize("function", [softmax, log_softmax, hardmax, logsumexp], ids=by_name)
def test_out_with_a_mask(function):
    mask = [True, False, True]
    expected = function(Z, where=mask)
    out = np.full(np.shape(expected), nan)
    function(Z, where=mask, out=out)
    assert_array_equal(out, expected)
