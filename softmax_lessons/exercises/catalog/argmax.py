"""Exercises on the hard choice, and on slopes that are small and not 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons import hardmax, sigmoid, softmax
from softmax_lessons.exercises._exercise import Exercise, KnownMistake, Stage
from softmax_lessons.exercises.catalog._shared import (
    FIVE,
    LAST_AXIS,
    ONE_ROW,
    SIX_DIGITS,
    SQUARE,
    TALL,
    TWO_ROWS,
    WHOLE,
    WIDE,
    Z,
    a_batch,
    array,
    cases,
    labels,
    max_of,
    normalized,
    one_vector,
    three_axes,
    without_last_class,
)
from softmax_lessons.exercises.rules import at_least_zero, probabilities

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

ORDER = 30  # among the chapters

# The tables are laid out by hand: a known mistake is its sentence, its hint and its formula.
# fmt: off

# --- argmax ---------------------------------------------------------------------------------------

HARDMAX = Exercise(
    "Write the hard choice as one-hot",
    "hardmax(scores)",
    f"Return 1 at the largest score and 0 elsewhere. {LAST_AXIS} Of several largest scores in a "
    "row, the first one counts.",
    right=hardmax,
    stages=(
        one_vector(Z, WIDE, array(-3.0, -1.0, -2.0), FIVE, what="It is not the hard choice"),
        a_batch(TWO_ROWS, SQUARE, ONE_ROW, TALL, hint="Each row has its own maximum: `axis=-1`."),
        Stage("ties", "Ties are wrong: of several largest scores the first one counts.",
            "`np.argmax` returns the first.",
            cases(array(2.0, 2.0, 1.0), array(0.0, 3.0, -1.0, 3.0), array([1.0, 1.0], [0.0, 0.0]))),
        Stage("nearly equal scores", "Nearly equal scores are taken for equal.",
            "Compare the scores as they are: `np.argmax`.",
            cases(array(1.0, 1 + 1e-12, 0.0), array(0.0, 1e-300), array(-2e300, -1e300)),
            hard=True),
        three_axes(),
        WHOLE,
    ),
    mistakes=(
        KnownMistake("It marks all ties.",
            "`scores == max` is true for each of them. `np.argmax` returns the first.",
            lambda z: (z == max_of(z)) * 1.0),
        KnownMistake("Of several largest scores it takes the last.",
            "`np.argmax` returns the first.",
            lambda z: hardmax(z[..., ::-1])[..., ::-1]),
        KnownMistake("It divides the 1 among ties.", "The first one gets all of it.",
            lambda z: normalized((z == max_of(z)) * 1.0)),
        KnownMistake("It returns the index of the best class, not the one-hot form.",
            "Put a 1 at that index, among zeros.", lambda z: z.argmax(axis=-1)),
        KnownMistake("It returns the largest score itself.", "Put a 1 at its place.",
            lambda z: z.max(axis=-1)),
        KnownMistake("It keeps the largest score where the 1 should be.", "Write 1.",
            lambda z: z * hardmax(z)),
        KnownMistake("It marks the smallest score.", "Use `argmax`.", lambda z: hardmax(-z)),
        KnownMistake("It marks the largest absolute value.", "A negative score is a low one.",
            lambda z: hardmax(np.abs(z))),
        KnownMistake("It marks all positive scores.", "Only the largest gets a 1.",
            lambda z: (z > 0) * 1.0),
        KnownMistake("It marks the maximum of each column, not of each row.", "Use `axis=-1`.",
            lambda z: hardmax(z, axis=0)),
        KnownMistake("It marks only the maximum of the whole batch.",
            "Use `axis=-1, keepdims=True`.",
            lambda z: (z == z.max()) * 1.0),
        KnownMistake("It returns softmax, the soft choice.", "Only 0 and 1 are allowed.", softmax),
    ),
    rules=(probabilities,),
)

ACCURACY = Exercise(
    "Count the right choices",
    "accuracy(logits, labels)",
    "`logits` has N rows and K columns, `labels` N whole numbers. Return the fraction of rows, "
    "from 0 to 1, whose largest logit stands in the column of the label.",
    right=lambda z, y: np.mean(z.argmax(axis=-1) == y),
    stages=(
        Stage("some batches", "It is not the fraction of right choices.",
            "Compare `logits.argmax(axis=-1)` with the labels, entry by entry.",
            ((SQUARE, labels(1, 2, 2)), (TALL, labels(0, 0, 1, 1)), (TWO_ROWS, labels(0, 0)),
                (array([0.1, 2.0], [1.0, 0.0], [0.0, 1.0], [2.0, 5.0], [1.0, 2.0]),
                    labels(1, 0, 1, 1, 0)))),
        Stage("nothing right, or all", "It fails where no choice is right, or all are.",
            "The mean of `choices == labels` needs no special case.",
            ((TWO_ROWS, labels(1, 0)), (TWO_ROWS, labels(2, 2)), (ONE_ROW, labels(0)))),
        without_last_class(),
        Stage("close, large and low logits", "Close, large or very low logits give wrong choices.",
            "Compare the logits as they are. Their softmax is not needed, and it may overflow.",
            ((array([1.0, 1 + 1e-9, 0.0], [0.3 + 1e-9, 0.3, 0.1]), labels(1, 0)),
                (array([1000.0, 1001.0, 0.0], [-1001.0, -1000.0, -2000.0]), labels(1, 1)),
                (array([-80.0, -70.0], [70.0, 80.0]), labels(1, 1)),
                (array([1e5, 1e5 + 1], [-1e300, -1.5e300], [1e300, 0.0]), labels(1, 0, 0))),
            hard=True),
    ),
    mistakes=(
        KnownMistake("It counts the right choices, and does not divide by the number of rows.",
            "`np.mean` of a comparison is a fraction.", lambda z, y: np.sum(z.argmax(-1) == y)),
        KnownMistake("It is in percent.", "A fraction runs from 0 to 1.",
            lambda z, y: 100 * np.mean(z.argmax(-1) == y)),
        KnownMistake("It is the fraction of wrong choices.", "Compare with `==`.",
            lambda z, y: np.mean(z.argmax(-1) != y)),
        KnownMistake("It takes the smallest logit for the choice.", "Use `argmax`.",
            lambda z, y: np.mean(z.argmin(-1) == y)),
        KnownMistake("It divides by the number of all logits.",
            "There are N choices, not N times K.",
            lambda z, y: np.sum(z.argmax(-1) == y) / z.size),
        KnownMistake("It divides by the number of classes.", "There are N choices.",
            lambda z, y: np.sum(z.argmax(-1) == y) / z.shape[-1]),
        KnownMistake("It tells whether each row is right.", "Take the mean.",
            lambda z, y: z.argmax(-1) == y),
    ),
)

# --- a curve that hardly falls --------------------------------------------------------------------


def slope(x: Array) -> Array:
    """Return the slope of sigmoid, with all digits on both sides."""
    return np.asarray(sigmoid(x) * sigmoid(-x))


def rounded_slope(x: Array) -> Array:
    """Return the same as it is written on paper: 1 - p loses its digits where p is close to 1."""
    return np.asarray(sigmoid(x) * (1 - sigmoid(x)))


MEDIAN_SLOPE = Exercise(
    "Find how steep the sigmoids still are",
    "median_slope(scores, factor)",
    "`scores` has N rows of K scores. All weights are multiplied by the number `factor`, above 0, "
    "and so are all scores. Return the median of the slopes of sigmoid at these N times K scores, "
    "as one number. None of them is further from 0 than 300. However small the slope is, it is "
    f"above 0. {SIX_DIGITS}",
    right=lambda z, c: np.median(slope(c * z)),
    stages=(
        Stage("scores near 0", "It is not the median slope.",
            "The slope of sigmoid is p (1 - p), with p at `factor * scores`.",
            ((TWO_ROWS, 1.0), (TWO_ROWS, 2.0), (SQUARE, 0.5), (SQUARE, 3.0), (TALL, 1.5),
                (TALL, 0.25), (ONE_ROW, 4.0))),
        Stage("scores far above 0", "Far above 0 the slope has lost its digits.",
            "There p rounds to 1, and 1 - p to 0. What p lacks to 1 is the sigmoid of the negative "
            "score, which keeps its digits.",
            ((array([20.0, 25.0], [30.0, 28.0]), 1.0), (array([40.0, 45.0, 60.0]), 1.0),
                (TALL + 1.2, 100.0), (array([7.0, 6.0, 8.0], [9.0, 5.5, 6.5]), 33.0)), hard=True),
        Stage("scores far below 0", "Far below 0 the slope is wrong.",
            "Exponents down to -300 are fine: nothing has to be added or cut off.",
            ((array([-50.0, -70.0, -290.0]), 1.0), (array([-2.0, 1.0], [0.5, -2.5]), 100.0)),
            hard=True),
    ),
    mistakes=(
        KnownMistake("The scores are not multiplied by the factor.", "Take `factor * scores`.",
            lambda z, c: np.median(slope(z))),
        KnownMistake("The scores are divided by the factor.", "Larger weights make larger scores.",
            lambda z, c: np.median(slope(z / c))),
        KnownMistake("The slope is multiplied by the factor.",
            "That is the slope for the score before it is multiplied.",
            lambda z, c: c * np.median(slope(c * z))),
        KnownMistake("The factor multiplies the slopes, not the scores.",
            "Take `factor * scores`.", lambda z, c: c * np.median(slope(z))),
        KnownMistake("It is the mean, not the median.", "A few large slopes make up a mean.",
            lambda z, c: slope(c * z).mean()),
        KnownMistake("It is the largest slope.", "Take the median.",
            lambda z, c: slope(c * z).max()),
        KnownMistake("It is the smallest slope.", "Take the median.",
            lambda z, c: slope(c * z).min()),
        KnownMistake("It is the slope at the median score.",
            "Sigmoid is flat on both sides of 0: take all slopes, and then their median.",
            lambda z, c: slope(np.median(c * z))),
        KnownMistake("It is the slope at the mean score.",
            "Sigmoid is flat on both sides of 0: take all slopes, and then their median.",
            lambda z, c: slope((c * z).mean())),
        KnownMistake("It is the median of the outputs, not of their slopes.",
            "The slope is p (1 - p).", lambda z, c: np.median(sigmoid(c * z))),
        KnownMistake("It is p (1 - p) at the median output.",
            "Take all slopes, and then their median.",
            lambda z, c: np.prod([np.median(sigmoid(c * z)), np.median(sigmoid(-c * z))])),
        KnownMistake("It is the slope of tanh.", "The slope of sigmoid is p (1 - p).",
            lambda z, c: np.median(4 * slope(2 * c * z))),
        KnownMistake("It returns the slopes, not their median.", "Take the median.",
            lambda z, c: slope(c * z)),
        KnownMistake("It returns a median for each row.",
            "Take one median of all N times K slopes.",
            lambda z, c: np.median(slope(c * z), axis=-1)),
        KnownMistake("It is the median of the medians of the rows.",
            "Take one median of all N times K slopes.",
            lambda z, c: np.median(np.median(slope(c * z), axis=-1))),
        KnownMistake("Where p rounds to 1, 1 - p has lost its digits, or is 0.",
            "1 - p is the sigmoid of the negative score. Through argmax the slope is exactly 0; "
            "here it is not.", lambda z, c: np.median(rounded_slope(c * z))),
    ),
    rules=(at_least_zero,),
    rtol=1e-6,
)
