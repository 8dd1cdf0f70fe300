"""Right and wrong submissions to the exercises of the chapter "attention"."""

import numpy as np

from support.submissions._formulas import E, plain_exp, shifted, soft


def masked(z, keep):
    """Softmax of what is kept, by way of -inf."""
    some = keep.any(axis=-1, keepdims=True)
    return np.where(some, soft(np.where(keep | ~some, z, -np.inf)), 0)


def scores(q, k):
    return np.einsum("...id,...jd->...ij", q, k) / q.shape[-1] ** 0.5


def one_by_one(q, k, v, keep):
    output = np.zeros((len(q), v.shape[1]))
    for i, row in enumerate(scores(q, k)):
        if keep[i].any():
            output[i] = soft(row[keep[i]]) @ v[keep[i]]
    return output


def ahead(z):
    """Which keys come after the query, by their places."""
    length, keys = z.shape[-2:]
    return np.arange(keys) > np.arange(length)[:, None] + keys - length


def from_the_top(z):
    return masked(z, ~np.triu(np.ones(z.shape[-2:], bool), 1))


def of_two_axes(z):
    length, keys = z.shape
    return masked(z, np.tri(length, keys, keys - length) == 1)


def moved_back(z):
    length, keys = z.shape[-2:]
    return masked(z, np.tri(length, keys, length - keys) == 1)


def masked_late(q, k, v, keep):
    """Softmax of all scores, then 0 for what is left out, then a sum of 1 again."""
    weights = soft(scores(q, k)) * keep
    return weights / weights.sum(axis=1, keepdims=True) @ v


def shifted_with_the_1(z, one=lambda m: E(-m)):
    m = np.maximum(z.max(axis=-1, keepdims=True), 0)
    e = E(z - m)
    return e / (one(m) + e.sum(axis=-1, keepdims=True))


def one_shift(z):
    e = E(z - z.max())
    return e / (E(-z.max()) + e.sum(axis=-1, keepdims=True))


def one_left_alone(z):
    e = E(shifted(z))
    return e / (1 + e.sum(axis=-1, keepdims=True))


