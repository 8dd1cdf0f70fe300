"""One-hot vectors, and cross-entropy with its gradient."""

import itertools
import re
import tracemalloc

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal
from support.exact import exact_log_softmax, exact_softmax, largest_error, rows
from support.family import FLOATS, P, Z, by_name, inf, nan, whole

from softmax_lessons import _blockwise, log_softmax, softmax
from softmax_lessons.losses import cross_entropy, cross_entropy_and_grad, one_hot

LOSSES = [cross_entropy, cross_entropy_and_grad]
REDUCTIONS = ["none", "mean", "sum"]


def loss_of(function, *args, **kwargs):
    result = function(*args, **kwargs)
    return result if function is cross_entropy else result[0]


def gradient(*args, **kwargs):
    return cross_entropy_and_grad(*args, **kwargs)[1]


@pytest.fixture
def small_blocks(monkeypatch):
    """Make blocks so small that a few rows need several."""
    monkeypatch.setattr(_blockwise, "BLOCK_BYTES", 64)
    monkeypatch.setattr(_blockwise, "SMALL_BYTES", 0)


# --- one-hot ------------------------------------------------------------------------------------


def test_one_hot_of_some_labels():
    assert_array_equal(one_hot([1, 0], 3), [[0, 1, 0], [1, 0, 0]])
    assert_array_equal(one_hot(2, 3), [0, 0, 1])
    assert_array_equal(one_hot([[0], [1]], 2), [[[1, 0]], [[0, 1]]])
    assert one_hot([1, 0], 3).dtype == np.float64


@pytest.mark.parametrize("dtype", [*FLOATS, bool, np.uint8, "int64"])
def test_one_hot_in_any_dtype(dtype):
    vectors = one_hot([1, 0], 3, dtype=dtype)
    assert vectors.dtype == np.dtype(dtype)
    assert_array_equal(vectors, [[0, 1, 0], [1, 0, 0]])


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.uint64, ">i4"])
def test_labels_of_any_integer_dtype(dtype):
    labels = np.array([2, 0], dtype)
    assert_array_equal(one_hot(labels, 300)[:, :3], [[0, 0, 1], [1, 0, 0]])
    x = np.zeros((2, 300))
    assert_allclose(cross_entropy(x, labels), np.log(300), rtol=1e-15)


def test_one_hot_of_nothing():
    assert one_hot([], 3).shape == (0, 3)
    assert one_hot(np.zeros((2, 0), int), 3).shape == (2, 0, 3)
    assert one_hot([], 0).shape == (0, 0)


@given(hnp.arrays(np.intp, hnp.array_shapes(), elements=st.integers(0, 6)))
def test_one_hot_is_a_row_of_the_identity(labels):
    assert_array_equal(one_hot(labels, 7), np.eye(7)[labels])


@pytest.mark.parametrize(
    ("labels", "n_classes", "bad"),
    [
        ([0, 3, 4], 3, 3),
        ([0, -1], 3, -1),
        ([0], 0, 0),
        (np.uint64([2**63]), 3, 2**63),
        (np.int8([-100]), 300, -100),
    ],
)
def test_a_label_out_of_range(labels, n_classes, bad):
    message = f"labels must be 0 or above and below {n_classes}, the number of classes, got {bad}"
    with pytest.raises(IndexError, match=whole(message)):
        one_hot(labels, n_classes)


@pytest.mark.parametrize(
    ("labels", "dtype", "advice"),
    [
        ([0.0, 1.0], "float64", "pass numpy.asarray(labels, dtype=int)"),
        (np.zeros(0), "float64", "pass numpy.asarray(labels, dtype=int)"),
        ([True], "bool", "pass numpy.asarray(labels, dtype=int)"),
        (["1"], "<U1", "pass numpy.asarray(labels, dtype=int)"),
        (["a"], "<U1", "pass numpy.unique(labels, return_inverse=True)[1]"),
        ([None, "a", 1], "object", "leave out the rows that have no label"),
        ([0.5], "float64", "labels are whole numbers, from 0 on, and 0.5 is none"),
    ],
)
def test_labels_that_are_no_integers(labels, dtype, advice):
    message = f"labels must hold integers, got dtype {dtype}: {advice}"
    with pytest.raises(TypeError, match=whole(message)):
        one_hot(labels, 3)


@pytest.mark.parametrize(
    ("n_classes", "dtype", "error", "message"),
    [
        (2.0, float, TypeError, "n_classes must be an integer, got 2.0"),
        (None, float, TypeError, "n_classes must be an integer, got None"),
        (-1, float, ValueError, "n_classes must be 0 or more, got -1"),
        (3, complex, TypeError, "dtype must be one of real numbers or booleans, got complex128"),
        (3, "U1", TypeError, "dtype must be one of real numbers or booleans, got <U1"),
    ],
)
def test_other_arguments_of_one_hot(n_classes, dtype, error, message):
    with pytest.raises(error, match=whole(message)):
        one_hot([], n_classes, dtype=dtype)


# --- examples -----------------------------------------------------------------------------------


