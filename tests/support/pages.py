"""The pages of the book, as `_toc.yml` lists them: where they are and what they hold.

SITE names the folder of the built pages to look at; `make test` builds its own.
"""

from __future__ import annotations

import functools
import os
import re
from pathlib import Path

import nbformat
import pytest
import reading
import yaml
from bs4 import BeautifulSoup
from looks import without_looks

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


def html(page: str) -> str:
    """Return the text of a built page, to look at it quickly."""
    return (SITE / f"{page}.html").read_text()


@functools.cache
def built(page: str) -> BeautifulSoup:
    """Return the built page without what only the eye needs; no test changes it."""
    if page in LEFT_OUT:
        pytest.skip(f"{page} is left out")
    return BeautifulSoup(without_looks(html(page)), "html.parser")


@functools.cache
def anchors(page: str) -> set[str]:
    """Return the names of the places in a built page that a link can lead to."""
    return {element["id"] for element in built(page).find_all(id=True)}


@functools.cache
def article(page: str):
    """Return the part of a built page that its author wrote."""
    return built(page).select_one("article")


def live(page: str) -> list:
    """Return the live figures and the checks of a built page."""
    return built(page).find_all(class_="softmax-live")


def live_modules(page: str) -> set[str]:
    """Return the names of the modules that bring them to life."""
    return {element.name.removeprefix("softmax-") for element in live(page)}


@functools.cache
def minutes(page: str) -> int:
    """Return the minutes that a page takes to read, without its exercises."""
    return reading.minutes(notebook(page).cells)


@functools.cache
def exercise_minutes(page: str) -> int:
    """Return the minutes that a page's exercises take."""
    return reading.exercise_minutes(notebook(page).cells)
