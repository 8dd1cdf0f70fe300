"""The notebooks for students: no solution is left, and they run without."""

import ast
import json
from pathlib import Path

import pytest
import student

from softmax_lessons.exercises._grade import _solutions, _work

BOOK = {path.stem: path for path in student.book() if _work.read(path).exercises()}
PLAIN = [
    {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "### Exercise 1 (Do)\n\nDo it."},
    {"cell_type": "code", "id": "b", "metadata": {}, "source": "x = 1"},
    {
        "cell_type": "markdown",
        "id": "c",
        "metadata": {},
        "source": "#### Solution to Exercise 1 (Do)\n\n<details>\n<summary>Solution</summary>\n\n"
        "So.\n\n</details>",
    },
    {
        "cell_type": "code",
        "id": "d",
        "metadata": {"jupyter": dict(_work.FOLDED)},
        "source": "x = 2",
    },
    {
        "cell_type": "markdown",
        "id": "e",
        "metadata": {},
        "source": "<details>\n<summary>Solution</summary>\n\nAnd so.\n\n</details>\n\n"
        "### Exercise 2 (Go)\n\nGo.",
    },
    {"cell_type": "code", "id": "f", "metadata": {}, "source": "x = 3"},
]


@pytest.fixture(scope="module", params=BOOK)
def pair(request):
    """A notebook of the book, and what is left of it for students."""
    full = json.loads(Path(BOOK[request.param]).read_text(encoding="utf-8"))
    return full, student.without_solutions(full)


def text(notebook):
    return "\n".join(_work.source_of(cell) for cell in notebook["cells"])


def test_no_solution_is_left(pair):
    full, own = pair
    assert text(full).count("{solution-start}") > 0
    assert "solution-" not in text(own)
    assert text(own).count("{exercise-start}") == text(full).count("{exercise-start}")
    assert text(own).count("{exercise-end}") == text(full).count("{exercise-end}")
    left = [piece for piece in _work.cells(own) if piece.in_solution]
    assert not left
    assert text(own).endswith(text(full)[-200:])  # the references


def test_what_is_left_needs_nothing_that_is_gone(pair):
    full, own = ([piece.tree for piece in _work.cells(one) if piece.tree] for one in pair)
    kept = {ast.dump(tree) for tree in own}
    gone = [tree for tree in full if ast.dump(tree) not in kept]
    assert gone
    assert not (names(gone, ast.Store) - names(own, ast.Store)) & names(own, ast.Load)


def names(trees, context):
    """Return the names that code binds, or reads."""
    found = set()
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, context):
                found.add(node.id)
            elif isinstance(node, (ast.FunctionDef, ast.ClassDef)) and context is ast.Store:
                found.add(node.name)
            elif isinstance(node, ast.alias) and context is ast.Store:
                found.add((node.asname or node.name).partition(".")[0])
            elif isinstance(node, ast.arg) and context is ast.Store:
                found.add(node.arg)
    return found


def test_cells_stay_linked(pair):
    full, _ = pair
    student.link(full)
    cells = {cell["id"]: cell for cell in full["cells"]}
    asking = [c for c in cells.values() if "solution" in c["metadata"].get(student.KEY, {})]
    assert asking
    for cell in asking:
        exercise = cell["metadata"][student.KEY]
        assert exercise["solution"], exercise
        for name in exercise["solution"]:
            assert cells[name]["metadata"][student.KEY] == {"name": exercise["name"]}


def test_downloads_lose_theirs_too():
    own = student.without_solutions({"cells": PLAIN})
    assert [cell["id"] for cell in own["cells"]] == ["a", "b", "e", "f"]
    assert own["cells"][2]["source"] == "### Exercise 2 (Go)\n\nGo."


def test_the_grader_knows_the_solutions_of_the_book():
    """Else `make student` writes them anew."""
    namespace = {}
    exec(student.digests(student.book()), namespace)
    assert namespace["SOLUTIONS"] == _solutions.SOLUTIONS
    asked = {name for path in BOOK.values() for name in _work.read(path).exercises()}
    assert set(_solutions.SOLUTIONS) == asked
