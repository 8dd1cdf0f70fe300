"""An exercise on a mistake: a mask that does not exclude."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons import softmax
from softmax_lessons.exercises._exercise import Exercise, KnownMistake, Stage
from softmax_lessons.exercises.catalog._shared import (
    CUBE,
    KEEPDIMS,
    NINE_DIGITS,
    array,
    exp,
    low_scores,
    max_of,
    normalized,
)

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

ORDER = 120  # among the chapters

# The tables are laid out by hand: a known mistake is its sentence, its hint and its formula.
# fmt: off

# --- a mask ---------------------------------------------------------------------------------------


def kept(*rows: str) -> Array:
    """Return a mask: 1 for what counts, 0 for what is left out."""
    mask = np.array([[mark == "1" for mark in row] for row in rows])
    return mask[0] if len(rows) == 1 else mask


def filled(z: Array, keep: Array, value: float) -> Array:
    """Return softmax after some value has taken the place of what is left out."""
    return np.asarray(softmax(np.where(keep, z, value)))


def shifted_by_all(z: Array, keep: Array) -> Array:
    """Return the masked softmax with the maximum of all scores subtracted, kept or not."""
    e = exp(z - max_of(z)) * keep
    return np.where(keep.any(axis=-1, keepdims=True), normalized(e), 0.0)


def unshifted(z: Array, keep: Array) -> Array:
    """Return the masked softmax with no maximum subtracted."""
    e = np.where(keep, exp(z), 0.0)
    return np.where(keep.any(axis=-1, keepdims=True), normalized(e), 0.0)


SOME = ((array(0.25, 1.23, -0.8), kept("101")), (array(3.0, -1.0, 0.5, 2.0), kept("0111")),
    (array(0.9, -1.4, 1.6, 0.1, -0.6), kept("10011")), (array(-0.3, -1.7), kept("01")))

NOTHING = ((array([0.25, 1.23, -0.8], [2.0, 1.0, 0.5]), kept("101", "000")),
    (array(0.5, -0.5), kept("00")))

MASKED_SOFTMAX = Exercise(
    "Write a softmax that leaves things out",
    "masked_softmax(scores, keep)",
    "`keep` has the shape of `scores` and is True for what counts. Return the softmax of what "
    "counts, along the last axis, and 0 for the rest. Nothing overflows, however large a score is, "
    f"kept or not. A row in which nothing counts gives zeros. {NINE_DIGITS}",
    right=lambda z, keep: softmax(z, where=keep),
    stages=(
        Stage("one vector", "It is not the softmax of what counts.",
            "exp of what counts, 0 for the rest, divided by the sum.", SOME),
        Stage("a batch of rows", "One vector is right, but the rows of a batch are not.", KEEPDIMS,
            ((array([0.25, 1.23, -0.8], [2.0, 1.0, 0.5]), kept("110", "011")),
                (array([0.1, 0.7, -0.4], [1.5, -0.2, 0.3], [-1.1, 0.6, 2.2]),
                    kept("100", "101", "111")),
                (CUBE, np.array([kept("110", "011"), kept("101", "001")])))),
        Stage("large scores", "Large scores that count give wrong numbers.",
            "Subtract the maximum of what counts first.",
            ((array(1000.0, 1001.0, 0.0), kept("110")),
                (array(-1000.0, -1001.0, -5000.0), kept("110")),
                (array(1e5, 1e5 + 1, 0.0), kept("110")), (array(1e300, -1e300, 0.0), kept("110")),
                (array([1000.0, 1001.0, 0.0], [0.0, -1000.0, -1001.0]), kept("111", "011"))),
            hard=True),
        Stage("a large score left out", "A score that is left out still has a say.",
            "The maximum is that of what counts. A score left out may be larger than all of it.",
            ((array(1.0, 5000.0, 2.0), kept("101")), (array(0.0, 1e6, -1.0, 1e300), kept("1010")),
                (array([900.0, 0.0, 1.0], [0.0, 1.0, 800.0]), kept("011", "110"))), hard=True),
        low_scores((array(-150.0, -151.0, 0.0), kept("110")),
            (array(-2e4, -2e4 - 1, 7.0), kept("110")), (array(-1e5, 0.0, -1e5 - 1), kept("101")),
            (array(-1e300, 0.0), kept("10")), extra_cases=NOTHING),
        Stage("a row with nothing left", "A row in which nothing counts does not give zeros.",
            "There the sum is 0, or every score is -inf. Divide only where something counts.",
            NOTHING, hard=True),
    ),
    mistakes=(
        KnownMistake("It takes softmax of everything, and then drops what does not count.",
            "What is left no longer sums to 1: divide by its own sum.",
            lambda z, keep: softmax(z) * keep),
        KnownMistake("It sets what does not count to 0 before softmax.",
            "exp(0) is 1: a score of 0 gets a probability like any other. Its exponential must "
            "be 0.",
            lambda z, keep: filled(z, keep, 0.0)),
        KnownMistake("It multiplies by the mask before softmax, and after it.",
            "exp(0) is 1, and that has gone into the sum.",
            lambda z, keep: filled(z, keep, 0.0) * keep),
        KnownMistake("It ignores the mask.", "Use `keep`.", lambda z, keep: softmax(z)),
        KnownMistake("The mask is turned round: it keeps what should be left out.",
            "`keep` is True for what counts.", lambda z, keep: softmax(z, where=~keep)),
        KnownMistake("It divides by the sum over the whole batch.", KEEPDIMS,
            lambda z, keep: np.where(keep, np.exp(z), 0) / np.where(keep, np.exp(z), 0).sum()),
        KnownMistake("It subtracts the maximum of all scores, also of those that are left out.",
            "Next to 5000 every other power is 0. Take the maximum of what counts.",
            shifted_by_all),
        KnownMistake("No maximum is subtracted: large scores overflow.",
            "Subtract the maximum of what counts.", unshifted),
        KnownMistake("What is left out gets -inf, and a row in which nothing counts becomes NaN.",
            "There is no -inf - (-inf). Give such a row zeros.",
            lambda z, keep: np.where(keep.any(axis=-1, keepdims=True),
                softmax(z, where=keep), np.nan)),
        KnownMistake(
            "What is left out gets a very negative number, and a row in which nothing counts "
            "has equal probabilities.",
            "Equal scores get equal probabilities, however low they are. Set that row to 0.",
            lambda z, keep: filled(z, keep, -1e9)),
    ),
)
