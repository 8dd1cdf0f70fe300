"""Largest and median error of the results, in units in the last place (ulp) of the exact ones.

The scores are multiples of 1/64, so that their differences are exact: what is left is the error
of the arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import mpmath
import numpy as np

from benchmarks import contenders
from benchmarks.rows import Goal, Row

Array = np.ndarray[Any, Any]
FUNCTIONS = {
    "softmax": contenders.softmax,
    "log_softmax": contenders.log_softmax,
    "logsumexp": contenders.logsumexp,
}
LIBRARIES = ("ours", "scipy", "torch")
GOALS = {"log_softmax": Goal("ours", at_most=4), "logsumexp": Goal("ours", at_most=4)}
LONG_SUM = Goal("ours", at_most=2e-6)

_exp, _log, _mpf = (np.frompyfunc(f, 1, 1) for f in (mpmath.exp, mpmath.log, mpmath.mpf))


def rows(wanted: Callable[[str], bool], long: tuple[int, int] = (1000000, 32)) -> Iterator[Row]:
    """Measure the three functions on ordinary rows, on dominated rows, and on long sums."""
    for case, scores in _scores().items():
        for dtype in (np.float32, np.float64):
            x = scores.astype(dtype)
            with mpmath.workdps(40):
                exact = _exact(_mpf(x.astype(float)), -1, _exp, _log)
                for name, function in FUNCTIONS.items():
                    label = f"{case} {dtype.__name__}"
                    if wanted(f"accuracy {name} {label}"):
                        calls = function(x, -1)
                        errors = {m: _ulps(_array(calls[m]()), exact[name]) for m in LIBRARIES}
                        yield _row(name, label, errors)
    for shape, axis in [(long, 0), ((1, long[0] * long[1]), -1)]:
        x = np.random.default_rng(0).standard_normal(shape, np.float32)
        labels = dict.fromkeys(FUNCTIONS, f"{shape} axis {axis} float32")
        if any(wanted(f"accuracy {name} {label}") for name, label in labels.items()):
            exact = _exact(x.astype(float), axis, np.exp, np.log)
            for name, label in labels.items():
                if wanted(f"accuracy {name} {label}"):
                    calls = FUNCTIONS[name](x, axis)
                    yield _long_row(name, label, calls, exact[name])


def _scores() -> dict[str, Array]:
    """Return scores as multiples of 1/64, as rows."""
    random = np.random.default_rng(2021)
    ordinary = random.integers(-8 * 64, 8 * 64 + 1, (64, 100)) / 64
    dominated = random.integers(-40 * 64, -20 * 64, (64, 10)) / 64
    dominated[:, 3] = 0
    return {"(64, 100) -8 to 8": ordinary, "(64, 10) dominated": dominated}


def _exact(x: Array, axis: int, exp: Any, log: Any) -> dict[str, Array]:
    """Return the three functions of ``x``, calculated with the given ``exp`` and ``log``."""
    total = exp(x).sum(axis=axis, keepdims=True)
    return {
        "softmax": exp(x) / total,
        "log_softmax": x - log(total),
        "logsumexp": log(total).squeeze(axis),
    }


def _array(result: Any) -> Array:
    """Return the result of any of the libraries as an array."""
    return np.asarray(result)


def _ulps(got: Array, exact: Array) -> Array:
    """Return the distance of each entry from the exact one, in ulp of the latter."""
    errors = abs(_mpf(got.astype(float)) - exact).astype(float)
    return errors / np.spacing(abs(exact).astype(float).astype(got.dtype)).astype(float)


def _row(name: str, case: str, errors: dict[str, Array]) -> Row:
    largest = {who: float(e.max()) for who, e in errors.items()}
    median = {f"{who} 50%": float(np.median(e)) for who, e in errors.items()}
    return Row("accuracy, in ulp", name, case, largest | median, goal=GOALS.get(name))


def _long_row(name: str, case: str, calls: contenders.Calls, exact: Array) -> Row:
    """Return the largest relative errors."""
    values = {who: float(abs(_array(calls[who]()) / exact - 1).max()) for who in LIBRARIES}
    return Row("accuracy, relative error", name, case, values, goal=LONG_SUM)
