"""Which exercises there are, and to which chapter each belongs."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

from softmax_lessons.exercises._exercise import Exercise

GROUP = "softmax_lessons.exercises"  # of entry points: a chapter = module, or module:exercise
CHAPTERS: dict[str, dict[str, Exercise]] = {}  # in their order, each with its exercises by name


def register(*exercises: Exercise, chapter: str) -> None:
    """Make exercises known, so that ``check``, ``task`` and ``names`` find them.

    Parameters
    ----------
    *exercises : Exercise
        They come after those that the chapter has.
    chapter : str
        The slug of their chapter, which may be new, such as "my-course".

    Raises
    ------
    TypeError
        If one of them is no ``Exercise``.
    ValueError
        If an exercise of another chapter has the same name.

    See Also
    --------
    Exercise : What to register.

    Notes
    -----
    In its own chapter an exercise takes the place of one of the same name, so that a cell can be
    run again. A package registers its exercises by an entry point of the group
    ``softmax_lessons.exercises``: the name is the chapter, the value an exercise, or a module that
    defines some. They are loaded when they are first asked for.

    Examples
    --------
    >>> import numpy as np
    >>> from softmax_lessons import exercises
    >>> from softmax_lessons.exercises import Exercise, Stage
    >>> double = Exercise(
    ...     "Double a number",
    ...     "double(x)",
    ...     "Return two times `x`.",
    ...     right=lambda x: 2 * x,
    ...     stages=(Stage("a number", "It is not the double.", "Add x to x.", ((3,), (0.5,))),),
    ... )
    >>> exercises.register(double, chapter="an-example")
    >>> exercises.check("double", lambda x: x + x).verdict
    'right'
    """
    for exercise in exercises:
        if not isinstance(exercise, Exercise):
            raise TypeError(f"register takes exercises, got one of type {type(exercise).__name__}")
        for other, known in CHAPTERS.items():
            if other != chapter and exercise.name in known:
                raise ValueError(
                    f"the chapter {other!r} has an exercise {exercise.name!r}: name it differently"
                )
        CHAPTERS.setdefault(chapter, {})[exercise.name] = exercise


def exercises_in(value: Any) -> Iterator[Exercise]:
    """Find the exercises of a module, or the one exercise that it is."""
    for each in (value,) if isinstance(value, Exercise) else vars(value).values():
        if isinstance(each, Exercise):
            yield each


def find(name: str) -> Exercise | None:
    """Return the exercise of this name, if there is one."""
    if not any(name in known for known in CHAPTERS.values()):
        load_entry_points()
    return next((known[name] for known in CHAPTERS.values() if name in known), None)


_loaded: set[str] = set()


def load_entry_points() -> None:
    """Register what other packages offer, once."""
    from importlib.metadata import entry_points

    for point in entry_points(group=GROUP):
        key = f"{point.name} = {point.value}"
        if key not in _loaded:
            _loaded.add(key)
            try:
                register(*exercises_in(point.load()), chapter=point.name)
            except Exception as error:  # one broken package must not take the others along
                warnings.warn(f"no exercises from {key}: {error!r}", stacklevel=2)
