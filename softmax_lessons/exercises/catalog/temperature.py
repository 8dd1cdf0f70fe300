"""Exercises on temperature and entropy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons import entropy, log_softmax, softmax
from softmax_lessons.exercises._exercise import Exercise, KnownMistake, Stage
from softmax_lessons.exercises.catalog._shared import (
    FIVE,
    KEEPDIMS,
    LAST_AXIS,
    NINE_DIGITS,
    ONE_ROW,
    PAIR,
    PROBABILITIES,
    PROBABILITY_ROWS,
    SHIFT,
    SQUARE,
    TALL,
    TWO_ROWS,
    WHOLE,
    WIDE,
    Z,
    a_batch,
    array,
    cases,
    exp,
    one_vector,
    sum_of,
    three_axes,
)
from softmax_lessons.exercises.rules import at_least_zero, probabilities

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

ORDER = 60  # among the chapters

# The tables are laid out by hand: a known mistake is its sentence, its hint and its formula.
# fmt: off

# --- temperature ----------------------------------------------------------------------------------

def warm(z: Array, t: float) -> Array:
    """Return softmax at a temperature, and its limit at 0."""
    if t > 0:
        return softmax(z, temperature=t)
    leads = z == z.max(axis=-1, keepdims=True)
    return np.asarray(leads / sum_of(leads))


HEATED = tuple((z, t) for z, t in ((Z, 2.0), (WIDE, 0.5), (PAIR, 4.0), (FIVE, 1.5), (Z, 1.0)))

WITH_TEMPERATURE = Exercise(
    "Give softmax a temperature",
    "softmax_with_temperature(scores, temperature)",
    f"Return softmax(z / T). {LAST_AXIS} The temperature is a number, and may be very small or "
    f"very large. At 0 return the limit. {NINE_DIGITS}",
    right=warm,
    stages=(
        Stage("one vector", "The probabilities are wrong at some temperature.",
            "Divide every score by T first; then it is softmax.", HEATED),
        Stage("a batch of rows", "One vector is right, but the rows of a batch are not.", KEEPDIMS,
            ((TWO_ROWS, 0.5), (SQUARE, 2.0), (ONE_ROW, 3.0), (TALL, 0.7))),
        Stage("whole numbers", WHOLE.mistake, WHOLE.hint,
            ((array(1, 2, 4, dtype=int), 2), (array(0, -1, 3, dtype=int), 3),
                (array(5, 2, dtype=int), 1))),
        Stage("a low temperature",
            "A low temperature gives wrong probabilities; they should come close to the hard "
            "choice.", "Dividing by a small T makes large scores. " + SHIFT,
            ((Z, 0.001), (-Z, 0.0005), (PAIR, 0.001), (TWO_ROWS, 0.001)), hard=True),
        Stage("a low temperature, and scores as close",
            "A low temperature gives the hard choice also where the scores are close.",
            "Only the quotients z / T count. T = 0 alone needs a branch of its own.",
            ((array(0.25, 0.251), 0.001), (array(2e-6, 1e-6, 0.0), 1e-6),
                (array(1e-300, 2e-300), 1e-300)), hard=True),
        Stage("a high temperature",
            "A high temperature gives wrong probabilities; they should be nearly equal.",
            "Divide the scores by T, and change nothing else.",
            ((Z, 1e6), (WIDE, 1e9), (PAIR, 300.0)), hard=True),
        Stage("large scores", "Large scores give wrong probabilities.", SHIFT,
            ((array(1000.0, 1001.0), 1.0), (array(-1000.0, -1003.0), 2.0),
                (array([2000.0, 2001.0], [-2000.0, -2001.0]), 0.5),
                (array(1e5, 1e5 + 1), 1.0), (array(0.0, 3e4, -3e4), 1.0),
                (array(1e300, 0.0, -1e300), 3.0)), hard=True),
        Stage("one leader at temperature 0", "At T = 0 it does not give the limit.",
            "Treat 0 apart. In the limit the largest score of each row has everything.",
            ((Z, 0), (PAIR, 0.0), (TWO_ROWS, 0)), hard=True),
        Stage("tied leaders at temperature 0", "At T = 0 tied leaders do not share the whole.",
            "Compare each score with the maximum of its row: M leaders get 1 / M each.",
            ((array(2.0, 2.0, 1.0), 0), (array(0.0, 0.0), 0.0),
                (array([1.0, 3.0, 3.0], [4.0, -1.0, 2.0]), 0)), hard=True),
    ),
    mistakes=(
        KnownMistake("The temperature multiplies, where it should divide.",
            "A high temperature makes the probabilities more equal.", lambda z, t: softmax(z * t)),
        KnownMistake("The temperature has no effect.",
            "Divide the scores by it. To add or subtract it is a shift, which cancels.",
            lambda z, t: softmax(z)),
        KnownMistake("It divides the probabilities by T, not the scores.",
            "Divide before the exponential.", lambda z, t: softmax(z) / t),
        KnownMistake("It divides the scores in the numerator only.", "The sum needs z / T too.",
            lambda z, t: exp(z / t) / sum_of(exp(z))),
        KnownMistake("It divides the scores in the denominator only.",
            "The numerator needs z / T too.",
            lambda z, t: exp(z) / sum_of(exp(z / t))),
        KnownMistake("It raises the probabilities to the power 1/T, and does not normalize again.",
            "Divide by their sum afterwards.", lambda z, t: softmax(z) ** (1 / t)),
        KnownMistake("It takes softmax of probabilities divided by T.", "Divide the scores by T.",
            lambda z, t: softmax(softmax(z) / t)),
        KnownMistake("It divides by T squared.", "Divide once.", lambda z, t: softmax(z / t**2)),
        KnownMistake("It divides by the square root of T.", "Divide by T itself.",
            lambda z, t: softmax(z / np.sqrt(t))),
        KnownMistake("The sign in the exponent is wrong.",
            "Physics has exp(-E / T); a score is -E.",
            lambda z, t: softmax(-z / t)),
        KnownMistake("It rounds z / T down to whole numbers.", "`/` divides, `//` rounds down.",
            lambda z, t: softmax(z // t)),
    ),
    rules=(probabilities,),
)

ENTROPY = Exercise(
    "Measure the uncertainty",
    "entropy(p)",
    "Return the entropy of the probabilities, minus the sum of p log p with the natural "
    "logarithm: one number for a vector, one for each row of a batch. The classes lie along the "
    f"last axis. A probability of 0 adds nothing. {NINE_DIGITS}",
    right=entropy,
    stages=(
        one_vector(*PROBABILITIES, array(0.5, 0.5), what="It is not the entropy"),
        a_batch(*PROBABILITY_ROWS, hint="Sum along the last axis only: `axis=-1`."),
        three_axes(np.stack([PROBABILITY_ROWS[0], PROBABILITY_ROWS[0][::-1]])),
        Stage("small probabilities", "Small probabilities give a wrong entropy.",
            "Nothing has to be added or cut off: p log(p) is exact there.",
            cases(array(1e-3, 0.999), array(1e-6, 1 - 1e-6), array(1e-9, 0.5, 0.5)), hard=True),
        Stage("a probability of 0", "A probability of 0 must add nothing.",
            "0 * log(0) is NaN in floats, and a small number inside the logarithm changes every "
            "term. Take the logarithm only where p is above 0.",
            cases(array(0.5, 0.5, 0.0), array(0.0, 1.0), array([1.0, 0.0], [0.3, 0.7])),
            hard=True, atol=1e-12),
    ),
    mistakes=(
        KnownMistake("It is the sum of the logarithms, without their weights p.", "Multiply by p.",
            lambda p: -np.log(p).sum(axis=-1)),
        KnownMistake("It takes the mean over the classes, not the sum.",
            "The weights are p already.",
            lambda p: -(p * np.log(p)).mean(axis=-1)),
        KnownMistake("It divides by the largest possible entropy, log(K).", "Leave it in nats.",
            lambda p: -(p * np.log(p)).sum(axis=-1) / np.log(p.shape[-1])),
        KnownMistake("It is 1 minus the sum of squares.", "That is the Gini impurity.",
            lambda p: 1 - (p**2).sum(axis=-1)),
        KnownMistake("It takes the input for scores, and applies softmax first.",
            "p are probabilities already.", lambda p: -(softmax(p) * log_softmax(p)).sum(axis=-1)),
        KnownMistake("It returns the terms, not their sum.", "Sum along the last axis.",
            lambda p: -p * np.log(p)),
        KnownMistake("It sums along the first axis, not along the last.", "Use `axis=-1`.",
            lambda p: -(p * np.log(p)).sum(axis=0)),
        KnownMistake("It sums over the whole batch.", "Use `axis=-1`.",
            lambda p: -(p * np.log(p)).sum()),
        KnownMistake("It takes the mean over the batch.", "Each row has its own entropy.",
            lambda p: -(p * np.log(p)).sum(axis=-1).mean()),
        KnownMistake("It adds the entropies of yes-or-no questions, with a term in 1 - p.",
            "There is one term a class, p log p.",
            lambda p: -(p * np.log(p) + (1 - p) * np.log(1 - p)).sum(axis=-1)),
    ),
    rules=(at_least_zero,),
    logarithmic=True,
)

# --- the two ends of a curve ----------------------------------------------------------------------


def both(cold: Array, hot: Array) -> Array:
    """Return the two ends of each row."""
    return np.stack(np.broadcast_arrays(cold, hot), axis=-1)


def leaders(z: Array) -> Array:
    """Return how many scores of each row are the highest."""
    return np.asarray((z == z.max(axis=-1, keepdims=True)).sum(axis=-1))


def classes(z: Array) -> Array:
    """Return the number of classes for each row."""
    return np.full(z.shape[:-1], z.shape[-1])


def different(z: Array) -> Array:
    """Return how many different scores each row has."""
    return np.asarray((np.diff(np.sort(z, axis=-1), axis=-1) > 0).sum(axis=-1) + 1)


TIED = array([2.0, 2.0, 0.0, -1.0], [1.0, 1.0, 1.0, 1.0], [0.5, 3.0, 0.5, 3.0])

ENTROPY_ENDS = Exercise(
    "Read the ends of a curve",
    "entropy_ends(scores)",
    "`scores` is a vector, or a batch with one row of scores for each curve. The entropy of "
    "softmax is drawn over the temperature. Return the two levels at which the curve ends, in "
    "nats: that for T near 0, then that for T without end. For a batch return a row of two numbers "
    f"for each row. {NINE_DIGITS}",
    right=lambda z: both(np.log(leaders(z)), np.log(classes(z))),
    stages=(
        Stage("tied leaders", "It does not end there.",
            "Near T = 0 the leaders share the probability, and without end all classes do.",
            cases(array(2.0, 2.0, 0.0, -1.0), array(1.0, 0.0, 1.0, 1.0, -3.0), array(4.0, 4.0),
                array(0.0, -1.0, -1.0))),
        Stage("one leader", "With one leader it does not end there.",
            "One leader gets all of the probability near T = 0, and a sure answer has the entropy "
            "0.", cases(Z, WIDE, FIVE, PAIR)),
        Stage("a batch of rows", "One vector is right, but the rows of a batch are not.",
            "Count along the last axis.", cases(TIED, TIED[:, :3], TWO_ROWS, TALL)),
        Stage("large scores", "Large scores give wrong ends.",
            "Only scores that are equal share the lead, however large they are.",
            cases(array(900.0, 899.0, 900.0, -2000.0), array(-1e5, -1e5 - 1)), hard=True),
    ),
    mistakes=(
        KnownMistake("It takes one leader for granted: the cold end is always 0.",
            "Leaders that tie share the probability at every temperature.",
            lambda z: both(0 * leaders(z), np.log(classes(z)))),
        KnownMistake("The two ends are exchanged.", "The cold end comes first.",
            lambda z: both(np.log(classes(z)), np.log(leaders(z)))),
        KnownMistake("It returns how many classes share, without the logarithm.",
            "The entropy of m equal probabilities is ln m.",
            lambda z: both(leaders(z), classes(z))),
        KnownMistake("It is in bits.", "`np.log` is the natural logarithm.",
            lambda z: both(np.log2(leaders(z)), np.log2(classes(z)))),
        KnownMistake("At the hot end it counts the different scores, not the classes.",
            "Without end all classes share, also those with equal scores.",
            lambda z: both(np.log(leaders(z)), np.log(different(z)))),
        KnownMistake("At the hot end the leaders do not count.",
            "Without end all classes share.",
            lambda z: both(np.log(leaders(z)),
                np.log(np.maximum(classes(z) - leaders(z), 1)))),
        KnownMistake("The cold end is the entropy at T = 1.", "Go on to T = 0.",
            lambda z: both(entropy(softmax(z)), np.log(classes(z)))),
        KnownMistake("The hot end is the entropy at T = 1.", "Go on without end.",
            lambda z: both(np.log(leaders(z)), entropy(softmax(z)))),
        KnownMistake("The hot end is 0, as if nothing were left.",
            "Without end all probabilities are equal, and the entropy is the largest.",
            lambda z: both(np.log(leaders(z)), 0 * classes(z))),
        KnownMistake("The cold end counts the lowest scores, not the highest.",
            "Cold favours the highest.", lambda z: both(np.log(leaders(-z)), np.log(classes(z)))),
        KnownMistake("It counts in the whole batch, not in each row.", "Count along the last axis.",
            lambda z: both(np.log((z == z.max()).sum()), np.log(z.size))),
    ),
    accepts_lists=True,
    atol=1e-12,
)
