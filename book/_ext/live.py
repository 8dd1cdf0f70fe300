"""The scripts of the live figures: modules of the package, as files that a page loads once.

An output holds an element of HTML with its data, such as `softmax-explorer`, and no script. A page
that has one loads `explorer.mjs`, and asks at the same time for all that this module imports.
"""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

SOURCE = files("softmax_lessons.interactive")
FOLDER = "_static/interactive"
ELEMENT = re.compile(r"<softmax-([\w-]+) ")
IMPORT = re.compile(r'^import .* from "\./(.+)\.mjs";$', re.MULTILINE)


def name_modules(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None
) -> None:
    """Give the template the modules of a page's figures, and those that they import."""
    figures = sorted(set(ELEMENT.findall(context.get("body", ""))))
    needed: dict[str, None] = {}

    def follow(name: str) -> None:
        for other in IMPORT.findall(SOURCE.joinpath(f"{name}.mjs").read_text(encoding="utf-8")):
            if other not in needed:
                needed[other] = None
                follow(other)

    for name in figures:
        follow(name)
    context["live_modules"] = [f"{FOLDER}/{name}.mjs" for name in figures]
    context["live_imports"] = [f"{FOLDER}/{name}.mjs" for name in needed]


def copy_modules(app: Sphinx, error: Exception | None) -> None:
    """Put the modules where the pages look for them."""
    if error or app.builder.format != "html":
        return
    folder = Path(app.outdir, FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    for file in SOURCE.iterdir():
        if file.name.endswith(".mjs"):
            (folder / file.name).write_bytes(file.read_bytes())


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect all of it to Sphinx."""
    app.connect("html-page-context", name_modules)
    app.connect("build-finished", copy_modules)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
