"""Right and wrong submissions to the exercises of the chapter "misuse"."""

import numpy as np

from support.submissions._formulas import E, shifted, soft


def masked(z, keep):
    top = np.where(keep, z, -np.inf).max(axis=-1, keepdims=True)
    e = E(np.where(keep, z - np.where(np.isfinite(top), top, 0), -np.inf))
    return e / np.maximum(e.sum(axis=-1, keepdims=True), 1e-300)


def largest_of_all(z, keep):
    e = E(shifted(z)) * keep
    return e / e.sum(axis=-1, keepdims=True)


RIGHT = [
    ("masked_softmax", masked),
    ("masked_softmax", lambda z, keep: np.nan_to_num(soft(np.where(keep, z, -np.inf)))),
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
]
