"""Cross-entropy with classes that weigh differently, and with classes and rows left out."""

import itertools

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal
from support.exact import exact_log_softmax, largest_error
from support.family import FLOATS, Z, by_name, inf, nan, whole

from softmax_lessons import (
    _blockwise,
    check_grad,
    cross_entropy,
    cross_entropy_and_grad,
    log_softmax,
    one_hot,
    softmax,
)

LOSSES = [cross_entropy, cross_entropy_and_grad]
REDUCTIONS = ["none", "mean", "sum"]
X = np.array([Z, [0.0, 0.0, 0.0], [3.0, 2.0, 1.0], [-1.0, 0.5, 2.0]])
LABELS = np.array([1, 2, 0, 2])
ROWS = np.array([True, False, True, True])


def gradient(*args, **kwargs):
    return cross_entropy_and_grad(*args, **kwargs)[1]


@pytest.fixture
def small_blocks(monkeypatch):
    """Make blocks so small that a few rows need several."""
    monkeypatch.setattr(_blockwise, "BLOCK_BYTES", 64)
    monkeypatch.setattr(_blockwise, "SMALL_BYTES", 0)


def by_hand(x, y, mask, weight, smoothing):
    """Return the loss and the gradient of each row, row by row, without what is left out."""
    losses, grads = np.zeros(len(x)), np.zeros(x.shape)
    for i, (row, target, counts) in enumerate(zip(x, y, mask, strict=True)):
        if counts.any():
            z, t, w = row[counts], target[counts], weight[counts]
            t = w * ((1 - smoothing) * t + smoothing / counts.sum())
            losses[i] = -(t * log_softmax(z)).sum()
            grads[i, counts] = t.sum() * softmax(z) - t
    return losses, grads


# --- rows left out --------------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("smoothing", [0, 0.2])
@pytest.mark.parametrize("junk", [nan, inf, -inf, 1e308])
def test_a_row_left_out_is_as_if_it_were_not_there(reduction, smoothing, junk):
    arguments = {"reduction": reduction, "label_smoothing": smoothing}
    expected, slopes = cross_entropy_and_grad(X[ROWS], LABELS[ROWS], **arguments)
    x = np.where(ROWS[:, np.newaxis], X, junk)
    labels = np.where(ROWS, LABELS, -100)
    ways = [
        {"ignore_index": -100},
        {"where": ROWS[:, np.newaxis]},
        {"where": ROWS[:, np.newaxis], "ignore_index": -100},
        {"where": np.repeat(ROWS[:, np.newaxis], 3, axis=1)},
    ]
    for way in ways:
        loss, grad = cross_entropy_and_grad(x, labels, **arguments, **way)
        assert_array_equal(cross_entropy(x, labels, **arguments, **way), loss)
        assert_array_equal(loss[ROWS] if reduction == "none" else loss, expected)
        assert_array_equal(grad[ROWS], slopes)
        assert_array_equal(grad[~ROWS], [[0, 0, 0]])
        if reduction == "none":
            assert_array_equal(loss[~ROWS], [0])


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_a_row_of_probabilities_left_out(reduction):
    y = softmax(2 * X)
    expected, slopes = cross_entropy_and_grad(X[ROWS], y[ROWS], reduction=reduction)
    for junk in [nan, inf, -1, 0]:
        q = np.where(ROWS[:, np.newaxis], y, junk)
        where = ROWS[:, np.newaxis]
        loss, grad = cross_entropy_and_grad(X, q, where=where, reduction=reduction)
        assert_array_equal(loss[ROWS] if reduction == "none" else loss, expected)
        assert_array_equal(grad[ROWS], slopes)
        assert_array_equal(grad[~ROWS], [[0, 0, 0]])


@pytest.mark.parametrize("index", [-100, -1, 0, 2, 3, 255, 2**40, np.int8(-1)])
@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.int8])
def test_any_integer_is_a_label_to_ignore(index, dtype):
    if np.iinfo(dtype).min <= index <= np.iinfo(dtype).max:
        labels = LABELS.astype(dtype)
        labels[1] = index
        kept = labels != index
        expected = cross_entropy(X[kept], labels[kept])
        assert_array_equal(cross_entropy(X, labels, ignore_index=index), expected)
    else:
        labels = LABELS.astype(dtype)
        assert cross_entropy(X, labels, ignore_index=index) == cross_entropy(X, LABELS)


