"""Build what has changed since the last preview, and say which pages to look at.

The pages stay in a folder of their own, with what Sphinx knows of them, so that it reads again only
those that have changed. That is quick, and not strict: it does not see that a change on one page
breaks a link on another. `make book` sees it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PREVIEW = ROOT / "_build" / "preview"
SITE, TREES = PREVIEW / "_build" / "html", PREVIEW / "_build" / ".doctrees"
STAMP = PREVIEW / "stamp"  # as old as the last preview; names the files with warnings
# What pages are made from. After a change of the first, Sphinx has to begin again.
MACHINERY = ["_config.yml", "_toc.yml", "requirements.txt", "book/_ext"]
SOURCES = ["book", "softmax_lessons", "tests/package", "pyproject.toml"]
# The module that is left out checks addresses, for which nothing here asks. Where JupyterLab has
# brought it along, loading it takes four seconds.
BUILD = """\
import sys
sys.modules["rfc3987_syntax"] = None
from jupyter_book.cli.main import main
main()"""
OPTIONS = ["build", ".", "-nq", "--keep-going", "--path-output", str(PREVIEW)]
# Written each time: style sheets and scripts are copied only when some page is written.
ALWAYS = "book/appendix/status"
FEW = 8
# How Sphinx begins a message, without its colours.
MESSAGE = re.compile(r"^(.*?)(?::\d+)?: (?:WARNING|ERROR|CRITICAL): ", re.MULTILINE)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def main() -> None:
    """Build, repeat what Sphinx warns of, and list the pages that were written."""
    start = time.time()
    last = STAMP.stat().st_mtime if STAMP.exists() else 0.0
    if newer(below(MACHINERY), last):
        print("Every page is built this once: it takes half a minute.", flush=True)
        shutil.rmtree(PREVIEW, ignore_errors=True)
    elif not newer(below(SOURCES), last) and not STAMP.read_text():
        print(f"Nothing has changed since the last preview: {SITE.as_uri()}/book/index.html")
        return
    forget(ALWAYS)
    command = [sys.executable, "-c", BUILD, *OPTIONS]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    said = COLOUR.sub("", done.stderr)
    print(said, end="", file=sys.stderr, flush=True)
    if done.returncode:
        sys.exit(f"{done.stdout}\nThe preview failed, see above.")
    pages = newer(SITE.glob("book/**/*.html"), start)
    for file in pages[:FEW]:
        print(f"  {file.as_uri()}")
    if len(pages) > FEW:
        print(f"  and {len(pages) - FEW} more")
    found = MESSAGE.findall(said)
    for file in found:  # else the next preview would be silent about it
        forget(file.removeprefix(f"{ROOT}/").rpartition(".")[0])
    if found:
        print(f"Warnings above: {len(found)}. `make book` would fail.")
    print(f"Done in {time.time() - start:.0f} s. `make book` also sees links from other pages.")
    STAMP.write_text("\n".join(found))
    os.utime(STAMP, (start, start))


def below(places: Iterable[str]) -> Iterable[Path]:
    """Give the files at some places, and all of those below them."""
    for place in places:
        yield ROOT / place
        yield from (ROOT / place).rglob("*")


def newer(files: Iterable[Path], moment: float) -> list[Path]:
    """Return the files that were written after a moment, in order."""
    found = (one for one in files if one.is_file() and one.suffix != ".pyc")
    return sorted(one for one in found if one.stat().st_mtime > moment)


def forget(page: str) -> None:
    """Let Sphinx read a page again at the next build."""
    (TREES / f"{page}.doctree").unlink(missing_ok=True)


if __name__ == "__main__":
    main()
