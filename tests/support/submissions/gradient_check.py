"""Right and wrong submissions to the exercises of the chapter "gradient-check"."""

import numpy as np


def of_quotients(x, g):
    """Return g times the table of slopes of x / sum(x), one row after the other."""
    total = x.sum(axis=-1, keepdims=True)
    slopes = np.eye(x.shape[-1]) / total[..., None] - x[..., :, None] / total[..., None] ** 2
    return np.einsum("...i,...ij->...j", g, slopes)


RIGHT = [
    ("softmax_vjp", lambda p, g: p * (g - np.einsum("...i,...i", p, g)[..., None])),
    ("normalize_vjp", of_quotients),
    (
        "normalize_vjp",
        lambda x, g: (g - np.average(g, axis=-1, weights=x)[..., None]) / x.sum(-1)[..., None],
    ),
]

WRONG = [
    ("softmax_vjp", lambda p, g: p * g, "It multiplies by p only."),
    (
        "softmax_vjp",
        lambda p, g: (np.diag(p) - np.outer(p, p)) @ g,
        "It raises a ValueError, with a",
    ),
    ("softmax_vjp", lambda p, g: p * (g - p), "A row sums to 0.17, not to 0."),
    ("softmax_vjp", lambda p, g: p * (g - np.sum(p * g)), "over the whole batch, not over each"),
    ("normalize_vjp", lambda x, g: g - np.sum(g * x / x.sum()), "The division by the sum is missi"),
    ("normalize_vjp", lambda x, g: g - np.sum(g * x), "It takes x for y, and does not divide"),
    ("normalize_vjp", lambda x, g: g / x.sum(), "It lacks the part through the sum."),
    (
        "normalize_vjp",
        lambda x, g: (g - np.sum(g * x) / np.sum(x)) / np.sum(x),
        "The sum runs over the whole batch",
    ),
    (
        "normalize_vjp",
        lambda x, g: (np.diag(x) - np.outer(x, x) / x.sum()) @ g / x.sum(),
        "It is the step backward through softmax",
    ),
    ("normalize_vjp", lambda x, g: -of_quotients(x, g), "Every number has the wrong sign."),
]
