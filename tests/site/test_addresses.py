"""All addresses, from Binder to canonical, follow from one setting: a fork needs no change."""

from types import SimpleNamespace

import pytest
from addresses import addresses, launch_addresses
from sphinx.errors import ExtensionError
from support import pages


def test_nothing_without_a_repository():
    assert addresses("") == {}


def test_nowhere_to_run_without_a_repository():
    ours_are_not = {
        "repository_url": "https://github.com/executablebooks/jupyter-book",
        "repository_branch": "master",
        "launch_buttons": {"binderhub_url": "https://mybinder.org", "colab_url": ""},
    }  # what Jupyter Book sets by itself
    config = SimpleNamespace(html_baseurl="", html_theme_options=ours_are_not)
    assert launch_addresses(config, "book/index") == []


def test_all_addresses_name_the_fork():
    settings = addresses("Teacher/Lessons")
    assert settings["html_baseurl"] == "https://teacher.github.io/Lessons/"
    assert settings["html_theme_options"]["repository_url"] == "https://github.com/Teacher/Lessons"


def test_site_of_an_owner_is_at_the_root():
    assert addresses("teacher/Teacher.github.io")["html_baseurl"] == "https://teacher.github.io/"


@pytest.mark.parametrize(
    "name", ["teacher", "a/b/c", "/b", "a/", "a b/c", "https://github.com/a/b"]
)
def test_malformed_repository_is_refused(name):
    with pytest.raises(ExtensionError, match="owner/name"):
        addresses(name)


@pytest.mark.parametrize("page", pages.PAGES)
def test_page_points_to_the_fork(page):
    links = {tag["href"] for tag in pages.built(page).select("a[href]")}
    kind = "ipynb" if page in pages.NOTEBOOKS else "md"
    assert (pages.ROOT / f"{page}.{kind}").is_file()
    assert f"https://github.com/{pages.FORK}" in links
    assert f"https://github.com/{pages.FORK}/edit/main/{page}.{kind}" in links
    binder = f"https://mybinder.org/v2/gh/{pages.FORK}/main?urlpath=lab/tree/{page}.ipynb"
    colab = f"https://colab.research.google.com/github/{pages.FORK}/blob/main/{page}.ipynb"
    assert (binder in links) == (colab in links) == (kind == "ipynb")


@pytest.mark.parametrize("page", pages.PAGES)
def test_page_names_its_canonical_address(page):
    canonical = pages.built(page).select_one("link[rel=canonical]")["href"]
    assert canonical == f"https://teacher.github.io/fork-of-lessons/{page}.html"
