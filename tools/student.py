"""Make the notebooks that students get: the book's, without solutions and without their outputs.

Usage: python tools/student.py [FOLDER]      (default: the downloads of the built book)

    _build/student/notebooks/   to hand out: on a JupyterHub, for Colab, or as files
    _build/student/teacher/     the same with the solutions
Both have the tables that the notebooks read, in `data`.

Cells have the same ids in both. Where a cell asks for a function, its metadata names the exercise;
in the teacher's copy also the cells of its solution, and these name the exercise, too.

It also notes, in the package, the digests by which the grader tells a solution of the book.
"""

from __future__ import annotations

import copy
import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from softmax_lessons.exercises._grade import _copies, _work  # noqa: E402

BUILT = ROOT / "_build/html/_sources"
STUDENT = ROOT / "_build/student"
DIGESTS = ROOT / "softmax_lessons/exercises/_grade/_solutions.py"
KEY = "exercise"  # in the metadata of a cell
# A solution within a cell of text: in the book's own Markdown, and in downloads.
START = re.compile(r"^(`{3,})\{solution-start\}", re.MULTILINE)
END = re.compile(r"^(`{3,})\{solution-end\}\n\1[ ]*$", re.MULTILINE)
PLAIN = re.compile(
    rf"^#{{2,6}} (?:{_work.SOLUTION})\b.*$"
    rf"|^<details>\n<summary>(?:{_work.SOLUTION})</summary>.*?^</details>$",
    re.MULTILINE | re.DOTALL,
)


def without_solutions(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook without the solutions of its exercises."""
    own = copy.deepcopy(notebook)
    own["cells"] = []
    code = iter(_work.cells(notebook))
    in_solution = False
    for cell in copy.deepcopy(notebook["cells"]):
        if cell["cell_type"] == "code":
            if next(code).in_solution:
                continue
        elif cell["cell_type"] == "markdown":
            text, in_solution = without_words(_work.source_of(cell), in_solution)
            if not text:
                continue
            cell["source"] = text
        own["cells"].append(cell)
    return own


def without_words(text: str, in_solution: bool) -> tuple[str, bool]:
    """Return a text without solutions, and whether one goes on after it."""
    kept = []
    while text:
        if in_solution:
            end = END.search(text)
            if not end:
                break
            text, in_solution = text[end.end() :], False
        start = START.search(text)
        kept.append(text[: start.start()] if start else text)
        text, in_solution = text[start.start() :] if start else "", bool(start)
    words = PLAIN.sub("", "\n\n".join(part.strip("\n") for part in kept))
    return re.sub(r"\n{3,}", "\n\n", words).strip(), in_solution


def link(notebook: dict[str, Any]) -> None:
    """Let the metadata of exercises and solutions name each other."""
    code = iter(_work.cells(notebook))
    asking: dict[str, dict[str, Any]] = {}
    waiting: list[dict[str, Any]] = []  # cells of the solution that goes on
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        piece = next(code)
        names = _work.CHECK.findall(piece.code)
        if not piece.in_solution:
            waiting = []
            for name in names:
                cell["metadata"][KEY] = {"name": name, "solution": []}
                asking[name] = cell["metadata"][KEY]
            continue
        waiting.append(cell)
        for name in names:
            if name in asking:
                for each in waiting:
                    each["metadata"][KEY] = {"name": name}
                    asking[name]["solution"].append(each["id"])
                waiting = []


def digests(notebooks: list[Path]) -> str:
    """Return the module that holds the digests of the solutions in some notebooks."""
    known: _copies.Known = {}
    for path in notebooks:
        known |= _copies.solutions_of(_work.read(path))
    lines = [
        '"""The digests of the book\'s solutions, and whether they are short; see `_copies`.\n',
        'Written by `make student`.\n"""\n',
        "SOLUTIONS: dict[str, dict[str, bool]] = {",
    ]
    for name in sorted(known):
        inner = ", ".join(f'"{code}": {short}' for code, short in sorted(known[name].items()))
        lines.append(f'    "{name}": {{{inner}}},')
    return "\n".join([*lines, "}\n"])


def book() -> list[Path]:
    """Return the notebooks of the repository."""
    return sorted(ROOT.glob("book/*/*.ipynb"))


def main() -> None:
    """Make both copies of each notebook with an exercise."""
    folder = Path(sys.argv[1]) if sys.argv[1:] else BUILT
    shutil.rmtree(STUDENT, ignore_errors=True)
    made = 0
    for path in sorted(folder.rglob("*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        if not _work.read(path).exercises():
            continue
        link(notebook)
        student = without_solutions(notebook)
        for cell in student["cells"]:
            cell["metadata"].get(KEY, {}).pop("solution", None)
        place = Path(path.parent.name, path.name)
        for name, content in (("notebooks", student), ("teacher", notebook)):
            file = STUDENT / name / place
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
        made += 1
    if not made:
        sys.exit(f"there is no notebook with an exercise in {folder}")
    shutil.copytree(ROOT / "book/data", STUDENT / "notebooks" / "data")
    shutil.copytree(ROOT / "book/data", STUDENT / "teacher" / "data")
    DIGESTS.write_text(digests(book()), "utf-8")
    print(f"{made} notebooks without solutions are in {STUDENT.relative_to(ROOT)}/notebooks,")
    print(f"and with them in {STUDENT.relative_to(ROOT)}/teacher.")


if __name__ == "__main__":
    main()
