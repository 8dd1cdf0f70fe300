"""The pages of the book, as `_toc.yml` lists them: where they are and what they hold.

SITE names the folder of the built pages to look at; `make test` builds its own.
"""

from __future__ import annotations

import functools
import math
import os
import re
from pathlib import Path

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / (os.environ.get("SITE") or "_build/test/_build/html")
FORK = "teacher/fork-of-lessons"  # what `make test` builds the site as
BASE = "/fork-of-lessons/"  # where GitHub Pages would serve it


def listed() -> list[str]:
    """Return the pages of the table of contents, root first, without file endings."""
    return list(_files(yaml.safe_load((ROOT / "_toc.yml").read_text())))


def _files(node):
    if isinstance(node, dict):
        node = {name: value for name, value in node.items() if name != "meta"}
        yield from (value for key, value in node.items() if key in ("root", "file"))
    for child in node.values() if isinstance(node, dict) else node:
        if isinstance(child, dict | list):
            yield from _files(child)


PAGES = listed()
# Pages that this copy of the book leaves out: see book/_ext/left_out.py.
LEFT_OUT = yaml.safe_load((ROOT / "_toc.yml").read_text()).get("meta", {}).get("left_out", [])
NOTEBOOKS = [page for page in PAGES if (ROOT / f"{page}.ipynb").exists()]
CHAPTERS = [page for page in PAGES if re.match(r"book/\d", page)]
WRITTEN = [*PAGES, *LEFT_OUT]  # whether or not this copy shows them


@functools.cache
def notebook(page: str):
    """Return the notebook behind a page."""
    return nbformat.read(ROOT / f"{page}.ipynb", as_version=4)


def code_cells(page: str) -> list:
    """Return the notebook's code cells, in order."""
    return [cell for cell in notebook(page).cells if cell.cell_type == "code"]


@functools.cache
def text(page: str) -> str:
    """Return what the author wrote between the code cells."""
    if not (ROOT / f"{page}.ipynb").exists():
        return (ROOT / f"{page}.md").read_text()
    cells = notebook(page).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def title(page: str) -> str:
    """Return the page's title as a reader sees it."""
    found = re.search(r"^# (.+)$", text(page), re.MULTILINE)
    return re.sub(r"[*`]", "", found[1]).strip() if found else ""


def straight(words: str) -> str:
    """Undo the quotation marks that Sphinx makes curly."""
    return words.translate(str.maketrans("‘’“”", "''\"\""))


def tags(cell) -> list[str]:
    """Return a cell's tags."""
    return cell.metadata.get("tags", [])


def published() -> list[str]:
    """Return every built page, listed or not, such as the search."""
    files = [path.relative_to(SITE) for path in SITE.rglob("*.html")]
    return sorted(file.with_suffix("").as_posix() for file in files if "_static" not in file.parts)


@functools.cache
def built(page: str) -> BeautifulSoup:
    """Return the built page; no test changes it."""
    if page in LEFT_OUT:
        pytest.skip(f"{page} is left out")
    return BeautifulSoup((SITE / f"{page}.html").read_text(), "html.parser")


def article(page: str):
    """Return the part of a built page that its author wrote."""
    return built(page).select_one("article")


@functools.cache
def minutes(page: str) -> int:
    """Return the minutes that a page takes to read, without its exercises, rounded up to five."""
    lesson, _ = _lesson_and_exercises(page)
    return 5 * math.ceil(sum(map(_seconds, lesson)) / 300)


@functools.cache
def exercise_minutes(page: str) -> int:
    """Return the minutes that a page's exercises take, rounded up to five.

    What has to be read, and two minutes for a quick exercise (`:class: quick`), fifteen for one
    in which something is built and checked, five for any other.
    """
    _, cells = _lesson_and_exercises(page)
    seconds = sum(map(_seconds, cells))
    whole = "\n".join(cell.source for cell in cells)
    for task in re.findall(r"\{exercise-start\}.*?\{exercise-end\}", whole, re.DOTALL):
        quick = re.search(r"^:class: quick$", task, re.MULTILINE)
        seconds += 60 * (15 if "exercises.check(" in task else 2 if quick else 5)
    return 5 * math.ceil(seconds / 300)


def _lesson_and_exercises(page: str) -> tuple[list, list]:
    """Return a page's cells in two lists, text split at its headings."""
    lesson, exercises = [], []
    section = lesson
    for cell in notebook(page).cells:
        if cell.cell_type == "code":
            section.append(cell)
            continue
        for source in re.split(r"^(?=## )", cell.source, flags=re.MULTILINE):
            if source.startswith("## "):
                section = exercises if source.startswith("## Exercises\n") else lesson
            section.append(nbformat.v4.new_markdown_cell(source))
    return lesson, exercises


def _seconds(cell) -> float:
    """Return the seconds that a cell takes to read.

    0.3 a word, 24 an equation, 5 a line of shown code, 3 a line of shown output, 30 a figure or a
    quick check, 60 a live figure.
    """
    if cell.cell_type == "markdown":
        return _seconds_of_text(cell.source)
    hidden = set(tags(cell))
    if "remove-cell" in hidden:
        return 0.0
    folded = {"remove-input", "hide-input", "hide-cell"} & hidden
    seconds = 0.0 if folded else 5.0 * _lines(cell.source)
    if not {"remove-output", "hide-output", "hide-cell"} & hidden:
        seconds += sum(map(_seconds_of_output, cell.outputs))
    return seconds


def _seconds_of_text(markdown: str) -> float:
    equations = re.compile(r"\$\$.*?\$\$|^```\{math\}.*?^```", re.DOTALL | re.MULTILINE)
    code = re.compile(r"^(`{3,})(?!\{)\w*\n(.*?)^\1", re.DOTALL | re.MULTILINE)
    blocks = [block[2] for block in code.finditer(equations.sub("", markdown))]
    prose = code.sub("", equations.sub("", markdown))
    # What no reader sees: addresses of links, labels, options of directives.
    prose = re.sub(r"\]\([^)\s]*\)|^\([\w-]+\)=$|^:[\w-]+:.*$", "", prose, flags=re.MULTILINE)
    words = re.findall(r"\w[\w'’.-]*", prose)
    seconds = 0.3 * len(words) + 24 * len(equations.findall(markdown))
    return seconds + sum(map(_seconds_of_block, blocks))


def _seconds_of_block(code: str) -> float:
    """Return the seconds for code in the text; in a session, what has no prompt is output."""
    shown = [line for line in code.splitlines() if line.strip()]
    session = any(line.startswith(">>>") for line in shown)
    return sum(3 if session and not line.startswith((">>>", "...")) else 5 for line in shown)


def _seconds_of_output(output) -> float:
    shown = output.get("data", {})
    page = "".join(shown.get("text/html", ""))
    if "image/svg+xml" in shown or "<softmax-check" in page:
        return 30.0
    if "<softmax-" in page:
        return 60.0
    words = output.get("text") or shown.get("text/plain") or "\n".join(output.get("traceback", []))
    return 3.0 * _lines(words)


def _lines(words: str) -> int:
    return sum(bool(line.strip()) for line in words.splitlines())
