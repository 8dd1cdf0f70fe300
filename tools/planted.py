"""Plant small faults in copies of the tree, one at a time, and ask whether a test turns red.

Usage: python tools/planted.py [--jobs N] [--list] [NAME ...]      (default: all)

tests/planted.toml says what each fault is: a file, a text that stands there exactly once, what to
put in its place, and what must turn red. That is a test, as pytest names it; a notebook, which
nbval then runs; `site`, if the site can no longer be built; `ruff` or `mypy`. Where the test is one
of the site, the site is built first, with $BUILD. The same tests must be green without the faults:
that is tried first.

The list is for the whole of the project. What mutants do to the arithmetic is tools/mutants.py, and
what happens to people tools/faults.py.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import reproducible
import tomllib

ROOT = Path(__file__).resolve().parent.parent
FAULTS = ROOT / "tests" / "planted.toml"
REPOSITORY = "teacher/fork-of-lessons"  # as in the Makefile
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
STAGES = {
    "ruff": [[sys.executable, "-m", "ruff", *args] for args in (["check"], ["format", "--check"])],
    "mypy": [[sys.executable, "-m", "mypy"]],
}


@dataclass(frozen=True)
class Fault:
    """What is changed, and what must notice."""

    name: str
    file: str
    find: str
    put: str
    red: str


@dataclass(frozen=True)
class Outcome:
    """How a run went, and the end of what it said."""

    colour: str  # green, red, or why there is none
    said: str = ""


def listed() -> list[Fault]:
    """Return the faults in the order of their list."""
    tables = tomllib.loads(FAULTS.read_text("utf-8"))
    return [Fault(name=name, **table) for name, table in tables.items()]


def plant(fault: Fault, folder: Path) -> None:
    """Put the fault into a copy of the tree."""
    file = folder / fault.file
    text = file.read_text("utf-8")
    if text.count(fault.find) != 1:
        message = f"{fault.name}: {fault.file} holds its text {text.count(fault.find)} times"
        raise LookupError(message)
    file.write_text(text.replace(fault.find, fault.put), "utf-8")


def needs_site(red: str) -> bool:
    """Tell whether the site must be built to see what must turn red."""
    return red == "site" or red.startswith("tests/site/")


def run(folder: Path, red: str) -> Outcome:
    """Run in a copy of the tree what must turn red there."""
    site = folder / "_build" / "test"
    # The copy's package goes before the one that .venv leads to.
    environment = os.environ | {
        "PYTHONPATH": str(folder),
        "BOOK_REPOSITORY": REPOSITORY,
        "SITE": str(site / "_build" / "html"),
    }

    def call(command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=folder, env=environment, check=False, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    if needs_site(red) and not site.exists():
        built = call([*shlex.split(os.environ["BUILD"]), "--path-output", str(site)])
        if red == "site":
            return Outcome("red" if built.returncode else "green", built.stdout)
        if built.returncode:
            return Outcome("no site", built.stdout)
    if red == "site":
        return Outcome("green")
    nbval = ["--nbval", "--nbval-current-env"] if red.endswith(".ipynb") else []
    commands = STAGES.get(red) or [[*PYTEST, *nbval, *shlex.split(red)]]
    done = [call(command) for command in commands]
    codes = {one.returncode for one in done}
    colour = "green" if codes == {0} else "red" if codes <= {0, 1} else "nothing ran"
    return Outcome(colour, "".join(one.stdout for one in done))


def without(reds: Iterable[str]) -> dict[str, Outcome]:
    """Run everything that must turn red on a tree without faults."""
    with tempfile.TemporaryDirectory(prefix="planted-") as place:
        reproducible.copy(Path(place))
        return {red: run(Path(place), red) for red in sorted(set(reds))}


def with_fault(fault: Fault) -> Outcome:
    """Plant a fault in a tree of its own, and run what must turn red."""
    with tempfile.TemporaryDirectory(prefix="planted-") as place:
        reproducible.copy(Path(place))
        try:
            plant(fault, Path(place))
        except (OSError, LookupError) as error:
            return Outcome("not planted", str(error))
        return run(Path(place), fault.red)


def main() -> None:
    """Plant the faults, and fail if one of them stays green."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=1, help="how many at a time")
    parser.add_argument("--list", action="store_true", help="name them, and do no more")
    parser.add_argument("names", nargs="*", metavar="NAME")
    given = parser.parse_args()
    faults = listed()
    if unknown := set(given.names) - {fault.name for fault in faults}:
        sys.exit(f"{FAULTS.name} has no {', '.join(sorted(unknown))}.")
    faults = [fault for fault in faults if fault.name in (given.names or [f.name for f in faults])]
    if given.list:
        sys.exit("\n".join(f"{fault.name}: {fault.file}: {fault.red}" for fault in faults))
    sound = without(fault.red for fault in faults)
    for red, outcome in sound.items():
        if outcome.colour != "green":
            print(f"without any fault: {red}: {outcome.colour}\n{outcome.said[-3000:]}", flush=True)
    if any(outcome.colour != "green" for outcome in sound.values()):
        sys.exit("What is red without a fault says nothing of it.")
    missed = 0
    with ThreadPoolExecutor(given.jobs) as pool:
        for fault, outcome in zip(faults, pool.map(with_fault, faults), strict=True):
            print(f"{outcome.colour:12}{fault.name}: {fault.red}", flush=True)
            if outcome.colour != "red":
                missed += 1
                print(outcome.said[-3000:], flush=True)
    print(f"{len(faults) - missed} of {len(faults)} faults turn red what they must.")
    sys.exit(missed > 0)


if __name__ == "__main__":
    main()
