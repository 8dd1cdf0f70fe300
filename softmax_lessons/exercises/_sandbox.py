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

In the page of a browser there is neither a fork nor a thread. There the interpreter itself looks at
the clock, and the page can end all of it.
"""

from __future__ import annotations

import builtins
import ctypes
import faulthandler
import multiprocessing
import os
import random
import signal
import sys
import threading
import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from types import CodeType
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from softmax_lessons.exercises._call import Outcome, Stopped, perform, record

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from softmax_lessons.exercises._exercise import Args

CELL = "<cell "  # how the page calls the file that the reader's code is in
BUDGET = 20.0  # seconds for all calls of a check
START = 60.0  # seconds for a fork to start in; they count towards no call
PATIENCE = 5.0  # seconds for one call; a right solution needs less than a thousandth of that
GRACE = 0.5  # seconds to stop in, after a call took too long
MEMORY = 2**29  # bytes that a fork may ask for on top of what the notebook has
CPU = 120  # seconds: a fork whose notebook was killed does not run on for ever


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
        if outcome.ended == "time" and seconds < PATIENCE:  # earlier calls took the rest
            return replace(outcome, ended="slow", limit=BUDGET)
        return replace(outcome, limit=seconds) if outcome.ended in ("time", "stuck") else outcome

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
        with warnings.catch_warnings():
            # Python 3.12 warns of forks beside other threads. This fork needs none of them.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._process.start()
        theirs.close()
        self._ready = False
        with suppress(EOFError):
            self._ready = self._link.poll(START) and self._link.recv()

    def _call(self, args: Args, seconds: float) -> Outcome:
        if not self._ready:
            return Outcome(ended="time")
        try:
            self._link.send(args)
            if self._link.poll(seconds):
                return self._receive()
        except (EOFError, OSError):
            return Outcome(ended=self._cause_of_death())
        self._process.terminate()
        try:
            if self._link.poll(GRACE):
                return replace(self._receive(), ended="time")
        except (EOFError, OSError):
            pass
        return Outcome(ended="time")

    def _receive(self) -> Outcome:
        outcome: Outcome = self._link.recv()
        return outcome

    def _cause_of_death(self) -> str:
        self._process.join(PATIENCE)
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
    random.seed(0)  # so that a random result is the same whenever the notebook runs
    np.random.seed(0)  # noqa: NPY002, the generator that the reader's np.random uses
    with open("/proc/self/statm") as sizes:
        used = int(sizes.read().split()[5]) * resource.getpagesize()  # data and stack
    lower(resource.RLIMIT_DATA, used + MEMORY)
    lower(resource.RLIMIT_CPU, CPU)
    link.send(True)  # ready
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
    """Replace what shows an object in a notebook."""
    print(data.get("text/plain", ""))


def refuse_input(prompt: object = "") -> NoReturn:
    """Replace ``input``, whose question nobody would see."""
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


# --- in the page of a browser --------------------------------------------------------------------


class InPage(Caller):
    """Calls the function directly: a page has neither forks nor threads.

    The interpreter is asked to look at the clock whenever a loop of the reader's begins anew, or
    one of the reader's functions is called. What this does not end, such as a long sum inside a C
    function, the reader ends with the page's button.
    """

    def _call(self, args: Args, seconds: float) -> Outcome:
        watch: Any = vars(sys)["monitoring"]  # from Python 3.12 on, and a page has 3.14
        tool, events = watch.DEBUGGER_ID, watch.events
        end = time.monotonic() + seconds

        def look(code: CodeType, *_: object) -> None:
            if code.co_filename.startswith(CELL) and time.monotonic() > end:
                raise Stopped

        watch.use_tool_id(tool, __name__)
        watch.register_callback(tool, events.JUMP, look)
        watch.register_callback(tool, events.PY_START, look)
        watch.set_events(tool, events.JUMP | events.PY_START)
        try:
            return record(partial(perform, self._function, args))
        except Stopped:
            return Outcome(ended="time")
        finally:
            watch.set_events(tool, 0)
            watch.free_tool_id(tool)


def runner() -> type[Caller]:
    """Return the safest way to call that this system has."""
    if sys.platform == "emscripten":
        return InPage
    return InFork if sys.platform == "linux" else InThread


Runner = runner()


def start(function: Callable[..., Any]) -> Caller:
    """Return what calls a function in the safest way that this system has."""
    return Runner(function)
