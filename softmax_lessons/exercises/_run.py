"""Call the reader's function where it can do no harm, and tell what happened.

On Linux, and so on Binder, the calls happen in a fork of this process. A fork has everything that
the notebook has: functions, globals, imports. Nothing has to be pickled but numbers. Whatever the
function does there, exit, crash, eat memory, loop in Python or inside a C function, dies with the
fork, and the notebook goes on. A signal asks the fork to stop, so that what it printed comes back;
if it does not answer, it is killed.

Elsewhere a fork is missing (Windows) or not safe once system libraries have started threads
(macOS), and a spawned process would know nothing of functions written in a notebook. There the
calls happen in a thread. An exception set from outside ends a loop in Python. What a thread cannot
do: end a C function (it is left behind, and reported, if it lets other threads run), limit memory,
or hold back a crash or an exit of the whole process. ``signal.alarm`` would do no better: it works
in the main thread alone, is missing on Windows, and waits for C functions too.
"""

from __future__ import annotations

import builtins
import copy
import ctypes
import faulthandler
import inspect
import io
import linecache
import multiprocessing
import os
import random
import re
import signal
import sys
import threading
import time
import traceback
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import numpy as np

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from numpy.typing import NDArray

    Args = tuple[Any, ...]

BUDGET = 20.0  # seconds for all calls of a check
PATIENCE = 5.0  # seconds for one call; a right solution needs less than a thousandth of that
MEMORY = 2**29  # bytes that a fork may ask for on top of what the notebook has
CPU = 120  # seconds: a fork whose notebook was killed does not run on for ever
HEAD = 500  # characters kept of what a function prints
WIDTH = 160  # characters kept of an error's message, or of a result that is no numbers
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
    value: NDArray[Any] | None = None  # the result, if it consists of numbers
    text: str = ""  # the result as Python writes it, cut short
    raised: Raised | None = None
    ended: str = ""  # how it ended, if neither by a result nor by an exception
    changed: bool = False  # whether an argument is no longer what it was
    printed: str = ""
    warned: tuple[str, ...] = ()


class Stopped(BaseException):
    """The time is up. No ``except Exception`` of the reader's shall catch this."""


# --- one call ---------------------------------------------------------------------------------


class Head(io.StringIO):
    """Keeps the beginning of what is written: a loop may print for ever."""

    def write(self, text: str) -> int:
        """Write as much of the text as there is room for."""
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
    told = dict.fromkeys(str(w.message) for w in caught)  # each once, in their order
    return replace(outcome, printed=sink.getvalue(), warned=tuple(told))


def perform(function: Callable[..., Any], args: Args) -> Outcome:
    """Call a function with copies of the arguments, and look at what comes back."""
    given = copy.deepcopy(args)
    ended = ""
    raised = None
    seen = Outcome()
    try:
        with np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"):
            seen = describe(function(*given))
    except Stopped:
        ended = "time"
    except BaseException as error:  # exits and interrupts too: they are the reader's mistakes
        raised = where(error, function)
    changed = not all(map(unchanged, args, given))
    return replace(seen, raised=raised, ended=ended, changed=changed)


def unchanged(before: Any, after: Any) -> bool:
    """Tell whether an argument is what it was; arrays are equal with their NaNs."""
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


def where(error: BaseException, function: Callable[..., Any]) -> Raised:
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