@pytest.mark.parametrize("weight", [None, [1.0, 2.0, 3.0]])
def test_all_rows_left_out(weight):
    ways = [{"ignore_index": -1}, {"where": False}, {"where": np.zeros((4, 1), bool)}]
    for way, smoothing in itertools.product(ways, [0, 0.1]):
        labels = np.full(4, -1)
        arguments = {"weight": weight, "label_smoothing": smoothing, **way}
        loss, grad = cross_entropy_and_grad(X, labels, **arguments)
        assert np.isnan(loss)
        assert_array_equal(grad, np.zeros((4, 3)))
        assert cross_entropy(X, labels, reduction="sum", **arguments) == 0
        assert_array_equal(cross_entropy(X, labels, reduction="none", **arguments), [0] * 4)


# --- classes left out -----------------------------------------------------------------------------


@pytest.mark.parametrize("junk", [nan, inf, -inf, 1e308])
@pytest.mark.parametrize("smoothing", [0, 0.3])
def test_a_class_left_out_is_as_if_it_were_not_there(junk, smoothing):
    mask = [True, False, True, True]
    wide = np.insert(X, 1, junk, axis=1)
    labels = np.where(LABELS > 0, LABELS + 1, 0)
    weight = np.array([1.0, 0.5, 2.0])
    for w in [None, weight]:
        arguments = {"label_smoothing": smoothing, "reduction": "none"}
        expected, slopes = cross_entropy_and_grad(X, LABELS, weight=w, **arguments)
        w4 = None if w is None else np.insert(w, 1, 1e6)
        loss, grad = cross_entropy_and_grad(wide, labels, weight=w4, where=mask, **arguments)
        assert_allclose(loss, expected, rtol=1e-15)
        assert_allclose(np.delete(grad, 1, axis=1), slopes, rtol=1e-14)
        assert_array_equal(grad[:, 1], [0] * 4)
        y, wide_y = one_hot(LABELS, 3), np.insert(one_hot(LABELS, 3), 1, 0, axis=1)
        expected, slopes = cross_entropy_and_grad(X, y, weight=w, **arguments)
        for hidden in [0, nan]:
            wide_y[:, 1] = hidden
            loss, grad = cross_entropy_and_grad(wide, wide_y, weight=w4, where=mask, **arguments)
            assert_allclose(loss, expected, rtol=1e-15)
            assert_allclose(np.delete(grad, 1, axis=1), slopes, rtol=1e-14)


def test_a_bad_row_has_a_gradient_of_nan_where_its_classes_count():
    x = [[nan, 0, 1], [0, 1, 2]]
    mask = [True, True, False]
    loss, grad = cross_entropy_and_grad(x, [0, 1], where=mask, reduction="none")
    assert_array_equal(np.isnan(loss), [True, False])
    assert_array_equal(grad[0], [nan, nan, 0])
    assert np.isfinite(grad[1]).all()


def test_minus_infinity_is_a_score_and_no_mask():
    # The class is there, and has the probability 0: to smooth a label over it costs infinitely.
    x = [0.0, 1.0, -inf]
    assert cross_entropy(x, 0, label_smoothing=0.1) == inf
    expected = cross_entropy([0.0, 1.0], 0, label_smoothing=0.1)
    got = cross_entropy(x, 0, label_smoothing=0.1, where=[True, True, False])
    assert_allclose(got, expected, rtol=1e-15)


eighths = st.integers(-240, 240).map(lambda k: k / 8)
matrices = hnp.arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=eighths)


