"""Solutions that misbehave: what they do stays in their process, and the report says it."""

import contextlib
import inspect
import multiprocessing
import os
import random
import re
import subprocess
import sys
import time
import warnings
from functools import partial
from importlib.util import find_spec

import numpy as np
import pytest
from support.checking import needs_fork
from support.submissions._formulas import soft

from softmax_lessons import exercises
from softmax_lessons.exercises import _sandbox


@pytest.fixture
def in_thread(monkeypatch):
    """Call solutions in a thread, as on Windows and macOS."""
    monkeypatch.setattr(_sandbox, "Runner", _sandbox.InThread)


@pytest.fixture(params=["InFork", "InThread"])
def runner(request, monkeypatch):
    if request.param == "InFork" and sys.platform != "linux":
        pytest.skip("the checker forks on Linux only")
    monkeypatch.setattr(_sandbox, "Runner", getattr(_sandbox, request.param))
    return request.param


def loops(z):
    while True:
        pass


def loops_through_exceptions(z):
    while True:
        try:
            while True:
                print("still here")
        except Exception:
            pass


def sleeps(z):
    time.sleep(600)


@pytest.mark.parametrize("solution", [loops, loops_through_exceptions, sleeps])
@pytest.mark.usefixtures("runner")
def test_no_end(solution, monkeypatch):
    monkeypatch.setattr(_sandbox, "PATIENCE", 0.4)
    started = time.monotonic()
    report = exercises.check("softmax", solution)
    first, line = report.got.splitlines()
    if solution is sleeps:
        waits = "It waits, and does not come to an end."  # a thread cannot be asked while it sleeps
        assert report.mistake in (waits, "It does not come to an end in time.")
        assert first == "no result within 2.4 seconds"
        assert line.endswith(": time.sleep(600)")
    else:
        assert report.mistake == "It does not come to an end in time."
        assert first == "no result within 0.4 seconds"
        start = inspect.getsourcelines(solution)[1]
        assert int(re.match(r"in line (\d+): \w", line)[1]) in range(start + 1, start + 8)
    assert report.call == f"{solution.__name__}(np.array([0.25, 1.23, -0.8]))"
    assert time.monotonic() - started < 500  # of the 600 that one call sleeps


def test_what_it_printed_before_it_hung_is_kept(monkeypatch):
    monkeypatch.setattr(_sandbox, "SLACK", 0.5)  # on a busy machine it takes a while to print
    monkeypatch.setattr(_sandbox, "GRACE", 10)

    def hangs(z):
        print("still here\n" * 2)
        time.sleep(600)

    report = exercises.check("softmax", hangs)
    assert report.notes == ("It printed: still here ...",)


@needs_fork
def test_the_start_of_a_fork_takes_no_time_from_the_calls(monkeypatch):
    monkeypatch.setattr(_sandbox, "lower", lambda *_: time.sleep(1))  # twice in each fork
    monkeypatch.setattr(_sandbox, "BUDGET", 0.25)
    call = _sandbox.InFork(soft)
    outcome = call(np.zeros(2))
    call.close()
    assert not outcome.ended


@needs_fork
@pytest.mark.parametrize("stubborn", ["except BaseException", "one call of C"])
def test_no_end_that_only_a_kill_ends(stubborn, monkeypatch):
    monkeypatch.setattr(_sandbox, "PATIENCE", 0.1)

    def catches(z):
        while True:
            with contextlib.suppress(BaseException):
                time.sleep(1)

    solution = catches if stubborn.startswith("except") else lambda z: sum(range(10**12))
    report = exercises.check("softmax", solution)
    assert "not come to an end" in report.mistake
    assert report.got.splitlines()[1].startswith("in line ")


def test_a_thread_that_cannot_be_ended_is_told_of(in_thread, monkeypatch):
    monkeypatch.setattr(_sandbox, "PATIENCE", 0.1)
    report = exercises.check("softmax", sleeps)
    assert "restart the kernel" in report.hint


@pytest.mark.usefixtures("runner")
def test_many_slow_calls(monkeypatch):
    monkeypatch.setattr(_sandbox, "BUDGET", 0.5)

    def slow(z):
        until = time.process_time() + 0.2
        while time.process_time() < until:
            pass
        return soft(z)

    report = exercises.check("softmax", slow)
    assert report.mistake == "It is far too slow."
    assert report.got.splitlines()[0] == "no result within 0.5 seconds for all calls together"


