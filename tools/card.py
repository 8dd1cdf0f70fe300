"""Make card.svg and card.png from the running example: what other sites show of a link.

Usage: .venv/bin/python tools/card.py

The bars and the numbers are softmax of the scores below; a browser draws the picture. Whoever
teaches with other classes changes them here. `tests/site/test_publish.py` compares the two files.
"""

from __future__ import annotations

import io
from pathlib import Path

import browser
from PIL import Image
from playwright.sync_api import sync_playwright

from softmax_lessons import softmax

STATIC = Path(__file__).resolve().parent.parent / "book" / "_static"
SVG, PNG = STATIC / "card.svg", STATIC / "card.png"
SCORES = {"seal": 0.25, "panda": 1.23, "duck": -0.8}
TITLE, MOTTO = (
    ("Softmax", "Lessons"),
    ("From raw scores to probabilities,", "every number computed."),
)
WIDTH, HEIGHT = 1200, 630
LEFT, FLOOR, TALLEST = 700, 453, 332  # of the bars
STEP, BROAD = 152, 116
GROUND, PALE, BAR, WINNER = "#00507d", "#d5eafa", "#9bd0f2", "#ffb000"


def bars(scores: dict[str, float]) -> list[str]:
    """Return the bars, then the probabilities above them, then the names below."""
    probabilities = softmax(list(scores.values()))
    heights = probabilities / probabilities.max() * TALLEST
    rects, numbers, names = [], [], []
    for place, (name, p, height) in enumerate(zip(scores, probabilities, heights, strict=True)):
        left, fill = LEFT + place * STEP, WINNER if p == probabilities.max() else BAR
        height = round(height * 2) / 2
        middle = left + BROAD // 2
        rects.append(
            f'<rect x="{left}" y="{FLOOR - height:g}" width="{BROAD}" height="{height:g}" rx="10" '
            f'fill="{fill}"/>'
        )
        numbers.append(f'<text x="{middle}" y="{FLOOR - height - 16:.0f}">{p:.3f}</text>')
        names.append(f'<text x="{middle}" y="{FLOOR + 49}">{name}</text>')
    return [*rects, *numbers, *names]


def svg(scores: dict[str, float]) -> str:
    """Return the picture."""
    font = "DejaVu Sans, Verdana, sans-serif"
    size = f'width="{WIDTH}" height="{HEIGHT}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{font}" fill="#fff">',
        "  <!-- What other sites show of a link; tools/card.py makes it, and card.png of it. -->",
        f'  <rect {size} fill="{GROUND}"/>',
        '  <g font-size="84" font-weight="bold" letter-spacing="-2">',
        *(f'    <text x="84" y="{222 + 94 * i}">{line}</text>' for i, line in enumerate(TITLE)),
        "  </g>",
        f'  <g font-size="31" fill="{PALE}">',
        *(f'    <text x="88" y="{396 + 46 * i}">{line}</text>' for i, line in enumerate(MOTTO)),
        "  </g>",
        '  <g font-size="30" text-anchor="middle">',
        *(f"    {line}" for line in bars(scores)),
        "  </g>",
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write both files."""
    SVG.write_text(svg(SCORES), "utf-8")
    with sync_playwright() as playwright:
        path = browser.path()
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        tab = chromium.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        tab.set_content(
            f"<style>body {{ margin: 0 }} svg {{ display: block }}</style>{svg(SCORES)}"
        )
        drawn = Image.open(io.BytesIO(tab.screenshot())).convert("RGB")
        chromium.close()
    drawn.quantize(64).save(PNG, optimize=True)  # a third of the bytes
    print(f"{PNG.name}: {PNG.stat().st_size} bytes")


if __name__ == "__main__":
    main()
