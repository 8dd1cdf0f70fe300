"""A content security policy on every page: the browser loads and runs what it names, and no more.

Scripts come from files of the site. One that stands in a page runs only if its hash stands in the
policy of that page, and the build takes the hashes of the live figures' scripts alone: any other
is a warning, and so an error in a strict build. Nothing comes from another host.

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
from collections.abc import Iterable
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

# A script in a page, and before it the end of the live figure that it belongs to, if there is one.
SCRIPT = re.compile(r"(</softmax-[\w-]+>\n)?<script\b[^>]*>(.*?)</script>", re.DOTALL)
# Hides what works with scripts alone, where there are none.
STYLE_WITHOUT_SCRIPTS = ".pst-js-only { display: none !important; }"
logger = logging.getLogger(__name__)


def digest(text: str) -> str:
    """Return the hash of a script or a style, as a policy names it."""
    found = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(found).decode()}'"


def policy(scripts: Iterable[str]) -> str:
    """Return the policy of a page in which these scripts stand."""
    allowed = {
        "default-src": ["'none'"],
        "script-src": ["'self'", *sorted({digest(script) for script in scripts})],
        "style-src": ["'self'", "'unsafe-inline'"],
        "style-src-elem": ["'self'", digest(STYLE_WITHOUT_SCRIPTS)],
        "style-src-attr": ["'unsafe-inline'"],
        "connect-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
    }
    return "; ".join(" ".join([name, *sources]) for name, sources in allowed.items())


def set_policy(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None
) -> None:
    """Give the template the page's policy; warn of scripts that it will not let run."""
    scripts = []
    for figure, script in SCRIPT.findall(context.get("body", "")):
        if figure:
            scripts.append(script)
        else:
            logger.warning("a script in this page will not run, see policy.py", location=page)
    context["content_policy"] = policy(scripts)
    context["style_without_scripts"] = STYLE_WITHOUT_SCRIPTS


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect all of it to Sphinx, after everyone who changes the text of a page."""
    app.connect("html-page-context", set_policy, priority=1000)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
