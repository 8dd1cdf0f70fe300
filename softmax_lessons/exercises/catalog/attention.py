"""Exercises on attention: its scores, its masks, a cache, and a softmax that can say nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons import attention, softmax
from softmax_lessons.exercises._exercise import Exercise, KnownMistake, Stage
from softmax_lessons.exercises.catalog._shared import (
    KEEPDIMS,
    LAST_AXIS,
    NINE_DIGITS,
    VECTORS,
    a_batch,
    array,
    cases,
    exp,
    low_scores,
    max_of,
    normalized,
    one_vector,
    sum_of,
)
from softmax_lessons.exercises.rules import at_least_zero

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Args, Array

ORDER = 160  # among the chapters

# The tables are laid out by hand: a known mistake is its sentence, its hint and its formula.
# fmt: off

# --- scores ---------------------------------------------------------------------------------------


def drawn(*shape: int) -> Array:
    """Return numbers between -2 and 2, the same in each run."""
    numbers = 2 * np.sin(1.7 * np.arange(1.0, np.prod(shape) + 1) + len(shape))
    return np.round(numbers, 2).reshape(shape)


def queries_and_keys(length: int, keys: int, d: int, *heads: int) -> Args:
    """Return queries and keys."""
    return drawn(*heads, length, d), drawn(*heads, keys, d)[..., ::-1]


def products(q: Array, k: Array) -> Array:
    """Return the dot products of all queries with all keys."""
    return np.asarray(q @ np.swapaxes(k, -1, -2))


def scaled(q: Array, k: Array) -> Array:
    """Return the scores of attention."""
    return np.asarray(products(q, k) / np.sqrt(q.shape[-1]))


SCALED_SCORES = Exercise(
    "Score all keys for all queries",
    "scaled_scores(q, k)",
    "`q` has L rows, a query each, and `k` has S rows, a key each; both have d columns, and there "
    "may be axes before, such as heads. Return the table of scores, L by S: each dot product, "
    f"divided by the square root of d. {NINE_DIGITS}",
    right=scaled,
    stages=(
        Stage("one query", "These are not the scores of one query.",
            "A score is the sum of the products of query and key, divided by the square root of d.",
            (queries_and_keys(1, 3, 2), queries_and_keys(1, 5, 3), queries_and_keys(1, 2, 5))),
        Stage("several queries", "One query is right, but several are not.",
            "`q @ k.T` has a row for each query and a column for each key.",
            (queries_and_keys(3, 5, 2), queries_and_keys(4, 2, 3), queries_and_keys(3, 3, 7),
                (1e6 * drawn(2, 3), 1e-3 * drawn(4, 3)), (1e-3 * drawn(2, 3), 1e6 * drawn(4, 3)))),
        Stage("heads", "Two axes are right, but more are not.",
            "`.T` turns all axes round. `k.mT`, or `np.swapaxes(k, -1, -2)`, turns the last two. "
            "d is `q.shape[-1]`.",
            (queries_and_keys(3, 5, 2, 4), queries_and_keys(2, 3, 6, 2, 3))),
    ),
    mistakes=(
        KnownMistake("It does not divide by the square root of d.", "d is the length of a query.",
            products),
        KnownMistake("It divides by d, not by its square root.",
            "The spread of the products grows like "
            "the square root.", lambda q, k: products(q, k) / q.shape[-1]),
        KnownMistake("It multiplies by the square root of d.", "Divide.",
            lambda q, k: products(q, k) * np.sqrt(q.shape[-1])),
        KnownMistake("It divides by the square root of the number of keys.",
            "d is the length of a key, not how many there are.",
            lambda q, k: products(q, k) / np.sqrt(k.shape[-2])),
        KnownMistake("It has a row for each key, where each query should have one.",
            "Queries first: `q @ k.T`.", lambda q, k: scaled(k, q)),
        KnownMistake("It takes softmax.", "Return the scores.", lambda q, k: softmax(scaled(q, k))),
        KnownMistake("It normalizes queries and keys first, which gives cosines.",
            "Their lengths count.",
            lambda q, k: products(q / np.sqrt(sum_of(q**2)), k / np.sqrt(sum_of(k**2)))),
    ),
    atol=1e-12,
)

# --- padding --------------------------------------------------------------------------------------


def kept(*rows: str) -> Array:
    """Return a mask: 1 where a query may attend."""
    return np.array([[mark == "1" for mark in row] for row in rows])


def case(keep: Array, d: int, e: int, size: float = 1.0) -> Args:
    """Return queries, keys, values and a mask."""
    length, keys = keep.shape
    q, k = queries_and_keys(length, keys, d)
    return size * q, k, drawn(keys, e), keep


def weighted(weights: Array, v: Array) -> Array:
    """Return the weighted means of the values."""
    return np.asarray(weights @ v)


def empty(keep: Array) -> Array:
    """Return which queries may attend to nothing."""
    return np.asarray(~keep.any(axis=-1, keepdims=True))


NOTHING_KEPT = (case(kept("1011", "0000"), 3, 1), case(kept("000"), 2, 2))

ATTEND = Exercise(
    "Attend to what is kept",
    "attend(q, k, v, keep)",
    "`q` has L rows, `k` and `v` have S rows each. `keep` is L by S, True where a query may attend "
    "to a key. Return for each query the mean of the values it may attend to, weighted by softmax "
    "of its scores, which are dot products divided by the square root of d. A query that may "
    f"attend to nothing gets zeros. Nothing overflows. {NINE_DIGITS}",
    right=lambda q, k, v, keep: attention(q, k, v, mask=keep)[0],
    stages=(
        Stage("everything kept", "With nothing left out, the output is wrong.",
            "Scores, softmax along the keys, then weights times values.",
            (case(kept("111"), 2, 2), case(kept("1111", "1111"), 3, 1),
                case(kept("111", "111", "111"), 4, 3))),
        Stage("some left out", "It is wrong where something is left out.",
            "The score of what is left out becomes -inf before softmax.",
            (case(kept("110"), 2, 2), case(kept("1011", "0111"), 3, 1),
                case(kept("100", "110", "101"), 4, 3), case(kept("01", "10"), 2, 2))),
        Stage("large scores", "Large scores give a wrong output.",
            "Subtract the maximum of what is kept, or let `sl.softmax` do it.",
            (case(kept("110", "011", "111"), 2, 2, 30000.0),
                case(kept("110", "011", "111"), 2, 2, 1e8),
                (1e-3 * drawn(2, 2), 1e3 * drawn(3, 2), 1e7 * drawn(3, 2), kept("110", "111"))),
            hard=True),
        low_scores(*((array([-size, 0.0]), array([1.0, 2.0], [2.0, 1.0], [-1.0, 0.0]), drawn(3, 2),
            kept("110")) for size in (300.0, 3e4, 3e5, 1e12, 1e300)), extra_cases=NOTHING_KEPT),
        Stage("nothing kept", "A query that may attend to nothing does not get zeros.",
            "There every score is -inf, and softmax NaN. Set such rows to 0.",
            NOTHING_KEPT, hard=True),
    ),
    mistakes=(
        KnownMistake("It ignores the mask.", "Use `keep`.",
            lambda q, k, v, keep: weighted(softmax(scaled(q, k)), v)),
        KnownMistake("The mask is turned round: it attends to what should be left out.",
            "`keep` is True where a query may attend.",
            lambda q, k, v, keep: weighted(softmax(scaled(q, k), where=~keep), v)),
        KnownMistake("It does not divide by the square root of d.", "d is the length of a query.",
            lambda q, k, v, keep: weighted(softmax(products(q, k), where=keep), v)),
        KnownMistake("It divides by d, not by its square root.",
            "The spread of the products grows like "
            "the square root.",
            lambda q, k, v, keep: weighted(softmax(products(q, k) / q.shape[-1], where=keep), v)),
        KnownMistake("It divides by the square root of the number of keys.",
            "d is the length of a key, not how many there are.",
            lambda q, k, v, keep: weighted(softmax(products(q, k) / np.sqrt(len(k)), where=keep),
                v)),
        KnownMistake("It takes softmax along the queries, not along the keys.",
            "Each row of the table belongs to a query: `axis=-1`.",
            lambda q, k, v, keep: weighted(softmax(scaled(q, k), axis=-2, where=keep), v)),
        KnownMistake("It returns the weights.", "Multiply them with the values.",
            lambda q, k, v, keep: softmax(scaled(q, k), where=keep)),
        KnownMistake("It sets the weights of what is left out to 0 after softmax, and no more.",
            "What is left no longer sums to 1. Mask the scores, before softmax.",
            lambda q, k, v, keep: weighted(softmax(scaled(q, k)) * keep, v)),
        KnownMistake("It sets the scores of what is left out to 0 before softmax.",
            "exp(0) is 1. The score has to be -inf.",
            lambda q, k, v, keep: weighted(softmax(scaled(q, k) * keep), v)),
        KnownMistake("It adds the mask to the scores.",
            "True adds 1, and False 0: nothing is left out. The score has to be -inf.",
            lambda q, k, v, keep: weighted(softmax(scaled(q, k) + keep), v)),
        KnownMistake("It subtracts the maximum of all scores, also of those left out.",
            "Take the maximum of what is kept.",
            lambda q, k, v, keep: np.where(empty(keep), 0,
                weighted(normalized(exp(scaled(q, k) - max_of(scaled(q, k))) * keep), v))),
        KnownMistake("No maximum is subtracted: large scores overflow.",
            "Subtract the maximum of what is kept.",
            lambda q, k, v, keep: np.where(empty(keep), 0,
                weighted(normalized(np.where(keep, exp(scaled(q, k)), 0)), v))),
        KnownMistake("The scores of what is left out become -inf, and a query that may attend to "
            "nothing gets NaN.",
            "There is no -inf - (-inf). Set such rows to 0.",
            lambda q, k, v, keep: weighted(softmax(np.where(keep, scaled(q, k), -np.inf)), v)),
        KnownMistake(
            "The scores of what is left out become very negative, and a query that may attend "
            "to nothing gets the mean of all values.",
            "Equal scores get equal weights, however low they are. Set such rows to 0.",
            lambda q, k, v, keep: weighted(softmax(np.where(keep, scaled(q, k), -1e9)), v)),
    ),
    atol=1e-12,
)

# --- a cache --------------------------------------------------------------------------------------


def seen(z: Array, further: int = 0) -> Array:
    """Return which keys each query sees, counted from the last of both."""
    length, keys = z.shape[-2:]
    return np.tri(length, keys, keys - length + further, dtype=bool)


def seen_from_the_top(z: Array) -> Array:
    """Return which keys each query sees, counted from the first of both."""
    length, keys = z.shape[-2:]
    return np.tri(length, keys, dtype=bool)


CAUSAL_WEIGHTS = Exercise(
    "See no key that comes later",
    "causal_weights(scores)",
    "`scores` has L rows, a query each, and S columns, a key each; there may be axes before. The "
    "queries are the last L of S words, and the keys of earlier words come from a cache. Each "
    "query sees its own key and all before it: so the last query sees all keys. Return the "
    "weights: softmax of what a query sees, 0 elsewhere, and zeros for a query that sees nothing, "
    f"as happens with more queries than keys. {NINE_DIGITS}",
    right=lambda z: softmax(z, where=seen(z)),
    stages=(
        Stage("as many queries as keys", "With as many queries as keys, the weights are wrong.",
            "Row i sees the columns 0 to i. The score of the others becomes -inf before softmax.",
            cases(drawn(3, 3), drawn(2, 2), drawn(5, 5))),
        Stage("a cache", "With as many queries as keys it is right, but not with a cache.",
            "The last row sees all columns. `np.tri(L, S, S - L)` counts from there.",
            cases(drawn(1, 4), drawn(2, 5), drawn(3, 4))),
        Stage("heads", "Two axes are right, but more are not.",
            "L and S are the last two: `scores.shape[-2:]`.",
            cases(drawn(2, 3, 3), drawn(3, 2, 2, 4))),
        Stage("a large score ahead", "A large score that a query must not see has a say.",
            "The maximum to subtract is that of what the query sees.",
            cases(array([0.0, 5000.0, 1e5], [1.0, 2.0, 9000.0], [1.0, 2.0, 3.0]),
                array([1.0, 0.5, 8000.0], [1000.0, 1001.0, 1002.0]),
                array([2e5, 3e5], [1e5, 1e5 + 1]), array([1e300, 0.0], [-1e300, 1e300])),
            hard=True),
        low_scores(*cases(array([-200.0, 0.0], [-200.0, -201.0]), array([-2e5, 1.0], [-3.0, -2e5]),
            array([-1e300, 0.0], [-1e300, -1.1e300])), extra_cases=cases(drawn(3, 2)), out="ahead"),
        Stage("more queries than keys", "A query that sees nothing does not get zeros.",
            "There every score is -inf, and softmax NaN. Set such rows to 0.",
            cases(drawn(3, 2), drawn(4, 1)), hard=True),
    ),
    mistakes=(
        KnownMistake("Every query sees every key.", "Mask the scores.", softmax),
        KnownMistake("It counts from the first query: with a cache, new queries see too little.",
            "`np.tri(L, S)` is right for L = S alone. The last query sees all keys.",
            lambda z: softmax(z, where=seen_from_the_top(z))),
        KnownMistake("A query does not see its own key.", "The diagonal belongs to it.",
            lambda z: softmax(z, where=seen(z, -1))),
        KnownMistake("A query sees one key too many, that of the word to come.",
            "That is the word to be predicted.", lambda z: softmax(z, where=seen(z, 1))),
        KnownMistake("The mask is turned round: a query sees the keys that come later.",
            "Keep what lies on the diagonal or to the left of it.",
            lambda z: softmax(z, where=~seen(z, -1))),
        KnownMistake("It sets the weights ahead to 0 after softmax, and no more.",
            "What is left no longer sums to 1. Mask the scores, before softmax.",
            lambda z: softmax(z) * seen(z)),
        KnownMistake("It sets the scores ahead to 0 before softmax.",
            "exp(0) is 1. The score has to be -inf.", lambda z: softmax(z * seen(z))),
        KnownMistake("It adds the triangle of ones to the scores.",
            "That leaves nothing out. The score of what is ahead has to be -inf.",
            lambda z: softmax(z + seen(z))),
        KnownMistake("It moves the diagonal the wrong way.",
            "With a cache there are more columns than rows: S - L is above 0.",
            lambda z: softmax(z, where=seen(z, 2 * (z.shape[-2] - z.shape[-1])))),
        KnownMistake("It takes softmax along the queries, not along the keys.",
            "Each row belongs to a query: `axis=-1`.",
            lambda z: softmax(z, axis=-2, where=seen(z))),
        KnownMistake("It subtracts the maximum of all scores, also of those ahead.",
            "Take the maximum of what the query sees.",
            lambda z: normalized(exp(z - max_of(z)) * seen(z))),
        KnownMistake("No maximum is subtracted: large scores overflow.",
            "Subtract the maximum of what the query sees.",
            lambda z: normalized(np.where(seen(z), exp(z), 0))),
        KnownMistake("A query that sees nothing gets NaN.", "Set such rows to 0.",
            lambda z: softmax(np.where(seen(z), z, -np.inf))),
        KnownMistake("The scores ahead become very negative, and a query that sees nothing sees "
            "everything.",
            "Equal scores get equal weights, however low they are. Set such rows to 0.",
            lambda z: softmax(np.where(seen(z), z, -1e9))),
    ),
    rules=(at_least_zero,),
)

# --- softmax1 -------------------------------------------------------------------------------------


def with_zero(z: Array) -> Array:
    """Return softmax of the scores and a 0 at the end."""
    return np.asarray(softmax(np.concatenate([z, np.zeros_like(z[..., :1])], axis=-1)))


def at_least_0(z: Array) -> Array:
    """Return the maximum of the scores and 0."""
    return np.asarray(np.maximum(max_of(z), 0))


def normalized_with(one: Array | float, e: Array) -> Array:
    """Return exponentials divided by their sum, with what stands for the 1."""
    return np.asarray(e / (one + sum_of(e)))


SOFTMAX1 = Exercise(
    "Let the weights sum to less than 1",
    "softmax1(scores)",
    f"Return exp(z) / (1 + the sum of exp(z)). {LAST_AXIS} Nothing overflows. {NINE_DIGITS}",
    right=lambda z: with_zero(z)[..., :-1],
    stages=(
        one_vector(*(z for (z,) in VECTORS), what="It is not softmax1"),
        a_batch(),
        Stage("large scores", "Large scores give wrong weights.",
            "Subtract the maximum m from all scores. The 1 is exp(0), so it becomes exp(-m).",
            cases(array(1000.0, 1001.0), array(8.0, 1.0, 1000.0), array(750.0, 0.0, -750.0),
                array([1000.0, 1001.0], [0.0, 1.0]), array(1e5, 1e5 + 1), array(1e300, -1e300)),
            hard=True),
        Stage("very negative scores", "Very negative scores give wrong weights.",
            "There the 1 is nearly all of the sum, and the weights are nearly exp(z).",
            cases(array(-20.0, -30.0), array(-1000.0, -1001.0),
                array([0.0, -5.0], [-900.0, -40.0]), array(-1e5, -1e300)),
            hard=True),
    ),
    mistakes=(
        KnownMistake("It is softmax: the 1 is missing from the sum.", "Add 1 below the line.",
            softmax),
        KnownMistake("It subtracts the maximum from the scores, and leaves the 1 as it is.",
            "The 1 is exp(0), one score among the others: shifted by m, it is exp(-m).",
            lambda z: normalized_with(1, exp(z - max_of(z)))),
        KnownMistake("The shift is the maximum of the scores and 0, and the 1 is left as it is.",
            "The 1 is exp(0), one score among the others: shifted by m, it is exp(-m).",
            lambda z: normalized_with(1, exp(z - at_least_0(z)))),
        KnownMistake("The 1 becomes exp(m).", "Shifted by m, exp(0) is exp(0 - m).",
            lambda z: normalized_with(exp(at_least_0(z)), exp(z - at_least_0(z)))),
        KnownMistake("The shift is the maximum of the whole batch.", KEEPDIMS,
            lambda z: normalized_with(exp(-z.max()), exp(z - z.max()))),
        KnownMistake("The weight of the added score is still there.", "Drop the last column.",
            with_zero),
        KnownMistake("It adds 1 above the line, too.", "Add it below the line alone.",
            lambda z: (1 + exp(z)) / (1 + sum_of(exp(z)))),
        KnownMistake("It adds 1 for each score.", "Add 1 to the sum, once.",
            lambda z: exp(z) / sum_of(1 + exp(z))),
        KnownMistake("It is the sigmoid of each score.", "The sum goes over all scores of a row.",
            lambda z: exp(z) / (1 + exp(z))),
        KnownMistake("It divides by the sum over the whole batch.", KEEPDIMS,
            lambda z: exp(z) / (1 + exp(z).sum())),
        KnownMistake("No maximum is subtracted: large scores overflow.",
            "Subtract the maximum m from all scores. The 1 becomes exp(-m).",
            lambda z: normalized_with(1, exp(z))),
    ),
    rules=(at_least_zero,),
)

# --- the size of the tables -----------------------------------------------------------------------


def sizes(cache: int, weights: int) -> Array:
    """Return how many numbers the two tables hold."""
    return np.array([cache, weights])


def wide(D: int, h: int) -> int:
    """Return the length of a query, a key or a value of one head."""
    return D // h


TABLE_SIZES = Exercise(
    "Predict the size of the tables",
    "table_sizes(L, S, D, h, g)",
    "A layer cuts queries of D numbers into h heads. Keys and values have heads of the same length "
    "as the queries, but only g of them, which the query heads share; h divides D, and g divides "
    "h. The cache holds the keys and the values of S words, and L queries are asked at once. "
    "Return an array of two numbers: how many numbers the cache holds, and how many weights there "
    "are.",
    right=lambda L, S, D, h, g: sizes(2 * S * g * wide(D, h), h * L * S),
    stages=(
        Stage("one head", "One head is wrong already.",
            "A key is as long as a query, and so is a value here. There is a weight for each query "
            "and each key.", ((4, 6, 8, 1, 1), (1, 5, 3, 1, 1), (7, 2, 16, 1, 1))),
        Stage("several heads", "One head is right, but several are not.",
            "The heads share out the D numbers. But each has a table of weights of its own.",
            ((4, 6, 8, 2, 2), (5, 9, 12, 4, 4), (1, 100, 64, 8, 8)),
            extra_cases=((5, 9, 12, 6, 3),)),
        Stage("shared keys and values", "Where heads of queries share keys and values it is wrong.",
            "Only g heads of keys and values are kept. But each head of queries weighs them in its "
            "own way.", ((4, 6, 8, 2, 1), (5, 9, 12, 6, 3), (1, 2048, 4096, 32, 8))),
    ),
    mistakes=(
        KnownMistake("The cache holds the keys, but not the values.", "Twice as many.",
            lambda L, S, D, h, g: sizes(S * g * wide(D, h), h * L * S)),
        KnownMistake("The cache is counted as if each head of queries had keys of its own.",
            "Only g heads of keys and values are kept.",
            lambda L, S, D, h, g: sizes(2 * S * D, h * L * S)),
        KnownMistake("In the cache each head is as long as all of them together.",
            "A head has D / h numbers.",
            lambda L, S, D, h, g: sizes(2 * S * g * D, h * L * S)),
        KnownMistake("The cache holds one head, not g.", "Each of the g heads is kept.",
            lambda L, S, D, h, g: sizes(2 * S * wide(D, h), h * L * S)),
        KnownMistake("The cache is cut into g pieces, not into h.",
            "A key is as long as a query of one head, D / h.",
            lambda L, S, D, h, g: sizes(2 * S * D // g, h * L * S)),
        KnownMistake("The cache holds the words that are asked, not all of them.",
            "It holds S words.",
            lambda L, S, D, h, g: sizes(2 * L * g * wide(D, h), h * L * S)),
        KnownMistake("The cache holds the queries, too.",
            "A query is asked once, and not needed again.",
            lambda L, S, D, h, g: sizes(2 * S * g * wide(D, h) + L * D, h * L * S)),
        KnownMistake("The weights are those of a single head.", "Each head has its own.",
            lambda L, S, D, h, g: sizes(2 * S * g * wide(D, h), L * S)),
        KnownMistake("Heads that share keys are counted as if they shared their weights, too.",
            "Each of the h heads of queries has its own weights.",
            lambda L, S, D, h, g: sizes(2 * S * g * wide(D, h), g * L * S)),
        KnownMistake("It counts weights for S queries, not for L.",
            "There is a row for each query that is asked.",
            lambda L, S, D, h, g: sizes(2 * S * g * wide(D, h), h * S * S)),
        KnownMistake("Half of the weights are left out, as if a mask saved them.",
            "A mask sets weights to 0. The table has them all the same.",
            lambda L, S, D, h, g: sizes(2 * S * g * wide(D, h), h * L * S / 2)),
        KnownMistake("The two numbers are exchanged.", "The cache comes first.",
            lambda L, S, D, h, g: sizes(h * L * S, 2 * S * g * wide(D, h))),
    ),
    accepts_lists=True,
)
