"""Right and wrong submissions to the exercises of the chapter "sigmoid"."""

import math

import numpy as np

from support.submissions._formulas import E, two_halves


def moved(p, before, after):
    r = (after / (1 - after)) / (before / (1 - before))
    z = np.log(p / (1 - p)) + np.log(r)
    return 1 / (1 + np.exp(-z))


def alarms_by_logit(scores, is_panda, t):
    return np.count_nonzero(~is_panda & (scores >= np.log(t / (1 - t))))


def alarms_by_loop(scores, is_panda, t):
    return sum(two_halves(z) >= t for z, panda in zip(scores, is_panda, strict=True) if not panda)


def alarms_overflowing(scores, is_panda, t):
    with np.errstate(over="raise"):
        return np.sum((1 / (1 + np.exp(-scores)) >= t) & ~is_panda)


RIGHT = [
    ("sigmoid", two_halves),
    ("sigmoid", lambda x: 1 / (1 + E(-x))),
    ("sigmoid", lambda x: E(-np.logaddexp(0, -x))),
    ("logit", lambda p: np.log(p / (1 - p))),
    ("logit", lambda p: np.array([math.log(x) - math.log(1 - x) for x in p])),
    ("to_prior", moved),
    ("to_prior", lambda p, b, a: 1 / (1 + (1 / p - 1) * (b / (1 - b)) * (1 / a - 1))),
    ("count_alarms", lambda z, is_panda, t: np.sum((two_halves(z) >= t) & ~is_panda)),
    ("count_alarms", alarms_by_logit),
    ("count_alarms", alarms_by_loop),
]

WRONG = [
    ("logit", lambda p: np.log(p), "It returns the logarithm of p, not of the odds."),
    (
        "logit",
        lambda p: np.log(np.maximum(p, 1e-15) / (1 - p)),
        "beyond -34.54, which is log(1e-15).",
    ),
    ("sigmoid", lambda x: E(x) / (1 + E(x)), "It overflows from a score of 710 on."),
    ("sigmoid", lambda x: (1 + np.tanh(x / 2)) / 2, "Small results lose their digits"),
    ("sigmoid", lambda x: 1 / (1 + E(x)), "The sign in the exponent is wrong"),
    ("to_prior", lambda p, b, a: p * a / b, "It multiplies the probability, not the odds."),
    (
        "to_prior",
        lambda p, b, a: p * (a / b) / (p * (a / b) + 1 - p),
        "The factor r is a ratio of priors, not of prior odds.",
    ),
    (
        "to_prior",
        lambda p, b, a: moved(p, a, b),
        "The two priors are exchanged, or ln r is subtracted.",
    ),
    ("count_alarms", lambda z, panda, t: np.sum((z >= t) & ~panda), "a score with a probability"),
    ("count_alarms", lambda z, panda, t: np.sum((z >= 0) & ~panda), "one half for the threshold"),
    ("count_alarms", lambda z, panda, t: np.sum(two_halves(z) >= t), "It counts every yes"),
    ("count_alarms", lambda z, panda, t: np.sum((two_halves(z) >= t) & panda), "pandas that are"),
    ("count_alarms", lambda z, panda, t: np.mean((two_halves(z) >= t) & ~panda), "of all photogr"),
    ("count_alarms", lambda z, panda, t: np.sum((two_halves(z) > t) & ~panda), "equal to t is no"),
    ("count_alarms", lambda z, panda, t: np.sum(two_halves(z) >= t & ~panda), "It raises a TypeE"),
    ("count_alarms", alarms_overflowing, "It raises FloatingPointError"),
]
