"""All addresses follow from one setting, `book_repository`: "owner/name" on GitHub.

Binder, Colab, edit, source and canonical addresses, and those on the page for dead links. The
environment variable BOOK_REPOSITORY takes precedence over the setting, so that the publishing
workflow of a fork needs no change. Without either, the book has no such links.
"""

from __future__ import annotations

import os
import re
from typing import Any
from urllib.parse import urlsplit

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError


def addresses(repository: str) -> dict[str, Any]:
    """Return the settings that follow from where the book is kept, "owner/name" on GitHub."""
    if not repository:
        return {}
    if not re.fullmatch(r"[\w-]+/[\w.-]+", repository, re.ASCII):
        raise ExtensionError(
            f'book_repository must be "owner/name" as on GitHub, or empty; it is {repository!r}.'
        )
    owner, name = repository.split("/")
    site = f"https://{owner.lower()}.github.io/"
    address = site if site == f"https://{name.lower()}/" else f"{site}{name}/"
    return {
        "html_baseurl": address,
        "ogp_site_url": address,
        "notfound_urls_prefix": urlsplit(address).path,
        "html_theme_options": {
            "repository_url": f"https://github.com/{repository}",
            "repository_branch": "main",
            "path_to_docs": "",
            "use_repository_button": True,
            "use_edit_page_button": True,
            "use_issues_button": True,
            "launch_buttons": {
                "binderhub_url": "https://mybinder.org",
                "colab_url": "https://colab.research.google.com",
                "notebook_interface": "jupyterlab",
            },
        },
    }


def launch_addresses(config: Config, page: str) -> list[tuple[str, str, str]]:
    """Return where a page's notebook runs: the name of a place, an address, and what to know."""
    if not config.html_baseurl:  # not published; the theme's options name Jupyter Book's own
        return []
    options = config.html_theme_options
    places = options["launch_buttons"]
    repository = urlsplit(options["repository_url"]).path.strip("/")
    branch, file = options["repository_branch"], f"{page}.ipynb"
    binder = f"{places['binderhub_url']}/v2/gh/{repository}/{branch}?urlpath=lab/tree/{file}"
    colab = f"{places['colab_url']}/github/{repository}/blob/{branch}/{file}"
    return [("Binder", binder, " (its first start takes minutes)"), ("Colab", colab, "")]


def set_addresses(app: Sphinx, config: Config) -> None:
    """Fill in the addresses before the theme reads its options."""
    settings = addresses(os.environ.get("BOOK_REPOSITORY") or config.book_repository)
    config.html_theme_options.update(settings.pop("html_theme_options", {}))
    for name, value in settings.items():
        config[name] = value


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the setting, and fill in what follows from it."""
    app.add_config_value("book_repository", "", "html", str)
    app.connect("config-inited", set_addresses)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
