"""Exercises on softmax in pieces: two pairs merged, a loss over two ranks, a mean of means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons import cross_entropy, logsumexp
from softmax_lessons.exercises._exercise import Exercise, KnownMistake, Stage
from softmax_lessons.exercises.catalog._shared import NINE_DIGITS, array, at_label, labels
from softmax_lessons.exercises.rules import at_least_zero

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

ORDER = 210  # among the chapters

# The tables are laid out by hand: a known mistake is its sentence, its hint and its formula.
# fmt: off

# --- two pairs ------------------------------------------------------------------------------------


def of_both(m1: Array, s1: Array, m2: Array, s2: Array) -> Array:
    """Return log-sum-exp of rows that were seen in two pieces."""
    with np.errstate(divide="ignore"):  # the logarithm of an empty sum
        return np.asarray(logsumexp([m1 + np.log(s1), m2 + np.log(s2)], axis=0))


def raw(m1: Array, s1: Array, m2: Array, s2: Array) -> Array:
    """Return the sum at the level of 0, where it may overflow."""
    return np.asarray(s1 * np.exp(m1) + s2 * np.exp(m2))


M1, S1 = array(0.4, -1.2, 2.1), array(1.5, 2.25, 1.0)
M2, S2 = array(-0.3, 0.9, 1.7), array(1.25, 1.75, 3.5)
FAR1, FAR2 = array(1000.0, -900.0, 750.0), array(-800.0, 850.0, 751.0)
NOTHING, EMPTY = np.full(3, -np.inf), np.zeros(3)

MERGED_LSE = Exercise(
    "Merge two pieces",
    "merged_lse(m1, s1, m2, s2)",
    "Two machines have seen different scores of the same N rows. Of each row, `m1` and `m2` hold "
    "the largest score that each has seen, and `s1` and `s2` the sum of exp(z - m) over what it "
    "has seen. A machine that has seen nothing of a row has the maximum -inf and the sum 0; one of "
    f"the two has seen something. Return log-sum-exp of each whole row. {NINE_DIGITS}",
    right=of_both,
    stages=(
        Stage("equal maxima", "It is not log-sum-exp of the whole row.",
            "With equal maxima the sums add up: the maximum plus the logarithm of their sum.",
            ((M1, S1, M1, S2), (M2, S2, M2, S1), (M1[:1], S1[:1], M1[:1], S2[:1]))),
        Stage("different maxima", "With different maxima it is not right.",
            "Take the larger maximum, and convert both sums to it: each times exp of its own "
            "maximum minus the larger one.",
            ((M1, S1, M2, S2), (M2, S2, M1, S1), (M1 + 5, S1, M2, S2))),
        Stage("large scores", "It overflows, or loses the smaller piece.",
            "Each exponent is a maximum minus the larger one, at most 0.",
            ((FAR1, S1, FAR2, S2), (FAR2, S2, FAR1, S1)), hard=True),
        Stage("a machine that has seen nothing", "A maximum of -inf breaks it.",
            "exp(-inf - m) is 0: such a piece adds nothing. Nothing may subtract -inf from -inf.",
            ((NOTHING, EMPTY, M2, S2), (M1, S1, NOTHING, EMPTY),
                (array(-np.inf, 1.0), array(0.0, 1.5), array(2.0, -np.inf), array(1.25, 0.0))),
            hard=True),
    ),
    mistakes=(
        KnownMistake("It adds the sums as they are.",
            "They count in different units: convert both to the larger maximum first.",
            lambda m1, s1, m2, s2: np.maximum(m1, m2) + np.log(s1 + s2)),
        KnownMistake("It converts the wrong way round.",
            "The exponent is the own maximum minus the larger one, at most 0.",
            lambda m1, s1, m2, s2: np.maximum(m1, m2) + np.log(
                s1 * np.exp(np.maximum(m1, m2) - m1) + s2 * np.exp(np.maximum(m1, m2) - m2))),
        KnownMistake("It converts to the smaller maximum, and adds the larger one.",
            "Subtract and add the same maximum, the larger one.",
            lambda m1, s1, m2, s2: of_both(m1, s1, m2, s2) + np.abs(m1 - m2)),
        KnownMistake("It forgets to add the maximum.",
            "log-sum-exp is the maximum plus the logarithm.",
            lambda m1, s1, m2, s2: of_both(m1, s1, m2, s2) - np.maximum(m1, m2)),
        KnownMistake("It is the sum at the larger maximum, without its logarithm.",
            "Return the maximum plus the logarithm of the sum.",
            lambda m1, s1, m2, s2: np.exp(of_both(m1, s1, m2, s2) - np.maximum(m1, m2))),
        KnownMistake("It adds the log-sum-exps of the two.",
            "Their exponentials add up, not they themselves.",
            lambda m1, s1, m2, s2: m1 + np.log(s1) + m2 + np.log(s2)),
        KnownMistake("It is the larger of the two log-sum-exps.", "The smaller piece counts, too.",
            lambda m1, s1, m2, s2: np.maximum(m1 + np.log(s1), m2 + np.log(s2))),
        KnownMistake("It is the mean of the two log-sum-exps.",
            "Add the sums, after converting them to one maximum.",
            lambda m1, s1, m2, s2: (m1 + np.log(s1) + m2 + np.log(s2)) / 2),
        KnownMistake("It converts the first sum alone.", "Convert both; one of them by exp(0).",
            lambda m1, s1, m2, s2: np.maximum(m1, m2) + np.log(
                s1 * np.exp(m1 - np.maximum(m1, m2)) + s2)),
        KnownMistake("It converts the second sum alone.", "Convert both; one of them by exp(0).",
            lambda m1, s1, m2, s2: np.maximum(m1, m2) + np.log(
                s1 + s2 * np.exp(m2 - np.maximum(m1, m2)))),
        KnownMistake("It is the sum of the exponentials, not its logarithm.", "Take the logarithm.",
            raw),
        KnownMistake("It has the wrong sign.", "Return the logarithm of the sum, not minus it.",
            lambda m1, s1, m2, s2: -of_both(m1, s1, m2, s2)),
    ),
)

# --- two ranks ------------------------------------------------------------------------------------


def losses(left: Array, right: Array, y: Array) -> Array:
    """Return the loss of each token, over the classes of both ranks."""
    return np.asarray(cross_entropy(np.hstack([left, right]), y, reduction="none"))


def own_score(left: Array, right: Array, y: Array) -> Array:
    """Return the score of the right answer."""
    return at_label(np.hstack([left, right]), y)


def lse(left: Array, right: Array) -> Array:
    """Return log-sum-exp over the classes of both ranks."""
    return np.asarray(logsumexp(np.hstack([left, right]), axis=1))


LEFT = array([0.3, 1.1, -0.6], [-0.4, 0.9, 1.6], [1.3, -0.8, 0.5], [0.0, 0.2, -1.5])
RIGHT = array([2.0, -0.1], [0.7, -1.9], [0.4, 1.2], [-0.3, 0.8])
BOTH = labels(0, 4, 3, 2)
INFINITE = np.where(LEFT < 0.25, -np.inf, LEFT)

CUT_LOSS = Exercise(
    "Cut the classes",
    "cut_loss(left, right, y)",
    "The scores of N tokens are cut between two ranks: `left` holds the first classes, `right` "
    "the others, N rows each, not always of equal length. `y` holds the classes of the right "
    "answers, counted from the first class of `left`. Return the loss of each token, in nats. "
    "Join no tables: let each rank reduce its own to numbers of which there is one a token. "
    f"{NINE_DIGITS}",
    right=losses,
    stages=(
        Stage("right answers on the left", "It is not the loss over all classes.",
            "Log-sum-exp over both tables, minus the score of the right answer.",
            ((LEFT, RIGHT, labels(0, 1, 2, 0)), (LEFT[:2], RIGHT[:2], labels(2, 0)))),
        Stage("right answers on both sides", "Right answers of the second rank are looked up "
            "wrongly.", "The second rank's first class has the number `left.shape[1]`.",
            ((LEFT, RIGHT, BOTH), (LEFT, RIGHT, labels(3, 4, 3, 4)), (RIGHT, LEFT, BOTH),
                (LEFT[:, :1], RIGHT, labels(0, 1, 2, 1)))),
        Stage("large scores", "It overflows.",
            "Subtract from both tables the larger of their maxima, row by row.",
            ((1000 * LEFT, RIGHT, BOTH), (LEFT, RIGHT - 900, BOTH), (LEFT - 800, RIGHT - 800, BOTH),
                (LEFT, 2000 * RIGHT, labels(3, 3, 4, 4))), hard=True),
        Stage("a rank whose scores are all -inf", "A rank with nothing but -inf breaks it.",
            "Subtract the larger maximum, not its own: -inf minus -inf is NaN.",
            ((LEFT, np.full((4, 2), -np.inf), labels(0, 1, 2, 0)),
                (np.full((4, 3), -np.inf), RIGHT, labels(3, 4, 4, 3)),
                (INFINITE, RIGHT, labels(3, 4, 0, 3))), hard=True),
    ),
    mistakes=(
        KnownMistake("It takes the right answer's class modulo the width of the first rank.",
            "The second rank holds the classes from `left.shape[1]` on: subtract that.",
            lambda a, b, y: lse(a, b) - at_label(a, y % a.shape[1])),
        KnownMistake("It is the logarithm of the sum alone.",
            "Subtract the score of the right answer.",
            lambda a, b, y: lse(a, b)),
        KnownMistake("Each rank takes softmax over its own classes.",
            "The sum runs over the classes of both ranks.",
            lambda a, b, y: np.where(y < a.shape[1], logsumexp(a, axis=1), logsumexp(b, axis=1))
                - own_score(a, b, y)),
        KnownMistake("It counts the classes of the first rank twice, as gathered scores are.",
            "Each class counts once.",
            lambda a, b, y: np.logaddexp(lse(a, b), logsumexp(a, axis=1)) - own_score(a, b, y)),
        KnownMistake("It is too large by log 2: all classes count twice.",
            "Each rank adds its own classes, once.", lambda a, b, y: losses(a, b, y) + np.log(2)),
        KnownMistake("It averages the sums of the two ranks.", "Add them up.",
            lambda a, b, y: losses(a, b, y) - np.log(2)),
        KnownMistake("It adds the log-sum-exps of the ranks.",
            "Their exponentials add up, not they themselves.",
            lambda a, b, y: logsumexp(a, axis=1) + logsumexp(b, axis=1) - own_score(a, b, y)),
        KnownMistake("It takes the larger log-sum-exp of the two.", "Both ranks count.",
            lambda a, b, y: np.maximum(logsumexp(a, axis=1), logsumexp(b, axis=1))
                - own_score(a, b, y)),
        KnownMistake("It is the probability, not its logarithm.", "Take minus the logarithm.",
            lambda a, b, y: np.exp(-losses(a, b, y))),
        KnownMistake("It has the wrong sign.", "A loss is not below 0.",
            lambda a, b, y: -losses(a, b, y)),
        KnownMistake("It is the mean over the tokens.", "Return the loss of each token.",
            lambda a, b, y: float(losses(a, b, y).mean())),
    ),
    rules=(at_least_zero,),
    logarithmic=True,
)

# --- a mean of means ------------------------------------------------------------------------------

OVERWEIGHT = Exercise(
    "Say how much a token counts too much",
    "overweight(tokens)",
    "`tokens` holds the number of tokens of each rank, all above 0. Each rank takes the mean of "
    "its losses, and then the mean of these means is taken. Return for each rank how many times as "
    "much one of its tokens counts there as in the mean over all tokens. "
    f"{NINE_DIGITS}",
    right=lambda n: n.sum() / (len(n) * n),
    stages=(
        Stage("two ranks", "Two ranks are wrong already.",
            "In the mean of means a token counts 1 / (number of ranks * tokens of its rank).",
            ((labels(1, 5),), (labels(4, 4),), (labels(30, 10),))),
        Stage("more ranks", "Two ranks are right, but more are not.",
            "Divide by the weight in the mean over all tokens, 1 / (number of all tokens).",
            ((labels(2, 3, 7),), (labels(1, 1, 1, 97),), (labels(8),), (labels(5, 6, 7, 8, 9),))),
    ),
    mistakes=(
        KnownMistake("It is the other way round: how many times too little it counts.",
            "Divide the weight in the mean of means by the weight in the mean.",
            lambda n: len(n) * n / n.sum()),
        KnownMistake("The mean over the ranks is forgotten: it is a sum of means.",
            "The mean of means divides by the number of ranks, too.", lambda n: n.sum() / n),
        KnownMistake("It is the weight of a token in the mean of means.",
            "Compare it with its weight in the mean, 1 / (number of all tokens).",
            lambda n: 1 / (len(n) * n)),
        KnownMistake("It is the fraction of all tokens that the rank has.",
            "Compare the weights of one token.", lambda n: n / n.sum()),
        KnownMistake("It compares with the longest rank, not with the mean over all tokens.",
            "In the mean each token counts 1 / (number of all tokens).",
            lambda n: n.max() / n),
        KnownMistake("It says by how much the weights differ, not how many times.",
            "Divide one weight by the other.",
            lambda n: 1 / (len(n) * n) - 1 / n.sum()),
        KnownMistake("It says how much more, one too little: 0 where nothing is wrong.",
            "Where all ranks have as many tokens each counts 1 times as much.",
            lambda n: n.sum() / (len(n) * n) - 1),
        KnownMistake("It is in percent.", "Where nothing is wrong it is 1.",
            lambda n: 100 * n.sum() / (len(n) * n)),
        KnownMistake("The number of ranks is taken for two.", "`len(tokens)` says how many.",
            lambda n: n.sum() / (2 * n)),
    ),
)
