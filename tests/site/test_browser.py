"""The built pages in a real browser: quiet, self-contained, small, accessible, in both modes."""

import time

import pytest
from support import axe, pages

BUDGET = 300 * 1024  # bytes that a page may have sent, everything on it included
EVERY_PAGE = [*pages.PAGES, "search", "genindex", "404"]
WITH_SOLUTION = next(page for page in pages.CHAPTERS if pages.article(page).select(".solution"))
FORMULAS = max(pages.CHAPTERS, key=lambda page: pages.html(page).count('class="katex"'))

LOOKS = {"light": [], "dark": []}  # whose colours a page of this run has shown to be readable

WIDTH = "document.documentElement.scrollWidth"
# Boxes whose lines of code are longer than they are.
CUT_CODE = """[...document.querySelectorAll("article pre")].filter(
    box => box.innerText && box.scrollWidth > box.clientWidth + 1
).map(box => box.innerText)"""
LIFELESS = """[...document.querySelectorAll(".softmax-live")].filter(
    live => !live.querySelector("form")).map(live => live.localName)"""
# How much of the window moved, and how far, without the reader's doing. Above 0.1 it is a nuisance:
# https://web.dev/articles/cls
JUMPS = """new Promise(done => {
    let sum = 0;
    const add = list => list.getEntries().forEach(entry => { sum += entry.value; });
    new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
    setTimeout(() => done(sum), 100);
})"""


@pytest.fixture(scope="module")
def context(browser):
    size = {"width": 390, "height": 900}
    context = browser.new_context(color_scheme="light", viewport=size, reduced_motion="reduce")
    yield context
    context.close()


@pytest.fixture
def visit(context, server, laid_out):
    """Open a page of the site; afterwards nothing may have gone astray or been said."""
    complaints = []
    sent = {}

    def note_message(message):
        if message.type != "log":  # in which the theme says what it does
            complaints.append(f"console: {message.text}")

    def note_request(request):
        if not request.url.startswith((server, "data:", "blob:")):
            complaints.append(f"leaves the site: {request.url}")

    def note_response(response):
        if response.status >= 400:
            complaints.append(f"{response.status}: {response.url}")
        sent[response.url] = int(response.headers.get("content-length", 0))

    tab = context.new_page()
    tab.on("console", note_message)
    tab.on("pageerror", lambda error: complaints.append(f"script: {error}"))
    tab.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
    tab.on("response", note_response)
    tab.on("request", note_request)

    def open_page(page):
        tab.goto(f"{server}{page}.html", wait_until="domcontentloaded")
        # As if the reader had scrolled to the end.
        tab.evaluate("document.querySelectorAll('img').forEach(img => img.loading = 'eager')")
        tab.wait_for_load_state()
        laid_out(tab)
        tab.wait_for_function("[...document.images].every(img => img.complete)")
        return tab

    yield open_page
    tab.close()
    assert not complaints
    assert 0 < sum(sent.values()) <= BUDGET, sorted((size, url) for url, size in sent.items())


def show(tab, scheme, width):
    tab.emulate_media(color_scheme=scheme)
    tab.set_viewport_size({"width": width, "height": 900})
    tab.wait_for_function("s => document.documentElement.dataset.theme === s", arg=scheme)
    # Scripts hear of the new size when the next frame is drawn: tabstops.js, for one.
    tab.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_page(visit, page):
    tab = visit(page)
    assert tab.evaluate(JUMPS) <= 0.1, "what is being read jumps away"
    assert tab.evaluate(LIFELESS) == []
    assert tab.evaluate(WIDTH) <= 390, "scrolls sideways"
    for scheme, width in (("light", 320), ("dark", 1280)):
        show(tab, scheme, width)
        assert tab.evaluate(WIDTH) <= width, "scrolls sideways"
        assert axe.colour_violations(tab, LOOKS[scheme]) == [], scheme
    assert tab.evaluate(CUT_CODE) == []
    assert axe.violations(tab) == []  # on a wide window, which shows the menus too


