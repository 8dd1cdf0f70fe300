"""Each chapter has the frame that readers come to rely on."""

import ast
import gettext
import re

import phrases
import pytest
from support import pages

from softmax_lessons import exercises

PACKAGE = pages.ROOT / "softmax_lessons" / "locale"
said = phrases._


def the_checker_says(verdict):
    """Return a verdict in the language of the book."""
    table = gettext.translation("softmax_lessons", PACKAGE, [phrases.language()], fallback=True)
    return table.gettext(verdict)


def section(page, heading):
    """Return the text below a heading of a page, up to the next."""
    return pages.text(page).split(f"\n## {heading}\n")[1].split("\n## ")[0]


every_chapter = pytest.mark.parametrize("page", pages.CHAPTERS)
BEFORE_THE_QUESTION = [
    "Something is wrong? Look up the symptom", "Start from a script that seems to work",
]  # fmt: skip
LAST_SECTIONS = [phrases.MISTAKES, phrases.SUMMARY, phrases.EXERCISES, phrases.REFERENCES]


@every_chapter
def test_opening_says_what_and_how_long(page):
    heading, opening = re.split(r"\n\n+", pages.text(page))[:2]
    assert re.fullmatch(r"# .+", heading)
    assert re.fullmatch(r"\*[^*].+[^*]\*", opening), opening
    assert phrases.OPENING in opening
    assert pages.minutes(page) <= 30, "a page above 30 minutes is two pages"
    time = phrases.TIME.format(
        lesson=phrases.in_words(pages.minutes(page)).capitalize(),
        exercises=phrases.in_words(pages.exercise_minutes(page)),
    )
    assert time in opening


def test_course_lists_each_chapter_with_its_minutes():
    course = section("book/index", phrases.COURSE)
    listed = [chapter for chapter, _ in timed(course)]
    assert [chapter for chapter in listed if chapter in pages.CHAPTERS] == pages.CHAPTERS
    there = pages.WRITTEN if phrases.language() == "en" else pages.PAGES
    assert {*listed} == {page for page in there if re.match(r"book/\d", page)}
    exercises = sum(map(pages.exercise_minutes, listed))
    assert said(", and {n} for the exercises").format(n=exercises) in course


def test_way_through_the_book_says_how_long_it_takes():
    front = pages.text("book/index")
    ways = section("book/index", phrases.WAYS) if f"## {phrases.WAYS}\n" in front else ""
    assert ways or phrases.language() != "en"
    for way in ways.split("{grid-item-card}")[1:]:
        assert timed(way)


def timed(way):
    """Return the chapters of a list and their minutes, which must be right, as must their sum."""
    time = said("{n} minutes").format(n=r"(\d+)")
    chapters = re.findall(rf"\]\(([\w/-]+)\.ipynb\), {time}", way)
    chapters = [(f"book/{chapter}", int(time)) for chapter, time in chapters]
    assert dict(chapters) == {chapter: pages.minutes(chapter) for chapter, _ in chapters}
    (whole,) = re.findall(said("{n} minutes in all").format(n=r"(\d+)"), way)
    assert int(whole) == sum(time for _, time in chapters)
    return chapters


@every_chapter
def test_reader_predicts_first(page):
    question, *checks = quick_checks(page)
    assert re.search(rf"^:+\{{admonition\}} {phrases.PREDICT}$", question.source, re.MULTILINE)
    above = pages.text(page).split(f"}} {phrases.PREDICT}\n")[0]
    before = re.findall(r"^## (.+)", above, re.MULTILINE)
    # The page on misuse opens with what people come to it for, in a hurry.
    assert before == (BEFORE_THE_QUESTION if page == "book/3-pytorch/misuse" else [])
    assert checks, "no quick check below the question"


@every_chapter
def test_answer_to_the_prediction_is_computed_and_not_shown(page):
    for cell in quick_checks(page)[1:]:
        assert "remove-input" in pages.tags(cell)
        assert cell.metadata.jupyter.source_hidden
        call = ast.parse(cell.source).body[-1].value
        assert call.func.id in ("choice", "number")
        (answer,) = [keyword.value for keyword in call.keywords if keyword.arg == "answer"]
        assert any(isinstance(node, ast.Name | ast.Call) for node in ast.walk(answer)), cell.source


def quick_checks(page):
    """The cell that asks to predict, and the quick checks that follow it."""
    cells = pages.notebook(page).cells
    start = next(i for i, cell in enumerate(cells) if phrases.PREDICT in cell.source)
    found = [cells[start]]
    for cell in cells[start + 1 :]:
        if "<softmax-check" not in shown(cell):
            break
        found.append(cell)
    return found


def shown(cell):
    """The HTML that a cell puts out."""
    return "".join(
        output.get("data", {}).get("text/html", "") for output in cell.get("outputs", [])
    )


@every_chapter
def test_last_sections_are_there_in_order(page):
    sections = re.findall(r"^## (.+)$", pages.text(page), re.MULTILINE)
    assert [section for section in sections if section in LAST_SECTIONS] == LAST_SECTIONS


@every_chapter
def test_every_exercise_has_a_solution(page):
    tasks = re.findall(r"\{exercise(?:-start)?\}[^:]*?:label: (\S+)", pages.text(page))
    solutions = re.findall(r"\{solution(?:-start)?\} (\S+)", pages.text(page))
    assert len(tasks) >= 3
    assert sorted(tasks) == sorted(solutions)


@every_chapter
def test_exercises_of_the_chapter_are_checked_and_their_solutions_are_right(page):
    checked = {}
    for cell in pages.code_cells(page):
        if found := re.match(r"exercises\.check\(\"(\w+)\"", cell.source.splitlines()[-1]):
            (output,) = cell.outputs
            checked.setdefault(found[1], []).append(output.data["text/plain"])
    assert checked, "no exercise with a checker"
    whole = "\n".join(cell.source for cell in pages.notebook(page).cells)
    cards = re.findall(r"\{exercise-start\}.*?\{exercise-end\}", whole, re.DOTALL)
    for name, (stub, solution) in checked.items():
        assert f'exercises.check("{name}"' in "".join(cards), f"{name}: its cell is not in the card"
        assert f"{name}: {the_checker_says('not yet')}." in stub
        assert f"{name}: {the_checker_says('right')}." in solution
    of_chapter = exercises.names(page.rpartition("/")[2])
    assert set(checked) <= set(of_chapter)
    for name in of_chapter:
        assert name in checked or re.search(rf"`{name}\b", pages.text(page)), name


def test_exercises_come_in_the_order_of_the_chapters():
    chapters = [page.rpartition("/")[2] for page in pages.CHAPTERS]
    found = list(dict.fromkeys(exercises.task(name).chapter for name in exercises.names()))
    gone = {page.rpartition("/")[2] for page in pages.LEFT_OUT}
    found = [chapter for chapter in found if chapter not in gone]
    assert found == [chapter for chapter in chapters if chapter in found]


@every_chapter
def test_there_is_a_figure(page):
    assert any("figure" in cell.metadata.get("mystnb", {}) for cell in pages.code_cells(page))


@every_chapter
def test_imports_are_folded(page):
    for cell in pages.code_cells(page):
        statements = ast.parse(cell.source).body
        settings = ("np.set_printoptions(", "plotting.use_style(")
        if all(
            isinstance(one, ast.Import | ast.ImportFrom) or ast.unparse(one).startswith(settings)
            for one in statements
        ):
            assert {"remove-cell", "hide-input"} & set(pages.tags(cell)), cell.source
