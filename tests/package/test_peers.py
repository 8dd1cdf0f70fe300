"""Cases from the tests of other libraries, written anew for the functions here.

Each part names the file that the cases come from. A case that another module of these tests has
already is left out, and so is what is not offered here: weights, signs, complex scores.
"""

import itertools

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from support.exact import exact_log_softmax, exact_logsumexp, exact_softmax, largest_error
from support.family import ACTIVATIONS, FLOATS, by_name, inf, nan

from softmax_lessons import (
    check_grad,
    cross_entropy,
    cross_entropy_and_grad,
    hardmax,
    log_softmax,
    logsumexp,
    one_hot,
    sigmoid,
    softmax,
    softmax_jacobian,
    softmax_jvp,
    softmax_vjp,
)

BOTH = [softmax, log_softmax]


def normal(*shape, seed=0, dtype=np.float64):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def exact_rows(exact, x):
    """Return what an exact function gives for each row of ``x``, in float64."""
    return np.array([[float(v) for v in np.atleast_1d(exact(row))] for row in x])


# --- SciPy: scipy/special/tests/test_logsumexp.py -----------------------------------------------


def test_logsumexp_of_0_to_199():
    x = np.arange(200.0)
    assert largest_error(logsumexp(x), exact_logsumexp(x)) <= 1
    many = np.full(1000, 10_000)  # integers
    assert largest_error(logsumexp(many), 10_000 + mpmath.log(1000)) <= 1


@pytest.mark.parametrize("axis", [0, 1, (0, 1), (1, 0)])
def test_logsumexp_of_a_million_tiny_terms(axis):
    x = np.full((2, 1_000_000), 1e-40)
    assert_allclose(np.exp(logsumexp(np.log(x), axis=axis)), x.sum(axis=axis), rtol=1e-13)


def test_logsumexp_of_rows_with_far_different_scores():
    x = np.array([[1e10, 1e-10], [-1e10, -inf]])
    assert_array_equal(logsumexp(x), [1e10, -1e10])
    assert_array_equal(logsumexp(x, keepdims=True), [[1e10], [-1e10]])
    assert logsumexp(x, axis=(-1, -2)) == 1e10
    assert_array_equal(logsumexp(x, axis=0), [1e10, 1e-10])


@pytest.mark.parametrize(("axis", "shape"), [(2, (1, 2, 4)), ((1, 3), (1, 3)), ((), (1, 2, 3, 4))])
def test_shapes_of_logsumexp(axis, shape):
    assert logsumexp(np.ones((1, 2, 3, 4)), axis=axis).shape == shape


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.int64])
def test_two_thousands_in_any_dtype(dtype):
    result = logsumexp(np.array([1000, 1000], dtype))
    assert result.dtype == (dtype if np.issubdtype(dtype, np.floating) else np.float64)
    assert largest_error(result, 1000 + mpmath.log(2)) <= 0.51


def test_a_weight_of_zero_is_a_mask():
    assert logsumexp([1, 10_000], where=[True, False]) == 1


def test_a_small_second_term_is_not_lost():  # gh-18295
    assert_allclose(logsumexp([0.0, -40.0]), np.logaddexp(0.0, -40.0), rtol=1e-15)


@pytest.mark.parametrize(("x", "y"), [*itertools.product([-inf, inf, 0.0, -0.0], repeat=2)])
def test_pairs_of_infinities(x, y):  # gh-22601
    with np.errstate(all="ignore"):
        expected = np.log(np.exp(x) + np.exp(y))
    assert_array_equal(logsumexp([x, y]), expected)


def test_softmax_of_extreme_pairs_and_quadruples():
    assert_array_equal(softmax([1000, 0, 0, 0]), [1, 0, 0, 0])
    assert_array_equal(softmax([1, 1]), [0.5, 0.5])
    assert_allclose(softmax([0, 1]), np.array([1, np.e]) / (1 + np.e), rtol=1e-15)
    assert_array_equal(softmax(1000, axis=()), 1)
    assert_array_equal(log_softmax(1.0, axis=()), 0)


def test_softmax_over_hundreds_of_orders_of_magnitude():
    x = np.array([[-25.0, 0, 25, 50], [1, 325, 749, 750]])
    expected = exact_rows(exact_softmax, x)
    assert expected[1, 0] < 1e-323
    assert_allclose(softmax(x), expected, rtol=1e-15)
    assert_allclose(softmax(x.T, axis=0), expected.T, rtol=1e-15)
    cube = x.reshape(2, 2, 2)
    assert_allclose(softmax(cube, axis=(1, 2)), expected.reshape(2, 2, 2), rtol=1e-15)


