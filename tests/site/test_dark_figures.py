"""The figures in the dark mode: ink and ground change places, the hues of the data stay."""

import io
import re
from itertools import pairwise

import dark as figures
import matplotlib.pyplot as plt
import pytest
from support import pages

WHITE, DARK = "#ffffff", "#121212"  # the grounds of the two modes
WITH_FIGURES = [page for page in pages.PAGES if "<figure" in pages.html(page)]
HUES = ["#0173b2", "#de8f05", "#029e73", "#d55e00", "#cc78bc"]  # of softmax_lessons.plotting


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def drawn(paint, **text):
    """What a figure with one word in it becomes, and the colour of the word."""
    with plt.rc_context({"svg.hashsalt": "test", "text.color": "0.15"}):
        figure, ax = plt.subplots()
        paint(ax)
        ax.text(0.5, 0.5, "word", **text)
        file = io.StringIO()
        figure.savefig(file, format="svg")
        plt.close(figure)
    dark = figures.darken(file.getvalue())
    word = dark[dark.rindex('id="text_') :]
    return dark, re.search(r"fill: (#\w+)", word)[1]


def test_white_and_black_change_places():
    assert figures.for_dark_ground("#ffffff") == DARK
    assert luminance(figures.for_dark_ground("#000000")) > 0.8


def test_greys_keep_their_order_turned_around():
    greys = [figures.for_dark_ground(f"#{level:02x}{level:02x}{level:02x}") for level in range(256)]
    assert all(luminance(a) >= luminance(b) for a, b in pairwise(greys))


@pytest.mark.parametrize("hue", HUES)
def test_hues_stay_and_are_seen(hue):
    assert figures.for_dark_ground(hue) == hue
    assert contrast(hue, DARK) >= 3


@pytest.mark.parametrize("tint", ["#e2eef8", "#f3c9a5"])
def test_tints_become_shades(tint):
    assert contrast(figures.for_dark_ground(tint), figures.for_dark_ground("#262626")) >= 4.5


def test_text_is_read_on_the_dark_ground():
    for text in ({}, {"color": "black"}):
        word = drawn(lambda ax: ax.plot([0, 1]), **text)[1]
        assert contrast(word, DARK) >= 4.5


def test_white_text_on_a_hue_stays():
    assert drawn(lambda ax: ax.bar([0], [1]), color="white")[1] == WHITE


def test_a_heat_map_stays_with_its_text():
    dark, word = drawn(lambda ax: ax.pcolormesh([[0, 1], [1, 0]], cmap="Greys"), color="0.15")
    assert word == "#262626"
    assert "fill: #ffffff" in dark
    ticks = set(re.findall(r"stroke: (#\w+)", dark.split('id="matplotlib.axis_1"')[1]))
    assert all(contrast(tick, DARK) >= 4.5 for tick in ticks)


@pytest.mark.parametrize("page", WITH_FIGURES)
def test_each_drawing_has_its_dark_copy(page):
    light = pages.article(page).select("img[src$='.svg']:not(.figure-dark)")
    for picture in light:
        twin = picture.find_next_sibling("img")
        assert "figure-light" in picture["class"]
        assert "figure-dark" in twin["class"]
        assert twin["src"] == picture["src"].replace(".svg", "-dark.svg")
        for name in ("alt", "width", "height", "loading"):
            assert twin[name] == picture[name] != ""


@pytest.mark.parametrize("page", WITH_FIGURES)
def test_every_text_of_every_drawing_is_read(page):
    for kind, ground in (("figure-light", WHITE), ("figure-dark", DARK)):
        for picture in pages.article(page).select(f"img.{kind}"):
            svg = (pages.SITE / page).parent.joinpath(picture["src"]).read_text()
            fills = re.findall(r'<g style="fill: (#\w+)[^"]*" transform="translate', svg)
            if "QuadMesh" not in svg:
                assert fills
                assert all(contrast(fill, ground) >= 4.5 for fill in fills if fill != WHITE)
