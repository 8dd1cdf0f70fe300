"""The Jacobian of softmax, and its products with vectors."""

import tracemalloc

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal
from support.exact import exact_softmax, largest_error, rows
from support.family import FLOATS, Z, by_name, inf, nan, whole

from softmax_lessons import _blockwise, cross_entropy_and_grad, log_softmax, softmax
from softmax_lessons.gradients import (
    check_grad,
    log_softmax_vjp,
    softmax_jacobian,
    softmax_jvp,
    softmax_vjp,
)

PRODUCTS = [softmax_vjp, softmax_jvp]
TWO = [*PRODUCTS, log_softmax_vjp]  # functions of two arrays that broadcast
J = [  # of Z, from mpmath
    [0.18705099, -0.16533645, -0.02171455],
    [-0.16533645, 0.22319391, -0.05785747],
    [-0.02171455, -0.05785747, 0.07957201],
]


@pytest.fixture
def small_blocks(monkeypatch):
    """Make blocks so small that a few rows need several."""
    monkeypatch.setattr(_blockwise, "BLOCK_BYTES", 64)
    monkeypatch.setattr(_blockwise, "SMALL_BYTES", 0)


# --- examples -----------------------------------------------------------------------------------


def test_the_running_example():
    assert_allclose(softmax_jacobian(Z), J, rtol=1e-6)
    for product in PRODUCTS:
        for i in range(3):
            assert_allclose(product(softmax(Z), np.eye(3)[i]), J[i], rtol=1e-6)
        v = [3.0, -1.0, 2.0]
        assert_allclose(product(softmax(Z), v), np.matmul(J, v), rtol=1e-6)


def test_the_jacobian_of_two_classes_is_the_slope_of_sigmoid():
    slope = np.exp(1.5) / (1 + np.exp(1.5)) ** 2
    assert_allclose(softmax_jacobian([0, 1.5]), slope * np.array([[1, -1], [-1, 1]]), rtol=1e-15)


def test_the_jacobian_holds_what_central_differences_give():
    x, h = np.array(Z), 1e-5
    for j in range(3):
        step = h * np.eye(3)[j]
        column = (softmax(x + step) - softmax(x - step)) / (2 * h)
        assert_allclose(softmax_jacobian(x)[:, j], column, rtol=1e-8)


def test_the_new_axes_come_last():
    x = np.random.default_rng(1).normal(size=(2, 3, 4, 5))
    for axis in range(-4, 4):
        jacobian = softmax_jacobian(x, axis)
        vectors = np.moveaxis(x, axis, -1)
        assert jacobian.shape == (*vectors.shape, x.shape[axis])
        assert_allclose(jacobian[1, 2, 3], softmax_jacobian(vectors[1, 2, 3]), rtol=1e-14)


def test_products_are_those_with_the_matrix_along_any_axis():
    random = np.random.default_rng(1)
    x, v = random.normal(size=(2, 3, 4, 5)), random.normal(size=(2, 3, 4, 5))
    for product in PRODUCTS:
        for axis in range(-4, 4):
            jacobian = softmax_jacobian(x, axis)
            vectors = np.moveaxis(v, axis, -1)[..., np.newaxis]
            expected = np.moveaxis((jacobian @ vectors)[..., 0], -1, axis)
            assert_allclose(product(softmax(x, axis), v, axis), expected, rtol=1e-11, atol=1e-16)


def test_the_step_backward_through_log_softmax():
    jacobian = np.eye(3) - softmax(Z)  # of log-softmax: column j is the derivative to score j
    g = np.array([3.0, -1.0, 2.0])
    assert_allclose(log_softmax_vjp(log_softmax(Z), g), g @ jacobian, rtol=1e-14)
    for label in range(3):
        g = -np.eye(3)[label]
        expected = cross_entropy_and_grad(Z, label)[1]
        assert_allclose(log_softmax_vjp(log_softmax(Z), g), expected, rtol=1e-14)


# --- properties ---------------------------------------------------------------------------------

eighths = st.integers(-240, 240).map(lambda k: k / 8)
vectors = hnp.arrays(np.float64, st.integers(1, 12), elements=eighths)
matrices = hnp.arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=eighths)


