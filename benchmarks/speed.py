"""How many times faster than the peers, and how close to the machine's limit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from benchmarks import contenders
from benchmarks.rows import Goal, Row
from benchmarks.timing import apart, ratios

SHAPES = [(10,), (1000,), (64, 10), (60000, 10), (4096, 1000), (256, 50257), (8, 1000000)]
FUNCTIONS: dict[str, Callable[..., contenders.Calls]] = {
    "softmax": contenders.softmax,
    "softmax, out": contenders.softmax_out,
    "softmax, T = 2": contenders.softmax_with_temperature,
    "log_softmax": contenders.log_softmax,
    "logsumexp": contenders.logsumexp,
    "sigmoid": contenders.sigmoid,
    "cross_entropy_and_grad": contenders.cross_entropy_and_grad,
    "softmax_vjp": contenders.softmax_vjp,
}


def block(shape: tuple[int, ...], axis: int) -> str:
    """Return which rows a row is averaged with."""
    if math.prod(shape) <= 1000:
        return "small"
    if axis == 0:
        return "first axis"
    return "short rows" if shape[-1] <= 16 else "long rows"


def goal(name: str, shape: tuple[int, ...], axis: int) -> Goal | None:
    """Return what the function is to reach for this shape, along its last axis or the first."""
    if name in ("softmax", "softmax, out"):
        return Goal("scipy", at_least=0.7)
    if name == "softmax_vjp" or (name == "softmax, T = 2" and block(shape, axis) == "small"):
        return Goal("numpy", at_least=1 / 3)
    return None


# What the functions are to reach in the geometric mean of each block.
GOALS_OF_BLOCKS = {
    "softmax": Goal("scipy", at_least=1),
    "softmax, out": Goal("scipy", at_least=1),
    "log_softmax": Goal("scipy", at_least=1),
    "logsumexp": Goal("scipy", at_least=2),
    "sigmoid": Goal("scipy", at_least=1),
}


def rows(
    wanted: Callable[[str], bool], shapes: list[tuple[int, ...]] = SHAPES, seconds: float = 0.8
) -> Iterator[Row]:
    """Measure every function on every shape."""
    for name, case, shape, axis, dtype in cases(shapes):
        if wanted(f"speed {name} {case}"):
            found = apart(partial(_measure, name, shape, axis, dtype, seconds))
            of_block = {"block": block(shape, axis), "block_goal": GOALS_OF_BLOCKS.get(name)}
            yield Row.of_ratios("speed", name, case, found, goal(name, shape, axis), **of_block)


def _measure(
    name: str, shape: tuple[int, ...], axis: int, dtype: type, seconds: float
) -> dict[str, tuple[float, float, float]]:
    return ratios(FUNCTIONS[name](scores(shape, dtype), axis), "ours", seconds)


def cases(
    shapes: list[tuple[int, ...]],
) -> Iterator[tuple[str, str, tuple[int, ...], int, type]]:
    """Yield each function on each shape, along the last axis and the first, in both precisions."""
    for name, shape in product(FUNCTIONS, shapes):
        one_axis = len(shape) == 1 or name == "sigmoid"
        for axis, dtype in product((-1,) if one_axis else (-1, 0), (np.float32, np.float64)):
            case = f"{shape} {'first' if axis == 0 else 'last'} {dtype.__name__}"
            yield name, case, shape, axis, dtype


def scores(shape: tuple[int, ...], dtype: Any) -> np.ndarray[Any, Any]:
    """Return normally distributed scores, the same in every run."""
    return 3 * np.random.default_rng(0).standard_normal(shape, np.float32).astype(dtype)
