"""Exercises that answer back: check your own function, and read which mistake it makes.

A solution is called on inputs from easy to hard, in a process of its own where the system has one,
so that nothing it does reaches the notebook. The report names the first mistake, with an input that
shows it. The same solution always gets the same report.

Like ``softmax_lessons`` itself, this needs NumPy alone.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

from softmax_lessons.exercises import _registry, rules
from softmax_lessons.exercises._call import brief, class_name
from softmax_lessons.exercises._exercise import Exercise, KnownMistake, Rule, Stage
from softmax_lessons.exercises._judge import judge
from softmax_lessons.exercises._registry import register
from softmax_lessons.exercises._report import Report, Task
from softmax_lessons.exercises._solution import no_function, of_function
from softmax_lessons.exercises.catalog import CHAPTERS as _OURS  # noqa: F401, registers them
from softmax_lessons.language import _

__all__ = [
    "Exercise",
    "KnownMistake",
    "Report",
    "Rule",
    "Stage",
    "Task",
    "check",
    "names",
    "register",
    "rules",
    "task",
]


def names(chapter: str | None = None) -> tuple[str, ...]:
    """Return the names of the exercises.

    Parameters
    ----------
    chapter : str, optional
        The slug of a chapter, such as "softmax". By default the exercises of all chapters.

    Returns
    -------
    tuple of str
        The names, in the order of the chapters.

    Raises
    ------
    ValueError
        If no exercise belongs to the chapter.

    See Also
    --------
    task : What an exercise asks for.

    Notes
    -----
    Each name is that of the function to write.

    Examples
    --------
    >>> from softmax_lessons import exercises
    >>> exercises.names("softmax")
    ('softmax_vector', 'softmax', 'logits_from', 'ratio_gap')
    """
    _registry.load_entry_points()
    chapters = _registry.CHAPTERS
    if chapter is None:
        return tuple(name for known in chapters.values() for name in known)
    if chapter not in chapters:
        raise ValueError(f"chapter must be one of {', '.join(chapters)}, got {chapter!r}")
    return tuple(chapters[chapter])


def task(name: str | Exercise) -> Task:
    """Return what an exercise asks for, with the code to start from.

    Parameters
    ----------
    name : str or Exercise
        One of ``names()``, or an exercise of your own.

    Returns
    -------
    Task
        The task; a notebook shows it.

    Raises
    ------
    ValueError
        If there is no such exercise; the message proposes a name.

    See Also
    --------
    check : Check a solution.

    Notes
    -----
    All that is required stands in the statement: shapes, ranges, how many digits must be right.

    Examples
    --------
    >>> from softmax_lessons import exercises
    >>> exercises.task("entropy").chapter
    'temperature'
    """
    exercise = _find(name)
    chapters = _registry.CHAPTERS.items()
    chapter = next((c for c, known in chapters if known.get(exercise.name) is exercise), "")
    stub = f"def {exercise.signature}:\n    ..."
    return Task(exercise.name, _(exercise.title), chapter, _(exercise.statement), stub)


def check(name: str | Exercise, function: Callable[..., Any]) -> Report:
    """Check a solution, and name its first mistake.

    Parameters
    ----------
    name : str or Exercise
        One of ``names()``, or an exercise of your own.
    function : callable
        The solution: the function itself, not what it returns.

    Returns
    -------
    Report
        Right, wrong or not yet, with the first mistake; true if right. A notebook shows it.

    Raises
    ------
    ValueError
        If there is no such exercise; the message proposes a name.

    See Also
    --------
    task : What is asked for.

    Notes
    -----
    Whatever the function does becomes part of the report, and no exception leaves ``check``: an
    exception, a loop without end, an exit, a crash, a request for too much memory. On Linux it runs
    in a fork of the process, elsewhere in a thread, which cannot contain crashes and exits of the
    whole process. Time counts as the processor measures it, without imports.

    A check helps those who want to learn. It runs where the student's code runs, so whoever wants
    to can read the right answers, or change the checker: it proves nothing to anybody else. Where
    a solution calls the package's function of the same name, a note says so.

    A mistake is named where the function returns what that mistake gives, on all inputs of a
    kind. Otherwise the report says what was measured: a factor, an axis, the score at which it
    overflows, the property that is broken. Causes that are guesses stand in the hint.

    Examples
    --------
    >>> import numpy as np
    >>> from softmax_lessons import exercises
    >>> def softmax(scores):
    ...     e = np.exp(scores)
    ...     return e / e.sum(axis=0)
    >>> exercises.check("softmax", softmax)
    softmax: one mistake to fix.
      Mistake:      Your rows sum to 1 along axis 0, not along the last axis.
      Input:        softmax(np.array([[0.25, 1.23, -0.8], [2.0, 1.0, 0.5]]))
      Expected:     [[0.2491, 0.6637, 0.08717],
                     [0.6285, 0.2312, 0.1402]]
      Got:          [[0.148, 0.5572, 0.2142],
                     [0.852, 0.4428, 0.7858]]
      Hint:         The classes lie along the last axis: `axis=-1`, with `keepdims=True`.
      Right so far: one vector
    """
    exercise = _find(name)
    if not callable(function):
        return no_function(exercise, class_name(function))
    try:
        return judge(exercise, of_function(function))
    except Exception as error:  # of ours, or of a notebook that has changed what we use
        got = brief(repr, error)
        mistake = _("The check itself failed, so nothing can be said of the solution.")
        hint = _("Restart the kernel, and try again. If it fails again, please report it.")
        return Report(exercise.name, "not checked", mistake, got=got, hint=hint)


def _find(name: str | Exercise) -> Exercise:
    """Return the exercise of this name."""
    if isinstance(name, Exercise):
        return name
    if not isinstance(name, str):
        raise ValueError(
            f"the name of an exercise comes first, as text, then the function; got an object of "
            f"type {class_name(name)} first"
        )
    if exercise := _registry.find(name):
        return exercise
    known = names()
    close = difflib.get_close_matches(name, known, 1)
    meant = f"did you mean {close[0]!r}?" if close else f"names are {', '.join(known)}"
    raise ValueError(f"there is no exercise {name!r}; {meant}")
