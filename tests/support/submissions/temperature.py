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


RIGHT = [
    ("softmax_with_temperature", lambda z, t: soft(z / t) if t else shared(z)),
    ("softmax_with_temperature", lambda z, t=1: soft(shifted(z) / t) if t else shared(z)),
    ("entropy", entropy),
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
]
