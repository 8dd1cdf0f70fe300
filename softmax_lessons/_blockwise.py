"""One driver that runs a kernel over an array of any shape, block by block, and an accurate sum.

A kernel is the formula: a few lines of NumPy for arrays of three axes, with the classes of a row
along the middle one, axis 1. The driver brings every array into that form, in blocks of whole
rows. Where the rows allow it, a block is so small that all that a kernel holds in between stays in
the cache of the processor.

Blocks are contiguous. In large arrays, short rows stand side by side in them; the classes of longer
rows along the last axis lie in one piece.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from softmax_lessons._arguments import FloatArray, FloatDtype

    Kernel: TypeAlias = Callable[..., FloatArray | tuple[FloatArray, ...]]

BLOCK_BYTES = 2**18  # a few of these fit the second-level cache of a core
SMALL_BYTES = 2**14  # of arrays up to this size, calls cost more than what they do
SHORT_ROW = 16  # entries: on rows up to this length, NumPy spends more time than on their entries
WIDE = 1024  # of rows side by side, a block has as many at least


def run_blockwise(
    kernel: Kernel,
    arrays: Sequence[NDArray[Any]],
    axes: tuple[int, ...],
    dtype: FloatDtype,
    parameters: tuple[Any, ...] = (),
    *,
    where: NDArray[np.bool_] | None = None,
    fill: float | None = None,
    out: FloatArray | None = None,
) -> list[FloatArray]:
    """Return what ``kernel`` makes of the rows of ``arrays``, whose classes lie along ``axes``.

    Parameters
    ----------
    kernel : callable
        Takes a block of each array, and the parameters. Returns a new array or a tuple of them,
        each with as many entries along axis 1 as the first block, or with one.
    arrays : sequence of ndarray
        Arrays of one shape; all but the first may have length 1 along ``axes``.
    axes : tuple of int
        Sorted and non-negative. Without any, each entry is a row.
    dtype : dtype
        The dtype of the results.
    parameters : tuple, optional
        What else the kernel takes, the same for all blocks.
    where : ndarray of bool, optional
        True where an entry counts, if there is one array alone. The kernel gets -inf for the rest.
    fill : float, optional
        The result where ``where`` is False; None if the result has one entry a row.
    out : ndarray, optional
        Where the last result goes. It may overlap the arrays.

    Returns
    -------
    list of ndarray
        The results, in the shape of the first array or with length 1 along ``axes``.
    """
    if where is not None:
        kernel, arrays = masked(kernel, fill), [*arrays, where]
    if arrays[0].nbytes > SMALL_BYTES:
        return run_over_blocks(kernel, arrays, axes, dtype, parameters, out)
    # In small arrays calls take longer than what they do. Where no entry has to move, they go from
    # here to the kernel and back.
    values: Any
    shape = arrays[0].shape
    outer, n, _ = block_shape = shape_of_lines(shape, axes)
    if len(axes) > 1 or (outer > 1 and n <= SHORT_ROW):
        values = run(kernel, [as_lines(a, axes) for a in arrays], parameters)
    else:
        blocks = []
        for a in arrays:
            its_shape = block_shape if a.shape == shape else shape_of_lines(a.shape, axes)
            blocks.append(np.ascontiguousarray(a).reshape(its_shape))
        values = kernel(*blocks, *parameters)
        if not isinstance(values, tuple):
            if values.shape == block_shape and out is None:
                return [np.ascontiguousarray(values, dtype).reshape(shape)]
            values = (values,)
    results = [from_lines(np.ascontiguousarray(v, dtype), shape, axes) for v in values]
    if out is not None:
        np.copyto(out, results[-1])
        results[-1] = out
    return results


def masked(kernel: Kernel, fill: float | None) -> Kernel:
    """Return a kernel for blocks of scores and of a mask that is True where a score counts."""

    def masked_kernel(x: FloatArray, where: NDArray[np.bool_], *parameters: Any) -> FloatArray:
        result: Any = kernel(np.where(where, x, -np.inf), *parameters)
        return result if fill is None else np.where(where, result, fill)

    return masked_kernel


def run(
    kernel: Kernel, lines: Sequence[NDArray[Any]], parameters: tuple[Any, ...]
) -> Sequence[FloatArray]:
    """Run a kernel on contiguous lines, in which short rows stand side by side."""
    outer, n, inner = lines[0].shape
    turn = outer > 1 and n <= SHORT_ROW and inner == 1
    if turn:
        lines = [line.swapaxes(0, 2) for line in lines]
    results = kernel(*map(np.ascontiguousarray, lines), *parameters)
    values = results if isinstance(results, tuple) else (results,)
    return [v.swapaxes(0, 2) for v in values] if turn else values


def run_over_blocks(
    kernel: Kernel,
    arrays: Sequence[NDArray[Any]],
    axes: tuple[int, ...],
    dtype: FloatDtype,
    parameters: tuple[Any, ...],
    out: FloatArray | None,
) -> list[FloatArray]:
    """Run a kernel over blocks of whole rows; the last result goes to ``out``."""
    if out is not None:  # no block may overwrite what a later block reads
        arrays = [a.copy() if overlaps(a, out) else a for a in arrays]
    lines = [as_lines(a, axes) for a in arrays]
    outer, _, inner = lines[0].shape
    results: list[FloatArray] = []
    for block in iter_blocks(lines[0]):
        values = run(kernel, [line[block] for line in lines], parameters)
        if not results:
            new = values if out is None else values[:-1]
            results = [np.empty((outer, v.shape[1], inner), dtype) for v in new]
            results += [] if out is None else [as_lines(out, axes)]
        for result, value in zip(results, values, strict=True):
            result[block] = value
    arranged = [from_lines(v, arrays[0].shape, axes) for v in results]
    if out is not None:
        if not np.may_share_memory(out, results[-1]):
            np.copyto(out, arranged[-1])
        arranged[-1] = out
    return arranged


def iter_blocks(lines: NDArray[Any]) -> Iterator[tuple[slice, slice, slice]]:
    """Yield the slices that cut lines into blocks of whole rows; one at least, even of nothing."""
    outer, n, inner = lines.shape
    rows = BLOCK_BYTES // max(1, n * lines.itemsize)
    pieces = max(1, -(-inner // max(WIDE, rows)))
    width = max(1, -(-inner // pieces))  # pieces of about one width: none is left with one column
    height = max(1, rows // width)
    for i in range(0, max(1, outer), height):
        for j in range(0, max(1, inner), width):
            yield slice(i, i + height), slice(None), slice(j, j + width)


def overlaps(a: NDArray[Any], out: NDArray[Any]) -> bool:
    """Tell whether writing an entry of ``out`` could change another entry of ``a``."""
    same = a.__array_interface__ == out.__array_interface__
    return not same and np.may_share_memory(a, out)


# --- axes -------------------------------------------------------------------------------------


def as_lines(a: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    """Return ``a`` with three axes, the middle one made of ``axes``; a view where it can be one."""
    if len(axes) > 1 and not are_adjacent(axes):
        a = np.moveaxis(a, axes, range(-len(axes), 0))
        axes = tuple(range(a.ndim - len(axes), a.ndim))
    return a.reshape(shape_of_lines(a.shape, axes))


def from_lines(lines: FloatArray, shape: tuple[int, ...], axes: tuple[int, ...]) -> FloatArray:
    """Return lines in the given shape, or with length 1 along ``axes`` if they have one entry."""
    if lines.shape[1] == 1 and axes:
        shape = tuple(1 if i in axes else length for i, length in enumerate(shape))
    if len(axes) < 2 or are_adjacent(axes):
        return lines.reshape(shape)
    moved = [length for i, length in enumerate(shape) if i not in axes]
    moved += [shape[i] for i in axes]
    return np.moveaxis(lines.reshape(moved), range(-len(axes), 0), axes)


def are_adjacent(axes: tuple[int, ...]) -> bool:
    """Tell whether no other axis lies between these."""
    return not axes or axes[-1] - axes[0] < len(axes)


@lru_cache  # for small arrays, which would wait for it longest
def shape_of_lines(shape: tuple[int, ...], axes: tuple[int, ...]) -> tuple[int, int, int]:
    """Return how many entries lie before adjacent ``axes``, along them, and after them."""
    if not axes:  # rows of one entry each, side by side
        return 1, 1, prod(shape)
    first = axes[0]
    along = prod(shape[i] for i in axes)
    after = prod(n for i, n in enumerate(shape) if i > first and i not in axes)
    return prod(shape[:first]), along, after


# --- rows of a block --------------------------------------------------------------------------


def row_max(a: FloatArray) -> FloatArray:
    """Return the maximum of each row; -inf of nothing."""
    if not a.size:  # an initial value would do, but takes longer than the rest of a small row
        return np.full((a.shape[0], 1, a.shape[2]), -np.inf, a.dtype)
    result: FloatArray = np.maximum.reduce(a, axis=1, keepdims=True)
    return result


def row_sum(a: FloatArray) -> FloatArray:
    """Return the sum of each row, with an error that hardly grows with its length.

    Along contiguous memory NumPy adds in pairs. Elsewhere it adds one by one: in float32, the sum
    of 50 million terms is then off by 27 %. So long rows that stand side by side are folded first.
    """
    outer, n, inner = a.shape
    if inner == 1 and 0 < n <= SHORT_ROW:  # one by one, as NumPy adds short rows side by side
        return np.add.accumulate(a, axis=1)[:, -1:]
    while inner > 1 and n > SHORT_ROW:
        width = -(-n // 8)
        whole = n - n % width
        folded = np.add.reduce(a[:, :whole].reshape(outer, whole // width, width, inner), axis=1)
        if whole < n:
            folded[:, : n - whole] += a[:, whole:]
        a, n = folded, width
    result: FloatArray = np.add.reduce(a, axis=1, keepdims=True)
    return result


def sum_along(a: FloatArray, axes: tuple[int, ...]) -> FloatArray:
    """Return the sum of an array along ``axes``, which stay with length 1."""
    [total] = run_blockwise(row_sum, [a], axes, a.dtype)
    return total
