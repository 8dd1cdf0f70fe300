"""Renew the library behind the search, book/_ext/static/search/minisearch.js.

Usage: .venv/bin/python tools/minisearch.py

npm takes MiniSearch and esbuild only with the hashes in `minisearch/package-lock.json`. The small
file that comes out is committed: the book has a search where no registry can be reached.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import npm

ROOT = Path(__file__).resolve().parent.parent
PINNED = ROOT / "tools" / "minisearch"
TARGET = ROOT / "book" / "_ext" / "static" / "search" / "minisearch.js"


def make(folder: Path) -> str:
    """Return the library as a plain script, made small, with its licence."""
    installed = npm.install(PINNED, folder / "npm")
    package = installed / "node_modules" / "minisearch"
    version = json.loads((package / "package.json").read_text())["version"]
    source = (package / "dist" / "umd" / "index.js").as_posix()
    script = npm.esbuild(installed, source, "--target=es2020")
    licence = (package / "LICENSE.txt").read_text().strip()
    head = f"/* MiniSearch {version}, made small by tools/minisearch.py\n\n{licence}\n*/\n"
    return head + script


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        TARGET.write_text(make(Path(folder)), encoding="utf-8")
