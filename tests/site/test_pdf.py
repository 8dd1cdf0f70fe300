"""The book on paper: complete, in order, accessible, and its links lead to the right place.

The first and the last page of each part stand for all: to print the whole book takes minutes.
"""

import functools
import re
import shutil
import time
import unicodedata
from datetime import datetime, timezone
from io import BytesIO

import pdf
import pytest
from pypdf import PdfReader
from support import pages

CONTENTS, SOLUTIONS = "Contents", "Solutions"
PARTS = [(caption, list(dict.fromkeys([files[0], files[-1]]))) for caption, files in pdf.parts()]
PAGES = [page for _, files in PARTS for page in files]
WHEN = datetime(2001, 2, 3, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def printed(browser):
    """The PDF, and of the document that it is printed from: the words, and what can be pressed."""
    with browser.new_page() as tab, pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdf, "parts", lambda: PARTS)
        book = pdf.assemble(tab, pages.SITE, "A4", WHEN)
        words = tab.evaluate("""() => [...document.querySelector("#book").children].map(
            part => [part.className, part.textContent])""")
        controls = tab.evaluate("""() => [...document.querySelectorAll(
            "button, input, select, textarea, details, summary, [hidden], .figure-dark"
        )].map(one => one.outerHTML)""")
        done = pdf.render(tab, book, "A4")
        headings = tab.evaluate("book => book.headings()", book)
    return pdf.finish(done, headings, WHEN), words, controls


@pytest.fixture(scope="module")
def book(printed):
    return PdfReader(BytesIO(printed[0]))


@pytest.fixture(scope="module")
def outline(book):
    """Level, title and page, from 1 on, of each entry."""
    numbers = {page.indirect_reference.idnum: i for i, page in enumerate(book.pages, start=1)}
    return list(flat(numbers, book.trailer["/Root"]["/Outlines"], 1))


def flat(numbers, item, level):
    child = item.get("/First")
    while child:
        child = child.get_object()
        yield level, child["/Title"], numbers[child["/Dest"][0].idnum]
        yield from flat(numbers, child, level + 1)
        child = child.get("/Next")


@pytest.fixture(scope="module")
def text(book):
    """Gives the words of a page of paper."""
    return functools.cache(lambda number: squeezed(book.pages[number - 1].extract_text()))


