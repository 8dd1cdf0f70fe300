"""Run notebooks and store what they print: the outputs that `make test` then expects.

Usage: python tools/run_notebooks.py [NOTEBOOK ...]      (default: all below book/)

Only what a reader can use is kept: cell ids are made from the file's name, and times,
interpreter versions and widget leftovers go, so that a second run changes nothing.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def run(path: Path) -> None:
    """Execute the notebook at `path` in its own folder and write it back."""
    notebook = nbformat.read(path, as_version=4)
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
    nbformat.write(notebook, path)


def main() -> None:
    """Run the notebooks named on the command line, or all of them."""
    paths = [Path(name) for name in sys.argv[1:]] or sorted(ROOT.glob("book/**/*.ipynb"))
    for path in paths:
        print(path, flush=True)
        run(path)


if __name__ == "__main__":
    main()
