"""What each trick of ``_numerics.py`` buys: the package without it, compared with the package.

A trick that buys less than a tenth has to go.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from benchmarks.rows import Goal, Row
from benchmarks.speed import scores
from benchmarks.timing import ratios

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


TRICKS: list[Trick] = []


def rows(
    wanted: Callable[[str], bool], tricks: list[Trick] | None = None, seconds: float = 0.8
) -> Iterator[Row]:
    """Measure the package with each trick on and off, in turns."""
    package = importlib.import_module(PACKAGE)
    for trick in TRICKS if tricks is None else tricks:
        case = f"{trick.shape} {trick.dtype.__name__}"
        if wanted(f"tricks {trick.name} {case}"):
            x, plain = scores(trick.shape, trick.dtype), without(trick)
            calls = {
                "with": lambda trick=trick, x=x: trick.call(package, x),
                "without": lambda trick=trick, x=x, plain=plain: trick.call(plain, x),
            }
            middle, low, high = ratios(calls, "with", seconds)["without"]
            spread = {"without": (low, high)}
            yield Row("tricks", trick.name, case, {"without": middle}, spread, WORTH_IT)


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