def crashes(z):
    import ctypes

    ctypes.string_at(0)


@needs_fork
@pytest.mark.parametrize(
    ("solution", "mistake"),
    [
        (lambda z: os._exit(0), "It ended the whole Python process, with exit code 0."),
        (lambda z: os._exit(3), "It ended the whole Python process, with exit code 3."),
        (lambda z: os.abort(), "It crashed the whole Python process (SIGABRT)."),
        (crashes, "It crashed the whole Python process (SIGSEGV)."),
        (lambda z: os.kill(os.getpid(), 9), "It crashed the whole Python process (SIGKILL)."),
    ],
)
def test_the_end_of_the_process(solution, mistake, capfd):
    assert exercises.check("softmax", solution).mistake == mistake
    assert capfd.readouterr() == ("", "")


def eats_memory(z):
    pieces = []
    while True:
        pieces.append(bytearray(10**8))


@needs_fork
@pytest.mark.parametrize("solution", [eats_memory, lambda z: np.ones((10**6, 10**6))])
def test_too_much_memory(solution, monkeypatch):
    monkeypatch.setattr(_sandbox, "PATIENCE", 20)  # a busy machine takes its time
    report = exercises.check("softmax", solution)
    assert report.mistake == "It asks for far more memory than the task needs."
    assert "MemoryError" in report.got


@needs_fork
def test_a_matrix_that_need_not_be_built():
    def by_matrix(p, g):
        j = np.eye(p.shape[-1]) * p[..., None] - p[..., None] * p[..., None, :]
        return np.einsum("...ij,...j->...i", j, g)

    report = exercises.check("softmax_vjp", by_matrix)
    assert report.mistake == "It asks for far more memory than the task needs."
    assert report.holds[:3] == ("one vector", "a batch of rows", "three axes")


def recurses(z):
    return recurses(z)


class OddError(Exception):
    def __str__(self):
        raise ValueError


class OddResult:
    def __repr__(self):
        raise ValueError


def raises(error, z):
    raise error


@pytest.mark.usefixtures("runner")
@pytest.mark.parametrize(
    ("solution", "mistake", "got"),
    [
        (lambda z: sys.exit(2), "It calls `exit`.", "SystemExit: 2"),
        (recurses, "It calls itself without end.", "RecursionError: maximum recursion depth"),
        (partial(raises, KeyboardInterrupt), "It raises a KeyboardInterrupt, with", "KeyboardInt"),
        (partial(raises, OddError), "It raises an OddError, with one vector.", "OddError: <OddE"),
        (lambda z: OddResult(), "It returns an object of type `OddResult`", "<OddResult>"),
        (partial(raises, ValueError("a\nb")), "It raises a ValueError", "ValueError: a ..."),
    ],
)
def test_odd_ends(solution, mistake, got):
    report = exercises.check("softmax", solution)
    assert report.mistake.startswith(mistake)
    assert report.got.startswith(got)


@needs_fork
def test_nobody_answers_input(capsys):
    report = exercises.check("softmax", lambda z: input("the scores, please"))
    assert report.mistake == "It raises an EOFError, with one vector."
    assert "take everything from the arguments" in report.got


def test_the_line_of_their_code_is_shown():
    def fails(z):
        deep = np.reshape
        return deep(z, (7, 7))  # here

    report = exercises.check("softmax", fails)
    here = inspect.getsourcelines(fails)[1] + 2
    assert report.got.splitlines() == [
        "ValueError: cannot reshape array of size 3 into shape (7,7)",
        f"in line {here}: return deep(z, (7, 7))  # here",
    ]


def test_what_a_right_solution_prints_is_kept(capsys):
    def talks(z):
        print("shape", z.shape)
        return soft(z)

    report = exercises.check("softmax", talks)
    assert report
    assert report.notes == ("It printed: shape (3,)",)
    assert capsys.readouterr() == ("", "")


@needs_fork
def test_the_notebook_is_as_it_was():
    calls = []
    before = random.getstate(), np.random.get_state()[1].tolist(), list(calls)  # noqa: NPY002
    exercises.check("softmax", lambda z: calls.append(random.random()) or soft(z))
    assert before == (random.getstate(), np.random.get_state()[1].tolist(), calls)  # noqa: NPY002