@pytest.mark.parametrize("function", LOSSES, ids=by_name)
def test_the_running_example(function):
    for label in range(3):
        assert_allclose(loss_of(function, Z, label), -np.log(P[label]), rtol=2e-7)
    probabilities = [0.25, 0.5, 0.25]
    assert_allclose(
        loss_of(function, Z, probabilities), -np.dot(probabilities, np.log(P)), rtol=1e-7
    )


def test_the_gradient_is_the_probabilities_minus_the_target():
    assert_allclose(gradient(Z, 1), np.subtract(P, [0, 1, 0]), rtol=1e-7)
    y = [0.25, 0.5, 0.25]
    assert_allclose(gradient(Z, y), np.subtract(P, y), atol=1e-8)


@pytest.mark.parametrize("function", LOSSES, ids=by_name)
def test_reductions(function):
    x, labels = [Z, [0, 0, 0], [3, 2, 1]], [1, 2, 0]
    each = loss_of(function, x, labels, reduction="none")
    assert_allclose(each, [cross_entropy(*row) for row in zip(x, labels, strict=True)], rtol=1e-15)
    assert_allclose(loss_of(function, x, labels, reduction="sum"), each.sum(), rtol=1e-15)
    assert_allclose(loss_of(function, x, labels, reduction="mean"), each.mean(), rtol=1e-15)
    assert loss_of(function, x, labels) == loss_of(function, x, labels, reduction="mean")


def test_reductions_of_the_gradient():
    x, labels = np.array([Z, [0, 0, 0], [3, 2, 1]]), [1, 2, 0]
    each = gradient(x, labels, reduction="none")
    assert_allclose(each, softmax(x) - one_hot(labels, 3), rtol=1e-13)
    assert_array_equal(gradient(x, labels, reduction="sum"), each)
    assert_allclose(gradient(x, labels), each / 3, rtol=1e-15)


@pytest.mark.parametrize("function", LOSSES, ids=by_name)
@pytest.mark.parametrize("target", [1, [0.25, 0.5, 0.25]])
def test_label_smoothing_mixes_in_the_uniform_distribution(function, target):
    y = one_hot(1, 3) if target == 1 else np.array(target)
    mixed = 0.7 * y + 0.1
    loss = loss_of(function, Z, target, label_smoothing=0.3)
    assert_allclose(loss, cross_entropy(Z, mixed), rtol=1e-14)
    expected = softmax(Z) - mixed
    assert_allclose(gradient(Z, target, label_smoothing=0.3), expected, rtol=1e-13)
    assert_array_equal(gradient(Z, target, label_smoothing=0), gradient(Z, target))


@pytest.mark.parametrize("smoothing", [0, np.float32(0.25), np.longdouble(0.25), False])
def test_any_real_number_below_one_smooths(smoothing):
    expected = cross_entropy(Z, 1, label_smoothing=float(smoothing))
    assert cross_entropy(Z, 1, label_smoothing=smoothing) == expected


# --- accuracy -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("spread", [1, 8, 30])
@pytest.mark.parametrize("axis", [-1, 0])
def test_error_of_the_loss(dtype, spread, axis):
    x = rows(dtype, spread)
    labels = np.random.default_rng(5).integers(0, x.shape[1], len(x))
    scores = np.ascontiguousarray(np.moveaxis(x, -1, axis))
    exact = [-exact_log_softmax(row)[i] for row, i in zip(x, labels, strict=True)]
    bound = 0.51 if dtype == np.float16 else 4
    for function in LOSSES:
        got = loss_of(function, scores, labels, axis=axis, reduction="none")
        assert largest_error(got, exact) <= bound


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("spread", [1, 8, 30])
@pytest.mark.parametrize("smoothing", [0, 0.125])
def test_error_of_the_loss_for_probabilities(dtype, spread, smoothing):
    x = rows(dtype, spread)[:, :16]
    y = np.random.default_rng(5).multinomial(16, [1 / 16] * 16, len(x)) / 16  # exact
    mixed = (1 - smoothing) * y + smoothing / 16  # exact
    got = cross_entropy(x, y.astype(dtype), reduction="none", label_smoothing=smoothing)
    for row, t, loss in zip(x, mixed, got, strict=True):
        logs = exact_log_softmax(row)
        exact = -mpmath.fsum(float(a) * b for a, b in zip(t, logs, strict=True))
        assert largest_error(loss, exact) <= 4


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("spread", [1, 8, 30])
@pytest.mark.parametrize("kind", ["labels", "probabilities"])
def test_error_of_the_gradient(dtype, spread, kind):
    x = rows(dtype, spread)
    labels = np.random.default_rng(5).integers(0, x.shape[1], len(x))
    labels[::2] = x[::2].argmax(axis=-1)  # where p - 1 cancels
    target = labels if kind == "labels" else one_hot(labels, x.shape[1], dtype=dtype)
    got = gradient(x, target, reduction="sum")
    for row, i, g in zip(x, labels, got, strict=True):
        exact = exact_softmax(row)
        exact[i] = -mpmath.fsum(p for j, p in enumerate(exact) if j != i)
        assert largest_error(g, exact) <= 6


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("target", [1, [0.0, 1.0, 0.0]])
@pytest.mark.parametrize("gap", [10, 40, 90])
def test_a_sure_and_right_answer_keeps_its_digits(dtype, target, gap):
    x = np.array([0, gap, -1], dtype)
    exact = [mpmath.exp(-gap), mpmath.exp(-gap - 1)]
    loss, grad = cross_entropy_and_grad(x, target)
    assert largest_error(loss, mpmath.log1p(sum(exact))) <= 4
    probability = [e / (1 + sum(exact)) for e in exact]
    assert largest_error(grad, [probability[0], -sum(probability), probability[1]]) <= 4
    assert loss > 0 > grad[1]


