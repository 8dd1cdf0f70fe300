"""Exercises on speed: the roof of a machine, exp from a polynomial, and the time of a pass."""

from __future__ import annotations

from functools import partial
from math import factorial
from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons.exercises._exercise import Exercise, KnownMistake, Stage
from softmax_lessons.exercises.catalog._shared import NINE_DIGITS, array, cases
from softmax_lessons.exercises.rules import finite

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

ORDER = 220  # among the chapters

# The tables are laid out by hand: a known mistake is its sentence, its hint and its formula.
# fmt: off

# --- the roofline ---------------------------------------------------------------------------------

LEFT = array(0.5, 1.0, 2.5)
RIGHT = array(200.0, 41.5, 96.0)
BOTH = array(0.25, 300.0, 4.0, 12.0, 3.0)

ATTAINABLE = Exercise(
    "Find the roof",
    "attainable(intensity, peak, bandwidth)",
    "`intensity` is an array of operations a byte from memory. The processor does at most `peak` "
    "operations a second, and the memory gives at most `bandwidth` bytes a second. Return for each "
    f"intensity the operations a second that are possible. {NINE_DIGITS}",
    right=lambda i, peak, bandwidth: np.minimum(peak, i * bandwidth),
    stages=(
        Stage("under the slope", "Where memory limits, it is not right.",
            "Each second brings `bandwidth` bytes, and each byte allows `intensity` operations.",
            ((LEFT, 80.0, 20.0), (LEFT[:1], 7e9, 3e9), (array(0.1, 0.2), 1.0, 4.5)),
            extra_cases=((RIGHT, 80.0, 20.0), (BOTH, 80.0, 20.0))),
        Stage("under the flat part", "Where the peak limits, it is not right.",
            "However many bytes come, the processor does no more than `peak`.",
            ((RIGHT, 80.0, 20.0), (RIGHT[:1], 7e9, 3e9), (RIGHT, 1.5, 4.5))),
        Stage("both at once", "Each part is right by itself, but not both in one array.",
            "Compare entry by entry: `np.minimum`.",
            ((BOTH, 80.0, 20.0), (BOTH[::-1], 9.0, 0.5), (BOTH[1:], 30.0, 10.0)), hard=True),
    ),
    mistakes=(
        KnownMistake("It takes the larger of the two limits.",
            "Both hold at once: the smaller decides.",
            lambda i, peak, bandwidth: np.maximum(peak, i * bandwidth)),
        KnownMistake("It leaves out the peak.",
            "However many bytes come, the processor does no more.",
            lambda i, peak, bandwidth: i * bandwidth),
        KnownMistake("It is the peak alone.",
            "Few operations a byte, and the processor waits for it.",
            lambda i, peak, bandwidth: np.full(i.shape, peak)),
        KnownMistake("It divides the bandwidth by the intensity.",
            "Operations a byte, times bytes a second.",
            lambda i, peak, bandwidth: np.minimum(peak, bandwidth / i)),
        KnownMistake("It divides the intensity by the bandwidth.",
            "Operations a byte, times bytes a second.",
            lambda i, peak, bandwidth: np.minimum(peak, i / bandwidth)),
        KnownMistake("It forgets the intensity: bytes are no operations.",
            "Operations a byte, times bytes a second.",
            lambda i, peak, bandwidth: np.full(i.shape, min(peak, bandwidth))),
        KnownMistake("It adds the time for the bytes and the time for the operations.",
            "A processor calculates while it waits for the next bytes: the longer time decides.",
            lambda i, peak, bandwidth: 1 / (1 / peak + 1 / (i * bandwidth))),
        KnownMistake("It adds the two limits.", "Both hold at once: the smaller decides.",
            lambda i, peak, bandwidth: peak + i * bandwidth),
        KnownMistake("It returns a fraction of the peak.",
            "Operations a second: do not divide by it.",
            lambda i, peak, bandwidth: np.minimum(1, i * bandwidth / peak)),
    ),
    rules=(finite,),
)

