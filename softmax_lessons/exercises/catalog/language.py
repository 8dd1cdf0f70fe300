"""Exercises on language models: targets, counts, perplexity of a whole and of parts, masks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons import cross_entropy, log_softmax, logsumexp, softmax
from softmax_lessons.exercises._exercise import Exercise, KnownMistake, Stage
from softmax_lessons.exercises.catalog._shared import (
    LARGE_LOGITS,
    NINE_DIGITS,
    SHIFT,
    SIX_DIGITS,
    SQUARE,
    TALL,
    TWO_ROWS,
    array,
    at_label,
    labels,
    without_last_class,
)
from softmax_lessons.exercises.rules import at_least_zero, probabilities

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

ORDER = 170  # among the chapters
IGNORED = -100  # PyTorch's label for what does not count

# The tables are laid out by hand: a known mistake is its sentence, its hint and its formula.
# fmt: off

# --- targets --------------------------------------------------------------------------------------


def ahead(tokens: Array, steps: int = 1, fill: int = IGNORED) -> Array:
    """Return the token so many places to the right, `fill` where there is none."""
    filled = np.full_like(tokens, fill)
    width = tokens.shape[1]
    if steps >= 0:
        filled[:, : max(width - steps, 0)] = tokens[:, steps:]
    else:
        filled[:, -steps:] = tokens[:, :steps]
    return filled


def hidden(targets: Array, pad: int, fill: int = IGNORED) -> Array:
    """Return the targets with `fill` in place of padding."""
    return np.where(targets == pad, fill, targets)


NAMES = array([5, 3, 7, 1, 9, 9], [5, 2, 1, 9, 9, 9], [5, 4, 4, 8, 6, 1], dtype=int)
SHORT = array([2, 1, 0, 0], [3, 3, 1, 0], dtype=int)

NEXT_TARGETS = Exercise(
    "Shift by one",
    "next_targets(tokens, pad)",
    "`tokens` holds whole numbers, one row a text, filled up with `pad` at the right. Return the "
    "targets of next-token prediction, an array of the same shape: at each place the token that "
    "stands one place to the right, and -100 where that is padding or there is none.",
    right=lambda x, pad: hidden(ahead(x), pad),
    stages=(
        Stage("no padding", "These are not the next tokens.",
            "Column t of the targets is column t + 1 of the tokens. The last column is -100.",
            ((NAMES[2:], 9), (NAMES[:, :3], 9), (SHORT[:, :2], 0))),
        Stage("padding", "It goes wrong where there is padding.",
            "Where the next token is `pad`, the target is -100.",
            ((NAMES, 9), (SHORT, 0), (NAMES[:2], 9))),
        Stage("no row has anything to predict", "Texts of one token give wrong targets.",
            "Nothing comes after the only token: the whole row is -100.",
            ((array([4], [2], dtype=int), 9), (array([4, 0], dtype=int), 0))),
    ),
    mistakes=(
        KnownMistake("The targets are the tokens themselves: nothing is shifted.",
            "At each place the target is the token to the right.",
            lambda x, pad: hidden(x, pad)),
        KnownMistake("It shifts the wrong way: the target is the token before.",
            "Column t of the targets is column t + 1 of the tokens.",
            lambda x, pad: hidden(ahead(x, -1), pad)),
        KnownMistake("It shifts by two: the target is the token after the next.",
            "Shift once. Many libraries shift inside the model: then do not shift at all.",
            lambda x, pad: hidden(ahead(x, 2), pad)),
        KnownMistake("The first token of a row is the target of its last place.",
            "`np.roll` goes round. Nothing comes after the last token: -100.",
            lambda x, pad: hidden(np.roll(x, -1, axis=1), pad)),
        KnownMistake("The last place keeps its own token as the target.",
            "Nothing comes after the last token: -100.",
            lambda x, pad: hidden(np.concatenate([x[:, 1:], x[:, -1:]], axis=1), pad)),
        KnownMistake("It takes 0 for padding, whatever `pad` is.", "Compare with `pad`.",
            lambda x, pad: hidden(ahead(x), 0)),
        KnownMistake("It shifts along the rows, not along the columns.", "Time runs along axis 1.",
            lambda x, pad: hidden(ahead(x.T).T, pad)),
        KnownMistake("Padding is a target too: the model would learn to predict it.",
            "Where the next token is `pad`, the target is -100.", lambda x, pad: ahead(x)),
        KnownMistake("It leaves out where the token is padding, not where the next one is.",
            "At the last real token the next one is padding already.",
            lambda x, pad: np.where(x == pad, IGNORED, ahead(x))),
        KnownMistake("It returns one column less than there are tokens.",
            "Keep the shape: the last column is -100.",
            lambda x, pad: hidden(ahead(x), pad)[:, :-1]),
        KnownMistake("It marks what does not count with `pad`, not with -100.",
            "PyTorch leaves out -100, and takes `pad` for a class.",
            lambda x, pad: ahead(x, fill=pad)),
        KnownMistake("It marks what does not count with -1, not with -100.",
            "PyTorch leaves out -100.", lambda x, pad: hidden(ahead(x, fill=-1), pad, -1)),
        KnownMistake("It marks what does not count with 0, which is a token.", "Use -100.",
            lambda x, pad: hidden(ahead(x, fill=0), pad, 0)),
    ),
)

# --- counts ---------------------------------------------------------------------------------------


def smooth(counts: Array, amount: float) -> Array:
    """Return the probabilities of each row after adding to each count."""
    raised = counts + amount
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


FOLLOWED = array([3.0, 0.0, 1.0], [0.0, 2.0, 6.0], [1.0, 1.0, 0.0], [5.0, 2.0, 2.0])
PAIRS = array([4.0, 0.0], [1.0, 2.0])
NEVER = array([0.0, 0.0, 0.0], [2.0, 0.0, 2.0])

SMOOTHED = Exercise(
    "Never say never",
    "smoothed(counts, amount)",
    "`counts` has one row for each context and one column for each of K characters: how often the "
    "character came next. Add `amount` to each count, and turn each row into probabilities. A row "
    f"of zeros becomes uniform; `amount` is above 0. {SIX_DIGITS}",
    right=smooth,
    stages=(
        Stage("some counts", "These are not the smoothed probabilities.",
            "(count + amount) / (sum of the row + K amount).",
            ((FOLLOWED, 1.0), (FOLLOWED, 0.5), (PAIRS, 0.1), (PAIRS, 1.0))),
        Stage("a context never seen", "A row of zeros must become uniform.",
            "Add first, then divide by the sum of what was added to.",
            ((NEVER, 1.0), (NEVER, 0.25)), hard=True),
        Stage("a tiny amount", "With a tiny amount the result is wrong.",
            "Use `amount` as it is; nothing needs a lower bound.",
            ((PAIRS, 1e-6), (NEVER, 1e-6), (PAIRS, 3e-9)), hard=True),
        Stage("large counts", "Large counts give wrong probabilities.",
            "Add, and divide by the sum of the row; nothing needs an upper bound.",
            ((5000 * PAIRS, 0.5), (array([123456.0, 1.0, 0.0]), 1.0)), hard=True),
    ),
    mistakes=(
        KnownMistake("Nothing is added.", "Add `amount` to each count before you divide.",
            lambda c, a: c / c.sum(axis=-1, keepdims=True)),
        KnownMistake("It adds 1, whatever `amount` is.", "Use `amount`.",
            lambda c, a: smooth(c, 1.0)),
        KnownMistake("The divisor lacks what was added.", "Sum the row after adding.",
            lambda c, a: (c + a) / c.sum(axis=-1, keepdims=True)),
        KnownMistake("The divisor has the amount once, not K times.", "K counts were raised.",
            lambda c, a: (c + a) / (c.sum(axis=-1, keepdims=True) + a)),
        KnownMistake("It adds to the probabilities, and they no longer sum to 1.",
            "Add to the counts, then divide.",
            lambda c, a: c / c.sum(axis=-1, keepdims=True) + a),
        KnownMistake("It divides `amount` among the K counts.", "Each count gets all of it.",
            lambda c, a: smooth(c, a / c.shape[-1])),
        KnownMistake("It raises the probabilities, not the counts.", "Add before you divide.",
            lambda c, a: smooth(c / c.sum(axis=-1, keepdims=True), a)),
        KnownMistake("It adds to the zeros alone.", "All counts are raised, the others too.",
            lambda c, a: smooth(np.maximum(c, a * (c == 0)), 0.0)),
        KnownMistake("The columns sum to 1, not the rows.",
            "One row is one context: `axis=-1`, with `keepdims=True`.",
            lambda c, a: (c + a) / (c + a).sum(axis=0)),
        KnownMistake("It divides by the sum of the whole table.", "Each row is a distribution.",
            lambda c, a: (c + a) / (c + a).sum()),
        KnownMistake("It takes softmax of the counts.",
            "Counts are no logits; their logarithms are.",
            lambda c, a: softmax(c + a)),
    ),
    rules=(probabilities,),
    rtol=1e-6,
    atol=1e-12,
)

# --- perplexity -----------------------------------------------------------------------------------

NATS = array([1.2, 0.4, 2.5, 7.0], [0.3, 2.2, 9.0, 9.0], [1.9, 3.1, 0.8, 0.6])
COUNTED = NATS < 7
ALL = np.ones(NATS.shape, dtype=bool)


def row_means(nats: Array, counted: Array) -> Array:
    """Return the mean of what counts in each row."""
    return np.asarray((nats * counted).sum(axis=-1) / counted.sum(axis=-1))


PERPLEXITY = Exercise(
    "Measure the perplexity",
    "perplexity(losses, counted)",
    "`losses` holds the loss of each token in nats, one row a text; `counted`, of the same shape, "
    "is True for tokens and False for padding, where the loss means nothing. Return the "
    f"perplexity of all tokens together, as one number. {SIX_DIGITS}",
    right=lambda nats, counted: np.exp(nats[counted].mean()),
    stages=(
        Stage("no padding", "It is not the perplexity.",
            "The exponential of the mean loss of a token.",
            ((NATS, ALL), (NATS[:1], ALL[:1]), (NATS[1:, :2], ALL[1:, :2]))),
        Stage("padding", "Where there is padding the result is wrong.",
            "Sum what counts, divide by how many count, then take the exponential.",
            ((NATS, COUNTED), (NATS[:2], COUNTED[:2]), (NATS[1:], COUNTED[1:]))),
        Stage("padding without numbers", "The loss of padding gets into the result.",
            "NaN times 0 is NaN: take what counts, `losses[counted]`.",
            ((np.where(COUNTED, NATS, np.nan), COUNTED),
                (np.where(COUNTED, NATS, np.inf), COUNTED)), hard=True),
        Stage("large losses", "Large losses give a wrong perplexity.",
            "A token of probability 1e-30 costs 69 nats: cut nothing off.",
            ((array([69.0, 0.5, 30.5]), ALL[:1, :3]), (array([400.0, 650.0]), ALL[:1, :2])),
            hard=True),
    ),
    mistakes=(
        KnownMistake("It takes the mean of the exponentials.",
            "One bad token would outweigh all others. Take the mean first.",
            lambda nats, counted: np.exp(nats[counted]).mean()),
        KnownMistake("It is the mean loss, without the exponential.", "Take exp of it.",
            lambda nats, counted: nats[counted].mean()),
        KnownMistake("It is a power of 2, but the losses are in nats.", "Take exp.",
            lambda nats, counted: 2 ** nats[counted].mean()),
        KnownMistake("Padding counts as well.", "Leave out where `counted` is False.",
            lambda nats, counted: np.exp(nats.mean())),
        KnownMistake("Padding adds nothing to the sum, but counts in the divisor.",
            "Divide by the number of tokens, `counted.sum()`.",
            lambda nats, counted: np.exp((nats * counted).mean())),
        KnownMistake(
            "It takes the mean of each text first: short texts weigh as much as long ones.",
            "Sum over all tokens of all texts, and divide once.",
            lambda nats, counted: np.exp(row_means(nats, counted).mean())),
        KnownMistake("It is the mean of the perplexities of the texts.",
            "Take the exponential once, at the end.",
            lambda nats, counted: np.exp(row_means(nats, counted)).mean()),
        KnownMistake("It returns one perplexity a text.", "All tokens together give one.",
            lambda nats, counted: np.exp(row_means(nats, counted))),
        KnownMistake("It is the exponential of minus the mean: the mean probability of a token.",
            "Losses are minus logarithms already.",
            lambda nats, counted: np.exp(-nats[counted].mean())),
        KnownMistake("It divides by the number of texts, not of tokens.",
            "Divide by the number of tokens, `counted.sum()`.",
            lambda nats, counted: np.exp(nats[counted].sum() / len(nats))),
        KnownMistake("It takes exp of the sum, not of the mean.", "Divide by the number of tokens.",
            lambda nats, counted: np.exp(nats[counted].sum())),
        KnownMistake("It keeps the padding and leaves out the tokens.",
            "True means that it counts.",
            lambda nats, counted: np.exp(nats[~counted].mean() if (~counted).any() else np.nan)),
    ),
    rules=(at_least_zero,),
    rtol=1e-6,
)

# --- the loss of masked tokens --------------------------------------------------------------------


def chosen(z: Array, y: Array) -> tuple[Array, Array]:
    """Return the rows that count, and their labels."""
    return z[y != IGNORED], y[y != IGNORED]


def logarithm_of_softmax(z: Array, y: Array) -> Array:
    """Return the mean loss by the logarithm of a quotient."""
    with np.errstate(divide="ignore"):
        return np.asarray(-at_label(np.log(softmax(z)), y).mean())


def summed_together(z: Array, y: Array) -> Array:
    """Return the mean loss with one sum of exponentials for all rows."""
    z = z - z.max(axis=-1, keepdims=True)
    return np.asarray((logsumexp(z.ravel()) - at_label(z, y)).mean())


def shifted_together(z: Array, y: Array) -> Array:
    """Return the mean loss with one shift for all rows."""
    z = z - z.max()
    with np.errstate(divide="ignore"):
        return np.asarray((np.log(np.exp(z).sum(axis=-1)) - at_label(z, y)).mean())


MANY = np.concatenate([SQUARE, TWO_ROWS])

MASKED_LOSS = Exercise(
    "Build the loss that leaves out",
    "masked_loss(logits, labels)",
    "`logits` has N rows and K columns. `labels` holds N whole numbers, from 0 to K - 1, or -100 "
    "where nothing is asked. Return the mean of minus log softmax at the label over the rows that "
    "are asked, as one number. At least one row is asked. An absolute error of 1e-9 is allowed.",
    right=lambda z, y: cross_entropy(*chosen(z, y)),
    stages=(
        Stage("every row asked", "It is not the mean loss.",
            "Take -log_softmax(z) at the label of each row, then the mean.",
            ((TWO_ROWS, labels(1, 2)), (SQUARE, labels(2, 0, 1)), (TALL, labels(0, 0, 1, 0)))),
        without_last_class(),
        Stage("some rows left out", "Rows with the label -100 change the loss.",
            "Choose the rows with `labels != -100` first, logits and labels alike.",
            ((SQUARE, labels(2, IGNORED, 1)), (TALL, labels(IGNORED, 0, 1, IGNORED)),
                (MANY, labels(IGNORED, 1, IGNORED, IGNORED, 2)),
                (TWO_ROWS, labels(IGNORED, 0)))),
        Stage("a row left out that has no numbers", "A row that is left out gets into the result.",
            "NaN times 0 is NaN: choose the rows, do not multiply.",
            ((np.where(labels(0, 1, 0)[:, None] == 1, np.nan, SQUARE), labels(2, IGNORED, 1)),),
            hard=True),
        Stage("large logits", "Large logits give a wrong loss.", SHIFT,
            ((array([1000.0, 1001.0], [5.0, 2.0]), labels(0, IGNORED)),
                (array([-1000.0, -1001.0], [0.0, -900.0]), labels(1, 1)),
                (array([1e16, 1e16, 0.0]), labels(0)), *LARGE_LOGITS), hard=True,
            probe=lambda s: (array([s, s - 1.0], [0.0, 1.0]), labels(1, IGNORED))),
    ),
    mistakes=(
        KnownMistake("Rows that are left out count in the divisor.",
            "Divide by the number of rows that are asked.",
            lambda z, y: cross_entropy(*chosen(z, y), reduction="sum") / len(y)),
        KnownMistake("It adds the losses up, and does not divide.", "Take the mean.",
            lambda z, y: cross_entropy(*chosen(z, y), reduction="sum")),
        KnownMistake("It takes -100 for an index, which counts from the end.",
            "Choose the rows before you index.",
            lambda z, y: cross_entropy(z, y % z.shape[-1])),
        KnownMistake("Rows that are left out are asked for class 0.", "They must not count at all.",
            lambda z, y: cross_entropy(z, np.maximum(y, 0))),
        KnownMistake("The classes count from 1.", "Label 0 is the first column.",
            lambda z, y: cross_entropy(chosen(z, y)[0], (chosen(z, y)[1] - 1) % z.shape[-1])),
        KnownMistake("It leaves out class 0 as well.", "0 is a class. Leave out -100 alone.",
            lambda z, y: cross_entropy(z[y > 0], y[y > 0])),
        KnownMistake("It returns the loss of each row, not their mean.", "Take the mean.",
            lambda z, y: cross_entropy(*chosen(z, y), reduction="none")),
        KnownMistake("It takes softmax twice: once before the loss, once in it.",
            "The loss takes logits.",
            lambda z, y: cross_entropy(softmax(chosen(z, y)[0]), chosen(z, y)[1])),
        KnownMistake("The logarithm is missing: it is minus the mean probability.",
            "Take log-softmax.",
            lambda z, y: -at_label(softmax(chosen(z, y)[0]), chosen(z, y)[1]).mean()),
        KnownMistake("It is the perplexity, not the loss.", "Leave exp out.",
            lambda z, y: np.exp(cross_entropy(*chosen(z, y)))),
        KnownMistake("Softmax runs over the rows, not over the classes.", "Use `axis=-1`.",
            lambda z, y: -at_label(log_softmax(chosen(z, y)[0], axis=0), chosen(z, y)[1]).mean()),
        KnownMistake("It adds the exponentials of all rows up.", "Use `axis=-1`.",
            lambda z, y: summed_together(*chosen(z, y))),
        KnownMistake("It takes the logarithm of a probability that has become 0.",
            "Do not divide first: log softmax is z - max - log(sum(exp(z - max))).",
            lambda z, y: logarithm_of_softmax(*chosen(z, y))),
        KnownMistake("It subtracts the maximum of all rows.",
            "Each row has its own maximum: `axis=-1`, with `keepdims=True`.",
            lambda z, y: shifted_together(*chosen(z, y))),
        KnownMistake("It takes all columns that occur among the labels, in every row.",
            "`table[:, labels]` does that. Use `table[np.arange(n), labels]`.",
            lambda z, y: -log_softmax(chosen(z, y)[0])[:, chosen(z, y)[1]].mean()),
    ),
    rules=(at_least_zero,),
    logarithmic=True,
    rtol=1e-12,
    atol=1e-9,
)

# --- the perplexity of a text in parts ------------------------------------------------------------


def weighted(x: Array, n: Array) -> Array:
    """Return the mean of x with the weights n."""
    return np.asarray((n * x).sum() / n.sum())


JOINED_PERPLEXITY = Exercise(
    "Predict the perplexity of the whole",
    "joined_perplexity(perplexities, tokens)",
    "A text was cut into parts. `perplexities` holds the perplexity of each part, `tokens` the "
    f"number of its tokens. Return the perplexity of the whole text, as one number. {NINE_DIGITS}",
    right=lambda ppl, n: np.exp(weighted(np.log(ppl), n)),
    stages=(
        Stage("parts of one length", "It is not the perplexity of the whole.",
            "Go back to the mean loss of each part: the logarithm of its perplexity.",
            ((array(4.0, 9.0), labels(100, 100)), (array(12.3, 50.2, 7.1), labels(8, 8, 8)),
                (array(20.0), labels(30))),
            extra_cases=((array(4.0, 9.0), labels(300, 100)), (array(4.0, 9.0), labels(100, 300)))),
        Stage("parts of different lengths", "A long part counts as much as a short one, or not as "
            "much as it should.",
            "Weigh the loss of each part with the number of its tokens.",
            ((array(4.0, 9.0), labels(300, 100)), (array(12.0, 50.0, 7.5), labels(5, 1, 10)),
                (array(3.0, 81.0), labels(1, 3)))),
        Stage("a long text", "A long text gives a wrong number.",
            "A product of many probabilities rounds to 0, and one of many perplexities is too "
            "large for a float: add logarithms.",
            ((array(30.0, 40.0, 20.0), labels(10**6, 3 * 10**5, 2)),
                (array(1e5, 2e5), labels(700, 900))), hard=True),
    ),
    mistakes=(
        KnownMistake("It is the mean of the perplexities.",
            "The exponential comes after the mean: average the losses, which are their logarithms.",
            lambda ppl, n: ppl.mean()),
        KnownMistake("It is the mean of the perplexities, each weighted with its tokens.",
            "The weights are right. But average the losses, which are the logarithms.",
            weighted),
        KnownMistake("It averages the losses, but all parts count the same.",
            "Weigh each part with its tokens.", lambda ppl, n: np.exp(np.log(ppl).mean())),
        KnownMistake("It is the mean loss of the whole, without the exponential.", "Take exp.",
            lambda ppl, n: weighted(np.log(ppl), n)),
        KnownMistake("It divides the sum of all losses by the number of parts.",
            "Divide by the number of tokens.",
            lambda ppl, n: np.exp((n * np.log(ppl)).sum() / len(n))),
        KnownMistake("It is the product of the perplexities.",
            "Their logarithms are mean losses: average them.", lambda ppl, n: ppl.prod()),
        KnownMistake("It is the sum of the perplexities.", "Average their logarithms.",
            lambda ppl, n: ppl.sum()),
        KnownMistake("It is the harmonic mean: it averages the probabilities 1 / perplexity.",
            "A loss is a logarithm: average the logarithms.",
            lambda ppl, n: 1 / weighted(1 / ppl, n)),
        KnownMistake("It divides each loss by the number of tokens: short parts count more.",
            "Multiply: a part of many tokens has many losses.",
            lambda ppl, n: np.exp(weighted(np.log(ppl), 1 / n))),
        KnownMistake("It is the perplexity of the worst part.", "All tokens count.",
            lambda ppl, n: ppl.max()),
        KnownMistake("It multiplies all tokens' perplexities first: the product is too large for a "
            "float.", "Add logarithms.",
            lambda ppl, n: np.prod(ppl ** n) ** (1 / n.sum())),
    ),
    rules=(at_least_zero,),
)
