"""What `_numerics` promises beside numbers: which way is taken, where a result goes, of what dtype.

No result of a public function would show most of this, but its time and its memory would.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from support.family import whole

from softmax_lessons import _numerics, activations, log_softmax, logsumexp, sigmoid, softmax
from softmax_lessons._numerics import SMALL, TILE

X = np.arange(6.0).reshape(2, 3)
LARGEST = np.zeros(SMALL // 8)


class Subclass(np.ndarray):
    """An array that says so."""


def read_only(a):
    a = a.copy()
    a.flags.writeable = False
    return a


# --- the short way -----------------------------------------------------------------------------


@pytest.mark.parametrize("x", [X, X.astype(np.float32), X.T, LARGEST])
def test_small_arrays_go_the_short_way(x):
    for axis in range(-x.ndim, x.ndim):
        assert _numerics.is_small(x, axis, 1.0, None, None)
    assert _numerics.is_small(x, -1, 1.0, None, np.empty_like(x))


@pytest.mark.parametrize(
    "changed",
    [
        {"x": X.tolist()},
        {"x": X.view(Subclass)},
        {"x": X.astype(int)},
        {"x": X.astype(np.float16)},
        {"x": X.astype(X.dtype.newbyteorder())},
        {"x": X[:0]},
        {"x": np.zeros(LARGEST.size + 1)},
        {"axis": 2},
        {"axis": -3},
        {"axis": (0,)},
        {"axis": np.int64(0)},
        {"temperature": 2.0},
        {"temperature": 1},
        {"temperature": np.float64(1)},
        {"where": True},
        {"out": X.tolist()},
        {"out": np.zeros((3, 2))},
    ],
    ids=str,
)
def test_all_others_go_the_long_way(changed):
    plain = {"x": X, "axis": -1, "temperature": 1.0, "where": None, "out": None}
    assert not _numerics.is_small(**plain | changed)


@pytest.mark.parametrize("function", [softmax, log_softmax, logsumexp])
def test_the_public_functions_take_the_short_way(function, monkeypatch):
    name, taken = f"small_{function.__name__}", []
    short = getattr(activations, name)
    monkeypatch.setattr(activations, name, lambda *a: taken.append(a) or short(*a))
    function(X)
    function(X, axis=0)
    assert len(taken) == 2
    function(X.tolist())
    assert len(taken) == 2


@pytest.mark.parametrize(
    ("out", "does"),
    [
        (np.empty((2, 3)), True),
        (np.empty((3, 2)), False),
        (np.empty((2, 3), np.float32), False),
        (np.empty((2, 3)).view(Subclass), False),
        (read_only(X), False),
        (X.tolist(), False),
    ],
    ids=["alike", "shape", "dtype", "subclass", "read-only", "list"],
)
def test_what_a_result_fits_into(out, does):
    assert _numerics.fits(out, X) == does


def test_a_small_array_does_not_get_past_the_check_of_out():
    with pytest.raises(TypeError, match=whole("out must have dtype float64, got float32")):
        softmax(X, out=np.empty((2, 3), np.float32))


@pytest.mark.parametrize("shape", [(40, 3), (3, 40), (40, 20)])
@pytest.mark.parametrize("axis", [0, 1])
def test_small_results_lie_in_memory_in_order(shape, axis):
    x = np.arange(float(np.prod(shape))).reshape(shape)
    for function in (softmax, log_softmax):
        assert function(x, axis=axis).flags.c_contiguous


# --- arguments and results ---------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
def test_floats_to_calculate_with_are_not_copied(dtype):
    x = X.astype(dtype)
    assert _numerics.as_floats(x)[0] is x


def test_data_of_no_known_kind():
    text = "x must hold real numbers, got dtype |V4: pass an array of floats"
    with pytest.raises(TypeError, match=whole(text)):
        softmax(np.zeros(2, "V4"))


@pytest.mark.parametrize(
    ("axes", "are"),
    [
        ((), True), ((2,), True), ((0, 1), True), ((1, 2), True), ((2, 3, 4), True),
        ((0, 2), False), ((0, 1, 3), False), ((0, 2, 3), False),
    ],
)  # fmt: skip
def test_which_axes_are_neighbours(axes, are):
    assert _numerics.are_neighbours(axes) == are


def test_the_same_memory_seen_in_the_same_way():
    assert _numerics.is_same(X, X)
    assert _numerics.is_same(X, X[:])
    assert not _numerics.is_same(X, X.copy())
    assert not _numerics.is_same(X, X[:1])
    assert not _numerics.is_same(X, X[::-1])
    assert not _numerics.is_same(X, X.view(np.int64))


def test_room_is_in_out_where_no_tile_can_spoil_another():
    memory = np.zeros(40)
    out, shifted = memory[:36].reshape(6, 6), memory[1:37].reshape(6, 6)
    for source in (np.zeros((6, 6)), out, out[:]):
        assert _numerics.room((6, 6), out.dtype, (1,), out, source) is out
    for source in (shifted, out[::-1], out.T):
        place = _numerics.room((6, 6), out.dtype, (1,), out, source)
        assert not np.may_share_memory(place, out)
    # What cannot be looked at as lines is not written to line by line.
    place = _numerics.room((3, 4, 2), out.dtype, (0, 1), np.zeros((2, 4, 3)).T)
    assert place.flags.c_contiguous


@pytest.mark.parametrize("axes", [(1,), (0, 2)])
def test_room_has_the_dtype_of_the_result(axes):
    room = _numerics.room((2, 3, 4), np.dtype(np.float32), axes)
    assert (room.shape, room.dtype) == ((2, 3, 4), np.float32)
    assert np.shares_memory(room, _numerics.to_lines(room, axes))


@pytest.mark.parametrize("function", [softmax, sigmoid])
def test_out_may_overlap_a_large_input(function):
    memory = np.random.default_rng(7).normal(size=90_000)
    assert memory.nbytes > TILE
    scores, out = memory[:-900].reshape(-1, 3), memory[900:].reshape(-1, 3)
    expected = function(scores.copy())
    assert function(scores, out=out) is out
    assert_array_equal(out, expected)


@pytest.mark.parametrize("function", [softmax, sigmoid])
def test_a_large_result_needs_no_memory_beside_out(function, monkeypatch):
    places = []
    monkeypatch.setattr(
        activations, "room", lambda *a: places.append(_numerics.room(*a)) or places[0]
    )
    x = np.zeros((200, 300))
    out = np.empty_like(x)
    function(x, out=out)
    assert places[0] is out


# --- tiles -------------------------------------------------------------------------------------


def test_a_row_too_long_for_the_cache_is_a_tile_of_its_own():
    assert [part[0] for part in _numerics.parts(3, TILE, 1, 8)] == [
        slice(0, 1), slice(1, 2), slice(2, 3),
    ]  # fmt: skip


def test_what_fits_the_cache_is_one_piece():
    asked = []
    a = np.zeros((1, TILE // 8, 1))
    _numerics.in_pieces(lambda piece: asked.append(piece) or a, a)
    assert asked == [slice(None)]


def test_places_for_results():
    a, alike = np.zeros((5, 3, 1)), np.zeros((5, 3, 1))
    assert _numerics.place_for(a, alike, turn=False) is a
    other = _numerics.place_for(a, alike.astype(np.float32), turn=False)
    assert (other.shape, other.dtype) == (a.shape, np.float32)
    turned = np.zeros((1, 3, 5), np.float32)
    assert _numerics.place_for(a, turned, turn=True) is turned
    sums = _numerics.place_for(np.zeros((5, 1, 1)), turned, turn=True)
    assert (sums.shape, sums.dtype) == ((1, 1, 5), np.float32)


# --- arithmetic --------------------------------------------------------------------------------

SHAPES = [(1, 1300, 1), (1, 1300, 3), (1, 1300, 63), (1, 1300, 100), (3, 70, 64), (1, 9000, 100)]
every_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)


@every_shape
def test_sums_lose_no_digits_along_any_axis(shape):
    """Added one by one, a thousand times 0.1 in float32 is off by 30 units in the last place."""
    a = np.full(shape, 0.1, np.float32)
    exact = shape[1] * np.float64(np.float32(0.1))
    assert_allclose(_numerics.total(a), exact, rtol=4 * np.finfo(np.float32).eps)


@every_shape
def test_the_maximum_of_long_rows(shape):
    a = np.random.default_rng(8).normal(size=shape).astype(np.float32)
    assert_array_equal(_numerics.maximum(a), a.max(axis=1, keepdims=True))


@pytest.mark.parametrize("shape", [(1, 9000, 1), (2, 9000, 1), (1, 9000, 2), (3, 5, 1), (3, 5, 2)])
def test_terms_that_are_1_are_set_aside(shape):
    e = np.random.default_rng(9).uniform(0, 0.9, shape).astype(np.float32)
    e[:, 3:5] = 1
    ones, others = _numerics.ones_and_others(e.copy())
    assert ones.dtype == others.dtype == np.float32
    assert_array_equal(ones, np.full_like(ones, 2))
    assert_allclose(others, e.sum(axis=1, keepdims=True, dtype=float) - 2, rtol=1e-6)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 1.5, 4.0])
def test_shifted_scores(temperature):
    z = np.array([3.0, -1.0, 2.0])
    expected = np.array([0.0, -4.0, -1.0]) / temperature
    assert_array_equal(_numerics.shift(z, z.max(), temperature), expected)
    assert_array_equal(_numerics.shift(z, z.max()), expected * temperature)
    out = np.empty(3)
    assert _numerics.shift(z, z.max(), temperature, out) is out
    assert_array_equal(out, expected)


def test_a_difference_too_large_for_the_dtype_may_have_a_quotient_that_is_not():
    end = 0.6 * np.finfo(float).max
    assert_allclose(_numerics.shift(np.array([end, -end]), end, 1.5), [0, -end / 0.75])
