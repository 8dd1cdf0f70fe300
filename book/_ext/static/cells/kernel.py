"""Run cells in the page's own Python, and send what they print and show.

`start` is called once, with a function that sends a message to the page; then `run` for each press
of a button. Cells are known by their numbers, their code by the page, which sends all of it each
time: the reader may have changed it.
"""

from __future__ import annotations

import ast
import builtins
import io
import linecache
import os
import sys
import time
import traceback
from collections.abc import Callable
from types import CodeType, ModuleType
from typing import Any

from softmax_lessons import _slices as slices

Send = Callable[..., None]
Mark = tuple[int, tuple[str, ...]]
LIMIT = 100_000  # characters that one cell may print
BURST = 200  # lines that are sent at once; after them, one message in each MOMENT
MOMENT = 0.05  # seconds
FILE = "<cell {}>"
# What is loaded when a cell needs it: with the package's own modules, those that import it.
PACKAGES: dict[str, list[str]] = {
    "matplotlib": ["softmax_lessons.plotting"],
    "mpmath": [],
    "names": [],
    "networkx": [],
    "pandas": [],
    "scipy": [],
    "seaborn": [],
    "symspellpy": [],
}


# What the page says in another language than English, by the English phrases.
words: dict[str, str] = {}


def _(phrase: str) -> str:
    """Return a phrase in the language of the page."""
    return words.get(phrase, phrase)


class Stream(io.TextIOBase):
    """Sends what is printed, up to a limit, and not more often than a page can show."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.waiting: list[str] = []
        self.left = LIMIT
        self.lines = BURST
        self.sent = time.monotonic()

    def write(self, text: str) -> int:
        """Keep what is printed for a moment."""
        if self.left:
            self.waiting.append(text)
            at_once = text.endswith("\n") and self.lines > 0
            if at_once or time.monotonic() > self.sent + MOMENT:
                self.flush()
        return len(text)

    def flush(self) -> None:
        """Send what is waiting."""
        text = "".join(self.waiting)[: self.left]
        self.waiting.clear()
        self.left -= len(text)
        self.lines -= 1
        self.sent = time.monotonic()
        if text:
            self.send("text", text)
            if not self.left:
                self.send(
                    "text",
                    _("\n[These are the first {n} characters.]\n").format(n=f"{LIMIT:,}"),
                )


class Kernel:
    """Runs cells, each after those that it needs."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.names: dict[str, Any] = {
            "__name__": "__main__",
            "__builtins__": builtins,
            "display": self.display,
        }
        # The run that has bound each name, and those that have changed it since.
        self.history: dict[str, list[Mark]] = {}

    def run(self, codes: list[str], number: int) -> bool:
        """Run a cell, and before it those whose results it needs and does not find."""
        cells = slices.read_all(codes)
        order = slices.needed(cells, number)
        # A cell that cannot be read might bind anything: its error comes first, and ends the run.
        broken = [one for one in range(number) if cells[one].broken]
        marks = {one: mark(cells, codes, one) for one in [*broken, *order, number]}
        for one in [*broken, *self.missing(cells, order, marks, number), number]:
            write(self.history, cells[one], marks[one])
            if not self.execute(one, codes[one]):
                for name in cells[one].writes:
                    self.history.pop(name, None)
                return False
        return True

    def packages(self, codes: list[str], number: int) -> list[str]:
        """Return which packages a cell and those that it needs import, beside NumPy."""
        cells = slices.read_all(codes)
        run = [cells[one] for one in [*slices.needed(cells, number), number]]
        return [
            name
            for name, others in PACKAGES.items()
            if any(cell.uses(module) for cell in run for module in [name, *others])
        ]

    def missing(
        self, cells: list[slices.Cell], order: list[int], marks: dict[int, Mark], number: int
    ) -> list[int]:
        """Return which of the needed cells must run, because a name is not what they made it."""
        expected: dict[str, list[Mark]] = {}
        for one in order:
            write(expected, cells[one], marks[one])
        wrong = {name for name in expected if self.history.get(name) != expected[name]}
        bound = [name for one in order for name in cells[one].binds]
        wrong |= {name for name in bound if bound.count(name) > 1}  # it has two values on the way
        found: set[int] = set()
        wanted = set(cells[number].reads)
        while True:
            for one in reversed(order):
                if one not in found and cells[one].writes & wrong & wanted:
                    found.add(one)
                    wanted |= cells[one].reads
                    wrong |= cells[one].writes
                    break
            else:
                return sorted(found)

    def execute(self, number: int, code: str) -> bool:
        """Run one cell and send what it shows; tell whether it came to its end."""
        self.send("start", number)
        stream = Stream(self.send)
        before = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = stream
        try:
            file = FILE.format(number)
            lines = f"{code}\n".splitlines(keepends=True)
            linecache.cache[file] = (len(code), None, lines, file)
            body, last = parse(code, file)
            exec(body, self.names)
            if last is not None:
                self.display(eval(last, self.names))
            show_figures()
        except BaseException as error:
            stream.flush()
            self.send("error", explain(error, file))
            close_figures()
            return False
        finally:
            stream.flush()
            sys.stdout, sys.stderr = before
        return True

    def display(self, *things: Any) -> None:
        """Show objects as a notebook does: as HTML, if they have any, or as text."""
        for thing in things:
            show = None if isinstance(thing, type) else getattr(thing, "_repr_html_", None)
            html = show() if show else None
            if type(thing).__name__ == "Report":  # of an exercise: the verdict is its first line
                self.send("said", repr(thing).partition("\n")[0])
            if html is not None:
                sys.stdout.flush()
                self.send("html", html)
            elif thing is not None:
                print(repr(thing))


