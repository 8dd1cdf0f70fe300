"""Right and wrong submissions to the exercises of the chapter "alternatives"."""

import numpy as np

from support.submissions._formulas import E, soft


def sorted_sparsemax(scores):
    z = scores - scores.max(axis=-1, keepdims=True)
    highest = -np.sort(-z, axis=-1)
    k = np.arange(1, z.shape[-1] + 1)
    tau = (np.cumsum(highest, axis=-1) - 1) / k
    size = np.count_nonzero(highest > tau, axis=-1, keepdims=True)
    return np.maximum(z - np.take_along_axis(tau, size - 1, axis=-1), 0)


def sparsemax_by_halving(scores):
    """The threshold lies between the largest score minus 1 and the largest score."""
    z = scores - scores.max(axis=-1, keepdims=True)
    low, high = np.full_like(z[..., :1], -1), np.zeros_like(z[..., :1])
    for _ in range(60):
        tau = (low + high) / 2
        too_much = np.maximum(z - tau, 0).sum(axis=-1, keepdims=True) > 1
        low, high = np.where(too_much, tau, low), np.where(too_much, high, tau)
    return np.maximum(z - tau, 0)


def sparsemax_without_shift(scores):
    highest = -np.sort(-scores, axis=-1)
    k = np.arange(1, scores.shape[-1] + 1)
    tau = (np.cumsum(highest, axis=-1) - 1) / k
    size = np.count_nonzero(highest > tau, axis=-1, keepdims=True)
    return np.maximum(scores - np.take_along_axis(tau, size - 1, axis=-1), 0)


def sparsemax_with_sum_of_sums(scores):
    """As Keras had it, keras-team/keras#23425, after a shift."""
    z = scores - scores.max(axis=-1, keepdims=True)
    highest = -np.sort(-z, axis=-1)
    k = np.arange(1, z.shape[-1] + 1)
    sums = np.cumsum(highest, axis=-1)
    stays = 1 + k * highest > sums
    total = np.where(stays, sums, 0).sum(axis=-1, keepdims=True)
    return np.maximum(z - (total - 1) / stays.sum(axis=-1, keepdims=True), 0)


def sparsemax_that_keeps_ties(scores):
    z = scores - scores.max(axis=-1, keepdims=True)
    highest = -np.sort(-z, axis=-1)
    k = np.arange(1, z.shape[-1] + 1)
    sums = np.cumsum(highest, axis=-1)
    size = np.count_nonzero(1 + k * highest >= sums, axis=-1, keepdims=True)
    tau = (np.take_along_axis(sums, size - 1, axis=-1) - 1) / size
    return np.maximum(z - tau, 0)


def sparsemax_with_1_beside_sums(scores):
    """With a strict inequality, as Martins and Astudillo write it."""
    z = scores - scores.max(axis=-1, keepdims=True)
    highest = -np.sort(-z, axis=-1)
    k = np.arange(1, z.shape[-1] + 1)
    sums = np.cumsum(highest, axis=-1)
    size = np.count_nonzero(1 + k * highest > sums, axis=-1, keepdims=True)
    return np.maximum(z - (np.take_along_axis(sums, size - 1, axis=-1) - 1) / size, 0)


def backward(p, g, alpha):
    stays = p > 0
    s = np.where(stays, np.where(stays, p, 1) ** (2 - alpha), 0)
    mean = (s * g).sum(axis=-1, keepdims=True) / s.sum(axis=-1, keepdims=True)
    return s * (g - mean)


def backward_by_matrix(p, g, alpha):
    result = np.zeros(p.shape)
    for row in np.ndindex(p.shape[:-1]):
        stays = np.flatnonzero(p[row])
        s = p[row][stays] ** (2 - alpha)
        result[row][stays] = (np.diag(s) - np.outer(s, s) / s.sum()) @ g[row][stays]
    return result


def backward_with_plain_power(p, g, alpha):
    s = p ** (2 - alpha)
    return s * (g - (s * g).sum(axis=-1, keepdims=True) / s.sum(axis=-1, keepdims=True))


def backward_masked_late(p, g, alpha):
    return backward_with_plain_power(p, g, alpha) * (p > 0)


def loss(logits, labels):
    p = sorted_sparsemax(logits)
    score = (p * np.where(p > 0, logits, 0)).sum(axis=-1)
    right = logits[np.arange(len(labels)), labels]
    return np.mean(score - (p**2).sum(axis=-1) / 2 + 1 / 2 - right)


def loss_by_threshold(logits, labels):
    """As Martins and Astudillo write it: half the squares above the threshold."""
    total = 0.0
    for z, label in zip(logits, labels, strict=True):
        stays = sorted_sparsemax(z) > 0
        tau = (z[stays].sum() - 1) / stays.sum()
        total += -z[label] + ((z[stays] ** 2 - tau**2).sum() + 1) / 2
    return total / len(labels)


def loss_with_every_product(logits, labels):
    p = sorted_sparsemax(logits)
    right = logits[np.arange(len(labels)), labels]
    return np.mean((p * logits - p**2 / 2).sum(axis=-1) + 1 / 2 - right)


def loss_by_distances(logits, labels):
    """Half the squared distances of the scores to the truth, and to p; inf - inf is NaN."""
    p, y = sorted_sparsemax(logits), np.eye(logits.shape[-1])[labels]
    return np.mean(((logits - y) ** 2).sum(axis=-1) - ((logits - p) ** 2).sum(axis=-1)) / 2


def log_of_sparsemax(logits, labels):
    return -np.log(sorted_sparsemax(logits)[np.arange(len(labels)), labels]).mean()


