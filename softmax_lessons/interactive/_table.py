"""The table of a live figure, for a page without JavaScript and for a terminal."""

from __future__ import annotations

import math
from html import escape
from typing import Any

from softmax_lessons.interactive._live import Live, live


def figure(
    name: str, config: dict[str, Any], caption: str, head: list[str], rows: list[list[Any]]
) -> Live:
    """Return the figure of ``<name>.mjs``, whose content is a table."""
    shown = [[value if isinstance(value, str) else show(value) for value in row] for row in rows]
    headings = "".join(f'<th scope="col">{escape(title)}</th>' for title in head)
    lines = [
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(f"<td>{escape(value)}</td>" for value in rest)
        + "</tr>"
        for first, *rest in shown
    ]
    body = "\n".join(lines)
    table = (
        f"<table>\n<caption>{escape(caption)}</caption>\n"
        f"<thead><tr>{headings}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"
    )
    return live(name, config, table, "\n".join([caption, *_columns(head, shown)]))


def show(x: float, digits: int = 3) -> str:
    """Return a number to read: 0.249, −1.250, 4.54e−5, inf or nan, as ``show`` in math.mjs."""
    if not math.isfinite(x):
        return f"{x:.0f}".replace("-", "−")
    if x == 0 or 0.5 * 10**-digits <= abs(x) < 1e4:
        text = f"{x + 0.0:.{digits}f}"
    else:
        mantissa, exponent = f"{x:.2e}".split("e")
        text = f"{mantissa}e{int(exponent)}"
    return text.replace("-", "−")


def _columns(head: list[str], rows: list[list[str]]) -> list[str]:
    """Return the lines of a table for a terminal."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [
        [first.ljust(widths[0]), *(v.rjust(w) for v, w in zip(rest, widths[1:], strict=True))]
        for first, *rest in [head, *rows]
    ]
    return ["  ".join(line).rstrip() for line in lines]
