"""Softmax and its family as one compiled loop each, for those who need speed.

The functions have the signatures, the answers and the errors of those of the same name in
``softmax_lessons``. They need the extra ``compiled``, which brings numba; it is imported when one
of them is first called. That call also compiles the loop for its dtype and its kind of rows, which
takes some seconds, once: what was compiled is stored beside the package, or in the user's cache
where the package cannot be written.

A compiled loop works in float32 and float64; float16 and integers are converted, as in
``softmax_lessons``. What it does not cover goes to the function of NumPy, with its answer and at
its pace: longdouble, temperatures below 1e-30 or above 1e30, and losses with ``where``, smoothing
or probabilities as targets.

The last digits may differ from those of NumPy, for the loops have an exponential and a logarithm of
their own and add in another order. Tests hold the relative difference below 64 times the precision
of the dtype (of ``softmax_vjp``: 4 times the precision, relative to the largest entry, beside it).

Large arrays are shared among threads: as many as ``set_num_threads`` says, or else the variable
``OMP_NUM_THREADS``, or else as many as there are processors for this process. A row stays with one
thread, so that the result does not depend on their number.
"""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from softmax_lessons import activations, gradients, losses
from softmax_lessons._arguments import (
    as_axes,
    as_count,
    as_floats,
    as_mask,
    as_temperature,
    check_choice,
    check_out,
    common_shape,
    shape_of_rows,
)
from softmax_lessons._blockwise import as_lines, from_lines
from softmax_lessons.activations import no_warnings
from softmax_lessons.losses import REDUCTIONS, as_rows, reduce_losses

if TYPE_CHECKING:
    from types import ModuleType
    from typing import SupportsIndex

    from numpy.typing import ArrayLike, NDArray

    from softmax_lessons._arguments import Axis, FloatArray, FloatDtype, Number
    from softmax_lessons.losses import Reduction

__all__ = [
    "cross_entropy_and_grad",
    "get_num_threads",
    "log_softmax",
    "logsumexp",
    "set_num_threads",
    "sigmoid",
    "softmax",
    "softmax_vjp",
]

F = TypeVar("F", bound=Callable[..., Any])

COMPILED = (np.dtype(np.float32), np.dtype(np.float64))
PER_THREAD = 2**17  # entries: starting a thread takes about as long as these
SMALL = 2**15  # entries: arrays up to this size are passed to a loop without checks
SHORT = 24  # entries: rows up to this length are taken side by side
COLUMNS = 128  # that one thread takes at least: those that a loop takes at a time


# --- threads ----------------------------------------------------------------------------------
# Own threads, not those of numba: its default ones end the process when two threads of Python use
# them at the same time, as those of Dask do, and compiling for them takes several times longer.

_num_threads = 0  # not yet asked for


def set_num_threads(n: SupportsIndex) -> None:
    """Say how many threads share a large array.

    Parameters
    ----------
    n : int
        At least 1; 1 is for those who run several of these functions at a time.

    Returns
    -------
    None

    Raises
    ------
    TypeError
        If ``n`` is no integer.
    ValueError
        If ``n`` is below 1.

    Notes
    -----
    An array is shared by no more threads than have 131,072 entries each.

    Examples
    --------
    >>> from softmax_lessons.compiled import get_num_threads, set_num_threads
    >>> before = get_num_threads()
    >>> set_num_threads(1)
    >>> get_num_threads()
    1
    >>> set_num_threads(before)
    """
    global _num_threads
    _num_threads = as_count(n, "n", 1)


def get_num_threads() -> int:
    """Return how many threads share a large array.

    Parameters
    ----------
    None

    Returns
    -------
    int
        What ``set_num_threads`` was told; else the number in ``OMP_NUM_THREADS``; else how many
        processors this process may use.

    Notes
    -----
    The variable is read when the number is first needed.

    Examples
    --------
    >>> from softmax_lessons.compiled import get_num_threads
    >>> get_num_threads() >= 1
    True
    """
    global _num_threads
    if not _num_threads:
        wanted = os.environ.get("OMP_NUM_THREADS", "")
        usable = getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count() or 1))(0)
        _num_threads = int(wanted) if wanted.isdecimal() and int(wanted) else len(usable)
    return _num_threads


