"""The loss of yes-or-no questions and its gradient."""

import re

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal
from support.exact import largest_error
from support.family import FLOATS, Z, by_name, inf, nan, whole

from softmax_lessons import (
    _blockwise,
    binary_cross_entropy,
    binary_cross_entropy_and_grad,
    check_grad,
    cross_entropy,
    cross_entropy_and_grad,
    log_sigmoid,
    losses,
    one_hot,
    sigmoid,
)

LOSSES = [binary_cross_entropy, binary_cross_entropy_and_grad]
Y = [0.0, 1.0, 0.25]


def loss_of(function, *args, **kwargs):
    result = function(*args, **kwargs)
    return result if function is binary_cross_entropy else result[0]


def gradient(*args, **kwargs):
    return binary_cross_entropy_and_grad(*args, **kwargs)[1]


# --- what it is -----------------------------------------------------------------------------------


@pytest.mark.parametrize("function", LOSSES, ids=by_name)
def test_the_running_example(function):
    p, y = sigmoid(Z), np.array(Y)
    each = -(y * np.log(p) + (1 - y) * np.log(1 - p))
    assert_allclose(loss_of(function, Z, Y, reduction="none"), each, rtol=1e-14)
    assert_allclose(loss_of(function, Z, Y, reduction="sum"), each.sum(), rtol=1e-14)
    assert_allclose(loss_of(function, Z, Y), each.mean(), rtol=1e-14)
    assert_allclose(gradient(Z, Y, reduction="none"), p - y, rtol=1e-14)
    assert_allclose(gradient(Z, Y), (p - y) / 3, rtol=1e-14)


def test_weights():
    p, y = sigmoid(Z), np.array(Y)
    w, pos = np.array([1.0, 0.5, 2.0]), 3.0
    each = -w * (pos * y * np.log(p) + (1 - y) * np.log(1 - p))
    loss, grad = binary_cross_entropy_and_grad(Z, Y, weight=w, pos_weight=pos)
    assert_allclose(loss, each.mean(), rtol=1e-14)  # by the number of entries, whatever they weigh
    assert_allclose(grad, w * ((1 - y) * p - pos * y * (1 - p)) / 3, rtol=1e-14)


def test_weights_broadcast_as_columns_and_as_rows():
    z, y = np.array([Z, Z]), np.array([Y, Y])
    each = binary_cross_entropy(z, y, reduction="none")
    for w in [np.array([1.0, 2.0, 3.0]), np.array([[2.0], [5.0]]), 3, np.full((2, 3), 0.5)]:
        got = binary_cross_entropy(z, y, weight=w, reduction="none")
        assert_allclose(got, w * each, rtol=1e-15)


eighths = st.integers(-240, 240).map(lambda k: k / 8)
matrices = hnp.arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=eighths)


@given(matrices, st.data(), st.sampled_from(["none", "mean", "sum"]))
def test_it_is_the_cross_entropy_of_two_classes(z, data, reduction):
    y = data.draw(hnp.arrays(np.float64, z.shape, elements=st.integers(0, 8).map(lambda k: k / 8)))
    two, target = np.stack([np.zeros_like(z), z], axis=-1), np.stack([1 - y, y], axis=-1)
    expected, slopes = cross_entropy_and_grad(two, target, reduction=reduction)
    loss, grad = binary_cross_entropy_and_grad(z, y, reduction=reduction)
    assert_allclose(loss, expected, rtol=1e-13)
    assert_allclose(grad, slopes[..., 1], rtol=1e-12, atol=1e-15)
    assert_array_equal(binary_cross_entropy(z, y, reduction=reduction), loss)


@given(matrices, st.data())
def test_yes_and_no_are_mirror_images(z, data):
    y = data.draw(hnp.arrays(np.bool_, z.shape))
    loss, grad = binary_cross_entropy_and_grad(z, y, reduction="none")
    other, mirrored = binary_cross_entropy_and_grad(-z, ~y, reduction="none")
    assert_array_equal(loss, other)
    assert_array_equal(grad, -mirrored)


