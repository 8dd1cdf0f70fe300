"""Tables of hard cases: lengths, layouts, dtypes, temperatures, and scores that are not finite.

The rows of scores are made of few distinct multiples of 1/64, in any number. So the exact results
are few too, mpmath finds them in no time, and every entry of a large array can be held to them.
"""

import itertools
import warnings

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from support.exact import exact_log_softmax, exact_logsumexp, exact_softmax, largest_error
from support.family import ACTIVATIONS, ELEMENTWISE, FLOATS, NORMALIZERS, by_name, inf, nan

from softmax_lessons import (
    binary_cross_entropy_and_grad,
    cross_entropy,
    cross_entropy_and_grad,
    entropy,
    hardmax,
    kl_divergence,
    log_sigmoid,
    log_softmax,
    log_softmax_vjp,
    logsumexp,
    one_hot,
    sigmoid,
    softmax,
    softmax_jacobian,
    softmax_jvp,
    softmax_vjp,
    softplus,
)

BOTH = [softmax, log_softmax]
PRODUCTS = [softmax_vjp, softmax_jvp]
INTEGERS = [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64]
DISTINCT = np.array([0, -1, -69, -300, -301, -640, -1000]) / 64


def strictly(function, *args, **kwargs):
    """Call a function where NumPy raises instead of warning: it shall not notice."""
    with np.errstate(all="raise"):
        return function(*args, **kwargs)


# --- exact results for any number of entries ------------------------------------------------------


def scores(n, batch, dtype, distinct=DISTINCT):
    """Return rows of ``n`` scores, all of them the same up to their order and a whole number."""
    row = np.resize(distinct, n)
    number = np.arange(batch)[:, np.newaxis]
    turned = row[(np.arange(n) + number) % n]
    return (turned + 8 * (number % 5)).astype(dtype)


def exact(x):
    """Return the distinct scores of a row, with logsumexp, log-softmax and softmax of each."""
    values, counts = np.unique(x.astype(np.float64), return_counts=True)
    top = mpmath.mpf(values[-1])
    terms = [int(c) * mpmath.exp(v - top) for v, c in zip(values, counts, strict=True)]
    # Of a sum near 1 the digits that count may lie beyond the last of mpmath's.
    beyond = mpmath.log(terms[-1]) + mpmath.log1p(mpmath.fsum(terms[:-1]) / terms[-1])
    logs = [mpmath.mpf(v) - top - beyond for v in values]
    return values, top + beyond, logs, [mpmath.exp(v) for v in logs]


def assert_exact(x, axis=-1, ulps=4, softmax_ulps=6):
    """Compare all three functions along an axis of ``x`` with the exact results."""
    outcomes = [strictly(softmax, x, axis), strictly(log_softmax, x, axis)]
    outcomes.append(strictly(logsumexp, x, axis, keepdims=True))
    assert [r.dtype for r in outcomes] == [x.dtype] * 3
    assert [r.shape[axis] for r in outcomes] == [x.shape[axis]] * 2 + [1]
    rows, p, log_p, lse = (np.moveaxis(a, axis, -1) for a in (x, *outcomes))
    rows, p, log_p = (a.reshape(-1, x.shape[axis]) for a in (rows, p, log_p))
    for lowest in np.unique(rows.min(axis=1)):  # rows that begin alike are alike
        alike = rows.min(axis=1) == lowest
        values, of_lse, of_logs, of_p = exact(rows[alike][0])
        distinct = np.unique(lse.ravel()[alike])
        assert largest_error(distinct, [of_lse] * len(distinct)) <= ulps
        for value, of_log, of_probability in zip(values, of_logs, of_p, strict=True):
            place = (rows == value) & alike[:, np.newaxis]
            for got, expected, bound in [(log_p, of_log, ulps), (p, of_probability, softmax_ulps)]:
                distinct = np.unique(got[place])
                assert largest_error(distinct, [expected] * len(distinct)) <= bound


