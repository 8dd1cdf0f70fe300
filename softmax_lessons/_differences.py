"""Numerical derivatives that know how far they can be trusted.

How far apart to take two values of a function depends on the scale on which it varies, and nobody
knows that beforehand: log-sum-exp varies on a scale of 1, at scores near 0 and near 1e6 alike. So
steps of all sizes are taken, each four times as wide as the one before. Each gives an interval in
which the derivative lies. The rounding of the function weighs less the wider the step, the error of
the formula weighs more. From the smallest step on, the intervals are compared: the first one that
contradicts those before it is too wide, for the function has turned there. The narrowest before it
is the answer.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Function: TypeAlias = Callable[[Any], Any]
    Line: TypeAlias = Callable[[float], tuple[float, float]]
    Array: TypeAlias = NDArray[np.float64]

__all__ = ["Derivatives", "Slope"]

EPS = float(np.finfo(np.float64).eps)
RATIO = 4  # of a step to the one before
SMALLEST = -46  # of the steps, as a power of 2 beside the entry: there rounding hides all
FINE = -36  # up to there, distances are too small to show anything but rounding: a power of 2
NEAR = 2.0**-10  # unless the entries are so large that they move that far
SAFETY = 4.0  # how many estimated errors wide an interval is, to each side


@dataclass(frozen=True)
class Slope:
    """A derivative, and what is known about it.

    Attributes
    ----------
    value : float
        The derivative; NaN if the function is finite on neither side.
    error : float
        How far off it may be.
    step : float
        The widest step that it is calculated from.
    method : str
        "complex step", "central differences", or "one-sided differences" where the function ends.
    steepest : float
        The largest slope that any step has seen, rounding apart.
    still : bool
        Whether the function has not moved at any step.
    sides : tuple of floats
        The slopes to the left and to the right, if these differ: a kink. Else empty.
    """

    value: float
    error: float
    step: float
    method: str
    steepest: float
    still: bool = False
    sides: tuple[float, ...] = ()


class Rounding(NamedTuple):
    """How far the values of a function are off: by so much, or by that part of their size."""

    absolute: float
    relative: float


class Derivatives:
    """The derivatives of a function of an array at one point.

    Attributes
    ----------
    value : float
        What the function returns there.
    takes_complex : bool
        Whether the function returns a complex number for complex input.
    """

    def __init__(self, f: Function, x: Array) -> None:
        self.f, self.x = f, x
        self.value = float(value_at(f, x))
        if not math.isfinite(self.value):
            raise ValueError(f"f must be finite at x, got {self.value}")
        self.rounding = rounding_of(f, x)
        self.takes_complex = takes_complex(f, x)

    def along(self, index: tuple[int, ...], step: float | None = None) -> Slope:
        """Return the derivative with respect to an entry, by a complex step where that is right.

        A function may be analytic in some of its entries and not in others, and ``abs`` may be a
        small part of it. So the complex step is held against differences at every entry, and
        given up where it is further from them than they may be off. Its error is theirs: of what
        they cannot see it might have missed that much.
        """
        if not self.takes_complex:
            return self.by_differences(index, step)
        exact, rough = self.by_complex_step(index), self.by_differences(index)
        if rough.sides or not abs(exact.value - rough.value) <= rough.error:
            return rough if step is None else self.by_differences(index, step)
        if step is not None:
            exact = self.by_complex_step(index, step)
        return replace(exact, error=rough.error, steepest=rough.steepest)

    def by_complex_step(self, index: tuple[int, ...], step: float | None = None) -> Slope:
        """Return the derivative with respect to an entry, as exact as f itself."""
        size = float(abs(self.x[index]))
        h = 1e-100 if step is None else step
        h *= max(1.0, size)
        if step is None and size:  # beside the entry, too, the step is tiny
            h = min(h, max(1e-10 * size, 5e-324))
        slope = complex_slope(self.f, self.x, h * self.direction(index)) / h
        return Slope(slope, 0.0, h, "complex step", abs(slope))

    def by_differences(self, index: tuple[int, ...], step: float | None = None) -> Slope:
        """Return the derivative with respect to an entry; by default of the best step."""
        size = float(abs(self.x[index]))
        steps = steps_for(size) if step is None else np.array([step * max(1.0, size)])
        line = line_along(self.f, self.x, self.direction(index))
        return slope_of(line, self.value, steps, self.rounding)

    def direction(self, index: tuple[int, ...]) -> Array:
        """Return a direction in which that entry alone moves."""
        direction = np.zeros_like(self.x)
        direction[index] = 1
        return direction


# --- the function -----------------------------------------------------------------------------


def value_at(f: Function, x: NDArray[Any]) -> Any:
    """Return ``f(x)``, one number: complex for complex ``x``, real for real ``x``."""
    value = np.asarray(f(x.copy()))  # f may write to its argument
    if value.shape:
        raise ValueError(f"f must return one number, got an array of shape {value.shape}")
    if value.dtype.kind not in ("c" if x.dtype.kind == "c" else "biuf"):
        raise TypeError(f"f must return one real number, got {value[()]!r}")
    return value[()] * 1.0  # a boolean or an unsigned integer cannot be subtracted


def takes_complex(f: Function, x: Array) -> bool:
    """Tell whether f returns a complex number for complex input."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # f dropped the imaginary part
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        try:
            complex_slope(f, x, 1e-100 * everywhere(x))
        except Exception:  # whatever f raises, it does not take complex numbers
            return False
    return True


