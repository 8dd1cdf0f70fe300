"""Right and wrong submissions to the exercises of the chapter "misuse"."""

import numpy as np

from support.submissions._formulas import (
    E,
    hot,
    jacobian,
    loss,
    loss_grad,
    plain_exp,
    shifted,
    soft,
)


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


def pulls_by_hand(z, label):
    e = E(z - z.max())
    p = e / e.sum()
    g = E(p) / E(p).sum() - (np.arange(len(z)) == label)
    return np.array([p[label] - 1, p[label] * (g[label] - p @ g), p[label] * (p[label] - 1)])


def pulls_by_the_jacobian(z, label):
    y = np.eye(len(z))[label]
    p, J = soft(z), jacobian(z)
    return [(p - y)[label], (J @ (soft(p) - y))[label], (-J @ y)[label]]


def pulls_by_steps(z, label):
    """A complex step along the score: no digit is lost."""
    step = np.zeros(len(z), complex)
    step[label] = 1e-100j
    d = z - z.max() + step
    p = E(d) / E(d).sum()
    first, second = (np.log(E(x).sum()) - x[label] for x in (d, p))
    return np.array([first, second, -p[label]]).imag / 1e-100


def pulls_by_nudges(z, label, h=1e-5):
    nudge = h * np.eye(len(z))[label]
    y = np.array([label])

    def losses(z):
        return np.array([loss(z[None], y), loss(soft(z)[None], y), -soft(z)[label]])

    return (losses(z + nudge) - losses(z - nudge)) / (2 * h)


def pulls_changed(*changes):
    def solution(z, label):
        p, found = soft(z), pulls_by_hand(z, label)
        for place, change in changes:
            found[place] = change(p, label)
        return found

    return solution


RIGHT = [
    ("label_slopes", pulls_by_hand),
    ("label_slopes", pulls_by_the_jacobian),
    ("label_slopes", pulls_by_steps),
    ("label_slopes", pulls_by_nudges),
    ("masked_softmax", masked),
    ("masked_softmax", lambda z, keep: np.nan_to_num(soft(np.where(keep, z, -np.inf)))),
    ("train_step", step_by_hand),
    ("train_step", step_by_loop),
    ("train_step", lambda W, x, y, rate: W - rate * loss_grad(x @ W.T, y).T @ x),
]

WRONG = [
    ("label_slopes", lambda z, y: -pulls_by_hand(z, y), "They have the wrong sign"),
    ("label_slopes", lambda z, y: pulls_by_hand(z, y)[[0, 2, 1]], "are exchanged"),
    ("label_slopes", lambda z, y: pulls_by_the_jacobian(z, y - 1), "The classes count from 1."),
    ("label_slopes", pulls_changed((1, lambda p, y: soft(p)[y] - 1)), "ends at the probability"),
    ("label_slopes", pulls_changed((1, lambda p, y: p[y] - 1)), "a softmax is missing"),
    (
        "label_slopes",
        pulls_changed((1, lambda p, y: p[y] * (1 - p[y]) * (soft(p)[y] - 1))),
        "goes back through p (1 - p) alone",
    ),
    (
        "label_slopes",
        pulls_changed((1, lambda p, y: soft(p)[y] * (1 - soft(p)[y]) * (p[y] - 1))),
        "These are not the three slopes.",
    ),
    (
        "label_slopes",
        pulls_changed((2, lambda p, y: p[y] - 1)),
        "a logarithm that the loss has not",
    ),
    (
        "label_slopes",
        pulls_changed((2, lambda p, y: p[y] * (1 - p[y]))),
        "third slope has the wrong",
    ),
    ("label_slopes", pulls_changed((2, lambda p, y: -1)), "that for the probability"),
    ("label_slopes", pulls_changed((0, lambda p, y: -1 / p[y])), "that for the probability"),
    ("label_slopes", lambda z, y: pulls_by_hand(z, y)[:2], "has shape (2,) instead of (3,)"),
    ("label_slopes", lambda z, y: pulls_by_hand(np.clip(z, -50, 50), y), "Large scores give wrong"),
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
