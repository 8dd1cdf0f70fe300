"""What the driver promises beside numbers: the same bits by every way, where a result goes, blocks.

No other test would show most of this, but who runs a batch, passes `out` or waits for it would.
"""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from support.family import FLOATS, by_name, inf, nan, whole

from softmax_lessons import (
    _blockwise,
    cross_entropy,
    cross_entropy_and_grad,
    hardmax,
    log_softmax,
    log_softmax_vjp,
    logsumexp,
    sigmoid,
    softmax,
    softmax_vjp,
)
from softmax_lessons._arguments import as_floats

WITH_MASK = [softmax, log_softmax, logsumexp, hardmax]
ALONG_AXIS = WITH_MASK
X = np.arange(6.0).reshape(2, 3)
LENGTHS = [1, 2, 5, 8, 10, 16, 17, 33, 100, 129, 1000]
lengths = pytest.mark.parametrize("n", LENGTHS)
functions = pytest.mark.parametrize("function", ALONG_AXIS, ids=by_name)


@pytest.fixture
def small_blocks(monkeypatch):
    """Make blocks so small that a few rows need several."""
    monkeypatch.setattr(_blockwise, "BLOCK_BYTES", 64)
    monkeypatch.setattr(_blockwise, "SMALL_BYTES", 0)
    monkeypatch.setattr(_blockwise, "WIDE", 2)


def scores(*shape, dtype=np.float64):
    return (8 * np.random.default_rng(shape).standard_normal(shape)).astype(dtype)


# --- the same bits by every way -----------------------------------------------------------------


@functions
@pytest.mark.parametrize("dtype", FLOATS)
@lengths
def test_a_row_gives_the_same_bits_alone_and_in_a_batch(function, dtype, n):
    for rows in (2, 3, 40, 5000 if n < 40 else 70):
        x = scores(rows, n, dtype=dtype)
        batch = function(x)
        for i in (0, 1, rows - 1):
            assert_array_equal(function(x[i]), batch[i], strict=True)


@functions
@lengths
def test_the_same_bits_by_whichever_way_a_batch_is_passed(function, n):
    x = scores(3, n)
    expected = function(x)
    wide = np.zeros((3, 2 * n))
    wide[:, ::2] = x
    ways = {
        "list": function(x.tolist()),
        "tuple of one axis": function(x, axis=(-1,)),
        "axis from the front": function(x, axis=1),
        "NumPy's integer": function(x, axis=np.int64(1)),
        "Fortran's order": function(np.asfortranarray(x)),
        "every second entry": function(wide[:, ::2]),
        "backwards": function(x[::-1])[::-1],
        "other byte order": function(x.astype(x.dtype.newbyteorder())),
        "two axes in one": function(x.reshape(3, 1, n), axis=(1, 2)),
    }
    for way, got in ways.items():
        assert_array_equal(np.reshape(got, expected.shape), expected, err_msg=way)


@lengths
@pytest.mark.parametrize("function", WITH_MASK, ids=by_name)
def test_the_same_bits_under_a_mask_of_true(function, n):
    x = scores(40, n)
    assert_array_equal(function(x, where=True), function(x))
    assert_array_equal(function(x, where=np.ones((40, n), bool)), function(x))


@lengths
@pytest.mark.parametrize("function", [softmax, log_softmax], ids=by_name)
def test_the_same_bits_at_every_temperature_of_1(function, n):
    x = scores(40, n)
    for one in (1, 1.0, np.float32(1), np.int64(1)):
        assert_array_equal(function(x, temperature=one), function(x))


@lengths
@pytest.mark.parametrize("rows", [1, 3, 40])
def test_the_same_bits_with_out(n, rows):
    x = scores(rows, n)
    for function in (softmax, sigmoid, log_softmax, hardmax):
        expected = function(x)
        assert_array_equal(function(x, out=np.empty_like(x)), expected)
        assert_array_equal(function(x, out=x.copy().T.copy().T), expected)


@lengths
def test_losses_and_products_of_a_row_are_those_of_the_batch(n):
    x, y = scores(40, n), np.arange(40) % n
    losses, grad = cross_entropy_and_grad(x, y, reduction="none")
    assert_array_equal(cross_entropy(x, y, reduction="none"), losses)
    p, g = softmax(x), scores(n, 40).T
    products, others = softmax_vjp(p, g), log_softmax_vjp(log_softmax(x), g)
    for i in (0, 39):
        loss, slopes = cross_entropy_and_grad(x[i], y[i])
        assert loss == losses[i]
        assert_array_equal(slopes, grad[i])
        assert_array_equal(softmax_vjp(p[i], g[i]), products[i])
        assert_array_equal(log_softmax_vjp(log_softmax(x[i]), g[i]), others[i])


@given(st.integers(1, 16), st.integers(1, 300), st.sampled_from([np.float32, np.float64]))
def test_short_rows_give_the_same_bits_along_the_first_axis(n, rows, dtype):
    x = scores(rows, n, dtype=dtype)
    for function in (softmax, log_softmax):
        assert_array_equal(function(np.ascontiguousarray(x.T), axis=0).T, function(x))


