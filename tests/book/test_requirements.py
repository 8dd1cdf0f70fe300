"""requirements.txt is what `make lock` would make of pyproject.toml."""

import importlib.metadata
import itertools
import re

import tomllib
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from support import pages

LINES = (pages.ROOT / "requirements.txt").read_text().splitlines()
PINS = dict(line.split("==") for line in LINES if "==" in line)
PROJECT = tomllib.loads((pages.ROOT / "pyproject.toml").read_text())["project"]
DIRECT = [*PROJECT["dependencies"], *itertools.chain(*PROJECT["optional-dependencies"].values())]


def test_every_line_is_an_exact_pin():
    rest = [line for line in LINES if not line.startswith("#")]
    assert not [line for line in rest if not re.fullmatch(r"[\w.-]+==[\w.!]+", line)]


def test_torch_is_the_plain_version():
    assert PINS["torch"] == "2.13.0"
    assert not [name for name in PINS if name.startswith(("nvidia", "cuda", "triton"))]


def test_every_direct_dependency_is_pinned_within_its_bounds():
    for wanted in map(Requirement, DIRECT):
        name = canonicalize_name(wanted.name)
        if name != "softmax-lessons":
            assert wanted.specifier.contains(PINS[name]), wanted


def test_pins_suit_every_python_3_11():
    """Debian 12 has Python 3.11.2; some packages ask for a later one."""
    wants = {d.name: d.metadata.get("Requires-Python") for d in importlib.metadata.distributions()}
    too_new = [name for name, asked in wants.items() if "3.11.0" not in SpecifierSet(asked or "")]
    assert not too_new
