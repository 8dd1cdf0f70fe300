"""Run notebooks and store what they print: the outputs that `make test` then expects.

Usage: python tools/run_notebooks.py [NOTEBOOK ...]      (default: all below book/)

Only what a reader can use is kept: cell ids are made from the file's name, and times,
interpreter versions and widget leftovers go, so that a second run changes nothing. So do the
scripts of live figures, which the site loads from files. Each notebook starts with a cell for
machines that lack the package; the page does not show it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell
from nbval.plugin import get_sanitize_patterns

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "tests" / "book" / "scripts.cfg"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
FIRST = """\
# Not on the page: installs the package where it is missing, as on Colab.
import importlib.util
import subprocess
import sys

if importlib.util.find_spec("softmax_lessons") is None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet"]
    done = subprocess.run([*pip, "softmax-lessons[lessons]"], capture_output=True, text=True)
    if done.returncode:
        print(done.stdout, done.stderr)
        raise ImportError(
            "pip could not install softmax-lessons: it says why above. Check the network and run "
            "this cell again, or open the page on Binder, where everything is installed."
        )
    importlib.invalidate_caches()"""
FIRST_METADATA = {"jupyter": {"source_hidden": True}, "tags": ["remove-cell"]}


def run(path: Path) -> None:
    """Execute the notebook at `path` in its own folder and write it back."""
    notebook = nbformat.read(path, as_version=4)
    put_first(notebook)
    NotebookClient(
        notebook,
        timeout=180,
        kernel_name=KERNEL["name"],
        record_timing=False,
        coalesce_streams=True,  # the kernel may flush in the middle of a cell
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    notebook.metadata["kernelspec"] = KERNEL
    notebook.metadata["language_info"] = {"name": "python"}
    for number, cell in enumerate(notebook.cells):
        cell.id = f"{path.stem}-{number:02d}"
        for output in cell.get("outputs", []):
            drop_script(output.get("data", {}))
    nbformat.write(notebook, path)


def drop_script(data: dict[str, str]) -> None:
    """Take the script of a live figure away, in the way in which nbval does before it compares."""
    [(script, rest)] = get_sanitize_patterns(SCRIPTS.read_text(encoding="utf-8"))
    if "text/html" in data:
        data["text/html"] = re.sub(script, rest, data["text/html"])


def put_first(notebook: nbformat.NotebookNode) -> None:
    """Let the notebook start with the cell that installs the package where it is missing."""
    if notebook.cells and notebook.cells[0].metadata.get("tags") == FIRST_METADATA["tags"]:
        del notebook.cells[0]
    notebook.cells.insert(0, new_code_cell(FIRST, metadata=FIRST_METADATA))


def main() -> None:
    """Run the notebooks named on the command line, or all of them."""
    paths = [Path(name) for name in sys.argv[1:]] or sorted(ROOT.glob("book/**/*.ipynb"))
    for path in paths:
        print(path, flush=True)
        run(path)


if __name__ == "__main__":
    main()