@given(vectors)
def test_the_jacobian_is_symmetric_with_rows_that_sum_to_zero(z):
    jacobian = softmax_jacobian(z)
    assert_array_equal(jacobian, jacobian.T)
    largest = abs(jacobian).max()
    assert_allclose(jacobian.sum(axis=1), np.zeros(z.size), atol=1e-15 * largest)
    assert (np.diag(jacobian) >= 0).all()
    assert (jacobian[~np.eye(z.size, dtype=bool)] <= 0).all()


@given(vectors)
def test_the_jacobian_is_positive_semidefinite(z):
    values = np.linalg.eigvalsh(softmax_jacobian(z))
    assert (values >= -1e-15).all()
    assert (values <= 0.5 + 1e-15).all()


@given(hnp.arrays(np.float64, st.integers(1, 8), elements=st.integers(-8, 8).map(lambda k: k / 8)))
def test_the_rank_is_one_less_than_the_number_of_classes(z):
    assert np.linalg.matrix_rank(softmax_jacobian(z)) == z.size - 1


@given(vectors, st.integers(-(2**40), 2**40))
def test_shifting_all_scores_changes_no_derivative(z, c):
    assert_array_equal(softmax_jacobian(z + c), softmax_jacobian(z))


@given(vectors, st.randoms(use_true_random=False))
def test_permuting_the_scores_permutes_both_axes(z, random):
    order = random.sample(range(z.size), z.size)
    expected = softmax_jacobian(z)[np.ix_(order, order)]
    assert_allclose(softmax_jacobian(z[order]), expected, rtol=1e-13)


@given(matrices, st.data())
def test_the_two_products_are_adjoint(x, data):
    p = softmax(x)
    g, v = (data.draw(hnp.arrays(np.float64, x.shape, elements=eighths)) for _ in range(2))
    left, right = (softmax_vjp(p, g) * v).sum(axis=-1), (g * softmax_jvp(p, v)).sum(axis=-1)
    scale = np.abs(g).max(initial=1) * np.abs(v).max(initial=1)
    assert_allclose(left, right, rtol=1e-12, atol=1e-14 * scale)


@given(matrices, st.data())
def test_the_products_are_linear(x, data):
    p = softmax(x)
    v, w = (data.draw(hnp.arrays(np.float64, x.shape, elements=eighths)) for _ in range(2))
    for product in PRODUCTS:
        both = 2 * product(p, v) - 3 * product(p, w)
        assert_allclose(product(p, 2 * v - 3 * w), both, rtol=1e-12, atol=1e-12)


@given(matrices, st.integers(-(2**40), 2**40), st.data())
def test_a_common_part_drops_out(x, c, data):
    p = softmax(x)
    v = data.draw(hnp.arrays(np.float64, x.shape, elements=eighths))
    for product in PRODUCTS:
        assert_allclose(product(p, v + c), product(p, v), rtol=1e-12, atol=1e-13)
        assert_allclose(product(p, np.full(x.shape, float(c))), 0 * x, atol=1e-18)


@given(matrices, st.data())
def test_a_product_sums_to_zero(x, data):
    v = data.draw(hnp.arrays(np.float64, x.shape, elements=eighths))
    for product in PRODUCTS:
        assert_allclose(product(softmax(x), v).sum(axis=-1), np.zeros(len(x)), atol=1e-14)


@given(matrices, st.data())
def test_backward_through_log_softmax_is_backward_through_the_logarithm_and_softmax(x, data):
    g = data.draw(hnp.arrays(np.float64, x.shape, elements=eighths))
    near = x / 16
    p = softmax(near)
    got = log_softmax_vjp(log_softmax(near), g)
    assert_allclose(got, softmax_vjp(p, g / p), rtol=1e-10, atol=1e-10)
    assert_allclose(got.sum(axis=-1), np.zeros(len(x)), atol=1e-12)
    report = check_grad(lambda z: (g * log_softmax(z)).sum(),
                        lambda z: log_softmax_vjp(log_softmax(z), g), near)  # fmt: skip
    assert report, str(report)


@given(matrices, st.data())
def test_nothing_changes_its_input(x, data):
    p, v = softmax(x), data.draw(hnp.arrays(np.float64, x.shape, elements=eighths))
    before = p.copy(), v.copy(), x.copy()
    softmax_vjp(p, v)
    softmax_jvp(p, v)
    softmax_jacobian(x)
    log_softmax_vjp(np.log(p), v)
    for now, then in zip([p, v, x], before, strict=True):
        assert_array_equal(now, then)


