"""Right and wrong submissions to the exercises of the chapter "recommend"."""

import numpy as np


def hit_rate(scores, held, k):
    own = scores[np.arange(len(held)), held][:, None]
    above, tied = (scores > own).sum(1), (scores == own).sum(1)
    return np.clip((k - above) / tied, 0, 1).mean()


def hit_rate_by_loop(scores, held, k):
    total = 0.0
    for row, item in zip(scores, held, strict=True):
        above = sum(s > row[item] for s in row)
        tied = sum(s == row[item] for s in row)
        total += max(0.0, min(1.0, (k - above) / tied))
    return total / len(held)


def hit_rate_by_sorting(scores, held, k):
    rates = []
    for row, item in zip(scores, held, strict=True):
        ranked = sorted(row, reverse=True)
        places = [i < k for i, score in enumerate(ranked) if score == row[item]]
        rates.append(sum(places) / len(places))
    return sum(rates) / len(rates)


def hit_rate_with_near_ties(scores, held, k):
    own = scores[np.arange(len(held)), held][:, None]
    tied = np.isclose(scores, own).sum(1)
    return np.clip((k - (scores > own).sum(1)) / tied, 0, 1).mean()


def hit_rate_that_wins_ties(scores, held, k):
    own = scores[np.arange(len(held)), held][:, None]
    return ((scores > own).sum(axis=1) < k).mean()


def hit_rate_by_argsort(scores, held, k):
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return np.mean([item in row for item, row in zip(held, best, strict=True)])


def log_q(answers, K):
    counts = np.bincount(answers, minlength=K)
    return np.log(np.maximum(counts, 1) / len(answers))


def log_q_by_comparison(answers, K):
    counts = (answers[:, None] == np.arange(K)).sum(0)
    counts[counts == 0] = 1
    return np.log(counts) - np.log(answers.size)


def log_q_without_zeros(answers, K):
    with np.errstate(divide="ignore"):
        return np.log(np.bincount(answers, minlength=K) / len(answers))


def log_q_with_zeros(answers, K):
    counts = np.bincount(answers, minlength=K)
    return np.where(counts > 0, np.log(np.maximum(counts, 1) / len(answers)), 0)


def log_q_with_a_floor(answers, K):
    return np.log(np.maximum(np.bincount(answers, minlength=K) / len(answers), 1e-3))


def batch_loss(Z, answers, log_q):
    z = Z - log_q
    copy = answers[:, None] == answers
    np.fill_diagonal(copy, False)
    z = np.where(copy, -np.inf, z)
    top = z.max(axis=1, keepdims=True)
    return top[:, 0] + np.log(np.exp(z - top).sum(axis=1)) - np.diag(z)


def batch_loss_by_loop(Z, answers, log_q):
    losses = []
    for i in range(len(answers)):
        z = [Z[i, j] - log_q[j] for j in range(len(answers)) if j == i or answers[j] != answers[i]]
        losses.append(np.logaddexp.reduce(z) - (Z[i, i] - log_q[i]))
    return np.array(losses)


def batch_loss_with_the_wrong_sign(Z, answers, log_q):
    return batch_loss(Z, answers, -log_q)


def batch_loss_with_copies(Z, answers, log_q):
    return batch_loss(Z, np.arange(len(answers)), log_q)


def batch_loss_that_overflows(Z, answers, log_q):
    e = np.exp(Z - log_q)
    copy = answers[:, None] == answers
    np.fill_diagonal(copy, False)
    e[copy] = 0
    return -np.log(np.diag(e) / e.sum(axis=1))


def batch_loss_with_low_scores(Z, answers, log_q):
    copy = answers[:, None] == answers
    np.fill_diagonal(copy, False)
    z = np.where(copy, -100, Z - log_q)
    return np.logaddexp.reduce(z, axis=1) - np.diag(z)


def popular(X, k):
    order = np.where(X == 1, np.inf, -X.sum(axis=0))
    return np.argsort(order, axis=1, kind="stable")[:, :k]


