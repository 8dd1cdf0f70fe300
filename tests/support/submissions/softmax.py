"""Right and wrong submissions to the exercises of the chapter "softmax"."""

import math

import numpy as np

import softmax_lessons as sl
from support.submissions._formulas import E, hard, plain_exp, shifted, soft


def by_loops(scores):
    powers = [math.exp(z) for z in scores]
    return [e / sum(powers) for e in powers]


def single_precision(scores):
    e = E(scores.astype(np.float32))
    return e / e.sum()


def integers(z):
    result = np.zeros_like(z)
    result[...] = soft(z)
    return result


def global_maximum(z):
    e = E(z - z.max())
    return e / e.sum(axis=-1, keepdims=True)


def above_zero(z):
    m = 0
    for score in z.ravel():
        m = max(m, score)
    e = E(z - m)
    return e / e.sum(axis=-1, keepdims=True)


def swallows(z):
    result = np.nan_to_num(E(z) / E(z).sum(axis=-1, keepdims=True))
    return result


def half_a_batch(z):
    if z.ndim == 1:
        return soft(z)
    result = np.zeros(z.shape)
    result[0] = soft(z[0])
    return result


def batch_by_hand(z):
    if z.ndim == 1:
        powers = [math.exp(x) for x in z]
        return np.array([e / sum(powers) for e in powers])
    return np.array([batch_by_hand(row) for row in z])


def largest_gap(Z, P):
    excess = np.log(P) - Z
    return excess.max(axis=-1) - excess.min(axis=-1)


def gap_by_pairs(Z, P):
    gaps = []
    for scores, row in zip(Z, P, strict=True):
        k = range(len(row))
        pairs = [(i, j) for i in k for j in k if i < j]
        rises = [math.log(row[i]) - math.log(row[j]) - scores[i] + scores[j] for i, j in pairs]
        gaps.append(max(map(abs, rises)))
    return np.array(gaps)


def gap_by_tables(Z, P):
    log_p = np.log(P)
    ratios = log_p[:, :, None] - log_p[:, None]
    leads = Z[:, :, None] - Z[:, None]
    return abs(ratios - leads).max(axis=(1, 2))


def gap_of_exponentials(Z, P):
    excess = np.log(P / E(Z))
    return excess.max(axis=-1) - excess.min(axis=-1)


def gap_of_all(Z, P):
    excess = np.log(P) - Z
    return np.full(len(Z), excess.max() - excess.min())


def gap_of_the_best_two(Z, P):
    rows, places = np.arange(len(Z)), np.argsort(Z, axis=-1)
    one, two = places[:, -1], places[:, -2]
    return abs(np.log(P[rows, one] / P[rows, two]) - Z[rows, one] + Z[rows, two])


def gap_with_a_small_number(Z, P):
    return np.ptp(np.log(P + 1e-12) - Z, axis=-1)


RIGHT = [
    ("ratio_gap", largest_gap),
    ("ratio_gap", gap_by_pairs),
    ("ratio_gap", gap_by_tables),
    ("ratio_gap", lambda Z, P: np.ptp(np.log(P) - np.log(soft(Z)), axis=-1)),
    ("softmax_vector", by_loops),
    ("softmax_vector", single_precision),
    ("softmax_vector", lambda z: 1 / E(z[None] - z[:, None]).sum(axis=1)),
    ("softmax", soft),
    ("softmax", sl.softmax),
    ("softmax", lambda z: np.apply_along_axis(soft, -1, z)),
    ("logits_from", lambda p: (np.log(p).T - np.log(p).mean(axis=-1).T).T),
]