def complex_slope(f: Function, x: Array, step: Array) -> float:
    """Return the imaginary part of f after an imaginary step."""
    return float(value_at(f, x + 1j * step).imag)


def line_along(f: Function, x: Array, direction: Array) -> Line:
    """Return a function of the distance from ``x``: the value of f there, NaN where f ends.

    It also returns the distance as it is after rounding, if only one entry moves.
    """
    moving = np.flatnonzero(direction)
    only = moving[0] if moving.size == 1 else None

    def line(distance: float) -> tuple[float, float]:
        there = x + distance * direction
        if only is not None:
            distance = float((there.flat[only] - x.flat[only]) / direction.flat[only])
        try:
            return float(value_at(f, there)), distance
        except (ValueError, ArithmeticError):  # math.log(-1) and 1 / 0
            return math.nan, distance

    return line


def everywhere(x: Array) -> Array:
    """Return a direction in which all entries move, each in proportion to its size."""
    factors: Array = np.cos(np.arange(1.0, x.size + 1)).reshape(x.shape)
    return factors * np.where(x == 0, 1.0, abs(x))


def rounding_of(f: Function, x: Array) -> Rounding:
    """Return how far rounding moves the values of f around ``x``.

    Nine values at tiny distances lie on a smooth curve, but for their rounding. Some functions
    round so coarsely that they do not move at such distances, or a part of them does not, as
    those that calculate in float32: so larger distances are tried as well. Where each distance
    happens to move f by a whole number of roundings, that looks smooth: so two sets of nine have
    to move, at distances whose ratio is no whole number.
    """
    line, largest = line_along(f, x, everywhere(x)), float(abs(x).max())
    absolute, moved = 0.0, 0
    for power in np.arange(-43, -12, 3.5):
        values = np.array([line(k * 2.0**power)[0] for k in range(-4, 5)])
        if np.isfinite(values).all() and np.ptp(values):
            absolute = max(absolute, float(abs(np.diff(values, 6)).max()) / 8)
            moved += 1
            if (moved > 1 and power >= FINE) or largest * 2.0**power > NEAR:
                break
    dtype = np.asarray(f(x.copy())).dtype
    return Rounding(absolute, float(np.finfo(dtype).eps) if dtype.kind == "f" else EPS)


# --- differences ------------------------------------------------------------------------------


def steps_for(size: float) -> Array:
    """Return the steps for an entry: from far below its size to a half of it, or of 1 at least.

    They are powers of 2, so that adding them to the entry rounds little.
    """
    top = math.frexp(max(1.0, size))[1] - 2
    bottom = math.frexp(size or 1.0)[1] - 1 + SMALLEST
    steps: Array = np.ldexp(1.0, np.arange(top, max(bottom, -1040), -2)[::-1])
    return steps


