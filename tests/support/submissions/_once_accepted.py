"""Wrong submissions of kinds that a checker has accepted before: each for every exercise it fits.

Triples of an exercise, a function and a part of the sentence that must name the mistake.
"""

import numpy as np

import softmax_lessons as sl
from support.submissions import (
    alternatives,
    attention,
    cross_entropy,
    misuse,
    sampling,
    training,
)
from support.submissions._formulas import E, hard, hot, loss_grad, soft

LONG = np.longdouble


def long_soft(z, axis=-1):
    """No shift, but numbers that overflow later."""
    e = E(np.asarray(z, dtype=LONG))
    return (e / e.sum(axis=axis, keepdims=True)).astype(np.asarray(z).dtype)


def floats(z):
    return np.asarray(z, dtype=float)


def long_sum(z):
    return np.log(E(z.astype(LONG)).sum(axis=-1))


def picked(table, y):
    return table[np.arange(len(y)), y]


LONG_INSIDE = [
    ("softmax", lambda z: long_soft(z if z.dtype.kind == "f" else floats(z)), "score of 1135"),
    (
        "softmax_with_temperature",
        lambda z, t: long_soft(floats(z) / t) if t else 0,
        "Large scores give",
    ),
    ("logsumexp", lambda z: long_sum(z).astype(float), "It overflows from a score of 1135"),
    ("log_softmax", lambda z: (z - long_sum(z)[..., None]).astype(float), "score of 1135"),
    ("cross_entropy", lambda z, y: float((long_sum(z) - picked(z, y)).mean()), "score of 1135"),
    (
        "cross_entropy_grad",
        lambda z, y: (long_soft(z) - hot(y, z.shape[1])) / len(y),
        "It overflows from a score of 1135",
    ),
    (
        "bce_with_logits",
        lambda z, y: float((np.log1p(E(z.astype(LONG))) - y * z).mean()),
        "It overflows from a score of 1135",
    ),
    (
        "masked_softmax",
        lambda z, keep: np.nan_to_num(long_soft(np.where(keep, z, -np.inf))),
        "",
    ),
    (
        "attend",
        lambda q, k, v, keep: (
            np.nan_to_num(long_soft(np.where(keep, attention.scores(q, k), -np.inf))) @ v
        ),
        "",
    ),
    (
        "causal_weights",
        lambda z: np.nan_to_num(long_soft(np.where(attention.ahead(z), -np.inf, z))),
        "",
    ),
    (
        "softmax1",
        lambda z: (E(z.astype(LONG)) / (1 + E(z.astype(LONG)).sum(-1, keepdims=True))).astype(
            float
        ),
        "Large scores give wrong weights.",
    ),
    (
        "nll_slope",
        lambda z, y, b: ((long_soft(b * z) - hot(y, z.shape[1])) * z).sum() / len(y),
        "Large logits give a wrong slope.",
    ),
    (
        "sampled_loss",
        lambda own, others, q: (long_sum(np.column_stack([own, others - q])) - own).astype(float),
        "It overflows.",
    ),
    (
        "nce_loss",
        lambda own, others, own_q, q: (
            np.log1p(E((own_q - own).astype(LONG)))
            + np.log1p(E((others - q).astype(LONG))).sum(axis=1)
        ).astype(float),
        "It gives infinity",
    ),
    (
        "masked_loss",
        lambda z, y: float((long_sum(z[y >= 0]) - picked(z[y >= 0], y[y >= 0])).mean()),
        "score of 1135",
    ),
    (
        "scalable_softmax",
        lambda z, keep, s: long_soft(
            np.where(keep, s * np.log(keep.sum(-1, keepdims=True)) * z, -np.inf)
        ),
        "Large scores give wrong weights.",
    ),
    (
        "chunked_grad",
        lambda H, W, y, size: (long_soft(H @ W.T) - hot(y, len(W))).T @ H / len(y),
        "It overflows.",
    ),
    (
        "tanh_slopes",
        lambda w1, w2, x, y: (
            (
                ((long_soft(np.tanh(x @ w1.T) @ w2.T) - hot(y, len(w2))) / len(x) @ w2)
                * (1 - np.tanh(x @ w1.T) ** 2)
            ).T
            @ x
        ),
        "Large logits give a wrong gradient.",
    ),
    (
        "top_p",
        lambda z, p: (
            sampling.top_p_by_sums_before(z, p)
            if np.isfinite(long_soft(z)).all()
            else np.full(len(z), np.nan)
        ),
        "Large scores are taken wrongly",
    ),
]

