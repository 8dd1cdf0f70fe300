"""Exercises on drawing from softmax: two ways to draw, top-p, and speculative sampling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons import log_softmax, min_p, one_hot, softmax, top_k, top_p
from softmax_lessons.exercises._exercise import Exercise, KnownMistake, Stage
from softmax_lessons.exercises.catalog._shared import (
    CUBE,
    FIVE,
    NINE_DIGITS,
    SQUARE,
    TALL,
    TWO_ROWS,
    WIDE,
    Z,
    array,
    normalized,
)
from softmax_lessons.exercises.rules import probabilities

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

ORDER = 150  # among the chapters

# The tables are laid out by hand: a known mistake is its sentence, its hint and its formula.
# fmt: off

# --- a draw ---------------------------------------------------------------------------------------


def drawn(p: Array, u: Array) -> Array:
    """Return the class whose part of the cumulative sum each u falls in."""
    cumulative = np.cumsum(p)
    return np.asarray(np.searchsorted(cumulative / cumulative[-1], u, side="right"))


STEPS = np.linspace(0.03, 0.97, 12)  # no cumulative sum below lies on one of them
BELOW_1 = float(np.nextafter(1, 0))  # the largest that rng.random() returns

DRAW = Exercise(
    "Turn even random numbers into classes",
    "draw(p, u)",
    "`p` holds the probabilities of K classes, `u` any number of random numbers, each from 0 to "
    "below 1. Return the class for each u, numbered from 0: the first one whose cumulative "
    "probability lies above u. No class of probability 0 is ever drawn.",
    right=drawn,
    stages=(
        Stage("some probabilities", "It is not the class that u falls in.",
            "Lay the probabilities end to end with `np.cumsum`, and find the first sum above u.",
            ((array(0.2, 0.5, 0.3), STEPS), (array(0.55, 0.05, 0.15, 0.25), STEPS),
                (array(0.1, 0.9), STEPS), (array(0.35, 0.3, 0.11, 0.08, 0.16), STEPS))),
        Stage("a u of 0", "At the edges of the parts it draws the wrong class.",
            "A sum that is equal to u does not lie above it: `side=\"right\"`.",
            ((array(0.0, 0.5, 0.5), array(0.0, 0.5, 0.3)), (array(0.25, 0.25, 0.0, 0.5),
                array(0.0, 0.25, 0.5, 0.75)), (array(1.0), array(0.0)),
                (array(0.3, 0.7), array(0.3 - 1e-9, 0.3 + 1e-9))), hard=True),
        Stage("a u just below 1", "A u just below 1 draws a class that there is not, or one of "
            "probability 0.",
            "Ten times 0.1 adds up to 0.9999999999999999. Divide the sums by the last one.",
            ((np.full(10, 0.1), array(BELOW_1)), (np.append(np.full(10, 0.1), 0.0),
                array(0.5 + 1e-6, BELOW_1))), hard=True),
    ),
    mistakes=(
        KnownMistake("It compares u with the probabilities themselves, not with their sums.",
            "Each class takes up a part of the way from 0 to 1: `np.cumsum`.",
            lambda p, u: np.argmax(p > u[:, None], axis=-1)),
        KnownMistake("It returns the last class that begins below u, counted from 1.",
            "Classes are numbered from 0.", lambda p, u: drawn(p, u) + 1),
        KnownMistake("It is one class too low.", "Find the first sum above u.",
            lambda p, u: drawn(p, u) - 1),
        KnownMistake("It always returns the likeliest class.", "A draw depends on u.",
            lambda p, u: np.full(u.shape, np.argmax(p))),
        KnownMistake("It returns the probability of the class, not its number.",
            "`np.searchsorted` finds the number.", lambda p, u: p[drawn(p, u)]),
        KnownMistake("It lays the classes out from the last to the first.",
            "The sums begin with the first class.", lambda p, u: len(p) - 1 - drawn(p[::-1], u)),
        KnownMistake("It takes p for scores, and applies softmax first.",
            "p are probabilities already.",
            lambda p, u: drawn(softmax(p), u)),
        KnownMistake("It sorts the probabilities first.",
            "Then the places are no longer the classes. "
            "Leave them in their order.", lambda p, u: drawn(np.sort(p)[::-1], u)),
        KnownMistake("It takes the nearest class of equal parts: u times K, rounded down.",
            "The parts are as long as the probabilities.",
            lambda p, u: np.floor(u * len(p)).astype(int)),
        KnownMistake("It returns one-hot rows, not the numbers of the classes.",
            "Return one whole number for each u.", lambda p, u: one_hot(drawn(p, u), len(p))),
    ),
)

# --- top-p ----------------------------------------------------------------------------------------


def first_of(z: Array, n: int, other: float = -np.inf) -> Array:
    """Return the n highest scores, and another number for the rest."""
    order = np.argsort(-z, kind="stable")
    result = np.full(len(z), other)
    result[order[:n]] = z[order[:n]]
    return result


def reached(z: Array, p: float) -> int:
    """Return how many of the highest scores it takes to reach p."""
    return int(np.isfinite(top_p(z, p)).sum())


TOP_P = Exercise(
    "Keep the fewest classes that reach p",
    "top_p(logits, p)",
    "`logits` is a vector of scores. Return a copy of it in which the fewest of the highest stay "
    "whose probabilities sum to p or more; the others become -inf. Of equal scores the first stay. "
    f"With p = 1 all of them stay. Nothing overflows. {NINE_DIGITS}",
    right=top_p,
    stages=(
        Stage("some scores", "It keeps the wrong classes.",
            "Sort the probabilities, the largest first, and add them up. The class with which the "
            "sum reaches p is the last that stays.",
            ((Z, 0.8), (Z, 0.5), (WIDE, 0.9), (WIDE, 0.3), (FIVE, 0.4), (FIVE, 0.7), (FIVE, 0.97),
                (array(0.1, 3.0, 2.9, -4.0, 2.8, 1.0), 0.6))),
        Stage("large scores", "Large scores are taken wrongly, or overflow.",
            "Subtract the maximum before `np.exp`, or use `sl.softmax`.",
            ((array(1000.0, 1001.0, 998.0), 0.5), (array(-1e5, -1e5 - 1, 0.0, 1.0), 0.9),
                (array(-2000.0, -2001.0, -2000.5), 0.7), (array(1e300, 0.0, -1e300), 0.3)),
            hard=True),
        Stage("a sure answer", "Where one class alone has more than p, it does not stay alone.",
            "At least one class stays: the first sum is above p at once.",
            ((array(9.0, 0.0, 1.0), 0.9), (array(0.0, 8.0), 0.01), (array(5.0), 0.5)), hard=True),
        Stage("equal scores", "Of equal scores the wrong ones stay.",
            "Let the sort be stable: `np.argsort(-logits, kind=\"stable\")`.",
            ((array(1.0, 1.0, 1.0, 1.0, 1.0), 0.5), (array(0.0, 2.0, 2.0, 2.0), 0.5),
                (array(2.0, 0.0, 2.0), 0.3), (np.resize(array(0.0, 2.0, 1.0, 2.0), 40), 0.5)),
            hard=True),
        Stage("a sum that is equal to p", "Where the sum is equal to p, one class too many stays.",
            "The class with which the sum reaches p is the last: those stay whose sum before them "
            "is below p.", ((array(1.0, 1.0), 0.5), (array(0.0, -np.inf, 0.0, 0.0, 0.0), 0.75)),
            hard=True, extra_cases=((array(1.0, 1.0, 1.0, 1.0, 1.0), 0.3),)),
        Stage("a sum just below p", "Where the sum is just below p, one class too few stays.",
            "A sum that is lower than p by 1e-9 does not reach it: compare the two as they are.",
            ((array(1.0, 1.0, -np.inf), 0.5 + 1e-9),
                (array(0.0, -np.inf, 0.0, 0.0, 0.0), 0.75 + 1e-9)), hard=True),
        Stage("a p of 1", "With p = 1 not all classes stay.",
            "The sum may reach 1 before all are in it, because of rounding. Treat p = 1 apart.",
            ((array(0.0, -50.0, -40.0), 1.0), (array(100.0, 0.0, 100.0, -800.0), 1.0)), hard=True),
    ),
    mistakes=(
        KnownMistake("It drops the class with which the sum crosses p.",
            "Without it what is left has less than p. Keep a class if the sum before it is below "
            "p.", lambda z, p: first_of(z, reached(z, p) - 1)),
        KnownMistake("It drops the class with which the sum crosses p, unless that is the first.",
            "Without it what is left has less than p. Keep a class if the sum before it is below "
            "p.", lambda z, p: first_of(z, max(1, reached(z, p) - 1))),
        KnownMistake("It keeps one class too many.", "The class that reaches p is the last.",
            lambda z, p: first_of(z, reached(z, p) + 1)),
        KnownMistake("It keeps each class whose own probability is p or more.",
            "It is the sum that must reach p.",
            lambda z, p: np.where(softmax(z) >= p, z, -np.inf)),
        KnownMistake("It keeps each class with p times the largest probability, as min-p does.",
            "Here it is the sum that must reach p.", lambda z, p: min_p(z, p)),
        KnownMistake("It adds up the smallest probabilities first, and keeps those.",
            "The largest come first.", lambda z, p: -top_p(-z, p)),
        KnownMistake("It adds up the probabilities in the order of the classes.",
            "Sort them first.",
            lambda z, p: first_of_all(z, p)),
        KnownMistake("It adds up the scores, not their probabilities.", "Apply softmax first.",
            lambda z, p: first_of(z, 1 + int(np.sum(np.cumsum(-np.sort(-z)) < p)))),
        KnownMistake("It keeps all that tie with the last, also those that are not needed.",
            "Decide by the place in the order, not by comparing scores or probabilities.",
            lambda z, p: np.where(z >= z[np.isfinite(top_p(z, p))].min(), z, -np.inf)),
        KnownMistake("It drops the classes whose sum is below p, and keeps the others.",
            "Those that are below p stay, and the one that crosses it.",
            lambda z, p: np.where(np.isfinite(first_of(z, reached(z, p) - 1)), -np.inf, z)),
        KnownMistake("It drops those that should stay, and keeps the others.", "The highest stay.",
            lambda z, p: np.where(np.isfinite(top_p(z, p)), -np.inf, z)),
        KnownMistake("It sets what is dropped to 0, not to -inf.",
            "A score of 0 gets a probability like any other; exp(-inf) is 0.",
            lambda z, p: first_of(z, reached(z, p), 0.0)),
        KnownMistake("It sets what is dropped to -1e9, not to -inf.",
            "Write `-np.inf`: only exp(-inf) is exactly 0, next to any scores.",
            lambda z, p: first_of(z, reached(z, p), -1e9)),
        KnownMistake("It returns probabilities, not scores.", "What stays is unchanged.",
            lambda z, p: softmax(top_p(z, p))),
        KnownMistake("It returns log-probabilities, not scores.", "What stays is unchanged.",
            lambda z, p: np.where(np.isfinite(top_p(z, p)), log_softmax(z), -np.inf)),
        KnownMistake("It returns the scores in sorted order.", "Each score stays in its place.",
            lambda z, p: -np.sort(-top_p(z, p))),
        KnownMistake("It returns which classes stay, not their scores.",
            "`np.where(stays, logits, -np.inf)`.",
            lambda z, p: np.where(np.isfinite(top_p(z, p)), 1.0, 0.0)),
        KnownMistake("It changes nothing.", "Those that are not needed to reach p become -inf.",
            lambda z, p: z),
    ),
)


def first_of_all(z: Array, p: float) -> Array:
    """Return what stays if the probabilities are added up unsorted."""
    probability = softmax(z)
    return np.asarray(np.where(np.cumsum(probability) - probability < p, z, -np.inf))


# --- Gumbel-max -----------------------------------------------------------------------------------


def evenly(rows: int, columns: int, seed: int = 0) -> Array:
    """Return random numbers between 0 and 1, of two digits, the same each time."""
    return np.random.default_rng(seed).integers(1, 100, (rows, columns)) / 100


def noisy(z: Array, noise: Array) -> Array:
    """Return the largest of the scores with noise."""
    return np.asarray(np.argmax(z + noise, axis=-1))


GUMBEL_MAX = Exercise(
    "Draw with noise and argmax",
    "gumbel_max(logits, u)",
    "`u` holds random numbers, each between 0 and 1, one for each class: its last axis has the "
    "length of `logits`, a vector of scores, and each row of it is one draw. Make Gumbel noise of "
    "u, add it to the scores, and return the class that wins for each row.",
    right=lambda z, u: noisy(z, -np.log(-np.log(u))),
    stages=(
        Stage("many draws", "It draws the wrong classes.",
            "The noise is -log(-log(u)). Then take `argmax` along the last axis.",
            tuple((z, evenly(5, len(z), seed)) for seed in range(8)
                for z in (Z, WIDE, FIVE))),
        Stage("one draw", "Rows are right, a single vector of u is not.",
            "The last axis is -1, however many there are.",
            ((Z, array(0.3, 0.2, 0.9)), (FIVE, array(0.1, 0.8, 0.4, 0.99, 0.5)))),
        Stage("an excluded class", "A class with a score of -inf is drawn, or it breaks the draw.",
            "Add the noise to the scores, not to probabilities: -inf stays -inf.",
            ((array(0.0, -np.inf, 0.5), evenly(5, 3)), (array(-np.inf, -np.inf, 2.0),
                evenly(5, 3))), hard=True),
        Stage("a u close to 0 or 1", "A u close to 0 or 1 draws the wrong class.",
            "Nothing has to be added or cut off: u is neither 0 nor 1.",
            ((array(3.6, 0.0), array(1e-12, 0.5)), (array(5.5, 0.0), array(1e-100, 0.5)),
                (array(0.0, 25.0), array(1 - 1e-12, 0.5)),
                (array(0.0, 8.0), array(1 - 1e-5, 0.5))), hard=True),
        Stage("large scores", "Large scores draw the wrong class.",
            "Add the noise to the scores as they are.",
            ((array(100.0, 101.0), array([0.5, 0.4], [0.5, 0.1])),
                (array(-300.0, -299.0), array([0.5, 0.4], [0.5, 0.1]))), hard=True),
    ),
    mistakes=(
        KnownMistake("There is no noise: it always returns the largest score.",
            "Add -log(-log(u)) first.", lambda z, u: noisy(z, 0 * u)),
        KnownMistake("The noise is -log(u), which is exponential, not Gumbel.",
            "There are two logarithms.", lambda z, u: noisy(z, -np.log(u))),
        KnownMistake("The noise is log(u).", "There are two logarithms.",
            lambda z, u: noisy(z, np.log(u))),
        KnownMistake("The noise is u itself.", "The noise is -log(-log(u)).", noisy),
        KnownMistake("The noise has the wrong sign.", "The noise is -log(-log(u)).",
            lambda z, u: noisy(z, np.log(-np.log(u)))),
        KnownMistake("The noise is made of 1 - u, not of u.",
            "That is Gumbel noise as well, but the task is to make it of u.",
            lambda z, u: noisy(z, -np.log(-np.log(1 - u)))),
        KnownMistake("The noise is normal, not Gumbel.", "The noise is -log(-log(u)).",
            lambda z, u: noisy(z, np.sqrt(-2 * np.log(u)) * np.cos(2 * np.pi * u))),
        KnownMistake("It adds the noise to the probabilities, not to the scores.",
            "Adding to logarithms multiplies probabilities. Leave softmax out.",
            lambda z, u: noisy(softmax(z), -np.log(-np.log(u)))),
        KnownMistake("It multiplies the scores by the noise.", "Add it.",
            lambda z, u: np.argmax(z * -np.log(-np.log(u)), axis=-1)),
        KnownMistake("It ignores the scores.", "Add them to the noise.",
            lambda z, u: np.argmax(u, axis=-1)),
        KnownMistake("It returns the highest score with noise, not its class.",
            "`np.argmax` returns the place, `np.max` the score.",
            lambda z, u: np.max(z - np.log(-np.log(u)), axis=-1)),
        KnownMistake("It adds the noise to the exponentials of the scores.",
            "Add it to the scores themselves.",
            lambda z, u: noisy(np.exp(z), -np.log(-np.log(u)))),
        KnownMistake("It takes the smallest, not the largest.", "Use `argmax`.",
            lambda z, u: np.argmin(z - np.log(-np.log(u)), axis=-1)),
        KnownMistake("It returns one-hot rows, not the numbers of the classes.",
            "Return one whole number for each row.",
            lambda z, u: one_hot(noisy(z, -np.log(-np.log(u))), len(z))),
    ),
)

# --- speculative sampling -------------------------------------------------------------------------


def excess(p: Array, q: Array) -> Array:
    """Return by how much p is above q."""
    return np.asarray(np.maximum(p - q, 0))


PAIRS = ((array(0.2, 0.5, 0.3), array(0.4, 0.15, 0.45)),
    (array(0.1, 0.2, 0.3, 0.4), array(0.05, 0.4, 0.25, 0.3)), (array(0.9, 0.1), array(0.35, 0.65)),
    (array(0.05, 0.6, 0.15, 0.12, 0.08), array(0.3, 0.1, 0.05, 0.5, 0.05)))

RESIDUAL = Exercise(
    "Find what to draw from after a refusal",
    "residual(p, q)",
    "`p` are the probabilities of the large model, `q` those of the small one that drafts. A word "
    "x is drawn from q and accepted with probability min(1, p(x) / q(x)). Return the probabilities "
    "to draw from if it is refused, so that the result has the probabilities p. If p equals q "
    f"nothing is ever refused: return p. {NINE_DIGITS}",
    right=lambda p, q: normalized(excess(p, q)) if (p > q).any() else p,
    stages=(
        Stage("two distributions", "With it the result does not have the probabilities p.",
            "Accepted draws make up min(p, q). What is missing to p is p - min(p, q): divide it "
            "by its sum.", PAIRS),
        Stage("nothing in common", "It fails where p and q have no class in common.",
            "p - min(p, q) is then p.",
            ((array(0.0, 0.0, 0.3, 0.7), array(0.5, 0.5, 0.0, 0.0)),
                (array(1.0, 0.0), array(0.0, 1.0)))),
        Stage("equal distributions", "It fails where p and q are equal.",
            "Nothing is missing, and 0 / 0 is NaN. Return p.",
            ((array(0.2, 0.5, 0.3), array(0.2, 0.5, 0.3)), (array(0.0, 1.0), array(0.0, 1.0))),
            hard=True),
        Stage("nearly equal distributions", "It fails where p and q are nearly equal.",
            "Divide by the sum as it is, however small: nothing has to be added to it.",
            ((array(0.5, 0.25, 0.25), array(0.5, 0.25 - 2.0**-30, 0.25 + 2.0**-30)),
                (array(0.25 + 2.0**-40, 0.25 + 2.0**-42, 0.5 - 5 * 2.0**-42),
                    array(0.25, 0.25, 0.5))), hard=True),
    ),
    mistakes=(
        KnownMistake("It is p: a refused draw is replaced by one from p.",
            "Words that q drafts too rarely must catch up, and only they.", lambda p, q: p),
        KnownMistake("It is q again.", "q has had its turn.", lambda p, q: q),
        KnownMistake("It is not divided by its sum.", "Probabilities sum to 1.", excess),
        KnownMistake("It is p - q, which is negative where q is larger.",
            "Put 0 there, and divide by the sum.", lambda p, q: p - q),
        KnownMistake("It takes the distance |p - q|, also where q is larger than p.",
            "What q drafts too often must not be drawn again.",
            lambda p, q: normalized(np.abs(p - q))),
        KnownMistake("It is where q is above p, not where p is above q.", "Subtract q from p.",
            lambda p, q: normalized(excess(q, p))),
        KnownMistake("It is min(p, q), divided by its sum: that is what was accepted.",
            "What is missing is p - min(p, q).", lambda p, q: normalized(np.minimum(p, q))),
        KnownMistake("It is softmax of p - q.",
            "These are probabilities already: divide by the sum.",
            lambda p, q: softmax(p - q)),
        KnownMistake("It is softmax of max(p - q, 0).",
            "Softmax gives each class some probability, "
            "also those of 0: divide by the sum.", lambda p, q: softmax(excess(p, q))),
        KnownMistake("It is p where p is larger, and 0 elsewhere.",
            "Accepted draws have made up q of it: subtract q.",
            lambda p, q: normalized(np.where(p > q, p, 0)) if (p > q).any() else p),
        KnownMistake("It is how often each word is refused, 1 - min(1, p / q).",
            "What is refused was drafted too often. Draw what was drafted too rarely.",
            lambda p, q: normalized(1 - np.minimum(1, p / q))),
        KnownMistake("It gives 1e-12 to classes that q drafts too often.",
            "They get exactly 0. Treat p = q apart instead.",
            lambda p, q: normalized(np.maximum(p - q, 1e-12))),
        KnownMistake("It is the quotient p / q, divided by its sum.", "Subtract q from p.",
            lambda p, q: normalized(p / q)),
    ),
    rules=(probabilities,),
)

# --- top-k ----------------------------------------------------------------------------------------


def ranked(z: Array) -> Array:
    """Return the place of each score in its row, 0 for the highest; of equal ones the first."""
    return np.asarray(np.argsort(np.argsort(-z, axis=-1, kind="stable"), axis=-1, kind="stable"))


def kept(z: Array, stays: Array) -> Array:
    """Return the scores that stay, and -inf for the others."""
    return np.where(stays, z, -np.inf)


def highest(z: Array, k: int) -> Array:
    """Return the k-th highest score of each row."""
    return np.asarray(np.sort(z, axis=-1)[..., -k, None])


TIES = array([2.0, 1.0, 2.0, 2.0], [0.0, 0.0, 0.0, 0.0], [1.0, 3.0, 1.0, 1.0])

TOP_K = Exercise(
    "Find the bugs in top-k",
    "top_k(logits, k)",
    "`logits` is an array of scores, with the classes along the last axis. Return a copy of it in "
    "which the k highest of each row stay and the others become -inf. Exactly k stay: of equal "
    f"scores the first. k is from 1 to the number of classes. {NINE_DIGITS}",
    right=top_k,
    stages=(
        Stage("one vector", "It keeps the wrong scores of one vector.",
            "Number the scores by their place, the highest first: those below k stay.",
            ((Z, 2), (Z, 1), (WIDE, 3), (FIVE, 2), (FIVE, 5), (array(0.1, 3.0, 2.9, -4.0), 3))),
        Stage("a batch of rows", "One vector is right, but the rows of a batch are not.",
            "Each row has its own k highest: sort along the last axis, `axis=-1`.",
            ((SQUARE, 2), (SQUARE, 1), (TWO_ROWS, 1), (TALL, 1), (CUBE, 2))),
        Stage("equal scores", "Of equal scores the wrong ones stay, or too many.",
            "To compare with the k-th highest keeps all that tie with it. Decide by the place in "
            "a stable order.",
            ((array(1.0, 1.0, 1.0), 2), (array(0.0, 2.0, 2.0, 2.0), 2), (TIES, 2), (TIES, 1),
                (np.resize(array(0.0, 2.0, 1.0, 2.0), 40), 7)), hard=True),
        Stage("scores that are out already", "Scores of -inf are taken wrongly.",
            "A filter may come after another one. What is -inf stays -inf.",
            ((array(0.5, -np.inf, 2.0, -np.inf), 1), (array(0.5, -np.inf, 2.0, -np.inf), 3),
                (array([-np.inf, 1.0], [0.0, -np.inf]), 2)), hard=True),
    ),
    mistakes=(
        KnownMistake("It keeps all scores that tie with the k-th highest.",
            "Exactly k stay: of equal scores the first. Decide by the place in a stable order.",
            lambda z, k: kept(z, z >= highest(z, k))),
        KnownMistake("It keeps one score too few.", "The k-th highest stays, too.",
            lambda z, k: kept(z, ranked(z) < k - 1)),
        KnownMistake("It keeps one score too many.", "The first k places are 0 to k - 1.",
            lambda z, k: kept(z, ranked(z) <= k)),
        KnownMistake("It keeps the k lowest.", "The highest stay.",
            lambda z, k: kept(z, ranked(-z) < k)),
        KnownMistake("It keeps the first k classes, whatever their scores.",
            "Order them by their scores.", lambda z, k: kept(z, np.arange(z.shape[-1]) < k)),
        KnownMistake("It drops the k highest, and keeps the others.", "The highest stay.",
            lambda z, k: kept(z, ranked(z) >= k)),
        KnownMistake("Of equal scores the last stay, not the first.",
            "Sort the negative scores, and let the sort be stable.",
            lambda z, k: kept(z, ranked(z[..., ::-1])[..., ::-1] < k)),
        KnownMistake("It takes `np.argsort` for the places of the scores.",
            "`np.argsort` says which score stands at a place. Sorted once more, it says at which "
            "place a score stands.",
            lambda z, k: kept(z, np.argsort(-z, axis=-1, kind="stable") < k)),
        KnownMistake("It takes the k highest of the whole batch, not of each row.",
            "Sort along the last axis.",
            lambda z, k: kept(z, ranked(z.ravel()).reshape(z.shape) < k)),
        KnownMistake("It takes the k highest of each column, not of each row.",
            "Sort along the last axis.", lambda z, k: kept(z, np.argsort(np.argsort(
                -z, axis=0, kind="stable"), axis=0, kind="stable") < k)),
        KnownMistake("It returns the k highest alone, in a shorter array.",
            "The shape stays: the others become -inf.", lambda z, k: -np.sort(-z)[..., :k]),
        KnownMistake("It sets what is dropped to 0, not to -inf.",
            "exp(0) is 1, and exp(-inf) is 0.",
            lambda z, k: np.where(ranked(z) < k, z, 0)),
        KnownMistake("It gives what is dropped a very low number, -1e9, not -inf.",
            "Scores may be lower than any number. Only exp(-inf) is exactly 0.",
            lambda z, k: np.where(ranked(z) < k, z, -1e9)),
        KnownMistake("It returns the probabilities of what stays.", "Return the scores.",
            lambda z, k: softmax(top_k(z, k))),
    ),
)
