"""Sigmoid and softmax with their logarithms, softplus, log-sum-exp and hardmax for NumPy arrays.

The conventions that all functions share stand in the docstring of the package.

A row of scores gives the same bits by whichever way it is passed: alone or in a batch, as a list,
with a mask of True, at a temperature of 1, into ``out``. The exception are rows of more than 16
entries along another axis than the last: they are added in another order, which may depend on the
rest of the batch, and the last digits may differ. The relative difference is at most 16 times the
precision of the dtype (of log-sum-exp: relative to the largest score, or to 1).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np

from softmax_lessons._arguments import (
    as_axes,
    as_floats,
    as_mask,
    as_temperature,
    check_out,
    shape_of_rows,
)
from softmax_lessons._blockwise import row_max, row_sum, run_blockwise

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from softmax_lessons._arguments import Axis, Entries, Float, FloatArray, Number

__all__ = [
    "hardmax",
    "log_sigmoid",
    "log_softmax",
    "logsumexp",
    "sigmoid",
    "softmax",
    "softplus",
]

# inf - inf and the like are expected, and documented, so no function here warns of them.
no_warnings = np.errstate(all="ignore")


# --- kernels ----------------------------------------------------------------------------------
# Each takes a block of scores with the classes along axis 1, as _blockwise.py describes it.


def sigmoid_kernel(x: FloatArray) -> FloatArray:
    """Return the sigmoid of each entry; ``exp(-|x|)`` cannot overflow."""
    exp_x = np.exp(-abs(x))
    result: FloatArray = np.where(x < 0, exp_x, 1) / (1 + exp_x)
    return result


def log_sigmoid_kernel(x: FloatArray) -> FloatArray:
    """Return the logarithm of the sigmoid of each entry, ``-log(1 + exp(-x))``."""
    return np.minimum(x, 0) - np.log1p(np.exp(-abs(x)))


def softplus_kernel(x: FloatArray) -> FloatArray:
    """Return ``log(1 + exp(x))`` of each entry."""
    return np.maximum(x, 0) + np.log1p(np.exp(-abs(x)))


def softmax_kernel(x: FloatArray, temperature: float = 1.0) -> FloatArray:
    """Return softmax of each row."""
    shifted = subtract_max(x, temperature)
    # In place: fresh memory takes as long as exp itself.
    exp_x = np.exp(shifted, out=shifted)
    # Dividing keeps more digits than exp(x - logsumexp(x)),
    # whose exponent is already rounded.
    exp_x /= row_sum(exp_x)
    return exp_x


def log_softmax_kernel(x: FloatArray, temperature: float = 1.0) -> FloatArray:
    """Return the logarithm of softmax of each row."""
    shifted = subtract_max(x, temperature)
    return shifted - np.log1p(sum_without_max(np.exp(shifted)))


def logsumexp_kernel(x: FloatArray) -> FloatArray:
    """Return the logarithm of the sum of the exponentials of each row."""
    x_max = row_max(x)
    lse = x_max + np.log1p(sum_without_max(np.exp(x - x_max)))
    # Where the maximum is infinite, it is the result; inf - inf above is NaN.
    return np.where(np.isinf(x_max), x_max, lse)


def hardmax_kernel(x: FloatArray, where: NDArray[np.bool_] | bool = True) -> FloatArray:
    """Return 1 at the first maximum of each row, and 0 elsewhere."""
    x_max = row_max(np.where(where, x, -np.inf))
    is_max = where & (x == x_max)
    is_first = is_max & (np.cumsum(is_max, axis=1) == 1)  # not those that tie with it
    return np.where(where & np.isnan(x_max), np.nan, is_first)


def subtract_max(x: FloatArray, temperature: float = 1.0) -> FloatArray:
    """Return ``(x - max(x)) / temperature`` of each row: 0 at the maximum, below 0 elsewhere.

    The order matters. Dividing first could overflow, and would round each score before the
    difference is taken.
    """
    if temperature > 1:  # the difference may overflow although its quotient does not: halve both
        x, temperature = x / 2, temperature / 2
    shifted = x - row_max(x)
    return shifted if temperature == 1 else shifted / temperature


def sum_without_max(exp_x: FloatArray) -> FloatArray:
    """Return the sum of each row without one maximal term, which is 1.

    Where the rest is small, adding it to the 1 would swallow the digits that ``log1p`` needs.
    """
    is_max = exp_x == 1
    more = np.count_nonzero(is_max, axis=1, keepdims=True) - 1  # maximal terms beside that one
    result: FloatArray = row_sum(np.where(is_max, 0, exp_x)) + more.astype(exp_x.dtype)
    return result


# --- functions --------------------------------------------------------------------------------


@overload
def sigmoid(x: Entries, *, out: FloatArray | None = None) -> FloatArray: ...
@overload
def sigmoid(x: float | np.integer[Any], *, out: None = None) -> np.float64: ...
@overload
def sigmoid(x: Float, *, out: None = None) -> Float: ...
@overload
def sigmoid(x: ArrayLike, *, out: FloatArray | None = None) -> FloatArray | Any: ...
@no_warnings
def sigmoid(x: ArrayLike, *, out: FloatArray | None = None) -> Any:
    """Return the logistic function, ``1 / (1 + exp(-x))``, of each entry.

    Parameters
    ----------
    x : array_like of real numbers, any shape
        The scores (logits).
    out : ndarray, optional
        Where to write the result.

    Returns
    -------
    ndarray or scalar
        Probabilities between 0 and 1, of the shape of ``x``; a NumPy scalar if ``x`` is one
        number, as with any ufunc.

    See Also
    --------
    softmax : The same for more than two classes: ``softmax([z, 0])[0]`` is ``sigmoid(z)``.
    log_sigmoid : The logarithm, where ``log(sigmoid(x))`` would be -inf.

    Notes
    -----
    ``exp(x) / (1 + exp(x))`` is NaN from about x = 710 on in float64. ``exp(-|x|)`` never
    overflows, and it keeps all digits at very negative ``x``, where a form through ``tanh``
    loses them. See Goodfellow, Bengio and Courville, *Deep Learning*, 2016, section 6.2.2.2.

    Examples
    --------
    >>> from softmax_lessons import sigmoid
    >>> sigmoid([-1000.0, -1.0, 0.0, 1.0, 1000.0]).round(4)
    array([0.    , 0.2689, 0.5   , 0.7311, 1.    ])
    """
    z, dtype = as_floats(x, "x")
    check_out(out, "out", z.shape, dtype)
    [p] = run_blockwise(sigmoid_kernel, [z], (), dtype, out=out)
    return p[()] if out is None else p


@overload
def log_sigmoid(x: Entries, *, out: FloatArray | None = None) -> FloatArray: ...
@overload
def log_sigmoid(x: float | np.integer[Any], *, out: None = None) -> np.float64: ...
@overload
def log_sigmoid(x: Float, *, out: None = None) -> Float: ...
@overload
def log_sigmoid(x: ArrayLike, *, out: FloatArray | None = None) -> FloatArray | Any: ...
@no_warnings
def log_sigmoid(x: ArrayLike, *, out: FloatArray | None = None) -> Any:
    """Return the logarithm of the sigmoid, ``-log(1 + exp(-x))``, of each entry.

    Parameters
    ----------
    x : array_like of real numbers, any shape
        The scores (logits).
    out : ndarray, optional
        Where to write the result.

    Returns
    -------
    ndarray or scalar
        Log-probabilities, 0 or negative, in nats, of the shape of ``x``; a NumPy scalar if ``x``
        is one number.

    See Also
    --------
    softplus : ``log_sigmoid(x)`` is ``-softplus(-x)``.
    binary_cross_entropy : The loss that it is made for.

    Notes
    -----
    This is ``min(x, 0) - log1p(exp(-|x|))``: two terms of one sign, so that nothing cancels, and
    an exponential that cannot overflow. The derivative is ``sigmoid(-x)``.

    References
    ----------
    M. Mächler, "Accurately computing ``log(1 - exp(-|a|))``", 2012, a vignette of the R package
    Rmpfr, which treats ``log(1 + exp(x))`` too.

    Examples
    --------
    >>> from softmax_lessons import log_sigmoid
    >>> log_sigmoid([-1000.0, 0.0, 40.0])
    array([-1.00000000e+03, -6.93147181e-01, -4.24835426e-18])
    """
    z, dtype = as_floats(x, "x")
    check_out(out, "out", z.shape, dtype)
    [log_p] = run_blockwise(log_sigmoid_kernel, [z], (), dtype, out=out)
    return log_p[()] if out is None else log_p


@overload
def softplus(x: Entries, *, out: FloatArray | None = None) -> FloatArray: ...
@overload
def softplus(x: float | np.integer[Any], *, out: None = None) -> np.float64: ...
@overload
def softplus(x: Float, *, out: None = None) -> Float: ...
@overload
def softplus(x: ArrayLike, *, out: FloatArray | None = None) -> FloatArray | Any: ...
@no_warnings
def softplus(x: ArrayLike, *, out: FloatArray | None = None) -> Any:
    """Return the softplus, ``log(1 + exp(x))``, of each entry: a smooth ``max(x, 0)``.

    Parameters
    ----------
    x : array_like of real numbers, any shape
        The scores (logits).
    out : ndarray, optional
        Where to write the result.

    Returns
    -------
    ndarray or scalar
        Numbers of 0 or above, of the shape of ``x``; a NumPy scalar if ``x`` is one number.

    See Also
    --------
    log_sigmoid : ``softplus(x)`` is ``-log_sigmoid(-x)``.
    logsumexp : The same for more scores: ``softplus(x)`` is ``logsumexp([x, 0])``.

    Notes
    -----
    This is ``max(x, 0) + log1p(exp(-|x|))``, which neither overflows nor loses digits at very
    negative ``x``. The derivative is ``sigmoid(x)``.

    References
    ----------
    The name: C. Dugas, Y. Bengio, F. Bélisle, C. Nadeau and R. Garcia, "Incorporating
    second-order functional knowledge for better option pricing", *Advances in Neural Information
    Processing Systems* 13, 2000, 472-478.

    Examples
    --------
    >>> from softmax_lessons import softplus
    >>> softplus([-40.0, 0.0, 1000.0])
    array([4.24835426e-18, 6.93147181e-01, 1.00000000e+03])
    """
    z, dtype = as_floats(x, "x")
    check_out(out, "out", z.shape, dtype)
    [soft] = run_blockwise(softplus_kernel, [z], (), dtype, out=out)
    return soft[()] if out is None else soft


@no_warnings
def softmax(
    x: ArrayLike,
    axis: Axis = -1,
    *,
    temperature: Number = 1.0,
    where: ArrayLike | None = None,
    out: FloatArray | None = None,
) -> FloatArray:
    """Return softmax, ``exp(x) / sum(exp(x))``, along an axis.

    Parameters
    ----------
    x : array_like of real numbers, any shape
        The scores (logits).
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie.
    temperature : float, default 1.0
        What the scores are divided by: finite, above 0, read as float64. Below 1 it sharpens,
        above 1 it flattens.
    where : array_like of bools, optional
        True where a score counts. Entries left out get 0.
    out : ndarray, optional
        Where to write the result.

    Returns
    -------
    ndarray
        Probabilities between 0 and 1, of the shape of ``x``. Along ``axis`` they sum to 1, up to
        rounding.

    Raises
    ------
    ValueError
        If ``temperature`` is not finite and above 0.

    See Also
    --------
    log_softmax : The logarithm, where ``log(softmax(x))`` would be -inf.
    hardmax : The limit for a temperature of 0.

    Notes
    -----
    The maximum is subtracted first, so that ``exp`` cannot overflow; the shift cancels in the
    quotient.

    References
    ----------
    The name: J. S. Bridle, "Training stochastic model recognition algorithms as networks can lead
    to maximum mutual information estimation of parameters", *Advances in Neural Information
    Processing Systems* 2, 1990, 211-217.

    The formula: I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, MIT Press, 2016,
    section 6.2.2.3.

    The arithmetic: P. Blanchard, D. J. Higham and N. J. Higham, "Accurately computing the
    log-sum-exp and softmax functions", *IMA Journal of Numerical Analysis* 41(4), 2021,
    2311-2330.

    Examples
    --------
    >>> from softmax_lessons import softmax
    >>> z = [0.25, 1.23, -0.8]
    >>> softmax(z).round(3)
    array([0.249, 0.664, 0.087])

    The scale of the scores does not matter, only their differences:

    >>> softmax([1000.25, 1001.23, 999.2]).round(3)
    array([0.249, 0.664, 0.087])

    A batch has one row for each example. A mask leaves classes out:

    >>> softmax([[0, 1, 2], [3, 3, 3]], where=[True, True, False]).round(3)
    array([[0.269, 0.731, 0.   ],
           [0.5  , 0.5  , 0.   ]])
    >>> softmax(z, temperature=0.1).round(3)
    array([0., 1., 0.])
    """
    z, dtype = as_floats(x, "x")
    axes = as_axes(axis, "axis", z.ndim)
    mask = as_mask(where, "where", z.shape)
    t = as_temperature(temperature, "temperature")
    check_out(out, "out", z.shape, dtype)
    [p] = run_blockwise(softmax_kernel, [z], axes, dtype, (t,), where=mask, fill=0.0, out=out)
    return p


@no_warnings
def log_softmax(
    x: ArrayLike,
    axis: Axis = -1,
    *,
    temperature: Number = 1.0,
    where: ArrayLike | None = None,
    out: FloatArray | None = None,
) -> FloatArray:
    """Return the logarithm of softmax along an axis, ``x - logsumexp(x)``.

    Parameters
    ----------
    x : array_like of real numbers, any shape
        The scores (logits).
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie.
    temperature : float, default 1.0
        What the scores are divided by: finite, above 0, read as float64. Below 1 it sharpens,
        above 1 it flattens.
    where : array_like of bools, optional
        True where a score counts. Entries left out get -inf.
    out : ndarray, optional
        Where to write the result.

    Returns
    -------
    ndarray
        Log-probabilities, 0 or negative, in nats, of the shape of ``x``.

    Raises
    ------
    ValueError
        If ``temperature`` is not finite and above 0.

    See Also
    --------
    softmax : The probabilities themselves.

    Notes
    -----
    With the maximum m, this is ``(x - m) - log1p(s)``, where s sums ``exp(x - m)`` over all
    entries but the maximal one. That one is exactly 1, and adding it to a small s would swallow
    the digits of s: where one score dominates, most libraries return a plain 0.

    References
    ----------
    P. Blanchard, D. J. Higham and N. J. Higham, "Accurately computing the log-sum-exp and softmax
    functions", *IMA Journal of Numerical Analysis* 41(4), 2021, 2311-2330.

    Examples
    --------
    >>> import numpy as np
    >>> from softmax_lessons import log_softmax, softmax
    >>> log_softmax([0.25, 1.23, -0.8]).round(3)
    array([-1.39, -0.41, -2.44])
    >>> log_softmax([0.0, 1000.0])
    array([-1000.,     0.])
    >>> with np.errstate(divide="ignore"):
    ...     np.log(softmax([0.0, 1000.0]))
    array([-inf,   0.])
    """
    z, dtype = as_floats(x, "x")
    axes = as_axes(axis, "axis", z.ndim)
    mask = as_mask(where, "where", z.shape)
    t = as_temperature(temperature, "temperature")
    check_out(out, "out", z.shape, dtype)
    [log_p] = run_blockwise(
        log_softmax_kernel, [z], axes, dtype, (t,), where=mask, fill=-np.inf, out=out
    )
    return log_p


@overload
def logsumexp(
    x: Sequence[float],
    axis: Axis = ...,
    *,
    keepdims: Literal[False] = ...,
    where: ArrayLike | None = ...,
    out: None = ...,
) -> np.float64: ...
@overload
def logsumexp(
    x: ArrayLike,
    axis: Axis = ...,
    *,
    keepdims: Literal[True],
    where: ArrayLike | None = ...,
    out: FloatArray | None = ...,
) -> FloatArray: ...
@overload
def logsumexp(
    x: ArrayLike,
    axis: Axis = ...,
    *,
    keepdims: bool = ...,
    where: ArrayLike | None = ...,
    out: FloatArray | None = ...,
) -> FloatArray | Any: ...
@no_warnings
def logsumexp(
    x: ArrayLike,
    axis: Axis = -1,
    *,
    keepdims: bool = False,
    where: ArrayLike | None = None,
    out: FloatArray | None = None,
) -> Any:
    """Return ``log(sum(exp(x)))`` along an axis, with no overflow on the way.

    Parameters
    ----------
    x : array_like of real numbers, any shape
        The scores (logits).
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie.
    keepdims : bool, default False
        If True, ``axis`` stays as an axis of length 1, so that the result broadcasts with ``x``.
    where : array_like of bools, optional
        True where a score counts.
    out : ndarray, optional
        Where to write the result. It may overlap ``x``.

    Returns
    -------
    ndarray or scalar
        The shape of ``x`` without ``axis``; a NumPy scalar if no axis is left. Of nothing, as of
        -inf alone, it is -inf; a row with +inf gives +inf, one with NaN gives NaN.

    Notes
    -----
    With the maximum m, this is ``m + log1p(s)``, where s sums ``exp(x - m)`` over all entries but
    the maximal one. It lies between m and ``m + log(n)``, a smooth maximum. Adding c to all scores
    adds c to the result.

    References
    ----------
    P. Blanchard, D. J. Higham and N. J. Higham, "Accurately computing the log-sum-exp and softmax
    functions", *IMA Journal of Numerical Analysis* 41(4), 2021, 2311-2330.

    Examples
    --------
    >>> from softmax_lessons import logsumexp
    >>> logsumexp([0.25, 1.23, -0.8]).round(4)
    np.float64(1.6399)
    >>> logsumexp([[1000.0, 1000.0], [0.0, -1000.0]]).round(4)
    array([1000.6931,    0.    ])
    """
    z, dtype = as_floats(x, "x")
    axes = as_axes(axis, "axis", z.ndim)
    mask = as_mask(where, "where", z.shape)
    kept = out
    if out is not None:
        check_out(out, "out", shape_of_rows(z.shape, axes, keepdims=keepdims), dtype)
        kept = out if keepdims else np.expand_dims(out, axes)  # a view of it
    [lse] = run_blockwise(logsumexp_kernel, [z], axes, dtype, where=mask, out=kept)
    if out is not None:
        return out
    return lse if keepdims else np.squeeze(lse, axes)[()]


@no_warnings
def hardmax(
    x: ArrayLike,
    axis: Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: FloatArray | None = None,
) -> FloatArray:
    """Return 1 at the first maximum along an axis, and 0 elsewhere.

    Parameters
    ----------
    x : array_like of real numbers, any shape
        The scores (logits).
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie. With several axes, first means first in C
        order, the last axis running fastest.
    where : array_like of bools, optional
        True where a score counts. Entries left out get 0.
    out : ndarray, optional
        Where to write the result.

    Returns
    -------
    ndarray
        The shape of ``x``. Along ``axis`` one entry is 1 and the others are 0, in the dtype that
        softmax would return.

    See Also
    --------
    softmax : The smooth version, which tends to this one as the temperature falls to 0, where the
        maximum is unique. Tied scores it treats alike.

    Notes
    -----
    This is argmax, written as a one-hot vector. Its gradient is 0 wherever it exists, so nothing
    can be learned through it.

    Examples
    --------
    >>> from softmax_lessons import hardmax
    >>> hardmax([0.25, 1.23, -0.8])
    array([0., 1., 0.])
    >>> hardmax([[2, 2], [1, 5]], axis=0)
    array([[1., 0.],
           [0., 1.]])
    """
    z, dtype = as_floats(x, "x")
    axes = as_axes(axis, "axis", z.ndim)
    mask = as_mask(where, "where", z.shape)
    check_out(out, "out", z.shape, dtype)
    arrays = [z] if mask is None else [z, mask]
    [hard] = run_blockwise(hardmax_kernel, arrays, axes, dtype, out=out)
    return hard