@given(matrices, st.data(), st.sampled_from([0, 0.1, 0.9]), st.sampled_from(REDUCTIONS))
def test_it_is_what_one_gets_by_hand(x, data, smoothing, reduction):
    mask = data.draw(hnp.arrays(np.bool_, x.shape))
    weight = data.draw(hnp.arrays(np.float64, x.shape[1], elements=st.integers(1, 9).map(float)))
    y = np.where(mask, data.draw(hnp.arrays(np.float64, x.shape, elements=st.integers(1, 9))), 0)
    sums = y.sum(axis=1, keepdims=True)
    y = y / np.where(sums, sums, 1)
    labels = y.argmax(axis=1)
    kept = mask.any(axis=1)
    for target, q in [(y, y), (labels, one_hot(labels, x.shape[1]))]:
        losses, grads = by_hand(x, q, mask, weight, smoothing)
        total = kept.sum() if target is y else weight[labels][kept].sum()
        arguments = {"weight": weight, "where": mask, "label_smoothing": smoothing}
        loss, grad = cross_entropy_and_grad(x, target, reduction=reduction, **arguments)
        if reduction == "mean":
            expected = losses.sum() / total if total else nan
            grads = grads / max(total, 1e-300)
        else:
            expected = losses if reduction == "none" else losses.sum()
        assert_allclose(loss, expected, rtol=1e-12, atol=1e-13)
        assert_allclose(grad, grads, rtol=1e-11, atol=1e-13)
        assert_array_equal(cross_entropy(x, target, reduction=reduction, **arguments), loss)


@settings(max_examples=15)  # each takes hundreds of losses
@given(matrices, st.data(), st.sampled_from([0, 0.25]))
def test_the_gradient_is_the_slope_of_the_loss(x, data, smoothing):
    mask = data.draw(hnp.arrays(np.bool_, x.shape))
    mask[:, 0] |= ~mask.any(axis=1)
    labels = mask.argmax(axis=1)
    weight = data.draw(hnp.arrays(np.float64, x.shape[1], elements=st.floats(0.5, 4)))
    arguments = {"weight": weight, "where": mask, "label_smoothing": smoothing}
    report = check_grad(
        lambda z: cross_entropy(z, labels, **arguments),
        lambda z: gradient(z, labels, **arguments),
        x / 8,
    )
    assert report, str(report)


# --- weights --------------------------------------------------------------------------------------


