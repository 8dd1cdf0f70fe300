"""How much longer a product with the Jacobian of softmax takes than one line of NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

import softmax_lessons as sl
from benchmarks.contenders import Calls
from benchmarks.rows import Row
from benchmarks.speed import scores
from benchmarks.timing import apart, ratios

PART = "times longer than p * (g - p @ g)"
LENGTHS = [10, 100, 1000, 4096]


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
