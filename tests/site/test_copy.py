"""The buttons that copy bring what one types: without prompts, and without what they print."""

import re

import pytest
from support import pages

PROMPT = re.compile(r"^(>>> |\.\.\.( |$)|\$ )")
SESSIONS = ["book/appendix/api", "book/appendix/phrasebook"]
COPY_ALL = """async () => {
    const copied = [];
    for (const button of document.querySelectorAll(".copybtn")) {
        button.click();
        copied.push(await navigator.clipboard.readText());
    }
    return copied;
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
    copied = [text.rstrip("\n") for text in tab.evaluate(COPY_ALL)]
    context.close()
    assert copied == [typed(block) for block in blocks]


@pytest.mark.parametrize("page", pages.CHAPTERS)
def test_no_line_of_a_cell_looks_like_a_prompt(page):
    lines = [line for cell in pages.code_cells(page) for line in cell.source.split("\n")]
    assert not [line for line in lines if PROMPT.match(line)]
