"""What the judge asks of a solution, wherever it runs: here, or in a process of its own."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from softmax_lessons.exercises._call import brief, code_of
from softmax_lessons.exercises._exercise import Exercise
from softmax_lessons.exercises._own import uses_our_answer
from softmax_lessons.exercises._report import Report
from softmax_lessons.exercises._sandbox import Caller, start
from softmax_lessons.language import _


@dataclass(frozen=True)
class Solution:
    """A function of the reader's, and how to call it."""

    name: str  # that it gives itself, which need not be a name
    signature: inspect.Signature | None  # some functions written in C have none
    is_empty: bool  # whether its code does nothing
    uses_our_answer: Callable[[Exercise], bool]
    start: Callable[[bool], Caller]  # whether to follow its memory


def of_function(function: Callable[..., Any]) -> Solution:
    """Return what is to be known of a function in this process."""
    try:
        signature = inspect.signature(function)
    except Exception:  # an object of the reader's own may raise anything
        signature = None
    return Solution(
        brief(lambda f: str(getattr(f, "__name__", "")), function),
        signature,
        is_empty(function),
        partial(uses_our_answer, function),
        lambda memory: start(function, memory=memory),
    )


def is_empty(function: Callable[..., Any]) -> bool:
    """Tell whether the code of a function does nothing, as a stub does that ``pass`` fills."""
    code = code_of(function)
    return (
        code is not None
        and not code.co_names
        and code.co_nlocals == code.co_argcount
        and set(code.co_consts) <= {None, getattr(function, "__doc__", None)}
        and len(code.co_code) <= len(do_nothing.__code__.co_code)
    )


def do_nothing() -> None:
    """Do what a stub does."""


def no_function(exercise: Exercise, kind: str) -> Report:
    """Return the report on something that cannot be called."""
    own = exercise.name
    hint = _(
        'Pass the function itself, without brackets after it: `check("{own}", {own})`.', own=own
    )
    mistake = _("This is no function, but an object of type `{kind}`.", kind=kind)
    return Report(own, "wrong", mistake, hint=hint)
