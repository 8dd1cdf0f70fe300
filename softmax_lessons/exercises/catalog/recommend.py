"""Exercises on recommenders: hits with ties, log q, the loss of a batch, popularity, a floor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons import cross_entropy, sampled_cross_entropy, softmax
from softmax_lessons.exercises._exercise import Exercise, KnownMistake, Stage
from softmax_lessons.exercises.catalog._shared import NINE_DIGITS, array, labels
from softmax_lessons.exercises.rules import at_least_zero, at_most_zero

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

ORDER = 190  # among the chapters

# The tables are laid out by hand: a known mistake is its sentence, its hint and its formula.
# fmt: off

# --- hit rate -------------------------------------------------------------------------------------


def places(scores: Array, held: Array) -> tuple[Array, Array]:
    """Return how many scores of each row lie above the right one, and how many equal it."""
    own = scores[np.arange(len(held)), held][:, np.newaxis]
    return (scores > own).sum(axis=1), (scores == own).sum(axis=1)


def chances(scores: Array, held: Array, k: int) -> Array:
    """Return the probability of each row's right item to be among the k best."""
    above, tied = places(scores, held)
    return np.asarray(np.clip((k - above) / tied, 0, 1))


def before_ties(scores: Array, held: Array, k: int) -> float:
    """Return the rate if what ties counts as won."""
    return float((places(scores, held)[0] < k).mean())


SCORES = array([0.3, 2.0, -1.0, 0.9, 1.1], [1.5, 0.2, 0.4, -0.3, 2.2], [0.1, 0.5, 0.9, 1.3, 1.7],
    [2.0, 1.0, 0.5, 0.0, -1.0])
HELD = labels(3, 0, 1, 4)
TIED = array([1.0, 1.0, 1.0, 0.0, 2.0], [0.0, 0.0, 0.0, 0.0, 0.0], [3.0, 3.0, 1.0, 1.0, 1.0])
TIED_HELD = labels(1, 4, 2)
NEAR = 1 + 1e-10 * array([0.0, 1.0, 2.0, 3.0, -1.0], [2.0, 1.0, 3.0, 0.0, 4.0])