def test_ties_count_each():
    loss, grad = cross_entropy_and_grad([0.0, 0.0, 0.0, -50.0], 0)
    assert_allclose(loss, np.log(3), rtol=1e-15)
    assert_allclose(grad[:3], [-2 / 3, 1 / 3, 1 / 3], rtol=1e-15)
    near = cross_entropy([0, -1e-10], 0)
    assert_allclose(near, np.log(2) - 5e-11, rtol=1e-15)


@pytest.mark.parametrize(("shape", "axis"), [((2, 2**18), 1), ((2**18, 2), 0)])
@pytest.mark.parametrize("kind", ["labels", "probabilities", "smoothed"])
def test_many_classes_in_float32(shape, axis, kind):
    x = np.random.default_rng(7).standard_normal(shape, np.float32)
    y = softmax(np.random.default_rng(8).standard_normal(shape, np.float32), axis=axis)
    target = y if kind == "probabilities" else np.array([3, 5])
    smoothing = 0.1 if kind == "smoothed" else 0
    arguments = {"reduction": "none", "label_smoothing": smoothing}
    expected = cross_entropy_and_grad(x.astype(float), target, axis, **arguments)
    loss, grad = cross_entropy_and_grad(x, target, axis, **arguments)
    assert loss.dtype == grad.dtype == np.float32
    assert_allclose(loss, expected[0], rtol=5e-7)
    probability = y if kind == "probabilities" else smoothing / 2**18  # p - probability cancels
    assert (abs(grad - expected[1]) <= 1e-6 * (abs(expected[1]) + 2 * probability)).all()


def test_longdouble_keeps_its_digits():
    x = np.array([0.25, 1.25, -0.75], np.longdouble)
    exact = np.longdouble(mpmath.nstr(-exact_log_softmax(x)[1], 30))
    assert abs(cross_entropy(x, 1) - exact) <= 4 * np.finfo(np.longdouble).eps * exact


def test_a_mean_of_huge_losses():
    x = np.float32([[0, 3e38], [0, 3e38]])
    assert cross_entropy(x, [0, 0]) == np.float32(3e38)


# --- properties ---------------------------------------------------------------------------------

eighths = st.integers(-240, 240).map(lambda k: k / 8)
matrices = hnp.arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=eighths)
shifts = st.integers(-(2**40), 2**40)
TIGHT = 1e-14


def some_target(data, x):
    """Draw labels or probabilities for the rows of ``x``."""
    if data.draw(st.booleans()):
        return data.draw(hnp.arrays(np.intp, len(x), elements=st.integers(0, x.shape[1] - 1)))
    weights = data.draw(hnp.arrays(np.float64, x.shape, elements=st.integers(0, 5).map(float)))
    weights[:, 0] += weights.sum(axis=1) == 0
    return weights / weights.sum(axis=1, keepdims=True)


@given(matrices, st.data(), st.sampled_from(REDUCTIONS), st.sampled_from([0, 0.1, 0.9]))
def test_it_is_what_the_formula_says(x, data, reduction, smoothing):
    target = some_target(data, x)
    y = one_hot(target, x.shape[1]) if target.ndim == 1 else target
    y = (1 - smoothing) * y + smoothing / x.shape[1]
    each = -(y * log_softmax(x)).sum(axis=-1)
    expected = {"none": each, "sum": each.sum(), "mean": each.mean()}[reduction]
    arguments = {"reduction": reduction, "label_smoothing": smoothing}
    loss, grad = cross_entropy_and_grad(x, target, **arguments)
    assert_allclose(loss, expected, rtol=1e-13)
    assert_array_equal(cross_entropy(x, target, **arguments), loss)
    scale = len(x) if reduction == "mean" else 1
    assert_allclose(grad, (softmax(x) - y) / scale, rtol=1e-12, atol=1e-15)


@given(matrices, st.data(), shifts)
def test_shifting_all_scores_changes_nothing(x, data, c):
    target = some_target(data, x)
    shifted = x + np.arange(len(x))[:, np.newaxis] * c
    for a, b in zip(
        cross_entropy_and_grad(x, target), cross_entropy_and_grad(shifted, target), strict=True
    ):
        assert_array_equal(a, b)


@given(matrices, st.data())
def test_a_gradient_sums_to_zero_and_lies_between_minus_one_and_one(x, data):
    grad = gradient(x, some_target(data, x), reduction="none")
    assert_allclose(grad.sum(axis=-1), np.zeros(len(x)), atol=1e-15)
    assert (abs(grad) <= 1).all()


