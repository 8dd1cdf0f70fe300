"""Cells and exercises have a name in the page's address, and the sign that leads there.

Headings, equations and figures get both from Sphinx. A cell is called after what stands around it,
an exercise or the section, and counted there: a cell that is added elsewhere changes no address.
What the sign does more than a link, `static/links.js` says.
"""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import Any

from docutils import nodes
from phrases import _
from sphinx.application import Sphinx
from sphinx_exercise.nodes import is_exercise_node, is_extension_node, is_solution_node


def name_cells(app: Sphinx, tree: nodes.document, page: str) -> None:
    """Give each cell whose code the page shows a name, before cells.py makes its bar."""
    counts: Counter[str] = Counter()
    for cell in tree.findall(nodes.container):
        if cell.get("nb_element") != "cell_code" or not shows_code(cell):
            continue
        around = name_around(cell)
        counts[around] += 1
        cell["ids"].append(f"{around}-cell-{counts[around]}")


def shows_code(cell: nodes.container) -> bool:
    """Tell whether a cell has its code on the page, folded or not."""
    return any("cell_input" in part["classes"] for part in cell.findall(nodes.container))


def name_around(cell: nodes.Node) -> str:
    """Return the name of the exercise, the solution or the section that a cell stands in."""
    above = cell.parent
    while above.parent and not (is_extension_node(above) or is_section(above)):
        above = above.parent
    if is_solution_node(above):
        return f"{above['target_label']}-solution"
    # Of a section with a label, the label comes last: headings are worded anew more often.
    return above["ids"][-1]


def is_section(node: nodes.Node) -> bool:
    """Tell whether a node is a section with a heading, not the content of an exercise."""
    return isinstance(node, nodes.section) and isinstance(node[0], nodes.title)


def add_signs(app: Sphinx, tree: nodes.document, page: str) -> None:
    """Put the sign behind the title of each exercise."""
    for exercise in tree.findall(is_exercise_node):
        title = next(exercise.findall(nodes.title))
        title += nodes.raw("", sign(exercise["ids"][0], "exercise"), format="html")


def sign(name: str, kind: str) -> str:
    """Return the link to a place, like those that Sphinx makes."""
    title = _("Link to this cell") if kind == "cell" else _("Link to this exercise")
    return f'<a class="headerlink" href="#{name}" title="{escape(title)}">#</a>'


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect all of it to Sphinx: cells.py comes after this with its bars."""
    app.add_js_file("links.js")
    app.add_js_file("contents.js")
    app.connect("doctree-resolved", name_cells, priority=400)
    app.connect("doctree-resolved", add_signs, priority=400)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
