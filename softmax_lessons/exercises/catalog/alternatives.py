"""Exercises on what stands in the place of softmax: sparsemax, its products and its loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from softmax_lessons import entmax, entmax_vjp, hardmax, logsumexp, softmax, softmax_vjp, sparsemax
from softmax_lessons.exercises._exercise import Exercise, KnownMistake, Stage
from softmax_lessons.exercises.catalog._shared import (
    BATCHES_AND_LABELS,
    FIVE,
    KEEPDIMS,
    LAST_AXIS,
    NINE_DIGITS,
    ONE_ROW,
    PAIR,
    TAKES_LOGITS,
    WIDE,
    Z,
    a_batch,
    array,
    at_label,
    cases,
    exp,
    labels,
    large_slopes,
    low_scores,
    max_of,
    normalized,
    one_vector,
    sum_of,
    without_last_class,
)
from softmax_lessons.exercises.rules import at_least_zero, probabilities, sums_to_zero

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

ORDER = 200  # among the chapters

# The tables are laid out by hand: a known mistake is its sentence, its hint and its formula.
# fmt: off

# --- sparsemax ------------------------------------------------------------------------------------


def positive(x: Array) -> Array:
    """Return x where it is above 0, else 0."""
    return np.asarray(np.maximum(x, 0))


def one_class_less(z: Array) -> Array:
    """Return what the threshold makes if one class too few stays."""
    size = np.maximum(sum_of((sparsemax(z) > 0).astype(int)) - 1, 1)
    highest = -np.sort(-z, axis=-1)
    sums = np.take_along_axis(np.cumsum(highest, axis=-1), size - 1, axis=-1)
    return positive(z - (sums - 1) / size)


def sum_of_the_sums(z: Array) -> Array:
    """Return what comes of a threshold that adds up all the cumulative sums of those that stay."""
    z = z - max_of(z)
    size = sum_of((sparsemax(z) > 0).astype(int))
    highest = -np.sort(-z, axis=-1)
    stays = np.arange(z.shape[-1]) < size
    total = sum_of(np.where(stays, np.cumsum(highest, axis=-1), 0))
    return positive(z - (total - 1) / size)


def threshold_of_all(z: Array) -> Array:
    """Return the threshold if all classes stay."""
    return np.asarray((sum_of(z) - 1) / z.shape[-1])


SPARSEMAX = Exercise(
    "Project scores onto the simplex",
    "sparsemax(scores)",
    "Return max(z - tau, 0), with the threshold tau for which the entries sum to 1. "
    f"{LAST_AXIS} Scores may be large; -inf rules a class out, and at least one score of a row is "
    f"finite. {NINE_DIGITS}",
    right=sparsemax,
    stages=(
        one_vector(Z, Z / 2, WIDE, PAIR, FIVE, FIVE / 3, array(0.4, 0.1, 0.3, 0.2, 0.05),
            array(-2.0, -2.0, -2.0), what="It is not sparsemax"),
        a_batch(array([0.25, 1.23, -0.8], [0.4, 0.1, 0.3]), array([2.0, 0.5], [0.1, 0.2],
            [-1.0, -1.5]), ONE_ROW),
        Stage("large scores", "Large scores give wrong results.",
            "Beside large scores the 1 loses its digits: subtract the maximum first.",
            cases(1e9 + array(0.25, 0.75, 0.5), 1e17 + array(0.0, 64.0), -1e9 + array(0.5, 0.25),
                array([1e12, 1e12], [0.25, 0.5]), array([1e17, 1e17], [0.3, 0.55])),
            hard=True),
        Stage("an excluded class", "A score of -inf gives a wrong result.",
            "A difference of two infinities is NaN. Shift by the maximum, which is finite, and let "
            "only scores above tau count: -inf is not above -inf.",
            cases(array(0.3, -np.inf, 0.1), array([-np.inf, 0.0, 2.0], [0.1, 0.2, -np.inf]),
                array(-np.inf, -5.0)),
            hard=True),
    ),
    mistakes=(
        KnownMistake("It is softmax.", "There is no exponential in sparsemax.", softmax),
        KnownMistake("It is entmax with alpha 1.5.", "Sparsemax has no power: max(z - tau, 0).",
            entmax),
        KnownMistake("It is hardmax: all goes to the largest.",
            "A class stays if its score is above the threshold.", hardmax),
        KnownMistake("The threshold is that of all classes, also of those that are cut off.",
            "Take the sum over those that stay, and divide by how many they are.",
            lambda z: positive(z - threshold_of_all(z))),
        KnownMistake("The threshold is that of all classes, and the rest is divided by its sum.",
            "Take the sum over those that stay; then there is nothing to divide.",
            lambda z: normalized(positive(z - threshold_of_all(z)))),
        KnownMistake("The threshold is that of all classes, and nothing is cut off.",
            "What is below the threshold gets 0.", lambda z: z - threshold_of_all(z)),
        KnownMistake("It cuts off negative scores and divides by the sum.",
            "Zero is no special score: the level does not matter.",
            lambda z: normalized(positive(z))),
        KnownMistake("It keeps what is less than 1 below the largest, and divides by the sum.",
            "All that stay lose the same number, tau, and nothing is divided.",
            lambda z: normalized(positive(z - max_of(z) + 1))),
        KnownMistake("One class too few stays.",
            "The class at which z is last above tau stays as well: there are k of them, and its "
            "index is k - 1.", one_class_less),
        KnownMistake("The threshold adds up all the cumulative sums of those that stay.",
            "Take the last of the cumulative sums: it is the sum of those that stay.",
            sum_of_the_sums),
        KnownMistake("It is sparsemax of half the scores.", "Do not divide the scores.",
            lambda z: sparsemax(z / 2)),
    ),
    rules=(probabilities,),
)

# --- the step backward ----------------------------------------------------------------------------


def weighted(w: Array, g: Array) -> Array:
    """Return w times g minus its mean with the weights w."""
    return np.asarray(w * (g - sum_of(w * g) / sum_of(w)))


def powers(p: Array, exponent: float) -> Array:
    """Return a power of p where it is above 0, else 0."""
    return np.asarray(np.where(p > 0, np.where(p > 0, p, 1) ** exponent, 0))


FOUR = array(0.1, 0.2, 0.3, 0.4), array(2.0, -1.0, 0.5, 1.5)
TWO_BY_THREE = array([0.2, 0.5, 0.3], [0.7, 0.1, 0.2]), array([1.0, 0.0, 4.0], [-2.0, 1.5, 0.3])

ENTMAX_BACKWARD = Exercise(
    "Carry slopes back through entmax",
    "entmax_backward(p, g, alpha)",
    "`p` is what entmax with `alpha` returned, `g` holds the slopes of a loss with respect to p. "
    "Return those with respect to the scores: w times (g minus its mean with the weights w), where "
    "w is p to the power 2 - alpha, and 0 where p is 0. alpha is 1 or above. "
    f"{LAST_AXIS} {NINE_DIGITS}",
    right=lambda p, g, alpha: entmax_vjp(p, g, alpha=alpha),
    stages=(
        Stage("no zeros", "The slopes are wrong where no probability is 0.",
            "First w, then the mean of g with the weights w, then w times the difference.",
            ((*FOUR, 1.5), (*FOUR, 1.0), (*FOUR, 1.2), (*FOUR, 2.0),
                (array(0.6, 0.4), array(-1.0, 3.0), 1.5))),
        Stage("a batch", "One vector is right, but the rows of a batch are not.", KEEPDIMS,
            ((*TWO_BY_THREE, 1.5), (*TWO_BY_THREE, 1.0))),
        Stage("zeros", "The slopes are wrong where a probability is 0.",
            "w is 0 there, also for alpha 2, though 0 to the power 0 is 1.",
            ((array(0.0, 0.4, 0.6), array(5.0, 1.0, -2.0), 1.5),
                (array(0.01, 0.99, 0.0), array(1.0, 0.0, 4.0), 2.0),
                (array([0.0, 1.0], [0.5, 0.5]), array([1.0, 3.0], [1.0, 3.0]), 2.0)),
            hard=True, atol=1e-15),
        large_slopes((array(0.2, 0.5, 0.3), array(4e6, -3e5, 2e5), 1.5),
            (array(0.9, 0.1), array(-700.0, 900.0), 1.2)),
        Stage("an alpha above 2", "With alpha above 2 the slopes are wrong.",
            "The power is negative, and 0 to it is infinite. Replace the zeros before the power.",
            ((array(0.0, 0.3, 0.7), array(5.0, 1.0, -2.0), 3.0),
                (array(0.2, 0.8, 0.0), array(1.0, -1.0, 2.0), 2.5)),
            hard=True),
    ),
    mistakes=(
        KnownMistake("It is the product of softmax, whatever alpha is.",
            "The weights are p to the power 2 - alpha.", lambda p, g, alpha: softmax_vjp(p, g)),
        KnownMistake("It is the product of sparsemax, whatever alpha is.",
            "The weights are p to the power 2 - alpha.",
            lambda p, g, alpha: weighted(powers(p, 0), g)),
        KnownMistake("The mean is subtracted, but the difference is not multiplied by w.",
            "Multiply by w once more.",
            lambda p, g, alpha: g - sum_of(powers(p, 2 - alpha) * g)
            / sum_of(powers(p, 2 - alpha))),
        KnownMistake("It is w times g: the mean is not subtracted.",
            "Raising all scores changes nothing: the slopes of a row sum to 0.",
            lambda p, g, alpha: powers(p, 2 - alpha) * g),
        KnownMistake("The mean is not divided by the sum of w.",
            "Only at alpha 1 do the weights sum "
            "to 1.", lambda p, g, alpha: powers(p, 2 - alpha)
            * (g - sum_of(powers(p, 2 - alpha) * g))),
        KnownMistake("The mean is the plain mean of g.", "Weigh g with w.",
            lambda p, g, alpha: powers(p, 2 - alpha) * (g - g.mean(axis=-1, keepdims=True))),
        KnownMistake("The mean is weighted with p, not with w.", "Use the same weights twice.",
            lambda p, g, alpha: powers(p, 2 - alpha) * (g - sum_of(p * g))),
        KnownMistake("The power is alpha - 1.", "It is 2 - alpha.",
            lambda p, g, alpha: weighted(powers(p, alpha - 1), g)),
        KnownMistake("The power is alpha.", "It is 2 - alpha.",
            lambda p, g, alpha: weighted(powers(p, alpha), g)),
        KnownMistake("The power is 1 / (alpha - 1).", "It is 2 - alpha.",
            lambda p, g, alpha: weighted(powers(p, 1 / (alpha - 1) if alpha > 1 else 1), g)),
        KnownMistake("The power is alpha - 2.", "It is 2 - alpha.",
            lambda p, g, alpha: weighted(powers(p, alpha - 2), g)),
        KnownMistake("The sums go over the whole batch.", KEEPDIMS, lambda p, g, alpha:
            powers(p, 2 - alpha) * (g - (powers(p, 2 - alpha) * g).sum()
            / powers(p, 2 - alpha).sum())),
    ),
    rules=(sums_to_zero,),
)

# --- the loss -------------------------------------------------------------------------------------


def products(p: Array, z: Array) -> Array:
    """Return p times z, and 0 where p is 0."""
    return np.asarray(np.where(p > 0, p * np.where(p > 0, z, 0), 0))


def loss_of(z: Array, y: Array, square: float = 0.5, truth: float = 0.5) -> float:
    """Return the loss of sparsemax, with factors that can be wrong."""
    p = sparsemax(z)
    best = (products(p, z) - square * p**2).sum(axis=-1)
    return float(np.mean(best + truth - at_label(z, y)))


SPARSEMAX_LOSS = Exercise(
    "Measure how far the truth is behind",
    "sparsemax_loss(logits, labels)",
    f"{TAKES_LOGITS} With p = sparsemax(z), the loss of a row is p . z - |p|^2 / 2 + 1/2 minus the "
    "score of the right class. Return the mean over the rows. A score of -inf rules a class out "
    f"that is never the right one. {NINE_DIGITS}",
    right=loss_of,
    stages=(
        Stage("some rows", "The loss is wrong.",
            "The first two terms are the reward of p, the last two that of the truth.",
            (*BATCHES_AND_LABELS, (array([0.5, 0.2, 0.1]), labels(2)),
                (array([3.0, 0.0], [0.0, 3.0]), labels(1, 0)))),
        without_last_class(),
        Stage("a sure answer", "Where the right class leads by 1 or more, the loss is not 0.",
            "There p is the one-hot truth, and all terms cancel.",
            ((array([2.5, 1.0, 0.0]), labels(0)), (array([0.0, 1.0], [4.0, 1.0]), labels(1, 0))),
            hard=True, atol=1e-14),
        Stage("large scores", "Large scores give a wrong loss.",
            "Only differences count: take the scores as they are, or subtract the maximum.",
            ((array([1000.0, 1000.5, 0.0]), labels(0)),
                (array([-600.0, -600.25, -601.0], [0.0, 400.0, -900.0]), labels(1, 0))),
            hard=True),
        Stage("an excluded class", "A score of -inf gives a wrong loss.",
            "0 times -inf is NaN. Multiply only where p is above 0.",
            ((array([0.3, -np.inf, 0.1]), labels(2)),
                (array([-np.inf, 0.0, 2.0], [0.1, 0.2, -np.inf]), labels(1, 0))),
            hard=True),
    ),
    mistakes=(
        KnownMistake("It is cross-entropy of softmax.",
            "Take the reward of sparsemax instead of the "
            "log-sum-exp.", lambda z, y: np.mean(logsumexp(z, axis=-1) - at_label(z, y))),
        KnownMistake("It is the cross-entropy of sparsemax: -ln p of the right class.",
            "That is infinite where p is 0.", lambda z, y: -np.mean(np.log(at_label(
            sparsemax(z), y)))),
        KnownMistake("The 1/2 of the truth is missing.",
            "Its probabilities are one-hot: their squares "
            "sum to 1.", lambda z, y: loss_of(z, y, truth=0)),
        KnownMistake("The truth adds 1, not 1/2.", "Half the sum of squares.",
            lambda z, y: loss_of(z, y, truth=1)),
        KnownMistake("The sum of squares is not halved.", "It is |p|^2 / 2.",
            lambda z, y: loss_of(z, y, square=1)),
        KnownMistake("Neither sum of squares is halved.",
            "The regularizer is half the sum of squares.",
            lambda z, y: loss_of(z, y, square=1, truth=1)),
        KnownMistake("The squares have the wrong sign.",
            "The regularizer is a cost: subtract it from "
            "the score.", lambda z, y: loss_of(z, y, square=-0.5)),
        KnownMistake("The squares of p are missing.", "The reward is p . z - |p|^2 / 2.",
            lambda z, y: loss_of(z, y, square=0)),
        KnownMistake("It is half the squared distance of p and the truth.",
            "That has the wrong slope: it passes through the Jacobian, which is 0 for what is cut "
            "off.", lambda z, y: np.mean(((sparsemax(z) - np.eye(z.shape[-1])[y]) ** 2).sum(
            axis=-1)) / 2),
        KnownMistake("The classes count from 1.", "Label 0 is the first column.",
            lambda z, y: loss_of(z, (y - 1) % z.shape[-1])),
        KnownMistake("It is the sum over the rows, not their mean.", "Divide by N.",
            lambda z, y: loss_of(z, y) * len(y)),
        KnownMistake("p is softmax, not sparsemax.", "Use `sl.sparsemax`.", lambda z, y: np.mean(
            (softmax(z) * z - softmax(z) ** 2 / 2).sum(axis=-1) + 0.5 - at_label(z, y))),
        KnownMistake("What an excluded class adds is NaN, not 0.",
            "0 times -inf is NaN, and so is -inf minus -inf. Sum only where p is above 0.",
            lambda z, y: np.mean(
            (sparsemax(z) * z - sparsemax(z) ** 2 / 2).sum(axis=-1) + 0.5 - at_label(z, y))),
    ),
    rules=(at_least_zero,),
)

# --- scalable softmax -----------------------------------------------------------------------------


def kept(z: Array, keep: Array, factor: Array | float) -> Array:
    """Return softmax of the scores times a factor, over those that are kept."""
    return np.asarray(softmax(np.where(keep, factor * z, -np.inf)))


def count(keep: Array) -> Array:
    """Return how many each row keeps."""
    return sum_of(keep.astype(int))


def keeping(*rows: Any) -> Array:
    """Return a mask."""
    return np.array(rows, bool)


ALL_OF_Z = keeping(1, 1, 1)
SIX = array([0.5, -1.0, 2.0], [0.1, 0.4, -0.3])

SCALABLE_SOFTMAX = Exercise(
    "Scale softmax with the number of keys",
    "scalable_softmax(scores, keep, s)",
    "`keep` has the shape of `scores`, and is True where a key counts; at least one of each row "
    "does. Return softmax of s ln(n) z over the keys that count, where n is their number in the "
    f"row. Keys left out get 0. {LAST_AXIS} Nothing overflows. {NINE_DIGITS}",
    right=lambda z, keep, s: kept(z, keep, s * np.log(count(keep))),
    stages=(
        Stage("all keys", "It is wrong where all keys count.", "First the factor s ln(n), then "
            "softmax.",
            ((Z, ALL_OF_Z, 1.0), (Z, ALL_OF_Z, 0.4), (WIDE, keeping(1, 1, 1, 1), 0.7),
                (FIVE, keeping(1, 1, 1, 1, 1), 1.3))),
        Stage("some keys", "It is wrong where some keys are left out.",
            "n counts the keys that are kept, not the length of the row.",
            ((Z, keeping(1, 0, 1), 1.0), (FIVE, keeping(1, 1, 0, 1, 0), 0.6),
                (WIDE, keeping(0, 1, 1, 1), 1.2))),
        Stage("a batch", "One vector is right, but the rows of a batch are not.",
            "Each row has its own n: count along the last axis, and keep it.",
            ((SIX, keeping([1, 1, 0], [1, 1, 1]), 1.0), (SIX, keeping([1, 1, 1], [0, 1, 1]), 0.5))),
        Stage("one key", "A key that is alone does not get 1.",
            "ln(1) is 0, and 0 times -inf is NaN: mask after the product.",
            ((Z, keeping(0, 0, 1), 1.0), (SIX, keeping([0, 1, 0], [1, 1, 1]), 0.8)), hard=True),
        Stage("large scores", "Large scores give wrong weights.",
            "Subtract the largest of the kept products before the exponential.",
            ((array(1000.0, 1001.0, 5.0), ALL_OF_Z, 1.0), (array(-2000.0, -2001.0, 4000.0),
                keeping(1, 1, 0), 1.0),
                (array([1e5, 1e5 + 1, 0.0], [-1e5, 0.0, -1e5 - 1]),
                    keeping([1, 1, 0], [1, 0, 1]), 0.7),
                (array(1e299, 0.0, -1e299), ALL_OF_Z, 1.0)), hard=True),
        low_scores((array(-200.0, -201.0, 0.0), keeping(1, 1, 0), 1.0),
            (array(-2e5, 1.0, -2e5 - 1), keeping(1, 0, 1), 1.0),
            (array(0.0, -1e299, -2e299), keeping(0, 1, 1), 1.0)),
    ),
    mistakes=(
        KnownMistake("It is softmax: the scores are not scaled.", "Multiply them by s ln(n).",
            lambda z, keep, s: kept(z, keep, 1)),
        KnownMistake("The scores are multiplied by s alone.", "The factor is s ln(n).",
            lambda z, keep, s: kept(z, keep, s)),
        KnownMistake("The scores are multiplied by ln(n) alone.", "The factor is s ln(n).",
            lambda z, keep, s: kept(z, keep, np.log(count(keep)))),
        KnownMistake("The scores are multiplied by s n.", "It is the logarithm of n.",
            lambda z, keep, s: kept(z, keep, s * count(keep))),
        KnownMistake("The logarithm has base 2.", "It is `np.log`, with base e.",
            lambda z, keep, s: kept(z, keep, s * np.log2(count(keep)))),
        KnownMistake("The logarithm has base 10.", "It is `np.log`, with base e.",
            lambda z, keep, s: kept(z, keep, s * np.log10(count(keep)))),
        KnownMistake("The scores are divided by s ln(n).", "A larger n makes it sharper: multiply.",
            lambda z, keep, s: kept(z, keep, 1 / (s * np.log(count(keep))))),
        KnownMistake("n is the length of the row.", "Count the keys that are kept.",
            lambda z, keep, s: kept(z, keep, s * np.log(z.shape[-1]))),
        KnownMistake("n is the number of kept keys of the whole batch.", "Each row has its own n.",
            lambda z, keep, s: kept(z, keep, s * np.log(keep.sum()))),
        KnownMistake("n counts the keys that are left out.", "Count those that are kept.",
            lambda z, keep, s: kept(z, keep, s * np.log(np.maximum(count(~keep), 1)))),
        KnownMistake("Keys that are left out get a score of 0, not -inf.", "exp(0) is 1.",
            lambda z, keep, s: softmax(np.where(keep, s * np.log(count(keep)) * z, 0))),
        KnownMistake("Keys that are left out are removed after softmax, and the sum is below 1.",
            "Mask the scores before softmax.",
            lambda z, keep, s: softmax(s * np.log(count(keep)) * z) * keep),
        KnownMistake("It masks where it should keep.", "True is for keys that count.",
            lambda z, keep, s: kept(z, ~keep | ~keep.any(), s * np.log(count(keep)))),
        KnownMistake("The mask is ignored.", "Keys that are left out get 0.",
            lambda z, keep, s: softmax(s * np.log(z.shape[-1]) * z)),
        KnownMistake("The scores are masked with -inf before the product: 0 times -inf is NaN.",
            "Mask after the product.",
            lambda z, keep, s: softmax(s * np.log(count(keep)) * np.where(keep, z, -np.inf))),
        KnownMistake("No maximum is subtracted: large scores overflow.",
            "Subtract the largest of the kept products first.",
            lambda z, keep, s: normalized(exp(np.where(keep, s * np.log(count(keep)) * z,
            -np.inf)))),
    ),
    rules=(probabilities,),
)

# --- the lead that is enough ----------------------------------------------------------------------


def leads(soft: float, sparse: float) -> Array:
    """Return the two leads."""
    return np.array([soft, sparse])


def soft_lead(w: float, n: int) -> float:
    """Return the lead with which softmax gives one of n keys the weight w."""
    return float(np.log(w / (1 - w)) + np.log(n - 1))


def sparse_lead(w: float, n: int) -> float:
    """Return the lead with which sparsemax gives one of n keys the weight w."""
    return (n * w - 1) / (n - 1)


LEAD_FOR = Exercise(
    "Say which lead is enough",
    "lead_for(weight, n)",
    "One of n keys leads the n - 1 others, which are equal, by a. `weight` lies above 1 / n and "
    "below 1. Return an array of two numbers: the a at which softmax gives the leader this weight, "
    f"and the a at which sparsemax does. {NINE_DIGITS}",
    right=lambda w, n: leads(soft_lead(w, n), sparse_lead(w, n)),
    stages=(
        Stage("two keys", "Two keys are wrong already.",
            "With two keys softmax is a sigmoid of the lead, and sparsemax gives (1 + a) / 2.",
            ((0.9, 2), (0.6, 2), (0.75, 2))),
        Stage("many keys", "Two keys are right, but more are not.",
            "The n - 1 others count together: write down the weight of the leader, and solve for "
            "a.",
            ((0.9, 10), (0.4, 5), (0.2, 30), (0.9, 10**6), (0.5, 1000))),
        Stage("nearly all of the weight", "A weight close to 1 gives a wrong lead.",
            "Solve on paper first. A search over a grid stops too early.",
            ((1 - 1e-9, 10), (1 - 1e-6, 3)), hard=True, rtol=1e-6),
    ),
    mistakes=(
        KnownMistake("Softmax weighs the leader against one other key, not against all of them.",
            "Add ln(n - 1): so many keys stand against it.",
            lambda w, n: leads(np.log(w / (1 - w)), sparse_lead(w, n))),
        KnownMistake("Softmax counts the leader among the others: ln n, not ln(n - 1).",
            "There are n - 1 others.",
            lambda w, n: leads(np.log(w / (1 - w)) + np.log(n), sparse_lead(w, n))),
        KnownMistake("For softmax it is exp(a), not a.", "Take the logarithm.",
            lambda w, n: leads(np.exp(soft_lead(w, n)), sparse_lead(w, n))),
        KnownMistake("Softmax: ln(n - 1) is subtracted, where it must be added.",
            "More keys ask for a longer lead.",
            lambda w, n: leads(np.log(w / (1 - w)) - np.log(n - 1), sparse_lead(w, n))),
        KnownMistake("Softmax: it is the lead at which the others together get the weight.",
            "It is weight / (1 - weight), not the other way round.",
            lambda w, n: leads(soft_lead(1 - w, n), sparse_lead(w, n))),
        KnownMistake("Sparsemax: the lead is taken for the weight.",
            "With a lead of a the leader gets 1 / n + a (n - 1) / n.",
            lambda w, n: leads(soft_lead(w, n), w)),
        KnownMistake("Sparsemax: it is the lead with which the others get nothing.",
            "From a = 1 on the leader has all of the weight. Less weight takes a shorter lead.",
            lambda w, n: leads(soft_lead(w, n), 1.0)),
        KnownMistake("Sparsemax: the equal share 1 / n is not taken off.",
            "Without a lead the leader has 1 / n already.",
            lambda w, n: leads(soft_lead(w, n), n * w / (n - 1))),
        KnownMistake("Sparsemax: the rest is not divided by (n - 1) / n.",
            "A lead of a adds a (n - 1) / n, because the leader counts in the mean, too.",
            lambda w, n: leads(soft_lead(w, n), w - 1 / n)),
        KnownMistake("Sparsemax is solved as if it had two keys.",
            "With n keys the leader gets 1 / n + a (n - 1) / n.",
            lambda w, n: leads(soft_lead(w, n), 2 * w - 1)),
        KnownMistake("The two leads are exchanged.", "Softmax comes first.",
            lambda w, n: leads(sparse_lead(w, n), soft_lead(w, n))),
    ),
    accepts_lists=True,
    atol=1e-12,
)
