"""All addresses follow from where the book is kept: Binder, Colab, edit, source and canonical ones.

Four settings say where that is. Each is a variable of the environment, which the publishing
workflow fills in, so that a fork needs no change, or else a line of `_config.yml`:

- BOOK_REPOSITORY, `book_repository`: "owner/name" on GitHub, or an address such as
  https://gitlab.com/group/name. Without it the book has no such links.
- BOOK_BRANCH, `book_branch`: the branch that people edit.
- BOOK_ADDRESS, `book_address`: where the site is. Without it, where GitHub or GitLab would put it.
- BOOK_NOTEBOOKS, `book_notebooks`: the branch with the notebooks as one downloads them, see
  downloads.py. Colab opens those, because their first cell says where they came from.

Jupyter Book has settings of its own, `repository`, `html.baseurl` and `launch_buttons`. What
`_config.yml` says there stands: a JupyterHub or a BinderHub of one's own, a button that is not
wanted. Only the environment goes before it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import yaml
from jupyter_book.config import yaml_to_sphinx
from phrases import _
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

GITHUB, GITLAB = "https://github.com/", "https://gitlab.com/"
BINDER, COLAB = "https://mybinder.org", "https://colab.research.google.com"
FOLDERS = {"jupyterlab": "lab/tree", "classic": "tree"}


class Place(NamedTuple):
    """Where a copy of the book is kept and published; what is empty is not known."""

    repository: str  # its address
    branch: str
    address: str  # of the site, with a slash at its end
    notebooks: str  # the branch with the downloads


def place(repository: str, branch: str = "", address: str = "", notebooks: str = "") -> Place:
    """Return where the book is, from the four settings."""
    if re.fullmatch(r"[\w-]+/[\w.-]+", repository, re.ASCII):
        repository = GITHUB + repository
    elif repository and not re.fullmatch(r"https://[\w.:-]+(/[\w.-]+){2,}/?", repository, re.ASCII):
        raise ExtensionError(
            'book_repository must be "owner/name" as on GitHub, or the address of a repository, '
            f'such as "https://gitlab.com/group/name", or empty; it is {repository!r}.'
        )
    if address and not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", address):
        raise ExtensionError(
            'book_address must be like "https://course.example.org/softmax/", or empty; '
            f"it is {address!r}."
        )
    repository = repository.rstrip("/")
    address = (address or pages_of(repository)).rstrip("/")
    return Place(repository, branch or "main", address and f"{address}/", notebooks)


def pages_of(repository: str) -> str:
    """Return where GitHub or GitLab puts the pages of a repository."""
    for host, pages in ((GITHUB, "github.io"), (GITLAB, "gitlab.io")):
        if repository.startswith(host):
            owner, _, name = repository.removeprefix(host).partition("/")
            site = f"{owner.lower()}.{pages}"
            return f"https://{site}/{'' if name.lower() == site else name}"
    return ""


def theme_options(kept: Place) -> dict[str, Any]:
    """Return the theme's options that follow from a repository."""
    if not kept.repository:
        return {}
    launch = {"notebook_interface": "jupyterlab", "binderhub_url": BINDER}
    if kept.repository.startswith(GITHUB) and kept.notebooks:
        launch["colab_url"] = COLAB  # it opens what is on GitHub, and nothing else
    return {
        "repository_url": kept.repository,
        "repository_branch": kept.branch,
        "path_to_docs": "",
        "use_repository_button": True,
        "use_edit_page_button": True,
        "use_issues_button": True,
        "launch_buttons": launch,
    }


def merged(*settings: dict[str, Any]) -> dict[str, Any]:
    """Return several settings as one; the later ones go before, at each level."""
    together: dict[str, Any] = {}
    for one in settings:
        for name, value in one.items():
            if isinstance(value, dict):
                value = merged(together.get(name, {}), value)
            together[name] = value
    return together


def launch_addresses(config: Config, page: str) -> list[tuple[str, str, str]]:
    """Return where a page's notebook runs: the name of a place, an address, and what to know.

    They are those of the theme's menu; `tests/site/test_addresses.py` compares the two.
    """
    if not config.book_repository:  # the theme's options name Jupyter Book's own
        return []
    options = config.html_theme_options
    launch, branch = options["launch_buttons"], options["repository_branch"]
    path = path_of(config)
    folder = options["path_to_docs"].strip("/")
    file = f"{folder}/{page}.ipynb" if folder else f"{page}.ipynb"
    interface = FOLDERS[launch["notebook_interface"]]
    found = []
    if hub := launch.get("binderhub_url"):
        if config.book_repository.startswith(GITHUB):
            source = f"gh/{path}"
        elif config.book_repository.startswith(GITLAB):
            source = f"gl/{path.replace('/', '%2F')}"
        else:
            source = f"git/{quote(config.book_repository)}"
        address = f"{hub.rstrip('/')}/v2/{source}/{branch}?urlpath={interface}/{file}"
        found.append(("Binder", address, _(" (its first start takes minutes)")))
    if hub := launch.get("jupyterhub_url"):
        where = f"{interface}/{path.rpartition('/')[2]}/{file}"
        asked = {"repo": config.book_repository, "urlpath": where, "branch": branch}
        address = f"{hub.rstrip('/')}/hub/user-redirect/git-pull?{urlencode(asked, safe='/')}"
        found.append(("JupyterHub", address, ""))
    if launch.get("colab_url"):
        found.append(("Colab", colab(config, page), ""))
    return found


def path_of(config: Config) -> str:
    """Return the path of the repository on its host, as "owner/name"."""
    return urlsplit(config.book_repository).path.strip("/")


def colab(config: Config, page: str) -> str:
    """Return where Colab opens a notebook as one downloads it."""
    base = config.html_theme_options["launch_buttons"]["colab_url"].rstrip("/")
    branch = config.book_notebooks or config.book_branch
    return f"{base}/github/{path_of(config)}/blob/{branch}/{page}.ipynb"


def lead_colab_there(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: object
) -> None:
    """Let the theme's menu open the same notebook in Colab: it knows one branch alone."""
    for group in context.get("header_buttons", []):
        for button in group.get("buttons", []):
            if button.get("text") == "Colab":
                button["url"] = colab(app.config, page)


def set_addresses(app: Sphinx, config: Config) -> None:
    """Fill in the addresses before the theme reads its options."""
    file = Path(app.srcdir, "_config.yml")
    ours, options, _ = yaml_to_sphinx(yaml.safe_load(file.read_text("utf-8")))
    said = merged(ours["html_theme_options"], options.get("html_theme_options", {}))
    of_jupyter_book = {
        "repository": said.get("repository_url"),
        "branch": said.get("repository_branch"),
        "address": ours.get("html_baseurl"),
    }
    settings = {
        name: os.environ.get(f"BOOK_{name.upper()}")
        or of_jupyter_book.get(name)
        or config[f"book_{name}"]
        for name in Place._fields
    }
    kept = place(**settings)
    for name, value in kept._asdict().items():
        config[f"book_{name}"] = value
    for name in ("repository_url", "repository_branch"):
        said.pop(name, None)  # they are in `kept`, unless the environment says otherwise
    config.html_theme_options = merged(config.html_theme_options, theme_options(kept), said)
    if kept.address:
        config.html_baseurl = config.ogp_site_url = kept.address
        config.notfound_urls_prefix = urlsplit(kept.address).path


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the settings, and fill in what follows from them."""
    for name in Place._fields:
        app.add_config_value(f"book_{name}", "", "html", str)
    app.connect("config-inited", set_addresses)
    app.connect("html-page-context", lead_colab_there, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
