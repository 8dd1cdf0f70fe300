"""Each cell imports what it needs, so that NumPy's cells run where torch is missing."""

import ast
import symtable

import pytest
from support import pages

LIGHT = {"numpy", "softmax_lessons"}  # what each page starts with
HEAVY = ("torch", "scipy", "sklearn", "seaborn", "softmax_lessons.pytorch")  # not in a browser
PARTS = [page for page in pages.CHAPTERS if page.startswith(("book/1-", "book/2-", "book/3-"))]
SHORT = [page for page in PARTS if not page.startswith("book/3-")]


def shown_cells(page):
    """The code cells whose code a reader sees."""
    hidden = {"remove-cell", "remove-input"}
    return [cell for cell in pages.code_cells(page) if not hidden & set(pages.tags(cell))]


def imports(source):
    """Each name that a cell binds by an import, with what it imports."""
    found = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.partition(".")[0]] = alias.name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def names(source):
    """The names that a cell binds for others, and those that others have to bind for it."""
    whole = symtable.symtable(source, "cell", "exec")
    bound = {s.get_name() for s in whole.get_symbols() if s.is_assigned() or s.is_imported()}
    wanted, tables = set(), [whole]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        wanted |= {
            s.get_name()
            for s in table.get_symbols()
            if s.is_referenced() and (s.is_global() or table is whole)
        }
    return bound, wanted - bound


def without_heavy(page):
    """Tell for each cell that a reader sees whether it runs where only NumPy's cells have run."""
    lost, answers = set(), []
    for cell in shown_cells(page):
        bound, wanted = names(cell.source)
        heavy = any(what.startswith(HEAVY) for what in imports(cell.source).values())
        runs = not (heavy or wanted & lost)
        lost = lost - bound if runs else lost | bound
        answers.append(runs)
    return answers


@pytest.mark.parametrize("page", PARTS)
def test_a_page_starts_with_what_is_light(page):
    first = imports(shown_cells(page)[0].source)
    assert {what.partition(".")[0] for what in first.values()} == LIGHT
    assert not {"softmax_lessons.plotting", "softmax_lessons.pytorch"} & set(first.values())


@pytest.mark.parametrize("page", PARTS)
def test_each_other_import_stands_where_it_is_first_needed(page):
    for cell in shown_cells(page)[1:]:
        found = imports(cell.source)
        used = {node.id for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Name)}
        assert set(found) <= used, cell.source


@pytest.mark.parametrize("page", SHORT)
def test_the_exercises_need_numpy_alone(page):
    cells = zip(shown_cells(page), without_heavy(page), strict=True)
    assert all(runs for cell, runs in cells if "exercises.check(" in cell.source)


def test_nine_of_ten_cells_of_the_first_two_parts_need_numpy_alone():
    answers = [runs for page in SHORT for runs in without_heavy(page)]
    assert sum(answers) >= 0.9 * len(answers), f"{sum(answers)} of {len(answers)}"
