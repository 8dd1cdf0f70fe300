"""What readers prefer: less motion, their own colours, paper, no JavaScript."""

import pytest
from support import pages

PAGE = next(page for page in pages.CHAPTERS if pages.article(page).select(".solution"))
MOVING = """() => [...document.querySelectorAll("*")].filter(element => {
    const style = getComputedStyle(element);
    const seconds = value => Math.max(...value.split(",").map(parseFloat));
    return seconds(style.transitionDuration) > 0.01 || seconds(style.animationDuration) > 0.01
        || style.scrollBehavior === "smooth";
}).length"""
# The text of the page that is drawn with less than 4.5 to 1 against white paper.
PALE = """() => [...document.querySelectorAll("article *")].filter(element => {
    if (!element.checkVisibility() || !element.innerText || element.children.length) return false;
    const [r, g, b] = getComputedStyle(element).color.match(/[\\d.]+/g).map(n => n / 255);
    const part = c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    return 1.05 / (0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b) + 0.05) < 4.5;
}).map(element => element.outerHTML)"""
FURNITURE = [
    "#pst-primary-sidebar",
    "#pst-secondary-sidebar",
    ".bd-header-article",
    ".prev-next-footer",
    ".bd-footer-content",
    ".copybtn",
    ".headerlink",
]


@pytest.fixture
def visit(new_tab, server):
    """Open a page as a reader with these preferences sees it."""

    def open_page(page=PAGE, media=None, **preferences):
        tab = new_tab(**preferences)
        tab.emulate_media(media=media)
        tab.goto(f"{server}{page}.html")
        return tab

    return open_page


def test_nothing_moves_for_those_who_want_no_motion(visit):
    assert visit(reduced_motion="no-preference").evaluate(MOVING) > 0  # so there is what to stop
    assert visit(reduced_motion="reduce").evaluate(MOVING) == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_figures_keep_their_ground_under_forced_colours(visit, scheme):
    tab = visit(forced_colors="active", color_scheme=scheme)
    figure = tab.locator(f"article .figure-{scheme}").first
    ground = {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 18, 18)"}[scheme]
    assert figure.evaluate("img => getComputedStyle(img).backgroundColor") == ground


def test_boxes_keep_their_edges_under_forced_colours(visit):
    tab = visit(forced_colors="active")
    for box in (".admonition", "pre"):
        assert (
            tab.locator(f"article {box}").first.evaluate(
                "box => getComputedStyle(box).borderTopStyle"
            )
            == "solid"
        )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_shows_the_text_alone_and_dark(visit, scheme):
    tab = visit(media="print", color_scheme=scheme)
    assert tab.locator("article h1").is_visible()
    assert tab.locator("article .figure-light").first.is_visible()
    assert not tab.locator("article .figure-dark").first.is_visible()
    for part in FURNITURE:
        assert tab.locator(part).count(), part
        assert not [one for one in tab.locator(part).all() if one.is_visible()], part
    assert tab.evaluate(PALE) == []


def test_paper_shows_the_text_alone_before_any_script_has_run(visit):
    tab = visit(media="print", java_script_enabled=False)
    assert tab.locator("article h1").is_visible()
    for part in FURNITURE:
        assert not [one for one in tab.locator(part).all() if one.is_visible()], part


@pytest.mark.parametrize("page", [PAGE, pages.PAGES[0]])
def test_page_is_whole_without_javascript(visit, page):
    tab = visit(page, java_script_enabled=False)
    assert tab.locator("article h1").is_visible()
    assert tab.locator("article :is(.figure-light, table)").first.is_visible()
    assert not tab.locator(".theme-switch-button").first.is_visible()
    for solution in tab.locator("article .solution").all():
        assert solution.locator("section").first.is_visible()