def scalable(scores, keep, s):
    n = np.count_nonzero(keep, axis=-1, keepdims=True)
    z = np.where(keep, s * np.log(n) * scores, -np.inf)
    e = E(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def scalable_by_row(scores, keep, s):
    result = np.zeros(scores.shape)
    for row in np.ndindex(scores.shape[:-1]):
        kept = keep[row]
        result[row][kept] = soft(s * np.log(kept.sum()) * scores[row][kept])
    return result


def scalable_of_all(scores, keep, s):
    return soft(np.where(keep, s * np.log(scores.shape[-1]) * scores, -np.inf))


def scalable_masked_first(scores, keep, s):
    n = keep.sum(axis=-1, keepdims=True)
    return soft(s * np.log(n) * np.where(keep, scores, -np.inf))


def leads_by_search(weight, n):
    """Halve an interval until the weight is reached."""
    found = []
    for f in (lambda a: 1 / (1 + (n - 1) * np.exp(-a)), lambda a: min(1, (1 + a * (n - 1)) / n)):
        low, high = 0.0, 100.0
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if f(middle) < weight else (low, middle)
        found.append(high)
    return np.array(found)


def leads_over_a_grid(weight, n):
    a = np.linspace(0, 20, 2001)
    soft, sparse = 1 / (1 + (n - 1) * np.exp(-a)), (1 + a * (n - 1)) / n
    return np.array([a[np.argmax(soft >= weight)], a[np.argmax(sparse >= weight)]])


RIGHT = [
    ("sparsemax", sorted_sparsemax),
    ("sparsemax", sparsemax_by_halving),
    ("sparsemax", sparsemax_with_1_beside_sums),
    ("entmax_backward", backward),
    ("entmax_backward", backward_by_matrix),
    ("sparsemax_loss", loss),
    ("sparsemax_loss", loss_by_threshold),
    ("scalable_softmax", scalable),
    ("scalable_softmax", scalable_by_row),
    (
        "lead_for",
        lambda w, n: np.array([np.log(w * (n - 1) / (1 - w)), (n * w - 1) / (n - 1)]),
    ),
    ("lead_for", leads_by_search),
    ("lead_for", lambda w, n: [np.log(n - 1) - np.log(1 / w - 1), (w - 1 / n) * n / (n - 1)]),
]

WRONG = [
    ("sparsemax", soft, "It is softmax."),
    ("sparsemax", sparsemax_without_shift, "Large scores give wrong results."),
    (
        "sparsemax",
        lambda z: np.maximum(z - (z.sum(axis=-1, keepdims=True) - 1) / z.shape[-1], 0),
        "The threshold is that of all classes, also of those that are cut off.",
    ),
    (
        "sparsemax",
        lambda z: np.maximum(z, 0) / np.maximum(z, 0).sum(axis=-1, keepdims=True),
        "It cuts off negative scores and divides by the sum.",
    ),
    ("sparsemax", sparsemax_with_sum_of_sums, "The threshold adds up all the cumulative sums"),
    ("sparsemax", sparsemax_that_keeps_ties, "A score of -inf gives a wrong result."),
    ("entmax_backward", lambda p, g, a: backward(p, g, 1), "It is the product of softmax, what"),
    ("entmax_backward", lambda p, g, a: backward(p, g, 2), "It is the product of sparsemax, wh"),
    ("entmax_backward", lambda p, g, a: backward(p, g, 3 - a), "The power is alpha - 1."),
    ("entmax_backward", backward_with_plain_power, "The slopes are wrong where a probability is"),
    ("entmax_backward", backward_masked_late, "The slopes are wrong where a probability is 0."),
    ("sparsemax_loss", log_of_sparsemax, "It is the cross-entropy of sparsemax: -ln p of the"),
    ("sparsemax_loss", loss_with_every_product, "What an excluded class adds is NaN, not 0."),
    ("sparsemax_loss", loss_by_distances, "What an excluded class adds is NaN, not 0."),
    ("sparsemax_loss", lambda z, y: loss(z, y) - 1 / 2, "The 1/2 of the truth is missing."),
    ("sparsemax_loss", lambda z, y: loss(z, y) * len(y), "It is the sum over the rows, not thei"),
    ("scalable_softmax", scalable_of_all, "n is the length of the row."),
    ("scalable_softmax", scalable_masked_first, "0 times -inf is NaN."),
    ("scalable_softmax", lambda z, keep, s: scalable(z, keep, s / np.log(10)), "base 10"),
    ("scalable_softmax", lambda z, keep, s: soft(np.where(keep, z, -np.inf)), "It is softmax: th"),
    (
        "scalable_softmax",
        lambda z, keep, s: scalable(z, np.ones_like(keep), s),
        "The mask is ignored.",
    ),
    ("lead_for", leads_over_a_grid, "rounded to 2 decimals"),
    ("lead_for", lambda w, n: [np.log(w / (1 - w)), (n * w - 1) / (n - 1)], "one other key"),
    ("lead_for", lambda w, n: [np.log(n * w / (1 - w)), (n * w - 1) / (n - 1)], "ln n, not ln"),
    ("lead_for", lambda w, n: [np.log(w * (n - 1) / (1 - w)), w], "the lead is taken for the"),
    ("lead_for", lambda w, n: [np.log(w * (n - 1) / (1 - w)), 2 * w - 1], "as if it had two keys"),
    ("lead_for", lambda w, n: [np.log(w * (n - 1) / (1 - w)), w - 1 / n], "not divided by (n - 1)"),
    ("lead_for", lambda w, n: [w * (n - 1) / (1 - w), (n * w - 1) / (n - 1)], "exp(a), not a"),
    (
        "lead_for",
        lambda w, n: [np.log(9 * (n - 1)), (0.9 * n - 1) / (n - 1)],
        "The result is the same",
    ),
    ("lead_for", lambda w, n: np.log(w * (n - 1) / (1 - w)), "It returns one number, not an"),
]