HIT_RATE = Exercise(
    "Count hits, with ties",
    "hit_rate(scores, held, k)",
    "Row i of `scores` holds the scores of all items, `held[i]` is the column of the right one. "
    "Return one number: the mean over the rows of the probability that the right item is among "
    f"the k best, if the order of equal scores is chance. {NINE_DIGITS}",
    right=lambda scores, held, k: float(chances(scores, held, k).mean()),
    stages=(
        Stage("different scores", "It is not how often the right item is among the k best.",
            "Count the scores of a row that are higher than that of the right item: fewer than k "
            "is a hit.", ((SCORES, HELD, 3), (SCORES, HELD, 2), (SCORES, HELD, 1),
                (SCORES[:, ::-1], HELD, 2), (SCORES[:2], HELD[:2], 4), (1e5 * SCORES, HELD, 2))),
        Stage("items of -inf", "A score of -inf, as of an item that one has, breaks it.",
            "Compare the scores as they are; -inf is below every other one.",
            ((np.where(SCORES > 1.6, -np.inf, SCORES), labels(3, 0, 1, 4), 2),)),
        Stage("equal scores", "Equal scores are counted as won or as lost, or not in proportion.",
            "Of t scores that tie, a above them, k - a places are left: the probability is "
            "(k - a) / t, cut at 0 and 1.",
            ((TIED, TIED_HELD, 2), (TIED, TIED_HELD, 3), (TIED, TIED_HELD, 1),
                (np.zeros((2, 8)), labels(0, 7), 3)), hard=True),
        Stage("nearly equal scores", "Scores that differ by very little are counted as equal.",
            "Compare with `==` and `>`: a score that is higher by 1e-10 is higher.",
            ((NEAR, labels(2, 2), 2), (NEAR, labels(1, 3), 3)), hard=True),
    ),
    mistakes=(
        KnownMistake("What ties counts as won.",
            "Then a model with equal scores always hits. Divide "
            "the places that are left by the number of scores that tie.", before_ties),
        KnownMistake("What ties counts as lost.",
            "The item itself ties with itself, too. Divide the "
            "places that are left by the number of scores that tie.",
            lambda s, h, k: float((sum(places(s, h)) <= k).mean())),
        KnownMistake("It breaks ties by the column: the earlier wins.",
            "The order of equal scores is chance, not that of the columns.",
            lambda s, h, k: float((np.argsort(-s, axis=1, kind="stable")[:, :k]
                == h[:, None]).any(axis=1).mean())),
        KnownMistake("It is not cut at 1: a sure hit counts several times.",
            "`np.clip(..., 0, 1)`.",
            lambda s, h, k: float(np.maximum((k - places(s, h)[0]) / places(s, h)[1], 0).mean())),
        KnownMistake("It is not cut at 0: a miss counts below zero.", "`np.clip(..., 0, 1)`.",
            lambda s, h, k: float(np.minimum((k - places(s, h)[0]) / places(s, h)[1], 1).mean())),
        KnownMistake("It takes the lowest scores for the best.", "The highest are the best.",
            lambda s, h, k: float(chances(-s, h, k).mean())),
        KnownMistake("It lets k + 1 places count.", "Fewer than k scores may lie above.",
            lambda s, h, k: float(chances(s, h, k + 1).mean())),
        KnownMistake("It lets only k - 1 places count.", "The right item takes a place itself.",
            lambda s, h, k: float(chances(s, h, k - 1).mean())),
        KnownMistake("It is how many rows hit, not the mean.", "Divide by the number of rows.",
            lambda s, h, k: float(chances(s, h, k).sum())),
        KnownMistake("It divides by k, as precision does.", "There is one right item in each row.",
            lambda s, h, k: float(chances(s, h, k).mean() / k)),
        KnownMistake("It is how often the right item is missed.", "Count the hits.",
            lambda s, h, k: float(1 - chances(s, h, k).mean())),
        KnownMistake("It returns a number for each row.", "Return their mean.", chances),
    ),
)

# --- log q ----------------------------------------------------------------------------------------


def at_least_once(answers: Array, classes: int) -> Array:
    """Return how often each item occurs, at least once."""
    return np.maximum(np.bincount(answers, minlength=classes), 1)


