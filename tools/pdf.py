"""Print the built book as one PDF, with an outline, page numbers, and the solutions at its end.

Usage: .venv/bin/python tools/pdf.py [A4 | Letter]

It goes to where the built book is, and the front page links to it. What a page of paper shows and
leaves out, tools/pdf/book.mjs decides, in the browser that prints it.
"""

from __future__ import annotations

import mimetypes
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from html import escape
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import browser
import yaml
from playwright.sync_api import Browser, JSHandle, Page, Route, sync_playwright
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, TextStringObject

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
NAME = "softmax-lessons.pdf"
FONTS = Path(find_spec("matplotlib").origin).parent / "mpl-data" / "fonts" / "ttf"
PRINT = ROOT / "tools" / "pdf"
BASE = "http://book/"  # no host is asked: see `Shelf`
PAPERS = {"A4": 210, "Letter": 215.9}  # and their widths, in millimetres
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
MARGIN = 24  # as in book.css


def parts() -> list[tuple[str, list[str]]]:
    """Return the pages in the order of the book, by the captions of its parts."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    named = [(part["caption"], [one["file"] for one in part["chapters"]]) for part in toc["parts"]]
    return [("", [toc["root"]]), *named]


def root() -> str:
    """Return the front page."""
    return parts()[0][1][0]


def date() -> datetime:
    """Return what SOURCE_DATE_EPOCH says, else when the last commit or release was made."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH") or git("log", "-1", "--format=%ct")
    if not seconds:  # this is no checkout
        return datetime.fromisoformat(f"{citation()['date-released']}T00:00:00+00:00")
    return datetime.fromtimestamp(int(seconds), timezone.utc)


def git(*arguments: str) -> str:
    """Return what Git says of the book's folder; nothing if it is no checkout of its own."""
    command = ["git", f"--git-dir={ROOT / '.git'}", *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""


def citation() -> dict[str, Any]:
    """Return what CITATION.cff says of the book."""
    return yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))


def front(site: Path, when: datetime) -> str:
    """Return the title page, from what CITATION.cff says and from where the site is published."""
    cited = citation()
    names = ", ".join(one["name"] for one in cited["authors"])
    page = (site / f"{root()}.html").read_text("utf-8")
    home = re.search(rf'<link rel="canonical" href="([^"]+){root()}\.html"', page)
    address = f' <a href="{home[1]}">{home[1]}</a>' if home else ""
    return f"""<section class="title-page">
      <img src="/_static/logo.svg" alt="Three bars, the middle one the highest.">
      <p class="title">{escape(cited["title"])}</p>
      <p class="subtitle">{escape(cited["abstract"])}</p>
      <p class="edition">Version {cited["version"]}, {when.day} {when:%B %Y}</p>
      <dl>
        <dt>On paper</dt><dd>This is the site of the course{address}, printed. There cells run, and
        figures with sliders move; here they stand as they open. Code that only draws a figure is
        left out. Solutions and answers are at the end.</dd>
        <dt>Licence</dt><dd>Text and figures: <a href="{LICENCE}">CC BY 4.0</a>. Code: BSD
        3-Clause.</dd>
        <dt>To cite</dt><dd>{escape(names)} ({when.year}). <em>{escape(cited["title"])}</em>,
        version {cited["version"]}.{address}</dd>
      </dl></section>"""


class Shelf:
    """What the browser may ask for: files of the site, style and script of the book, fonts."""

    def __init__(self, site: Path) -> None:
        """Start with no wish refused."""
        self.site = site
        self.refused: list[str] = []

    def answer(self, route: Route) -> None:
        """Give the browser what it asks for, or note that there is no such thing."""
        url = route.request.url
        folder, _, name = unquote(urlsplit(url).path).removeprefix("/").partition("/")
        file = {"fonts": FONTS, "print": PRINT}.get(folder, self.site / folder) / name
        if url == BASE:
            route.fulfill(content_type="text/html", body=SHELL)
        elif url.startswith(BASE) and file.is_file():
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            kind = "text/javascript" if file.suffix == ".mjs" else kind
            route.fulfill(content_type=kind, body=file.read_bytes())
        else:
            self.refused.append(url)
            route.abort()


SHELL = """<!DOCTYPE html><html lang="en" data-theme="light"><head><meta charset="utf-8">
<title>Softmax Lessons</title>
<link rel="stylesheet" href="/_static/book.css"><link rel="stylesheet" href="/print/book.css">
</head><body><main class="bd-main"><div class="bd-content">
<div class="bd-article-container" id="book"></div></div></main></body></html>"""


