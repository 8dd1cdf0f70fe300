"""Cells of a built page, as a reader finds them: buttons, code and output."""

from __future__ import annotations

import re
from urllib.parse import unquote

from support import pages

ENDS = re.compile(r"Done|Stopped|Not run|Needs|Back|Python has")
SECONDS = 300  # a busy machine trains slowly


def bars(page: str) -> dict[int, str]:
    """Return the names of the cells that can run, by their numbers in the notebook."""
    found = pages.article(page).select(".cell-bar[data-cell]")
    return {
        int(bar["data-cell"]): bar.select_one(".cell-run")["aria-label"].removeprefix("Run ")
        for bar in found
    }


class Cell:
    """One cell that can run."""

    def __init__(self, tab, number: int) -> None:
        self.number = number
        self.bar = tab.locator(f'.cell-bar[data-cell="{number}"]')
        self.box = tab.locator(".cell").filter(has=self.bar).last
        self.run = self.box.get_by_role("button", name=re.compile("^Run"))
        self.stop = self.box.get_by_role("button", name=re.compile("^Stop"))
        self.reset = self.box.get_by_role("button", name=re.compile("^Reset"))
        self.code = self.box.get_by_role("textbox", name="Code")
        self.output = self.box.get_by_role("region", name="Output")
        self.status = self.bar.get_by_role("status")

    def press(self) -> str:
        """Run the cell; return what its status says in the end."""
        self.run.click()
        return self.end()

    def end(self) -> str:
        """Return the status, once it says that the run has ended."""
        self.status.filter(has_text=ENDS).wait_for(timeout=SECONDS * 1000)
        return self.status.text_content()

    def texts(self) -> list[str]:
        """Return what the cell shows as text: what it printed, and its errors."""
        return self.box.locator(".cell_output pre").all_text_contents()

    def figures(self) -> list[str]:
        """Return the words in each figure that the cell has drawn, in order."""
        shown = self.box.locator(".cell_output img.figure-light")
        return [words(unquote(one)) for one in shown.evaluate_all("all => all.map(one => one.src)")]


def words(svg: str) -> str:
    """Return the words of a drawing of matplotlib's, which writes each beside its outlines."""
    return " ".join(re.findall(r"<!-- (.*?) -->", svg))


def stored(page: str, number: int) -> tuple[str, list[str], int]:
    """Return what a notebook stores of a cell: its text, words of figures, and pieces of HTML."""
    text, figures, pieces = "", [], 0
    for output in pages.code_cells(page)[number].outputs:
        data = output.get("data", {})
        if output.output_type == "stream":
            text += output.text
        elif "image/svg+xml" in data:
            figures.append(words(data["image/svg+xml"]))
        elif "text/html" in data:
            pieces += 1
        else:
            text += data.get("text/plain", "") + "\n"
    return text, figures, pieces
