"""Entropy and Kullback-Leibler divergence, in nats, from probabilities or from logits.

Both keep their digits where they are small: the entropy of a distribution that is nearly sure, the
divergence of two that are nearly equal. The conventions that all functions share stand in the
docstring of the package.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from softmax_lessons._arguments import as_axes, as_floats, check_rows_of_probabilities, common_shape
from softmax_lessons._blockwise import row_max, row_sum, run_blockwise
from softmax_lessons.activations import no_warnings, softmax_kernel, sum_without_max
from softmax_lessons.losses import cross_entropy_kernel, cross_terms

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from softmax_lessons._arguments import Axis, FloatArray

__all__ = ["entropy", "kl_divergence"]


# --- kernels ----------------------------------------------------------------------------------
# Each takes blocks with the classes along axis 1, as _blockwise.py describes it.


def entropy_kernel(p: FloatArray) -> FloatArray:
    """Return ``-sum(p * log(p))`` of each row."""
    is_likely = p > 0.75  # one of a row at the most; its digits are those of 1 minus the others
    others = row_sum(np.where(is_likely, 0, p))
    minus_log_p = np.where(is_likely, -np.log1p(-others), -np.log(p))
    return row_sum(cross_terms(p, minus_log_p))


def entropy_of_logits_kernel(x: FloatArray) -> FloatArray:
    """Return the entropy of ``p = softmax(x)``: the cross-entropy of x where p is the target."""
    return cross_entropy_kernel(x, softmax_kernel(x))


def kl_divergence_kernel(p: FloatArray, q: FloatArray) -> FloatArray:
    """Return ``sum(p * log(p / q))`` of each row."""
    # Both sum to 1 but for rounding, which is larger than a small divergence: q is scaled.
    sum_p = row_sum(p)
    excess = np.maximum(row_sum(q - p) / sum_p, -0.5)  # a q of zeros stays as it is
    log_ratio = log_of_ratio(q, p) - np.log1p(excess)
    divergence = row_sum(kl_terms(p, q / (1 + excess), log_ratio)) / sum_p
    return np.where(sum_p == 0, 0, divergence)


def kl_divergence_of_logits_kernel(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return the divergence of ``q = softmax(y)`` from ``p = softmax(x)``."""
    x_max, y_max = row_max(x), row_max(y)
    # log(q / p) is y - x, but for what is the same in the whole row
    difference, more = exact_difference(y, x)
    of_max, more_of_max = exact_difference(y_max, x_max)
    log_sum_x, log_sum_y = (np.log1p(sum_without_max(np.exp(a))) for a in (x - x_max, y - y_max))
    log_ratio = (difference - of_max) + (more - more_of_max) - (log_sum_y - log_sum_x)
    p, q = softmax_kernel(x), softmax_kernel(y)
    # What log_sum_y - log_sum_x has lost to rounding shows in the sum of q - p, which is 0.
    excess = row_sum(np.where(abs(log_ratio) < 1, p * np.expm1(log_ratio), q - p))
    return row_sum(kl_terms(p, q, log_ratio - np.log1p(excess)))


def kl_terms(p: FloatArray, q: FloatArray, log_ratio: FloatArray) -> FloatArray:
    """Return ``p * log(p / q) + q - p``, given ``log(q / p)``.

    They have the sum of ``p * log(p / q)``, as p and q sum to the same. But none is negative, so
    that they do not cancel in the sum.
    """
    near = p * exp_minus_1_minus(log_ratio)
    far = (q - p) - p * log_ratio
    return np.where(p == 0, q, np.where(abs(log_ratio) < 1, near, far))


def exp_minus_1_minus(x: FloatArray) -> FloatArray:
    """Return ``exp(x) - 1 - x`` for x from -1 to 1: ``x**2 / 2`` and what follows in the series."""
    coefficients = [1 / np.longdouble(math.factorial(n)) for n in range(22, 1, -1)]
    return x * x * np.polyval(np.array(coefficients).astype(x.dtype), x)


def log_of_ratio(q: FloatArray, p: FloatArray) -> FloatArray:
    """Return ``log(q / p)``, with all digits where q is close to p, and for any quotient."""
    ratio_minus_1 = (q - p) / p
    is_close = (ratio_minus_1 > -0.9) & (ratio_minus_1 < np.inf)
    return np.where(is_close, np.log1p(ratio_minus_1), np.log(q) - np.log(p))


