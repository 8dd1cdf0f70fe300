"""Exercises on calibration: two scores, the slope that fits a temperature, and a diagram."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from softmax_lessons import cross_entropy, one_hot, softmax
from softmax_lessons.calibration import brier_score, expected_calibration_error
from softmax_lessons.exercises._exercise import Exercise, KnownMistake, Stage
from softmax_lessons.exercises.catalog._shared import (
    BATCHES_AND_LABELS,
    NINE_DIGITS,
    SHIFT,
    SIX_DIGITS,
    TAKES_LOGITS,
    TALL,
    TWO_ROWS,
    WITHOUT_LAST,
    array,
    at_label,
    labels,
    without_last_class,
)
from softmax_lessons.exercises.rules import at_least_zero

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

ORDER = 140  # among the chapters

# The tables are laid out by hand: a known mistake is its sentence, its hint and its formula.
# fmt: off

TAKES_PROBABILITIES = (
    "`p` has N rows of K probabilities, `labels` holds N whole numbers from 0 to K - 1."
)

PROBABILITIES_AND_LABELS = tuple((softmax(z), y) for z, y in BATCHES_AND_LABELS)


# --- the Brier score ------------------------------------------------------------------------------


def errors(p: Array, y: Array) -> Array:
    """Return p - y."""
    return np.asarray(p - one_hot(y, p.shape[-1]))


BRIER_SCORE = Exercise(
    "Write the Brier score",
    "brier_score(p, labels)",
    f"{TAKES_PROBABILITIES} Return the mean over the rows of the sum over all classes of (p - y) "
    f"squared, with y one-hot, as one number. {SIX_DIGITS}",
    right=brier_score,
    stages=(
        Stage("some batches", "It is not the mean squared distance.",
            "Sum (p - y)**2 along the classes, then take the mean over the rows.",
            PROBABILITIES_AND_LABELS),
        without_last_class(*((softmax(z), y) for z, y in WITHOUT_LAST)),
        Stage("sure answers", "Probabilities of exactly 0 and 1 give a wrong score.",
            "Sure and right is 0, sure and wrong is 2.",
            ((array([0.0, 1.0]), labels(1)), (array([0.0, 1.0]), labels(0)),
                (array([1.0, 0.0, 0.0], [0.0, 0.0, 1.0]), labels(0, 1)))),
    ),
    mistakes=(
        KnownMistake("It looks at the label's class alone: (1 - p)**2.", "All classes count.",
            lambda p, y: ((1 - at_label(p, y)) ** 2).mean()),
        KnownMistake("It takes the mean over the classes, not the sum.", "Sum along the classes.",
            lambda p, y: (errors(p, y) ** 2).mean()),
        KnownMistake("It adds the rows up, and does not divide by their number.", "Take the mean.",
            lambda p, y: (errors(p, y) ** 2).sum()),
        KnownMistake("It returns one number a row, not their mean.", "Take the mean.",
            lambda p, y: (errors(p, y) ** 2).sum(axis=-1)),
        KnownMistake("It takes half of it, as for a gradient.", "Leave the half out.",
            lambda p, y: brier_score(p, y) / 2),
        KnownMistake("It takes absolute values, not squares.", "Square the differences.",
            lambda p, y: np.abs(errors(p, y)).sum(axis=-1).mean()),
        KnownMistake("It takes the root: a distance, not its square.", "Leave the squares.",
            lambda p, y: np.sqrt((errors(p, y) ** 2).sum(axis=-1)).mean()),
        KnownMistake("It takes the root of the mean.", "Leave the squares.",
            lambda p, y: np.sqrt(brier_score(p, y))),
        KnownMistake("It takes the choice, not the probabilities: twice the error rate.",
            "Leave p as it is.", lambda p, y: 2 * (p.argmax(axis=-1) != y).mean()),
        KnownMistake("The label is not subtracted: it is the mean sum of p squared.",
            "It is p - y.",
            lambda p, y: (p ** 2).sum(axis=-1).mean()),
        KnownMistake("It is the cross-entropy.", "Squares, no logarithm.",
            lambda p, y: -np.log(at_label(p, y)).mean()),
        KnownMistake("It applies softmax to p, which holds probabilities already.",
            "Leave p as it is.",
            lambda p, y: brier_score(softmax(p), y)),
        KnownMistake("The classes count from 1.", "Label 0 is the first column.",
            lambda p, y: brier_score(p, (y - 1) % p.shape[-1])),
    ),
    rules=(at_least_zero,),
    rtol=1e-6,
    atol=1e-9,
)

# --- the expected calibration error ---------------------------------------------------------------


def upper(c: Array, bins: int) -> Array:
    """Return the bin of each confidence; a bin holds its upper edge."""
    return np.asarray(np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], c))


def lower(c: Array, bins: int) -> Array:
    """Return the same with bins that hold their lower edge."""
    return np.asarray(np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], c, side="right"))


def rounded_up(c: Array, bins: int) -> Array:
    """Return the same calculated from a product, which is rounded: 0.56 * 25 is above 14."""
    return np.asarray(np.ceil(c * bins).astype(int) - 1)


def gaps(
    p: Array, y: Array, bins: int, confidence: Callable[[Array], Array] = lambda p: p.max(axis=-1),
    *, place_of: Callable[[Array, int], Array] = upper
) -> tuple[Array, Array, Array]:
    """Return count, mean confidence minus accuracy, and number of each bin that is not empty."""
    c, right = confidence(p), p.argmax(axis=-1) == y
    place = place_of(c, bins)
    some = np.unique(place)
    rows = [(np.sum(place == k), c[place == k].mean() - right[place == k].mean()) for k in some]
    counts, differences = np.transpose(rows)
    return counts, differences, some


def weighted(counts: Array, differences: Array, _: Array) -> Array:
    """Return the mean distance, each bin with its weight."""
    return np.asarray(counts @ np.abs(differences) / counts.sum())


def without(bins: tuple[Array, Array, Array], left_out: int) -> Array:
    """Return the sum of distances, without one bin."""
    counts, differences, places = bins
    return np.asarray(counts @ np.where(places == left_out, 0, np.abs(differences)))


def by_middles(p: Array, y: Array, bins: int) -> Array:
    """Return the error with the middle of each bin for its mean confidence."""
    counts, differences, places = gaps(p, y, bins)
    c = p.max(axis=-1)
    means = np.array([c[upper(c, bins) == k].mean() for k in places])
    return weighted(counts, differences - means + (places + 0.5) / bins, places)


def rows_of_six(*confidences: float) -> Array:
    """Return rows of six classes with these confidences, each in the next class."""
    rows = [np.full(6, (1 - c) / 5) for c in confidences]
    for k, c in enumerate(confidences):
        rows[k][k % 6] = c
    return np.array(rows)


FULL = rows_of_six(0.19, 0.24, 0.35, 0.45, 0.55, 0.7, 0.85, 0.95)
AGAIN = rows_of_six(0.99, 0.18, 0.78, 0.32, 0.23, 0.52, 0.68, 0.48)
LABELS = labels(0, 0, 2, 0, 4, 5, 0, 1)
CLOSE = rows_of_six(0.31, 0.34, 0.36, 0.52, 0.58, 0.91, 0.93, 0.97)

EXPECTED_CALIBRATION_ERROR = Exercise(
    "Write the expected calibration error",
    "expected_calibration_error(p, labels, bins)",
    f"{TAKES_PROBABILITIES} The confidence of a row is its largest probability, and its choice the "
    "first class that has it. Sort the rows by confidence into `bins` bins of the same width from "
    "0 to 1; a bin holds its upper edge, and not its lower one. Return the sum over the bins of "
    "n / N times the distance between mean confidence and accuracy, the fraction of right choices, "
    f"with n the number of rows in the bin. Empty bins add nothing. {SIX_DIGITS}",
    right=lambda p, y, bins: expected_calibration_error(p, y, bins=bins),
    stages=(
        Stage("some bins", "It is not the calibration error.",
            "For each bin: n / N times the distance of mean confidence and accuracy.",
            ((FULL, LABELS, 5), (AGAIN, LABELS, 5), (FULL, LABELS, 3), (AGAIN, LABELS, 4),
                (FULL, LABELS, 1), (CLOSE, LABELS, 4)),
            extra_cases=((FULL, LABELS, 15), (CLOSE, LABELS, 7))),
        Stage("empty bins", "A bin without rows makes the result wrong.",
            "The mean of nothing is NaN: skip such bins, or add nothing for them.",
            ((FULL, LABELS, 15), (softmax(TWO_ROWS), labels(1, 2), 10),
                (softmax(TALL), labels(0, 0, 1, 0), 20)), hard=True),
        Stage("on an edge", "A confidence on the edge of two bins is in the wrong one.",
            "A bin holds its upper edge: lower < confidence <= upper. So 1 is in the last bin. "
            "Compare confidences with edges.",
            ((array([0.5, 0.5], [0.75, 0.25], [1.0, 0.0], [0.625, 0.375]), labels(0, 1, 0, 1), 2),
                (array([0.75, 0.25], [0.5, 0.5], [0.875, 0.125]), labels(1, 1, 0), 4),
                (array([1.0, 0.0], [0.0, 1.0], [0.3, 0.7]), labels(0, 0, 1), 4),
                (array([0.55, 0.45], [0.56, 0.44]), labels(0, 1), 25),
                (array([0.5 + 1e-7, 0.5 - 1e-7], [0.75, 0.25], [0.4, 0.6]), labels(1, 0, 1), 2),
                (array([0.75 + 1e-7, 0.25 - 1e-7], [0.9, 0.1], [0.3, 0.7]), labels(1, 0, 1), 4)),
            hard=True),
    ),
    mistakes=(
        KnownMistake("It returns what a single bin would, however many there are.",
            "Use `bins`, and take the absolute value in each bin, before the sum.",
            lambda p, y, k: weighted(*gaps(p, y, 1))),
        KnownMistake("The differences keep their signs: the result may be negative.",
            "Take the absolute value in each bin.",
            lambda p, y, k: gaps(p, y, k)[0] @ gaps(p, y, k)[1] / len(y)),
        KnownMistake("All bins that hold rows weigh the same.", "Weigh a bin with n / N.",
            lambda p, y, k: np.abs(gaps(p, y, k)[1]).mean()),
        KnownMistake("All bins weigh the same, the empty ones too.", "Weigh a bin with n / N.",
            lambda p, y, k: np.abs(gaps(p, y, k)[1]).sum() / k),
        KnownMistake("It adds the distances up without weights.", "Weigh a bin with n / N.",
            lambda p, y, k: np.abs(gaps(p, y, k)[1]).sum()),
        KnownMistake("The weights are n, not n / N.", "Divide by the number of rows.",
            lambda p, y, k: weighted(*gaps(p, y, k)) * len(y)),
        KnownMistake("It returns the largest distance, the maximum calibration error.",
            "Take the mean, with weights n / N.", lambda p, y, k: np.abs(gaps(p, y, k)[1]).max()),
        KnownMistake("It is the root of the mean squared distance.",
            "Take absolute values, no root.",
            lambda p, y, k: np.sqrt(gaps(p, y, k)[0] @ gaps(p, y, k)[1] ** 2 / len(y))),
        KnownMistake("The last bin is missing.", "There are `bins` bins: `range(bins)`.",
            lambda p, y, k: without(gaps(p, y, k), k - 1) / len(y)),
        KnownMistake("The first bin is missing.", "There are `bins` bins, counted from 0.",
            lambda p, y, k: without(gaps(p, y, k), 0) / len(y)),
        KnownMistake("The distances are squared.", "Take absolute values.",
            lambda p, y, k: gaps(p, y, k)[0] @ gaps(p, y, k)[1] ** 2 / len(y)),
        KnownMistake("It takes the middle of a bin for its mean confidence.",
            "Take the mean of the confidences in the bin.", by_middles),
        KnownMistake("It compares each row with its own answer, right or wrong: nothing is binned.",
            "Take the two means of a bin first, then their distance.",
            lambda p, y, k: np.abs(p.max(axis=-1) - (p.argmax(axis=-1) == y)).mean()),
        KnownMistake("It takes the label's probability for the confidence.",
            "The confidence is the largest probability, right or wrong.",
            lambda p, y, k: weighted(*gaps(p, y, k, lambda p: at_label(p, y)))),
        KnownMistake("The bins hold as many rows each, not the same width.",
            "Their edges are 0, 1 / bins, 2 / bins and so on.",
            lambda p, y, k: expected_calibration_error(p, y, bins=k, strategy="quantile")),
        KnownMistake("A bin holds its lower edge, not its upper one.",
            "It is lower < confidence <= upper.",
            lambda p, y, k: weighted(*gaps(p, y, k, place_of=lower))),
        KnownMistake("It rounds c times the number of bins up, and that product is rounded itself.",
            "0.56 * 25 is 14.000000000000002. Compare c with the edges: "
            "`np.linspace(0, 1, bins + 1)`.",
            lambda p, y, k: weighted(*gaps(p, y, k, place_of=rounded_up))),
    ),
    rules=(at_least_zero,),
    rtol=1e-6,
    atol=1e-9,
)

# --- the slope that fits a temperature ------------------------------------------------------------


def mean_score(z: Array, b: float) -> Array:
    """Return the mean score of each row under softmax(beta z)."""
    return np.asarray((softmax(b * z) * z).sum(axis=-1))


def slope(z: Array, y: Array, b: float) -> Array:
    """Return the derivative of the mean loss with respect to beta."""
    return np.asarray((mean_score(z, b) - at_label(z, y)).mean())


NLL_SLOPE = Exercise(
    "Write the slope that fits a temperature",
    "nll_slope(logits, labels, beta)",
    f"{TAKES_LOGITS} With beta = 1 / T, the loss is the mean over the rows of minus log "
    "softmax(beta z) at the label. Return its derivative with respect to beta, as one number. "
    + SIX_DIGITS,
    right=slope,
    stages=(
        Stage("some batches", "It is not the derivative with respect to beta.",
            "For one row it is the mean of z under softmax(beta z), minus z at the label.",
            tuple((z, y, b) for z, y in BATCHES_AND_LABELS for b in (1.0, 0.5, 2.0))),
        without_last_class(*((z, y, 1.0) for z, y in WITHOUT_LAST)),
        Stage("beta = 0", "At beta = 0 all classes are equal, and the slope is wrong.",
            "Do not divide by beta, and do not calculate with T.",
            tuple((z, y, 0.0) for z, y in BATCHES_AND_LABELS[:2]), hard=True),
        Stage("large logits", "Large logits give a wrong slope.", SHIFT,
            ((array([1000.0, 1001.0]), labels(0), 1.0), (array([-1000.0, -1001.0]), labels(1), 2.0),
                (array([100.0, 101.0], [-3.0, 0.0]), labels(0, 1), 10.0),
                (array([0.0, 3000.0, -3000.0]), labels(0), 1.0),
                (array([3000.0, -1.0, 0.0]), labels(1), 5.0),
                (array([2e4, 0.0, 1.0], [1e4, 0.0, 2.0]), labels(1, 2), 3.0),
                (array([1e5, 1e5 + 1], [-1e5, -1e5 - 2]), labels(0, 1), 1.0)), hard=True),
    ),
    mistakes=(
        KnownMistake("It has the wrong sign: the label's score minus the mean score.",
            "The loss is logsumexp(beta z) minus beta z at the label.",
            lambda z, y, b: -slope(z, y, b)),
        KnownMistake("It adds the rows up, and does not divide by their number.", "Take the mean.",
            lambda z, y, b: slope(z, y, b) * len(y)),
        KnownMistake("It returns one number a row, not their mean.", "Take the mean.",
            lambda z, y, b: mean_score(z, b) - at_label(z, y)),
        KnownMistake("It takes softmax of z, not of beta z.", "The probabilities depend on beta.",
            lambda z, y, b: slope(z, y, 1.0)),
        KnownMistake("It is beta times the slope: the mean is that of beta z.",
            "The mean is that of z.",
            lambda z, y, b: b * slope(z, y, b)),
        KnownMistake("It divides by beta: the temperature is beta, not 1 / beta.",
            "Multiply the scores by beta.",
            lambda z, y, b: slope(z, y, 1 / b if b else np.nan)),
        KnownMistake("It is the derivative with respect to T = 1 / beta.",
            "Leave the factor -beta**2 out.",
            lambda z, y, b: -b * b * slope(z, y, b)),
        KnownMistake("It takes the largest score, not the mean under softmax.",
            "Weigh the scores with softmax(beta z).",
            lambda z, y, b: (z.max(axis=-1) - at_label(z, y)).mean()),
        KnownMistake("It takes the plain mean of the scores.",
            "Weigh the scores with softmax(beta z).",
            lambda z, y, b: (z.mean(axis=-1) - at_label(z, y)).mean()),
        KnownMistake("It is the loss, not its slope.", "Take the derivative with respect to beta.",
            lambda z, y, b: cross_entropy(b * z, y)),
        KnownMistake("The label's score is not subtracted.", "Subtract z at the label.",
            lambda z, y, b: mean_score(z, b).mean()),
        KnownMistake("The label's score is multiplied by its probability.", "Subtract all of it.",
            lambda z, y, b: (mean_score(z, b) - at_label(softmax(b * z) * z, y)).mean()),
        KnownMistake("The classes count from 1.", "Label 0 is the first column.",
            lambda z, y, b: slope(z, (y - 1) % z.shape[-1], b)),
    ),
    rtol=1e-6,
    atol=1e-9,
)

# --- a diagram ------------------------------------------------------------------------------------


def missing(n: Array, confidence: Array, hits: Array) -> Array:
    """Return for each bin how many right answers are missing to what its confidence says."""
    return np.asarray(n * confidence - hits)


def two(bins: Any, single: Any) -> Array:
    """Return both errors."""
    return np.array([bins, single])


def of_bins(n: Array, confidence: Array, hits: Array) -> Any:
    """Return the calibration error."""
    return np.abs(missing(n, confidence, hits)).sum() / n.sum()


def of_one(n: Array, confidence: Array, hits: Array) -> Any:
    """Return the calibration error of a single bin."""
    return abs(missing(n, confidence, hits).sum()) / n.sum()


DIAGRAM_ERRORS = Exercise(
    "Read a reliability diagram",
    "diagram_errors(n, confidence, hits)",
    "A classifier's answers are sorted into bins. `n` holds how many fall into each bin, one or "
    "more, `confidence` their mean confidence, and `hits` how many of them are right. Return an "
    "array of two numbers: the expected calibration error, and the value that one single bin "
    f"would give. {NINE_DIGITS}",
    right=lambda n, c, h: two(of_bins(n, c, h), of_one(n, c, h)),
    stages=(
        Stage("two bins", "These are not the two errors of two bins.",
            "For each bin the distance of mean confidence and accuracy, times n / N.",
            ((labels(200, 800), array(0.6, 0.95), labels(150, 720)),
                (labels(30, 50), array(0.55, 0.8), labels(20, 31)),
                (labels(40, 10), array(0.7, 0.9), labels(22, 8)))),
        Stage("any number of bins", "Two bins are right, other numbers are not.",
            "Sum over all bins.",
            ((labels(10, 20, 40, 30), array(0.3, 0.52, 0.71, 0.93), labels(5, 8, 31, 25)),
                (labels(7), array(0.64), labels(3)),
                (labels(5, 8, 12), array(0.45, 0.6, 0.85), labels(3, 6, 11)))),
    ),
    mistakes=(
        KnownMistake("The two numbers are exchanged.", "The error of the bins comes first.",
            lambda n, c, h: two(of_one(n, c, h), of_bins(n, c, h))),
        KnownMistake("All bins count alike.", "A bin counts as often as answers fall into it.",
            lambda n, c, h: two(np.abs(c - h / n).mean(), of_one(n, c, h))),
        KnownMistake("The distances are added up, without n / N.",
            "A bin counts as often as answers fall into it.",
            lambda n, c, h: two(np.abs(c - h / n).sum(), of_one(n, c, h))),
        KnownMistake("Gaps of opposite sign cancel in the error of the bins.",
            "Take the absolute value in each bin, before the sum.",
            lambda n, c, h: two(of_one(n, c, h), of_one(n, c, h))),
        KnownMistake("In the single bin gaps of opposite sign do not cancel.",
            "One bin has one mean confidence and one accuracy.",
            lambda n, c, h: two(of_bins(n, c, h), of_bins(n, c, h))),
        KnownMistake("The error of the single bin has a sign: a distance has none.",
            "Take the absolute value.",
            lambda n, c, h: two(of_bins(n, c, h), missing(n, c, h).sum() / n.sum())),
        KnownMistake("The error of the single bin has the sign of accuracy minus confidence.",
            "Take the absolute value.",
            lambda n, c, h: two(of_bins(n, c, h), -missing(n, c, h).sum() / n.sum())),
        KnownMistake("The confidence of the single bin is the plain mean of those of the bins.",
            "It is the mean over all answers: weigh with n.",
            lambda n, c, h: two(of_bins(n, c, h), abs(c.mean() - h.sum() / n.sum()))),
        KnownMistake("The single bin takes plain means of confidences and of accuracies.",
            "They are means over all answers: weigh with n.",
            lambda n, c, h: two(of_bins(n, c, h), abs((c - h / n).mean()))),
        KnownMistake("It is the largest distance, not the mean.", "Weigh the distances with n / N.",
            lambda n, c, h: two(np.abs(c - h / n).max(), of_one(n, c, h))),
        KnownMistake("It is the root of the mean squared distance.", "Take absolute values.",
            lambda n, c, h: two(np.sqrt((n * (c - h / n) ** 2).sum() / n.sum()), of_one(n, c, h))),
        KnownMistake("Both are numbers of answers, not fractions.", "Divide by N.",
            lambda n, c, h: n.sum() * two(of_bins(n, c, h), of_one(n, c, h))),
    ),
    accepts_lists=True,
    atol=1e-12,
)
