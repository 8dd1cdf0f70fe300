"""One call of the reader's function, and what happened in it."""

from __future__ import annotations

import copy
import inspect
import io
import linecache
import re
import time
import traceback
import tracemalloc
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from types import CodeType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from softmax_lessons.language import _

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Args, Array

HEAD = 500  # characters kept of what a function prints
WIDTH = 160  # characters kept of an error's message, or of a result that is not numbers
LARGE = 10**5  # entries: no exercise asks for as many


class Raised(NamedTuple):
    """An exception of the reader's function."""

    kinds: tuple[str, ...]  # the name of its class, then those of the classes it derives from
    message: str
    line: int | None  # in the file or cell that holds the function
    source: str


@dataclass(frozen=True)
class Outcome:
    """What happened in one call."""

    kind: str = ""  # of the result: "array", "number", "list", "nothing", "...", or its class
    value: Array | None = None  # the result, if it consists of numbers
    shape: tuple[int, ...] | None = None  # of numbers that are too many to be sent
    text: str = ""  # the result as Python writes it, cut short
    raised: Raised | None = None
    ended: str = ""  # how it ended, if neither by a result nor by an exception
    where: str = ""  # the line that was running when the time was up
    limit: float = 0.0  # seconds, if it ended because the time was up
    seconds: float = 0.0  # of the processor, without imports
    changed: bool = False  # whether an argument is no longer what it was
    peak: int = 0  # bytes that Python and NumPy held at once, beside the arguments
    printed: str = ""
    warned: tuple[str, ...] = ()


class Stopped(BaseException):
    """The time is up. No ``except Exception`` in the reader's code can catch this."""


class Head(io.StringIO):
    """Keeps the beginning of what is written, because a loop may print for ever."""

    def write(self, text: str) -> int:
        """Keep what still fits of the text."""
        super().write(text[: HEAD - self.tell()])
        return len(text)

    def close(self) -> None:
        """Stay open: the function may close ``sys.stdout``."""


def record(work: Callable[[], Outcome]) -> Outcome:
    """Do some work; return its outcome with what was printed, and the warnings."""
    sink = Head()
    with (
        warnings.catch_warnings(record=True) as caught,
        redirect_stdout(sink),
        redirect_stderr(sink),
    ):
        warnings.simplefilter("always")
        outcome = work()
    messages = dict.fromkeys(brief(str, w.message) for w in caught)  # each once, in order
    return replace(outcome, printed=sink.getvalue(), warned=tuple(messages))


def perform(function: Callable[..., Any], args: Args, *, memory: bool = True) -> Outcome:
    """Call a function with copies of the arguments, and look at what comes back.

    To follow its memory takes time, several times that of loops in Python.
    """
    given = copy.deepcopy(args)
    ended = where = ""
    raised = None
    outcome = Outcome()
    started = time.process_time()
    with traced() if memory else nullcontext(lambda: 0) as peak:
        try:
            with np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"):
                outcome = describe(function(*given))
        except Stopped as stop:
            ended, where = "time", place(*locate(stop, function)[2:])
        except BaseException as error:  # exits and interrupts are mistakes of the code, too
            raised = locate(error, function)
    return replace(
        outcome,
        raised=raised,
        ended=ended,
        where=where,
        changed=not all(map(unchanged, args, given)),
        peak=peak(),
        seconds=time.process_time() - started,
    )


@contextmanager
def traced() -> Iterator[Callable[[], int]]:
    """Follow the memory that Python and NumPy hold; give a function that returns the peak."""
    was_on = tracemalloc.is_tracing()  # the notebook may be looking at its own memory
    if was_on:
        tracemalloc.reset_peak()
    else:
        tracemalloc.start()
    before, peak = tracemalloc.get_traced_memory()[0], 0
    try:
        yield lambda: peak
    finally:
        peak = tracemalloc.get_traced_memory()[1] - before
        if not was_on:
            tracemalloc.stop()


def unchanged(before: Any, after: Any) -> bool:
    """Tell whether an argument is still what it was; NaN equals NaN."""
    if isinstance(before, np.ndarray):
        return bool(before.shape == after.shape and before.tobytes() == after.tobytes())
    return bool(before == after)


def describe(result: Any) -> Outcome:
    """Return what kind of thing a function returned, and its numbers if it has any."""
    if result is None:
        return Outcome(kind="nothing")
    if result is Ellipsis or result is NotImplemented:
        return Outcome(kind="...")
    kind, value = class_name(result), None
    if isinstance(result, (np.ndarray, np.generic, bool, int, float, complex, list, tuple)):
        try:
            value = np.array(result)
        except (ValueError, TypeError, OverflowError):  # rows of several lengths, and the like
            value = None
    if value is not None and value.dtype.kind in "biufc" and value.size > LARGE:
        return Outcome(
            kind=kind, shape=value.shape, text=_("numbers of shape {shape}", shape=value.shape)
        )
    if value is not None and value.dtype.kind not in "biufc":
        kind = kind.replace("ndarray", "array")
        kind, value = f"{kind} of shape {value.shape} and dtype {value.dtype}", None
    elif value is not None and not isinstance(result, (list, tuple)):
        kind = "array" if value.ndim else "number"
    return Outcome(kind=kind, value=value, text=brief(repr, result) if value is None else "")


def brief(write: Callable[[Any], str], thing: Any) -> str:
    """Return the first line of ``write(thing)``, cut short, without the addresses of objects."""
    try:
        lines = re.sub(r" at 0x[0-9a-fA-F]+", "", write(thing)).splitlines() or [""]
    except Exception:  # a class of the reader's own may fail at that too
        return f"<{class_name(thing)}>"
    more = len(lines) > 1 or len(lines[0]) > WIDTH
    return lines[0][:WIDTH].rstrip() + (" ..." if more else "")


def class_name(thing: Any) -> str:
    """Return the name of the class of something, whatever that class makes of ``__name__``."""
    name: str = vars(type)["__name__"].__get__(type(thing))
    return name


def code_of(function: Callable[..., Any]) -> CodeType | None:
    """Return the code of a function that is written in Python, whatever else can be called."""
    try:
        code = inspect.unwrap(function).__code__
    except Exception:  # an object of the reader's own may raise anything here
        return None
    return code if isinstance(code, CodeType) else None


def locate(error: BaseException, function: Callable[..., Any]) -> Raised:
    """Return an exception with the last line of the reader's own code that it passed through."""
    inwards = traceback.walk_tb(error.__traceback__)
    frames = [(frame.f_code.co_filename, number) for frame, number in inwards][::-1]
    kinds = tuple(c.__name__ for c in type(error).__mro__)
    if isinstance(error, RecursionError):  # where it stops depends on how deep it started
        return Raised(kinds, "maximum recursion depth exceeded", None, "")
    return Raised(kinds, brief(str, error), *line_of(function, frames))


def line_of(
    function: Callable[..., Any], frames: Iterable[tuple[str, int]]
) -> tuple[int | None, str]:
    """Return the number and the text of the innermost line that is in the function's file."""
    code = code_of(function)
    for name, number in frames:
        if code is not None and name == code.co_filename:
            return number, linecache.getline(name, number).strip()
    return None, ""


def place(line: int | None, source: str) -> str:
    """Return what to say of a line of the reader's code."""
    if line is None:
        return ""
    return _("in line {line}: {source}", line=line, source=source).removesuffix(": ")
