"""Cross-entropy of logits, for classes and for yes or no, with its gradient; one-hot vectors.

The loss is taken from logits, never from probabilities: a probability that has rounded to 0 or 1
has lost what the loss needs. The conventions that all functions share stand in the docstring of the
package.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, overload

import numpy as np

from softmax_lessons._arguments import (
    as_answers,
    as_axes,
    as_class_weights,
    as_count,
    as_counted_target,
    as_entry_weights,
    as_floats,
    as_label_smoothing,
    as_labels,
    check_choice,
    check_out,
    shape_of_rows,
)
from softmax_lessons._blockwise import row_sum, run_blockwise
from softmax_lessons.activations import (
    no_warnings,
    sigmoid_kernel,
    softplus_kernel,
    subtract_max,
    sum_without_max,
)

if TYPE_CHECKING:
    from typing import SupportsIndex

    from numpy.typing import ArrayLike, DTypeLike, NDArray

    from softmax_lessons._arguments import Axis, FloatArray, FloatDtype, Number

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_and_grad",
    "cross_entropy",
    "cross_entropy_and_grad",
    "one_hot",
]

Reduction: TypeAlias = Literal["none", "mean", "sum"]
REDUCTIONS = ("none", "mean", "sum")


# --- kernels ----------------------------------------------------------------------------------
# Each takes a block of logits x with the classes along axis 1, and one of targets y: probabilities,
# which weights may have scaled, so that they need not sum to 1.


def cross_entropy_kernel(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return ``-sum(y * log(p))`` of each row, for ``p = softmax(x)``."""
    shifted = subtract_max(x)
    minus_log_p = np.log1p(sum_without_max(np.exp(shifted))) - shifted
    return row_sum(cross_terms(y, minus_log_p))


def cross_entropy_and_grad_kernel(
    x: FloatArray, y: FloatArray, count: float = 1
) -> tuple[FloatArray, FloatArray]:
    """Return the loss of each row, and its gradient divided by ``count``.

    The gradient is ``sum(y) * p - y`` with ``p = exp_x / (1 + rest)``.
    """
    shifted = subtract_max(x)
    exp_x = np.exp(shifted)
    rest = sum_without_max(exp_x)
    loss = row_sum(cross_terms(y, np.log1p(rest) - shifted))
    sum_y = row_sum(y)  # 1, up to the rounding of the targets, unless weights have scaled them
    y = y / sum_y
    # (p - y) * (1 + rest), in an order in which nothing cancels where exp_x and y are 1
    grad = (exp_x - y) - y * rest
    # A row that weighs nothing has the gradient 0, even if its scores are NaN; but there is no
    # mean of rows that all weigh nothing: then the count is NaN.
    return loss, np.where(sum_y == 0, sum_y / count, grad * (sum_y / (1 + rest) / count))


def as_probabilities(
    target: NDArray[Any],
    x: FloatArray,
    smoothing: np.longdouble,
    where: NDArray[np.bool_] | bool = True,
) -> FloatArray:
    """Return the targets of a block as probabilities, smoothed over the classes that count."""
    if target.dtype.kind == "i":
        target = np.arange(x.shape[1])[:, np.newaxis] == target
    y = target.astype(x.dtype, copy=False)
    if not smoothing:
        return y
    n = np.count_nonzero(np.broadcast_to(where, x.shape), axis=1, keepdims=True)
    kept, spread = np.array([1 - smoothing, smoothing]).astype(x.dtype)
    smoothed: FloatArray = kept * y + spread / np.maximum(n, 1).astype(x.dtype)
    return smoothed


def cross_terms(y: FloatArray, minus_log_p: FloatArray) -> FloatArray:
    """Return ``-y * log(p)``, which is 0 where y is 0, even if p is 0 there."""
    return np.where(y == 0, 0, y * minus_log_p)


def on_target(
    kernel: Callable[..., Any],
    smoothing: np.longdouble,
    weight: FloatArray | None,
    *parameters: Any,
) -> Callable[..., Any]:
    """Return ``kernel`` for labels or probabilities, with weights and a mask."""

    def kernel_on_target(
        x: FloatArray, target: NDArray[Any], where: NDArray[np.bool_] | bool = True
    ) -> Any:
        y = as_probabilities(target, x, smoothing, where)
        if where is not True:
            x, y = np.where(where, x, -np.inf), np.where(where, y, 0)
        if weight is not None:
            y = y * weight[:, np.newaxis]  # the classes lie along axis 1
        return kernel(x, y, *parameters)

    return kernel_on_target


