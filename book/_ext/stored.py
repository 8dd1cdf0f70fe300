"""What the notebooks store: the site is built from it, and no notebook runs for that.

`make outputs` (tools/run_notebooks.py) notes in each code cell's metadata which code its output is
of, and in the notebook's how the run went. Here each cell is held to its note when a page is read.
Whether the outputs are right is another question, which nbval answers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from sphinx.application import Sphinx
from sphinx.util import logging

KEY = "stored"  # of both notes, in the metadata
logger = logging.getLogger(__name__)


def digest(code: str) -> str:
    """Return a fingerprint of a cell's code."""
    return hashlib.sha256(code.encode()).hexdigest()[:12]


def problems(cells: list[dict[str, Any]]) -> Iterator[str]:
    """Name each code cell whose output is missing, or is that of other code."""
    of_code = [cell for cell in cells if cell["cell_type"] == "code"]
    for number, cell in enumerate(of_code, 1):
        code = "".join(cell["source"])  # a text, or its lines
        if not code.strip():
            continue
        if cell["execution_count"] is None:
            wrong = "has never run"
        elif cell["metadata"].get(KEY) != digest(code):
            wrong = "has changed since its output was stored"
        else:
            continue
        yield f"code cell {number} {wrong}: {code.strip().splitlines()[0]!r}"


def check(app: Sphinx, page: str, source: list[str]) -> None:
    """Warn of such cells on a page, which fails a strict build."""
    file = app.env.doc2path(page, base=False)
    if file.endswith(".ipynb"):
        notebook = json.loads(source[0])
        for problem in problems(notebook["cells"]):
            advice = f"run `make outputs NOTEBOOKS={file}`"
            logger.warning("%s: %s", problem, advice, location=page)


def run_of(app: Sphinx, page: str) -> dict[str, Any] | None:
    """Return how the run went whose outputs a page shows; None for a page without cells.

    Sphinx keeps what the metadata of a notebook hold, as texts.
    """
    note = app.env.metadata[page].get(KEY)
    return json.loads(note) if note else None


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect all of it to Sphinx."""
    app.connect("source-read", check)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