@settings(max_examples=15)  # each takes hundreds of losses
@given(matrices, st.data())
def test_the_gradient_is_the_slope_of_the_loss(z, data):
    y = data.draw(hnp.arrays(np.float64, z.shape, elements=st.floats(0, 1)))
    w = data.draw(hnp.arrays(np.float64, z.shape[1], elements=st.floats(0.5, 4)))
    near = z / 8
    report = check_grad(
        lambda x: binary_cross_entropy(x, y, pos_weight=w, weight=w[::-1]),
        lambda x: gradient(x, y, pos_weight=w, weight=w[::-1]),
        near,
    )
    assert report, str(report)


# --- accuracy -------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_error_of_the_loss_and_the_gradient(dtype):
    far = {np.float16: 17, np.float32: 100, np.float64: 740}[dtype]
    x = np.linspace(-far, far, 401).astype(dtype)
    exact = [mpmath.mpf(float(v)) for v in x]
    bound = 0.51 if dtype == np.float16 else 4
    for answer, sign in [(0, 1), (1, -1)]:
        y = np.full(x.shape, answer)
        loss, grad = binary_cross_entropy_and_grad(x, y, reduction="none")
        assert largest_error(loss, [mpmath.log1p(mpmath.exp(sign * v)) for v in exact]) <= bound
        slopes = [sign / (1 + mpmath.exp(-sign * v)) for v in exact]
        assert largest_error(grad, slopes) <= bound


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_error_for_answers_in_between(dtype):
    x = np.linspace(-60, 60, 241).astype(dtype)
    y = np.random.default_rng(0).random(241).astype(dtype)
    loss = binary_cross_entropy(x, y, reduction="none", pos_weight=2.5)
    exact = []
    for v, t in zip(x, y, strict=True):
        z, t = mpmath.mpf(float(v)), mpmath.mpf(float(t))
        yes, no = mpmath.log1p(mpmath.exp(-z)), mpmath.log1p(mpmath.exp(z))
        exact.append(2.5 * t * yes + (1 - t) * no)
    assert largest_error(loss, exact) <= 6


def test_longdouble_keeps_its_digits():
    x = np.array([-11000, -0.5, 40], np.longdouble)
    loss = binary_cross_entropy(x, [0, 1, 1], reduction="none")
    assert_array_equal(loss, [-log_sigmoid(-x)[0], *-log_sigmoid(x)[1:]])
    assert loss.dtype == np.longdouble
    assert loss[0] > 0


# --- edges ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("x", "y", "loss", "grad"),
    [
        (inf, 1, 0, 0),
        (inf, 0, inf, 1),
        (inf, 0.5, inf, 0.5),
        (-inf, 0, 0, 0),
        (-inf, 1, inf, -1),
        (nan, 1, nan, nan),
        (nan, 0, nan, nan),
        (nan, 0.5, nan, nan),
    ],
)
def test_infinite_and_missing_scores(dtype, x, y, loss, grad):
    got, slopes = binary_cross_entropy_and_grad(np.array([x, 0], dtype), [y, 1], reduction="none")
    assert_array_equal(got[0], loss)
    assert_array_equal(slopes[0], grad)
    assert_allclose(got[1], np.log(2), rtol=1e-3)


def test_what_weighs_nothing_adds_nothing():
    x, y = [nan, inf, 0.0], [1, 0, 1]
    loss, grad = binary_cross_entropy_and_grad(x, y, weight=[0, 0, 3], reduction="sum")
    assert_allclose(loss, 3 * np.log(2), rtol=1e-15)
    assert_array_equal(grad, [0, 0, -1.5])
    assert binary_cross_entropy([-inf], [1], pos_weight=0) == 0


