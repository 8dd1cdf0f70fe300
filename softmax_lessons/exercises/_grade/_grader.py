"""The grader's side: ask the student's process from outside, and judge what it answers."""

from __future__ import annotations

import inspect
import json
import os
import pickle
import secrets
import select
import shutil
import socket
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from softmax_lessons.exercises import _sandbox
from softmax_lessons.exercises._call import Outcome
from softmax_lessons.exercises._exercise import Args, Exercise
from softmax_lessons.exercises._failures import ending, raised_text
from softmax_lessons.exercises._grade import _jail, _student
from softmax_lessons.exercises._grade._student import Job
from softmax_lessons.exercises._grade._work import Attempt, Work
from softmax_lessons.exercises._judge import judge
from softmax_lessons.exercises._report import Report
from softmax_lessons.exercises._sandbox import Caller, Imports, Watch
from softmax_lessons.exercises._solution import Solution, no_function

CELLS = 10.0  # seconds of the processor for the cells that an exercise needs
LONGEST = 240.0  # seconds by the clock for all that one process does, whatever it claims to do
TRIES = 3  # attempts that are looked at, from the last on, until one is no stub
Held = list[str] | None  # what the system has held back; None, if the process did not say
KINDS = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.VAR_POSITIONAL,
    inspect.Parameter.KEYWORD_ONLY,
    inspect.Parameter.VAR_KEYWORD,
)
STRANGE = "It answers what no checker asks for."
MALFORMED = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError)


class Over(Exception):
    """The time is up."""


class Remote(Caller):
    """Calls a solution in a process of the student's."""

    def __init__(self, job: Job) -> None:
        self._left = _sandbox.BUDGET
        self._folder = Path(tempfile.mkdtemp(dir=job.folder))
        self._link, theirs = socket.socketpair()
        self._imports = Imports()
        self._until = time.monotonic() + LONGEST
        self._answers = b""
        job = replace(job, folder=self._folder)
        self._child = _jail.Child(_student.main, job, theirs, self._imports)
        theirs.close()
        self._link.setblocking(False)
        self.facts = self._first()

    def _first(self) -> dict[str, Any]:
        """Return what is to be known of the function, once the cells have run."""
        seconds = CELLS
        watch = Watch(self._child.processor, self._imports, seconds)
        try:
            facts = self._receive(watch)
            facts["outcome"] = _student.from_json(facts["outcome"])
            return facts
        except Over:
            return {"function": None, "outcome": self._stop(watch, whole=True)}
        except (OSError, EOFError):
            return {"function": None, "outcome": Outcome(ended=self._cause_of_death())}
        except MALFORMED:
            return {"function": None, "outcome": Outcome(ended=STRANGE)}

    def _call(self, args: Args, seconds: float) -> Outcome:
        watch = Watch(self._child.processor, self._imports, seconds)
        try:
            asked = pickle.dumps(args)
            self._send(len(asked).to_bytes(8, "big") + asked, watch)
            return watch.without_imports(_student.from_json(self._receive(watch)))
        except Over:
            return self._stop(watch)
        except (OSError, EOFError):
            return Outcome(ended=self._cause_of_death())
        except MALFORMED:
            return Outcome(ended=STRANGE)

    def _look(self, watch: Watch) -> None:
        """See whether it may go on."""
        if watch.is_over() or time.monotonic() > self._until:
            raise Over
        if self._child.is_dead() and not select.select([self._link], [], [], 0)[0]:
            raise EOFError

    def _send(self, data: bytes, watch: Watch) -> None:
        while data:
            if select.select([], [self._link], [], _sandbox.STEP)[1]:
                data = data[self._link.send(data) :]
            self._look(watch)

    def _receive(self, watch: Watch) -> dict[str, Any]:
        """Return an answer: one line, which may come in pieces, or never end."""
        while b"\n" not in self._answers[-(2**16) :]:
            if select.select([self._link], [], [], _sandbox.STEP)[0]:
                read = self._link.recv(2**16)
                if not read or len(self._answers) > _student.WIDEST:
                    raise EOFError
                self._answers += read
            else:
                self._look(watch)
            if time.monotonic() > self._until:
                raise Over
        line, _, self._answers = self._answers.partition(b"\n")
        try:
            answer: dict[str, Any] = json.loads(line)
        except RecursionError:
            raise ValueError("too deep") from None
        return answer

    def _stop(self, watch: Watch, *, whole: bool = False) -> Outcome:
        """Ask it to stop, so that it tells where it was; whether it answers or not, it is over."""
        self._child.ask()
        told = Outcome()
        grace = Watch(lambda: 0.0, Imports(), _sandbox.GRACE)
        self._until = time.monotonic() + _sandbox.GRACE
        try:
            answer = self._receive(grace)
            told = _student.from_json(answer["outcome"] if whole else answer)
        except (Over, OSError, EOFError, *MALFORMED):
            pass
        return watch.outcome(told.where, told)

    def _cause_of_death(self) -> str:
        until = time.monotonic() + _sandbox.PATIENCE
        while not self._child.is_dead() and time.monotonic() < until:
            time.sleep(0.002)
        return _sandbox.cause_of_death(self._child.end())

    def close(self) -> None:
        """End the process, and remove what it has written."""
        self._child.end()
        self._link.close()
        remove(self._folder)


