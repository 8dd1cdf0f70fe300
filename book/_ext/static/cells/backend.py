"""matplotlib's backend in the page: `show` sends the open figures, and closes them."""

from __future__ import annotations

import io
import sys

from dark import darken
from matplotlib import pyplot
from matplotlib.backends.backend_svg import FigureCanvasSVG as FigureCanvas  # noqa: F401
from page import send


def show(*_: object, **__: object) -> None:
    """Send each figure for light and for dark pages."""
    sys.stdout.flush()
    for figure in map(pyplot.figure, pyplot.get_fignums()):
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None}, bbox_inches="tight")
        send("figure", buffer.getvalue(), darken(buffer.getvalue()))
    pyplot.close("all")
