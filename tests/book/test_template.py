"""Each chapter has the frame that readers come to rely on."""

import re

import pages
import pytest

every_chapter = pytest.mark.parametrize("page", pages.CHAPTERS)
LAST_SECTIONS = ["What people get wrong", "Summary", "Exercises", "References"]


@every_chapter
def test_opening_says_what_and_how_long(page):
    heading, opening = re.split(r"\n\n+", pages.text(page))[:2]
    assert re.fullmatch(r"# .+", heading)
    assert re.fullmatch(r"\*[^*].+[^*]\*", opening), opening
    assert "You will be able to" in opening
    assert " minutes" in opening


@every_chapter
def test_reader_predicts_first(page):
    before_the_body = re.split(r"^## ", pages.text(page), flags=re.MULTILINE)[0]
    assert re.search(r"^:+\{admonition\} Predict first$", before_the_body, re.MULTILINE)
    assert re.search(r"^:+\{dropdown\} ", before_the_body, re.MULTILINE), "no answer to open"


@every_chapter
def test_last_sections_are_there_in_order(page):
    sections = re.findall(r"^## (.+)$", pages.text(page), re.MULTILINE)
    assert [section for section in sections if section in LAST_SECTIONS] == LAST_SECTIONS


@every_chapter
def test_every_exercise_has_a_solution(page):
    exercises = re.findall(r"\{exercise(?:-start)?\}[^:]*?:label: (\S+)", pages.text(page))
    solutions = re.findall(r"\{solution(?:-start)?\} (\S+)", pages.text(page))
    assert len(exercises) >= 2
    assert sorted(exercises) == sorted(solutions)


@every_chapter
def test_there_is_a_figure(page):
    assert any("figure" in cell.metadata.get("mystnb", {}) for cell in pages.code_cells(page))
