"""What the public functions share: checked input, a maximum, a shift and an accurate sum.

Every function of the family reads its arguments through the ``as_...`` helpers here, calculates
on a plain float array, and hands the result over through ``deliver``.
"""

from __future__ import annotations

import math
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


def fill(a: FloatArray, where: NDArray[np.bool_] | None, value: float) -> FloatArray:
    """Return ``a`` with ``value`` in the entries that ``where`` leaves out."""
    return a if where is None else np.where(where, a, value)


def deliver(result: FloatArray, dtype: FloatDtype, out: FloatArray | None = None) -> FloatArray:
    """Return ``result`` in its final dtype, or written to ``out``.

    Only finished results reach ``out``, so that it may share memory with the input.
    """
    if out is None:
        return result.astype(dtype, copy=False)
    np.copyto(out, result, casting="same_kind")
    return out


# --- arithmetic -------------------------------------------------------------------------------


def to_rows(a: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    """Move ``axes`` last and make them one: an array of contiguous rows."""
    rows = np.moveaxis(a, axes, range(-len(axes), 0))
    kept = rows.shape[: a.ndim - len(axes)]
    return np.ascontiguousarray(rows.reshape(*kept, math.prod(rows.shape[len(kept) :])))


def from_rows(rows: NDArray[Any], axes: tuple[int, ...], shape: tuple[int, ...]) -> NDArray[Any]:
    """Undo ``to_rows`` for an array that had the given shape."""
    reduced = tuple(shape[i] for i in axes)
    return np.moveaxis(rows.reshape(rows.shape[:-1] + reduced), range(-len(axes), 0), axes)


def maximum(a: FloatArray, axes: tuple[int, ...]) -> FloatArray:
    """Return the maximum along ``axes``, kept as axes of length 1; of nothing it is -inf."""
    return np.asarray(np.max(a, axis=axes, keepdims=True, initial=-np.inf))


def total(a: FloatArray, axes: tuple[int, ...]) -> FloatArray:
    """Return the sum along ``axes``, kept as axes of length 1, as accurate along any axis.

    NumPy adds in pairs along contiguous memory only. Elsewhere it adds one by one, and in float32
    the error of 50 million terms grows to 27 %. So each sum gets its terms side by side first.
    """
    return np.expand_dims(to_rows(a, axes).sum(axis=-1), axes)


def shift(z: FloatArray, top: FloatArray, temperature: float = 1.0) -> FloatArray:
    """Return ``(z - top) / temperature`` for the maximum ``top``: 0 there, below 0 elsewhere.

    The order matters. Dividing first could overflow, and would round each score before the
    difference is taken.
    """
    if temperature == 1:
        return z - top
    float32 = np.finfo(np.float32)
    if not float32.tiny <= temperature <= float32.max:  # float32 would make it 0 or inf
        z = z.astype(np.promote_types(z.dtype, np.float64), copy=False)
    if temperature < 1:
        return (z - top) / temperature
    # Here a difference too large for the dtype may have a quotient that is not: take halves.
    return (z / 2 - top / 2) / (temperature / 2)


def log_total_exp(d: FloatArray, axes: tuple[int, ...]) -> FloatArray:
    """Return ``log(sum(exp(d)))`` along ``axes`` for ``d`` with maximum 0, small results included.

    The maximal term is exactly 1, so the logarithm is ``log1p`` of the sum of the others. Adding
    the 1 first would swallow every term below the rounding error of 1.
    """
    is_top = d == 0
    others = total(np.where(is_top, 0, np.exp(d)), axes)
    ties = np.count_nonzero(is_top, axis=axes, keepdims=True) - 1
    return np.log1p(others + np.asarray(ties, d.dtype))
