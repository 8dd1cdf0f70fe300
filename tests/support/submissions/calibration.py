"""Right and wrong submissions to the exercises of the chapter "calibration"."""

from functools import partial

import numpy as np

from support.submissions._formulas import E, hot, loss, soft


def by_comparing(c, bins):
    return sum([c > k / bins for k in range(1, bins)], np.zeros(len(c), int))


def by_search(c, bins, side="left"):
    return np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], c, side)


def calibration_error(p, y, bins, *, place=by_comparing, skip_empty=True):
    """The expected calibration error, bin by bin."""
    confidence, right = p.max(axis=1), p.argmax(axis=1) == y
    error = 0.0
    for k in range(bins):
        inside = place(confidence, bins) == k
        if inside.any() or not skip_empty:
            error += inside.mean() * abs(confidence[inside].mean() - right[inside].mean())
    return error


def errors_by_bins(n, confidence, hits):
    total, error = sum(n), 0.0
    for many, sure, right in zip(n, confidence, hits, strict=True):
        error += many / total * abs(sure - right / many)
    return error, abs(np.average(confidence, weights=n) - sum(hits) / total)


RIGHT = [
    ("brier_score", lambda p, y: ((p - hot(y, p.shape[1])) ** 2).sum(axis=1).mean()),
    ("brier_score", lambda p, y: np.mean((p**2).sum(axis=1) + 1 - 2 * p[np.arange(len(y)), y])),
    ("expected_calibration_error", calibration_error),
    ("expected_calibration_error", partial(calibration_error, place=by_search)),
    ("nll_slope", lambda z, y, b: ((soft(b * z) - hot(y, z.shape[1])) * z).sum() / len(y)),
    (
        "diagram_errors",
        lambda n, c, h: np.array([abs(h - n * c).sum(), abs(h.sum() - n @ c)]) / n.sum(),
    ),
    ("diagram_errors", errors_by_bins),
]

WRONG = [
    (
        "diagram_errors",
        lambda n, c, h: [abs(c - h / n).mean(), abs(h.sum() - n @ c) / n.sum()],
        "All bins count alike.",
    ),
    (
        "diagram_errors",
        lambda n, c, h: [abs(h - n * c).sum() / n.sum(), (h.sum() - n @ c) / n.sum()],
        "the sign of accuracy minus confidence",
    ),
    (
        "diagram_errors",
        lambda n, c, h: [abs(h - n * c).sum() / n.sum(), abs(c.mean() - (h / n).mean())],
        "plain means of confidences and of accuracies",
    ),
    (
        "diagram_errors",
        lambda n, c, h: np.round(
            [abs(h - n * c).sum() / n.sum(), abs(h.sum() - n @ c) / n.sum()], 3
        ),
        "rounded to 3 decimals",
    ),
    (
        "diagram_errors",
        lambda n, c, h: abs(h - n * c).sum() / n.sum(),
        "It returns one number, not",
    ),
    (
        "brier_score",
        lambda p, y: ((p - hot(y, p.shape[1])) ** 2).sum(axis=1).mean() * p.shape[1],
        "It is off by the factor N, the number of classes: it must be divided by N.",
    ),
    ("brier_score", lambda p, y: ((p - hot(y, p.shape[1])) ** 2).mean(), "the mean over the clas"),
    (
        "brier_score",
        lambda p, y: ((1 - p[np.arange(len(y)), y]) ** 2).mean(),
        "label's class alone",
    ),
    ("brier_score", lambda p, y: abs(p - hot(y, p.shape[1])).sum(1).mean(), "absolute values, not"),
    ("brier_score", lambda p, y: (p - y[:, None]).var(), "It is not the mean squared distance."),
    (
        "brier_score",
        lambda p, y: ((soft(p) - hot(y, p.shape[1])) ** 2).sum(1).mean(),
        "softmax to p",
    ),
    (
        "expected_calibration_error",
        lambda p, y, k: abs(p.max(1).mean() - (p.argmax(1) == y).mean()),
        "It returns what a single bin would",
    ),
    (
        "expected_calibration_error",
        partial(calibration_error, skip_empty=False),
        "The result has NaN, which is no number.",
    ),
    (
        "expected_calibration_error",
        partial(calibration_error, place=partial(by_search, side="right")),
        "A bin holds its lower edge, not its upper one.",
    ),
    (
        "expected_calibration_error",
        partial(calibration_error, place=lambda c, bins: (c * bins).astype(int)),
        "A confidence on the edge of two bins is in the wrong one.",
    ),
    (
        "expected_calibration_error",
        partial(calibration_error, place=lambda c, bins: np.ceil(c * bins) - 1),
        "It rounds c times the number of bins up, and that product is rounded itself.",
    ),
    (
        "expected_calibration_error",
        lambda p, y, k: calibration_error(p, y, k) ** 2,
        "It returns the square of the right result.",
    ),
    (
        "expected_calibration_error",
        lambda p, y, k: abs(p.max(1) - (p.argmax(1) == y)).mean(),
        "It compares each row with its own answer",
    ),
    (
        "nll_slope",
        lambda z, y, b: (hot(y, z.shape[1]) - soft(b * z)).ravel() @ z.ravel() / len(y),
        "sign",
    ),
    (
        "nll_slope",
        lambda z, y, b: ((soft(z) - hot(y, z.shape[1])) * z).sum(1).mean(),
        "not of beta z",
    ),
    (
        "nll_slope",
        lambda z, y, b: ((soft(z * b) - hot(y, z.shape[1])) * z).sum(),
        "adds the rows up",
    ),
    ("nll_slope", lambda z, y, b: loss(b * z, y), "It is the loss, not its slope."),
    (
        "nll_slope",
        lambda z, y, b: (
            ((E(b * z) / E(b * z).sum(1)[:, None] - hot(y, z.shape[1])) * z).sum() / len(y)
        ),
        "Large logits give a wrong slope.",
    ),
]
