"""Which cells of a notebook a cell needs: those that bind or change the names that it reads.

The book uses it to say which cells can run in the page, the page to run no more than a cell needs,
and the grader to run no more of a notebook than an exercise needs.

Code is read, not run. A cell *binds* a name by assignment, import, definition or loop. It *changes*
what another cell has bound by storing into it, by a method such as `append`, or by drawing from a
generator of random numbers, each of whose draws moves it on. Statements are taken in their order,
as if every branch ran.
"""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

# Methods that change the object they are called on.
MUTATORS = {
    *("append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse"),
    *("add", "discard", "update", "setdefault", "fill"),
}
# Functions that change their first argument, as `np.add.at(x, ...)` does.
FILLERS = {"at", "copyto", "put", "put_along_axis", "place", "putmask", "fill_diagonal", "shuffle"}
# Functions whose results change whenever they are used.
STATEFUL = {"default_rng", "RandomState", "Random", "iter", "count", "cycle", "islice", "repeat"}
# Calls that set something for all cells that come after, and the names by which these use it.
SETTINGS = {"set_printoptions": ["np"], "seterr": ["np"], "use_style": ["plotting", "plt"]}


@dataclass
class Cell:
    """What the code of a cell does with names."""

    reads: set[str] = field(default_factory=set)
    binds: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    settings: set[str] = field(default_factory=set)  # names through which others see a setting
    stateful: set[str] = field(default_factory=set)  # of what it binds, as modules is
    modules: set[str] = field(default_factory=set)
    imports: set[str] = field(default_factory=set)  # modules, as "package.module"
    broken: bool = False  # not Python, or too deep to read

    @property
    def writes(self) -> set[str]:
        """Names after whose use by this cell others find something else."""
        return self.binds | self.changes

    def uses(self, module: str) -> bool:
        """Tell whether the cell imports a module, or something in it."""
        return any(f"{name}.".startswith(f"{module}.") for name in self.imports)


def read_all(codes: Iterable[str]) -> list[Cell]:
    """Return what each cell of a notebook does with names."""
    cells = [read(code) for code in codes]
    stateful = {name for cell in cells for name in cell.stateful}
    modules = {name for cell in cells for name in cell.modules}

    def changed(cell: Cell) -> set[str]:
        # np.sort(x) changes nothing; a draw moves its generator on.
        return cell.changes - modules | cell.settings | cell.reads & stateful

    return [replace(cell, changes=changed(cell)) for cell in cells]


@cache  # of all cells, a reader has changed one or two since the last press
def read(code: str) -> Cell:
    """Return what a cell by itself does with names; nothing but that, where it is not Python."""
    cell = Cell()
    try:
        tree = ast.parse(code)
        compile(tree, "cell", "exec")
        follow(code, tree.body, cell)
    except (SyntaxError, ValueError, RecursionError):
        return Cell(broken=True)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            cell.imports.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            cell.imports.add(node.module)
            cell.imports.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif (
            isinstance(node, ast.Call) and called(node) == "distribution"
        ):  # importlib.metadata: opens a package's files
            names = (part.value for part in node.args if isinstance(part, ast.Constant))
            cell.imports.update(map(str, names))
    return cell


def follow(code: str, statements: Iterable[ast.stmt | ast.ExceptHandler], cell: Cell) -> None:
    """Take statements one after the other, and what stands in them."""
    for statement in statements:
        match statement:
            case ast.For(target=target, iter=source):
                use(code, source, cell)
                cell.binds |= stored(target)
                use(code, target, cell)
            case ast.While(test=test) | ast.If(test=test):
                use(code, test, cell)
            case ast.With(items=items):
                for item in items:
                    use(code, item.context_expr, cell)
                    cell.binds |= stored(item.optional_vars)
            case ast.ExceptHandler(type=kind, name=name):
                if kind:
                    use(code, kind, cell)
                cell.binds |= {name} if name else set()
            case ast.Try():
                pass
            case _:
                use(code, statement, cell)
                bind(code, statement, cell)
                continue
        for part in ("body", "handlers", "orelse", "finalbody"):
            follow(code, getattr(statement, part, []), cell)


def use(code: str, node: ast.AST, cell: Cell) -> None:
    """Note the names that a piece of code reads and changes, unless the cell has bound them."""
    new = {name for name, symbol in symbols(code, node) if symbol.is_referenced()}
    for decorator in getattr(node, "decorator_list", []):
        use(code, decorator, cell)
    new |= set(added_to(node))
    cell.reads |= new - cell.binds
    cell.changes |= set(changes(node)) & new - cell.binds
    for call in ast.walk(node):
        cell.settings.update(SETTINGS.get(called(call), []))


def bind(code: str, statement: ast.stmt, cell: Cell) -> None:
    """Note the names that a statement binds."""
    bound = {
        name
        for name, symbol in symbols(code, statement)
        if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
    }
    cell.binds |= bound
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        cell.modules |= bound
    if any(called(node) in STATEFUL for node in ast.walk(statement)):
        cell.stateful |= bound


def symbols(code: str, node: ast.AST) -> Iterator[tuple[str, symtable.Symbol]]:
    """Yield the names of the cell's own scope in a piece of code, as Python's compiler does."""
    text = ast.get_source_segment(code, node) or ""
    if not isinstance(node, ast.stmt):
        text = f"(\n{text}\n)"
    elif node.col_offset:
        text = "if 1:\n" + " " * node.col_offset + text
    top = symtable.symtable(text, "cell", "exec")
    yield from ((symbol.get_name(), symbol) for symbol in top.get_symbols())
    inner = list(top.get_children())
    while inner:
        table = inner.pop()
        inner += table.get_children()
        yield from ((one.get_name(), one) for one in table.get_symbols() if one.is_global())


def stored(target: ast.expr | None) -> set[str]:
    """Return the names that a target of an assignment binds."""
    stores = (node for node in ast.walk(target or ast.Load()) if isinstance(node, ast.Name))
    return {node.id for node in stores if isinstance(node.ctx, ast.Store)}


def changes(node: ast.AST) -> Iterator[str]:
    """Yield the names whose objects a piece of code changes."""
    for part in ast.walk(node):
        match part:
            case ast.Subscript(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store()):
                yield from root(part)
            case ast.Call(func=ast.Attribute(attr=attr, value=value)) if attr in MUTATORS:
                yield from root(value)
            case ast.Call(args=[first, *_]) if called(part) in FILLERS:
                yield from root(first)
            case ast.keyword(arg="out", value=value):
                yield from root(value)
    yield from added_to(node)


def added_to(node: ast.AST) -> Iterator[str]:
    """Yield the name of `name += ...`, which Python's compiler does not count as read."""
    match node:
        case ast.AugAssign(target=ast.Name(id=name)):
            yield name


def root(node: ast.AST) -> Iterator[str]:
    """Yield the name at the beginning of `a.b[c].d`."""
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id


def called(node: ast.AST) -> str:
    """Return the last part of the name of the function that is called."""
    match node:
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name
    return ""


def needed(cells: Sequence[Cell], index: int) -> list[int]:
    """Return the numbers of the cells that must have run before a cell, in order."""
    found: set[int] = set()
    waiting = [index]
    while waiting:
        number = waiting.pop()
        for name in cells[number].reads:
            for other in reversed(range(number)):
                if name in cells[other].writes and other not in found:
                    found.add(other)
                    waiting.append(other)
                if name in cells[other].binds:
                    break
    return sorted(found)
