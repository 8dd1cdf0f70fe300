"""Exercises on what people try before softmax."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons import (
    min_max,
    normalize_by_abs,
    normalize_by_relu,
    normalize_by_square,
    normalize_by_sum,
    softmax,
)
from softmax_lessons.exercises._exercise import Exercise, KnownMistake, Stage
from softmax_lessons.exercises.catalog._shared import (
    ABOVE,
    FIVE,
    LAST_AXIS,
    NINE_DIGITS,
    PAIR,
    SIX_DIGITS,
    WHOLE,
    WIDE,
    Z,
    a_batch,
    array,
    cases,
    exp,
    max_of,
    mean_of,
    min_of,
    normalized,
    one_vector,
    sum_of,
    three_axes,
)
from softmax_lessons.exercises.rules import probabilities

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

ORDER = 40  # among the chapters

# The tables are laid out by hand: a known mistake is its sentence, its hint and its formula.
# fmt: off

ANY_SIZE = Stage("tiny and huge scores", "Very small or very large scores give wrong numbers.",
    "Divide by the sum as it is: nothing has to be added to it, or cut off.",
    cases(array(3e-12, 1e-12, 2e-12), array(3e12, 1e12), array(2e-200, 5e-200, 1e-200),
        array([3e9, 1e9, 2e9], [2e-9, 1e-9, 4e-9])),
    hard=True)

# --- normalization --------------------------------------------------------------------------------

NORMALIZE = Exercise(
    "Divide by the sum",
    "normalize_by_sum(scores)",
    f"Return each score divided by the sum of its row. {LAST_AXIS} No sum is 0 here. {SIX_DIGITS}",
    right=normalize_by_sum,
    stages=(one_vector(Z, WIDE, PAIR, FIVE, ABOVE, what="These are not the normalized scores"),
        a_batch(), three_axes(), WHOLE, ANY_SIZE),
    mistakes=(
        KnownMistake("It divides by the sum of the absolute values.", "Keep the signs.",
            lambda z: z / sum_of(np.abs(z))),
        KnownMistake("It takes absolute values in both places.", "Keep the signs.",
            normalize_by_abs),
        KnownMistake("It takes exponentials.", "There is no exponential in this one.", exp),
        KnownMistake("It divides exponentials by their length.",
            "There is no exponential in this one.",
            lambda z: exp(z) / np.sqrt(sum_of(exp(z) ** 2))),
        KnownMistake("It divides exponentials by the largest.",
            "There is no exponential in this one.",
            lambda z: exp(z) / max_of(exp(z))),
        KnownMistake("It divides exponentials by the sum of the scores.",
            "There is no exponential in this one.", lambda z: exp(z) / sum_of(z)),
        KnownMistake("It divides the scores by the sum of the exponentials.",
            "There is no exponential in this one.", lambda z: z / sum_of(exp(z))),
        KnownMistake("It leaves a class out of its own sum.", "The sum is over all classes.",
            lambda z: z / (sum_of(z) - z)),
        KnownMistake("It squares the scores.", "Use them as they are.", normalize_by_square),
        KnownMistake("It clips negative scores to 0.", "Use them as they are.", normalize_by_relu),
        KnownMistake("It rescales from the minimum to the maximum.", "Divide by the sum.", min_max),
        KnownMistake("It returns softmax.", "There is no exponential in this one.", softmax),
        KnownMistake("It divides by the largest score.", "Divide by the sum.",
            lambda z: z / max_of(z)),
        KnownMistake("It divides by the mean.", "Divide by the sum.", lambda z: z / mean_of(z)),
        KnownMistake("It divides by the length of the vector, the root of the sum of squares.",
            "Divide by the sum.", lambda z: z / np.sqrt(sum_of(z**2))),
        KnownMistake("It subtracts the mean and divides by the standard deviation.",
            "Divide by the sum.", lambda z: (z - mean_of(z)) / z.std(axis=-1, keepdims=True)),
    ),
    rules=(probabilities,),
    rtol=1e-6,
)

SHIFT_BY_SUM = Exercise(
    "Repair min-max",
    "shift_by_sum(scores)",
    "Subtract from each row its smallest score, then divide by the sum of what is left. "
    f"{LAST_AXIS} No row has equal scores only. {SIX_DIGITS}",
    right=lambda z: normalized(z - min_of(z)),
    stages=(one_vector(Z, WIDE, PAIR, FIVE, ABOVE, what="These are not the normalized scores"),
        a_batch(), three_axes(), WHOLE, ANY_SIZE),
    mistakes=(
        KnownMistake("It does not subtract the smallest score.", "Shift first, then divide.",
            normalize_by_sum),
        KnownMistake("It divides by the sum of the scores as they were.",
            "Add up what is left after the shift.", lambda z: (z - min_of(z)) / sum_of(z)),
        KnownMistake("It divides by the maximum of what is left: that is min-max.",
            "Divide by the sum.",
            min_max),
        KnownMistake("It does not divide.", "Divide by the sum.", lambda z: z - min_of(z)),
        KnownMistake("It subtracts the largest score.", "Subtract the smallest.",
            lambda z: normalized(z - max_of(z))),
        KnownMistake("It adds the smallest score.", "Subtract it.",
            lambda z: normalized(z + min_of(z))),
        KnownMistake("It subtracts the absolute value of the smallest score.",
            "Subtract it as it is.",
            lambda z: normalized(z - np.abs(min_of(z)))),
        KnownMistake("It subtracts the smallest absolute value.", "Subtract the smallest score.",
            lambda z: normalized(z - min_of(np.abs(z)))),
        KnownMistake("It returns softmax.", "There is no exponential in this one.", softmax),
        KnownMistake("It subtracts the minimum of the whole batch.", "Each row has its own.",
            lambda z: normalized(z - z.min())),
    ),
    rules=(probabilities,),
    rtol=1e-6,
)

# --- the end of a curve ---------------------------------------------------------------------------


def ends(z: Array, others: Array) -> Array:
    """Return the results of the other classes, with 0 for the lowest."""
    return np.insert(np.asarray(others, float), z.argmin(), 0.0)


def rest(z: Array) -> Array:
    """Return the scores without the lowest."""
    return np.delete(z, z.argmin())


def one_above(z: Array) -> Array:
    """Return the scores with the lowest at 1, divided by their sum."""
    return normalize_by_sum(z - z.min() + 1)


FAR_LIMIT = Exercise(
    "Find the end of a curve",
    "far_limit(z)",
    "`z` is a vector of two scores or more, all different. `rival` subtracts the lowest score, "
    "adds 1 and divides by the sum. The lowest score falls without end, and the others stay. "
    f"Return the results that `rival` approaches, for all classes. {NINE_DIGITS}",
    right=lambda z: ends(z, np.full(len(z) - 1, 1 / (len(z) - 1))),
    stages=(
        Stage("three scores", "These are not the ends of the curves.",
            "Let the lowest score be -1000, then -1,000,000, and look at what `rival` returns.",
            cases(Z, ABOVE, array(-3.0, 2.0, 2.5), array(0.5, -0.2, 0.1))),
        Stage("any number of scores", "Three scores are right, but other numbers are not.",
            "Against the distance to the lowest score the others hardly differ. How many are "
            "they?",
            cases(PAIR, WIDE, FIVE, array(4.0, 1.0, 0.0, 2.0, -1.0, -7.0))),
        Stage("scores close together, or far apart",
            "Where scores are close together, or far apart, the ends are wrong.",
            "The lowest score is the one that falls, however little it is below the others.",
            cases(array(0.5, 0.5 - 1e-12, 2.0), array(-400.0, -500.0, 0.0, 900.0),
                array(1e5, 1e5 + 1)), hard=True),
    ),
    mistakes=(
        KnownMistake("It takes all classes for equal, the lowest, too.",
            "The lowest gets 1 over a sum that grows without end.",
            lambda z: np.full(len(z), 1 / len(z))),
        KnownMistake("The lowest class gets as much as each of the others.",
            "It gets 1 over a sum that grows without end: 0.",
            lambda z: np.full(len(z), 1 / (len(z) - 1))),
        KnownMistake("That is where `exp_by_sum` ends: the others keep their ratios.",
            "`rival` subtracts the lowest score: the farther it is, the less the others differ.",
            lambda z: ends(z, softmax(rest(z)))),
        KnownMistake("It leaves the lowest out, and applies `rival` to the rest.",
            "The lowest score is still the one that is subtracted.",
            lambda z: ends(z, one_above(rest(z)))),
        KnownMistake("It is what `rival` returns now, before the lowest score falls.",
            "Let it fall: -1000, then -1,000,000.", one_above),
        KnownMistake("The others get 1 / n each, where n counts the lowest class, too.",
            "What is left for the lowest is 0: the others share the whole.",
            lambda z: ends(z, np.full(len(z) - 1, 1 / len(z)))),
        KnownMistake("The highest score gets all.",
            "Against the distance to the lowest score the others hardly differ.",
            lambda z: np.eye(len(z))[z.argmax()]),
        KnownMistake("The class that falls gets all, and the others nothing.",
            "A low score is a low result.", lambda z: np.eye(len(z))[z.argmin()]),
        KnownMistake("It returns the others alone.", "The lowest class stays, with 0.",
            lambda z: np.full(len(z) - 1, 1 / (len(z) - 1))),
        KnownMistake("The others share as if three classes were all there are.",
            "There are n - 1 others.", lambda z: ends(z, np.full(len(z) - 1, 1 / 2))),
    ),
    rules=(probabilities,),
    accepts_lists=True,
)
