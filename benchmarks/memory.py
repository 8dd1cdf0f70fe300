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
from softmax_lessons._blockwise import as_lines, iter_blocks

SHAPES = [(60000, 10), (4096, 1000), (256, 50257)]
RESULT = {"softmax, out": 0, "logsumexp": 0}  # inputs; elsewhere it is one
BLOCKS = {"cross_entropy_and_grad": 11}  # what a kernel may hold at once; elsewhere it is eight


def goal(name: str, x: Array, axis: int) -> Goal:
    """Return how many inputs the function may take: the result, some blocks, a few numbers a row.

    Along the first axis a block is as wide as memory wants to be read, and may be the whole array.
    """
    lines = as_lines(x, () if name == "sigmoid" else (axis % x.ndim,))
    block = max(lines[block].nbytes for block in iter_blocks(lines)) / x.nbytes
    inputs = RESULT.get(name, 1) + BLOCKS.get(name, 8) * block + 2 / x.shape[axis]
    return Goal("ours", at_most=round(inputs, 3))


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