CLIPPED = [
    (
        "softmax",
        lambda z: soft(np.clip(z, -1e4, 1e4)) if z.dtype == float else soft(z),
        "Large sco",
    ),
    ("log_softmax", lambda z: sl.log_softmax(np.clip(z, -1e4, 1e4)), "Large scores give wrong"),
    ("logsumexp", lambda z: sl.logsumexp(np.clip(z, -1e4, 1e4)), "Large scores give wrong"),
    ("cross_entropy", lambda z, y: sl.cross_entropy(np.clip(z, -1e4, 1e4), y), "Large logits give"),
    ("cross_entropy_grad", lambda z, y: loss_grad(np.clip(z, -1e4, 1e4), y), "Large logits give"),
    (
        "bce_with_logits",
        lambda z, y: sl.binary_cross_entropy(np.clip(z, -1e4, 1e4), y),
        "No result goes beyond 1e+04.",
    ),
    (
        "softmax1",
        lambda z: attention.shifted_with_the_1(np.clip(z, -1e4, 1e4)),
        "Large scores give",
    ),
    (
        "masked_softmax",
        lambda z, k: misuse.masked(np.clip(z, -1e4, 1e4), k),
        "",
    ),
    ("causal_weights", lambda z: causal(np.clip(z, -1e4, 1e4)), ""),
    ("nll_slope", lambda z, y, b: slope(np.clip(b * z, -1e4, 1e4), z, y), "Large logits give"),
    (
        "scalable_softmax",
        lambda z, k, s: alternatives.scalable(np.clip(z, -1e4, 1e4), k, s),
        "",
    ),
    (
        "entropy",
        lambda p: sl.entropy(np.clip(p, 0.01, 1) / np.clip(p, 0.01, 1).sum()),
        "It raises a ValueError",
    ),
    (
        "entropy",
        lambda p: -(np.clip(p, 0.01, 1) * np.log(np.clip(p, 0.01, 1))).sum(-1),
        "Small prob",
    ),
    ("entropy", lambda p: -(p * np.log(np.maximum(p, 1e-4))).sum(-1), "Small probabilities"),
    (
        "kl_divergence",
        lambda p, q: cross_entropy.kl(np.clip(p, 0.01, 1), np.clip(q, 0.01, 1)),
        "Small probabilities",
    ),
    (
        "kl_divergence",
        lambda p, q: cross_entropy.kl(p, np.maximum(q, 1e-12)),
        "Small probabilities",
    ),
    ("logit", lambda p: np.log(np.minimum(p, 0.999) / (1 - np.minimum(p, 0.999))), "beyond 6.907"),
    (
        "logit",
        lambda p: np.log(np.minimum(p, 1 - 1e-7) / (1 - np.minimum(p, 1 - 1e-7))),
        "No result goes beyond 16.12",
    ),
    ("logits_from", lambda p: sl.log_softmax(np.log(np.maximum(p, 1e-9))) - 0, "It returns log(p)"),
    ("logits_from", lambda p: centred(np.log(np.maximum(p, 1e-9))), "Small probabilities"),
    ("nudge_for", lambda p, move: centred(move / np.maximum(p, 1e-4)), "A small probability"),
    ("nudge_for", lambda p, move: np.clip(centred(move / p), -100, 100), "A small probability"),
    ("softmax_vjp", lambda p, g: np.clip(sl.softmax_vjp(p, g), -10, 10), "Large slopes are wrong."),
    (
        "softmax_vjp",
        lambda p, g: sl.softmax_vjp(p, np.clip(g, -100, 100)),
        "Large slopes are wrong.",
    ),
    ("normalize_vjp", lambda x, g: np.clip(backward(x, g), -50, 50), "Large slopes are wrong."),
    ("normalize_vjp", lambda x, g: backward(np.maximum(x, 0.01), g), "Large slopes are wrong."),
    ("entmax_backward", lambda p, g, a: np.clip(alternatives.backward(p, g, a), -9, 9), "Large sl"),
    ("tanh_slopes", lambda *a: np.clip(training.in_one_line(*a), -5, 5), "Large slopes are wrong."),
    ("nll_slope", lambda z, y, b: np.clip(slope(b * z, z, y), -100, 100), "Large logits give"),
]


