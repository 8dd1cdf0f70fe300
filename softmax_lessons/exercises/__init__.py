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

from softmax_lessons.exercises._exercise import Exercise
from softmax_lessons.exercises._judge import judge
from softmax_lessons.exercises._report import Report, Task
from softmax_lessons.exercises.catalog import CHAPTERS, EXERCISES

__all__ = ["Report", "Task", "check", "names", "task"]


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
    ('softmax_vector', 'softmax', 'logits_from')
    """
    if chapter is None:
        return tuple(EXERCISES)
    if chapter not in CHAPTERS:
        raise ValueError(f"chapter must be one of {', '.join(CHAPTERS)}, got {chapter!r}")
    return tuple(exercise.name for exercise in CHAPTERS[chapter])


def task(name: str) -> Task:
    """Return what an exercise asks for, with the code to start from.

    Parameters
    ----------
    name : str
        One of ``names()``.

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
    chapter = next(chapter for chapter in CHAPTERS if name in names(chapter))
    stub = f"def {exercise.signature}:\n    ..."
    return Task(name, exercise.title, chapter, exercise.statement, stub)


def check(name: str, function: Callable[..., Any]) -> Report:
    """Check a solution, and name its first mistake.

    Parameters
    ----------
    name : str
        One of ``names()``.
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
    whole process.

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
        hint = f'Pass the function itself, without brackets after it: `check("{name}", {name})`.'
        mistake = f"This is no function, but an object of type `{type(function).__name__}`."
        return Report(name, "wrong", mistake, hint=hint)
    return judge(exercise, function)


def _find(name: str) -> Exercise:
    """Return the exercise of this name."""
    if name in EXERCISES:
        return EXERCISES[name]
    close = difflib.get_close_matches(str(name), EXERCISES, 1)
    meant = f"did you mean {close[0]!r}?" if close else f"names are {', '.join(EXERCISES)}"
    raise ValueError(f"there is no exercise {name!r}; {meant}")
