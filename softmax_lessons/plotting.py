"""The figures of the lessons: one look, colour-blind safe, the same bytes on every run.

Colour is never the only cue: bars differ in hatching too, lines in their dashes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

try:
    import matplotlib.pyplot as plt
    from matplotlib.font_manager import fontManager
    from matplotlib.rcsetup import cycler
except ImportError as error:
    raise ImportError(
        f'softmax_lessons.plotting needs {error.name}: pip install "softmax-lessons[plotting]"'
    ) from error

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

__all__ = ["bars", "curves", "use_style"]

# Of series: the hues are those of the classes, as are the hatches "//" and "..".
GREYS = ["0.3", "0.55"]
HATCHES = ["", "xx", "\\\\", "++", "oo"]
DASHES = ["-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1))]
COLOURS = "#0173b2 #de8f05 #029e73 #d55e00 #cc78bc #ca9161 #fbafe4 #949494 #ece133 #56b4e9"
FACE = "Atkinson Hyperlegible Next"  # of the pages; tools/face.py makes its two files
THEME = {  # seaborn's "ticks" and "colorblind", so that a page can draw without seaborn
    "axes.axisbelow": True,
    "axes.labelcolor": ".15",
    "axes.linewidth": 1.25,
    "axes.prop_cycle": cycler(color=COLOURS.split()),
    "grid.linewidth": 1,
    "legend.title_fontsize": 12,
    "lines.solid_capstyle": "round",
    "patch.edgecolor": "w",
    "patch.force_edgecolor": True,
    "text.color": ".15",
    "xtick.color": ".15",
    "xtick.major.size": 6,
    "xtick.major.width": 1.25,
    "xtick.minor.size": 4,
    "xtick.minor.width": 1,
    "ytick.color": ".15",
    "ytick.major.size": 6,
    "ytick.major.width": 1.25,
    "ytick.minor.size": 4,
    "ytick.minor.width": 1,
}
RC = {
    "figure.figsize": (5, 3.2),  # so that the text is still readable on a phone
    "savefig.facecolor": "white",
    "savefig.bbox": "tight",
    "figure.constrained_layout.use": True,
    "font.family": [FACE, "DejaVu Sans"],  # the second has the Greek letters
    "font.size": 12,
    "axes.labelsize": 12,
    "axes.titlesize": 13,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "xtick.labelsize": 12,
    "ytick.labelsize": 12,
    "legend.fontsize": 12,
    "legend.frameon": False,
    "axes.edgecolor": "0.35",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": "0.9",
    "lines.linewidth": 2.2,
    "svg.hashsalt": "softmax-lessons",  # the ids inside an SVG would be random without it
}


def use_style() -> None:
    """Set the look of all figures: seaborn's theme, colour-blind-safe colours, readable sizes.

    In a notebook, figures become SVG without a date and with fixed ids, so that two runs give the
    same bytes. Call it once, before the first figure.

    Examples
    --------
    >>> from softmax_lessons.plotting import use_style
    >>> use_style()
    """
    if "inline" in plt.get_backend():  # in a notebook
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("svg", metadata={"Date": None})  # type: ignore[no-untyped-call]
    _add_face()
    plt.style.use(THEME | RC)


def bars(
    series: Mapping[str, ArrayLike],
    labels: Sequence[str],
    *,
    ax: Axes | None = None,
    digits: int = 3,
) -> Axes:
    """Draw one or several vectors as bars over the classes, each with its value.

    The bars are grey, because a hue stands for a class.

    Parameters
    ----------
    series : mapping from str to array_like of shape (n,)
        The vectors by name. Infinite and NaN entries get their label, and no bar.
    labels : sequence of n str
        The classes.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    digits : int, default 3
        How many digits after the point to print; rounding happens here, in the display.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn to. It has a legend if there is more than one vector.

    Raises
    ------
    ValueError
        If there is no vector, or one is not of the shape (n,).

    Examples
    --------
    >>> from softmax_lessons import softmax
    >>> from softmax_lessons.plotting import bars
    >>> z = [0.25, 1.23, -0.8]
    >>> ax = bars({"scores": z, "softmax": softmax(z)}, ["seal", "panda", "duck"])
    >>> ax.texts[1].get_text()
    '1.230'
    """
    values = _as_rows(series, len(labels), "labels")
    if ax is None:
        ax = plt.subplots()[1]
    width = 0.84 / len(values)
    looks = zip(cycle(GREYS), cycle(HATCHES), strict=False)
    for i, ((name, row), (grey, hatch)) in enumerate(zip(values.items(), looks, strict=False)):
        drawn = ax.bar(
            np.arange(len(labels)) + (i - (len(values) - 1) / 2) * width,
            np.where(np.isfinite(row), row, 0),  # inf and nan get their label, and no bar
            width * 0.94,
            label=name,
            color=grey,
            hatch=hatch,
            edgecolor="white",
            linewidth=0,
        )
        ax.bar_label(drawn, [_number(v, digits) for v in row], padding=3)
    ax.axhline(0, color="0.35", linewidth=1)
    ax.set_xticks(np.arange(len(labels)), labels)
    ax.tick_params(axis="x", length=0)
    ax.margins(y=0.14)
    ax.grid(axis="y")
    ax.set_axisbelow(True)
    if len(values) > 1:
        ax.legend()
    return ax


def curves(x: ArrayLike, series: Mapping[str, ArrayLike], *, ax: Axes | None = None) -> Axes:
    """Draw one or several lines over a common x.

    Parameters
    ----------
    x : array_like of shape (n,)
        Where the lines are given.
    series : mapping from str to array_like of shape (n,)
        The lines by name.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn to. Each line has its name at its right end; where names would collide,
        there is a legend instead.

    Raises
    ------
    ValueError
        If ``x`` is no vector or empty, if there is no line, or one is not of the shape (n,).

    Examples
    --------
    >>> import numpy as np
    >>> from softmax_lessons import sigmoid
    >>> from softmax_lessons.plotting import curves
    >>> x = np.linspace(-10, 10, 200)
    >>> ax = curves(x, {"sigmoid": sigmoid(x)})
    >>> ax.texts[0].get_text()
    'sigmoid'
    """
    at = np.asarray(x, dtype=float)
    if at.ndim != 1 or at.size == 0:
        raise ValueError(f"x must be a vector with at least one entry, got shape {at.shape}")
    values = _as_rows(series, at.size, "x")
    if ax is None:
        ax = plt.subplots()[1]
    for (name, row), dashes in zip(values.items(), cycle(DASHES), strict=False):
        ax.plot(at, row, linestyle=dashes, label=name)
    ax.grid(True)
    ax.margins(x=0.02)
    ends = np.array([row[-1] for row in values.values()])
    if _fit_side_by_side(ax, ends):
        for name, end in zip(values, ends, strict=True):
            ax.annotate(name, (at[-1], end), (8, 0), textcoords="offset points", va="center")
    else:
        ax.legend()
    return ax


def _add_face() -> None:
    """Let matplotlib draw with the face of the pages, and with no other of its name."""
    fontManager.ttflist = [font for font in fontManager.ttflist if font.name != FACE]
    for file in sorted(Path(__file__).with_name("_face").glob("*.ttf")):
        fontManager.addfont(file)


def _as_rows(
    series: Mapping[str, ArrayLike], length: int, counterpart: str
) -> dict[str, NDArray[np.float64]]:
    if not series:
        raise ValueError("series must hold at least one named vector, got none")
    rows = {name: np.asarray(row, dtype=float) for name, row in series.items()}
    for name, row in rows.items():
        if row.shape != (length,):
            raise ValueError(
                f"series {name!r} has shape {row.shape}, but {counterpart} has {length} entries"
            )
    return rows


def _number(value: float, digits: int) -> str:
    rounded = round(float(value), digits) + 0.0  # + 0.0 turns -0.0 into 0.0
    return f"{rounded:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def _fit_side_by_side(ax: Axes, ends: NDArray[np.float64]) -> bool:
    """Tell whether labels at these heights on the right edge keep clear of each other."""
    if not np.isfinite(ends).all():
        return False
    ax.autoscale_view()  # limits are brought up to date lazily, and transData would use old ones
    points = ax.transData.transform(np.column_stack([np.zeros_like(ends), ends]))[:, 1]
    line_height = 1.3 * plt.rcParams["font.size"] * ax.figure.dpi / 72
    return bool((np.diff(np.sort(points)) >= line_height).all())
