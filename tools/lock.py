"""Write requirements.txt anew: every package that pyproject.toml leads to, pinned.

Usage: python tools/lock.py [--upgrade]

Pins stay as they are unless pyproject.toml rules them out; --upgrade takes the newest.
"""

import itertools
import json
import re
import subprocess
import sys

import tomllib
from bootstrap import CPU_INDEX, REQUIREMENTS, ROOT, cpu_index_answers, pins
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HEADER = """\
# Everything the book and its tests need, pinned to the last transitive version.
# Made by `make lock` from the dependencies in pyproject.toml: change those, not this file.
"""
# Pins must suit every Python 3.11: Debian 12 has 3.11.2, and some packages ask for a later one.
OLDEST_PYTHON = "3.11.0"
# What PyPI's torch adds on Linux. The book and its tests run on the CPU.
GPU = re.compile(r"(nvidia|cuda|triton)\b")
WORK = ROOT / "_build" / "lock"


def main() -> None:
    """Let pip resolve the direct dependencies, and tidy its answer."""
    WORK.mkdir(parents=True, exist_ok=True)
    report, kept = WORK / "report.json", WORK / "pins.txt"
    wanted = direct_dependencies()
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed"]
    command += ["--quiet", "--target", str(WORK), "--report", str(report)]
    command += ["--python-version", OLDEST_PYTHON, "--only-binary", ":all:"]
    if cpu_index_answers():
        command += ["--extra-index-url", CPU_INDEX]
    if "--upgrade" not in sys.argv:
        kept.write_text("\n".join(pins_to_keep(wanted)))
        command += ["--constraint", str(kept)]
    if subprocess.run([*command, *map(str, wanted)], check=False).returncode:
        sys.exit("pip found no answer, see above. `make lock UPGRADE=1` is free of today's pins.")
    found = [item["metadata"] for item in json.loads(report.read_text())["install"]]
    plain = {canonicalize_name(item["name"]): item["version"].partition("+")[0] for item in found}
    lines = [f"{name}=={plain[name]}" for name in sorted(plain) if not GPU.match(name)]
    REQUIREMENTS.write_text(HEADER + "\n".join([*lines, ""]))


def direct_dependencies() -> list[Requirement]:
    """Return the dependencies of the package and of all its extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    listed = [
        *project["dependencies"],
        *itertools.chain(*project["optional-dependencies"].values()),
    ]
    return [one for one in map(Requirement, listed) if one.name != project["name"]]


def pins_to_keep(wanted: list[Requirement]) -> list[str]:
    """Return today's pins, but for those that the direct dependencies rule out."""
    bounds = {one.name: one.specifier for one in wanted}
    return [
        pin
        for pin in (pins() if REQUIREMENTS.exists() else [])
        if (name := pin.partition("==")[0]) not in bounds
        or bounds[name].contains(pin.partition("==")[2])
    ]


if __name__ == "__main__":
    main()
