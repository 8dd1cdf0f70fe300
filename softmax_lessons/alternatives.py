"""What else could stand where softmax stands: sparsemax, entmax and softmax1, with their products.

Sparsemax and entmax give probabilities of exactly 0 to what lies too far below the largest score.
Softmax1 need not give its whole probability away. The conventions that all functions share stand
in the docstring of the package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons._arguments import as_alpha, as_axes, as_floats, as_mask, check_out
from softmax_lessons._blockwise import row_max, row_sum, run_blockwise
from softmax_lessons.activations import no_warnings, softmax_kernel
from softmax_lessons.gradients import product

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from softmax_lessons._arguments import Axis, FloatArray, Number

__all__ = ["entmax", "entmax_vjp", "softmax1", "softmax1_vjp", "sparsemax", "sparsemax_vjp"]


# --- kernels ----------------------------------------------------------------------------------
# Each takes blocks with the classes along axis 1, as _blockwise.py describes it.


def sparsemax_kernel(x: FloatArray) -> FloatArray:
    """Return ``max(x - threshold, 0)`` of each row, with the threshold that makes the sum 1."""
    x = x - finite_max(x)
    is_above = x > -1  # a probability of 1 is the most that the largest score can have
    size = np.count_nonzero(is_above, axis=1, keepdims=True)
    while True:
        threshold = (row_sum(np.where(is_above, x, 0)) - 1) / size.astype(x.dtype)
        is_above &= x > threshold
        before, size = size, np.count_nonzero(is_above, axis=1, keepdims=True)
        if np.array_equal(before, size):
            return np.maximum(x - threshold, 0)


def entmax_kernel(x: FloatArray, alpha: float = 1.5) -> FloatArray:
    """Return ``max(1 + (alpha - 1) * (x - threshold), 0) ** (1 / (alpha - 1))`` of each row."""
    if alpha in (1, 2):
        return softmax_kernel(x) if alpha == 1 else sparsemax_kernel(x)
    x = x - finite_max(x)
    p = entmax_below(x, largest_of_entmax(x, alpha), alpha)
    # One more step of Newton's method, taken by p itself. It also helps where no largest
    # probability makes the sum 1: beyond alpha 2, rounding lets a class enter with a jump.
    # There the smallest has the steepest slope, and is the unit, so that none overflows.
    smallest = np.where(p == 0, 1, p).min(axis=1, keepdims=True, initial=1)
    slope = slopes(p / smallest if alpha > 2 else p, alpha)
    return np.maximum(p - (row_sum(p) - 1) / row_sum(slope) * slope, 0)


def softmax1_kernel(x: FloatArray) -> FloatArray:
    """Return ``exp(x) / (1 + sum(exp(x)))`` of each row."""
    x_max = np.maximum(row_max(x), 0)  # the 1 is the exponential of one more score, of 0
    exp_x = np.exp(x - x_max)
    return exp_x / (np.exp(-x_max) + row_sum(exp_x))


def sparsemax_vjp_kernel(p: FloatArray, g: FloatArray) -> FloatArray:
    """Return ``g`` minus its mean over the classes with ``p > 0``, and 0 elsewhere."""
    return entmax_vjp_kernel(p, g, 2)


def entmax_vjp_kernel(p: FloatArray, g: FloatArray, alpha: float) -> FloatArray:
    """Return ``s * (g - sum(s * g) / sum(s))`` of each row, with ``s = p ** (2 - alpha)``."""
    s = slopes(p, alpha)
    total = row_sum(s)
    weights = s / np.where(total == 0, 1, total)
    centred = g - row_sum(weights * g)
    centred -= row_sum(weights * centred)  # what rounding has left of the mean
    return s * centred


def softmax1_vjp_kernel(p: FloatArray, g: FloatArray) -> FloatArray:
    """Return ``p * (g - sum(p * g))`` of each row."""
    return p * (g - row_sum(p * g))


def finite_max(x: FloatArray) -> FloatArray:
    """Return the maximum of each row; NaN where it is infinite."""
    x_max = row_max(x)
    return np.where(np.isinf(x_max), np.nan, x_max)


def largest_of_entmax(x: FloatArray, alpha: float) -> FloatArray:
    """Return the largest probability of each row, by Newton's method between bounds."""
    low = np.full_like(x[:, :1], 0.5 / max(x.shape[1], 1))  # 1 / n, if all are equal, is above it
    high = np.ones_like(low)
    largest = high
    while True:
        p = entmax_below(x, largest, alpha)
        excess = row_sum(p) - 1
        is_low = excess < 0
        low, high = np.where(is_low, largest, low), np.where(is_low, high, largest)
        halfway = (low + high) / 2
        is_found = abs(excess) <= 8 * np.finfo(x.dtype).eps
        if np.all(is_found | (halfway == low) | (halfway == high) | np.isnan(excess)):
            return np.where(is_found, largest, high)
        newton = largest - excess / row_sum(slopes(p / largest, alpha))
        largest = np.where((low < newton) & (newton < high), newton, halfway)