def binary_cross_entropy_kernel(
    x: FloatArray, target: NDArray[Any], pos_weight: FloatArray, weight: FloatArray
) -> FloatArray:
    """Return ``-(y * log(p) + (1 - y) * log(1 - p))`` of each entry, for ``p = sigmoid(x)``."""
    yes, no = weights_of_answers(x, target, pos_weight, weight)
    return cross_terms(yes, softplus_kernel(-x)) + cross_terms(no, softplus_kernel(x))


def binary_cross_entropy_and_grad_kernel(
    x: FloatArray,
    target: NDArray[Any],
    pos_weight: FloatArray,
    weight: FloatArray,
    count: float = 1,
) -> tuple[FloatArray, FloatArray]:
    """Return the loss of each entry, and its gradient divided by ``count``.

    Without weights, the gradient is ``(1 - y) * p - y * (1 - p)``, which is ``p - y``.
    """
    yes, no = weights_of_answers(x, target, pos_weight, weight)
    loss = cross_terms(yes, softplus_kernel(-x)) + cross_terms(no, softplus_kernel(x))
    grad = cross_terms(no, sigmoid_kernel(x)) - cross_terms(yes, sigmoid_kernel(-x))
    return loss, grad / count


def weights_of_answers(
    x: FloatArray, target: NDArray[Any], pos_weight: FloatArray, weight: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return how much yes and no weigh in each entry: y and 1 - y, weighted."""
    y = target.astype(x.dtype, copy=False)
    return weight * pos_weight * y, weight * (1 - y)


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


@overload
def cross_entropy(
    logits: ArrayLike,
    target: ArrayLike,
    axis: Axis = ...,
    *,
    weight: ArrayLike | None = ...,
    ignore_index: SupportsIndex | None = ...,
    where: ArrayLike | None = ...,
    label_smoothing: Number = ...,
    reduction: Literal["mean", "sum"] = ...,
) -> np.floating[Any]: ...
@overload
def cross_entropy(
    logits: ArrayLike,
    target: ArrayLike,
    axis: Axis = ...,
    *,
    weight: ArrayLike | None = ...,
    ignore_index: SupportsIndex | None = ...,
    where: ArrayLike | None = ...,
    label_smoothing: Number = ...,
    reduction: Literal["none"],
) -> FloatArray | Any: ...
@no_warnings
def cross_entropy(
    logits: ArrayLike,
    target: ArrayLike,
    axis: Axis = -1,
    *,
    weight: ArrayLike | None = None,
    ignore_index: SupportsIndex | None = None,
    where: ArrayLike | None = None,
    label_smoothing: Number = 0.0,
    reduction: Reduction = "mean",
) -> Any:
    """Return the cross-entropy of softmax, ``-sum(target * log_softmax(logits))``.

    Parameters
    ----------
    logits : array_like of real numbers, any shape
        The scores, before any softmax.
    target : array_like of integers or floats
        Integers are class labels, in the shape of ``logits`` without ``axis``. Floats are
        probabilities, in the shape of ``logits``: 0 or above, with a sum of 1 along ``axis``,
        within 3.5e-4 (float16: 0.03). There is no broadcasting.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie. ``torch`` has the classes at axis 1.
    weight : array_like of numbers, optional
        How much each class weighs, 0 or above: one number for each, in the order in which labels
        count them.
    ignore_index : int, optional
        The label of the rows to leave out. It may be out of range: ``torch`` has -100.
    where : array_like of bools, optional
        True where a score counts; it broadcasts to the shape of ``logits``. It leaves out classes,
        or whole rows: ``where[:, None]`` if it has one entry for each. What stands there does not
        matter, in ``logits`` or ``target``, not even NaN; but a row that counts cannot have its
        label there.
    label_smoothing : float, default 0.0
        From 0 to below 1: the part of each target that is spread evenly over all classes that
        count.
    reduction : {"mean", "sum", "none"}, default "mean"
        Whether to return the mean over the rows that count, their sum, or the loss of each row.

    Returns
    -------
    ndarray or scalar
        The loss in nats, 0 or above: for "none" in the shape of ``logits`` without ``axis``, else
        a scalar. A class with the logit -inf adds +inf, or 0 if its target is 0. A row left out is
        0. Of no rows, or of rows that weigh nothing, the sum is 0 and the mean NaN, as in torch.

    Raises
    ------
    IndexError
        If a label is negative, or not below the number of classes.
    TypeError
        If labels are floats, or ``target`` is boolean; if ``where`` is not boolean,
        ``ignore_index`` no integer, or ``label_smoothing`` not one real number.
    ValueError
        If ``target`` has another shape, or integers have the shape of ``logits``; if a target is
        negative or NaN, does not sum to 1, or lies at a class that ``where`` leaves out; if
        ``weight`` is negative, not finite or of another length, or a weight too small or too
        large for the dtype of ``logits``; if ``where`` does not broadcast;
        if ``ignore_index`` comes with probabilities; if ``reduction`` is unknown, or
        ``label_smoothing`` out of range.

    Warns
    -----
    RuntimeWarning
        If the sum of finite losses is too large for the dtype of ``logits``, as it soon is in
        float16. The losses are added in float64.

    See Also
    --------
    cross_entropy_and_grad : The gradient too, at little more than the price of the loss.

    Notes
    -----
    For a label it is ``logsumexp(logits) - logits[label]``. With the maximum m this is
    ``log1p(s) + (m - logits[label])``, where s sums ``exp(logits - m)`` over all entries but the
    maximal one: two terms of one sign, so that a loss near 0 keeps its digits where others
    return 0. Blanchard, Higham and Higham give the analysis.

    Smoothing replaces the target y by ``(1 - label_smoothing) * y + label_smoothing / K`` for the
    K classes that count in a row. The loss of a row is then ``-sum(weight * y * log(p))``.

    The mean is that of torch. Of labels with ``weight``, it is weighted: the sum of the losses
    over the sum of the weights of the labels. Otherwise the losses are divided by the number of
    rows that count, those of weighted probabilities too. Rounding in the sum of a row of targets
    counts as it does in torch: nothing is normalized.

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
    >>> cross_entropy([z, z], [1, -100], ignore_index=-100).round(4)
    np.float64(0.4099)
    >>> cross_entropy(z, [0.0, 0.5, 0.5]).round(4)
    np.float64(1.4249)

    Sure and right, and still not 0:

    >>> cross_entropy([0.0, 40.0], 1).round(20)
    np.float64(4.25e-18)
    """
    z, dtype = as_floats(logits, "logits")
    axes = as_axes(axis, "axis", z.ndim)
    rows = as_rows(z, target, axes, weight, ignore_index, where, label_smoothing)
    check_choice(reduction, "reduction", REDUCTIONS)
    kernel = on_target(cross_entropy_kernel, rows.smoothing, rows.weight)
    [losses] = run_blockwise(kernel, rows.arrays, axes, z.dtype)
    return reduce_losses(np.squeeze(losses, axes), reduction, dtype, rows.total)


@overload
def cross_entropy_and_grad(
    logits: ArrayLike,
    target: ArrayLike,
    axis: Axis = ...,
    *,
    weight: ArrayLike | None = ...,
    ignore_index: SupportsIndex | None = ...,
    where: ArrayLike | None = ...,
    label_smoothing: Number = ...,
    reduction: Literal["mean", "sum"] = ...,
    out: FloatArray | None = ...,
) -> tuple[np.floating[Any], FloatArray]: ...
@overload
def cross_entropy_and_grad(
    logits: ArrayLike,
    target: ArrayLike,
    axis: Axis = ...,
    *,
    weight: ArrayLike | None = ...,
    ignore_index: SupportsIndex | None = ...,
    where: ArrayLike | None = ...,
    label_smoothing: Number = ...,
    reduction: Literal["none"],
    out: FloatArray | None = ...,
) -> tuple[FloatArray | Any, FloatArray]: ...
@no_warnings
def cross_entropy_and_grad(
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
    """Return the cross-entropy of softmax and its gradient, ``softmax(logits) - target``.

    Parameters
    ----------
    logits : array_like of real numbers, any shape
        The scores, before any softmax.
    target : array_like of integers or floats
        Integers are class labels, in the shape of ``logits`` without ``axis``. Floats are
        probabilities, in the shape of ``logits``: 0 or above, with a sum of 1 along ``axis``,
        within 3.5e-4 (float16: 0.03). There is no broadcasting.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie.
    weight : array_like of numbers, optional
        How much each class weighs, 0 or above: one number for each, in the order in which labels
        count them.
    ignore_index : int, optional
        The label of the rows to leave out. It may be out of range: ``torch`` has -100.
    where : array_like of bools, optional
        True where a score counts; it broadcasts to the shape of ``logits``. It leaves out classes,
        or whole rows: ``where[:, None]`` if it has one entry for each. What stands there does not
        matter, in ``logits`` or ``target``, not even NaN; but a row that counts cannot have its
        label there.
    label_smoothing : float, default 0.0
        From 0 to below 1: the part of each target that is spread evenly over all classes that
        count.
    reduction : {"mean", "sum", "none"}, default "mean"
        Whether to return the mean over the rows that count, their sum, or the loss of each row.
    out : ndarray, optional
        Where to write the gradient.

    Returns
    -------
    loss : ndarray or scalar
        What ``cross_entropy`` returns.
    grad : ndarray
        The gradient with respect to ``logits``, in their shape. For "mean" it is divided by what
        the mean divides by; for "none" each row is the gradient of its own loss. A row with NaN,
        with +inf, or of -inf alone is NaN; what is left out is 0. The mean of labels that all
        weigh nothing is NaN, and so is its gradient.

    Raises
    ------
    IndexError
        If a label is negative, or not below the number of classes.
    TypeError
        As for ``cross_entropy``.
    ValueError
        As for ``cross_entropy``.

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
    rows = as_rows(z, target, axes, weight, ignore_index, where, label_smoothing)
    check_choice(reduction, "reduction", REDUCTIONS)
    check_out(out, "out", z.shape, dtype)
    count = z.dtype.type(rows.total) if reduction == "mean" else 1
    kernel = on_target(cross_entropy_and_grad_kernel, rows.smoothing, rows.weight, count)
    losses, grad = run_blockwise(kernel, rows.arrays, axes, z.dtype, out=out)
    for mask in rows.arrays[2:]:  # a row of NaN has reached the classes that were left out
        np.copyto(grad, 0, where=~mask)
    loss = reduce_losses(np.squeeze(losses, axes), reduction, dtype, rows.total)
    return loss, grad if out is not None else grad.astype(dtype, copy=False)


@overload
def binary_cross_entropy(
    logits: ArrayLike,
    target: ArrayLike,
    *,
    pos_weight: ArrayLike | None = ...,
    weight: ArrayLike | None = ...,
    reduction: Literal["mean", "sum"] = ...,
) -> np.floating[Any]: ...
@overload
def binary_cross_entropy(
    logits: ArrayLike,
    target: ArrayLike,
    *,
    pos_weight: ArrayLike | None = ...,
    weight: ArrayLike | None = ...,
    reduction: Literal["none"],
) -> FloatArray | Any: ...
@no_warnings
def binary_cross_entropy(
    logits: ArrayLike,
    target: ArrayLike,
    *,
    pos_weight: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    reduction: Reduction = "mean",
) -> Any:
    """Return the cross-entropy of sigmoid, the loss of questions that are answered yes or no.

    Parameters
    ----------
    logits : array_like of real numbers, any shape
        The scores, before any sigmoid: one for each question.
    target : array_like of numbers or booleans
        The answers, in the shape of ``logits``: 1 or True is yes, 0 or False is no, and what lies
        between is the probability of yes. There is no broadcasting.
    pos_weight : array_like of numbers, optional
        How much a yes weighs, where a no weighs 1: 0 or above. It broadcasts to the shape of
        ``logits``, so that there may be one number for each column.
    weight : array_like of numbers, optional
        How much each entry weighs, 0 or above. It broadcasts to the shape of ``logits``.
    reduction : {"mean", "sum", "none"}, default "mean"
        Whether to return the mean over all entries, their sum, or the loss of each entry.

    Returns
    -------
    ndarray or scalar
        The loss in nats, 0 or above: for "none" in the shape of ``logits``, else a scalar. An
        infinite logit adds +inf, or 0 if the answer is as sure as the logit. Of nothing, the sum
        is 0 and the mean NaN.

    Raises
    ------
    TypeError
        If an argument is complex, text, dates, objects, a masked array or a torch tensor.
    ValueError
        If ``target`` has another shape, or is not from 0 to 1; if a weight is negative, not
        finite in the dtype of ``logits``, or does not broadcast; if ``reduction`` is unknown.

    Warns
    -----
    RuntimeWarning
        If the sum of finite losses is too large for the dtype of ``logits``.

    See Also
    --------
    cross_entropy : For classes that exclude each other.
    binary_cross_entropy_and_grad : The gradient too.

    Notes
    -----
    With the answer y it is ``pos_weight * y * softplus(-z) + (1 - y) * softplus(z)``, times
    ``weight``: neither term is negative, so nothing cancels, and nothing overflows. From
    probabilities the loss of a sure and wrong answer would be infinite, or cut off where a
    library clips them.

    The mean divides by the number of entries, as ``torch.nn.BCEWithLogitsLoss`` does, whatever
    the weights are.

    References
    ----------
    I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, MIT Press, 2016, section 6.2.2.2.

    Examples
    --------
    >>> from softmax_lessons import binary_cross_entropy
    >>> z = [0.25, 1.23, -0.8]
    >>> binary_cross_entropy(z, [0, 1, 1]).round(4)
    np.float64(0.7512)
    >>> binary_cross_entropy(z, [0, 1, 1], reduction="none").round(4)
    array([0.8259, 0.2564, 1.1711])
    >>> binary_cross_entropy([-1000.0, 40.0], [1, 1], reduction="none")
    array([1.00000000e+03, 4.24835426e-18])
    """
    z, dtype = as_floats(logits, "logits")
    arrays = as_entries(z, target, pos_weight, weight)
    check_choice(reduction, "reduction", REDUCTIONS)
    [losses] = run_blockwise(binary_cross_entropy_kernel, arrays, (), z.dtype)
    return reduce_losses(losses, reduction, dtype, losses.size)


@overload
def binary_cross_entropy_and_grad(
    logits: ArrayLike,
    target: ArrayLike,
    *,
    pos_weight: ArrayLike | None = ...,
    weight: ArrayLike | None = ...,
    reduction: Literal["mean", "sum"] = ...,
    out: FloatArray | None = ...,
) -> tuple[np.floating[Any], FloatArray]: ...
@overload
def binary_cross_entropy_and_grad(
    logits: ArrayLike,
    target: ArrayLike,
    *,
    pos_weight: ArrayLike | None = ...,
    weight: ArrayLike | None = ...,
    reduction: Literal["none"],
    out: FloatArray | None = ...,
) -> tuple[FloatArray | Any, FloatArray]: ...
@no_warnings
def binary_cross_entropy_and_grad(
    logits: ArrayLike,
    target: ArrayLike,
    *,
    pos_weight: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    reduction: Reduction = "mean",
    out: FloatArray | None = None,
) -> tuple[Any, FloatArray]:
    """Return the cross-entropy of sigmoid and its gradient, ``sigmoid(logits) - target``.

    Parameters
    ----------
    logits : array_like of real numbers, any shape
        The scores, before any sigmoid: one for each question.
    target : array_like of numbers or booleans
        The answers, in the shape of ``logits``: 1 or True is yes, 0 or False is no, and what lies
        between is the probability of yes. There is no broadcasting.
    pos_weight : array_like of numbers, optional
        How much a yes weighs, where a no weighs 1: 0 or above. It broadcasts to the shape of
        ``logits``, so that there may be one number for each column.
    weight : array_like of numbers, optional
        How much each entry weighs, 0 or above. It broadcasts to the shape of ``logits``.
    reduction : {"mean", "sum", "none"}, default "mean"
        Whether to return the mean over all entries, their sum, or the loss of each entry.
    out : ndarray, optional
        Where to write the gradient.

    Returns
    -------
    loss : ndarray or scalar
        What ``binary_cross_entropy`` returns.
    grad : ndarray
        The gradient with respect to ``logits``, in their shape. For "mean" it is divided by the
        number of entries; for "none" each entry is the derivative of its own loss.

    Raises
    ------
    TypeError
        As for ``binary_cross_entropy``.
    ValueError
        As for ``binary_cross_entropy``.

    See Also
    --------
    binary_cross_entropy : The loss alone.
    check_grad : Compares a gradient with numerical derivatives.

    Notes
    -----
    With the answer y it is ``(1 - y) * sigmoid(z) - pos_weight * y * sigmoid(-z)``, times
    ``weight``. Where the answer is yes or no, only one of the terms is there, and so a small
    gradient keeps the digits that ``sigmoid(z) - 1`` would lose.

    References
    ----------
    I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, MIT Press, 2016, section 6.2.2.2.

    Examples
    --------
    >>> from softmax_lessons import binary_cross_entropy_and_grad
    >>> loss, grad = binary_cross_entropy_and_grad([0.25, 1.23, -0.8], [0, 1, 1], reduction="sum")
    >>> loss.round(4)
    np.float64(2.2535)
    >>> grad.round(3)
    array([ 0.562, -0.226, -0.69 ])
    """
    z, dtype = as_floats(logits, "logits")
    arrays = as_entries(z, target, pos_weight, weight)
    check_choice(reduction, "reduction", REDUCTIONS)
    check_out(out, "out", z.shape, dtype)
    count = z.dtype.type(z.size) if reduction == "mean" else 1
    losses, grad = run_blockwise(
        binary_cross_entropy_and_grad_kernel, arrays, (), z.dtype, (count,), out=out
    )
    loss = reduce_losses(losses, reduction, dtype, losses.size)
    return loss, grad if out is not None else grad.astype(dtype, copy=False)


# --- what the functions share -----------------------------------------------------------------


class Rows(NamedTuple):
    """What is asked about the rows of logits, checked."""

    arrays: list[NDArray[Any]]  # logits, target, and a mask if something is left out
    smoothing: np.longdouble
    weight: FloatArray | None
    total: float | np.floating[Any]  # what the mean divides by


def as_rows(
    z: FloatArray,
    target: ArrayLike,
    axes: tuple[int, ...],
    weight: ArrayLike | None,
    ignore_index: SupportsIndex | None,
    where: ArrayLike | None,
    label_smoothing: Number,
) -> Rows:
    """Check the arguments that the loss and its gradient share."""
    y, mask = as_counted_target(target, "target", z.shape, axes, where, ignore_index)
    n_classes = math.prod(z.shape[i] for i in axes)
    w = as_class_weights(weight, "weight", n_classes, z.dtype)
    smoothing = as_label_smoothing(label_smoothing, "label_smoothing")
    is_kept: Any = True if mask is None else mask.any(axis=axes, keepdims=True)
    n_rows = math.prod(shape_of_rows(z.shape, axes))
    total: Any = n_rows if mask is None else np.count_nonzero(is_kept)
    if w is not None and y.dtype.kind == "i":
        total = np.sum(w[y], where=is_kept, dtype=np.promote_types(z.dtype, np.float64))
    arrays = [z, y] if mask is None else [z, y, mask]
    return Rows(arrays, smoothing, w, total or math.nan)


def as_entries(
    z: FloatArray, target: ArrayLike, pos_weight: ArrayLike | None, weight: ArrayLike | None
) -> list[NDArray[Any]]:
    """Check what the binary loss and its gradient share; return arrays of one shape."""
    y = as_answers(target, "target", z.shape)
    weights = [(pos_weight, "pos_weight"), (weight, "weight")]
    return [z, y, *(as_entry_weights(w, name, z.shape, z.dtype) for w, name in weights)]


def reduce_losses(
    losses: FloatArray, reduction: Reduction, dtype: FloatDtype, total: float | np.floating[Any]
) -> Any:
    """Return the losses of the rows, or their sum, or that divided by ``total``."""
    if reduction == "none":
        return losses[()].astype(dtype, copy=False)
    wide = np.promote_types(losses.dtype, np.float64)  # a sum of float32 may overflow
    loss = losses.sum(dtype=wide)
    loss = (loss / total if reduction == "mean" else loss).astype(dtype)
    # A mean of losses that fit the dtype fits it too.
    if reduction == "sum" and np.isinf(loss) and np.isfinite(losses.astype(dtype)).all():
        message = f"the sum of the losses is too large for {dtype}: take the mean"
        warnings.warn(message, RuntimeWarning, stacklevel=4)
    return loss
