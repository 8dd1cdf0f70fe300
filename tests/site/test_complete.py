"""Every page of the table of contents came out, whole.

`make book` and the publishing workflow run this file alone on what they have built.
"""

import copy
import functools
import re
from urllib.parse import urljoin

import pytest
from bs4 import BeautifulSoup
from support import pages

every_page = pytest.mark.parametrize("page", pages.PAGES)


@functools.cache
def prose(page):
    """The words of a page, without code and formulas."""
    body = copy.copy(pages.article(page))
    for part in body.select("pre, code, script, annotation"):
        part.decompose()
    return body.get_text()


def test_the_table_of_contents_lists_every_source():
    here = {p.relative_to(pages.ROOT).with_suffix("").as_posix() for p in sources()}
    assert here == set(pages.WRITTEN)


def sources():
    found = [*pages.ROOT.glob("book/**/*.ipynb"), *pages.ROOT.glob("book/**/*.md")]
    return [path for path in found if ".ipynb_checkpoints" not in path.parts]


def test_the_front_door_opens_the_book():
    front = BeautifulSoup((pages.SITE / "index.html").read_text(), "html.parser")
    goal = front.select_one('meta[http-equiv="Refresh"]')["content"].partition("url=")[2]
    assert goal == f"{pages.PAGES[0]}.html"
    assert (pages.SITE / goal).is_file()


def test_the_lists_of_the_front_page_add_up():
    """Whichever chapters this copy of the book has."""
    since = 0
    for block in pages.article(pages.PAGES[0]).select("ol, p"):
        if block.name == "ol":
            entries = [entry.get_text() for entry in block.find_all("li", recursive=False)]
            assert entries
            since += sum(int(n) for one in entries for n in re.findall(r"(\d+) minutes", one)[:1])
        elif whole := re.match(r"(\d+) minutes in all", block.get_text()):
            assert int(whole[1]) == since
            since = 0
    shown = {
        urljoin("book/", link["href"]) for link in pages.article(pages.PAGES[0]).select("ol a")
    }
    assert {f"{page}.html" for page in pages.CHAPTERS} <= shown


def test_nothing_on_the_front_page_is_hollow():
    """A heading has its list, a card its way, and a button its page."""
    article = pages.article(pages.PAGES[0])
    for paragraph in article.select("section > p"):
        if paragraph.strong and paragraph.get_text() == paragraph.strong.get_text():
            assert paragraph.find_next_sibling().name == "ol", paragraph
    assert all(card.select("ol li") for card in article.select(".routes .sd-card"))
    assert article.select_one(".ways-in").get_text(strip=True) == "".join(
        link.get_text(strip=True) for link in article.select(".ways-in a")
    )


@every_page
def test_page_is_there(page):
    assert (pages.SITE / f"{page}.html").is_file()


@every_page
def test_page_holds_its_title(page):
    heading = copy.copy(pages.article(page).select_one("h1"))
    heading.select_one(".headerlink").extract()
    assert pages.straight(heading.get_text()) == pages.title(page) != ""
    assert pages.straight(pages.built(page).title.get_text()).startswith(pages.title(page))


@every_page
def test_page_holds_all_its_cells(page):
    if page in pages.NOTEBOOKS:
        hidden = [cell for cell in pages.code_cells(page) if "remove-cell" in pages.tags(cell)]
        shown = pages.article(page).select("div.cell")
        assert len(shown) == len(pages.code_cells(page)) - len(hidden)


@every_page
def test_page_holds_no_error(page):
    cells = pages.code_cells(page) if page in pages.NOTEBOOKS else []
    meant = [cell for cell in cells if "raises-exception" in pages.tags(cell)]
    assert len(pages.article(page).select(".output.traceback")) == len(meant)
    assert not pages.article(page).select(
        ".katex-error, [mathcolor='#cc0000'], .problematic, .system-message"
    )
    for sign in ("CellTimeoutError", "Traceback (most recent call last)"):
        assert sign not in prose(page)


@every_page
def test_page_holds_no_raw_markup(page):
    assert not re.findall(r"\{[\w:-]+\}`|:::|\$\$|```|^\(.+\)=$", prose(page), re.MULTILINE)


@every_page
def test_page_shows_what_the_cells_print(page):
    """To the last line break: a busy kernel sends a line in pieces."""
    shown = [block.get_text().rstrip() for block in pages.article(page).select(".output.stream")]
    for cell in pages.code_cells(page) if page in pages.NOTEBOOKS else []:
        if not {"remove-cell", "remove-output", "nbval-ignore-output"} & set(pages.tags(cell)):
            for output in cell.outputs:
                if output.output_type == "stream":
                    assert output.text.rstrip() in shown
