"""Try what happens to people, on clones of the last commit, and say what came of it.

Usage: python tools/faults.py [NAME ...]      (default: all; `--list` names them)

Interruptions, a full disk, two at once, an old .venv, no browser, a home that is read-only, a path
with spaces and umlauts. `setup` in a name means the set-up alone: the same steps with few packages.
The clones of `book` borrow the .venv of this folder. `path` sets up what the site needs and builds
the book, as a newcomer would.

Small and read-only disks are mounted in a namespace of their own. Where the system has none, those
tries are named as not tried.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

ROOT = Path(__file__).resolve().parent.parent
SHORT = ("numpy", "pip", "setuptools", "torch", "wheel")
SETUP = ["sh", "tools/setup.sh"]
BOOK = ["make", "SETUP=@:", "book"]
PATIENCE = 3600  # seconds
# Runs a command on a small disk mounted on a folder, makes the disk larger, and runs it again.
ON_SMALL_DISK = """
mount -t tmpfs -o "size=$1" none "$2"; disk="$2"; shift 2
"$@"; echo "small disk: $?"
mount -o remount,size=8g "$disk"
"$@"; echo "large disk: $?"
"""
WITH_HOME_READ_ONLY = 'mount -t tmpfs -o ro none "$HOME" && exec "$@"'
NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]

AT_WORK = "reading sources"  # what a build says half-way

# The fault, what came of it, and whether that is fine; None if it could not be tried.
Came = Iterator[tuple[str, str, bool | None]]


class Run:
    """A command under way in a folder, as the leader of a group of processes."""

    under_way: ClassVar[list[Run]] = []

    def __init__(self, folder: Path, *command: str, **variables: str) -> None:
        """Start the command."""
        self.output = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the run is
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=clean_environment() | variables,
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=self.output,
            start_new_session=True,
        )
        self.under_way.append(self)

    def text(self) -> str:
        """Return what it has said so far."""
        return os.pread(self.output.fileno(), 1 << 24, 0).decode(errors="replace")

    def until(self, sign: Callable[[], bool]) -> bool:
        """Wait for a sign; tell whether it came before the end."""
        start = time.monotonic()
        while self.process.poll() is None and time.monotonic() - start < PATIENCE:
            if sign():
                return True
            time.sleep(0.1)
        return False

    def stop(self, with_signal: signal.Signals) -> Run:
        """Send a signal to all of its processes, as a terminal does, and wait for the end."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, with_signal)
        return self.end()

    def end(self) -> Run:
        """Wait for the end."""
        self.process.wait(PATIENCE)
        return self

    @property
    def fine(self) -> bool:
        """Tell whether it ended well."""
        return self.process.poll() == 0

    def last(self) -> str:
        """Return its last words that are neither make's nor ours."""
        lines = [line.strip() for line in self.text().splitlines()]
        others = ("make", "small disk", "large disk")
        lines = [line for line in lines if line and not line.startswith(others)]
        return lines[-1] if lines else "nothing is said"