def sizes_by_shapes(L, S, D, h, g):
    keys = np.empty((g, S, D // h))
    queries = np.empty((h, L, D // h))
    return np.array([keys.size + keys.size, h * (queries[0] @ keys[0].T).size])


def sizes_of_repeated(L, S, D, h, g):
    """The keys handed out to the heads, as they are used, not as they are kept."""
    keys = np.repeat(np.empty((g, S, D // h)), h // g, axis=0)
    return [2 * keys.size, h * L * S]


RIGHT = [
    ("scaled_scores", scores),
    ("scaled_scores", lambda q, k: (q / np.sqrt(q.shape[-1])) @ k.mT),
    ("attend", lambda q, k, v, keep: masked(scores(q, k), keep) @ v),
    ("attend", one_by_one),
    ("causal_weights", lambda z: masked(z, ~ahead(z))),
    ("softmax1", shifted_with_the_1),
    ("softmax1", lambda z: soft(np.insert(z, 0, 0, axis=-1))[..., 1:]),
    ("table_sizes", lambda L, S, D, h, g: np.array([2 * g * S * (D // h), h * L * S])),
    ("table_sizes", sizes_by_shapes),
    ("table_sizes", lambda L, S, D, h, g: (2 * S * D / h * g, L * S * h)),
]

WRONG = [
    ("scaled_scores", lambda q, k: q @ k.T, "It does not divide by the square root of d."),
    ("scaled_scores", lambda q, k: q @ k.T / q.shape[1], "It divides by d, not by its square ro"),
    ("scaled_scores", lambda q, k: q @ k.T / np.sqrt(len(k)), "the number of keys."),
    ("scaled_scores", lambda q, k: k @ q.T / np.sqrt(q.shape[1]), "It has a row for each key"),
    ("scaled_scores", lambda q, k: q @ k.T / np.sqrt(q.shape[1]), "ValueError"),
    ("attend", lambda q, k, v, keep: soft(scores(q, k)) @ v, "It ignores the mask."),
    ("attend", lambda q, k, v, keep: masked(q @ k.T, keep) @ v, "does not divide by the square"),
    ("attend", lambda q, k, v, keep: masked(scores(q, k), ~keep) @ v, "mask is turned round"),
    ("attend", lambda q, k, v, keep: masked(scores(q, k), keep), "It returns the weights."),
    (
        "attend",
        lambda q, k, v, keep: soft(np.where(keep, scores(q, k), -np.inf)) @ v,
        "nothing gets NaN.",
    ),
    (
        "attend",
        lambda q, k, v, keep: soft(np.where(keep, scores(q, k), -1e9)) @ v,
        "gets the mean of all values.",
    ),
    ("attend", lambda q, k, v, keep: (soft(scores(q, k)) * keep) @ v, "to 0 after softmax"),
    (
        "attend",
        lambda q, k, v, keep: masked(q @ k.T / q.shape[1], keep) @ v,
        "divides by d, not by",
    ),
    (
        "attend",
        lambda q, k, v, keep: masked(q @ k.T / np.sqrt(len(k)), keep) @ v,
        "It divides by the square root of the number of keys.",
    ),
    ("attend", lambda q, k, v, keep: soft(scores(q, k) + keep) @ v, "It adds the mask to the scor"),
    ("attend", masked_late, "It subtracts the maximum of all scores, also of those left out."),
    ("causal_weights", soft, "Every query sees every key."),
    ("causal_weights", from_the_top, "It counts from the first query: with a cache"),
    ("causal_weights", of_two_axes, "ValueError"),
    ("causal_weights", lambda z: soft(z) * ~ahead(z), "weights ahead to 0 after softmax"),
    ("causal_weights", lambda z: soft(np.where(ahead(z), -np.inf, z)), "sees nothing gets NaN."),
    ("causal_weights", lambda z: plain_exp(np.where(ahead(z), -np.inf, z)), "No maximum is subtr"),
    ("causal_weights", lambda z: soft(z + ~ahead(z)), "It adds the triangle of ones"),
    ("causal_weights", moved_back, "It moves the diagonal the wrong way."),
    ("softmax1", soft, "It is softmax: the 1 is missing from the sum."),
    ("softmax1", one_left_alone, "It subtracts the maximum from the scores, and leaves the 1 as"),
    ("softmax1", lambda z: E(z) / (1 + E(z).sum(-1, keepdims=True)), "No maximum is subtracted"),
    ("softmax1", lambda z: shifted_with_the_1(z, lambda m: 1), "and the 1 is left as it is."),
    ("softmax1", lambda z: shifted_with_the_1(z, E), "The 1 becomes exp(m)."),
    ("softmax1", one_shift, "The shift is the maximum of the whole batch."),
    ("softmax1", lambda z: soft(np.insert(z, z.shape[-1], 0, axis=-1)), "is still there."),
    ("table_sizes", sizes_of_repeated, "as if each head of queries had keys of its own"),
    ("table_sizes", lambda L, S, D, h, g: [g * S * D // h, h * L * S], "but not the values"),
    ("table_sizes", lambda L, S, D, h, g: [2 * g * S * D // h, L * S], "of a single head"),
    ("table_sizes", lambda L, S, D, h, g: [2 * g * S * D // h, g * L * S], "shared their weights"),
    ("table_sizes", lambda L, S, D, h, g: [2 * g * S * D // h, h * S * S], "weights for S queries"),
    ("table_sizes", lambda L, S, D, h, g: [2 * g * S * D, h * L * S], "as long as all of them"),
    ("table_sizes", lambda L, S, D, h, g: [2 * L * g * D // h, h * L * S], "words that are asked"),
    ("table_sizes", lambda L, S, D, h, g: [h * L * S, 2 * g * S * D // h], "are exchanged"),
    ("table_sizes", lambda L, S, D, h, g: 2 * g * S * D // h, "It returns one number, not an"),
    ("table_sizes", lambda L, S, D, h, g: [2 * g * S * D // h, h * L * D], "One head is wrong"),
]
