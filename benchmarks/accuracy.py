"""Errors of the results, beside those of the peers.

Short rows are compared with mpmath, in units in the last place (ulp) of the exact result. Their
scores are multiples of 1/64, so that the differences of scores are exact, and what is left is the
error of the arithmetic. Long float32 rows are compared with float64.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import mpmath
import numpy as np

from benchmarks import contenders
from benchmarks.contenders import Array
from benchmarks.rows import Goal, Row

FUNCTIONS = {
    "softmax": contenders.softmax,
    "log_softmax": contenders.log_softmax,
    "logsumexp": contenders.logsumexp,
}
LIBRARIES = ("ours", "scipy", "torch")
IN_ULP = {"log_softmax": Goal("ours", at_most=4), "logsumexp": Goal("ours", at_most=4)}
LONG_SUM = Goal("ours", at_most=2e-6)
DIGITS = 50

_exp, _log, _mpf = (np.frompyfunc(f, 1, 1) for f in (mpmath.exp, mpmath.log, mpmath.mpf))


def rows(wanted: Callable[[str], bool], length: int = 10**6) -> Iterator[Row]:
    """Measure softmax, log_softmax and logsumexp on short rows and on long ones."""
    for kind, scores in _short_rows().items():
        for dtype in (np.float32, np.float64):
            case = f"{scores.shape} {kind} {dtype.__name__}"
            names = [name for name in FUNCTIONS if wanted(f"accuracy {name} {case}")]
            if names:
                yield from _in_ulp(names, case, scores.astype(dtype))
    for shape, axis in [((length, 32), 0), ((32 * length,), -1)]:
        case = f"{shape} {'first' if axis == 0 else 'last'} float32"
        names = [name for name in FUNCTIONS if wanted(f"accuracy {name} {case}")]
        if names:
            x = np.random.default_rng(0).standard_normal(shape, np.float32)
            yield from _relative(names, case, x, axis)


def _short_rows() -> dict[str, Array]:
    random = np.random.default_rng(2021)
    ordinary = random.integers(-8 * 64, 8 * 64 + 1, (32, 100)) / 64
    dominated = random.integers(-40 * 64, -20 * 64, (32, 100)) / 64
    dominated[:, 3] = 0
    return {"ordinary": ordinary, "dominated": dominated}


def _in_ulp(names: list[str], case: str, x: Array) -> Iterator[Row]:
    with mpmath.workdps(DIGITS):
        exact = _family(_mpf(x.astype(float)), -1, _exp, _log)
    for name in names:
        errors = {who: _ulps(got, exact[name]) for who, got in _results(name, x, -1)}
        values = {who: float(each.max()) for who, each in errors.items()}
        values |= {f"{who} 50%": float(np.median(each)) for who, each in errors.items()}
        yield Row("accuracy, largest and median ulp", name, case, values, goal=IN_ULP.get(name))


def _relative(names: list[str], case: str, x: Array, axis: int) -> Iterator[Row]:
    exact = _family(x.astype(float), axis, np.exp, np.log)
    for name in names:
        results = _results(name, x, axis)
        values = {who: float(abs(got / exact[name] - 1).max()) for who, got in results}
        yield Row("accuracy, largest relative error", name, case, values, goal=LONG_SUM)


def _family(x: Array, axis: int, exp: Any, log: Any) -> dict[str, Array]:
    """Return the functions by their definition; ``x`` must not be so large that exp overflows."""
    e = exp(x)
    total = e.sum(axis=axis, keepdims=True)
    return {
        "softmax": e / total,
        "log_softmax": x - log(total),
        "logsumexp": log(total).squeeze(axis),
    }


def _results(name: str, x: Array, axis: int) -> Iterator[tuple[str, Array]]:
    calls = FUNCTIONS[name](x, axis)
    for who in LIBRARIES:
        yield who, np.asarray(calls[who]())


def _ulps(got: Array, exact: Array) -> Array:
    """Return the distance of each entry from the exact one, in ulp of the latter."""
    ulp = np.spacing(abs(exact).astype(float).astype(got.dtype)).astype(float)
    return abs(_mpf(got.astype(float)) - exact).astype(float) / ulp