def assemble(tab: Page, site: Path, paper: str, when: datetime) -> JSHandle:
    """Make one document of the pages in `tab`, and return the script that knows it."""
    shelf = Shelf(site)
    width = PAPERS[paper] - 2 * MARGIN
    tab.route("**/*", shelf.answer)
    tab.emulate_media(media="print", color_scheme="light")
    tab.set_viewport_size({"width": round(width / 25.4 * 96), "height": 900})
    tab.goto(BASE)
    book = tab.evaluate_handle("import('/print/book.mjs')")
    tab.evaluate("([book, ...rest]) => book.assemble(...rest)", [book, parts(), front(site, when)])
    tab.wait_for_load_state("networkidle")
    if wide := tab.evaluate("book => book.fit()", book):
        sys.exit(f"This is wider than a page of paper: {wide}")
    if shelf.refused:
        sys.exit(f"The book on paper asks for what is not in the site: {shelf.refused}")
    return book


def render(tab: Page, book: JSHandle, paper: str) -> bytes:
    """Print until the numbers on the pages are those of the pages."""
    found: dict[str, int] = {}
    for tagged in (False, True, True):  # the tags take time, and no room on the pages
        tab.evaluate("([book, found]) => book.number(found)", [book, found])
        printed = tab.pdf(format=paper, print_background=True, outline=True, tagged=tagged)
        before, found = found, targets(PdfReader(BytesIO(printed)))
        if found == before:
            return printed
    sys.exit("The numbers of the pages change whenever they are printed.")


def targets(reader: PdfReader) -> dict[str, int]:
    """Return the number of the page on which each target of a link is."""
    numbers = {page.indirect_reference.idnum: i for i, page in enumerate(reader.pages, start=1)}
    named = reader.trailer["/Root"]["/Dests"]
    return {name[1:]: numbers[place.get_object()[0].idnum] for name, place in named.items()}


def finish(printed: bytes, headings: list[str], when: datetime) -> bytes:
    """Say what the file is, and repair its outline. The same book makes the same file."""
    stamp = when.strftime("D:%Y%m%d%H%M%S+00'00'").encode()
    dated = re.sub(rb"D:\d{14}\+00'00'", stamp, printed, count=2)  # when it was printed
    writer = PdfWriter(BytesIO(dated), incremental=True)
    cited = citation()
    writer.add_metadata(
        {
            "/Title": cited["title"],
            "/Author": ", ".join(one["name"] for one in cited["authors"]),
            "/Subject": cited["abstract"],
            "/Keywords": ", ".join(cited["keywords"]),
        }
    )
    # Chromium writes a heading twice that it has moved to the next page.
    for item, title in zip(entries(writer.root_object["/Outlines"]), headings, strict=True):
        item[NameObject("/Title")] = TextStringObject(title)
    done = BytesIO()
    writer.write(done)
    return done.getvalue()


def entries(item: Any) -> Iterator[Any]:
    """Yield the entries of an outline, in order."""
    child = item.get("/First")
    while child:
        yield child.get_object()
        yield from entries(child.get_object())
        child = child.get_object().get("/Next")


def print_book(chromium: Browser, site: Path, paper: str = "A4") -> bytes:
    """Return the PDF of what lies in `site`."""
    when = date()
    with chromium.new_page() as tab:
        book = assemble(tab, site, paper, when)
        printed = render(tab, book, paper)
        return finish(printed, tab.evaluate("book => book.headings()", book), when)


def publish(site: Path, book: bytes) -> None:
    """Put the PDF into the site, and let the front page lead to it."""
    (site / NAME).write_bytes(book)
    page = site / f"{root()}.html"
    way = r'<p class="[^"]*"><a [^>]*#about-offline">(?:(?!</p>).)*</p>'
    start = rf'({way})(?:\n<p class="[^"]*on-paper">.*?</p>)?'
    address = os.path.relpath(site / NAME, page.parent)
    size = f"{len(PdfReader(BytesIO(book)).pages)} pages, {len(book) / 1e6:.0f} MB"
    link = f'<p class="sd-card-text on-paper"><a href="{address}">The book as a PDF</a>, {size}</p>'
    html, found = re.subn(start, rf"\1\n{link}", page.read_text("utf-8"), flags=re.DOTALL)
    if found != 1:
        sys.exit(f"{page} has no link to #about-offline, below which the link to the PDF stands.")
    page.write_text(html, "utf-8")


def main() -> None:
    """Print what `make book` has built."""
    path = browser.path()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        book = print_book(chromium, SITE, *sys.argv[1:2])
        chromium.close()
    publish(SITE, book)
    print(f"{SITE / NAME} has {len(book) / 1e6:.1f} MB. The front page of the book links to it.")


if __name__ == "__main__":
    main()