LENGTHS = [*range(1, 71), *range(127, 131), *range(255, 258), *range(1023, 1026)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", LENGTHS)
def test_rows_of_any_length(n, dtype):
    x = scores(n, 3, dtype)
    assert_exact(x)
    assert_exact(x[0])
    assert_exact(np.ascontiguousarray(x.T), axis=0)
    assert_exact(np.ascontiguousarray(x.reshape(3, 1, n).swapaxes(1, 2)), axis=1)
    stacked = np.stack([x, x[::-1]], axis=-1)  # classes in the middle
    assert_exact(stacked, axis=1)


# Arrays as large as half a megabyte, and a little smaller and larger: there the work is cut.
@pytest.mark.parametrize(
    ("rows", "n"),
    [
        *[(1, n) for n in (4095, 4096, 4097, 65_535, 65_536, 65_537, 131_071, 131_072, 131_073)],
        *[(2, n) for n in (32_768, 32_769, 65_536, 131_072, 262_145)],
        *[(rows, 1024) for rows in (63, 64, 65, 127, 128, 129)],
        *[(rows, 10) for rows in (6553, 6554, 13_107, 13_108, 40_000)],
        *[(rows, n) for rows in (2048, 4097) for n in (31, 32, 33)],
        *[(rows, 2) for rows in (32_768, 65_537)],
        *[(rows, n) for rows in (63, 64, 65) for n in (127, 128, 129, 2047, 2049)],
        *[(rows, n) for rows in (4095, 4097) for n in (15, 16, 17)],
        (70_000, 1),
        (3, 100_003),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arrays_around_the_size_of_the_cache(rows, n, dtype):
    x = scores(n, rows, dtype)
    assert_exact(x)
    assert_exact(np.ascontiguousarray(x.T), axis=0)
    if rows % 2 == 1 and rows > 2:
        x = x[1:]
    if rows > 1:
        x = x.reshape(2, -1, n)
        assert_exact(np.ascontiguousarray(x.swapaxes(1, 2)), axis=1)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", [(7, 40, 50), (50, 40, 7), (40, 7, 50), (3, 90, 700)])
def test_all_axes_of_a_cube(dtype, shape):
    # Against the same scores as rows of a matrix, whose results are known to be good.
    x = scores(shape[2], shape[0] * shape[1], dtype).reshape(shape)
    finest = 8 * max(np.finfo(dtype).eps, np.finfo(np.float64).eps)
    choices = [c for k in range(4) for c in itertools.combinations(range(3), k)]
    for axes in choices:
        kept = tuple(i for i in range(3) if i not in axes)
        moved = x.transpose(kept + axes)
        matrix = np.ascontiguousarray(moved).reshape(*moved.shape[: len(kept)], -1)
        back = np.argsort(kept + axes)
        for function in [softmax, log_softmax, hardmax]:
            expected = function(matrix).reshape(moved.shape).transpose(back)
            assert_allclose(function(x, axis=axes), expected, rtol=finest)
            assert_allclose(function(x, axis=axes[::-1]), expected, rtol=finest)
        assert_allclose(logsumexp(x, axis=axes), logsumexp(matrix), rtol=finest)


# --- rows with one large score --------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [2, 3, 33, 200, 5000, 140_000])
@pytest.mark.parametrize("ties", [1, 2])
def test_dominated_rows_keep_their_digits(dtype, n, ties):
    gaps = [5, 12, 20, 40, 70] if dtype == np.float32 else [5, 20, 40, 200, 690]
    x = np.zeros((len(gaps), n), dtype)
    # For softmax up to 25 small terms add to the same 1, and each sum is rounded. NumPy before
    # version 2.3 adds in another order, and loses up to eight units more.
    bound = 12 if np.lib.NumpyVersion(np.__version__) >= "2.3.0" else 18
    for place in [0, n // 2, n - ties]:
        for row, gap in zip(x, gaps, strict=True):
            row[:] = -gap
            row[place : place + ties] = 0
        assert_exact(x, softmax_ulps=bound)
        assert_exact(np.ascontiguousarray(x.T), axis=0, softmax_ulps=bound)
        assert_exact(np.ascontiguousarray(x[:, :, np.newaxis]), axis=1, softmax_ulps=bound)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [2, 33, 5000, 140_000])
def test_losses_of_sure_and_right_answers(dtype, n):
    gap = {np.float32: 40, np.float64: 300}[dtype]
    x = np.full((3, n), -gap, dtype)
    places = [0, n // 2, n - 1]
    x[[0, 1, 2], places] = 0
    others = (n - 1) * mpmath.exp(-gap)
    for target in [np.array(places), one_hot(places, n, dtype=dtype)]:
        losses = cross_entropy(x, target, reduction="none")
        assert largest_error(losses, [mpmath.log1p(others)] * 3) <= 4
        same, grad = cross_entropy_and_grad(x, target, reduction="none")
        assert largest_error(same, [mpmath.log1p(others)] * 3) <= 4
        assert largest_error(grad[[0, 1, 2], places], [-others / (1 + others)] * 3) <= 4


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_near_ties(dtype):
    eps = np.finfo(dtype).eps
    for gap in [0.5 * eps, eps, 8 * eps, np.sqrt(eps)]:
        row = np.array([0, -gap, -gap / 2], dtype)
        assert largest_error(log_softmax(row), exact_log_softmax(row)) <= 2
        assert largest_error(logsumexp(row), exact_logsumexp(row)) <= 2


# --- long sums in float32 -------------------------------------------------------------------------


@pytest.mark.parametrize(("shape", "axis"), [((1_000_000, 32), 0), ((4_000_000,), 0)])
def test_long_sums_of_float32(shape, axis):
    x = np.random.default_rng(1).random(shape, np.float32) * np.float32(6)
    total = sum(np.exp(part.astype(np.float64)).sum(axis=0) for part in np.array_split(x, 40))
    some = np.s_[::9973]
    z = x[some].astype(np.float64)
    assert_allclose(softmax(x, axis=axis)[some], np.exp(z) / total, rtol=1e-6)
    assert_allclose(log_softmax(x, axis=axis)[some], z - np.log(total), rtol=3e-7)
    assert_allclose(logsumexp(x, axis=axis), np.log(total), rtol=3e-7)


def test_long_sums_of_float32_in_the_loss_and_the_products():
    x = np.random.default_rng(2).random((2**19, 8), np.float32)
    labels = np.arange(8)
    loss, grad = cross_entropy_and_grad(x, labels, axis=0, reduction="none")
    total = np.exp(x.astype(np.float64)).sum(axis=0)
    assert_allclose(loss, np.log(total) - x[labels, labels], rtol=3e-7)
    expected = np.exp(x.astype(np.float64)) / total
    assert_allclose(grad[8:], expected[8:], rtol=1e-6)
    ways = x[::-1]
    mean = (expected * ways).sum(axis=0)
    for product in PRODUCTS:
        got = product(expected.astype(np.float32), ways, axis=0)
        assert_allclose(got, expected * (ways - mean), rtol=0, atol=2e-7 * expected.max())


# --- what other libraries get wrong ---------------------------------------------------------------


def test_unsigned_integers():  # SciPy and JAX: nan
    expected = [float(p) for p in exact_softmax([1, 2, 3])]
    assert_allclose(softmax(np.uint8([1, 2, 3])), expected, rtol=1e-15)


def test_signed_integers_far_apart():  # SciPy and JAX: [0.731, 0.269]
    assert_allclose(softmax(np.int8([-128, 127])), [np.exp(-255.0), 1], rtol=1e-15)


def test_seventy_thousand_zeros_in_float16():  # SciPy and JAX: 0 each
    x = np.zeros((2, 70_000), np.float16)
    probability = np.float16(1 / 70_000)
    for axis, y in [(1, x), (0, x.T.copy())]:
        assert_array_equal(softmax(y, axis=axis), np.full(y.shape, probability))
        assert_array_equal(log_softmax(y, axis=axis), np.float16(-np.log(70_000)))
        assert_array_equal(logsumexp(y, axis=axis), np.float16([np.log(70_000)] * 2))


@pytest.mark.parametrize("row", [[-inf, -inf], [0, inf], [inf, inf], [-inf, inf]])
def test_infinities_do_not_warn(row):  # SciPy warns
    with warnings.catch_warnings(), np.errstate(all="warn"):
        warnings.simplefilter("error")
        assert_array_equal(softmax(row), [nan, nan])
        assert_array_equal(log_softmax(row), [nan, nan])  # SciPy: [-inf, nan] for [0, inf]
        assert logsumexp(row) == max(row)


@pytest.mark.parametrize("dtype", FLOATS)
def test_nothing_to_sum(dtype):  # SciPy raises for softmax
    for function in BOTH:
        assert function(np.zeros((2, 0), dtype)).shape == (2, 0)
    assert_array_equal(logsumexp(np.zeros((2, 0), dtype)), dtype([-inf, -inf]))


def test_a_probability_of_zero_beside_minus_infinity():  # PyTorch: nan
    loss, grad = cross_entropy_and_grad([0.0, 1.0, -inf], [0.5, 0.5, 0.0])
    assert_allclose(loss, cross_entropy([0.0, 1.0], [0.5, 0.5]), rtol=1e-15)
    assert grad[2] == 0


def test_one_score_dominates_in_float32():  # SciPy, PyTorch and JAX: 0
    row = np.float32([0, 20, 1])
    assert largest_error(log_softmax(row), exact_log_softmax(row)) <= 2
    assert log_softmax(row)[1] < 0


def test_twice_the_logarithm_is_once_and_softmax_twice_is_flat():
    once = log_softmax([3.0, 1.0, -2.0])
    assert_allclose(log_softmax(once), once, rtol=1e-15)
    flat = softmax(softmax([30.0, 1.0, -2.0]))
    assert_allclose(flat, [np.e / (2 + np.e), *[1 / (2 + np.e)] * 2], rtol=1e-12)


def test_sigmoid_of_longdouble_keeps_its_smallest_results():
    x = np.longdouble(-11370)
    exact = mpmath.exp(-11370)  # 1.18e-4938, a subnormal number
    least = mpmath.mpf(2) ** (np.finfo(np.longdouble).minexp - np.finfo(np.longdouble).nmant)
    for got in [
        sigmoid(x),
        sigmoid(np.full(40_000, x))[-1],
        -log_sigmoid(-x),
        softplus(x),
        softmax(np.array([x, 0]))[0],
    ]:
        steps = got / np.nextafter(np.longdouble(0), np.longdouble(1))
        assert abs(float(steps) - float(exact / least)) <= 2


def test_sigmoid_keeps_its_digits_far_below_zero():  # through tanh: none
    x = np.array([-30.0, -300, -700, -740])
    assert_allclose(sigmoid(x)[:3], np.exp(x[:3]), rtol=1e-12)
    assert largest_error(sigmoid(x), [1 / (1 + mpmath.exp(-int(v))) for v in x]) <= 4


# --- integers of every width ----------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [bool, *INTEGERS])
def test_the_extremes_of_every_integer_dtype(dtype):
    low, high = (0, 1) if dtype is bool else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    middle = low if dtype is bool else high - 1
    for row in [[low, high], [high, low], [high, middle], [high, high], [low, low], [low, 1, high]]:
        x, z = np.array(row, dtype), np.array(row, np.float64)
        for function in [*ELEMENTWISE, *ACTIVATIONS]:
            assert function(x).dtype == np.float64
            assert_array_equal(function(x), function(z))
            assert_array_equal(function(np.array([x, x])), function(np.array([z, z])))
        for part, whole in zip(cross_entropy_and_grad(x, 1), cross_entropy_and_grad(z, 1),
                               strict=True):  # fmt: skip
            assert_array_equal(part, whole)
        assert_array_equal(softmax_jacobian(x), softmax_jacobian(z))
        for product in PRODUCTS:
            assert_array_equal(product(softmax(z), x), product(softmax(z), z))


@pytest.mark.parametrize("dtype", INTEGERS)
def test_labels_at_the_end_of_their_dtype(dtype):
    n = min(np.iinfo(dtype).max + 1, 40_000)
    labels = np.array([0, n - 1], dtype)
    x = np.zeros((2, n))
    x[:, -1] = 1
    assert_allclose(cross_entropy(x, labels), logsumexp(x[0]) - 0.5, rtol=1e-14)
    if n <= 256:
        assert_array_equal(one_hot(labels, n).argmax(axis=1), [0, n - 1])


# --- subnormal numbers, signed zeros --------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_subnormal_scores_and_results(dtype):
    least = np.finfo(dtype).smallest_subnormal
    assert_array_equal(softmax(np.array([least, 0, -least], dtype)), dtype([1 / 3] * 3))
    assert_array_equal(logsumexp(np.array([least, least])), dtype(np.log(2)))
    assert_array_equal(sigmoid(np.array([least, -least])), dtype([0.5, 0.5]))
    edge = {np.float16: 17, np.float32: 103, np.float64: 745}[dtype]
    for gap in range(edge - 20, edge + 3):
        row = np.array([0, -gap], dtype)
        assert_exact(row, ulps=1, softmax_ulps=1)
        probability = mpmath.exp(-gap)
        assert largest_error(cross_entropy(row, 0), mpmath.log1p(probability)) <= 1
        loss, grad = cross_entropy_and_grad(row, 0)
        assert largest_error(loss, mpmath.log1p(probability)) <= 1
        assert (
            largest_error(grad, [-probability / (1 + probability), probability / (1 + probability)])
            <= 1
        )
        # Below the range of exp(-gap), the step from 1 to 0 needs the other form.
        assert largest_error(sigmoid(row)[1], 1 / (1 + mpmath.exp(gap))) <= 2


def test_signed_zeros():
    assert_array_equal(softmax([0.0, -0.0]), [0.5, 0.5])
    assert_array_equal(hardmax([-0.0, 0.0]), [1, 0])
    assert_array_equal(sigmoid([-0.0, 0.0]), [0.5, 0.5])
    assert logsumexp([-0.0, -inf]) == 0
    for zero in [
        softmax([1.0, -inf])[1],
        softmax([1.0, 5.0], where=[False, True])[0],
        softmax([1.0, 5.0], where=[False, False])[0],
        hardmax([1.0, 2.0])[0],
        sigmoid(-inf),
        log_softmax([3.0])[0],
        softmax_jacobian([3.0])[0, 0],
    ]:
        assert zero == 0
        assert not np.signbit(zero)


# --- temperatures ---------------------------------------------------------------------------------


TINY = [5e-324, 1e-310, 1e-45, 1.1754942e-38, 1.1754944e-38]
USUAL = [1e-3, 0.999, 1.0, 1.001, 2.0, 3.0, 60.0]
HUGE = [1e5, 1e38, 3.4028234e38, 3.5e38, 1e39, 1e300, 1.7e308]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("temperature", [*TINY, *USUAL, *HUGE])
def test_temperatures_from_the_least_to_the_largest(dtype, temperature):
    info = np.finfo(dtype)
    exact_t = mpmath.mpf(temperature)
    for steps in [0, 1, 7, 40]:
        gap = dtype(min(temperature * steps, float(info.max)))
        rows = [[0, -gap], [gap, 0], [gap / 2, -gap / 2], [info.max, -info.max], [-gap, -gap]]
        for row in rows:
            x = np.array(row, dtype)
            d = [(mpmath.mpf(float(v)) - mpmath.mpf(float(x.max()))) / exact_t for v in x]
            # The quotient is rounded, and exp makes a relative error of an absolute one.
            slack = 4 * info.eps * (1 + min(float(abs(d[0] + d[1])), 200))
            total = mpmath.fsum(mpmath.exp(v) for v in d)
            for got, value in zip(softmax(x, temperature=temperature), d, strict=True):
                assert abs(float(got) - mpmath.exp(value) / total) <= slack * mpmath.exp(value) / (
                    total
                ) + float(info.smallest_subnormal)
            for got, value in zip(log_softmax(x, temperature=temperature), d, strict=True):
                expected = value - mpmath.log(total)
                if abs(expected) > float(info.max):
                    assert got == -inf
                else:
                    bound = slack * abs(expected) + float(info.smallest_subnormal)
                    assert abs(mpmath.mpf(float(got)) - expected) <= bound


@pytest.mark.parametrize("temperature", [1e-45, 0.3, 1, 7, 1e39])
@pytest.mark.parametrize("shape", [(40_000, 10), (10, 40_000), (700, 700)])
def test_temperatures_in_large_arrays(temperature, shape):
    x = scores(shape[1], shape[0], np.float32)
    for function in BOTH:
        expected = function(x[:7], temperature=temperature)
        got = function(x, temperature=temperature)
        assert got.dtype == np.float32
        assert_allclose(got[:7], expected, rtol=4e-7)
        turned = function(np.ascontiguousarray(x.T), axis=0, temperature=temperature)
        assert_allclose(turned.T, got, rtol=1e-6)


# --- scores that are not finite, among others -----------------------------------------------------


def assert_alone(function, x, row, **arguments):
    """Check that a bad row changes nothing in the other rows."""
    good = x.copy()
    good[row] = 0
    got, expected = strictly(function, x, **arguments), function(good, **arguments)
    others = np.arange(len(x)) != row
    assert_array_equal(got[others], expected[others])
    return got[row]


@pytest.mark.parametrize("value", [nan, inf, -inf])
@pytest.mark.parametrize("shape", [(4, 3), (5, 33), (3, 130)])
def test_a_bad_score_at_every_place(shape, value):
    for row, column in itertools.product(*map(range, shape)):
        x = scores(shape[1], shape[0], np.float64)
        x[row, column] = value
        p, log_p = (assert_alone(f, x, row) for f in BOTH)
        lse, hard = assert_alone(logsumexp, x, row), assert_alone(hardmax, x, row)
        if value == -inf:
            rest = np.delete(x[row], column)
            assert p[column] == 0
            assert_allclose(np.delete(p, column), softmax(rest), rtol=1e-15)
            assert_allclose(np.delete(log_p, column), log_softmax(rest), rtol=1e-15)
            assert_allclose(lse, logsumexp(rest), rtol=1e-15)
            assert hard.sum() == 1
        else:
            assert_array_equal(p, np.full(shape[1], nan))
            assert_array_equal(log_p, p)
            assert_array_equal(lse, value)
            hot = np.arange(shape[1]) == column
            assert_array_equal(hard, p if np.isnan(value) else hot)


@pytest.mark.parametrize("value", [nan, inf, -inf])
@pytest.mark.parametrize("shape", [(20_000, 10), (200, 1000), (3, 200_000), (9000, 33)])
def test_a_bad_score_in_a_large_array(shape, value):
    n_rows, n = shape
    for row, column in [(0, 0), (n_rows // 2, n - 1), (n_rows - 1, n // 2)]:
        x = scores(n, n_rows, np.float32)
        x[row, column] = value
        for function in [*BOTH, logsumexp]:
            bad = assert_alone(function, x, row)
            assert_array_equal(bad, function(x[row]) if value != -inf else bad)
            turned = np.ascontiguousarray(x.T)
            assert_allclose(function(turned, axis=0).T, function(x), rtol=1e-6)

        def loss(x, **arguments):
            return cross_entropy(x, np.zeros(len(x), int), reduction="none", **arguments)

        def grad(x, **arguments):
            labels = np.zeros(len(x), int)
            return cross_entropy_and_grad(x, labels, reduction="none", **arguments)[1]

        def product(x):
            return softmax_vjp(scores(n, n_rows, np.float32), x)

        for function in [loss, grad, product]:
            bad = assert_alone(function, x, row)
            if value != -inf:
                assert np.isnan(bad).all()
        assert np.isfinite(grad(x)[row]).all() == (value == -inf)


@pytest.mark.parametrize("n", [3, 50, 20_000])
def test_masks_hide_what_they_leave_out(n):
    x = scores(n, 60, np.float64)
    mask = np.random.default_rng(3).random(x.shape) < 0.7
    mask[:3], mask[0] = False, True
    mask[3:, 0] = True
    bad = np.where(mask, x, np.resize([nan, inf, -inf, 1e308], x.shape))
    for function in [*BOTH, logsumexp]:
        assert_array_equal(function(bad, where=mask), function(x, where=mask))
        turned = function(np.ascontiguousarray(bad.T), axis=0, where=mask.T)
        assert_allclose(turned.T, function(x, where=mask), rtol=1e-13)
    assert_array_equal(softmax(bad, where=mask)[~mask], 0.0)
    assert_allclose(softmax(bad, where=mask)[3:].sum(axis=1), np.ones(57), rtol=1e-14)


# --- arrays without entries, and without axes -----------------------------------------------------

EMPTY = [s for k in (1, 2, 3) for s in itertools.product([0, 1, 3], repeat=k) if 0 in s]


def axes_of(ndim):
    singles = [*range(-ndim, ndim)]
    return singles + [c for k in range(ndim + 1) for c in itertools.combinations(range(ndim), k)]


@pytest.mark.parametrize("shape", EMPTY)
@pytest.mark.parametrize("dtype", [*FLOATS, np.int8])
def test_every_empty_shape_along_every_axis(shape, dtype):
    x = np.zeros(shape, dtype)
    result = np.float64 if dtype == np.int8 else dtype
    assert sigmoid(x).shape == shape
    for axis in axes_of(len(shape)):
        for function in [softmax, log_softmax, hardmax, *NORMALIZERS]:
            got = strictly(function, x, axis=axis)
            assert got.shape == shape
            assert got.dtype == result
        lse = strictly(logsumexp, x, axis=axis)
        assert lse.shape == np.zeros(shape).sum(axis=axis).shape
        assert lse.dtype == result
        assert np.all(lse == -inf)
        kept = logsumexp(x, axis=axis, keepdims=True)
        assert kept.shape == np.zeros(shape).sum(axis=axis, keepdims=True).shape
        for product in PRODUCTS:
            assert product(x, x, axis=axis).shape == shape
        nothing = np.ones(shape, bool)
        assert softmax(x, axis=axis, where=nothing, out=np.empty(shape, result)).shape == shape
        labels = np.zeros(lse.shape, int)
        if lse.size == 0:
            assert cross_entropy(x, labels, axis, reduction="sum") == 0
            loss, grad = cross_entropy_and_grad(x, labels, axis, reduction="none")
            assert loss.shape == lse.shape
            assert grad.shape == shape
        else:
            with pytest.raises(IndexError, match="below 0, the number of classes"):
                cross_entropy(x, labels, axis)
    for axis in range(len(shape)):
        n = shape[axis]
        kept = tuple(m for i, m in enumerate(shape) if i != axis)
        assert softmax_jacobian(x, axis).shape == (*kept, n, n)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("value", [0.5, -3.0, inf, -inf, nan])
def test_numbers_and_arrays_of_one(dtype, value):
    finite = np.isfinite(value)
    for x, axis in [(dtype(value), ()), (np.array([value], dtype), 0)]:
        assert_array_equal(softmax(x, axis), np.full(np.shape(x), 1 if finite else nan))
        assert_array_equal(log_softmax(x, axis), np.full(np.shape(x), 0 if finite else nan))
        assert_array_equal(logsumexp(x, axis), dtype(value))
        assert_array_equal(hardmax(x, axis), np.full(np.shape(x), nan if np.isnan(value) else 1))
        assert softmax(x, axis).dtype == dtype
        labels = np.zeros(() if axis == 0 else np.shape(x), int)
        assert_array_equal(cross_entropy(x, labels, axis), dtype(0 if finite else nan))
    out = np.empty((), dtype)
    assert softmax(dtype(value), (), out=out) is out
    assert_array_equal(out, dtype(1 if finite else nan))


# --- memory ---------------------------------------------------------------------------------------


def unaligned(x):
    """Return a copy of ``x`` that starts at an odd address."""
    memory = np.zeros(x.nbytes + 1, np.uint8)[1:]
    copy = np.ndarray(x.shape, x.dtype, memory)
    copy[...] = x
    assert not copy.flags.aligned
    return copy


def layouts(x):
    read_only = x.copy()
    read_only.flags.writeable = False
    backwards = tuple(np.s_[::-1] for _ in x.shape)
    apart = np.full([2 * n for n in x.shape], 7, x.dtype)[tuple(np.s_[::2] for _ in x.shape)]
    apart[...] = x
    return {
        "columns first": np.asfortranarray(x),
        "negative strides": x[backwards].copy()[backwards],
        "entries apart": apart,
        "read-only": read_only,
        "big-endian": x.astype(x.dtype.newbyteorder(">")),
        "unaligned": unaligned(x),
        "a subclass": x.view(type("Subclass", (np.ndarray,), {})),
        "a list": x.tolist() if x.size < 100 and x.dtype == np.float64 else x,
    }


SHAPES = [((5, 4), 1), ((5, 4), 0), ((300, 600), 1), ((300, 600), 0), ((40, 3, 900), 1)]
SHAPES += [((40, 3, 900), (0, 2)), ((20_000, 5), 1), ((5, 20_000), 0), ((6, 50, 7), (1, 2))]
LAID_OUT = [(*case, dtype) for case in SHAPES for dtype in (np.float32, np.float64)]
LAID_OUT += [(*case, np.float16) for case in (((5, 4), 1), ((50, 600), 0), ((2000, 5), 1))]


@pytest.mark.parametrize(("shape", "axis", "dtype"), LAID_OUT)
def test_every_layout_gives_the_same(shape, axis, dtype):
    x = np.random.default_rng(4).integers(-300, 300, shape) / 64
    x = x.astype(dtype)
    p = softmax(x[::-1], axis=axis)
    labels = p.argmax(axis=axis) if isinstance(axis, int) else None
    functions = {
        "sigmoid": lambda x: [sigmoid(x)],
        "log_sigmoid": lambda x: [log_sigmoid(x)],
        "softplus": lambda x: [softplus(x)],
        "softmax": lambda x: [softmax(x, axis)],
        "log_softmax": lambda x: [log_softmax(x, axis)],
        "logsumexp": lambda x: [logsumexp(x, axis)],
        "hardmax": lambda x: [hardmax(x, axis)],
        "loss": lambda x: cross_entropy_and_grad(x, p, axis, reduction="none"),
        "target": lambda q: cross_entropy_and_grad(x, np.asarray(q, dtype), axis),
        "labels": lambda x: () if labels is None else cross_entropy_and_grad(x, labels, axis),
        "p": lambda q: [softmax_vjp(q, x, axis)],
        "v": lambda x: [softmax_jvp(p, x, axis)],
        "g": lambda x: [log_softmax_vjp(np.log(p), x, axis)],
        "answers": lambda q: binary_cross_entropy_and_grad(x, q, weight=np.abs(x)),
        "entropy": lambda q: [entropy(q, axis), entropy(x, axis, logits=True)],
        "divergence": lambda q: [kl_divergence(q, q[::-1], axis)],
        "divergence of logits": lambda x: [kl_divergence(x, p, axis, logits=True)],
        "left out": lambda x: cross_entropy_and_grad(x, p, axis, where=np.ones(shape, bool)),
    }
    tolerance = 4 * np.finfo(dtype).eps
    for name, function in functions.items():
        given = p if name in ("target", "p", "answers", "entropy", "divergence") else x
        expected = function(given)
        for layout, y in layouts(given).items():
            before = np.array(y)
            for got, want in zip(function(y), expected, strict=True):
                assert got.dtype == dtype, layout
                assert type(got) in (np.ndarray, np.dtype(dtype).type), layout
                assert_allclose(got, want, rtol=tolerance, atol=tolerance / 8, err_msg=layout)
                assert not np.may_share_memory(got, y), layout
            assert_array_equal(np.array(y), before)


@pytest.mark.parametrize(("shape", "axis", "dtype"), LAID_OUT)
def test_every_layout_of_out(shape, axis, dtype):
    x = (np.random.default_rng(5).integers(-300, 300, shape) / 64).astype(dtype)
    p = softmax(x[::-1], axis=axis)
    eps = 4 * np.finfo(dtype).eps
    functions = [
        lambda x, out: sigmoid(x, out=out),
        lambda x, out: softmax(x, axis, out=out),
        lambda x, out: softmax(x, axis, where=p < 0.9, out=out),
        lambda x, out: softmax(x, axis, temperature=3, out=out),
        lambda x, out: log_softmax(x, axis, out=out),
        lambda x, out: hardmax(x, axis, where=p < 0.9, out=out),
        lambda x, out: log_softmax_vjp(np.log(p), x, axis, out=out),
        lambda x, out: binary_cross_entropy_and_grad(x, p, out=out)[1],
        lambda x, out: cross_entropy_and_grad(x, p, axis, out=out)[1],
        lambda x, out: softmax_vjp(p, x, axis, out=out),
        lambda x, out: softmax_vjp(x, p, axis, out=out),
    ]
    for function in functions:
        expected = function(x, None)
        for layout, out in layouts(np.zeros_like(x)).items():
            if layout in ("read-only", "big-endian", "a list"):
                continue
            around = out.base.copy() if layout == "entries apart" else None
            assert function(x, out) is out, layout
            assert_allclose(out, expected, rtol=eps, atol=eps / 8, err_msg=layout)
            if around is not None:  # what lies between stays
                around[tuple(np.s_[::2] for _ in shape)] = out
                assert_array_equal(out.base, around)
        for y in [x.copy(), np.asfortranarray(x.copy()), unaligned(x)]:  # in place
            assert function(y, y) is y
            assert_allclose(y, expected, rtol=eps, atol=eps / 8)


@pytest.mark.parametrize("shape", [(9, 8), (600, 599), (20_000, 4), (4, 20_000), (2, 70_000)])
@pytest.mark.parametrize("axis", [0, 1])
def test_out_over_a_shifted_part_of_the_input(shape, axis):
    rows, n = shape
    random = np.random.default_rng(6)
    memory = random.standard_normal(rows * n + 3 * n)
    y = softmax(random.standard_normal(shape), axis=axis)
    functions = [
        lambda x, out: sigmoid(x, out=out),
        lambda x, out: softmax(x, axis, out=out),
        lambda x, out: cross_entropy_and_grad(x, y, axis, out=out)[1],
        lambda x, out: softmax_vjp(y, x, axis, out=out),
        lambda x, out: softmax_jvp(x, y, axis, out=out),
        lambda x, out: log_softmax(x, axis, out=out),
        lambda x, out: hardmax(x, axis, out=out),
        lambda x, out: softplus(x, out=out),
        lambda x, out: log_softmax_vjp(np.log(y), x, axis, out=out),
        lambda x, out: binary_cross_entropy_and_grad(x, y, out=out)[1],
    ]
    before = memory.copy()
    for function, step in itertools.product(functions, [-n, -1, 1, n, 2 * n]):
        memory[:] = before
        x, out = (memory[i : i + rows * n].reshape(shape) for i in (n, n + step))
        expected = function(x.copy(), None)
        assert_array_equal(function(x, out), expected)
    for function in functions:
        memory[:] = before
        x = memory[: rows * n].reshape(shape)
        expected = function(x.copy(), None)
        assert_array_equal(function(x, x[::-1]), expected)
        memory[:] = before
        assert_array_equal(function(x, x[:, ::-1]), expected)
        if rows == n:
            memory[:] = before
            assert_array_equal(function(x, x.T), expected)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("shape", [(4, 3), (700, 300), (50_000, 10)])
def test_rows_repeated_by_broadcasting(shape, axis):
    for part in [(1, shape[1]), (shape[0], 1), (1, 1)]:
        random = np.random.default_rng(7)
        small = random.standard_normal(part)
        x = np.broadcast_to(small, shape)
        for function in ACTIVATIONS:
            assert_allclose(function(x, axis), function(x.copy(), axis), rtol=1e-14)
        assert_allclose(sigmoid(x), sigmoid(x.copy()), rtol=1e-15)
        p = softmax(random.standard_normal(shape), axis)
        for product in PRODUCTS:
            got, want = product(p, x, axis), product(p, x.copy(), axis)
            assert_allclose(got, want, rtol=1e-12, atol=1e-15 * abs(small).max())
        losses = [cross_entropy_and_grad(y, p, axis) for y in (x, x.copy())]
        assert_allclose(losses[0][0], losses[1][0], rtol=1e-13)
        assert_allclose(losses[0][1], losses[1][1], rtol=1e-12, atol=1e-16)
    assert_array_equal(small, random_again(part))


def random_again(shape):
    """Return what the generator gave: the input must not have changed."""
    return np.random.default_rng(7).standard_normal(shape)


@pytest.mark.parametrize("function", [*ELEMENTWISE, *ACTIVATIONS, *NORMALIZERS], ids=by_name)
@pytest.mark.parametrize("shape", [(1,), (1, 1), (5, 1), (1, 5), (70_000,), (300, 300)])
def test_no_result_shares_memory(function, shape):
    x = np.linspace(0.5, 2, np.prod(shape)).reshape(shape)
    before = x.copy()
    for axis in [{}] if function in ELEMENTWISE else [{"axis": a} for a in (0, -1, (), (0,))]:
        with np.errstate(all="ignore"):  # min_max of one score divides by 0, and says so
            result = function(x, **axis)
        assert not np.may_share_memory(result, x)
        if isinstance(result, np.ndarray):
            result[...] = 7
        assert_array_equal(x, before)
