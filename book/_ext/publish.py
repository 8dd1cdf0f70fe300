"""What a published page tells other sites; the page at the root, and the one for dead addresses.

- Each page's description goes into its Open Graph data too, with the card of the course: what
  a chat or a social network shows of a link. `templates/layout.html` writes them.
- `404.html` is shown at any depth, so its links start at the root of the host.
- `index.html`, at the root of the site, leads to the first page.
- What is no page goes: templates that the themes leave among the static files, and Sphinx's note
  for the next build, a hash of settings with absolute paths, which no two folders agree on.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup
from docutils import nodes
from sphinx.application import Sphinx

CARD = {
    "width": 1200,
    "height": 630,
    "alt": "Softmax Lessons: three scores become three probabilities that sum to 1.",
}
LOST = "404"
ADDRESSES = ("href", "src", "action", "data-content_root")


def describe(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None
) -> None:
    """Give the template the page's description and the address of the card."""
    metas = tree.findall(nodes.meta) if tree else []
    found = [meta["content"] for meta in metas if meta.get("name") == "description"]
    context["description"] = found[0] if found else ""
    context["card"] = CARD | {"address": f"{app.config.html_baseurl}_static/card.png"}


def collect_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Name the page for addresses that lead nowhere, and the one at the root."""
    yield LOST, {}, "404.html"
    yield "index", {}, "front.html"


def finish(app: Sphinx, error: Exception | None) -> None:
    """Let the links of the page for lost readers start at the root of the host; tidy up."""
    if error or app.builder.format != "html":
        return
    for leftover in Path(app.outdir, "_static").glob("*webpack-macros.html"):
        leftover.unlink()
    Path(app.outdir, ".buildinfo").unlink(missing_ok=True)
    file = Path(app.outdir, f"{LOST}.html")
    root = urlsplit(app.config.html_baseurl).path or "/"
    soup = BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")
    for name in ADDRESSES:
        for tag in soup.select(f"[{name}]:not([{name}^='#'])"):
            tag[name] = urljoin(root, tag[name])
    file.write_text(str(soup), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect all of it to Sphinx."""
    app.connect("html-page-context", describe)
    app.connect("html-collect-pages", collect_pages)
    app.connect("build-finished", finish)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
