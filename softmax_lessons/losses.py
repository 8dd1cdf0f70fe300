"""Cross-entropy of logits, with its gradient, and one-hot vectors.

The loss is taken from logits, never from probabilities: a probability that has rounded to 0 or 1
has lost what the loss needs. Floats come back in the dtype of the logits (float16 is calculated
in float32); integer logits become float64. None of the functions warns, and none changes its
input.
"""

from __future__ import annotations

import math
import operator
import re
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from softmax_lessons._numerics import (
    as_axes,
    as_floats,
    check_out,
    deliver,
    in_pieces,
    is_from,
    log_total_exp,
    maximum,
    pieces,
    room,
    tiles,
    total,
    total_but_one,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike, NDArray

    from softmax_lessons._numerics import Axis, FloatArray, FloatDtype, Number

Reduction: TypeAlias = Literal["none", "mean", "sum"]

# A row with an infinite or missing score is NaN, as documented. Nothing here warns of it.
silent = np.errstate(all="ignore")


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
    try:
        n = operator.index(n_classes)
    except TypeError:
        raise TypeError(f"n_classes must be an integer, got {n_classes!r}") from None
    if n < 0:
        raise ValueError(f"n_classes must be 0 or more, got {n}")
    if np.dtype(dtype).kind not in "biuf":
        raise TypeError(f"dtype must be one of real numbers or booleans, got {np.dtype(dtype)}")
    hot = _in_range(_as_array(labels, "labels"), n, "labels")
    result = np.zeros((*hot.shape, n), dtype)
    np.put_along_axis(result, hot[..., np.newaxis], 1, axis=-1)
    return result


@silent
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
    z, dtype = _as_named_floats(logits, "logits")
    axes = as_axes(axis, z.ndim)
    y, smoothing = _as_target(target, z.shape, axes), _as_smoothing(label_smoothing)
    _check_reduction(reduction)
    return _reduce(_sweep(z, y, axes, smoothing), reduction, dtype)


@silent
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
    One sweep over the memory: each tile of exponentials serves the loss and turns into the
    gradient in place. Where the target is the maximal class, ``p - 1`` would cancel. There the
    gradient is minus the share of all the others, and keeps its digits.

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
    z, dtype = _as_named_floats(logits, "logits")
    axes = as_axes(axis, z.ndim)
    y, smoothing = _as_target(target, z.shape, axes), _as_smoothing(label_smoothing)
    _check_reduction(reduction)
    check_out(out, z.shape, dtype)
    if out is not None and np.may_share_memory(out, y):
        y = y.copy()
    grad = room(z.shape, dtype, axes, out, z)
    losses = _sweep(z, y, axes, smoothing, grad, mean=reduction == "mean")
    return _reduce(losses, reduction, dtype), deliver(grad, out)


# --- arguments --------------------------------------------------------------------------------


def _as_named_floats(x: ArrayLike, name: str) -> tuple[FloatArray, FloatDtype]:
    """Return ``as_floats(x)``; its errors call the argument by its name."""
    try:
        return as_floats(x)
    except TypeError as error:
        raise TypeError(re.sub(r"\bx\b", name, str(error))) from None


def _as_array(x: ArrayLike, name: str) -> NDArray[Any]:
    """Return ``x`` as a plain array. An empty list, which has no dtype to go by, holds integers."""
    if is_from(x, "torch"):
        raise TypeError(f"{name} is a torch tensor: pass {name}.detach().numpy()")
    if is_from(x, "numpy.ma"):
        raise TypeError(f"{name} is a masked array: pass {name}.filled(value)")
    array = np.asarray(x)
    return array if array.size or isinstance(x, np.ndarray) else array.astype(np.intp)


def _in_range(labels: NDArray[Any], n_classes: int, name: str) -> NDArray[np.intp]:
    """Return ``labels`` as indices; raise unless all are integers from 0 to below ``n_classes``."""
    if labels.dtype.kind not in "iu":
        message = f"{name} must hold integers, got dtype {labels.dtype}: pass {name}.astype(int)"
        raise TypeError(message)
    bad = labels[(labels < 0) | (labels >= n_classes)]
    if bad.size:
        message = f"{name} must be 0 or above and below {n_classes}, the number of classes"
        raise IndexError(f"{message}, got {bad[0]}")
    return labels.astype(np.intp, copy=False)


def _as_target(target: ArrayLike, shape: tuple[int, ...], axes: tuple[int, ...]) -> NDArray[Any]:
    """Return ``target`` as checked labels or probabilities for logits of the given shape."""
    y = _as_array(target, "target")
    rows = tuple(n for i, n in enumerate(shape) if i not in axes)
    shapes = f"for logits of shape {shape}: class labels have shape {rows}, probabilities {shape}"
    if y.dtype.kind not in "iuf":
        message = "target must hold class labels (integers) or probabilities (floats)"
        hint = "pass target.astype(int) or target.astype(float)"
        raise TypeError(f"{message}, got dtype {y.dtype}: {hint}")
    if y.dtype.kind in "iu" and y.shape == rows:
        return _in_range(y, math.prod(shape[i] for i in axes), "target")
    if y.dtype.kind in "iu" and y.shape == shape:
        raise ValueError(
            f"target holds integers in the shape of the logits, {shape}: for probabilities pass "
            f"target.astype(float), for class labels an array of shape {rows}"
        )
    if y.dtype.kind == "f" and y.shape == shape:
        _check_distributions(y, axes)
        return y
    if y.dtype.kind == "f" and y.shape == rows:
        message = f"class labels must be integers, got target of dtype {y.dtype}"
        raise TypeError(f"{message}: pass target.astype(int), or probabilities of shape {shape}")
    raise ValueError(f"target of shape {y.shape} and dtype {y.dtype} does not fit {shapes}")


def _check_distributions(y: FloatArray, axes: tuple[int, ...]) -> None:
    """Raise unless ``y`` is nowhere negative and sums to 1 along ``axes``."""
    precision = np.promote_types(y.dtype, np.float32)
    # Shares that came from float32 have its rounding errors, whatever their dtype is now. The
    # root of the precision also lets 0.3333 pass for a third.
    tolerance = math.sqrt(max(np.finfo(y.dtype).eps, np.finfo(np.float32).eps))
    if y.size == 0 < math.prod(n for i, n in enumerate(y.shape) if i not in axes):
        raise ValueError("target must sum to 1 along axis, got a row with the sum 0 of no classes")
    for (part,) in tiles(axes, [y], []):
        rows = part.astype(precision, copy=False)
        lowest = rows.min()
        if not lowest >= 0:
            raise ValueError(f"target must hold probabilities, 0 or above, got {lowest}")
        sums = total(rows)
        bad = sums[~(abs(sums - 1) <= tolerance)]
        if bad.size:
            raise ValueError(f"target must sum to 1 along axis, got a row with the sum {bad[0]}")


def _as_smoothing(label_smoothing: Number) -> float:
    """Return ``label_smoothing`` as a float from 0 to below 1."""
    if not isinstance(label_smoothing, Real):
        raise TypeError(f"label_smoothing must be one real number, got {label_smoothing!r}")
    if not 0 <= label_smoothing < 1:
        message = f"label_smoothing must be 0 or above and below 1, got {label_smoothing!r}"
        raise ValueError(message)
    return float(label_smoothing)


def _check_reduction(reduction: str) -> None:
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"reduction must be 'none', 'mean' or 'sum', got {reduction!r}")