# --- accuracy -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("spread", [1, 8, 30])
def test_error_of_the_jacobian(dtype, spread):
    x = rows(dtype, spread, count=10, length=8)
    bound = 0.51 if dtype == np.float16 else 8  # two probabilities, each within 3.5 or so
    for row, jacobian in zip(x, softmax_jacobian(x), strict=True):
        p = exact_softmax(row)
        exact = np.array([[-a * b for b in p] for a in p])
        for i in range(len(p)):
            exact[i, i] = p[i] * mpmath.fsum(b for j, b in enumerate(p) if j != i)
        assert largest_error(jacobian, exact) <= bound


@pytest.mark.parametrize("product", PRODUCTS, ids=by_name)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("common", [0, 2**10])
@pytest.mark.parametrize("spread", [1, 8, 30])
def test_error_of_a_product(product, dtype, common, spread):
    x = rows(dtype, spread, count=10, length=8)
    p = softmax(x)
    v = rows(dtype, 4, count=10, length=8) + dtype(common)
    got = product(p, v)
    for probabilities, moves, result in zip(p, v, got, strict=True):
        t = [mpmath.mpf(float(a)) for a in probabilities]
        t = [a / mpmath.fsum(t) for a in t]  # p is rounded, its sum is 1 all the same
        for i, a in enumerate(t):
            # What cannot cancel: the sum of p times how far each lies from this one.
            terms = [b * (float(moves[i]) - float(m)) for b, m in zip(t, moves, strict=True)]
            exact, size = a * mpmath.fsum(terms), a * mpmath.fsum(abs(w) for w in terms)
            assert abs(float(result[i]) - exact) <= 4 * np.finfo(dtype).eps * size + 1e-44


@pytest.mark.parametrize("product", PRODUCTS, ids=by_name)
@pytest.mark.parametrize(("dtype", "gap"), [(np.float32, 20), (np.float64, 40)])
@pytest.mark.parametrize("moves", [[1, 0, 0], [0, 1, 0], [1000, 1001, 1002], [0.1, 7, -3]])
@pytest.mark.parametrize("impossible", [0, 40])
def test_a_sure_answer_keeps_its_digits(product, dtype, gap, moves, impossible):
    p = softmax(np.append(np.array([0, -gap, -gap - 2], dtype), impossible * [-inf]))
    p, v = p.astype(dtype), np.array(moves + impossible * [5], dtype)
    moves = [mpmath.mpf(float(m)) - float(v[0]) for m in v]
    mean = mpmath.fsum(float(a) * m for a, m in zip(p, moves, strict=True))
    exact = [float(a) * (m - mean) for a, m in zip(p, moves, strict=True)]
    two_p, two_v = np.stack([p, p]), np.stack([v, v])
    along_first = product(two_p.T.copy(), two_v.T.copy(), 0)
    for got in (product(p, v), product(two_p, two_v)[1], along_first[:, 1]):
        assert largest_error(got, exact) <= 4


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("others", [3, 3000])
def test_the_diagonal_keeps_its_digits_at_both_ends(dtype, others):
    """Where p is small, its products with the others underflow; near 1, ``1 - p`` cancels."""
    far = {np.float32: 79, np.float64: 700}[dtype]
    for row in [np.append(np.zeros(others), -far), np.append(np.full(others, -far / 4), 0)]:
        x = row.astype(dtype)
        e = [mpmath.exp(float(v)) for v in (x[0], x[-1])]
        total = others * e[0] + e[1]
        exact_first = e[0] / total * ((others - 1) * e[0] + e[1]) / total
        exact_last = e[1] / total * (others * e[0]) / total
        diagonal = np.diag(softmax_jacobian(x))
        assert largest_error(diagonal[0], exact_first) <= 8
        assert largest_error(diagonal[-1], exact_last) <= 8


