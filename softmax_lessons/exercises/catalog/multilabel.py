"""Exercises on several yes-or-no questions at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons import binary_cross_entropy, log_softmax, sigmoid, softmax
from softmax_lessons.exercises._exercise import Exercise, KnownMistake, Stage
from softmax_lessons.exercises.catalog._shared import array
from softmax_lessons.exercises.rules import at_least_zero

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

ORDER = 130  # among the chapters

# The tables are laid out by hand: a known mistake is its sentence, its hint and its formula.
# fmt: off

# --- the loss of yes-or-no questions --------------------------------------------------------------


def per_answer(z: Array, y: Array) -> Array:
    """Return the loss of each answer."""
    return np.asarray(binary_cross_entropy(z, y, reduction="none"))


def from_probabilities(p: Array, y: Array) -> Array:
    """Return the losses by the textbook formula, from probabilities."""
    return np.asarray(-y * np.log(p) - (1 - y) * np.log(1 - p))


SCORES = array([0.25, 1.23, -0.8], [2.0, -1.0, 0.5])
ANSWERS = array([0.0, 1.0, 1.0], [1.0, 0.0, 1.0])
PAIRS = array([1.5, -0.4], [-2.2, 0.3], [0.9, 0.7], [-0.1, -1.3])
PAIRS_ANSWERS = array([1.0, 1.0], [0.0, 1.0], [0.0, 0.0], [1.0, 0.0])

SMALL_LOSSES = Stage("small losses", "Small losses are wrong, or those of scores near 10.",
    "log(1 + exp(-15)) is 3e-7, and counts: neither 0 nor the score alone is close enough.",
    ((array([15.0]), array([1.0])), (array([-8.0]), array([0.0])), (array([11.0]), array([0.0])),
        (array([-14.0]), array([1.0]))),
    hard=True)

BCE_WITH_LOGITS = Exercise(
    "Write the loss of yes-or-no questions",
    "bce_with_logits(logits, targets)",
    "`logits` and `targets` have one row for each example and one column for each question; a "
    "target is 1 for yes and 0 for no. Return the mean over all answers of -log sigmoid(z) where "
    "the target is 1, and of -log(1 - sigmoid(z)) where it is 0, as one number. It is finite for "
    "all finite logits. An absolute error of 1e-9 is allowed.",
    right=binary_cross_entropy,
    stages=(
        Stage("some answers", "It is not the mean loss.",
            "Take the loss of each answer, then the mean over all of them.",
            ((SCORES, ANSWERS), (PAIRS, PAIRS_ANSWERS), (array([0.6, -1.1]), array([0.0, 1.0])))),
        Stage("a confident mistake", "A confident mistake gives a wrong loss.",
            "The sigmoid rounds to 0 or to 1 there. With z for yes and 0 for no the loss is a "
            "log-sum-exp of the two, minus the score of the true answer.",
            ((array([-800.0]), array([1.0])), (array([60.0]), array([0.0])),
                (array([-50.0]), array([1.0]))),
            hard=True),
        SMALL_LOSSES,
        Stage("large logits", "Large logits give a wrong loss.",
            "log(1 + exp(z)) is `np.logaddexp(0, z)`, or max(z, 0) + log1p(exp(-abs(z))).",
            ((array([1000.0]), array([1.0])), (array([1000.0, -1000.0]), array([0.0, 0.0])),
                (array([-1000.0], [1200.0]), array([1.0], [0.0])),
                (array([2e4, -1e5]), array([0.0, 1.0])), (array([1e300, -1e300]), ANSWERS[:1, :2]),
                (array([1e300]), array([1.0]))), hard=True,
            probe=lambda s: (array([float(s)]), array([0.0]))),
    ),
    mistakes=(
        KnownMistake("It adds all losses up.", "Take the mean.",
            lambda z, y: per_answer(z, y).sum()),
        KnownMistake("It adds up along each row, and takes the mean over the rows.",
            "Divide by the number of questions too.",
            lambda z, y: per_answer(z, y).sum(axis=1).mean()),
        KnownMistake("It returns the loss of each answer, not their mean.", "Take the mean.",
            per_answer),
        KnownMistake("It returns the mean of each row.", "Take the mean of all answers.",
            lambda z, y: per_answer(z, y).mean(axis=1)),
        KnownMistake("It returns the mean of each column.", "Take the mean of all answers.",
            lambda z, y: per_answer(z, y).mean(axis=0)),
        KnownMistake("Only answers with target 1 count: the others add nothing.",
            "A no costs -log(1 - sigmoid(z)).", lambda z, y: (y * per_answer(z, y)).mean()),
        KnownMistake("Only answers with target 0 count: the others add nothing.",
            "A yes costs -log(sigmoid(z)).", lambda z, y: ((1 - y) * per_answer(z, y)).mean()),
        KnownMistake("Yes and no are exchanged.", "A target of 1 costs -log(sigmoid(z)).",
            lambda z, y: per_answer(-z, y).mean()),
        KnownMistake("It takes softmax where it should take sigmoids.",
            "The questions do not share one sum.",
            lambda z, y: from_probabilities(softmax(z), y).mean()),
        KnownMistake("It is the cross-entropy of softmax: the questions compete.",
            "Each question has a loss of its own, for yes or for no.",
            lambda z, y: -(y * log_softmax(z)).sum(axis=-1).mean()),
        KnownMistake("It takes the sigmoid twice.", "The loss takes logits.",
            lambda z, y: per_answer(sigmoid(z), y).mean()),
        KnownMistake("The logarithm is missing: it is the mean distance from the target.",
            "Take minus the logarithm.", lambda z, y: np.abs(sigmoid(z) - y).mean()),
        KnownMistake("It is the squared error.", "Take minus the logarithm.",
            lambda z, y: ((sigmoid(z) - y) ** 2).mean()),
        KnownMistake("It takes the logarithm of a probability that has rounded to 0 or to 1.",
            "Start from the logits: log(1 - sigmoid(z)) is -log(1 + exp(z)).",
            lambda z, y: from_probabilities(sigmoid(z), y).mean()),
    ),
    rules=(at_least_zero,),
    logarithmic=True,
    rtol=1e-12,
    atol=1e-9,
)

# --- the loss of what is answered -----------------------------------------------------------------


def known(y: Array) -> Array:
    """Return where somebody has answered."""
    return ~np.isnan(y)


def answered(z: Array, y: Array) -> Array:
    """Return the loss of each answer, and 0 where there is none."""
    return np.where(known(y), per_answer(z, np.nan_to_num(y)), 0)


SOME = array([np.nan, 1.0, 1.0], [1.0, 0.0, np.nan])
FEW = array([1.0, np.nan], [np.nan, np.nan], [np.nan, 0.0], [1.0, 0.0])

ANSWERED_LOSS = Exercise(
    "Find the bug in a loss with open answers",
    "answered_loss(logits, targets)",
    "`logits` and `targets` have one row for each example and one column for each question; a "
    "target is 1 for yes, 0 for no and NaN for an answer that nobody gave. Return the mean binary "
    "cross-entropy of the answers that there are, as one number; there is one at least. "
    "An absolute error of 1e-9 is allowed.",
    right=lambda z, y: binary_cross_entropy(z[known(y)], y[known(y)]),
    stages=(
        Stage("all answered", "It is wrong even where all questions are answered.",
            "It is the mean loss of all answers.",
            ((SCORES, ANSWERS), (PAIRS, PAIRS_ANSWERS), (array([0.6, -1.1]), array([0.0, 1.0])))),
        Stage("open answers", "Open answers make it wrong.",
            "Take the answers that there are, and divide by their number.",
            ((SCORES, SOME), (PAIRS, FEW), (SCORES[:1], SOME[:1]))),
        SMALL_LOSSES,
        Stage("large logits", "Large logits give a wrong loss.",
            "log(1 + exp(z)) is `np.logaddexp(0, z)`.",
            ((array([1000.0, -1000.0]), array([np.nan, 1.0])),
                (array([-1200.0, 900.0, 0.0]), array([0.0, 0.0, np.nan])),
                (array([-800.0, 1e5]), array([1.0, np.nan]))), hard=True),
    ),
    mistakes=(
        KnownMistake("An open answer adds nothing, but counts in the divisor.",
            "Divide by the number of answers that there are: the more are open, the smaller this "
            "loss looks.", lambda z, y: answered(z, y).mean()),
        KnownMistake("An open answer counts as a no.", "It must not count at all.",
            lambda z, y: per_answer(z, np.nan_to_num(y)).mean()),
        KnownMistake("An open answer counts as a yes.", "It must not count at all.",
            lambda z, y: per_answer(z, np.nan_to_num(y, nan=1.0)).mean()),
        KnownMistake("An open answer counts as half a yes.", "It must not count at all.",
            lambda z, y: per_answer(z, np.nan_to_num(y, nan=0.5)).mean()),
        KnownMistake("An open answer has the score 0, and a loss of ln 2.",
            "It must not count at all.",
            lambda z, y: per_answer(np.where(known(y), z, 0), np.nan_to_num(y)).mean()),
        KnownMistake("An example with one open answer is left out as a whole.",
            "Its other answers count.",
            lambda z, y: (answered(z, y)[known(y).all(axis=1)].mean()
                if known(y).all(axis=1).any() else np.nan)),
        KnownMistake("The NaN of an open answer gets into the loss.",
            "0 times NaN is NaN: choose the answers that there are, `targets[known]`.",
            lambda z, y: np.where(known(y).all(), answered(z, y).mean(), np.nan)),
        KnownMistake("It takes the mean of each question first: rare answers count too much.",
            "Divide the sum of all losses by the number of all answers.",
            lambda z, y: (answered(z, y).sum(axis=0)
                / np.maximum(known(y).sum(axis=0), 1))[known(y).any(axis=0)].mean()),
        KnownMistake("It takes the mean of each example first.",
            "Divide the sum of all losses by the number of all answers.",
            lambda z, y: (answered(z, y).sum(axis=1)
                / np.maximum(known(y).sum(axis=1), 1))[known(y).any(axis=1)].mean()),
        KnownMistake("It adds the losses up.", "Divide by the number of answers.",
            lambda z, y: answered(z, y).sum()),
        KnownMistake("It divides by the number of examples.",
            "Divide by the number of answers.", lambda z, y: answered(z, y).sum() / len(z)),
        KnownMistake("It returns the loss of each answer, not their mean.", "Take the mean.",
            lambda z, y: per_answer(z[known(y)], y[known(y)])),
    ),
    rules=(at_least_zero,),
    logarithmic=True,
    rtol=1e-12,
    atol=1e-9,
)
