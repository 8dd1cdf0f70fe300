"""Right and wrong submissions to the exercises of the chapter "training"."""

import numpy as np

from support.submissions._formulas import hot, loss_grad, plain_exp


def steps_in_place(w, x, y, r):
    w -= r * loss_grad(x @ w.T, y).T @ x
    return w


def counts_pairs_once(y, s, k):
    table = np.zeros((k, k))
    table[y, s] += 1
    return table


RIGHT = [
    ("sgd_step", lambda w, x, y, r: w - r * loss_grad(x @ w.T, y).T @ x),
    ("sgd_step", lambda w, x, y, r: w - r * np.einsum("nk,nd->kd", loss_grad(x @ w.T, y), x)),
    ("confusion_matrix", lambda y, s, k: hot(y, k).T @ hot(s, k)),
    ("confusion_matrix", lambda y, s, k: np.bincount(k * y + s, minlength=k * k).reshape(k, k)),
]

WRONG = [
    ("sgd_step", lambda w, x, y, r: w + r * loss_grad(x @ w.T, y).T @ x, "It goes uphill."),
    ("sgd_step", lambda w, x, y, r: loss_grad(x @ w.T, y).T @ x, "returns the gradient, not the"),
    ("sgd_step", lambda w, x, y, r: w - loss_grad(x @ w.T, y).T @ x, "learning rate is not used."),
    (
        "sgd_step",
        lambda w, x, y, r: w - r * len(x) * loss_grad(x @ w.T, y).T @ x,
        "It adds the rows up: the step is N times too long.",
    ),
    ("sgd_step", steps_in_place, "It changes its input."),
    (
        "sgd_step",
        lambda w, x, y, r: w - r * (plain_exp(x @ w.T) - hot(y, len(w))).T @ x / len(x),
        "It overflows from a score of 710 on.",
    ),
    ("sgd_step", lambda w, x, y, r: w - r * x.T @ loss_grad(x @ w.T, y), "It raises a ValueError"),
    ("confusion_matrix", lambda y, s, k: hot(s, k).T @ hot(y, k), "Rows and columns are exchanged"),
    ("confusion_matrix", counts_pairs_once, "A pair that occurs several times is counted once."),
    (
        "confusion_matrix",
        lambda y, s, k: np.diag(np.bincount(y[y == s], minlength=k)),
        "It counts the right predictions only.",
    ),
    (
        "confusion_matrix",
        lambda y, s, k: hot(y, max(y) + 1).T @ hot(s, max(s) + 1),
        "The result has shape (2, 2) instead of (4, 4).",
    ),
    (
        "confusion_matrix",
        lambda y, s, k: hot(y, k).T @ hot(s, k) / len(y),
        "It divides by the number of examples.",
    ),
]
