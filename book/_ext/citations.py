"""Citations are written quickly.

sphinxcontrib-bibtex looks for pybtex's plain text at each of them, and each time pybtex looks
through all installed packages: a sixth of a build. What is registered is found at once.
"""

from __future__ import annotations

from typing import Any

from pybtex.plugin import find_plugin, register_plugin
from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the plugin."""
    plain = find_plugin("pybtex.backends", "plaintext")
    register_plugin("pybtex.backends", "plaintext", plain, force=True)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