@pytest.mark.parametrize("offset", [0, 100, -100])
def test_log_softmax_of_0_to_7_moved(offset):
    x = np.arange(8.0).reshape(2, 4)
    expected = exact_rows(exact_log_softmax, x)
    x += offset
    assert_allclose(log_softmax(x), expected, rtol=5e-16)
    assert_allclose(log_softmax(x.T, axis=0), expected.T, rtol=5e-16)
    cube = log_softmax(x.reshape(2, 2, 2), axis=(1, 2))
    assert_allclose(cube, expected.reshape(2, 2, 2), rtol=5e-16)


def test_log_softmax_a_thousand_apart():
    x = [[1000, 1], [1000, 1]]  # integers
    assert_array_equal(log_softmax(x), [[0, -999], [0, -999]])
    assert_array_equal(log_softmax(x, axis=0), np.full((2, 2), -np.log(2)))


# --- PyTorch: test/test_nn.py and torch/testing/_internal/opinfo/definitions/_masked.py ---------


@pytest.mark.parametrize("shape", [(0, 10), (32, 20), (10, 0), (31, 20), (5, 0, 0)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("function", BOTH, ids=by_name)
def test_softmax_results(function, dtype, shape):
    # Rows of finite scores, rows with -inf at the front, and at the end.
    x = np.random.default_rng(1).uniform(-10, 10, shape).astype(dtype)
    for start, part in [(0, np.s_[..., :0]), (1, np.s_[1::3, :3]), (2, np.s_[2::3, -3:])]:
        if start < len(x) and x.ndim == 2:
            x[part] = -inf
    result = function(x)
    assert result.shape == shape
    assert result.dtype == dtype
    expected = function(x.astype(np.float64))
    assert_allclose(result, expected, rtol=2 * np.finfo(dtype).eps, atol=1e-7)


@pytest.mark.parametrize(
    ("shape", "axis"), [((5,), 0), ((5, 5), 0), ((5, 5), -1), ((5, 10, 5), 2), ((1, 2, 2, 3), 1)]
)
def test_a_row_of_a_slice_is_the_row(shape, axis):
    wide = normal(*shape[:-1], shape[-1] + 7, seed=2, dtype=np.float32)
    for start in [1, 3, 7]:  # not at a multiple of 16 bytes
        x = wide[..., start : start + shape[-1]]
        for function in ACTIVATIONS:
            assert_array_equal(function(x, axis=axis), function(x.copy(), axis=axis))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_log_softmax_of_big_equal_scores(dtype):
    big = np.finfo(dtype).max / 4
    for value in [1, 1e16, big, -big]:
        assert_array_equal(log_softmax(np.full((1, 2), value, dtype)), log_softmax(dtype([[0, 0]])))


def test_logsumexp_with_infinite_entries_along_rows():  # test/test_reductions.py
    x = normal(5, 4, dtype=np.float32)
    x[0, 0], x[1, :] = inf, -inf
    assert_array_equal(logsumexp(x, axis=1)[:2], [inf, -inf])
    assert np.isfinite(logsumexp(x, axis=1)[2:]).all()
    x[2, 1] = nan
    assert_array_equal(np.isnan(logsumexp(x, axis=0)), [False, True, False, False])
    assert logsumexp(x, axis=0)[0] == inf


@pytest.mark.parametrize("low", [0, 1e3, 1e6, -1e6])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logsumexp_of_large_scores(low, dtype):
    x = (low + np.arange(25) / 8).astype(dtype).reshape(5, 5)
    for axis, keepdims in [(1, True), (1, False), (-2, False), ((0, 1), False)]:
        rows = {1: x, -2: x.T, (0, 1): x.reshape(1, 25)}[axis]
        got = logsumexp(x, axis=axis, keepdims=keepdims)
        assert largest_error(got, [exact_logsumexp(row) for row in rows]) <= 1


def test_logsumexp_of_one_score_is_the_score():
    for x in [20.5, -3e4, inf, -inf, 0.0]:
        for dtype in FLOATS:
            assert logsumexp(dtype([x]), keepdims=True)[0] == x
            assert logsumexp(dtype(x), axis=()) == x
    assert logsumexp([20, 30, 100]) == 100


@pytest.mark.parametrize("axis", [0, 31, 63, -1, (0, 63)])
def test_as_many_dimensions_as_numpy_has(axis):  # test_dim_reduction_less_than_64
    x = np.full((1,) * 31 + (3,) + (1,) * 32, 2.0)
    rows = 3 if axis == 31 else 1
    assert_allclose(softmax(x, axis=axis), np.full(x.shape, 1 / rows), rtol=1e-15)
    assert_allclose(log_softmax(x, axis=axis), np.full(x.shape, -np.log(rows)), rtol=1e-15)
    assert_allclose(logsumexp(x, axis=axis), 2 + np.log(rows), rtol=1e-15)
    assert hardmax(x, axis=axis).sum() == 3 / rows
    loss = cross_entropy(x, softmax(x, axis=axis), axis)
    assert_allclose(loss, np.log(rows), rtol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 1, 4), (3, 2, 310), (4, 3, 17), (2, 8, 512)])