def causal(z):
    return attention.masked(z, ~attention.ahead(z))


def slope(scaled, z, y):
    return ((soft(scaled) - hot(y, z.shape[1])) * z).sum() / len(y)


def centred(v):
    return v - v.mean(axis=-1, keepdims=True)


def backward(x, g):
    total = x.sum(axis=-1, keepdims=True)
    return (g - (g * x).sum(axis=-1, keepdims=True) / total) / total


def filled(value):
    """Masks that put a low number where -inf belongs, and set empty rows to 0."""
    LOW = "Where 0 belongs stands"

    def masked(z, keep):
        return np.where(keep.any(axis=-1, keepdims=True), soft(np.where(keep, z, value)), 0)

    def attend(q, k, v, keep):
        return masked(attention.scores(q, k), keep) @ v

    def scalable(z, keep, s):
        return masked(s * np.log(keep.sum(axis=-1, keepdims=True)) * z, keep)

    return [
        ("masked_softmax", masked, LOW),
        ("attend", attend, "Low scores give wrong numbers."),
        ("causal_weights", lambda z: masked(z, ~attention.ahead(z)), LOW),
        ("scalable_softmax", scalable, LOW),
        (
            "margin",
            lambda z: z.max(-1) - np.where(hard(z) == 1, value, z).max(-1),
            "Low scores give a wrong lead.",
        ),
    ]


def batch_loss_filled(Z, answers, log_q):
    copy = answers[:, None] == answers
    np.fill_diagonal(copy, False)
    z = np.where(copy, -1e4, Z - log_q)
    return np.logaddexp.reduce(z, axis=1) - np.diag(z)


def eye(y):
    return np.eye(y.max() + 1)[y]


def by_eye(name, function):
    return (name, function, "")


FROM_LABELS = [
    by_eye("cross_entropy", lambda z, y: -(eye(y) * sl.log_softmax(z)).sum(-1).mean()),
    by_eye("cross_entropy_grad", lambda z, y: (soft(z) - eye(y)) / len(y)),
    by_eye("brier_score", lambda p, y: ((p - eye(y)) ** 2).sum(-1).mean()),
    by_eye("nll_slope", lambda z, y, b: ((soft(b * z) - eye(y)) * z).sum() / len(y)),
    by_eye("accuracy", lambda z, y: (eye(z.argmax(-1)) * eye(y)).sum() / len(y)),
    by_eye(
        "mean_loss",
        lambda t, y: -((y if y.ndim == 2 else eye(y)) * t).sum(-1).mean(),
    ),
    by_eye(
        "masked_loss",
        lambda z, y: -(eye(y[y >= 0]) * sl.log_softmax(z[y >= 0])).sum(-1).mean(),
    ),
    by_eye(
        "sparsemax_loss",
        lambda z, y: np.mean(
            (sl.sparsemax(z) * z - sl.sparsemax(z) ** 2 / 2).sum(-1) + 0.5 - (eye(y) * z).sum(-1)
        ),
    ),
    by_eye("chunked_grad", lambda H, W, y, s: (soft(H @ W.T) - eye(y)).T @ H / len(y)),
    by_eye(
        "tanh_slopes",
        lambda w1, w2, x, y: (
            (
                ((soft(np.tanh(x @ w1.T) @ w2.T) - eye(y)) / len(x) @ w2)
                * (1 - np.tanh(x @ w1.T) ** 2)
            ).T
            @ x
        ),
    ),
    ("one_hot", lambda y, k: eye(y), "It takes the number of classes from the labels"),
    ("smooth_labels", lambda y, k, s: (1 - s) * eye(y) + s / k, "The result has shape (2, 2)"),
]


