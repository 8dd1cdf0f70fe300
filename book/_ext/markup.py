"""The theme's markup is corrected where axe finds fault with it: here, and in `templates`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

TEMPLATES = Path(__file__).parent / "templates"


def correct(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None
) -> None:
    """Correct the roles and names in the text of a page."""
    body = context.get("body", "")
    # The entries of a role="list" are list items; "doc-biblioentry" is deprecated.
    body = body.replace(' role="doc-biblioentry"', ' role="listitem"')
    # A hidden cell is named by the text that is seen, "Show the code".
    context["body"] = body.replace(' aria-label="Toggle hidden content"', "")


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the corrections, and let our templates go before the theme's."""
    app.config.templates_path.insert(0, str(TEMPLATES))
    app.connect("html-page-context", correct)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
