"""What a class has reached: verdicts, points, and how many there are."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from softmax_lessons import exercises
from softmax_lessons.exercises import _registry
from softmax_lessons.exercises._judge import note_on_ours
from softmax_lessons.exercises._report import Report

MARKS = {
    "*": "the book's solution, but for names, comments and layout",
    "+": "calls the function of the package that the task asks for",
}
BEST = ("right", "wrong", "not checked", "not yet")  # of several files of one student's


@dataclass(frozen=True)
class Result:
    """An exercise of a student's."""

    report: Report
    copied: str = ""  # what to say if it is the book's solution

    @property
    def calls_ours(self) -> bool:
        """Whether it calls the package's answer, as far as the work lets that be seen."""
        return note_on_ours(self.report.exercise) in self.report.notes

    @property
    def marks(self) -> str:
        """The marks of the table, see `MARKS`."""
        return "*" * bool(self.copied) + "+" * self.calls_ours

    @property
    def remarks(self) -> list[str]:
        """What a teacher has to know of a right solution."""
        ours = [note_on_ours(self.report.exercise)] * self.calls_ours
        return [f"{self.report.exercise}: {text}" for text in (self.copied, *ours) if text]


@dataclass(frozen=True)
class Student:
    """What a student has handed in, or what was wrong with it."""

    name: str
    results: dict[str, Result] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    held: tuple[str, ...] | None = None  # what the system held back; None if nothing ran


@dataclass(frozen=True)
class Points:
    """How many points an exercise has."""

    given: dict[str, float] = field(default_factory=dict)
    partial: bool = False  # whether a wrong solution has a part of them

    def of(self, exercise: str) -> float:
        """Return the points for a right solution."""
        return self.given.get(exercise, 0.0) if self.given else 1.0

    def reached(self, report: Report) -> float:
        """Return the points of a solution: all, none, or for each stage that is right its share."""
        points = self.of(report.exercise)
        exercise = _registry.find(report.exercise)
        if report or not self.partial or not exercise or report.verdict != "wrong":
            return points if report else 0.0
        return round(points * len(report.holds) / len(exercise.stages), 2)


def read(path: Path) -> Points:
    """Read a file of points.

    Raises
    ------
    ValueError
        If it is none, or names an exercise that is not there.
    """
    if sys.version_info < (3, 11):
        raise ValueError("a file of points is TOML, which Python reads from version 3.11 on")
    import tomllib

    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"{path} is not TOML: {error}") from None
    partial, given = content.pop("partial", False), content.pop("points", None)
    if content or not isinstance(partial, bool) or not isinstance(given, dict) or not given:
        raise ValueError(
            f"{path} must hold a table [points] with lines such as `softmax = 4`, and above it, if "
            f"you like, `partial = true`"
        )
    for name, points in given.items():
        if name not in exercises.names():
            close = difflib.get_close_matches(name, exercises.names(), 1)
            meant = f"; did you mean {close[0]!r}?" if close else ""
            raise ValueError(f"{path}: there is no exercise {name!r}{meant}")
        if (
            isinstance(points, bool)
            or not isinstance(points, (int, float))
            or not 0 <= points < 1e9
        ):
            raise ValueError(f"{path}: points must be a number from 0 on, got {name} = {points!r}")
    return Points({name: float(points) for name, points in given.items()}, partial)


@dataclass(frozen=True)
class Class:
    """The students that were graded, and what they are graded for."""

    students: list[Student]
    points: Points
    only: tuple[str, ...] = ()  # these exercises, in this order
    missing: tuple[str, ...] = ()  # students that an interrupt left out

    @property
    def exercises(self) -> list[str]:
        """The exercises: those that have points, else all that some work has."""
        if self.only or self.points.given:
            return list(self.only or self.points.given)
        found = {name for student in self.students for name in student.results}
        return [name for name in exercises.names() if name in found]

    @property
    def total(self) -> float:
        """All points that there are."""
        return sum(self.points.of(name) for name in self.exercises)

    def result(self, student: Student, exercise: str) -> Result:
        """Return the result of a student, who may have nothing."""
        if exercise in student.results:
            return student.results[exercise]
        if student.problems:
            return Result(Report(exercise, "not checked", " ".join(student.problems)))
        return Result(Report(exercise, "not yet", hint="None of the files has this exercise."))

    def reached(self, student: Student) -> float:
        """Return the points of a student."""
        reports = (self.result(student, name).report for name in self.exercises)
        return round(sum(map(self.points.reached, reports)), 2)


def best(results: Iterable[Result]) -> Result:
    """Return the best of several results."""
    return min(results, key=lambda result: BEST.index(result.report.verdict))


def number(points: float) -> str:
    """Return points as text."""
    return f"{points:g}"


def as_dict(report: Report) -> dict[str, Any]:
    """Return a report as JSON can hold it."""
    return {name: getattr(report, name) for name in report.__dataclass_fields__}
