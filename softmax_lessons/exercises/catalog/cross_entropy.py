"""Exercises on cross-entropy and its relatives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons import (
    cross_entropy,
    cross_entropy_and_grad,
    entropy,
    kl_divergence,
    log_softmax,
    logsumexp,
    one_hot,
    sigmoid,
    softmax,
)
from softmax_lessons.exercises._exercise import Exercise, KnownMistake, Stage
from softmax_lessons.exercises.catalog._shared import (
    BATCHES,
    BATCHES_AND_LABELS,
    EQUAL,
    LARGE_LOGITS,
    NINE_DIGITS,
    PROBABILITY_ROWS,
    SHIFT,
    SIX_DIGITS,
    SQUARE,
    TAKES_LOGITS,
    TALL,
    array,
    at_label,
    cases,
    labels,
    without_last_class,
)
from softmax_lessons.exercises.rules import at_least_zero, probabilities, sums_to_zero

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

ORDER = 90  # among the chapters

# The tables are laid out by hand: a known mistake is its sentence, its hint and its formula.
# fmt: off

# --- cross-entropy --------------------------------------------------------------------------------


def binary(p: Array, y: Array) -> Array:
    """Return the losses of yes-or-no questions."""
    return np.asarray(-np.where(y == 1, np.log(p), np.log(1 - p)))


CROSS_ENTROPY = Exercise(
    "Write the loss that takes logits",
    "cross_entropy(logits, labels)",
    f"{TAKES_LOGITS} Return the mean over the rows of minus log softmax(z) at the label, as one "
    "number. It is finite for all finite logits. An absolute error of 1e-9 is allowed.",
    right=cross_entropy,
    stages=(
        Stage("some batches", "It is not the mean loss.",
            "Take -log_softmax(z) at the label of each row, then the mean.", BATCHES_AND_LABELS),
        without_last_class(),
        Stage("a confident mistake", "A confident mistake gives a wrong loss.",
            "The probability of the label rounds to 0. Take log-softmax of the logits: with d = "
            "z - max(z), it is d - log(sum(exp(d))).",
            ((array([0.0, -1000.0]), labels(1)), (array([1.0, -800.0, 0.0]), labels(1)),
                (array([0.0, -60.0]), labels(1))), hard=True),
        Stage("large logits", "Large logits give a wrong loss.", SHIFT,
            (*LARGE_LOGITS, (array([1000.0, 0.0]), labels(0))), hard=True,
            probe=lambda s: (array([s, s - 1.0]), labels(1))),
        Stage("logits of 1e16", "Beside a logit of 1e16 the logarithm of the sum is lost.",
            "Subtract the maximum from the label's logit as well: with d = z - max(z), it is "
            "log(sum(exp(d))) - d at the label.",
            ((array([1e16, 1e16, 0.0]), labels(0)), (array([-1e16, -1e16]), labels(1))),
            hard=True),
    ),
    mistakes=(
        KnownMistake("It adds the losses up, and does not divide by the number of rows.",
            "Take the mean.", lambda z, y: cross_entropy(z, y, reduction="sum")),
        KnownMistake("It returns the loss of each row, not their mean.", "Take the mean.",
            lambda z, y: cross_entropy(z, y, reduction="none")),
        KnownMistake("It takes softmax twice: once before the loss, once in it.",
            "The loss takes logits.", lambda z, y: cross_entropy(softmax(z), y)),
        KnownMistake("It takes the logits for probabilities.",
            "Apply softmax, or better log-softmax.",
            lambda z, y: -np.log(at_label(z, y)).mean()),
        KnownMistake("The logarithm is missing: it is minus the mean probability.",
            "Take log-softmax.",
            lambda z, y: -at_label(softmax(z), y).mean()),
        KnownMistake("It is 1 minus the mean probability.", "Take minus the logarithm.",
            lambda z, y: 1 - at_label(softmax(z), y).mean()),
        KnownMistake("It takes all columns that occur among the labels, in every row.",
            "`table[:, labels]` does that. Use `table[np.arange(N), labels]`.",
            lambda z, y: -log_softmax(z)[:, y].mean()),
        KnownMistake("It takes the mean over all N times K entries.", "Only N of them count.",
            lambda z, y: cross_entropy(z, y, reduction="sum") / z.size),
        KnownMistake("It takes the logarithm of the mean, not the mean of the logarithms.",
            "Take the logarithm of each row first.",
            lambda z, y: -np.log(at_label(softmax(z), y).mean())),
        KnownMistake("It ignores the labels, and takes the largest probability.",
            "The label says which one counts.", lambda z, y: -log_softmax(z).max(axis=-1).mean()),
        KnownMistake("The classes count from 1.", "Label 0 is the first column.",
            lambda z, y: cross_entropy(z, (y - 1) % z.shape[-1])),
        KnownMistake("Softmax runs along the rows' axis, not along the classes.", "Use `axis=-1`.",
            lambda z, y: -at_label(log_softmax(z, axis=0), y).mean()),
        KnownMistake("Softmax runs over the whole batch.", "Use `axis=-1`.",
            lambda z, y: -at_label(z - logsumexp(z.ravel()), y).mean()),
        KnownMistake("It is the squared error.", "Take minus the logarithm.",
            lambda z, y: ((softmax(z) - one_hot(y, z.shape[-1])) ** 2).mean()),
        KnownMistake("It is the squared error, summed over the classes.",
            "Take minus the logarithm.",
            lambda z, y: ((softmax(z) - one_hot(y, z.shape[-1])) ** 2).sum(axis=-1).mean()),
        KnownMistake("It adds a term in 1 - p for every other class.",
            "That is the loss of yes-or-no questions. Only the label counts here.",
            lambda z, y: binary(softmax(z), one_hot(y, z.shape[-1])).sum(axis=-1).mean()),
        KnownMistake("It takes the logarithm of a probability that has rounded to 0.",
            "With d = z - max(z), take log(sum(exp(d))) - d at the label.",
            lambda z, y: -np.log(at_label(softmax(z), y)).mean()),
    ),
    rules=(at_least_zero,),
    logarithmic=True,
    rtol=1e-12,
    atol=1e-9,
)


def loss_gradient(z: Array, y: Array) -> Array:
    """Return the gradient of the mean cross-entropy."""
    return np.asarray(cross_entropy_and_grad(z, y)[1])


def residual(z: Array, y: Array) -> Array:
    """Return p - y."""
    return np.asarray(softmax(z) - one_hot(y, z.shape[-1]))


CROSS_ENTROPY_GRAD = Exercise(
    "Write the gradient of the loss",
    "cross_entropy_grad(logits, labels)",
    f"{TAKES_LOGITS} Return the gradient of the mean cross-entropy with respect to the logits, in "
    f"their shape. {SIX_DIGITS}",
    right=loss_gradient,
    stages=(
        Stage("some batches", "This is not the gradient of the mean loss.",
            "For one row it is p - y, with y one-hot. The loss is a mean over N rows.",
            BATCHES_AND_LABELS),
        without_last_class(),
        Stage("large logits", "Large logits give a wrong gradient.", SHIFT, LARGE_LOGITS, hard=True,
            probe=lambda s: (array([s, s - 1.0]), labels(1))),
    ),
    mistakes=(
        KnownMistake("It has the wrong sign: y - p, not p - y.",
            "The gradient points uphill, away from the label.", lambda z, y: -loss_gradient(z, y)),
        KnownMistake("It is off by the factor N, the number of rows.",
            "The loss is a mean: divide by N.", residual),
        KnownMistake("It has the wrong sign, and is off by the factor N, the number of rows.",
            "It is (p - y) / N.", lambda z, y: -residual(z, y)),
        KnownMistake("It divides by the number of classes, not by the number of rows.",
            "Divide by N.",
            lambda z, y: residual(z, y) / z.shape[-1]),
        KnownMistake("It divides by the number of all entries.", "Divide by N, the number of rows.",
            lambda z, y: residual(z, y) / z.size),
        KnownMistake("The label is not subtracted: these are the probabilities.", "It is p - y.",
            lambda z, y: softmax(z)),
        KnownMistake("The label is not subtracted: these are the probabilities divided by N.",
            "It is (p - y) / N.", lambda z, y: softmax(z) / len(z)),
        KnownMistake("It subtracts y from the logits, not from the probabilities.",
            "Apply softmax first.", lambda z, y: (z - one_hot(y, z.shape[-1])) / len(z)),
        KnownMistake("It subtracts y from the logits, not from the probabilities.",
            "Apply softmax first.", lambda z, y: z - one_hot(y, z.shape[-1])),
        KnownMistake("It subtracts 1 in all columns that occur among the labels, in every row.",
            "`p[:, labels]` does that. Use `p[np.arange(N), labels]`.",
            lambda z, y: (softmax(z) - one_hot(y, z.shape[-1]).max(axis=0)) / len(z)),
        KnownMistake("It divides p by N, but not y.", "Divide the difference.",
            lambda z, y: softmax(z) / len(z) - one_hot(y, z.shape[-1])),
        KnownMistake("It divides y by N, but not p.", "Divide the difference.",
            lambda z, y: softmax(z) - one_hot(y, z.shape[-1]) / len(z)),
        KnownMistake("It is the gradient with respect to the probabilities, -y / p.",
            "Multiply by the Jacobian of softmax.",
            lambda z, y: -one_hot(y, z.shape[-1]) / softmax(z) / len(z)),
        KnownMistake("It is multiplied by p (1 - p): that is the gradient of a squared error.",
            "With the logarithm that factor is gone.",
            lambda z, y: residual(z, y) * softmax(z) * (1 - softmax(z)) / len(z)),
        KnownMistake("Softmax runs along the rows' axis, not along the classes.", "Use `axis=-1`.",
            lambda z, y: (softmax(z, axis=0) - one_hot(y, z.shape[-1])) / len(z)),
        KnownMistake("It takes sigmoids, not softmax.", "All classes share one sum.",
            lambda z, y: (sigmoid(z) - one_hot(y, z.shape[-1])) / len(z)),
        KnownMistake("The classes count from 1.", "Label 0 is the first column.",
            lambda z, y: loss_gradient(z, (y - 1) % z.shape[-1])),
        KnownMistake("It adds up the rows.", "Each logit has its own derivative.",
            lambda z, y: residual(z, y).mean(axis=0)),
    ),
    rules=(sums_to_zero,),
    rtol=1e-6,
    atol=1e-9,
)

SMOOTH_LABELS = Exercise(
    "Smooth the labels",
    "smooth_labels(labels, n_classes, amount)",
    "Return one row for each label: the one-hot row times 1 - `amount`, plus `amount` spread "
    f"evenly over all `n_classes` classes. {SIX_DIGITS}",
    right=lambda y, k, s: (1 - s) * one_hot(y, k) + s / k,
    stages=(
        Stage("some labels", "These are not the smoothed rows.",
            "Each row is (1 - amount) y + amount / K, and sums to 1.",
            ((labels(1, 0, 2), 3, 0.1), (labels(0, 3), 4, 0.3), (labels(1), 2, 0.5),
                (labels(4, 2, 2), 5, 0.25))),
        Stage("classes without a label", "It fails where a class has no label.",
            "The number of columns is `n_classes`, whatever the labels are.",
            ((labels(0, 1), 4, 0.2), (labels(2, 2, 2), 6, 0.1))),
        Stage("no smoothing", "An amount of 0 must leave the one-hot rows.", "(1 - 0) y + 0 is y.",
            ((labels(1, 0), 3, 0.0), (labels(2), 4, 0.0))),
    ),
    mistakes=(
        KnownMistake("It spreads the amount over the other classes only.",
            "The label's own class gets its part of it too.",
            lambda y, k, s: np.where(one_hot(y, k) == 1, 1 - s, s / (k - 1))),
        KnownMistake("The label's own class gets 1 - amount, without its part of what is spread.",
            "Add amount / K to all entries.",
            lambda y, k, s: np.where(one_hot(y, k) == 1, 1 - s, s / k)),
        KnownMistake("The one-hot row is not multiplied by 1 - amount.",
            "Then a row sums to more than 1.", lambda y, k, s: one_hot(y, k) + s / k),
        KnownMistake("The amount is not divided by the number of classes.",
            "Spread it: amount / K.",
            lambda y, k, s: (1 - s) * one_hot(y, k) + s),
        KnownMistake("The amount and 1 - amount are exchanged.", "Most of it stays on the label.",
            lambda y, k, s: s * one_hot(y, k) + (1 - s) / k),
        KnownMistake("Nothing is spread.", "Add amount / K to all entries.",
            lambda y, k, s: (1 - s) * one_hot(y, k)),
        KnownMistake("It divides by the number of rows, not by that of the classes.",
            "It is amount / K.", lambda y, k, s: (1 - s) * one_hot(y, k) + s / len(y)),
        KnownMistake("The rows are not smoothed.", "Use `amount`.", lambda y, k, s: one_hot(y, k)),
    ),
    rules=(probabilities,),
    rtol=1e-6,
    atol=1e-12,
)


def relative(p: Array, q: Array) -> Array:
    """Return p log(p / q), 0 where p is 0."""
    return np.asarray(p * (np.log(np.where(p > 0, p, 1)) - np.log(np.where(p > 0, q, 1))))


KL = Exercise(
    "Measure how far q is from p",
    "kl_divergence(p, q)",
    "Return the sum of p log(p / q) with the natural logarithm: one number for vectors, one for "
    "each row of a batch. The classes lie along the last axis. Where p is 0 nothing is added; q "
    f"is never 0. {SIX_DIGITS}",
    right=kl_divergence,
    stages=(
        Stage("one vector", "It is not the divergence of q from p.",
            "Weigh the differences log(p) - log(q) with p.",
            ((array(0.2, 0.5, 0.3), array(0.6, 0.1, 0.3)), (array(0.1, 0.9), array(0.5, 0.5)),
                (array(0.4, 0.1, 0.2, 0.3), array(0.1, 0.2, 0.3, 0.4)),
                (array(0.7, 0.3), array(0.7, 0.3)))),
        Stage("a batch of rows", "One vector is right, but the rows of a batch are not.",
            "Sum along the last axis only: `axis=-1`.",
            ((PROBABILITY_ROWS[0], PROBABILITY_ROWS[0][::-1]),
                (PROBABILITY_ROWS[1], array([0.2, 0.3, 0.5], [0.3, 0.3, 0.4], [0.1, 0.8, 0.1])),
                (PROBABILITY_ROWS[2], array([0.4, 0.3, 0.2, 0.1])))),
        Stage("small probabilities", "Small probabilities give a wrong divergence.",
            "Nothing has to be added or cut off: log(1e-300) is fine.",
            ((array(1e-3, 0.999), array(0.5, 0.5)), (array(0.5, 0.5), array(1e-4, 0.9999)),
                (array(0.25, 0.75), array(1e-20, 1.0)), (array(0.5, 0.5), array(1e-300, 1.0))),
            hard=True),
        Stage("a probability of 0", "Where p is 0 nothing must be added.",
            "0 * log(0) is NaN in floats. Take the logarithm only where p is above 0.",
            ((array(0.5, 0.5, 0.0), array(0.2, 0.5, 0.3)), (array(0.0, 1.0), array(0.5, 0.5)),
                (array([1.0, 0.0], [0.3, 0.7]), array([0.6, 0.4], [0.5, 0.5]))), hard=True),
    ),
    mistakes=(
        KnownMistake("p and q are exchanged.", "The weights are p, which also stands on top.",
            lambda p, q: relative(q, p).sum(axis=-1)),
        KnownMistake("The weights are q, not p.", "It is the mean under p.",
            lambda p, q: (q * np.log(p / q)).sum(axis=-1)),
        KnownMistake("The weights p are missing.", "Multiply by p.",
            lambda p, q: np.log(p / q).sum(axis=-1)),
        KnownMistake("It is the cross-entropy, -sum(p log q).", "Subtract the entropy of p.",
            lambda p, q: -(p * np.log(q)).sum(axis=-1)),
        KnownMistake("It takes the mean over the classes, not the sum.",
            "The weights are p already.",
            lambda p, q: (p * np.log(p / q)).mean(axis=-1)),
        KnownMistake("It returns the terms, not their sum.", "Sum along the last axis.", relative),
        KnownMistake("It takes absolute values of the terms.",
            "Terms may be negative; the sum is not.",
            lambda p, q: np.abs(p * np.log(p / q)).sum(axis=-1)),
        KnownMistake("It is the divergence both ways, added.", "Only q's from p is wanted.",
            lambda p, q: ((p - q) * np.log(p / q)).sum(axis=-1)),
        KnownMistake("It sums over the whole batch.", "Use `axis=-1`.",
            lambda p, q: relative(p, q).sum()),
        KnownMistake("It takes the mean over the batch.", "Each row has its own.",
            lambda p, q: relative(p, q).sum(axis=-1).mean()),
        KnownMistake("It sums along the first axis, not along the last.", "Use `axis=-1`.",
            lambda p, q: relative(p, q).sum(axis=0)),
    ),
    rules=(at_least_zero,),
    logarithmic=True,
    rtol=1e-6,
    atol=1e-9,
)

# --- the loss of a model that looks at nothing ----------------------------------------------------


def shares(y: Array) -> Array:
    """Return how often each class occurs, of those that do."""
    return np.asarray(np.unique(y, return_counts=True)[1] / len(y))


BLIND_LOSS = Exercise(
    "Find the level at which a curve stays",
    "blind_loss(labels)",
    "`labels` holds the class of each picture, a whole number from 0 on. A model that learns "
    "nothing from the pictures gives all of them the same probabilities. Return the lowest mean "
    f"cross-entropy that it can reach, in nats, as one number. {NINE_DIGITS}",
    right=lambda y: entropy(shares(y)),
    stages=(
        Stage("some labels", "It is not the lowest mean loss.",
            "Where the gradient is 0, p is the frequencies of the classes. Which loss is that?",
            ((np.repeat([0, 1, 2], [1, 6, 3]),), (labels(0, 1, 1, 1),),
                (labels(2, 0, 1, 0, 0, 3, 1),), (labels(1, 0, 2, 1, 2, 2, 2, 0, 2),)),
            extra_cases=((labels(0, 3, 3),),)),
        Stage("classes without a picture", "A class without a picture makes it wrong.",
            "0 * log(0) is NaN in floats. Only classes that occur add something.",
            ((labels(0, 3, 3),), (labels(5, 2, 2, 9, 9, 9),)), hard=True),
        Stage("one class", "Where all labels are the same it is not 0.",
            "The model gives this class everything: the logarithm of 1 is 0.",
            ((labels(0, 0, 0),), (labels(4, 4),))),
    ),
    mistakes=(
        KnownMistake("It is ln K: that is best only where all classes are equally frequent.",
            "More frequent classes get more.",
            lambda y: np.log(y.max() + 1.0)),
        KnownMistake("It is ln K of the classes that occur.", "More frequent classes get more.",
            lambda y: np.log(len(shares(y)))),
        KnownMistake("It is the logarithm of the number of pictures.",
            "Count the pictures of each class.", lambda y: np.log(len(y))),
        KnownMistake("It is the fraction of wrong choices, not the loss.",
            "The loss of a picture is minus the logarithm of its label's probability.",
            lambda y: 1 - shares(y).max()),
        KnownMistake("It is the loss of the most frequent class alone.",
            "The other pictures have a loss, too: take the mean over all.",
            lambda y: -np.log(shares(y).max())),
        KnownMistake("It is a squared error: 1 minus the sum of the squared frequencies.",
            "The loss of a picture is minus the logarithm of its label's probability.",
            lambda y: 1 - (shares(y) ** 2).sum()),
        KnownMistake("It is the perplexity.", "Leave the exponential out.",
            lambda y: np.exp(entropy(shares(y)))),
        KnownMistake("It is the sum of the losses, not their mean.",
            "Divide by the number of labels.",
            lambda y: len(y) * entropy(shares(y))),
        KnownMistake("It takes the mean over the classes, not over the pictures.",
            "Weigh the loss of a class with its frequency.",
            lambda y: -np.log(shares(y)).mean()),
        KnownMistake("It adds up the losses of the classes, without their frequencies.",
            "Weigh the loss of a class with its frequency.",
            lambda y: -np.log(shares(y)).sum()),
        KnownMistake("It is 0: a blind model cannot be right about all pictures.",
            "It gives all pictures the same probabilities.", lambda y: 0.0),
    ),
    rules=(at_least_zero,),
    logarithmic=True,
    atol=1e-12,
)

# --- the loss of scores that say nothing ----------------------------------------------------------

UNINFORMED_LOSS = Exercise(
    "Find where a curve starts",
    "uninformed_loss(logits)",
    "`logits` has N rows of K scores, and they say nothing about the labels: whatever the row, "
    "each of the K classes is its label equally often. Return the mean cross-entropy to expect, "
    "over all labels and all rows, as one number. It is finite for all finite logits. "
    f"{SIX_DIGITS}",
    right=lambda z: -log_softmax(z).mean(),
    stages=(
        Stage("some batches", "It is not the loss to expect.",
            "Take the loss of a row once with each of its K classes as the label, and then the "
            "mean.", (*BATCHES, (SQUARE - 2,), (3 * TALL,))),
        Stage("equal scores", "Equal scores do not give ln K.",
            "Then every probability is 1 / K, and so every loss is ln K.",
            cases(array(EQUAL, EQUAL), array([0.5, 0.5], [-3.0, -3.0]))),
        Stage("scores far apart", "Scores far apart give a wrong loss.",
            "A probability rounds to 0 there. Take log-softmax of the scores: with d = z - max(z), "
            "it is d - log(sum(exp(d))).",
            cases(array([0.0, -60.0, 1.0]), array([0.0, -1000.0]),
                array([1.0, -800.0, 0.0], [0.5, 0.0, -2.0])), hard=True),
        Stage("large logits", "Large logits give a wrong loss.", SHIFT,
            cases(*(z for z, _y in LARGE_LOGITS if z.ndim == 2), array([1000.0, 0.0, 400.0])),
            hard=True, probe=lambda size: (array([size, size - 1.0]),)),
    ),
    mistakes=(
        KnownMistake("It is ln K, whatever the scores are.",
            "That holds for equal scores. Others claim something, and pay for it.",
            lambda z: np.log(z.shape[-1])),
        KnownMistake("It is the entropy of the probabilities, as if the labels followed them.",
            "The scores say nothing: each class is the label equally often.",
            lambda z: entropy(softmax(z)).mean()),
        KnownMistake("It is the loss if the largest score were always the label's.",
            "Each class is the label equally often.",
            lambda z: -log_softmax(z).max(axis=-1).mean()),
        KnownMistake("It is the loss if the smallest score were always the label's.",
            "Each class is the label equally often.",
            lambda z: -log_softmax(z).min(axis=-1).mean()),
        KnownMistake("It is the loss if the first class were always the label.",
            "Each class is the label equally often.", lambda z: -log_softmax(z)[:, 0].mean()),
        KnownMistake("It is the log-sum-exp: no score of a label is subtracted.",
            "Subtract the mean of the scores: on average the label has that.",
            lambda z: logsumexp(z).mean()),
        KnownMistake("It is how far the loss lies above ln K.", "Add ln K.",
            lambda z: -log_softmax(z).mean() - np.log(z.shape[-1])),
        KnownMistake("It adds up the losses of the K labels, and does not take their mean.",
            "Divide by the number of classes.", lambda z: -log_softmax(z).sum(axis=-1).mean()),
        KnownMistake("It adds up all rows and labels.", "Take the mean.",
            lambda z: -log_softmax(z).sum()),
        KnownMistake("It returns the loss of each row, not their mean.", "Take the mean.",
            lambda z: -log_softmax(z).mean(axis=-1)),
        KnownMistake("The logarithm is missing: it is minus the mean probability.",
            "Take log-softmax.", lambda z: -softmax(z).mean()),
        KnownMistake("It is 1 minus the mean probability.", "Take minus the logarithm.",
            lambda z: 1 - softmax(z).mean()),
        KnownMistake("It is the mean of -p log p.",
            "The weights are 1 / K, not p: each class is the label equally often.",
            lambda z: entropy(softmax(z)).mean() / z.shape[-1]),
        KnownMistake("Softmax runs along the rows' axis, not along the classes.", "Use `axis=-1`.",
            lambda z: -log_softmax(z, axis=0).mean()),
        KnownMistake("Softmax runs over the whole batch.", "Use `axis=-1`.",
            lambda z: logsumexp(z.ravel()) - z.mean()),
        KnownMistake("It takes softmax twice.", "Once is enough.",
            lambda z: -log_softmax(softmax(z)).mean()),
        KnownMistake("It is minus the mean of the scores.", "Take log-softmax of them.",
            lambda z: -z.mean()),
        KnownMistake("It takes the logarithm of a probability that has rounded to 0.",
            "With d = z - max(z), log-softmax is d - log(sum(exp(d))).",
            lambda z: -np.log(softmax(z)).mean()),
    ),
    rules=(at_least_zero,),
    logarithmic=True,
    rtol=1e-6,
    atol=1e-9,
)
