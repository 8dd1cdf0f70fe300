"""The buttons that copy bring what one types: without prompts, and without what they print."""

import re

import pytest
from support import pages

PROMPT = re.compile(r"^(>>> |\.\.\.( |$)|\$ )")
SESSIONS = ["book/appendix/api", "book/appendix/phrasebook"]
# A copy may come a moment after the click, and what was there before is none. Each button is
# pressed in a call of its own, which counts as a reader's act: a page may copy for seconds then.
COPY = """async button => {
    const before = "nothing was copied";
    await navigator.clipboard.writeText(before);
    button.click();
    const end = performance.now() + 3000;
    let text = await navigator.clipboard.readText();
    while (text === before && performance.now() < end) {
        await new Promise(done => setTimeout(done, 10));
        text = await navigator.clipboard.readText();
    }
    return text;
}"""


def typed(block):
    """Return what a reader types to get what a block of code shows."""
    lines = block.rstrip("\n").split("\n")
    entered = [PROMPT.sub("", line) for line in lines if PROMPT.match(line)]
    return "\n".join(entered or lines)


@pytest.mark.parametrize("page", [*SESSIONS, pages.CHAPTERS[2]])
def test_copied_code_can_be_run(browser, server, page):
    blocks = [
        block.get_text()
        for block in pages.article(page).select(".highlight > pre")
        if "output" not in block.find_parent("div", class_="highlight").parent["class"]
    ]
    assert (page in SESSIONS) == any(">>> " in block for block in blocks)
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    tab = context.new_page()
    tab.goto(f"{server}{page}.html", wait_until="networkidle")
    tab.locator(".copybtn").first.wait_for(state="attached")
    # Handles: a locator would look for the button anew, in a page of many thousand elements.
    buttons = tab.query_selector_all(".copybtn")
    copied = [button.evaluate(COPY).rstrip("\n") for button in buttons]
    context.close()
    assert copied == [typed(block) for block in blocks]


@pytest.mark.parametrize("page", pages.CHAPTERS)
def test_no_line_of_a_cell_looks_like_a_prompt(page):
    lines = [line for cell in pages.code_cells(page) for line in cell.source.split("\n")]
    assert not [line for line in lines if PROMPT.match(line)]
