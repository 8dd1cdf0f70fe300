"""What each decision of the driver buys: the package without it, compared with the package.

What buys less than a tenth has to go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

import softmax_lessons as sl
from benchmarks.rows import Goal, Row
from benchmarks.speed import scores
from benchmarks.timing import apart, ratios
from softmax_lessons import _blockwise

# A constant of the driver, its value as if the decision had not been taken, and where it matters.
DECISIONS = {
    "blocks": ("BLOCK_BYTES", 2**60, (4096, 1000), -1),
    "wide blocks": ("WIDE", 1, (256, 50257), 0),
    "short rows side by side": ("SHORT_ROW", 0, (60000, 10), -1),
    "small arrays at once": ("SMALL_BYTES", -1, (10,), -1),
}
WORTH_IT = Goal("without", at_least=1.1)


def rows(wanted: Callable[[str], bool], seconds: float = 0.8) -> Iterator[Row]:
    """Measure softmax with each decision and without, in turns."""
    for name, (constant, off, shape, axis) in DECISIONS.items():
        case = f"{shape} {'first' if axis == 0 else 'last'} float32"
        if wanted(f"driver {name} {case}"):
            found = apart(partial(_measure, constant, off, shape, axis, seconds))
            yield Row.of_ratios("driver", name, case, found, WORTH_IT)


def _measure(
    constant: str, off: int, shape: tuple[int, ...], axis: int, seconds: float
) -> dict[str, tuple[float, float, float]]:
    x, on = scores(shape, np.float32), getattr(_blockwise, constant)

    def softmax_with(value: int) -> None:
        setattr(_blockwise, constant, value)
        sl.softmax(x, axis)

    calls = {"with": partial(softmax_with, on), "without": partial(softmax_with, off)}
    return ratios(calls, "with", seconds)