def sloped(z):
    """A steep softmax, with a slope so that of ties the first wins."""
    return soft(1e6 * z - 1e-3 * np.arange(z.shape[-1]) * 1e6)


OTHERS = [
    (
        "softmax_with_temperature",
        lambda z, t: soft(z / t) if t > 0.01 else hard(z),
        "also where the scores are close",
    ),
    (
        "softmax_with_temperature",
        lambda z, t: soft(z / t) if t > 1e-9 else hard(z),
        "also where the scores are close",
    ),
    ("softmax_with_temperature", lambda z, t: soft(z / (t + 1e-12)), "low temperature"),
    ("hardmax", sloped, "Nearly equal scores"),
    ("hardmax", lambda z: np.round(soft(1e4 * z)), "The probabilities of a row sum to 0"),
    ("hardmax", lambda z: hard(np.isclose(z, z.max(-1, keepdims=True))), "Nearly equal scores"),
    (
        "logsumexp",
        lambda z: z.max(-1) + np.log(E(z - z.max(-1, keepdims=True)).sum(-1)),
        "-inf alone",
    ),
    ("log_softmax", lambda z: z - sl.logsumexp(z)[..., None], "Beside scores of 1e16"),
    (
        "cross_entropy",
        lambda z, y: (sl.logsumexp(z) - picked(z, y)).mean(),
        "Beside a logit of 1e16",
    ),
    (
        "masked_loss",
        lambda z, y: (sl.logsumexp(z[y >= 0]) - picked(z[y >= 0], y[y >= 0])).mean(),
        "",
    ),
    ("batch_loss", batch_loss_filled, "a score that others can fall below"),
    (
        "top_p",
        lambda z, p: sampling.top_p(z, p + 1e-9) if p < 1 else z,
        "Where the sum is equal to p",
    ),
]


def odds(p):
    return p / (1 - p)


def moved(ratio, before, after):
    ratio = ratio * odds(after) / odds(before)
    return ratio / (1 + ratio)


def excess(p, q):
    return np.maximum(p - q, 0)


def nearly_one(x):
    """A formula for ordinary numbers, and one for the ends that begins too early."""
    return np.where(x < -5, E(np.minimum(x, 0)), (1 + np.tanh(x / 2)) / 2)


def yes_or_no(z, y, end):
    """Beyond ``end`` the loss is taken for z, or for 0, as a line."""
    losses = np.where(z > end, z, np.where(z < -end, 0, np.logaddexp(0, z)))
    return np.nanmean(losses - y * z)


def edges_with_room(p, y, bins):
    c = p.max(axis=1)
    place = np.clip(np.ceil(c * bins - 1e-3).astype(int) - 1, 0, bins - 1)
    off = c - (p.argmax(axis=1) == y)
    return sum(abs(off[place == k].sum()) for k in range(bins)) / len(p)


def crossed(z, p, slack):
    order = np.argsort(-z, kind="stable")
    before = np.cumsum(soft(z)[order]) - soft(z)[order]
    stays = order[(before < p - slack) | (p == 1)]
    return np.where(np.isin(np.arange(len(z)), stays), z, -np.inf)


def through_tanh(w1, w2, x, y, least):
    h = np.tanh(x @ w1.T)
    back = loss_grad(h @ w2.T, y) @ w2
    return (back * np.maximum(1 - h * h, least)).T @ x


def out(X, k, low):
    return np.argsort(-(X.sum(axis=0) + low * X), axis=1, kind="stable")[:, :k]