@pytest.mark.parametrize("page", [pages.PAGES[0], WITH_SOLUTION, "search"])
def test_the_other_two_views(visit, page):
    """What stands around an article is much the same on all pages: a few of them will do."""
    tab = visit(page)
    show(tab, "light", 1280)
    assert axe.colour_violations(tab, []) == []
    show(tab, "dark", 390)
    assert axe.colour_violations(tab, []) == []
    assert axe.violations(tab) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_starts_in_the_mode_of_the_system(browser, server, scheme):
    tab = browser.new_page(color_scheme=scheme)
    tab.route("**/pydata-sphinx-theme.js", lambda route: route.abort())  # it comes late
    tab.goto(f"{server}{pages.PAGES[0]}.html")
    assert tab.evaluate("document.documentElement.dataset.theme") == scheme
    tab.close()


def test_each_mode_shows_one_drawing_of_a_figure(visit):
    tab = visit(FORMULAS)
    for scheme, other in (("light", "dark"), ("dark", "light")):
        show(tab, scheme, 1280)
        for seen in tab.locator(f"article .figure-{scheme}").all():
            assert seen.is_visible()
        for hidden in tab.locator(f"article .figure-{other}").all():
            assert not hidden.is_visible()


def test_what_is_far_waits_and_is_laid_out_by_a_script(browser, server, visit):
    tab = browser.new_page()
    tab.route("**/book.js", lambda route: route.abort())
    tab.goto(f"{server}{FORMULAS}.html")
    waiting = """[...document.querySelectorAll("article section *")].filter(
        e => !e.closest(".katex") && getComputedStyle(e).contentVisibility === "auto").length"""
    assert tab.evaluate(waiting) > 100
    tab.close()
    assert visit(FORMULAS).evaluate(waiting) == 0


def test_the_theme_starts_when_all_is_laid_out(visit):
    tab = visit(FORMULAS)
    assert tab.evaluate("""() => {
        const theme = performance.getEntriesByType("resource").find(
            file => file.name.endsWith("/pydata-sphinx-theme.js"));
        return theme.startTime > performance.getEntriesByType("navigation")[0].loadEventEnd;
    }""")


def test_nothing_waits_when_the_reader_comes_back_or_follows_a_link(browser, server):
    section = pages.article(FORMULAS).select("section[id]")[-3]["id"]
    tab = browser.new_page()
    # Late modules: see live.js.
    tab.route("**/*.mjs", lambda route: (time.sleep(0.3), route.continue_()))
    for go in (lambda: tab.goto(f"{server}{FORMULAS}.html#{section}"), tab.reload):
        go()
        assert tab.evaluate("document.documentElement.dataset.layout === undefined")
        tab.wait_for_function(
            """id => {
                const { top } = document.getElementById(id).getBoundingClientRect();
                return 0 <= top && top < 200;
            }""",
            arg=section,
            timeout=5000,
        )
    tab.close()


def test_formulas_have_their_fonts(visit):
    tab = visit(FORMULAS)
    tab.locator(".katex-html").last.scroll_into_view_if_needed()
    fonts = tab.evaluate("""async () => {  // a frame to ask for the fonts
        await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
        return [...await document.fonts.ready].map(f => [f.family, f.status]);
    }""")
    assert {("KaTeX_Main", "loaded"), ("KaTeX_Math", "loaded")} <= set(map(tuple, fonts))


def test_folded_solutions_open(visit):
    tab = visit(WITH_SOLUTION)
    solution = tab.locator(".solution").first
    content = solution.locator("section").first
    assert not content.is_visible()
    solution.locator("button, summary").first.click()
    content.wait_for(state="visible", timeout=5000)


def test_search_finds_a_page(visit):
    tab = visit("search")
    tab.locator("main input[type=search]").fill("logits")
    found = tab.locator(".search-results a[href*='glossary.html#term-logits'] .search-title").first
    found.wait_for(timeout=10_000)
    assert found.inner_text() == "logits"
