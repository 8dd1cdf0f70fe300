"""What the public functions share: checked input, tiles, a maximum, a shift, accurate sums.

Every function of the family reads its arguments through the ``as_...`` helpers here, makes
``room`` for its result, and calculates tile by tile. In a tile, an array of three axes, the scores
of one row always lie along the middle one. ``make bench`` shows what each trick buys.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any, SupportsIndex, TypeAlias

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    FloatArray: TypeAlias = NDArray[np.floating[Any]]
    FloatDtype: TypeAlias = np.dtype[np.floating[Any]]
    Axis: TypeAlias = SupportsIndex | tuple[SupportsIndex, ...]
    Number: TypeAlias = float | np.floating[Any] | np.integer[Any]

READY = {np.dtype(np.float32), np.dtype(np.float64)}  # calculated in as they are
TILE = 2**19  # bytes to work on at once: half of a core's second-level cache
SHORT = 32  # entries: along shorter rows NumPy spends more time on each row than on its entries
SMALL = 2**14  # bytes: below, calls cost more than what they do
FEW = 16  # terms: fewer are added one by one
WIDE = 4096  # entries: lines as wide as that are read in one go
NARROW = 64  # entries: the same, where it reduces across lines that are so narrow

HINTS = {
    "c": "pass x.real or abs(x)",
    "O": "pass numpy.asarray(x, dtype=float)",
    "S": "pass numpy.asarray(x, dtype=float)",
    "U": "pass numpy.asarray(x, dtype=float)",
    "M": "pass numbers, such as (x - x.min()) / numpy.timedelta64(1, 's')",
    "m": "pass numbers, such as x / numpy.timedelta64(1, 's')",
}


# --- arguments --------------------------------------------------------------------------------


def is_from(x: object, module: str) -> bool:
    """Tell whether ``x`` is of a class defined in ``module``, without importing it."""
    return any((c.__module__ + ".").startswith(module + ".") for c in type(x).__mro__)


def as_floats(x: ArrayLike) -> tuple[FloatArray, FloatDtype]:
    """Return ``x`` as floats to calculate with, and the dtype that the result shall have.

    Integers become float64 before anything is subtracted: uint8 would wrap around at 0. float16
    is calculated in float32: a sum of 70,000 ones overflows float16. The array is ``x`` itself
    where nothing had to change, so nobody may write to it.
    """
    if type(x) is np.ndarray and x.dtype in READY:
        return x, x.dtype
    if is_from(x, "torch"):
        raise TypeError("x is a torch tensor: pass x.detach().numpy(), or use torch.softmax & co.")
    if is_from(x, "numpy.ma"):
        raise TypeError("x is a masked array: pass x.filled(value), or x.data with where=~x.mask")
    array = np.asarray(x)
    kind = array.dtype.kind
    if kind not in "biuf":
        hint = HINTS.get(kind, "pass an array of floats")
        raise TypeError(f"x must hold real numbers, got dtype {array.dtype}: {hint}")
    dtype = array.dtype.newbyteorder("=") if kind == "f" else np.dtype(np.float64)
    return array.astype(np.promote_types(dtype, np.float32), copy=False), dtype


def as_axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    """Return ``axis`` as a sorted tuple of non-negative integers."""
    message = f"axis must be an integer or a tuple of integers, got {axis!r}"
    if axis is None:  # SciPy's way to say: all of it
        raise TypeError(f"{message}: for the whole array pass tuple(range(x.ndim))")
    if isinstance(axis, str):  # the empty one would pass for an empty tuple
        raise TypeError(message)
    try:
        return tuple(sorted(normalize_axis_tuple(axis, ndim)))  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(message) from None


def as_temperature(temperature: Number) -> float:
    """Return ``temperature`` as a finite float above 0."""
    if type(temperature) is float and 0 < temperature < math.inf:
        return temperature
    if not isinstance(temperature, Real):
        raise TypeError(f"temperature must be one real number, got {temperature!r}")
    try:
        t = float(temperature)
    except OverflowError:  # a Python integer may be larger than any float
        t = math.inf
    if t == 0:
        raise ValueError(
            f"temperature must be above 0, got {temperature!r}: use hardmax, its limit"
        )
    if t == math.inf:
        raise ValueError(
            f"temperature must be finite, got {temperature!r}: its limit is uniform, 1 / n each"
        )
    if not t > 0:
        raise ValueError(f"temperature must be above 0, got {temperature!r}")
    return t


def as_mask(where: ArrayLike | None, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
    """Return ``where`` as booleans of the given shape; None stays None."""
    if where is None:
        return None
    if is_from(where, "numpy.ma"):
        raise TypeError("where is a masked array: pass where.filled(False)")
    mask = np.asarray(where)
    if mask.dtype != np.bool_:
        raise TypeError(f"where must be boolean, got dtype {mask.dtype}: pass a comparison")
    try:
        return np.broadcast_to(mask, shape)
    except ValueError:
        message = f"where of shape {mask.shape} does not broadcast to the shape of x, {shape}"
        raise ValueError(message) from None


def check_out(out: object, shape: tuple[int, ...], dtype: FloatDtype) -> None:
    """Raise unless ``out`` is None or a plain array that can take the result as it is."""
    if out is None:
        return
    if not isinstance(out, np.ndarray) or is_from(out, "numpy.ma"):
        raise TypeError(f"out must be a NumPy array, got {type(out).__name__}")
    if out.dtype != dtype:
        raise TypeError(f"out must have dtype {dtype}, got {out.dtype}")
    if out.shape != shape:
        raise ValueError(f"out must have shape {shape}, got {out.shape}")
    if not out.flags.writeable:
        raise ValueError("out must be writable, got a read-only array")


# --- results ----------------------------------------------------------------------------------


def room(
    shape: tuple[int, ...],
    dtype: FloatDtype,
    axes: tuple[int, ...],
    out: FloatArray | None = None,
    *sources: NDArray[Any],
) -> FloatArray:
    """Return an array for the result: ``out``, if tiles may be written there one by one.

    They may if ``to_lines`` can look at it, and if no tile overwrites what later ones read: the
    sources lie elsewhere, or in the same memory in the same order.
    """
    if (
        out is not None
        and np.may_share_memory(out, to_lines(out, axes))
        and not any(np.may_share_memory(out, a) and not is_same(out, a) for a in sources)
    ):
        return out
    if are_neighbours(axes):
        return np.empty(shape, dtype)
    moved = [n for i, n in enumerate(shape) if i not in axes] + [shape[i] for i in axes]
    return np.moveaxis(np.empty(moved, dtype), range(-len(axes), 0), axes)


def is_same(a: NDArray[Any], b: NDArray[Any]) -> bool:
    """Tell whether two arrays are the same memory, seen in the same way."""
    views = [(v.ctypes.data, v.shape, v.strides, v.dtype) for v in (a, b)]
    return a is b or views[0] == views[1]


def fill(a: FloatArray, mask: NDArray[np.bool_] | None, value: float) -> FloatArray:
    """Write ``value`` to the entries of ``a`` that the mask leaves out, and return ``a``."""
    if mask is not None:
        np.copyto(a, value, where=~mask)
    return a


def deliver(result: FloatArray, out: FloatArray | None = None) -> FloatArray:
    """Return ``result``, or ``out`` with the result in it."""
    if out is None or out is result:
        return result
    np.copyto(out, result)
    return out


# --- tiles ------------------------------------------------------------------------------------


def are_neighbours(axes: tuple[int, ...]) -> bool:
    """Tell whether no other axis lies between these."""
    return len(axes) < 2 or axes[-1] - axes[0] < len(axes)


def to_lines(a: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    """Return ``a`` with three axes, the middle one made of ``axes``; a view if that is possible.

    So it is for a contiguous array and axes that are neighbours.
    """
    if not are_neighbours(axes):
        a = np.moveaxis(a, axes, range(-len(axes), 0))
        axes = tuple(range(a.ndim - len(axes), a.ndim))
    first, last = (axes[0], axes[-1] + 1) if axes else (a.ndim, a.ndim)
    shape = a.shape
    return a.reshape(
        math.prod(shape[:first]), math.prod(shape[first:last]), math.prod(shape[last:])
    )


def tiles(
    axes: tuple[int, ...],
    sources: Sequence[NDArray[Any]],
    results: Sequence[FloatArray],
    mask: NDArray[np.bool_] | None = None,
) -> Iterator[list[Any]]:
    """Cut arrays alike into tiles; yield those of the sources, and places for those of the results.

    Write to each place before the next tile is taken, and the results are complete. A place may be
    the tile of the first source, so do not read that one after. The places have its dtype. Each
    array has the length of the rows along ``axes``, or 1. Scores of the first source that ``mask``
    leaves out are -inf in its tiles.
    """
    given, taken = [to_lines(a, axes) for a in sources], [to_lines(a, axes) for a in results]
    masks = None if mask is None else to_lines(mask, axes)
    outer, n, inner = given[0].shape
    # Along short rows NumPy is slow. Copies, turned so that they stand side by side, are worth it.
    turn = outer > 1 and 1 < n <= SHORT and inner == 1
    for part in parts(outer, n, inner, sources[0].itemsize) if sources[0].size else ():
        tile = [to_tile(a[part], turn) for a in given]
        if masks is not None:
            tile[0] = np.where(to_tile(masks[part], turn), tile[0], -np.inf)
        into = [a[part] for a in taken]
        places = [place_for(a, tile[0], turn) for a in into]
        yield tile + places
        for a, place in zip(into, places, strict=True):
            if place is not a:
                from_tile(place, a, turn)


def parts(outer: int, n: int, inner: int, itemsize: int) -> Iterator[tuple[slice, slice, slice]]:
    """Yield the slices that cut lines into tiles: whole rows, and as many as fit the cache."""
    step = max(1, TILE // (n * inner * itemsize))
    width = max(WIDE, TILE // (n * itemsize))
    for i in range(0, outer, step):
        for j in range(0, inner, width):
            yield np.s_[i : i + step, :, j : j + width]


def to_tile(a: NDArray[Any], turn: bool) -> NDArray[Any]:
    """Return a part of the lines as it is, or a turned copy: as one outer line."""
    return a.swapaxes(0, 1).copy().reshape(1, a.shape[1], -1) if turn else a


def place_for(a: NDArray[Any], first: NDArray[Any], turn: bool) -> NDArray[Any]:
    """Return where to write a tile of the results ``a``: there, or in a copy that is at hand."""
    if not turn:
        return a if a.dtype == first.dtype else np.empty(a.shape, first.dtype)
    if a.shape[1] == first.shape[1]:
        return first
    return np.empty((1, a.shape[1], a.size // a.shape[1]), first.dtype)


def from_tile(tile: FloatArray, a: NDArray[Any], turn: bool) -> None:
    """Write a tile to the part ``a`` of the lines."""
    if turn:
        a = a.swapaxes(0, 1)
    np.copyto(a, tile.reshape(a.shape), casting="same_kind")


# --- arithmetic along the middle axis of a tile -----------------------------------------------


def pieces(a: FloatArray) -> list[slice]:
    """Return the slices that cut the rows of a tile into pieces that fit the cache."""
    n = a.shape[1]
    longest = max(1, n * TILE // max(1, a.nbytes))
    return [slice(i, i + longest) for i in range(0, n, longest)]


def in_pieces(
    function: Callable[[slice], FloatArray], a: FloatArray, combine: np.ufunc = np.add
) -> FloatArray:
    """Combine, two by two, what a function returns for pieces of the rows."""
    if a.nbytes <= TILE:
        return function(slice(None))
    results = [function(piece) for piece in pieces(a)]
    while len(results) > 1:
        pairs = [combine(*pair) for pair in zip(results[::2], results[1::2], strict=False)]
        results = pairs + results[2 * len(pairs) :]
    return results[0]


def reduce(ufunc: np.ufunc, a: FloatArray, exact: bool = True) -> FloatArray:
    """Reduce each row to one entry; tell whether the result is exact in any order.

    NumPy adds in pairs along contiguous memory only. Elsewhere it adds one by one, and in float32
    the error of 50 million terms grows to 27 %. There a row is cut into parts, which are added as
    wholes, again and again. That makes the loops longer, too, where lines are narrow.
    """
    if a.nbytes > TILE and a.shape[1] > 1:
        return in_pieces(lambda piece: reduce(ufunc, a[:, piece], exact), a, ufunc)
    if a.strides[1] != a.itemsize and (not exact or a.shape[2] < NARROW):
        while a.shape[1] >= FEW:
            outer, n, inner = a.shape
            parts = 8 if n >= 64 else 2
            size, rest = divmod(n, parts)
            folded = ufunc.reduce(a[:, : n - rest].reshape(outer, parts, size, inner), axis=1)
            if rest:
                ufunc(folded[:, :rest], a[:, n - rest :], out=folded[:, :rest])
            a = folded
    result: FloatArray = ufunc.reduce(a, axis=1, keepdims=True)
    return result


def maximum(a: FloatArray) -> FloatArray:
    """Return the maximum of each row."""
    return reduce(np.maximum, a)


def total(a: FloatArray) -> FloatArray:
    """Return the sum of each row."""
    return reduce(np.add, a, exact=False)


def total_along(a: FloatArray, axes: tuple[int, ...]) -> FloatArray:
    """Return the sum of an array along ``axes``, kept as axes of length 1."""
    return total(to_lines(a, axes)).reshape([1 if i in axes else n for i, n in enumerate(a.shape)])


def total_product(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the sum of the products of each row."""
    return in_pieces(lambda piece: total(a[:, piece] * b[:, piece]), a)


