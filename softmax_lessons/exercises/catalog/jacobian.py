"""Exercises on the Jacobian of softmax: a product undone, and the shape of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons import softmax_vjp
from softmax_lessons.exercises._exercise import Exercise, KnownMistake, Stage
from softmax_lessons.exercises.catalog._shared import (
    KEEPDIMS,
    NINE_DIGITS,
    PROBABILITIES,
    PROBABILITY_ROWS,
    array,
    mean_of,
)
from softmax_lessons.exercises.rules import sums_to_zero

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

ORDER = 70  # among the chapters

# The tables are laid out by hand: a known mistake is its sentence, its hint and its formula.
# fmt: off

MOVES = array(0.2, -0.3, 0.1), array(0.3, -0.3), array(-0.1, 0.05, -0.1, 0.15)
ROWS_OF_MOVES = (
    array([0.2, -0.3, 0.1], [-0.4, 0.3, 0.1]),
    array([-0.2, 0.15, 0.05], [0.1, 0.2, -0.3], [0.3, -0.1, -0.2]),
    array([0.2, -0.15, 0.1, -0.15]),
)


def centred(v: Array) -> Array:
    """Return v minus its mean."""
    return np.asarray(v - mean_of(v))


NUDGE = Exercise(
    "Find the nudge behind a move",
    "nudge_for(p, move)",
    "`p` are probabilities from softmax, all above 0, and `move` says how fast each of them shall "
    "change; its entries sum to 0. Return the direction v along which the scores have to move, so "
    "that J v is `move`. Of all such v, return the one whose entries sum to 0. The classes lie "
    f"along the last axis. {NINE_DIGITS}",
    right=lambda p, move: centred(move / p),
    stages=(
        Stage("one vector", "This v does not sum to 0, or J v is not the move.",
            "J v is p * (v - c), with one number c. Solve that for v.",
            tuple(zip(PROBABILITIES, MOVES, strict=True))),
        Stage("a batch of rows", "One vector is right, but the rows of a batch are not.", KEEPDIMS,
            tuple(zip(PROBABILITY_ROWS, ROWS_OF_MOVES, strict=True))),
        Stage("three axes", "Batches with two axes are right, those with three are not.",
            "The last axis is -1, however many there are.",
            ((np.stack([PROBABILITY_ROWS[0], PROBABILITY_ROWS[0][::-1]]),
                np.stack([ROWS_OF_MOVES[0], ROWS_OF_MOVES[0][::-1]])),)),
        Stage("a small probability", "A small probability gives a wrong v.",
            "Nothing has to be added or cut off, however large v becomes.",
            ((array(1e-5, 0.4, 0.59999), array(1e-2, -2e-2, 1e-2)),
                (array(1e-3, 0.999), array(20.0, -20.0))), hard=True),
        Stage("a large move", "A large move gives a wrong v.",
            "Nothing has to be cut off, however large v becomes.",
            ((array(0.2, 0.5, 0.3), array(4e5, -6e5, 2e5)),), hard=True),
    ),
    mistakes=(
        KnownMistake("It makes the right move, but its entries do not sum to 0.",
            "A common shift moves nothing: subtract the mean.", lambda p, m: m / p),
        KnownMistake("It takes the move for a move of the scores, and returns where that leads.",
            "That is J times the move. Here J v is known, and v is not.", softmax_vjp),
        KnownMistake("It divides by p (1 - p), as if only the diagonal of the Jacobian were there.",
            "Each probability depends on every score.", lambda p, m: centred(m / (p * (1 - p)))),
        KnownMistake("It divides by p (1 - p), as if only the diagonal of the Jacobian were there.",
            "Each probability depends on every score.", lambda p, m: m / (p * (1 - p))),
        KnownMistake("It returns the move itself.", "Solve p * (v - c) = move for v.",
            lambda p, m: m),
        KnownMistake("It multiplies by p, where it should divide.",
            "Solve p * (v - c) = move for v.",
            lambda p, m: centred(p * m)),
        KnownMistake("It multiplies by p, where it should divide.",
            "Solve p * (v - c) = move for v.",
            lambda p, m: p * m),
        KnownMistake("It finds the scores of p + move, a step of full length. A slope is wanted.",
            "How fast the probabilities move is J v. Solve p * (v - c) = move for v.",
            lambda p, m: centred(np.log(p + m) - np.log(p))),
        KnownMistake("It finds the scores of p + move, a step of full length. A slope is wanted.",
            "How fast the probabilities move is J v. Solve p * (v - c) = move for v.",
            lambda p, m: np.log(p + m) - np.log(p)),
        KnownMistake("It subtracts the first entry, so that this becomes 0, not the sum.",
            "Subtract the mean.", lambda p, m: m / p - (m / p)[..., :1]),
        KnownMistake("It subtracts the mean of the whole batch, not of each row.", KEEPDIMS,
            lambda p, m: m / p - (m / p).mean()),
        KnownMistake("It subtracts the mean along the first axis, not along the last.", KEEPDIMS,
            lambda p, m: m / p - (m / p).mean(axis=0)),
    ),
    rules=(sums_to_zero,),
    atol=1e-12,
)

# --- the table of a batch -------------------------------------------------------------------------


def blocks(N: int, K: int, block: Array) -> Array:
    """Return the table of a batch whose pictures all have this block of K by K slopes."""
    table = np.zeros((N, K, N, K))
    for i in range(N):
        table[i, :, i] = block
    return table


def whole(N: int, K: int) -> Array:
    """Return the pattern that is right."""
    return blocks(N, K, np.ones((K, K)))


JACOBIAN_PATTERN = Exercise(
    "Predict the table of a batch",
    "jacobian_pattern(N, K)",
    "Softmax runs along the last axis of scores of shape (N, K), with K at least 2. PyTorch's "
    "`jacobian` returns a table with the slope of every output for every input: the axes of the "
    "outputs come first, then those of the inputs. Return an array of the shape of that table, "
    "with 1 where a slope can differ from 0, and 0 where it is 0 whatever the scores are.",
    right=whole,
    stages=(
        Stage("one picture", "One picture is wrong already.",
            "There are K outputs and K inputs, and each score moves each probability.",
            ((1, 3), (1, 2), (1, 5)), extra_cases=((2, 3), (3, 2))),
        Stage("several pictures", "One picture is right, but several are not.",
            "The probabilities of a picture depend on its own scores alone.",
            ((2, 3), (3, 2), (4, 4), (5, 3))),
    ),
    mistakes=(
        KnownMistake("It has a table of K by K for each picture, and no more.",
            "That is what `sl.softmax_jacobian` returns. Here each of the N K outputs meets each "
            "of the N K inputs.", lambda N, K: np.ones((N, K, K))),
        KnownMistake("It returns the shape of the table, not the table.",
            "`np.zeros(shape)` is an array of that shape: put a 1 where a slope can differ from 0.",
            lambda N, K: np.array([N, K, N, K])),
        KnownMistake("It has the shape of the scores.",
            "That is a gradient. Here each output meets each input.",
            lambda N, K: np.ones((N, K))),
        KnownMistake("The axes stand in another order: pictures first, then classes.",
            "First the two axes of the outputs, (N, K), then the two of the inputs.",
            lambda N, K: whole(N, K).swapaxes(1, 2)),
        KnownMistake("The axes of the classes come before those of the pictures.",
            "The outputs have the axes (N, K), as the scores have, and so have the inputs.",
            lambda N, K: whole(N, K).transpose(1, 0, 3, 2)),
        KnownMistake("The axes of pictures and classes are joined: N K rows and N K columns.",
            "PyTorch keeps the axes: (N, K) for the outputs, (N, K) for the inputs.",
            lambda N, K: whole(N, K).reshape(N * K, N * K)),
        KnownMistake("Every entry is 1, as if pictures moved each other's probabilities.",
            "A picture's probabilities depend on its own scores alone.",
            lambda N, K: np.ones((N, K, N, K))),
        KnownMistake("A score moves its own probability alone.",
            "That is the diagonal. The others of the picture move as well: they share one sum.",
            lambda N, K: blocks(N, K, np.eye(K))),
        KnownMistake("The slope of a probability for its own score is 0.",
            "It is p (1 - p), the largest of all.",
            lambda N, K: blocks(N, K, 1 - np.eye(K))),
        KnownMistake("Pictures compete for a class, as if softmax ran along the first axis.",
            "It runs along the last axis: the classes of a picture compete.",
            lambda N, K: np.ones((N, 1, N, 1)) * np.eye(K)[:, None]),
        KnownMistake("0 and 1 are exchanged.", "Put a 1 where a slope can differ from 0.",
            lambda N, K: 1 - whole(N, K)),
    ),
    accepts_lists=True,
)
