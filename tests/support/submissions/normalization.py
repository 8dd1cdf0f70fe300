"""Right and wrong submissions to the exercises of the chapter "normalization"."""

import numpy as np

import softmax_lessons as sl


def far_by_inserting(z):
    others = np.full(len(z) - 1, 1 / (len(z) - 1))
    return np.insert(others, np.argmin(z), 0.0)


def far_by_falling(z):
    """Let the lowest score fall so far that floats see no difference."""
    fallen = np.where(z == z.min(), z - 1e15, z)
    above = fallen - fallen.min() + 1
    return np.round(above / above.sum(), 12)


def far_but_not_far_enough(z):
    fallen = np.where(z == z.min(), -1000.0, z)
    above = fallen - fallen.min() + 1
    return above / above.sum()


RIGHT = [
    ("normalize_by_sum", lambda z: z / np.expand_dims(z.sum(axis=-1), -1)),
    ("shift_by_sum", lambda z: sl.normalize_by_sum(z - z.min(axis=-1, keepdims=True))),
    ("far_limit", far_by_inserting),
    ("far_limit", far_by_falling),
    ("far_limit", lambda z: [float(one > min(z)) / (len(z) - 1) for one in z]),
]

WRONG = [
    ("normalize_by_sum", lambda z: z / z.sum(), "The whole array sums to 1, not each row."),
    ("normalize_by_sum", lambda z: z // z.sum(-1, keepdims=True), "These are not the normalized"),
    ("shift_by_sum", lambda z: z - z.min(-1, keepdims=True), "It does not divide."),
    ("shift_by_sum", lambda z: sl.normalize_by_sum(z - z.min()), "minimum of the whole batch."),
    ("far_limit", far_but_not_far_enough, "These are not the ends of the curves."),
    ("far_limit", lambda z: np.full(len(z), 1 / len(z)), "all classes for equal, the lowest, too"),
    ("far_limit", lambda z: np.full(len(z), 1 / (len(z) - 1)), "as much as each of the others"),
    ("far_limit", lambda z: (z > z.min()) / 2, "as if three classes were all there are"),
    ("far_limit", lambda z: (z > z.min()) * np.exp(z) / np.exp(z[z > z.min()]).sum(), "`exp_by_s"),
    ("far_limit", lambda z: (z == z.max()) * 1.0, "The highest score gets all."),
    ("far_limit", lambda z: (z - z.min() + 1) / (z - z.min() + 1).sum(), "returns now, before"),
    ("far_limit", lambda z: np.array([0.5, 0.5, 0.0]), "The result is the same for"),
    ("far_limit", lambda z: 1 / (len(z) - 1), "The result is the same for"),
]
