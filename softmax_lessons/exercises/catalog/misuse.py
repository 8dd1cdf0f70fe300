"""Exercises on mistakes: a mask that does not exclude, a training step, slopes of three losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from softmax_lessons import cross_entropy_and_grad, log_softmax, one_hot, softmax, softmax_vjp
from softmax_lessons.exercises._exercise import Exercise, KnownMistake, Stage
from softmax_lessons.exercises.catalog._shared import (
    CUBE,
    FIVE,
    KEEPDIMS,
    NINE_DIGITS,
    SHIFT,
    SIX_DIGITS,
    WIDE,
    Z,
    array,
    exp,
    labels,
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

# --- a training step ------------------------------------------------------------------------------


def stepped(w: Array, x: Array, y: Array, rate: float, by: float = 1.0) -> Array:
    """Return the weights after a step of gradient descent."""
    return np.asarray(w - by * rate * cross_entropy_and_grad(x @ w.T, y)[1].T @ x)


def against(slopes: Callable[[Array, Array], Array]) -> Callable[..., Array]:
    """Return the step that goes against these slopes of the scores."""
    return lambda w, x, y, rate: np.asarray(w - rate * slopes(x @ w.T, y).T @ x)


def of_probabilities(z: Array, y: Array) -> Array:
    """Return the slopes if softmax stands before the loss."""
    p = softmax(z)
    return np.asarray(softmax_vjp(p, cross_entropy_and_grad(p, y)[1]))


def of_nll(z: Array, y: Array, axis: int = -1) -> Array:
    """Return the slopes if the loss is minus the probability of the label."""
    p = softmax(z, axis=axis)
    return np.asarray(softmax_vjp(p, -one_hot(y, z.shape[-1]) / len(y), axis=axis))


def down(z: Array, y: Array) -> Array:
    """Return the slopes if log-softmax runs down the batch."""
    return np.asarray((softmax(z, axis=0) * one_hot(y, z.shape[-1]).sum(axis=0)
        - one_hot(y, z.shape[-1])) / len(y))


START = array([0.7, -0.4], [0.3, 1.1], [-0.6, 0.2])
NARROW = array([0.2, -0.5, 0.9], [1.1, 0.4, -0.3])
POINTS = array([1.0, 0.5], [-0.3, 2.0], [0.8, -1.2], [1.5, 0.4])
OTHERS = array([0.4, -0.9, 1.3], [-1.1, 0.6, 0.2], [0.7, 0.8, -0.5])

TRAIN_STEP = Exercise(
    "Repair a training step",
    "train_step(W, x, labels, rate)",
    "`W` has K rows and D columns, `x` has N rows and D columns, `labels` holds N whole numbers "
    "from 0 to K - 1; all are NumPy arrays, of float64 and of whole numbers. The logits are "
    "`x @ W.T`. Return a NumPy array: `W` after one step of gradient descent with the learning "
    f"rate `rate` on the mean cross-entropy. `W` itself stays as it is. {SIX_DIGITS}",
    right=stepped,
    stages=(
        Stage("several examples", "These are not the weights after one step.",
            "Softmax, if any, runs along the classes, inside the loss, and once. Then W minus "
            "`rate` times its gradient.",
            ((START, POINTS, labels(2, 0, 1, 1), 0.5), (NARROW, OTHERS, labels(1, 0, 0), 0.1),
                (START, POINTS[:2], labels(0, 2), 2.0))),
        Stage("one example", "Several examples are right, but one alone is not.",
            "The loss is a mean: with one example it is the loss of this one.",
            ((START, POINTS[:1], labels(1), 0.5), (NARROW, OTHERS[:1], labels(0), 1.0))),
        Stage("labels without the last class", "It goes wrong where no label is the last class.",
            "W says how many classes there are, `len(W)`, and not the labels.",
            ((START, POINTS, labels(0, 0, 1, 1), 0.5), (NARROW, OTHERS, labels(0, 0, 0), 0.3))),
        Stage("large logits", "Large logits give wrong weights.",
            "Let the loss take logits: its softmax subtracts the maximum.",
            ((1000 * START, POINTS, labels(2, 0, 1, 1), 0.5),
                (3000 * NARROW, OTHERS, labels(1, 0, 0), 2.0)), hard=True),
        Stage("large inputs", "Large inputs give wrong weights.",
            "The gradient may be of any size: nothing has to be cut off.",
            ((1e-4 * START, 1e4 * POINTS, labels(2, 0, 1, 1), 1e-9),), hard=True),
    ),
    mistakes=(
        KnownMistake("It climbs: the gradient is added.", "Subtract it: the loss has to fall.",
            lambda w, x, y, rate: stepped(w, x, y, -rate)),
        KnownMistake("The step is N times too long: the losses are added up.",
            "The loss is a mean, `reduction=\"mean\"`.",
            lambda w, x, y, rate: stepped(w, x, y, rate, len(x))),
        KnownMistake("The weights do not move.",
            "Subtract the gradient from the weights that are returned.",
            lambda w, x, y, rate: w),
        KnownMistake("It returns the gradient, not the weights.", "Return W minus `rate` times it.",
            lambda w, x, y, rate: stepped(0 * w, x, y, 0) + (w - stepped(w, x, y, 1.0))),
        KnownMistake("It returns the change of the weights, not the weights.",
            "Add it to W.", lambda w, x, y, rate: stepped(w, x, y, rate) - w),
        KnownMistake("The learning rate has no effect: it is taken for 1.",
            "Multiply the gradient by `rate`.", lambda w, x, y, rate: stepped(w, x, y, 1.0)),
        KnownMistake("It takes two steps.", "One step is asked for.",
            lambda w, x, y, rate: stepped(stepped(w, x, y, rate), x, y, rate)),
        KnownMistake("The gradient was added up twice: the step is twice as long.",
            "`backward` adds to `grad`. Call it once, or set `grad` to None before.",
            lambda w, x, y, rate: stepped(w, x, y, rate, 2)),
        KnownMistake("Softmax stands before a loss that takes softmax itself.",
            "`F.cross_entropy` takes logits.", against(of_probabilities)),
        KnownMistake("The loss is minus the probability of the label: a logarithm is missing.",
            "`F.nll_loss` takes log-probabilities, `F.cross_entropy` takes logits.",
            against(of_nll)),
        KnownMistake("Softmax runs down the batch, and the logarithm is missing.",
            "The classes lie along the last axis, and `F.nll_loss` takes log-probabilities.",
            against(lambda z, y: of_nll(z, y, axis=0))),
        KnownMistake("Softmax runs down the batch, along axis 0.",
            "The classes lie along the last axis: `dim=-1`.", against(down)),
        KnownMistake("The classes count from 1.", "Label 0 is the first row of `W`.",
            lambda w, x, y, rate: stepped(w, x, (y - 1) % len(w), rate)),
    ),
    rtol=1e-6,
    atol=1e-9,
)

# --- two curves that start late -------------------------------------------------------------------


def label_slopes(z: Array, label: int) -> Array:
    """Return the slopes of the three losses for the score of the label."""
    p = softmax(z)
    return three(p[label] - 1, back(p, softmax(p), label), p[label] * (p[label] - 1))


def three(once: Any, first: Any, nll: Any) -> Array:
    """Return the three slopes as an array."""
    return np.array([once, first, nll])


def back(p: Array, q: Array, label: int) -> float:
    """Return what comes back through softmax to the score of the label, from slopes q - y."""
    return float(softmax_vjp(p, q - np.eye(len(p))[label])[label])


def with_slopes(change: Callable[[Array, int, Array], Array]) -> Callable[..., Array]:
    """Return the three slopes, changed by a function of the probabilities, label and slopes."""
    return lambda z, label: change(softmax(z), label, label_slopes(z, label))


LABEL_SLOPES = Exercise(
    "Find how hard three losses pull",
    "label_slopes(z, label)",
    "`z` holds the K scores of a picture, `label` is its class, from 0 to K - 1. Return the "
    "slopes of three losses for the score of the label, as an array or a list: of the "
    "cross-entropy of z; of the cross-entropy that is given softmax(z) in the place of logits; and "
    f"of `nll_loss` that is given softmax(z), minus the probability of the label. {SIX_DIGITS}",
    right=label_slopes,
    stages=(
        Stage("some pictures", "These are not the three slopes.",
            "Write down the loss as a function of the label's score, and take its slope by the "
            "chain rule; or check yours with nudges.",
            ((Z, 0), (Z, 2), (WIDE, 1), (FIVE, 2), (FIVE, 4), (array(0.4, 1.5), 1))),
        Stage("equal scores", "Where all scores are equal the slopes are wrong.",
            "There p is 1 / K, and softmax of p is 1 / K again.",
            ((np.zeros(3), 1), (np.zeros(10), 0), (np.full(100, 2.5), 99))),
        Stage("sure and wrong", "Where the model is sure and wrong the slopes are wrong.",
            "Two of them are almost 0 there. Nothing has to be added or cut off.",
            ((array(10.0, 0.0, 0.0), 1), (array(-6.0, 8.0), 0), (array(0.0, 14.0, 3.0), 0)),
            hard=True),
        Stage("large scores", "Large scores give wrong slopes.", SHIFT,
            ((array(1000.0, 1001.0, 999.0), 2), (array(-1000.0, -1001.0), 0),
                (array(0.0, 0.0, 3000.0), 0), (array(3e4, 3e4 + 1), 1)), hard=True),
    ),
    mistakes=(
        KnownMistake("They have the wrong sign: these are the pulls, minus the slopes.",
            "The loss falls as the score of the label rises: its slope is negative.",
            lambda z, y: -label_slopes(z, y)),
        KnownMistake("The classes count from 1.", "Label 0 is the first score.",
            lambda z, y: label_slopes(z, (y - 1) % len(z))),
        KnownMistake("The first slope is that for the probability, -1 / p.",
            "For the score it is p - 1.", with_slopes(lambda p, y, s: three(-1 / p[y], *s[1:]))),
        KnownMistake("In the first slope the label is not subtracted.", "It is p - 1.",
            with_slopes(lambda p, y, s: three(p[y], *s[1:]))),
        KnownMistake("The second slope ends at the probability: softmax(p) - 1.",
            "Softmax stands before the loss. Go back through it, to the score.",
            with_slopes(lambda p, y, s: three(s[0], softmax(p)[y] - 1, s[2]))),
        KnownMistake("The second slope goes back through p (1 - p) alone.",
            "The score of the label moves the other probabilities as well.",
            with_slopes(lambda p, y, s: three(s[0], p[y] * (1 - p[y]) * (softmax(p)[y] - 1),
                s[2]))),
        KnownMistake("The second slope is multiplied by p, and nothing is subtracted.",
            "Back through softmax it is p_j (g_j - sum of p g).",
            with_slopes(lambda p, y, s: three(s[0], p[y] * (softmax(p)[y] - 1), s[2]))),
        KnownMistake("In the second slope the loss does not take softmax of what it is given.",
            "`cross_entropy` does: with g = softmax(p) - y, it is p_j (g_j - sum of p g).",
            with_slopes(lambda p, y, s: three(s[0], back(p, p, y), s[2]))),
        KnownMistake("The second slope is the first: a softmax is missing.",
            "The second loss is given softmax(z), and takes softmax of that.",
            with_slopes(lambda p, y, s: three(s[0], s[0], s[2]))),
        KnownMistake("The second slope is the third.",
            "They are equal where all scores are equal, and nowhere else.",
            with_slopes(lambda p, y, s: three(s[0], s[2], s[2]))),
        KnownMistake("The third slope is the first: it has a logarithm that the loss has not.",
            "The third loss is -p. The slope of p for its own score is p (1 - p).",
            with_slopes(lambda p, y, s: three(s[0], s[1], s[0]))),
        KnownMistake("The third slope has the wrong sign.", "The loss is minus p.",
            with_slopes(lambda p, y, s: three(s[0], s[1], -s[2]))),
        KnownMistake("The third slope is -1, that for the probability.",
            "Go back through softmax: the slope of p for its own score is p (1 - p).",
            with_slopes(lambda p, y, s: three(s[0], s[1], -1))),
        KnownMistake("The third slope is -p, the loss itself.",
            "The slope of p for its own score is p (1 - p).",
            with_slopes(lambda p, y, s: three(s[0], s[1], -p[y]))),
        KnownMistake("The second and the third slope are exchanged.",
            "The second is that of the cross-entropy of softmax(z).",
            with_slopes(lambda p, y, s: s[[0, 2, 1]])),
        KnownMistake("It returns the losses, not their slopes.", "Take the slopes.",
            lambda z, y: three(-log_softmax(z)[y], -log_softmax(softmax(z))[y], -softmax(z)[y])),
        KnownMistake("It returns the slopes for all scores.",
            "Only the score of the label is asked for.",
            with_slopes(lambda p, y, s: np.stack([p - np.eye(len(p))[y],
                softmax_vjp(p, softmax(p) - np.eye(len(p))[y]),
                softmax_vjp(p, -np.eye(len(p))[y])]))),
    ),
    accepts_lists=True,
    rtol=1e-6,
    atol=1e-9,
)
