"""What the reader sees: a task, and the report on a solution, as text and as HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from html import escape
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from softmax_lessons.language import _

if TYPE_CHECKING:
    from numpy.typing import NDArray

Verdict = Literal["right", "wrong", "not yet", "not checked"]
DIGITS = (4, 7, 10, 13, 17)  # significant; as few as tell expected and got apart


@dataclass(frozen=True, repr=False)
class Task:
    """What an exercise asks for; a notebook shows it as text, with the stub as code.

    Attributes
    ----------
    name : str
        What the exercise is called in ``check``.
    title : str
        What to do, with a verb.
    chapter : str
        The chapter that it belongs to.
    statement : str
        The task, with all that is required: shapes, ranges, digits.
    stub : str
        The code to start from: the signature, and three dots for what is missing.

    Examples
    --------
    >>> from softmax_lessons import exercises
    >>> print(exercises.task("sigmoid").stub)
    def sigmoid(x):
        ...
    """

    name: str
    title: str
    chapter: str
    statement: str
    stub: str

    def __repr__(self) -> str:
        """Return the task as text."""
        return f"{self.title}\n\n{self.statement}\n\n{self.stub}"

    def _repr_html_(self) -> str:
        return (
            f"<p><strong>{escape(self.title)}.</strong> {marked(self.statement)}</p>"
            f"<pre><code>{escape(self.stub)}</code></pre>"
        )


@dataclass(frozen=True, repr=False)
class Report:
    """What ``check`` found; true if the solution is right.

    Attributes
    ----------
    exercise : str
        The name of the exercise.
    verdict : {"right", "wrong", "not yet", "not checked"}
        "not yet" is for a stub that nobody has filled in, "not checked" for a check that failed
        itself.
    mistake : str
        The first mistake, the most basic one, in a sentence; empty if there is none.
    call : str
        A call that shows it, to paste into a cell.
    expected : str
        What the call should return.
    got : str
        What it did.
    hint : str
        What to think about next.
    holds : tuple of str
        What is right so far.
    notes : tuple of str
        What else happened: what the function printed, what NumPy warned of.

    Examples
    --------
    >>> from softmax_lessons import exercises
    >>> report = exercises.check("entropy", lambda p: -(p * np.log2(p)).sum(axis=-1))
    >>> report.verdict, bool(report)
    ('wrong', False)
    >>> report.mistake
    'It uses the logarithm of base 2, not the natural one.'
    """

    exercise: str
    verdict: Verdict
    mistake: str = ""
    call: str = ""
    expected: str = ""
    got: str = ""
    hint: str = ""
    holds: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Let through what can be shown, and nothing that a terminal would obey."""
        for field in fields(self):
            value = getattr(self, field.name)
            shown = text_only(value) if isinstance(value, str) else tuple(map(text_only, value))
            object.__setattr__(self, field.name, shown)

    def __bool__(self) -> bool:
        """Return whether the solution is right, so that a report can be asserted."""
        return self.verdict == "right"

    @property
    def headline(self) -> str:
        """The verdict in a few words."""
        verdicts = {
            "right": _("right"),
            "wrong": _("one mistake to fix"),
            "not yet": _("not yet"),
            "not checked": _("not checked"),
        }
        return f"{self.exercise}: {verdicts[self.verdict]}."

    @property
    def rows(self) -> list[tuple[str, str, bool]]:
        """The parts that are there: their names, their texts, and whether they are code."""
        parts = [
            (_("Mistake"), self.mistake, False),
            (_("Input"), self.call, True),
            (_("Expected"), self.expected, True),
            (_("Got"), self.got, True),
            (_("Hint"), self.hint, False),
            (_("Holds") if self else _("Right so far"), ", ".join(self.holds), False),
            *((_("Note"), note, False) for note in self.notes),
        ]
        return [part for part in parts if part[1]]

    def __repr__(self) -> str:
        """Return the report as text."""
        width = max((len(name) for name, *_rest in self.rows), default=0) + 2
        lines = [self.headline]
        for name, text, _code in self.rows:
            first, *others = text.splitlines()
            lines.append(f"  {name + ':':{width}}{first}")
            lines += [" " * (width + 2) + line for line in others]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        # Words carry the verdict, no colour does: the page's own colours hold in both modes.
        parts = [
            f"<dt><strong>{name}</strong></dt><dd>"
            + (f"<pre><code>{escape(text)}</code></pre>" if code else marked(text))
            + "</dd>"
            for name, text, code in self.rows
        ]
        listed = f"<dl>{''.join(parts)}</dl>" if parts else ""
        headline = f"<p><strong>{escape(self.headline)}</strong></p>"
        return f'<div class="exercise-report">{headline}{listed}</div>'


def text_only(text: str) -> str:
    """Return a text with a backslash and a number for each sign that is not printed."""
    return "".join(
        sign if sign == "\n" or sign.isprintable() else ascii(sign)[1:-1] for sign in text
    )


def marked(text: str) -> str:
    """Return a text as HTML, with what stands between backticks as code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text))


# --- numbers as text --------------------------------------------------------------------------


def call_text(name: str, args: Iterable[Any]) -> str:
    """Return a call as one can paste it, where ``np`` is NumPy."""
    return f"{name}({', '.join(map(literal, args))})"


def literal(value: Any) -> str:
    """Return a number or an array as an expression."""
    if not isinstance(value, np.ndarray):
        return repr(value)
    if value.size > 60:
        flat = value.ravel()
        lengths = range(1, flat.size // 2 + 1)  # most long inputs repeat a short one
        n = next((n for n in lengths if np.array_equal(np.resize(flat[:n], flat.size), flat)), 0)
        if n:
            return f"np.resize({literal(flat[:n])}, {value.shape})"
    plain = value.dtype in (np.dtype(np.float64), np.dtype(np.int64), np.dtype(np.bool))
    numbers = re.sub(r"\b(inf|nan)\b", r"np.\1", repr(value.tolist()))
    return f"np.array({numbers})" if plain else f"np.array({numbers}, dtype=np.{value.dtype})"


def two_texts(expected: NDArray[Any], got: NDArray[Any]) -> tuple[str, str]:
    """Return both results, with as few digits as tell them apart."""
    texts = ("", "")
    for digits in DIGITS:
        texts = (numbers_text(expected, digits), numbers_text(got, digits))
        if texts[0] != texts[1]:
            break
    return texts


def numbers_text(value: NDArray[Any], digits: int) -> str:
    """Return a result with so many significant digits."""
    return np.array2string(
        value,
        separator=", ",
        threshold=60,
        edgeitems=3,
        max_line_width=88,
        formatter={
            "float_kind": lambda v: f"{v + 0.0:.{digits}g}",  # no -0
            "complex_kind": lambda v: f"{v:.{digits}g}",
        },
    )
