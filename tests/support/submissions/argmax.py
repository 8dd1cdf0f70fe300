"""Right and wrong submissions to the exercises of the chapter "argmax"."""

import math

import numpy as np

from support.submissions._formulas import E, hard, two_halves


def median_slope(scores, factor):
    """The slope by cosh, which is the same on both sides of 0."""
    return np.median(1 / (2 * np.cosh(factor * scores / 2)) ** 2)


def median_by_size(scores, factor):
    """Far from 0 the slope is small: the median slope belongs to the median distance."""
    far = sorted(abs(factor * z) for z in scores.ravel().tolist())
    slopes = [math.exp(-x) / (1 + math.exp(-x)) ** 2 for x in far]
    return (slopes[len(far) // 2] + slopes[(len(far) - 1) // 2]) / 2


def slopes_on_paper(scores, factor):
    p = 1 / (1 + E(-factor * scores))
    return p * (1 - p)


def kept_from_one(scores, factor):
    p = np.clip(1 / (1 + E(-factor * scores)), 1e-12, 1 - 1e-12)
    return np.median(p * (1 - p))


def middle_of_sorted(scores, factor):
    slopes = np.sort(slopes_on_paper(scores, factor), axis=None)
    return slopes[len(slopes) // 2]


RIGHT = [
    ("median_slope", median_slope),
    ("median_slope", median_by_size),
    ("median_slope", lambda z, c: np.median(two_halves(c * z) * two_halves(-c * z))),
    ("hardmax", hard),
    ("accuracy", lambda z, y: sum(r.argmax() == k for r, k in zip(z, y, strict=True)) / len(y)),
]

WRONG = [
    ("median_slope", lambda z, c: np.median(slopes_on_paper(z, c)), "1 - p has lost its digits"),
    ("median_slope", lambda z, c: slopes_on_paper(z, c).mean(), "It is the mean, not the median."),
    ("median_slope", lambda z, c: np.median(slopes_on_paper(z, c), -1), "a median for each row"),
    ("median_slope", lambda z, c: np.median(slopes_on_paper(z, 1)), "not multiplied by the factor"),
    ("median_slope", lambda z, c: np.median(slopes_on_paper(z, 1 / c)), "divided by the factor"),
    ("median_slope", lambda z, c: c * np.median(slopes_on_paper(z, c)), "slope is multiplied by"),
    (
        "median_slope",
        lambda z, c: slopes_on_paper(np.median(z), c),
        "the slope at the median score",
    ),
    (
        "median_slope",
        lambda z, c: np.median(1 / (1 + E(-c * z))),
        "the outputs, not of their slope",
    ),
    ("median_slope", lambda z, c: np.median(1 - np.tanh(c * z) ** 2), "It is the slope of tanh."),
    ("median_slope", kept_from_one, "Far above 0 the slope has lost its digits."),
    ("median_slope", middle_of_sorted, "It is not the median slope."),
    ("median_slope", lambda z, c: np.median(E(-abs(c * z))), "It is not the median slope."),
    ("hardmax", lambda z: (z == z.max()) * 1, "It marks only the maximum of the whole batch."),
    ("hardmax", lambda z: (z == z.max(-1, keepdims=True)) * 1, "It marks all ties."),
    ("accuracy", lambda z, y: sum(z.argmax(-1) == y), "and does not divide by the number of rows."),
    ("accuracy", lambda z, y: np.mean(z.argmax(0) == y[0]), "not the fraction of right choices."),
]
