"""Write requirements.txt anew: every package that pyproject.toml leads to, pinned for each Python.

Usage: python tools/lock.py [--upgrade]

uv finds one answer for Python 3.11 and all later ones, and says which lines hold for some alone.
Pins stay as they are unless pyproject.toml rules them out; --upgrade takes the newest.

torch stays out of uv's hands: what PyPI has for Linux leads to gigabytes of GPU libraries. Its pin
is the one in pyproject.toml; what else it needs is asked of the torch that is installed here.
"""

import re
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

import tomllib
from bootstrap import REQUIREMENTS, ROOT

HEADER = """\
# Everything the book and its tests need, pinned to the last transitive version.
# Made by `make lock` from the dependencies in pyproject.toml: change those, not this file.
"""
OLDEST_PYTHON = "3.11"
# One version of a package for all Pythons, where there is one that suits all.
UNIVERSAL = ["--universal", "--fork-strategy", "fewest", "--python-version", OLDEST_PYTHON]
QUIET = ["--quiet", "--no-header", "--no-annotate", "--output-file", str(REQUIREMENTS)]
GPU = re.compile(r"(nvidia|cuda|triton)\b")


def main() -> None:
    """Let uv resolve the dependencies, and add torch to its answer."""
    with tempfile.TemporaryDirectory() as folder:
        torch, needs = Path(folder, "torch.txt"), Path(folder, "needs.in")
        torch.write_text("torch")
        needs.write_text("\n".join(needs_of_torch()))
        command = [sys.executable, "-m", "uv", "pip", "compile", *UNIVERSAL, *QUIET, *sys.argv[1:]]
        command += ["--excludes", str(torch), "--all-extras", "pyproject.toml", str(needs)]
        if subprocess.run(command, check=False, cwd=ROOT).returncode:
            sys.exit("uv found no answer. `make lock UPGRADE=1` is free of today's pins.")
    lines = [line for line in REQUIREMENTS.read_text().splitlines() if not line.startswith("#")]
    REQUIREMENTS.write_text(HEADER + "\n".join([*sorted([*lines, pin_of_torch()], key=name), ""]))


def name(line: str) -> str:
    """Return the name of the package that a line pins."""
    return line.partition("==")[0]


def needs_of_torch() -> list[str]:
    """Return what the installed torch asks for, without its extras and the GPU's libraries."""
    needs = [one for one in metadata.requires("torch") or [] if "extra ==" not in one]
    return [one for one in needs if not GPU.match(one)]


def pin_of_torch() -> str:
    """Return the exact version of torch that pyproject.toml names."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    listed = [one for extra in extras["optional-dependencies"].values() for one in extra]
    return next(one for one in listed if re.fullmatch(r"torch==[\d.]+", one))


if __name__ == "__main__":
    main()
