"""Right and wrong submissions to the exercises of the chapter "multilabel"."""

import numpy as np

from support.submissions._formulas import E, shifted, soft, two_halves


def answered_by_indexing(z, y):
    known = ~np.isnan(y)
    return np.mean(np.logaddexp(0, z[known]) - y[known] * z[known])


def answered_by_sums(z, y):
    total, count = 0.0, 0
    for score, answer in zip(z.ravel(), y.ravel(), strict=True):
        if answer == answer:
            total += np.logaddexp(0, -score if answer == 1 else score)
            count += 1
    return total / count


def each_answer(z, y):
    return np.logaddexp(0, z) - y * z


def handed_in(z, y):
    return np.mean(np.where(np.isnan(y), 0, each_answer(z, np.nan_to_num(y))))


RIGHT = [
    ("bce_with_logits", lambda z, y: np.mean(np.logaddexp(0, z) - y * z)),
    ("bce_with_logits", lambda z, y: np.mean(np.logaddexp(0, np.where(y == 1, -z, z)))),
    ("answered_loss", answered_by_indexing),
    ("answered_loss", answered_by_sums),
    ("answered_loss", lambda z, y: np.nanmean(each_answer(z, y))),
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
    ("answered_loss", handed_in, "An open answer adds nothing, but counts in the divisor."),
    ("answered_loss", lambda z, y: each_answer(z, np.nan_to_num(y)).mean(), "counts as a no"),
    ("answered_loss", lambda z, y: each_answer(z, y).mean(), "The NaN of an open answer gets"),
    (
        "answered_loss",
        lambda z, y: (each_answer(z, np.nan_to_num(y)) * ~np.isnan(y)).sum() / len(y),
        "It divides by the number of examples.",
    ),
    ("answered_loss", lambda z, y: np.nansum(each_answer(z, y)), "It adds the losses up."),
    (
        "answered_loss",
        lambda z, y: np.nanmean(np.log(1 + np.exp(z)) - y * z),
        "Large logits give a wrong loss. The result is infinite.",
    ),
    (
        "answered_loss",
        lambda z, y: np.nanmean(-y * np.log(soft(z)) - (1 - y) * np.log(1 - soft(z))),
        "It is wrong even where all questions are answered.",
    ),
    ("answered_loss", lambda z, y: each_answer(z, y)[~np.isnan(y)], "the loss of each answer, not"),
]