def show_figures() -> None:
    """Show the figures that a cell has left open."""
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].show()


def close_figures() -> None:
    """Close the figures of a cell that has not come to its end."""
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


def mark(cells: list[slices.Cell], codes: list[str], number: int) -> Mark:
    """Return what tells one run of a cell from another: its code, and that of what it needs."""
    return number, tuple(codes[one] for one in [*slices.needed(cells, number), number])


def write(history: dict[str, list[Mark]], cell: slices.Cell, mark: Mark) -> None:
    """Note that a cell has run, in the histories of the names that it binds or changes."""
    for name in cell.changes:
        history[name] = [*history.get(name, []), mark]
    for name in cell.binds:
        history[name] = [mark]


def parse(code: str, file: str) -> tuple[CodeType, CodeType | None]:
    """Return a cell's code compiled: its statements, and its last expression by itself."""
    tree = ast.parse(code, file)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = compile(ast.Expression(tree.body.pop().value), file, "eval")
    return compile(tree, file, "exec"), last


def explain(error: BaseException, file: str) -> str:
    """Return an error in a few lines, which end at the line of the reader's code."""
    text = traceback.format_exception_only(error)[-1].strip()
    if isinstance(error, MemoryError):
        text = "MemoryError: " + _("this asks for more memory than a page has.")
    elif isinstance(error, ModuleNotFoundError):
        has = _("the page has no {name}. It has Python's own library, numpy, {names} and {last}.")
        names = ", ".join(PACKAGES)
        text = "ModuleNotFoundError: "
        text += has.format(name=error.name, names=names, last="softmax_lessons")
    if isinstance(error, SyntaxError) and error.filename == file:
        line, source = error.lineno, error.text or ""
        if source.lstrip().startswith(("%", "!")):
            text += ". " + _("Lines that begin with % or ! are for Jupyter, not for Python")
    else:
        line, source = None, ""
        for frame in traceback.extract_tb(error.__traceback__):
            if frame.filename == file:
                line, source = frame.lineno, frame.line or ""
    where = _("in line {line}:").format(line=line)
    return f"{text}\n{where} {source.strip()}" if line else text


def no_input(prompt: object = "") -> str:
    """Replace `input`, for whose answer nothing can wait here."""
    raise EOFError(_("input() gets no answer in the page: write the value into the code."))


def start(send: Send, language: str = "en", phrases: dict[str, str] | None = None) -> Kernel:
    """Return a kernel, in a Python that shows figures in the page and asks nothing."""
    os.environ["SOFTMAX_LESSONS_LANGUAGE"] = language
    words.update(phrases or {})
    os.environ["MPLBACKEND"] = "module://backend"
    builtins.input = no_input
    sys.modules["page"] = page = ModuleType("page")
    page.send = send
    return Kernel(send)