def shift(
    z: FloatArray, top: FloatArray, temperature: float = 1.0, out: FloatArray | None = None
) -> FloatArray:
    """Return ``(z - top) / temperature`` for the maximum ``top``: 0 there, below 0 elsewhere.

    The order matters. Dividing first could overflow, and would round each score before the
    difference is taken.
    """
    if temperature == 1:
        return np.subtract(z, top, out=out)
    d = np.empty_like(z) if out is None else out
    float32 = np.finfo(np.float32)
    if not float32.tiny <= temperature <= float32.max:  # float32 would make it 0 or inf
        temperature = np.float64(temperature)
    if temperature < 1:
        np.subtract(z, top, out=d)
        return np.divide(d, temperature, out=d, casting="same_kind")
    # Here a difference too large for the dtype may have a quotient that is not: take halves.
    np.multiply(z, 0.5, out=d)
    np.subtract(d, top * 0.5, out=d)
    return np.divide(d, temperature * 0.5, out=d, casting="same_kind")


def log_total_exp(
    z: FloatArray, top: FloatArray, temperature: float = 1.0, differences: FloatArray | None = None
) -> FloatArray:
    """Return ``log(sum(exp(shift(z, top))))`` of each row, small results included.

    The shifted scores are written to ``differences``; the exponentials are not kept.
    """

    def of_piece(piece: slice) -> FloatArray:
        place = None if differences is None else differences[:, piece]
        d = shift(z[:, piece], top, temperature, place)
        return ones_and_others(np.exp(d, out=d if differences is None else None))

    ones, others = in_pieces(of_piece, z)
    result: FloatArray = np.log1p(others + (ones - 1))
    return result


