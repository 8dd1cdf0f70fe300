"""All addresses, from Binder to canonical, follow from four settings: a fork needs no change."""

from types import SimpleNamespace

import addresses
import pytest
import yaml
from addresses import Place, launch_addresses, merged, place, theme_options
from sphinx.errors import ExtensionError
from support import pages

LAUNCH = yaml.safe_load((pages.ROOT / "_config.yml").read_text()).get("launch_buttons", {})
BY_DEFAULT = {
    "repository_url": "https://github.com/executablebooks/jupyter-book",
    "repository_branch": "master",
    "path_to_docs": "",
    "launch_buttons": {"notebook_interface": "classic", "binderhub_url": "", "colab_url": ""},
}  # what Jupyter Book sets by itself


def configured(kept, **said):
    """The configuration of a book that is kept there, with what `_config.yml` says."""
    options = merged(BY_DEFAULT, theme_options(kept), said)
    settings = {f"book_{name}": value for name, value in kept._asdict().items()}
    return SimpleNamespace(html_theme_options=options, **settings)


def test_nothing_without_a_repository():
    assert place("") == Place("", "main", "", "")
    assert theme_options(place("")) == {}
    assert launch_addresses(configured(place("")), "book/index") == []


def test_all_addresses_name_the_fork():
    kept = place("Teacher/Lessons")
    assert kept.address == "https://teacher.github.io/Lessons/"
    assert theme_options(kept)["repository_url"] == "https://github.com/Teacher/Lessons"


@pytest.mark.parametrize(
    ("repository", "address"),
    [
        ("teacher/Teacher.github.io", "https://teacher.github.io/"),
        ("https://github.com/a/b/", "https://a.github.io/b/"),
        ("https://gitlab.com/Group/sub/lessons", "https://group.gitlab.io/sub/lessons/"),
        ("https://gitlab.com/group/group.gitlab.io", "https://group.gitlab.io/"),
        ("https://git.university.example/group/lessons", ""),
    ],
)
def test_where_a_host_puts_the_pages(repository, address):
    assert place(repository).address == address


@pytest.mark.parametrize(
    "address", ["https://course.example.org", "https://course.example.org/", "http://10.0.0.7:8000"]
)
def test_an_address_of_ones_own_goes_before(address):
    assert place("a/b", address=address).address == f"{address.rstrip('/')}/"
    assert place("", address=address).address == f"{address.rstrip('/')}/"


@pytest.mark.parametrize(
    "name", ["teacher", "a/b/c", "/b", "a/", "a b/c", "http://github.com/a/b", "https://a.b/c"]
)
def test_malformed_repository_is_refused(name):
    with pytest.raises(ExtensionError, match="owner/name"):
        place(name)


@pytest.mark.parametrize("address", ["course.example.org", "https://", "https://a.b/?c"])
def test_malformed_address_is_refused(address):
    with pytest.raises(ExtensionError, match=r"course\.example\.org/softmax/"):
        place("a/b", address=address)


def test_what_the_settings_say_stands():
    """A hub of one's own beside Binder; a button that is not wanted; folders."""
    kept = place("https://gitlab.com/group/lessons", "course", notebooks="notebooks")
    launch = {"jupyterhub_url": "https://hub.example.org/", "notebook_interface": "classic"}
    found = launch_addresses(configured(kept, launch_buttons=launch, path_to_docs="en"), "book/p")
    assert {name: address for name, address, _ in found} == {
        "Binder": "https://mybinder.org/v2/gl/group%2Flessons/course?urlpath=tree/en/book/p.ipynb",
        "JupyterHub": "https://hub.example.org/hub/user-redirect/git-pull?"
        "repo=https%3A//gitlab.com/group/lessons&urlpath=tree/lessons/en/book/p.ipynb&branch=course",
    }
    nowhere = {"binderhub_url": "", "colab_url": ""}
    kept = place("a/b", notebooks="notebooks")
    assert launch_addresses(configured(kept, launch_buttons=nowhere), "book/p") == []


def test_colab_opens_nothing_that_does_not_say_where_it_came_from():
    assert [name for name, *_ in launch_addresses(configured(place("a/b")), "p")] == ["Binder"]