def plain_log(answers: Array, classes: int) -> Array:
    """Return the logarithm of the frequencies, -inf where there is none."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.bincount(answers, minlength=classes) / len(answers)))


ANSWERS = labels(0, 2, 2, 1, 2, 0, 2, 1, 2)

LOG_Q = Exercise(
    "Count log q",
    "log_q(answers, K)",
    "`answers` holds the item of each training pair, a whole number from 0 to K - 1. Return for "
    "each of the K items the logarithm of its relative frequency. An item that never occurs is "
    f"counted as if it had occurred once; the total stays the number of answers. {NINE_DIGITS}",
    right=lambda answers, classes: np.log(at_least_once(answers, classes) / len(answers)),
    stages=(
        Stage("every item occurs", "It is not the logarithm of the frequencies.",
            "Count each item with `np.bincount`, and divide by the number of answers.",
            ((ANSWERS, 3), (labels(1, 0, 1, 1), 2), (labels(3, 0, 1, 2, 3, 3, 1, 1, 3), 4))),
        Stage("items at the end that never occur",
            "Items at the end that never occur are missing, or they do not count as seen once.",
            "`np.bincount(answers, minlength=K)` counts them as 0; put 1 in its place.",
            ((ANSWERS, 5), (labels(0, 0), 2)), hard=True),
        Stage("an item in between that never occurs", "An item that never occurs gets -inf, or the "
            "others change.", "Take 1 where the count is 0, and leave the others as they are.",
            ((labels(0, 2, 2, 4, 2), 5), (labels(3, 3, 1), 4)), hard=True),
    ),
    mistakes=(
        KnownMistake("An item that never occurs gets -inf.", "`np.maximum(counts, 1)`.", plain_log),
        KnownMistake("An item that never occurs gets 0, as if it were every answer.",
            "Put 1 for a count of 0, before the logarithm.",
            lambda a, n: np.where(np.isinf(plain_log(a, n)), 0, plain_log(a, n))),
        KnownMistake("It adds 1 to each count.", "Only a count of 0 becomes 1.",
            lambda a, n: np.log((np.bincount(a, minlength=n) + 1) / len(a))),
        KnownMistake("It adds 1 to each count and n to the total.",
            "Only a count of 0 becomes 1, and the total stays.",
            lambda a, n: np.log((np.bincount(a, minlength=n) + 1) / (len(a) + n))),
        KnownMistake("It divides by the sum after zeros have become 1.",
            "The total stays the number of answers.",
            lambda a, n: np.log(at_least_once(a, n) / at_least_once(a, n).sum())),
        KnownMistake("It is the probability, not its logarithm.", "Take `np.log`.",
            lambda a, n: at_least_once(a, n) / len(a)),
        KnownMistake("It is the logarithm of the counts.", "Divide by the number of answers.",
            lambda a, n: np.log(at_least_once(a, n))),
        KnownMistake("It has the wrong sign.", "A logarithm of a frequency is not above 0.",
            lambda a, n: -np.log(at_least_once(a, n) / len(a))),
        KnownMistake("It is in bits.", "Use the natural logarithm, `np.log`.",
            lambda a, n: np.log2(at_least_once(a, n) / len(a))),
        KnownMistake("It divides by the number of items.", "Divide by the number of answers.",
            lambda a, n: np.log(at_least_once(a, n) / n)),
        KnownMistake("It gives an item that never occurs a frequency of 1e-9.",
            "Count it as if it had occurred once.",
            lambda a, n: np.log(np.maximum(np.bincount(a, minlength=n) / len(a), 1e-9))),
        KnownMistake("It returns log q of each answer, not of each item.",
            "Return K numbers; `log_q[answers]` comes later.",
            lambda a, n: np.log(at_least_once(a, n) / len(a))[a]),
        KnownMistake("It is even: each item has the same.", "Count the answers.",
            lambda a, n: np.full(n, -np.log(n))),
    ),
    rules=(at_most_zero,),
)

# --- the loss of a batch --------------------------------------------------------------------------


def loss_of(z: Array, answers: Array, log_q: Array) -> Array:
    """Return the corrected loss of each row, without accidental hits."""
    rows = np.arange(len(answers))
    each = sampled_cross_entropy(z, rows, log_q=log_q, candidates=answers, reduction="none")
    return np.asarray(each)


def copies(answers: Array) -> Array:
    """Return which columns hold a row's answer a second time."""
    same = answers == answers[:, np.newaxis]
    return np.asarray(same & ~np.eye(len(answers), dtype=bool))


def without_mask(z: Array, answers: Array, log_q: Array) -> Array:
    """Return the corrected loss with accidental hits counted as wrong."""
    rows = np.arange(len(answers))
    return np.asarray(sampled_cross_entropy(z, rows, log_q=log_q, reduction="none"))


THREE = array([2.0, 0.5, -1.0], [0.3, 1.2, 0.8], [-0.4, 0.9, 1.6])
FOUR = array([1.0, 0.2, 1.0, -0.5], [0.4, 2.0, 0.4, 0.1], [0.7, -0.3, 0.7, 1.5],
    [0.0, 0.6, 0.0, 0.9])
HUGER = array([4e4, 4e4 - 1, 0.0], [0.0, -4e4, 20.0], [2e4, 2e4 + 1, 2e4])
HUGE = array([900.0, 0.0, 899.0], [0.0, -900.0, 20.0], [5.0, 700.0, 701.0])

