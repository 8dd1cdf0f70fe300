"""How long a page takes to read: the rule, and the minutes at the links to the pages around it.

What a chapter says of itself is held to the same rule, in `tests/book/test_template.py`.
"""

from __future__ import annotations

import functools
import math
import re
from typing import Any

import nbformat
import phrases
from docutils import nodes
from sphinx.application import Sphinx

CHAPTER = re.compile(r"book/\d.*")


def minutes(cells: list[Any]) -> int:
    """Return the minutes that a page takes, without its exercises, rounded up to five."""
    lesson, _ = lesson_and_exercises(cells)
    return 5 * math.ceil(sum(map(seconds, lesson)) / 300)


def exercise_minutes(cells: list[Any]) -> int:
    """Return the minutes that a page's exercises take, rounded up to five.

    What has to be read, and two minutes for a quick exercise (`:class: quick`), fifteen for one
    in which something is built and checked, five for any other.
    """
    _, exercises = lesson_and_exercises(cells)
    total = sum(map(seconds, exercises))
    whole = "\n".join(cell.source for cell in exercises)
    for task in re.findall(r"\{exercise-start\}.*?\{exercise-end\}", whole, re.DOTALL):
        quick = re.search(r"^:class: quick$", task, re.MULTILINE)
        total += 60 * (15 if "exercises.check(" in task else 2 if quick else 5)
    return 5 * math.ceil(total / 300)


def lesson_and_exercises(cells: list[Any]) -> tuple[list[Any], list[Any]]:
    """Return a page's cells in two lists, text split at its headings."""
    lesson: list[Any] = []
    exercises: list[Any] = []
    section = lesson
    for cell in cells:
        if cell.cell_type == "code":
            section.append(cell)
            continue
        for source in re.split(r"^(?=## )", cell.source, flags=re.MULTILINE):
            if source.startswith("## "):
                section = exercises if source.startswith(f"## {phrases.EXERCISES}\n") else lesson
            section.append(nbformat.v4.new_markdown_cell(source))
    return lesson, exercises


def seconds(cell: Any) -> float:
    """Return the seconds that a cell takes to read.

    0.3 a word, 24 an equation, 5 a line of shown code, 3 a line of shown output, 30 a figure or a
    quick check, 60 a live figure.
    """
    if cell.cell_type == "markdown":
        return seconds_of_text(cell.source)
    hidden = set(cell.metadata.get("tags", []))
    if "remove-cell" in hidden:
        return 0.0
    folded = {"remove-input", "hide-input", "hide-cell"} & hidden
    total = 0.0 if folded else 5.0 * lines(cell.source)
    if not {"remove-output", "hide-output", "hide-cell"} & hidden:
        total += sum(map(seconds_of_output, cell.outputs))
    return total


def seconds_of_text(markdown: str) -> float:
    """Return the seconds for text, with its equations and its blocks of code."""
    equations = re.compile(r"\$\$.*?\$\$|^```\{math\}.*?^```", re.DOTALL | re.MULTILINE)
    code = re.compile(r"^(`{3,})(?!\{)\w*\n(.*?)^\1", re.DOTALL | re.MULTILINE)
    blocks = [block[2] for block in code.finditer(equations.sub("", markdown))]
    prose = code.sub("", equations.sub("", markdown))
    # What no reader sees: addresses of links, labels, options of directives.
    prose = re.sub(r"\]\([^)\s]*\)|^\([\w-]+\)=$|^:[\w-]+:.*$", "", prose, flags=re.MULTILINE)
    words = re.findall(r"\w[\w'’.-]*", prose)
    total = 0.3 * len(words) + 24 * len(equations.findall(markdown))
    return total + sum(map(seconds_of_block, blocks))


def seconds_of_block(code: str) -> float:
    """Return the seconds for code in the text; in a session, what has no prompt is output."""
    shown = [line for line in code.splitlines() if line.strip()]
    session = any(line.startswith(">>>") for line in shown)
    return sum(3 if session and not line.startswith((">>>", "...")) else 5 for line in shown)


def seconds_of_output(output: Any) -> float:
    """Return the seconds for one output of a cell."""
    shown = output.get("data", {})
    page = "".join(shown.get("text/html", ""))
    if "image/svg+xml" in shown or "<softmax-check" in page:
        return 30.0
    if "<softmax-" in page:
        return 60.0
    words = output.get("text") or shown.get("text/plain") or "\n".join(output.get("traceback", []))
    return 3.0 * lines(words)


def lines(words: str) -> int:
    """Return how many lines hold something."""
    return sum(bool(line.strip()) for line in words.splitlines())


def name_minutes(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None
) -> None:
    """Give the template the minutes of the chapters before and after a page."""
    _, *around = app.builder.relations.get(page, (None, None, None))  # type: ignore[attr-defined]
    for side, other in zip(("prev_minutes", "next_minutes"), around, strict=True):
        if other and CHAPTER.fullmatch(other):
            context[side] = minutes_of(app.env.doc2path(other))


@functools.cache  # for the pages on both sides of a chapter
def minutes_of(path: str) -> int:
    """Return the minutes that the notebook in a file takes."""
    return minutes(nbformat.read(path, as_version=4).cells)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect it to Sphinx."""
    app.connect("html-page-context", name_minutes)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