@given(matrices, st.data(), st.randoms(use_true_random=False))
def test_permuting_the_classes_permutes_the_gradient(x, data, random):
    target = some_target(data, x)
    order = random.sample(range(x.shape[1]), x.shape[1])
    moved = np.argsort(order)[target] if target.ndim == 1 else target[:, order]
    loss, grad = cross_entropy_and_grad(x, target)
    other, permuted = cross_entropy_and_grad(x[:, order], moved)
    assert_allclose(other, loss, rtol=TIGHT)
    assert_allclose(permuted, grad[:, order], rtol=1e-13, atol=1e-16)


@given(matrices, st.data())
def test_labels_are_one_hot_probabilities(x, data):
    labels = data.draw(hnp.arrays(np.intp, len(x), elements=st.integers(0, x.shape[1] - 1)))
    loss, grad = cross_entropy_and_grad(x, labels)
    other, same = cross_entropy_and_grad(x, one_hot(labels, x.shape[1]))
    assert_allclose(other, loss, rtol=TIGHT)
    assert_allclose(same, grad, rtol=TIGHT)


@given(matrices, st.data())
def test_the_loss_is_least_where_softmax_gives_the_target(x, data):
    y = softmax(x)
    other = data.draw(hnp.arrays(np.float64, x.shape, elements=eighths))
    assert cross_entropy(x, y) <= cross_entropy(other, y) + TIGHT
    assert_allclose(gradient(x, y), np.zeros(x.shape), atol=1e-15)


@given(matrices, st.data())
def test_nothing_changes_its_input(x, data):
    target = some_target(data, x)
    before = x.copy(), target.copy()
    cross_entropy_and_grad(x, target, label_smoothing=0.1)
    assert_array_equal(x, before[0])
    assert_array_equal(target, before[1])


# --- axes, blocks, layouts -----------------------------------------------------------------------

SHAPES = [(5,), (7, 5), (3, 7, 5), (2, 3, 7, 40)]


def axes_of(ndim):
    return [*range(-1, ndim), *itertools.combinations(range(ndim), 2), tuple(range(ndim))]


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", ["labels", "probabilities"])
def test_any_axes_and_many_tiles(shape, kind):
    random = np.random.default_rng(3)
    x = random.normal(0, 3, shape)
    for axis in axes_of(len(shape)):
        y = softmax(random.normal(0, 2, shape), axis=axis)
        expected = -(y * log_softmax(x, axis=axis)).sum(axis=axis)
        target = y
        if kind == "labels":
            axes = np.lib.array_utils.normalize_axis_tuple(axis, x.ndim)
            flat = np.moveaxis(y, sorted(axes), range(-len(axes), 0))
            flat = flat.reshape(*flat.shape[: x.ndim - len(axes)], -1)
            target = flat.argmax(axis=-1)
            y = np.where(y == y.max(axis=axis, keepdims=True), 1.0, 0.0)
            expected = -(y * log_softmax(x, axis=axis)).sum(axis=axis)
        loss, grad = cross_entropy_and_grad(x, target, axis, reduction="none")
        assert loss.shape == expected.shape
        assert_allclose(loss, expected, rtol=1e-13)
        assert_allclose(grad, softmax(x, axis=axis) - y, rtol=1e-12, atol=1e-15)
        assert_allclose(cross_entropy(x, target, axis), expected.mean(), rtol=1e-13)
        assert_allclose(gradient(x, target, axis), grad / expected.size, rtol=1e-14)


def test_axes_in_any_order_and_counted_from_both_ends():
    x = np.random.default_rng(3).normal(size=(3, 4, 5))
    labels = np.array([0, 7, 11, 14])
    assert_array_equal(gradient(x, labels, (2, 0)), gradient(x, labels, (0, -1)))


def test_no_axes_at_all():
    # Each score is then the only one of its row, and its only label is 0.
    loss, grad = cross_entropy_and_grad([3.0, 4.0], [0, 0], (), reduction="none")
    assert_array_equal(loss, [0, 0])
    assert_array_equal(grad, [0, 0])
    assert cross_entropy(2.0, 0, ()) == 0


@pytest.mark.parametrize("function", LOSSES, ids=by_name)
@pytest.mark.parametrize(("shape", "axis"), [((3,), 1), ((), -1), ((2, 3), (0, 2))])
def test_axis_out_of_range(function, shape, axis):
    with pytest.raises(np.exceptions.AxisError, match="out of bounds"):
        function(np.ones(shape), 0, axis=axis)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("axis", [0, 1, 2, (0, 2)])
def test_any_memory_layout_gives_the_same(axis):
    x = np.sin(np.arange(60.0)).reshape(4, 3, 5)
    q = softmax(x * 2, axis=axis)
    expected = cross_entropy_and_grad(x, q, axis, reduction="none")

    def layouts(a):
        read_only = a.copy()
        read_only.flags.writeable = False
        wide = np.repeat(a, 2, axis=-1)
        turned = a[::-1, :, ::-1].copy()[::-1, :, ::-1]
        return [np.asfortranarray(a), turned, wide[..., ::2], read_only, a.astype(">f8")]

    for y, p in zip(layouts(x), layouts(q), strict=True):
        loss, grad = cross_entropy_and_grad(y, p, axis, reduction="none")
        assert_allclose(loss, expected[0], rtol=1e-14)
        assert_allclose(grad, expected[1], rtol=1e-13, atol=1e-16)
        assert grad.dtype.isnative