@pytest.mark.parametrize(("dtype", "gap"), [(np.float32, 20), (np.float64, 40), (np.float64, 700)])
def test_backward_through_log_softmax_of_a_sure_answer(dtype, gap):
    x = np.array([0, -gap, -gap - 2], dtype)
    others = [mpmath.exp(-gap), mpmath.exp(-gap - 2)]
    p = [v / (1 + sum(others)) for v in (1, *others)]
    rest = p[1] + p[2]  # 1 - p[0]
    for g, exact in [
        ([1, 0, 0], [rest, -p[1], -p[2]]),
        ([0, 1, 0], [-p[0], 1 - p[1], -p[2]]),
        ([2, 1, 0], [2 * rest - p[0], 1 - 3 * p[1], -3 * p[2]]),
    ]:
        assert largest_error(log_softmax_vjp(log_softmax(x), np.array(g, dtype)), exact) <= 4


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("log_p", "g"),
    [
        (log_softmax([0.0, 30.0]), [1e-9, 1e3]),
        ([-50.0, -np.exp(-50)], [1e-17, -1.0]),
        (log_softmax([0.0, 1.0, 2.0]), [1e-12, 1e8, -2e-12]),
        (log_softmax([0.0, 1.0, 2.0, -1.0]), [1e8, 1e-12, -1e8, 1e-3]),
        (log_softmax([3.0, 1.0, 2.0]), [0.0, 0.0, 0.0]),
        (log_softmax([1.0, 1.0, 1.0]), [2.0, 2.0, 2.0]),
        (log_softmax(np.linspace(-30, 9, 3000)), np.logspace(-30, 5, 3000)),
    ],
    ids=["two", "sure", "three", "large ones of two signs", "zeros", "ties", "long"],
)
def test_small_entries_keep_their_digits_beside_a_large_one(log_p, g, dtype):
    log_p, g = np.array(log_p, dtype), np.array(g, dtype)
    result = log_softmax_vjp(log_p, g)
    for i in [*range(min(4, len(g))), len(g) - 1]:
        p = mpmath.exp(float(log_p[i]))
        others = [mpmath.mpf(float(w)) for w in np.delete(g, i)]
        own, rest = -float(g[i]) * mpmath.expm1(float(log_p[i])), mpmath.fsum(others)
        size = abs(own) + p * mpmath.fsum(map(abs, others))
        assert abs(float(result[i]) - (own - p * rest)) <= 8 * np.finfo(dtype).eps * size


@pytest.mark.parametrize(("shape", "axis"), [((2**20,), 0), ((2**18, 2), 0), ((2, 2**18), 1)])
def test_long_float32_sums_are_accurate_along_any_axis(shape, axis):
    random = np.random.default_rng(7)
    p = softmax(random.standard_normal(shape, np.float32), axis)
    v = random.random(shape, np.float32) + 1
    wide = p.astype(float) / p.sum(axis=axis, keepdims=True, dtype=float)
    expected = wide * (v - (wide * v).sum(axis=axis, keepdims=True))
    error = abs(softmax_vjp(p, v, axis) - expected)
    assert (error <= 1e-6 * abs(expected) + 3e-7 * wide).all()


def test_longdouble_keeps_its_digits():
    z = np.array([0.25, 1.25, -0.75], np.longdouble)
    p = np.array([np.longdouble(mpmath.nstr(e, 30)) for e in exact_softmax(z)])
    expected = np.diag(p) - np.outer(p, p)
    assert (abs(softmax_jacobian(z) - expected) <= 8 * np.finfo(np.longdouble).eps).all()
    for product in PRODUCTS:
        for i in range(3):
            error = abs(product(p, np.eye(3)[i]) - expected[i])
            assert (error <= 8 * np.finfo(np.longdouble).eps).all()


# --- dtypes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", FLOATS)
def test_floats_come_back_as_they_went_in(dtype):
    p = softmax(np.array(Z, dtype))
    assert softmax_jacobian(np.array([Z], dtype)).dtype == dtype
    finest = max(np.finfo(dtype).eps, np.finfo(np.float64).eps)
    expected = softmax_jacobian(np.array(Z, dtype).astype(float))
    assert_allclose(softmax_jacobian(np.array(Z, dtype)), expected, rtol=8 * finest)
    for product in PRODUCTS:
        v = np.array([1, 2, 4], dtype)
        assert product(p, v).dtype == dtype
        assert_allclose(product(p, v), product(p.astype(float), v), rtol=8 * finest)


