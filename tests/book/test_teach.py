"""The plans of the page for teachers add up, and its questions are those of the chapters."""

import json
import re
from html import unescape

import pytest
from support import pages

PAGE = "book/appendix/teach"
PLANS = [("**A week**", "Day"), ("**A term**", "Week")]
LINKED = re.compile(r"\]\(\.\./([\w/-]+)\.ipynb\)")
CHECK = re.compile(r'<softmax-check [^>]*config="([^"]*)"')


def rows(start):
    """Return the rows of the table below a paragraph that starts so."""
    table = pages.text(PAGE).partition(f"\n{start}")[2].partition("\n| ")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in table.split("\n")[2:]]


def chapters(cell):
    return [f"book/{name}" for name in LINKED.findall(cell)]


@pytest.mark.parametrize(("plan", "unit"), PLANS)
def test_plan_has_the_minutes_that_the_pages_name(plan, unit):
    meetings = rows(plan)
    assert [when for when, *_ in meetings] == [f"{unit} {i + 1}" for i in range(len(meetings))]
    for _, cell, reading, exercises in meetings:
        assert int(reading) == sum(map(pages.minutes, chapters(cell))), cell
        assert int(exercises) == sum(map(pages.exercise_minutes, chapters(cell))), cell


@pytest.mark.parametrize("plan", [plan for plan, _ in PLANS])
def test_plan_keeps_the_order_of_the_book(plan):
    planned = [page for _, cell, *_ in rows(plan) for page in chapters(cell)]
    shown = [page for page in planned if page in pages.PAGES]  # of the others, nothing says where
    assert shown == sorted(shown, key=pages.PAGES.index)


def test_term_takes_every_chapter_or_names_it_as_a_project():
    planned = [page for _, cell, *_ in rows("**A term**") for page in chapters(cell)]
    projects = pages.text(PAGE).partition("makes projects:")[2].partition("\n")[0]
    assert {*planned, *chapters(projects)} == {
        page for page in pages.WRITTEN if re.match(r"book/\d", page)
    }


def test_lecture_takes_ninety_minutes():
    assert sum(int(time.removesuffix("&nbsp;minutes")) for time, *_ in rows("**A lecture")) == 90


@pytest.mark.parametrize("row", rows("Each chapter asks"), ids=lambda row: row[0])
def test_tempting_answer_is_offered_and_wrong(row):
    where, _, tempting, _ = row
    (page,) = chapters(where)
    outputs = [output for cell in pages.code_cells(page) for output in cell.outputs]
    html = "".join(output.get("data", {}).get("text/html", "") for output in outputs)
    check = json.loads(unescape(CHECK.search(html)[1]))
    answers = [answer for answer, _ in check["options"]]
    assert tempting.strip('"') in answers
    assert tempting.strip('"') != answers[check["answer"]]
