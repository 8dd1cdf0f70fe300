"""Right and wrong submissions to the exercises of the chapter "jacobian"."""

import numpy as np

from support.submissions._formulas import soft


def by_least_squares(p, move):
    """The shortest of all solutions sums to 0."""
    rows = [
        np.linalg.lstsq(np.diag(q) - np.outer(q, q), m, rcond=1e-12)[0]
        for q, m in zip(p.reshape(-1, p.shape[-1]), move.reshape(-1, p.shape[-1]), strict=True)
    ]
    return np.reshape(rows, p.shape)


def by_logarithms(p, move):
    """The slope of the logarithm of softmax, by a complex step."""
    logs = np.log(p + 1e-100j * move).imag / 1e-100
    return logs - logs.sum(axis=-1, keepdims=True) / p.shape[-1]


RIGHT = [
    ("nudge_for", lambda p, move: move / p - np.mean(move / p, axis=-1)[..., None]),
    ("nudge_for", by_least_squares),
    ("nudge_for", by_logarithms),
]

WRONG = [
    ("nudge_for", lambda p, move: move / p, "its entries do not sum to 0"),
    ("nudge_for", lambda p, move: move / p - np.sum(move), "its entries do not sum to 0"),
    ("nudge_for", lambda p, move: p * (move - np.sum(p * move, -1)[..., None]), "where that leads"),
    ("nudge_for", lambda p, move: np.log(p + move) - np.log(p), "a step of full length"),
    ("nudge_for", lambda p, move: np.mean(move / p) - move / p, "Every number has the wrong sign."),
    ("nudge_for", lambda p, move: move / p - np.mean(move / p), "the mean of the whole batch"),
    (
        "nudge_for",
        lambda p, move: np.linalg.pinv(np.diag(p) - np.outer(p, p)) @ move,
        "It raises a ValueError, with a",
    ),
    ("nudge_for", lambda p, move: soft(move), "A row sums to 1, not to 0."),
]