WRONG = [
    ("ratio_gap", lambda Z, P: abs(np.diff(np.log(P) - Z)).max(axis=-1), "It compares neighbours"),
    ("ratio_gap", lambda Z, P: abs(P - soft(Z)).max(axis=-1), "compares P with softmax, entry by"),
    ("ratio_gap", lambda Z, P: abs(np.log(P) - Z).max(axis=-1), "there is no ratio in it"),
    ("ratio_gap", lambda Z, P: abs(np.log(P / P[:, :1]) - Z + Z[:, :1]).max(-1), "with the first"),
    ("ratio_gap", lambda Z, P: abs(np.log(P / soft(Z))).max(axis=-1), "the logarithm of softmax"),
    (
        "ratio_gap",
        lambda Z, P: abs(np.log(P / P.max(-1)[:, None]) - Z + Z.max(-1)[:, None]).max(-1),
        "It is not the worst of all pairs.",
    ),
    ("ratio_gap", gap_of_the_best_two, "It compares the best two classes only."),
    ("ratio_gap", lambda Z, P: gap_by_tables(Z, E(P)), "differences of the entries of P"),
    ("ratio_gap", lambda Z, P: np.ptp(np.log2(P) - Z, axis=-1), "The logarithm has base 2."),
    ("ratio_gap", lambda Z, P: np.ptp(np.log(P) - Z, axis=0), "It compares the rows of a class"),
    ("ratio_gap", lambda Z, P: np.ptp(np.log(P) - Z), "It compares classes of different rows."),
    ("ratio_gap", lambda Z, P: gap_by_pairs(Z, P).max(), "It returns the worst of all rows"),
    ("ratio_gap", lambda Z, P: largest_gap(Z, P) > 1e-6, "tells whether the row fails, not by how"),
    ("ratio_gap", lambda Z, P: largest_gap(Z, P).round(4), "rounded to 4 decimals inside"),
    ("ratio_gap", lambda Z, P: (np.log(P) - Z).std(axis=-1), "It is the standard deviation"),
    ("ratio_gap", gap_of_all, "One row is right, but the rows of a batch are not."),
    ("ratio_gap", gap_of_exponentials, "Large scores give a wrong number."),
    ("ratio_gap", gap_with_a_small_number, "Small probabilities give a wrong number."),
    ("softmax", lambda z: E(z), "It does not divide: these are the exponentials."),
    (
        "softmax",
        lambda z: E(z) / z.sum(),
        "divides by the sum of the scores, not of their exponent",
    ),
    ("softmax", lambda z: E(z) / E(z).max(), "It divides by the largest exponential"),
    ("softmax", lambda z: 2**z / (2**z).sum(), "It takes powers of 2, not of e."),
    ("softmax", lambda z: soft(-z), "The sign in the exponent is wrong"),
    ("softmax", lambda z: soft(abs(z)), "It takes the absolute values of the scores."),
    ("softmax", lambda z: soft(soft(z)), "It takes softmax twice."),
    ("softmax", lambda z: soft(z / z.max()), "It divides the scores by their maximum"),
    ("softmax", hard, "It returns the hard choice"),
    ("softmax", lambda z: np.log(soft(z)), "It returns the logarithm of the right result."),
    ("softmax", lambda z: 100 * soft(z), "Every number is 100 times the right one."),
    ("softmax", lambda z: soft(np.sort(z)), "but they stand in the wrong places."),
    ("softmax", lambda z: soft(3 * z), "It is the softmax of 3 times the right exponents."),
    ("softmax", lambda z: 2.7**z / (2.7**z).sum(), "It is the softmax of 0.993252 times the right"),
    ("softmax", lambda z: np.round(soft(z), 3), "rounded to 3 decimals inside the function."),
    (
        "softmax_vector",
        lambda z: [round(x, 4) for x in by_loops(z)],
        "rounded to 4 decimals inside",
    ),
    (
        "softmax",
        lambda z: soft(z).astype(np.float32).astype(np.float64),  # rounds alike on each processor
        "right to about 7 digits, and 9 are asked for.",
    ),
    (
        "softmax",
        lambda z: E(z) / (E(z).sum() + 1e-6),
        "right to about 5 digits, and 9 are asked for.",
    ),
    ("softmax", lambda z: soft(z) + 0.01, "All entries are off by the same amount, 0.01"),
    (
        "softmax",
        lambda z: E(z) / E(z).sum(axis=0),
        "Your rows sum to 1 along axis 0, not along the",
    ),
    ("softmax", lambda z: E(z) / E(z).sum(), "The whole array sums to 1, not each row."),
    (
        "softmax",
        lambda z: sl.softmax(z, axis=min(1, z.ndim - 1)),
        "along axis 1, not along the last",
    ),
    ("softmax", half_a_batch, "Row 0 is right, row 1 is not."),
    (
        "logits_from",
        lambda p: np.log(p) - np.log(p).mean(),
        "subtracts the mean of the whole batch.",
    ),
    ("softmax", integers, "The fractions are cut off: the result is stored as integers."),
    ("softmax", plain_exp, "It overflows from a score of 710 on."),
    (
        "softmax",
        lambda z: E(np.minimum(z, 700)) / E(np.minimum(z, 690)).sum(-1, keepdims=True),
        "Large scores give wrong probabilities. It goes wrong from a score of 691 on.",
    ),
    ("softmax", swallows, "It overflows from a score of 710 on."),
    ("softmax", batch_by_hand, "It overflows from a score of 710 on."),
    ("softmax", lambda z: plain_exp(z / 2) ** 2, "The probabilities of a row sum to"),
    ("softmax", lambda z: soft(np.clip(z, -700, 700)), "It goes wrong from a score of 701 on."),
    (
        "softmax",
        lambda z: plain_exp(z - z.mean(-1, keepdims=True)),
        "It subtracts the mean, not the",
    ),
    ("softmax", lambda z: plain_exp(z - z.min(-1, keepdims=True)), "It subtracts the minimum, not"),
    ("softmax", lambda z: plain_exp(z - z[..., :1]), "It subtracts the first score, not the max"),
    ("softmax", above_zero, "The shift uses max(0, max)"),
    ("softmax", lambda z: plain_exp(z - abs(z).max(-1, keepdims=True)), "largest absolute value"),
    ("softmax", global_maximum, "A row that lies far below another one is wrong"),
    (
        "softmax",
        lambda z: soft(np.where(np.isinf(z), 0, z)),
        "A score of -inf, which excludes a class",
    ),
    ("softmax", lambda z: np.round(soft(z), 12), "Small probabilities are wrong."),
    ("softmax", lambda z: soft(z.astype(float)), "It returns float64 for float32 input."),
    ("softmax", lambda z: E(shifted(z)) / E(shifted(z)).sum(-1, keepdims=True), "wraps around."),
]
