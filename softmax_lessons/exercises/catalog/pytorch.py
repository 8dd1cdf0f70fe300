"""Exercises on PyTorch's loss functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons import log_softmax
from softmax_lessons.exercises._exercise import Exercise, Mistake, Stage
from softmax_lessons.exercises._rules import at_least_zero
from softmax_lessons.exercises.catalog._shared import (
    BATCHES_AND_LABELS,
    SIX_DIGITS,
    array,
    at_label,
    labels,
)

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

ORDER = 100  # among the chapters

# The tables are laid out by hand: a known mistake is its sentence, its hint and its formula.
# fmt: off

# --- PyTorch --------------------------------------------------------------------------------------


def nll(log_p: Array, y: Array) -> Array:
    """Return the mean of minus the log-probabilities of the labels."""
    return np.asarray(-at_label(log_p, y).mean())


NLL_LOSS = Exercise(
    "Rebuild nll_loss in NumPy",
    "nll_loss(log_p, labels)",
    "`log_p` has N rows of K log-probabilities, `labels` holds N whole numbers from 0 to K - 1. "
    f"Return minus the mean of the log-probabilities of the labels, as one number. {SIX_DIGITS}",
    right=nll,
    stages=(
        Stage("some batches", "It is not the mean of minus the labels' log-probabilities.",
            "Pick one entry of each row: `log_p[np.arange(N), labels]`.",
            tuple((log_softmax(z), y) for z, y in BATCHES_AND_LABELS)),
        Stage("an impossible class",
            "A log-probability of -inf counts only where it is the label's.",
            "Pick entries. A product with one-hot rows meets 0 * -inf, which is NaN.",
            ((array([-np.inf, 0.0]), labels(1)),
                (array([np.log(0.5), np.log(0.5), -np.inf], [-np.inf, -np.inf, 0.0]),
                    labels(1, 2))),
            hard=True),
    ),
    mistakes=(
        Mistake("It adds up, and does not divide by the number of rows.", "Take the mean.",
            lambda t, y: -at_label(t, y).sum()),
        Mistake("It returns one number a row, not their mean.", "Take the mean.",
            lambda t, y: -at_label(t, y)),
        Mistake("It takes all columns that occur among the labels, in every row.",
            "`log_p[:, labels]` does that. Use `log_p[np.arange(N), labels]`.",
            lambda t, y: -t[:, y].mean()),
        Mistake("It takes the mean over all N times K entries.", "Only N of them count.",
            lambda t, y: -at_label(t, y).sum() / t.size),
        Mistake("It takes exp, and returns minus the mean probability.", "Leave the logarithms.",
            lambda t, y: -np.exp(at_label(t, y)).mean()),
        Mistake("It takes the logarithm of the mean probability.", "Leave the logarithms.",
            lambda t, y: -np.log(np.exp(at_label(t, y)).mean())),
        Mistake("It ignores the labels, and takes the largest log-probability.",
            "The label says which one counts.", lambda t, y: -t.max(axis=-1).mean()),
        Mistake("It ignores the labels, and takes the mean of all entries.",
            "The label says which one counts.", lambda t, y: -t.mean()),
        Mistake("The classes count from 1.", "Label 0 is the first column.",
            lambda t, y: nll(t, (y - 1) % t.shape[-1])),
    ),
    rules=(at_least_zero,),
    logarithmic=True,
    rtol=1e-6,
    atol=1e-9,
)
