"""The page on what stored the outputs and built the site: times, versions, machine, commit."""

import json
import platform
import posixpath
import re
from importlib.metadata import version

import pytest
import status
from support import pages, search

PAGE = "book/appendix/status"


def table(number):
    """A table of the page, as a dictionary from its first column to its second."""
    rows = pages.article(PAGE).select("table")[number].select("tbody tr")
    return {row.th.get_text(): row.td.get_text() for row in rows}


def test_each_notebook_has_the_time_of_the_run_that_stored_it():
    shown = table(0)
    total = float(shown.pop("All"))
    seconds = [pages.notebook(page).metadata["stored"]["seconds"] for page in pages.NOTEBOOKS]
    titles = [pages.title(page) for page in pages.NOTEBOOKS]
    assert [pages.straight(title) for title in shown] == titles
    assert [float(time) for time in shown.values()] == seconds
    assert min(seconds) > 0
    assert total == pytest.approx(sum(seconds), abs=0.05)


def test_times_lead_to_the_pages():
    links = [link["href"] for link in pages.article(PAGE).select("table")[0].select("th a")]
    found = [posixpath.normpath(f"{PAGE}/../{link}").removesuffix(".html") for link in links]
    assert found == pages.NOTEBOOKS


def test_each_notebook_was_run_somewhere():
    shown = table(1)
    assert sum(map(int, shown.values())) == len(pages.NOTEBOOKS)
    assert all(re.fullmatch(r"Python 3\.1[1-4]\.\d+, \S.*", where) for where in shown)


def test_pinned_versions_are_those_of_the_lock():
    shown = table(2)
    assert {"numpy", "torch", "matplotlib", "scipy"} <= set(shown)
    lock = (pages.ROOT / "requirements.txt").read_text().splitlines()
    assert {f"{name}=={pin}" for name, pin in shown.items()} <= set(lock)


def test_versions_of_the_build_are_those_that_are_installed():
    shown = table(3)
    assert shown.pop("Python") == platform.python_version()
    assert {"numpy", "jupyter-book", "sphinx-exercise"} <= set(shown)
    assert "torch" not in shown
    assert shown == {name: version(name) for name in shown}


def test_what_runs_python_in_the_page_is_named_with_its_licences():
    shown = table(4)
    folder = pages.SITE / "_static" / "pyodide"
    assert shown.pop("notice.json") == "all hashes"
    taken = json.loads((folder / "notice.json").read_text())
    own = [name for name in taken if name.startswith("softmax_lessons-")]
    assert len(own) == 1  # made with the site, when the page has been written
    assert shown == {
        name: ", ".join(told["licences"]) for name, told in taken.items() if name not in own
    }


def test_the_machine_is_described():
    shown = table(5)
    assert list(shown) == ["Operating system", "Processor", "Cores", "Built", "Commit"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", shown["Built"])
    assert int(shown["Cores"]) > 0
    assert re.fullmatch(r"[0-9a-f]{40}(, with changes)?|unknown: .+", shown["Commit"])


def test_search_leaves_the_page_out():
    """Else its numbers would be in the index, and two builds would never be the same."""
    assert "book/appendix/status.html" not in [page for page, *_ in search.sections()["pages"]]


def test_outside_a_checkout_the_commit_is_unknown(monkeypatch, tmp_path):
    monkeypatch.setattr(status, "ROOT", tmp_path)
    assert status.commit() == "unknown: not built in a Git checkout"