@needs_fork
def test_torch_with_threads_does_not_wait_for_them():
    if find_spec("torch") is None:  # to import it takes seconds, and the process below does it
        pytest.skip("could not import 'torch'")
    code = """
import numpy as np
import torch
from softmax_lessons import exercises

torch.set_num_threads(4)
torch.ones(400, 1000).exp()
floats = lambda z: torch.tensor(z if z.dtype.kind == "f" else z.astype(float))
print(exercises.check("softmax", lambda z: torch.softmax(floats(z), dim=-1).numpy()).verdict)
print(exercises.check("softmax", lambda z: torch.softmax(torch.ones(400, 1000), 1)).mistake)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "right",
        "It returns an object of type `Tensor`, not an array.",
    ]


def dots(z): ...


def documented(z):
    """Return softmax."""


def passes(z):
    pass


def todo(z):
    raise NotImplementedError


def returns_dots(z):
    total = z.sum()
    return total and ...


@pytest.mark.parametrize("stub", [dots, documented, passes, todo, returns_dots])
@pytest.mark.usefixtures("runner")
def test_a_stub_is_not_a_mistake(stub):
    report = exercises.check("softmax", stub)
    assert report.verdict == "not yet"
    assert not report
    assert not report.mistake
    assert repr(report).startswith("softmax: not yet.\n")


# --- a busy machine, imports, threads, what is left behind ----------------------------------------


@needs_fork
def test_imports_take_no_time(monkeypatch, tmp_path):
    (tmp_path / "slow_to_import.py").write_text(
        "import time\nuntil = time.process_time() + 0.4\nwhile time.process_time() < until: pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(_sandbox, "PATIENCE", 0.2)

    def imports(z):
        import slow_to_import

        return soft(z) + (slow_to_import is None)

    assert exercises.check("softmax", imports)
    monkeypatch.setattr(_sandbox, "Runner", _sandbox.InThread)
    assert exercises.check("softmax", imports)
    sys.modules.pop("slow_to_import", None)


MULTIPLIES = """
import time
import numpy as np
from softmax_lessons.exercises import _sandbox

a = np.ones((1500, 1500))
a @ a  # so that its threads are there

def time_of_others(z):
    start = time.process_time(), time.thread_time()
    for _ in range(6):
        a @ a
    return np.array((time.process_time() - start[0]) / (time.thread_time() - start[1]) - 1)

call = _sandbox.start(time_of_others)
print(call(np.zeros(3)).value)
call.close()
"""


@needs_fork
def test_linear_algebra_uses_one_thread():
    here = {name: value for name, value in os.environ.items() if "_NUM_THREADS" not in name}
    command = [sys.executable, "-c", MULTIPLIES]
    done = subprocess.run(command, capture_output=True, text=True, env=here, check=True)
    assert float(done.stdout) < 0.5  # 0.15 if the others only wait for work, 1 if one works


@needs_fork
@pytest.mark.parametrize("library", ["IPython", "torch"])
def test_a_library_that_must_not_be_imported_is_left_alone(monkeypatch, library):
    monkeypatch.setitem(sys.modules, library, None)  # as those do who try their work without it
    call = _sandbox.start(np.negative)
    try:
        assert call(np.ones(3)).value.tolist() == [-1, -1, -1]
    finally:
        call.close()


def left_behind(note):
    def starts(z):
        subprocess.Popen(["sleep", "100"], start_new_session=True)
        if os.fork() == 0:
            if os.fork() == 0:
                os.setsid()  # as a daemon does
                with note.open("a") as out:
                    out.write(f"{os.getpid()}\n")
                time.sleep(100)
            os._exit(0)
        for listed in map(int, filter(str.isdigit, os.listdir("/proc"))):
            with contextlib.suppress(OSError), open(f"/proc/{listed}/environ", "rb") as file:
                if note.name.encode() in file.read():
                    with note.open("a") as out:
                        out.write(f"{listed}\n")
        return soft(z)

    return starts


@needs_fork
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_nothing_that_a_solution_starts_outlives_the_check(tmp_path, monkeypatch):
    note = tmp_path / "pids-of-a-check"
    monkeypatch.setenv("NOTE", note.name)
    note.touch()
    exercises.check("softmax_vector", left_behind(note))
    pids = set(map(int, note.read_text().split())) - {os.getpid()}
    deadline = time.monotonic() + 60
    while alive := [pid for pid in pids if state(pid) not in ("", "Z")]:
        assert time.monotonic() < deadline, alive
        time.sleep(0.05)


def state(pid):
    """Return what a process does: R, S, Z (has ended), or nothing if it is gone."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(") ")[2][0]
    except OSError:
        return ""


