"""What axe-core finds wrong with a page: all but its colours once, its colours in each mode."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe

COLOURS = ["color-contrast", "link-in-text-block"]
# Contrasts take most of axe's time, and the pages have thousands of words that look the same. Marks
# the first text, and the first link, of each look that is not known yet: its own colour and size,
# the classes around it, and whatever ground an attribute gives it. Returns the new looks.
MARK_LOOKS = """known => {
    const seen = new Set(known);
    for (const element of document.body.querySelectorAll("*")) {
        delete element.dataset.look;
        const words = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
        if (!words && !element.matches("a[href]")) continue;
        const { color, fontSize, fontWeight } = getComputedStyle(element);
        const look = [color, fontSize, fontWeight];
        let around = element.closest(".katex") ?? element; // the classes in formulas set no colours
        for (; around !== document.body; around = around.parentElement) {
            look.push(around.localName, around.className, around.style.background);
        }
        const key = look.join(" ");
        if (!seen.has(key)) element.dataset.look = seen.size;
        seen.add(key);
    }
    return [...seen].slice(known.length);
}"""
# The time that axe takes grows with all that a page holds. Empties the blocks without a marked
# word, so that those around it keep their places in their lists and tables; not the live figures,
# which would start anew. Spans stay: a link is compared with the text beside it.
EMPTY = """() => {
    const kept = "[data-look], .softmax-live, softmax-check";
    const blocks = "section, div, table, tr, ul, ol, li, dl, dt, dd, p, pre, blockquote, details";
    window.emptied = [];
    for (const block of document.body.querySelectorAll(blocks)) {
        if (!block.isConnected || block.closest(kept) || block.querySelector(kept)) continue;
        window.emptied.push([block, [...block.childNodes]]);
        block.replaceChildren();
    }
}"""
# Of a formula's layers, which are hidden from screen readers, and of the colours of code nothing is
# asked but by their contrasts; they are two thirds of what a chapter holds.
PLAIN = """() => {
    window.emptied = [];
    for (const block of document.body.querySelectorAll(".katex-html, pre")) {
        window.emptied.push([block, [...block.childNodes]]);
        block.replaceChildren(block.localName === "pre" ? block.textContent : "");
    }
}"""
FILL = "() => { for (const [block, nodes] of window.emptied) block.replaceChildren(...nodes); }"


def violations(tab, part=None) -> list[tuple]:
    """Return each rule that is broken, with where, whatever the colours."""
    rules = {
        **{name: {"enabled": False} for name in COLOURS},
        "label-content-name-mismatch": {"enabled": True},  # experimental; Lighthouse applies it too
    }
    tab.evaluate(PLAIN)
    found = run(tab, part, rules=rules)
    tab.evaluate(FILL)
    return found


def colour_violations(tab, known: list[str]) -> list[tuple]:
    """Return each rule on colours that is broken in the mode of the page, with where.

    Known looks, which an earlier page had in the same mode, are left out, and the new ones added.
    """
    new = tab.evaluate(MARK_LOOKS, known)
    known += new
    if not new:
        return []
    tab.evaluate(EMPTY)
    found = run(tab, {"include": [["[data-look]"]]}, runOnly=COLOURS)
    tab.evaluate(FILL)
    return found


def run(tab, part, **options) -> list[tuple]:
    """Run axe on the whole page, or on the part named."""
    if tab.evaluate("window.axe === undefined"):
        tab.evaluate(Axe().axe_script)
    # `preload` would fetch style sheets again.
    options |= {"preload": False, "resultTypes": ["violations"]}
    broken = "async ([part, options]) => (await axe.run(part ?? document, options)).violations"
    found = tab.evaluate(broken, [part, options])
    return [(rule["id"], node["target"], node["html"]) for rule in found for node in rule["nodes"]]