def squeezed(words):
    """Leave out spaces and ligatures: where a line ends is no matter."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", words))


@pytest.fixture(scope="module")
def end(outline):
    """The page on which the solutions begin."""
    return next(page for level, title, page in outline if (level, title) == (1, SOLUTIONS))


def title_of(page):
    heading = pages.article(page).select_one("h1")
    return heading.get_text().removesuffix("#")


def test_outline_has_every_part_and_page_in_order(outline):
    expected = [(1, CONTENTS), (1, title_of(PAGES[0]))]
    for caption, files in PARTS[1:]:
        expected += [(1, caption), *((2, title_of(page)) for page in files)]
    found = [entry[:2] for entry in outline]
    last = found.index((1, SOLUTIONS))
    chapters = {title for _, title in expected}
    assert [one for one in found[:last] if one[1] in chapters and one[0] < 3] == expected
    assert [page for *_, page in outline] == sorted(page for *_, page in outline)


def test_outline_has_every_section(outline):
    titles = {title for _, title, _ in outline}
    for page in PAGES:
        for heading in pages.article(page).select("h2, h3"):
            assert heading.get_text().removesuffix("#").strip() in titles


def test_it_is_as_thick_as_a_book(book, printed):
    assert 100 < len(book.pages) < 300
    assert len(printed[0]) < 15e6
    assert {tuple(map(round, page.mediabox[2:])) for page in book.pages} == {(596, 843)}


def sample(node):
    """The longest piece of text in a solution, without formulas and code."""
    found = [
        squeezed(words)
        for words in node.find_all(string=True)
        if not words.find_parent(class_="katex") and not words.find_parent("pre")
    ]
    return max(found, key=len)[:60]


@functools.cache
def folded():
    """A piece of each folded solution and answer."""
    return {
        f"{page} {i}": sample(node)
        for page in PAGES
        for i, node in enumerate(
            pages.article(page).select(".solution > section, softmax-check > details > p, dd")
        )
        if node.name != "dd" or node.find_parent("softmax-check")
    }


def test_solutions_stand_at_the_end(printed):
    *before, (kind, after) = printed[1]
    assert "solutions" in kind
    before, after = squeezed(" ".join(words for _, words in before)), squeezed(after)
    long = {name: words for name, words in folded().items() if len(words) > 30}
    assert len(long) > 30
    assert [name for name, words in long.items() if words in before] == []
    assert [name for name, words in long.items() if words not in after] == []


def links(book):
    for number, page in enumerate(book.pages, start=1):
        for annotation in page.get("/Annots", []):
            link = annotation.get_object()
            if link["/Subtype"] == "/Link":
                yield number, link


def test_links_stay_within_the_book_or_lead_to_the_web(book):
    targets = pdf.targets(book)
    inside = [str(link["/Dest"])[1:] for _, link in links(book) if "/Dest" in link]
    outside = [link["/A"]["/URI"] for _, link in links(book) if "/A" in link]
    assert len(inside) > 300
    assert set(inside) <= set(targets)
    assert len(outside) > 100
    assert [one for one in outside if not one.startswith("https://")] == []


def test_exercises_and_solutions_link_to_each_other(book, text, end):
    targets = pdf.targets(book)
    for page in PAGES:
        boxes = pages.article(page).select(".solution")
        for box in boxes:
            there, back = (targets[pdf_name(page, name)] for name in (box["id"], box.a["href"][1:]))
            assert back < end <= there
        if boxes:  # to read every sheet would take a minute
            assert squeezed(box.a.get_text()) in text(there)
            assert squeezed(box.a.get_text()) in text(back)


def pdf_name(page, name):
    return re.sub(r"[^\w-]+", "-", f"{page}--{name}")


def test_numbers_of_pages_are_right(outline, text):
    contents = text(2) + text(3)
    chapters = set(map(title_of, PAGES))
    before = outline[: outline.index(next(one for one in outline if one[1] == SOLUTIONS)) + 1]
    for level, title, page in before[1:]:
        if level == 1 or title in chapters:
            assert f"{squeezed(title)}{page}" in contents
    for number in (2, 3, 50, 100, before[-1][2]):
        assert str(number) in text(number)[:100]


def test_nothing_asks_to_be_pressed(printed, text):
    assert printed[2] == []
    words = " ".join(words for _, words in printed[1])
    for phrase in ("Show the answer", "Show the code", "Arrow keys", "Click to show"):
        assert phrase not in words


def test_fonts_are_embedded(book):
    fonts = {}
    for page in book.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            font = font.get_object()
            fonts[font.get("/BaseFont", "Type3")] = font
    assert any("STIX" in name for name in fonts)
    assert any("KaTeX" in name for name in fonts)
    for name, font in fonts.items():
        if font["/Subtype"] != "/Type3":  # whose shapes stand in the file itself
            within = font["/DescendantFonts"][0] if "/DescendantFonts" in font else font
            files = {"/FontFile", "/FontFile2", "/FontFile3"}
            assert files & set(within.get_object()["/FontDescriptor"]), name


def test_it_is_tagged_and_says_what_it_is(book):
    root = book.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert book.metadata.title == "Softmax Lessons"
    assert book.metadata.author == "Softmax Lessons contributors"
    assert book.metadata.creation_date == book.metadata.modification_date == WHEN


def test_figures_keep_their_alternative_text(book):
    figures = [node.get("/Alt") for node in tagged(book) if node.get("/S") == "/Figure"]
    assert all(figures)
    for page in PAGES:
        for picture in pages.article(page).select("img:not(.figure-dark)"):
            assert picture["alt"] in figures
        for formula in pages.article(page).select("section > p annotation"):
            assert formula.get_text() in figures


def tagged(book):
    waiting = [book.trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        node = waiting.pop().get_object()
        if isinstance(node, dict):
            yield node
            kids = node.get("/K", [])
            waiting += kids if isinstance(kids, list) else [kids]
        elif isinstance(node, list):
            waiting += node


def test_title_page_says_how_to_cite(text):
    for words in ("3 February 2001", "CC BY 4.0", "Softmax Lessons contributors (2001)"):
        assert squeezed(words) in text(1)


def test_only_a_site_with_the_file_links_to_it(printed, tmp_path):
    front = tmp_path / f"{PAGES[0]}.html"
    front.parent.mkdir(parents=True)
    shutil.copy(pages.SITE / f"{PAGES[0]}.html", front)
    assert pdf.NAME not in front.read_text()
    for _ in range(2):  # the second changes nothing
        pdf.publish(tmp_path, printed[0])
        [address] = re.findall(rf'href="([^"]*{pdf.NAME})"', front.read_text())
        assert (front.parent / address).resolve() == tmp_path / pdf.NAME
        assert (tmp_path / pdf.NAME).read_bytes() == printed[0]


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Returns a site of one page, with what it is given on it."""

    def make(html):
        monkeypatch.setattr(pdf, "parts", lambda: [("", ["page"])])
        article = f'<article><section id="b"><h1>B</h1>{html}</section></article>'
        (tmp_path / "page.html").write_text(f'<meta name="description" content="A">{article}')
        (tmp_path / "_static").symlink_to(pages.SITE / "_static")
        return tmp_path

    return make


@pytest.mark.parametrize("address", ["https://example.org/x.png", "http://book/no/such.png"])
def test_a_picture_that_is_not_in_the_site_stops_it(browser, small, address):
    with pytest.raises(SystemExit, match=re.escape(address)):
        pdf.print_book(browser, small(f'<img src="{address}">'))


def test_what_is_wider_than_a_page_stops_it(browser, small):
    with pytest.raises(SystemExit, match="b: much too wide"):
        pdf.print_book(browser, small('<div style="width: 300mm">much too wide</div>'))


def test_the_same_site_makes_the_same_book(browser, small, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    site = small("<p>Softmax</p>")
    first = pdf.print_book(browser, site)
    time.sleep(1)
    assert pdf.print_book(browser, site) == first
    assert PdfReader(BytesIO(first)).metadata.creation_date.year == 2001


def test_without_git_it_has_the_date_of_the_release(monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    monkeypatch.setattr(pdf, "ROOT", pages.ROOT / "tools")
    monkeypatch.setattr(pdf, "citation", lambda: {"date-released": "2001-02-03"})
    assert pdf.date() == WHEN
