"""A public function is in each file that CONTRIBUTING.md says an added one touches."""

import re

import pytest
from support import family, pages

import softmax_lessons
from softmax_lessons import activations, normalizers

NAMES = softmax_lessons.__all__
FAMILY = [*activations.__all__, *normalizers.__all__]
EXACT = {"hardmax": "zeros and ones have no error"}


def in_a_test(name):
    files = (pages.ROOT / "tests" / "package").glob("test_*.py")
    return any(re.search(rf"\b{name}\(", file.read_text()) for file in files)


def in_the_lists(name):
    listed = [*family.ACTIVATIONS, *family.NORMALIZERS, *family.ELEMENTWISE]
    assert set(family.EVERYTHING) == set(listed)
    return name in [function.__name__ for function in listed]


def named(file, pattern=r"\b{}\b"):
    text = (pages.ROOT / file).read_text()
    return lambda name: bool(re.search(pattern.format(name), text))


# The file, which functions it concerns, and whether one is in it.
TOUCHED = {
    "tests/package/test_": (NAMES, in_a_test),
    "book/appendix/api.md": (
        NAMES,
        named("book/appendix/api.md", r"(?m)^\.\. auto(?:function|class):: {}\b"),
    ),
    "CHANGELOG.md": (NAMES, named("CHANGELOG.md", r"`[^`\n]*\b{}\b[^`\n]*`")),
    "tests/support/family.py": (FAMILY, in_the_lists),
    "tests/package/test_accuracy.py": (
        [name for name in activations.__all__ if name not in EXACT],
        named("tests/package/test_accuracy.py"),
    ),
    "tests/package/test_edges.py": (FAMILY, lambda name: in_the_lists(name) and edges_read_lists()),
    "tests/support/misuse.py": (activations.__all__, named("tests/support/misuse.py")),
}


def edges_read_lists():
    text = (pages.ROOT / "tests/package/test_edges.py").read_text()
    return all(f'"function", {name}' in text for name in ("EVERYTHING", "WITH_AXIS"))


def section():
    text = (pages.ROOT / "CONTRIBUTING.md").read_text()
    return text.split("\n## Add a function\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("file", TOUCHED)
def test_every_function_is_in_the_file(file):
    names, holds = TOUCHED[file]
    forgotten = [name for name in names if not holds(name)]
    assert not forgotten, f"CONTRIBUTING.md, Add a function: {file}"


@pytest.mark.parametrize("file", TOUCHED)
def test_a_forgotten_one_is_noticed(file):
    _, holds = TOUCHED[file]
    assert not holds("a_new_function")


@pytest.mark.parametrize("file", TOUCHED)
def test_the_guide_names_the_file(file):
    assert f"`{file}" in section()


def test_there_is_a_place_for_what_is_new():
    headings = re.findall(r"^## (.+)$", (pages.ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased"
