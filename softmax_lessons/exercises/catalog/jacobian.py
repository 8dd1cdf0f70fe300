"""Exercises on the Jacobian of softmax."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons import sigmoid, softmax, softmax_jacobian, softmax_vjp
from softmax_lessons.exercises._exercise import Exercise, Mistake, Stage
from softmax_lessons.exercises._rules import sums_to_zero, symmetric
from softmax_lessons.exercises.catalog._shared import (
    CUBE,
    EQUAL,
    KEEPDIMS,
    NINE_DIGITS,
    ONE_ROW,
    PAIR,
    PROBABILITIES,
    PROBABILITY_ROWS,
    SIX_DIGITS,
    SQUARE,
    WIDE,
    Z,
    array,
    cases,
    mean_of,
    sum_of,
)

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

ORDER = 70  # among the chapters

# The tables are laid out by hand: a known mistake is its sentence, its hint and its formula.
# fmt: off

def outer(p: Array) -> Array:
    """Return p times its transpose."""
    return np.asarray(p[:, None] * p)


JACOBIAN = Exercise(
    "Fill in the Jacobian of softmax",
    "softmax_jacobian(scores)",
    "`scores` is an array of n scores. Return the n x n matrix whose entry (i, j) is the "
    f"derivative of probability i with respect to score j. {SIX_DIGITS}",
    right=softmax_jacobian,
    stages=(
        Stage("small vectors", "This is not the Jacobian of softmax.",
            "Entry (i, j) is p_i ([i = j] - p_j).", cases(Z, WIDE, PAIR, EQUAL)),
        Stage("large scores", "Large scores give a wrong Jacobian.",
            "Take the probabilities from a softmax that subtracts the maximum first.",
            cases(array(1000.0, 1001.0), array(-1000.0, -1000.5, -1002.0)), hard=True),
    ),
    mistakes=(
        Mistake("It returns only the diagonal, as a vector.",
            "Each probability depends on every score.", lambda z: softmax(z) * (1 - softmax(z))),
        Mistake("Only the diagonal is there: the entries beside it are 0.",
            "Each probability depends on every score: entry (i, j) is -p_i p_j.",
            lambda z: np.diag(softmax(z) * (1 - softmax(z)))),
        Mistake("The diagonal is p, with zeros beside it.", "Subtract p_i p_j everywhere.",
            lambda z: np.diag(softmax(z))),
        Mistake("The diagonal is right, but the entries beside it have the wrong sign.",
            "What one class gains the others lose: -p_i p_j.",
            lambda z: np.diag(softmax(z) * (1 - softmax(z)))
                + outer(softmax(z)) * (1 - np.eye(len(z)))),
        Mistake("It adds p_i p_j, where it should subtract.", "It is diag(p) - p pᵀ.",
            lambda z: np.diag(softmax(z)) + outer(softmax(z))),
        Mistake("The diagonal lacks its p_i: it is -p_i² there.", "It is diag(p) - p pᵀ.",
            lambda z: -outer(softmax(z))),
        Mistake("It is p pᵀ alone.", "It is diag(p) - p pᵀ.", lambda z: outer(softmax(z))),
        Mistake("It uses the identity, not diag(p).", "The diagonal of diag(p) holds p_i.",
            lambda z: np.eye(len(z)) - outer(softmax(z))),
        Mistake("It takes the scores for probabilities.", "Apply softmax first.",
            lambda z: np.diag(z) - outer(z)),
        Mistake("It subtracts p_j p_j, not p_i p_j, in column j.", "`np.outer(p, p)` is p pᵀ.",
            lambda z: np.diag(softmax(z)) - softmax(z) * softmax(z)),
        Mistake("It subtracts p_i p_i, not p_i p_j, in row i.", "`np.outer(p, p)` is p pᵀ.",
            lambda z: np.diag(softmax(z)) - (softmax(z) ** 2)[:, None]),
        Mistake("It subtracts the inner product of p with itself from every entry.",
            "`p @ p` of two vectors is one number. `np.outer(p, p)` is a matrix.",
            lambda z: np.diag(softmax(z)) - softmax(z) @ softmax(z)),
        Mistake("It returns the derivatives of log-softmax.", "Multiply row i by p_i.",
            lambda z: np.eye(len(z)) - softmax(z)),
        Mistake("It returns the derivatives of sigmoid.", "All classes share one sum.",
            lambda z: np.diag(sigmoid(z) * (1 - sigmoid(z)))),
    ),
    rules=(symmetric, sums_to_zero),
    rtol=1e-6,
    atol=1e-9,
)

GRADS = array(1.0, -0.5, 2.0), array(0.3, 0.8), array(0.0, 1.0, -1.0, 0.5)

VJP = Exercise(
    "Multiply by the Jacobian without building it",
    "softmax_vjp(p, g)",
    "`p` are probabilities from softmax, `g` the gradient of a loss with respect to them, of the "
    "same shape. Return the gradient with respect to the scores. The classes lie along the last "
    f"axis; with n classes no n x n matrix is built. {NINE_DIGITS}",
    right=softmax_vjp,
    stages=(
        Stage("one vector", "This is not the gradient with respect to the scores.",
            "Write out (diag(p) - p pᵀ) g: it is p * (g - c), with one number c.",
            tuple(zip(PROBABILITIES, (GRADS[0], GRADS[1], GRADS[2]), strict=True))),
        Stage("a batch of rows", "One vector is right, but the rows of a batch are not.", KEEPDIMS,
            ((PROBABILITY_ROWS[0], array([1.0, -0.5, 2.0], [0.2, 0.4, -1.0])),
                (PROBABILITY_ROWS[1], SQUARE),
                (PROBABILITY_ROWS[2], ONE_ROW))),
        Stage("three axes", "Batches with two axes are right, those with three are not.",
            "The last axis is -1, however many there are.",
            ((np.stack([PROBABILITY_ROWS[0], PROBABILITY_ROWS[0][::-1]]), CUBE),)),
        Stage("many classes", "Many classes give wrong numbers, or need too much memory.",
            "Build no matrix: a product and a sum suffice.",
            ((np.full(20_000, 1 / 20_000), np.resize(array(1.0, 2.0, 3.0, 4.0), 20_000)),),
            hard=True),
    ),
    mistakes=(
        Mistake("It multiplies by p only.", "Subtract the mean of g under p first.",
            lambda p, g: p * g),
        Mistake("It uses only the diagonal of the Jacobian, p (1 - p).",
            "Each probability depends on every score.", lambda p, g: p * (1 - p) * g),
        Mistake("It subtracts the plain mean of g, not the mean under p.",
            "Weigh g with p: sum(p * g).", lambda p, g: p * (g - mean_of(g))),
        Mistake("It subtracts the sum of g, without the weights p.", "It is sum(p * g).",
            lambda p, g: p * (g - sum_of(g))),
        Mistake("The last factor p is missing.", "It is p * (g - sum(p * g)).",
            lambda p, g: g - sum_of(p * g)),
        Mistake("It adds the sum, where it should subtract.", "It is p * (g - sum(p * g)).",
            lambda p, g: p * (g + sum_of(p * g))),
        Mistake("It subtracts the sum from p * g, without the factor p.",
            "It is p * g - p * sum(p * g).", lambda p, g: p * g - sum_of(p * g)),
        Mistake("It takes p for scores, and applies softmax again.", "p are probabilities already.",
            lambda p, g: softmax_vjp(softmax(p), g)),
        Mistake("p and g are exchanged.", "The factor outside the bracket is p.",
            lambda p, g: g * (p - sum_of(p * g))),
        Mistake("It sums over the whole batch, not over each row.", KEEPDIMS,
            lambda p, g: p * (g - (p * g).sum())),
        Mistake("It sums along the first axis, not along the last.", KEEPDIMS,
            lambda p, g: p * (g - (p * g).sum(axis=0))),
    ),
    rules=(sums_to_zero,),
    atol=1e-12,
)