@pytest.mark.parametrize("dtype", FLOATS)
def test_floats_come_back_as_they_went_in(dtype):
    for y in [[0, 1, 1], [True, False, True], np.float64(Y), np.float16(Y)]:
        loss, grad = binary_cross_entropy_and_grad(np.array(Z, dtype), y, weight=np.float64(2))
        assert loss.dtype == grad.dtype == dtype


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint8, np.uint64])
def test_integer_logits_become_float64(dtype):
    x = np.array([1, 0, 1], dtype)
    loss, grad = binary_cross_entropy_and_grad(x, [0, 1, 1])
    assert loss.dtype == grad.dtype == np.float64
    assert_array_equal(grad, gradient(x.astype(float), [0, 1, 1]))


def test_unsigned_answers_do_not_wrap_around():
    for dtype in [np.uint8, np.uint64, np.int8, bool]:
        assert binary_cross_entropy(Z, np.array([0, 1, 1], dtype)) == binary_cross_entropy(
            Z, [0, 1, 1]
        )


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_nothing(shape):
    x = np.zeros(shape, np.float32)
    assert_array_equal(binary_cross_entropy(x, x), np.float32(nan))
    assert binary_cross_entropy(x, x, reduction="sum") == 0
    assert binary_cross_entropy(x, x, reduction="none").shape == shape
    assert gradient(x, x).shape == shape


def test_one_number_gives_a_numpy_scalar():
    for reduction in ["none", "mean", "sum"]:
        assert type(binary_cross_entropy(0.5, 1, reduction=reduction)) is np.float64
        assert type(binary_cross_entropy(np.float16(0.5), 1, reduction=reduction)) is np.float16


def test_no_warning_even_where_the_caller_asks_for_errors():
    x, y = [1e308, -1e308, inf, -inf, nan, 1e-310], [0, 1, 0.5, 1, 0, 1]
    expected = binary_cross_entropy_and_grad(x, y, pos_weight=1e308)
    with np.errstate(all="raise"):
        got = binary_cross_entropy_and_grad(x, y, pos_weight=1e308)
        assert_array_equal(binary_cross_entropy(x, y, pos_weight=1e308), got[0])
    assert_array_equal(got[1], expected[1])


def test_a_sum_that_overflows_is_said():
    x, y = np.zeros(100_000, np.float16), np.ones(100_000)
    with pytest.warns(RuntimeWarning, match="too large for float16: take the mean") as caught:
        assert binary_cross_entropy(x, y, reduction="sum") == inf
    assert caught[0].filename == __file__
    assert binary_cross_entropy(x, y) == np.float16(np.log(2))


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_a_loss_beyond_its_dtype_is_infinite_without_a_word(reduction):
    for function in (binary_cross_entropy, binary_cross_entropy_and_grad):
        result = function(np.float16([5]), [0], weight=1e6, reduction=reduction)
        assert np.isinf(result if function is binary_cross_entropy else result[0])


@pytest.mark.parametrize("name", ["weight", "pos_weight"])
def test_a_weight_too_large_for_the_dtype(name):
    for x in [np.float32([0]), np.float16([0])]:
        with pytest.raises(ValueError, match=f"^{name} must be finite in float32, .*, got 1e.39$"):
            binary_cross_entropy(x, [1], **{name: 1e39})
        assert binary_cross_entropy(x, [1], **{name: 1e-50}) == 0
    assert binary_cross_entropy([0.0], [1], **{name: 1e39}) == 1e39 * np.log(2)


# --- blocks, layouts, out -------------------------------------------------------------------------


@pytest.mark.parametrize("small", [False, True])
def test_a_row_gives_the_same_bits_alone_and_in_a_batch(small, monkeypatch):
    if small:
        monkeypatch.setattr(_blockwise, "BLOCK_BYTES", 64)
        monkeypatch.setattr(_blockwise, "SMALL_BYTES", 0)
    random = np.random.default_rng(1)
    x, y = random.normal(0, 5, (40, 30)), random.random((40, 30))
    w = random.random(30)
    loss, grad = binary_cross_entropy_and_grad(x, y, weight=w, pos_weight=w, reduction="none")
    for i in (0, 39):
        arguments = {"weight": w.tolist(), "pos_weight": w, "reduction": "none"}
        alone = binary_cross_entropy_and_grad(x[i].tolist(), y[i].tolist(), **arguments)
        assert_array_equal(alone[0], loss[i])
        assert_array_equal(alone[1], grad[i])
    turned = np.asfortranarray(x)
    assert_array_equal(gradient(turned, y, weight=w, pos_weight=w, reduction="none"), grad)


