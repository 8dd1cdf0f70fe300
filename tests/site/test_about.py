"""Licence, version, how to cite, to install and to find the source: in each footer, on a page."""

import re
from types import SimpleNamespace

import about
import notices
import pytest
import tomllib
import yaml
from fontTools.ttLib import TTFont
from PIL import Image
from sphinx.util.docutils import new_document
from support import pages

PAGE = "book/appendix/about"
EVERY_PAGE = [*pages.PAGES, "search", "genindex", "404"]
SOURCE = f"https://github.com/{pages.FORK}"
CITATION = yaml.safe_load((pages.ROOT / "CITATION.cff").read_text())
PROJECT = tomllib.loads((pages.ROOT / "pyproject.toml").read_text())["project"]
ORIGINAL = PROJECT["urls"]["Repository"]
NOTICES = "book/appendix/notices"
COPIED = {
    "Copy attribution": "attribute-text",
    "Copy BibTeX": "cite-bibtex",
    "Copy reference": "cite-text",
}


def told(repository="", address=""):
    """What a book says of itself that is kept and published there."""
    kept = {"book_repository": repository, "book_branch": "main", "book_address": address}
    return about.read(SimpleNamespace(**kept))


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_footer_tells_the_licences_and_the_version_and_where_more_stands(page):
    (footer,) = pages.built(page).select(".bd-footer-content .about-footer")
    text = footer.get_text()
    assert f"Version {PROJECT['version']}" in text
    assert CITATION["authors"][0]["name"] in text
    links = {link.get_text(): link["href"] for link in footer.select("a")}
    licence = f"Licence: code {CITATION['license'][0]}, text {CITATION['license'][1]}"
    more = ["Attribute", "Cite", "Install", "Third parties", "Original", "Source"]
    assert list(links) == [licence, *more]
    assert (links.pop("Source"), links.pop("Original")) == (SOURCE, ORIGINAL)
    assert links.pop("Third parties").endswith("notices.html") or page == NOTICES
    anchors = {tag["id"] for tag in pages.article(PAGE).select("[id]")}
    for goal in links.values():
        path, _, anchor = goal.partition("#")
        assert path.endswith("about.html") or (page, path) == (PAGE, "")
        assert anchor in anchors


def test_the_page_says_what_the_files_say():
    text = " ".join(pages.article(PAGE).get_text().split())
    assert f"{PROJECT['version']}, released on {CITATION['date-released']}" in text
    assert f"Python {PROJECT['requires-python'][2:]} or later" in text
    assert f"{PROJECT['name']} @ git+{SOURCE}" in text
    links = {link["href"] for link in pages.article(PAGE).select("a")}
    assert links >= {SOURCE, f"{SOURCE}/blob/main/CHANGELOG.md"}
    assert links >= {f"https://spdx.org/licenses/{name}.html" for name in CITATION["license"]}


def test_a_citation_has_all_that_one_cites_with():
    entry = pages.article(PAGE).select_one("#cite-bibtex pre").get_text()
    fields = dict(re.findall(r"^  (\w+) = \{(.*)\},?$", entry, re.MULTILINE))
    assert re.match(r"@software\{[\w-]+,\n", entry)
    assert entry.count("{") == entry.count("}")
    assert (
        fields
        == {
            "author": f"{{{CITATION['authors'][0]['name']}}}",  # one name, not two
            "title": CITATION["title"],
            "version": CITATION["version"],
            "year": CITATION["date-released"][:4],
            "url": "https://teacher.github.io/fork-of-lessons/",
        }
    )
    sentence = pages.article(PAGE).select_one("#cite-text pre").get_text()
    assert all(fields[name].strip("{}") in sentence for name in fields)


def test_a_book_without_a_repository_links_to_none():
    whole = told()
    assert whole.repository == ""
    shown = [node for part in about.PARTS.values() for node in part(whole)]
    tree = new_document("about")
    tree += shown
    text = tree.astext()
    assert "names no repository" in text
    assert "git+" not in text
    assert "http" not in about.bibtex(whole) + about.reference(whole)
    links = [
        one["refuri"]
        for one in tree.findall(lambda node: "refuri" in getattr(node, "attributes", ()))
    ]
    assert links
    assert all(link.startswith(("https://spdx.org/licenses/", ORIGINAL)) for link in links)


def test_a_copy_names_the_original_and_itself():
    line = pages.article(PAGE).select_one("#attribute-text pre").get_text()
    for part in (CITATION["title"], CITATION["authors"][0]["name"], ORIGINAL, "CC BY 4.0"):
        assert part in line
    assert "as published at https://teacher.github.io/fork-of-lessons/" in line
    assert "as published at" not in about.attribution(told(ORIGINAL, "https://softmax.example/"))


