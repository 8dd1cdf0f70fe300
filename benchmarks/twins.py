"""The compiled twins beside NumPy, SciPy, PyTorch and the limit, and what exactness costs them.

Everything writes into an array that is there already, where it can. A number says how many times
longer than the compiled twin the others take; of the limit it says how near the twin comes to it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from time import perf_counter_ns

import numpy as np
import torch

from benchmarks import contenders
from benchmarks.rows import Goal, Row
from benchmarks.speed import SHAPES, scores
from benchmarks.timing import apart, ratios
from softmax_lessons import compiled

PART = "times longer than the compiled twin"
EXACTNESS = "times longer than a plain sum"
THREADS = "times longer than the twin, {n} threads each"
NAMES = [
    *("softmax", "log_softmax", "logsumexp", "sigmoid", "cross_entropy_and_grad", "softmax_vjp"),
]
IN_THE_MEAN = Goal("torch", at_least=1.5)
LARGE = [(60_000, 10), (4096, 1000), (256, 50_257), (8, 1_000_000)]


def rows(
    wanted: Callable[[str], bool],
    shapes: list[tuple[int, ...]] = SHAPES,
    large: list[tuple[int, ...]] = LARGE,
    seconds: float = 0.8,
) -> Iterator[Row]:
    """Measure every twin on every shape, along the last axis and the first, in both precisions.

    And large arrays of float32 with all processors at work.
    """
    of_block = {"block": "all", "block_goal": IN_THE_MEAN}
    for name, shape in product(NAMES, shapes):
        one_axis = len(shape) == 1 or name == "sigmoid"
        for axis, dtype in product((-1,) if one_axis else (-1, 0), (np.float32, np.float64)):
            case = f"{shape} {'first' if axis == 0 else 'last'} {dtype.__name__}"
            if wanted(f"compiled {name} {case}"):
                found = apart(partial(_measure, name, shape, axis, dtype, seconds))
                yield Row.of_ratios(PART, name, case, found, goal(shape, axis), **of_block)
    if wanted("compiled cost of exactness"):
        yield from _exactness(seconds)
    n = os.cpu_count() or 1
    part = THREADS.format(n=n)
    for name, shape in product(NAMES, large):
        case = f"{shape} last float32"
        if wanted(f"compiled threads {name} {case}"):
            found = apart(partial(_measure_threads, n, name, shape, seconds))
            yield Row.of_ratios(part, name, case, found, goal(shape, -1), **of_block)


def goal(shape: tuple[int, ...], axis: int) -> Goal:
    """Return what a twin is to reach; what it reaches of the limit stands beside it."""
    return Goal("torch", at_least=3 if shape == (64, 10) and axis == -1 else 1)


def _measure(
    name: str, shape: tuple[int, ...], axis: int, dtype: type, seconds: float
) -> dict[str, tuple[float, float, float]]:
    return ratios(contenders.in_place_of(name, scores(shape, dtype), axis), "compiled", seconds)


def _measure_threads(
    n: int, name: str, shape: tuple[int, ...], seconds: float
) -> dict[str, tuple[float, float, float]]:
    before = compiled.get_num_threads(), torch.get_num_threads()
    compiled.set_num_threads(n)
    torch.set_num_threads(n)
    try:
        calls = contenders.in_place_of(name, scores(shape, np.float32), -1)
        both = {who: calls[who] for who in ("compiled", "torch")}
        return ratios(both, "compiled", seconds, perf_counter_ns, pause=0.03)
    finally:
        compiled.set_num_threads(before[0])
        torch.set_num_threads(before[1])


def _exactness(seconds: float) -> Iterator[Row]:
    """Measure a sum that leaves the maximal term out, beside one that does not."""
    for dtype in (np.float32, np.float64):
        found = apart(partial(_sums, dtype, seconds))
        yield Row.of_ratios(EXACTNESS, "rest of a row", dtype.__name__, found)


def _sums(dtype: type, seconds: float) -> dict[str, tuple[float, float, float]]:
    x = scores((2048,), dtype)
    out, top = np.empty_like(x), x.max()
    loops = compiled.loops()
    calls = {
        "plain": lambda: loops.sum_of_all(x, top),
        "rest": lambda: loops.sum_below(x, top, ()),
        "stored": lambda: loops.exp_into(x, out, top, ()),
    }
    return ratios(calls, "plain", seconds)
