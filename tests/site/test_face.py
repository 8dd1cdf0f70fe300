"""What a reader sees at a glance: one face, bars that move, cards, tables that fit a phone."""

import itertools
import re

import pytest
from support import pages

PHONE, LAPTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
FRONT = pages.PAGES[0]
WIDE_TABLES = ["book/3-pytorch/misuse", "book/appendix/notation", "book/appendix/api"]
CARDS = [
    re.compile(f"^{name}") for name in ("Predict", "What people get", "Summary", r"Exercise \d")
]


@pytest.fixture
def visit(new_tab, server):
    """Open a page in a window of some size, with all that may move."""

    def open_page(page, size):
        tab = new_tab(viewport=size, reduced_motion="no-preference")
        tab.goto(f"{server}{page}.html")
        return tab

    return open_page


def test_text_has_one_face_which_is_asked_for_early(visit):
    tab = visit(FRONT, LAPTOP)
    loaded = tab.evaluate("""async () => [...await document.fonts.ready]
        .filter(face => face.status === "loaded").map(face => face.family.replaceAll('"', ""))""")
    assert loaded.count("Atkinson Hyperlegible Next") == 1
    early = tab.locator("link[rel=preload][as=font]").get_attribute("href")
    fetched = tab.evaluate("""() => performance.getEntriesByType("resource")
        .map(file => file.name).filter(name => name.includes("atkinson"))""")
    assert len(fetched) == 1, "the style sheet names another file than the page asks for"
    assert fetched[0].endswith(early.lstrip("./"))
    assert (pages.SITE / "_static/atkinson/LICENSE").exists()


@pytest.mark.parametrize(("size", "pixels"), [(LAPTOP, "18px"), (PHONE, "17px")])
def test_text_is_large_enough_to_read_for_an_hour(visit, size, pixels):
    text = visit(pages.CHAPTERS[0], size).locator("article > section > p").nth(1)
    style = text.evaluate("e => [getComputedStyle(e).fontSize, getComputedStyle(e).lineHeight]")
    assert style[0] == pixels
    ratio = float(style[1].removesuffix("px")) / float(pixels.removesuffix("px"))
    assert ratio == pytest.approx(1.55, abs=0.01)


@pytest.mark.parametrize("size", [LAPTOP, PHONE])
def test_front_page_starts_with_the_explorer(visit, size):
    tab = visit(FRONT, size)
    explorer = tab.locator("softmax-explorer")
    box = explorer.bounding_box()
    assert box["y"] + box["height"] <= size["height"], "not on the first screen"
    room = tab.locator(".bd-article-container").bounding_box()["width"]
    assert box["width"] >= 0.9 * room
    assert not explorer.locator("xpath=ancestor::div[contains(@class, 'cell')]//pre").count()


def test_bars_move_with_the_hand_and_the_page_with_them(visit):
    tab = visit(FRONT, LAPTOP)
    explorer = tab.locator("softmax-explorer")
    bar = explorer.locator(".bar .fill").first
    bar.evaluate("bar => { bar.same = true; }")
    seconds = bar.evaluate("bar => parseFloat(getComputedStyle(bar).transitionDuration)")
    assert 0 < seconds <= 0.15
    explorer.locator("input[type=range]").first.press("PageUp")
    tab.wait_for_timeout(300)
    assert bar.evaluate("bar => bar.same"), "a new bar jumps where the old one would have moved"
    share = float(explorer.locator("b").first.inner_text())
    whole, first = explorer.locator(".stack, .stack .fill:first-child").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect().width)"
    )
    assert first / whole == pytest.approx(share, abs=0.01)
    edge = tab.evaluate("getComputedStyle(document.documentElement)"
                        ".getPropertyValue('--softmax-first')")  # fmt: skip
    assert float(edge.removesuffix("%")) / 100 == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize("page", [*pages.CHAPTERS, FRONT])
def test_pages_before_and_after_are_named_with_their_minutes(page):
    links = pages.built(page).select(".around a")
    place = pages.PAGES.index(page)
    around = [pages.PAGES[i] for i in (place - 1, place + 1) if i >= 0]
    assert len(links) == len(around)
    for link, other in zip(links, around, strict=True):
        assert link["href"].endswith(f"{other.rpartition('/')[2]}.html")
        assert pages.straight(link.select_one(".around-title").get_text()) == pages.title(other)
        said = re.search(r"(\d+) minutes", link.get_text())
        assert bool(said) == (other in pages.CHAPTERS)
        if said:
            assert int(said[1]) == pages.minutes(other)


def test_pages_before_and_after_are_as_wide_as_the_text(visit):
    tab = visit(pages.CHAPTERS[1], LAPTOP)
    text = tab.locator("article h1").bounding_box()
    before, after = (card.bounding_box() for card in tab.locator(".around a").all())
    assert before["x"] == pytest.approx(text["x"], abs=1)
    assert after["x"] + after["width"] == pytest.approx(text["x"] + text["width"], abs=1)
    assert before["width"] == pytest.approx(after["width"], abs=1)


