"""Exercises on PyTorch's loss functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons import log_softmax
from softmax_lessons.exercises._exercise import Exercise, KnownMistake, Stage
from softmax_lessons.exercises.catalog._shared import (
    BATCHES_AND_LABELS,
    ONE_ROW,
    PROBABILITY_ROWS,
    SIX_DIGITS,
    SQUARE,
    TALL,
    TWO_ROWS,
    WITHOUT_LAST,
    array,
    labels,
    without_last_class,
)
from softmax_lessons.exercises.rules import at_least_zero

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

ORDER = 100  # among the chapters

# The tables are laid out by hand: a known mistake is its sentence, its hint and its formula.
# fmt: off

# --- two kinds of targets -------------------------------------------------------------------------


def each(log_p: Array, y: Array) -> Array:
    """Return the loss of each row that counts."""
    if y.ndim == 2:
        return np.asarray(-np.where(y == 0, 0, y * np.where(y == 0, 0, log_p)).sum(axis=-1))
    rows = np.flatnonzero(y != -100)
    return np.asarray(-log_p[rows, y[rows]])


def certain(y: Array) -> Array:
    """Return the most probable class of each row as its label."""
    return np.asarray(y.argmax(axis=-1) if y.ndim == 2 else y)


def counted_from_1(y: Array, k: int) -> Array:
    """Return the targets with the classes moved on by one."""
    return np.asarray(np.roll(y, 1, axis=-1) if y.ndim == 2 else np.where(y < 0, y, (y - 1) % k))


def best(log_p: Array, y: Array) -> Array:
    """Return minus the largest log-probability of each row that counts."""
    return np.asarray(-log_p[np.ones(len(y), bool) if y.ndim == 2 else y != -100].max(axis=-1))


MEAN_LOSS = Exercise(
    "Take both kinds of targets",
    "mean_loss(log_p, target)",
    "`log_p` has N rows of K log-probabilities. `target` holds N whole numbers from 0 to K - 1, "
    "where -100 leaves the row out; or N rows of K probabilities. Return the mean loss of the rows "
    f"that count, as one number. A class of probability 0 in `target` costs nothing. {SIX_DIGITS}",
    right=lambda t, y: each(t, y).mean(),
    stages=(
        Stage("class indices", "It is not the mean of minus the labels' log-probabilities.",
            "Pick one entry of each row: `log_p[np.arange(N), target]`.",
            (*((log_softmax(z), y) for z, y in BATCHES_AND_LABELS),
                (array([-50.0, 0.0], [0.0, -700.0]), labels(0, 1)))),
        without_last_class(*((log_softmax(z), y) for z, y in WITHOUT_LAST)),
        Stage("probabilities", "Class indices are right, but probabilities are not.",
            "Two axes mean probabilities: multiply by `log_p`, add up each row, take the mean.",
            ((log_softmax(TWO_ROWS), PROBABILITY_ROWS[0]),
                (log_softmax(SQUARE), PROBABILITY_ROWS[1]),
                (log_softmax(ONE_ROW), PROBABILITY_ROWS[2]),
                (log_softmax(SQUARE), array([0.0, 1.0, 0.0], [0.5, 0.5, 0.0], [0.0, 0.0, 1.0])))),
        Stage("rows left out", "A label of -100 is not left out of the mean.",
            "Keep the rows where `target != -100`, and divide by their number.",
            ((log_softmax(TWO_ROWS), labels(1, -100)),
                (log_softmax(SQUARE), labels(-100, 0, 2)),
                (log_softmax(TALL), labels(-100, -100, 1, 0)))),
        Stage("an impossible class",
            "A log-probability of -inf counts only where its target is not 0.",
            "0 * -inf is NaN: put 0 in the place of `log_p` where the target is 0.",
            ((array([-np.inf, 0.0]), labels(1)),
                (array([np.log(0.25), np.log(0.75), -np.inf]), array([0.3, 0.7, 0.0])),
                (array([np.log(0.5), -np.inf, np.log(0.5)], [-np.inf, -np.inf, 0.0]),
                    array([0.1, 0.0, 0.9], [0.0, 0.0, 1.0]))),
            hard=True),
    ),
    mistakes=(
        KnownMistake("It adds up, and does not divide by the number of rows.", "Take the mean.",
            lambda t, y: each(t, y).sum()),
        KnownMistake("It returns one number a row, not their mean.", "Take the mean.", each),
        KnownMistake("It takes all columns that occur among the labels, in every row.",
            "`log_p[:, target]` does that. Use `log_p[np.arange(N), target]`.",
            lambda t, y: -t[:, y].mean()),
        KnownMistake("It takes the mean over all N times K entries.", "Only N losses count.",
            lambda t, y: each(t, y).sum() / t.size),
        KnownMistake("It takes exp, and returns minus the mean probability.",
            "Leave the logarithms.",
            lambda t, y: -np.exp(-each(t, y)).mean()),
        KnownMistake("It takes the logarithm of the mean probability.", "Leave the logarithms.",
            lambda t, y: -np.log(np.exp(-each(t, y)).mean())),
        KnownMistake("It ignores the targets, and takes the largest log-probability.",
            "The target says which one counts.", lambda t, y: best(t, y).mean()),
        KnownMistake("It ignores the targets, and takes the mean of all entries.",
            "The target says which one counts.", lambda t, y: -t.mean()),
        KnownMistake("The classes count from 1.", "Label 0 is the first column.",
            lambda t, y: each(t, counted_from_1(y, t.shape[-1])).mean()),
        KnownMistake("It takes the most probable class of a row of probabilities for its label.",
            "All classes count: multiply by the probabilities.",
            lambda t, y: each(t, certain(y)).mean()),
        KnownMistake("Rows that are left out still count in the number of rows.",
            "Divide by the number of rows whose label is not -100.",
            lambda t, y: each(t, y).sum() / len(y)),
    ),
    rules=(at_least_zero,),
    logarithmic=True,
    rtol=1e-6,
    atol=1e-9,
)
