"""Grade many students at once, one at a time on each processor, and go on whatever happens."""

from __future__ import annotations

import importlib
import importlib.util
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from softmax_lessons.exercises import _registry, _sandbox
from softmax_lessons.exercises._grade import _copies, _grader, _jail, _work
from softmax_lessons.exercises._grade._points import Result, Student, best

HEAVY = {"matplotlib": "matplotlib.pyplot", "torch": "torch", "scipy": "scipy.special"}
SKIPPED = {"__pycache__", "__MACOSX"}


@dataclass(frozen=True)
class Pile:
    """What a student has handed in."""

    name: str
    files: tuple[Path, ...]
    folder: Path | None = None  # the student's own, if there is one


def piles(works: Sequence[Path], together: bool = False) -> list[Pile]:
    """Return the students: a file, or in a folder each file and each folder of its own.

    Raises
    ------
    ValueError
        If there is nothing to grade.
    """
    found: list[Pile] = []
    for work in works:
        if not work.exists():
            raise ValueError(f"there is no {work}")
        for each in sorted(work.iterdir()) if work.is_dir() and not together else [work]:
            files = tuple(files_in(each))
            if files:
                name = each.name if each.is_dir() else each.stem
                found.append(Pile(name, files, each if each.is_dir() else None))
    if not found:
        raise ValueError(f"there is no notebook and no script in {', '.join(map(str, works))}")
    if together:
        files = tuple(file for pile in found for file in pile.files)
        return [Pile(found[0].name, files, found[0].folder)]
    return list(distinct(found))


def passed_over(works: Sequence[Path]) -> list[str]:
    """Return what lies beside the works, and is none: a student may have handed it in."""
    inside = [each for work in works if work.is_dir() for each in sorted(work.iterdir())]
    shown = (one for one in inside if not one.name.startswith(".") and one.name not in SKIPPED)
    return [one.name for one in shown if not any(files_in(one))]


def files_in(place: Path) -> Iterator[Path]:
    """Find notebooks and scripts, but for those that a program has put there."""
    files = sorted(place.rglob("*")) if place.is_dir() else [place]
    for file in files:
        inside = file.relative_to(place.parent).parts
        hidden = any(part.startswith(".") or part in SKIPPED for part in inside)
        if file.suffix in _work.ENDINGS and file.is_file() and not hidden:
            yield file


def distinct(found: list[Pile]) -> Iterator[Pile]:
    """Give students of the same name different ones."""
    seen: dict[str, int] = {}
    for pile in found:
        seen[pile.name] = seen.get(pile.name, 0) + 1
        name = pile.name if seen[pile.name] == 1 else f"{pile.name} ({seen[pile.name]})"
        yield Pile(name, pile.files, pile.folder)


@dataclass(frozen=True)
class Order:
    """How to grade."""

    only: tuple[str, ...]  # these exercises; none means all that there are
    solutions: _copies.Known
    scratch: Path  # where works may write


def grade_pile(pile: Pile, order: Order) -> Student:
    """Grade one student."""
    found: dict[str, list[Result]] = {}
    problems: list[str] = []
    held: set[str] | None = None
    for file in pile.files:
        try:
            work = _work.read(file)
        except _work.NotAWork as error:
            problems.append(f"{file.name} {error}.")
            continue
        for name in sorted(work.exercises()):
            exercise = _registry.find(name)
            if exercise is None or (order.only and name not in order.only):
                continue
            report, back = _grader.grade(work, exercise, order.scratch, pile.folder)
            if back is not None:  # the process has lived long enough to say so
                held = set(back) & (set(back) if held is None else held)
            copied = _copies.told(work, name, order.solutions) if report else ""
            found.setdefault(name, []).append(Result(report, copied))
    results = {name: best(several) for name, several in found.items()}
    return Student(pile.name, results, tuple(problems), None if held is None else tuple(held))


def preload(files: Sequence[Path]) -> None:
    """Import once what some works import, where forks share it."""
    if _jail.SPAWNS:
        return
    texts = b"".join(file.read_bytes()[: 2**21] for file in files[:20] if file.is_file())
    for name, module in HEAVY.items():
        if name.encode() in texts and importlib.util.find_spec(name):
            with suppress(ImportError):
                os.environ.setdefault("MPLBACKEND", "Agg")
                importlib.import_module(module)
    for module in ("interactive", "plotting") if "matplotlib" in sys.modules else ("interactive",):
        importlib.import_module(f"softmax_lessons.{module}")


def worker(link: Connection, order: Order) -> None:
    """Grade one student after the other, in a process that works do not reach."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process says when it is over
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if not _jail.SPAWNS:
        _sandbox.adopt_and_follow()
    order = replace(order, scratch=Path(tempfile.mkdtemp(dir=order.scratch)))
    _jail.open_room(order.scratch)
    with suppress(EOFError, OSError):
        while True:
            pile = link.recv()
            try:
                student = grade_pile(pile, order)
            except Exception as error:  # a fault of ours must not cost the others their points
                problem = f"The grader failed: {type(error).__name__}: {error}"
                student = Student(pile.name, {}, (problem,))
            link.send(student)


class Crew:
    """Some processes that grade."""

    def __init__(self, size: int, only: tuple[str, ...], solutions: _copies.Known) -> None:
        self._context: Any = multiprocessing.get_context("spawn" if _jail.SPAWNS else "fork")
        self._scratch = Path(tempfile.mkdtemp(prefix="softmax-lessons-"))
        self._order = Order(only, solutions, self._scratch)
        self._size = size
        self._at_work: dict[Connection, tuple[Any, Pile | None]] = {}

    def __enter__(self) -> Crew:
        """Start."""
        return self

    def __exit__(self, *_: object) -> None:
        """End all processes, and remove what works have written."""
        for process, _pile in self._at_work.values():
            process.kill()  # a fork that has just begun may lose a signal that it can handle
        for process, _pile in self._at_work.values():
            process.join()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def grade(self, waiting: Sequence[Pile]) -> Iterator[Student]:
        """Grade all, and return each as soon as it is there."""
        left = list(waiting)[::-1]
        for _ in range(min(self._size, len(left))):
            self._hand_out(self._start(), left)
        while any(pile for _, pile in self._at_work.values()):
            busy = [link for link, (_, pile) in self._at_work.items() if pile]
            for link in wait(busy):
                assert isinstance(link, Connection)
                process, pile = self._at_work[link]
                assert pile is not None
                try:
                    student: Student = link.recv()
                except (EOFError, OSError):
                    del self._at_work[link]
                    process.join()
                    problem = f"The work has ended the process that grades it ({process.exitcode})."
                    student, link = Student(pile.name, {}, (problem,)), self._start()
                self._hand_out(link, left)
                yield student

    def _start(self) -> Connection:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=worker, args=(theirs, self._order))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside other threads
            process.start()
        theirs.close()
        self._at_work[ours] = (process, None)
        return ours  # type: ignore[no-any-return]

    def _hand_out(self, link: Connection, left: list[Pile]) -> None:
        process, _ = self._at_work[link]
        pile = left.pop() if left else None
        self._at_work[link] = (process, pile)
        if pile:
            link.send(pile)
