"""Right and wrong submissions to the exercises of the chapter "scores"."""

import numpy as np

from support.submissions._formulas import hot


def second(z, instead=-np.inf):
    """The best score but one."""
    return np.where(np.arange(z.shape[-1]) == z.argmax(-1)[..., None], instead, z).max(axis=-1)


def sizes_of_arrays(N, D, K):
    X, W, b = np.zeros((N, D)), np.zeros((K, D)), np.zeros(K)
    Z = X @ W.T + b
    targets = np.eye(K)[np.zeros(N, int)]
    return np.array([a.size for a in (W, b, Z, targets, Z.argmax(axis=-1), Z.argmax(axis=0))])


RIGHT = [
    ("one_hot", hot),
    ("one_hot", lambda y, k: np.eye(k, dtype=int)[y]),
    ("one_hot", lambda y, k: y[:, None] == np.arange(k)),
    ("margin", lambda z: np.diff(np.sort(z, axis=-1), axis=-1)[..., -1]),
    ("margin", lambda z: z.max(axis=-1) - second(z)),
    ("count_numbers", lambda N, D, K: np.array([K * D, K, N * K, N * K, N, K])),
    ("count_numbers", sizes_of_arrays),
    ("count_numbers", lambda N, D, K: [D * K, K, *[K * N] * 2, N, K]),
]

WRONG = [
    ("one_hot", lambda y, k: np.eye(k)[y - 1], "The classes count from 1."),
    ("one_hot", lambda y, k: hot(y, max(y) + 1), "the number of classes from the labels, not from"),
    ("margin", lambda z: np.diff(np.unique(z))[-1], "Ties are wrong: two equal best scores have a"),
    ("margin", lambda z: z.max(axis=-1) - second(z, 0.0), "The best score is replaced by 0"),
    ("count_numbers", lambda N, D, K: [K * D, 1, N * K, N * K, N, K], "b is counted as a single"),
    ("count_numbers", lambda N, D, K: [N * D, K, N * K, N * K, N, K], "a row for each picture"),
    ("count_numbers", lambda N, D, K: [K * D, K, N * K, N, N, K], "targets are counted as labels"),
    ("count_numbers", lambda N, D, K: [K * D, K, N * K, N * K, K, N], "The last two are exchanged"),
    ("count_numbers", lambda N, D, K: [K * D, K, N * K, N * K, N, 1], "is counted as one number"),
    (
        "count_numbers",
        lambda N, D, K: [K * D, K, N * K, N * K, N],
        "has shape (5,) instead of (6,)",
    ),
    ("count_numbers", lambda N, D, K: [K * D + K, K, N * K, N * K, N, K], "One picture is wrong"),
    ("count_numbers", lambda N, D, K: K * D, "It returns one number, not an array"),
]