def entmax_below(x: FloatArray, largest: FloatArray, alpha: float) -> FloatArray:
    """Return ``max(largest ** c + c * x, 0) ** (1 / c)``, with ``c = alpha - 1``.

    This is entmax of scores below 0, the largest of which is 0 and has the probability ``largest``.
    For small c it tends to ``largest * exp(x)``.
    """
    c = alpha - 1
    change = np.where(x == 0, 0, c * x / largest**c)
    is_out = change <= -1
    ratio = np.exp(np.log1p(np.where(is_out, 0, change)) / c)
    return np.where(is_out, 0, largest * ratio)


def slopes(p: FloatArray, alpha: float) -> FloatArray:
    """Return ``p ** (2 - alpha)``, the slope of p for its score alone, where p is above 0."""
    return np.where(p == 0, 0, p ** (2 - alpha))


# --- functions --------------------------------------------------------------------------------


@no_warnings
def sparsemax(
    x: ArrayLike,
    axis: Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: FloatArray | None = None,
) -> FloatArray:
    """Return sparsemax, ``max(x - threshold, 0)``, along an axis: probabilities, many of them 0.

    It is the point of the simplex that lies nearest to the scores.

    Parameters
    ----------
    x : array_like of real numbers, any shape
        The scores (logits).
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie.
    where : array_like of bools, optional
        True where a score counts. Entries left out get 0.
    out : ndarray, optional
        Where to write the result.

    Returns
    -------
    ndarray
        Probabilities in the shape of ``x``, that sum to 1 along ``axis``. A score that lies 1 or
        more below the largest gets 0. A row with NaN, with +inf, or of -inf alone gives NaN.

    See Also
    --------
    entmax : Between softmax and sparsemax.
    sparsemax_vjp : The product with the Jacobian.

    Notes
    -----
    The threshold is the mean of the scores above it, minus 1 over their number. Which those are is
    found by leaving out, again and again, what lies below the threshold of the rest.

    The unit of the scores matters: sparsemax of 10 times the scores is a choice of one class,
    where the largest leads by 0.1.

    References
    ----------
    A. F. T. Martins and R. F. Astudillo, "From softmax to sparsemax: a sparse model of attention
    and multi-label classification", *International Conference on Machine Learning*, 2016,
    1614-1623.

    C. Michelot, "A finite algorithm for finding the projection of a point onto the canonical
    simplex of R^n", *Journal of Optimization Theory and Applications* 50, 1986, 195-200.

    Examples
    --------
    >>> from softmax_lessons import sparsemax
    >>> sparsemax([0.25, 1.23, -0.8]).round(3)
    array([0.01, 0.99, 0.  ])
    """
    z, dtype = as_floats(x, "x")
    axes = as_axes(axis, "axis", z.ndim)
    mask = as_mask(where, "where", z.shape)
    check_out(out, "out", z.shape, dtype)
    [p] = run_blockwise(sparsemax_kernel, [z], axes, dtype, where=mask, fill=0.0, out=out)
    return p