def total_but_one(e: FloatArray) -> FloatArray:
    """Return the sum of each row, of terms from 0 to 1, without one term that is 1.

    Where the others are small, adding them to the 1 would swallow the digits that ``log1p`` needs:
    all below the rounding error of 1.
    """
    ones, others = in_pieces(lambda piece: ones_and_others(e[:, piece].copy()), e)
    result: FloatArray = others + (ones - 1)
    return result


def ones_and_others(e: FloatArray) -> FloatArray:
    """Set terms that are 1 aside; return, one above the other, their number and the others' sum."""
    if e.shape[2] > 1 or e.nbytes <= SMALL:
        ones = np.floor(e)  # 1 for 1, 0 below
        e -= ones
        return np.stack([reduce(np.add, ones), total(e)])
    # In a long row the largest term is found sooner than all ones. Two will do: beside three, what
    # a sum swallows is too small to tell.
    rows, index, count = e[:, :, 0], np.arange(len(e)), np.zeros(len(e), e.dtype)
    for _ in range(2):
        largest = index, rows.argmax(axis=1)
        ones = np.floor(rows[largest])
        rows[largest] -= ones
        count += ones
    return np.stack([count[:, np.newaxis, np.newaxis], total(e)])


def logistic(z: FloatArray, out: FloatArray) -> None:
    """Write ``1 / (1 + exp(-z))`` to ``out``, which may be ``z``."""
    # Where exp(-z) overflows, exp(z) is the result to the last digit, and may not be 0 yet.
    edge = 1 - math.log(np.finfo(z.dtype).max)
    steep = None if z.min() >= edge else z < edge
    ends = None if steep is None else np.exp(z[steep])
    np.exp(np.negative(z, out=out), out=out)
    np.add(out, 1, out=out)
    np.reciprocal(out, out=out)
    if steep is not None:
        out[steep] = ends


