"""Right and wrong submissions to the exercises of the chapter "misuse"."""

import numpy as np

from support.submissions._formulas import E, hot, loss_grad, plain_exp, shifted, soft


def masked(z, keep):
    top = np.where(keep, z, -np.inf).max(axis=-1, keepdims=True)
    e = E(np.where(keep, z - np.where(np.isfinite(top), top, 0), -np.inf))
    return e / np.maximum(e.sum(axis=-1, keepdims=True), 1e-300)


def largest_of_all(z, keep):
    e = E(shifted(z)) * keep
    return e / e.sum(axis=-1, keepdims=True)


def step_by_hand(W, x, labels, rate):
    slopes = soft(x @ W.T) - hot(labels, len(W))
    return W - rate * slopes.T @ x / len(x)


def step_by_loop(W, x, labels, rate):
    gradient = np.zeros_like(W)
    for row, label in zip(x, labels, strict=True):
        p = soft(W @ row)
        p[label] -= 1
        gradient += np.outer(p, row) / len(x)
    return W - rate * gradient


def step_in_place(W, x, labels, rate):
    W -= rate * loss_grad(x @ W.T, labels).T @ x
    return W


def step_along(axis):
    def solution(W, x, labels, rate):
        slopes = np.moveaxis(soft(np.moveaxis(x @ W.T, axis, -1)), -1, axis) - hot(labels, len(W))
        return W - rate * slopes.T @ x / len(x)

    return solution


def step_unshifted(W, x, labels, rate):
    slopes = plain_exp(x @ W.T) - hot(labels, len(W))
    return W - rate * slopes.T @ x / len(x)


RIGHT = [
    ("masked_softmax", masked),
    ("masked_softmax", lambda z, keep: np.nan_to_num(soft(np.where(keep, z, -np.inf)))),
    ("train_step", step_by_hand),
    ("train_step", step_by_loop),
    ("train_step", lambda W, x, y, rate: W - rate * loss_grad(x @ W.T, y).T @ x),
]

WRONG = [
    ("masked_softmax", lambda z, keep: soft(z) * keep, "takes softmax of everything, and then dro"),
    ("masked_softmax", lambda z, keep: soft(z * keep), "It sets what does not count to 0 before"),
    (
        "masked_softmax",
        lambda z, keep: soft(z * keep) * keep,
        "by the mask before softmax, and",
    ),
    ("masked_softmax", lambda z, keep: masked(z, ~keep), "The mask is turned round"),
    ("masked_softmax", lambda z, keep: soft(np.where(keep, z, -1e9)), "a row in which nothing cou"),
    ("masked_softmax", lambda z, keep: soft(z - 1e9 * ~keep), "A score that is left out still has"),
    (
        "masked_softmax",
        lambda z, keep: soft(np.where(keep, z, -np.inf)),
        "What is left out gets -inf, and a row in which nothing counts becomes NaN.",
    ),
    ("masked_softmax", largest_of_all, "It subtracts the maximum of all scores, also of those"),
    ("masked_softmax", lambda z, keep: soft(z[keep]), "The result has shape (2,) instead of (3,)."),
    ("train_step", step_in_place, "It changes its input."),
    ("train_step", step_along(0), "These are not the weights after one step."),
    ("train_step", step_unshifted, "Large logits give wrong weights."),
    ("train_step", lambda W, x, y, rate: step_by_hand(W, x, y, -rate), "It climbs"),
    ("train_step", lambda W, x, y, rate: step_by_hand(W, x, y, rate * len(x)), "N times too long"),
    ("train_step", lambda W, x, y, rate: step_by_hand(W, x, y, 2 * rate), "added up twice"),
    ("train_step", lambda W, x, y, rate: step_by_hand(W, x, y, 1), "it is taken for 1"),
    ("train_step", lambda W, x, y, rate: loss_grad(x @ W.T, y).T @ x, "It returns the gradient"),
    ("train_step", lambda W, x, y, rate: W.copy(), "The weights do not move."),
    (
        "train_step",
        lambda W, x, y, rate: W - rate * (soft(x @ W.T) - hot(y, max(y) + 1)).T @ x / len(x),
        "It raises a ValueError",
    ),
    ("train_step", lambda W, x, y, rate: step_by_hand(W, x, y, rate).T, "transposed"),
]