def test_masked_attention(shape, dtype):  # test_masked_softmax and its kin
    x = normal(*shape, seed=3, dtype=dtype)
    keep = np.random.default_rng(4).random((shape[0], 1, shape[2])) < 0.7
    keep[0] = False  # a batch left out entirely
    p = softmax(x, where=keep)
    assert_array_equal(p[0], np.zeros(shape[1:]))
    for row, kept, got in zip(x[1:], keep[1:, 0], p[1:], strict=True):
        assert_allclose(got[:, kept], softmax(row[:, kept]), rtol=4 * np.finfo(dtype).eps)
        assert_array_equal(got[:, ~kept], 0)


# --- PyTorch: cross_entropy, in test/test_nn.py and common_modules.py ---------------------------

CLASSES_AT_1 = [(2, 3), (2, 3, 5), (2, 3, 5, 5), (2, 3, 5, 5, 2, 2)]


@pytest.mark.parametrize("shape", CLASSES_AT_1)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("smoothing", [0.0, 0.15])
def test_labels_and_one_hot_targets_agree(shape, reduction, smoothing):
    x = normal(*shape, seed=5)
    labels = np.random.default_rng(6).integers(0, 3, (shape[0], *shape[2:]))
    arguments = {"axis": 1, "reduction": reduction, "label_smoothing": smoothing}
    hot = np.moveaxis(one_hot(labels, 3), -1, 1)
    loss, grad = cross_entropy_and_grad(x, labels, **arguments)
    other, same = cross_entropy_and_grad(x, hot, **arguments)
    assert_allclose(other, loss, rtol=1e-14)
    assert_allclose(same, grad, rtol=1e-13, atol=1e-16)
    mixed = (1 - smoothing) * hot + smoothing / 3
    each = -(mixed * log_softmax(x, axis=1)).sum(axis=1)
    assert_allclose(loss, {"mean": each.mean(), "sum": each.sum(), "none": each}[reduction])


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_a_row_without_a_batch(reduction):
    x = normal(3, seed=7)
    assert cross_entropy(x, 1, reduction=reduction) == cross_entropy([x], [1])
    batch = cross_entropy_and_grad(x[np.newaxis], [1], reduction=reduction)[1]
    assert_array_equal(cross_entropy_and_grad(x, 1, reduction=reduction)[1], batch[0])


@pytest.mark.parametrize("shape", [(0, 3), (0, 3, 5), (2, 3, 0), (2, 3, 5, 0), (2, 3, 0, 7)])
def test_losses_of_no_rows(shape):  # test_nll_loss_empty_tensor_reduction_...
    x, labels = np.zeros(shape), np.zeros((shape[0], *shape[2:]), int)
    for target in [labels, x]:
        assert np.isnan(cross_entropy(x, target, axis=1))
        assert cross_entropy(x, target, axis=1, reduction="sum") == 0
        loss, grad = cross_entropy_and_grad(x, target, axis=1, reduction="none")
        assert loss.shape == labels.shape
        assert grad.shape == shape


def test_a_target_of_integers_in_the_shape_of_the_scores():
    with pytest.raises(ValueError, match=r"for probabilities pass numpy\.asarray\(target"):
        cross_entropy(np.zeros((2, 3)), np.zeros((2, 3), int))
    with pytest.raises(TypeError, match="class labels must be integers"):
        cross_entropy(np.zeros((2, 3)), np.zeros(2))
    with pytest.raises(ValueError, match=r"target of shape \(3,\)"):
        cross_entropy(np.zeros((2, 3)), np.zeros(3, int))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_of_a_hundred_thousand_classes(dtype):
    x = normal(2, 100_003, seed=8, dtype=dtype)
    loss, grad = cross_entropy_and_grad(x, [0, 100_002], reduction="sum")
    expected = (logsumexp(x.astype(np.longdouble)) - x[[0, 1], [0, -1]]).sum()
    assert_allclose(loss, float(expected), rtol=2 * np.finfo(dtype).eps)
    assert_allclose(grad.sum(axis=1), [0, 0], atol=100 * np.finfo(dtype).eps)


