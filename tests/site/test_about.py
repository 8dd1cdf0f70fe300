"""Licence, version, how to cite, to install and to find the source: in each footer, on a page."""

import re
from types import SimpleNamespace

import about
import pytest
import tomllib
import yaml
from PIL import Image
from sphinx.util.docutils import new_document
from support import pages

PAGE = "book/appendix/about"
EVERY_PAGE = [*pages.PAGES, "search", "genindex", "404"]
SOURCE = f"https://github.com/{pages.FORK}"
CITATION = yaml.safe_load((pages.ROOT / "CITATION.cff").read_text())
PROJECT = tomllib.loads((pages.ROOT / "pyproject.toml").read_text())["project"]
COPIED = {"Copy BibTeX": "cite-bibtex", "Copy reference": "cite-text"}


def told(repository="", address=""):
    """What a book says of itself that is kept and published there."""
    return about.read(SimpleNamespace(book_repository=repository, book_address=address))


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_footer_tells_the_licences_and_the_version_and_where_more_stands(page):
    (footer,) = pages.built(page).select(".bd-footer-content .about-footer")
    text = footer.get_text()
    assert f"Version {PROJECT['version']}" in text
    assert CITATION["authors"][0]["name"] in text
    links = {link.get_text(): link["href"] for link in footer.select("a")}
    licence = f"Licence: code {PROJECT['license']}, text {CITATION['license'][1]}"
    assert list(links) == [licence, "Cite", "Install", "Source"]
    assert links.pop("Source") == SOURCE
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
    assert all(link.startswith("https://spdx.org/licenses/") for link in links)


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
