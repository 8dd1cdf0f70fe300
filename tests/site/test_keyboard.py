"""Everything that a mouse does, the keyboard does."""

import pytest
from support import pages

PAGE = next(page for page in pages.CHAPTERS if pages.article(page).select(".solution"))


@pytest.fixture(scope="module", params=[390, 1280], ids=str)
def context(request, browser):
    size = {"width": request.param, "height": 900}
    context = browser.new_context(viewport=size, color_scheme="light", reduced_motion="reduce")
    yield context
    context.close()


@pytest.fixture
def tab(context, server, laid_out):
    tab = context.new_page()
    tab.goto(f"{server}{PAGE}.html")
    laid_out(tab)
    yield tab
    tab.evaluate("localStorage.clear()")
    tab.close()


def focused(tab, expression):
    return tab.evaluate(f"(element => {expression})(document.activeElement)")


def tab_to(tab, selector, most=60):
    """Press Tab until the element has the focus, and check that the focus can be seen."""
    for _ in range(most):
        tab.keyboard.press("Tab")
        if focused(tab, f"element.matches({selector!r})"):
            assert focused(
                tab,
                "getComputedStyle(element).outlineStyle !== 'none'"
                " || getComputedStyle(element).boxShadow !== 'none'",
            ), f"{selector}: nobody sees that it has the focus"
            return
    pytest.fail(f"Tab does not lead to {selector}")


def test_the_first_stop_leads_past_the_menus(tab):
    tab.keyboard.press("Tab")
    assert focused(tab, "element.innerText") == "Skip to main content"
    tab.keyboard.press("Enter")
    tab.wait_for_url("**#main-content")
    tab.keyboard.press("Tab")
    assert focused(tab, "!!element.closest('main')")


def test_the_search_opens_and_closes(tab):
    tab.keyboard.press("Control+k")
    assert focused(tab, "element.matches('#search-dialog input')")
    tab.keyboard.press("Escape")
    tab.locator("#search-dialog").wait_for(state="hidden")
    tab.keyboard.press("Control+k")
    tab.keyboard.type("jacobian")
    tab.locator(".search-results a").first.wait_for()
    tab_to(tab, ".search-results a")
    tab.keyboard.press("Control+k")
    tab.locator("#search-dialog").wait_for(state="hidden")


def test_the_colour_mode_changes_and_stays(tab):
    tab_to(tab, ".theme-switch-button")
    for mode in ("dark", "light", "auto"):
        tab.keyboard.press("Enter")
        assert tab.evaluate("document.documentElement.dataset.mode") == mode
        # The theme takes the focus away after each press.
        tab.locator(".theme-switch-button").first.focus()
    tab.keyboard.press("Enter")
    tab.reload()
    assert tab.evaluate("document.documentElement.dataset.theme") == "dark"


def test_the_menus_of_the_header_open(tab):
    for menu in (".dropdown-launch-buttons", ".dropdown-download-buttons"):
        tab_to(tab, f"{menu} > button")
        tab.keyboard.press("Enter")
        entry = tab.locator(f"{menu} .dropdown-menu a, {menu} .dropdown-menu button").first
        entry.wait_for(state="visible")
        tab.keyboard.press("ArrowDown")
        assert focused(tab, f"!!element.closest({menu + ' .dropdown-menu'!r})")
        tab.keyboard.press("Escape")
        entry.wait_for(state="hidden")


def test_the_menu_of_pages_opens(tab):
    wide = tab.viewport_size["width"] > 1000
    menu = tab.locator(".bd-docs-nav" if wide else "#pst-primary-sidebar-modal .bd-docs-nav")
    assert menu.is_visible() == wide
    tab_to(tab, ".primary-toggle")
    tab.keyboard.press("Enter")
    menu.wait_for(state="hidden" if wide else "visible")
    if not wide:
        tab_to(tab, "#pst-primary-sidebar-modal a.current, #pst-primary-sidebar-modal .current a")
        tab.keyboard.press("Escape")
        menu.wait_for(state="hidden")
        tab.locator(".primary-toggle").click()
        tab.locator("#pst-primary-sidebar-modal .drawer-close button").click(timeout=5000)
        menu.wait_for(state="hidden")


def test_folds_open(tab):
    tab_to(tab, "article summary")
    tab.keyboard.press("Enter")
    assert focused(tab, "element.parentElement.open")
    solution = tab.locator("article .solution").first
    solution.locator("button.toggle-button").focus()
    tab.keyboard.press("Enter")
    solution.locator("section").first.wait_for(state="visible")


def test_boxes_that_scroll_are_stops_and_no_others(tab):
    """And they stay right when solutions unfold, and when the window becomes wider or narrower."""
    right = """() => [...document.querySelectorAll("article :is(pre, .output)")].every(box => {
        if (!box.checkVisibility()) return true; // in a fold: it is measured when that opens
        const scrolls = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
        return scrolls === (box.getAttribute("tabindex") === "0");
    })"""
    stops = tab.locator("article :is(pre, .output)[tabindex='0']").filter(visible=True)
    counts = []
    for width in (390, 1280, 390):
        tab.set_viewport_size({"width": width, "height": 900})
        tab.wait_for_function(right)
        counts.append(stops.count())
    assert counts[0] == counts[2] > counts[1]
    tab.evaluate("document.querySelectorAll('.toggle-button').forEach(button => button.click())")
    tab.wait_for_function(right)
    assert stops.count() > counts[0], "no box in a solution scrolls"
    stops.first.focus()
    before = focused(tab, "element.scrollLeft")
    tab.keyboard.press("ArrowRight")
    tab.wait_for_function("before => document.activeElement.scrollLeft > before", arg=before)
