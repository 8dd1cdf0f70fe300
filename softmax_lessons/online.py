"""Softmax of rows that come in pieces: the maximum and the sum, which merge in any order.

The pieces may be blocks of an array, chunks of a file, or shards on several machines. The
conventions that all functions share stand in the docstring of the package.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from softmax_lessons._arguments import (
    as_axes,
    as_floats,
    as_mask,
    check_out,
    check_piece,
    check_values,
)
from softmax_lessons._blockwise import row_max, run_blockwise
from softmax_lessons.activations import no_warnings, sum_without_max
from softmax_lessons.attention import weighted_mean

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from softmax_lessons._arguments import Axis, FloatArray, FloatDtype

__all__ = ["OnlineSoftmax"]


# --- kernels ----------------------------------------------------------------------------------
# The sum of exp(x - maximum) is 1 + rest: rest leaves out one maximal term, which is 1 and would
# swallow the digits of a small rest. A row in which nothing counts has the maximum -inf, and a sum
# of 0, so its rest is -1.


def pair_kernel(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the maximum and the rest of each row of a block, with the classes along axis 1."""
    maximum = row_max(x)
    return maximum, sum_without_max(np.exp(x - level(maximum)))


def merge_kernel(
    maximum: FloatArray,
    rest: FloatArray,
    other_maximum: FloatArray,
    other_rest: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return the maximum and the rest of rows that come in two pieces."""
    top = np.maximum(maximum, other_maximum)
    is_higher = maximum >= other_maximum
    low = np.where(is_higher, other_maximum, maximum)
    # The higher piece leaves its maximal term out; the lower one counts whole.
    rest, low_rest = np.where(is_higher, [rest, other_rest], [other_rest, rest])
    return top, rest + (1 + low_rest) * np.exp(low - level(top))


def level(maximum: FloatArray) -> FloatArray:
    """Return what to subtract from scores: the maximum, or 0 where all of them are -inf."""
    return np.where(maximum == -np.inf, 0, maximum)


# --- value ------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class OnlineSoftmax:
    """The maximum of each row and the sum of its exponentials, of the entries seen so far.

    That is all that softmax has to know of a row. Two such values merge into that of all their
    entries, in any order, so that the row may come in pieces: blocks that fit the memory, chunks
    of a file, shards on several machines. ``OnlineSoftmax()`` has seen nothing yet.

    A value never changes: each method returns a new one. It can be pickled.

    Parameters
    ----------
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie, in each piece.
    maximum : ndarray
        The largest score of each row, -inf of nothing; ``axis`` stays with length 1. As the other
        parameters, it is also an attribute, and set by the methods.
    rest : ndarray
        The sum of ``exp(x - maximum)`` of each row without one maximal term, in float64 or longer.
        Where nothing counts, or all scores are -inf, it is -1.
    weighted : ndarray or None
        The sum of ``exp(x - maximum) * values``, with the features of the values along the last
        axis; None without values.
    dtype : dtype or None
        In which the results come back: that of the scores. None before there are any.
    values_dtype : dtype or None
        The dtype that ``mean`` comes back in; None without values.

    Returns
    -------
    OnlineSoftmax
        Of no entries, if no more than ``axis`` is passed.

    See Also
    --------
    logsumexp, softmax : The same for an array that fits the memory.
    attention : The same as ``mean``, with all weights at hand.

    Notes
    -----
    With the maximum m of a row, s sums ``exp(x - m)``. Of two pieces, m is the larger of m1 and m2,
    and s is ``s1 * exp(m1 - m) + s2 * exp(m2 - m)``. The value holds ``s - 1``, without the maximal
    term, as ``logsumexp`` does: where one score dominates, the small rest keeps its digits.

    A piece is calculated in its own precision (float16 in float32), merging in float64 or longer.
    Let u be the unit roundoff of the former and v that of the latter. However a row is split, and
    in whatever order the pieces are merged, the relative error of ``rest`` is at most a few u, one
    more for each unit by which a score lies below the largest, and three v for each merge that a
    piece goes through: so many as there are pieces in a loop, their binary logarithm in a tree.

    References
    ----------
    M. Milakov and N. Gimelshein, "Online normalizer calculation for softmax", 2018,
    arXiv:1805.02867, section 3.

    With values: T. Dao, D. Y. Fu, S. Ermon, A. Rudra and C. Ré, "FlashAttention: fast and
    memory-efficient exact attention with IO-awareness", 2022, arXiv:2205.14135, section 3.1.

    Examples
    --------
    A row in two pieces. The second pass needs no more than the value and a piece:

    >>> from softmax_lessons import OnlineSoftmax
    >>> seen = OnlineSoftmax().update([0.25, 1.23]).update([-0.8])
    >>> seen.logsumexp().round(4)
    np.float64(1.6399)
    >>> seen.softmax([0.25, 1.23]).round(3)
    array([0.249, 0.664])
    >>> seen.softmax([-0.8]).round(3)
    array([0.087])

    Two machines have one piece each, and merge what they have seen:

    >>> one, two = OnlineSoftmax.of([0.25, 1.23]), OnlineSoftmax.of([-0.8])
    >>> (two + one).logsumexp().round(4)
    np.float64(1.6399)

    With a value for each entry, as in attention, the weighted mean comes in one pass:

    >>> seen = OnlineSoftmax()
    >>> for scores, values in [([0.25, 1.23], [[10.0], [20.0]]), ([-0.8], [[30.0]])]:
    ...     seen = seen.update(scores, values=values)
    >>> seen.mean().round(3)
    array([18.381])
    """

    axis: Axis = -1
    maximum: FloatArray = field(default_factory=lambda: np.array(-np.inf))
    rest: FloatArray = field(default_factory=lambda: np.array(-1.0))
    weighted: FloatArray | None = None
    dtype: FloatDtype | None = None
    values_dtype: FloatDtype | None = None

    @classmethod
    @no_warnings
    def of(
        cls,
        x: ArrayLike,
        axis: Axis = -1,
        *,
        where: ArrayLike | None = None,
        values: ArrayLike | None = None,
    ) -> OnlineSoftmax:
        """Return the value of one piece.

        Parameters
        ----------
        x : array_like of real numbers
            The scores (logits) of the piece, as many as there are along ``axis``.
        axis : int or tuple of ints, default -1
            The axis, or axes, along which the classes lie.
        where : array_like of bools, optional
            True where a score counts; it broadcasts to the shape of ``x``.
        values : array_like of real numbers, shape (..., n, e), optional
            One row of features for each of the n entries along the last axis of ``x``: what
            ``mean`` returns the weighted mean of. The axes before the last two are those of ``x``
            before its last two, or broadcast to them. Values of entries that do not count, or
            whose score is -inf, do not matter, not even NaN.

        Raises
        ------
        ValueError
            If ``values`` do not fit the scores, or ``axis`` is another one than the last.
        """
        z, dtype = as_floats(x, "x")
        axes = as_axes(axis, "axis", z.ndim)
        mask = as_mask(where, "where", z.shape)
        maximum, rest = run_blockwise(pair_kernel, [z], axes, z.dtype, where=mask)
        seen = cls(axis, maximum, as_wide(rest), dtype=dtype)
        if values is None:
            return seen
        v, dtype_of_values = as_floats(values, "values")
        check_values(v, "values", z.shape, axes, axis)
        counts = (z != -np.inf) & (True if mask is None else mask)
        weights = np.where(counts, np.exp(z - level(maximum)), 0)
        weighted = weighted_mean(weights, v, counts)  # with weights that need not sum to 1
        values_dtype = np.promote_types(dtype, dtype_of_values)
        return replace(seen, weighted=as_wide(weighted), values_dtype=values_dtype)

    def update(
        self, x: ArrayLike, *, where: ArrayLike | None = None, values: ArrayLike | None = None
    ) -> OnlineSoftmax:
        """Return the value after one more piece: ``self + OnlineSoftmax.of(x, self.axis)``.

        Parameters
        ----------
        x, where, values
            As for ``of``.

        Raises
        ------
        ValueError
            As for ``of`` and ``merge``.
        """
        return self.merge(OnlineSoftmax.of(x, self.axis, where=where, values=values))

    def merge(self, *others: OnlineSoftmax) -> OnlineSoftmax:
        """Return the value of all entries that this one and the others have seen.

        Parameters
        ----------
        *others : OnlineSoftmax
            Values of other entries of the same rows, in any order.

        Raises
        ------
        ValueError
            If they have other rows, or another axis, or only some have values.
        TypeError
            If one of them is no OnlineSoftmax.
        """
        merged = self
        for other in others:
            if not isinstance(other, OnlineSoftmax):
                raise TypeError(f"only values of OnlineSoftmax merge, got {type(other).__name__}")
            merged = merged._merge_two(other)
        return merged

    def __add__(self, other: OnlineSoftmax) -> OnlineSoftmax:
        """Return ``self.merge(other)``."""
        return self.merge(other) if isinstance(other, OnlineSoftmax) else NotImplemented

    @property
    def total(self) -> FloatArray:
        """The sum of ``exp(x - maximum)`` of each row, with all terms; 0 of nothing."""
        return 1 + self.rest

    @no_warnings
    def logsumexp(self, *, keepdims: bool = False) -> Any:
        """Return the log-sum-exp of each row, of all entries that were seen.

        Parameters
        ----------
        keepdims : bool, default False
            If True, ``axis`` stays as an axis of length 1.
        """
        lse = self.maximum + np.log1p(self.rest)
        lse = np.where(np.isposinf(self.maximum), self.maximum, lse)  # inf - inf above is NaN
        if self.dtype is None:
            return lse[()]
        lse = lse.astype(self.dtype, copy=False)
        return lse if keepdims else np.squeeze(lse, self._axes)[()]

    def softmax(
        self, x: ArrayLike, *, where: ArrayLike | None = None, out: FloatArray | None = None
    ) -> FloatArray:
        """Return the probabilities of a piece: the second pass.

        Parameters
        ----------
        x : array_like of real numbers
            Scores that were seen: all of them, one piece, or one entry of each row.
        where : array_like of bools, optional
            True where a score counts. Entries left out get 0.
        out : ndarray, optional
            Where to write the result.

        Raises
        ------
        ValueError
            If a score is above the maximum, so that it was not among those seen, or if the rows
            do not fit.
        """
        return self._second_pass(lambda z, m, s: np.exp(z - m) / (1 + s), x, where, 0.0, out)

    def log_softmax(
        self, x: ArrayLike, *, where: ArrayLike | None = None, out: FloatArray | None = None
    ) -> FloatArray:
        """Return the log-probabilities of a piece: the second pass.

        The loss of a row is minus that of its label, so ``x`` may hold the labels' scores alone.

        Parameters
        ----------
        x : array_like of real numbers
            Scores that were seen: all of them, one piece, or one entry of each row.
        where : array_like of bools, optional
            True where a score counts. Entries left out get -inf.
        out : ndarray, optional
            Where to write the result.

        Raises
        ------
        ValueError
            As for ``softmax``.
        """
        return self._second_pass(lambda z, m, s: (z - m) - np.log1p(s), x, where, -np.inf, out)

    @no_warnings
    def mean(self) -> FloatArray:
        """Return the mean of the values, weighted by softmax: the output of attention.

        Where nothing counts, or all scores are -inf, it is 0, as in ``attention``.

        Raises
        ------
        ValueError
            If there are no values.
        """
        if self.weighted is None or self.values_dtype is None:
            raise ValueError("there is no mean without values: pass them with each piece")
        empty = self.maximum == -np.inf
        mean = np.where(empty, 0, self.weighted / np.where(empty, 1, self.total))
        return mean.astype(self.values_dtype, copy=False)

    @no_warnings
    def _merge_two(self, other: OnlineSoftmax) -> OnlineSoftmax:
        if self.dtype is None or other.dtype is None:
            return self if other.dtype is None else other
        check_mergeable(self, other)
        top, rest = merge_kernel(
            as_wide(self.maximum), self.rest, as_wide(other.maximum), other.rest
        )
        maximum = top.astype(np.promote_types(self.maximum.dtype, other.maximum.dtype))
        merged = replace(
            self, maximum=maximum, rest=rest, dtype=np.promote_types(self.dtype, other.dtype)
        )
        if self.values_dtype is None or other.values_dtype is None:
            return merged
        weighted = scaled(self, top) + scaled(other, top)
        values_dtype = np.promote_types(self.values_dtype, other.values_dtype)
        return replace(merged, weighted=weighted, values_dtype=values_dtype)

    @property
    def _axes(self) -> tuple[int, ...]:
        return as_axes(self.axis, "axis", self.maximum.ndim)

    @no_warnings
    def _second_pass(
        self,
        kernel: Callable[..., FloatArray],
        x: ArrayLike,
        where: ArrayLike | None,
        fill: float,
        out: FloatArray | None,
    ) -> FloatArray:
        if self.dtype is None:
            raise ValueError("nothing was seen yet: update with all pieces before the second pass")
        z, dtype = as_floats(x, "x")
        check_piece(z.shape, "x", self.maximum.shape, self._axes)
        counts = as_mask(where, "where", z.shape)
        check_out(out, "out", z.shape, dtype)
        highest = np.where(True if counts is None else counts, z, -np.inf)
        if (highest > self.maximum).any():
            above = highest[highest > self.maximum][0]
            message = f"x has the score {above}, above all that were seen of its row"
            raise ValueError(f"{message}: update with all pieces before the second pass")
        kind = np.promote_types(z.dtype, self.maximum.dtype)
        arrays = [a.astype(kind, copy=False) for a in (z, self.maximum, self.rest)]
        if counts is None:
            [result] = run_blockwise(kernel, arrays, self._axes, dtype, out=out)
            return result

        def masked(
            z: FloatArray, m: FloatArray, s: FloatArray, counts: NDArray[np.bool_]
        ) -> FloatArray:
            return np.where(counts, kernel(z, m, s), fill)

        [result] = run_blockwise(masked, [*arrays, counts], self._axes, dtype, out=out)
        return result


# --- what the methods share -------------------------------------------------------------------


def as_wide(a: FloatArray) -> FloatArray:
    """Return an array as float64 or longer, in which pieces are merged."""
    return a.astype(np.promote_types(a.dtype, np.float64), copy=False)


def scaled(seen: OnlineSoftmax, top: FloatArray) -> FloatArray:
    """Return the weighted sum for another maximum; infinite values stay, whatever they weigh."""
    weighted: Any = seen.weighted
    factor = np.exp(as_wide(seen.maximum) - level(top))
    result: FloatArray = np.where(np.isinf(weighted), weighted, weighted * factor)
    return result


def check_mergeable(one: OnlineSoftmax, other: OnlineSoftmax) -> None:
    """Raise unless two values are of the same rows."""
    axes, rows = zip(*((v._axes, v.maximum.shape) for v in (one, other)), strict=True)
    if axes[0] != axes[1] or rows[0] != rows[1]:
        message = f"pieces of the same rows merge, got axis {one.axis} and {other.axis}"
        raise ValueError(f"{message}, with rows of shape {rows[0]} and {rows[1]}")
    lengths = [None if v.weighted is None else v.weighted.shape[-1] for v in (one, other)]
    if None in lengths and lengths != [None, None]:
        raise ValueError("pieces with values do not merge with pieces without: pass them each time")
    if lengths[0] != lengths[1]:
        raise ValueError(f"values must have the same length along the last axis, got {lengths}")