def test_the_mean_of_labels_is_weighted_and_that_of_probabilities_is_not():
    weight = np.array([1.0, 2.0, 5.0])
    each = cross_entropy(X, LABELS, reduction="none")
    assert_allclose(
        cross_entropy(X, LABELS, weight=weight),
        np.average(each, weights=weight[LABELS]),
        rtol=1e-15,
    )
    got = cross_entropy(X, one_hot(LABELS, 3), weight=weight)
    assert_allclose(got, (weight[LABELS] * each).mean(), rtol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("gap", [10, 40, 90])
def test_a_sure_and_right_answer_keeps_its_digits_whatever_it_weighs(dtype, gap):
    x = np.array([0, gap, -1], dtype)
    w = dtype(0.3)
    rest = [mpmath.exp(-gap), mpmath.exp(-gap - 1)]
    loss, grad = cross_entropy_and_grad(x, 1, weight=[w] * 3, reduction="sum")
    assert largest_error(loss, float(w) * mpmath.log1p(sum(rest))) <= 4
    exact = [float(w) * e / (1 + sum(rest)) for e in (rest[0], -sum(rest), rest[1])]
    assert largest_error(grad, exact) <= 5


def test_a_label_that_weighs_nothing_adds_nothing():
    x = np.array([[nan, 0, 1], [0, 1, 2]])
    loss, grad = cross_entropy_and_grad(x, [0, 1], weight=[0, 1, 1])
    assert_array_equal(loss, cross_entropy(x[1], 1))
    assert_array_equal(grad[0], [0, 0, 0])
    assert np.isnan(cross_entropy(x, [0, 0], weight=[0, 1, 1]))
    assert np.isnan(cross_entropy([0, 1], 0, weight=[0, 1], label_smoothing=0.1))


@pytest.mark.parametrize("function", LOSSES, ids=by_name)
@pytest.mark.parametrize("target", [[0], [[0.5, 0.5]]], ids=["label", "probabilities"])
def test_weights_that_the_dtype_cannot_hold(function, target):
    large = "weight must be finite in float32, in which the loss of the logits is calculated, got "
    small = "weight must be 0 or above the smallest number in float32, in which the loss of the "
    small += "logits is calculated, got 1e-50: scale all weights"
    for dtype in [np.float16, np.float32]:
        x = np.array([[0, 1]], dtype)
        with pytest.raises(ValueError, match=whole(large + "1e+39")):
            function(x, target, weight=[1e39, 1])
        with pytest.raises(ValueError, match=whole(small)):
            function(x, target, weight=[0, 1e-50])
    for weight in [[1e39, 1], [1e-50, 1e-50]]:
        result = function(np.array([[0.0, 1.0]]), target, weight=weight)
        assert np.isfinite(result if function is cross_entropy else result[0])


@pytest.mark.parametrize("dtype", FLOATS)
def test_the_dtype_is_that_of_the_logits(dtype):
    for weight in [np.float64([1, 2, 3]), [1, 2, 3], np.float16([1, 2, 3])]:
        for target in [LABELS, one_hot(LABELS, 3)]:
            arguments = {"weight": weight, "where": [True] * 3, "label_smoothing": 0.1}
            loss, grad = cross_entropy_and_grad(X.astype(dtype), target, **arguments)
            assert loss.dtype == grad.dtype == dtype


# --- smoothing in longdouble ----------------------------------------------------------------------


@pytest.mark.parametrize("smoothing", [0.1, np.longdouble("0.1"), np.float32(0.1)])
def test_smoothing_is_calculated_as_it_came(smoothing):
    x = np.array([0.25, 1.25, -0.75], np.longdouble)
    s = mpmath.mpf(np.format_float_positional(np.longdouble(smoothing), 40, unique=False))
    logs = exact_log_softmax(x)
    exact = -mpmath.fsum(((1 - s) * (i == 1) + s / 3) * v for i, v in enumerate(logs))
    eps = np.finfo(np.longdouble).eps
    got = cross_entropy(x, 1, label_smoothing=smoothing)
    assert abs(got - np.longdouble(mpmath.nstr(exact, 30))) <= 4 * eps * float(exact)
    grad = gradient(x, 1, label_smoothing=smoothing)
    for i, v in enumerate(logs):
        slope = mpmath.exp(v) - ((1 - s) * (i == 1) + s / 3)
        error = abs(grad[i] - np.longdouble(mpmath.nstr(slope, 30)))
        assert error <= 4 * eps * float(mpmath.exp(v))


def test_nearly_all_of_a_label_smoothed_away():
    for dtype in [np.float32, np.float64]:
        x = np.array([0, 60], dtype)
        loss = cross_entropy(x, 0, label_smoothing=1 - 2.0**-50)
        assert_allclose(loss, 30 + 30 * 2.0**-50, rtol=2 * np.finfo(dtype).eps)


# --- a sum that overflows -------------------------------------------------------------------------


def test_a_sum_in_float16_is_added_in_more_and_said_if_it_overflows():
    x, labels = np.zeros((70_000, 3), np.float16), np.zeros(70_000, int)
    for function in LOSSES:
        with pytest.warns(RuntimeWarning, match="^the sum of the losses is too large for float16: "
                          "take the mean$") as caught:  # fmt: skip
            result = function(x, labels, reduction="sum")
        assert (result if function is cross_entropy else result[0]) == inf
        assert caught[0].filename == __file__
    assert cross_entropy(x, labels) == np.float16(np.log(3))
    fits = cross_entropy(x[:40_000], labels[:40_000], reduction="sum")
    assert fits == np.float16(40_000 * np.log(3))  # added in float16 it would stop at 4096


def test_a_sum_of_infinite_losses_is_infinite_without_a_word():
    x = np.array([[0, -inf], [0, 0]], np.float16)
    assert cross_entropy(x, [1, 1], reduction="sum") == inf
    assert cross_entropy(x, [1, 1]) == inf


def test_a_sum_beyond_float32_and_float64():
    for dtype in [np.float32, np.float64]:
        big = np.finfo(dtype).max
        x = np.array([[0, big], [0, big]], dtype)
        with pytest.warns(RuntimeWarning, match=f"too large for {np.dtype(dtype)}"):
            assert cross_entropy(x, [0, 0], reduction="sum") == inf


# --- axes, blocks, layouts ------------------------------------------------------------------------


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("shape", [(5,), (7, 5), (3, 7, 5), (2, 3, 4, 30)])
@pytest.mark.parametrize("kind", ["labels", "probabilities"])
def test_any_axes_and_many_blocks(shape, kind):
    random = np.random.default_rng(3)
    x, q = random.normal(0, 3, shape), random.random(shape)
    n = len(shape)
    for axis in [*range(-1, n), *itertools.combinations(range(n), 2), tuple(range(n))]:
        axes = tuple(sorted(a % n for a in (axis if isinstance(axis, tuple) else (axis,))))
        kept = tuple(i for i in range(n) if i not in axes)
        n_classes = int(np.prod([shape[i] for i in axes]))
        mask = random.random(shape) < 0.7

        def as_matrix(a, order=kept + axes, columns=n_classes):
            return a.transpose(order).reshape(-1, columns)

        y = np.where(mask, q, 0)
        sums = y.sum(axis=axes, keepdims=True)
        y = y / np.where(sums > 0, sums, 1)
        labels = as_matrix(y).argmax(axis=1)
        target = labels.reshape([shape[i] for i in kept]) if kind == "labels" else y
        matrix_target = labels if kind == "labels" else as_matrix(y)
        weight = random.random(n_classes) + 0.5
        arguments = {"weight": weight, "label_smoothing": 0.1}
        loss, grad = cross_entropy_and_grad(x, target, axis, where=mask, **arguments)
        expected, slopes = cross_entropy_and_grad(
            as_matrix(x), matrix_target, where=as_matrix(mask), **arguments
        )
        assert_allclose(loss, expected, rtol=1e-13)
        assert_allclose(as_matrix(grad), slopes, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("n", [2, 10, 16, 17, 300])
def test_the_same_bits_by_whichever_way_it_is_passed(n):
    random = np.random.default_rng(n)
    x, labels = random.normal(0, 5, (40, n)), np.arange(40) % n
    expected, slopes = cross_entropy_and_grad(x, labels, reduction="none")
    ways = [
        {"where": True},
        {"where": np.ones(n, bool)},
        {"where": np.ones((40, 1), bool).tolist()},
        {"ignore_index": -100},
        {"weight": np.ones(n)},
        {"weight": [1] * n, "label_smoothing": 0},
    ]
    for way in ways:
        loss, grad = cross_entropy_and_grad(x, labels, reduction="none", **way)
        assert_array_equal(loss, expected)
        assert_array_equal(grad, slopes)
    mask = random.random((40, n)) < 0.8
    mask[np.arange(40), labels] = True
    arguments = {"weight": random.random(n), "label_smoothing": 0.1, "reduction": "none"}
    loss, grad = cross_entropy_and_grad(x, labels, where=mask, **arguments)
    for i in (0, 39):
        alone = cross_entropy_and_grad(x[i].tolist(), labels[i], where=mask[i], **arguments)
        assert_array_equal(alone[0], loss[i])
        assert_array_equal(alone[1], grad[i])


@pytest.mark.parametrize("shape", [(9, 8), (400, 300)])
def test_out_with_weights_and_masks(shape):
    random = np.random.default_rng(4)
    x, labels = random.normal(size=shape), np.arange(shape[0]) % shape[1]
    mask = random.random(shape) < 0.9
    mask[np.arange(shape[0]), labels] = True
    arguments = {"where": mask, "weight": random.random(shape[1]), "label_smoothing": 0.1}
    loss, expected = cross_entropy_and_grad(x, labels, **arguments)
    got, out = cross_entropy_and_grad(x, labels, out=x, **arguments)
    assert out is x
    assert got == loss
    assert_array_equal(x, expected)
    memory = random.random(x.size)
    x = random.normal(size=shape)
    weight = memory[: shape[1]]
    expected = gradient(x, labels, weight=weight.copy())
    assert_array_equal(gradient(x, labels, weight=weight, out=memory.reshape(shape)), expected)


def test_nothing_changes_its_input():
    x, y, w, mask = X.copy(), one_hot(LABELS, 3), np.array([1.0, 2.0, 3.0]), X < 2.5
    mask[np.arange(4), LABELS] = True
    before = x.copy(), y.copy(), w.copy(), mask.copy()
    cross_entropy_and_grad(x, y, weight=w, where=mask, label_smoothing=0.1)
    cross_entropy_and_grad(x, LABELS, weight=w, where=mask, ignore_index=0)
    for now, then in zip((x, y, w, mask), before, strict=True):
        assert_array_equal(now, then)


# --- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", LOSSES, ids=by_name)
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"where": [True, True, False]}, ValueError, "target has the label 2 in a row where that "
         "class is left out: let the class count there, or leave the whole row out"),
        ({"weight": [1, 2]}, ValueError, "weight must have one entry for each class, shape (3,), "
         "got shape (2,)"),
        ({"weight": 1}, ValueError, "weight must have one entry for each class, shape (3,), "
         "got shape ()"),
        ({"weight": np.ones((4, 3))}, ValueError, "weight must have one entry for each class, "
         "shape (3,), got shape (4, 3)"),
        ({"weight": [1, -1, 1]}, ValueError, "weight must hold finite numbers, 0 or above, "
         "got -1.0"),
        ({"weight": [1, nan, 1]}, ValueError, "weight must hold finite numbers, 0 or above, "
         "got nan"),
        ({"weight": [1, inf, 1]}, ValueError, "weight must hold finite numbers, 0 or above, "
         "got inf"),
        ({"weight": [1j] * 3}, TypeError, "weight must hold real numbers, got dtype complex128: "
         "pass numpy.real(weight) or numpy.abs(weight)"),
        ({"ignore_index": 1.0}, TypeError, "ignore_index must be an integer, got 1.0"),
        ({"ignore_index": "1"}, TypeError, "ignore_index must be an integer, got '1'"),
        ({"where": [1, 0, 1]}, TypeError, "where must be boolean, got dtype int64: pass a "
         "comparison, such as numpy.not_equal(where, 0)"),
        ({"where": ROWS}, ValueError, "where of shape (4,) does not broadcast to the shape of the "
         "logits, (4, 3): pass numpy.expand_dims(where, (1,))"),
    ],
)  # fmt: skip
def test_an_argument_that_does_not_fit(function, arguments, error, message):
    with pytest.raises(error, match=whole(message)):
        function(X, LABELS, **arguments)


