"""Text that looks like HTML stays text in the browser too, whatever the reader does with it."""

import pytest
from support import hostile
from support.live import PLAIN

# Moves, ticks, fills and presses whatever there is, then lists all elements with their attributes.
USE = """() => {
    for (const control of document.querySelectorAll("input")) {
        if (control.type === "radio" || control.type === "checkbox") control.checked = true;
        else control.value = "2";
        control.dispatchEvent(new Event("input", { bubbles: true }));
    }
    document.querySelectorAll("button").forEach(button => button.click());
    return [...document.querySelectorAll("body *")].map(
        element => [element.localName, ...element.getAttributeNames().sort()].join(" "),
    );
}"""


@pytest.fixture(scope="module")
def show(browser):
    """Show what is made of a text, one call below the other, with no policy to help."""
    context = browser.new_context()

    def open_page(text):
        lives = "".join(call(text).html for call in hostile.LIVE.values())
        tab = context.new_page()
        tab.set_content(f"<!doctype html><title>whole</title>{lives}")
        assert tab.locator(".softmax-live form").count() == len(hostile.LIVE)
        return tab, tab.evaluate(USE)

    yield open_page
    context.close()


@pytest.fixture(scope="module")
def plain(show):
    return show(PLAIN)[1]


@pytest.mark.parametrize("text", hostile.TEXTS.values(), ids=list(hostile.TEXTS))
def test_hostile_text_adds_no_element_and_runs_nothing(show, plain, text):
    tab, elements = show(text)
    assert elements == plain
    assert tab.evaluate("window.ran === undefined")
    for said in tab.locator("softmax-check [role=status]").all_inner_texts():
        assert text in said
