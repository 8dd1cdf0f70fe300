"""Exercises on scores: one-hot rows, the lead of the best class, and sizes of arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons import hardmax, one_hot
from softmax_lessons.exercises._exercise import Exercise, KnownMistake, Stage
from softmax_lessons.exercises.catalog._shared import (
    FIVE,
    NINE_DIGITS,
    WHOLE,
    WIDE,
    Z,
    a_batch,
    array,
    cases,
    labels,
    one_vector,
    three_axes,
)

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

ORDER = 10  # among the chapters

# The tables are laid out by hand: a known mistake is its sentence, its hint and its formula.
# fmt: off

# --- scores ---------------------------------------------------------------------------------------


def margin(scores: Array) -> Array:
    """Return how far the best class leads the second best."""
    ordered = np.sort(scores, axis=-1)
    return np.asarray(ordered[..., -1] - ordered[..., -2])


ONE_HOT = Exercise(
    "Write labels as one-hot rows",
    "one_hot(labels, n_classes)",
    "`labels` is an array of N whole numbers from 0 to `n_classes` - 1. Return an array with N "
    "rows and `n_classes` columns: 1 in the column of the label, 0 elsewhere.",
    right=one_hot,
    stages=(
        Stage("a few labels", "The rows are not one-hot rows of the labels.",
            "Row i has its 1 in column labels[i]. Classes count from 0.",
            ((labels(2, 0, 1, 2), 3), (labels(1, 3), 4), (labels(0), 2),
                (labels(1, 0, 0, 2, 4), 5))),
        Stage("classes without a label", "It fails where a class has no label.",
            "The number of columns is `n_classes`, whatever the labels are.",
            ((labels(0, 1), 4), (labels(2, 2, 2), 6))),
    ),
    mistakes=(
        KnownMistake("The classes count from 1.", "Label 0 is the first column.",
            lambda y, k: np.eye(k)[y - 1]),
        KnownMistake("It takes the number of classes from the labels, not from `n_classes`.",
            "The last classes may have no label in this batch.",
            lambda y, k: np.eye(y.max() + 1)[y]),
        KnownMistake("It writes the label where the 1 should be.",
            "The place says which class it is.",
            lambda y, k: np.eye(k)[y] * y[:, None]),
        KnownMistake("Zeros and ones are exchanged.", "The label gets the 1.",
            lambda y, k: 1 - np.eye(k)[y]),
        KnownMistake("Only the last label has its row, or all labels share one.",
            "Each row has its own 1: `Y[np.arange(N), labels] = 1`.",
            lambda y, k: np.tile(np.eye(k)[y].max(axis=0), (len(y), 1))),
        KnownMistake("The columns run from the last class to the first.",
            "Class 0 is the first column.",
            lambda y, k: np.eye(k)[y][:, ::-1]),
    ),
)

MARGIN = Exercise(
    "Measure the lead of the best class",
    "margin(scores)",
    "Return how far the largest score leads the second largest, along the last axis: one number "
    "for a vector, one for each row of a batch. Equal best scores have a lead of 0. "
    + NINE_DIGITS,
    right=margin,
    stages=(
        one_vector(Z, WIDE, FIVE, array(-5.0, -1.0, -3.0), array(1.0, 4.0, 3.5, 2.0),
            np.sqrt(array(2.0, 7.0, 3.0)), what="It is not the lead"),
        Stage("ties", "Ties are wrong: two equal best scores have a lead of 0.",
            "Sort the scores, and take the last two, equal or not: do not drop what occurs twice.",
            cases(array(2.0, 2.0, 1.0), array(0.5, 0.5), array(-1.0, 3.0, 0.0, 3.0))),
        Stage("low scores", "Low scores give a wrong lead.",
            "No number is lower than all scores: what is left out gets `-np.inf`.",
            cases(array(-500.0, -510.0, -2000.0), array(-2e5, -1e5), array(-1e300, -1.5e300)),
            hard=True),
        a_batch(hint="Work along the last axis only: `axis=-1`."),
        three_axes(),
        WHOLE,
    ),
    mistakes=(
        KnownMistake("It is the lead over the worst class, not over the second best.",
            "Sort first.",
            lambda z: np.ptp(z, axis=-1)),
        KnownMistake("It is the lead over the mean.", "Sort, and take the last two.",
            lambda z: z.max(axis=-1) - z.mean(axis=-1)),
        KnownMistake("It subtracts neighbours without sorting.", "The best two may stand anywhere.",
            lambda z: z[..., -1] - z[..., -2]),
        KnownMistake("It subtracts the second score from the first without sorting.",
            "The best two may stand anywhere.", lambda z: z[..., 0] - z[..., 1]),
        KnownMistake("It returns the largest score.", "Subtract the second largest.",
            lambda z: z.max(axis=-1)),
        KnownMistake("It returns the second largest score.", "Subtract it from the largest.",
            lambda z: np.sort(z, axis=-1)[..., -2]),
        KnownMistake("It returns the index of the best class.", "`argmax` gives the place.",
            lambda z: z.argmax(axis=-1)),
        KnownMistake("It is the lead of the second lowest score over the lowest.",
            "The largest scores stand at the end of a sorted row.",
            lambda z: np.sort(z, axis=-1)[..., 1] - np.sort(z, axis=-1)[..., 0]),
        KnownMistake("The best score is replaced by 0, which may be above the second best.",
            "No number is lower than all scores: what is left out gets `-np.inf`.",
            lambda z: z.max(axis=-1) - np.where(hardmax(z) == 1, 0, z).max(axis=-1)),
        KnownMistake("It divides the best two scores.", "A lead is a difference.",
            lambda z: np.sort(z, axis=-1)[..., -1] / np.sort(z, axis=-1)[..., -2]),
        KnownMistake("It takes the best two of the whole batch.", "Use `axis=-1`.",
            lambda z: margin(z.ravel())),
    ),
)

# --- the sizes of a classifier --------------------------------------------------------------------


def numbers(W: int, b: int, Z: int, targets: int, of_rows: int, of_columns: int) -> Array:
    """Return how many numbers each of the six arrays holds."""
    return np.array([W, b, Z, targets, of_rows, of_columns])


COUNT_NUMBERS = Exercise(
    "Predict the sizes of a classifier",
    "count_numbers(N, D, K)",
    "A classifier sorts pictures of D pixels into K classes. `X` has N rows, a picture each, and "
    "`Z = X @ W.T + b`. Return an array of six numbers: how many numbers there are in W, in b, in "
    "Z, in the targets in one-hot form, in `Z.argmax(axis=-1)` and in `Z.argmax(axis=0)`.",
    right=lambda N, D, K: numbers(K * D, K, N * K, N * K, N, K),
    stages=(
        Stage("one picture", "One picture is wrong already.",
            "W has a row for each class. Write the shapes down, and multiply.",
            ((1, 4, 3), (1, 6, 2), (1, 784, 10)), extra_cases=((5, 4, 3),)),
        Stage("a batch of pictures", "One picture is right, but several are not.",
            "W and b stay as they are. What belongs to a picture has N rows.",
            ((5, 4, 3), (2, 3, 7), (32, 784, 10))),
    ),
    mistakes=(
        KnownMistake("W is counted with a row for each picture, not for each class.",
            "The weights are the same for all pictures.",
            lambda N, D, K: numbers(N * D, K, N * K, N * K, N, K)),
        KnownMistake("W is counted anew for each picture.",
            "The weights are the same for all pictures.",
            lambda N, D, K: numbers(N * K * D, K, N * K, N * K, N, K)),
        KnownMistake("b is counted as a single number.", "Each class has a constant of its own.",
            lambda N, D, K: numbers(K * D, 1, N * K, N * K, N, K)),
        KnownMistake("b is counted with a number for each picture.",
            "Each class has a constant, the same for all pictures.",
            lambda N, D, K: numbers(K * D, N, N * K, N * K, N, K)),
        KnownMistake("b is counted with a number for each score.",
            "NumPy repeats b for each row; b itself holds a number a class.",
            lambda N, D, K: numbers(K * D, N * K, N * K, N * K, N, K)),
        KnownMistake("b is counted with a number for each pixel.",
            "A constant is added to a score: one a class.",
            lambda N, D, K: numbers(K * D, D, N * K, N * K, N, K)),
        KnownMistake("Z is counted with a column for each pixel.", "Z has a score for each class.",
            lambda N, D, K: numbers(K * D, K, N * D, N * K, N, K)),
        KnownMistake("The targets are counted as labels, one number a picture.",
            "In one-hot form a target is a row of K numbers.",
            lambda N, D, K: numbers(K * D, K, N * K, N, N, K)),
        KnownMistake("The last two are exchanged.",
            "`axis=-1` goes through the classes of each picture, and leaves one choice a picture.",
            lambda N, D, K: numbers(K * D, K, N * K, N * K, K, N)),
        KnownMistake("The choices are counted in one-hot form.",
            "`argmax` returns a place: one number for each row.",
            lambda N, D, K: numbers(K * D, K, N * K, N * K, N * K, K)),
        KnownMistake("`Z.argmax(axis=0)` is counted as one number.",
            "It returns one for each column: the picture with the largest score of the class.",
            lambda N, D, K: numbers(K * D, K, N * K, N * K, N, 1)),
    ),
    accepts_lists=True,
)
