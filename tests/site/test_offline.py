"""The pages can be read from the disk, without a server and a network, in a folder of any name.

Browsers load modules from servers alone, so live figures show their tables there.
"""

import pytest
from support import pages

FORMULAS = next(
    page
    for page in pages.CHAPTERS
    if pages.built(page).select(".softmax-live") and pages.article(page).select(".katex")
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
    tab.keyboard.press("Enter")
    found = tab.locator("#search-results li a[href*='book/1-probabilities/scores.html']").first
    found.wait_for()
    assert found.is_visible()