def test_a_row_repeated_by_broadcasting():
    x = np.broadcast_to(np.array(Z), (4, 3))
    assert_allclose(gradient(x, [0, 1, 2, 1])[1], gradient(Z, 1) / 4, rtol=1e-15)


# --- dtypes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("target", [[1, 2], np.array([[0, 1, 0], [0.5, 0, 0.5]])])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_floats_come_back_as_they_went_in(dtype, target, reduction):
    x = np.array([Z, Z], dtype)
    loss, grad = cross_entropy_and_grad(x, target, reduction=reduction)
    assert loss.dtype == grad.dtype == dtype
    assert cross_entropy(x, target, reduction=reduction).dtype == dtype
    finest = max(np.finfo(dtype).eps, np.finfo(np.float64).eps)
    expected = cross_entropy_and_grad(x.astype(float), target, reduction=reduction)
    assert_allclose(loss, expected[0], rtol=4 * finest)
    assert_allclose(grad, expected[1], rtol=4 * finest)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint8, np.uint16, np.int64, np.uint64])
def test_integers_become_float64(dtype):
    x = np.array([1, 0, 1], dtype)
    loss, grad = cross_entropy_and_grad(x, 1)
    assert loss.dtype == grad.dtype == np.float64
    assert_array_equal(grad, gradient(x.astype(float), 1))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("smoothing", [0, 0.25])
def test_probabilities_of_any_float_dtype(dtype, smoothing):
    y = np.array([0.25, 0.5, 0.25], dtype)
    for x in [np.float32(Z), np.array(Z)]:
        loss, grad = cross_entropy_and_grad(x, y, label_smoothing=smoothing)
        assert loss.dtype == grad.dtype == x.dtype
        expected = cross_entropy_and_grad(x, y.astype(x.dtype), label_smoothing=smoothing)
        assert_array_equal(grad, expected[1])


def test_one_row_gives_a_numpy_scalar():
    for reduction in REDUCTIONS:
        assert type(cross_entropy(Z, 1, reduction=reduction)) is np.float64
        assert type(cross_entropy(np.float16(Z), 1, reduction=reduction)) is np.float16
        assert type(cross_entropy_and_grad(Z, 1, reduction=reduction)[0]) is np.float64
    assert isinstance(cross_entropy([Z], [1], reduction="none"), np.ndarray)
    assert type(cross_entropy([Z], [1])) is np.float64


def test_lists_are_arrays():
    assert cross_entropy([Z, Z], [0, 1]) == cross_entropy(np.array([Z, Z]), np.array([0, 1]))
    assert cross_entropy([Z], [[0.5, 0.5, 0]]) == cross_entropy([Z], np.array([[0.5, 0.5, 0]]))


# --- edges --------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("scores", "target", "loss", "grad"),
    [
        ([0, -inf], 0, 0, [0, 0]),
        ([0, -inf], 1, inf, [1, -1]),
        ([0, -inf], [1.0, 0], 0, [0, 0]),
        ([0, -inf], [0.5, 0.5], inf, [0.5, -0.5]),
        ([0, 0, -inf], [0.5, 0.5, 0], np.log(2), [0, 0, 0]),
        ([0, 0, -inf], [0.5, 0.5, -0.0], np.log(2), [0, 0, 0]),
        ([-inf, -inf], 0, nan, [nan, nan]),
        ([-inf, -inf], [1.0, 0], nan, [nan, nan]),
        ([-inf], 0, nan, [nan]),
        ([inf], 0, nan, [nan]),
        ([nan], [1.0], nan, [nan]),
        ([0, inf], 0, nan, [nan, nan]),
        ([0, inf], 1, nan, [nan, nan]),
        ([0, inf], [1.0, 0], nan, [nan, nan]),
        ([inf, inf], 0, nan, [nan, nan]),
        ([-inf, inf], 0, nan, [nan, nan]),
        ([0, nan], 0, nan, [nan, nan]),
        ([0, nan], [1.0, 0], nan, [nan, nan]),
        ([nan, inf], 1, nan, [nan, nan]),
        ([5], 0, 0, [0]),
    ],
)
def test_infinite_and_missing_scores(dtype, scores, target, loss, grad):
    x = np.array([scores, np.zeros(len(scores))], dtype)  # with a good row
    good = target if isinstance(target, int) else np.full(len(scores), 1 / len(scores))
    got, slopes = cross_entropy_and_grad(x, np.array([target, good]), reduction="none")
    assert_allclose(got[0], loss, rtol=1e-3)
    assert_array_equal(slopes[0], grad)
    assert_allclose(got[1], np.log(len(scores)), rtol=1e-3)
    assert np.isfinite(slopes[1]).all()
    assert_array_equal(cross_entropy(x, np.array([target, good]), reduction="none"), got)


