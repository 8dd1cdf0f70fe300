"""The pictures of the notebooks: their size, and a second drawing of each for the dark mode.

The notebooks draw dark ink on white. For each of their SVG figures this extension writes a copy
in which greys and pale tints swap with the dark ones, while the hues of the data stay the same, so
that a sentence about the orange line is true of both. The style sheet shows one of the two;
a browser fetches that one alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import imagesize
from dark import darken
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator


class drawing(nodes.image):
    """A picture that a notebook has made."""


def find_drawings(app: Sphinx, tree: nodes.document, page: str) -> None:
    """Mark the pictures that the notebook of a page has made."""
    for image in list(tree.findall(nodes.image)):
        if "jupyter_execute" in Path(image["uri"]).parts:
            image.replace_self(drawing("", **image.attributes))


def visit_drawing(translator: HTML5Translator, node: drawing) -> None:
    """Write the picture, its size known before it is there, and its dark copy."""
    builder = translator.builder
    name = builder.images[node["uri"]]
    source = Path(builder.srcdir, node["uri"])
    width, height = map(round, imagesize.get(source))
    variants = {"": name}
    if source.suffix == ".svg":
        dark = f"{source.stem}-dark.svg"
        variants = {"figure-light": name, "figure-dark": dark}
        folder = Path(builder.outdir, builder.imagedir)
        folder.mkdir(exist_ok=True)
        (folder / dark).write_text(darken(source.read_text("utf-8")), encoding="utf-8")
    for kind, file in variants.items():
        # The theme dims pictures in the dark mode, but for those of the class dark-light.
        tag = translator.emptytag(
            node,
            "img",
            "\n",
            CLASS=f"{kind} dark-light".strip(),
            src=f"{builder.imgpath}/{quote(file)}",
            alt=node.get("alt", ""),
            width=str(width),
            height=str(height),
            loading="lazy",
        )
        translator.body.append(tag)


def depart_drawing(translator: HTML5Translator, node: drawing) -> None:
    """Write nothing more."""


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect all of it to Sphinx."""
    app.add_node(drawing, html=(visit_drawing, depart_drawing))
    app.connect("doctree-resolved", find_drawings)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