def test_cells_have_one_frame_folded_or_not(visit):
    tab = visit(pages.CHAPTERS[4], LAPTOP)
    tab.locator("article .cell details.hide").last.evaluate("fold => { fold.open = true; }")
    cells = tab.locator("article > section > section > .cell:has(.cell-run)")
    looks = cells.evaluate_all("""cells =>
        cells.map(cell => {
            const own = getComputedStyle(cell), run = cell.querySelector(".cell-run");
            const left = box => Math.round(box.getBoundingClientRect().left);
            return [own.borderWidth, own.borderColor, left(cell), left(run)].join(" ");
        })""")
    assert len(looks) > 3
    assert len(set(looks)) == 1, looks


def test_figures_are_as_wide_as_a_phone(visit):
    tab = visit("book/3-pytorch/training", PHONE)  # one of them in an exercise
    widths = tab.locator("article figure img.figure-light").evaluate_all(
        "all => all.map(picture => picture.getBoundingClientRect().width)"
    )
    assert len(widths) > 3
    assert min(widths) >= 382  # so that their text is large enough: tests/book/test_drawings.py


def test_icons_have_their_room_before_their_font_is_there(visit, new_tab, server):
    def places(tab):
        return tab.locator(".article-header-buttons > *, .search-button-field > *").evaluate_all(
            "all => all.map(one => one.getBoundingClientRect().left)"
        )

    whole = visit(FRONT, LAPTOP)
    without = new_tab(viewport=LAPTOP)
    without.route("**/webfonts/*", lambda route: route.abort())
    without.goto(f"{server}{FRONT}.html")
    assert places(without) == places(whole)


def test_no_name_in_the_contents_leaves_their_column(visit):
    tab = visit("book/appendix/api", LAPTOP)
    overhang = tab.locator(".bd-sidebar-secondary").evaluate("""box => {
        for (const fold of box.querySelectorAll("ul")) fold.style.display = "block";
        return box.scrollWidth - box.clientWidth;
    }""")
    assert overhang <= 0


def test_the_contents_of_the_book_show_the_page_one_came_to(visit, laid_out):
    tab = visit(pages.CHAPTERS[0], LAPTOP)
    laid_out(tab)
    tab.goto(tab.url.replace(pages.CHAPTERS[0], "book/appendix/api"))
    laid_out(tab)
    here = tab.locator(".bd-docs-nav .active > a").last.bounding_box()
    assert 0 <= here["y"] <= LAPTOP["height"] - here["height"]


def test_four_cards_look_alike(visit):
    tab = visit(pages.CHAPTERS[4], LAPTOP)
    looks = set()
    for name in CARDS:
        title = tab.locator("article :is(h2, .admonition-title)", has_text=name).first
        looks.add(
            title.evaluate("""title => {
            const card = getComputedStyle(title.parentElement), own = getComputedStyle(title);
            return [card.borderRadius, card.borderLeftWidth, card.paddingLeft, own.fontSize,
                own.fontWeight].join(" ");
        }""")
        )
    assert len(looks) == 1, looks


@pytest.mark.parametrize("page", WIDE_TABLES)
def test_rows_of_a_table_are_cards_on_a_phone(visit, page):
    tab = visit(page, PHONE)
    table = tab.locator("article table.stacks").first
    heads = [
        head.get_text() for head in pages.article(page).select_one("table.stacks").select("th")
    ]
    row = table.locator("tbody tr").first
    boxes = [cell.bounding_box() for cell in row.locator("td").all()]
    assert all(above["y"] < below["y"] for above, below in itertools.pairwise(boxes))
    assert max(box["x"] + box["width"] for box in boxes) <= PHONE["width"]
    assert row.locator(".cell-name").all_text_contents() == heads[1:]
    assert row.locator(".cell-name").first.is_visible()
    tab.set_viewport_size(LAPTOP)
    assert not row.locator(".cell-name").first.is_visible()


@pytest.mark.parametrize("page", pages.NOTEBOOKS)
def test_what_is_printed_in_columns_is_not_broken(page):
    for box in pages.article(page).select(".output:is(.stream, .text_plain)"):
        lines = [line.rstrip() for line in box.get_text().split("\n")]
        in_columns = any("  " in line or line.startswith(" ") for line in lines)
        assert ("columns" in box["class"]) == in_columns, box.get_text()


@pytest.mark.parametrize("page", pages.PAGES)
def test_no_line_ends_in_a_minus(page):
    for text in pages.article(page).find_all(string=re.compile(r"(?<!\w)-inf")):
        whole = text.find_parent(class_=["whole", "katex", "output"])
        assert whole or text.find_parent("pre"), text


def test_entries_of_the_reference_keep_their_width_on_a_phone(visit):
    tab = visit("book/appendix/api", PHONE)
    entry = tab.locator("dl.py.function dd dl.field-list dd li").first
    entry.scroll_into_view_if_needed()
    assert entry.bounding_box()["width"] >= 0.75 * PHONE["width"]