@pytest.mark.parametrize("shape", [(9, 8), (300, 400)])
def test_out_may_be_an_argument_or_overlap_it(shape):
    random = np.random.default_rng(2)
    x, y = random.normal(size=shape), random.random(shape)
    loss, expected = binary_cross_entropy_and_grad(x, y)
    for place in range(2):
        arrays = [x.copy(), y.copy()]
        got, out = binary_cross_entropy_and_grad(*arrays, out=arrays[place])
        assert out is arrays[place]
        assert got == loss
        assert_array_equal(out, expected)
    memory = np.empty(x.size + 7)
    inside = memory[7:].reshape(shape)
    inside[...] = x
    assert_array_equal(gradient(inside, y, out=memory[:-7].reshape(shape)), expected)
    inside = memory[7:].reshape(shape)
    inside[...] = random.random(shape)
    w = inside[0]  # the weights lie in what is written to
    expected = gradient(x, y, weight=w.copy(), pos_weight=w.copy())
    assert_array_equal(gradient(x, y, weight=w, pos_weight=w, out=inside), expected)


@pytest.mark.parametrize("dtype", FLOATS)
def test_out_takes_the_gradient(dtype):
    x = np.array([Z, Z], dtype)
    expected = gradient(x, [Y, Y])
    for out in [np.empty((2, 3), dtype), np.empty((3, 2), dtype).T]:
        assert gradient(x, [Y, Y], out=out) is out
        assert_array_equal(out, expected)


def test_nothing_changes_its_input():
    x, y, w = np.array(Z), np.array(Y), np.array([1.0, 2.0, 3.0])
    before = x.copy(), y.copy(), w.copy()
    binary_cross_entropy_and_grad(x, y, weight=w, pos_weight=w)
    for now, then in zip((x, y, w), before, strict=True):
        assert_array_equal(now, then)


# --- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", LOSSES, ids=by_name)
@pytest.mark.parametrize(
    ("target", "error", "message"),
    [
        ([0, 1], ValueError, "target must have the shape of the logits, (3,), got (2,)"),
        ([[0], [1], [1]], ValueError, "target must have the shape of the logits, (3,), got (3, 1): "
         "pass numpy.reshape(target, (3,))"),
        (1, ValueError, "target must have the shape of the logits, (3,), got (): for class labels "
         "use cross_entropy, or pass one_hot(target, 3)"),
        ([-1, 1, 1], ValueError, "target must hold numbers from 0 (no) to 1 (yes), got -1: pass "
         "numpy.greater(target, 0) if those above 0 are yes"),
        ([0, 2, 1], ValueError, "target must hold numbers from 0 (no) to 1 (yes), got 2: pass "
         "numpy.greater(target, 0) if those above 0 are yes"),
        ([0, nan, 1], ValueError, "target must hold numbers from 0 (no) to 1 (yes), got nan: with "
         "keep = numpy.isfinite(numpy.asarray(target)) the others are "
         "numpy.asarray(logits)[keep] and numpy.asarray(target)[keep]"),
        (["no", "no", "yes"], TypeError, "target must hold numbers from 0 (no) to 1 (yes), got "
         "dtype <U3: pass booleans, such as numpy.equal(target, 'yes')"),
        ([None] * 3, TypeError, "target must hold numbers from 0 (no) to 1 (yes), got dtype "
         "object: pass booleans"),
        (np.ma.zeros(3), TypeError, "target is a masked array: pass target.filled(value)"),
    ],
)  # fmt: skip
def test_a_target_that_does_not_fit(function, target, error, message):
    with pytest.raises(error, match=whole(message)):
        function(Z, target)


