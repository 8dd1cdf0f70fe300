"""Right and wrong submissions to the exercises of the chapter "scale"."""

import numpy as np


def merged(m1, s1, m2, s2):
    m = np.maximum(m1, m2)
    return m + np.log(s1 * np.exp(m1 - m) + s2 * np.exp(m2 - m))


def merged_by_difference(m1, s1, m2, s2):
    """The larger one first, then what the smaller one adds."""
    swap = m1 < m2
    m, n = np.where(swap, m2, m1), np.where(swap, m1, m2)
    s, t = np.where(swap, s2, s1), np.where(swap, s1, s2)
    return m + np.log(s) + np.log1p(t * np.exp(n - m) / s)


def merged_row_by_row(m1, s1, m2, s2):
    pairs = zip(m1, s1, m2, s2, strict=True)
    return np.array(
        [
            max(a, c) + np.log(b * np.exp(a - max(a, c)) + d * np.exp(c - max(a, c)))
            for a, b, c, d in pairs
        ]
    )


def merged_without_maximum(m1, s1, m2, s2):
    return np.log(s1 * np.exp(m1) + s2 * np.exp(m2))


def merged_without_units(m1, s1, m2, s2):
    return np.maximum(m1, m2) + np.log(s1 + s2)


def merged_upside_down(m1, s1, m2, s2):
    m = np.maximum(m1, m2)
    return m + np.log(s1 * np.exp(m - m1) + s2 * np.exp(m - m2))


def merged_with_the_first_maximum(m1, s1, m2, s2):
    return m1 + np.log(s1 + s2 * np.exp(m2 - m1))


def sum_alone(m1, s1, m2, s2):
    m = np.maximum(m1, m2)
    return np.log(s1 * np.exp(m1 - m) + s2 * np.exp(m2 - m))


def reduced(left, right, y):
    """With three numbers a token, as ranks send them."""
    rows = np.arange(len(y))
    m = np.maximum(left.max(axis=1), right.max(axis=1))
    s = sum(np.exp(z - m[:, None]).sum(axis=1) for z in (left, right))
    k = left.shape[1]
    here = y < k
    score = np.where(here, left[rows, np.minimum(y, k - 1)], right[rows, np.maximum(y - k, 0)])
    return m + np.log(s) - score


def reduced_at_once(left, right, y):
    lse = np.logaddexp(np.logaddexp.reduce(left, axis=1), np.logaddexp.reduce(right, axis=1))
    k = left.shape[1]
    return np.array(
        [
            s - (left[i, c] if c < k else right[i, c - k])
            for i, (s, c) in enumerate(zip(lse, y, strict=True))
        ]
    )


def reduced_with_own_maxima(left, right, y):
    """A rank of nothing but -inf subtracts -inf from -inf."""
    rows, k = np.arange(len(y)), left.shape[1]
    pairs = [(z.max(axis=1), z) for z in (left, right)]
    sums = [np.exp(z - m[:, None]).sum(axis=1) for m, z in pairs]
    lse = merged(pairs[0][0], sums[0], pairs[1][0], sums[1])
    score = np.where(y < k, left[rows, np.minimum(y, k - 1)], right[rows, np.maximum(y - k, 0)])
    return lse - score


def reduced_without_maximum(left, right, y):
    rows, k = np.arange(len(y)), left.shape[1]
    s = np.exp(left).sum(axis=1) + np.exp(right).sum(axis=1)
    score = np.where(y < k, left[rows, np.minimum(y, k - 1)], right[rows, np.maximum(y - k, 0)])
    return np.log(s) - score


def gathered(left, right, y):
    """Both ranks take all scores for their own: each class counts twice."""
    return reduced(left, right, y) + np.log(2)


def each_for_itself(left, right, y):
    k = left.shape[1]
    return np.array(
        [
            np.logaddexp.reduce(left[i]) - left[i, c]
            if c < k
            else np.logaddexp.reduce(right[i]) - right[i, c - k]
            for i, c in enumerate(y)
        ]
    )


def overweight_by_weights(tokens):
    in_means = [1 / len(tokens) / n for n in tokens]
    return np.array(in_means) * np.sum(tokens)


RIGHT = [
    ("merged_lse", merged),
    ("merged_lse", merged_by_difference),
    ("merged_lse", merged_row_by_row),
    ("cut_loss", reduced),
    ("cut_loss", reduced_at_once),
    ("overweight", overweight_by_weights),
    ("overweight", lambda n: n.mean() / n),
]

WRONG = [
    ("merged_lse", merged_without_maximum, "overflows"),
    ("merged_lse", merged_without_units, "adds the sums as they are"),
    ("merged_lse", merged_upside_down, "the wrong way round"),
    ("merged_lse", merged_with_the_first_maximum, "overflows"),
    ("merged_lse", sum_alone, "forgets to add the maximum"),
    ("cut_loss", reduced_with_own_maxima, "-inf"),
    ("cut_loss", reduced_without_maximum, "overflows"),
    ("cut_loss", gathered, "too large by log 2"),
    ("cut_loss", each_for_itself, "over its own classes"),
    ("overweight", lambda n: n / n.mean(), "It is the other way round"),
    ("overweight", lambda n: n.sum() / n, "it is a sum of means"),
    ("overweight", lambda n: 1 / (len(n) * n), "the weight of a token in the mean of means"),
    ("overweight", lambda n: n.mean() / n - 1, "how much more, one too little"),
    ("overweight", lambda n: n.max() / n, "It compares with the longest rank"),
    ("overweight", lambda n: n.sum() / 2 / n, "The number of ranks is taken for two."),
    ("overweight", lambda n: n.mean() // n, "Two ranks are wrong already."),
    ("overweight", lambda n: (n.mean() / n).max(), "It returns one number, not an array"),
]
