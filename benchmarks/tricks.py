"""What each trick of ``_numerics.py`` buys: the package without it, compared with the package.

A trick that buys less than a tenth has to go.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np

import softmax_lessons
from benchmarks.rows import Goal, Row
from benchmarks.speed import scores
from benchmarks.timing import apart, ratios
from softmax_lessons import _numerics

PACKAGE = "softmax_lessons"
WORTH_IT = Goal("without", at_least=1.1)


@dataclass(frozen=True)
class Trick:
    """A trick, what stands for it when it is off, and a call in which it matters."""

    name: str
    off: dict[str, Any]  # names in _numerics, and what to put there
    call: Callable[[ModuleType, Any], object]
    shape: tuple[int, ...]
    dtype: type = np.float32


def all_ones(e: Any) -> Any:
    """Look for all ones in every row, where the package looks for two."""
    ones = np.floor(e)
    e -= ones
    return np.stack([np.add.reduce(a, axis=1, keepdims=True) for a in (ones, e)])


def new_place(a: Any, first: Any, turn: bool) -> Any:
    """Return new memory for a turned tile, where the package writes to the copy it has."""
    return np.empty((1, a.shape[1], a.size // a.shape[1]), first.dtype) if turn else a


def kept_products(a: Any, b: Any) -> Any:
    """Return the sum of all products at once, where the package keeps those of a piece."""
    return _numerics.total(a * b)


def two_branches(z: Any, out: Any) -> None:
    """Write the sigmoid in the form that fits the sign, where the package has one for all."""
    e = np.exp(-np.abs(z))
    np.divide(np.where(z < 0, e, 1), 1 + e, out=out)


TRICKS = [
    Trick("tiles", {"TILE": 2**40}, lambda p, x: p.logsumexp(x, 0), (4096, 1000)),
    Trick("short rows turned", {"SHORT": 1}, lambda p, x: p.softmax(x), (60000, 10)),
    Trick(
        "result in the turned copy",
        {"place_for": new_place},
        lambda p, x: p.softmax(x),
        (60000, 10),
        np.float64,
    ),
    Trick("narrow lines folded", {"NARROW": 1}, lambda p, x: p.logsumexp(x, 0), (60000, 10)),
    Trick("wide lines", {"WIDE": 1}, lambda p, x: p.softmax(x, 0), (256, 50257)),
    Trick(
        "two ones a row",
        {"ones_and_others": all_ones},
        lambda p, x: p.logsumexp(x),
        (256, 50257),
    ),
    Trick("small arrays", {"is_small": lambda *_: False}, lambda p, x: p.softmax(x), (1000,)),
    Trick("small arrays turned", {"FEW": 0}, lambda p, x: p.softmax(x), (64, 10)),
    Trick("floats as they are", {"READY": set()}, lambda p, x: p.sigmoid(x), (1000,)),
    Trick(
        "products in pieces",
        {"total_product": kept_products},
        lambda p, x: p.softmax_vjp(x, x),
        (8, 1000000),
    ),
    Trick(
        "sigmoid in one branch", {"logistic": two_branches}, lambda p, x: p.sigmoid(x), (4096, 1000)
    ),
]


def rows(
    wanted: Callable[[str], bool], tricks: list[Trick] | None = None, seconds: float = 0.8
) -> Iterator[Row]:
    """Measure the package with each trick on and off, in turns."""
    for trick in TRICKS if tricks is None else tricks:
        case = f"{trick.shape} {trick.dtype.__name__}"
        if wanted(f"tricks {trick.name} {case}"):
            middle, low, high = apart(partial(_measure, trick, seconds))
            spread = {"without": (low, high)}
            yield Row("tricks", trick.name, case, {"without": middle}, spread, WORTH_IT)


def _measure(trick: Trick, seconds: float) -> tuple[float, float, float]:
    x, package, plain = scores(trick.shape, trick.dtype), softmax_lessons, without(trick)
    calls = {"with": lambda: trick.call(package, x), "without": lambda: trick.call(plain, x)}
    return ratios(calls, "with", seconds)["without"]


def without(trick: Trick) -> ModuleType:
    """Return a second copy of the package, in which the trick is off."""
    originals = _take_out()
    try:
        package = importlib.import_module(PACKAGE)
    finally:
        copies = _take_out()
        sys.modules.update(originals)
    for name, value in trick.off.items():
        if not hasattr(copies[f"{PACKAGE}._numerics"], name):
            raise AttributeError(f"{trick.name}: there is no {name} in _numerics.py")
        for module in copies.values():  # also where it was imported by name
            if hasattr(module, name):
                setattr(module, name, value)
    return package


def _take_out() -> dict[str, ModuleType]:
    """Remove the modules of the package from those that Python has loaded, and return them."""
    names = [name for name in sys.modules if name.split(".")[0] == PACKAGE]
    return {name: sys.modules.pop(name) for name in names}
