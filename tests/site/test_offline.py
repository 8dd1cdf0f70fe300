"""The site works from the disk; the bundle fits a memory stick and says what it is for."""

import json
import shutil
import subprocess
import sys

import pack
import pytest
from support import pages

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
    site = tmp_path / "memory stick für mich"
    shutil.copytree(pages.SITE / "_static", site / "_static")
    shutil.copytree(pages.SITE / "_images", site / "_images")
    for page in (LIVE, pages.PAGES[0]):
        (site / page).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(pages.SITE / f"{page}.html", site / f"{page}.html")
    return site


@pytest.mark.parametrize("page", OPENED)
def test_page_works_from_the_disk(offline, page):
    assert pack.look(offline, pages.SITE / f"{page}.html") == []


def test_page_works_from_a_folder_with_any_name(offline, copy):
    assert pack.look(offline, copy / f"{LIVE}.html") == []


def test_search_works_from_the_disk(offline):
    assert pack.finds(offline, pages.SITE, *pack.SEARCH)


def test_a_page_without_its_script_is_noticed(offline, copy):
    page = copy / f"{LIVE}.html"
    page.write_text(page.read_text().replace('type="module"', 'type="text/plain"'))
    assert any("does not come up" in text for text in pack.look(offline, page))


@pytest.mark.parametrize(
    "missing", ["book.css", "book.js", "pydata-sphinx-theme.js", "katex/fonts"]
)
def test_a_missing_file_is_noticed(offline, copy, missing):
    found = copy / "_static" / missing
    shutil.rmtree(found) if found.is_dir() else found.unlink()
    assert pack.look(offline, copy / f"{LIVE}.html")


# --- the bundle --------------------------------------------------------------------------------


def test_the_site_has_names_that_a_stick_can_hold():
    assert pack.awkward(pack.names_in(pages.SITE)) == []


@pytest.mark.parametrize("name", ["a:b", "a?/b", "readme", "dot./b", "end ", "back\\slash"])
def test_names_that_a_stick_cannot_hold_are_noticed(name):
    assert name in pack.awkward(["README", "a.b/c", name])


def start(folder, **other):
    """Run the bundle's start script as if it had been packed for another machine."""
    (folder / "wheels").mkdir()
    (folder / "wheels" / "for.json").write_text(json.dumps(pack.FOR | {"packed": "now"} | other))
    shutil.copyfile(pack.STICK / "start.py", folder / "start.py")
    command = [sys.executable, str(folder / "start.py"), "--only-install"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("other", [{"system": "Plan9"}, {"machine": "pdp11"}, {"python": "3.99"}])
def test_the_start_script_refuses_other_machines(tmp_path, other):
    done = start(tmp_path, **other)
    assert done.returncode == 1
    assert done.stderr.startswith("These notebooks were packed for ")
    assert next(iter(other.values())) in done.stderr
    assert "Traceback" not in done.stderr


def test_the_start_script_says_when_a_wheel_is_missing(tmp_path):
    done = start(tmp_path)
    assert done.returncode == 1
    assert "The installation failed" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_readme_names_the_machine():
    text = (pack.STICK / "README.txt").read_text(encoding="utf-8").format(**pack.FOR)
    assert f"{pack.FOR['system']} ({pack.FOR['machine']}), Python {pack.FOR['python']}" in text
    assert f"python{pack.FOR['python']} start.py" in text
