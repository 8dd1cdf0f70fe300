"""The theme's markup is corrected where axe finds fault with it: here, and in `templates`.

And what does not fit a phone is made ready for it: a row of a table becomes a card, printed columns
scroll and keep in line, and -inf stays in one piece.
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
COLUMNS = re.compile(r"^ |\S {2,}\S", re.MULTILINE)  # static/cells/page.mjs has the same
SIGNED = re.compile(r"(?<![\w)\]])(-[A-Za-z]\w*)")  # browsers may end a line after its hyphen
LITERAL = nodes.literal, nodes.FixedTextElement, nodes.math, nodes.math_block, nodes.raw
SHORT = 20  # characters of a word of code that stays in one line


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


def mark_columns(app: Sphinx, tree: nodes.document, page: str) -> None:
    """Mark the outputs whose columns would fall apart if their lines were broken."""
    for block in tree.findall(nodes.literal_block):
        if "output" in block["classes"] and COLUMNS.search(block.astext()):
            block["classes"].append("columns")


def keep_whole(app: Sphinx, tree: nodes.document, page: str) -> None:
    """Mark what no line may end in: a minus with its word, as in -inf, and short words of code."""
    for code in tree.findall(nodes.literal):
        if max(map(len, code.astext().split()), default=0) <= SHORT:
            code["classes"].append("whole")
    for text in list(tree.findall(nodes.Text)):
        parts = SIGNED.split(text.astext())
        if len(parts) > 1 and not isinstance(text.parent, LITERAL):
            signed = [nodes.inline("", part, classes=["whole"]) for part in parts[1::2]]
            plain = [nodes.Text(part) for part in parts[::2]]
            both = [node for pair in zip(plain, signed, strict=False) for node in pair]
            text.parent.replace(text, [*both, plain[-1]])


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the corrections, and let our templates go before the theme's."""
    app.config.templates_path.insert(0, str(TEMPLATES))
    app.connect("html-page-context", correct)
    app.connect("doctree-resolved", mark_sections)
    app.connect("doctree-resolved", name_cells)
    app.connect("doctree-resolved", mark_columns)
    app.connect("doctree-resolved", keep_whole)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
