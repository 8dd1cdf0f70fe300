"""The sampler: the words that may come next, and what temperature and filters leave of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from softmax_lessons._arguments import as_count, as_floats, as_fraction
from softmax_lessons.activations import softmax
from softmax_lessons.interactive._live import Live
from softmax_lessons.interactive._table import figure, show
from softmax_lessons.interactive._values import as_slider_temperature, check_texts
from softmax_lessons.language import _
from softmax_lessons.sampling import min_p as keep_min_p
from softmax_lessons.sampling import top_k as keep_top_k
from softmax_lessons.sampling import top_p as keep_top_p

if TYPE_CHECKING:
    from typing import SupportsIndex

    from numpy.typing import ArrayLike, NDArray

    from softmax_lessons._arguments import FloatArray, Number

    Counted: TypeAlias = tuple[Sequence[str], ArrayLike]

__all__ = ["sampler"]

SHOWN = 10  # words with a bar of their own; the others have one together
MOST = 10_000
FILTERS = ["top-k", "top-p", "min-p"]
# Where the slider of top-k stops, before the last stop that keeps all.
NUMBERS = [*range(1, 11), 12, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 2000, 5000]


def sampler(
    words: Sequence[str] | Mapping[str, Counted],
    counts: ArrayLike | None = None,
    *,
    temperature: Number = 1.0,
    top_k: SupportsIndex | None = None,
    top_p: Number = 1.0,
    min_p: Number = 0.0,
) -> Live:
    """Return the sampler: the words that may come next, and what the filters leave of them.

    Sliders move the temperature, top-k, top-p and min-p, which follow each other in this order.
    Bars show the likeliest words before and after.

    Parameters
    ----------
    words : sequence of str, or mapping from str to pair
        The words that may come next. A mapping gives the reader several words to choose from: its
        keys are the words before, its values pairs of words and counts.
    counts : array_like of positive numbers, optional
        How often each of the words comes next, or how probable it is: from 2 to 10,000 words. Left
        out if ``words`` is a mapping. Only how far their logarithms lie behind the highest counts;
        they are rounded to three digits.
    temperature : float, default 1.0
        The temperature to start from, from 0.1 to 5.
    top_k : int, optional
        The number of words for top-k to start from, 1 or more. None keeps all.
    top_p : float, default 1.0
        The probability for top-p to start from, from 0.01 to 1, rounded to two digits.
    min_p : float, default 0.0
        The fraction for min-p to start from, from 0 to 1, rounded to two digits.

    Returns
    -------
    Live
        The figure. Its table without JavaScript shows the first of several words before.

    Raises
    ------
    TypeError
        If ``words`` are not strings, or ``counts`` or a setting no numbers.
    ValueError
        If there are too few or too many words, if their number is not that of the counts, if a
        count is not positive and finite, or if a setting is out of range.

    See Also
    --------
    softmax_lessons.top_k, softmax_lessons.top_p, softmax_lessons.min_p : The filters.

    Notes
    -----
    The logits are the logarithms of the counts: softmax turns them into the counts, divided by
    their sum.

    Examples
    --------
    >>> from softmax_lessons.interactive import sampler
    >>> sampler({"climate": (["change", "for", "of", "control"], [47, 10, 10, 4])}, top_p=0.9)
    Next words after climate, at temperature 1.00: 3 of 4 left, which had 0.944 of the probability
    word     before    after
    change    0.662    0.702
    for       0.141    0.149
    of        0.141    0.149
    control   0.056  ✗ top-p
    """
    t = as_slider_temperature(temperature)
    k = None if top_k is None else as_count(top_k, "top_k", 1)
    p = max(0.01, round(as_fraction(top_p, "top_p", above=True), 2))
    least = round(as_fraction(min_p, "min_p"), 2)
    contexts = as_contexts(words, counts)
    behind = [steps_behind(each) for _, _, each in contexts]
    numbers = [n for n in sorted({*NUMBERS, k or 1}) if n < max(map(len, behind))]
    config = {
        "contexts": [
            {"word": word, "words": names[:SHOWN], "behind": " ".join(map(str, steps))}
            for (word, names, _), steps in zip(contexts, behind, strict=True)
        ],
        "temperature": t,
        "numbers": numbers,
        "top_k": numbers.index(k) if k in numbers else len(numbers),  # the last one keeps all
        "top_p": p,
        "min_p": least,
    }
    word, names = contexts[0][:2]
    stages = filtered(-np.cumsum(behind[0]) / 1000, t, k, p, least)
    is_left = stages[-1] > -np.inf
    mass = float(softmax(stages[0])[is_left].sum())
    values = {
        "temperature": show(t, 2),
        "n": is_left.sum(),
        "all": is_left.size,
        "mass": show(mass),
    }
    caption = _(
        "Next words, at temperature {temperature}: {n} of {all} left, which had {mass} of the "
        "probability",
        **values,
    )
    if word:
        caption = _(
            "Next words after {word}, at temperature {temperature}: {n} of {all} left, which had "
            "{mass} of the probability",
            word=word,
            **values,
        )
    return figure(
        "sampler",
        config,
        caption,
        [_("word"), _("before"), _("after")],
        rows(names, stages),
    )


def as_contexts(
    words: Sequence[str] | Mapping[str, Counted], counts: ArrayLike | None
) -> list[tuple[str, list[str], FloatArray]]:
    """Return the words before, each with the words that may come next, likeliest first."""
    if isinstance(words, Mapping):
        check_texts([*words], "words")
        if counts is not None or not words or any(len(pair) != 2 for pair in words.values()):
            message = "words must map each word to a pair of words and counts, with no other counts"
            raise ValueError(f"{message}, got {words!r}")
        return [(word, *as_counted(*pair)) for word, pair in words.items()]
    if counts is None:
        raise TypeError("counts must be given with words, one for each of them")
    return [("", *as_counted(words, counts))]


def as_counted(words: Sequence[str], counts: ArrayLike) -> tuple[list[str], FloatArray]:
    """Return words and their counts, the highest first; of equal ones the first leads."""
    check_texts(words, "words")
    n = as_floats(counts, "counts")[0].astype(np.float64)
    if n.ndim != 1 or not 2 <= n.size <= MOST or n.size != len(words):
        message = f"counts must be from 2 to {MOST} numbers in a row, one for each word"
        raise ValueError(f"{message}, got shape {n.shape} for {len(words)} words")
    bad = n[~((n > 0) & (n < np.inf))]
    if bad.size:
        message = "counts must be positive and finite"
        raise ValueError(f"{message}, got {bad[0]:g}: leave out the words that never come")
    order = np.argsort(-n, kind="stable")
    return [words[i] for i in order], n[order]


def steps_behind(counts: FloatArray) -> NDArray[np.int_]:
    """Return how far each logarithm lies behind the one before it, in thousandths.

    These are small numbers, most of them 0: ten thousand counts take no more than 3 kB of a page.
    """
    logs = np.log(counts)
    steps: NDArray[np.int_] = np.diff(np.rint(1000 * (logs[0] - logs)).astype(int), prepend=0)
    return steps


def filtered(
    logits: FloatArray, temperature: float, k: int | None, p: float, least: float
) -> list[FloatArray]:
    """Return the logits at the temperature, and what top-k, top-p and min-p leave of them."""
    cold = logits / temperature
    by_k = cold if k is None else keep_top_k(cold, k)
    by_p = keep_top_p(by_k, p)
    return [cold, by_k, by_p, keep_min_p(by_p, least)]


def rows(names: list[str], stages: list[FloatArray]) -> list[list[Any]]:
    """Return the likeliest words with their probabilities before and after, then all others."""
    before, after = softmax(stages[0]), softmax(stages[-1])
    dropped = np.sum(np.isneginf(stages), axis=0)  # how many of the stages are without the word

    def row(name: str, which: slice) -> list[Any]:
        by = dropped[which].min()
        left = float(after[which].sum())
        return [name, float(before[which].sum()), f"✗ {FILTERS[-by]}" if by else left]

    listed = [row(name, slice(i, i + 1)) for i, name in enumerate(names[:SHOWN])]
    others = len(names) - SHOWN
    return [*listed, row(_("{n} others", n=others), slice(SHOWN, None))] if others > 0 else listed
