"""Set up .venv with what the site needs, or with everything. Standard library only.

Usage: python tools/bootstrap.py [site]      (default: everything)

`make` runs this before anything else. A second run has nothing to do and takes no time;
each step is repeated when what it was made from has changed, or when it was interrupted.
"""

import contextlib
import fcntl
import hashlib
import itertools
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOG = VENV / "setup.log"
REQUIREMENTS = ROOT / "requirements.txt"
PYODIDE = ROOT / "tools" / "pyodide"
# PyPI's torch for Linux brings gigabytes of GPU libraries; this index has it without.
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
LATER = 75  # the status of what could not be fetched now
FULL = 50e6  # bytes: with less left on the disk, that is why something failed


def main() -> None:
    """Bring .venv up to date."""
    with one_at_a_time():
        if not PYTHON.exists():
            unstamp("environment")
        python = f"{sys.base_prefix} {sys.version_info[:3]}"
        step("environment", digest(REQUIREMENTS) + python + str(VENV), make_environment)
        step("site", digest(ROOT / "pyproject.toml"), install_site)
        step("pyodide", "".join(map(digest, sorted(PYODIDE.glob("*")))), fetch_pyodide)
        if "site" not in sys.argv[1:]:
            step("everything", "", install_everything)


def make_environment() -> None:
    """Make .venv afresh, with nothing in it."""
    try:
        import ensurepip  # noqa: F401 - Debian and Ubuntu ship Python without it
        import venv
    except ImportError:
        package = f"python3.{sys.version_info.minor}-venv"
        sys.exit(
            "This Python cannot make virtual environments: install its venv module "
            f"(Debian, Ubuntu: apt-get install {package}) and run this again."
        )
    if VENV.is_symlink() or VENV.is_file():
        VENV.unlink()
    venv.create(VENV, clear=True, with_pip=True, symlinks=True)
    # Else every kernel warns that it talks to us over a local port.
    profile = VENV / "ipython" / "profile_default"
    profile.mkdir(parents=True)
    (profile / "ipython_kernel_config.py").write_text("c.IPKernelApp.log_level = 'ERROR'\n")


def install_site() -> None:
    """Install this package, and what builds the site of it."""
    say("Setting up .venv for the site: some 105 packages, about 130 MB to download.")
    install("--constraint", "requirements.txt", "--editable", ".[site]")


def install_everything() -> None:
    """Install the rest of requirements.txt: what the notebooks and the tests need."""
    say("Setting up .venv for the tests: some 130 more packages, about 350 MB to download.")
    lines = REQUIREMENTS.read_text().splitlines()
    torch = [line for line in lines if line.startswith("torch==")]
    if torch and sys.platform == "linux" and cpu_index_answers():
        install("--no-deps", *torch, "--index-url", CPU_INDEX)
    install("-r", "requirements.txt")


def fetch_pyodide() -> bool:
    """Fetch Python for the pages, unless no place has it now; tell whether that is done."""
    say("Fetching Python for the pages: 50 to 110 MB to download.")
    done = subprocess.run([PYTHON, ROOT / "tools" / "pyodide.py"], cwd=ROOT, check=False)
    if done.returncode not in (0, LATER):
        sys.exit("Set-up failed: Python for the pages is not what it should be, see above.")
    return done.returncode == 0


def cpu_index_answers() -> bool:
    """Tell whether PyTorch's own index can be reached."""
    try:
        with urllib.request.urlopen(CPU_INDEX + "/torch/", timeout=5):
            return True
    except (OSError, ValueError):
        return False


def install(*arguments: str) -> None:
    """Run `pip install` with its report in a log, and say now and then that it is alive.

    Nothing is compiled here: Python does that at the first import, and most files never see one.
    """
    command = [PYTHON, "-m", "pip", "--no-input", "--disable-pip-version-check", "--retries", "2"]
    command += ["install", "--no-compile"]
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
    if work() is False:  # not now: the next run tries again
        return
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
