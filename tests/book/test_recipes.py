"""Each cell of the recipes runs when it is copied alone, is short, and answers its question."""

import contextlib
import io
import re

import pytest
from support import pages

PAGE = "book/appendix/recipes"
CELLS = [cell for cell in pages.code_cells(PAGE) if "remove-cell" not in pages.tags(cell)]
RECIPES = re.split(r"^## ", pages.text(PAGE), flags=re.MULTILINE)[1:-1]  # the last: References
IMPORT = re.compile(r"^(?:import|from) ")
every_cell = pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.id)
every_recipe = pytest.mark.parametrize("recipe", RECIPES, ids=lambda text: text.split("\n")[0])


@every_cell
def test_a_cell_runs_alone_and_prints_what_the_page_shows(cell):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(cell.source, "recipe", "exec"), {"__name__": "__main__"})
    (output,) = cell.outputs
    assert printed.getvalue() == output.text != ""


@every_cell
def test_a_cell_has_ten_lines_at_most_beside_its_imports(cell):
    lines = [line for line in cell.source.split("\n") if line.strip()]
    assert len([line for line in lines if not IMPORT.match(line)]) <= 10
    assert max(map(len, lines)) <= 77, "wider than its box on a window of 1280 pixels"


@every_cell
def test_a_cell_without_pytorch_runs_in_the_page(cell):
    modules = set(re.findall(r"^(?:import|from) (\w+)", cell.source, re.MULTILINE))
    assert modules <= {"math", "numpy", "softmax_lessons"} or "torch" in modules


@every_recipe
def test_a_recipe_is_a_question_and_links_to_the_page_that_explains_it(recipe):
    heading, *_ = recipe.split("\n")
    assert heading.endswith("?") or ": " in heading
    assert re.search(r"\]\((?:\.\./\d[^)]+\.ipynb|#misuse-[\w-]+)\)", recipe)


def test_the_questions_are_as_many_as_the_page_says():
    assert len(RECIPES) == 14
    assert "fourteen questions" in pages.text(PAGE)


def test_the_page_begins_with_links_to_all_of_them():
    start = pages.text(PAGE).partition("\n## ")[0]
    labels = re.findall(r"^\((recipe-[\w-]+)\)=$", pages.text(PAGE), re.MULTILINE)
    assert len(labels) == len(RECIPES)
    assert sorted(re.findall(r"\(#(recipe-[\w-]+)\)", start)) == sorted(labels)
