"""The pages can be read from the disk, without a server and a network, in a folder of any name.

Browsers load modules from servers alone, so live figures show their tables there, and no cell runs.
"""

import contextlib

import pytest
from support import pages
from support.cells import SECONDS, Cell, bars
from support.serving import serving

FORMULAS = next(
    page for page in pages.CHAPTERS if pages.live(page) and pages.article(page).select(".katex")
)
LOOK = """async () => {
    const wrong = [];
    for (const image of document.images) {
        image.loading = "eager";
        await image.decode().catch(() => wrong.push(`no picture: ${image.src}`));
    }
    const formulas = [...document.querySelectorAll(".katex-html")];
    const formula = formulas.find(one => one.getClientRects().length);
    formula?.scrollIntoView();
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    const fonts = [...await document.fonts.ready];
    const loaded = fonts.some(font => /KaTeX/.test(font.family) && font.status === "loaded");
    if (formula && !loaded) wrong.push("no font for the formulas");
    for (const live of document.querySelectorAll(".softmax-live")) {
        if (!live.innerText.trim()) wrong.push(`nothing to read: ${live.localName}`);
    }
    if (!document.styleSheets.length) wrong.push("no style sheet");
    return wrong;
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("disk") / "a folder für mich"
    folder.symlink_to(pages.SITE.resolve(), target_is_directory=True)
    return folder


@pytest.fixture
def tab(browser):
    context = browser.new_context(offline=True)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize(
    "page", [FORMULAS, pages.PAGES[0], "book/appendix/bibliography", "search", "index"]
)
def test_page_can_be_read_from_the_disk(tab, site, page):
    wrong = []

    def note(text):
        if ".mjs" not in text:
            wrong.append(text)

    def note_message(message):
        if message.type != "log":
            note(f"{message.text} {message.location['url']}")

    tab.on("console", note_message)
    tab.on("pageerror", lambda error: note(f"script: {error}"))
    tab.on("requestfailed", lambda request: note(f"no answer: {request.url}"))
    tab.goto((site / f"{page}.html").as_uri(), wait_until="networkidle")
    assert tab.evaluate(LOOK) + wrong == []


def test_search_works_from_the_disk(tab, site):
    tab.goto((site / "search.html").as_uri())
    tab.locator("main input[type=search]").fill("logits")
    found = tab.locator(".search-results a[href*='glossary.html#term-logits']").first
    found.wait_for()
    assert found.is_visible()


def test_run_says_why_it_cannot_from_the_disk(tab, site):
    theme = "pydata-sphinx-theme.js"  # the last that the page loads by itself
    with tab.expect_event("requestfinished", lambda one: one.url.endswith(theme)):
        tab.goto((site / f"{FORMULAS}.html").as_uri())
    tab.evaluate("new Promise(done => requestIdleCallback(done))")
    happened = []
    # To the log the theme says what it does, whenever it does it.
    tab.on("console", lambda one: one.type == "log" or happened.append(one.text))
    tab.on("pageerror", lambda error: happened.append(f"script: {error}"))
    tab.on("request", lambda one: one.resource_type == "image" or happened.append(one.url))
    cell = Cell(tab, next(iter(bars(FORMULAS))))
    assert cell.status.text_content() == ""
    cell.run.click()
    said = cell.status.text_content()
    assert "browsers load Python from servers alone" in said
    assert "start.py" in said
    assert "make serve" in said
    assert happened == []


UNFETCHED = "Python has not been fetched: check the network, and run the cell again."


@pytest.fixture
def cell_without(new_tab):
    """A cell whose page gets some bytes of a file, and no more; and what says so, to be cleared."""
    errors = []
    with contextlib.ExitStack() as stack:

        def open_page(file, came=0):
            cut = {file: came}
            tab = new_tab()
            tab.on("pageerror", lambda error: errors.append(str(error)))
            address = stack.enter_context(serving(pages.SITE, pages.BASE, cut))
            tab.goto(f"{address}{FORMULAS}.html", wait_until="networkidle")
            return Cell(tab, next(iter(bars(FORMULAS)))), cut

        yield open_page
    assert errors == []


NEEDED = ["worker.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"]


@pytest.mark.parametrize("file", NEEDED)
def test_a_press_without_a_network_says_so(cell_without, file):
    cell, _ = cell_without(file)
    assert cell.press() == UNFETCHED


@pytest.mark.parametrize(("file", "came"), [("editor.js", 0), ("pyodide.asm.wasm", 100_000)])
def test_the_next_press_tries_again(cell_without, file, came):
    cell, cut = cell_without(file, came)
    cell.run.click()
    cell.status.filter(has_text="fetched: check the network").wait_for(timeout=SECONDS * 1000)
    cut.clear()
    assert cell.press() == "Done."
