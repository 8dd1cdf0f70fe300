"""The page on the build: the times of all notebooks, the versions, the machine, the commit."""

import posixpath
import re
from importlib.metadata import version

import pytest
import status
from support import pages

PAGE = "book/appendix/status"


def table(number):
    """A table of the page, as a dictionary from its first column to its second."""
    rows = pages.article(PAGE).select("table")[number].select("tbody tr")
    return {row.th.get_text(): row.td.get_text() for row in rows}


def test_each_notebook_has_its_time():
    seconds = {title: float(time) for title, time in table(0).items()}
    total = seconds.pop("All")
    titles = [pages.title(page) for page in pages.NOTEBOOKS]
    assert [pages.straight(title) for title in seconds] == titles
    assert min(seconds.values()) > 0
    assert total == pytest.approx(sum(seconds.values()), abs=0.05 * len(seconds))


def test_times_lead_to_the_pages():
    links = [link["href"] for link in pages.article(PAGE).select("tbody th a")]
    found = [posixpath.normpath(f"{PAGE}/../{link}").removesuffix(".html") for link in links]
    assert found == pages.NOTEBOOKS


def test_versions_are_those_that_are_installed():
    shown = table(1)
    assert re.fullmatch(r"3\.11\.\d+", shown.pop("Python"))
    assert {"numpy", "torch", "matplotlib", "jupyter-book"} <= set(shown)
    assert shown == {name: version(name) for name in shown}


def test_the_machine_is_described():
    shown = table(2)
    assert list(shown) == ["Operating system", "Processor", "Cores", "Built", "Commit"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", shown["Built"])
    assert int(shown["Cores"]) > 0
    assert re.fullmatch(r"[0-9a-f]{40}(, with changes)?|unknown: .+", shown["Commit"])


def test_search_leaves_the_page_out():
    """Else its numbers would be in the index, and two builds would never be the same."""
    index = (pages.SITE / "searchindex.js").read_text()
    assert '"See how this build went"' not in index


def test_outside_a_checkout_the_commit_is_unknown(monkeypatch, tmp_path):
    monkeypatch.setattr(status, "ROOT", tmp_path)
    assert status.commit() == "unknown: not built in a Git checkout"
