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

SHAPES = [(1000,), (64, 10), (60000, 10), (4096, 1000), (256, 50257), (8, 1000000)]
FUNCTIONS: dict[str, Callable[..., contenders.Calls]] = {
    "softmax": contenders.softmax,
    "softmax, out": contenders.softmax_out,
    "log_softmax": contenders.log_softmax,
    "logsumexp": contenders.logsumexp,
    "sigmoid": contenders.sigmoid,
    "cross_entropy_and_grad": contenders.cross_entropy_and_grad,
    "softmax_vjp": contenders.softmax_vjp,
}


def goal(name: str, shape: tuple[int, ...], axis: int) -> Goal | None:
    """Return what the function is to reach for this shape, along its last axis or the first."""
    last = axis == -1
    if name in ("softmax", "softmax, out"):
        if last and shape == (60000, 10):
            return Goal("scipy", at_least=2)
        small = math.prod(shape) <= 1000
        return Goal("scipy", at_least=1.5 if small or (last and shape == (256, 50257)) else 1)
    if name == "logsumexp":
        return Goal("scipy", at_least=3 if last else 1.5)
    if name in ("log_softmax", "sigmoid"):
        return Goal("scipy", at_least=1)
    if name == "cross_entropy_and_grad" and last and shape == (256, 50257):
        return Goal("torch", at_least=1.5)
    return None


def rows(
    wanted: Callable[[str], bool], shapes: list[tuple[int, ...]] = SHAPES, seconds: float = 0.8
) -> Iterator[Row]:
    """Measure every function on every shape."""
    for name, case, shape, axis, dtype in cases(shapes):
        if wanted(f"speed {name} {case}"):
            found = apart(partial(_measure, name, shape, axis, dtype, seconds))
            yield Row(
                part="speed",
                name=name,
                case=case,
                values={peer: middle for peer, (middle, _, _) in found.items()},
                quartiles={peer: (low, high) for peer, (_, low, high) in found.items()},
                goal=goal(name, shape, axis),
            )


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
