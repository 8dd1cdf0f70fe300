"""Every picture can be understood without seeing it."""

import pytest
from support import pages

PICTURES = [
    pytest.param(page, picture, id=f"{page}-{number}")
    for page in pages.PAGES
    if (pages.SITE / f"{page}.html").exists()
    for number, picture in enumerate(pages.article(page).select("img"))
]
every_picture = pytest.mark.parametrize(("page", "picture"), PICTURES)


def test_there_are_pictures():
    assert {picture.values[0] for picture in PICTURES} >= set(pages.CHAPTERS)


@every_picture
def test_alt_text_describes_the_picture(page, picture):
    alt = picture.get("alt", "").strip()
    assert len(alt) >= 20, alt
    assert " " in alt, alt
    assert "/" not in alt.split()[0], "a path is no description"
    assert not alt.lower().startswith(("image", "picture", "figure", "plot of", "graph of"))
    assert alt not in picture.find_parent("figure").figcaption.get_text()


@every_picture
def test_picture_has_a_caption(page, picture):
    figure = picture.find_parent("figure")
    assert figure is not None, picture
    assert len(figure.select_one(".caption-text").get_text()) >= 20
