"""Each error says what was passed and what would work."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from support.family import ACTIVATIONS, ELEMENTWISE, EVERYTHING, WITH_AXIS, Z, by_name, whole

from softmax_lessons import log_softmax, logsumexp, softmax

DATES = np.array(["2024-01-01", "2024-01-02"], "datetime64[D]")
STRINGS = "pass numpy.asarray(x, dtype=float)"


@pytest.mark.parametrize("function", EVERYTHING, ids=by_name)
@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([1 + 2j], "complex128: pass numpy.real(x) or numpy.abs(x)"),
        (np.array([1, 2], object), f"object: {STRINGS}"),
        ([10**30], f"object: {STRINGS}"),
        (None, f"object: {STRINGS}"),
        (["1", "2"], f"<U1: {STRINGS}"),
        ([b"1"], f"|S1: {STRINGS}"),
        (
            DATES,
            "datetime64[D]: pass numbers, such as numpy.subtract(x, numpy.min(x)) / "
            "numpy.timedelta64(1, 's')",
        ),
        (
            DATES - DATES,
            "timedelta64[D]: pass numbers, such as numpy.divide(x, numpy.timedelta64(1, 's'))",
        ),
        (
            np.zeros(2, "f4,f4"),
            "[('f0', '<f4'), ('f1', '<f4')]: pass "
            "numpy.lib.recfunctions.structured_to_unstructured(x)",
        ),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_what_is_not_an_array_of_real_numbers(function, x, message):
    message = f"x must hold real numbers, got dtype {message}"
    with pytest.raises(TypeError, match=whole(message)):
        function(x)


@pytest.mark.parametrize("function", EVERYTHING, ids=by_name)
def test_scores_with_a_mask_of_their_own(function):
    message = "x is a masked array: pass x.filled(value), or x.data with where=~x.mask"
    with pytest.raises(TypeError, match=whole(message)):
        function(np.ma.masked_invalid([1.0, np.nan]))


@pytest.mark.parametrize("function", EVERYTHING, ids=by_name)
def test_something_like_a_torch_tensor(function):
    # No torch needed: the module name of the class is what counts.
    tensor = type("Parameter", (type("Tensor", (), {"__module__": "torch"}),), {})()
    message = "x is a torch tensor: pass x.detach().numpy(), or use torch.softmax & co."
    with pytest.raises(TypeError, match=whole(message)):
        function(tensor)


@pytest.mark.parametrize("function", WITH_AXIS, ids=by_name)
@pytest.mark.parametrize("axis", [1.0, "0", "", (0, 0.5)])
def test_an_axis_that_is_no_integer(function, axis):
    message = f"axis must be an integer or a tuple of integers, got {axis!r}"
    with pytest.raises(TypeError, match=whole(message)):
        function([Z, Z], axis=axis)


@pytest.mark.parametrize("function", WITH_AXIS, ids=by_name)
def test_the_axis_of_scipy_gets_a_hint(function):
    message = (
        "axis must be an integer or a tuple of integers, got None: "
        "for the whole array pass tuple(range(x.ndim))"
    )
    with pytest.raises(TypeError, match=whole(message)):
        function([Z, Z], axis=None)


@pytest.mark.parametrize("function", WITH_AXIS, ids=by_name)
def test_an_axis_given_twice(function):
    with pytest.raises(ValueError, match="repeated axis"):
        function([Z, Z], axis=(1, -1))


@pytest.mark.parametrize("function", [softmax, log_softmax], ids=by_name)
@pytest.mark.parametrize(
    ("temperature", "message"),
    [
        (0, "temperature must be above 0, got 0: use hardmax, its limit"),
        (-0.0, "temperature must be above 0, got -0.0: use hardmax, its limit"),
        (-1.5, "temperature must be above 0, got -1.5"),
        (np.nan, "temperature must be above 0, got nan"),
        (-np.inf, "temperature must be above 0, got -inf"),
        (np.inf, "temperature must be finite, got inf: its limit is uniform, 1 / n each"),
        (10**400, f"temperature must be finite, got {10**400}: its limit is uniform, 1 / n each"),
    ],
)
def test_a_temperature_out_of_range(function, temperature, message):
    with pytest.raises(ValueError, match=whole(message)):
        function(Z, temperature=temperature)


@pytest.mark.parametrize("function", [softmax, log_softmax], ids=by_name)
@pytest.mark.parametrize("temperature", [[1.0], np.array(1.0), np.ones(3), 1j, "1", None])
def test_a_temperature_that_is_no_number(function, temperature):
    message = f"temperature must be one real number, got {temperature!r}"
    with pytest.raises(TypeError, match=whole(message)):
        function(Z, temperature=temperature)


@pytest.mark.parametrize("function", ACTIVATIONS, ids=by_name)
@pytest.mark.parametrize("where", [[1, 0, 1], [1.0, 0.0, 1.0], "yes", [None, True, True]])
def test_a_mask_that_is_not_boolean(function, where):
    dtype = np.asarray(where).dtype
    message = f"where must be boolean, got dtype {dtype}: pass a comparison"
    message += ", such as numpy.not_equal(where, 0)" if dtype.kind in "if" else ""
    with pytest.raises(TypeError, match=whole(message)):
        function(Z, where=where)


@pytest.mark.parametrize("function", ACTIVATIONS, ids=by_name)
def test_a_mask_with_a_mask_of_its_own(function):
    where = np.ma.array([True, True, True], mask=[False, True, False])
    with pytest.raises(TypeError, match=whole("where is a masked array: pass where.filled(False)")):
        function(Z, where=where)


@pytest.mark.parametrize("function", ACTIVATIONS, ids=by_name)
@pytest.mark.parametrize("shape", [(2,), (3, 1), (1, 2, 3)])
def test_a_mask_that_does_not_broadcast(function, shape):
    message = f"where of shape {shape} does not broadcast to the shape of x, (2, 3)"
    message += ": pass numpy.expand_dims(where, (1,))" if shape == (2,) else ""
    x = np.zeros((2, 3))
    with pytest.raises(ValueError, match=whole(message)):
        function(x, where=np.ones(shape, bool))
    if shape == (2,):
        assert_array_equal(function(x, where=np.expand_dims([True, True], (1,))), function(x))


OF_THE_SHAPE = [f for f in [*ELEMENTWISE, *ACTIVATIONS] if f is not logsumexp]


@pytest.mark.parametrize("function", OF_THE_SHAPE, ids=by_name)
@pytest.mark.parametrize(
    ("out", "error", "message"),
    [
        ([0.0] * 3, TypeError, "out must be a NumPy array, got list"),
        (np.ma.zeros(3), TypeError, "out must be a NumPy array, got MaskedArray"),
        (np.zeros(3, np.float32), TypeError, "out must have dtype float64, got float32"),
        (np.zeros(3, int), TypeError, "out must have dtype float64, got int64"),
        (np.zeros(4), ValueError, "out must have shape (3,), got (4,)"),
        (np.zeros((1, 3)), ValueError, "out must have shape (3,), got (1, 3)"),
        (np.broadcast_to(0.0, 3), ValueError, "out must be writable, got a read-only array"),
    ],
    ids=["list", "masked", "float32", "int", "longer", "deeper", "read-only"],
)
def test_an_out_that_does_not_fit(function, out, error, message):
    before = np.array(out)
    with pytest.raises(error, match=whole(message)):
        function(Z, out=out)
    assert_array_equal(out, before)


def test_float16_needs_a_float16_out():
    x = np.float16(Z)
    with pytest.raises(TypeError, match=whole("out must have dtype float16, got float32")):
        softmax(x, out=np.zeros(3, np.float32))


@pytest.mark.parametrize(
    ("keepdims", "out", "error", "message"),
    [
        (False, np.zeros(3), ValueError, "out must have shape (2,), got (3,)"),
        (False, np.zeros((2, 1)), ValueError, "out must have shape (2,), got (2, 1)"),
        (True, np.zeros(2), ValueError, "out must have shape (2, 1), got (2,)"),
        (False, np.zeros(2, np.float32), TypeError, "out must have dtype float64, got float32"),
        (False, [0.0, 0.0], TypeError, "out must be a NumPy array, got list"),
    ],
)
def test_an_out_of_logsumexp_that_does_not_fit(keepdims, out, error, message):
    with pytest.raises(error, match=whole(message)):
        logsumexp([Z, Z], keepdims=keepdims, out=out)