def popular_by_loop(X, k):
    ranked = sorted(range(X.shape[1]), key=lambda c: (-X[:, c].sum(), c))
    return np.array([[c for c in ranked if not row[c]][:k] for row in X])


def popular_reversed(X, k):
    order = np.where(X == 1, -np.inf, X.sum(axis=0))
    return np.argsort(order, axis=1, kind="stable")[:, ::-1][:, :k]


def floor_by_counter(answers):
    seen = {}
    for answer in answers.tolist():
        seen[answer] = seen.get(answer, 0) + 1
    return sum(m * np.log(m) for m in seen.values()) / len(answers)


def floor_by_loss(answers):
    """A model that is nearly perfect: its loss is all but the floor."""
    z = 100.0 * (answers == answers[:, np.newaxis])
    return np.mean(np.log(np.exp(z - 100).sum(axis=1)))


RIGHT = [
    ("hit_rate", hit_rate),
    ("hit_rate", hit_rate_by_loop),
    ("hit_rate", hit_rate_by_sorting),
    ("log_q", log_q),
    ("log_q", log_q_by_comparison),
    ("batch_loss", batch_loss),
    ("batch_loss", batch_loss_by_loop),
    ("popular", popular),
    ("popular", popular_by_loop),
    ("lowest_loss", floor_by_counter),
    ("lowest_loss", floor_by_loss),
    ("lowest_loss", lambda a: np.mean(np.log([(a == one).sum() for one in a]))),
]

WRONG = [
    ("hit_rate", hit_rate_that_wins_ties, "What ties counts as won."),
    ("hit_rate", hit_rate_by_argsort, "It breaks ties by the column"),
    ("hit_rate", lambda s, h, k: hit_rate(s, h, k) * len(h), "It is how many rows hit"),
    ("hit_rate", hit_rate_with_near_ties, "Scores that differ by very little"),
    ("log_q", log_q_with_zeros, "An item that never occurs gets 0, as if"),
    ("log_q", log_q_with_a_floor, "are missing, or they do not count as seen once"),
    ("log_q", log_q_without_zeros, "An item that never occurs gets -inf"),
    ("log_q", lambda a, K: np.log(np.bincount(a) / len(a)), "The result has shape (3,)"),
    ("log_q", lambda a, K: -log_q(a, K), "It has the wrong sign."),
    ("log_q", lambda a, K: np.exp(log_q(a, K)), "It is the probability, not its logarithm."),
    ("batch_loss", batch_loss_with_the_wrong_sign, "It adds log q."),
    ("batch_loss", batch_loss_with_copies, "Copies of the right answer count as wrong."),
    ("batch_loss", batch_loss_with_low_scores, "a score that others can fall below"),
    ("batch_loss", batch_loss_that_overflows, "It overflows."),
    ("batch_loss", lambda Z, a, q: batch_loss(Z, a, 0 * q), "It leaves out log q."),
    (
        "popular",
        lambda X, k: np.tile(np.argsort(-X.sum(0), kind="stable")[:k], (len(X), 1)),
        "It recommends what the row has already.",
    ),
    ("popular", popular_reversed, "Of equally frequent items the last column comes first."),
    ("lowest_loss", lambda a: 0.0, "It is 0, as if a perfect model had no loss."),
    ("lowest_loss", lambda a: np.log(len(a)), "that knows nothing"),
    ("lowest_loss", lambda a: np.log(np.bincount(a)[np.unique(a)]).mean(), "over the items, not"),
    ("lowest_loss", lambda a: np.log(len(a) / len(set(a.tolist()))), "It is not the lowest mean"),
    ("lowest_loss", lambda a: np.log(np.bincount(a)[a].mean()), "logarithm of the mean number"),
    ("lowest_loss", lambda a: floor_by_counter(a) * len(a), "It is the sum over the rows."),
    ("lowest_loss", lambda a: np.log2(np.bincount(a)[a]).mean(), "It is in bits."),
    ("lowest_loss", lambda a: np.log(np.bincount(a)[a]), "It returns an array of shape (3,)"),
]
