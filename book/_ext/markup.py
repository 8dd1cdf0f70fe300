"""The theme's markup is corrected where axe finds fault with it: here, and in `templates`.

And tables are made ready for phones, where a row becomes a card.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import phrases
from docutils import nodes
from sphinx.application import Sphinx

SOLUTION = re.compile(r'(<p class="admonition-title">[^<]+)(<a [^>]*>) ')
CARDS = {phrases.MISTAKES: "mistakes", phrases.SUMMARY: "summary"}
TEMPLATES = Path(__file__).parent / "templates"


def correct(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None
) -> None:
    """Correct the roles and names in the text of a page."""
    body = context.get("body", "")
    # The entries of a role="list" are list items; "doc-biblioentry" is deprecated.
    body = body.replace(' role="doc-biblioentry"', ' role="listitem"')
    # A hidden cell is named by the text that is seen, "Show the code".
    body = re.sub(r'(<summary) aria-label="[^"]*"', r"\1", body)
    # The blank before the exercise that a solution names belongs to no link, which underlines it.
    context["body"] = SOLUTION.sub(r"\1 \2", body)


def mark_sections(app: Sphinx, tree: nodes.document, page: str) -> None:
    """Give the sections that are cards a class: what they are called depends on the language."""
    for section in tree.findall(nodes.section):
        if kind := CARDS.get(section[0].astext()):
            section["classes"].append(kind)


def name_cells(app: Sphinx, tree: nodes.document, page: str) -> None:
    """Write its column's name into each cell of a table.

    The style sheet shows it on a phone, where cells stand below each other. The first cell of a row
    needs none: it is what the row is about.
    """
    for table in tree.findall(nodes.table):
        heads = [entry.astext() for row in table.findall(nodes.thead) for entry in row[0]]
        if app.builder.format != "html" or len(heads) < 2:
            continue
        table["classes"].append("stacks")
        for body in table.findall(nodes.tbody):
            for row in body:
                for name, entry in list(zip(heads, row, strict=True))[1:]:
                    if entry.astext():
                        entry.insert(0, nodes.inline("", name, classes=["cell-name"]))


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the corrections, and let our templates go before the theme's."""
    app.config.templates_path.insert(0, str(TEMPLATES))
    app.connect("html-page-context", correct)
    app.connect("doctree-resolved", mark_sections)
    app.connect("doctree-resolved", name_cells)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
