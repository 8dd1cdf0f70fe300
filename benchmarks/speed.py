"""How many times faster than the peers, and how close to the machine's limit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks import contenders
from benchmarks.rows import Goal, Row
from benchmarks.timing import ratios

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
    """Measure every function on every shape, along the last axis and the first."""
    for name, function in FUNCTIONS.items():
        for shape in shapes:
            for axis in (-1, 0)[: len(shape)] if name != "sigmoid" else (-1,):
                for dtype in (np.float32, np.float64):
                    case = f"{shape} {'first' if axis == 0 else 'last'} {dtype.__name__}"
                    if wanted(f"{name} {case}"):
                        calls = function(scores(shape, dtype), axis)
                        yield _row(name, case, calls, goal(name, shape, axis), seconds)


def scores(shape: tuple[int, ...], dtype: Any) -> np.ndarray[Any, Any]:
    """Return normally distributed scores, the same in every run."""
    return 3 * np.random.default_rng(0).standard_normal(shape, np.float32).astype(dtype)


def _row(name: str, case: str, calls: contenders.Calls, goal: Goal | None, seconds: float) -> Row:
    found = ratios(calls, "ours", seconds)
    return Row(
        part="speed",
        name=name,
        case=case,
        values={peer: middle for peer, (middle, _, _) in found.items()},
        quartiles={peer: (low, high) for peer, (_, low, high) in found.items()},
        goal=goal,
    )
