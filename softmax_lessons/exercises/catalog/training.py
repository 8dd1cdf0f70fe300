"""Exercises on training: a step of gradient descent, and a table of the errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons import cross_entropy_and_grad, one_hot, softmax
from softmax_lessons.exercises._exercise import Exercise, Mistake, Stage
from softmax_lessons.exercises.catalog._shared import SHIFT, SIX_DIGITS, array, labels

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

ORDER = 110  # among the chapters

# The tables are laid out by hand: a known mistake is its sentence, its hint and its formula.
# fmt: off

# --- one step -------------------------------------------------------------------------------------


def slopes(w: Array, x: Array, y: Array) -> Array:
    """Return the gradient of the mean loss with respect to the weights."""
    return np.asarray(cross_entropy_and_grad(x @ w.T, y)[1].T @ x)


def residual(w: Array, x: Array, y: Array) -> Array:
    """Return p - y."""
    return np.asarray(softmax(x @ w.T) - one_hot(y, len(w)))


def row_by_row(w: Array, x: Array, y: Array, r: float) -> Array:
    """Return the weights after a step for each row."""
    for i in range(len(x)):
        w = w - r * slopes(w, x[i : i + 1], y[i : i + 1])
    return w


THREE = array([0.2, -0.4], [0.1, 0.3], [-0.5, 0.6])
TWO = array([0.3, -0.1, 0.7], [-0.2, 0.4, 0.5])
POINTS = array([1.0, 0.5], [-0.3, 2.0], [0.8, -1.2], [1.5, 0.4])
MORE = array([0.9, -0.6, 0.2], [1.3, 0.8, -0.7])

SGD_STEP = Exercise(
    "Take one step downhill",
    "sgd_step(weights, x, labels, rate)",
    "`weights` has K rows and D columns, `x` has N rows and D columns, `labels` holds N whole "
    "numbers from 0 to K - 1. The logits are `x @ weights.T`. Return the weights after one step "
    "of gradient descent on the mean cross-entropy, with the learning rate `rate`. Leave `weights` "
    f"as it is. {SIX_DIGITS}",
    right=lambda w, x, y, r: w - r * slopes(w, x, y),
    stages=(
        Stage("one row", "These are not the weights after one step.",
            "The gradient is the column p - y times the row x. Go against it.",
            ((THREE, POINTS[:1], labels(2), 0.5), (TWO, MORE[:1], labels(0), 0.1),
                (THREE, POINTS[1:2], labels(0), 2.0))),
        Stage("a batch of rows", "One row is right, but a batch of rows is not.",
            "The loss is a mean over N rows, and so is its gradient: `(p - y).T @ x / N`.",
            ((THREE, POINTS, labels(2, 0, 1, 1), 0.5), (TWO, MORE, labels(1, 0), 0.1))),
        Stage("large logits", "Large logits give wrong weights.", SHIFT,
            ((array([1000.0], [1001.0]), array([1.0]), labels(0), 0.5),
                (array([-800.0], [-801.0], [0.0]), array([1.0], [2.0]), labels(0, 2), 0.1)),
            hard=True,
            probe=lambda s: (array([s], [s - 1.0]), array([1.0]), labels(1), 0.5)),
    ),
    mistakes=(
        Mistake("It goes uphill.",
            "Subtract the gradient, in which it is p - y, not y - p.",
            lambda w, x, y, r: w + r * slopes(w, x, y)),
        Mistake("It returns the gradient, not the new weights.",
            "Return weights - rate * gradient.", lambda w, x, y, r: slopes(w, x, y)),
        Mistake("It returns the step, not the new weights.", "Return weights - rate * gradient.",
            lambda w, x, y, r: r * slopes(w, x, y)),
        Mistake("It returns minus the step, not the new weights.", "Add it to the weights.",
            lambda w, x, y, r: -r * slopes(w, x, y)),
        Mistake("The learning rate is not used.", "Multiply the gradient by `rate`.",
            lambda w, x, y, r: w - slopes(w, x, y)),
        Mistake("It divides by the learning rate.", "Multiply the gradient by `rate`.",
            lambda w, x, y, r: w - slopes(w, x, y) / r),
        Mistake("The label is not subtracted from the probabilities.", "The slope is p - y.",
            lambda w, x, y, r: w - r * softmax(x @ w.T).T @ x / len(x)),
        Mistake("It subtracts y from the logits, not from the probabilities.",
            "Apply softmax first.",
            lambda w, x, y, r: w - r * (x @ w.T - one_hot(y, len(w))).T @ x / len(x)),
        Mistake("The inputs are missing: each row of the weights moves by p - y.",
            "The slope for a weight is p - y times the input that it multiplies.",
            lambda w, x, y, r: w - r * residual(w, x, y).mean(axis=0)[:, None]),
        Mistake("The gradient is multiplied by p (1 - p): that is the slope of a squared error.",
            "With the logarithm in the loss that factor is gone.",
            lambda w, x, y, r: w - r * (residual(w, x, y) * softmax(x @ w.T)
                * (1 - softmax(x @ w.T))).T @ x / len(x)),
        Mistake("The classes count from 1.", "Label 0 is the first row of the weights.",
            lambda w, x, y, r: w - r * slopes(w, x, (y - 1) % len(w))),
        Mistake("It adds the rows up: the step is N times too long.",
            "The loss is a mean: divide by the number of rows.",
            lambda w, x, y, r: w - r * len(x) * slopes(w, x, y)),
        Mistake("It divides by the number of classes, not by the number of rows.",
            "The loss is a mean over the rows.",
            lambda w, x, y, r: w - r * residual(w, x, y).T @ x / len(w)),
        Mistake("It takes a step for each row, and the later rows see the new weights.",
            "All rows see the same weights: one gradient, one step.", row_by_row),
        Mistake("Softmax runs along the rows' axis, not along the classes.", "Use `axis=-1`.",
            lambda w, x, y, r: w - r
                * (softmax(x @ w.T, axis=0) - one_hot(y, len(w))).T @ x / len(x)),
    ),
    rtol=1e-6,
    atol=1e-9,
)

# --- a table of the errors ------------------------------------------------------------------------


def counts(y: Array, says: Array, k: int) -> Array:
    """Return how often each class is taken for each class."""
    return np.asarray(one_hot(y, k).T @ one_hot(says, k))


SEEN = labels(1, 0, 2, 2, 1, 2, 2), labels(1, 2, 2, 0, 1, 2, 1)
FEW = labels(0, 0, 1, 1, 1), labels(0, 0, 0, 1, 1)

CONFUSION_MATRIX = Exercise(
    "Count what is taken for what",
    "confusion_matrix(labels, predicted, n_classes)",
    "`labels` and `predicted` hold N whole numbers from 0 to `n_classes` - 1. Return the table "
    "with one row and one column for each class: entry (i, j) says how many examples of class i "
    f"were predicted to be class j. {SIX_DIGITS}",
    right=counts,
    stages=(
        Stage("some predictions", "This is not the table of the counts.",
            "Count by hand how often label 0 meets each prediction: that is row 0.",
            ((*SEEN, 3), (*FEW, 2), (labels(3, 1, 1, 0), labels(1, 3, 1, 0), 4))),
        Stage("classes that do not occur", "It fails where a class does not occur.",
            "The table has `n_classes` rows and columns, whatever the labels are.",
            ((*FEW, 4), (labels(2, 2), labels(2, 2), 5))),
    ),
    mistakes=(
        Mistake("Rows and columns are exchanged.", "The rows are the labels.",
            lambda y, s, k: counts(s, y, k)),
        Mistake("A pair that occurs several times is counted once.",
            "`table[labels, predicted] += 1` visits each place once. `np.add.at` does not, nor "
            "does a loop.", lambda y, s, k: np.minimum(counts(y, s, k), 1)),
        Mistake("It counts the right predictions only.", "Errors stand beside the diagonal.",
            lambda y, s, k: np.diag(np.diag(counts(y, s, k)))),
        Mistake("It counts the errors only.", "Right predictions stand on the diagonal.",
            lambda y, s, k: counts(y, s, k) - np.diag(np.diag(counts(y, s, k)))),
        Mistake("It divides by the number of examples.", "Return the counts.",
            lambda y, s, k: counts(y, s, k) / len(y)),
        Mistake("It divides each row by its sum.", "Return the counts.",
            lambda y, s, k: counts(y, s, k) / counts(y, s, k).sum(axis=1, keepdims=True)),
        Mistake("It divides each column by its sum.", "Return the counts.",
            lambda y, s, k: counts(y, s, k) / counts(y, s, k).sum(axis=0)),
        Mistake("The classes count from 1.", "Class 0 is the first row and the first column.",
            lambda y, s, k: counts((y - 1) % k, (s - 1) % k, k)),
        Mistake("It is symmetric: it counts each pair in both orders.",
            "A seal taken for a duck is not a duck taken for a seal.",
            lambda y, s, k: counts(y, s, k) + counts(s, y, k)),
    ),
    rtol=1e-6,
)
