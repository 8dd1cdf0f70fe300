"""``python -m softmax_lessons.exercises grade``."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from softmax_lessons import exercises
from softmax_lessons.exercises._grade import _copies, _points, _write
from softmax_lessons.exercises._grade._crew import Crew, passed_over, piles, preload
from softmax_lessons.exercises._grade._points import Class, Points, Student
from softmax_lessons.exercises._report import text_only

GRADED, SOME, NONE = 0, 1, 2  # how the command ends
FORMATS: dict[str, Callable[[Class], str]] = {
    "csv": _write.as_csv,
    "json": _write.as_json,
    "junit": _write.as_junit,
    "gradescope": _write.as_gradescope,
}
PAUSE = 5.0  # seconds between two lines on the progress, where they cannot be overwritten
LACKS = {
    "network": "reach the network",
    "processes": "see and end other processes",
    "files": "read and change files",
    "memory": "take all memory",
}


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to those of the exercises."""
    parser = commands.add_parser(
        "grade",
        help="grade notebooks and scripts, a whole class of them",
        description="Grade notebooks and scripts. Each runs in a process of its own, and of it no "
        "more than its exercises need.",
        epilog="The exit code is 0 if each work was graded, 1 if some could not be, and 2 if none.",
    )
    parser.add_argument(
        "works",
        metavar="WORK",
        nargs="+",
        type=Path,
        help="a notebook, a script, or a folder with a file or a folder for each student",
    )
    add = parser.add_argument
    add("--only", metavar="NAME", action="append", default=[], help="grade this exercise only")
    add(
        "--points", metavar="FILE", type=Path, help="a TOML file: how many points each exercise has"
    )
    add("--csv", metavar="FILE", type=Path, help="write a table for spreadsheets")
    add("--json", metavar="FILE", type=Path, help="write everything")
    add("--junit", metavar="FILE", type=Path, help="write XML as JUnit does")
    add(
        "--gradescope",
        metavar="FILE",
        type=Path,
        help="write results.json; all WORK is one student's",
    )
    add("--reports", metavar="FOLDER", type=Path, help="write a report for each student")
    add(
        "--book",
        metavar="WORK",
        type=Path,
        action="append",
        default=[],
        help="notebooks with solutions of your own: tell who copies these",
    )
    add("--jobs", metavar="N", type=int, default=os.cpu_count() or 1, help="grade N at once")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Grade, and write what is graded, even if an interrupt ends it."""
    only = tuple(exercises.task(name).name for name in options.only)
    points = _points.read(options.points) if options.points else Points()
    solutions = _copies.known(options.book)
    together = options.gradescope is not None
    waiting = piles(options.works, together)
    check_places(options)
    preload([file for pile in waiting for file in pile.files])
    asked = only or tuple(points.given)
    students: list[Student] = []
    progress = Progress(len(waiting))
    signals: list[int] = []

    def interrupt(number: int, frame: object) -> None:
        signals.append(number)  # around a fork, Python says of an error that it ignores it
        raise KeyboardInterrupt

    previous = {
        one: signal.signal(one, interrupt)
        for one in (signal.SIGINT, signal.SIGTERM)
        if signal.getsignal(one) != signal.SIG_IGN  # as for a job in the background
    }
    with Crew(max(1, options.jobs), asked, solutions) as crew:
        try:
            for student in crew.grade(waiting):
                students.append(student)
                progress.show(student.name)
                if signals:
                    raise KeyboardInterrupt
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # what is there gets written
    order = {pile.name: number for number, pile in enumerate(waiting)}
    students.sort(key=lambda student: order[student.name])
    missing = tuple(
        sorted(order.keys() - {student.name for student in students}, key=order.__getitem__)
    )
    graded = Class(students, points, only, missing)
    progress.end(len(students))
    output(graded, options)
    if signals:
        print(f"interrupted: {len(missing)} of {len(waiting)} are not graded", file=sys.stderr)
    for one, handler in previous.items():
        signal.signal(one, handler)
    if not together and (others := passed_over(options.works)):
        names = ", ".join(map(text_only, others))
        print(f"passed over, no notebook and no script: {names}", file=sys.stderr)
    for line in cautions(students):
        print(line, file=sys.stderr)
    if all(student.problems and not student.results for student in students):
        return NONE
    return SOME if missing or any(student.problems for student in students) else GRADED


def check_places(options: argparse.Namespace) -> None:
    """Refuse a place to write to before five minutes are spent."""
    for name in FORMATS:
        path: Path | None = getattr(options, name)
        if path and (path.is_dir() or not os.access(path.resolve().parent, os.W_OK)):
            raise ValueError(f"cannot write to {path}: name a file in a folder that is there")
    if options.reports:
        options.reports.mkdir(parents=True, exist_ok=True)


def output(graded: Class, options: argparse.Namespace) -> None:
    """Write the files that were asked for, and print the table."""
    for name, written in FORMATS.items():
        if path := getattr(options, name):
            _write.write(path, written(graded))
    if options.reports:
        _write.write_reports(graded, options.reports)
    print(_write.table(graded), flush=True)


def cautions(students: list[Student]) -> list[str]:
    """Say what works could do here that the grader could not hold back."""
    held = [set(student.held) for student in students if student.held is not None]
    free = [what for name, what in LACKS.items() if not all(name in one for one in held)]
    if not held or not free:
        return []
    return [f"on this system the works could {', '.join(free)}: grade them in a container"]


class Progress:
    """Says how far it is: on a terminal in one line, elsewhere now and then."""

    def __init__(self, total: int) -> None:
        self._total, self._done = total, 0
        self._began = self._said = time.monotonic()

    def show(self, name: str) -> None:
        """Say that a student is graded."""
        self._done += 1
        line = f"{self._done} of {self._total}: {text_only(name)[:40]}"
        if sys.stderr.isatty():
            print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
        elif time.monotonic() - self._said > PAUSE:
            self._said = time.monotonic()
            print(line, file=sys.stderr, flush=True)

    def end(self, graded: int) -> None:
        """Say how long it took."""
        start = "\r\033[K" if sys.stderr.isatty() else ""
        seconds = time.monotonic() - self._began
        print(f"{start}{graded} graded in {seconds:.0f} seconds", file=sys.stderr)