class Caller(ABC):
    """Calls a function again and again, as long as there is time."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._left = BUDGET

    def __call__(self, *args: Any) -> Outcome:
        """Return the outcome of one call. After one that ended badly there is no next."""
        seconds = max(0.0, min(PATIENCE, self._left))
        started = time.monotonic()
        outcome = self._call(args, seconds)
        self._left -= time.monotonic() - started
        if outcome.ended == "time" and seconds < PATIENCE:  # the calls before took the rest
            return replace(outcome, ended="slow")
        return outcome

    @abstractmethod
    def _call(self, args: Args, seconds: float) -> Outcome:
        """Return the outcome of one call that may take so many seconds."""

    def close(self) -> None:  # noqa: B027, a thread has nothing to close
        """End what was started."""


# --- in a fork --------------------------------------------------------------------------------


class InFork(Caller):
    """Calls the function in a fork of this process, which lives until ``close``."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        context = multiprocessing.get_context("fork")
        self._link, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(function, theirs, self._link))
        with warnings.catch_warnings():  # Python 3.12 warns of forks beside other threads. Those
            warnings.simplefilter("ignore", DeprecationWarning)  # are not needed in this one.
            self._process.start()
        theirs.close()

    def _call(self, args: Args, seconds: float) -> Outcome:
        try:
            self._link.send(args)
            if self._link.poll(seconds):
                return self._receive()
        except (EOFError, OSError):
            return Outcome(ended=self._last_words())
        self._process.terminate()
        try:
            if self._link.poll(0.5):
                return replace(self._receive(), ended="time")
        except (EOFError, OSError):
            pass
        return Outcome(ended="time")

    def _receive(self) -> Outcome:
        outcome: Outcome = self._link.recv()
        return outcome

    def _last_words(self) -> str:
        self._process.join(1)
        code = self._process.exitcode or 0
        if code >= 0:
            return f"ended the whole Python process, with exit code {code}"
        return f"crashed the whole Python process ({signal.Signals(-code).name})"

    def close(self) -> None:
        """End the process."""
        self._link.close()
        self._process.kill()
        self._process.join()


def serve(function: Callable[..., Any], link: Connection, theirs: Connection) -> None:
    """Perform calls, in a fork, until the other side hangs up."""
    import resource

    theirs.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is for the notebook
    signal.signal(signal.SIGTERM, stop)
    faulthandler.disable()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):  # what a dying C library writes helps nobody
        os.dup2(nowhere, descriptor)
    builtins.input = refuse_input
    if "IPython" in sys.modules and (shell := sys.modules["IPython"].get_ipython()):
        shell.display_pub.publish = print_display  # the notebook does not listen to forks
    if "torch" in sys.modules:  # its threads are not in the fork, and it would wait for them
        sys.modules["torch"].set_num_threads(1)
    random.seed(0)  # so that a random result is the same on every run of the notebook
    np.random.seed(0)  # noqa: NPY002, the generator that the reader's np.random uses
    with open("/proc/self/statm") as sizes:
        used = int(sizes.read().split()[5]) * resource.getpagesize()  # data and stack
    lower(resource.RLIMIT_DATA, used + MEMORY)
    lower(resource.RLIMIT_CPU, CPU)
    while True:
        try:
            args = link.recv()
        except EOFError:
            return
        link.send(record(partial(perform, function, args)))


def stop(*_: object) -> NoReturn:
    """Answer the signal that asks to stop."""
    raise Stopped


def print_display(data: dict[str, Any], *_: object, **__: object) -> None:
    """Stand for what shows an object in a notebook."""
    print(data.get("text/plain", ""))


def refuse_input(prompt: object = "") -> NoReturn:
    """Stand for ``input``: its question would never be seen."""
    raise EOFError("input() is not answered here: take everything from the arguments")


def lower(limit: int, value: int) -> None:
    """Lower a limit of this process, if it is not lower already."""
    import resource

    soft, hard = resource.getrlimit(limit)
    known = [v for v in (value, soft, hard) if v != resource.RLIM_INFINITY]
    resource.setrlimit(limit, (min(known), hard))


# --- in a thread ------------------------------------------------------------------------------


class InThread(Caller):
    """Calls the function in a thread, for systems where a fork is missing or not safe."""

    def _call(self, args: Args, seconds: float) -> Outcome:
        return record(partial(self._wait, args, seconds))

    def _wait(self, args: Args, seconds: float) -> Outcome:
        box: list[Outcome] = []
        thread = threading.Thread(
            target=lambda: box.append(perform(self._function, args)), daemon=True
        )
        thread.start()
        thread.join(seconds)
        for _ in range(10):  # a bare `except` in the loop may catch the first ones
            if thread.is_alive():
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(thread.ident or 0), ctypes.py_object(Stopped)
                )
                thread.join(0.05)
        return box[0] if box else Outcome(ended="stuck" if thread.is_alive() else "time")


Runner = InFork if sys.platform == "linux" else InThread