def remove(folder: Path) -> None:
    """Remove a folder, however deep it is: what would be left takes the place of the next work.

    A path may be too long to be named, and each level costs who descends it a file and a frame. So
    folders are brought up, until none is deeper than one level.
    """
    with suppress(OSError):
        while inner := [entry.path for entry in os.scandir(folder) if is_folder(entry)]:
            for path in inner:
                os.chmod(path, 0o700)
                for entry in os.scandir(path):
                    if is_folder(entry):
                        os.chmod(entry.path, 0o700)  # to be moved, a folder must be writable
                        os.rename(entry.path, folder / secrets.token_hex(16))
                    else:
                        os.unlink(entry.path)
                os.rmdir(path)
    shutil.rmtree(folder, ignore_errors=True)


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Tell whether an entry of a folder is one, and no link to one."""
    return entry.is_dir(follow_symlinks=False)


def grade(work: Work, exercise: Exercise, folder: Path, own: Path | None) -> tuple[Report, Held]:
    """Return the report on an exercise of a work, and what the system has held back."""
    report = Report(exercise.name, "not yet", hint=nothing_there(work, exercise))
    held: Held = None
    for attempt in work.attempts(exercise.name)[:TRIES]:
        report, held = grade_attempt(attempt, exercise, folder, own)
        if report.verdict != "not yet":
            break
    return report, held


def nothing_there(work: Work, exercise: Exercise) -> str:
    """Return what to say where a work has nothing for an exercise."""
    if work.is_script:
        return f"The file defines no function `{exercise.name}`."
    return f'No cell has `exercises.check("{exercise.name}", ...)`.'


def grade_attempt(
    attempt: Attempt, exercise: Exercise, folder: Path, own: Path | None
) -> tuple[Report, Held]:
    """Run the cells of an attempt, and judge the function that they leave."""
    if attempt.error:
        mistake = "The code is not Python."
        hint = "Run the cell, and repair the line that the error names."
        return Report(exercise.name, "wrong", mistake, got=attempt.error, hint=hint), None
    memory = any(stage.memory is not None for stage in exercise.stages)
    job = Job(attempt, memory, folder, own)
    first = Remote(job)
    try:
        held = first.facts.get("held")
        held = None if held is None else [name for name in _jail.ALL if name in held]
        outcome: Outcome = first.facts["outcome"]
        known = first.facts["function"]
        if not isinstance(known, dict):
            return without_function(first.facts, exercise, outcome), held
        report = judge(exercise, solution(known, first, job))
    except MALFORMED:
        report, held = Report(exercise.name, "wrong", STRANGE), None
    finally:
        first.close()
    if not report and outcome.raised:
        note = f"A cell before it fails: {raised_text(outcome.raised)}"
        report = replace(report, notes=(*report.notes, note.replace("\n", " ")))
    return report, held


def without_function(facts: dict[str, Any], exercise: Exercise, outcome: Outcome) -> Report:
    """Return the report where the cells leave no function."""
    if "kind" in facts:
        return no_function(exercise, _student.text(facts["kind"]))
    if finding := ending(outcome):
        mistake = finding.mistake.replace("It ", "The code before the check ", 1)
        return Report(exercise.name, "wrong", mistake, got=finding.got, hint=finding.hint)
    got = raised_text(outcome.raised) if outcome.raised else ""
    hint = "Restart the kernel and run all cells: does the check still run?"
    return Report(exercise.name, "wrong", "The code before the check fails.", got=got, hint=hint)


def solution(known: dict[str, Any], first: Remote, job: Job) -> Solution:
    """Return what the judge asks of a solution that runs elsewhere."""
    waiting = [first]

    def start(_: bool) -> Caller:
        return waiting.pop() if waiting else Remote(job)

    ours = bool(known["uses_our_answer"])
    name = _student.text(known["name"])
    return Solution(
        name, signature(known["parameters"]), bool(known["is_empty"]), lambda _: ours, start
    )


class Shown:
    """A default of a parameter: nothing but what it looks like."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def signature(parameters: Any) -> inspect.Signature | None:
    """Return a signature from an answer."""
    if parameters is None:
        return None
    nothing = inspect.Parameter.empty
    return inspect.Signature(
        [
            inspect.Parameter(
                _student.text(name),
                KINDS[int(kind)],
                default=nothing if default is None else Shown(_student.text(default)),
            )
            for name, kind, default in parameters[:20]
        ]
    )
