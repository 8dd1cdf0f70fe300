"""Are the probabilities right? Measures of calibration, and a temperature that corrects them.

A classifier is calibrated in its confidence if it is right as often as it says. The functions here
take labels that are known. Curve and error look at the largest probability of each row, the
confidence in the choice, and at no other; the Brier score and the temperature look at all of them.
They need NumPy alone, and ``softmax_lessons`` does not import them: they are imported by name, when
they are wanted. None of them warns, and none changes its input.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple, SupportsIndex, TypeAlias

import numpy as np

from softmax_lessons._arguments import (
    as_count,
    as_labelled_rows,
    check_choice,
    check_distributions,
)
from softmax_lessons.activations import no_warnings

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from softmax_lessons._arguments import Axis, FloatArray

__all__ = [
    "ReliabilityCurve",
    "brier_score",
    "expected_calibration_error",
    "fit_temperature",
    "reliability_curve",
]

Strategy: TypeAlias = Literal["uniform", "quantile"]

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
BEYOND_FLOATS = (
    "the best temperature lies beyond the range of floats: pass logits of an ordinary size"
)


class ReliabilityCurve(NamedTuple):
    """What ``reliability_curve`` returns: one entry for each bin that holds examples.

    Attributes
    ----------
    confidence : ndarray
        The mean confidence in each bin, rising.
    accuracy : ndarray
        The fraction of right choices in each bin.
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
        Probabilities, 0 or above, with a sum of 1 along ``axis``, within 3.5e-4 (float16: 0.03).
    labels : array_like of integers
        The right classes, in the shape of ``p`` without ``axis``.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie. With several axes, labels count through
        them in C order, the last axis running fastest.
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
    numpy.exceptions.AxisError
        If ``axis`` is out of range.
    IndexError
        If a label is negative, or not below the number of classes.
    TypeError
        If ``p`` or ``labels`` is complex, text, dates, objects, a masked array or a torch tensor,
        if ``labels`` are not integers, or if ``bins`` is no integer.
    ValueError
        If ``p`` does not hold probabilities, or no rows; if ``labels`` has another shape; if
        ``bins`` is below 1, or ``strategy`` unknown.

    See Also
    --------
    expected_calibration_error : The distance from the diagonal, as one number.

    Notes
    -----
    The confidence is the largest probability of a row, and the choice is the first class that has
    it. A bin holds its upper edge, and not its lower one. So do those of
    ``sklearn.calibration.calibration_curve``. Given whether the choices are right, and their
    confidences, it returns the same numbers in the other order, accuracy first, and no counts.

    Empty bins are left out, so the k-th entries of two curves need not belong to one bin. To
    compare two classifiers bin by bin, find the bin of a mean confidence c from its edges:
    ``numpy.searchsorted(numpy.linspace(0, 1, bins + 1)[1:-1], c)``.

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
    """
    rows, y = as_probability_rows(p, labels, axis)
    return curve_of_rows(rows, y, as_count(bins, "bins", 1), strategy)


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
        Probabilities, 0 or above, with a sum of 1 along ``axis``, within 3.5e-4 (float16: 0.03).
    labels : array_like of integers
        The right classes, in the shape of ``p`` without ``axis``.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie. With several axes, labels count through
        them in C order, the last axis running fastest.
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
    numpy.exceptions.AxisError
        If ``axis`` is out of range.
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
    over the bins. Splitting a bin never lowers it: 15 bins give at least what 5 give. From 15 to
    16 it may rise or fall, and on the whole it grows with the number of bins. Guo et al. take 15.

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
    rows, y = as_probability_rows(p, labels, axis)
    confidence, accuracy, counts = curve_of_rows(rows, y, as_count(bins, "bins", 1), strategy)
    return np.float64(counts @ np.abs(accuracy - confidence) / len(y))


def brier_score(p: ArrayLike, labels: ArrayLike, axis: Axis = -1) -> np.float64:
    """Return the Brier score: the mean squared distance of the probabilities from the truth.

    Parameters
    ----------
    p : array_like of real numbers, any shape
        Probabilities, 0 or above, with a sum of 1 along ``axis``, within 3.5e-4 (float16: 0.03).
    labels : array_like of integers
        The right classes, in the shape of ``p`` without ``axis``.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie. With several axes, labels count through
        them in C order, the last axis running fastest.

    Returns
    -------
    scalar
        From 0, sure and right, to 2, sure and wrong, as float64, whatever the dtype of ``p``.

    Raises
    ------
    numpy.exceptions.AxisError
        If ``axis`` is out of range.
    IndexError
        If a label is negative, or not below the number of classes.
    TypeError
        If ``p`` or ``labels`` is complex, text, dates, objects, a masked array or a torch tensor,
        or if ``labels`` are not integers.
    ValueError
        If ``p`` does not hold probabilities, or no rows, or if ``labels`` has another shape.

    See Also
    --------
    softmax_lessons.cross_entropy : The other proper score, from logits.

    Notes
    -----
    For each row it is ``sum((p - y)**2)`` with y one-hot, summed over all classes as Brier did.
    With two classes that is twice the square of one probability's error, which others call by the
    same name. It is a proper score: if the classes have the probabilities q, the expected score is
    ``sum((p - q)**2)`` plus what does not depend on p.

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
    rows, y = as_probability_rows(p, labels, axis)
    errors = rows.copy()
    errors[np.arange(len(y)), y] -= 1
    return np.float64(np.square(errors).sum(axis=-1).mean())