# --- small arrays -----------------------------------------------------------------------------


def is_small(x: object, axis: Any, temperature: Number, where: object, out: Any) -> bool:
    """Tell whether ``x`` is a small array of floats, with nothing to check and to convert."""
    return (
        where is None
        and type(x) is np.ndarray
        and 0 < x.nbytes <= SMALL
        and x.dtype in READY
        and type(axis) is int
        and -x.ndim <= axis < x.ndim
        and type(temperature) is float
        and temperature == 1
        and (out is None or fits(out, x))
    )


def fits(out: Any, x: NDArray[Any]) -> bool:
    """Tell whether a result like ``x`` can be written to ``out``."""
    plain = type(out) is np.ndarray and out.flags.writeable
    return plain and out.dtype == x.dtype and bool(out.shape == x.shape)


def small_softmax(x: Any, axis: Any, out: FloatArray | None = None) -> FloatArray:
    """Return softmax where ``is_small``, in as few calls as possible."""
    e, _, along = small_differences(x, axis, out)
    np.exp(e, out=e)
    e /= np.add.reduce(e, axis=along, keepdims=True)
    return swapped_back(e, axis, along, out)


def small_log_softmax(x: Any, axis: Any) -> FloatArray:
    """Return log-softmax where ``is_small``, in as few calls as possible."""
    d, _, along = small_differences(x, axis)
    d -= small_log_total(np.exp(d), along)
    return swapped_back(d, axis, along)


