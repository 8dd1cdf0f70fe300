"""Draws of classes from softmax, and what is left out before: top-k, top-p and min-p.

Each of these takes logits and returns logits, in which what is dropped is -inf. So they can be
chained, and their order is in plain sight. The conventions that all functions share stand in the
docstring of the package.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np

from softmax_lessons._arguments import (
    as_axes,
    as_count,
    as_floats,
    as_fraction,
    as_generator,
    as_size,
    as_temperature,
    check_drawable,
    shape_of_rows,
)
from softmax_lessons._blockwise import as_lines, row_max, run_blockwise
from softmax_lessons.activations import no_warnings, softmax_kernel, subtract_max

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from softmax_lessons._arguments import Axis, FloatArray, Number

    Seed = int | Sequence[int] | np.random.SeedSequence

__all__ = ["min_p", "sample", "top_k", "top_p"]


# --- kernels ----------------------------------------------------------------------------------
# Each takes a block of scores with the classes along axis 1, as _blockwise.py describes it.


def top_k_kernel(x: FloatArray, k: int) -> FloatArray:
    """Return the k highest scores of each row, -inf elsewhere."""
    return keep(x, rank(x) < k)


def top_p_kernel(x: FloatArray, p: float) -> FloatArray:
    """Return the fewest of the highest scores of each row whose probabilities reach p."""
    highest_first = -np.sort(-softmax_kernel(x), axis=1)
    is_below = cumulative_sum(highest_first) < p
    # All that are below stay, and the next one, which crosses p.
    crossing = np.count_nonzero(is_below, axis=1, keepdims=True)
    return keep(x, (rank(x) <= crossing) | (p == 1))  # rounding may reach 1 too early


def min_p_kernel(x: FloatArray, p: float) -> FloatArray:
    """Return the scores at least p times as probable as the highest."""
    # A ratio of probabilities is a difference of scores.
    return keep(x, x - row_max(x) >= np.log(p))


def cumulative_kernel(x: FloatArray, temperature: float = 1.0) -> FloatArray:
    """Return the cumulative sums of the probabilities of each row; the last is exactly 1."""
    cumulative = cumulative_sum(np.exp(subtract_max(x, temperature)))
    return cumulative / cumulative[:, -1:]


def rank(x: FloatArray) -> NDArray[np.intp]:
    """Return 0 for the highest score of a row, 1 for the next.

    Of equal ones the first leads.
    """
    highest_first = np.argsort(-x, axis=1, kind="stable")
    return np.argsort(highest_first, axis=1)  # the inverse of the permutation


def cumulative_sum(p: FloatArray) -> FloatArray:
    """Return cumulative sums, at least in float64.

    They are added one by one: in float32, those of 100,000 classes may be off by more than the
    probability of most classes.
    """
    result: FloatArray = np.cumsum(p, axis=1, dtype=np.promote_types(p.dtype, np.float64))
    return result


def keep(x: FloatArray, is_kept: NDArray[np.bool_]) -> FloatArray:
    """Return scores that are kept, and -inf for the others; NaN where softmax would be for +inf."""
    return np.where(row_max(x) < np.inf, np.where(is_kept, x, -np.inf), np.nan)


# --- functions --------------------------------------------------------------------------------


@no_warnings
def top_k(logits: ArrayLike, k: SupportsIndex, axis: Axis = -1) -> FloatArray:
    """Return logits in which the k highest are left, and the others are -inf.

    Parameters
    ----------
    logits : array_like of real numbers, any shape
        The scores.
    k : int
        How many to keep, 1 or more. If there are fewer, all stay.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie.

    Returns
    -------
    ndarray
        The shape of ``logits``. What stays is unchanged. A row with NaN or +inf is NaN.

    Raises
    ------
    TypeError, ValueError
        If ``k`` is no integer, or is below 1.

    See Also
    --------
    top_p : Keeps few where the model is sure, and many where it is not.
    hardmax : Its one-hot vector is ``softmax(top_k(logits, 1))``.

    Notes
    -----
    Of equal logits the first ones stay, as in ``hardmax``, so that never more than k do. PyTorch's
    ``topk`` promises no order among them.

    References
    ----------
    A. Fan, M. Lewis and Y. Dauphin, "Hierarchical neural story generation", *ACL*, 2018, 889-898.

    Examples
    --------
    >>> from softmax_lessons import softmax, top_k
    >>> top_k([0.25, 1.23, -0.8], 2)
    array([0.25, 1.23, -inf])
    >>> softmax(top_k([0.25, 1.23, -0.8], 2)).round(3)
    array([0.273, 0.727, 0.   ])
    """
    z, dtype = as_floats(logits, "logits")
    axes = as_axes(axis, "axis", z.ndim)
    n = as_count(k, "k", 1, ": to keep all, leave top_k out")
    [kept] = run_blockwise(top_k_kernel, [z], axes, dtype, (n,))
    return kept


@no_warnings
def top_p(logits: ArrayLike, p: Number, axis: Axis = -1) -> FloatArray:
    """Return logits in which the fewest are left whose probabilities sum to p or more.

    Parameters
    ----------
    logits : array_like of real numbers, any shape
        The scores. A temperature matters: divide by it before, if it is to decide what stays.
    p : float
        The probability to keep, above 0 and at most 1.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie.

    Returns
    -------
    ndarray
        The shape of ``logits``. What stays is unchanged, the others are -inf. A row with NaN or
        +inf is NaN.

    Raises
    ------
    TypeError, ValueError
        If ``p`` is no number, or is not above 0 and at most 1.

    See Also
    --------
    min_p : Compares each probability with the largest.

    Notes
    -----
    The most likely classes come first, and of equally likely ones the first. The class with which
    the sum crosses p stays: without it less than p would be left, and nothing of a sure row. With
    p = 1 all classes stay, whatever rounding makes of the sum. If a sum is equal to another p but
    for rounding, one class more may stay.

    References
    ----------
    A. Holtzman, J. Buys, L. Du, M. Forbes and Y. Choi, "The curious case of neural text
    degeneration", *ICLR*, 2020, arXiv:1904.09751, section 3.1.

    Examples
    --------
    >>> from softmax_lessons import softmax, top_p
    >>> softmax([0.25, 1.23, -0.8]).round(3)
    array([0.249, 0.664, 0.087])
    >>> top_p([0.25, 1.23, -0.8], 0.9)
    array([0.25, 1.23, -inf])
    >>> top_p([0.25, 1.23, -0.8], 0.1)
    array([-inf, 1.23, -inf])
    """
    z, dtype = as_floats(logits, "logits")
    axes = as_axes(axis, "axis", z.ndim)
    probability = as_fraction(p, "p", above=True, advice=": top_k(logits, 1) keeps the best alone")
    [kept] = run_blockwise(top_p_kernel, [z], axes, dtype, (probability,))
    return kept


@no_warnings
def min_p(logits: ArrayLike, p: Number, axis: Axis = -1) -> FloatArray:
    """Return logits in which those are left that are at least p times as likely as the likeliest.

    Parameters
    ----------
    logits : array_like of real numbers, any shape
        The scores. A temperature matters: divide by it before, if it is to decide what stays.
    p : float
        What a probability must reach, as a fraction of the largest: from 0, which keeps all, to 1,
        which keeps the largest and those equal to it.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie.

    Returns
    -------
    ndarray
        The shape of ``logits``. What stays is unchanged, the others are -inf. A row with NaN or
        +inf is NaN.

    Raises
    ------
    TypeError, ValueError
        If ``p`` is no number, or is not from 0 to 1.

    See Also
    --------
    top_p : Decides by the sum of the probabilities.

    Notes
    -----
    No sum is needed: ``p_i >= p * max(p)`` is ``x_i >= max(x) + log(p)``. A temperature T before it
    does what ``p**T`` in place of p does at a temperature of 1.

    References
    ----------
    M. N. Nguyen, A. Baker, C. Neo, A. Roush, A. Kirsch and R. Shwartz-Ziv, "Turning up the heat:
    min-p sampling for creative and coherent LLM outputs", *ICLR*, 2025, arXiv:2407.01082.

    Examples
    --------
    >>> from softmax_lessons import min_p
    >>> min_p([0.25, 1.23, -0.8], 0.2)
    array([0.25, 1.23, -inf])
    """
    z, dtype = as_floats(logits, "logits")
    axes = as_axes(axis, "axis", z.ndim)
    fraction = as_fraction(p, "p")
    [kept] = run_blockwise(min_p_kernel, [z], axes, dtype, (fraction,))
    return kept


@no_warnings
def sample(
    logits: ArrayLike,
    size: SupportsIndex | Sequence[SupportsIndex] | None = None,
    axis: Axis = -1,
    *,
    temperature: Number = 1.0,
    rng: np.random.Generator | Seed,
) -> Any:
    """Return classes drawn at random, each with its probability by softmax.

    Parameters
    ----------
    logits : array_like of real numbers, any shape
        The scores. One of -inf is never drawn.
    size : int or tuple of ints, optional
        How often to draw from each row, as a shape; None stands for once, with no axis for it.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie. With several axes, classes are numbered in
        C order, the last axis running fastest.
    temperature : float, default 1.0
        What the scores are divided by: finite, above 0.
    rng : numpy.random.Generator or a seed
        Where the randomness comes from. A seed gives the same draws in each call; a generator goes
        on.

    Returns
    -------
    ndarray of int, or int
        Classes from 0 on, in the shape ``size`` followed by that of ``logits`` without ``axis``; a
        NumPy integer if that is no axis at all.

    Raises
    ------
    ValueError
        If a row has NaN or +inf, or nothing but -inf: there is nothing to draw from.

    See Also
    --------
    top_k, top_p, min_p : What to leave out before.

    Notes
    -----
    This inverts the cumulative sum: u is drawn evenly from 0 to 1, and the class is the first whose
    cumulative probability lies above u. Probabilities below some 1e-16 are as good as 0.
    Gumbel-max, ``argmax(logits - log(-log(u)))`` with a u for each class, has the same
    distribution; it needs no sum, but a random number for each class.

    References
    ----------
    L. Devroye, *Non-Uniform Random Variate Generation*, Springer, 1986, section III.2.

    Examples
    --------
    >>> import numpy as np
    >>> from softmax_lessons import sample, top_p
    >>> rng = np.random.default_rng(0)
    >>> sample([0.25, 1.23, -0.8], size=8, rng=rng)
    array([1, 1, 0, 0, 1, 1, 1, 1])
    >>> sample([[0.0, 9.0], [9.0, 0.0]], rng=rng)
    array([1, 0])
    >>> counts = np.bincount(sample([0.25, 1.23, -0.8], size=100_000, rng=rng))
    >>> (counts / 100_000).round(2)
    array([0.25, 0.66, 0.09])
    """
    z, _ = as_floats(logits, "logits")
    axes = as_axes(axis, "axis", z.ndim)
    shape = as_size(size, "size")
    t = as_temperature(temperature, "temperature")
    generator = as_generator(rng, "rng")
    check_drawable(z, "logits", axes)
    of_rows = shape_of_rows(z.shape, axes)
    precision = np.promote_types(z.dtype, np.float64)
    [cumulative] = run_blockwise(cumulative_kernel, [z], axes, precision, (t,))
    lines = as_lines(cumulative, axes).swapaxes(1, 2)
    rows = lines.reshape(-1, max(1, lines.shape[-1]))
    u = generator.random((math.prod(shape), len(rows)))
    draws = np.empty(u.shape, np.intp)
    for i, row in enumerate(rows):
        draws[:, i] = np.searchsorted(row, u[:, i], side="right")
    return draws.reshape(shape + of_rows)[()]