# --- exp ------------------------------------------------------------------------------------------

LN2 = np.log(2)


def taylor(r: Array, degree: int) -> Array:
    """Return Taylor's polynomial of exp."""
    return np.asarray(sum(r**n / factorial(n) for n in range(degree + 1)))


def rest(x: Array) -> tuple[Array, Array]:
    """Return the multiple of log 2 nearest to x, and what is left of x."""
    k = np.rint(x / LN2)
    return k, x - k * LN2


def by_powers(x: Array, base: float = 2.0, degree: int = 14, sign: int = 1) -> Array:
    """Return exp, with one thing or another that is wrong."""
    k, r = rest(x)
    with np.errstate(all="ignore"):
        return np.asarray(base ** (sign * k) * taylor(r, degree))


NEAR = cases(array(-0.3, -0.1, 0.0), array(-0.34), array(-0.2, -0.05, -0.25, -0.01))
FAR = cases(array(-1.0, -5.0, -20.0), array(-0.5, -0.7, -2.2), array(-40.0, 0.0, -3.3))
LOWEST = cases(array(-700.0, -600.5, -345.6), array(-699.9, 0.0), array(-123.4, -456.7))
ROWS = cases(array([-0.2, -9.0], [-0.7, -33.0]), array([[-1.5], [-80.0]]))

EXP_FROM_POWERS = Exercise(
    "Write exp for float64",
    "exp_from_powers(x)",
    "`x` is an array of float64 numbers from -700 to 0. Return exp of each, without `np.exp` or "
    "another exponential: exp(x) = 2**k exp(r), where k is the whole number nearest to x / log(2) "
    "and r is the rest, x - k log(2). exp(r) is a polynomial, and `np.ldexp(y, k)` is y times "
    f"2**k. {NINE_DIGITS}",
    right=np.exp,
    stages=(
        Stage("near 0", "Between -0.35 and 0, where k is 0, it is not exp.",
            "There the polynomial alone is left: 1 + r + r**2/2 + r**3/6 and so on, up to the "
            "power 8 at least.", NEAR, extra_cases=FAR),
        Stage("farther away", "From -0.35 down it is not exp.",
            "Take k = `np.rint(x / np.log(2))`, r = x - k log(2), and 2**k times the polynomial.",
            FAR),
        Stage("far below 0", "Far below 0 it is not exp.",
            "With the nearest k, r is between -0.35 and 0.35 for every x.", LOWEST, hard=True),
        Stage("a batch of rows", "One vector is right, but a table is not.",
            "Every step works entry by entry, whatever the shape.", ROWS, hard=True),
    ),
    mistakes=(
        KnownMistake("It is Taylor's polynomial of x itself, without the powers of 2.",
            "Far from 0 no polynomial of few terms follows exp: cut x first.",
            lambda x: taylor(x, 14)),
        *(KnownMistake(f"The polynomial stops at the power {n}.",
            "Nine digits take the powers up to 8 at least.", partial(by_powers, degree=n))
            for n in range(1, 8)),
        KnownMistake("It leaves out 2**k.", "`np.ldexp(y, k)` is y times 2**k.",
            lambda x: by_powers(x, base=1.0)),
        KnownMistake("It multiplies by e**k, not by 2**k.", "k counts multiples of log(2).",
            lambda x: by_powers(x, base=float(np.e))),
        KnownMistake("It multiplies by 2**-k.", "x is k log(2) + r: the sign of k stays.",
            lambda x: by_powers(x, sign=-1)),
        KnownMistake("It leaves out the polynomial.", "exp(x) is 2**k times exp(r).",
            lambda x: 2.0 ** rest(x)[0]),
        KnownMistake("The rest is x - k, not x - k log(2).", "k counts multiples of log(2).",
            lambda x: 2.0 ** rest(x)[0] * taylor(x - rest(x)[0], 14)),
        KnownMistake("The rest has the wrong sign.", "r is x - k log(2).",
            lambda x: 2.0 ** rest(x)[0] * taylor(-rest(x)[1], 14)),
        KnownMistake("k is the whole number nearest to x, not to x / log(2).",
            "2**k is exp(k log(2)).",
            lambda x: 2.0 ** np.rint(x) * taylor(x - np.rint(x), 20)),
        KnownMistake("It is 2**x.", "exp(x) is 2**(x / log(2)).", lambda x: 2.0**x),
    ),
    rules=(finite,),
)