def test_signed_zeros_do_not_show():
    for target in [0, [1.0, 0.0]]:
        loss, grad = cross_entropy_and_grad([0, -inf], target)
        assert not np.signbit(loss)
        assert_array_equal(grad, [0, 0])


def test_smoothing_gives_every_class_a_share():
    loss, grad = cross_entropy_and_grad([0, -inf], 0, label_smoothing=0.5)
    assert loss == inf
    assert_array_equal(grad, [0.25, -0.25])


def test_huge_scores_do_not_overflow():
    big = np.finfo(np.float64).max
    assert cross_entropy([big, -big], 0) == 0
    assert cross_entropy([big, -big], 1) == inf
    assert_array_equal(gradient([big, -big], 1), [1, -1])
    assert cross_entropy([0.0, 1000.0], 0) == 1000
    assert_allclose(cross_entropy(np.float32([0, -3e38, -3e38]), 0, label_smoothing=0.1), 2e37)
    assert cross_entropy(np.float16([60000, -60000]), 1) == inf


def test_no_warning_even_where_the_caller_asks_for_errors():
    x = [[1e308, -1e308, inf], [nan, -inf, 0], [1e-310, -700, -745]]
    calls = [(np.zeros((0, 3)), [], 0), (np.float16([6e4, -6e4, 0]), 1, 0)]
    calls += [(x, target, s) for target in ([0, 1, 2], np.eye(3)) for s in (0, 0.1)]
    for logits, target, smoothing in calls:
        loss, grad = cross_entropy_and_grad(logits, target, label_smoothing=smoothing)
        with np.errstate(all="raise"):
            again = cross_entropy_and_grad(logits, target, label_smoothing=smoothing)
            alone = cross_entropy(logits, target, label_smoothing=smoothing)
        assert_array_equal(again[0], loss)
        assert_array_equal(again[1], grad)
        assert_array_equal(alone, loss)


@pytest.mark.parametrize("target", [[], np.zeros(0, int), np.zeros((0, 3))])
def test_an_empty_batch(target):
    x = np.zeros((0, 3), np.float32)
    assert_array_equal(cross_entropy(x, target), np.float32(nan))
    assert cross_entropy(x, target, reduction="sum") == 0
    assert cross_entropy(x, target, reduction="none").shape == (0,)
    loss, grad = cross_entropy_and_grad(x, target)
    assert np.isnan(loss)
    assert loss.dtype == grad.dtype == np.float32
    assert grad.shape == (0, 3)


@pytest.mark.parametrize("target", [np.zeros(0, int), np.zeros((0, 0))], ids=["labels", "floats"])
def test_no_rows_and_no_classes_with_smoothing(target):
    loss, grad = cross_entropy_and_grad(np.zeros((0, 0)), target, label_smoothing=0.1)
    assert np.isnan(loss)
    assert np.isnan(cross_entropy(np.zeros((0, 0)), target, label_smoothing=0.1))
    assert grad.shape == (0, 0)


def test_no_classes():
    assert cross_entropy(np.zeros((0, 0)), [], reduction="none").shape == (0,)
    with pytest.raises(IndexError, match="target must be 0 or above and below 0"):
        cross_entropy(np.zeros((2, 0)), [0, 0])
    with pytest.raises(ValueError, match="got a row with the sum 0"):
        cross_entropy(np.zeros((2, 0)), np.zeros((2, 0)))


# --- out ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", FLOATS)
def test_out_takes_the_gradient(dtype):
    x = np.array([Z, Z], dtype)
    expected = gradient(x, [0, 1])
    for out in [
        np.empty((2, 3), dtype),
        np.empty((3, 2), dtype).T,
        np.empty((2, 6), dtype)[:, ::2],
    ]:
        assert gradient(x, [0, 1], out=out) is out
        assert_array_equal(out, expected)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("axis", [0, 1, (0, 1)])
def test_out_may_be_the_logits_or_the_target(axis):
    x = np.random.default_rng(4).normal(size=(9, 8))
    y = softmax(2 * x, axis=axis)
    loss, expected = cross_entropy_and_grad(x, y, axis)
    for place in range(2):
        arrays = [x.copy(), y.copy()]
        got, out = cross_entropy_and_grad(*arrays, axis, out=arrays[place])
        assert out is arrays[place]
        assert got == loss
        assert_array_equal(out, expected)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("step", [-8, -1, 1, 8])
def test_out_may_overlap_the_logits_and_the_target(step):
    memory = np.random.default_rng(4).normal(size=100)
    x, out = (memory[i : i + 72].reshape(9, 8) for i in (10, 10 + step))
    labels = np.arange(9) % 8
    expected = gradient(x, labels)
    assert_array_equal(gradient(x, labels, out=out), expected)
    y, out = (memory[i : i + 72].reshape(9, 8) for i in (10, 10 + step))
    y[...] = softmax(np.cos(np.arange(72.0)).reshape(9, 8))
    z = np.sin(np.arange(72.0)).reshape(9, 8)
    expected = gradient(z, y)
    assert_array_equal(gradient(z, y, out=out), expected)