def exact_difference(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return ``a - b`` as it is rounded, and what that is short of it."""
    difference = a - b
    lost = a - difference
    short = (a - (difference + lost)) + (lost - b)
    return difference, np.where(np.isfinite(difference), short, 0)


# --- functions --------------------------------------------------------------------------------


@overload
def entropy(p: Sequence[float], axis: Axis = ..., *, logits: bool = ...) -> np.float64: ...
@overload
def entropy(p: ArrayLike, axis: Axis = ..., *, logits: bool = ...) -> FloatArray | Any: ...
@no_warnings
def entropy(p: ArrayLike, axis: Axis = -1, *, logits: bool = False) -> Any:
    """Return the entropy, ``-sum(p * log(p))``, along an axis: how spread out a distribution is.

    Parameters
    ----------
    p : array_like of real numbers, any shape
        Probabilities: 0 or above, with a sum of 1 along ``axis``, within 3.5e-4 (float16: 0.03).
        With ``logits=True`` the scores that softmax makes them of.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie.
    logits : bool, default False
        Whether ``p`` holds scores.

    Returns
    -------
    ndarray or scalar
        Nats, from 0 for a sure answer to ``log(n)`` for n equal ones, in the shape of ``p``
        without ``axis``. A probability of 0 adds nothing, and a row of zeros alone, which softmax
        gives where nothing counts, is 0.

    Raises
    ------
    ValueError
        If a probability is negative, or a row does not sum to 1.

    See Also
    --------
    kl_divergence : How far another distribution lies from this one.
    cross_entropy : Entropy plus divergence.

    Notes
    -----
    Where one probability is close to 1, its logarithm is ``log1p`` of minus the sum of the
    others: it has lost their digits, and 1 - 1e-20 is 1. From logits it is the cross-entropy of
    ``p`` with itself, so that even an entropy of 1e-300 keeps its digits. Divide by ``log(2)``
    for bits.

    A p above 0.75 counts as 1 minus the others also where the row does not quite sum to 1, so the
    gradient ``-log(p) - 1`` holds only along directions that keep the sum.

    References
    ----------
    C. E. Shannon, "A mathematical theory of communication", *Bell System Technical Journal* 27,
    1948, 379-423, section 6.

    Examples
    --------
    >>> from softmax_lessons import entropy
    >>> entropy([0.5, 0.25, 0.25]).round(4)
    np.float64(1.0397)
    >>> entropy([[0.0, 1.0], [0.5, 0.5]]).round(4)
    array([0.    , 0.6931])
    >>> entropy([0.25, 1.23, -0.8], logits=True).round(4)
    np.float64(0.831)
    """
    z, dtype = as_floats(p, "p")
    axes = as_axes(axis, "axis", z.ndim)
    if not logits:
        check_rows_of_probabilities(z, "p", axes, dtype)
    kernel = entropy_of_logits_kernel if logits else entropy_kernel
    [nats] = run_blockwise(kernel, [z], axes, dtype)
    return np.squeeze(nats, axes)[()]


@overload
def kl_divergence(
    p: Sequence[float], q: Sequence[float], axis: Axis = ..., *, logits: bool = ...
) -> np.float64: ...
@overload
def kl_divergence(
    p: ArrayLike, q: ArrayLike, axis: Axis = ..., *, logits: bool = ...
) -> FloatArray | Any: ...
@no_warnings
def kl_divergence(p: ArrayLike, q: ArrayLike, axis: Axis = -1, *, logits: bool = False) -> Any:
    """Return the Kullback-Leibler divergence, ``sum(p * log(p / q))``, along an axis.

    It is what coding, or guessing, with q costs where p is true.

    Parameters
    ----------
    p : array_like of real numbers
        Probabilities: 0 or above, with a sum of 1 along ``axis``, within 3.5e-4 (float16: 0.03).
        With ``logits=True`` the scores that softmax makes them of.
    q : array_like of real numbers
        The same of the other distribution.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie, in the shape that ``p`` and ``q``
        broadcast to.
    logits : bool, default False
        Whether ``p`` and ``q`` hold scores.

    Returns
    -------
    ndarray or scalar
        Nats, 0 or above, in the shape that ``p`` and ``q`` broadcast to, without ``axis``. It is 0
        where p and q are equal, and +inf where q is 0 and p is not. Where p is 0 nothing is added,
        and a row of zeros alone in p is 0. The dtype that NumPy promotes those of ``p`` and ``q``
        to, where integers count as float64.

    Raises
    ------
    ValueError
        If a probability is negative, or a row does not sum to 1; if ``p`` and ``q`` do not
        broadcast, or differ in length along ``axis``.

    See Also
    --------
    cross_entropy : ``entropy(p) + kl_divergence(p, q)``, from the logits of q.

    Notes
    -----
    The order matters: ``torch.nn.functional.kl_div(log_q, p)`` has it the other way round, with
    logarithms. Summed as it is written, the divergence of nearly equal distributions is rounding
    alone. Here each term is ``p * log(p / q) + q - p``, which is never negative, and close to
    ``(q - p)**2 / (2 * p)`` where q is close to p. The sums of p and q may differ by what rounding
    has left: q is scaled to the sum of p, and the result divided by it. So the gradient with
    respect to q, ``-p / q``, and that with respect to p, ``log(p / q) + 1``, hold only along
    directions that keep the sum.

    References
    ----------
    S. Kullback and R. A. Leibler, "On information and sufficiency", *Annals of Mathematical
    Statistics* 22(1), 1951, 79-86.

    Examples
    --------
    >>> from softmax_lessons import kl_divergence
    >>> kl_divergence([0.5, 0.5], [0.9, 0.1]).round(4)
    np.float64(0.5108)
    >>> kl_divergence([0.9, 0.1], [0.5, 0.5]).round(4)
    np.float64(0.3681)
    >>> kl_divergence([0.5, 0.5], [0.5 + 1e-9, 0.5 - 1e-9]).round(22)
    np.float64(2e-18)
    >>> kl_divergence([0.25, 1.23, -0.8], [0.0, 0.0, 0.0], logits=True).round(4)
    np.float64(0.2676)
    """
    (a, dtype_of_p), (b, dtype_of_q) = as_floats(p, "p"), as_floats(q, "q")
    dtype = np.promote_types(dtype_of_p, dtype_of_q)
    shape = common_shape(a, b, ("p", "q"), axis)
    axes = as_axes(axis, "axis", len(shape))
    a, b = np.broadcast_to(a, shape), np.broadcast_to(b, shape)
    if not logits:
        check_rows_of_probabilities(a, "p", axes, dtype_of_p)
        check_rows_of_probabilities(b, "q", axes, dtype_of_q)
    kernel = kl_divergence_of_logits_kernel if logits else kl_divergence_kernel
    [nats] = run_blockwise(kernel, [a, b], axes, dtype)
    return np.squeeze(nats, axes)[()]
