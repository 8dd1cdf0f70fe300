"""The text in the drawings that the notebooks store: large enough, whole, clear of other text."""

import itertools

import face
import numpy as np
import pytest
from support import drawings, pages

SHOWN = 382  # pixels, of 390, in the narrowest place; tests/site/test_face.py measures it
LEAST = 12  # pixels
APART = 1  # points between two texts

every_drawing = pytest.mark.parametrize(
    "drawing", [pytest.param(one, id=f"{one.page}-{one.cell}") for one in drawings.stored()]
)


def test_chapters_have_drawings():
    assert {one.page for one in drawings.stored()} >= set(pages.CHAPTERS)


@every_drawing
def test_text_can_be_read_on_a_phone(drawing):
    scale = SHOWN / drawing.width
    small = [one.says for one in drawings.texts(drawing) if one.size * scale < LEAST]
    assert small == []


@every_drawing
def test_no_text_is_cut_off(drawing):
    cut = [
        one.says
        for one in drawings.texts(drawing)
        if (one.box[0] < 0).any() or (one.box[1] > [drawing.width, drawing.height]).any()
    ]
    assert cut == []


@every_drawing
def test_no_text_touches_another(drawing):
    touching = [
        (one.says, other.says)
        for one, other in itertools.combinations(drawings.texts(drawing), 2)
        if drawings.overlap(one.box + np.array([[-APART], [APART]]), other.box)
    ]
    assert touching == []


@every_drawing
def test_no_line_runs_through_a_text(drawing):
    crossed = {
        one.says
        for one in drawings.texts(drawing)
        for line in drawings.lines(drawing)
        if drawings.crosses(line, one.box)
    }
    assert crossed == set()


@pytest.mark.parametrize(("name", "weight"), face.WEIGHTS.items())
def test_the_face_is_that_of_the_pages(name, weight):
    (file,) = face.FOLDER.glob(f"*-{name}.ttf")
    assert file.read_bytes() == face.cut(weight)
    licence = face.OF_THE_PAGES.with_name("LICENSE")
    assert (face.FOLDER / "LICENSE").read_bytes() == licence.read_bytes()


def test_no_notebook_asks_for_smaller_text():
    asking = [page for page in pages.CHAPTERS if "fontsize=" in pages.text(page)]
    assert asking == []