def test_the_notices_name_what_the_site_serves():
    text = pages.article(NOTICES).get_text()
    for name in ("KaTeX", "Font Awesome", "sphinx-book-theme", "Bootstrap", "sphinx-design"):
        assert name in text
    whole = (pages.SITE / "_static/notices.txt").read_text()
    for part in notices.parts():
        assert part.version in text
        assert f"{part.name} {part.version}: {part.licence}" in whole
        assert "opyright" in part.text or "©" in part.text
    assert "SIL OPEN FONT LICENSE" in whole
    served = {file.name for file in (pages.SITE / "_static/pyodide").glob("*.whl")}
    assert {name for name in served if not name.startswith("softmax_lessons")} <= set(text.split())


@pytest.mark.parametrize("name", ["_static/vendor/new/library.js", "_static/fonts/Other.woff2"])
def test_a_file_that_nobody_has_made_is_noticed(name, tmp_path):
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).touch()
    (tmp_path / "_static" / "course.css").touch()
    assert notices.nobodys(tmp_path) == [name]


def test_the_changed_fonts_do_not_bear_the_reserved_name():
    for file in (pages.SITE / "_static/vendor/fontawesome/webfonts").glob("*.woff2"):
        names = {one.nameID: one.toUnicode() for one in TTFont(file)["name"].names}
        assert "Font Awesome" in names[0], "whose they are"
        assert not [n for n in (1, 3, 4, 6, 16) if "Awesome" in names[n]]
    style = (pages.SITE / "_static/book.css").read_text()
    assert "Lesson Icons" in style
    assert "Font Awesome" not in style


@pytest.fixture
def tab(browser, server, laid_out):
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    tab = context.new_page()
    tab.goto(f"{server}{PAGE}.html")
    laid_out(tab)
    yield tab
    context.close()


@pytest.mark.parametrize(("name", "block"), COPIED.items())
def test_the_keyboard_copies_and_it_is_announced(tab, name, block):
    button = tab.get_by_role("button", name=name, exact=True)
    status = tab.locator(".copy-bar", has=button).get_by_role("status")
    button.focus()
    for key in ("Enter", "Space"):
        tab.evaluate("navigator.clipboard.writeText('')")
        assert tab.evaluate("e => e === document.activeElement", button.element_handle())
        tab.keyboard.press(key)
        status.get_by_text("Copied.").wait_for()
        copied = tab.evaluate("navigator.clipboard.readText()")
        assert copied == pages.article(PAGE).select_one(f"#{block} pre").get_text().strip()
        status.evaluate("status => { status.textContent = ''; }")


def test_where_nothing_may_be_copied_the_text_is_selected(tab):
    tab.evaluate("""() => {
        navigator.clipboard.writeText = () => Promise.reject(new Error("no"));
        document.execCommand = () => false;
    }""")
    tab.get_by_role("button", name="Copy BibTeX").click()
    tab.get_by_role("status").get_by_text("Not copied").wait_for()
    assert tab.evaluate("getSelection().toString()").startswith("@software{")


def test_there_is_one_button_for_each_text(tab):
    tab.locator(".copybtn").first.wait_for(state="attached")  # on the commands to install
    assert tab.locator(".to-copy .copybtn").count() == 0
    assert tab.locator("button[data-copy]").count() == len(COPIED)


def test_the_icon_answers_at_the_root(browser, server):
    answer = browser.new_context().request.get(f"{server}favicon.ico")
    assert answer.status == 200
    assert answer.headers["content-type"] in ("image/x-icon", "image/vnd.microsoft.icon")
    assert answer.body() == (pages.ROOT / "book/favicon.ico").read_bytes()


def test_the_icon_shows_the_logo():
    logo = (pages.ROOT / "book/_static/logo.svg").read_text()
    tag = re.compile(
        r'<rect(?: x="([\d.]+)" y="([\d.]+)")? width="([\d.]+)" height="([\d.]+)".*fill="#(\w+)"/>'
    )
    shapes = [([float(n or 0) for n in found[:4]], found[4]) for found in tag.findall(logo)]
    assert len(shapes) == 4
    with Image.open(pages.ROOT / "book/favicon.ico") as icon:
        assert icon.info["sizes"] == {(16, 16), (32, 32), (48, 48)}
        drawn = icon.convert("RGBA")
    assert drawn.getpixel((0, 0))[3] < 128  # beside the round corner
    for (x, y, width, height), fill in shapes:
        # Of the ground, a place that no bar covers.
        place = (x + width / 2, y + height / 2) if x else (32, 58)
        colour = drawn.getpixel(tuple(int(n * drawn.width / 64) for n in place))
        assert colour == pytest.approx((*bytes.fromhex(fill), 255), abs=8)
