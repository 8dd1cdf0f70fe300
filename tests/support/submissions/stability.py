"""Right and wrong submissions to the exercises of the chapter "stability"."""

import numpy as np

from support.submissions._formulas import E, log_sum, shifted, soft


def accurate(z):
    k = z.argmax()
    rest = np.delete(E(z - z[k]), k)
    return z - z[k] - np.log1p(rest.sum())


RIGHT = [
    ("logsumexp", log_sum),
    ("logsumexp", lambda z: np.logaddexp.reduce(z, axis=-1)),
    ("log_softmax", lambda z: shifted(z) - np.log(E(shifted(z)).sum(axis=-1, keepdims=True))),
    ("accurate_log_softmax", accurate),
]

WRONG = [
    ("logsumexp", lambda z: np.log(E(z).sum(-1)), "It overflows from a score of 710 on."),
    ("logsumexp", lambda z: np.log(E(shifted(z)).sum(-1)), "subtracted, and not added back."),
    ("log_softmax", lambda z: np.log(soft(z)), "logarithm of a probability that has rounded to 0."),
    ("log_softmax", lambda z: np.log(soft(z) + 5e-13), "beyond -28.32, which is log(5e-13)."),
    ("accurate_log_softmax", lambda z: z - log_sum(z), "of a leading class loses its digits."),
    (
        "accurate_log_softmax",
        lambda z: shifted(z) - np.log(E(shifted(z)).sum()),
        "It loses dominated rows: the leading class gets exactly 0",
    ),
]
