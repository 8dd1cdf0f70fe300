"""Call the reader's function where it can do no harm, and tell what happened.

On Linux, and so on Binder, the calls happen in a fork of this process. A fork has everything that
the notebook has: functions, globals, imports. Nothing has to be pickled but numbers. Whatever the
function does there, exit, crash, eat memory, loop in Python or inside a C function, dies with the
fork, and the notebook goes on. A signal asks the fork to stop, so that what it printed comes back;
if it does not answer, it is killed, and so is all that it started.

Time is that of the processor, and imports take none: so a busy machine changes no verdict. A
function that waits uses no processor, so there is a limit of time by the clock too, some times as
long. One thread calculates: more of them would only wait for each other there.

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
import re
import signal
import sys
import threading
import time
import traceback
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from softmax_lessons.exercises._call import Outcome, Stopped, line_of, perform, place, record
from softmax_lessons.language import _

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from softmax_lessons.exercises._exercise import Args

CELL = "<cell "  # how the page calls the file that the reader's code is in
BUDGET = 20.0  # seconds of the processor for all calls of a check
START = 60.0  # seconds for a fork to start in, or for an import; they count towards no call
PATIENCE = 5.0  # seconds of the processor for one call; a right solution needs a thousandth of that
SLACK = 6.0  # seconds by the clock for each of these: more than busy machines take, in most cases
STEP = 0.02  # seconds between two looks at the clocks
GRACE = 0.5  # seconds to stop in, after a call took too long
MEMORY = 2**29  # bytes that a fork may ask for on top of what the notebook has
CPU = 120  # seconds: a fork whose notebook was killed does not run on for ever
NO_GRADIENTS = "fork-based multiprocessing"  # PyTorch says so where there is a GPU
THREADS = ("OMP", "OPENBLAS", "MKL")  # libraries that read NAME_NUM_THREADS when they are loaded


class Caller(ABC):
    """Calls a function again and again, as long as there is time."""

    def __init__(self, function: Callable[..., Any], *, memory: bool = False) -> None:
        self._function = function
        self._perform = partial(perform, function, memory=memory)
        self._left = BUDGET

    def __call__(self, *args: Any) -> Outcome:
        """Return the outcome of one call. After one that ended badly there is no next."""
        seconds = min(PATIENCE, self._left)
        outcome = self._call(args, seconds) if seconds > 0 else Outcome(ended="time")
        self._left -= outcome.seconds
        if outcome.ended == "time" and seconds < PATIENCE:  # earlier calls took the rest
            return replace(outcome, ended="slow", limit=BUDGET)
        return outcome

    @abstractmethod
    def _call(self, args: Args, seconds: float) -> Outcome:
        """Return the outcome of one call that may take so many seconds."""

    def close(self) -> None:  # noqa: B027, a thread has nothing to close
        """End what was started."""


class Imports:
    """Takes the time of imports, in memory that a fork shares with its parent."""

    def __init__(self) -> None:
        import mmap

        # Since when an import goes on; what all of them took by the clock, and of the processor.
        self._shared = np.frombuffer(mmap.mmap(-1, 3 * 8))
        self._import = builtins.__import__
        self._place = (0, 0)

    @property
    def since(self) -> float:
        """When the import that goes on began, or 0."""
        return float(self._shared[0])

    @property
    def took(self) -> tuple[float, float]:
        """The seconds that imports took, by the clock and of the processor."""
        return float(self._shared[1]), float(self._shared[2])

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Take the time of the imports of this thread."""
        self._import, self._place = builtins.__import__, here()
        builtins.__import__ = self._timed
        try:
            yield
        finally:
            builtins.__import__ = self._import

    def _timed(self, name: str, *args: Any, **kwargs: Any) -> Any:
        if name in sys.modules or self.since or here() != self._place:
            return self._import(name, *args, **kwargs)
        began, used = time.monotonic(), time.process_time()
        self._shared[0] = began
        try:
            return self._import(name, *args, **kwargs)
        finally:
            self._shared[1:] += time.monotonic() - began, time.process_time() - used
            self._shared[0] = 0


def here() -> tuple[int, int]:
    """Return the process and the thread that this runs in."""
    return os.getpid(), threading.get_ident()


class Watch:
    """Tells whether a call has had its time."""

    def __init__(self, processor: Callable[[], float], imports: Imports, seconds: float) -> None:
        self._processor, self._imports, self._seconds = processor, imports, seconds
        self._began = self._clocks()
        self._imported = imports.took[1]
        self._used = 0.0

    def _clocks(self) -> tuple[float, float]:
        clock, processor = self._imports.took
        return time.monotonic() - clock, self._processor() - processor

    def is_over(self) -> bool:
        """Look at the clocks."""
        if since := self._imports.since:
            return time.monotonic() - since > START
        clock, self._used = np.subtract(self._clocks(), self._began).tolist()
        return self._used > self._seconds or clock > SLACK * self._seconds

    def without_imports(self, outcome: Outcome) -> Outcome:
        """Return the outcome of a call without the time of its imports."""
        imported = self._imports.took[1] - self._imported
        return replace(outcome, seconds=outcome.seconds - imported)

    def outcome(self, where: str, told: Outcome, *, stuck: bool = False) -> Outcome:
        """Return the outcome of a call that is over, with the limit that it has reached."""
        waits = self._used < self._seconds / 4
        ended = "stuck" if stuck else "waits" if waits else "time"
        limit = SLACK * self._seconds if waits else self._seconds
        return replace(told, ended=ended, where=where, limit=limit, seconds=self._seconds)


