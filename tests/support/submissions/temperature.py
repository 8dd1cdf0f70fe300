"""Right and wrong submissions to the exercises of the chapter "temperature"."""

import numpy as np

from support.submissions._formulas import plain_exp, shifted, soft


def entropy(p):
    return -np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0).sum(axis=-1)


def shared(z):
    leads = z == z.max(axis=-1, keepdims=True)
    return leads / leads.sum(axis=-1, keepdims=True)


def first_of_the_leaders(z):
    return 1.0 * (np.arange(z.shape[-1]) == z.argmax(axis=-1)[..., None])


def ends_by_counting(scores):
    best = np.max(scores, axis=-1)[..., None]
    m = np.count_nonzero(scores == best, axis=-1)
    return np.stack([np.log(m), np.full(np.shape(m), np.log(scores.shape[-1]))], axis=-1)


def ends_by_measuring(scores):
    """The entropy at a very low and at a very high temperature."""
    levels = []
    for T in (1e-6, 1e12):
        p = soft(scores / T)
        levels.append(-(p * np.log(np.where(p > 0, p, 1))).sum(axis=-1))
    return np.stack(levels, axis=-1)


def ends_too_near(scores):
    levels = []
    for T in (0.1, 10):
        p = soft(scores / T)
        levels.append(-(p * np.log(p)).sum(axis=-1))
    return np.stack(levels, axis=-1)


RIGHT = [
    ("softmax_with_temperature", lambda z, t: soft(z / t) if t else shared(z)),
    ("softmax_with_temperature", lambda z, t=1: soft(shifted(z) / t) if t else shared(z)),
    ("entropy", entropy),
    ("entropy_ends", ends_by_counting),
    ("entropy_ends", ends_by_measuring),
]

WRONG = [
    ("entropy", lambda p: -(p * np.log(p)).sum(), "It sums over the whole batch."),
    ("entropy", lambda p: -(p * np.log(p)).sum(-1), "A probability of 0 must add nothing. The res"),
    ("softmax_with_temperature", lambda z, t: soft(z * t), "The temperature multiplies, where it"),
    ("softmax_with_temperature", lambda z, t: soft(z + t), "The temperature has no effect."),
    ("softmax_with_temperature", lambda z, t: plain_exp(z / t), "A low temperature gives wrong"),
    ("softmax_with_temperature", lambda z, t: soft(z / t), "At T = 0 it does not give the limit."),
    (
        "softmax_with_temperature",
        lambda z, t: soft(shifted(z) / t) if t else first_of_the_leaders(z),
        "At T = 0 tied leaders do not share the whole.",
    ),
    ("entropy", lambda p: -(p * np.log2(p)).sum(-1), "uses the logarithm of base 2, not the nat"),
    ("entropy", lambda p: (p * np.log(p)).sum(-1), "Every number has the wrong sign."),
    ("entropy_ends", ends_too_near, "It does not end there."),
    ("entropy_ends", lambda z: np.array([0.0, np.log(z.shape[-1])]), "takes one leader for gran"),
    ("entropy_ends", lambda z: ends_by_counting(z)[..., ::-1], "The two ends are exchanged."),
    ("entropy_ends", lambda z: ends_by_counting(z) / np.log(2), "It is in bits."),
    ("entropy_ends", lambda z: np.exp(ends_by_counting(z)), "without the logarithm"),
    ("entropy_ends", lambda z: np.moveaxis(ends_by_counting(z), -1, 0), "transposed"),
    (
        "entropy_ends",
        lambda z: np.log([np.sum(z == z.max()), z.size]),
        "It counts in the whole batch, not in each row.",
    ),
    ("entropy_ends", lambda z: np.log([np.sum(z == z.max()), 4]), "It does not end there."),
    ("entropy_ends", lambda z: [0.0, 1.0], "The result is the same for"),
]
