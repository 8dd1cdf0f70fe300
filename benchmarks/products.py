"""How much longer a product with the Jacobian of softmax takes than one line of NumPy.

The page about the Jacobian shows the last measurement in a table, which `store` writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import numpy as np

import softmax_lessons as sl
from benchmarks.contenders import Calls
from benchmarks.rows import Row
from benchmarks.speed import scores
from benchmarks.timing import apart, ratios

PART = "times longer than p * (g - p @ g)"
LENGTHS = [10, 100, 1000, 4096]
PAGE = Path(__file__).parents[1] / "book" / "2-mathematics" / "jacobian.ipynb"
TAG = "make-bench"  # of the cell with the table
TABLE = """\
| n | make J, then `J @ g` | `J @ g` alone | `softmax_vjp` |
|--:|--:|--:|--:|
{rows}

Measured by `make bench` on commit {commit}: NumPy {numpy}, one thread, {processor}."""


def contenders(n: int) -> Calls:
    """Return the same product four ways, for n classes in float64."""
    p = sl.softmax(scores((n,), np.float64))
    g = np.random.default_rng(2).standard_normal(n)
    given = np.diag(p) - np.outer(p, p)
    return {
        "line": lambda: p * (g - p @ g),
        "matrix": lambda: (np.diag(p) - np.outer(p, p)) @ g,
        "given": lambda: given @ g,
        "ours": lambda: sl.softmax_vjp(p, g),
    }


def rows(
    wanted: Callable[[str], bool], lengths: list[int] = LENGTHS, seconds: float = 0.8
) -> Iterator[Row]:
    """Measure the product for each number of classes."""
    for n in lengths:
        if wanted(f"product with the Jacobian {n}"):
            found = apart(partial(_measure, n, seconds))
            yield Row.of_ratios(PART, "product with the Jacobian", str(n), found)


def _measure(n: int, seconds: float) -> dict[str, tuple[float, float, float]]:
    return ratios(contenders(n), "line", seconds)


def table(rows: list[Row], machine: dict[str, Any]) -> str:
    """Return the table for the page, in Markdown."""
    lines = [
        f"| {row.case} | " + " | ".join(f"{value:,.1f}" for value in row.values.values()) + " |"
        for row in rows
        if row.part == PART
    ]
    return TABLE.format(rows="\n".join(lines), **machine)


def store(text: str, page: Path = PAGE) -> None:
    """Write the table into its cell of the page."""
    notebook = nbformat.read(page, as_version=4)
    (cell,) = [cell for cell in notebook.cells if TAG in cell.metadata.get("tags", [])]
    cell.source = text
    nbformat.write(notebook, page)