def share(loop: Callable[[int, int], None], length: int, size: int, least: int = 1) -> None:
    """Call ``loop`` with parts of a range, in threads if ``size`` entries are enough for them."""
    n = min(get_num_threads(), size // PER_THREAD, -(-length // least))
    if n < 2:
        loop(0, length)
        return
    step = -(-length // n)
    step += -step % least
    parts = [(start, min(start + step, length)) for start in range(step, length, step)]
    threads = [threading.Thread(target=loop, args=part) for part in parts]
    for thread in threads:
        thread.start()
    loop(0, step)
    for thread in threads:
        thread.join()


# --- loops ------------------------------------------------------------------------------------

_loops: ModuleType | None = None


def loops() -> ModuleType:
    """Return the module of the loops, which imports numba."""
    global _loops
    if _loops is None:
        _loops = importlib.import_module("softmax_lessons._loops")
    return _loops


def run_loop(
    name: str,
    lines: list[FloatArray],
    of_rows: tuple[NDArray[Any], ...] = (),
    parameters: tuple[Any, ...] = (),
) -> None:
    """Run the loop of that name over contiguous lines, and arrays with one entry a row.

    The lines have one shape and share no memory.
    """
    outer, n, inner = lines[0].shape
    size = lines[0].size
    if inner == 1:
        arrays = [*(a.reshape(outer, n) for a in lines), *(a.reshape(outer) for a in of_rows)]
        rows = getattr(loops(), f"{name}_{kind_of_rows(lines[0].shape[:2])}")
        share(lambda i, j: rows(*(a[i:j] for a in arrays), *parameters), outer, size)
        return
    columns = getattr(loops(), f"{name}_columns")
    arrays = [*lines, *(a.reshape(outer, inner) for a in of_rows)]
    if outer >= get_num_threads():
        share(lambda i, j: columns(*(a[i:j] for a in arrays), 0, inner, *parameters), outer, size)
    else:
        share(lambda i, j: columns(*arrays, i, j, *parameters), inner, size, COLUMNS)


# The loops for small arrays, by name, kind of rows, dtype and number of axes.
small_loops: dict[tuple[str, str, FloatDtype, int], Callable[..., bool]] = {}


def kind_of_rows(shape: tuple[int, ...], axis: int = -1) -> str:
    """Return which loop takes the rows along the last axis of an array, or along the first."""
    if axis == 0 and len(shape) > 1:
        return "block"
    return "short_rows" if len(shape) == 2 and shape[1] <= SHORT else "rows"


def is_done(name: str, axis: object, *arrays: Any) -> bool:
    """Try to do all at once, into the last of the arrays; tell whether that was enough."""
    x = arrays[0]
    if type(axis) is not int or axis not in (-1, 0) or x.size > SMALL:
        return False
    try:
        return small_loops[name, kind_of_rows(x.shape, axis), x.dtype, x.ndim](*arrays)
    except (KeyError, TypeError):  # the first array, or another dtype or layout
        return False


def is_done_plainly(
    name: str, x: object, axis: object, temperature: object, where: object, out: object
) -> bool:
    """Try the same for softmax or its logarithm, if nothing but arrays was passed."""
    return (
        where is None
        and type(temperature) is float
        and temperature == 1
        and type(x) is type(out) is np.ndarray
        and is_done(name, axis, x, out)
    )


def run_small(name: str, lines: list[FloatArray], ndim: int) -> bool:
    """Compile what does all at once, if the arrays are small, and do it; tell whether it did."""
    outer, n, inner = lines[0].shape
    if lines[0].size > SMALL or (inner > 1 and outer > 1):
        return False
    shape: tuple[int, ...] = (n,) if ndim == 1 else (outer, n)
    axis = -1
    if inner > 1:
        shape, axis = (n, inner), 0
    key = name, kind_of_rows(shape, axis), lines[0].dtype, len(shape)
    if key not in small_loops:  # threads that meet here may each make one; either will do
        small_loops[key] = loops().for_small_arrays(*key, len(lines))
    return is_done(name, axis, *(a.reshape(shape) for a in lines))


def is_covered(z: FloatArray) -> bool:
    """Tell whether there is a loop for an array."""
    return z.dtype in COMPILED and z.size > 0


def contiguous_lines(z: FloatArray, axes: tuple[int, ...]) -> FloatArray:
    """Return the lines of an array in one piece of memory, for a loop to read.

    They are read-only even if the array is not: both are taken by the same compiled loop.
    """
    lines: FloatArray = np.require(as_lines(z, axes), requirements=["C", "A"]).view()
    lines.flags.writeable = False
    return lines


def lines_for(
    out: FloatArray | None,
    inputs: list[FloatArray],
    axes: tuple[int, ...],
    mask: NDArray[np.bool_] | None = None,
) -> FloatArray:
    """Return where a loop writes: the lines of ``out``, if it can write there."""
    # Not in place: loops that may read what they have written are no vector code.
    if out is not None and out.dtype == inputs[0].dtype and out.flags.carray:
        lines = as_lines(out, axes)
        is_view = np.may_share_memory(lines, out)
        others = inputs if mask is None else [*inputs, mask]
        if is_view and not any(np.may_share_memory(a, out) for a in others):
            return lines
    return np.empty_like(inputs[0])


def finished(
    lines: FloatArray,
    shape: tuple[int, ...],
    axes: tuple[int, ...],
    dtype: FloatDtype,
    out: FloatArray | None,
) -> FloatArray:
    """Return the result in its shape and dtype, or in ``out``."""
    result = from_lines(lines, shape, axes)
    if out is None:
        return result.astype(dtype, copy=False)
    if not np.may_share_memory(lines, out):
        np.copyto(out, result, casting="same_kind")
    return out


def as_pair(temperature: float, dtype: FloatDtype) -> tuple[Any, Any]:
    """Return the temperature as the loops take it: a factor, and the temperature times it."""
    factor = 0.5 if temperature > 1 else 1.0  # half a difference cannot overflow
    return dtype.type(factor), dtype.type(temperature * factor)


# --- functions --------------------------------------------------------------------------------


def twin_of(function: Callable[..., Any]) -> Callable[[F], F]:
    """Give a function the docstring of its twin, which it shares to the last word."""

    def with_docstring(twin: F) -> F:
        text = function.__doc__ or ""
        package, name = "from softmax_lessons import", function.__name__
        twin.__doc__ = text.replace(f"{package} {name}\n", f"from {__name__} import {name}\n")
        return twin

    return with_docstring


@twin_of(activations.sigmoid)
def sigmoid(  # noqa: D103 - that of its twin
    x: ArrayLike, *, out: FloatArray | None = None
) -> Any:
    if type(x) is type(out) is np.ndarray and is_done("sigmoid", -1, x, out):
        return out
    return sigmoid_with_checks(x, out)


@no_warnings
def sigmoid_with_checks(x: ArrayLike, out: FloatArray | None) -> Any:
    """Return the sigmoid of whatever has come."""
    z, dtype = as_floats(x, "x")
    check_out(out, "out", z.shape, dtype)
    if not is_covered(z):
        return activations.sigmoid(x, out=out)
    axes = tuple(range(z.ndim))[-1:]
    lines = contiguous_lines(z, axes)
    result = lines_for(out, [lines], axes)
    if not run_small("sigmoid", [lines, result], z.ndim):
        flat, flat_result = lines.reshape(-1), result.reshape(-1)
        share(lambda i, j: loops().sigmoid_rows(flat[i:j], flat_result[i:j]), z.size, z.size)
    p = finished(result, z.shape, axes, dtype, out)
    return p[()] if out is None else p


@twin_of(activations.softmax)
def softmax(  # noqa: D103 - that of its twin
    x: ArrayLike,
    axis: Axis = -1,
    *,
    temperature: Number = 1.0,
    where: ArrayLike | None = None,
    out: FloatArray | None = None,
) -> FloatArray:
    if is_done_plainly("softmax", x, axis, temperature, where, out):
        return out  # type: ignore[return-value]
    return along_axis("softmax", activations.softmax, x, axis, temperature, where, 0.0, out)


@twin_of(activations.log_softmax)
def log_softmax(  # noqa: D103 - that of its twin
    x: ArrayLike,
    axis: Axis = -1,
    *,
    temperature: Number = 1.0,
    where: ArrayLike | None = None,
    out: FloatArray | None = None,
) -> FloatArray:
    if is_done_plainly("log_softmax", x, axis, temperature, where, out):
        return out  # type: ignore[return-value]
    return along_axis(
        "log_softmax", activations.log_softmax, x, axis, temperature, where, -np.inf, out
    )


@no_warnings
def along_axis(
    name: str,
    of_numpy: Callable[..., FloatArray],
    x: ArrayLike,
    axis: Axis,
    temperature: Number,
    where: ArrayLike | None,
    fill: float,
    out: FloatArray | None,
) -> FloatArray:
    """Return softmax or its logarithm along an axis."""
    z, dtype = as_floats(x, "x")
    axes = as_axes(axis, "axis", z.ndim)
    mask = as_mask(where, "where", z.shape)
    t = as_temperature(temperature, "temperature")
    check_out(out, "out", z.shape, dtype)
    if not is_covered(z) or not 1e-30 <= t <= 1e30:
        return of_numpy(x, axis, temperature=temperature, where=where, out=out)
    scores = z if mask is None else np.where(mask, z, -np.inf)
    lines = contiguous_lines(scores, axes)
    result = lines_for(out, [lines], axes, mask)
    temperatures = () if t == 1 else (as_pair(t, z.dtype),)
    if temperatures or not run_small(name, [lines, result], z.ndim):
        run_loop(name, [lines, result], parameters=temperatures)
    if mask is not None:
        np.copyto(result, fill, where=~as_lines(mask, axes))
    return finished(result, z.shape, axes, dtype, out)


@twin_of(activations.logsumexp)
@no_warnings
def logsumexp(  # noqa: D103 - that of its twin
    x: ArrayLike,
    axis: Axis = -1,
    *,
    keepdims: bool = False,
    where: ArrayLike | None = None,
    out: FloatArray | None = None,
) -> Any:
    z, dtype = as_floats(x, "x")
    axes = as_axes(axis, "axis", z.ndim)
    mask = as_mask(where, "where", z.shape)
    if not is_covered(z):
        return activations.logsumexp(x, axis, keepdims=keepdims, where=where, out=out)
    shape = shape_of_rows(z.shape, axes, keepdims=keepdims)
    check_out(out, "out", shape, dtype)
    lines = contiguous_lines(z if mask is None else np.where(mask, z, -np.inf), axes)
    outer, _, inner = lines.shape
    result = np.empty((outer, inner), lines.dtype)
    run_loop("logsumexp", [lines], (result,))
    lse = from_lines(result.reshape(outer, 1, inner), z.shape, axes).reshape(shape)
    if out is not None:
        np.copyto(out, lse, casting="same_kind")
        return out
    return lse.astype(dtype, copy=False)[()]


@twin_of(losses.cross_entropy_and_grad)
@no_warnings
def cross_entropy_and_grad(  # noqa: D103 - that of its twin
    logits: ArrayLike,
    target: ArrayLike,
    axis: Axis = -1,
    *,
    weight: ArrayLike | None = None,
    ignore_index: SupportsIndex | None = None,
    where: ArrayLike | None = None,
    label_smoothing: Number = 0.0,
    reduction: Reduction = "mean",
    out: FloatArray | None = None,
) -> tuple[Any, FloatArray]:
    z, dtype = as_floats(logits, "logits")
    axes = as_axes(axis, "axis", z.ndim)
    rows = as_rows(z, target, axes, weight, ignore_index, where, label_smoothing)
    check_choice(reduction, "reduction", REDUCTIONS)
    check_out(out, "out", z.shape, dtype)
    labels = rows.arrays[1]
    of_labels = labels.dtype.kind == "i" and not rows.smoothing and where is None
    if not is_covered(z) or not of_labels:
        plain: Any = losses.cross_entropy_and_grad  # its overloads want one reduction, not a choice
        loss_and_grad: tuple[Any, FloatArray] = plain(
            logits, target, axis, weight=weight, ignore_index=ignore_index, where=where,
            label_smoothing=label_smoothing, reduction=reduction, out=out,
        )  # fmt: skip
        return loss_and_grad
    weights = np.ones(labels.shape)
    if rows.weight is not None:
        weights *= rows.weight[labels]
    if len(rows.arrays) > 2:  # some rows are ignored
        weights *= rows.arrays[2].any(axis=axes, keepdims=True)
    lines = contiguous_lines(z, axes)
    result = lines_for(out, [lines], axes)
    outer, _, inner = lines.shape
    of_rows = [contiguous_lines(a, axes) for a in (labels, weights)]
    losses_of_rows = np.empty((outer, 1, inner), lines.dtype)
    count = float(rows.total) if reduction == "mean" else 1.0
    run_loop("loss", [lines, result], (*of_rows, losses_of_rows), (count,))
    if rows.weight is not None or len(rows.arrays) > 2:
        is_left_out = of_rows[1] == 0  # even if the scores are NaN
        losses_of_rows[is_left_out] = 0
        np.copyto(result, np.divide(0, count), where=is_left_out)
    for mask in rows.arrays[2:]:
        np.copyto(result, 0, where=~as_lines(mask, axes))
    each = np.squeeze(from_lines(losses_of_rows, z.shape, axes), axes)
    loss = reduce_losses(each, reduction, dtype, rows.total)
    return loss, finished(result, z.shape, axes, dtype, out)


@twin_of(gradients.softmax_vjp)
def softmax_vjp(  # noqa: D103 - that of its twin
    p: ArrayLike, g: ArrayLike, axis: Axis = -1, *, out: FloatArray | None = None
) -> FloatArray:
    if type(p) is type(g) is type(out) is np.ndarray and is_done("vjp", axis, p, g, out):
        return out
    return vjp_with_checks(p, g, axis, out)


@no_warnings
def vjp_with_checks(p: ArrayLike, g: ArrayLike, axis: Axis, out: FloatArray | None) -> FloatArray:
    """Return the product of whatever has come."""
    (a, dtype_of_a), (b, dtype_of_b) = as_floats(p, "p"), as_floats(g, "g")
    dtype = np.promote_types(dtype_of_a, dtype_of_b)
    if a.shape != b.shape:
        shape = common_shape(a, b, ("p", "g"), axis)
        a, b = np.broadcast_to(a, shape), np.broadcast_to(b, shape)
    axes = as_axes(axis, "axis", a.ndim)
    check_out(out, "out", a.shape, dtype)
    kind = np.promote_types(a.dtype, b.dtype)
    if kind not in COMPILED or not a.size:
        return gradients.softmax_vjp(p, g, axis, out=out)
    lines = [contiguous_lines(x.astype(kind, copy=False), axes) for x in (a, b)]
    result = lines_for(out, lines, axes)
    if not run_small("vjp", [*lines, result], a.ndim):
        run_loop("vjp", [*lines, result])
    return finished(result, a.shape, axes, dtype, out)
