"""One call of the reader's function, and what happened in it."""

from __future__ import annotations

import copy
import inspect
import io
import linecache
import re
import traceback
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

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
    text: str = ""  # the result as Python writes it, cut short
    raised: Raised | None = None
    ended: str = ""  # how it ended, if neither by a result nor by an exception
    limit: float = 0.0  # seconds, if it ended because the time was up
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
    messages = dict.fromkeys(str(w.message) for w in caught)  # each once, in order
    return replace(outcome, printed=sink.getvalue(), warned=tuple(messages))


def perform(function: Callable[..., Any], args: Args) -> Outcome:
    """Call a function with copies of the arguments, and look at what comes back."""
    given = copy.deepcopy(args)
    ended = ""
    raised = None
    outcome = Outcome()
    with traced() as peak:
        try:
            with np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"):
                outcome = describe(function(*given))
        except Stopped:
            ended = "time"
        except BaseException as error:  # exits and interrupts are mistakes of the code, too
            raised = locate(error, function)
    changed = not all(map(unchanged, args, given))
    return replace(outcome, raised=raised, ended=ended, changed=changed, peak=peak())


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
    kind, value = type(result).__name__, None
    if isinstance(result, (np.ndarray, np.generic, bool, int, float, complex, list, tuple)):
        try:
            value = np.array(result)
        except (ValueError, TypeError, OverflowError):  # rows of several lengths, and the like
            value = None
    if value is not None and (value.dtype.kind not in "biufc" or value.size > LARGE):
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
        return f"<{type(thing).__name__}>"
    more = len(lines) > 1 or len(lines[0]) > WIDTH
    return lines[0][:WIDTH].rstrip() + (" ..." if more else "")


def locate(error: BaseException, function: Callable[..., Any]) -> Raised:
    """Return an exception with the last line of the reader's own code that it passed through."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    line, source = None, ""
    for frame, number in traceback.walk_tb(error.__traceback__):
        if code is not None and frame.f_code.co_filename == code.co_filename:
            line = number
            source = linecache.getline(code.co_filename, number, frame.f_globals).strip()
    kinds = tuple(c.__name__ for c in type(error).__mro__)
    if isinstance(error, RecursionError):  # where it stops depends on how deep it started
        return Raised(kinds, "maximum recursion depth exceeded", None, "")
    return Raised(kinds, brief(str, error), line, source)
