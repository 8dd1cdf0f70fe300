"""Cross-entropy of logits, with its gradient, and one-hot vectors.

The loss is taken from logits, never from probabilities: a probability that has rounded to 0 or 1
has lost what the loss needs. Floats come back in the dtype of the logits (float16 is calculated
in float32); integer logits become float64. None of the functions warns, and none changes its
input.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from softmax_lessons._arguments import (
    as_axes,
    as_count,
    as_floats,
    as_label_smoothing,
    as_labels,
    as_target,
    check_choice,
    check_out,
)
from softmax_lessons._blockwise import row_sum, run_blockwise
from softmax_lessons.activations import no_warnings, subtract_max, sum_without_max

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike, NDArray

    from softmax_lessons._arguments import Axis, FloatArray, FloatDtype, Number

__all__ = ["cross_entropy", "cross_entropy_and_grad", "one_hot"]

Reduction: TypeAlias = Literal["none", "mean", "sum"]
REDUCTIONS = ("none", "mean", "sum")


# --- kernels ----------------------------------------------------------------------------------
# Each takes a block of logits with the classes along axis 1, and one of targets: labels, with
# length 1 along axis 1, or probabilities.


def cross_entropy_kernel(x: FloatArray, target: NDArray[Any], smoothing: float) -> FloatArray:
    """Return ``-sum(y * log(p))`` of each row, for the targets y and ``p = softmax(x)``."""
    y = as_probabilities(target, x, smoothing)
    shifted = subtract_max(x)
    minus_log_p = np.log1p(sum_without_max(np.exp(shifted))) - shifted
    return row_sum(cross_terms(y, minus_log_p))


def cross_entropy_and_grad_kernel(
    x: FloatArray, target: NDArray[Any], smoothing: float, count: int
) -> tuple[FloatArray, FloatArray]:
    """Return the loss of each row, and its gradient divided by ``count``.

    The gradient is ``p - y`` with ``p = exp_x / (1 + rest)``.
    """
    y = as_probabilities(target, x, smoothing)
    shifted = subtract_max(x)
    exp_x = np.exp(shifted)
    rest = sum_without_max(exp_x)
    loss = row_sum(cross_terms(y, np.log1p(rest) - shifted))
    sum_y = row_sum(y)  # 1, up to the rounding of the targets
    y = y / sum_y
    # (p - y) * (1 + rest), in an order in which nothing cancels where exp_x and y are 1
    grad = (exp_x - y) - y * rest
    return loss, grad * (sum_y / (1 + rest) / count)


def as_probabilities(target: NDArray[Any], x: FloatArray, smoothing: float) -> FloatArray:
    """Return the targets of a block as probabilities, smoothed."""
    if target.dtype.kind == "i":
        target = np.arange(x.shape[1])[:, np.newaxis] == target
    y = target.astype(x.dtype, copy=False)
    return (1 - smoothing) * y + smoothing / max(1, x.shape[1]) if smoothing else y


def cross_terms(y: FloatArray, minus_log_p: FloatArray) -> FloatArray:
    """Return ``-y * log(p)``, which is 0 where y is 0, even if p is 0 there."""
    return np.where(y == 0, 0, y * minus_log_p)


# --- functions --------------------------------------------------------------------------------


def one_hot(labels: ArrayLike, n_classes: int, *, dtype: DTypeLike = np.float64) -> NDArray[Any]:
    """Return vectors with 1 at the label and 0 elsewhere.

    Parameters
    ----------
    labels : array_like of integers, any shape
        The class labels, from 0 to ``n_classes - 1``.
    n_classes : int
        How many classes there are.
    dtype : dtype of numbers or booleans, default float64
        The dtype of the result.

    Returns
    -------
    ndarray
        The shape of ``labels`` with one more axis, of length ``n_classes``, at the end.

    Raises
    ------
    IndexError
        If a label is negative, or ``n_classes`` or above.
    TypeError
        If ``labels`` are not integers, ``n_classes`` is no integer, or ``dtype`` not one of real
        numbers or booleans.
    ValueError
        If ``n_classes`` is negative.

    See Also
    --------
    cross_entropy : Takes the labels as they are; the zeros need not be multiplied.

    Notes
    -----
    ``numpy.eye(n_classes)[labels]`` does the same for good labels. But -1 counts from the end
    there, and so a mistake becomes the last class.

    Examples
    --------
    >>> from softmax_lessons import one_hot
    >>> one_hot([1, 0], 3)
    array([[0., 1., 0.],
           [1., 0., 0.]])
    """
    n = as_count(n_classes, "n_classes", 0)
    if np.dtype(dtype).kind not in "biuf":
        raise TypeError(f"dtype must be one of real numbers or booleans, got {np.dtype(dtype)}")
    indices = as_labels(labels, "labels", n)
    result = np.zeros((*indices.shape, n), dtype)
    np.put_along_axis(result, indices[..., np.newaxis], 1, axis=-1)
    return result


@no_warnings
def cross_entropy(
    logits: ArrayLike,
    target: ArrayLike,
    axis: Axis = -1,
    *,
    reduction: Reduction = "mean",
    label_smoothing: Number = 0.0,
) -> Any:
    """Return the cross-entropy of softmax, ``-sum(target * log_softmax(logits))``.

    Parameters
    ----------
    logits : array_like of real numbers, any shape
        The scores, before any softmax. They may be infinite or NaN.
    target : array_like of integers or floats
        Integers are class labels, in the shape of ``logits`` without ``axis``. Floats are
        probabilities, in the shape of ``logits``: 0 or above, with a sum of 1 along ``axis``,
        within 3.5e-4 (float16: 0.03). There is no broadcasting.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie. With several axes, labels count through
        them in C order, the last axis running fastest. ``torch`` has the classes at axis 1.
    reduction : {"mean", "sum", "none"}, default "mean"
        Whether to return the mean over all rows, their sum, or the loss of each row.
    label_smoothing : float, default 0.0
        From 0 to below 1: the part of each target that is spread evenly over all classes.

    Returns
    -------
    ndarray or scalar
        The loss in nats, 0 or above: for "none" in the shape of ``logits`` without ``axis``, else
        a scalar. A row with NaN, with +inf, or of -inf alone is NaN. A class with the logit -inf
        adds +inf, or 0 if its target is 0. Of no rows, the sum is 0 and the mean NaN, as in
        torch. The dtype of ``logits`` if it is a float, else float64.

    Raises
    ------
    numpy.exceptions.AxisError
        If ``axis`` is out of range; a scalar has no axis -1.
    IndexError
        If a label is negative, or not below the number of classes.
    TypeError
        If ``logits`` or ``target`` is complex, text, dates, objects, a masked array or a torch
        tensor; if labels are floats, or ``target`` is boolean; or if ``label_smoothing`` is not
        one real number.
    ValueError
        If ``target`` has another shape, or integers have the shape of ``logits``; if a target is
        negative or NaN, or does not sum to 1; if ``reduction`` is unknown, or ``label_smoothing``
        out of range.

    See Also
    --------
    cross_entropy_and_grad : The gradient too, at little more than the price of the loss.

    Notes
    -----
    For a label it is ``logsumexp(logits) - logits[label]``. With the maximum m this is
    ``log1p(s) + (m - logits[label])``, where s sums ``exp(logits - m)`` over all entries but the
    maximal one: two terms of one sign, so that a loss near 0 keeps its digits where others
    return 0. Blanchard, Higham and Higham give the analysis.

    Smoothing replaces the target y by ``(1 - label_smoothing) * y + label_smoothing / K`` for K
    classes. The mean divides by the number of rows, whatever the kind of target. Rounding in the
    sum of a row of targets counts as it does in torch: nothing is normalized.

    References
    ----------
    The loss: I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, MIT Press, 2016,
    sections 3.13 and 6.2.2.3.

    The arithmetic: P. Blanchard, D. J. Higham and N. J. Higham, "Accurately computing the
    log-sum-exp and softmax functions", *IMA Journal of Numerical Analysis* 41(4), 2021,
    2311-2330.

    Label smoothing: C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens and Z. Wojna, "Rethinking the
    Inception architecture for computer vision", *CVPR*, 2016, 2818-2826.

    Examples
    --------
    >>> from softmax_lessons import cross_entropy
    >>> z = [0.25, 1.23, -0.8]
    >>> cross_entropy(z, 1).round(4)
    np.float64(0.4099)
    >>> cross_entropy([z, z], [1, 2], reduction="none").round(4)
    array([0.4099, 2.4399])
    >>> cross_entropy(z, [0.0, 0.5, 0.5]).round(4)
    np.float64(1.4249)

    Sure and right, and still not 0:

    >>> cross_entropy([0.0, 40.0], 1).round(20)
    np.float64(4.25e-18)
    """
    z, dtype = as_floats(logits, "logits")
    axes = as_axes(axis, "axis", z.ndim)
    y = as_target(target, "target", z.shape, axes)
    smoothing = as_label_smoothing(label_smoothing, "label_smoothing")
    check_choice(reduction, "reduction", REDUCTIONS)
    [losses] = run_blockwise(cross_entropy_kernel, [z, y], axes, z.dtype, (smoothing,))
    return reduce_losses(np.squeeze(losses, axes), reduction, dtype)


@no_warnings
def cross_entropy_and_grad(
    logits: ArrayLike,
    target: ArrayLike,
    axis: Axis = -1,
    *,
    reduction: Reduction = "mean",
    label_smoothing: Number = 0.0,
    out: FloatArray | None = None,
) -> tuple[Any, FloatArray]:
    """Return the cross-entropy of softmax and its gradient, ``softmax(logits) - target``.

    Parameters
    ----------
    logits : array_like of real numbers, any shape
        The scores, before any softmax. They may be infinite or NaN.
    target : array_like of integers or floats
        Integers are class labels, in the shape of ``logits`` without ``axis``. Floats are
        probabilities, in the shape of ``logits``: 0 or above, with a sum of 1 along ``axis``,
        within 3.5e-4 (float16: 0.03). There is no broadcasting.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie. With several axes, labels count through
        them in C order, the last axis running fastest.
    reduction : {"mean", "sum", "none"}, default "mean"
        Whether to return the mean over all rows, their sum, or the loss of each row.
    label_smoothing : float, default 0.0
        From 0 to below 1: the part of each target that is spread evenly over all classes.
    out : ndarray, optional
        Where to write the gradient: an array of its shape and dtype. It may be ``logits`` itself
        or overlap it.

    Returns
    -------
    loss : ndarray or scalar
        What ``cross_entropy`` returns.
    grad : ndarray
        The gradient with respect to ``logits``, in their shape. For "mean" it is divided by the
        number of rows; for "none" each row is the gradient of its own loss. A row with NaN, with
        +inf, or of -inf alone is NaN. The dtype of ``logits`` if it is a float, else float64.

    Raises
    ------
    numpy.exceptions.AxisError
        If ``axis`` is out of range; a scalar has no axis -1.
    IndexError
        If a label is negative, or not below the number of classes.
    TypeError
        As for ``cross_entropy``. Also if ``out`` is no array or has another dtype.
    ValueError
        As for ``cross_entropy``. Also if ``out`` has another shape or is read-only.

    See Also
    --------
    cross_entropy : The loss alone.
    check_grad : Compares a gradient with numerical derivatives.

    Notes
    -----
    The same exponentials serve the loss and the gradient. Where the target is the maximal class,
    ``p - 1`` would cancel. There the gradient is minus the probability of all the others, and
    keeps its digits.

    If a row of targets sums to w, not quite 1, the gradient is ``w * softmax(logits) - target``:
    the derivative of the loss that is returned.

    References
    ----------
    J. S. Bridle, "Training stochastic model recognition algorithms as networks can lead to
    maximum mutual information estimation of parameters", *Advances in Neural Information
    Processing Systems* 2, 1990, 211-217.

    Examples
    --------
    >>> from softmax_lessons import cross_entropy_and_grad
    >>> loss, grad = cross_entropy_and_grad([0.25, 1.23, -0.8], 1)
    >>> loss.round(4)
    np.float64(0.4099)
    >>> grad.round(3)
    array([ 0.249, -0.336,  0.087])
    """
    z, dtype = as_floats(logits, "logits")
    axes = as_axes(axis, "axis", z.ndim)
    y = as_target(target, "target", z.shape, axes)
    smoothing = as_label_smoothing(label_smoothing, "label_smoothing")
    check_choice(reduction, "reduction", REDUCTIONS)
    check_out(out, "out", z.shape, dtype)
    rows = math.prod(n for i, n in enumerate(z.shape) if i not in axes)
    parameters = smoothing, rows if reduction == "mean" else 1
    losses, grad = run_blockwise(
        cross_entropy_and_grad_kernel, [z, y], axes, z.dtype, parameters, out=out
    )
    loss = reduce_losses(np.squeeze(losses, axes), reduction, dtype)
    return loss, grad if out is not None else grad.astype(dtype, copy=False)


def reduce_losses(losses: FloatArray, reduction: Reduction, dtype: FloatDtype) -> Any:
    """Return the losses of the rows, or their mean or sum."""
    if reduction == "none":
        return losses[()].astype(dtype, copy=False)
    wide = np.promote_types(losses.dtype, np.float64)  # a sum of float32 may overflow
    loss = losses.sum(dtype=wide)
    return (loss / losses.size if reduction == "mean" else loss).astype(dtype)
