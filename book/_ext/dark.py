"""The copy of a drawing for dark pages.

Greys and pale tints swap with the dark ones, while the hues of the data stay the same. The build
uses it, and the page, for the drawings of cells that run in it: it imports the standard library
alone.
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Iterator
from xml.etree import ElementTree

SVG = "http://www.w3.org/2000/svg"
COLOUR = re.compile(r"#[0-9a-f]{6}\b")
NUMBER = re.compile(r"-?[0-9.]+")
# Else the standard library writes prefixes of its own.
ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
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
