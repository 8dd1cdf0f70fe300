"""Make book/favicon.ico from the logo: what browsers and feed readers ask a site's root for.

Usage: .venv/bin/python tools/favicon.py

A browser draws the logo in each size. `tests/site/test_about.py` compares the two.
"""

from __future__ import annotations

import io
from pathlib import Path

import browser
from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
LOGO, ICON = ROOT / "book" / "_static" / "logo.svg", ROOT / "book" / "favicon.ico"
SIZES = [16, 32, 48]


def draw(sizes: list[int]) -> list[Image.Image]:
    """Return the logo in each of the sizes, on a clear ground."""
    path = browser.path()
    drawn = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for size in sizes:
            tab = chromium.new_page(viewport={"width": size, "height": size})
            tab.set_content(
                f"<style>body {{ margin: 0 }} svg {{ display: block }}</style>{LOGO.read_text()}"
            )
            picture = tab.screenshot(omit_background=True)
            drawn.append(Image.open(io.BytesIO(picture)).convert("RGBA"))
        chromium.close()
    return drawn


def main() -> None:
    """Write the icon."""
    *small, largest = draw(SIZES)
    largest.save(ICON, sizes=[(size, size) for size in SIZES], append_images=small)
    print(f"{ICON.relative_to(ROOT)}: {ICON.stat().st_size} bytes")


if __name__ == "__main__":
    main()
