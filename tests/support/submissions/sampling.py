"""Right and wrong submissions to the exercises of the chapter "sampling"."""

import numpy as np

from support.submissions._formulas import soft


def draw(p, u):
    total = np.cumsum(p)
    return np.searchsorted(total / total[-1], u, side="right")


def draw_by_counting(p, u):
    total = np.cumsum(p)
    total = total / total[-1]
    return (total <= np.asarray(u)[..., None]).sum(axis=-1)


def draw_by_loop(p, u):
    total = np.cumsum(p) / np.cumsum(p)[-1]
    return np.array([next(i for i, t in enumerate(total) if t > each) for each in u])


def top_p(logits, p):
    if p == 1:
        return logits.copy()
    order = np.argsort(-logits, kind="stable")
    sums = np.cumsum(soft(logits)[order])
    result = np.full(logits.shape, -np.inf)
    kept = order[: np.count_nonzero(sums < p) + 1]
    result[kept] = logits[kept]
    return result


def top_p_by_sums_before(logits, p):
    order = np.argsort(-logits, kind="stable")
    probabilities = soft(logits)[order]
    before = np.concatenate([[0], np.cumsum(probabilities)[:-1]])
    stays = np.empty(len(logits), bool)
    stays[order] = (before < p) | (p >= 1)
    return np.where(stays, logits, -np.inf)


def top_p_without_the_crossing(logits, p):
    order = np.argsort(-logits, kind="stable")
    stays = np.empty(len(logits), bool)
    stays[order] = np.cumsum(soft(logits)[order]) <= p
    return np.where(stays, logits, -np.inf)


def top_p_with_the_first(logits, p):
    order = np.argsort(-logits, kind="stable")
    keep = np.cumsum(soft(logits)[order]) <= p
    keep[0] = True
    stays = np.empty(len(logits), bool)
    stays[order] = keep
    return np.where(stays, logits, -np.inf)


def top_p_without_p_of_1(logits, p):
    order = np.argsort(-logits, kind="stable")
    sums = np.cumsum(soft(logits)[order])
    stays = np.empty(len(logits), bool)
    stays[order] = sums - soft(logits)[order] < p
    return np.where(stays, logits, -np.inf)


def top_p_of_the_last(logits, p):
    """Sorted the other way round, so that of equal scores the last come first."""
    return top_p(logits[::-1], p)[::-1]


def top_p_with_all_that_tie(logits, p):
    probabilities = soft(logits)
    highest_first = np.sort(probabilities)[::-1]
    last = highest_first[np.argmax(np.cumsum(highest_first) >= p)]
    return np.where(probabilities >= last, logits, -np.inf)


def top_p_by_sums_of_scores(logits, p):
    order = np.argsort(-logits, kind="stable")
    kept = order[: np.count_nonzero(np.cumsum(logits[order]) < p) + 1]
    result = np.full(logits.shape, -np.inf)
    result[kept] = logits[kept]
    return result


def top_p_of_log_probabilities(logits, p):
    return top_p(logits - np.log(np.exp(logits).sum()), p)


def top_p_the_other_way_round(logits, p):
    order = np.argsort(-logits, kind="stable")
    result = logits.copy()
    result[order[np.cumsum(soft(logits)[order]) < p]] = -np.inf
    return result


def gumbel_max(logits, u):
    return np.argmax(logits - np.log(-np.log(u)), axis=-1)


def race(logits, u):
    return np.argmin(-np.log(u) * np.exp(-logits), axis=-1)


def gumbel_max_of_probabilities(logits, u):
    return np.argmax(soft(logits) - np.log(-np.log(u)), axis=-1)


def residual(p, q):
    more = np.maximum(p - q, 0)
    return more / more.sum() if more.sum() > 0 else p


def missing(p, q):
    rest = p - np.minimum(p, q)
    return rest / rest.sum() if rest.any() else p.copy()


def shared(p):
    return p / p.sum()


def top_k_by_places(logits, k):
    order = np.argsort(-logits, axis=-1, kind="stable")[..., :k]
    result = np.full(logits.shape, -np.inf)
    np.put_along_axis(result, order, np.take_along_axis(logits, order, axis=-1), axis=-1)
    return result


def top_k_by_rows(logits, k):
    rows = []
    for row in logits.reshape(-1, logits.shape[-1]):
        best = sorted(range(len(row)), key=lambda i: -row[i])[:k]
        rows.append([z if i in best else -np.inf for i, z in enumerate(row)])
    return np.array(rows).reshape(logits.shape)


def top_k_by_counting(logits, k):
    above = (logits[..., None, :] > logits[..., None]).sum(axis=-1)
    equal = logits[..., None, :] == logits[..., None]
    before = np.tril(equal, -1).sum(axis=-1)
    return np.where(above + before < k, logits, -np.inf)


def top_k_of_the_page(logits, k):
    kth = np.sort(logits)[-k]
    return np.where(logits >= kth, logits, -np.inf)


def top_k_with_ties(logits, k):
    kth = np.sort(logits, axis=-1)[..., -k]
    return np.where(logits >= kth[..., None], logits, -np.inf)


def top_k_by_partition(logits, k):
    result = np.full(logits.shape, -np.inf)
    place = np.argpartition(-logits, k - 1, axis=-1)[..., :k]
    np.put_along_axis(result, place, np.take_along_axis(logits, place, -1), -1)
    return result


def top_k_in_place(logits, k):
    out = np.argsort(-logits, axis=-1, kind="stable")[..., k:]
    np.put_along_axis(logits, out, -np.inf, axis=-1)
    return logits


