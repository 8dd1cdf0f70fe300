"""Exercises on the way to softmax: scores, sigmoid, argmax, normalization."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons import (
    hardmax,
    min_max,
    normalize_by_abs,
    normalize_by_relu,
    normalize_by_square,
    normalize_by_sum,
    one_hot,
    sigmoid,
    softmax,
)
from softmax_lessons.exercises._exercise import Exercise, Stage, Suspect
from softmax_lessons.exercises._inputs import (
    ABOVE,
    CUBE,
    FIVE,
    LAST_AXIS,
    NINE,
    ONE_ROW,
    PAIR,
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
    labels,
    lowest,
    mean_of,
    one_vector,
    three_axes,
    total,
)
from softmax_lessons.exercises._symptoms import shares

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

# The tables are laid out by hand: a known mistake is its sentence, its hint and its formula.
# fmt: off


# --- scores ---------------------------------------------------------------------------------------

def margin(scores: Array) -> Array:
    """Return how far the best class leads the second best."""
    ordered = np.sort(scores, axis=-1)
    return np.asarray(ordered[..., -1] - ordered[..., -2])


ONE_HOT = Exercise(
    "Write labels as one-hot rows",
    "scores",
    "one_hot(labels, n_classes)",
    "`labels` is an array of N whole numbers from 0 to `n_classes` - 1. Return an array with N "
    "rows and `n_classes` columns: 1 in the column of the label, 0 elsewhere.",
    one_hot,
    (
        Stage("a few labels", "The rows are not one-hot rows of the labels.",
            "Row i has its 1 in column labels[i]. Classes count from 0.",
            ((labels(2, 0, 1, 2), 3), (labels(1, 3), 4), (labels(0), 2),
                (labels(1, 0, 0, 2, 4), 5))),
        Stage("classes without a label", "It fails where a class has no label.",
            "The number of columns is `n_classes`, whatever the labels are.",
            ((labels(0, 1), 4), (labels(2, 2, 2), 6))),
    ),
    (
        Suspect("The classes count from 1.", "Label 0 is the first column.",
            lambda y, k: np.eye(k)[y - 1]),
        Suspect("It takes the number of classes from the labels, not from `n_classes`.",
            "The last classes may have no label in this batch.",
            lambda y, k: np.eye(y.max() + 1)[y]),
        Suspect("It writes the label where the 1 should be.", "The place says which class it is.",
            lambda y, k: np.eye(k)[y] * y[:, None]),
        Suspect("Zeros and ones are exchanged.", "The label gets the 1.",
            lambda y, k: 1 - np.eye(k)[y]),
        Suspect("Only the last label has its row, or all labels share one.",
            "Each row has its own 1: `Y[np.arange(N), labels] = 1`.",
            lambda y, k: np.tile(np.eye(k)[y].max(axis=0), (len(y), 1))),
        Suspect("The columns run from the last class to the first.", "Class 0 is the first column.",
            lambda y, k: np.eye(k)[y][:, ::-1]),
    ),
)

MARGIN = Exercise(
    "Measure the lead of the best class",
    "scores",
    "margin(scores)",
    "Return how far the largest score leads the second largest, along the last axis: one number "
    "for a vector, one for each row of a batch. Equal best scores have a lead of 0. "
    + NINE,
    margin,
    (
        one_vector(Z, WIDE, FIVE, a(-5.0, -1.0, -3.0), a(1.0, 4.0, 3.5, 2.0),
            what="It is not the lead"),
        Stage("ties", "Ties are wrong: two equal best scores have a lead of 0.",
            "Sort the scores, and take the last two, equal or not: do not drop what occurs twice.",
            each(a(2.0, 2.0, 1.0), a(0.5, 0.5), a(-1.0, 3.0, 0.0, 3.0))),
        a_batch(hint="Work along the last axis only: `axis=-1`."),
        three_axes(),
        WHOLE,
    ),
    (
        Suspect("It is the lead over the worst class, not over the second best.", "Sort first.",
            lambda z: np.ptp(z, axis=-1)),
        Suspect("It is the lead over the mean.", "Sort, and take the last two.",
            lambda z: z.max(axis=-1) - z.mean(axis=-1)),
        Suspect("It subtracts neighbours without sorting.", "The best two may stand anywhere.",
            lambda z: z[..., -1] - z[..., -2]),
        Suspect("It subtracts the second score from the first without sorting.",
            "The best two may stand anywhere.", lambda z: z[..., 0] - z[..., 1]),
        Suspect("It returns the largest score.", "Subtract the second largest.",
            lambda z: z.max(axis=-1)),
        Suspect("It returns the second largest score.", "Subtract it from the largest.",
            lambda z: np.sort(z, axis=-1)[..., -2]),
        Suspect("It returns the index of the best class.", "`argmax` gives the place.",
            lambda z: z.argmax(axis=-1)),
        Suspect("It is the lead of the second lowest score over the lowest.",
            "The largest scores stand at the end of a sorted row.",
            lambda z: np.sort(z, axis=-1)[..., 1] - np.sort(z, axis=-1)[..., 0]),
        Suspect("It divides the best two scores.", "A lead is a difference.",
            lambda z: np.sort(z, axis=-1)[..., -1] / np.sort(z, axis=-1)[..., -2]),
        Suspect("It takes the best two of the whole batch.", "Use `axis=-1`.",
            lambda z: margin(z.ravel())),
    ),
)

# --- sigmoid --------------------------------------------------------------------------------------

SIGMOID = Exercise(
    "Write sigmoid so that nothing overflows",
    "sigmoid",
    "sigmoid(x)",
    "Return 1 / (1 + exp(-x)) for each entry of the array `x`, which has any shape and holds any "
    f"floats. {NINE} That goes for tiny results too, down to 1e-300.",
    sigmoid,
    (
        Stage("ordinary numbers", "Ordinary numbers give wrong results.",
            "sigmoid(0) is 0.5. Which part is off there?", each(Z, WIDE, PAIR, a(0.0, 1.0))),
        Stage("any shape", "One vector is right, other shapes are not.",
            "Each entry stands for itself: no axis matters.",
            each(TWO_ROWS, CUBE, np.array(0.7), a(-1.5))),
        WHOLE,
        Stage("large numbers", "Large numbers give wrong results; they should be close to 1.",
            "exp(x) / (1 + exp(x)) is infinity by infinity there. Use exp of -|x| only.",
            each(a(1000.0, 800.0), a(720.0, 30.0, 1e6), a(np.inf)), True, lambda s: (a(s, 0.0),)),
        Stage("very negative numbers",
            "Very negative numbers give wrong results; they should be close to 0.",
            "Use exp(x) / (1 + exp(x)) for x below 0: its exponential cannot overflow.",
            each(a(-1000.0, -800.0), a(-30.0, 0.0), a(-np.inf)), True, lambda s: (a(-s, 0.0),),
            atol=1e-10),
        Stage("the tail",
            "Small results lose their digits: far below 0 sigmoid(x) is nearly exp(x).",
            "Do not clip, and do not subtract from 1. For x below 0 use exp(x) / (1 + exp(x)).",
            each(a(-40.0, -50.0), a(-100.0), a(-690.0, -300.0)), True,
            lambda s: (a(-min(s, 690.0), 0.0),)),
    ),
    (
        Suspect("The sign in the exponent is wrong: exp(x), not exp(-x).", "A large x must give 1.",
            lambda x: 1 / (1 + np.exp(x))),
        Suspect("The 1 in the denominator is missing.", "It is 1 + exp(-x).",
            lambda x: 1 / np.exp(-x)),
        Suspect("It subtracts the exponential from 1, where it should add.", "It is 1 + exp(-x).",
            lambda x: 1 / (1 - np.exp(-x))),
        Suspect("It returns tanh.", "sigmoid(x) is (1 + tanh(x / 2)) / 2.", np.tanh),
        Suspect("It is tanh moved to 0 to 1, but twice as steep.", "It takes tanh(x / 2).",
            lambda x: (1 + np.tanh(x)) / 2),
        Suspect("It returns the derivative of sigmoid.", "The derivative is s (1 - s).",
            lambda x: sigmoid(x) * (1 - sigmoid(x))),
        Suspect("It returns a step of 0 and 1.", "The soft step is never exactly 0 or 1.",
            lambda x: (x > 0) * 1.0),
        Suspect("It is the softmax of the vector.", "Each entry stands for itself.",
            lambda x: softmax(x)),
        Suspect("It takes powers of 2, not of e.", "Use `np.exp`.", lambda x: 1 / (1 + 2.0**-x)),
        Suspect("It takes the absolute value of x.", "sigmoid(-x) is 1 - sigmoid(x).",
            lambda x: sigmoid(np.abs(x))),
        Suspect("It takes the negative absolute value of x for every x.",
            "That is right below 0 only. Above, it is 1 / (1 + exp(-x)).",
            lambda x: sigmoid(-np.abs(x))),
        Suspect("It is a straight line, cut off at 0 and 1.", "Use 1 / (1 + exp(-x)).",
            lambda x: np.clip(0.25 * x + 0.5, 0, 1)),
    ),
)

LOGIT = Exercise(
    "Go back from a probability to its score",
    "sigmoid",
    "logit(p)",
    "Return log(p / (1 - p)), the score whose sigmoid is p, for each entry of the array `p`. All "
    f"entries lie between 0 and 1, and neither is reached. {SIX}",
    lambda p: np.log(p) - np.log1p(-p),
    (
        Stage("ordinary probabilities", "It is not the score of these probabilities.",
            "The odds are p / (1 - p), and the score is their logarithm.",
            each(a(0.9, 0.5, 0.2), a(0.3, 0.75), a(0.05, 0.6, 0.99, 0.4))),
        Stage("tiny probabilities", "Tiny probabilities are wrong.",
            "Nothing has to be added or clipped: log(1e-20) is fine.",
            each(a(1e-20, 1e-9), a(1e-300)), hard=True),
    ),
    (
        Suspect("It returns the logarithm of p, not of the odds.", "Divide by 1 - p first.",
            np.log),
        Suspect("It returns the odds, without the logarithm.", "Take `np.log`.",
            lambda p: p / (1 - p)),
        Suspect("It returns sigmoid, not its inverse.", "Solve p = 1 / (1 + exp(-x)) for x.",
            sigmoid),
        Suspect("It adds the two logarithms.", "log(p / q) is log(p) - log(q).",
            lambda p: np.log(p) + np.log(1 - p)),
        Suspect("It divides the two logarithms.", "log(p / q) is log(p) - log(q).",
            lambda p: np.log(p) / np.log(1 - p)),
        Suspect("It divides by 1 + p.", "The other outcome has the probability 1 - p.",
            lambda p: np.log(p / (1 + p))),
    ),
    logs=True,
    rtol=1e-6,
    atol=1e-12,
)

# --- argmax ---------------------------------------------------------------------------------------

HARDMAX = Exercise(
    "Write the hard choice as one-hot",
    "argmax",
    "hardmax(scores)",
    f"Return 1 at the largest score and 0 elsewhere. {LAST_AXIS} Of several largest scores in a "
    "row, the first one counts.",
    hardmax,
    (
        one_vector(Z, WIDE, a(-3.0, -1.0, -2.0), FIVE, what="It is not the hard choice"),
        a_batch(TWO_ROWS, SQUARE, ONE_ROW, TALL, hint="Each row has its own maximum: `axis=-1`."),
        Stage("ties", "Ties are wrong: of several largest scores the first one counts.",
            "`np.argmax` returns the first.",
            each(a(2.0, 2.0, 1.0), a(0.0, 3.0, -1.0, 3.0), a([1.0, 1.0], [0.0, 0.0]))),
        three_axes(),
        WHOLE,
    ),
    (
        Suspect("It marks all ties.",
            "`scores == max` is true for each of them. `np.argmax` returns the first.",
            lambda z: (z == highest(z)) * 1.0),
        Suspect("Of several largest scores it takes the last.", "`np.argmax` returns the first.",
            lambda z: hardmax(z[..., ::-1])[..., ::-1]),
        Suspect("It shares the 1 among ties.", "The first one gets all of it.",
            lambda z: by_total((z == highest(z)) * 1.0)),
        Suspect("It returns the index of the best class, not the one-hot form.",
            "Put a 1 at that index, among zeros.", lambda z: z.argmax(axis=-1)),
        Suspect("It returns the largest score itself.", "Put a 1 at its place.",
            lambda z: z.max(axis=-1)),
        Suspect("It keeps the largest score where the 1 should be.", "Write 1.",
            lambda z: z * hardmax(z)),
        Suspect("It marks the smallest score.", "Use `argmax`.", lambda z: hardmax(-z)),
        Suspect("It marks the largest absolute value.", "A negative score is a low one.",
            lambda z: hardmax(np.abs(z))),
        Suspect("It marks all positive scores.", "Only the largest gets a 1.",
            lambda z: (z > 0) * 1.0),
        Suspect("It marks the maximum of each column, not of each row.", "Use `axis=-1`.",
            lambda z: hardmax(z, axis=0)),
        Suspect("It marks only the maximum of the whole batch.", "Use `axis=-1, keepdims=True`.",
            lambda z: (z == z.max()) * 1.0),
        Suspect("It returns softmax, the soft choice.", "Only 0 and 1 are allowed.", softmax),
    ),
    (shares,),
)

ACCURACY = Exercise(
    "Count the right choices",
    "argmax",
    "accuracy(logits, labels)",
    "`logits` has N rows and K columns, `labels` N whole numbers. Return the share of rows, from "
    "0 to 1, whose largest logit stands in the column of the label.",
    lambda z, y: np.mean(z.argmax(axis=-1) == y),
    (
        Stage("some batches", "It is not the share of right choices.",
            "Compare `logits.argmax(axis=-1)` with the labels, entry by entry.",
            ((SQUARE, labels(1, 2, 2)), (TALL, labels(0, 0, 1, 1)), (TWO_ROWS, labels(0, 0)),
                (a([0.1, 2.0], [1.0, 0.0], [0.0, 1.0], [2.0, 5.0], [1.0, 2.0]),
                    labels(1, 0, 1, 1, 0)))),
        Stage("nothing right, or all", "It fails where no choice is right, or all are.",
            "The mean of `choices == labels` needs no special case.",
            ((TWO_ROWS, labels(1, 0)), (TWO_ROWS, labels(2, 2)), (ONE_ROW, labels(0)))),
    ),
    (
        Suspect("It counts the right choices, and does not divide by the number of rows.",
            "`np.mean` of a comparison is a share.", lambda z, y: np.sum(z.argmax(-1) == y)),
        Suspect("It is in percent.", "A share runs from 0 to 1.",
            lambda z, y: 100 * np.mean(z.argmax(-1) == y)),
        Suspect("It is the share of wrong choices.", "Compare with `==`.",
            lambda z, y: np.mean(z.argmax(-1) != y)),
        Suspect("It takes the smallest logit for the choice.", "Use `argmax`.",
            lambda z, y: np.mean(z.argmin(-1) == y)),
        Suspect("It divides by the number of all logits.", "There are N choices, not N times K.",
            lambda z, y: np.sum(z.argmax(-1) == y) / z.size),
        Suspect("It divides by the number of classes.", "There are N choices.",
            lambda z, y: np.sum(z.argmax(-1) == y) / z.shape[-1]),
        Suspect("It tells whether each row is right.", "Take the mean.",
            lambda z, y: z.argmax(-1) == y),
    ),
)

# --- normalization --------------------------------------------------------------------------------

NORMALIZE = Exercise(
    "Divide by the sum",
    "normalization",
    "normalize_by_sum(scores)",
    f"Return each score divided by the sum of its row. {LAST_AXIS} No sum is 0 here. {SIX}",
    normalize_by_sum,
    (one_vector(Z, WIDE, PAIR, FIVE, ABOVE, what="These are not the shares"), a_batch(),
        three_axes(), WHOLE),
    (
        Suspect("It divides by the sum of the absolute values.", "Keep the signs.",
            lambda z: z / total(np.abs(z))),
        Suspect("It takes absolute values in both places.", "Keep the signs.", normalize_by_abs),
        Suspect("It clips negative scores to 0.", "A negative score is a low one.",
            lambda z: softmax(np.maximum(z, 0))),
        Suspect("It leaves a class out of its own sum.", "The sum is over all classes.",
            lambda z: e_to(z) / (total(e_to(z)) - e_to(z))),
        Suspect("It divides by the length of the vector of exponentials, not by their sum.",
            "Add the exponentials up as they are.",
            lambda z: e_to(z) / np.sqrt(total(e_to(z) ** 2))),
        Suspect("It squares the scores.", "Use them as they are.", normalize_by_square),
        Suspect("It clips negative scores to 0.", "Use them as they are.", normalize_by_relu),
        Suspect("It rescales from the minimum to the maximum.", "Divide by the sum.", min_max),
        Suspect("It returns softmax.", "There is no exponential in this one.", softmax),
        Suspect("It divides by the largest score.", "Divide by the sum.", lambda z: z / highest(z)),
        Suspect("It divides by the mean.", "Divide by the sum.", lambda z: z / mean_of(z)),
        Suspect("It divides by the length of the vector, the root of the sum of squares.",
            "Divide by the sum.", lambda z: z / np.sqrt(total(z**2))),
        Suspect("It subtracts the mean and divides by the standard deviation.",
            "Divide by the sum.", lambda z: (z - mean_of(z)) / z.std(axis=-1, keepdims=True)),
    ),
    (shares,),
    rtol=1e-6,
)

SHIFT_BY_SUM = Exercise(
    "Repair min-max",
    "normalization",
    "shift_by_sum(scores)",
    "Subtract from each row its smallest score, then divide by the sum of what is left. "
    f"{LAST_AXIS} No row has equal scores only. {SIX}",
    lambda z: by_total(z - lowest(z)),
    (one_vector(Z, WIDE, PAIR, FIVE, ABOVE, what="These are not the shares"), a_batch(),
        three_axes(), WHOLE),
    (
        Suspect("It does not subtract the smallest score.", "Shift first, then divide.",
            normalize_by_sum),
        Suspect("It divides by the sum of the scores as they were.",
            "Add up what is left after the shift.", lambda z: (z - lowest(z)) / total(z)),
        Suspect("It divides by the maximum of what is left: that is min-max.", "Divide by the sum.",
            min_max),
        Suspect("It does not divide.", "Divide by the sum.", lambda z: z - lowest(z)),
        Suspect("It subtracts the largest score.", "Subtract the smallest.",
            lambda z: by_total(z - highest(z))),
        Suspect("It adds the smallest score.", "Subtract it.", lambda z: by_total(z + lowest(z))),
        Suspect("It subtracts the absolute value of the smallest score.", "Subtract it as it is.",
            lambda z: by_total(z - np.abs(lowest(z)))),
        Suspect("It subtracts the smallest absolute value.", "Subtract the smallest score.",
            lambda z: by_total(z - lowest(np.abs(z)))),
        Suspect("It returns softmax.", "There is no exponential in this one.", softmax),
        Suspect("It subtracts the minimum of the whole batch.", "Each row has its own.",
            lambda z: by_total(z - z.min())),
    ),
    (shares,),
    rtol=1e-6,
)
