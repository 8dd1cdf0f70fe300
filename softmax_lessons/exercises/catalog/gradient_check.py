"""Exercises on checking a gradient: two steps backward that pass a weak check."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons import softmax, softmax_vjp
from softmax_lessons.exercises._exercise import Exercise, KnownMistake, Stage
from softmax_lessons.exercises.catalog._shared import (
    CUBE,
    KEEPDIMS,
    NINE_DIGITS,
    ONE_ROW,
    PROBABILITIES,
    PROBABILITY_ROWS,
    SQUARE,
    array,
    large_slopes,
    mean_of,
    sum_of,
)
from softmax_lessons.exercises.rules import sums_to_zero

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

ORDER = 75  # among the chapters

# The tables are laid out by hand: a known mistake is its sentence, its hint and its formula.
# fmt: off

GRADS = array(1.0, -0.5, 2.0), array(0.3, 0.8), array(0.0, 1.0, -1.0, 0.5)

LARGE_SLOPES = large_slopes((array(0.2, 0.5, 0.3), array(4e6, -3e5, 2e5)),
    (array(0.9, 0.1), array(-700.0, 900.0)), (array(0.0, 0.25, 0.75), array(1e4, 50.0, -30.0)))

VJP = Exercise(
    "Repair the step backward through softmax",
    "softmax_vjp(p, g)",
    "`p` are probabilities from softmax, `g` the gradient of a loss with respect to them, of the "
    "same shape. Return the gradient with respect to the scores. The classes lie along the last "
    f"axis; with n classes no n x n matrix is built. {NINE_DIGITS}",
    right=softmax_vjp,
    stages=(
        Stage("one vector", "This is not the gradient with respect to the scores.",
            "Write out (diag(p) - p pᵀ) g: it is p * (g - c), with one number c.",
            (*zip(PROBABILITIES, GRADS, strict=True),
                (array(0.2, 0.5, 0.3), np.sqrt(array(2.0, 3.0, 5.0))))),
        Stage("a batch of rows", "One vector is right, but the rows of a batch are not.", KEEPDIMS,
            ((PROBABILITY_ROWS[0], array([1.0, -0.5, 2.0], [0.2, 0.4, -1.0])),
                (PROBABILITY_ROWS[1], SQUARE),
                (PROBABILITY_ROWS[2], ONE_ROW))),
        Stage("three axes", "Batches with two axes are right, those with three are not.",
            "The last axis is -1, however many there are.",
            ((np.stack([PROBABILITY_ROWS[0], PROBABILITY_ROWS[0][::-1]]), CUBE),)),
        LARGE_SLOPES,
        Stage("many classes", "Many classes give wrong numbers, or need too much memory.",
            "Build no matrix: a product and a sum suffice.",
            ((np.full(20_000, 1 / 20_000), np.resize(array(1.0, 2.0, 3.0, 4.0), 20_000)),),
            hard=True),
    ),
    mistakes=(
        KnownMistake("It multiplies by p only.", "Subtract the mean of g under p first.",
            lambda p, g: p * g),
        KnownMistake("It uses only the diagonal of the Jacobian, p (1 - p).",
            "Each probability depends on every score.", lambda p, g: p * (1 - p) * g),
        KnownMistake("It subtracts the plain mean of g, not the mean under p.",
            "Weigh g with p: sum(p * g).", lambda p, g: p * (g - mean_of(g))),
        KnownMistake("It subtracts the sum of g, without the weights p.", "It is sum(p * g).",
            lambda p, g: p * (g - sum_of(g))),
        KnownMistake("The last factor p is missing.", "It is p * (g - sum(p * g)).",
            lambda p, g: g - sum_of(p * g)),
        KnownMistake("It adds the sum, where it should subtract.", "It is p * (g - sum(p * g)).",
            lambda p, g: p * (g + sum_of(p * g))),
        KnownMistake("It subtracts the sum from p * g, without the factor p.",
            "It is p * g - p * sum(p * g).", lambda p, g: p * g - sum_of(p * g)),
        KnownMistake("It takes p for scores, and applies softmax again.",
            "p are probabilities already.",
            lambda p, g: softmax_vjp(softmax(p), g)),
        KnownMistake("p and g are exchanged.", "The factor outside the bracket is p.",
            lambda p, g: g * (p - sum_of(p * g))),
        KnownMistake("It sums over the whole batch, not over each row.", KEEPDIMS,
            lambda p, g: p * (g - (p * g).sum())),
        KnownMistake("It sums along the first axis, not along the last.", KEEPDIMS,
            lambda p, g: p * (g - (p * g).sum(axis=0))),
    ),
    rules=(sums_to_zero,),
    atol=1e-12,
)


def normalize_vjp(x: Array, g: Array) -> Array:
    """Return the step backward through x / sum(x)."""
    total = sum_of(x)
    return np.asarray((g - sum_of(g * x) / total) / total)


AMOUNTS = array(1.0, 3.0, 2.0), array(0.4, 0.3), array(5.0, 0.5, 2.0, 1.5)

NORMALIZE_VJP = Exercise(
    "Go backward through a division by the sum",
    "normalize_vjp(x, g)",
    "`x` are numbers above 0, and y = x / sum(x). `g` is the gradient of a loss with respect to y. "
    "Return the gradient with respect to x. The sum runs along the last axis, and need not be 1. "
    f"{NINE_DIGITS}",
    right=normalize_vjp,
    stages=(
        Stage("a sum of 1", "This is not the gradient with respect to x.",
            "The slope of y_i for x_j is ([i = j] - y_i) / S, with the sum S.",
            tuple(zip(PROBABILITIES, GRADS, strict=True))),
        Stage("another sum", "It is right only where x sums to 1.",
            "The sum S stands in the slope of y: divide by it, and weigh g with x / S.",
            tuple(zip(AMOUNTS, GRADS, strict=True))),
        Stage("a batch of rows", "One vector is right, but the rows of a batch are not.", KEEPDIMS,
            ((array([1.0, 2.5, 0.5], [3.0, 0.2, 1.3]), array([1.0, -0.5, 2.0], [0.2, 0.4, -1.0])),
                (array([2.0, 0.3, 1.1], [0.7, 0.9, 4.0], [1.5, 2.5, 0.4]), SQUARE),
                (array([3.0, 1.0, 0.5, 0.7]), ONE_ROW))),
        LARGE_SLOPES,
        Stage("large and small amounts", "Very large or very small amounts give wrong numbers.",
            "Divide by the sum as it is.",
            ((array(1e6, 3e6), array(0.5, -1.0)), (array(1e-6, 3e-6, 2e-6), GRADS[0])), hard=True),
    ),
    mistakes=(
        KnownMistake("The division by the sum is missing.", "y moves by 1 / S when x moves by 1.",
            lambda x, g: g - sum_of(g * x) / sum_of(x)),
        KnownMistake("It takes x for y, and does not divide at all.",
            "It is (g - sum(g * y)) / S, with y = x / S.", lambda x, g: g - sum_of(g * x)),
        KnownMistake("It weighs g with x, not with y = x / S.",
            "It is (g - sum(g * y)) / S.", lambda x, g: (g - sum_of(g * x)) / sum_of(x)),
        KnownMistake("It is the step backward through softmax: the factor y is too much.",
            "No exponential is taken here.",
            lambda x, g: softmax_vjp(x / sum_of(x), g)),
        KnownMistake("It lacks the part through the sum.", "Each y depends on every x, through S.",
            lambda x, g: g / sum_of(x)),
        KnownMistake("Only the slopes of y_i for x_i are there.",
            "Each y depends on every x, through S.",
            lambda x, g: g * (1 - x / sum_of(x)) / sum_of(x)),
        KnownMistake("It subtracts the plain mean of g.", "Weigh g with y.",
            lambda x, g: (g - mean_of(g)) / sum_of(x)),
        KnownMistake("It adds the part through the sum, where it should subtract.",
            "A larger sum makes every y smaller.",
            lambda x, g: (g + sum_of(g * x) / sum_of(x)) / sum_of(x)),
        KnownMistake("It divides by the square of the sum.", "It is (g - sum(g * y)) / S.",
            lambda x, g: (g - sum_of(g * x) / sum_of(x)) / sum_of(x) ** 2),
        KnownMistake("It multiplies by the sum, where it should divide.",
            "It is (g - sum(g * y)) / S.",
            lambda x, g: (g - sum_of(g * x) / sum_of(x)) * sum_of(x)),
        KnownMistake("The sum runs over the whole batch, not over each row.", KEEPDIMS,
            lambda x, g: (g - (g * x).sum() / x.sum()) / x.sum()),
        KnownMistake("The sum of x is taken in each row, that of g * y over the whole batch.",
            KEEPDIMS,
            lambda x, g: (g - (g * x / sum_of(x)).sum()) / sum_of(x)),
        KnownMistake("The sum runs along the first axis, not along the last.", KEEPDIMS,
            lambda x, g: (g - (g * x).sum(axis=0) / x.sum(axis=0)) / x.sum(axis=0)),
    ),
    atol=1e-12,
)
