"""Plant small faults in copies of the tree, one at a time, and ask whether a test turns red.

Usage: python tools/planted.py [--jobs N] [--list] [NAME ...]      (default: all)

tests/planted.toml says what each fault is: a file, a text that stands there exactly once, what to
put in its place, and what must turn red. That is a test, as pytest names it; a notebook, which
nbval then runs; `site`, if the site can no longer be built; `ruff` or `mypy`. Where the test is one
of the site, the site is built first, with $BUILD, unless the fault says `unbuilt = true`: the test
then asks our code and not the pages. The same tests must be green without the faults: that is tried
first.

Other tools that break things: mutants.py changes the arithmetic of the package, and faults.py is
about what happens to people.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import reproducible
import tomllib

ROOT = Path(__file__).resolve().parent.parent
FAULTS = ROOT / "tests" / "planted.toml"
# As in the Makefile.
AS_A_FORK = {
    "BOOK_REPOSITORY": "teacher/fork-of-lessons",
    "BOOK_BRANCH": "main",
    "BOOK_NOTEBOOKS": "notebooks",
    "BOOK_ADDRESS": "https://teacher.github.io/fork-of-lessons/",
}
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
NBVAL = ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", "tests/book/scripts.cfg"]
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
    unbuilt: bool = False


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


def run(folder: Path, red: str, site: Path) -> Outcome:
    """Run in a copy of the tree what must turn red there, on a site that may have to be built."""
    # The copy's package goes before the one that .venv leads to.
    environment = os.environ | {
        "PYTHONPATH": str(folder),
        **AS_A_FORK,
        "SITE": str(site / "_build" / "html"),
    }

    def call(command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=folder, env=environment, check=False, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    if red.startswith(("site", "tests/site/")) and not site.exists():
        built = call([*shlex.split(os.environ["BUILD"]), "--path-output", str(site)])
        if built.returncode:
            return Outcome("red" if red == "site" else "no site", built.stdout)
    if red == "site":
        return Outcome("green")
    options = NBVAL if red.endswith(".ipynb") else []
    commands = STAGES.get(red) or [[*PYTEST, *options, *shlex.split(red)]]
    done = [call(command) for command in commands]
    codes = {one.returncode for one in done}
    colour = "green" if codes == {0} else "red" if codes <= {0, 1} else "nothing ran"
    return Outcome(colour, "".join(one.stdout for one in done))


def with_fault(fault: Fault, sound_site: Path) -> Outcome:
    """Plant a fault in a tree of its own, and run what must turn red."""
    with tempfile.TemporaryDirectory(prefix="planted-") as place:
        folder = Path(place)
        reproducible.copy(folder)
        try:
            plant(fault, folder)
        except (OSError, LookupError) as error:
            return Outcome("not planted", str(error))
        return run(folder, fault.red, sound_site if fault.unbuilt else folder / "_build" / "test")


def without_faults(folder: Path, faults: list[Fault], site: Path) -> bool:
    """Run everything that must turn red on a tree without faults; tell whether all is green."""
    reproducible.copy(folder)
    fine = True
    for red in sorted({fault.red for fault in faults}):
        outcome = run(folder, red, site)
        if outcome.colour != "green":
            print(f"{outcome.colour} without any fault: {red}\n{outcome.said[-3000:]}", flush=True)
            fine = False
    return fine


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
    missed = 0
    with tempfile.TemporaryDirectory(prefix="planted-") as place:
        site = Path(place, "_build", "test")
        if not without_faults(Path(place), faults, site):
            sys.exit("What is red without a fault says nothing of it.")
        with ThreadPoolExecutor(given.jobs) as pool:
            runs = {pool.submit(with_fault, fault, site): fault for fault in faults}
            for done in as_completed(runs):
                fault, outcome = runs[done], done.result()
                print(f"{outcome.colour:12}{fault.name}: {fault.red}", flush=True)
                if outcome.colour != "red":
                    missed += 1
                    print(outcome.said[-3000:], flush=True)
    print(f"{len(faults) - missed} of {len(faults)} faults turn red what they must.")
    sys.exit(missed > 0)


if __name__ == "__main__":
    main()