@pytest.mark.parametrize("product", PRODUCTS, ids=by_name)
@pytest.mark.parametrize(
    ("p", "v", "result"),
    [
        (np.float16, np.float32, np.float32),
        (np.float32, np.float64, np.float64),
        (np.float32, np.int8, np.float64),
        (np.int64, np.float16, np.float64),
        (">f4", "<f4", np.float32),
        (">f8", ">f8", np.float64),
        (bool, np.uint8, np.float64),
        (np.longdouble, np.float16, np.longdouble),
    ],
)
def test_mixed_dtypes_are_promoted(product, p, v, result):
    got = product(np.array([1, 0, 0], p), np.array([1, 0, 2], v))
    assert got.dtype == result
    assert got.dtype.isnative
    assert_array_equal(got, [0, 0, 0])


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint8, np.int64, np.uint64])
def test_integer_scores_become_float64(dtype):
    x = np.array([1, 0, 1], dtype)
    assert_array_equal(softmax_jacobian(x), softmax_jacobian(x.astype(float)))
    assert softmax_jacobian(x).dtype == np.float64


def test_unsigned_vectors_do_not_wrap_around():
    p = [0.5, 0.25, 0.25]
    for product in PRODUCTS:
        assert_array_equal(product(p, np.uint8([0, 4, 8])), [-1.5, 0.25, 1.25])


def test_float16_sums_do_not_overflow():
    n = 70_000
    p, v = np.full(n, 1 / n, np.float16), np.full(n, 60_000, np.float16)
    v[0] = 0
    got = softmax_vjp(p, v)
    assert_allclose(got[0], -60_000 / n, rtol=0.1)


# --- edges --------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("scores", "jacobian"),
    [
        ([0, -inf], np.zeros((2, 2))),
        ([0, 0, -inf], [[0.25, -0.25, 0], [-0.25, 0.25, 0], [0, 0, 0]]),
        ([-inf, -inf], np.full((2, 2), nan)),
        ([0, inf], np.full((2, 2), nan)),
        ([0, nan], np.full((2, 2), nan)),
        ([5], [[0]]),
        ([inf], [[nan]]),
        ([-inf], [[nan]]),
        ([nan], [[nan]]),
    ],
)
def test_infinite_and_missing_scores(dtype, scores, jacobian):
    x = np.array([np.zeros(len(scores)), scores], dtype)  # with a good row
    got = softmax_jacobian(x)
    assert_array_equal(got[1], jacobian)
    assert np.isfinite(got[0]).all()


def test_the_jacobian_shows_no_negative_zeros():
    for scores in [[0, -inf], [0, -2000], [5]]:
        assert not np.signbit(softmax_jacobian(scores)).any()


@pytest.mark.parametrize("product", PRODUCTS, ids=by_name)
def test_a_missing_entry_spreads_over_its_row_alone(product):
    good = [0.5, 0.25, 0.25]
    got = product([good, [nan] * 3, good], [[1, nan, 2], [1, 2, 3], [0, 4, 8]])
    assert_array_equal(got, [[nan] * 3, [nan] * 3, [-1.5, 0.25, 1.25]])


@pytest.mark.parametrize("product", PRODUCTS, ids=by_name)
def test_a_row_left_out_entirely_gives_zeros(product):
    p = softmax([Z, Z], where=[[True], [False]])
    assert_array_equal(product(p, [[1, 2, 3], [1, 2, 3]])[1], [0, 0, 0])


def test_no_warning_even_where_the_caller_asks_for_errors():
    wild = [[1e308, -1e308, inf], [nan, -inf, 0], [1e-310, -700, -745]]
    calls = [(softmax_jacobian, wild), (softmax_jacobian, np.float16([60000, -60000, 0]))]
    for product in PRODUCTS:
        calls.append((product, [[1, 1e-310], [nan, 0]], [[1e308, -1e308], [inf, nan]]))
        calls.append((product, np.float16([1e-7, 1]), np.float16([6e4, -6e4])))
    calls.append((log_softmax_vjp, [[0, -800], [-inf, nan]], [[1e308, 1e308], [inf, 1]]))
    for function, *arguments in calls:
        expected = function(*arguments)
        with np.errstate(all="raise"):
            assert_array_equal(function(*arguments), expected)


