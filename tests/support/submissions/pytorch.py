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


RIGHT = [
    ("mean_loss", row_by_row),
]

WRONG = [
    ("mean_loss", lambda t, y: -row_by_row(t, y), "Every number has the wrong sign."),
    ("mean_loss", by_one_hot_rows, "counts only where its target is not 0"),
    ("mean_loss", padding_counts, "Rows that are left out still count in the number of rows."),
    (
        "mean_loss",
        lambda t, y: row_by_row(t, y.argmax(axis=-1) if y.ndim == 2 else y),
        "takes the most probable class of a row of probabilities for its label",
    ),
]
