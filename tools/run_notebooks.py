"""Run notebooks and store what they print: what the site shows, and what `make test` expects.

Usage: python tools/run_notebooks.py [NOTEBOOK ...]      (default: all below book/)

Only what a reader can use is kept: cell ids are made from the file's name, and widget leftovers
go. So do the scripts of live figures, which the site loads from files. Each cell notes the code
that its output is of, and the notebook how the run went, which book/_ext/stored.py reads. A run
that changes nothing else leaves that note, and so the file, as it is. Each notebook starts with a
cell for machines that lack the package; the page does not show it.
"""

from __future__ import annotations

import copy
import platform
import re
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell
from nbval.plugin import get_sanitize_patterns

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "tests" / "book" / "scripts.cfg"
sys.path.append(str(ROOT / "book" / "_ext"))
import first  # noqa: E402
import status  # noqa: E402
import stored  # noqa: E402

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
FIRST_METADATA = {"jupyter": {"source_hidden": True}, "tags": [first.TAG]}


def run(path: Path) -> None:
    """Execute the notebook at `path` in its own folder and write it back."""
    before = nbformat.read(path, as_version=4)
    notebook = copy.deepcopy(before)
    put_first(notebook)
    start = time.perf_counter()
    NotebookClient(
        notebook,
        timeout=180,
        kernel_name=KERNEL["name"],
        record_timing=False,
        coalesce_streams=True,  # the kernel may flush in the middle of a cell
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    seconds = time.perf_counter() - start
    notebook.metadata["kernelspec"] = KERNEL
    notebook.metadata["language_info"] = {"name": "python"}
    for number, cell in enumerate(notebook.cells):
        cell.id = f"{path.stem}-{number:02d}"
        for output in cell.get("outputs", []):
            drop_script(output.get("data", {}))
        if cell.cell_type == "code":
            cell.metadata[stored.KEY] = stored.digest(cell.source)
    note_run(notebook, before, seconds)
    nbformat.write(notebook, path)


def drop_script(data: dict[str, str]) -> None:
    """Take the script of a live figure away, in the way in which nbval does before it compares."""
    [(script, rest)] = get_sanitize_patterns(SCRIPTS.read_text(encoding="utf-8"))
    if "text/html" in data:
        data["text/html"] = re.sub(script, rest, data["text/html"])


def note_run(
    notebook: nbformat.NotebookNode, before: nbformat.NotebookNode, seconds: float
) -> None:
    """Note in a notebook how its run went, or keep the note if nothing else has changed."""
    note = before.metadata.get(stored.KEY)
    notebook.metadata[stored.KEY] = note
    if note is None or notebook != before:
        notebook.metadata[stored.KEY] = {
            "seconds": round(seconds, 1),
            "python": platform.python_version(),
            "processor": status.processor(),
        }


def put_first(notebook: nbformat.NotebookNode) -> None:
    """Let the notebook start with the cell that installs the package where it is missing."""
    if notebook.cells and notebook.cells[0].metadata.get("tags") == FIRST_METADATA["tags"]:
        del notebook.cells[0]
    notebook.cells.insert(0, new_code_cell(first.cell(), metadata=FIRST_METADATA))


def main() -> None:
    """Run the notebooks named on the command line, or all of them."""
    paths = [Path(name) for name in sys.argv[1:]] or sorted(ROOT.glob("book/**/*.ipynb"))
    for path in paths:
        print(path, flush=True)
        run(path)


if __name__ == "__main__":
    main()
