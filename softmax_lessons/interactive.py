"""Live figures and quick checks for notebooks: they move on a web page too, with no kernel behind.

Each function returns an object that a notebook shows: a custom element of HTML, its JavaScript
beside it, and in it a plain table of the same numbers, calculated here, for readers without
JavaScript. In a terminal the object prints that table. The same call gives the same bytes, so
stored outputs can be compared. Whatever text is passed is shown as text, never read as HTML.

Classes are named by ``labels``. Scores are rounded to two digits after the point, the steps of
the sliders.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from softmax_lessons._numerics import as_floats, as_temperature
from softmax_lessons.activations import sigmoid, softmax

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from softmax_lessons._numerics import FloatArray, Number

__all__ = ["Live", "explorer"]

COOLEST, HOTTEST = 0.1, 5.0


@dataclass(frozen=True, repr=False)
class Live:
    """A live figure or a quick check, as a notebook shows it.

    Parameters
    ----------
    html : str
        The custom element, what stands in it without JavaScript, and its script.
    text : str
        What a terminal prints.

    Examples
    --------
    >>> from softmax_lessons.interactive import Live
    >>> Live("<p>1 + 1 = 2</p>", "1 + 1 = 2")
    1 + 1 = 2
    """

    html: str
    text: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        """Return the text, without its HTML."""
        return self.text


# --- live figures -----------------------------------------------------------------------------


def explorer(scores: ArrayLike, labels: Sequence[str], *, temperature: Number = 1.0) -> Live:
    """Return the softmax explorer: sliders for scores and temperature, bars for the shares.

    A box to tick adds the sigmoid of each score, and the sums tell the two apart.

    Parameters
    ----------
    scores : array_like of three to six finite numbers
        The scores (logits) to start from.
    labels : sequence of str
        The names of the classes.
    temperature : float, default 1.0
        The temperature to start from, from 0.1 to 5. It divides the scores of softmax alone.

    Returns
    -------
    Live
        The figure.

    Raises
    ------
    TypeError
        If ``scores`` does not hold real numbers, or ``temperature`` is not one.
    ValueError
        If the scores are fewer or more, or not finite, if a label is missing, or if the
        temperature is out of range.

    See Also
    --------
    softmax_lessons.softmax : The function behind it.

    Examples
    --------
    >>> from softmax_lessons.interactive import explorer
    >>> explorer([0.25, 1.23, -0.8], ["seal", "panda", "duck"])
    Softmax explorer, at temperature 1.00
    class   score  softmax  sigmoid
    seal    0.250    0.249    0.562
    panda   1.230    0.664    0.774
    duck   −0.800    0.087    0.310
    sum              1.000    1.646
    """
    z, names = _as_scores(scores, labels, most=6)
    t = _as_slider_temperature(temperature)
    p, s = softmax(z, temperature=t), sigmoid(z)
    rows = [[name, *values] for name, *values in zip(names, z, p, s, strict=True)]
    return _figure(
        "softmax-explorer",
        {"labels": names, "scores": z.tolist(), "limit": _limit(z), "temperature": t},
        f"Softmax explorer, at temperature {_show(t, 2)}",
        ["class", "score", "softmax", "sigmoid"],
        [*rows, ["sum", "", p.sum(), s.sum()]],
    )


# --- arguments --------------------------------------------------------------------------------


def _as_scores(scores: ArrayLike, labels: Sequence[str], most: int) -> tuple[FloatArray, list[str]]:
    """Return the scores in steps of the sliders, and the labels as strings."""
    z = as_floats(scores)[0].astype(np.float64)
    number = "three" if most == 3 else "three to six"
    if z.ndim != 1 or not 3 <= z.size <= most:
        raise ValueError(f"scores must be {number} numbers in a row, got shape {z.shape}")
    if not np.isfinite(z).all():
        raise ValueError(f"scores must be finite, got {z.tolist()}")
    names = _as_labels(labels, z.size)
    return np.round(z, 2) + 0.0, names  # -0.0 + 0.0 is 0.0


def _as_labels(labels: Sequence[str], n: int) -> list[str]:
    if isinstance(labels, str) or not all(isinstance(label, str) for label in labels):
        raise TypeError(f"labels must be a sequence of strings, got {labels!r}")
    if len(labels) != n:
        raise ValueError(f"labels must name each of the {n} scores, got {len(labels)} labels")
    if not all(label.strip() for label in labels):
        raise ValueError(f"labels must not be empty: they name the sliders, got {labels!r}")
    return list(labels)


def _as_slider_temperature(temperature: Number) -> float:
    t = as_temperature(temperature)
    if not COOLEST <= t <= HOTTEST:
        message = f"temperature must be from {COOLEST} to {HOTTEST}, as far as its slider goes"
        raise ValueError(f"{message}, got {temperature!r}")
    return round(t, 2)


def _limit(z: FloatArray) -> int:
    """Return how far the sliders go to both sides."""
    return max(5, math.ceil(float(np.abs(z).max())))


# --- HTML -------------------------------------------------------------------------------------


@cache
def _script(module: str) -> str:
    """Return a module of ``static`` with all that it imports, as one script without imports.

    It is a module still, so its names stay its own: several copies on a page do not clash.
    """
    sources: dict[str, str] = {}

    def read(name: str) -> None:
        if name not in sources:
            text = files("softmax_lessons").joinpath("static", name).read_text(encoding="utf-8")
            for needed in re.findall(r'^import .* from "\./(.+)";$', text, re.MULTILINE):
                read(needed)
            sources[name] = re.sub(r"^import .*\n|^export ", "", text, flags=re.MULTILINE)

    read(f"{module}.mjs")
    return "\n".join(sources.values())


def _element(tag: str, module: str, config: dict[str, Any], content: str) -> str:
    """Return a custom element with its content and, after it, its script."""
    attribute = escape(json.dumps(config, ensure_ascii=False))
    # With `async` it runs at once, before the first paint, and nothing on the page jumps.
    return (
        f'<{tag} class="softmax-live" config="{attribute}">\n{content}\n</{tag}>\n'
        f'<script type="module" async>\n{_script(module)}</script>'
    )


def _figure(
    tag: str, config: dict[str, Any], caption: str, head: list[str], rows: list[list[Any]]
) -> Live:
    """Return a live figure whose content, without JavaScript, is a table."""
    shown = [[value if isinstance(value, str) else _show(value) for value in row] for row in rows]
    headings = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
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
    module = tag.partition("-")[2]
    return Live(_element(tag, module, config, table), "\n".join([caption, *_columns(head, shown)]))


def _columns(head: list[str], rows: list[list[str]]) -> list[str]:
    """Return the lines of a table for a terminal."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [
        [first.ljust(widths[0]), *(v.rjust(w) for v, w in zip(rest, widths[1:], strict=True))]
        for first, *rest in [head, *rows]
    ]
    return ["  ".join(line).rstrip() for line in lines]


def _show(x: float, digits: int = 3) -> str:
    """Return a number to read: 0.249, −1.250, 4.54e−5, inf or nan, as ``show`` in core.mjs."""
    if not math.isfinite(x):
        return f"{x:.0f}".replace("-", "−")
    if x == 0 or 0.5 * 10**-digits <= abs(x) < 1e4:
        text = f"{x + 0.0:.{digits}f}"
    else:
        mantissa, exponent = f"{x:.2e}".split("e")
        text = f"{mantissa}e{int(exponent)}"
    return text.replace("-", "−")