BATCH_LOSS = Exercise(
    "Build the loss of a batch",
    "batch_loss(Z, answers, log_q)",
    "`Z[i, j]` is the score of person i for the item `answers[j]`, and `log_q[j]` is the logarithm "
    "of this item's frequency. The right answer of row i stands in column i. Return "
    "the loss of each row, in nats: subtract log q from the scores, leave out the other columns "
    "that hold the same item as the right answer, and take minus the logarithm of the probability "
    f"of column i. {NINE_DIGITS}",
    right=loss_of,
    stages=(
        Stage("different answers, equally frequent", "It is not the loss of the diagonal.",
            "log-sum-exp of each row, less the score in column i.",
            ((THREE, labels(4, 0, 7), np.zeros(3)), (THREE.T, labels(1, 2, 3), np.zeros(3)),
                (FOUR, labels(3, 1, 0, 2), np.full(4, -1.0)))),
        Stage("log q", "With different log q it is not right.",
            "Subtract log q from the scores of its column, also from that of the right answer.",
            ((THREE, labels(4, 0, 7), np.log([0.5, 0.2, 0.01])),
                (FOUR, labels(3, 1, 0, 2), np.log([0.1, 0.6, 0.25, 0.05])))),
        Stage("an answer that comes twice", "Another person's copy of the right answer counts as "
            "wrong, or too much is left out.",
            "Where `answers[j]` equals `answers[i]` and j is not i, the score becomes -inf.",
            ((FOUR, labels(3, 1, 3, 2), np.log([0.4, 0.3, 0.4, 0.1])),
                (FOUR, labels(5, 5, 5, 2), np.log([0.6, 0.6, 0.6, 0.1])),
                (FOUR, labels(5, 5, 5, 5), np.zeros(4))), hard=True),
        Stage("large scores", "It overflows.",
            "Subtract the maximum of the row before `np.exp`, or use `logsumexp`.",
            ((HUGE, labels(0, 1, 2), np.zeros(3)), (HUGE, labels(0, 1, 0), np.zeros(3)),
                (HUGER, labels(0, 1, 2), np.zeros(3)),
                (1e297 * HUGE, labels(0, 1, 0), np.zeros(3))),
            hard=True),
        Stage("low scores", "Copies of the right answer get a score that others can fall below.",
            "A copy gets -inf, which no score falls below.",
            ((FOUR - 2000, labels(3, 1, 3, 2), np.zeros(4)),
                (FOUR - 2e5, labels(3, 1, 3, 2), np.zeros(4))), hard=True),
    ),
    mistakes=(
        KnownMistake("It adds log q.", "Subtract it: with the wrong sign popular items end last.",
            lambda z, a, q: loss_of(z, a, -q)),
        KnownMistake("It leaves out log q.", "Subtract it from the scores.",
            lambda z, a, q: loss_of(z, a, np.zeros(len(a)))),
        KnownMistake("Copies of the right answer count as wrong.",
            "Where another column holds the same item, the score becomes -inf.", without_mask),
        KnownMistake("It leaves out all columns with the item, the right one too.",
            "Column i stays: there the answer is the right one.",
            lambda z, a, q: np.full(len(a), np.inf)),
        KnownMistake("It sets the scores of copies to 0, not to -inf.",
            "A score of 0 has a probability like any other.",
            lambda z, a, q: without_mask(np.where(copies(a), 0, z - q), a, np.zeros(len(a)))),
        KnownMistake("It subtracts q, not its logarithm.", "`log_q` is subtracted as it is.",
            lambda z, a, q: loss_of(z, a, np.exp(q))),
        KnownMistake("It corrects the right answer alone.", "All columns have their log q.",
            lambda z, a, q: loss_of(z - np.diag(q), a, np.zeros(len(a)))),
        KnownMistake("It corrects all columns but the right one.", "All columns have their log q.",
            lambda z, a, q: loss_of(z - q + np.diag(q), a, np.zeros(len(a)))),
        KnownMistake("Each column is a softmax, not each row.", "Sum along axis 1.",
            lambda z, a, q: loss_of(z.T - q[:, np.newaxis], a, np.zeros(len(a)))),
        KnownMistake("It takes the loss of the labels in `answers`, as if they were columns.",
            "The right answer of row i stands in column i.",
            lambda z, a, q: np.asarray(cross_entropy(z - q, a % len(a), reduction="none"))),
        KnownMistake("It is the mean over the rows.", "Return the loss of each row.",
            lambda z, a, q: float(loss_of(z, a, q).mean())),
        KnownMistake("It is the probability, not its logarithm.", "Take minus the logarithm.",
            lambda z, a, q: np.exp(-loss_of(z, a, q))),
        KnownMistake("It has the wrong sign.", "A loss is not below 0.",
            lambda z, a, q: -loss_of(z, a, q)),
        KnownMistake("It applies softmax twice.", "The scores are no probabilities.",
            lambda z, a, q: loss_of(softmax(z - q), a, np.zeros(len(a)))),
    ),
    rules=(at_least_zero,),
    logarithmic=True,
)

