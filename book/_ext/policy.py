"""A content security policy on every page: the browser loads and runs what it names, and no more.

Scripts come from files of the site. One that stands in a page does not run, and is a warning in the
build, so an error in a strict one. Nothing comes from another host.

Four things are looser than they could be:

- Style attributes are allowed, because KaTeX places each sign with one, thousands on a page.
  Style elements are not, but for the one that `templates/layout.html` writes.
- `style-src` says the same to browsers from before 2022, which know attributes and elements as one.
- A page may fetch files of its own site. None does, but checkers like Lighthouse read robots.txt
  through the page, and fail it where they may not.
- Pictures may be `data:` addresses, with which the theme's style sheet draws arrows and ticks.

`frame-ancestors` works in a header alone, which a host like GitHub Pages does not let one set.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

SCRIPT = re.compile(r"<script\b", re.IGNORECASE)
# Hides what works with scripts alone, where there are none.
STYLE_WITHOUT_SCRIPTS = ".pst-js-only { display: none !important; }"
logger = logging.getLogger(__name__)


def digest(text: str) -> str:
    """Return the hash of a style element, as a policy names it."""
    found = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(found).decode()}'"


POLICY = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'", "'unsafe-inline'"],
    "style-src-elem": ["'self'", digest(STYLE_WITHOUT_SCRIPTS)],
    "style-src-attr": ["'unsafe-inline'"],
    "connect-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
}


def set_policy(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None
) -> None:
    """Give the template the policy; warn of a script in the page, which it will not let run."""
    if SCRIPT.search(context.get("body", "")):
        message = "a script in this page will not run, see policy.py; `make outputs` stores none"
        logger.warning(message, location=page)
    context["content_policy"] = "; ".join(" ".join([name, *POLICY[name]]) for name in POLICY)
    context["style_without_scripts"] = STYLE_WITHOUT_SCRIPTS


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect all of it to Sphinx, after everyone who changes the text of a page."""
    app.connect("html-page-context", set_policy, priority=1000)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
