"""Right and wrong submissions to the exercises of the chapter "argmax"."""

import numpy as np

from support.submissions._formulas import hard

RIGHT = [
    ("hardmax", hard),
    ("accuracy", lambda z, y: sum(r.argmax() == k for r, k in zip(z, y, strict=True)) / len(y)),
]

WRONG = [
    ("hardmax", lambda z: (z == z.max()) * 1, "It marks only the maximum of the whole batch."),
    ("hardmax", lambda z: (z == z.max(-1, keepdims=True)) * 1, "It marks all ties."),
    ("accuracy", lambda z, y: sum(z.argmax(-1) == y), "and does not divide by the number of rows."),
    ("accuracy", lambda z, y: np.mean(z.argmax(0) == y[0]), "not the fraction of right choices."),
]