@pytest.mark.parametrize("function", LOSSES, ids=by_name)
def test_probabilities_where_a_class_is_left_out(function):
    y = np.full((4, 3), 1 / 3)
    message = "target has a probability of 0.25 at a class that where leaves out: pass 0 there"
    mask = np.array([True, True, False])
    with pytest.raises(ValueError, match=whole(message)):
        function(X, np.full((4, 3), [0.5, 0.25, 0.25]), where=mask)
    with pytest.raises(ValueError, match="target must sum to 1 along axis, got a row with the sum"):
        function(X, np.where(mask, y, 0), where=mask)
    message = (
        "ignore_index goes with class labels, but target holds floats: leave rows of "
        "probabilities out with where"
    )
    with pytest.raises(ValueError, match=whole(message)):
        function(X, y, ignore_index=-100)


@pytest.mark.parametrize("function", LOSSES, ids=by_name)
def test_labels_that_count_are_checked(function):
    with pytest.raises(IndexError, match="below 3, the number of classes, got -100"):
        function(X, [0, 1, 2, -100], ignore_index=-1)
    with pytest.raises(IndexError, match="below 3, the number of classes, got 7"):
        function(X, [0, 7, 7, 0], where=[[True], [False], [True], [True]])
    with pytest.raises(TypeError, match="target must hold class labels"):
        function(X, ["0"] * 4, ignore_index=0)
    with pytest.raises(ValueError, match="does not fit for logits"):
        function(X, [0, 1], ignore_index=0)
    message = "class labels must be integers, got target of dtype float64"
    with pytest.raises(TypeError, match=message):  # ignore_index is what its advice needs
        function(X, [0, nan, 2, 1], ignore_index=-100)


@pytest.mark.parametrize("axis", [0, (0, 1)])
def test_the_label_of_a_class_left_out_along_any_axis(axis):
    x = np.zeros((3, 2))
    mask = np.array([[True, True], [False, True], [True, True]])
    label = [1, 0] if axis == 0 else 2  # both say row 1, column 0
    message = f"target has the label {1 if axis == 0 else 2} in a row where that class is left out"
    with pytest.raises(ValueError, match=message):
        cross_entropy(x, label, axis, where=mask)
    good = [0, 1] if axis == 0 else 3
    assert np.isfinite(cross_entropy(x, good, axis, where=mask))