@no_warnings
def fit_temperature(logits: ArrayLike, labels: ArrayLike, axis: Axis = -1) -> float:
    """Return the temperature at which softmax makes the labels as likely as possible.

    Fit it on examples that the classifier was not trained on. Dividing by it keeps every choice.

    Parameters
    ----------
    logits : array_like of finite numbers, any shape
        The scores, before any softmax.
    labels : array_like of integers
        The right classes, in the shape of ``logits`` without ``axis``.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie. With several axes, labels count through
        them in C order, the last axis running fastest.

    Returns
    -------
    float
        The temperature, above 0, whatever the dtype of ``logits``: it is calculated in float64.

    Raises
    ------
    numpy.exceptions.AxisError
        If ``axis`` is out of range.
    IndexError
        If a label is negative, or not below the number of classes.
    TypeError
        If ``logits`` or ``labels`` is complex, text, dates, objects, a masked array or a torch
        tensor, or if ``labels`` are not integers.
    ValueError
        If there is no best temperature: every label has the highest score of its row, and the
        loss falls as long as the temperature does; or the labels' scores are on average no higher
        than the mean scores of their rows, and it falls as long as the temperature grows; or all
        scores of each row are equal, and no temperature changes it; or the temperature would
        overflow or underflow. Also if a logit is not finite, if there are no rows, or if
        ``labels`` has another shape.

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
    z, y, _ = as_labelled_rows(logits, labels, ("logits", "labels"), axis)
    if not np.isfinite(z).all():
        raise ValueError(f"logits must be finite, got {z[~np.isfinite(z)][0]}")
    gap = z.max(axis=-1, keepdims=True) / 2 - z / 2  # halves: the difference may overflow
    label_gap, max_gap = gap[np.arange(len(y)), y], gap.max()
    if max_gap == 0:
        raise ValueError(ALL_EQUAL)
    if not (label_gap / max_gap).mean() < (1 - RTOL) * (gap / max_gap).mean():
        raise ValueError(FALLS_WITH_HEAT)
    if not label_gap.any():
        raise ValueError(FALLS_WITH_COLD)
    low, high = 0.0, 1 / max(float(max_gap), float(np.finfo(np.float64).tiny))
    while slopes(gap, label_gap, high)[0] < 0:
        low, high = high, 2 * high
    temperature = 2 / find_root(lambda b: slopes(gap, label_gap, b), low, high)
    if not 0 < temperature < math.inf:
        raise ValueError(f"{BEYOND_FLOATS}, got scores up to {np.abs(z).max():.3g}")
    return temperature


# --- arguments --------------------------------------------------------------------------------


def as_probability_rows(
    p: ArrayLike, labels: ArrayLike, axis: Axis
) -> tuple[FloatArray, NDArray[np.intp]]:
    """Return rows of probabilities in float64 or longer, and their labels."""
    rows, y, dtype = as_labelled_rows(p, labels, ("p", "labels"), axis)
    check_distributions(rows.astype(dtype), "p", (1,), ": for logits pass softmax(logits)")
    return rows, y


# --- arithmetic -------------------------------------------------------------------------------


def curve_of_rows(
    rows: FloatArray, y: NDArray[np.intp], bins: int, strategy: str
) -> ReliabilityCurve:
    """Return the reliability curve of rows of probabilities."""
    check_choice(strategy, "strategy", ("uniform", "quantile"))
    confidence, right = rows.max(axis=-1), rows.argmax(axis=-1) == y
    edges = np.linspace(0, 1, bins + 1)
    if strategy == "quantile":
        edges = np.quantile(confidence, edges)
    places = np.searchsorted(edges[1:-1], confidence)
    counts = np.bincount(places, minlength=bins)
    occupied = counts > 0
    sums = np.zeros((2, bins), rows.dtype)
    np.add.at(sums, (0, places), confidence)
    np.add.at(sums, (1, places), right)
    confidence, accuracy = (sums[:, occupied] / counts[occupied]).astype(np.float64)
    return ReliabilityCurve(confidence, accuracy, counts[occupied])


@no_warnings
def slopes(gap: FloatArray, label_gap: FloatArray, b: float) -> tuple[float, float]:
    """Return b times the slope of the loss at b, and b squared times its second derivative.

    So there is no unit in them, and scores of any size can be squared.
    """
    w = np.minimum(b * gap, MAX_EXPONENT)
    p = np.exp(-w)
    p /= p.sum(axis=-1, keepdims=True)
    mean = (p * w).sum(axis=-1, keepdims=True)
    variance = (p * (w - mean) ** 2).sum(axis=-1)
    return float((b * label_gap - mean[:, 0]).mean()), float(variance.mean())


def find_root(slopes: Callable[[float], tuple[float, float]], low: float, high: float) -> float:
    """Return where the slope is 0: it is below 0 at ``low``, and at ``high`` it is not."""
    b = step = high
    while abs(step) > RTOL * b:
        slope, curvature = slopes(b)
        low, high = (b, high) if slope < 0 else (low, b)
        newton = -b * slope / curvature if curvature else math.inf
        gains = abs(newton) <= abs(step) / 2 and low <= b + newton <= high
        step = newton if gains else (low + high) / 2 - b
        b += step
    return b