@pytest.mark.parametrize(
    ("settings", "environment", "expected"),
    [
        ({}, {}, Place("", "main", "", "")),
        (
            {"repository": {"url": "https://github.com/a/b", "branch": "course"}},
            {},
            Place("https://github.com/a/b", "course", "https://a.github.io/b/", ""),
        ),
        (
            {"html": {"baseurl": "https://c.example/d"}},
            {"BOOK_REPOSITORY": "a/b", "BOOK_BRANCH": "trunk", "BOOK_NOTEBOOKS": "n"},
            Place("https://github.com/a/b", "trunk", "https://c.example/d/", "n"),
        ),
        (
            {"html": {"baseurl": "https://c.example/d"}},
            {"BOOK_REPOSITORY": "a/b", "BOOK_ADDRESS": "https://e.example/"},
            Place("https://github.com/a/b", "main", "https://e.example/", ""),
        ),
    ],
    ids=["nothing", "jupyter-book", "both", "environment"],
)
def test_settings_are_merged(settings, environment, expected, tmp_path, monkeypatch):
    for name in Place._fields:
        monkeypatch.delenv(f"BOOK_{name.upper()}", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    own = {"jupyterhub_url": "https://hub.example.org", "notebook_interface": "classic"}
    settings = settings | {"launch_buttons": own}
    (tmp_path / "_config.yml").write_text(yaml.safe_dump(settings))
    config = Settings(place(""), html_baseurl="", ogp_site_url="", notfound_urls_prefix="/")
    addresses.set_addresses(SimpleNamespace(srcdir=tmp_path), config)
    assert Place(*(config[f"book_{name}"] for name in Place._fields)) == expected
    assert config["html_baseurl"] == config["ogp_site_url"] == expected.address
    assert expected.address.endswith(config["notfound_urls_prefix"]) or not expected.address
    options = config["html_theme_options"]
    assert options["launch_buttons"].items() >= own.items()
    if expected.repository:
        assert options["repository_url"] == expected.repository
        assert options["repository_branch"] == expected.branch
        assert options["launch_buttons"]["binderhub_url"] == "https://mybinder.org"


class Settings(dict):
    """Stands in for Sphinx's configuration, which one reads and writes in both ways."""

    def __init__(self, kept, **more):
        empty = dict.fromkeys((f"book_{name}" for name in kept._fields), "")
        super().__init__(html_theme_options=BY_DEFAULT, **empty, **more)

    __getattr__ = dict.__getitem__
    __setattr__ = dict.__setitem__


@pytest.mark.parametrize("page", pages.PAGES)
def test_page_points_to_the_fork(page):
    links = {tag["href"] for tag in pages.built(page).select("a[href]")}
    kind = "ipynb" if page in pages.NOTEBOOKS else "md"
    assert (pages.ROOT / f"{page}.{kind}").is_file()
    assert f"https://github.com/{pages.FORK}" in links
    assert f"https://github.com/{pages.FORK}/edit/main/{page}.{kind}" in links
    kept = place(pages.FORK, notebooks="notebooks")
    places = launch_addresses(configured(kept, launch_buttons=LAUNCH), page)
    menu = {tag["href"] for tag in pages.built(page).select(".dropdown-launch-buttons a[href]")}
    assert menu == ({address for _, address, _ in places} if kind == "ipynb" else set())


def test_binder_opens_the_source_and_colab_the_download():
    kept = place(pages.FORK, notebooks="notebooks")
    found = {name: address for name, address, _ in launch_addresses(configured(kept), "book/p")}
    binder = f"https://mybinder.org/v2/gh/{pages.FORK}/main?urlpath=lab/tree/book/p.ipynb"
    colab = f"https://colab.research.google.com/github/{pages.FORK}/blob/notebooks/book/p.ipynb"
    assert found == {"Binder": binder, "Colab": colab}


@pytest.mark.parametrize("page", pages.PAGES)
def test_page_names_its_canonical_address(page):
    canonical = pages.built(page).select_one("link[rel=canonical]")["href"]
    assert canonical == f"https://teacher.github.io/fork-of-lessons/{page}.html"
