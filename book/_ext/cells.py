"""Cells that run in the page: their buttons, their code for it, and Python itself.

Each code cell gets a bar. Where the cell needs what the page has, it has a button "Run"; where not,
as with PyTorch, a line says where the cell runs. Nothing else is loaded with a page. The first
press loads `static/cells/page.mjs`, which fetches what is prepared here:

- the code of the page's cells, `_static/cells/code/<page>.json`;
- Pyodide, the editor and the wheels, which `tools/pyodide.py` has fetched; and our own wheel.

Without these the book has no buttons, and the build says so.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import places
import wheels
from addresses import launch_addresses
from docutils import nodes
from phrases import _, in_a_row
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.osutil import relative_uri

from softmax_lessons import _slices as slices

EXTENSIONS = Path(__file__).parent
FETCHED = Path(sys.prefix, "pyodide", "site")
PYODIDE = "_static/pyodide"
CODE = "_static/cells/code"
DATA = "book/data"  # what cells find as "../data"
SHARED = ["dark.py"]  # the page's Python uses it, too
# What a page lacks, by the module that is imported, with the name that people know it by.
ELSEWHERE = {
    "torch": "PyTorch",
    "softmax_lessons.pytorch": "PyTorch",
    "sklearn": "scikit-learn",
    "keras": "Keras",
    "jax": "JAX",
    "dask": "Dask",
    "numba": "numba",
    "softmax_lessons.compiled": "numba",
}
# In the metadata of a cell: what else it needs that a page does not have, such as much time.
NEEDS = "page-needs"
logger = logging.getLogger(__name__)


class Code(NamedTuple):
    """A code cell of a notebook."""

    number: int  # among all code cells of the notebook
    code: str  # for the page, so empty if it cannot run there
    missing: list[str]  # what it needs, for all that it prints, and a page does not have


def read_notebook(path: str) -> list[Code]:
    """Return the code cells of a notebook, but for those of which a page shows nothing."""
    cells = json.loads(Path(path).read_text(encoding="utf-8"))["cells"]
    of_code = [cell for cell in cells if cell["cell_type"] == "code"]
    hidden = ["remove-cell" in cell["metadata"].get("tags", []) for cell in of_code]
    codes = [
        "" if unseen else "".join(cell["source"])
        for cell, unseen in zip(of_code, hidden, strict=True)
    ]
    names = slices.read_all(codes)
    own = [
        {name for module, name in ELSEWHERE.items() if read.uses(module)}
        | set(map(_, cell["metadata"].get(NEEDS, [])))
        for read, cell in zip(names, of_code, strict=True)
    ]
    result = []
    for i, code in enumerate(codes):
        missing = own[i].union(*(own[j] for j in slices.needed(names, i)))
        # WebAssembly raises no flags of floating point, so NumPy never warns there.
        warns = {_("NumPy's warnings")} if "catch_warnings" in code else set()
        if not hidden[i]:
            result.append(Code(i, "" if missing else code, sorted(missing | warns)))
    return result


def add_bars(app: Sphinx, tree: nodes.document, page: str) -> None:
    """Add its bar to each cell whose code the page shows, and write down the page's code."""
    path = app.env.doc2path(page)
    if app.builder.format != "html" or not path.endswith(".ipynb") or not FETCHED.exists():
        return
    cells = read_notebook(path)
    shown = [one for one in tree.findall(nodes.container) if one.get("nb_element") == "cell_code"]
    file = f"{CODE}/{page}.json"
    address = relative_uri(app.builder.get_target_uri(page), file)
    place = 0
    for node, cell in zip(shown, cells, strict=True):
        if places.shows_code(node):
            place += 1
            link = places.sign(node["ids"][-1], "cell")
            if cell.missing:
                bar = elsewhere(cell, app, page, link)
            else:
                bar = button(cell, place, address, link)
            put_before_output(nodes.raw("", bar, format="html"), node)
    write_code(app, file, cells)


