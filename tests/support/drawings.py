"""Where the text of stored drawings stands: matplotlib writes it as outlines of its letters."""

import itertools
import json
import re
from functools import cache
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np

from support import pages

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"
GRID = "#e6e6e6"  # its colour
STEP = re.compile(r"(translate|scale|rotate|matrix)\(([^)]*)\)")
NUMBER = re.compile(r"-?[\d.]+(?:e-?\d+)?")


class Text(NamedTuple):
    """A text of a drawing: what it says, how large, and the corners of the box around its ink."""

    says: str
    size: float  # in points
    box: np.ndarray  # left and top, then right and bottom
    upright: bool


class Drawing(NamedTuple):
    """A drawing that a notebook stores."""

    page: str
    cell: int
    root: ElementTree.Element

    @property
    def width(self):
        return float(self.root.get("viewBox").split()[2])

    @property
    def height(self):
        return float(self.root.get("viewBox").split()[3])


@cache
def stored():
    """Return the drawings of all notebooks."""
    found = []
    for page in pages.CHAPTERS:
        notebook = json.loads((pages.ROOT / f"{page}.ipynb").read_text("utf-8"))
        for number, cell in enumerate(notebook["cells"]):
            for output in cell.get("outputs", []):
                if "image/svg+xml" in output.get("data", {}):
                    svg = "".join(output["data"]["image/svg+xml"])
                    root = ElementTree.fromstring(svg, with_comments())
                    found.append(Drawing(page, number, root))
    return found


def with_comments():
    """Return a parser that keeps the comments, in which matplotlib says what each text is."""
    return ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True))


@cache
def texts(drawing):
    """Return the texts of a drawing."""
    outlines = {path.get("id"): path for path in drawing.root.iter(f"{SVG}path") if path.get("id")}
    return [
        text
        for group in drawing.root.iter(f"{SVG}g")
        if group.get("id", "").startswith("text_")
        for text in text_of(group, outlines)
    ]


def text_of(group, outlines):
    """Yield what one group of matplotlib's writes, if it writes anything."""
    says = " ".join(part.text.strip() for part in group.iter() if part.tag is ElementTree.Comment)
    whole, corners = np.eye(3), []
    sizes, upright = [], True
    for part in group.iter(f"{SVG}g"):
        own = whole @ matrix(part.get("transform", "")) if part is not group else whole
        for use in part.findall(f"{SVG}use"):
            glyph = outlines[use.get(LINK).removeprefix("#")]
            place = own @ matrix(use.get("transform", "")) @ shift(use)
            at = place @ matrix(glyph.get("transform", ""))
            points = np.array(NUMBER.findall(glyph.get("d") or ""), float).reshape(-1, 2)
            corners.extend((at @ np.column_stack([points, np.ones(len(points))]).T)[:2].T)
            sizes.append(100 * np.hypot(*own[:2, 1]))
            upright = abs(own[0, 1]) < 1e-9
    if corners:
        box = np.array([np.min(corners, axis=0), np.max(corners, axis=0)])
        yield Text(says, max(sizes), box, upright)


def matrix(transform):
    """Return what the attribute `transform` does to a point, as a matrix."""
    whole = np.eye(3)
    for name, values in STEP.findall(transform):
        x = [float(value) for value in NUMBER.findall(values)]
        step = np.eye(3)
        if name == "translate":
            step[: len(x), 2] = x
        elif name == "scale":
            step[0, 0], step[1, 1] = x[0], x[-1]
        elif name == "matrix":
            step[:2] = np.reshape(x, (3, 2)).T
        else:
            turn = np.deg2rad(x[0])
            step[:2, :2] = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
        whole = whole @ step
    return whole


def shift(use):
    """Return the shift by the attributes `x` and `y`."""
    return matrix(f"translate({use.get('x', 0)} {use.get('y', 0)})")


def overlap(one, other):
    """Return by how many points two boxes overlap, to the side and in height; 0 if they do not."""
    low, high = np.maximum(one[0], other[0]), np.minimum(one[1], other[1])
    return (high - low).min() if (high > low).all() else 0.0


def lines(drawing):
    """Yield the curves of a drawing as the corners that they go through, without the grid."""
    for group in drawing.root.iter(f"{SVG}g"):
        if group.get("id", "").startswith("line2d_"):
            for path in group.findall(f"{SVG}path"):
                if "clip-path" in path.attrib and GRID not in path.get("style"):
                    yield np.array(NUMBER.findall(path.get("d")), float).reshape(-1, 2)


def crosses(line, box):
    """Tell whether a curve enters a box."""
    for start, end in itertools.pairwise(line):
        way = np.linspace(start, end, int(2 + np.abs(end - start).max()))
        if ((way > box[0]) & (way < box[1])).all(axis=1).any():
            return True
    return False
