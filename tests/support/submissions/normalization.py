"""Right and wrong submissions to the exercises of the chapter "normalization"."""

import numpy as np

import softmax_lessons as sl

RIGHT = [
    ("normalize_by_sum", lambda z: z / np.expand_dims(z.sum(axis=-1), -1)),
    ("shift_by_sum", lambda z: sl.normalize_by_sum(z - z.min(axis=-1, keepdims=True))),
]

WRONG = [
    ("normalize_by_sum", lambda z: z / z.sum(), "The whole array sums to 1, not each row."),
    ("normalize_by_sum", lambda z: z // z.sum(-1, keepdims=True), "These are not the normalized"),
    ("shift_by_sum", lambda z: z - z.min(-1, keepdims=True), "It does not divide."),
    ("shift_by_sum", lambda z: sl.normalize_by_sum(z - z.min()), "minimum of the whole batch."),
]
