"""What other sites are told of the pages, and what a reader sees who follows a dead link."""

import functools
import re
from types import SimpleNamespace
from xml.etree import ElementTree

import card
import publish
import pytest
import yaml
from PIL import Image
from support import family, pages

from softmax_lessons import softmax

SITE = "https://teacher.github.io/fork-of-lessons/"
every_page = pytest.mark.parametrize("page", pages.PAGES)


@functools.cache
def metas(page):
    return pages.built(page).head.find_all("meta")


def meta(page, name):
    found = [tag for tag in metas(page) if name in (tag.get("name"), tag.get("property"))]
    assert len(found) == 1, name
    return found[0]["content"]


@every_page
def test_page_has_one_description_of_its_own(page):
    description = meta(page, "description")
    assert 50 <= len(description) <= 160
    assert not set(description) & set("$\\{}"), "raw TeX"
    assert not [
        one for one in pages.PAGES if one != page and meta(one, "description") == description
    ]


@every_page
def test_page_has_a_card(page):
    assert pages.straight(meta(page, "og:title")) == pages.title(page)
    assert meta(page, "og:description") == meta(page, "description")
    assert meta(page, "og:url") == f"{SITE}{page}.html"
    assert meta(page, "og:site_name") == "Softmax Lessons"
    assert meta(page, "og:type") == ("website" if page == pages.PAGES[0] else "article")
    assert meta(page, "twitter:card") == "summary_large_image"
    assert meta(page, "og:image").startswith(SITE)
    file = pages.SITE / meta(page, "og:image").removeprefix(SITE)
    with Image.open(file) as image:
        assert image.size == (int(meta(page, "og:image:width")), int(meta(page, "og:image:height")))


def test_the_sitemap_lists_the_pages():
    tree = ElementTree.parse(pages.SITE / "sitemap.xml")
    listed = [place.text for place in tree.findall("{*}url/{*}loc")]
    assert sorted(listed) == sorted(f"{SITE}{page}.html" for page in pages.PAGES)


@pytest.mark.parametrize("picture", ["card.svg", "logo.svg"])
def test_the_pictures_show_the_running_example(picture):
    probabilities = softmax([0.25, 1.23, -0.8])
    svg = (pages.ROOT / "book/_static" / picture).read_text()
    bars = [float(height) for height in re.findall(r'<rect x=.* height="([\d.]+)"', svg)]
    assert bars == pytest.approx(probabilities / probabilities.max() * max(bars), abs=0.5)
    assert re.findall(r">(0\.\d+)<", svg) in ([], [f"{p:.3f}" for p in probabilities])


def test_the_card_is_drawn_from_the_running_example():
    assert dict(zip(family.LABELS, family.Z, strict=True)) == card.SCORES, "python tools/card.py"
    assert card.SVG.read_text() == card.svg(card.SCORES)
    with Image.open(card.PNG) as picture:
        drawn = picture.convert("RGB")
    bars = re.findall(r'<rect x="(\d+)" y="([\d.]+)" .*fill="#(\w+)"', card.SVG.read_text())
    assert len(bars) == 3
    for x, y, fill in bars:
        for below, colour in ((15, fill), (-8, card.GROUND[1:])):
            place = (int(x) + 12, int(float(y)) + below)
            assert drawn.getpixel(place) == pytest.approx(tuple(bytes.fromhex(colour)), abs=8)


def test_a_dead_link_leads_to_help(browser, server):
    tab = browser.new_page()
    response = tab.goto(f"{server}book/no/such/page.html")
    assert response.status == 404
    assert tab.locator("h1").inner_text() == "There is no such page"
    assert tab.evaluate("document.styleSheets[0].cssRules.length") > 100
    tab.get_by_role("link", name="Start at the front page").click()
    tab.wait_for_url(f"{server}book/index.html")
    tab.close()


def test_nothing_is_published_that_is_no_page():
    leftovers = [*pages.SITE.rglob(".*"), *pages.SITE.glob("_static/**/*.html")]
    assert leftovers == []


def test_a_fork_names_itself_in_one_place():
    options = {"html_theme_options": {"show": True}, "ogp_site_name": ""}
    config = SimpleNamespace(html_title="A course", **options)
    publish.name_site(None, config)
    assert config.ogp_site_name == "A course"
    assert config.html_theme_options == {"show": True, "logo": {"text": "A course"}}


def test_every_page_has_the_name_of_the_book():
    title = yaml.safe_load((pages.ROOT / "_config.yml").read_text())["title"]
    front = pages.built(pages.PAGES[0])
    assert front.select_one(".navbar-brand .logo__title").get_text() == title
    assert meta(pages.PAGES[0], "og:site_name") == title
