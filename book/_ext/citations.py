"""Citations: those of pages are written quickly, and those of docstrings as they are meant.

sphinxcontrib-bibtex looks for pybtex's plain text at each of them, and each time pybtex looks
through all installed packages: a sixth of a build. What is registered is found at once.

A line of a docstring that begins with an initial, as "I. Goodfellow", would be the first item of a
list that is numbered by letters.
"""

from __future__ import annotations

import re
from typing import Any

from pybtex.plugin import find_plugin, register_plugin
from sphinx.application import Sphinx

INITIAL = re.compile(r"^(\s*)(?=[A-Z]\. )")


def keep_initials(
    app: Sphinx, what: str, name: str, found: Any, options: Any, lines: list[str]
) -> None:
    """Escape the initials of authors with which lines begin."""
    lines[:] = [INITIAL.sub(r"\1\\", line) for line in lines]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the plugin, and connect the rest."""
    plain = find_plugin("pybtex.backends", "plaintext")
    register_plugin("pybtex.backends", "plaintext", plain, force=True)
    app.connect("autodoc-process-docstring", keep_initials)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