@pytest.mark.usefixtures("small_blocks")
def test_out_may_be_the_logits_turned():
    x = np.random.default_rng(4).normal(size=(8, 8))
    labels = np.arange(8)
    expected = gradient(x, labels)
    assert_array_equal(gradient(x, labels, out=x.T), expected)


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
def test_an_out_that_does_not_fit(out, error, message):
    with pytest.raises(error, match=whole(message)):
        gradient(Z, 1, out=out)


def test_a_bad_argument_leaves_out_alone():
    x = np.array([Z, Z])
    for target in [[0, 3], [[0.5, 0.5, 0], [0.5, 0, 0]]]:
        with pytest.raises((IndexError, ValueError)):
            gradient(x, target, out=x)
    assert_array_equal(x, [Z, Z])


# --- errors -------------------------------------------------------------------------------------

X = [Z, Z]


@pytest.mark.parametrize("function", LOSSES, ids=by_name)
@pytest.mark.parametrize(
    ("target", "error", "message"),
    [
        ([0, 3], IndexError, "target must be 0 or above and below 3, the number of classes, "
         "got 3"),
        ([-1, 0], IndexError, "target must be 0 or above and below 3, the number of classes, "
         "got -1"),
        ([0.0, 1.0], TypeError, "class labels must be integers, got target of dtype float64: pass "
         "numpy.asarray(target, dtype=int), or probabilities of shape (2, 3)"),
        ([True, False], TypeError, "target must hold class labels (integers) or probabilities "
         "(floats), got dtype bool: pass numpy.asarray(target, dtype=int)"),
        ([1j, 0], TypeError, "target must hold class labels (integers) or probabilities "
         "(floats), got dtype complex128: pass numpy.real(target).astype(int)"),
        (["0", "1"], TypeError, "target must hold class labels (integers) or probabilities "
         "(floats), got dtype <U1: pass numpy.asarray(target, dtype=int)"),
        (["b", "a"], TypeError, "target must hold class labels (integers) or probabilities "
         "(floats), got dtype <U1: pass numpy.unique(target, return_inverse=True)[1]"),
        ([None, "a", 1], TypeError, "target must hold class labels (integers) or probabilities "
         "(floats), got dtype object: leave out the rows that have no label"),
        ([[True, False, False], [False, True, False]], TypeError, "target must hold class labels "
         "(integers) or probabilities (floats), got dtype bool: pass numpy.asarray(target, "
         "dtype=float)"),
        ([0.0, nan], TypeError, "class labels must be integers, got target of dtype float64: leave "
         "out the rows that have no label. With keep = numpy.isfinite(numpy.asarray(target)) they "
         "are x[keep] and numpy.asarray(target)[keep].astype(int); or pass numpy.nan_to_num("
         "target, nan=-100).astype(int) and ignore_index=-100"),
        (np.ma.array([0, 1]), TypeError, "target is a masked array: pass target.filled(value)"),
        (np.eye(3, dtype=int)[:2], ValueError, "target holds integers in the shape of the logits, "
         "(2, 3): for probabilities pass numpy.asarray(target, dtype=float), for class labels an "
         "array of shape (2,)"),
        ([0, 1, 2], ValueError, "target of shape (3,) and dtype int64 does not fit for logits of "
         "shape (2, 3): class labels have shape (2,), probabilities (2, 3). With the classes along "
         "axis 0, pass axis=0"),
         ([0, 1, 2, 0], ValueError, "target of shape (4,) and dtype int64 does not fit for logits "
         "of shape (2, 3): class labels have shape (2,), probabilities (2, 3)"),
        (np.zeros((3, 2)), ValueError, "target of shape (3, 2) and dtype float64 does not fit for "
         "logits of shape (2, 3): class labels have shape (2,), probabilities (2, 3)"),
        (np.full((1, 3), 1 / 3), ValueError, "target of shape (1, 3) and dtype float64 does not "
         "fit for logits of shape (2, 3): class labels have shape (2,), probabilities (2, 3)"),
        ([[1, 0, 0], [1.5, -0.5, 0]], ValueError, "target must hold probabilities, 0 or above, "
         "got -0.5"),
        ([[1, 0, 0], [nan, 0.5, 0.5]], ValueError, "target must hold probabilities, 0 or above, "
         "got nan"),
        ([[1, 0, 0], [0.5, 0.4, 0]], ValueError, "target must sum to 1 along axis, got a row with "
         "the sum 0.9"),
        ([[1, 0, 0], [inf, 0, 0]], ValueError, "target must sum to 1 along axis, got a row with "
         "the sum inf"),
    ],
)  # fmt: skip
def test_a_target_that_does_not_fit(function, target, error, message):
    with pytest.raises(error, match=whole(message)):
        function(X, target)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("place", [(0, 0), (8, 7), (4, 4)])
def test_a_bad_probability_anywhere(axis, place):
    y = np.full((9, 8), 1 / (9 if axis == 0 else 8))
    y[place] += 0.01
    with pytest.raises(ValueError, match=re.escape("got a row with the sum 1.01")):
        cross_entropy(np.zeros((9, 8)), y, axis)
    y[place] = -y[place]
    with pytest.raises(ValueError, match=r"0 or above, got -0\.1"):
        cross_entropy(np.zeros((9, 8)), y, axis)