# --- arithmetic -------------------------------------------------------------------------------


def _sweep(
    z: FloatArray,
    y: NDArray[Any],
    axes: tuple[int, ...],
    smoothing: float,
    grad: FloatArray | None = None,
    mean: bool = False,
) -> FloatArray:
    """Return the loss of each row of ``z``; write the gradient to ``grad``, if there is one."""
    target = np.expand_dims(y, axes) if y.dtype.kind == "i" else y
    losses = np.empty([1 if i in axes else n for i, n in enumerate(z.shape)], z.dtype)
    count = losses.size if mean else 1
    for x, t, loss, *change in tiles(
        axes, [z, target], [losses] if grad is None else [losses, grad]
    ):
        top = maximum(x)
        t = _smooth(t, smoothing, x)
        gap, weight = _gap(x, top, t)
        if not change:
            loss[...] = gap + weight * log_total_exp(x, top)
            continue
        e = change[0]
        np.exp(np.subtract(x, top, out=e), out=e)
        others = total_but_one(e)
        loss[...] = gap + weight * np.log1p(others)
        _to_gradient(e, others, t, weight, count)
    return np.squeeze(losses, axes)


def _smooth(t: NDArray[Any], smoothing: float, x: FloatArray) -> NDArray[Any]:
    """Return the targets of the rows ``x``, smoothed: as shares, unless they may stay labels."""
    if t.dtype.kind == "i":
        if not smoothing:
            return t
        shares = np.zeros_like(x)
        shares[_at(t)] = 1
    else:
        shares = t.astype(x.dtype, copy=False)
    return (1 - smoothing) * shares + smoothing / x.shape[1] if smoothing else shares


def _at(labels: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Return the index of the labels' entries in a tile."""
    outer, _, inner = np.ogrid[tuple(map(slice, labels.shape))]
    return outer, labels, inner


def _gap(x: FloatArray, top: FloatArray, t: NDArray[Any]) -> tuple[FloatArray, Any]:
    """Return how far the target's scores lie below the maximum, and the sum of the target."""
    if t.dtype.kind == "i":
        return top - x[_at(t)], 1

    def of_piece(piece: slice) -> FloatArray:
        terms = x[:, piece] - top
        # 0 * -inf is nan here, and fmin takes 0 for it. All other products are 0 or negative.
        np.fmin(np.multiply(t[:, piece], terms, out=terms), 0, out=terms)
        return np.stack([-total(terms), total(t[:, piece])])

    gap, weight = in_pieces(of_piece, x)
    return gap, weight


def _to_gradient(
    e: FloatArray, others: FloatArray, t: NDArray[Any], weight: Any, count: int
) -> None:
    """Turn the exponentials of the shifted scores into the gradient, in place.

    It is ``(e / total - t / weight) * weight``, where total = 1 + others. Taken apart into
    ``(e - t / weight) - others * t / weight``, it does not cancel at the maximum, e = 1.
    """
    if t.dtype.kind == "i":
        at = _at(t)
        e[at] = (e[at] - 1) - others
    else:
        for piece in pieces(e):
            share = t[:, piece] / weight
            e[:, piece] -= share
            share *= others
            e[:, piece] -= share
    e *= weight / (1 + others) / count


def _reduce(losses: FloatArray, reduction: str, dtype: FloatDtype) -> Any:
    if reduction == "none":
        return losses[()].astype(dtype, copy=False)
    wide = np.promote_types(losses.dtype, np.float64)  # a sum of float32 may overflow
    loss = losses.sum(dtype=wide)
    return (loss / losses.size if reduction == "mean" else loss).astype(dtype)
