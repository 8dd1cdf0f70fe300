"""Entropy and Kullback-Leibler divergence, from probabilities and from logits."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal
from support.exact import exact_softmax, largest_error
from support.family import FLOATS, P, Z, by_name, inf, nan, whole

from softmax_lessons import (
    _blockwise,
    check_grad,
    cross_entropy,
    entropy,
    kl_divergence,
    log_softmax,
    softmax,
)

U = {np.float32: np.finfo(np.float32).eps, np.float64: np.finfo(np.float64).eps}
FUNCTIONS = [entropy, kl_divergence]


def call(function, x, *args, **kwargs):
    return function(x, *([x] if function is kl_divergence else []), *args, **kwargs)


@pytest.fixture
def small_blocks(monkeypatch):
    """Make blocks so small that a few rows need several."""
    monkeypatch.setattr(_blockwise, "BLOCK_BYTES", 64)
    monkeypatch.setattr(_blockwise, "SMALL_BYTES", 0)


def exact(p):
    """Return probabilities as mpmath sees them, normalized."""
    values = [mpmath.mpf(float(v)) for v in p]
    total = mpmath.fsum(values)
    return [v / total for v in values]


def exact_entropy(p):
    return -mpmath.fsum(v * mpmath.log(v) for v in p if v > 0)


def exact_divergence(p, q):
    if any(a > 0 and b == 0 for a, b in zip(p, q, strict=True)):
        return mpmath.inf
    terms = [a * mpmath.log(a / b) for a, b in zip(p, q, strict=True) if a > 0]
    return mpmath.fsum(terms)


# --- what they are --------------------------------------------------------------------------------


def test_the_running_example():
    assert_allclose(entropy(P), -np.dot(P, np.log(P)), rtol=1e-14)
    assert_allclose(entropy(Z, logits=True), -np.dot(P, np.log(P)), rtol=1e-7)
    q = [0.25, 0.5, 0.25]
    assert_allclose(kl_divergence(P, q), np.dot(P, np.log(np.divide(P, q))), rtol=1e-7)
    assert_allclose(kl_divergence(q, P), np.dot(q, np.log(np.divide(q, P))), rtol=1e-7)
    assert_allclose(kl_divergence(Z, np.log(q), logits=True), kl_divergence(P, q), rtol=1e-7)


def test_they_are_exact_at_0_and_1():
    assert_array_equal(entropy([[1, 0, 0], [0, 1, 0]]), [0, 0])
    assert not np.signbit(entropy([1.0, 0.0]))
    assert entropy([0.5, 0.5, 0]) == entropy([0.5, 0.5]) == np.log(2)
    assert_array_equal(kl_divergence([1, 0], [1, 0]), 0)
    assert kl_divergence([1, 0], [0.5, 0.5]) == np.log(2)
    assert kl_divergence([0.5, 0.5], [1, 0]) == inf
    assert kl_divergence([0.5, 0.5, 0], [0.5, 0.5, 0]) == 0
    assert kl_divergence([1, 0], [0, 1]) == inf
    sure = [0.0, -inf]
    assert entropy(sure, logits=True) == 0
    assert kl_divergence(sure, sure, logits=True) == 0
    assert_allclose(kl_divergence(sure, [3, 3], logits=True), np.log(2), rtol=1e-15)
    assert kl_divergence([3, 3], sure, logits=True) == inf


@pytest.mark.parametrize("n", [1, 2, 3, 10, 1000, 70_000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equal_probabilities_have_the_largest_entropy(n, dtype):
    p = np.full(n, 1 / n, dtype)
    assert_allclose(entropy(p), np.log(n), rtol=8 * U[dtype])
    assert_allclose(entropy(np.zeros(n, dtype), logits=True), np.log(n), rtol=8 * U[dtype])


eighths = st.integers(-240, 240).map(lambda k: k / 8)
matrices = hnp.arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 6)), elements=eighths)


@given(matrices, st.data())
def test_what_holds_for_any_distributions(x, data):
    y = data.draw(hnp.arrays(np.float64, x.shape, elements=eighths))
    p, q = softmax(x), softmax(y)
    n = x.shape[1]
    assert ((entropy(p) >= 0) & (entropy(p) <= np.log(n) + 1e-14)).all()
    assert (kl_divergence(p, q) >= 0).all()
    assert_array_equal(kl_divergence(p, p), np.zeros(len(x)))
    assert_array_equal(kl_divergence(x, x, logits=True), np.zeros(len(x)))
    assert_allclose(entropy(x, logits=True), entropy(p), rtol=1e-12)
    assert_allclose(kl_divergence(x, y, logits=True), kl_divergence(p, q), rtol=1e-11, atol=1e-14)
    costs = cross_entropy(y, p, reduction="none")
    assert_allclose(entropy(p) + kl_divergence(p, q), costs, rtol=1e-12, atol=1e-14)
    uniform = np.full(x.shape, 1 / n)
    assert_allclose(kl_divergence(p, uniform), np.log(n) - entropy(p), rtol=1e-11, atol=1e-14)


@given(matrices, st.integers(-(2**40), 2**40), st.integers(-(2**40), 2**40))
def test_shifting_all_scores_changes_nothing(x, c, d):
    y = x[:, ::-1] / 2
    assert_array_equal(entropy(x + c, logits=True), entropy(x, logits=True))
    expected = kl_divergence(x, 2 * y, logits=True)
    got = kl_divergence(x + c, 2 * y + d, logits=True)
    assert_allclose(got, expected, rtol=1e-13)


@given(matrices, st.randoms(use_true_random=False))
def test_the_order_of_the_classes_does_not_matter(x, random):
    order = random.sample(range(x.shape[1]), x.shape[1])
    p, q = softmax(x), softmax(np.sin(x))
    assert_allclose(entropy(p[:, order]), entropy(p), rtol=1e-14)
    got = kl_divergence(p[:, order], q[:, order])
    assert_allclose(got, kl_divergence(p, q), rtol=1e-12, atol=1e-18)


# --- accuracy -------------------------------------------------------------------------------------


def a_row(random, n, spread, dtype):
    return (random.integers(-64 * spread, 64 * spread + 1, n) / 64).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("spread", [1, 8, 30])
@pytest.mark.parametrize("n", [2, 3, 10, 40])
def test_error_of_the_entropy(dtype, spread, n):
    random = np.random.default_rng([n, spread])
    for _ in range(20):
        x = a_row(random, n, spread, dtype)
        p = softmax(x)
        i = p.argmax()
        values = [mpmath.mpf(float(v)) for v in p]
        values[i] = 1 - mpmath.fsum(v for j, v in enumerate(values) if j != i)
        assert largest_error(entropy(p), exact_entropy(values)) <= 8
        assert largest_error(entropy(x, logits=True), exact_entropy(exact_softmax(x))) <= 8


@pytest.mark.parametrize("rest", [1e-3, 1e-12, 1e-20, 1e-100, 1e-300])
def test_an_entropy_near_0_keeps_its_digits(rest):
    # As it is written, the logarithm of the 1 is 0, and what rest takes from it is lost.
    with mpmath.workdps(400):
        others = [mpmath.mpf(rest), mpmath.mpf(rest) / 2]
        expected = exact_entropy([1 - sum(others), *others])
    assert largest_error(entropy([1 - rest - rest / 2, rest, rest / 2]), expected) <= 4
    top = round(-np.log(rest)) * 1.0
    with mpmath.workdps(400):
        expected = exact_entropy(exact_softmax([top, 0, -1]))
    assert largest_error(entropy([top, 0, -1], logits=True), expected) <= 8


def test_rounding_in_the_sum_does_not_hide_a_second_likely_class():
    # Two of them are above one half, within what the sum may be off.
    for p in [[0.5001, 0.5001], [0.50005, 0.50005, 1e-4]]:
        assert_allclose(entropy(p), np.log(2), rtol=2e-3)


@pytest.mark.parametrize(
    ("dtype", "steps"),
    [(np.float32, [1e-1, 1e-2, 1e-4]), (np.float64, [1e-1, 1e-4, 1e-8, 1e-11])],
)
@pytest.mark.parametrize("n", [2, 3, 10, 100])
def test_a_small_divergence_keeps_its_digits(dtype, steps, n):
    random = np.random.default_rng(n)
    for step in steps:
        x = random.normal(0, 2, n).astype(dtype)
        p = softmax(x)
        q = (p * (1 + step * random.normal(size=n).clip(-2, 2))).astype(dtype)
        q /= q.sum()
        got = kl_divergence(p, q)
        assert largest_error(got, exact_divergence(exact(p), exact(q))) <= 16
        y = (x + step * random.normal(size=n)).astype(dtype)
        got = kl_divergence(x, y, logits=True)
        expected = exact_divergence(exact_softmax(x), exact_softmax(y))
        assert largest_error(got, expected) <= 64 * max(1, U[dtype] / step / 1e-7)


def test_sums_that_are_off_by_more_than_the_divergence():
    p = np.array([0.3, 0.3, 0.4])
    q = p * (1 + np.array([1e-8, -1e-8, 0]))
    expected = exact_divergence(exact(p), exact(q))
    for a in (p, p * (1 + 2e-16), p * (1 - 3e-16)):
        for b in (q, q * (1 + 4e-16)):
            e = exact_divergence(exact(a), exact(b))
            assert_allclose(float(e), float(expected), rtol=1e-6)  # hardly another distribution
            assert largest_error(kl_divergence(a, b), e) <= 16
    got = kl_divergence(p * 1.0001, q * 0.9999)  # as of probabilities with four decimals
    assert_allclose(got, float(expected), rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("spread", [1, 8, 30])
def test_error_of_the_divergence(dtype, spread):
    random = np.random.default_rng(spread)
    for n in [2, 3, 10, 40]:
        for _ in range(10):
            x, y = (a_row(random, n, spread, dtype) for _ in range(2))
            p, q = softmax(x), softmax(y)
            assert largest_error(kl_divergence(p, q), exact_divergence(exact(p), exact(q))) <= 16
            expected = exact_divergence(exact_softmax(x), exact_softmax(y))
            assert largest_error(kl_divergence(x, y, logits=True), expected) <= 16


@pytest.mark.parametrize(
    ("p", "q"),
    [
        ([1e-300, 1], [1e-10, 1]),
        ([1e-10, 1], [1e-300, 1]),
        ([1e-320, 1], [0.5, 0.5]),
        ([0.5, 0.5], [1e-320, 1]),
        ([1e-310, 1], [2e-310, 1]),
        ([1e-20, 1], [3e-20, 1]),
        ([0, 1e-20, 1], [1e-30, 2e-20, 1]),
    ],
)
def test_quotients_out_of_range(p, q):
    with mpmath.workdps(800):
        expected = exact_divergence(exact(p), exact(q))
    assert largest_error(kl_divergence(p, q), expected) <= 64


def test_scores_far_from_each_other_in_level():
    # The difference of 0.1 and a large number does not fit a float; the other way round neither.
    x, y = np.array([0.1, 1.3, -0.7]), np.array([0.125, -2.5, 1.0])
    for level in [2**10, 2**30, 2**45]:
        expected = exact_divergence(exact_softmax(x), exact_softmax(y))
        assert largest_error(kl_divergence(x, y + level, logits=True), expected) <= 8
        expected = exact_divergence(exact_softmax(y), exact_softmax(x))
        assert largest_error(kl_divergence(y + level, x, logits=True), expected) <= 8
    x = np.array([0.25, 1.25, -0.75])
    expected = exact_divergence(exact_softmax(x), exact_softmax(y))
    for level in [2**10, 2**30, 2**45]:
        for a, b in [(x + level, y), (x, y + level), (x + level, y - level)]:
            assert largest_error(kl_divergence(a, b, logits=True), expected) <= 4


@pytest.mark.parametrize("dtype", FLOATS)
def test_longdouble_and_float16(dtype):
    x, y = np.array(Z, dtype), np.array([0.5, 1.0, -1.0], dtype)
    p, q = softmax(x), softmax(y)
    finest = max(np.finfo(dtype).eps, np.finfo(np.float64).eps)
    for got, expected in [
        (entropy(p), entropy(p.astype(float))),
        (entropy(x, logits=True), entropy(x.astype(float), logits=True)),
        (kl_divergence(p, q), kl_divergence(p.astype(float), q.astype(float))),
        (kl_divergence(x, y, logits=True), kl_divergence(x.astype(float), y.astype(float),
                                                         logits=True)),
    ]:  # fmt: skip
        assert got.dtype == dtype
        assert_allclose(got, expected, rtol=64 * finest)


def test_longdouble_keeps_its_digits():
    x = np.array([0.25, 1.25, -0.75], np.longdouble)
    y = x + np.longdouble(2) ** -30 * np.array([1, 0, -1], np.longdouble)
    eps = np.finfo(np.longdouble).eps
    entropy_of_x = np.longdouble(mpmath.nstr(exact_entropy(exact_softmax(x)), 30))
    assert abs(entropy(x, logits=True) - entropy_of_x) <= 8 * eps
    assert abs(entropy(softmax(x)) - entropy_of_x) <= 8 * eps
    step = mpmath.mpf(2) ** -30
    logs = [mpmath.mpf(float(v)) + i * step for v, i in zip(x, (1, 0, -1), strict=True)]
    total = mpmath.fsum(map(mpmath.exp, logs))
    expected = exact_divergence(exact_softmax(x), [mpmath.exp(v) / total for v in logs])
    got = kl_divergence(x, y, logits=True)
    assert abs(got / np.longdouble(mpmath.nstr(expected, 30)) - 1) <= 64 * eps


# --- edges ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", FUNCTIONS, ids=by_name)
def test_rows_that_softmax_leaves_without_a_distribution(function):
    p = softmax([Z, [nan, 0, 0], [0, inf, 0], [0, 0, 0]], where=[[True], [True], [True], [False]])
    got = call(function, p)
    assert np.isfinite(got[0])
    assert_array_equal(got[1:], [nan, nan, 0])
    x = np.array([Z, [nan, 0, 0], [0, inf, 0], [-inf, -inf, -inf]])
    assert_array_equal(np.isnan(call(function, x, logits=True)), [False, True, True, True])


def test_a_row_of_zeros_beside_a_distribution():
    assert kl_divergence([0.0, 0.0], [0.5, 0.5]) == 0
    assert kl_divergence([0.5, 0.5], [0.0, 0.0]) == inf


@pytest.mark.parametrize("function", FUNCTIONS, ids=by_name)
@pytest.mark.parametrize("logits", [False, True])
def test_nothing(function, logits):
    assert call(function, np.zeros((0, 3)), logits=logits).shape == (0,)
    assert_array_equal(call(function, np.zeros((2, 0)), logits=logits), [0, 0])
    assert call(function, [], logits=logits) == 0


@pytest.mark.parametrize("function", FUNCTIONS, ids=by_name)
def test_one_row_gives_a_numpy_scalar(function):
    assert type(call(function, [0.5, 0.5])) is np.float64
    assert type(call(function, np.float16([0.5, 0.5]))) is np.float16
    assert type(call(function, np.float32(Z), logits=True)) is np.float32
    assert isinstance(call(function, [[0.5, 0.5]]), np.ndarray)


@pytest.mark.parametrize("function", FUNCTIONS, ids=by_name)
@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64])
def test_integers_become_float64(function, dtype):
    p = np.array([[1, 0], [0, 1]], dtype)
    assert_array_equal(call(function, p), [0, 0])
    assert call(function, p).dtype == np.float64
    got = call(function, p, logits=True)
    assert_array_equal(got, call(function, p.astype(float), logits=True))


def test_no_warning_even_where_the_caller_asks_for_errors():
    wild = np.array([[1e308, -1e308, inf], [nan, -inf, 0], [1e-310, -700, -745], [-inf] * 3])
    p = np.array([[1, 0, 0], [nan, 0, 0], [1e-310, 1, 0], [0, 0, 0]])
    calls = [(entropy, (x,), logits) for x, logits in ((wild, True), (p, False))]
    calls += [(kl_divergence, (x, x[::-1]), logits) for x, logits in ((wild, True), (p, False))]
    for function, arrays, logits in calls:
        expected = function(*arrays, logits=logits)
        with np.errstate(all="raise"):
            assert_array_equal(function(*arrays, logits=logits), expected)


def test_two_distributions_broadcast():
    p, q = softmax(np.random.default_rng(1).normal(size=(2, 4, 3))), softmax(Z)
    expected = [[kl_divergence(row, q) for row in block] for block in p]
    assert_array_equal(kl_divergence(p, q), expected)
    turned = [[kl_divergence(q, row) for row in block] for block in p]
    assert_array_equal(kl_divergence(q, p), turned)
    with pytest.raises(ValueError, match="must have the same length along axis 1"):
        kl_divergence(np.full((2, 2), 0.5), np.ones((2, 1)))
    with pytest.raises(ValueError, match=r"p of shape \(2,\) and q of shape \(3,\) do not"):
        kl_divergence([0.5, 0.5], [0.5, 0.25, 0.25])


@pytest.mark.parametrize("small", [False, True])
@pytest.mark.parametrize("shape", [(5,), (7, 5), (3, 7, 5), (2, 3, 40)])
def test_any_axes_and_many_blocks(small, shape, request):
    if small:
        request.getfixturevalue("small_blocks")
    random = np.random.default_rng(3)
    x, y = random.normal(size=shape), random.normal(size=shape)
    n = len(shape)
    for axis in [*range(-1, n), tuple(range(n)), (0, n - 1) if n > 1 else (0,)]:
        p, q = softmax(x, axis), softmax(y, axis)
        h = -(p * np.log(p)).sum(axis=axis)
        d = (p * (log_softmax(x, axis) - log_softmax(y, axis))).sum(axis=axis)
        assert_allclose(entropy(p, axis), h, rtol=1e-13)
        assert_allclose(entropy(x, axis, logits=True), h, rtol=1e-13)
        assert_allclose(kl_divergence(p, q, axis), d, rtol=1e-12, atol=1e-16)
        assert_allclose(kl_divergence(x, y, axis, logits=True), d, rtol=1e-12, atol=1e-16)
    assert_allclose(entropy(np.ones(shape), ()), np.zeros(shape), atol=0)


@pytest.mark.parametrize("n", [2, 10, 17, 100])
def test_the_same_bits_alone_and_in_a_batch(n):
    x = np.random.default_rng(n).normal(0, 3, (40, n))
    y = x[::-1].copy()
    for logits, (p, q) in [(True, (x, y)), (False, (softmax(x), softmax(y)))]:
        entropies, divergences = entropy(p, logits=logits), kl_divergence(p, q, logits=logits)
        for i in (0, 39):
            assert entropy(p[i].tolist(), logits=logits) == entropies[i]
            assert kl_divergence(p[i], q[i].tolist(), (-1,), logits=logits) == divergences[i]


def test_nothing_changes_its_input():
    p, q = softmax([Z, [0, 0, 0]]), softmax([[1, 2, 3], Z])
    before = p.copy(), q.copy()
    for logits in (False, True):
        entropy(p, logits=logits)
        kl_divergence(p, q, logits=logits)
    assert_array_equal(p, before[0])
    assert_array_equal(q, before[1])


# --- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", FUNCTIONS, ids=by_name)
@pytest.mark.parametrize(
    ("p", "error", "message"),
    [
        (Z, ValueError, "p must hold probabilities, 0 or above, got -0.8: of scores pass "
         "logits=True"),
        ([1.0, 2.0], ValueError, "p must sum to 1 along axis, got a row with the sum 3.0: of "
         "scores pass logits=True"),
        ([[0.5, 0.5], [0.5, 0.4]], ValueError, "p must sum to 1 along axis, got a row with the "
         "sum 0.9: of scores pass logits=True"),
        ([1j], TypeError, "p must hold real numbers, got dtype complex128: pass numpy.real(p) or "
         "numpy.abs(p)"),
    ],
)  # fmt: skip
def test_what_are_no_probabilities(function, p, error, message):
    with pytest.raises(error, match=whole(message)):
        call(function, p)


def test_the_second_distribution_is_checked_too():
    message = "q must sum to 1 along axis, got a row with the sum 3.0: of scores pass logits=True"
    with pytest.raises(ValueError, match=whole(message)):
        kl_divergence([0.5, 0.5], [1.0, 2.0])
    with pytest.raises(TypeError, match="q is a masked array"):
        kl_divergence([0.5, 0.5], np.ma.array([0.5, 0.5]))


@pytest.mark.parametrize("function", FUNCTIONS, ids=by_name)
def test_axis_out_of_range(function):
    with pytest.raises(np.exceptions.AxisError, match="out of bounds"):
        call(function, [0.5, 0.5], axis=1)
    with pytest.raises(TypeError, match=r"^axis must be an integer or a tuple"):
        call(function, [0.5, 0.5], axis="x")


@pytest.mark.parametrize(("dtype", "fits"), [(np.float16, 2e-2), (np.float32, 3e-4)])
def test_how_far_a_sum_may_be_from_one(dtype, fits):
    p = np.array([0.5 + fits, 0.5], dtype)
    assert np.isfinite(entropy(p))
    assert kl_divergence(p, p) == 0
    with pytest.raises(ValueError, match="p must sum to 1"):
        entropy(np.array([0.5 + 2 * fits, 0.5], dtype))


# --- against SciPy --------------------------------------------------------------------------------


def test_the_same_as_scipy():
    stats = pytest.importorskip("scipy.stats")
    random = np.random.default_rng(5)
    for n in [2, 5, 100]:
        p, q = softmax(random.normal(0, 3, (7, n))), softmax(random.normal(0, 3, (7, n)))
        p[:, 0] = 0
        p /= p.sum(axis=1, keepdims=True)
        assert_allclose(entropy(p), stats.entropy(p, axis=1), rtol=1e-12, atol=1e-14)
        assert_allclose(kl_divergence(p, q), stats.entropy(p, q, axis=1), rtol=1e-11)


@pytest.mark.parametrize("p", [[0.9, 0.1], [0.5, 0.5], [0.7, 0.3]])
def test_the_gradients_hold_along_directions_that_keep_the_sum(p):
    direction, q = np.array([1.0, -1.0]), np.array([0.8, 0.2])
    cases = [
        (entropy, lambda r: -np.log(r) - 1),
        (lambda r: kl_divergence(r, q), lambda r: np.log(r / q) + 1),
        (lambda r: kl_divergence(q, r), lambda r: -q / r),
    ]
    for f, grad in cases:
        report = check_grad(lambda t, f=f: f(p + t * direction), grad(p) @ direction, 0.0)
        assert report, str(report)