def test_shares_of_no_classes():
    text = "target must sum to 1 along axis, got a row with the sum 0 of no classes"
    with pytest.raises(ValueError, match=whole(text)):
        cross_entropy(np.zeros((2, 0)), np.zeros((2, 0)))


@pytest.mark.parametrize(
    ("dtype", "fits", "fails"),
    [(np.float16, 2e-2, 4e-2), (np.float32, 3e-4, 4e-4), (np.float64, 3e-4, 4e-4)],
)
def test_how_far_a_sum_may_be_from_one(dtype, fits, fails):
    for sign in [-1, 1]:
        cross_entropy([0.0, 0.0], np.array([0.5 + sign * fits, 0.5], dtype))
        with pytest.raises(ValueError, match="target must sum to 1 along axis, got a row with the"):
            cross_entropy([0.0, 0.0], np.array([0.5 + sign * fails, 0.5], dtype))
    long = np.full(70_000, 1 / 70_000, dtype)  # float16 would add up to 0.06
    assert_allclose(cross_entropy(np.zeros(70_000), long), np.log(70_000), rtol=2e-2)


def test_a_sum_that_is_not_quite_one_counts_as_it_is():
    y = np.array([0.3, 0.3, 0.4002])
    loss, grad = cross_entropy_and_grad(Z, y)
    assert_allclose(loss, -np.dot(y, log_softmax(Z)), rtol=1e-14)
    assert_allclose(grad, y.sum() * softmax(Z) - y, rtol=1e-12)


@pytest.mark.parametrize("function", LOSSES, ids=by_name)
@pytest.mark.parametrize(
    ("x", "message"),
    [
        (
            [1j],
            "must hold real numbers, got dtype complex128: pass numpy.real(logits) or "
            "numpy.abs(logits)",
        ),
        (
            [None],
            "must hold real numbers, got dtype object: pass numpy.asarray(logits, dtype=float)",
        ),
        (
            np.ma.zeros(1),
            "is a masked array: pass logits.filled(value), or logits.data with where=~logits.mask",
        ),
    ],
)
def test_logits_that_are_not_real_numbers(function, x, message):
    with pytest.raises(TypeError, match=whole(f"logits {message}")):
        function(x, 0)


@pytest.mark.parametrize("function", [*LOSSES, one_hot], ids=by_name)
def test_something_like_a_torch_tensor(function):
    tensor = type("Tensor", (), {"__module__": "torch"})()
    name = "labels" if function is one_hot else "target"
    arguments = [tensor, 3] if function is one_hot else [Z, tensor]
    message = f"{name} is a torch tensor: pass {name}.detach().numpy()"
    with pytest.raises(TypeError, match=whole(message)):
        function(*arguments)
    if function is not one_hot:
        with pytest.raises(TypeError, match=re.escape("logits is a torch tensor: pass logits.det")):
            function(tensor, 0)


@pytest.mark.parametrize("function", LOSSES, ids=by_name)
@pytest.mark.parametrize("reduction", ["average", "", None, True, "MEAN"])
def test_an_unknown_reduction(function, reduction):
    message = f"reduction must be 'none', 'mean' or 'sum', got {reduction!r}"
    with pytest.raises(ValueError, match=whole(message)):
        function(Z, 1, reduction=reduction)


@pytest.mark.parametrize("function", LOSSES, ids=by_name)
@pytest.mark.parametrize(
    ("smoothing", "error", "message"),
    [
        (1, ValueError, "label_smoothing must be 0 or above and below 1, got 1"),
        (-0.1, ValueError, "label_smoothing must be 0 or above and below 1, got -0.1"),
        (nan, ValueError, "label_smoothing must be 0 or above and below 1, got nan"),
        ("0.1", TypeError, "label_smoothing must be one real number, got '0.1'"),
        (None, TypeError, "label_smoothing must be one real number, got None"),
        ([0.1], TypeError, "label_smoothing must be one real number, got [0.1]"),
    ],
)
def test_a_smoothing_out_of_range(function, smoothing, error, message):
    with pytest.raises(error, match=whole(message)):
        function(Z, 1, label_smoothing=smoothing)


# --- memory -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["labels", "probabilities", "smoothed"])
@pytest.mark.parametrize("shape", [(100, 50_000), (500_000, 10)])
def test_little_memory_beyond_the_gradient(shape, kind):
    x = np.zeros(shape, np.float32)
    y = np.zeros(shape[0], np.int64)
    y = np.full_like(x, 1 / shape[1]) if kind == "probabilities" else y
    out = np.empty_like(x)
    smoothing = 0.1 * (kind == "smoothed")
    cross_entropy_and_grad(x, y, label_smoothing=smoothing, out=out)  # a loop compiles at first
    tracemalloc.start()
    try:
        cross_entropy_and_grad(x, y, label_smoothing=smoothing, out=out)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 0.4 * x.nbytes, f"{peak / x.nbytes:.2f}"


@pytest.mark.parametrize("function", [cross_entropy, cross_entropy_and_grad])
def test_an_error_names_the_axis(function):
    with pytest.raises(TypeError, match=r"^axis must be an integer or a tuple"):
        function([0.0, 1.0], 1, axis="x")
