"""Exercises on PyTorch's loss functions: two kinds of targets, and their shapes."""

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

# --- the shape of the targets ---------------------------------------------------------------------


def sizes(*numbers: int) -> Array:
    """Return a shape as an array."""
    return np.array(numbers, dtype=int)


TARGETS_SHAPE = Exercise(
    "Predict the shape of the targets",
    "targets_shape(shape)",
    "`shape` is the shape of some logits: a tuple of two whole numbers or more. Return the shape "
    "of the class indices that `F.cross_entropy(logits, targets)` takes with them, as a tuple, a "
    "list or an array.",
    right=lambda shape: sizes(*shape[:1], *shape[2:]),
    stages=(
        Stage("a row for each picture", "The shape is wrong for one row of logits a picture.",
            "There is one class index for each picture.",
            (((4, 3),), ((300, 10),), ((2, 5),)), extra_cases=(((2, 3, 5),), ((8, 6, 4),))),
        Stage("words of sentences", "Two dimensions are right, three are not.",
            "`cross_entropy` looks for the classes at dimension 1, wherever they are.",
            (((2, 3, 5),), ((8, 6, 4),), ((7, 2, 9),)), extra_cases=(((4, 10, 28, 32),),)),
        Stage("points of pictures", "Three dimensions are right, four or more are not.",
            "There is one class index for each place: all dimensions but the one of the classes.",
            (((4, 10, 28, 32),), ((2, 3, 5, 6, 7),))),
    ),
    mistakes=(
        KnownMistake("It leaves out the last dimension, as if the classes stood there.",
            "Softmax takes `dim=-1`, but `cross_entropy` wants the classes at dimension 1.",
            lambda shape: sizes(*shape[:-1])),
        KnownMistake("It leaves out the first dimension.",
            "The pictures stay, one or more indices for each: the classes go.",
            lambda shape: sizes(*shape[1:])),
        KnownMistake("It is the shape of the logits.",
            "Targets of that shape are probabilities. An index stands for all classes.",
            lambda shape: sizes(*shape)),
        KnownMistake("There is one index for each picture or sentence, whatever else there is.",
            "Each word has a class of its own.", lambda shape: sizes(shape[0])),
        KnownMistake("It keeps the first two dimensions.",
            "The second is that of the classes, which an index replaces.",
            lambda shape: sizes(*shape[:2])),
        KnownMistake("It keeps the last two dimensions.",
            "Only dimension 1 goes, that of the classes.", lambda shape: sizes(*shape[-2:])),
        KnownMistake("It keeps the first and the last dimension alone.",
            "Only dimension 1 goes, that of the classes.",
            lambda shape: sizes(shape[0], *shape[2:][-1:])),
        KnownMistake("The dimension of the classes stays, with length 1.",
            "Leave it out: PyTorch takes no such dimension.",
            lambda shape: sizes(shape[0], 1, *shape[2:])),
        KnownMistake("A dimension of length 1 comes at the end.",
            "There is one index, not a row with one index.",
            lambda shape: sizes(shape[0], *shape[2:], 1)),
        KnownMistake("It is the number of pictures, not a shape.",
            "A shape lists all dimensions, (N,) if there is one.", lambda shape: shape[0]),
        KnownMistake("It returns targets of that shape, not the shape itself.",
            "Return its dimensions.", lambda shape: np.zeros(shape[:1] + shape[2:])),
        KnownMistake("It is the number of classes.", "The targets hold no dimension for them.",
            lambda shape: sizes(shape[1])),
        KnownMistake("It joins all places into one long list.",
            "That needs a `reshape` of the logits, too. These stay as they are.",
            lambda shape: sizes(np.prod(shape[:1] + shape[2:]))),
        KnownMistake("It returns how many indices there are, not their shape.",
            "Return the dimensions.", lambda shape: np.prod(shape[:1] + shape[2:])),
    ),
    accepts_lists=True,
)