# --- in a fork --------------------------------------------------------------------------------


class InFork(Caller):
    """Calls the function in a fork of this process, which lives until ``close``."""

    def __init__(self, function: Callable[..., Any], *, memory: bool = False) -> None:
        super().__init__(function, memory=memory)
        self._beside = InThread(function, memory=memory)
        context = multiprocessing.get_context("fork")
        self._link, theirs = context.Pipe()
        self._lines, lines = os.pipe()
        self._imports = Imports()
        self._process = context.Process(
            target=serve, args=(self._perform, theirs, self._link, self._imports, lines)
        )
        with warnings.catch_warnings():
            # Python 3.12 warns of forks beside other threads. This fork needs none of them.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._process.start()
        theirs.close()
        os.close(lines)
        self._ready = False
        with suppress(EOFError):
            self._ready = self._link.poll(START) and self._link.recv()

    def _call(self, args: Args, seconds: float) -> Outcome:
        if not self._ready:
            return Outcome(ended="time")
        watch = Watch(self._processor, self._imports, seconds)
        try:
            self._link.send(args)
            while not self._link.poll(STEP):
                if watch.is_over():
                    return self._stop(watch)
                if self._is_dead():
                    raise EOFError
            outcome = watch.without_imports(self._receive())
        except (EOFError, OSError):
            return Outcome(ended=self._cause_of_death())
        if outcome.raised and NO_GRADIENTS in outcome.raised.message:
            return self._beside._call(args, seconds)
        return outcome

    def _receive(self) -> Outcome:
        outcome: Outcome = self._link.recv()
        return outcome

    def _processor(self) -> float:
        """Return how many seconds of the processor the fork has had."""
        with suppress(OSError):  # it has ended
            return time.clock_gettime((~self.pid << 3) | 2)  # as clock_getcpuclockid numbers it
        return 0.0

    @property
    def pid(self) -> int:
        """The number of the fork."""
        return self._process.pid or 0

    def _is_dead(self) -> bool:
        """Tell whether the fork has ended, though one that it started may hold the link."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _stop(self, watch: Watch) -> Outcome:
        """Ask where the fork is, then ask it to stop; return what it has printed until then."""
        for sign in (signal.SIGUSR1, signal.SIGTERM):
            signal_main_thread(self.pid, sign)
        told = Outcome()
        with suppress(EOFError, OSError):
            if self._link.poll(GRACE):
                told = self._receive()
        where = place(*line_of(self._function, self._frames())) or told.where
        return watch.outcome(where, told)

    def _frames(self) -> list[tuple[str, int]]:
        """Return files and lines of the calls that were going on in the fork, the last first."""
        os.set_blocking(self._lines, False)
        with suppress(OSError):  # nothing was written
            text = os.read(self._lines, 2**16).decode(errors="replace")
            return [(file, int(line)) for file, line in FRAME.findall(text)]
        return []

    def _cause_of_death(self) -> str:
        self._process.join(PATIENCE)
        return cause_of_death(self._process.exitcode or 0)

    def close(self) -> None:
        """End the process, and all that it started."""
        end(self.pid)  # before the link: a fork that loses it ends, and is no parent any more
        self._link.close()
        os.close(self._lines)
        self._process.join()


def cause_of_death(code: int) -> str:
    """Say how a process ended that ran a solution, by its exit code."""
    if code >= 0:
        return _("It ended the whole Python process, with exit code {code}.", code=code)
    name = signal.Signals(-code).name
    return _("It crashed the whole Python process ({name}).", name=name)


FRAME = re.compile(r'^  File "(.*)", line (\d+) in ', re.MULTILINE)


def signal_main_thread(pid: int, sign: signal.Signals) -> None:
    """Send a signal to the thread that runs Python, not to one of linear algebra beside it."""
    try:
        ctypes.CDLL(None).tgkill(pid, pid, int(sign))
    except AttributeError:  # a C library without it
        os.kill(pid, sign)


def end(pid: int) -> None:
    """End a process, its group, and all that it started."""
    stopped: set[int] = set()
    while found := {pid, *descendants(pid)} - stopped:
        send(signal.SIGSTOP, found)  # what is stopped starts nothing more
        until = time.monotonic() + GRACE
        while any(map(is_running, found)) and time.monotonic() < until:
            time.sleep(0.001)
        stopped |= found
    send(signal.SIGKILL, stopped)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def send(sign: signal.Signals, pids: set[int]) -> None:
    """Send a signal to processes, as far as they are there."""
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, sign)


def is_running(pid: int) -> bool:
    """Tell whether a process has neither stopped nor ended."""
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "TtZX"
    return False


def descendants(pid: int) -> Iterator[int]:
    """Find what a process has started, as far as the system lists it."""
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, listed.read_text().split()):
                yield child
                yield from descendants(child)


def serve(
    perform: Callable[[Args], Outcome],
    link: Connection,
    theirs: Connection,
    imports: Imports,
    lines: int,
) -> None:
    """Perform calls, in a fork, until the other side hangs up."""
    import resource

    theirs.close()
    os.setpgid(0, 0)  # a group that can be ended as a whole
    adopt_and_follow()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is for the notebook
    signal.signal(signal.SIGTERM, stop)
    os.register_at_fork(
        before=partial(signal.pthread_sigmask, signal.SIG_BLOCK, [signal.SIGTERM]),
        after_in_parent=partial(signal.pthread_sigmask, signal.SIG_UNBLOCK, [signal.SIGTERM]),
        after_in_child=partial(leave, link),
    )
    faulthandler.disable()
    faulthandler.register(signal.SIGUSR1, file=lines, all_threads=False)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):  # what a dying C library writes helps nobody
        os.dup2(nowhere, descriptor)
    builtins.input = refuse_input
    if (ipython := sys.modules.get("IPython")) and (shell := ipython.get_ipython()):
        shell.display_pub.publish = print_display  # the notebook does not listen to forks
    use_one_thread()
    random.seed(0)  # so that a random result is the same whenever the notebook runs
    np.random.seed(0)  # noqa: NPY002, the generator that the reader's np.random uses
    with open("/proc/self/statm") as sizes:
        used = int(sizes.read().split()[5]) * resource.getpagesize()  # data and stack
    lower(resource.RLIMIT_DATA, used + MEMORY)
    lower(resource.RLIMIT_CPU, CPU)
    link.send(True)  # ready
    with imports.timed():
        while True:
            try:
                args = link.recv()
            except EOFError:
                os.killpg(0, signal.SIGKILL)  # the notebook is gone
            link.send(record(partial(perform, args)))


def adopt_and_follow() -> None:
    """Become the parent of what is left behind further down; end when the notebook ends."""
    with suppress(OSError, AttributeError):
        control = ctypes.CDLL(None).prctl
        control(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
        control(1, int(signal.SIGKILL), 0, 0, 0)  # PR_SET_PDEATHSIG


def leave(link: Connection) -> None:
    """Make a process that the function forks one like any other; SIGTERM has waited for that."""
    with suppress(OSError):
        link.close()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])


def use_one_thread() -> None:
    """Let linear algebra use one thread, where the libraries are loaded and where they will be."""
    os.environ |= {f"{name}_NUM_THREADS": "1" for name in THREADS}
    if torch := sys.modules.get("torch"):  # its threads are not in the fork: it would wait for them
        torch.set_num_threads(1)
    with open("/proc/self/maps") as maps:
        libraries = {line.split()[-1] for line in maps if "openblas" in line}
    for library in libraries:
        with suppress(OSError):
            functions = ctypes.CDLL(library)
            for name in ("openblas", "scipy_openblas"):
                for width in ("", "64_"):  # how it was built
                    with suppress(AttributeError):
                        getattr(functions, f"{name}_set_num_threads{width}")(1)


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
        imports = Imports()

        def work() -> None:
            with imports.timed():
                box.append(self._perform(args))

        thread = threading.Thread(target=work, daemon=True)
        watch = Watch(time.process_time, imports, seconds)
        thread.start()
        while thread.is_alive() and not watch.is_over():
            thread.join(STEP)
        frame = sys._current_frames().get(thread.ident or 0)
        if box or frame is None:
            return watch.without_imports(box[0])
        frames = [(f.f_code.co_filename, line) for f, line in traceback.walk_stack(frame)]
        where = place(*line_of(self._function, frames))
        for _attempt in range(10):  # a bare `except` in the loop may catch the first ones
            if thread.is_alive():
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(thread.ident or 0), ctypes.py_object(Stopped)
                )
                thread.join(0.05)
        return watch.outcome(where, box[0] if box else Outcome(), stuck=thread.is_alive())


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
            outcome = record(partial(self._perform, args))
            return replace(outcome, limit=seconds) if outcome.ended else outcome
        except Stopped:
            return Outcome(ended="time", limit=seconds)
        finally:
            watch.set_events(tool, 0)
            watch.free_tool_id(tool)


def runner() -> type[Caller]:
    """Return the safest way to call that this system has."""
    if sys.platform == "emscripten":
        return InPage
    return InFork if sys.platform == "linux" else InThread


Runner = runner()


def start(function: Callable[..., Any], *, memory: bool = False) -> Caller:
    """Return what calls a function in the safest way that this system has."""
    return Runner(function, memory=memory)