def in_a_pool(z):
    with multiprocessing.get_context("fork").Pool(2) as pool:
        return np.reshape(pool.map(float, soft(z).ravel()), z.shape)


@needs_fork
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_pool_of_processes_comes_to_its_end():
    call = _sandbox.start(in_a_pool)
    try:
        for _ in range(20):  # a signal that gets lost shows once in ten times
            outcome = call(np.arange(3.0))
            assert not outcome.ended, outcome
    finally:
        call.close()


# --- nothing escapes ------------------------------------------------------------------------------


class ReturnsItself:
    def __getattr__(self, name):
        return self

    def __call__(self, z):
        return soft(z)


class Raises:
    def __getattr__(self, name):
        raise RuntimeError(name)

    __name__ = property(lambda self: 1 / 0)
    __doc__ = property(lambda self: 1 / 0)

    def __call__(self, z):
        return soft(z)


class OddClass(type):
    __name__ = property(lambda cls: 1 / 0)


class OfAnOddClass(metaclass=OddClass):
    __class__ = property(lambda self: 1 / 0)


def closes(z):
    sys.stdout.close()
    return soft(z)


def warns_oddly(z):
    class OddWarning(UserWarning):
        asked = 0

        def __str__(self):
            self.asked += 1
            return str(1 / (self.asked == 1))

    warnings.warn(OddWarning(), stacklevel=1)
    return soft(z)


@pytest.mark.usefixtures("runner")
@pytest.mark.parametrize(
    ("solution", "verdict"),
    [
        (ReturnsItself(), "right"),
        (Raises(), "right"),
        (closes, "right"),
        (warns_oddly, "right"),
        (OfAnOddClass(), "wrong"),
        (lambda z: OfAnOddClass(), "wrong"),
        (lambda z: [OfAnOddClass()], "wrong"),
        (lambda z: ReturnsItself(), "wrong"),
    ],
    ids=range(8),
)
def test_odd_objects(solution, verdict):
    assert exercises.check("softmax", solution).verdict == verdict


@pytest.mark.usefixtures("runner")
def test_what_a_notebook_replaces_does_not_reach_the_checker(monkeypatch):
    monkeypatch.setattr(np, "exp", np.expm1)
    monkeypatch.setattr("builtins.max", lambda *_: 0)
    report = exercises.check("softmax", soft)
    monkeypatch.undo()
    assert report
    assert report.notes[0].startswith("Something else was in the place of `max`, `np.exp`.")


def test_a_check_that_fails_itself_says_so(monkeypatch):
    monkeypatch.setattr(_sandbox, "Runner", lambda *_, **__: 1 / 0)
    report = exercises.check("softmax", soft)
    assert report.verdict == "not checked"
    assert not report
    assert "ZeroDivisionError" in report.got


@pytest.mark.parametrize("first", [soft, np.zeros(3), None, ["softmax"]])
def test_something_else_for_the_name(first):
    with pytest.raises(ValueError, match="the name of an exercise comes first, as text"):
        exercises.check(first, "softmax")


NASTY = "\x1b]0;title\x07\x1b[2J\0\r\x9b31m\ud800\u202e"


def says(z):
    print(NASTY)
    raise ValueError(NASTY)


@pytest.mark.usefixtures("runner")
def test_a_terminal_and_a_page_get_text_only():
    report = exercises.check("softmax", says)
    for text in (repr(report), report._repr_html_(), report.got, *report.notes):
        assert all(sign == "\n" or sign.isprintable() for sign in text), text
        text.encode()
    assert r"\x1b[2J" in report.got


def with_a_gpu(scores, notebook=os.getpid()):  # noqa: B008
    """Do as PyTorch's gradients do where they have threads of their own."""
    if os.getpid() != notebook:
        raise RuntimeError(
            "Unable to handle autograd's threading in combination with fork-based multiprocessing. "
            "See https://github.com/pytorch/pytorch/wiki/Autograd-and-Fork"
        )
    return soft(scores)


@needs_fork
def test_gradients_that_no_fork_can_calculate():
    assert exercises.check("softmax_vector", with_a_gpu)
    report = exercises.check("softmax_vector", lambda z: with_a_gpu(z) * 2)
    assert report.mistake == "Every number is 2 times the right one."
