"""Exercises on softmax: for one vector, for real use, undone, and a test of others."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons import hardmax, log_softmax, min_max, normalize_by_sum, sigmoid, softmax
from softmax_lessons.exercises._exercise import Exercise, KnownMistake, Stage
from softmax_lessons.exercises.catalog._shared import (
    EXCLUDED,
    FAR_APART,
    FLOAT32,
    KEEPDIMS,
    LAST_AXIS,
    NINE_DIGITS,
    PROBABILITIES,
    PROBABILITY_ROWS,
    SHIFT,
    SHIFTS,
    SIX_DIGITS,
    SQUARE,
    TALL,
    TWO_ROWS,
    WHOLE,
    a_batch,
    array,
    cases,
    exp,
    large,
    max_of,
    mean_of,
    normalized,
    one_vector,
    sum_of,
    three_axes,
    very_negative,
)
from softmax_lessons.exercises.rules import at_least_zero, probabilities, sums_to_zero

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

ORDER = 50  # among the chapters

# The tables are laid out by hand: a known mistake is its sentence, its hint and its formula.
# fmt: off

# --- what people write for softmax ----------------------------------------------------------------

NOT_SOFTMAX = (
    KnownMistake("It does not divide: these are the exponentials.", "Divide by their sum.", exp),
    KnownMistake("It divides by the sum of the scores, not of their exponentials.",
        "The sum in the denominator is over exp(z).", lambda z: exp(z) / sum_of(z)),
    KnownMistake("It divides the scores by the sum of the exponentials.",
        "The numerator is exp(z) too.",
        lambda z: z / sum_of(exp(z))),
    KnownMistake("It divides the scores by their sum; there is no exponential.",
        "Replace each score z by exp(z), in the numerator and in the sum.", normalize_by_sum),
    KnownMistake("It divides by the largest exponential, not by their sum.",
        "Add the exponentials up.",
        lambda z: exp(z - max_of(z))),
    KnownMistake("It divides by the mean of the exponentials, not by their sum.",
        "The sum is K times the mean.", lambda z: exp(z) / mean_of(exp(z))),
    KnownMistake("It returns the hard choice: 1 for the largest score and 0 for the others.",
        "The soft choice gives every class a probability.", hardmax),
    KnownMistake("It returns a sigmoid of each score.", "Classes must share one sum.", sigmoid),
    KnownMistake("It divides the sigmoids by their sum, not the exponentials.",
        "Replace the sigmoid by exp.", lambda z: normalized(sigmoid(z))),
    KnownMistake("It takes powers of 2, not of e.", "`np.exp(z)` is e**z.",
        lambda z: softmax(z * np.log(2))),
    KnownMistake("It takes powers of 10, not of e.", "`np.exp(z)` is e**z.",
        lambda z: softmax(z * np.log(10))),
    KnownMistake(
        "The sign in the exponent is wrong: the largest score gets the smallest probability.",
        "It is exp(z - max), not exp(max - z).", lambda z: softmax(-z)),
    KnownMistake("It takes the absolute values of the scores.", "A negative score is a low one.",
        lambda z: softmax(np.abs(z))),
    KnownMistake("It clips negative scores to 0.", "A negative score is a low one.",
        lambda z: softmax(np.maximum(z, 0))),
    KnownMistake("It leaves a class out of its own sum.", "The sum is over all classes.",
        lambda z: exp(z) / (sum_of(exp(z)) - exp(z))),
    KnownMistake("It divides by the length of the vector of exponentials, not by their sum.",
        "Add the exponentials up as they are.", lambda z: exp(z) / np.sqrt(sum_of(exp(z) ** 2))),
    KnownMistake("It squares the scores.", "It is exp(z).", lambda z: softmax(z**2)),
    KnownMistake("It divides the scores by their maximum, where it should subtract it.",
        "Only a shift cancels.", lambda z: softmax(z / max_of(z))),
    KnownMistake("It takes softmax twice.",
        "The second one takes probabilities for scores, and flattens them.",
        lambda z: softmax(softmax(z))),
    KnownMistake("It subtracts the maximum in the numerator only.",
        "The shift cancels only if it stands in both places.",
        lambda z: exp(z - max_of(z)) / sum_of(exp(z))),
    KnownMistake("It subtracts the maximum in the denominator only.",
        "The shift cancels only if it stands in both places.",
        lambda z: exp(z) / sum_of(exp(z - max_of(z)))),
    KnownMistake("It subtracts the maximum after the exponential.",
        "Subtract it from the scores, before exp.", lambda z: normalized(exp(z) - max_of(exp(z)))),
    KnownMistake("It adds 1 to the sum of the exponentials.",
        "Sigmoid has that 1; softmax has none.",
        lambda z: exp(z) / (1 + sum_of(exp(z)))),
    KnownMistake("It standardizes the scores first.",
        "Softmax takes the scores as they are: their spread counts.",
        lambda z: softmax((z - mean_of(z)) / z.std(axis=-1, keepdims=True))),
    KnownMistake("It rescales the scores to 0 to 1 first.", "Their spread counts.",
        lambda z: softmax(min_max(z))),
)


def shifted_by(shift: Callable[[Array], Array], z: Array) -> Array:
    """Return softmax with some shift."""
    return normalized(exp(z - shift(z)))


BAD_SHIFTS = (
    *(KnownMistake(mistake, hint, partial(shifted_by, shift)) for mistake, hint, shift in SHIFTS),
    KnownMistake("For large scores it returns the hard choice.",
        "Nothing has to be replaced: " + SHIFT[0].lower() + SHIFT[1:],
        lambda z: hardmax(z) if np.abs(z).max() > 700 else softmax(z)),
)

SMALL_DIFFERENCES = (lambda z: normalized(exp(z - max_of(z))),
    lambda z: normalized(np.exp(z - max_of(z), dtype=np.promote_types(z.dtype, np.float32))),
    lambda z: softmax(z - max_of(z)))

WRAPS = tuple(
    KnownMistake("Integer input wraps around.",
        "In int8, -128 - 127 is 1. Make integers floats before you subtract.", f)
    for f in SMALL_DIFFERENCES
)

SMALL_INTEGERS = Stage("small integers", "Integers of 8 bits give wrong numbers.",
    "Make integers floats of 64 bits before you calculate anything.",
    cases(array(-128, 127, dtype=np.int8), array(-127, 125, 127, dtype=np.int8),
        array(1, 2, 3, dtype=np.uint8)),
    hard=True)


# --- softmax --------------------------------------------------------------------------------------

SOFTMAX_VECTOR = Exercise(
    "Write softmax for one vector",
    "softmax_vector(scores)",
    "`scores` is an array with one axis, of scores between -50 and 50. Return exp(z) of each "
    f"score z, divided by the sum of all of them, as an array or a list. {SIX_DIGITS}",
    right=softmax,
    stages=(
        one_vector(what="These are not the probabilities"),
        WHOLE,
        Stage("one class", "A single class gets the probability 1.",
            "Nothing has to be done for it: exp(z) / exp(z) is 1.",
            cases(array(0.7), array(-3.0), array(0.0))),
        Stage("small probabilities", "Small probabilities are wrong.",
            "Exponents down to -700 are fine: do not round or clip, add no small number, shift by "
            "the maximum only.",
            cases(array(0.0, -20.0), array(30.0, -10.0, 0.0), array(-45.0, 5.0)),
            hard=True),
    ),
    mistakes=NOT_SOFTMAX,
    rules=(probabilities,),
    accepts_lists=True,
    rtol=1e-6,
)

SOFTMAX = Exercise(
    "Build softmax for real use",
    "softmax(scores)",
    f"Return the softmax of an array. {LAST_AXIS} Nothing overflows, whatever the scores are; a "
    "score of -inf gives 0. float32 comes back as float32, integers of any size come back as "
    f"float64, and the input stays as it was. {NINE_DIGITS}",
    right=softmax,
    stages=(
        one_vector(what="These are not the probabilities"),
        a_batch(),
        three_axes(),
        WHOLE,
        Stage("small probabilities", "Small probabilities are wrong.",
            "Exponents down to -700 are fine: do not round or clip, add no small number, shift by "
            "the maximum only.",
            cases(array(0.0, -50.0), array(0.0, -100.0, -600.0),
                array([0.0, -300.0], [-5.0, 40.0])),
            hard=True),
        large("wrong probabilities"),
        very_negative("wrong probabilities"),
        FAR_APART,
        EXCLUDED,
        FLOAT32,
        SMALL_INTEGERS,
    ),
    mistakes=(*NOT_SOFTMAX, *BAD_SHIFTS, *WRAPS),
    rules=(probabilities,),
)

LOGITS_FROM = Exercise(
    "Undo softmax",
    "logits_from(p)",
    "Return scores whose softmax is `p`: those that sum to 0 in each row. The classes lie along "
    f"the last axis, and no probability is 0. {SIX_DIGITS}",
    right=lambda p: np.log(p) - mean_of(np.log(p)),
    stages=(one_vector(*PROBABILITIES,
        what="Softmax does not give p back, or the sum is not 0, with the scores"),
        a_batch(*PROBABILITY_ROWS),
        three_axes(np.stack([PROBABILITY_ROWS[0], PROBABILITY_ROWS[0][::-1]])),
        Stage("small probabilities", "Small probabilities give wrong scores.",
            "Nothing has to be added or cut off: log(1e-300) is fine.",
            cases(array(1e-4, 0.9999), array(1e-20, 0.25, 0.75), array(1e-300, 1.0)), hard=True)),
    mistakes=(
        KnownMistake("It returns log(p), whose sum is not 0.", "Subtract the mean of each row.",
            np.log),
        KnownMistake("It subtracts the maximum, not the mean.",
            "Then the largest is 0, not the sum.",
            lambda p: np.log(p) - max_of(np.log(p))),
        KnownMistake("It subtracts the sum, not the mean.",
            "The sum of n entries less c each falls by n c.",
            lambda p: np.log(p) - sum_of(np.log(p))),
        KnownMistake("It subtracts the mean of p, not of log(p).", "Take the logarithm first.",
            lambda p: np.log(p) - mean_of(p)),
        KnownMistake("It subtracts the mean, and takes no logarithm.", "The logarithm undoes exp.",
            lambda p: p - mean_of(p)),
        KnownMistake("It adds the mean.", "Subtract it.", lambda p: np.log(p) + mean_of(np.log(p))),
        KnownMistake("It undoes sigmoid, not softmax.", "Take log(p), and shift each row.",
            lambda p: np.log(p / (1 - p))),
        KnownMistake("It takes exp, where log undoes it.", "Use `np.log`.",
            lambda p: np.exp(p) - mean_of(np.exp(p))),
        KnownMistake("It subtracts the mean of the whole batch.", KEEPDIMS,
            lambda p: np.log(p) - np.log(p).mean()),
    ),
    rules=(sums_to_zero,),
    logarithmic=True,
    rtol=1e-6,
    atol=1e-12,
)

# --- a test that finds the bug --------------------------------------------------------------------


def maxima_of_others(Z: Array) -> Array:
    """Return softmax with the maximum of row k subtracted from class k, for as many rows."""
    return normalized(exp(Z - Z.max(axis=-1)))


def excess(Z: Array, P: Array) -> Array:
    """Return ln p - z: the same for all classes of a row that passes."""
    return np.asarray(np.log(P) - Z)


def pairs(x: Array) -> Array:
    """Return the differences of all pairs of entries of each row."""
    return np.asarray(x[:, :, None] - x[:, None])


def ratios(P: Array) -> Array:
    """Return the ratios of all pairs of entries of each row."""
    return np.asarray(P[:, :, None] / P[:, None])


def worst(gaps: Array) -> Array:
    """Return the largest absolute value of each row of pairs."""
    return np.asarray(np.abs(gaps).max(axis=(1, 2)))


FOUR = array([0.4, -1.0, 1.1, 0.2], [2.0, 0.3, -0.7, 0.6], [-0.2, 0.9, 0.5, -1.3],
    [1.6, 3.1, 0.0, 0.8])
LEVELS = array([1000.0, 1001.0, 1002.5], [-900.0, -902.0, -901.0], [1e5, 1e5 - 1, 1e5 + 2])

RATIO_GAP = Exercise(
    "Write a test that finds the bug",
    "ratio_gap(Z, P)",
    "`Z` has N rows of K scores, K at least 2. `P` has N rows of K numbers above 0, which "
    "somebody's softmax has returned for them. Return a number for each row: by how much the ratio "
    "test fails at worst. For a pair of classes that is the absolute difference of ln(p_i / p_j) "
    f"and z_i - z_j; all pairs count. {SIX_DIGITS}",
    right=lambda Z, P: np.ptp(excess(Z, P), axis=-1),
    stages=(
        Stage("one row", "It is not the worst of all pairs.",
            "Of one pair it is abs(ln p_i - ln p_j - (z_i - z_j)). Take the largest.",
            ((FOUR[:1], softmax(FOUR[:1] / 2)), (SQUARE[:1], normalized(sigmoid(SQUARE[:1]))),
                (FOUR[1:2], normalized(1 + FOUR[1:2] ** 2)), (TALL[:1], array([0.3, 0.7])),
                (FOUR[2:3], array([0.1, 0.5, 0.2, 0.2]))),
            extra_cases=((FOUR, maxima_of_others(FOUR)), (TALL, normalized(sigmoid(TALL))))),
        Stage("a batch of rows", "One row is right, but the rows of a batch are not.", KEEPDIMS,
            ((FOUR, softmax(2 * FOUR)), (SQUARE, maxima_of_others(SQUARE)),
                (FOUR, maxima_of_others(FOUR)), (TALL, normalized(sigmoid(TALL))),
                (TWO_ROWS, array([0.2, 0.5, 0.3], [0.6, 0.1, 0.3])))),
        Stage("rows that pass", "Where every row is a softmax, it is not 0.",
            "There each logarithm of a ratio is the difference of the two scores.",
            ((FOUR, softmax(FOUR)), (SQUARE, softmax(SQUARE)), (TWO_ROWS, 3 * softmax(TWO_ROWS)))),
        Stage("small probabilities", "Small probabilities give a wrong number.",
            "Nothing has to be added or cut off: ln(1e-300) is fine.",
            ((array([0.0, -700.0, 1.0]), softmax(array([0.0, -690.0, 1.0]))),
                (array([0.0, 1.0]), array([1.0, 1e-300]))), hard=True),
        Stage("large scores", "Large scores give a wrong number.",
            "Take logarithms of P, and no exponentials of Z: they overflow.",
            ((LEVELS, softmax(LEVELS / 2)), (LEVELS, maxima_of_others(LEVELS / 1e3)),
                (LEVELS, softmax(LEVELS)), (array([0.0, 600.0]), array([0.25, 0.75]))), hard=True),
    ),
    mistakes=(
        KnownMistake("It compares neighbours only.",
            "The gaps of two neighbouring pairs add up: all pairs count.",
            lambda Z, P: np.abs(np.diff(excess(Z, P))).max(axis=-1)),
        KnownMistake("It compares each class with the first one only.", "All pairs count.",
            lambda Z, P: np.abs(excess(Z, P) - excess(Z, P)[:, :1]).max(axis=-1)),
        KnownMistake("It compares each class with the last one only.", "All pairs count.",
            lambda Z, P: np.abs(excess(Z, P) - excess(Z, P)[:, -1:]).max(axis=-1)),
        KnownMistake("It compares each class with the best one only.", "All pairs count.",
            lambda Z, P: np.abs(excess(Z, P)
                - np.take_along_axis(excess(Z, P), Z.argmax(axis=-1)[:, None], axis=-1)).max(-1)),
        KnownMistake("It compares each class with the mean of the row, not with the others.",
            "All pairs count: the largest ln p - z, less the smallest.",
            lambda Z, P: np.abs(excess(Z, P) - mean_of(excess(Z, P))).max(axis=-1)),
        KnownMistake("It compares P with softmax, entry by entry.",
            "The ratio test needs no softmax: it compares logarithms of ratios with differences.",
            lambda Z, P: np.abs(P - softmax(Z)).max(axis=-1)),
        KnownMistake("It compares ln p with the logarithm of softmax: there is no ratio in it.",
            "Take differences of two classes first. Then no softmax is needed.",
            lambda Z, P: np.abs(np.log(P) - log_softmax(Z)).max(axis=-1)),
        KnownMistake("It compares the best two classes only.", "All pairs count.",
            lambda Z, P: np.abs(np.diff(np.take_along_axis(excess(Z, P),
                np.argsort(Z, axis=-1)[:, -2:], axis=-1)))[:, 0]),
        KnownMistake("It compares ln p with the score, class by class: there is no ratio in it.",
            "Take differences of two classes first.",
            lambda Z, P: np.abs(excess(Z, P)).max(axis=-1)),
        KnownMistake("The logarithm is missing: it compares p_i / p_j with z_i - z_j.",
            "Take the logarithm of the ratio.", lambda Z, P: worst(ratios(P) - pairs(Z))),
        KnownMistake("It compares the ratio with exp(z_i - z_j), without logarithms.",
            "Take the logarithm of the ratio.", lambda Z, P: worst(ratios(P) - exp(pairs(Z)))),
        KnownMistake("It compares differences of the entries of P, not their ratios.",
            "Take logarithms of P.", lambda Z, P: worst(pairs(P) - pairs(Z))),
        KnownMistake("The logarithm has base 2.", "`np.log` is the natural logarithm.",
            lambda Z, P: np.ptp(np.log2(P) - Z, axis=-1)),
        KnownMistake("The logarithm has base 10.", "`np.log` is the natural logarithm.",
            lambda Z, P: np.ptp(np.log10(P) - Z, axis=-1)),
        KnownMistake("The difference of the scores is turned round, or added.",
            "Compare ln(p_i / p_j) with z_i - z_j.",
            lambda Z, P: np.ptp(np.log(P) + Z, axis=-1)),
        KnownMistake("The scores are left out.", "Subtract z_i - z_j.",
            lambda Z, P: np.ptp(np.log(P), axis=-1)),
        KnownMistake("It takes the largest difference with its sign, of a class and a later one.",
            "Take absolute values first.",
            lambda Z, P: (pairs(excess(Z, P)) + np.tri(Z.shape[-1]) * -1e9).max(axis=(1, 2))),
        KnownMistake("It is the mean of all pairs, not the worst.", "Take the maximum.",
            lambda Z, P: np.abs(pairs(excess(Z, P))).sum(axis=(1, 2))
                / (Z.shape[-1] * (Z.shape[-1] - 1))),
        KnownMistake("It is the standard deviation, not the worst pair.", "Take the maximum.",
            lambda Z, P: excess(Z, P).std(axis=-1)),
        KnownMistake("It is the square of the gap.", "Take absolute values.",
            lambda Z, P: np.ptp(excess(Z, P), axis=-1) ** 2),
        KnownMistake("It returns the worst of all rows, as one number.",
            "Each row has a number of its own.",
            lambda Z, P: np.ptp(excess(Z, P), axis=-1).max()),
        KnownMistake("It compares classes of different rows.", KEEPDIMS,
            lambda Z, P: np.ptp(excess(Z, P))),
        KnownMistake("It compares the rows of a class, not the classes of a row.", KEEPDIMS,
            lambda Z, P: np.ptp(excess(Z, P), axis=0)),
        KnownMistake("It tells whether the row fails, not by how much.", "Return the largest gap.",
            lambda Z, P: np.ptp(excess(Z, P), axis=-1) > 1e-9),
        KnownMistake("It tells whether the row passes, not by how much it fails.",
            "Return the largest gap.", lambda Z, P: np.ptp(excess(Z, P), axis=-1) < 1e-9),
    ),
    rules=(at_least_zero,),
    rtol=1e-6,
    atol=1e-9,
)
