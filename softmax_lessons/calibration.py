"""Are the probabilities right? Measures of calibration, and a temperature that corrects them.

A classifier is calibrated in its confidence if it is right as often as it says. The functions here
take labels that are known. The curve and two of the errors look at the largest probability of
each row, the confidence in the choice, and at no other; the rest look at all of them. They need
NumPy alone, and ``softmax_lessons`` does not import them: they are imported by name, when they are
wanted. The conventions in the docstring of the package hold for them too.

Probabilities of two classes may come in one column, of shape (N,) or (N, 1): those of class 1. Then
there is no choice, and curve and errors compare the probability of class 1 with how often it is the
label, as ``sklearn.calibration.calibration_curve`` does. The scores are the same as in two columns.

A bin holds its upper edge, and not its lower one. The edges are rounded to the dtype of the
probabilities, so that 0.6 lies on the edge 3 / 5 in each of them. Edges of k bins are edges of 2k
and 3k bins, too, to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, SupportsIndex, TypeAlias

import numpy as np

from softmax_lessons._arguments import (
    as_array,
    as_axes,
    as_count,
    as_floats,
    as_labelled_rows,
    check_choice,
    check_distributions,
    shape_of_rows,
)
from softmax_lessons.activations import no_warnings

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from softmax_lessons._arguments import Axis, FloatArray, FloatDtype

    Real: TypeAlias = np.floating[Any]

__all__ = [
    "ReliabilityCurve",
    "brier_score",
    "classwise_calibration_error",
    "expected_calibration_error",
    "fit_temperature",
    "log_loss",
    "maximum_calibration_error",
    "reliability_curve",
]

Strategy: TypeAlias = Literal["uniform", "quantile"]
Reduction: TypeAlias = Literal["none", "mean", "sum"]

RTOL = 1e-12  # a relative difference as small as that counts as none
MAX_EXPONENT = 800.0  # exp(-800) is 0

ALL_EQUAL = (
    "there is no best temperature: all scores of each row are equal, so every temperature gives "
    "the same loss. Pass logits that tell the classes apart"
)
FALLS_WITH_HEAT = (
    "there is no best temperature: on average the score of the label is no higher than the mean "
    "score of its row, so the loss only falls as the temperature grows. Do the labels belong to "
    "these logits?"
)
FALLS_WITH_COLD = (
    "there is no best temperature: every label has the highest score of its row, so the loss only "
    "falls as the temperature goes to 0. Fit it on held-out examples, some of them classified "
    "wrongly"
)
LOOK_LIKE_PROBABILITIES = "the logits look like probabilities"
PASS_SCORES = (
    "Pass the scores from before softmax or sigmoid, or numpy.log(p) of two columns or more. If "
    "they are scores indeed,"
)
BEYOND_FLOATS = (
    "the best temperature lies beyond the range of floats: pass logits of an ordinary size"
)


class ReliabilityCurve(NamedTuple):
    """What ``reliability_curve`` returns: one entry for each bin that holds examples.

    Attributes
    ----------
    confidence : ndarray
        The mean confidence in each bin, rising; of probabilities in one column, their mean.
    accuracy : ndarray
        The fraction of right choices in each bin; of probabilities in one column, that of label 1.
    counts : ndarray of int
        How many examples each bin holds.

    Examples
    --------
    >>> from softmax_lessons.calibration import reliability_curve
    >>> confidence, accuracy, counts = reliability_curve([[0.2, 0.8], [0.3, 0.7]], [1, 0], bins=2)
    >>> confidence, accuracy, counts
    (array([0.75]), array([0.5]), array([2]))
    """

    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    counts: NDArray[np.intp]


@no_warnings
def reliability_curve(
    p: ArrayLike,
    labels: ArrayLike,
    axis: Axis = -1,
    *,
    bins: SupportsIndex = 10,
    strategy: Strategy = "uniform",
) -> ReliabilityCurve:
    """Return how often the choices are right, bin by bin of their confidence.

    Drawn as accuracy over confidence, they are the reliability diagram. A classifier whose
    confidence is calibrated lies on its diagonal, but for chance.

    Parameters
    ----------
    p : array_like of real numbers, any shape
        Probabilities, 0 or above, with a sum of 1 along ``axis``, within 3.5e-4 (float16: 0.03);
        or those of class 1 in one column, of shape (N,) or (N, 1).
    labels : array_like of integers
        The right classes, in the shape of ``p`` without ``axis``, or in that of one column.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie.
    bins : int, default 10
        Into how many bins to sort, 1 or more.
    strategy : {"uniform", "quantile"}, default "uniform"
        Bins of the same width from 0 to 1, or bins that hold about as many examples each. Equal
        confidences always share a bin.

    Returns
    -------
    ReliabilityCurve
        Mean confidence, accuracy and number of examples of each bin that is not empty, in rising
        order. The first two are float64, whatever the dtype of ``p``.

    Raises
    ------
    IndexError
        If a label is negative, or not below the number of classes.
    TypeError
        If ``labels`` are not integers, or if ``bins`` is no integer.
    ValueError
        If ``p`` does not hold probabilities, or no rows; if ``labels`` has another shape; if
        ``bins`` is below 1, or ``strategy`` unknown.

    See Also
    --------
    expected_calibration_error : The distance from the diagonal, as one number.

    Notes
    -----
    The confidence is the largest probability of a row, and the choice is the first class that has
    it. ``sklearn.calibration.calibration_curve`` takes labels and probabilities of class 1. Of
    these, or of whether the choices are right and their confidences, it returns the same numbers in
    the other order, accuracy first, and no counts.

    They differ where a probability lies on an edge, for scikit-learn's edges are rounded otherwise:
    in five bins, 0.6 and 0.6000000000000001 share a bin there, and here only 0.6 lies below the
    edge. Quantiles lie on probabilities often: of four equally spaced ones, three quantile bins
    hold 2, 1 and 1 here, and there two bins hold 2 each, because of rounding alone.

    Empty bins are left out, so the k-th entries of two curves need not belong to one bin.

    References
    ----------
    M. H. DeGroot and S. E. Fienberg, "The comparison and evaluation of forecasters", *The
    Statistician* 32, 1983, 12-22.

    C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On calibration of modern neural networks",
    *ICML*, 2017, 1321-1330.

    Examples
    --------
    >>> from softmax_lessons.calibration import reliability_curve
    >>> p = [[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.3, 0.7]]
    >>> curve = reliability_curve(p, [0, 1, 0, 1], bins=4)
    >>> curve.confidence.round(2), curve.accuracy.round(2), curve.counts
    (array([0.65, 0.85]), array([0.5, 1. ]), array([2, 2]))

    In one column, as scikit-learn takes them:

    >>> curve = reliability_curve([0.1, 0.8, 0.6, 0.7], [0, 1, 0, 1], bins=2)
    >>> curve.confidence.round(2), curve.accuracy.round(2), curve.counts
    (array([0.1, 0.7]), array([0.  , 0.67]), array([1, 3]))
    """
    rows = as_probability_rows(p, labels, axis)
    return curve_of(*confidences(rows), as_count(bins, "bins", 1), strategy)


@no_warnings
def expected_calibration_error(
    p: ArrayLike,
    labels: ArrayLike,
    axis: Axis = -1,
    *,
    bins: SupportsIndex = 10,
    strategy: Strategy = "uniform",
) -> np.float64:
    """Return the expected calibration error: the mean distance of confidence and accuracy in bins.

    It is the mean distance from the diagonal of ``reliability_curve``, with the same bins.

    Parameters
    ----------
    p : array_like of real numbers, any shape
        Probabilities, 0 or above, with a sum of 1 along ``axis``, within 3.5e-4 (float16: 0.03);
        or those of class 1 in one column, of shape (N,) or (N, 1).
    labels : array_like of integers
        The right classes, in the shape of ``p`` without ``axis``, or in that of one column.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie.
    bins : int, default 10
        Into how many bins to sort, 1 or more.
    strategy : {"uniform", "quantile"}, default "uniform"
        Bins of the same width from 0 to 1, or bins that hold about as many examples each. Equal
        confidences always share a bin.

    Returns
    -------
    scalar
        From 0 to 1, as float64, whatever the dtype of ``p``.

    Raises
    ------
    IndexError
        If a label is negative, or not below the number of classes.
    TypeError
        As for ``reliability_curve``.
    ValueError
        As for ``reliability_curve``.

    See Also
    --------
    reliability_curve : The bins themselves.
    brier_score : A score that no constant answer can fool.

    Notes
    -----
    With n examples in a bin and N in all, it is the sum of ``n / N * abs(accuracy - confidence)``
    over the bins. Splitting a bin never lowers it, so 15 bins, which split each of 5 in three, give
    at least what 5 give. From 15 to 16 it may rise or fall, and on the whole it grows with the
    number of bins. Guo et al. take 15.

    On few examples it is above 0 even if every probability is right. In a wide bin, errors of both
    signs cancel and are not seen. And it is 0, but for chance, for a classifier that gives every
    example the fractions of the classes. So report it with the number of bins and of examples, and
    with a proper score.

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On calibration of modern neural networks",
    *ICML*, 2017, 1321-1330: this error, of the largest probability.

    M. P. Naeini, G. F. Cooper and M. Hauskrecht, "Obtaining well calibrated probabilities using
    Bayesian binning", *AAAI*, 2015, 2901-2907: that of two classes, which it follows.

    A. Kumar, P. Liang and T. Ma, "Verified uncertainty calibration", *NeurIPS*, 2019: what bins
    hide.

    Examples
    --------
    >>> from softmax_lessons.calibration import expected_calibration_error
    >>> p = [[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.3, 0.7]]
    >>> expected_calibration_error(p, [0, 1, 0, 1], bins=4).round(4)
    np.float64(0.15)
    """
    rows = as_probability_rows(p, labels, axis)
    return error_of(curve_of(*confidences(rows), as_count(bins, "bins", 1), strategy))


@no_warnings
def maximum_calibration_error(
    p: ArrayLike,
    labels: ArrayLike,
    axis: Axis = -1,
    *,
    bins: SupportsIndex = 10,
    strategy: Strategy = "uniform",
) -> np.float64:
    """Return the maximum calibration error: the largest distance of confidence and accuracy.

    Parameters
    ----------
    p : array_like of real numbers, any shape
        Probabilities, 0 or above, with a sum of 1 along ``axis``, within 3.5e-4 (float16: 0.03);
        or those of class 1 in one column, of shape (N,) or (N, 1).
    labels : array_like of integers
        The right classes, in the shape of ``p`` without ``axis``, or in that of one column.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie.
    bins : int, default 10
        Into how many bins to sort, 1 or more.
    strategy : {"uniform", "quantile"}, default "uniform"
        Bins of the same width from 0 to 1, or bins that hold about as many examples each. Equal
        confidences always share a bin.

    Returns
    -------
    scalar
        From 0 to 1, as float64, whatever the dtype of ``p``.

    Raises
    ------
    IndexError
        If a label is negative, or not below the number of classes.
    TypeError
        As for ``reliability_curve``.
    ValueError
        As for ``reliability_curve``.

    See Also
    --------
    expected_calibration_error : The mean of the distances, in place of the largest.

    Notes
    -----
    It is the largest distance of a bin of ``reliability_curve`` from the diagonal. A bin with three
    examples counts as much as one with a thousand, so it says most with bins of equal mass:
    ``strategy="quantile"``.

    References
    ----------
    M. P. Naeini, G. F. Cooper and M. Hauskrecht, "Obtaining well calibrated probabilities using
    Bayesian binning", *AAAI*, 2015, 2901-2907.

    Examples
    --------
    >>> from softmax_lessons.calibration import maximum_calibration_error
    >>> p = [[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.3, 0.7]]
    >>> maximum_calibration_error(p, [0, 1, 0, 1], bins=4).round(4)
    np.float64(0.15)
    """
    rows = as_probability_rows(p, labels, axis)
    curve = curve_of(*confidences(rows), as_count(bins, "bins", 1), strategy)
    return np.float64(abs(curve.accuracy - curve.confidence).max())


@no_warnings
def classwise_calibration_error(
    p: ArrayLike,
    labels: ArrayLike,
    axis: Axis = -1,
    *,
    bins: SupportsIndex = 10,
    strategy: Strategy = "uniform",
) -> np.float64:
    """Return the classwise calibration error: the mean over the classes of each one's error.

    Parameters
    ----------
    p : array_like of real numbers, any shape
        Probabilities, 0 or above, with a sum of 1 along ``axis``, within 3.5e-4 (float16: 0.03);
        or those of class 1 in one column, of shape (N,) or (N, 1).
    labels : array_like of integers
        The right classes, in the shape of ``p`` without ``axis``, or in that of one column.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie.
    bins : int, default 10
        Into how many bins to sort, 1 or more.
    strategy : {"uniform", "quantile"}, default "uniform"
        Bins of the same width from 0 to 1, or bins that hold about as many examples each. Equal
        confidences always share a bin.

    Returns
    -------
    scalar
        From 0 to 1, as float64, whatever the dtype of ``p``.

    Raises
    ------
    IndexError
        If a label is negative, or not below the number of classes.
    TypeError
        As for ``reliability_curve``.
    ValueError
        As for ``reliability_curve``.

    See Also
    --------
    expected_calibration_error : Of the largest probability of each row alone.

    Notes
    -----
    For each class, all its probabilities are sorted into bins, and their mean in a bin is compared
    with how often the class is the label. So it sees errors that the largest probabilities do not
    show. With many classes most probabilities are near 0, and so is the error.

    References
    ----------
    M. Kull, M. Perello-Nieto, M. Kängsepp, T. Silva Filho, H. Song and P. Flach, "Beyond
    temperature scaling: obtaining well-calibrated multiclass probabilities with Dirichlet
    calibration", *NeurIPS*, 2019.

    Examples
    --------
    >>> from softmax_lessons.calibration import classwise_calibration_error
    >>> p = [[0.5, 0.4, 0.1], [0.5, 0.1, 0.4], [0.6, 0.2, 0.2], [0.4, 0.3, 0.3]]
    >>> classwise_calibration_error(p, [0, 0, 1, 2], bins=1).round(4)
    np.float64(0.0)
    >>> classwise_calibration_error(p, [0, 0, 1, 2], bins=5).round(4)
    np.float64(0.2333)
    """
    rows = as_probability_rows(p, labels, axis)
    n = as_count(bins, "bins", 1)
    errors = [
        error_of(curve_of(rows.p[:, k], rows.labels == k, rows.dtype, n, strategy))
        for k in range(rows.p.shape[1])
    ]
    return np.float64(np.mean(errors))


@no_warnings
def brier_score(
    p: ArrayLike, labels: ArrayLike, axis: Axis = -1, *, reduction: Reduction = "mean"
) -> Any:
    """Return the Brier score: the squared distance of the probabilities from the truth.

    Parameters
    ----------
    p : array_like of real numbers, any shape
        Probabilities, 0 or above, with a sum of 1 along ``axis``, within 3.5e-4 (float16: 0.03);
        or those of class 1 in one column, of shape (N,) or (N, 1).
    labels : array_like of integers
        The right classes, in the shape of ``p`` without ``axis``, or in that of one column.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie.
    reduction : {"mean", "sum", "none"}, default "mean"
        Whether to return the mean over all rows, their sum, or the score of each row.

    Returns
    -------
    ndarray or scalar
        For each row from 0, sure and right, to 2, sure and wrong: for "none" in the shape of
        ``labels``, else a scalar. float64, whatever the dtype of ``p``.

    Raises
    ------
    IndexError
        If a label is negative, or not below the number of classes.
    TypeError
        If ``labels`` are not integers.
    ValueError
        If ``p`` does not hold probabilities, or no rows; if ``labels`` has another shape; or if
        ``reduction`` is unknown.

    See Also
    --------
    log_loss : The other proper score.

    Notes
    -----
    For each row it is ``sum((p - y)**2)`` with y one-hot, summed over all classes as Brier did.
    With two classes, in two columns or in one, that is twice the square of one probability's error,
    which others call by the same name. It is a proper score: if the classes have the probabilities
    q, the expected score is ``sum((p - q)**2)`` plus what does not depend on p.

    References
    ----------
    G. W. Brier, "Verification of forecasts expressed in terms of probability", *Monthly Weather
    Review* 78(1), 1950, 1-3.

    T. Gneiting and A. E. Raftery, "Strictly proper scoring rules, prediction, and estimation",
    *Journal of the American Statistical Association* 102(477), 2007, 359-378.

    Examples
    --------
    >>> from softmax_lessons.calibration import brier_score
    >>> brier_score([[0.2, 0.7, 0.1], [0.5, 0.5, 0.0]], [1, 2]).round(4)
    np.float64(0.82)
    """
    rows = as_probability_rows(p, labels, axis)
    errors = rows.p.copy()
    errors[np.arange(len(errors)), rows.labels] -= 1
    return reduce_scores(np.square(errors).sum(axis=-1), rows, reduction)


@no_warnings
def log_loss(
    p: ArrayLike, labels: ArrayLike, axis: Axis = -1, *, reduction: Reduction = "mean"
) -> Any:
    """Return the log loss: minus the logarithm of the label's probability.

    Parameters
    ----------
    p : array_like of real numbers, any shape
        Probabilities, 0 or above, with a sum of 1 along ``axis``, within 3.5e-4 (float16: 0.03);
        or those of class 1 in one column, of shape (N,) or (N, 1).
    labels : array_like of integers
        The right classes, in the shape of ``p`` without ``axis``, or in that of one column.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie.
    reduction : {"mean", "sum", "none"}, default "mean"
        Whether to return the mean over all rows, their sum, or the loss of each row.

    Returns
    -------
    ndarray or scalar
        The loss in nats, 0 or above; +inf where a label has the probability 0. For "none" in the
        shape of ``labels``, else a scalar. float64, whatever the dtype of ``p``.

    Raises
    ------
    IndexError
        If a label is negative, or not below the number of classes.
    TypeError
        As for ``brier_score``.
    ValueError
        As for ``brier_score``.

    See Also
    --------
    softmax_lessons.cross_entropy : The same from logits. Take it where there are some: a
        probability that has rounded to 0 or 1 has lost what the loss needs.

    Notes
    -----
    Probabilities are taken as they are, not clipped. ``sklearn.metrics.log_loss`` clips those of 0
    and 1, and so returns 36 where this returns +inf.

    References
    ----------
    I. J. Good, "Rational decisions", *Journal of the Royal Statistical Society B* 14(1), 1952,
    107-114.

    Examples
    --------
    >>> from softmax_lessons.calibration import log_loss
    >>> log_loss([[0.2, 0.7, 0.1], [0.5, 0.5, 0.0]], [1, 0], reduction="none").round(4)
    array([0.3567, 0.6931])
    >>> log_loss([0.8, 0.1], [1, 0]).round(4)
    np.float64(0.1643)
    """
    rows = as_probability_rows(p, labels, axis)
    losses = 0 - np.log(rows.p[np.arange(len(rows.labels)), rows.labels])  # 0 - 0 is 0, not -0
    if rows.one_column:  # 1 - p may have rounded to 1
        losses = np.where(rows.labels == 1, losses, 0 - np.log1p(-rows.p[:, 1]))
    return reduce_scores(losses, rows, reduction)


@no_warnings
def fit_temperature(logits: ArrayLike, labels: ArrayLike, axis: Axis = -1) -> float:
    """Return the temperature at which softmax makes the labels as likely as possible.

    Fit it on examples that the classifier was not trained on. Dividing by it keeps every choice.

    Parameters
    ----------
    logits : array_like of finite numbers, any shape
        The scores, before any softmax; or in one column, of shape (N,) or (N, 1), those of class 1,
        before any sigmoid.
    labels : array_like of integers
        The right classes, in the shape of ``logits`` without ``axis``, or in that of one column.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie.

    Returns
    -------
    float
        The temperature, above 0, whatever the dtype of ``logits``: it is calculated in float64.

    Raises
    ------
    IndexError
        If a label is negative, or not below the number of classes.
    TypeError
        If ``labels`` are not integers.
    ValueError
        If there is no best temperature: every label has the highest score of its row, and the
        loss falls as long as the temperature does; or the labels' scores are on average no higher
        than the mean scores of their rows, and it falls as long as the temperature grows; or all
        scores of each row are equal, and no temperature changes it; or the temperature would
        overflow or underflow. Also if a logit is not finite, if every row holds probabilities, if
        there are no rows, or if ``labels`` has another shape.

    See Also
    --------
    softmax_lessons.softmax : Takes the temperature.
    softmax_lessons.cross_entropy : The loss that is made small, of ``logits / temperature``.

    Notes
    -----
    With b = 1 / T the negative log-likelihood of a row is ``logsumexp(b * z) - b * z[label]``. Its
    derivative is the mean of z under ``p = softmax(b * z)``, minus ``z[label]``; the second one is
    the variance of z under p, which is not negative. So the loss is convex in b, and its slope
    rises from that at b = 0 to the mean distance of the labels' scores from the highest ones. If
    it is below 0 at the one end and above 0 at the other, there is one root between. Newton's
    method finds it, and halves the bracket wherever it would leave it or gain too little.

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On calibration of modern neural networks",
    *ICML*, 2017, 1321-1330.

    Examples
    --------
    Nine in ten are right, at a lead of 10 points: that is worth a lead of log(9), about 2.2.

    >>> import numpy as np
    >>> from softmax_lessons.calibration import fit_temperature
    >>> logits = np.tile([10.0, 0.0], (10, 1))
    >>> labels = np.array([0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    >>> round(fit_temperature(logits, labels), 4)
    4.5512
    """
    rows = as_rows(logits, labels, ("logits", "labels"), axis, np.zeros_like)
    z, y = rows.p, rows.labels
    if not np.isfinite(z).all():
        raise ValueError(f"logits must be finite, got {z[~np.isfinite(z)][0]}")
    gap = z.max(axis=-1, keepdims=True) / 2 - z / 2  # halves: the difference may overflow
    label_gap, max_gap = gap[np.arange(len(y)), y], gap.max()
    if max_gap == 0:
        raise ValueError(ALL_EQUAL)
    check_that_they_are_logits(rows)
    if not (label_gap / max_gap).mean() < (1 - RTOL) * (gap / max_gap).mean():
        raise ValueError(FALLS_WITH_HEAT)
    if not label_gap.any():
        raise ValueError(FALLS_WITH_COLD)
    # The inverse temperature has the dtype of the rows: those of longdouble may be beyond float64.
    low, high = z.dtype.type(0), 1 / np.maximum(max_gap, np.finfo(z.dtype).tiny)
    while slopes(gap, label_gap, high)[0] < 0:
        low, high = high, 2 * high
    temperature = float(2 / find_root(lambda b: slopes(gap, label_gap, b), low, high))
    if not 0 < temperature < math.inf:
        raise ValueError(f"{BEYOND_FLOATS}, got scores up to {np.abs(z).max()!s}")
    return temperature


# --- arguments --------------------------------------------------------------------------------


class Rows(NamedTuple):
    """Rows of probabilities or logits, in float64 or longer, and where they come from."""

    p: FloatArray
    labels: NDArray[np.intp]
    dtype: FloatDtype
    shape: tuple[int, ...]  # of the labels
    one_column: bool


def as_rows(
    x: ArrayLike,
    labels: ArrayLike,
    names: tuple[str, str],
    axis: Axis,
    other: Callable[[FloatArray], FloatArray],
) -> Rows:
    """Return rows of classes; of one column, ``other`` makes the first of two classes."""
    y = as_array(labels, names[1])
    try:
        z, dtype = as_floats(x, names[0])
    except TypeError:
        if isinstance(x, list | tuple | np.ndarray):
            check_order(as_array(x, names[0]), y, names)  # the text may be the labels
        raise
    axes = as_axes(axis, "axis", z.ndim)
    check_order(z, y, names)
    one_column = math.prod(z.shape[i] for i in axes) == 1 or (z.ndim == 1 and y.shape == z.shape)
    if z.ndim == 1 and y.ndim and not one_column:
        message = f"{names[1]} must have the shape of {names[0]}, {z.shape}, which is one column"
        hint = f": pass numpy.reshape({names[1]}, {z.shape})" if y.size == z.size else ""
        raise ValueError(f"{message}, got {y.shape}{hint}")
    if not one_column:
        return Rows(*as_labelled_rows(x, labels, names, axis), y.shape, False)
    column = z.reshape(-1).astype(np.promote_types(z.dtype, np.float64))
    flat = y.reshape(-1) if y.shape == z.shape else y
    shape = z.shape if z.ndim == 1 else shape_of_rows(z.shape, axes)
    two = np.stack([other(column), column], axis=-1)
    rows, right, _ = as_labelled_rows(
        two if flat.shape == (column.size,) else two.reshape(*shape, 2), flat, names, -1
    )
    return Rows(rows, right, dtype, y.shape, True)


def as_probability_rows(p: ArrayLike, labels: ArrayLike, axis: Axis) -> Rows:
    """Return rows of probabilities and their labels."""
    rows = as_rows(p, labels, ("p", "labels"), axis, lambda column: 1 - column)
    if not rows.one_column:
        p_as_it_came = rows.p.astype(rows.dtype)
        check_distributions(p_as_it_came, "p", (1,), ": for logits pass softmax(logits)")
    else:
        bad = rows.p[~(abs(rows.p - 0.5) <= 0.5)]
        if bad.size:
            message = (
                f"p in one column must hold probabilities of class 1, from 0 to 1, got {bad[-1]}"
            )
            raise ValueError(f"{message}: for logits pass sigmoid(logits)")
    return rows


def check_order(x: NDArray[Any], labels: NDArray[Any], names: tuple[str, str]) -> None:
    """Raise if the second argument holds floats, and the first one what only labels can be."""
    if labels.dtype.kind != "f" or not labels.size or not x.size:
        return
    kind = (
        "whole numbers" if x.dtype.kind == "f" else "text" if x.dtype.kind in "SUT" else "objects"
    )
    if kind == "whole numbers" and not (x % 1 == 0).all():
        return
    fractions = (labels[np.isfinite(labels)] % 1 != 0).any()
    more_axes = x.shape == labels.shape[: x.ndim] and labels.size > x.size
    if fractions or more_axes:
        first, second = names
        holds = (
            "fractions" if fractions else "rows of them" if kind == "whole numbers" else "numbers"
        )
        raise ValueError(
            f"{first} holds {kind}, and {second} holds {holds}: these two arguments seem "
            f"to be swapped. Pass {first} first, then {second}"
        )


def check_that_they_are_logits(rows: Rows) -> None:
    """Raise if all rows hold probabilities, and some of them other ones than 0 and 1."""
    z = rows.p
    if rows.one_column:
        if ((z >= 0) & (z <= 1)).all() and (z % 1 != 0).any():
            way = "pass numpy.stack([0 * logits, logits], axis=-1)"
            raise ValueError(
                f"{LOOK_LIKE_PROBABILITIES}: all lie between 0 and 1. {PASS_SCORES} {way}"
            )
    elif (z >= 0).all() and (z % 1 != 0).any():
        tolerance = math.sqrt(max(np.finfo(rows.dtype).eps, np.finfo(np.float32).eps))
        if (abs(z.sum(axis=-1) - 1) <= tolerance).all():
            way = "add 1 to all of them, which changes no temperature"
            raise ValueError(f"{LOOK_LIKE_PROBABILITIES}: each row sums to 1. {PASS_SCORES} {way}")


# --- arithmetic -------------------------------------------------------------------------------


def confidences(rows: Rows) -> tuple[FloatArray, NDArray[np.bool_], FloatDtype]:
    """Return how sure each row is, whether it is right, and the dtype that it comes from."""
    if rows.one_column:
        return rows.p[:, 1], rows.labels == 1, rows.dtype
    return rows.p.max(axis=-1), rows.p.argmax(axis=-1) == rows.labels, rows.dtype


def curve_of(
    confidence: FloatArray, right: NDArray[np.bool_], dtype: FloatDtype, bins: int, strategy: str
) -> ReliabilityCurve:
    """Return the reliability curve of confidences in answers that are right or not."""
    check_choice(strategy, "strategy", ("uniform", "quantile"))
    edges = inner_edges(confidence, bins, strategy).astype(dtype)
    places = np.searchsorted(edges.astype(confidence.dtype), confidence)
    counts = np.bincount(places, minlength=bins)
    occupied = counts > 0
    sums = [np.bincount(places, v.astype(np.float64), bins) for v in (confidence, right)]
    mean_confidence, accuracy = np.array(sums)[:, occupied] / counts[occupied]
    return ReliabilityCurve(mean_confidence, accuracy, counts[occupied])


def inner_edges(confidence: FloatArray, bins: int, strategy: str) -> FloatArray:
    """Return the edges between the bins, each calculated from whole numbers by one division.

    So 3 of 5 and 9 of 15 are the same edge to the last bit: ``i * (1 / bins)`` would round twice.
    """
    k = np.arange(1, bins)
    if strategy == "uniform":
        return k.astype(confidence.dtype) / bins
    # The quantile of k / bins lies between two of the sorted confidences, or on one.
    below, rest = np.divmod(k * (confidence.size - 1), bins)
    ordered = np.sort(confidence)
    low, high = ordered[below], ordered[np.minimum(below + 1, confidence.size - 1)]
    edges: FloatArray = low + (high - low) * (rest.astype(confidence.dtype) / bins)
    return edges


def error_of(curve: ReliabilityCurve) -> np.float64:
    """Return the mean distance of confidence and accuracy, each bin with its weight."""
    gaps = abs(curve.accuracy - curve.confidence)
    return np.float64(curve.counts @ gaps / curve.counts.sum())


def reduce_scores(scores: FloatArray, rows: Rows, reduction: str) -> Any:
    """Return the scores of the rows, or their mean or sum, in float64."""
    check_choice(reduction, "reduction", ("none", "mean", "sum"))
    if reduction == "none":
        return scores.reshape(rows.shape).astype(np.float64)[()]
    return np.float64(scores.mean() if reduction == "mean" else scores.sum())


def slopes(gap: FloatArray, label_gap: FloatArray, b: Real) -> tuple[Real, Real]:
    """Return b times the slope of the loss at b, and b squared times its second derivative.

    So there is no unit in them, and scores of any size can be squared.
    """
    w = np.minimum(b * gap, MAX_EXPONENT)
    p = np.exp(-w)
    p /= p.sum(axis=-1, keepdims=True)
    mean = (p * w).sum(axis=-1, keepdims=True)
    variance = (p * (w - mean) ** 2).sum(axis=-1)
    return (b * label_gap - mean[:, 0]).mean(), variance.mean()


def find_root(slopes: Callable[[Real], tuple[Real, Real]], low: Real, high: Real) -> Real:
    """Return where the slope is 0: it is below 0 at ``low``, and at ``high`` it is not."""
    b, step = high, high
    while abs(step) > RTOL * b:
        slope, curvature = slopes(b)
        low, high = (b, high) if slope < 0 else (low, b)
        newton = -b * slope / curvature if curvature else np.inf * b
        gains = abs(newton) <= abs(step) / 2 and low <= b + newton <= high
        step = newton if gains else (low + high) / 2 - b
        b += step
    return b
