"""Read a work, a notebook or a script, and find where it checks which exercise.

A notebook is JSON, a script a sequence of statements. Both become pieces of code. For an exercise
only those pieces run that its check needs, as the page of the book does it.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from softmax_lessons import _slices

LARGEST = 50 * 2**20  # bytes of a work
ENDINGS = (".ipynb", ".py")
# Lines of a notebook's code that are not Python: `%magic`, `!command`, `help?`.
MAGIC = re.compile(r"^(\s*)(?:[%!].*|\?{1,2}[\w.]+|[\w.]+\?{1,2})$", re.MULTILINE)
TIMING = re.compile(r"\A%%(?:time|timeit|capture|prun)\b.*")  # what follows is Python
DEFINITION = re.compile(r"^(?:async )?def (\w+)", re.MULTILINE)
CHECK = re.compile(r"""\bcheck\(\s*["'](\w+)["']""")
# How a solution of the book begins and ends: as the repository has it, and in downloads.
SOLUTION = "Solution|Lösung"
OPENING = re.compile(rf"^`{{3,}}\{{solution-start\}}|^#{{2,6}} (?:{SOLUTION})\b", re.MULTILINE)
CLOSING = re.compile(rf"^`{{3,}}\{{solution-end\}}|^#{{1,3}} (?!{SOLUTION})", re.MULTILINE)
FOLDED = {"source_hidden": True, "outputs_hidden": True}  # as downloads mark solutions


class NotAWork(ValueError):
    """A file that is no notebook and no script, with what it is instead."""


@dataclass(frozen=True)
class Piece:
    """Code that runs as a whole: a cell, or a statement of a script."""

    code: str
    file: str  # what errors call the place that it stands in
    text: str  # of that place
    line: int = 1  # where in it the code begins
    in_solution: bool = False  # whether it is the book's

    @cached_property
    def tree(self) -> ast.Module | None:
        """The syntax tree, unless it is not Python."""
        return parse(self.code)


@dataclass(frozen=True)
class Attempt:
    """What a work has for an exercise: the code to run, and the function to check then."""

    exercise: str
    pieces: tuple[Piece, ...]
    function: str  # an expression
    error: str = ""  # why there is nothing to run


@dataclass(frozen=True)
class Work:
    """A file of a student's."""

    path: Path
    pieces: tuple[Piece, ...]

    @property
    def is_script(self) -> bool:
        """Whether functions count by their names, without a check."""
        return self.path.suffix == ".py"

    def exercises(self) -> set[str]:
        """Return the names that the work checks, or in a script defines."""
        names = {name for piece in self.pieces for name in self.asked(piece)}
        return names | set(self.definitions()) if self.is_script else names

    def asked(self, piece: Piece) -> list[str]:
        """Return the names that code checks, or that a script would define, were it Python."""
        would = DEFINITION.findall(piece.code) if self.is_script and piece.tree is None else []
        return CHECK.findall(piece.code) + would

    def attempts(self, exercise: str) -> list[Attempt]:
        """Return what the work has for an exercise, the last first."""
        own = [piece for piece in self.pieces if not piece.in_solution]
        found = []
        for number, piece in enumerate(own):
            if piece.tree is None:
                if exercise in self.asked(piece):
                    found.append(Attempt(exercise, (), "", syntax_error(piece)))
                continue
            for expression in checked(piece.tree, exercise):
                found.append(self._attempt(exercise, own[: number + 1], expression))
        if not found and exercise in self.definitions():
            found.append(self._attempt(exercise, own, exercise))
        return found[::-1]

    def _attempt(self, exercise: str, before: list[Piece], expression: str) -> Attempt:
        cells = _slices.read_all([*(piece.code for piece in before), expression])
        needed = _slices.needed(cells, len(before))
        return Attempt(exercise, tuple(before[one] for one in needed), expression)

    def definitions(self) -> dict[str, ast.FunctionDef]:
        """Return the functions that the student defines, by name; the last of a name counts."""
        return {
            statement.name: statement
            for piece in self.pieces
            if not piece.in_solution and piece.tree
            for statement in piece.tree.body
            if isinstance(statement, ast.FunctionDef)
        }


def parse(code: str) -> ast.Module | None:
    """Return the syntax tree of some code, unless it is not Python."""
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def syntax_error(piece: Piece) -> str:
    """Return what is wrong with code that is not Python."""
    try:
        ast.parse(piece.code)
    except SyntaxError as error:
        line = (error.text or "").strip()
        where = f"\nin line {error.lineno}: {line}".removesuffix(": ") if error.lineno else ""
        return f"SyntaxError: {error.msg}{where}"
    except (ValueError, RecursionError, MemoryError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def checked(tree: ast.Module, exercise: str) -> Iterator[str]:
    """Find what is passed to `check("exercise", ...)`."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Name(id="check") | ast.Attribute(attr="check"),
                args=[ast.Constant(value=name), function],
            ) if name == exercise:
                yield ast.unparse(function)


def read(path: Path) -> Work:
    """Read a notebook or a script.

    Raises
    ------
    NotAWork
        If it is neither.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise NotAWork(f"is larger than {LARGEST // 2**20} megabytes")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise NotAWork("is not text in UTF-8") from None
    except OSError as error:
        raise NotAWork(f"cannot be read: {error.strerror}") from None
    if path.suffix == ".py":
        return Work(path, tuple(statements(path.name, text)))
    return Work(path, tuple(cells(notebook(text))))


def notebook(text: str) -> dict[str, Any]:
    """Return the notebook that a text holds."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        what = "is empty" if not text.strip() else f"is not JSON: {error}"
        raise NotAWork(f"is not a notebook: it {what}") from None
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        old = isinstance(content, dict) and "worksheets" in content
        hint = "it is of an old format: save it again in Jupyter" if old else "it has no cells"
        raise NotAWork(f"is not a notebook: {hint}")
    if not all(isinstance(cell, dict) for cell in content["cells"]):
        raise NotAWork("is not a notebook: not all of its cells are cells")
    return content


def cells(content: dict[str, Any]) -> Iterator[Piece]:
    """Return the code cells of a notebook."""
    in_solution = False
    for number, cell in enumerate(content["cells"], 1):
        source = source_of(cell)
        if cell.get("cell_type") == "markdown":
            in_solution = state_after(source, in_solution)
        elif cell.get("cell_type") == "code":
            metadata = cell.get("metadata")
            folded = isinstance(metadata, dict) and metadata.get("jupyter") == FOLDED
            code = python_of(source)
            yield Piece(code, f"<cell {number}>", code, in_solution=in_solution or folded)


def source_of(cell: dict[str, Any]) -> str:
    """Return the text of a cell, which may be a list of lines."""
    source = cell.get("source", "")
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def state_after(markdown: str, in_solution: bool) -> bool:
    """Tell whether what follows a cell of text belongs to a solution of the book."""
    marks = [(found.start(), True) for found in OPENING.finditer(markdown)]
    marks += [(found.start(), False) for found in CLOSING.finditer(markdown)]
    return max(marks)[1] if marks else in_solution


def python_of(code: str) -> str:
    """Return the code of a cell without what only Jupyter understands."""
    code = TIMING.sub("", code)
    if code.startswith("%%"):
        return ""
    if parse(code) is None:
        return MAGIC.sub(r"\1pass", code)
    return code


def statements(name: str, text: str) -> Iterator[Piece]:
    """Return the statements of a script; what is not Python is one piece."""
    tree = parse(text)
    if tree is None:
        yield Piece(text, name, text)
        return
    lines = text.splitlines(keepends=True)
    for statement in tree.body:
        above = getattr(statement, "decorator_list", [])
        first = min([statement.lineno, *(one.lineno for one in above)])
        last = statement.end_lineno or first
        if any(other is not statement and other.lineno == last for other in tree.body):
            first, last, code = statement.lineno, last, ast.unparse(statement)  # a; b
        else:
            code = "".join(lines[first - 1 : last])
        yield Piece(code, name, text, first)
