"""Quick checks: a question with options to choose from, or with a number to write."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from softmax_lessons.interactive._live import Live, live
from softmax_lessons.interactive._values import as_finite
from softmax_lessons.language import _

if TYPE_CHECKING:
    from softmax_lessons._arguments import Number

__all__ = ["choice", "number"]


def choice(question: str, options: Mapping[Any, str], *, answer: Any) -> Live:
    """Return a question with options to choose from, and feedback on each.

    Without JavaScript the options are a list, and the answer can be unfolded.

    Parameters
    ----------
    question : str
        The question.
    options : mapping from answer to str
        What can be chosen, written by ``str``, and what to say to whoever chooses it: to the
        right answer why it is right, to every other one where it goes wrong.
    answer : object
        The right answer. Calculate it: it must equal one of the options, so a question that no
        longer fits its numbers is an error.

    Returns
    -------
    Live
        The quick check.

    Raises
    ------
    TypeError
        If ``options`` is no mapping to strings.
    ValueError
        If there are fewer than two options, if two are written alike, if one has no feedback, or
        if ``answer`` is none of them.

    See Also
    --------
    number : The same for an answer that is a number to write.

    Examples
    --------
    >>> import numpy as np
    >>> from softmax_lessons.interactive import choice
    >>> animals = ["seal", "panda"]
    >>> choice(
    ...     "Which animal has the larger score in [0.25, 1.23]?",
    ...     {"seal": "0.25 is below 1.23.", "panda": "Its score is 1.23."},
    ...     answer=animals[np.argmax([0.25, 1.23])],
    ... )
    Which animal has the larger score in [0.25, 1.23]?
    - seal
    - panda
    """
    if not isinstance(options, Mapping) or not all(isinstance(f, str) for f in options.values()):
        raise TypeError(f"options must be a mapping from answer to feedback, got {options!r}")
    names = [str(option) for option in options]
    if len(set(names)) < max(2, len(names)):
        raise ValueError(f"options must be two or more, all written differently, got {names}")
    for name, feedback in zip(names, options.values(), strict=True):
        if not feedback.strip():
            raise ValueError(f"option {name!r} has no feedback: say why it is right or wrong")
    right = [i for i, option in enumerate(options) if _equal(option, answer)]
    if len(right) != 1:
        raise ValueError(f"answer must be one of the options {list(options)}, got {answer!r}")
    pairs = list(zip(names, options.values(), strict=True))
    wrong = [pair for i, pair in enumerate(pairs) if i != right[0]]
    return _check(
        {"question": question, "options": pairs, "answer": right[0]},
        [f"- {name}" for name in names],
        _list(names) + _folded(*pairs[right[0]], wrong),
    )


def number(
    question: str,
    feedback: str,
    *,
    answer: Number,
    tolerance: Number,
    wrong: Mapping[Any, str] | None = None,
    hint: str = "",
) -> Live:
    """Return a question to answer with a number, and feedback on the mistakes people make.

    The reader may write a decimal comma. Without JavaScript the answer can be unfolded.

    Parameters
    ----------
    question : str
        The question.
    feedback : str
        What to say to the right answer: why it is right.
    answer : float
        The right answer. Calculate it.
    tolerance : float
        How far off an answer may be.
    wrong : mapping from float to str, optional
        Common mistakes, and what to say to each. Calculate them too.
    hint : str, optional
        What to say to all other answers, after *too large* or *too small*.

    Returns
    -------
    Live
        The quick check.

    Raises
    ------
    TypeError
        If ``answer``, ``tolerance`` or a mistake is not one real number, or ``wrong`` no mapping
        to strings.
    ValueError
        If a number is not finite, if ``tolerance`` is negative, if ``feedback`` is empty, or if
        two answers with different feedback are so close that one reply could mean both.

    See Also
    --------
    choice : The same with options to choose from.

    Examples
    --------
    >>> from softmax_lessons import softmax
    >>> from softmax_lessons.interactive import number
    >>> number(
    ...     "Two classes have equal scores. What does softmax give to each?",
    ...     "Equal scores get equal probabilities.",
    ...     answer=softmax([7.0, 7.0])[0],
    ...     tolerance=0.001,
    ...     wrong={1: "That would make 2 in all."},
    ... )
    Two classes have equal scores. What does softmax give to each?
    """
    mistakes = {} if wrong is None else wrong
    if not isinstance(mistakes, Mapping) or not all(isinstance(f, str) for f in mistakes.values()):
        raise TypeError(f"wrong must be a mapping from number to feedback, got {wrong!r}")
    if not all(text.strip() for text in (feedback, *mistakes.values())):
        raise ValueError("feedback must not be empty: say why the answer is right or wrong")
    reach = as_finite(tolerance, "tolerance")
    if reach < 0:
        raise ValueError(f"tolerance must be 0 or above, got {tolerance!r}")
    known = [as_finite(answer, "answer"), *(as_finite(x, "a wrong answer") for x in mistakes)]
    for i, x in enumerate(known):
        for y in known[:i]:
            if abs(x - y) <= 2 * reach:
                message = f"{x:.4g} and {y:.4g} cannot be told apart with a tolerance of {reach:g}"
                raise ValueError(f"{message}: make it smaller")
    said = list(zip(known[1:], mistakes.values(), strict=True))
    config = {"answer": known[0], "tolerance": reach, "feedback": feedback, "wrong": said}
    listed = [(f"{x:.4g}", text) for x, text in said]
    return _check(
        {"question": question, **config, "hint": hint},
        [],
        _folded(f"{known[0]:.4g}", feedback, listed),
    )


def _equal(option: Any, answer: Any) -> bool:
    """Tell whether two answers are equal; NumPy 2.0's array_equal stumbles over text and number."""
    return np.shape(option) == np.shape(answer) and bool(np.all(np.asarray(option) == answer))


def _check(config: dict[str, Any], lines: list[str], content: str) -> Live:
    """Return a quick check whose content, without JavaScript, can be read and unfolded."""
    question = config["question"]
    if not question.strip():
        raise ValueError("question must not be empty")
    html = f"<p>{escape(question)}</p>\n{content}"
    return live("check", config, html, "\n".join([question, *lines]))


def _list(items: list[str]) -> str:
    return "<ul>\n" + "".join(f"<li>{escape(item)}</li>\n" for item in items) + "</ul>\n"


def _folded(answer: str, feedback: str, wrong: list[tuple[str, str]]) -> str:
    """Return the answer and what is wrong with the others, to unfold."""
    entries = "".join(f"<dt>{escape(x)}</dt><dd>{escape(text)}</dd>\n" for x, text in wrong)
    others = f"\n<dl>\n{entries}</dl>" if wrong else ""
    return (
        "<details>\n<summary>" + escape(_("Show the answer")) + "</summary>\n"
        f"<p><strong>{escape(answer)}</strong>: {escape(feedback)}</p>{others}\n</details>"
    )
