"""Five ways to turn scores into probabilities that are tried before softmax, and fail.

Each does exactly what its formula says. Where the formula divides by zero or overflows, so does
the function, and NumPy warns: the failure is the lesson. The formulas are school arithmetic and
need no source; what each one breaks is measured against the requirements that softmax meets:
between 0 and 1, sums to 1, order kept, every class keeps a chance, defined for all scores.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons._arguments import as_axes, as_floats
from softmax_lessons._blockwise import sum_along

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from softmax_lessons._arguments import Axis, FloatArray

__all__ = [
    "min_max",
    "normalize_by_abs",
    "normalize_by_relu",
    "normalize_by_square",
    "normalize_by_sum",
]


def normalize_by_sum(x: ArrayLike, axis: Axis = -1) -> FloatArray:
    """Return ``x / sum(x)`` along an axis.

    Parameters
    ----------
    x : array_like of real numbers, any shape
        The scores.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie.

    Returns
    -------
    ndarray
        The shape of ``x``. Along ``axis`` it sums to 1, where the sum of the scores is not 0.

    Warns
    -----
    RuntimeWarning
        From NumPy, where the formula divides by zero or overflows.

    Notes
    -----
    It breaks *between 0 and 1*: with scores of both signs, some result is negative and another
    above 1. Scores that sum to 0 have no result at all, and where the sum is negative the order
    turns around: ``x`` and ``-x`` get the same result.

    Examples
    --------
    >>> import numpy as np
    >>> from softmax_lessons import normalize_by_sum
    >>> normalize_by_sum([0.25, 1.23, -0.8]).round(3)
    array([ 0.368,  1.809, -1.176])
    >>> with np.errstate(divide="ignore"):
    ...     normalize_by_sum([-0.25, 1, -0.75])
    array([-inf,  inf, -inf])
    """
    z, dtype = as_floats(x, "x")
    return (z / sum_along(z, as_axes(axis, "axis", z.ndim))).astype(dtype, copy=False)


def normalize_by_abs(x: ArrayLike, axis: Axis = -1) -> FloatArray:
    """Return ``|x| / sum(|x|)`` along an axis.

    Parameters
    ----------
    x : array_like of real numbers, any shape
        The scores.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie.

    Returns
    -------
    ndarray
        The shape of ``x``: numbers between 0 and 1 that sum to 1, unless all scores are 0, or
        underflow or overflow on the way.

    Warns
    -----
    RuntimeWarning
        From NumPy, where the formula divides by zero or overflows.

    Notes
    -----
    It breaks *order kept*: the sign is lost, so the lowest score can get the largest result. All
    scores 0 gives NaN.

    Examples
    --------
    >>> import numpy as np
    >>> from softmax_lessons import normalize_by_abs
    >>> normalize_by_abs([0.25, 1.23, -0.8]).round(3)
    array([0.11 , 0.539, 0.351])
    >>> with np.errstate(invalid="ignore"):
    ...     normalize_by_abs([0, 0, 0])
    array([nan, nan, nan])
    """
    z, dtype = as_floats(x, "x")
    size = np.abs(z)
    return (size / sum_along(size, as_axes(axis, "axis", z.ndim))).astype(dtype, copy=False)


def normalize_by_square(x: ArrayLike, axis: Axis = -1) -> FloatArray:
    """Return ``x**2 / sum(x**2)`` along an axis.

    Parameters
    ----------
    x : array_like of real numbers, any shape
        The scores.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie.

    Returns
    -------
    ndarray
        The shape of ``x``: numbers between 0 and 1 that sum to 1, unless all scores are 0, or
        underflow or overflow on the way.

    Warns
    -----
    RuntimeWarning
        From NumPy, where the formula divides by zero or overflows.

    Notes
    -----
    It breaks *order kept*, as the absolute value does: -2 gets more than 1. All scores 0 gives
    NaN.

    Examples
    --------
    >>> import numpy as np
    >>> from softmax_lessons import normalize_by_square
    >>> normalize_by_square([0.25, 1.23, -0.8]).round(3)
    array([0.028, 0.683, 0.289])
    >>> normalize_by_square([-2, 1])
    array([0.8, 0.2])
    >>> with np.errstate(invalid="ignore"):
    ...     normalize_by_square([0, 0])
    array([nan, nan])
    """
    z, dtype = as_floats(x, "x")
    square = np.square(z)
    return (square / sum_along(square, as_axes(axis, "axis", z.ndim))).astype(dtype, copy=False)


def normalize_by_relu(x: ArrayLike, axis: Axis = -1) -> FloatArray:
    """Return ``max(x, 0) / sum(max(x, 0))`` along an axis.

    Parameters
    ----------
    x : array_like of real numbers, any shape
        The scores.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie.

    Returns
    -------
    ndarray
        The shape of ``x``: numbers between 0 and 1 that sum to 1, unless no score is above 0.

    Warns
    -----
    RuntimeWarning
        From NumPy, where the formula divides by zero or overflows.

    Notes
    -----
    It breaks *every class keeps a chance*: all negative scores get exactly 0, however they
    differ, and with it a gradient of 0. No score above 0 gives NaN.

    Examples
    --------
    >>> import numpy as np
    >>> from softmax_lessons import normalize_by_relu
    >>> normalize_by_relu([0.25, 1.23, -0.8]).round(3)
    array([0.169, 0.831, 0.   ])
    >>> with np.errstate(invalid="ignore"):
    ...     normalize_by_relu([-1, -2])
    array([nan, nan])
    """
    z, dtype = as_floats(x, "x")
    positive = np.maximum(z, 0)
    return (positive / sum_along(positive, as_axes(axis, "axis", z.ndim))).astype(dtype, copy=False)


def min_max(x: ArrayLike, axis: Axis = -1) -> FloatArray:
    """Return ``(x - min(x)) / (max(x) - min(x))`` along an axis.

    Parameters
    ----------
    x : array_like of real numbers, any shape
        The scores.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie.

    Returns
    -------
    ndarray
        The shape of ``x``: from 0 at the minimum to 1 at the maximum, unless all scores are equal.

    Warns
    -----
    RuntimeWarning
        From NumPy, where the formula divides by zero or overflows.

    Notes
    -----
    It breaks *sums to 1*. The lowest score always gets 0 and the highest 1, however close they
    are, and equal scores give NaN.

    Examples
    --------
    >>> import numpy as np
    >>> from softmax_lessons import min_max
    >>> min_max([0.25, 1.23, -0.8]).round(3)
    array([0.517, 1.   , 0.   ])
    >>> with np.errstate(invalid="ignore"):
    ...     min_max([2, 2, 2])
    array([nan, nan, nan])
    """
    z, dtype = as_floats(x, "x")
    axes = as_axes(axis, "axis", z.ndim)
    low = np.min(z, axis=axes, keepdims=True, initial=np.inf)
    high = np.max(z, axis=axes, keepdims=True, initial=-np.inf)
    result: FloatArray = ((z - low) / (high - low)).astype(dtype, copy=False)
    return result
