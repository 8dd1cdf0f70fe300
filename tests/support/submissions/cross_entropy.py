"""Right and wrong submissions to the exercises of the chapter "cross-entropy"."""

import math
from collections import Counter

import numpy as np

from support.submissions._formulas import hot, loss, loss_grad, shifted, soft


def kl(p, q):
    return sum(
        np.where(p[..., i] > 0, p[..., i] * np.log(np.maximum(p[..., i], 1e-300) / q[..., i]), 0)
        for i in range(p.shape[-1])
    )


def labels_in_all_rows(z, y):
    p = soft(z)
    p[:, y] -= 1
    return p / len(y)


Y_MINUS_P = "It has the wrong sign: y - p, not p - y."


def frequencies(y):
    return np.unique(y, return_counts=True)[1] / len(y)


def by_bincount(y):
    p = np.bincount(y) / len(y)
    return -(p * np.log(p)).sum()


def by_counter(y):
    return -sum(n / len(y) * math.log(n / len(y)) for n in Counter(y.tolist()).values())


def mean_of_all_labels(z):
    log_p = shifted(z) - np.log(np.exp(shifted(z)).sum(axis=-1, keepdims=True))
    return -log_p.mean()


def every_label_once(z):
    return sum(loss(z, np.full(len(z), k)) for k in range(z.shape[1])) / z.shape[1]


def log_sum_less_mean(z):
    rows = [np.logaddexp.reduce(row) - sum(row) / len(row) for row in z]
    return sum(rows) / len(rows)


def drawn(z):
    return loss(z, np.random.default_rng(0).integers(z.shape[1], size=len(z)))


RIGHT = [
    ("uninformed_loss", mean_of_all_labels),
    ("uninformed_loss", every_label_once),
    ("uninformed_loss", log_sum_less_mean),
    ("blind_loss", lambda y: -frequencies(y) @ np.log(frequencies(y))),
    ("blind_loss", by_counter),
    ("blind_loss", lambda y: -np.log(np.bincount(y)[y] / len(y)).mean()),
    ("cross_entropy", loss),
    ("cross_entropy_grad", loss_grad),
    ("smooth_labels", lambda y, k, s: hot(y, k) * (1 - s) + s / k),
    ("kl_divergence", kl),
]

WRONG = [
    ("uninformed_loss", lambda z: math.log(z.shape[-1]), "It is ln K, whatever the scores are."),
    (
        "uninformed_loss",
        lambda z: -np.log(soft(z).mean(-1)).mean(),
        "ln K, whatever the scores are",
    ),
    ("uninformed_loss", lambda z: -(soft(z) * np.log(soft(z))).sum(-1).mean(), "It is the entropy"),
    ("uninformed_loss", lambda z: -np.log(soft(z)).sum(-1).mean(), "the losses of the K labels"),
    ("uninformed_loss", lambda z: loss(z, z.argmax(-1)), "the largest score were always the label"),
    ("uninformed_loss", lambda z: loss(z, np.zeros(len(z), int)), "if the first class were always"),
    ("uninformed_loss", lambda z: np.log(np.exp(z).sum(-1)).mean(), "no score of a label is subtr"),
    ("uninformed_loss", lambda z: -np.log(soft(z)).mean(-1), "It returns the loss of each row"),
    ("uninformed_loss", lambda z: -np.log2(soft(z)).mean(), "the logarithm of base 2"),
    ("uninformed_loss", lambda z: -np.log(soft(z)).mean(), "that has rounded to 0"),
    (
        "uninformed_loss",
        lambda z: (np.log(np.exp(z).sum(-1)) - z.mean(-1)).mean(),
        "It overflows from a score of 710 on.",
    ),
    (
        "uninformed_loss",
        lambda z: -np.log(soft(z) + 1e-12).mean(),
        "Scores far apart give a wrong loss.",
    ),
    ("uninformed_loss", lambda z: -np.log(soft(z).mean(0)).mean(), "It is not the loss to expect."),
    ("uninformed_loss", drawn, "It is not the loss to expect."),
    ("blind_loss", lambda y: np.log(len(set(y.tolist()))), "It is ln K of the classes that occur."),
    ("blind_loss", lambda y: -np.log2(frequencies(y)) @ frequencies(y), "the logarithm of base 2"),
    ("blind_loss", lambda y: frequencies(y) @ (1 - frequencies(y)), "It is a squared error"),
    ("blind_loss", lambda y: 1 - frequencies(y).max(), "the fraction of wrong choices"),
    ("blind_loss", by_bincount, "A class without a picture makes it wrong."),
    ("blind_loss", lambda y: loss(np.zeros((len(y), y.max() + 1)), y), "It is ln K: that is best"),
    ("cross_entropy_grad", lambda z, y: -loss_grad(z, y), Y_MINUS_P),
    (
        "cross_entropy_grad",
        lambda z, y: len(y) * loss_grad(z, y),
        "off by the factor N, the number",
    ),
    (
        "cross_entropy_grad",
        lambda z, y: loss_grad(z, y) / len(y),
        "divided by N, the number of rows",
    ),
    ("cross_entropy_grad", labels_in_all_rows, "subtracts 1 in all columns that occur among the"),
    ("cross_entropy", lambda z, y: -np.log(soft(z)[:, y]).mean(), "all columns that occur among"),
    ("cross_entropy", lambda z, y: loss(soft(z), y), "It takes softmax twice"),
    ("cross_entropy", lambda z, y: loss(z, y) * len(y), "adds the losses up, and does not divide"),
    ("cross_entropy", lambda z, y: min(loss(z, y), 30), "No result goes beyond 30, which is -log("),
    (
        "smooth_labels",
        lambda y, k, s: hot(y, k) * (1 - s) + s,
        "amount is not divided by the numbe",
    ),
    ("kl_divergence", lambda p, q: kl(q, p), "p and q are exchanged."),
]
