"""Places can be linked to, their links copied, and the contents say which place is being read."""

from collections import Counter

import pytest
from support import pages

PAGE = "book/2-mathematics/jacobian"  # it has numbered equations, figures, exercises and solutions
LINK = "article a.headerlink"
STATUS = ".link-status"
# What the contents mark, and what they should: the last heading above a third of the window.
MARKED = """() => {
    const links = [...document.querySelectorAll("nav.page-toc a")];
    const marked = links.filter(link => link.getAttribute("aria-current") === "true");
    const above = links.filter(link => {
        const heading = document.querySelector(link.hash).querySelector("h2, h3, h4");
        return heading.getBoundingClientRect().top < innerHeight / 3;
    });
    return [marked.map(link => link.hash), above.slice(-1).map(link => link.hash)];
}"""
RIGHT = f"() => {{ const [is, ought] = ({MARKED})(); return is.join() === ought.join(); }}"


# --- On each page ---------------------------------------------------------------------------------


@pytest.mark.parametrize("page", pages.NOTEBOOKS)
def test_each_cell_and_each_exercise_has_a_name_and_a_link_to_it(page):
    article = pages.article(page)
    cells = [box.find_parent(class_="cell") for box in article.select(".cell_input")]
    names = [place["id"] for place in [*cells, *article.select("div.exercise")]]
    links = {link["href"] for link in article.select(".headerlink")}
    assert {f"#{name}" for name in names} <= links
    every = Counter(place["id"] for place in article.select("[id]"))
    assert all(every[name] == 1 for name in names)


def test_a_cell_is_called_after_what_is_around_it():
    names = {cell["id"] for cell in pages.article("book/3-pytorch/misuse").select("div.cell[id]")}
    wanted = {"symptoms-loss", "misuse-no-dim", "ex-misuse-masked", "ex-misuse-masked-solution"}
    assert {f"{name}-cell-1" for name in wanted} <= names


# --- In a browser ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tab(browser, server, laid_out):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab = context.new_page()
    tab.goto(f"{server}{PAGE}.html")
    laid_out(tab)
    yield tab
    context.close()


def address_of(place):
    return pages.built(PAGE).select_one("link[rel=canonical]")["href"] + place


def test_the_contents_mark_what_is_read_after_every_jump(tab):
    places = [link["href"] for link in pages.built(PAGE).select("nav.page-toc .toc-h2 > a")]
    for place in (places[4], places[1], places[-4]):
        tab.locator(f"nav.page-toc a[href='{place}']").click()
        tab.wait_for_function(RIGHT)
        assert tab.evaluate(MARKED)[0] == [place]
    tab.go_back()
    tab.wait_for_function(RIGHT)
    assert tab.evaluate(MARKED)[0] == [places[1]]
    for place, top in (("bottom", 10**6), ("top", 0)):
        tab.evaluate("top => scrollTo(0, top)", top)
        tab.wait_for_function(RIGHT)
        assert bool(tab.evaluate(MARKED)[0]) == (place == "bottom")
    tab.evaluate("find('Summary')")
    tab.wait_for_function(RIGHT)


def test_the_last_section_is_marked_when_one_has_gone_there(tab):
    last = tab.locator("nav.page-toc a").last
    last.click()
    tab.wait_for_function("link => link.ariaCurrent === 'true'", arg=last.element_handle())
    assert last.get_attribute("aria-current") == "true"


@pytest.mark.parametrize("kind", ["section > h2", "div.math", "figure", ".exercise", "div.cell"])
def test_a_link_is_seen_under_the_pointer_and_copied(tab, kind):
    place = tab.locator(f"article {kind}", has=tab.locator(".headerlink")).first
    link = place.locator(".headerlink").first
    place.scroll_into_view_if_needed()
    tab.mouse.move(0, 0)
    assert link.evaluate("link => getComputedStyle(link).opacity") == "0"
    link.hover()
    assert link.evaluate("link => getComputedStyle(link).opacity") == "1"
    link.click()
    tab.locator(STATUS, has_text="Link copied").wait_for()
    goal = link.get_attribute("href")
    assert tab.evaluate("navigator.clipboard.readText()") == address_of(goal)
    assert tab.url.endswith(goal)
    assert link.get_attribute("aria-label") == "Copy link"


def test_without_the_clipboard_the_address_bar_has_the_link(tab):
    tab.evaluate("""() => {
        navigator.clipboard.writeText = () => Promise.reject();
        document.execCommand = () => false;
    }""")
    link = tab.locator("article h2 .headerlink").nth(2)
    link.click()
    tab.locator(STATUS, has_text="The link stands in the address bar").wait_for()
    assert tab.url.endswith(link.get_attribute("href"))


def test_arrows_lead_on_from_the_links_of_headings_which_are_the_only_stops(tab):
    stops = tab.locator(f"{LINK}:not([tabindex='-1'])")
    headings = tab.locator(f"article :is(h1, h2, h3) > {LINK.split()[-1]}")
    assert stops.count() == headings.count() < tab.locator(LINK).count()
    headings.nth(1).focus()
    assert headings.nth(1).evaluate("link => getComputedStyle(link).opacity") == "1"
    seen = []
    for _ in range(3):
        tab.keyboard.press("ArrowDown")
        seen.append(tab.evaluate("document.activeElement.hash"))
    assert len(set(seen)) == 3
    assert any("-cell-" in name for name in seen)
    tab.keyboard.press("ArrowUp")
    assert tab.evaluate("document.activeElement.hash") == seen[1]


def test_a_link_into_a_solution_opens_it(tab):
    cell = next(one for one in pages.article(PAGE).select(".solution .cell[id]"))
    tab.evaluate("name => { location.hash = name; }", cell["id"])
    place = tab.locator(f"[id='{cell['id']}']")
    place.wait_for(state="visible")
    assert place.is_visible()
