"""Right and wrong submissions to the exercises of the chapter "scores"."""

import numpy as np

from support.submissions._formulas import hot

RIGHT = [
    ("one_hot", hot),
    ("one_hot", lambda y, k: np.eye(k, dtype=int)[y]),
    ("one_hot", lambda y, k: y[:, None] == np.arange(k)),
    ("margin", lambda z: np.diff(np.sort(z, axis=-1), axis=-1)[..., -1]),
]

WRONG = [
    ("one_hot", lambda y, k: np.eye(k)[y - 1], "The classes count from 1."),
    ("one_hot", lambda y, k: hot(y, max(y) + 1), "the number of classes from the labels, not from"),
    ("margin", lambda z: np.diff(np.unique(z))[-1], "Ties are wrong: two equal best scores have a"),
]