# --- popularity -----------------------------------------------------------------------------------


def most_frequent(table: Array, k: int, *, seen: float = np.inf, sign: int = -1) -> Array:
    """Return the columns of the k most frequent items that each row has not."""
    order = np.where(table == 1, seen, sign * table.sum(axis=0))
    return np.asarray(np.argsort(order, axis=1, kind="stable")[:, :k])


BASKETS = array([1, 1, 0, 0, 0, 0], [1, 0, 1, 0, 0, 0], [1, 1, 0, 1, 0, 0], [1, 0, 0, 1, 0, 0],
    [0, 1, 0, 1, 0, 0], [1, 0, 0, 0, 0, 1], [1, 1, 0, 0, 1, 1], [0, 0, 0, 1, 1, 1],
    [1, 1, 1, 1, 0, 0], [0, 0, 0, 1, 0, 1])
EVEN = array([1, 0, 0, 1, 0], [0, 1, 0, 0, 1], [0, 0, 1, 0, 0], [1, 0, 0, 0, 1])

POPULAR = Exercise(
    "Set the bar",
    "popular(X, k)",
    "`X` is a table of zeros and ones: which row has which item. Return for each row the columns "
    "of the k items that most rows have and this row has not, the most frequent first. Of equally "
    "frequent items the first column comes first. Each row has k items or more still to get.",
    right=most_frequent,
    stages=(
        Stage("some baskets", "These are not the most frequent items that a row has not.",
            "Sum X along axis 0, put what a row has last, and sort.",
            ((BASKETS, 2), (BASKETS, 1), (BASKETS[:, ::-1], 2))),
        Stage("equally frequent items", "Of equally frequent items the wrong ones come first.",
            "Let the sort be stable, and negate the counts instead of reversing the order.",
            ((EVEN, 2), (EVEN, 3), (np.eye(4), 3), (np.resize(EVEN, (3, 40)), 12)), hard=True),
        Stage("an item that nobody has", "An item that nobody has is left out, or it comes before "
            "others, or after what the row has.",
            "It comes last of those that can be recommended, and before what the row has.",
            ((array([1, 0, 0], [1, 1, 0]), 1), (array([1, 0, 0, 0], [1, 1, 0, 0]), 2)), hard=True),
        Stage("many rows", "With many rows it recommends what a row has.",
            "A count may be larger than any number that is subtracted: what a row has gets -inf, "
            "or -1.",
            ((np.resize(array([1, 0, 0], [1, 1, 0]), (2400, 3)), 1),), hard=True),
    ),
    mistakes=(
        KnownMistake("It recommends what the row has already.", "Put what a row has last.",
            lambda x, k: np.tile(np.argsort(-x.sum(axis=0), kind="stable")[:k], (len(x), 1))),
        KnownMistake("It returns only what the row has.", "Put what a row has last.",
            lambda x, k: most_frequent(1 - x, k, sign=1)),
        KnownMistake("The least frequent come first.", "Sort by minus the counts.",
            lambda x, k: most_frequent(x, k, sign=1)),
        KnownMistake("The most frequent come last.", "Turn the rows round.",
            lambda x, k: most_frequent(x, k)[:, ::-1]),
        KnownMistake("Of equally frequent items the last column comes first.",
            "Sort minus the counts, rather than reverse the order of a sort.",
            lambda x, k: x.shape[1] - 1 - most_frequent(x[:, ::-1], k)),
        KnownMistake("It returns the counts, not the columns.", "`np.argsort` returns columns.",
            lambda x, k: x.sum(axis=0)[most_frequent(x, k)]),
        KnownMistake("It returns one list for all rows.", "Each row has other items already.",
            lambda x, k: np.argsort(-x.sum(axis=0), kind="stable")[:k]),
        KnownMistake("It returns one item too many.", "k items.",
            lambda x, k: most_frequent(x, k + 1)),
        KnownMistake("It sums the rows, not the columns.", "How many rows have an item: axis 0.",
            lambda x, k: np.argsort(np.where(x == 1, np.inf, -x.sum(axis=1)[np.arange(x.shape[1])
                % len(x)]), axis=1, kind="stable")[:, :k]),
        KnownMistake("What a row has gets a count of 0, like an item that nobody has.",
            "Put it last, with infinity.", lambda x, k: most_frequent(x, k, seen=0.0)),
    ),
)