def test_scores_left_out_of_log_softmax():
    log_p = log_softmax([Z, Z, [nan, 0, 0]], where=[[True, True, False], [False] * 3, [True] * 3])
    g = np.array([[1.0, 2.0, 0.0], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    got = log_softmax_vjp(log_p, g)
    assert_allclose(got[0], [*log_softmax_vjp(log_softmax(Z[:2]), [1.0, 2.0]), 0], rtol=1e-15)
    assert_array_equal(got[1], [0, 0, 0])
    assert_array_equal(got[2], [nan, nan, nan])


def test_a_score_of_minus_infinity_counts_in_the_step_backward():
    # As in torch: its log-probability moves with it, though it moves nothing else.
    got = log_softmax_vjp(log_softmax([0.0, 0.0, -inf]), [0.0, 0.0, 1.0])
    assert_array_equal(got, [-0.5, -0.5, 1])


@pytest.mark.parametrize("dtype", FLOATS)
def test_log_softmax_vjp_keeps_the_dtype_and_takes_out(dtype):
    log_p, g = log_softmax(np.array([Z, Z], dtype)), np.array([[1, 2, 4], [0, 1, 0]], dtype)
    expected = log_softmax_vjp(log_p.astype(float), g)
    finest = max(np.finfo(dtype).eps, np.finfo(np.float64).eps)
    out = np.empty((3, 2), dtype).T
    assert log_softmax_vjp(log_p, g, out=out) is out
    assert_allclose(out, expected, rtol=8 * finest)
    assert log_softmax_vjp(log_p, g).dtype == dtype
    mixed = log_softmax_vjp(log_p, np.uint8([[1, 2, 4], [0, 1, 0]]))
    assert mixed.dtype == np.promote_types(dtype, np.float64)
    assert_allclose(mixed, expected, rtol=8 * finest)


@pytest.mark.parametrize("log_p", [softmax(Z), Z, [0.0, 0.01, -3.0]])
def test_what_are_no_log_probabilities(log_p):
    message = (
        f"log_p must hold log-probabilities, 0 or below, got {np.max(log_p)}: pass what "
        "log_softmax returns, not probabilities or scores"
    )
    with pytest.raises(ValueError, match=whole(message)):
        log_softmax_vjp(log_p, [1, 0, 0])


def test_log_probabilities_may_be_above_0_by_rounding():
    z = np.float32(Z) + np.float32(1000)
    log_p = z - np.log(np.sum(np.exp(z - z.max()))) - z.max()
    log_softmax_vjp(log_p, Z)
    assert_allclose(log_softmax_vjp([1e-7, -20.0], [1.0, 0.0])[1], -np.exp(-20), rtol=1e-6)


@pytest.mark.parametrize("shape", [(2, 0), (0, 3), (0,)])
def test_empty_arrays(shape):
    x = np.zeros(shape, np.float32)
    jacobian = softmax_jacobian(x)
    assert jacobian.shape == (*shape, shape[-1])
    assert jacobian.dtype == np.float32
    for product in TWO:
        assert product(x, x).shape == shape
        assert product(x, x).dtype == np.float32


def test_no_axes_at_all():
    # Each probability is then the only one of its row.
    for product in PRODUCTS:
        assert_array_equal(product([1.0, 1.0], [3.0, 4.0], ()), [0, 0])
        assert product(1.0, 3.0, ()) == 0


# --- axes, blocks, broadcasting, layouts ---------------------------------------------------------


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("product", PRODUCTS, ids=by_name)
@pytest.mark.parametrize("shape", [(5,), (7, 5), (3, 7, 5), (2, 3, 7, 40)])
def test_any_axes_and_many_tiles(product, shape):
    random = np.random.default_rng(3)
    x, v = random.normal(size=shape), random.normal(size=shape)
    n = len(shape)
    for axis in [*range(-1, n), tuple(range(n)), (0, n - 1) if n > 1 else (0,)]:
        p = softmax(x, axis)
        expected = p * (v - (p * v).sum(axis=axis, keepdims=True))
        assert_allclose(product(p, v, axis), expected, rtol=1e-12, atol=1e-16)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("product", PRODUCTS, ids=by_name)
@pytest.mark.parametrize(
    ("p", "v", "axis"),
    [
        ((5,), (7, 5), -1),
        ((7, 5), (5,), -1),
        ((7, 1, 5), (3, 5), -1),
        ((5,), (7, 5), 1),
        ((5, 1), (5, 7), 0),
        ((1, 5, 7), (2, 5, 1), 1),
        ((1, 5, 7), (2, 5, 7), (1, 2)),
        ((5, 7), (2, 5, 7), (1, -1)),
    ],
)
def test_the_two_broadcast(product, p, v, axis):
    random = np.random.default_rng(3)
    shape = np.broadcast_shapes(p, v)
    probabilities, moves = random.random(p), random.random(v)
    full = [np.broadcast_to(a, shape).copy() for a in (probabilities, moves)]
    expected = product(*full, axis)
    got = product(probabilities, moves, axis)
    assert got.shape == shape
    assert_allclose(got, expected, rtol=1e-14)


@pytest.mark.parametrize("product", PRODUCTS, ids=by_name)
@pytest.mark.parametrize(
    ("p", "v", "axis", "message"),
    [
        ((3,), (4,), -1, "p of shape (3,) and {} of shape (4,) do not broadcast"),
        ((2, 3), (3, 2), 0, "p of shape (2, 3) and {} of shape (3, 2) do not broadcast"),
        ((2, 3), (2, 1), -1, "p of shape (2, 3) and {} of shape (2, 1) must have the same length "
         "along axis 1, got [3, 1]"),
        ((1,), (3,), 0, "p of shape (1,) and {} of shape (3,) must have the same length along "
         "axis 0, got [1, 3]"),
        ((3,), (), 0, "p of shape (3,) and {} of shape () must have the same length along axis 0, "
         "got [3, 1]"),
        ((3,), (5, 3), 0, "p of shape (3,) and {} of shape (5, 3) must have the same length along "
         "axis 0, got [1, 5]"),
        ((4, 3), (3,), (0, 1), "p of shape (4, 3) and {} of shape (3,) must have the same length "
         "along axis 0, got [4, 1]"),
    ],
)  # fmt: skip
def test_shapes_that_do_not_fit(product, p, v, axis, message):
    name = "g" if product is softmax_vjp else "v"
    with pytest.raises(ValueError, match=whole(message.format(name))):
        product(np.ones(p), np.ones(v), axis)


def test_log_softmax_vjp_names_what_does_not_fit():
    message = "log_p of shape (3,) and g of shape (4,) do not broadcast"
    with pytest.raises(ValueError, match=whole(message)):
        log_softmax_vjp(log_softmax(Z), np.ones(4))


@pytest.mark.parametrize("product", PRODUCTS, ids=by_name)
@pytest.mark.parametrize("axis", [0, 1, 2, (0, 2)])
def test_any_memory_layout_gives_the_same(product, axis):
    x = np.sin(np.arange(60.0)).reshape(4, 3, 5)
    v = np.cos(np.arange(60.0)).reshape(4, 3, 5)
    expected = product(softmax(x, axis), v, axis)

    def layouts(a):
        read_only = a.copy()
        read_only.flags.writeable = False
        wide = np.repeat(a, 2, axis=-1)
        turned = a[::-1, :, ::-1].copy()[::-1, :, ::-1]
        return [np.asfortranarray(a), turned, wide[..., ::2], read_only, a.astype(">f8")]

    for p in layouts(softmax(x, axis)):
        for w in layouts(v):
            assert_allclose(product(p, w, axis), expected, rtol=1e-13, atol=1e-17)
    for y in layouts(x):
        if isinstance(axis, int):
            assert_allclose(softmax_jacobian(y, axis), softmax_jacobian(x, axis), rtol=1e-13)


# --- out ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("product", PRODUCTS, ids=by_name)
@pytest.mark.parametrize("dtype", FLOATS)
def test_out_takes_the_result(product, dtype):
    p, v = softmax(np.array([Z, Z], dtype)), np.array([Z, Z], dtype)
    expected = product(p, v)
    for out in [
        np.empty((2, 3), dtype),
        np.empty((3, 2), dtype).T,
        np.empty((2, 6), dtype)[:, ::2],
    ]:
        assert product(p, v, out=out) is out
        assert_array_equal(out, expected)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("product", PRODUCTS, ids=by_name)
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("step", [-8, -1, 0, 1, 8])
def test_out_may_be_an_argument_or_overlap_it(product, axis, step):
    fresh = np.random.default_rng(4).random(100)
    p = softmax(np.cos(np.arange(72.0)).reshape(9, 8), axis)
    v = np.sin(np.arange(72.0)).reshape(9, 8)
    memory = fresh.copy()
    inside, out = (memory[i : i + 72].reshape(9, 8) for i in (10, 10 + step))
    expected = product(p, inside, axis)
    assert product(p, inside, axis, out=out) is out
    assert_array_equal(out, expected)
    memory = fresh.copy()
    inside, out = (memory[i : i + 72].reshape(9, 8) for i in (10, 10 + step))
    inside[...] = p
    expected = product(p, v, axis)
    assert_array_equal(product(inside, v, axis, out=out), expected)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("product", PRODUCTS, ids=by_name)
def test_out_may_overlap_an_argument_that_is_broadcast(product):
    out = np.random.default_rng(4).random((9, 8))
    p = softmax(np.cos(np.arange(72.0)).reshape(9, 8))
    expected = product(p, out[0].copy())
    assert_array_equal(product(p, out[0], out=out), expected)


@pytest.mark.parametrize("product", PRODUCTS, ids=by_name)
@pytest.mark.parametrize(
    ("out", "error", "message"),
    [
        ([0.0] * 3, TypeError, "out must be a NumPy array, got list"),
        (np.zeros(3, np.float32), TypeError, "out must have dtype float64, got float32"),
        (np.zeros(4), ValueError, "out must have shape (3,), got (4,)"),
        (np.broadcast_to(0.0, 3), ValueError, "out must be writable, got a read-only array"),
    ],
    ids=["list", "float32", "longer", "read-only"],
)
def test_an_out_that_does_not_fit(product, out, error, message):
    with pytest.raises(error, match=whole(message)):
        product(softmax(Z), Z, out=out)


@pytest.mark.parametrize("product", PRODUCTS, ids=by_name)
@pytest.mark.parametrize("shape", [(100, 50_000), (500_000, 10)])
def test_little_memory_beyond_the_result(product, shape):
    p, v = np.full(shape, 1 / shape[1], np.float32), np.zeros(shape, np.float32)
    out = np.empty_like(p)
    product(p, v, out=out)  # a loop compiles at first
    tracemalloc.start()
    try:
        product(p, v, out=out)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 0.25 * p.nbytes, f"{peak / p.nbytes:.2f}"


# --- errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize("product", PRODUCTS, ids=by_name)
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (
            [1j, 0, 0],
            "{0} must hold real numbers, got dtype complex128: pass numpy.real({0}) or "
            "numpy.abs({0})",
        ),
        (
            [None] * 3,
            "{0} must hold real numbers, got dtype object: pass numpy.asarray({0}, dtype=float)",
        ),
        (
            np.ma.zeros(3),
            "{0} is a masked array: pass {0}.filled(value), or {0}.data with where=~{0}.mask",
        ),
        (
            type("Tensor", (), {"__module__": "torch"})(),
            "{0} is a torch tensor: pass {0}.detach().numpy(), or use torch.softmax & co.",
        ),
    ],
    ids=["complex", "objects", "masked", "tensor"],
)
def test_arguments_that_are_not_real_numbers(product, bad, message):
    name = "g" if product is softmax_vjp else "v"
    with pytest.raises(TypeError, match=whole(message.format("p"))):
        product(bad, Z)
    with pytest.raises(TypeError, match=whole(message.format(name))):
        product(Z, bad)
    with pytest.raises(TypeError, match=whole(message.format("x"))):
        softmax_jacobian(bad)


@pytest.mark.parametrize("axis", [(0,), (0, 1), ()])
def test_the_jacobian_takes_one_axis(axis):
    message = f"axis must be one integer, got {axis!r}: reshape x to make them one axis"
    with pytest.raises(TypeError, match=whole(message)):
        softmax_jacobian([Z, Z], axis)


def test_other_axes_that_do_not_fit():
    for axis in [None, 1.0, "0"]:
        with pytest.raises(TypeError, match="axis must be an integer"):
            softmax_jacobian(Z, axis)
        with pytest.raises(TypeError, match="axis must be an integer"):
            softmax_vjp(Z, Z, axis)
    for x, axis in [(Z, 1), (Z, -2), (3.0, -1)]:
        with pytest.raises(np.exceptions.AxisError, match="out of bounds"):
            softmax_jacobian(x, axis)
        with pytest.raises(np.exceptions.AxisError, match="out of bounds"):
            softmax_jvp(x, x, axis)
    with pytest.raises(ValueError, match="repeated axis"):
        softmax_vjp([Z], [Z], (1, -1))
