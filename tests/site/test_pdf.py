"""The book on paper: complete, in order, with links that lead to the right place, and accessible."""

import functools
import itertools
import re
import shutil
from datetime import datetime, timezone

import pdf
import pytest
from pypdf import PdfReader
from support import pages

CONTENTS, SOLUTIONS = "Contents", "Solutions"
WHEN = datetime(2001, 2, 3, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def file(browser, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", str(int(WHEN.timestamp())))
        book = pdf.print_book(browser, pages.SITE)
    path = tmp_path_factory.mktemp("pdf") / pdf.NAME
    path.write_bytes(book)
    return path


@pytest.fixture(scope="module")
def book(file):
    return PdfReader(file)


@pytest.fixture(scope="module")
def outline(book):
    """Level, title and page, from 1 on, of each entry."""
    return list(flat(book, book.outline))


def flat(book, entries, level=1):
    for entry in entries:
        if isinstance(entry, list):
            yield from flat(book, entry, level + 1)
        else:
            yield level, entry.title, book.get_destination_page_number(entry) + 1


@pytest.fixture(scope="module")
def texts(book):
    """The words of each page, without spaces: where a line ends is no matter."""
    return [squeezed(page.extract_text()) for page in book.pages]


def squeezed(words):
    return re.sub(r"\s", "", words)


@pytest.fixture(scope="module")
def end(outline):
    """The page on which the solutions begin."""
    return next(page for level, title, page in outline if (level, title) == (1, SOLUTIONS))


def title_of(page):
    heading = pages.article(page).select_one("h1")
    return heading.get_text().removesuffix("#")


def test_outline_has_every_part_and_page_in_order(outline):
    expected = [(1, CONTENTS), (1, title_of(pages.PAGES[0]))]
    for caption, files in pdf.parts()[1:]:
        expected += [(1, caption), *((2, title_of(page)) for page in files)]
    found = [entry[:2] for entry in outline]
    last = found.index((1, SOLUTIONS))
    chapters = {title for _, title in expected}
    assert [one for one in found[:last] if one[1] in chapters and one[0] < 3] == expected
    assert [page for *_, page in outline] == sorted(page for *_, page in outline)


def test_outline_has_every_section(outline):
    titles = {title for _, title, _ in outline}
    for page in pages.PAGES:
        for heading in pages.article(page).select("h2, h3"):
            assert heading.get_text().removesuffix("#").strip() in titles


def test_it_is_as_thick_as_a_book(book, file):
    assert 200 < len(book.pages) < 700
    assert file.stat().st_size < 25e6
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
        for page in pages.PAGES
        for i, node in enumerate(
            pages.article(page).select(".solution > section, softmax-check > details > p, dd")
        )
        if node.name != "dd" or node.find_parent("softmax-check")
    }


def test_solutions_stand_at_the_end(texts, end):
    before, after = "".join(texts[: end - 1]), "".join(texts[end - 1 :])
    long = {name: words for name, words in folded().items() if len(words) > 30}
    assert len(long) > 100
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
    assert len(inside) > 1000
    assert set(inside) <= set(targets)
    assert len(outside) > 100
    assert [one for one in outside if not one.startswith("https://")] == []


def test_exercises_and_solutions_link_to_each_other(book, texts, end):
    targets = pdf.targets(book)
    pairs = 0
    for page in pages.PAGES:
        for box in pages.article(page).select(".solution"):
            there, back = (pdf_name(page, name) for name in (box["id"], box.a["href"][1:]))
            assert targets[back] < end <= targets[there]
            assert squeezed(box.a.get_text()) in texts[targets[there] - 1]
            assert squeezed(box.a.get_text()) in texts[targets[back] - 1]
            pairs += 1
    assert pairs > 50


def pdf_name(page, name):
    return re.sub(r"[^\w-]+", "-", f"{page}--{name}")


def test_numbers_of_pages_are_right(outline, texts):
    contents = texts[1]
    for level, title, page in outline:
        if title != CONTENTS and (level == 1 or title in map(title_of, pages.PAGES)):
            assert f"{squeezed(title)}{page}" in contents
            break_at_solutions = title == SOLUTIONS
            if break_at_solutions:
                break
    for number, text in itertools.islice(enumerate(texts, start=1), 1, None):
        assert text.startswith(str(number)) or text.endswith(str(number))


def test_nothing_asks_to_be_pressed(texts):
    for words in ("▸", "Showthecode", "Showcodecell", "Hidecodecell", "Showtheanswer", "RunEdit"):
        assert [number for number, text in enumerate(texts, start=1) if words in text] == []


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
    spoken = {node.get("/Alt") for node in tagged(book) if node.get("/S") == "/Figure"}
    for page in pages.PAGES:
        for picture in pages.article(page).select("img:not(.figure-dark)"):
            assert picture["alt"] in spoken
    formulas = {node.get_text() for node in pages.article(pages.PAGES[5]).select("annotation")}
    assert formulas <= spoken


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


def test_title_page_says_how_to_cite(texts):
    for words in ("Version0.2.0,3February2001", "CCBY4.0", "Softmax Lessons contributors (2001)"):
        assert squeezed(words) in texts[0]


def test_only_a_site_with_the_file_links_to_it(file, tmp_path):
    front = tmp_path / f"{pages.PAGES[0]}.html"
    front.parent.mkdir(parents=True)
    shutil.copy(pages.SITE / f"{pages.PAGES[0]}.html", front)
    assert pdf.NAME not in front.read_text()
    for _ in range(2):  # the second changes nothing
        pdf.publish(tmp_path, file.read_bytes())
        [address] = re.findall(rf'href="([^"]*{pdf.NAME})"', front.read_text())
        assert (front.parent / address).resolve() == tmp_path / pdf.NAME
        assert (tmp_path / pdf.NAME).read_bytes() == file.read_bytes()


@pytest.mark.parametrize("address", ["https://example.org/x.png", "http://book/no/such.png"])
def test_a_picture_that_is_not_in_the_site_stops_it(browser, tmp_path, monkeypatch, address):
    monkeypatch.setattr(pdf, "parts", lambda: [("", ["page"])])
    html = f'<meta name="description" content="A"><article><h1>B</h1><img src="{address}"></article>'
    (tmp_path / "page.html").write_text(html)
    (tmp_path / "_static").symlink_to(pages.SITE / "_static")
    with pytest.raises(SystemExit, match=re.escape(address)):
        pdf.print_book(browser, tmp_path)


def test_what_is_wider_than_a_page_stops_it(browser, tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "parts", lambda: [("", ["page"])])
    box = '<div style="width: 300mm">much too wide</div>'
    html = f'<meta name="description" content="A"><article id="a"><h1>B</h1>{box}</article>'
    (tmp_path / "page.html").write_text(html)
    (tmp_path / "_static").symlink_to(pages.SITE / "_static")
    with pytest.raises(SystemExit, match="much too wide"):
        pdf.print_book(browser, tmp_path)
