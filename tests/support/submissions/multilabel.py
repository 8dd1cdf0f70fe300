"""Right and wrong submissions to the exercises of the chapter "multilabel"."""

import numpy as np

from support.submissions._formulas import E, shifted, two_halves

RIGHT = [
    ("bce_with_logits", lambda z, y: np.mean(np.logaddexp(0, z) - y * z)),
    ("bce_with_logits", lambda z, y: np.mean(np.logaddexp(0, np.where(y == 1, -z, z)))),
]

WRONG = [
    (
        "bce_with_logits",
        lambda z, y: np.mean(np.log1p(E(z)) - y * z),
        "It overflows from a score of 710 on.",
    ),
    (
        "bce_with_logits",
        lambda z, y: -np.mean(y * np.log(two_halves(z)) + (1 - y) * np.log(1 - two_halves(z))),
        "logarithm of a probability that has rounded to 0 or to 1.",
    ),
    ("bce_with_logits", lambda z, y: np.sum(np.logaddexp(0, z) - y * z), "It adds all losses up."),
    (
        "bce_with_logits",
        lambda z, y: -np.mean(y * np.log(two_halves(z))),
        "Only answers with target 1 count",
    ),
    (
        "bce_with_logits",
        lambda z, y: (
            -np.mean((y * (shifted(z) - np.log(E(shifted(z)).sum(-1, keepdims=True)))).sum(-1))
        ),
        "the questions compete.",
    ),
    (
        "bce_with_logits",
        lambda z, y: np.mean(
            -np.log(np.maximum(np.where(y == 1, two_halves(z), two_halves(-z)), 1e-7))
        ),
        "No result goes beyond 16.12, which is -log(1e-07).",
    ),
]