# --- TensorFlow: python/kernel_tests/nn_ops/softmax_op_test.py, xent_op_test ---------------------


@pytest.mark.parametrize("dtype", FLOATS)
def test_the_largest_number_next_to_small_ones(dtype):
    big = np.finfo(dtype).max
    x = np.array([[1, 1, 1, 1], [big, 1, 2, 3]], dtype)
    assert_array_equal(softmax(x), dtype([[0.25] * 4, [1, 0, 0, 0]]))
    assert_array_equal(log_softmax(x)[1], dtype([0, -big, -big, -big]))
    assert logsumexp(x)[1] == big


@pytest.mark.parametrize("size", [129, 256])
def test_rows_longer_than_128(size):  # issue 4425
    x = np.random.default_rng(9).random((size, size), np.float32)
    e = np.exp(x.astype(np.float64))
    assert_allclose(softmax(x), e / e.sum(axis=1, keepdims=True), rtol=4e-7)
    assert_allclose(softmax(x, axis=0), e / e.sum(axis=0), rtol=4e-7)


def test_the_gradient_keeps_its_small_component():
    x, way = [37.42994775023705, 0.0], [1.0, 0.0]
    tail = mpmath.exp(-mpmath.mpf(x[0]))
    exact = [tail / (1 + tail) ** 2, -tail / (1 + tail) ** 2]
    for product in [softmax_vjp, softmax_jvp]:
        result = product(softmax(x), way)
        assert largest_error(result, exact) <= 4
        assert result[0] == -result[1]
    assert largest_error(softmax_jacobian(x)[:, 0], exact) <= 4


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_single_class_leaves_nothing_to_lose(dtype):
    x = np.array([[1], [-1], [0]], dtype)
    for target in [np.zeros(3, int), np.ones((3, 1))]:
        loss, grad = cross_entropy_and_grad(x, target, reduction="none")
        assert_array_equal(loss, np.zeros(3))
        assert_array_equal(grad, np.zeros((3, 1)))
        assert_array_equal(cross_entropy(x, target, label_smoothing=0.5), 0)
    assert_array_equal(softmax_jacobian(x), np.zeros((3, 1, 1)))


def test_cross_entropy_worked_out_by_hand():
    # The first row is even, and the target sure; the second is [1, e, e², e³] over their sum.
    x = [[1, 1, 1, 1], [1, 2, 3, 4]]
    y = [[0, 0, 0, 1], [0, 0.5, 0.5, 0]]
    loss, grad = cross_entropy_and_grad(x, y, reduction="none")
    total = np.exp([0, 1, 2, 3]).sum()
    assert_allclose(loss, [np.log(4), np.log(total) - 1.5], rtol=1e-15)
    probability = np.exp([0, 1, 2, 3]) / total
    assert_allclose(grad, [[0.25, 0.25, 0.25, -0.75], probability - [0, 0.5, 0.5, 0]], rtol=1e-14)


# --- JAX: tests/nn_test.py and tests/lax_scipy_test.py ------------------------------------------


@pytest.mark.parametrize("function", BOTH, ids=by_name)
def test_masks_of_jax(function):
    x, keep = np.array([5.5, 1.3, -4.2, 0.9]), np.array([True, False, True, True])
    assert_allclose(function(x, where=keep)[keep], function(x[keep]), rtol=1e-15)
    nothing = 0.0 if function is softmax else -inf
    assert_array_equal(function(x, where=np.zeros(4, bool)), np.full(4, nothing))
    assert_array_equal(function([]), [])


def test_gradients_of_jax():
    x = np.array([5.5, 1.3, -4.2, 0.9])
    for i in range(4):
        report = check_grad(lambda z, i=i: softmax(z)[i], softmax_jacobian(x)[i], x)
        assert report, str(report)
    keep = np.array([True, False])  # issue 19490: what is masked moves nothing
    p = softmax([36.0, 10_000], where=keep)
    assert_array_equal(softmax_vjp(p, [1.0, 0]), [0, 0])


def test_sigmoid_far_below_zero():  # issue 980
    assert_array_equal(sigmoid(np.full(4, -1e20, np.float32)), np.zeros(4))


def test_logsumexp_of_jax():
    assert_array_equal(logsumexp([-1000, -2], where=[True, False]), -1000)  # issue 5370
    assert largest_error(logsumexp(np.ones(4, np.float32)), 1 + mpmath.log(4)) <= 1  # issue 7390
    assert logsumexp(1.0, axis=()) == 1  # issue 7634


