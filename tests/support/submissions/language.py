"""Right and wrong submissions to the exercises of the chapter "language"."""

import numpy as np

from support.submissions._formulas import loss, soft


def targets_by_loop(tokens, pad):
    result = np.full(tokens.shape, -100)
    for i, row in enumerate(tokens):
        for t in range(len(row) - 1):
            if row[t + 1] != pad:
                result[i, t] = row[t + 1]
    return result


def targets_by_slice(tokens, pad):
    right = np.concatenate([tokens[:, 1:], np.full((len(tokens), 1), pad)], axis=1)
    right[right == pad] = -100
    return right


def rolled(tokens, pad):
    result = np.roll(tokens, -1, axis=1)
    return np.where(result == pad, -100, result)


def last_kept(tokens, pad):
    result = tokens.copy()
    result[:, :-1] = tokens[:, 1:]
    return np.where(result == pad, -100, result)


def asked(logits, labels):
    rows = np.flatnonzero(labels >= 0)
    return loss(logits[rows], labels[rows])


def times_zero(logits, labels):
    inside = labels != -100
    p = soft(logits)[np.arange(len(labels)), np.where(inside, labels, 0)]
    return -(np.log(p) * inside).sum() / inside.sum()


def row_by_row(logits, labels, maximum, total=lambda e: e.sum(axis=1, keepdims=True)):
    z, y = logits[labels != -100], labels[labels != -100]
    z = z - maximum(z)
    return -(z - np.log(total(np.exp(z))))[np.arange(len(y)), y].mean()


def of_each(z):
    return z.max(axis=1, keepdims=True)


def joined_by_sums(perplexities, tokens):
    total = 0.0
    for one, n in zip(perplexities, tokens, strict=True):
        total += n * np.log(one)
    return np.exp(total / tokens.sum())


def joined_by_product(perplexities, tokens):
    return np.prod(perplexities ** (tokens / tokens.sum()))


RIGHT = [
    ("next_targets", targets_by_loop),
    ("next_targets", targets_by_slice),
    ("smoothed", lambda c, a: (c + a) / (c.sum(axis=1) + a * c.shape[1])[:, None]),
    ("perplexity", lambda losses, counted: np.exp(np.mean(losses[counted]))),
    (
        "perplexity",
        lambda losses, counted: np.exp(np.where(counted, losses, 0).sum() / counted.sum()),
    ),
    ("masked_loss", asked),
    ("masked_loss", lambda z, y: row_by_row(z, y, of_each)),
    ("joined_perplexity", joined_by_sums),
    ("joined_perplexity", joined_by_product),
    ("joined_perplexity", lambda ppl, n: np.exp(np.average(np.log(ppl), weights=n))),
]

WRONG = [
    ("next_targets", rolled, "The first token of a row is the target of its last place."),
    ("next_targets", lambda x, pad: np.where(x == pad, -100, x), "nothing is shifted"),
    (
        "next_targets",
        lambda x, pad: targets_by_slice(targets_by_slice(x, pad), -100),
        "It shifts by two",
    ),
    (
        "next_targets",
        lambda x, pad: np.concatenate([x[:, 1:], np.full((len(x), 1), -100)], axis=1),
        "Padding is a target too",
    ),
    ("next_targets", last_kept, "The last place keeps its own token"),
    (
        "next_targets",
        lambda x, pad: np.where((t := targets_by_loop(x, pad=-1)) == 0, -100, t),
        "It takes 0 for padding",
    ),
    ("smoothed", lambda c, a: c / c.sum(axis=1)[:, None], "Nothing is added."),
    ("smoothed", lambda c, a: c / c.sum(axis=1)[:, None] + a, "It adds to the probabilities"),
    (
        "smoothed",
        lambda c, a: (c + a / c.shape[1]) / (c.sum(axis=1) + a)[:, None],
        "It divides `amount` among the K counts.",
    ),
    ("smoothed", lambda c, a: (c + 1) / (c + 1).sum(axis=1)[:, None], "It adds 1, whatever"),
    (
        "smoothed",
        lambda c, a: np.exp(np.log(c + a) - np.log((c + a).sum())),
        "It divides by the sum of the whole table.",
    ),
    (
        "perplexity",
        lambda losses, counted: np.exp((losses * counted).sum() / losses.size),
        "Padding adds nothing to the sum, but counts in the divisor.",
    ),
    (
        "perplexity",
        lambda losses, counted: np.mean(
            [np.exp(row[inside].mean()) for row, inside in zip(losses, counted, strict=True)]
        ),
        "It is the mean of the perplexities of the texts.",
    ),
    (
        "perplexity",
        lambda losses, counted: np.exp((losses * counted).sum() / counted.sum()),
        "The loss of padding gets into the result.",
    ),
    (
        "perplexity",
        lambda losses, counted: np.exp(sum(losses[counted]) / len(losses)),
        "It divides by the number of texts, not of tokens.",
    ),
    (
        "masked_loss",
        lambda z, y: -np.log(soft(z)[np.arange(len(y)), y % z.shape[1]]).mean(),
        "It takes -100 for an index",
    ),
    ("masked_loss", lambda z, y: asked(z, y) * (y >= 0).mean(), "count in the divisor"),
    (
        "masked_loss",
        lambda z, y: -np.log(soft(z)[np.arange(len(y)), y]).mean(),
        "It asks for an entry that is not there, with some rows left out.",
    ),
    ("masked_loss", lambda z, y: loss(z[y > 0], y[y > 0]), "It leaves out class 0 as well."),
    (
        "masked_loss",
        lambda z, y: row_by_row(z, y, lambda z: 0, lambda e: e.sum(axis=0)),
        "Softmax runs over the rows, not over the classes.",
    ),
    (
        "masked_loss",
        lambda z, y: row_by_row(z, y, of_each, np.sum),
        "It adds the exponentials of all rows up.",
    ),
    ("masked_loss", lambda z, y: row_by_row(z, y, np.max), "It subtracts the maximum of all rows."),
    (
        "masked_loss",
        lambda z, y: -np.log(soft(z[y >= 0])[np.arange((y >= 0).sum()), y[y >= 0]]).mean(),
        "It takes the logarithm of a probability that has become 0.",
    ),
    ("masked_loss", times_zero, "A row that is left out gets into the result."),
    ("joined_perplexity", lambda ppl, n: np.mean(ppl), "It is the mean of the perplexities."),
    ("joined_perplexity", lambda ppl, n: ppl @ n / n.sum(), "each weighted with its tokens"),
    ("joined_perplexity", lambda ppl, n: np.prod(ppl) ** (1 / len(ppl)), "all parts count the sa"),
    ("joined_perplexity", lambda ppl, n: np.log(ppl) @ n / n.sum(), "without the exponential"),
    ("joined_perplexity", lambda ppl, n: 2 ** np.average(np.log(ppl), weights=n), "It is not the"),
    ("joined_perplexity", lambda ppl, n: n.sum() / (n / ppl).sum(), "It is the harmonic mean"),
    ("joined_perplexity", lambda ppl, n: np.prod(ppl**n) ** (1 / n.sum()), "too large for a float"),
    ("joined_perplexity", lambda ppl, n: np.median(ppl), "`tokens` has no effect."),
    ("joined_perplexity", lambda ppl, n: ppl[np.argmax(n)], "It is not the perplexity of the who"),
]