@no_warnings
def entmax(
    x: ArrayLike,
    axis: Axis = -1,
    *,
    alpha: Number = 1.5,
    where: ArrayLike | None = None,
    out: FloatArray | None = None,
) -> FloatArray:
    """Return alpha-entmax along an axis: softmax at alpha 1, sparsemax at 2.

    It is ``max(1 + (alpha - 1) * (x - threshold), 0) ** (1 / (alpha - 1))``, with the threshold
    that makes the sum 1.

    Parameters
    ----------
    x : array_like of real numbers, any shape
        The scores (logits).
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie.
    alpha : float, default 1.5
        1 or above, and finite. The larger it is, the more probabilities are 0.
    where : array_like of bools, optional
        True where a score counts. Entries left out get 0.
    out : ndarray, optional
        Where to write the result.

    Returns
    -------
    ndarray
        Probabilities in the shape of ``x``, that sum to 1 along ``axis``. With an alpha above 1, a
        score that lies ``1 / (alpha - 1)`` or more below the largest gets 0. A row with NaN, with
        +inf, or of -inf alone gives NaN.

    Raises
    ------
    ValueError
        If ``alpha`` is below 1, or not finite.

    See Also
    --------
    sparsemax : The same at alpha 2.
    entmax_vjp : The product with the Jacobian.

    Notes
    -----
    Among all probabilities p, entmax has the largest ``sum(p * x) + H(p)``, where
    ``H(p) = sum(p - p ** alpha) / (alpha * (alpha - 1))`` is Tsallis' entropy.

    The largest probability is found by Newton's method between bounds; it leads to the threshold
    and to all others. The error of a probability is a few times the precision of the dtype,
    relative to 1. With an alpha far above 2 it is about alpha times the precision.

    References
    ----------
    B. Peters, V. Niculae and A. F. T. Martins, "Sparse sequence-to-sequence models", *Annual
    Meeting of the Association for Computational Linguistics*, 2019, 1504-1519.

    Examples
    --------
    >>> from softmax_lessons import entmax
    >>> z = [0.25, 1.23, -0.8]
    >>> entmax(z).round(3)
    array([0.175, 0.825, 0.   ])
    >>> entmax(z, alpha=1).round(3)
    array([0.249, 0.664, 0.087])
    """
    z, dtype = as_floats(x, "x")
    axes = as_axes(axis, "axis", z.ndim)
    mask = as_mask(where, "where", z.shape)
    parameters = (as_alpha(alpha, "alpha"),)
    check_out(out, "out", z.shape, dtype)
    [p] = run_blockwise(entmax_kernel, [z], axes, dtype, parameters, where=mask, fill=0.0, out=out)
    return p


@no_warnings
def softmax1(
    x: ArrayLike,
    axis: Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: FloatArray | None = None,
) -> FloatArray:
    """Return ``exp(x) / (1 + sum(exp(x)))`` along an axis: softmax that may choose nothing.

    It is softmax with one more class of score 0, whose probability is then left out.

    Parameters
    ----------
    x : array_like of real numbers, any shape
        The scores (logits).
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie.
    where : array_like of bools, optional
        True where a score counts. Entries left out get 0.
    out : ndarray, optional
        Where to write the result.

    Returns
    -------
    ndarray
        Numbers between 0 and 1, in the shape of ``x``, that sum to less than 1 along ``axis``. A
        row of -inf alone gives 0, not NaN. A row with NaN or +inf gives NaN.

    See Also
    --------
    softmax1_vjp : The product with the Jacobian.

    Notes
    -----
    The level of the scores matters, unlike that of softmax. Where the largest score is subtracted
    for safety, the 1 has to become ``exp(-max)``. Left as it is, it weighs as much as the largest
    score: [8, 1, 1] would sum to 0.5005, and not to 0.9997.

    References
    ----------
    E. Miller, "Attention is off by one", 2023,
    https://www.evanmiller.org/attention-is-off-by-one.html.

    Examples
    --------
    >>> from softmax_lessons import softmax1
    >>> softmax1([8.0, 1.0, 1.0]).sum().round(4)
    np.float64(0.9997)
    >>> softmax1([-8.0, -9.0]).round(4)
    array([0.0003, 0.0001])
    """
    z, dtype = as_floats(x, "x")
    axes = as_axes(axis, "axis", z.ndim)
    mask = as_mask(where, "where", z.shape)
    check_out(out, "out", z.shape, dtype)
    [p] = run_blockwise(softmax1_kernel, [z], axes, dtype, where=mask, fill=0.0, out=out)
    return p