def button(cell: Code, place: int, address: str, link: str) -> str:
    """Return the bar of a cell that runs in the page; of an exercise, it says what to do."""
    edit = hint = ""
    name = _("cell {n}", n=place)
    label, word = _("Run {name}", name=name), _("Run")
    run = f'<button class="cell-run" type="button" aria-label="{label}">{word}</button>'
    if "exercises.check(" in cell.code and re.search(r"^ +\.\.\.$", cell.code, re.MULTILINE):
        label, word = _("Edit {name}", name=name), _("Edit")
        edit = f'<button class="cell-edit" type="button" aria-label="{label}">{word}</button>'
        hint = _("Fill in the code, and run it: it names the first mistake.")
    return (
        f'<div class="cell-bar" data-cell="{cell.number}" data-name="{escape(name)}" '
        f'data-code="{escape(address)}">{run}{edit}'
        f'<span class="cell-status" role="status">{hint}</span>{link}</div>'
    )


def elsewhere(cell: Code, app: Sphinx, page: str, link: str) -> str:
    """Return the bar of a cell that does not."""
    links = [
        f'<a href="{escape(address)}">{name}</a>{more}'
        for name, address, more in launch_addresses(app.config, page)
    ]
    where = ", ".join([*links, _("or your own machine")]) if links else _("your own machine")
    needs = _("Needs {what}: runs on {where}.", what=in_a_row(cell.missing), where=where)
    return f'<p class="cell-bar cell-elsewhere">{needs}{link}</p>'


def put_before_output(bar: nodes.Node, cell: nodes.container) -> None:
    """Put the bar between a cell's code and what it has printed."""
    outputs = (i for i, part in enumerate(cell) if "cell_output" in part.get("classes", []))
    cell.insert(next(outputs, len(cell)), bar)


def write_code(app: Sphinx, file: str, cells: list[Code]) -> None:
    """Write what the page fetches with the first press: code that can run, names of its data."""
    path = Path(app.outdir, file)
    path.parent.mkdir(parents=True, exist_ok=True)
    codes = {cell.number: cell.code for cell in cells}
    whole = [codes.get(number, "") for number in range(max(codes) + 1)]
    data = [file.name for file in (Path(app.srcdir) / DATA).iterdir() if file.name in str(whole)]
    text = json.dumps({"codes": whole, "data": data}, ensure_ascii=False)
    path.write_text(text, encoding="utf-8")


def copy_python(app: Sphinx, error: Exception | None) -> None:
    """Copy Python and its packages to the site, with our own wheel in the list of packages."""
    if error or app.builder.format != "html":
        return
    if not FETCHED.exists():
        logger.info("No cell runs in the page: Python for it was not fetched (tools/pyodide.py).")
        return
    folder = Path(app.outdir, PYODIDE)
    shutil.copytree(FETCHED, folder, dirs_exist_ok=True)
    wheel = wheels.build(Path(app.srcdir), folder)
    name, entry = wheels.entry(wheel, ["numpy"])
    told = {"licences": ["BSD-3-Clause"], "sha256": entry["sha256"]}
    with edited(folder / "pyodide-lock.json") as lock:
        lock["packages"][name] = entry
    with edited(folder / "notice.json") as notice:
        notice[wheel.name] = told
    sizes = {file.name: file.stat().st_size for file in folder.iterdir()}
    (folder / "sizes.json").write_text(json.dumps(sizes))
    shutil.copytree(
        Path(app.srcdir, DATA), Path(app.outdir, "_static", "cells", "data"), dirs_exist_ok=True
    )
    for name in SHARED:
        shutil.copy(EXTENSIONS / name, Path(app.outdir, "_static", "cells"))


@contextlib.contextmanager
def edited(path: Path) -> Iterator[dict[str, Any]]:
    """Give what a file of JSON holds, and write it back with what has been changed."""
    content = json.loads(path.read_text())
    yield content
    path.write_text(json.dumps(content, indent=1) + "\n")


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect all of it to Sphinx."""
    app.add_js_file("cells.js", priority=100)  # before scripts that need the reader's site data
    app.connect("doctree-resolved", add_bars)
    app.connect("build-finished", copy_python)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
