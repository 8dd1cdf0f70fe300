"""Each numbered equation links to the test that holds it up, on a page that shows the tests.

`tests/package/identities.toml` says which is which. The page gets its list from there, and the code
from the files of the tests, whenever the book is built.
"""

from __future__ import annotations

from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import left_out
import tomllib
from docutils import nodes
from phrases import _
from sphinx.application import Sphinx
from sphinx.util import logging

PAGE = "book/appendix/identities"
TESTS = Path(__file__).resolve().parents[2] / "tests" / "package"
TABLE = TESTS / "identities.toml"
LABEL = "eq-"  # how the labels of equations start
logger = logging.getLogger(__name__)


@cache
def tests() -> dict[str, str]:
    """Return the test of each equation of the pages that are there, by label."""
    table = tomllib.loads(TABLE.read_text("utf-8"))
    return {label: test for label, test in table.items() if label not in left_out.labels()}


def anchor(test: str) -> str:
    """Return the target of a test, as in "test_losses.py::test_reductions"."""
    return test.replace(".py::", "-").replace("_", "-")


def list_tests(app: Sphinx, page: str, source: list[str]) -> None:
    """Append the tests to their page, grouped by file, each with the equations that it holds up."""
    if page != PAGE:
        return
    equations: dict[str, list[str]] = {}
    for label, test in tests().items():
        equations.setdefault(test, []).append(label)
    held = _("Equations:")
    for file, group in groupby(sorted(equations), key=lambda test: test.partition("::")[0]):
        source[0] += f"\n## {file}\n"
        for test in group:
            name = test.partition("::")[2]
            links = (
                _("Equations:") + " " + ", ".join(f"{{eq}}`{label}`" for label in equations[test])
            )
            source[0] += f"\n({anchor(test)})=\n### {words(name)}\n\n{held} {links}\n\n"
            path = Path("..", "..", "tests", "package", file).as_posix()
            source[0] += f"```{{literalinclude}} {path}\n:pyobject: {name}\n```\n"


def words(name: str) -> str:
    """Return the sentence that the name of a test is."""
    return name.removeprefix("test_").replace("_", " ").capitalize()


def link_equations(app: Sphinx, tree: nodes.document, page: str) -> None:
    """Put a link to its test below each numbered equation."""
    for equation in list(tree.findall(nodes.math_block)):
        label = equation.get("label")
        if not label or not label.startswith(LABEL):
            continue
        if label not in tests():
            logger.warning("%s has no test in %s", label, TABLE.name, location=equation)
            continue
        target = f"{app.builder.get_relative_uri(page, PAGE)}#{anchor(tests()[label])}"
        text = _("Test of equation {n}", n=number(app, page, equation))
        link = nodes.reference("", text, internal=True, refuri=target)
        below = nodes.paragraph("", "", link, classes=["identity-test"])
        equation.parent.insert(equation.parent.index(equation) + 1, below)


def number(app: Sphinx, page: str, equation: nodes.math_block) -> str:
    """Return the number that stands beside an equation: they are counted through the book."""
    numbers = app.env.toc_fignumbers[page]["displaymath"][equation["ids"][0]]
    return ".".join(map(str, numbers))


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect all of it to Sphinx."""
    app.connect("source-read", list_tests)
    app.connect("doctree-resolved", link_equations)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