def slope_of(line: Line, value: float, steps: Array, rounding: Rounding) -> Slope:
    """Return the derivative at 0 of ``line``, which is ``value`` there; ``steps`` rise."""
    (right, a), (left, b) = (np.array([line(sign * h) for h in steps]).T for sign in (1, -1))
    sides = [side for side in (right, left) if np.isfinite(side[0])]
    if not sides:
        return Slope(math.nan, math.nan, float(steps[0]), "central differences", 0.0)
    central = len(sides) == 2
    inside = np.isfinite(sides).all(axis=0)
    n = len(steps) if inside.all() else int(inside.argmin())  # beyond its end, f may start again
    steps, right, a, left, b = (each[:n] for each in (steps, right, a, left, b))
    noise = noise_of(np.array([side[:n] for side in sides]), value, rounding) / steps
    forward, backward = (right - value) / a, (left - value) / b
    if central:  # were the two distances not equal, the mean would keep some curvature
        slopes = (forward * -b + backward * a) / (a - b)
    else:
        slopes = forward if np.isfinite(right[0]) else backward
    best, errors = extrapolate(slopes, noise, (2, 4) if central else (1, 2))
    chosen = narrowest(best, SAFETY * errors)
    widest = min(chosen + 2, n - 1)
    return Slope(
        float(best[chosen]),
        SAFETY * float(errors[chosen]),
        float(steps[widest]),
        "central differences" if central else "one-sided differences",
        steepest=float((np.fmax(abs(forward), abs(backward)) - SAFETY * noise).max()),
        still=not any((side[:n] != value).any() for side in sides),
        sides=kink(backward, forward, noise, widest) if central else (),
    )


def noise_of(values: Array, value: float, rounding: Rounding) -> Array:
    """Return how far off the values at each step are: rows for the sides, one column a step."""
    sizes: Array = np.maximum(abs(value), abs(values).max(axis=0))
    noise: Array = np.maximum(rounding.relative * sizes, rounding.absolute)
    # While f stands still, it may hide what it calculates with, which may be larger than f.
    moves = (values != value).any(axis=0)
    still = int(moves.argmax()) if moves.any() else len(moves)
    noise[:still] = np.maximum(noise[:still], EPS * max(1.0, abs(value)))
    return noise


def extrapolate(slopes: Array, noise: Array, orders: tuple[int, int]) -> tuple[Array, Array]:
    """Return the slopes as if their steps were 0, each from three steps, and their errors.

    This is Richardson's extrapolation: it removes two powers of the step from the error. What is
    left is estimated as if the second power were no higher than the first.
    """
    errors = noise
    for order in orders:
        if len(slopes) > 1:
            changes = np.diff(slopes)
            slopes = slopes[:-1] - changes / (RATIO**order - 1)
            errors = noise[: len(slopes)] + abs(changes) / (RATIO ** orders[0] - 1)
    return slopes, errors


def narrowest(values: Array, errors: Array) -> int:
    """Return which interval is the narrowest before the first that contradicts a smaller step."""
    low = np.maximum.accumulate(values - errors)
    high = np.minimum.accumulate(values + errors)
    agree = low <= high
    n = len(values) if agree.all() else max(1, int(agree.argmin()))
    return int(errors[:n].argmin())


def kink(backward: Array, forward: Array, noise: Array, k: int) -> tuple[float, ...]:
    """Return the slopes of the two sides at step k, if they stay apart at smaller steps.

    How small a step still tells depends on the noise.
    """
    gaps = abs(forward - backward)[: k + 1]
    tells = 20 * noise[: k + 1] < gaps[k] / 2
    smallest = int(tells.argmax())
    large = gaps[k] > 1e-4 * max(abs(forward[k]), abs(backward[k]))
    if tells.any() and smallest <= k - 2 and gaps[smallest] > gaps[k] / 2 and large:
        return float(backward[k]) + 0.0, float(forward[k])  # -0 becomes 0
    return ()
