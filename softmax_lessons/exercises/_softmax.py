"""Exercises on softmax and its temperature."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons import hardmax, log_softmax, min_max, normalize_by_sum, sigmoid, softmax
from softmax_lessons.exercises._exercise import Exercise, Stage, Suspect
from softmax_lessons.exercises._inputs import (
    EXCLUDED,
    FAR_APART,
    FIVE,
    FLOAT32,
    KEEPDIMS,
    LAST_AXIS,
    NINE,
    ONE_ROW,
    PAIR,
    SHARE_ROWS,
    SHARES,
    SHIFT,
    SHIFTS,
    SIX,
    SQUARE,
    TALL,
    TWO_ROWS,
    WHOLE,
    WIDE,
    Z,
    a,
    a_batch,
    by_total,
    e_to,
    each,
    highest,
    large,
    mean_of,
    one_vector,
    three_axes,
    total,
    very_negative,
)
from softmax_lessons.exercises._symptoms import at_least_zero, shares, sums_to_zero

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

# The tables are laid out by hand: a known mistake is its sentence, its hint and its formula.
# fmt: off


# --- what people write for softmax ----------------------------------------------------------------

NOT_SOFTMAX = (
    Suspect("It does not divide: these are the exponentials.", "Divide by their sum.", e_to),
    Suspect("It divides by the sum of the scores, not of their exponentials.",
        "The sum in the denominator is over exp(z).", lambda z: e_to(z) / total(z)),
    Suspect("It divides the scores by the sum of the exponentials.", "The numerator is exp(z) too.",
        lambda z: z / total(e_to(z))),
    Suspect("It divides the scores by their sum; there is no exponential.",
        "Replace each score z by exp(z), in the numerator and in the sum.", normalize_by_sum),
    Suspect("It divides by the largest exponential, not by their sum.", "Add the exponentials up.",
        lambda z: e_to(z - highest(z))),
    Suspect("It divides by the mean of the exponentials, not by their sum.",
        "The sum is K times the mean.", lambda z: e_to(z) / mean_of(e_to(z))),
    Suspect("It returns the hard choice: 1 for the largest score and 0 for the others.",
        "The soft choice gives every class a share.", hardmax),
    Suspect("It returns a sigmoid of each score.", "Classes must share one sum.", sigmoid),
    Suspect("It divides the sigmoids by their sum, not the exponentials.",
        "Replace the sigmoid by exp.", lambda z: by_total(sigmoid(z))),
    Suspect("It takes powers of 2, not of e.", "`np.exp(z)` is e**z.",
        lambda z: softmax(z * np.log(2))),
    Suspect("It takes powers of 10, not of e.", "`np.exp(z)` is e**z.",
        lambda z: softmax(z * np.log(10))),
    Suspect("The sign in the exponent is wrong: the largest score gets the smallest share.",
        "It is exp(z - max), not exp(max - z).", lambda z: softmax(-z)),
    Suspect("It takes the absolute values of the scores.", "A negative score is a low one.",
        lambda z: softmax(np.abs(z))),
    Suspect("It clips negative scores to 0.", "A negative score is a low one.",
        lambda z: softmax(np.maximum(z, 0))),
    Suspect("It leaves a class out of its own sum.", "The sum is over all classes.",
        lambda z: e_to(z) / (total(e_to(z)) - e_to(z))),
    Suspect("It divides by the length of the vector of exponentials, not by their sum.",
        "Add the exponentials up as they are.", lambda z: e_to(z) / np.sqrt(total(e_to(z) ** 2))),
    Suspect("It squares the scores.", "It is exp(z).", lambda z: softmax(z**2)),
    Suspect("It divides the scores by their maximum, where it should subtract it.",
        "Only a shift cancels.", lambda z: softmax(z / highest(z))),
    Suspect("It takes softmax twice.",
        "The second one takes probabilities for scores, and flattens them.",
        lambda z: softmax(softmax(z))),
    Suspect("It subtracts the maximum in the numerator only.",
        "The shift cancels only if it stands in both places.",
        lambda z: e_to(z - highest(z)) / total(e_to(z))),
    Suspect("It subtracts the maximum in the denominator only.",
        "The shift cancels only if it stands in both places.",
        lambda z: e_to(z) / total(e_to(z - highest(z)))),
    Suspect("It subtracts the maximum after the exponential.",
        "Subtract it from the scores, before exp.", lambda z: by_total(e_to(z) - highest(e_to(z)))),
    Suspect("It adds 1 to the sum of the exponentials.", "Sigmoid has that 1; softmax has none.",
        lambda z: e_to(z) / (1 + total(e_to(z)))),
    Suspect("It standardizes the scores first.",
        "Softmax takes the scores as they are: their spread counts.",
        lambda z: softmax((z - mean_of(z)) / z.std(axis=-1, keepdims=True))),
    Suspect("It rescales the scores to 0 to 1 first.", "Their spread counts.",
        lambda z: softmax(min_max(z))),
)


def shifted_by(shift: Callable[[Array], Array], z: Array) -> Array:
    """Return softmax with some shift."""
    return by_total(e_to(z - shift(z)))


BAD_SHIFTS = (
    *(Suspect(mistake, hint, partial(shifted_by, shift)) for mistake, hint, shift in SHIFTS),
    Suspect("For large scores it returns the hard choice.",
        "Nothing has to be replaced: " + SHIFT[0].lower() + SHIFT[1:],
        lambda z: hardmax(z) if np.abs(z).max() > 700 else softmax(z)),
)

SMALL_DIFFERENCES = (lambda z: by_total(e_to(z - highest(z))),
    lambda z: by_total(np.exp(z - highest(z), dtype=np.promote_types(z.dtype, np.float32))),
    lambda z: softmax(z - highest(z)))

WRAPS = tuple(
    Suspect("Integer input wraps around.",
        "In int8, -128 - 127 is 1. Make integers floats before you subtract.", f)
    for f in SMALL_DIFFERENCES
)

SMALL_INTEGERS = Stage("small integers", "Integers of 8 bits give wrong numbers.",
    "Make integers floats of 64 bits before you calculate anything.",
    each(a(-128, 127, dtype=np.int8), a(-127, 125, 127, dtype=np.int8), a(1, 2, 3, dtype=np.uint8)),
    hard=True)

# --- softmax --------------------------------------------------------------------------------------

SOFTMAX_VECTOR = Exercise(
    "Write softmax for one vector",
    "softmax",
    "softmax_vector(scores)",
    "`scores` is an array with one axis, of scores between -50 and 50. Return exp(z) of each "
    f"score z, divided by the sum of all of them, as an array or a list. {SIX}",
    softmax,
    (
        one_vector(what="These are not the probabilities"),
        WHOLE,
        Stage("one class", "A single class gets the probability 1.",
            "Nothing has to be done for it: exp(z) / exp(z) is 1.", each(a(0.7), a(-3.0), a(0.0))),
        Stage("small probabilities", "Small probabilities are wrong.",
            "Exponents down to -700 are fine: do not round or clip, add no small number, shift by "
            "the maximum only.", each(a(0.0, -20.0), a(30.0, -10.0, 0.0), a(-45.0, 5.0)),
            hard=True),
    ),
    NOT_SOFTMAX,
    (shares,),
    lists=True,
    rtol=1e-6,
)

SOFTMAX = Exercise(
    "Build softmax for real use",
    "softmax",
    "softmax(scores)",
    f"Return the softmax of an array. {LAST_AXIS} Nothing overflows, whatever the scores are; a "
    "score of -inf gives 0. float32 comes back as float32, integers of any size come back as "
    f"float64, and the input stays as it was. {NINE}",
    softmax,
    (
        one_vector(what="These are not the probabilities"),
        a_batch(),
        three_axes(),
        WHOLE,
        Stage("small probabilities", "Small probabilities are wrong.",
            "Exponents down to -700 are fine: do not round or clip, add no small number, shift by "
            "the maximum only.",
            each(a(0.0, -50.0), a(0.0, -100.0, -600.0), a([0.0, -300.0], [-5.0, 40.0])), hard=True),
        large("wrong probabilities"),
        very_negative("wrong probabilities"),
        FAR_APART,
        EXCLUDED,
        FLOAT32,
        SMALL_INTEGERS,
    ),
    (*NOT_SOFTMAX, *BAD_SHIFTS, *WRAPS),
    (shares,),
)

LOGITS_FROM = Exercise(
    "Undo softmax",
    "softmax",
    "logits_from(p)",
    "Return scores whose softmax is `p`: those that sum to 0 in each row. The classes lie along "
    f"the last axis, and no probability is 0. {SIX}",
    lambda p: np.log(p) - mean_of(np.log(p)),
    (one_vector(*SHARES, what="Softmax does not give p back, or the sum is not 0, with the scores"),
        a_batch(*SHARE_ROWS), three_axes(np.stack([SHARE_ROWS[0], SHARE_ROWS[0][::-1]]))),
    (
        Suspect("It returns log(p), whose sum is not 0.", "Subtract the mean of each row.", np.log),
        Suspect("It subtracts the maximum, not the mean.", "Then the largest is 0, not the sum.",
            lambda p: np.log(p) - highest(np.log(p))),
        Suspect("It subtracts the sum, not the mean.",
            "The sum of n entries less c each falls by n c.",
            lambda p: np.log(p) - total(np.log(p))),
        Suspect("It subtracts the mean of p, not of log(p).", "Take the logarithm first.",
            lambda p: np.log(p) - mean_of(p)),
        Suspect("It subtracts the mean, and takes no logarithm.", "The logarithm undoes exp.",
            lambda p: p - mean_of(p)),
        Suspect("It adds the mean.", "Subtract it.", lambda p: np.log(p) + mean_of(np.log(p))),
        Suspect("It undoes sigmoid, not softmax.", "Take log(p), and shift each row.",
            lambda p: np.log(p / (1 - p))),
        Suspect("It takes exp, where log undoes it.", "Use `np.log`.",
            lambda p: np.exp(p) - mean_of(np.exp(p))),
        Suspect("It subtracts the mean of the whole batch.", KEEPDIMS,
            lambda p: np.log(p) - np.log(p).mean()),
    ),
    (sums_to_zero,),
    logs=True,
    rtol=1e-6,
    atol=1e-12,
)

# --- temperature ----------------------------------------------------------------------------------

HEATED = tuple((z, t) for z, t in ((Z, 2.0), (WIDE, 0.5), (PAIR, 4.0), (FIVE, 1.5), (Z, 1.0)))

WITH_TEMPERATURE = Exercise(
    "Give softmax a temperature",
    "temperature",
    "softmax_with_temperature(scores, temperature)",
    f"Return softmax(z / T). {LAST_AXIS} The temperature is a number above 0, and may be very "
    f"small or very large. {NINE}",
    lambda z, t: softmax(z, temperature=t),
    (
        Stage("one vector", "The probabilities are wrong at some temperature.",
            "Divide every score by T first; then it is softmax.", HEATED),
        Stage("a batch of rows", "One vector is right, but the rows of a batch are not.", KEEPDIMS,
            ((TWO_ROWS, 0.5), (SQUARE, 2.0), (ONE_ROW, 3.0), (TALL, 0.7))),
        Stage("whole numbers", WHOLE.mistake, WHOLE.hint,
            ((a(1, 2, 4, dtype=int), 2), (a(0, -1, 3, dtype=int), 3), (a(5, 2, dtype=int), 1))),
        Stage("a low temperature",
            "A low temperature gives wrong probabilities; they should come close to the hard "
            "choice.", "Dividing by a small T makes large scores. " + SHIFT,
            ((Z, 0.001), (-Z, 0.0005), (PAIR, 0.001), (TWO_ROWS, 0.001)), hard=True),
        Stage("a high temperature",
            "A high temperature gives wrong probabilities; they should come close to equal shares.",
            "Divide the scores by T, and change nothing else.",
            ((Z, 1e6), (WIDE, 1e9), (PAIR, 300.0)), hard=True),
        Stage("large scores", "Large scores give wrong probabilities.", SHIFT,
            ((a(1000.0, 1001.0), 1.0), (a(-1000.0, -1003.0), 2.0),
                (a([2000.0, 2001.0], [-2000.0, -2001.0]), 0.5)), hard=True),
    ),
    (
        Suspect("The temperature multiplies, where it should divide.",
            "A high temperature makes the shares more equal.", lambda z, t: softmax(z * t)),
        Suspect("The temperature has no effect.",
            "Divide the scores by it. To add or subtract it is a shift, which cancels.",
            lambda z, t: softmax(z)),
        Suspect("It divides the probabilities by T, not the scores.",
            "Divide before the exponential.", lambda z, t: softmax(z) / t),
        Suspect("It divides the scores in the numerator only.", "The sum needs z / T too.",
            lambda z, t: e_to(z / t) / total(e_to(z))),
        Suspect("It divides the scores in the denominator only.", "The numerator needs z / T too.",
            lambda z, t: e_to(z) / total(e_to(z / t))),
        Suspect("It raises the probabilities to the power 1/T, and does not normalize again.",
            "Divide by their sum afterwards.", lambda z, t: softmax(z) ** (1 / t)),
        Suspect("It takes softmax of probabilities divided by T.", "Divide the scores by T.",
            lambda z, t: softmax(softmax(z) / t)),
        Suspect("It divides by T squared.", "Divide once.", lambda z, t: softmax(z / t**2)),
        Suspect("It divides by the square root of T.", "Divide by T itself.",
            lambda z, t: softmax(z / np.sqrt(t))),
        Suspect("The sign in the exponent is wrong.", "Physics has exp(-E / T); a score is -E.",
            lambda z, t: softmax(-z / t)),
        Suspect("It rounds z / T down to whole numbers.", "`/` divides, `//` rounds down.",
            lambda z, t: softmax(z // t)),
    ),
    (shares,),
)

ENTROPY = Exercise(
    "Measure the uncertainty",
    "temperature",
    "entropy(p)",
    "Return the entropy of the probabilities, minus the sum of p log p with the natural "
    "logarithm: one number for a vector, one for each row of a batch. The classes lie along the "
    f"last axis. A probability of 0 adds nothing. {NINE}",
    lambda p: -np.sum(p * np.log(np.where(p > 0, p, 1)), axis=-1),
    (
        one_vector(*SHARES, a(0.5, 0.5), what="It is not the entropy"),
        a_batch(*SHARE_ROWS, hint="Sum along the last axis only: `axis=-1`."),
        three_axes(np.stack([SHARE_ROWS[0], SHARE_ROWS[0][::-1]])),
        Stage("a probability of 0", "A probability of 0 must add nothing.",
            "0 * log(0) is NaN in floats, and a small number inside the logarithm changes every "
            "term. Take the logarithm only where p is above 0.",
            each(a(0.5, 0.5, 0.0), a(0.0, 1.0), a([1.0, 0.0], [0.3, 0.7])), hard=True, atol=1e-12),
    ),
    (
        Suspect("It is the sum of the logarithms, without their weights p.", "Multiply by p.",
            lambda p: -np.log(p).sum(axis=-1)),
        Suspect("It takes the mean over the classes, not the sum.", "The weights are p already.",
            lambda p: -(p * np.log(p)).mean(axis=-1)),
        Suspect("It divides by the largest possible entropy, log(K).", "Leave it in nats.",
            lambda p: -(p * np.log(p)).sum(axis=-1) / np.log(p.shape[-1])),
        Suspect("It is 1 minus the sum of squares.", "That is the Gini impurity.",
            lambda p: 1 - (p**2).sum(axis=-1)),
        Suspect("It takes the input for scores, and applies softmax first.",
            "p are probabilities already.", lambda p: -(softmax(p) * log_softmax(p)).sum(axis=-1)),
        Suspect("It returns the terms, not their sum.", "Sum along the last axis.",
            lambda p: -p * np.log(p)),
        Suspect("It sums along the first axis, not along the last.", "Use `axis=-1`.",
            lambda p: -(p * np.log(p)).sum(axis=0)),
        Suspect("It sums over the whole batch.", "Use `axis=-1`.",
            lambda p: -(p * np.log(p)).sum()),
        Suspect("It takes the mean over the batch.", "Each row has its own entropy.",
            lambda p: -(p * np.log(p)).sum(axis=-1).mean()),
        Suspect("It adds the entropies of yes-or-no questions, with a term in 1 - p.",
            "There is one term a class, p log p.",
            lambda p: -(p * np.log(p) + (1 - p) * np.log(1 - p)).sum(axis=-1)),
    ),
    (at_least_zero,),
    logs=True,
)
