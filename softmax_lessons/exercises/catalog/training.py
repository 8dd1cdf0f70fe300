"""Exercises on training: a gradient through a hidden layer, and what a step promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from softmax_lessons import cross_entropy, cross_entropy_and_grad, one_hot, softmax
from softmax_lessons.exercises._exercise import Exercise, KnownMistake, Stage
from softmax_lessons.exercises.catalog._shared import (
    SHIFT,
    SIX_DIGITS,
    array,
    labels,
    large_slopes,
    without_last_class,
)
from softmax_lessons.exercises.rules import at_least_zero

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

ORDER = 110  # among the chapters

# The tables are laid out by hand: a known mistake is its sentence, its hint and its formula.
# fmt: off

# --- back through tanh ----------------------------------------------------------------------------


def residual(h: Array, w2: Array, y: Array) -> Array:
    """Return the slope of the mean loss for each score."""
    return np.asarray(cross_entropy_and_grad(h @ w2.T, y)[1])


def features(w1: Array, x: Array) -> Array:
    """Return tanh of what the first layer says."""
    return np.asarray(np.tanh(x @ w1.T))


def back(w1: Array, w2: Array, x: Array, y: Array) -> Array:
    """Return the slope for each feature, before tanh is passed."""
    return np.asarray(residual(features(w1, x), w2, y) @ w2)


def right(w1: Array, w2: Array, x: Array, y: Array) -> Array:
    """Return the gradient of the mean loss for the first weights."""
    return np.asarray((back(w1, w2, x, y) * (1 - features(w1, x) ** 2)).T @ x)


TWO_BY_TWO = array([0.7, -0.4], [0.3, 1.1])
THREE_BY_TWO = array([0.9, -0.2], [0.4, 0.6], [-0.5, 1.3])
THREE_BY_THREE = array([0.2, -0.4, 0.9], [1.1, 0.3, -0.6], [-0.5, 0.6, 0.1])
TWO_BY_THREE = array([0.3, -0.1, 0.7], [-0.2, 0.4, 0.5])
POINTS = array([1.0, 0.5], [-0.3, 2.0], [0.8, -1.2], [1.5, 0.4])
MORE = array([0.9, -0.6, 0.2], [1.3, 0.8, -0.7])

TANH_SLOPES = Exercise(
    "Go back through tanh",
    "tanh_slopes(W1, W2, x, labels)",
    "`W1` has H rows and D columns, `W2` has K rows and H columns, `x` has N rows and D columns, "
    "`labels` holds N whole numbers from 0 to K - 1. The logits are `np.tanh(x @ W1.T) @ W2.T`. "
    f"Return the gradient of the mean cross-entropy for `W1`, in the shape of `W1`. {SIX_DIGITS}",
    right=right,
    stages=(
        Stage("one row", "This is not the gradient for `W1`.",
            "Go back one step at a time: p - y, times `W2`, times 1 - tanh², times the row x.",
            ((THREE_BY_TWO, TWO_BY_THREE, POINTS[1:2], labels(1)),
                (TWO_BY_TWO, THREE_BY_TWO, POINTS[:1], labels(2)),
                (THREE_BY_THREE, TWO_BY_THREE, MORE[:1], labels(1)))),
        without_last_class((TWO_BY_TWO, THREE_BY_TWO, POINTS[:1], labels(0)),
            (TWO_BY_TWO, THREE_BY_TWO, POINTS[1:2], labels(1))),
        Stage("a batch of rows", "One row is right, but a batch of rows is not.",
            "The loss is a mean over N rows, and so is its gradient: (p - y) / N.",
            ((TWO_BY_TWO, THREE_BY_TWO, POINTS, labels(2, 0, 1, 1)),
                (THREE_BY_THREE, TWO_BY_THREE, MORE, labels(1, 0)))),
        large_slopes((0.1 * TWO_BY_TWO, 60 * THREE_BY_TWO, 5 * POINTS[:3], labels(2, 0, 1)),
            (1e-4 * TWO_BY_TWO, THREE_BY_TWO, 1e4 * POINTS[:1], labels(2)),
            (1e4 * TWO_BY_TWO, THREE_BY_TWO, 1e-4 * POINTS[1:2], labels(1))),
        Stage("saturated units", "Where tanh is close to 1 or -1 the gradient is wrong.",
            "The slope 1 - tanh² is small there, and counts as it is.",
            ((4 * TWO_BY_TWO, THREE_BY_TWO, 2 * POINTS[:1], labels(2)),
                (6 * THREE_BY_TWO, TWO_BY_THREE, 2 * POINTS[1:2], labels(1))), hard=True),
        Stage("large logits", "Large logits give a wrong gradient.", SHIFT,
            ((TWO_BY_TWO, 2000 * THREE_BY_TWO, POINTS[:1], labels(2)),
                (THREE_BY_TWO, 3000 * THREE_BY_THREE, POINTS[:2], labels(0, 1)),
                (0.1 * THREE_BY_TWO, 1e6 * THREE_BY_THREE, POINTS[:2], labels(0, 1))),
            hard=True),
    ),
    mistakes=(
        KnownMistake("It has the wrong sign: it is y - p that goes back.", "The slope is p - y.",
            lambda w1, w2, x, y: -right(w1, w2, x, y)),
        KnownMistake("The slope of tanh is missing.",
            "Multiply by 1 - tanh² on the way from the features to `W1`.",
            lambda w1, w2, x, y: back(w1, w2, x, y).T @ x),
        KnownMistake("It takes the slope of ReLU, 1 where a feature is above 0.",
            "The slope of tanh is 1 - tanh².",
            lambda w1, w2, x, y: (back(w1, w2, x, y) * (features(w1, x) > 0)).T @ x),
        KnownMistake("The slope of tanh is taken at tanh(a), not at a.",
            "With h = tanh(a) it is 1 - h², without a second tanh.",
            lambda w1, w2, x, y:
                (back(w1, w2, x, y) * (1 - np.tanh(features(w1, x)) ** 2)).T @ x),
        KnownMistake("The slope of tanh is 1 - a², with a where tanh(a) belongs.",
            "It is 1 - tanh(a)².",
            lambda w1, w2, x, y: (back(w1, w2, x, y) * (1 - (x @ w1.T) ** 2)).T @ x),
        KnownMistake("The slope of tanh is 1 - h, without the square.", "It is 1 - h².",
            lambda w1, w2, x, y: (back(w1, w2, x, y) * (1 - features(w1, x))).T @ x),
        KnownMistake("It multiplies by h (1 - h), the slope of sigmoid.", "That of tanh is 1 - h².",
            lambda w1, w2, x, y: (back(w1, w2, x, y)
                * features(w1, x) * (1 - features(w1, x))).T @ x),
        KnownMistake("It multiplies by tanh, not by the slope of tanh.", "The slope is 1 - tanh².",
            lambda w1, w2, x, y: (back(w1, w2, x, y) * features(w1, x)).T @ x),
        KnownMistake("The scores leave tanh out: they come from `x @ W1.T` itself.",
            "The features are tanh of it.",
            lambda w1, w2, x, y: (residual(x @ w1.T, w2, y) @ w2
                * (1 - features(w1, x) ** 2)).T @ x),
        KnownMistake("The label is not subtracted from the probabilities.", "The slope is p - y.",
            lambda w1, w2, x, y: (softmax(features(w1, x) @ w2.T) @ w2
                * (1 - features(w1, x) ** 2)).T @ x / len(x)),
        KnownMistake("It subtracts y from the logits, not from the probabilities.",
            "Apply softmax first.",
            lambda w1, w2, x, y: ((features(w1, x) @ w2.T - one_hot(y, len(w2))) @ w2
                * (1 - features(w1, x) ** 2)).T @ x / len(x)),
        KnownMistake("It is the gradient for `W2`.", "Go on: times `W2`, times 1 - tanh², times x.",
            lambda w1, w2, x, y: residual(features(w1, x), w2, y).T @ features(w1, x)),
        KnownMistake("The classes count from 1.", "Label 0 is the first row of `W2`.",
            lambda w1, w2, x, y: right(w1, w2, x, (y - 1) % len(w2))),
        KnownMistake("It adds the rows up: the gradient is N times too large.",
            "The loss is a mean: divide by the number of rows.",
            lambda w1, w2, x, y: len(x) * right(w1, w2, x, y)),
        KnownMistake("It divides by the number of classes, not by the number of rows.",
            "The loss is a mean over the rows.",
            lambda w1, w2, x, y: len(x) / len(w2) * right(w1, w2, x, y)),
    ),
    rtol=1e-6,
    atol=1e-9,
)

# --- what a step promises -------------------------------------------------------------------------


def slopes(W: Array, b: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """Return the slopes of the mean loss for the weights and for the constants."""
    delta = cross_entropy_and_grad(x @ W.T + b, y)[1]
    return np.asarray(delta.T @ x), np.asarray(delta.sum(axis=0))


def squared(*gradients: Array) -> Any:
    """Return the sum of the squares of all entries."""
    return sum((g**2).sum() for g in gradients)


def promised(W: Array, b: Array, x: Array, y: Array, rate: float) -> Any:
    """Return by how much the loss would fall on a straight line."""
    return rate * squared(*slopes(W, b, x, y))


def real(W: Array, b: Array, x: Array, y: Array, rate: float) -> Any:
    """Return by how much the loss does fall."""
    of_W, of_b = slopes(W, b, x, y)
    after = x @ (W - rate * of_W).T + b - rate * of_b
    return cross_entropy(x @ W.T + b, y) - cross_entropy(after, y)


def of_delta(delta: Array, x: Array, rate: float) -> Any:
    """Return what is promised if these are the slopes for the scores."""
    return rate * squared(delta.T @ x, delta.sum(axis=0))


CONSTANTS = array(0.3, -0.5, 0.2)

PROMISED_FALL = Exercise(
    "Find what a step promises",
    "promised_fall(W, b, x, labels, rate)",
    "`W` has K rows and D columns, `b` holds K constants, `x` has N rows and D columns, `labels` "
    "holds N whole numbers from 0 to K - 1. The logits are `x @ W.T + b`, the loss is the mean "
    "cross-entropy. Gradient descent with the learning rate `rate` takes one step, with all N "
    "rows. Return by how much the loss would fall if every slope stayed what it is before the "
    f"step, as one number. {SIX_DIGITS}",
    right=promised,
    stages=(
        Stage("one row", "It is not the fall that the slopes promise.",
            "The loss changes by each slope times the change of its weight, and that change is "
            "minus `rate` times the slope.",
            ((THREE_BY_TWO, CONSTANTS, POINTS[1:2], labels(1), 0.5),
                (TWO_BY_TWO, CONSTANTS[:2], POINTS[:1], labels(1), 0.1),
                (TWO_BY_THREE, CONSTANTS[1:], MORE[:1], labels(1), 2.0)),
            extra_cases=((THREE_BY_TWO, CONSTANTS, POINTS, labels(2, 0, 1, 1), 0.5),)),
        Stage("a batch of rows", "One row is right, but a batch of rows is not.",
            "The slopes are means over N rows: take the mean first, then the squares.",
            ((THREE_BY_TWO, CONSTANTS, POINTS, labels(2, 0, 1, 1), 0.5),
                (TWO_BY_THREE, CONSTANTS[:2], MORE, labels(1, 0), 3.0),
                (THREE_BY_TWO, CONSTANTS, POINTS, labels(2, 0, 1, 1), 0.01))),
        without_last_class((THREE_BY_TWO, CONSTANTS, POINTS, labels(0, 0, 1, 1), 0.5),
            (TWO_BY_THREE, CONSTANTS[:2], MORE, labels(0, 0), 1.0)),
        large_slopes((0.1 * TWO_BY_TWO, CONSTANTS[:2], 50 * POINTS, labels(1, 0, 1, 1), 1e-3),
            (1e-4 * THREE_BY_TWO, CONSTANTS, 1e4 * POINTS[:1], labels(2), 0.5)),
        Stage("large logits", "Large logits give a wrong fall.", SHIFT,
            ((2000 * THREE_BY_TWO, CONSTANTS, POINTS, labels(2, 0, 1, 1), 0.5),
                (THREE_BY_TWO, 1000 + CONSTANTS, POINTS, labels(2, 0, 1, 1), 0.5),
                (THREE_BY_TWO, 1e4 * CONSTANTS, POINTS, labels(1, 1, 2, 0), 0.1)), hard=True),
    ),
    mistakes=(
        KnownMistake("The slopes for the constants are left out.",
            "Add the squares of theirs, too.",
            lambda W, b, x, y, rate: rate * squared(slopes(W, b, x, y)[0])),
        KnownMistake("The slopes for the weights are left out.",
            "Add the squares of theirs, too.",
            lambda W, b, x, y, rate: rate * squared(slopes(W, b, x, y)[1])),
        KnownMistake("It has the wrong sign: it is the change, and a fall is asked for.",
            "A loss that falls by 1 changes by -1.", lambda *a: -promised(*a)),
        KnownMistake("It takes the step, and measures how far the loss does fall.",
            "The slopes change on the way. Multiply each by the change of its weight.", real),
        KnownMistake("It is the loss after the fall, not the fall.",
            "Leave out the loss before the step.",
            lambda W, b, x, y, rate: cross_entropy(x @ W.T + b, y) - promised(W, b, x, y, rate)),
        KnownMistake("It is the length of the step, not the fall.",
            "Multiply each change by its slope once more.",
            lambda W, b, x, y, rate: rate * np.sqrt(squared(*slopes(W, b, x, y)))),
        KnownMistake("It is the squared length of the step: the rate is squared.",
            "Multiply the changes by the slopes, not by themselves.",
            lambda W, b, x, y, rate: rate * promised(W, b, x, y, rate)),
        KnownMistake("The learning rate has no effect: it is taken for 1.", "Multiply by `rate`.",
            lambda W, b, x, y, rate: promised(W, b, x, y, 1.0)),
        KnownMistake("It is divided by the learning rate.", "Multiply by `rate`.",
            lambda W, b, x, y, rate: promised(W, b, x, y, 1 / rate)),
        KnownMistake("It is half of it, as in a sum of squares that is to be differentiated.",
            "Leave the half out.", lambda *a: promised(*a) / 2),
        KnownMistake("It adds absolute values, not squares.",
            "A slope is multiplied by a change, which is a slope times the rate.",
            lambda W, b, x, y, rate: rate * sum(np.abs(g).sum() for g in slopes(W, b, x, y))),
        KnownMistake("It adds the slopes up, and squares their sum.", "Square each slope.",
            lambda W, b, x, y, rate: rate * sum(g.sum() for g in slopes(W, b, x, y)) ** 2),
        KnownMistake("It takes the mean of the squares, not their sum.",
            "Each weight adds its part.",
            lambda W, b, x, y, rate: promised(W, b, x, y, rate) / (W.size + b.size)),
        KnownMistake("The slopes are added up over the rows: they are N times too large.",
            "The loss is a mean: divide by the number of rows.",
            lambda W, b, x, y, rate: len(x) ** 2 * promised(W, b, x, y, rate)),
        KnownMistake("It divides by N once, after the squares.",
            "The slopes are means over the rows: divide them before you square.",
            lambda W, b, x, y, rate: len(x) * promised(W, b, x, y, rate)),
        KnownMistake("It squares the slopes of each row, and then takes the mean.",
            "One step is taken with all rows: take the mean of the slopes first.",
            lambda W, b, x, y, rate: np.mean([promised(W, b, x[i : i + 1], y[i : i + 1], rate)
                for i in range(len(x))])),
        KnownMistake("It squares p - y alone, without the inputs.",
            "The slope for a weight is p - y times its input.",
            lambda W, b, x, y, rate: rate * squared(cross_entropy_and_grad(x @ W.T + b, y)[1])),
        KnownMistake("The label is not subtracted from the probabilities.", "The slope is p - y.",
            lambda W, b, x, y, rate: of_delta(softmax(x @ W.T + b) / len(x), x, rate)),
        KnownMistake("It subtracts y from the logits, not from the probabilities.",
            "Apply softmax first.", lambda W, b, x, y, rate: of_delta(
                (x @ W.T + b - one_hot(y, len(W))) / len(x), x, rate)),
        KnownMistake("The constants are missing in the logits.", "The logits are `x @ W.T + b`.",
            lambda W, b, x, y, rate: promised(W, 0 * b, x, y, rate)),
        KnownMistake("The classes count from 1.", "Label 0 is the first row of `W`.",
            lambda W, b, x, y, rate: promised(W, b, x, (y - 1) % len(W), rate)),
        KnownMistake("Softmax runs down the batch, along axis 0.",
            "The classes lie along the last axis.", lambda W, b, x, y, rate: of_delta(
                (softmax(x @ W.T + b, axis=0) - one_hot(y, len(W))) / len(x), x, rate)),
    ),
    rules=(at_least_zero,),
    rtol=1e-6,
    atol=1e-9,
)
