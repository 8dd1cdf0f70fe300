"""Right and wrong submissions to the exercises of the chapter "pytorch"."""

import numpy as np

from support.submissions._formulas import hot


def row_by_row(t, y):
    losses = []
    for i, target in enumerate(y):
        if np.ndim(target):
            losses.append(-sum(q * t[i, k] for k, q in enumerate(target) if q > 0))
        elif target != -100:
            losses.append(-t[i, target])
    return sum(losses) / len(losses)


def by_one_hot_rows(t, y):
    """As PyTorch: 0 times -inf is NaN."""
    if y.ndim == 1:
        t, y = t[y != -100], hot(y[y != -100], t.shape[1])
    return -(y * t).sum(axis=-1).mean()


def padding_counts(t, y):
    if y.ndim == 2:
        return row_by_row(t, y)
    return -sum(t[i, k] for i, k in enumerate(y) if k >= 0) / len(y)


def without_classes(shape):
    return [size for place, size in enumerate(shape) if place != 1]


def of_a_reduced_array(shape):
    """As argmax along the classes leaves it."""
    return np.zeros(shape).argmax(axis=1).shape


RIGHT = [
    ("targets_shape", lambda shape: (shape[0], *shape[2:])),
    ("targets_shape", without_classes),
    ("targets_shape", of_a_reduced_array),
    ("targets_shape", lambda shape: np.delete(shape, 1)),
    ("mean_loss", row_by_row),
]

WRONG = [
    ("targets_shape", lambda shape: shape[:-1], "It leaves out the last dimension"),
    ("targets_shape", lambda shape: shape[1:], "It leaves out the first dimension"),
    ("targets_shape", lambda shape: shape, "It is the shape of the logits."),
    ("targets_shape", lambda shape: shape[:1], "one index for each picture or sentence"),
    ("targets_shape", lambda shape: (shape[0], 1, *shape[2:]), "stays, with length 1"),
    ("targets_shape", lambda shape: [shape[0], *shape[2:3]], "has shape (2,) instead of (3,)"),
    ("targets_shape", lambda shape: shape[0], "the number of pictures, not a shape"),
    (
        "targets_shape",
        lambda shape: np.prod(shape) // shape[1],
        "returns how many indices there are",
    ),
    (
        "targets_shape",
        lambda shape: np.zeros(shape[:1] + shape[2:]),
        "targets of that shape, not the shape",
    ),
    ("targets_shape", lambda shape: shape[1], "It returns one number, not an array"),
    ("targets_shape", lambda shape: shape[:2], "It keeps the first two dimensions."),
    ("mean_loss", lambda t, y: -row_by_row(t, y), "Every number has the wrong sign."),
    ("mean_loss", by_one_hot_rows, "counts only where its target is not 0"),
    ("mean_loss", padding_counts, "Rows that are left out still count in the number of rows."),
    (
        "mean_loss",
        lambda t, y: row_by_row(t, y.argmax(axis=-1) if y.ndim == 2 else y),
        "takes the most probable class of a row of probabilities for its label",
    ),
]
