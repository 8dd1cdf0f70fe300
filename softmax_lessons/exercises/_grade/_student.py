"""The student's side: run the cells in a process that nobody trusts, then call the solution.

What comes back is text, one line of JSON for each answer, and never a pickle: to read it does
nothing but read it.
"""

from __future__ import annotations

import base64
import builtins
import inspect
import json
import linecache
import pickle
import random
import signal
import socket
import sys
import traceback
import types
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from softmax_lessons import exercises
from softmax_lessons.exercises._call import (
    Outcome,
    Raised,
    Stopped,
    brief,
    class_name,
    perform,
    place,
    record,
)
from softmax_lessons.exercises._grade import _jail
from softmax_lessons.exercises._grade._work import Attempt, Piece
from softmax_lessons.exercises._registry import find
from softmax_lessons.exercises._report import Report
from softmax_lessons.exercises._sandbox import (
    Imports,
    InThread,
    refuse_input,
    stop,
)
from softmax_lessons.exercises._solution import of_function

LONGEST = 2000  # characters of any text that is read
WIDEST = 8 * 2**20  # bytes of an answer


@dataclass(frozen=True)
class Job:
    """What a process has to do."""

    attempt: Attempt
    memory: bool  # whether to follow the memory of calls
    folder: Path  # in which it works
    own: Path | None  # the student's folder, whose other files it finds there


def main(job: Job, link: socket.socket, imports: Imports | None) -> None:
    """Run the cells, say what there is, then answer calls until nobody asks."""
    held = _jail.lock(job.folder, job.own)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is for the grader
    if hasattr(signal, "SIGUSR1"):
        signal.signal(signal.SIGTERM, stop)
    builtins.input = refuse_input
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002, the generator that the student's np.random uses
    stream = link.makefile("rwb")
    with imports.timed() if imports else nullcontext():
        facts, function = prepare(job.attempt)
        send(stream, {**facts, "held": held})
        if function is None:
            return
        call = caller(function, job.memory)
        while (size := stream.read(8)) and len(size) == 8:
            args = pickle.loads(stream.read(int.from_bytes(size, "big")))
            send(stream, to_json(call(*args)))


def caller(function: Callable[..., Any], memory: bool) -> Callable[..., Outcome]:
    """Return what calls the function, with a limit of its own where the grader has none."""
    if sys.platform == "linux" and not _jail.SPAWNS:
        return lambda *args: record(partial(perform, function, args, memory=memory))
    return InThread(function, memory=memory)


def send(stream: Any, answer: dict[str, Any]) -> None:
    """Send an answer."""
    stream.write(json.dumps(answer).encode() + b"\n")
    stream.flush()


# --- run the cells ---------------------------------------------------------------------------


def prepare(attempt: Attempt) -> tuple[dict[str, Any], Any]:
    """Run the code of an attempt; return what is to be known of its function, and the function."""
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    box: list[Any] = []
    vars(exercises)["check"] = pass_all
    outcome = record(partial(run, attempt, module, box))
    facts: dict[str, Any] = {"outcome": to_json(outcome), "function": None}
    if not box:
        return facts, None
    function = box[0]
    if not callable(function):
        return {**facts, "kind": brief(str, class_name(function))}, None
    known = of_function(function)
    exercise = find(attempt.exercise)
    facts["function"] = {
        "name": known.name,
        "parameters": known.signature and parameters(known.signature),
        "is_empty": known.is_empty,
        "uses_our_answer": bool(exercise and known.uses_our_answer(exercise)),
    }
    return facts, function


def pass_all(name: Any, function: Any) -> Report:
    """Replace ``check`` where cells call it: the grader checks."""
    return Report(str(name), "right")


def run(attempt: Attempt, module: types.ModuleType, box: list[Any]) -> Outcome:
    """Run the pieces, each up to its first error, then look for the function."""
    first: Raised | None = None
    try:
        for piece in attempt.pieces:
            try:
                run_piece(piece, vars(module))
            except Stopped:
                raise
            except BaseException as error:
                first = first or raised_in(error, piece.file)
        try:
            box.append(eval(attempt.function, vars(module)))
        except Stopped:
            raise
        except BaseException as error:
            first = first or raised_in(error, "")
    except Stopped as error:
        raised = raised_in(error, *(piece.file for piece in attempt.pieces))
        return Outcome(ended="time", where=place(*raised[2:]))
    return Outcome(raised=first)


def run_piece(piece: Piece, names: dict[str, Any]) -> None:
    """Run a cell, or a statement of a script."""
    if piece.file not in linecache.cache:
        lines = piece.text.splitlines(keepends=True)
        linecache.cache[piece.file] = (len(piece.text), None, lines, piece.file)
    code = compile("\n" * (piece.line - 1) + piece.code, piece.file, "exec")
    exec(code, names)


def raised_in(error: BaseException, *files: str) -> Raised:
    """Return an exception with the last line of the work that it passed through."""
    kinds = tuple(c.__name__ for c in type(error).__mro__)
    line, source = None, ""
    for frame, number in traceback.walk_tb(error.__traceback__):
        name = frame.f_code.co_filename
        if name in files:
            line, source = number, linecache.getline(name, number).strip()
    return Raised(kinds, brief(str, error), line, source)


# --- as text -----------------------------------------------------------------------------------


def parameters(signature: inspect.Signature) -> list[Any]:
    """Return a signature as text: the name, the kind and the default of each parameter."""
    return [
        [one.name, int(one.kind), None if one.default is one.empty else brief(repr, one.default)]
        for one in signature.parameters.values()
    ]


def to_json(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as JSON can hold it."""
    value = outcome.value
    answer = {**asdict(outcome), "value": None}
    if value is not None:
        data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
        answer["value"] = [value.dtype.str, value.shape, data]
    return answer


def from_json(answer: Any) -> Outcome:
    """Return an outcome from an answer, whoever has sent it.

    Raises
    ------
    ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError
        If the answer is none.
    """
    raised = answer["raised"]
    return Outcome(
        kind=text(answer["kind"]),
        value=None if answer["value"] is None else array(*answer["value"]),
        shape=None if answer["shape"] is None else tuple(map(int, answer["shape"][:8])),
        text=text(answer["text"]),
        raised=None if raised is None else raised_from(*raised),
        ended=text(answer["ended"]),
        where=text(answer["where"]),
        limit=float(answer["limit"]),
        seconds=min(max(float(answer["seconds"]), 0.0), 1e6),
        changed=bool(answer["changed"]),
        peak=int(answer["peak"]),
        printed=text(answer["printed"]),
        warned=tuple(map(text, answer["warned"][:20])),
    )


def raised_from(kinds: list[Any], message: Any, line: Any, source: Any) -> Raised:
    """Return an exception from an answer."""
    names = tuple(map(text, kinds[:20])) or ("Exception",)
    return Raised(names, text(message), None if line is None else int(line), text(source))


def array(dtype: str, shape: list[int], data: str) -> np.ndarray[Any, Any]:
    """Return numbers from an answer."""
    kind = np.dtype(text(dtype))
    if kind.kind not in "biufc":
        raise ValueError(f"no numbers: {kind}")
    return np.frombuffer(base64.b64decode(data), kind).reshape(shape[:32]).copy()


def text(value: Any) -> str:
    """Return the beginning of a text."""
    return str(value)[:LONGEST]