def clean_environment() -> dict[str, str]:
    """Return the environment, without what `make` hands on."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    return kept | {"PYTHONUTF8": "1", "OMP_NUM_THREADS": "1"}


def clone(place: Path, name: str, short: bool = False) -> Path:
    """Clone the last commit; with few requirements, and nothing to build a site, if asked for."""
    folder = place / name
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    if short:
        project = folder / "pyproject.toml"
        text = project.read_text()
        project.write_text(re.sub(r"^site = \[.*?^\]", "site = []", text, flags=re.M | re.S))
        lines = (ROOT / "requirements.txt").read_text().splitlines()
        kept = [line for line in lines if line.startswith(tuple(f"{one}==" for one in SHORT))]
        # Named alone, so that only PyTorch's own index is asked for it.
        kept = [f"# {line}" if line.startswith("torch") else line for line in kept]
        (folder / "requirements.txt").write_text("\n".join([*kept, ""]))
    return folder


def works(folder: Path) -> bool:
    """Tell whether .venv runs, with the package of this folder and its programs."""
    code = "import numpy, softmax_lessons; print(softmax_lessons.__file__)"
    try:
        shown = subprocess.run(
            [folder / ".venv/bin/python", "-c", code], capture_output=True, text=True, cwd="/"
        ).stdout
        program = subprocess.run([folder / ".venv/bin/pip", "--version"], capture_output=True)
    except OSError:
        return False
    return shown.startswith(str(folder)) and program.returncode == 0


def pip_at_work(folder: Path) -> Callable[[], bool]:
    """Return a function that tells whether pip has begun to collect packages."""
    log = folder / ".venv" / "setup.log"
    return lambda: log.is_file() and b"Collecting" in log.read_bytes()


# --- the faults -----------------------------------------------------------------------------------


def setup_interrupted(place: Path) -> Came:
    """Stop the set-up half-way, politely and not, and run it again."""
    folder = clone(place, "stopped", short=True)
    for name in (signal.SIGINT, signal.SIGKILL):
        (folder / ".venv" / "setup.log").unlink(missing_ok=True)
        run = Run(folder, *SETUP)
        begun = run.until(pip_at_work(folder))
        run.stop(name)
        fine = begun and not run.fine and "Traceback" not in run.text()
        yield f"set-up stopped by {name.name}", run.last(), fine
    run = Run(folder, *SETUP).end()
    yield "set-up again after both", run.last(), run.fine and works(folder)


def setup_twice(place: Path) -> Came:
    """Set up twice at the same time."""
    folder = clone(place, "twice", short=True)
    first = Run(folder, *SETUP)
    first.until(pip_at_work(folder))
    second = Run(folder, *SETUP)
    waits = second.until(lambda: "waiting" in second.text())
    first.end()
    second.end()
    fine = waits and first.fine and second.fine and works(folder)
    yield "two set-ups at once", "the second waits, both end well" if fine else second.last(), fine


def setup_old(place: Path) -> Came:
    """Set up where a .venv is that no longer fits."""
    folder = clone(place, "old", short=True)
    fine = Run(folder, *SETUP).end().fine and works(folder)
    yield "set-up in a fresh clone", "works" if fine else "fails", fine
    stamp = folder / ".venv" / "environment.stamp"
    stamp.write_text(stamp.read_text().replace("(3, ", "(2, "))
    yield again(".venv of another Python", folder)
    python = folder / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/usr/lib/no-such-python")
    yield again(".venv whose Python is gone", folder)
    yield again(".venv of another path: the folder was moved", folder.rename(place / "moved"))


def again(fault: str, folder: Path) -> tuple[str, str, bool]:
    """Set up again; it should notice the fault and begin anew."""
    run = Run(folder, *SETUP).end()
    fine = run.fine and "Setting up .venv" in run.text() and works(folder)
    return fault, run.last(), fine


def setup_full(place: Path) -> Came:
    """Set up on disks that get full early and late, and again with more room."""
    for size in ("4m", "60m"):
        folder = clone(place, f"full-{size}", short=True)
        yield from on_small_disk(f"set-up on a disk of {size}", folder, ".venv", size, SETUP)


def on_small_disk(fault: str, folder: Path, disk: str, size: str, command: list[str]) -> Came:
    """Run a command where one folder is a small disk, and again with more room."""
    if not namespaces():
        yield fault, "this system mounts nothing for one program", None
        return
    (folder / disk).mkdir()
    run = Run(folder, *NAMESPACE, ON_SMALL_DISK, "sh", size, str(folder / disk), *command).end()
    small, _, large = run.text().partition("small disk: ")
    says = [line for line in small.splitlines() if line and not line.startswith("make")]
    fine = any("disk is full" in line for line in says[-3:]) and not large.startswith("0")
    yield fault, says[-1] if says else "nothing is said", fine
    yield "... and with more room", run.last(), run.text().endswith("large disk: 0\n")


def namespaces() -> bool:
    """Tell whether this system mounts a disk for one program alone."""
    with tempfile.TemporaryDirectory() as place, contextlib.suppress(OSError):
        command = [*NAMESPACE, 'mount -t tmpfs none "$1"', "sh", place]
        return subprocess.run(command, capture_output=True).returncode == 0
    return False


def browser(place: Path) -> Came:
    """Look for a browser where there is none, and none to download."""
    folder = clone(place, "browser")
    programs = {"PATH": str(place / "nowhere"), "PLAYWRIGHT_BROWSERS_PATH": str(place / "none")}
    programs |= {"PLAYWRIGHT_DOWNLOAD_HOST": "http://127.0.0.1:9"}  # nobody listens there
    run = Run(folder, sys.executable, "tools/browser.py", **programs).end()
    fine = not run.fine and "install Chromium" in run.text() and "Traceback" not in run.text()
    yield "no browser", run.last(), fine


def book(place: Path) -> Came:
    """Interrupt the build; then build twice at once, and kill the one that came first."""
    folder = with_our_venv(clone(place, "book"))
    run = Run(folder, *BOOK)
    begun = run.until(lambda: AT_WORK in run.text())
    run.stop(signal.SIGINT)
    yield "book interrupted", run.last(), begun and not run.fine
    first = Run(folder, *BOOK)
    first.until(lambda: AT_WORK in first.text())
    second = Run(folder, *BOOK)
    waits = second.until(lambda: "waiting" in second.text())
    yield "two books at once", second.last(), waits and AT_WORK not in second.text()
    first.stop(signal.SIGKILL)
    second.end()
    yield "the first one killed", second.last(), second.fine


def book_full(place: Path) -> Came:
    """Build the book on a disk that gets full, and again with more room."""
    folder = with_our_venv(clone(place, "book on a full disk"))
    yield from on_small_disk("book on a disk of 8m", folder, "_build", "8m", BOOK)


def with_our_venv(folder: Path) -> Path:
    """Lend a clone the .venv of this folder."""
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


def path(place: Path) -> Came:
    """Do all of it in a folder with an odd name, with a home that nothing can be written to."""
    folder = clone(place, "Käse & Brot, 50 %")
    home = place / "home"
    home.mkdir()
    fault, command = "path with spaces and umlauts", ["make", "book"]
    if namespaces():
        fault += ", home read-only"
        command = [*NAMESPACE, WITH_HOME_READ_ONLY, "sh", *command]
    run = Run(folder, *command, HOME=str(home)).end()
    yield fault, run.last(), run.fine and works(folder)


FAULTS = {
    "setup-interrupted": setup_interrupted,
    "setup-twice": setup_twice,
    "setup-old": setup_old,
    "setup-full": setup_full,
    "browser": browser,
    "book": book,
    "book-full": book_full,
    "path": path,
}


def main() -> None:
    """Try the faults named, or all, and print a table."""
    names = sys.argv[1:] or list(FAULTS)
    if names == ["--list"] or not set(names) <= set(FAULTS):
        sys.exit(f"The faults are: {', '.join(FAULTS)}.")
    signal.signal(signal.SIGINT, signal.default_int_handler)  # else what we start may ignore it
    failed = False
    with tempfile.TemporaryDirectory(prefix="faults ") as folder:
        try:
            for name in names:
                for fault, came, fine in FAULTS[name](Path(folder)):
                    verdict = {True: "fine", False: "FAILS", None: "not tried"}[fine]
                    print(f"{fault:45} {verdict:10} {came[:200]}", flush=True)
                    failed |= fine is False
        finally:
            for run in Run.under_way:  # if this is interrupted itself
                run.stop(signal.SIGKILL)
    sys.exit("Something here would leave people alone." if failed else 0)


if __name__ == "__main__":
    main()
