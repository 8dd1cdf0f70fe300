"""Build what has changed since the last preview, and say which pages to look at.

The pages stay in a folder of their own, with what Sphinx knows of them, so that it reads again only
those that have changed. That is quick, and not strict: it does not see that a change on one page
breaks a link on another. `make book` sees it.
"""

from __future__ import annotations

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
BUILD = ["build", ".", "-n", "-q", "--keep-going", "--path-output", str(PREVIEW)]
# Written each time, because the style sheet and the scripts are copied only when some page is.
ALWAYS = "book/appendix/status"
FEW = 8
# A message of Sphinx, without its colours: where, and what.
WARNING = re.compile(r"^(?P<file>.*?)(?::\d+)?: (?:WARNING|ERROR)", re.MULTILINE)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def main() -> None:
    """Build, repeat what Sphinx warns of, and list the pages that were written."""
    start = time.time()
    stamp = PREVIEW / "stamp"
    ours = [*(ROOT / "book" / "_ext").rglob("*"), ROOT / "_config.yml", ROOT / "requirements.txt"]
    if not stamp.exists() or newer(ours, stamp.stat().st_mtime):
        shutil.rmtree(PREVIEW, ignore_errors=True)
        print("Building every page once: half a minute.", flush=True)
    forget(ALWAYS)
    command = [str(Path(sys.executable).with_name("jupyter-book")), *BUILD]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, cwd=ROOT)
    said = COLOUR.sub("", done.stderr)
    print(said, end="", file=sys.stderr)
    if done.returncode:
        sys.exit("The preview failed, see above.")
    pages = newer(SITE.glob("book/**/*.html"), start)
    for file in pages if len(pages) <= FEW else pages[:1]:
        print(f"  {file.as_uri()}")
    if len(pages) > FEW:
        print(f"  and {len(pages) - 1} more")
    stamp.touch()
    found = WARNING.findall(said)
    for file in found:  # else the next preview would be silent about them
        forget(Path(file).with_suffix("").relative_to(ROOT).as_posix())
    if found:
        print(f"{len(found)} warnings, see above: `make book` fails on them.")
    print(f"Done in {time.time() - start:.0f} s. `make book` is the strict build.")


def newer(files: Iterable[Path], moment: float) -> list[Path]:
    """Return the files that have been written since a moment, in order."""
    return sorted(file for file in files if file.is_file() and file.stat().st_mtime >= moment)


def forget(page: str) -> None:
    """Let Sphinx read a page again at the next build."""
    (TREES / f"{page}.doctree").unlink(missing_ok=True)


if __name__ == "__main__":
    main()
