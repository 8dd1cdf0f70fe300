"""The wheel and the sdist hold the package and nothing else, and say of it what is true.

DIST names the folder of the two, if they are built already.
"""

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest
import tomllib

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
STEM = f"softmax_lessons-{PROJECT['version']}"
ABOUT = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE", "top_level.txt"}
KINDS = {".py", ".mjs", ".mo", ".typed", ".ttf", "LICENSE"}
EGG = {
    "entry_points.txt",
    "PKG-INFO",
    "SOURCES.txt",
    "dependency_links.txt",
    "requires.txt",
    "top_level.txt",
}


def run(*command):
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    """The folder of the wheel and the sdist. The wheel is built from the sdist."""
    if "DIST" in os.environ:
        return Path(os.environ["DIST"])
    folder = tmp_path_factory.mktemp("dist")
    run("build", "--no-isolation", "--outdir", str(folder), str(ROOT))
    return folder


@pytest.fixture(scope="module")
def wheel(dist):
    with zipfile.ZipFile(dist / f"{STEM}-py3-none-any.whl") as archive:
        yield archive


def package():
    """Return the files that belong into both: modules, a face, tables, the mark of types."""
    files = [file for file in (ROOT / "softmax_lessons").rglob("*") if file.is_file()]
    files = [file for file in files if "__pycache__" not in file.parts and file.suffix != ".po"]
    assert {file.suffix or file.name for file in files} == KINDS
    return {file.relative_to(ROOT).as_posix() for file in files}


def test_there_are_two_files(dist):
    built = {file.name for file in dist.iterdir() if not file.name.startswith(".")}
    assert built == {f"{STEM}-py3-none-any.whl", f"{STEM}.tar.gz"}


def test_what_the_wheel_holds(wheel):
    assert set(wheel.namelist()) == package() | {f"{STEM}.dist-info/{name}" for name in ABOUT}
    for name in package():
        assert wheel.read(name) == (ROOT / name).read_bytes(), name


def test_what_the_sdist_holds(dist):
    with tarfile.open(dist / f"{STEM}.tar.gz") as archive:
        names = {member.name for member in archive if member.isfile()}
    # What builds the wheel. The course, with the tests of both, is the repository.
    extra = {"LICENSE", "PACKAGE.md", "PKG-INFO", "README.md", "pyproject.toml", "setup.cfg"}
    extra |= {f"softmax_lessons.egg-info/{name}" for name in EGG}
    assert names == {f"{STEM}/{name}" for name in package() | extra}


def said(wheel):
    return message_from_bytes(wheel.read(f"{STEM}.dist-info/METADATA"))


def test_what_pypi_shows_leads_nowhere_that_pypi_lacks(wheel):
    text = said(wheel).get_payload(decode=True).decode()
    assert text.strip() == (ROOT / "PACKAGE.md").read_text(encoding="utf-8").strip()
    links = re.findall(r"\]\((.*?)\)|\b(?:href|src)=\W(.*?)[\"']", text)
    assert not [link for link in map("".join, links) if not link.startswith("https://")]


def test_what_the_wheel_says(wheel):
    metadata = said(wheel)
    assert metadata["Version"] == PROJECT["version"]
    assert metadata["Requires-Python"] == PROJECT["requires-python"]
    assert metadata.get_all("Classifier") == PROJECT["classifiers"]
    wanted = metadata.get_all("Requires-Dist")
    assert [line for line in wanted if "extra ==" not in line] == PROJECT["dependencies"]


def test_what_twine_says(dist):
    said = run("twine", "check", "--strict", *map(str, dist.glob("softmax_lessons*")))
    assert said.count("PASSED") == 2


def test_what_check_wheel_contents_says(dist):
    said = run("check_wheel_contents", *map(str, dist.glob("*.whl")))
    assert said.rstrip().endswith(": OK")