# --- a time from the roofline ---------------------------------------------------------------------

LEAST_SECONDS = Exercise(
    "Predict a time",
    "least_seconds(n, passes, size, operations, peak, bandwidth)",
    "A table of n numbers of `size` bytes each goes by `passes` times, read or written, and each "
    "number takes `operations` operations in all. The processor does `peak` operations a second, "
    "and the memory moves `bandwidth` bytes a second, both at the same time. Return the seconds "
    f"that this takes at least. {NINE_DIGITS}",
    right=lambda n, passes, size, operations, peak, bandwidth:
        max(n * passes * size / bandwidth, n * operations / peak),
    stages=(
        Stage("slow memory", "Where memory is slow the time is wrong.",
            "Divide the bytes that move by the bandwidth.",
            ((10**6, 8, 4, 20, 1e11, 2e9), (10**7, 2, 8, 5, 5e10, 1.5e10),
                (4096, 3, 2, 10, 1e12, 1e10)),
            extra_cases=((10**6, 2, 4, 300, 1e9, 2e10),)),
        Stage("slow arithmetic", "Where the arithmetic is slow the time is wrong.",
            "Memory and arithmetic work at the same time: the slower one decides.",
            ((10**6, 2, 4, 300, 1e9, 2e10), (5000, 2, 2, 50, 2e9, 1e11),
                (10**7, 5, 8, 1000, 1e10, 1e10))),
    ),
    mistakes=(
        KnownMistake("It adds the time of the memory and that of the arithmetic.",
            "They work at the same time: the slower one decides.",
            lambda n, passes, size, operations, peak, bandwidth:
                n * passes * size / bandwidth + n * operations / peak),
        KnownMistake("It takes the faster of the two.", "Both must end: the slower one decides.",
            lambda n, passes, size, operations, peak, bandwidth:
                min(n * passes * size / bandwidth, n * operations / peak)),
        KnownMistake("It looks at the memory alone.", "The arithmetic may take longer.",
            lambda n, passes, size, operations, peak, bandwidth: n * passes * size / bandwidth),
        KnownMistake("It looks at the arithmetic alone.", "The memory may take longer.",
            lambda n, passes, size, operations, peak, bandwidth: n * operations / peak),
        KnownMistake("The table goes by once, however many passes there are.",
            "Each pass moves all of its bytes.",
            lambda n, passes, size, operations, peak, bandwidth:
                max(n * size / bandwidth, n * operations / peak)),
        KnownMistake("It counts numbers for bytes.", "A number has `size` bytes.",
            lambda n, passes, size, operations, peak, bandwidth:
                max(n * passes / bandwidth, n * operations / peak)),
        KnownMistake("The operations are done once a pass.",
            "`operations` is what a number takes in all.",
            lambda n, passes, size, operations, peak, bandwidth:
                max(n * passes * size / bandwidth, n * passes * operations / peak)),
        KnownMistake("It is the rate, not the time.", "Divide the work by the rate.",
            lambda n, passes, size, operations, peak, bandwidth:
                min(peak, operations / (passes * size) * bandwidth)),
        KnownMistake("It is the time of one number.", "There are n of them.",
            lambda n, passes, size, operations, peak, bandwidth:
                max(passes * size / bandwidth, operations / peak)),
    ),
)