@pytest.mark.parametrize("n", [17, 100, 3000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_longer_rows_along_another_axis_differ_in_the_last_digits_alone(n, dtype):
    """As `_blockwise` and the notes of softmax say: by 16 units of the precision at most."""
    x = scores(50, n, dtype=dtype)
    tolerance = 16 * np.finfo(dtype).eps
    assert_allclose(softmax(x.T.copy(), axis=0).T, softmax(x), rtol=tolerance)


# --- blocks -------------------------------------------------------------------------------------


@functions
@pytest.mark.parametrize(
    "shape",
    [
        (1, 40), (7, 3), (7, 30), (5, 2, 9), (2, 5, 1),
        (0, 3), (3, 0), (17, 0), (0, 17, 3), (0, 40, 2), (2, 40, 0),
    ],
)  # fmt: skip
def test_blocks_change_nothing(function, shape, small_blocks, monkeypatch):
    x = scores(*shape)
    for axis in range(len(shape)):
        several = function(x, axis=axis)
        with monkeypatch.context() as patch:
            patch.setattr(_blockwise, "BLOCK_BYTES", 2**18)
            patch.setattr(_blockwise, "SMALL_BYTES", 2**14)
            assert_allclose(several, function(x, axis=axis), rtol=1e-14)


@pytest.mark.parametrize("shape", [(5000, 100, 1), (500, 20, 50), (2, 3, 300_000)])
def test_blocks_hold_whole_rows_and_fit_the_cache(shape):
    lines = np.zeros(shape)
    blocks = list(_blockwise.iter_blocks(lines))
    seen = np.zeros_like(lines)
    for block in blocks:
        assert lines[block].shape[1] == shape[1]
        assert lines[block].nbytes <= _blockwise.BLOCK_BYTES
        seen[block] += 1
    assert 5 < len(blocks) <= 2 * lines.nbytes / _blockwise.BLOCK_BYTES
    assert seen.min() == seen.max() == 1


def test_a_row_too_long_for_the_cache_is_a_block_of_its_own():
    lines = np.zeros((3, _blockwise.BLOCK_BYTES, 1), np.float32)
    assert [block[0] for block in _blockwise.iter_blocks(lines)] == [
        slice(0, 1), slice(1, 2), slice(2, 3),
    ]  # fmt: skip


def test_rows_side_by_side_are_read_in_wide_pieces():
    lines = np.zeros((1, 1000, 5000), np.float32)
    widths = [lines[block].shape[2] for block in _blockwise.iter_blocks(lines)]
    assert widths == [1000] * 5


def test_no_column_is_left_alone_in_a_block():
    """Alone it would be added in another order than its equals."""
    x = np.repeat(scores(100, 1, dtype=np.float32), 1025, axis=1)
    p = softmax(x, axis=0)
    assert_array_equal(p, np.broadcast_to(p[:, :1], p.shape))


def test_of_nothing_there_is_one_block():
    for shape in [(0, 3, 1), (2, 0, 1), (2, 3, 0)]:
        assert len(list(_blockwise.iter_blocks(np.zeros(shape)))) == 1


def test_a_kernel_gets_contiguous_blocks_with_short_rows_side_by_side():
    shapes = []

    def kernel(x):
        assert x.flags.c_contiguous
        shapes.append(x.shape)
        return x + 1

    tall, wide = np.zeros((4000, 3)), np.zeros((3, 4000))
    for x in (tall, wide, wide.T, np.zeros((400, 20)), np.zeros((40, 3)), np.zeros((3, 40)).T):
        [result] = _blockwise.run_blockwise(kernel, [x], (1,), x.dtype)
        assert_array_equal(result, x + 1)
    large = [(1, 3, 4000), (3, 4000, 1), (1, 3, 4000), (400, 20, 1)]
    assert shapes == [*large, (1, 3, 40), (1, 3, 40)]


@pytest.mark.parametrize("shape", [(40, 3), (3, 40), (40, 20), (500, 30)])
@pytest.mark.parametrize("axis", [0, 1])
def test_results_lie_in_memory_in_order(shape, axis):
    for function in (softmax, log_softmax):
        assert function(np.zeros(shape), axis=axis).flags.c_contiguous


# --- where a result goes ------------------------------------------------------------------------


@pytest.mark.parametrize("function", [softmax, sigmoid])
@pytest.mark.parametrize("rows", [3, 30_000])
def test_out_may_overlap_the_input(function, rows):
    memory = scores(3 * rows + 3)
    x, out = memory[:-3].reshape(-1, 3), memory[3:].reshape(-1, 3)
    expected = function(x.copy())
    assert function(x, out=out) is out
    assert_array_equal(out, expected)


@pytest.mark.parametrize("view", [lambda a: a, lambda a: a[:], lambda a: a.T, lambda a: a[::-1]])
def test_out_may_be_a_view_of_the_input(view, small_blocks):
    x = scores(20, 20)
    expected = softmax(x.copy())
    out = view(x)
    assert softmax(x, out=out) is out
    assert_array_equal(out, expected)


def test_out_of_axes_that_are_no_neighbours(small_blocks):
    x, out = scores(4, 5, 6), np.empty((4, 5, 6))
    assert softmax(x, axis=(0, 2), out=out) is out
    moved = np.moveaxis(x, 1, 0).reshape(5, 24)
    assert_allclose(np.moveaxis(out, 1, 0).reshape(5, 24), softmax(moved), rtol=1e-14)


def test_the_same_memory_seen_in_the_same_way_is_no_overlap():
    assert not _blockwise.overlaps(X, X)
    assert not _blockwise.overlaps(X, X[:])
    assert not _blockwise.overlaps(X, X.copy())
    for other in (X[:1], X[::-1], X.T, X.view(np.int64)):
        assert _blockwise.overlaps(X, other)


def test_out_of_a_small_array_is_checked_too():
    with pytest.raises(TypeError, match=whole("out must have dtype float64, got float32")):
        softmax(X, out=np.empty((2, 3), np.float32))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
def test_floats_to_calculate_with_are_not_copied(dtype):
    x = X.astype(dtype)
    assert as_floats(x, "x")[0] is x


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # of numpy.matrix itself
@pytest.mark.parametrize("rows", [3, 30_000])
def test_out_must_be_a_plain_array(rows):
    x = np.zeros((rows, 3))
    with pytest.raises(TypeError, match=whole("out must be a NumPy array, got matrix")):
        softmax(x, out=np.asmatrix(np.empty((rows, 3))))


@pytest.mark.parametrize(
    ("shape", "axis", "most"),
    [
        ((20_000, 25), 1, (1.4, 1.4, 0.5)),  # many blocks
        ((200, 2500), 1, (1.6, 1.9, 1.0)),
        ((1, 500_000), 1, (2.2, 3.3, 2.3)),  # one
        ((20_000, 25), 0, (2.2, 3.3, 2.3)),
        ((200, 2500), 0, (2.9, 3.2, 2.0)),  # three
    ],
)  # fmt: skip
def test_the_memory_of_a_call_in_inputs(shape, axis, most):
    """SciPy takes two, three and five."""
    x = np.zeros(shape)
    for function, inputs in zip((softmax, log_softmax, logsumexp), most, strict=True):
        tracemalloc.start()
        try:
            function(x, axis=axis)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak <= inputs * x.nbytes, (function.__name__, peak / x.nbytes)


# --- axes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("axes", "are"),
    [
        ((), True), ((2,), True), ((0, 1), True), ((1, 2), True), ((2, 3, 4), True),
        ((0, 2), False), ((0, 1, 3), False), ((0, 2, 3), False),
    ],
)  # fmt: skip
def test_which_axes_are_adjacent(axes, are):
    assert _blockwise.are_adjacent(axes) == are


@pytest.mark.parametrize("axes", [(), (0,), (1,), (2,), (0, 1), (1, 2), (0, 2), (0, 1, 2)])
def test_lines_and_back(axes):
    a = np.arange(24).reshape(2, 3, 4)
    lines = _blockwise.as_lines(a, axes)
    assert lines.shape[1] == np.prod([a.shape[i] for i in axes])
    assert_array_equal(_blockwise.from_lines(lines, a.shape, axes), a)
    sums = _blockwise.from_lines(lines.sum(axis=1, keepdims=True), a.shape, axes)
    assert_array_equal(sums, a.sum(axis=axes, keepdims=True))


# --- rows ---------------------------------------------------------------------------------------

SHAPES = [(1, 1300, 1), (1, 1300, 3), (1, 1300, 63), (1, 1300, 100), (3, 70, 64), (1, 9000, 100)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_sums_lose_no_digits_along_any_axis(shape):
    """Added one by one, a thousand times 0.1 in float32 is off by 30 units in the last place."""
    a = np.full(shape, 0.1, np.float32)
    exact = shape[1] * np.float64(np.float32(0.1))
    assert_allclose(_blockwise.row_sum(a), exact, rtol=4 * np.finfo(np.float32).eps)


@pytest.mark.parametrize(
    "shape", [(r, n, m) for r in (0, 2) for n in (0, 1, 16, 17, 64, 200) for m in (1, 3)]
)
def test_sums_of_any_length(shape):
    a = np.random.default_rng(9).integers(0, 100, shape).astype(float)
    assert_array_equal(_blockwise.row_sum(a), a.sum(axis=1, keepdims=True))


@pytest.mark.parametrize(
    ("row", "expected"), [([], -inf), ([1, 3, 2], 3), ([-inf, -inf], -inf), ([1, nan, 2], nan)]
)
def test_the_maximum_of_a_row(row, expected):
    assert_array_equal(_blockwise.row_max(np.array(row, float).reshape(1, -1, 1)), [[[expected]]])