@pytest.mark.parametrize("shape", [(4,), (3, 4), (3, 1), (1, 4), (2, 1, 4), (2, 3, 4)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int8, np.int32, np.uint8])
def test_logsumexp_of_all_shapes_and_dtypes(shape, dtype):
    x = (3 * normal(*shape, seed=10)).round().astype(dtype)
    for axis in range(-len(shape), len(shape)):
        for keepdims in [False, True]:
            expected = np.log(np.exp(x.astype(float)).sum(axis=axis, keepdims=keepdims))
            result = logsumexp(x, axis=axis, keepdims=keepdims)
            assert result.shape == expected.shape
            assert_allclose(result, expected, rtol=2e-3 if dtype == np.float16 else 4e-7)


def test_one_hot_of_jax():
    assert_array_equal(one_hot([1, 2, 0], 3), [[0, 1, 0], [0, 0, 1], [1, 0, 0]])
    assert_array_equal(one_hot([0, 1], 2, dtype=np.bool_), [[True, False], [False, True]])
    for labels in [[-1], [3]]:  # JAX gives zeros, and hides the mistake
        with pytest.raises(IndexError, match="labels must be 0 or above and below 3"):
            one_hot(labels, 3)
    with pytest.raises(TypeError, match="labels must hold integers"):
        one_hot([1.0], 3)


# --- scikit-learn: sklearn/utils/tests/test_extmath.py; entmax: tests/test_entmax_15.py ----------


def test_softmax_of_scikit_learn():
    x = normal(3, 5, seed=11)
    e = np.exp(x)
    assert_allclose(softmax(x), e / e.sum(axis=1).reshape(-1, 1), rtol=1e-14)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_the_axis_does_not_matter(axis):
    x = normal(3, 4, 5, seed=12, dtype=np.float32)
    moved = np.moveaxis(x, axis, -1)
    for function in BOTH:
        assert_allclose(np.moveaxis(function(x, axis=axis), axis, -1), function(moved), rtol=1e-6)


# --- NumPy: numpy/_core/tests/test_mem_overlap.py ------------------------------------------------


def random_view(random, memory, shape):
    """Return a view of that shape somewhere in ``memory``: cut, turned, spread out."""
    n_axes, steps = len(shape), random.choice([1, 1, 2, 3], len(shape))
    order = random.permutation(n_axes)
    strides, size = np.zeros(n_axes, int), 1
    for i in order:
        strides[i] = size * steps[i]
        size *= steps[i] * shape[i]
    start = random.integers(0, memory.size - size + 1)
    view = np.ndarray(shape, memory.dtype, memory, int(start) * 8, tuple(strides * 8))
    return view[tuple(np.s_[:: random.choice([-1, 1])] for _ in shape)]


@pytest.mark.parametrize("shape", [(40,), (9, 5), (5, 9), (40, 3), (3, 4, 5), (2, 3, 2, 5)])
def test_out_may_overlap_the_input_in_any_way(shape):
    random = np.random.default_rng(13)
    memory = np.empty(np.prod(shape) * 3 ** len(shape))
    for _ in range(60):
        memory[:] = random.standard_normal(memory.size)
        x, out = random_view(random, memory, shape), random_view(random, memory, shape)
        axis = int(random.integers(len(shape)))
        y = softmax(random.standard_normal(shape), axis=axis)
        cases = [
            lambda a, out: sigmoid(a, out=out),
            lambda a, out, axis=axis: softmax(a, axis=axis, out=out),
            lambda a, out, axis=axis, y=y: softmax_vjp(y, a, axis=axis, out=out),
            lambda a, out, axis=axis, y=y: softmax_jvp(a, y, axis=axis, out=out),
            lambda a, out, axis=axis, y=y: cross_entropy_and_grad(a, y, axis, out=out)[1],
        ]
        before = memory.copy()
        for case in cases:
            memory[:] = before
            expected = case(x.copy(), None)
            result = case(x, out)
            assert result is out
            assert_allclose(result, expected, rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("function", [sigmoid, softmax], ids=by_name)
def test_only_out_is_written_to(function):
    memory = np.linspace(-1, 1, 60)
    x = memory[:20].reshape(4, 5)
    out = memory[20:60:2].reshape(4, 5)  # a copy of every other entry, were it not a view
    assert np.shares_memory(out, memory)
    before = memory.copy()
    function(x, out=out)
    assert_array_equal(memory[:20], before[:20])
    assert_array_equal(memory[21:60:2], before[21:60:2])
