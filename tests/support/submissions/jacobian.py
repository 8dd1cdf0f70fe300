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


def one_block_a_picture(N, K):
    table = np.zeros((N, K, N, K))
    for i in range(N):
        table[i, :, i, :] = 1
    return table


def by_numbers_of_pictures(N, K):
    picture = np.repeat(np.arange(N), K).reshape(N, K)
    return picture[:, :, None, None] == picture


def by_nudges(N, K):
    """Where something moves when a score does."""
    z = np.random.default_rng(0).normal(size=(N, K))
    moved = [soft(z + nudge.reshape(N, K)) != soft(z) for nudge in 0.1 * np.eye(N * K)]
    return np.moveaxis(np.array(moved).reshape(N, K, N, K), (0, 1), (2, 3))


RIGHT = [
    ("jacobian_pattern", one_block_a_picture),
    ("jacobian_pattern", by_numbers_of_pictures),
    ("jacobian_pattern", by_nudges),
    ("jacobian_pattern", lambda N, K: np.einsum("ij,kl->ikjl", np.eye(N), np.ones((K, K)))),
    ("nudge_for", lambda p, move: move / p - np.mean(move / p, axis=-1)[..., None]),
    ("nudge_for", by_least_squares),
    ("nudge_for", by_logarithms),
]

WRONG = [
    ("jacobian_pattern", lambda N, K: np.ones((N, K, K)), "It has a table of K by K for each pict"),
    ("jacobian_pattern", lambda N, K: np.ones((N, K, N, K)), "Every entry is 1, as if pictures"),
    (
        "jacobian_pattern",
        lambda N, K: np.eye(N)[..., None, None] * np.ones((K, K)),
        "The axes stand in another order",
    ),
    (
        "jacobian_pattern",
        lambda N, K: np.eye(N * K).reshape(N, K, N, K),
        "its own probability alone",
    ),
    (
        "jacobian_pattern",
        lambda N, K: np.kron(np.eye(N), np.ones((K, K))),
        "N K rows and N K columns",
    ),
    ("jacobian_pattern", lambda N, K: np.ones((N, K)), "It has the shape of the scores."),
    ("jacobian_pattern", lambda N, K: (N, K, N, K), "the shape of the table, not the table"),
    ("jacobian_pattern", lambda N, K: N * K * K, "It returns one number, not an array of shape"),
    (
        "jacobian_pattern",
        lambda N, K: np.einsum("ij,kl->ikjl", np.ones((N, N)), np.eye(K)),
        "Pictures compete for a class",
    ),
    ("jacobian_pattern", lambda N, K: np.ones((K, K, K, K)), "has shape (3, 3, 3, 3) instead of"),
    (
        "jacobian_pattern",
        lambda N, K: one_block_a_picture(N, K).transpose(1, 0, 3, 2),
        "The axes of the classes come before those of the pictures.",
    ),
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