@pytest.mark.parametrize("function", LOSSES, ids=by_name)
@pytest.mark.parametrize("name", ["weight", "pos_weight"])
@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ([1.0, -1.0, 1.0], ValueError, "must hold finite numbers, 0 or above, got -1.0"),
        ([1.0, nan, 1.0], ValueError, "must hold finite numbers, 0 or above, got nan"),
        (inf, ValueError, "must hold finite numbers, 0 or above, got inf"),
        ([1.0, 2.0], ValueError,
         "of shape (2,) does not broadcast to the shape of the logits, (3,)"),
        (np.ones((2, 3)), ValueError,
         "of shape (2, 3) does not broadcast to the shape of the logits, (3,)"),
        (1j, TypeError,
         "must hold real numbers, got dtype complex128: pass numpy.real({name}) or "
         "numpy.abs({name})"),
    ],
)  # fmt: skip
def test_weights_that_do_not_fit(function, name, value, error, message):
    message = f"{name} {message.format(name=name)}"
    with pytest.raises(error, match=whole(message)):
        function(Z, Y, **{name: value})


@pytest.mark.parametrize("function", LOSSES, ids=by_name)
def test_other_arguments(function):
    message = "reduction must be 'none', 'mean' or 'sum', got 'average'"
    with pytest.raises(ValueError, match=whole(message)):
        function(Z, Y, reduction="average")
    with pytest.raises(TypeError, match="logits must hold real numbers, got dtype complex128"):
        function([1j], [1])
    tensor = type("Tensor", (), {"__module__": "torch"})()
    with pytest.raises(TypeError, match="target is a torch tensor"):
        function(Z, tensor)


@pytest.mark.parametrize(
    ("out", "error", "message"),
    [
        ([0.0] * 3, TypeError, "out must be a NumPy array, got list"),
        (np.zeros(3, np.float32), TypeError, "out must have dtype float64, got float32"),
        (np.zeros(4), ValueError, "out must have shape (3,), got (4,)"),
    ],
)
def test_an_out_that_does_not_fit(out, error, message):
    with pytest.raises(error, match=whole(message)):
        gradient(Z, Y, out=out)


def test_the_loss_of_one_question_is_that_of_its_label():
    for label in (0, 1):
        expected = cross_entropy([0.0, 1.23], label)
        assert_allclose(binary_cross_entropy(1.23, label), expected, rtol=1e-15)


@pytest.mark.parametrize(
    ("target", "advice"),
    [
        ([[0], [1], [1]], "numpy.reshape(target, (3,))"),
        ([-1, 1, 1], "numpy.greater(target, 0)"),
        (["no", "yes", "yes"], "numpy.equal(target, 'yes')"),
    ],
)
def test_whoever_follows_the_advice_succeeds(target, advice):
    with pytest.raises((TypeError, ValueError)) as caught:
        binary_cross_entropy(Z, target)
    assert advice in str(caught.value)
    followed = eval(advice, {"numpy": np, "target": target})
    assert binary_cross_entropy(Z, followed) == binary_cross_entropy(Z, [0, 1, 1])


def test_the_advice_on_missing_answers_and_on_class_labels():
    target, logits = [0, nan, 1], Z
    keep = np.isfinite(target)
    got = binary_cross_entropy(np.asarray(logits)[keep], np.asarray(target)[keep])
    assert_allclose(got, binary_cross_entropy([Z[0], Z[2]], [0, 1]), rtol=1e-15)
    labels = [2, 0, 1, 1]
    message = "for class labels use cross_entropy, or pass one_hot(target, 3)"
    with pytest.raises(ValueError, match=re.escape(message)):
        binary_cross_entropy(np.zeros((4, 3)), labels)
    assert np.isfinite(binary_cross_entropy(np.zeros((4, 3)), one_hot(labels, 3)))


def test_the_kernel_alone_gives_the_gradient_of_each_entry():
    x, y = np.array(Z), np.array(Y)
    loss, grad = losses.binary_cross_entropy_and_grad_kernel(x, y, np.array(1.0), np.array(1.0))
    assert_allclose(loss, binary_cross_entropy(Z, Y, reduction="none"))
    assert_allclose(grad, sigmoid(x) - y)