@no_warnings
def sparsemax_vjp(
    p: ArrayLike, g: ArrayLike, axis: Axis = -1, *, out: FloatArray | None = None
) -> FloatArray:
    """Return a vector times the Jacobian of sparsemax.

    Parameters
    ----------
    p : array_like of real numbers
        The probabilities that sparsemax returned.
    g : array_like of real numbers
        The gradient with respect to ``p``.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie, in the shape that ``p`` and ``g``
        broadcast to.
    out : ndarray, optional
        Where to write the result.

    Returns
    -------
    ndarray
        The gradient with respect to the scores: ``g`` minus its mean over the classes with
        ``p > 0``, and 0 for the others.

    See Also
    --------
    sparsemax : What it belongs to.

    Notes
    -----
    Classes with a probability of 0 get no gradient: they learn nothing until others fall.

    References
    ----------
    Martins and Astudillo, 2016, section 2.5.

    Examples
    --------
    >>> from softmax_lessons import sparsemax_vjp
    >>> sparsemax_vjp([0.25, 0.75, 0.0], [0.0, 1.0, 5.0])
    array([-0.5,  0.5,  0. ])
    """
    return product(sparsemax_vjp_kernel, (p, g), ("p", "g"), axis, out)


@no_warnings
def entmax_vjp(
    p: ArrayLike,
    g: ArrayLike,
    axis: Axis = -1,
    *,
    alpha: Number = 1.5,
    out: FloatArray | None = None,
) -> FloatArray:
    """Return a vector times the Jacobian of alpha-entmax.

    Parameters
    ----------
    p : array_like of real numbers
        The probabilities that entmax returned.
    g : array_like of real numbers
        The gradient with respect to ``p``.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie, in the shape that ``p`` and ``g``
        broadcast to.
    alpha : float, default 1.5
        The alpha that entmax was given.
    out : ndarray, optional
        Where to write the result.

    Returns
    -------
    ndarray
        The gradient with respect to the scores, ``s * (g - sum(s * g) / sum(s))`` with
        ``s = p ** (2 - alpha)`` where p is above 0, and 0 elsewhere.

    Raises
    ------
    ValueError
        If ``alpha`` is below 1, or not finite.

    See Also
    --------
    entmax : What it belongs to.

    Notes
    -----
    This is the gradient with respect to the scores. That with respect to alpha, by which some
    models learn it, is not calculated.

    With an alpha above 2, s grows without bound as p falls to 0. Where it overflows, the row is
    NaN.

    References
    ----------
    Peters, Niculae and Martins, 2019, section 3.

    Examples
    --------
    >>> from softmax_lessons import entmax, entmax_vjp
    >>> p = entmax([0.25, 1.23, -0.8])
    >>> entmax_vjp(p, [0.0, 1.0, 5.0]).round(3)
    array([-0.286,  0.286,  0.   ])
    """
    parameters = (as_alpha(alpha, "alpha"),)
    return product(entmax_vjp_kernel, (p, g), ("p", "g"), axis, out, parameters)


@no_warnings
def softmax1_vjp(
    p: ArrayLike, g: ArrayLike, axis: Axis = -1, *, out: FloatArray | None = None
) -> FloatArray:
    """Return a vector times the Jacobian of softmax1, ``p * (g - sum(p * g))``.

    The formula is that of softmax. But `softmax_vjp` takes the sum of p for 1.

    Parameters
    ----------
    p : array_like of real numbers
        What softmax1 returned.
    g : array_like of real numbers
        The gradient with respect to ``p``.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie, in the shape that ``p`` and ``g``
        broadcast to.
    out : ndarray, optional
        Where to write the result.

    Returns
    -------
    ndarray
        The gradient with respect to the scores. It does not sum to 0: the level of the scores
        matters.

    See Also
    --------
    softmax1 : What it belongs to.

    Notes
    -----
    The class of score 0, which softmax1 leaves out, gets a gradient of its own. It is not needed.

    Examples
    --------
    >>> from softmax_lessons import softmax1_vjp
    >>> softmax1_vjp([0.25, 0.25], [1.0, 1.0])
    array([0.125, 0.125])
    """
    return product(softmax1_vjp_kernel, (p, g), ("p", "g"), axis, out)
