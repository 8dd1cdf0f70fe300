"""Tell whether a solution is the book's, whatever its names, comments and layout.

Two functions count as the same if their syntax trees are the same once names of their own are
numbered and docstrings and annotations are gone. The book's are known by a digest of that tree, so
that the package holds none of them; ``make student`` writes ``_solutions.py``.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable
from pathlib import Path

from softmax_lessons.exercises._grade._solutions import SOLUTIONS
from softmax_lessons.exercises._grade._work import Work, checked, read

SHORT = 30  # nodes of a tree: others write a function as short as this without looking

Known = dict[str, dict[str, bool]]  # digests by exercise, and whether the solution is short


class Numbered(ast.NodeTransformer):
    """Numbers the names that a function gives, and takes away what does not run."""

    def __init__(self, own: set[str]) -> None:
        self.own, self.numbers = own, dict[str, str]()

    def _name(self, name: str) -> str:
        return self.numbers.setdefault(name, f"_{len(self.numbers)}") if name in self.own else name

    def visit_Name(self, node: ast.Name) -> ast.Name:
        """Return a variable with its number."""
        return ast.Name(self._name(node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        """Return a parameter with its number."""
        return ast.arg(self._name(node.arg))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """Make an assignment of one with an annotation."""
        if node.value is None:
            return ast.Pass()
        return self.generic_visit(ast.Assign([node.target], node.value, lineno=0))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Drop annotations and the docstring."""
        body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
        new = ast.FunctionDef(self._name(node.name), node.args, body or [ast.Pass()], [], lineno=0)
        return self.generic_visit(new)


def normal(function: ast.FunctionDef) -> ast.AST:
    """Return the tree of a function in normal form."""
    own = {function.name}
    for node in ast.walk(function):
        match node:
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                own.add(name)
            case ast.FunctionDef(name=name):
                own.add(name)
    copy = ast.parse(ast.unparse(function)).body[0]  # the transformer changes what it is given
    tree: ast.AST = Numbered(own).visit(copy)
    return tree


def digest(function: ast.FunctionDef) -> tuple[str, bool]:
    """Return a digest of a function's normal form, and whether it is short."""
    tree = normal(function)
    written = "".join(part for part in dump(tree))
    return hashlib.sha256(written.encode()).hexdigest()[:16], sum(
        1 for _ in ast.walk(tree)
    ) <= SHORT


def dump(node: object) -> Iterable[str]:
    """Write a tree in the same way on each Python: fields that are empty are not there."""
    if isinstance(node, ast.AST):
        yield f"({type(node).__name__}"
        for name in node._fields:
            value = getattr(node, name, None)
            if value not in (None, []):
                yield f" {name}="
                yield from dump(value)
        yield ")"
    elif isinstance(node, list):
        for each in node:
            yield from dump(each)
    else:
        yield repr(node)


def solutions_of(work: Work) -> Known:
    """Return the solutions that a notebook of the book holds, by exercise."""
    found: Known = {}
    pieces = [piece for piece in work.pieces if piece.in_solution and piece.tree]
    functions = [
        statement
        for piece in pieces
        for statement in (piece.tree.body if piece.tree else [])
        if isinstance(statement, ast.FunctionDef)
    ]
    for exercise in sorted(work.exercises()):
        wanted = {name for one in pieces if one.tree for name in checked(one.tree, exercise)}
        for function in functions:
            if function.name in wanted:
                code, short = digest(function)
                found.setdefault(exercise, {})[code] = short
    return found


def known(books: Iterable[Path] = ()) -> Known:
    """Return the solutions of the book, and those of further notebooks."""
    found = {exercise: dict(codes) for exercise, codes in SOLUTIONS.items()}
    for path in books:
        for file in sorted(path.rglob("*.ipynb")) if path.is_dir() else [path]:
            for exercise, codes in solutions_of(read(file)).items():
                found.setdefault(exercise, {}).update(codes)
    return found


def told(work: Work, exercise: str, solutions: Known) -> str:
    """Return what to say of a work whose solution is the book's, or nothing."""
    names = {attempt.function for attempt in work.attempts(exercise)} | {exercise}
    for name, function in work.definitions().items():
        if name in names:
            short = solutions.get(exercise, {}).get(digest(function)[0])
            if short is not None:
                more = " It is so short that others write the same." if short else ""
                return f"It is the book's solution, but for names, comments and layout.{more}"
    return ""
