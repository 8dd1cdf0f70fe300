"""The site works from the disk, without a server: double-click its index.html."""

import shutil

import pytest
from support import from_disk, pages

LIVE = next(
    page
    for page in pages.CHAPTERS
    if pages.built(page).select(".softmax-live") and pages.article(page).select(".katex")
)
OPENED = [LIVE, pages.PAGES[0], "book/appendix/bibliography", "search", "index"]


@pytest.fixture(scope="module")
def offline(browser):
    context = browser.new_context(offline=True)
    yield context
    context.close()


@pytest.fixture
def copy(tmp_path):
    """A page with all that the site has, in a folder with a space and an umlaut, to be broken."""
    site = tmp_path / "a folder für mich"
    shutil.copytree(pages.SITE / "_static", site / "_static")
    shutil.copytree(pages.SITE / "_images", site / "_images")
    for page in (LIVE, pages.PAGES[0]):
        (site / page).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(pages.SITE / f"{page}.html", site / f"{page}.html")
    return site


@pytest.mark.parametrize("page", OPENED)
def test_page_works_from_the_disk(offline, page):
    assert from_disk.wrong(offline, pages.SITE / f"{page}.html") == []


def test_page_works_from_a_folder_with_any_name(offline, copy):
    assert from_disk.wrong(offline, copy / f"{LIVE}.html") == []


def test_search_works_from_the_disk(offline):
    assert from_disk.finds(offline, "logits", "book/1-probabilities/scores")


def test_a_page_without_its_script_is_noticed(offline, copy):
    page = copy / f"{LIVE}.html"
    page.write_text(page.read_text().replace('type="module"', 'type="text/plain"'))
    assert any("does not come up" in text for text in from_disk.wrong(offline, page))


@pytest.mark.parametrize(
    "missing", ["book.css", "book.js", "scripts/pydata-sphinx-theme.js", "katex/fonts"]
)
def test_a_missing_file_is_noticed(offline, copy, missing):
    found = copy / "_static" / missing
    shutil.rmtree(found) if found.is_dir() else found.unlink()
    assert from_disk.wrong(offline, copy / f"{LIVE}.html")
