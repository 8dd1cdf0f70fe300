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
    ("margin", lambda z: np.diff(np.unique(z))[-1], "Ties are wrong: two equal best scores have a"),
]
