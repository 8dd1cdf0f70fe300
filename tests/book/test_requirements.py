"""requirements.txt is what `make lock` would make of pyproject.toml, for each Python."""

import importlib.metadata
import itertools

import pytest
import tomllib
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from support import pages

TEXT = (pages.ROOT / "requirements.txt").read_text()
PINS = [Requirement(line) for line in TEXT.splitlines() if not line.startswith("#")]
PROJECT = tomllib.loads((pages.ROOT / "pyproject.toml").read_text())["project"]
DIRECT = [*PROJECT["dependencies"], *itertools.chain(*PROJECT["optional-dependencies"].values())]
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
# Where the course is set up, in the words of markers.
SYSTEMS = [
    {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"},
    {"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64"},
]


def pins(python, system):
    """What is installed there."""
    where = {"python_version": python, "python_full_version": f"{python}.0", **system}
    found = [pin for pin in PINS if pin.marker is None or pin.marker.evaluate(where)]
    versions = {pin.name: str(pin.specifier).removeprefix("==") for pin in found}
    assert len(versions) == len(found), "two versions of one package"
    return versions


def test_every_line_is_an_exact_pin():
    for pin in PINS:
        (bound,) = pin.specifier
        assert bound.operator == "==", pin
        assert "*" not in bound.version, pin


def test_torch_is_the_plain_version():
    (torch,) = [pin for pin in PINS if pin.name == "torch"]
    assert str(torch) == "torch==2.13.0"
    assert not [pin for pin in PINS if pin.name.startswith(("nvidia", "cuda", "triton"))]


@pytest.mark.parametrize("system", SYSTEMS, ids=["linux", "macos"])
@pytest.mark.parametrize("python", PYTHONS)
def test_every_direct_dependency_is_pinned_within_its_bounds(python, system):
    there = pins(python, system)
    for wanted in map(Requirement, DIRECT):
        name = canonicalize_name(wanted.name)
        if name != "softmax-lessons":
            assert wanted.specifier.contains(there[name]), wanted


def test_what_torch_needs_is_pinned():
    """uv does not see torch, so `make lock` asks the installed one."""
    there = pins(PYTHONS[0], SYSTEMS[0])
    needs = [one for one in importlib.metadata.requires("torch") if "extra ==" not in one]
    for wanted in map(Requirement, needs):
        if not wanted.name.startswith(("nvidia", "cuda", "triton")):
            assert wanted.specifier.contains(there[canonicalize_name(wanted.name)]), wanted


@pytest.mark.parametrize("python", PYTHONS)
def test_pins_suit_the_first_release_of_each_python(python):
    """Debian 12 has Python 3.11.2; some packages ask for a later one."""
    wants = {d.name: d.metadata.get("Requires-Python") for d in importlib.metadata.distributions()}
    bad = [name for name, asked in wants.items() if f"{python}.0" not in SpecifierSet(asked or "")]
    assert not bad


def test_the_site_does_without_torch():
    """`make book` sets up this extra and what it leads to."""
    wanted, found = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["site"]], set()
    while wanted:
        one = Requirement(wanted.pop())
        if one.name not in found and (one.marker is None or one.marker.evaluate({"extra": ""})):
            found.add(one.name)
            wanted += importlib.metadata.requires(one.name) or []
    assert {"jupyter-book", "sphinx", "pytest"} <= found
    assert not found & {"matplotlib", "playwright", "scipy", "seaborn", "torch"}