def small_logsumexp(x: Any, axis: Any) -> FloatArray:
    """Return log-sum-exp where ``is_small``, in as few calls as possible."""
    d, top, along = small_differences(x, axis)
    lse: FloatArray = top + small_log_total(np.exp(d, out=d), along)
    np.copyto(lse, top, where=np.isinf(top))
    return swapped_back(lse, axis, along)


def small_differences(
    x: FloatArray, axis: int, out: FloatArray | None = None
) -> tuple[FloatArray, Any, int]:
    """Return the scores minus their maximum, in ``out`` where that helps, and the maximum.

    Short rows stand side by side, others lie in one piece: their axis has changed places with the
    first or the last, which comes third.
    """
    if x.ndim == 1:
        top = x[x.argmax()]  # a NaN is larger than all numbers
        return np.subtract(x, top, out=out), top, 0
    along = 0 if x.shape[axis] < FEW else x.ndim - 1
    d = x.swapaxes(axis, along).copy()
    top = np.maximum.reduce(d, axis=along, keepdims=True)
    d -= top
    return d, top, along


def swapped_back(d: FloatArray, axis: int, along: int, out: FloatArray | None = None) -> FloatArray:
    """Return an array with its axis in its old place, or ``out`` with that in it."""
    if axis % d.ndim == along:
        return deliver(d, out)
    d = d.swapaxes(axis, along)
    return d.copy() if out is None else deliver(d, out)


def small_log_total(e: FloatArray, along: int) -> FloatArray:
    """Return the logarithm of the sum of terms from 0 to 1, of which one is 1."""
    ones = np.floor(e)  # set aside, as above
    e -= ones
    others = np.add.reduce(e, axis=along, keepdims=True)
    result: FloatArray = np.log1p(others + (np.add.reduce(ones, axis=along, keepdims=True) - 1))
    return result
