"""Each exhibit of the museum of misuse leads to the test that guards its cure."""

import ast
import math
import re

import pytest
from support import pages

MISUSE, GUARDS = "book/3-pytorch/misuse", "book/appendix/guards"
TESTS = pages.ROOT / "tests" / "package" / "test_misuse.py"
EXHIBIT = r"\(misuse-([\w-]+)\)=\n### ([^\n]+)\n(.*?)(?=\n\(misuse-|\n##+ |\Z)"
EXHIBITS = re.findall(EXHIBIT, pages.text(MISUSE), re.DOTALL)
GUARD = (
    r"\(guard-([\w-]+)\)=\n### (.+)\n\nGuards \[this exhibit\]\(#misuse-([\w-]+)\)\.\n\n"
    r"```\{literalinclude\} (.+)\n:pyobject: (\w+)\n```"
)
FOUND = re.findall(GUARD, pages.text(GUARDS))
BOX = r"^:::\{admonition\} Where it bit people\n:class: dropdown\n(.*?)\n:::$"
OPENING = pages.text(MISUSE).split("\n(symptoms)=\n## ")[1].split("\n## ")[0]
HEADS = "| Symptom | Cause | Cure |"
SYMPTOMS = [line for line in OPENING.splitlines() if line.startswith("| ") and line != HEADS]
REPORTS = re.findall(BOX, pages.text(MISUSE), re.DOTALL | re.MULTILINE)
every_exhibit = pytest.mark.parametrize(("slug", "heading", "text"), EXHIBITS)


def test_there_are_fifteen_exhibits_in_five_rooms():
    assert len(EXHIBITS) == len({slug for slug, *_ in EXHIBITS}) == 15
    assert len(re.findall(r"^## Room \d: ", pages.text(MISUSE), re.MULTILINE)) == 5


def test_exhibits_and_guards_stand_in_the_same_order():
    listed = [(slug, heading) for slug, heading, *_ in FOUND]
    assert listed == [(slug, heading) for slug, heading, _ in EXHIBITS]
    assert pages.text(GUARDS).count("(guard-") == len(FOUND)


@every_exhibit
def test_an_exhibit_links_to_its_guard(slug, heading, text):
    ((words, target),) = re.findall(r"Guard: \[(.+?)\]\(#([\w-]+)\)\.", text)
    (name,) = [name for guarded, *_, name in FOUND if guarded == slug]
    assert target == f"guard-{slug}"
    assert words.replace("_", " ") == name.removeprefix("test_").replace("_", " ")


@every_exhibit
def test_an_exhibit_begins_with_three_short_lines(slug, heading, text):
    lines = text.partition("\n\n")[0].strip().splitlines()
    assert [line.partition(":** ")[0] for line in lines] == [
        "- **Symptom", "- **Cause", "- **Cure",
    ]  # fmt: skip
    assert max(map(len, lines)) <= 120
    assert text.count("**Cure:**") == 1


def test_the_symptoms_stand_in_groups_by_what_one_sees():
    start = r"^\(symptoms-[\w-]+\)=\n### .+\n\n" + re.escape(HEADS)
    groups = re.findall(start, OPENING, re.MULTILINE)
    assert len(groups) == OPENING.count(HEADS) == 6


def test_each_room_ends_with_where_it_bit_in_a_folded_box():
    rooms = re.split(r"^## Room \d: ", pages.text(MISUSE), flags=re.MULTILINE)[1:]
    assert len(REPORTS) == len(rooms) == 5
    for room, report in zip(rooms, REPORTS, strict=True):
        exhibits = re.findall(r"^\(misuse-([\w-]+)\)=$", room, re.MULTILINE)
        assert re.findall(r"^- \[[^]]+\]\(#misuse-([\w-]+)\): ", report, re.MULTILINE) == exhibits
        assert report in room
        for line in report.splitlines():
            link = r"\]\(https://github\.com/[\w.-]+/[\w.-]+/(issues|pull)/\d+\)"
            assert re.search(link, line), line


@every_exhibit
def test_an_exhibit_has_a_row_in_the_table_of_symptoms(slug, heading, text):
    rows = [line for line in SYMPTOMS if f"](#misuse-{slug})" in line]
    assert rows, "one at least: a mistake may show in two ways"


def test_each_symptom_has_a_cause_with_a_link_and_a_cure():
    for row in SYMPTOMS:
        symptom, cause, cure = (cell.strip() for cell in row.strip("|").split("|"))
        assert symptom
        assert "](" in cause
        assert cure


def test_the_numbers_of_the_symptoms_are_right():
    """Those of a model that knows nothing, and the floors of the doubled loss."""
    for row, value in zip(
        SYMPTOMS[:2], (math.log, lambda k: math.log(1 + (k - 1) / math.e)), strict=False
    ):
        found = re.findall(r"(\d+\.\d+) with (\d+)", row)
        assert [int(k) for _, k in found] == [2, 10, 100, 1000]
        assert [number for number, _ in found] == [f"{value(int(k)):.3f}" for _, k in found]


@pytest.mark.parametrize(("slug", "heading", "exhibit", "file", "name"), FOUND)
def test_a_guard_is_a_test_that_asserts(slug, heading, exhibit, file, name):
    assert exhibit == slug
    assert (pages.ROOT / GUARDS).parent.joinpath(file).resolve() == TESTS
    assert name.startswith("test_")
    tree = ast.parse(TESTS.read_text(encoding="utf-8"))
    (test,) = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name]
    assert any(
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.Call) and getattr(node.func, "id", "").startswith("assert_"))
        for node in ast.walk(test)
    )
