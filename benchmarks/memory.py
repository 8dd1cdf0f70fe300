"""Peak of the memory that a call takes beside its input, counted in inputs.

NumPy reports each array to tracemalloc; torch does not, so it is missing here.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator

from benchmarks.contenders import Array
from benchmarks.rows import Goal, Row
from benchmarks.speed import FUNCTIONS, cases, scores
from benchmarks.timing import Call

SHAPES = [(60000, 10), (4096, 1000), (256, 50257)]
TILES = 6 * 2**19  # bytes that six tiles may take, whatever the size of the input


def goal(name: str, x: Array, axis: int) -> Goal:
    """Return how many inputs the function may take: one, or with ``out`` none.

    Beside them there may be tiles, and two numbers for each row, such as its maximum and sum.
    """
    inputs = 0 if name == "softmax, out" else 1
    return Goal("ours", at_most=round(inputs + TILES / x.nbytes + 2 / x.shape[axis], 3))


def rows(wanted: Callable[[str], bool], shapes: list[tuple[int, ...]] = SHAPES) -> Iterator[Row]:
    """Measure every function on the larger shapes."""
    for name, case, shape, axis, dtype in cases(shapes):
        if wanted(f"memory {name} {case}"):
            x = scores(shape, dtype)
            calls = FUNCTIONS[name](x, axis)
            measured = [who for who in ("ours", "scipy", "numpy") if who in calls]
            values = {who: peak(calls[who]) / x.nbytes for who in measured}
            yield Row("memory, in inputs", name, case, values, goal=goal(name, x, axis))


def peak(call: Call) -> int:
    """Return the largest number of bytes that ``call`` holds at once, its result included."""
    call()  # what stays in memory after the first call is no part of the price of a call
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
