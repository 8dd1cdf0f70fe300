"""The pictures of the notebooks: their size, and a second drawing of each for the dark mode.

The notebooks draw dark ink on white. For each of their SVG figures this extension writes a copy
in which greys and pale tints swap with the dark ones, while the hues of the data stay the same, so
that a sentence about the orange line is true of both. The style sheet shows one of the two;
a browser fetches that one alone.
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import imagesize
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

SVG = "http://www.w3.org/2000/svg"
COLOUR = re.compile(r"#[0-9a-f]{6}\b")
NUMBER = re.compile(r"-?[0-9.]+")
GROUND, INK = 0.07, 0.94  # what white and black become, as lightness; the ground is the theme's


def darken(svg: str) -> str:
    """Return matplotlib's drawing for a dark ground.

    A heat map stays as it is, with the text inside it. So does white text, which stands on a hue.
    """
    root = ElementTree.fromstring(svg)
    stays = {part for axes in root.iter(f"{{{SVG}}}g") for part in heat_map(axes)}
    for group in root.iter(f"{{{SVG}}}g"):
        if group in stays or not group.get("id", "").startswith("text_"):
            continue
        for text in group.iter(f"{{{SVG}}}g"):
            style = text.get("style", "")
            if "#ffffff" in style:
                stays.add(text)
            elif text.get("transform") and "fill" not in style:  # matplotlib names all but black
                text.set("style", f"fill: #000000; {style}")
    for element in root.iter():
        if element not in stays and "#" in element.get("style", ""):
            style = COLOUR.sub(lambda found: for_dark_ground(found[0]), element.get("style"))
            element.set("style", style)
    return ElementTree.tostring(root, encoding="unicode")


def heat_map(axes: ElementTree.Element) -> Iterator[ElementTree.Element]:
    """Yield the parts of a heat map: its cells, and the text inside its edges."""
    parts = {part.get("id", "").rstrip("0123456789"): part for part in axes}
    if "QuadMesh_" not in parts and axes.find(f"{{{SVG}}}image") is None:
        return
    corners = [float(n) for n in NUMBER.findall(axes.find(f".//{{{SVG}}}path").get("d"))]
    left, right = min(corners[::2]), max(corners[::2])
    top, bottom = min(corners[1::2]), max(corners[1::2])
    for part in axes:
        name = part.get("id", "")
        placed = [part.get("transform"), *(group.get("transform") for group in part.iter())]
        x, y = next((map(float, NUMBER.findall(at)[:2]) for at in placed if at), (0, 0))
        inside = left <= x <= right and top <= y <= bottom
        if name.startswith("QuadMesh_") or (name.startswith("text_") and inside):
            yield from part.iter()


def for_dark_ground(colour: str) -> str:
    """Return a hue unchanged; a grey, a tint or a shade with its lightness inverted."""
    rgb = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    hue, lightness, saturation = colorsys.rgb_to_hls(*rgb)
    if saturation > 0.3 and 0.25 < lightness < 0.72:
        return colour
    inverted = INK + lightness * (GROUND - INK)
    rgb = colorsys.hls_to_rgb(hue, inverted, min(saturation, 0.6))
    return "#" + "".join(f"{round(255 * part):02x}" for part in rgb)


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
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    app.add_node(drawing, html=(visit_drawing, depart_drawing))
    app.connect("doctree-resolved", find_drawings)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
