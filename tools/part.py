"""Try a part of the book: a copy of the tree without some chapters is built, strictly, and tested.

Usage: .venv/bin/python tools/part.py PART [PART ...]

A PART is the number of a part, 1 to 4, to keep that part and the others that are named; or such a
number with a minus, or the name of a page with a minus, to leave it out: `1 4`, `-2`, `1 -argmax`.
The rest of the book, its appendix, its lists and its routes follow. At the end stand the sentences
of the chapters that stay which need one that goes, and the lines to put into `_toc.yml` for good.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import reproducible
import yaml
from planted import AS_A_FORK

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "_build" / "part"
SITE_TESTS = ["complete", "links", "publish", "addresses", "about", "downloads", "policy"]
TESTS = ["tests/book", *(f"tests/site/test_{name}.py" for name in SITE_TESTS)]
# They are about the files as they stand in the repository, not about the pages.
BESIDES = ["--ignore=tests/book/test_planted.py", "--ignore=tests/book/test_workflows.py"]


def chapters(contents: dict) -> list[str]:
    """Return the pages that can be left out: those of the numbered parts."""
    pages = [page["file"] for part in contents["parts"] for page in part["chapters"]]
    return [page for page in pages if re.match(r"book/\d", page)]


def chosen(wanted: list[str], pages: list[str]) -> list[str]:
    """Return the chapters that stay.

    >>> chosen(["1", "-argmax"], ["book/1-a/scores", "book/1-a/argmax", "book/2-b/jacobian"])
    ['book/1-a/scores']
    """

    def of(name: str) -> list[str]:
        found = [p for p in pages if p.startswith(f"book/{name}-") or p.split("/")[-1] == name]
        if not found:
            sys.exit(f"There is no part and no chapter {name!r}: name 1 to 4, or a page's file.")
        return found

    kept = [page for name in wanted if not name.startswith("-") for page in of(name)] or pages
    gone = [page for name in wanted if name.startswith("-") for page in of(name[1:])]
    return [page for page in pages if page in kept and page not in gone]


def without(contents: dict, kept: list[str]) -> dict:
    """Return the table of contents with these chapters, and the others in the list of those out."""
    out = [page for page in chapters(contents) if page not in kept]
    parts = []
    for part in contents["parts"]:
        left = [page for page in part["chapters"] if page["file"] not in out]
        parts += [part | {"chapters": left}] if left else []
    known = contents.get("meta", {})
    listed = [*known.get("left_out", []), *out]
    return contents | {"parts": parts, "meta": known | {"left_out": listed}}


def tell(notes: dict[str, list[list[str]]]) -> None:
    """Print the sentences that need a page that is not there."""
    for page, places in notes.items():
        print(f"\n{page}")
        for words, there in places:
            print(f"  needs {there.rpartition('/')[2]}: {words}")


def main() -> int:
    """Build and test the part, and say what a person has to change."""
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    shutil.rmtree(WORK, ignore_errors=True)
    reproducible.copy(WORK)
    file = WORK / "_toc.yml"
    contents = yaml.safe_load(file.read_text("utf-8"))
    kept = chosen(sys.argv[1:], chapters(contents))
    if not kept:
        sys.exit("No chapter is left.")
    contents = without(contents, kept)
    file.write_text(yaml.safe_dump(contents, sort_keys=False), "utf-8")
    site = WORK / "_build" / "test"
    ours = {"PYTHONPATH": str(WORK), "SITE": str(site / "_build/html")}
    environment = os.environ | AS_A_FORK | ours
    build = [*os.environ["BUILD"].split(), "--path-output", str(site)]
    built = subprocess.run(build, cwd=WORK, env=environment, check=False, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    if built.returncode:
        sys.exit(f"{built.stdout[-6000:]}\nThe part does not build, see above.")
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS, *BESIDES]
    tested = subprocess.run(pytest, cwd=WORK, env=environment, check=False)
    tell(json.loads((site / "_build" / ".doctrees" / "left_out.json").read_text("utf-8")))
    print("\nTo keep it so, put this into _toc.yml, and take these pages out of its parts:\n")
    print(yaml.safe_dump({"meta": contents["meta"]}))
    print(f"The pages are in {site / '_build/html'}.")
    print("Some tests of this part are red: see above." if tested.returncode else "All is green.")
    return tested.returncode


if __name__ == "__main__":
    sys.exit(main())
