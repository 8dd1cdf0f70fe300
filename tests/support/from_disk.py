"""How a page looks that is opened from the disk, with no network."""

from __future__ import annotations

from playwright.sync_api import TimeoutError

from support import pages

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
        if (!live.querySelector("form")) wrong.push(`does not come up: ${live.textContent.trim()}`);
    }
    if (!document.styleSheets.length) wrong.push("no style sheet");
    return wrong;
}"""


def wrong(context, file) -> list[str]:
    """Open a page from the disk; return what is wrong with it."""
    found = []
    tab = context.new_page()
    tab.on("console", lambda message: message.type == "log" or found.append(message.text))
    tab.on("pageerror", lambda error: found.append(f"script: {error}"))
    tab.on("requestfailed", lambda request: found.append(f"no answer: {request.url}"))
    tab.goto(file.as_uri(), wait_until="networkidle")
    found += tab.evaluate(LOOK)
    tab.close()
    return found


def finds(context, word, goal) -> bool:
    """Look for a word on the page that searches; tell whether that leads to the page `goal`."""
    tab = context.new_page()
    tab.goto((pages.SITE / "search.html").as_uri(), wait_until="networkidle")
    tab.locator("main input[type=search]").fill(word)
    tab.keyboard.press("Enter")
    try:
        tab.locator(f"#search-results li a[href*='{goal}.html']").first.wait_for(timeout=20_000)
    except TimeoutError:
        return False
    finally:
        tab.close()
    return True