def top_k_from_behind(logits, k):
    place = np.argsort(logits, axis=-1, kind="stable")[..., -k:]
    result = np.full(logits.shape, -np.inf)
    np.put_along_axis(result, place, np.take_along_axis(logits, place, -1), -1)
    return result


RIGHT = [
    ("draw", draw),
    ("draw", draw_by_counting),
    ("draw", draw_by_loop),
    ("top_p", top_p),
    ("top_p", top_p_by_sums_before),
    ("gumbel_max", gumbel_max),
    ("gumbel_max", race),
    ("residual", residual),
    ("residual", missing),
    ("top_k", top_k_by_places),
    ("top_k", top_k_by_rows),
    ("top_k", top_k_by_counting),
]

WRONG = [
    ("draw", lambda p, u: np.searchsorted(np.cumsum(p), u), "At the edges of the parts it draws"),
    ("draw", lambda p, u: np.searchsorted(np.cumsum(p), u, side="right"), "A u just below 1 draws"),
    (
        "draw",
        lambda p, u: np.minimum(np.searchsorted(np.cumsum(p), u, side="right"), len(p) - 1),
        "A u just below 1 draws a class that there is not, or one of probability 0.",
    ),
    ("draw", lambda p, u: (p[:, None] <= u).sum(axis=0), "It is not the class that u falls in."),
    ("draw", lambda p, u: np.full(len(u), p.argmax()), "It always returns the likeliest class."),
    (
        "draw",
        lambda p, u: draw_by_counting(np.sort(p)[::-1], u),
        "It sorts the probabilities first.",
    ),
    (
        "draw",
        lambda p, u: np.random.default_rng().choice(len(p), len(u), p=p),
        "The same call does not always",
    ),
    ("top_p", top_p_without_the_crossing, "It drops the class with which the sum crosses p."),
    ("top_p", top_p_with_the_first, "crosses p, unless that is the first."),
    ("top_p", top_p_without_p_of_1, "With p = 1 not all classes stay."),
    ("top_p", top_p_of_the_last, "Of equal scores the wrong ones stay."),
    ("top_p", lambda z, p: np.where(soft(z) >= p, z, -np.inf), "whose own probability is p or mo"),
    (
        "top_p",
        lambda z, p: np.where(np.isfinite(top_p(z, p)), z, 0),
        "It sets what is dropped to 0",
    ),
    ("top_p", top_p_with_all_that_tie, "It keeps all that tie with the last, also those that are"),
    ("top_p", top_p_by_sums_of_scores, "It adds up the scores, not their probabilities."),
    (
        "top_p",
        lambda z, p: np.maximum(top_p(z, p), -1e9),
        "It sets what is dropped to -1e9, not to",
    ),
    ("top_p", top_p_of_log_probabilities, "It returns log-probabilities, not scores."),
    ("top_p", top_p_the_other_way_round, "It drops the classes whose sum is below p, and keeps"),
    ("gumbel_max", lambda z, u: np.max(z - np.log(-np.log(u)), axis=-1), "It returns the highest"),
    ("gumbel_max", lambda z, u: gumbel_max(z, 1 - u), "The noise is made of 1 - u, not of u."),
    ("gumbel_max", lambda z, u: gumbel_max(np.exp(z), u), "It adds the noise to the exponentials"),
    ("gumbel_max", gumbel_max_of_probabilities, "It adds the noise to the probabilities, not to"),
    ("gumbel_max", lambda z, u: np.argmax(z - np.log(u), axis=-1), "The noise is -log(u), which"),
    ("gumbel_max", lambda z, u: z.argmax(), "It returns one number, not an array"),
    ("residual", lambda p, q: p, "It is p: a refused draw is replaced by one from p."),
    ("residual", lambda p, q: np.maximum(p - q, 0), "It is not divided by its sum."),
    ("residual", lambda p, q: soft(np.maximum(p - q, 0)), "It is softmax of max(p - q, 0)."),
    ("residual", lambda p, q: shared(p * (p > q)), "It is p where p is larger, and 0 elsewhere."),
    ("residual", lambda p, q: shared(1 - np.minimum(1, p / q)), "It is how often each word is ref"),
    ("residual", lambda p, q: shared(np.maximum(p - q, 1e-12)), "It gives 1e-12 to classes that q"),
    (
        "residual",
        lambda p, q: np.maximum(p - q, 0) / np.maximum(p - q, 0).sum(),
        "It fails where p",
    ),
    ("top_k", top_k_of_the_page, "Row 0 is right, row 1 is not."),
    ("top_k", top_k_with_ties, "It keeps all scores that tie with the k-th highest."),
    ("top_k", top_k_in_place, "It changes its input."),
    ("top_k", top_k_from_behind, "Of equal scores the last stay, not the first."),
    ("top_k", lambda z, k: top_k_by_places(z, k - 1), "It keeps one score too few."),
    ("top_k", lambda z, k: top_k_by_places(z, k + 1), "It keeps one score too many."),
    ("top_k", lambda z, k: np.maximum(top_k_by_places(z, k), -1e9), "a very low number"),
    ("top_k", lambda z, k: top_k_by_places(z, 2), "`k` has no effect."),
    ("top_k", lambda z, k: -top_k_by_places(-z, k), "It keeps the wrong scores of one vector."),
    ("top_k", lambda z, k: np.sort(z)[..., ::-1][..., :k], "It returns the k highest alone"),
    ("top_k", lambda z, k: np.exp(top_k_by_places(z, k)), "It returns the exponential of the rig"),
]
