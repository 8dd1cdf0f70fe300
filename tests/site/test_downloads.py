"""What the download button of a page brings reads like the page, without any extension."""

import copy
import functools
import re
from urllib.parse import urljoin

import first
import nbformat
import pytest
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from support import pages

every_notebook = pytest.mark.parametrize("page", pages.NOTEBOOKS)
# What plain Markdown has no meaning for: fences, roles, labels, attributes, terms, relative links.
MYST = re.compile(
    r"^\s*:::|^\s*(```|~~~)\{|\{[\w:-]+\}`|^\(.+\)=|\$\$ *\(|\]\{[#.]|^: |\]\((?!https://)",
    re.MULTILINE,
)
# Of a page, what its author has not written; of a notebook, what only folds.
BESIDES = ".cell_input, .cell_output pre, .text_html, .cell-bar, .cell summary, .headerlink, .math"
BESIDES += ", .identity-test, summary, .cell-name"
SHOWN = "a.reference:not(.identity-test a, .text_html a)"
LEFT_OUT = re.compile("#term-|^#(equation|ex|fig)-")
ADDRESS = "https://teacher.github.io/fork-of-lessons/"
PLAIN = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin, renderer=lambda *_: "")


@functools.cache
def download(page):
    return nbformat.read(pages.SITE / "_sources" / f"{page}.ipynb", as_version=4)


@functools.cache
def rendered(page):
    prose = (cell.source for cell in download(page).cells if cell.cell_type == "markdown")
    return BeautifulSoup("".join(map(PLAIN.render, prose)), "html.parser")


def words(tree):
    """Return all that is written, in its order, without spaces and punctuation."""
    tree = copy.copy(tree)
    for part in tree.select(BESIDES):
        part.decompose()
    return re.sub(r"[\W_]+", "", tree.get_text())


@every_notebook
def test_the_button_downloads_it(page):
    link = pages.built(page).select_one(".btn-download-source-button")
    assert link["href"].endswith(f"_sources/{page}.ipynb")
    assert link.has_attr("download")
    assert not link.has_attr("target")


def test_the_browser_keeps_it_as_a_notebook(browser, server, tmp_path):
    context = browser.new_context(accept_downloads=True)
    tab = context.new_page()
    tab.goto(f"{server}{pages.CHAPTERS[0]}.html")
    tab.get_by_role("button", name="Download this page").click()
    with tab.expect_download() as waiting:
        tab.get_by_role("link", name=".ipynb").click()
    assert waiting.value.suggested_filename == f"{pages.CHAPTERS[0].rpartition('/')[2]}.ipynb"
    waiting.value.save_as(tmp_path / "page.ipynb")
    nbformat.validate(nbformat.read(tmp_path / "page.ipynb", as_version=4))
    context.close()


@every_notebook
def test_it_is_a_notebook(page):
    nbformat.validate(download(page))
    names = [cell.id for cell in download(page).cells]
    assert len(set(names)) == len(names)


@every_notebook
def test_no_myst_is_left(page):
    prose = [cell.source for cell in download(page).cells if cell.cell_type == "markdown"]
    found = [(match[0], source) for source in prose if (match := MYST.search(source))]
    assert not found


@every_notebook
def test_code_and_outputs_are_those_of_the_notebook(page):
    def code(notebook):
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        return [(cell.source, cell.outputs, cell.metadata.get("tags")) for cell in cells]

    installs, *rest = code(download(page))
    assert rest == code(pages.notebook(page))[1:]
    pattern = f"https://github.com/{pages.FORK}/archive/([0-9a-f]{{40}}|main).zip"
    (source,) = re.findall(r'source = "(.*?)"', installs[0])
    assert re.fullmatch(pattern, source)
    assert installs[0] == first.cell(source)


@every_notebook
def test_it_says_what_the_page_says(page):
    if pages.LEFT_OUT and page == pages.PAGES[0]:
        pytest.skip("the download of the front page lists the whole course")
    assert words(rendered(page)) == words(pages.article(page))


@every_notebook
def test_its_links_lead_where_those_of_the_page_lead(page):
    """But for terms, and for numbers of the same page."""
    here = f"{ADDRESS}{page}.html"
    shown = [link["href"] for link in pages.article(page).select(SHOWN)]
    kept = {urljoin(here, link) for link in shown if not LEFT_OUT.search(link)}
    assert {link["href"] for link in rendered(page).select("a")} == kept


def test_solutions_are_folded():
    notebook = download("book/1-probabilities/temperature")
    start = next(
        number
        for number, cell in enumerate(notebook.cells)
        if "#### Solution to Exercise" in cell.source
    )
    said, code = notebook.cells[start : start + 2]
    assert said.source.endswith("divided by the sum.\n\n</details>")
    assert code.metadata.jupyter == {"source_hidden": True, "outputs_hidden": True}