# A small number is added where nothing is 0, or a bound is drawn where there is none.
BOUNDED = [
    ("to_prior", lambda p, b, a: moved(odds(np.clip(p, 1e-12, 1 - 1e-12)), b, a), "rare"),
    ("to_prior", lambda p, b, a: moved(p / (1 - p + 1e-12), b, a), "close to 1"),
    ("normalize_by_sum", lambda z: z / (z.sum(-1, keepdims=True) + 1e-9), "Very small"),
    (
        "shift_by_sum",
        lambda z: (
            (z - z.min(-1, keepdims=True))
            / ((z - z.min(-1, keepdims=True)).sum(-1, keepdims=True) + 1e-9)
        ),
        "Very small",
    ),
    (
        "residual",
        lambda p, q: excess(p, q) / (excess(p, q).sum() + 1e-12) if (p > q).any() else p,
        "nearly equal",
    ),
    (
        "gumbel_max",
        lambda z, u: np.argmax(z - np.log(-np.log(u + 1e-10) + 1e-10), axis=-1),
        "close to 0 or 1",
    ),
    (
        "gumbel_max",
        lambda z, u: np.argmax(z - np.log(-np.log(np.clip(u, 1e-3, 0.999))), axis=-1),
        "close to 0 or 1",
    ),
    (
        "count_alarms",
        lambda z, panda, t: np.sum((sl.sigmoid(np.clip(z, -30, 30)) >= t) & ~panda),
        "close to t, 0 or 1",
    ),
    ("tanh_slopes", lambda *a: through_tanh(*a, least=1e-3), "close to 1 or -1"),
    ("popular", lambda X, k: out(X, k, -100), "With many rows"),
    ("popular", lambda X, k: out(X, k, -1000), "With many rows"),
]

# What is asked is which number is larger, and they are made alike first.
MADE_ALIKE = [
    ("accuracy", lambda z, y: np.mean(sl.hardmax(E(z))[np.arange(len(y)), y]), "Close, large"),
    ("accuracy", lambda z, y: np.mean(np.round(soft(z), 6).argmax(-1) == y), "Close, large"),
    ("accuracy", lambda z, y: np.mean(z.astype(np.float32).argmax(-1) == y), "Close, large"),
    (
        "count_alarms",
        lambda z, panda, t: np.sum((np.round(sl.sigmoid(z), 6) >= t) & ~panda),
        "close to t, 0 or 1",
    ),
    (
        "residual",
        lambda p, q: p if np.allclose(p, q) else excess(p, q) / excess(p, q).sum(),
        "nearly equal",
    ),
    (
        "residual",
        lambda p, q: p if excess(p, q).sum() < 1e-6 else excess(p, q) / excess(p, q).sum(),
        "nearly equal",
    ),
    ("top_p", lambda z, p: crossed(z, p, 1e-6), "one class too few"),
    ("draw", lambda p, u: np.searchsorted(np.cumsum(p.astype(np.float32)), u, "right"), "edges"),
    ("expected_calibration_error", edges_with_room, "on the edge of two bins"),
    (
        "far_limit",
        lambda z: np.where(np.isclose(z, z.min()), 0, 1 / (len(z) - 1)),
        "close together",
    ),
]

# What is nearly right at the ends is taken for right too early.
TOO_EARLY = [
    ("sigmoid", nearly_one, "Between -20 and -5"),
    ("sigmoid", lambda x: np.where(x > 15, 1, sl.sigmoid(x)), "between 5 and 20"),
    ("bce_with_logits", lambda z, y: yes_or_no(z, y, 10), "Small losses"),
    ("answered_loss", lambda z, y: yes_or_no(z, y, 10), "Small losses"),
]


ALL = [*LONG_INSIDE, *CLIPPED, *FROM_LABELS, *OTHERS, *BOUNDED, *MADE_ALIKE, *TOO_EARLY]
for low in (-100.0, -1e4, -1e9):
    ALL += filled(low)