# --- the floor of a curve -------------------------------------------------------------------------


def columns(answers: Array) -> Array:
    """Return for each row how many columns hold its answer."""
    return np.asarray((answers == answers[:, None]).sum(axis=1))


LOWEST_LOSS = Exercise(
    "Find the floor under a curve",
    "lowest_loss(answers)",
    "`answers` holds the right item of each row of a batch; its columns are the same items. "
    "Nothing is masked, and there is no correction. In a perfect model the score of a row's item "
    "is so high that only the columns with this item count. Return the mean loss of the batch, in "
    f"nats, as one number. {NINE_DIGITS}",
    right=lambda a: np.log(columns(a)).mean(),
    stages=(
        Stage("an item that comes twice", "It is not the lowest mean loss.",
            "m columns with the same score share the probability: the loss of the row is ln m.",
            ((labels(4, 7, 4),), (labels(1, 1),), (labels(5, 2, 2, 9, 0),)),
            extra_cases=((labels(3, 3, 3, 8, 8),),)),
        Stage("several items that come again", "Where several items come again it is wrong.",
            "Each row has a loss of its own, by how often its item comes.",
            ((labels(3, 3, 3, 8, 8),), (labels(0, 1, 0, 1, 0, 1, 2),),
                (labels(6, 6, 6, 6, 1, 2, 2, 5),))),
        Stage("no item that comes again", "Where no item comes again it is not 0.",
            "Then a perfect model has no loss.", ((labels(0, 1, 2, 3),), (labels(9),))),
    ),
    mistakes=(
        KnownMistake("It takes the mean over the items, not over the rows.",
            "An item that comes m times has m rows.",
            lambda a: np.log(np.unique(a, return_counts=True)[1]).mean()),
        KnownMistake("It is the logarithm of the mean number of columns.",
            "Each row has its own loss: take the logarithms first.",
            lambda a: np.log(columns(a).mean())),
        KnownMistake("It counts only the other columns with the same item.",
            "The diagonal holds it as well: m columns share the probability.",
            lambda a: np.log(np.maximum(columns(a) - 1, 1)).mean()),
        KnownMistake("It is the sum over the rows.", "Take the mean.",
            lambda a: np.log(columns(a)).sum()),
        KnownMistake("It is the mean number of columns, without the logarithm.",
            "The loss is minus the logarithm of 1 / m.", lambda a: columns(a).mean()),
        KnownMistake("It is the loss of a model that knows nothing, ln of the size of the batch.",
            "A perfect model gives the other items no probability.",
            lambda a: np.log(len(a))),
        KnownMistake("It is ln of the number of different items.",
            "A perfect model gives the other items no probability.",
            lambda a: np.log(len(np.unique(a)))),
        KnownMistake("It is the entropy of the items.",
            "That is the loss of a model that knows only how frequent they are. This one knows the "
            "row.",
            lambda a: -np.log(columns(a) / len(a)).mean()),
        KnownMistake("It is 0, as if a perfect model had no loss.",
            "Equal columns have equal scores, however good the model is.",
            lambda a: 0.0),
        KnownMistake("It is the loss of the row whose item comes most often.",
            "Take the mean over all rows.", lambda a: np.log(columns(a).max())),
        KnownMistake("It is in bits.", "`np.log` is the natural logarithm.",
            lambda a: np.log2(columns(a)).mean()),
    ),
    rules=(at_least_zero,),
    atol=1e-12,
)
