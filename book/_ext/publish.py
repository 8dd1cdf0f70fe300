"""What of a built site is published: what others are told of a page, where the site starts.

- A page's description goes into its Open Graph data, which sphinxext-opengraph writes: what a chat
  or a social network shows of a link. A site without an address has none.
- `index.html`, at the root of the site, leads to the first page.
- What is no page goes: templates that the themes leave among the static files, and Sphinx's note
  for the next build, a hash of settings with absolute paths, which no two folders agree on.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config


def describe(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None
) -> None:
    """Tell sphinxext-opengraph what its page is, and how its author describes it."""
    if not tree:
        return
    context["meta"] = meta = dict(context["meta"] or {})
    meta["og:type"] = "website" if page == app.config.root_doc else "article"
    for tag in tree.findall(nodes.meta):
        if tag.get("name") == "description":
            meta["og:description"] = tag["content"]
    if not app.config.html_baseurl:
        meta["ogp_disable"] = "true"


def add_front(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Name the page at the root."""
    yield "index", {}, "front.html"


def tidy_up(app: Sphinx, error: Exception | None) -> None:
    """Remove what is no page."""
    if error or app.builder.format != "html":
        return
    for leftover in Path(app.outdir, "_static").glob("*webpack-macros.html"):
        leftover.unlink()
    Path(app.outdir, ".buildinfo").unlink(missing_ok=True)


def name_site(app: Sphinx, config: Config) -> None:
    """Take the title of the book for its name, unless `_config.yml` says otherwise."""
    config.ogp_site_name = config.ogp_site_name or config.html_title
    logo = {"text": config.html_title} | config.html_theme_options.get("logo", {})
    config.html_theme_options = config.html_theme_options | {"logo": logo}


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect all of it to Sphinx; the description before sphinxext-opengraph asks for it."""
    app.connect("config-inited", name_site)
    app.connect("html-page-context", describe, priority=400)
    app.connect("html-collect-pages", add_front)
    app.connect("build-finished", tidy_up)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
