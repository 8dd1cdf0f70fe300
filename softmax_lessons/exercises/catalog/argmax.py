"""Exercises on the hard choice."""

from __future__ import annotations

import numpy as np

from softmax_lessons import hardmax, softmax
from softmax_lessons.exercises._exercise import Exercise, KnownMistake, Stage
from softmax_lessons.exercises.catalog._shared import (
    FIVE,
    LAST_AXIS,
    ONE_ROW,
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
from softmax_lessons.exercises.rules import probabilities

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
