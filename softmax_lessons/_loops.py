"""The loops of ``compiled.py``, which numba compiles when they are first called.

A row whose classes lie side by side in memory is one loop over its entries. Other rows are taken
many at a time, one beside the other, and so are short rows, which are copied side by side first. In
both, the inner loop runs along contiguous memory and has no branch: that becomes vector code.

Sums leave out one maximal term, as everywhere in this package. A long row is taken in pieces that
stay in the cache, each with its own maximum; pieces are merged as in ``online.py``, in float64.
"""

# One file, because numba renews what it has stored for a file only when this file changes.

from __future__ import annotations

import math
from typing import Any

import numpy as np

try:
    from numba import njit, types
    from numba.extending import intrinsic, overload, register_jitable
    from numba.np.numpy_support import from_dtype
except ImportError as error:
    raise ImportError(
        'softmax_lessons.compiled needs numba: pip install "softmax-lessons[compiled]"'
    ) from error

PIECE = 2048  # entries of a row that are summed at a time
WIDTH = 128  # columns that are taken at a time
LANES = 64  # entries: no vector code takes more at a time, 4 vectors of 16 floats
HEIGHT = 8  # entries of a column that are added before they go to its sum in float64


def compiled(function: Any = None, **options: Any) -> Any:
    """Compile a function when it is first called, and store it where a folder can be written."""
    if function is None:
        return lambda f: compiled(f, **options)
    options |= {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:  # neither beside this file nor in the home of the user
        return njit(**options)(function)


def inlined(function: Any) -> Any:
    """Compile a function as a part of those that call it: each loop goes through LLVM once."""
    return compiled(function, inline="always")


# --- exp --------------------------------------------------------------------------------------
# exp(x) = 2**k * exp(r), with k the whole number nearest to x / log(2), so that r is at most
# log(2) / 2 in size. Adding and subtracting MAGIC rounds to a whole number, whose bits are then the
# last ones of the sum. exp(r) = 1 + r + r**2 * q(r), with a polynomial q that meets it at the
# Chebyshev points of the interval: the error of the polynomial is 0.17 u in float32, and 0.15 u in
# float64. 2**k may be smaller than all normal numbers, so it is taken 2**LIFT too large.

LIFT_32, LIFT_64 = 32, 64
Q_32 = tuple(
    map(
        np.float32,
        (0.5, 0.16666576666119928, 0.04166655421298415, 0.008363232883682618, 0.001392625083149761),
    )
)
Q_64 = (
    *(0.5000000000000001, 0.16666666666666669, 0.041666666666623824, 0.008333333333330039),
    *(0.0013888888917367081, 0.00019841269863171557, 2.4801521057868204e-05),
    *(2.7557268276905696e-06, 2.7620201591031547e-07, 2.5100472505694996e-08),
)
LOWEST_32, LOWEST_64 = np.float32(-104.0), -746.0  # exp of less is 0
LOG2_E_32, LOG2_E_64 = np.float32(1.4426950408889634), 1.4426950408889634
MAGIC_32, MAGIC_64 = np.float32(1.5 * 2**23), 1.5 * 2**52
# log(2) in two parts, of which k times the first is exact.
LN2_32 = (np.float32(0.693359375), np.float32(-2.12194440054690583e-4))
LN2_64 = (0.693147180369123816490, 1.90821492927058770002e-10)
ONE_32, DROP_32 = np.float32(1), np.float32(2.0**-LIFT_32)
DROP_64 = 2.0**-LIFT_64
BIAS_32, BIAS_64 = np.int32((127 + LIFT_32) << 23), np.int64((1023 + LIFT_64) << 52)


def with_same_bits(kinds: dict[Any, Any], flip: bool = False) -> Any:
    """Return a function that reads the bits of a number as a number of another kind.

    With ``flip``, all bits but the sign are flipped if the number is negative. These are a few
    instructions of LLVM; each ``view`` of a number is a function to numba, and compiles longer.
    """

    def signature_and_code(_: Any, x: Any) -> Any:
        kind = kinds[x]

        def code(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
            [value] = arguments
            whole = context.get_value_type(x if isinstance(x, types.Integer) else kind)
            i = builder.bitcast(value, whole)
            if flip:
                all_ones_or_0 = builder.ashr(i, whole(whole.width - 1))
                i = builder.xor(i, builder.lshr(all_ones_or_0, whole(1)))
            return builder.bitcast(i, context.get_value_type(kind))

        return kind(x), code

    return intrinsic(signature_and_code)


AS_INTEGER = {types.float32: types.int32, types.float64: types.int64}
AS_FLOAT = {i: x for x, i in AS_INTEGER.items()}
bits, of_bits = with_same_bits(AS_INTEGER), with_same_bits(AS_FLOAT)
# The key of a float is an integer that compares as the float does. NaN lies beyond the infinity of
# its sign, and -0.0 below 0.0.
key, of_key = with_same_bits(AS_INTEGER, flip=True), with_same_bits(AS_FLOAT, flip=True)


def exp_32(x: Any) -> Any:
    """Return exp of a float32 of 0 or below, to 1 ulp; NaN of NaN."""
    x = LOWEST_32 if x < LOWEST_32 else x
    shifted = x * LOG2_E_32 + MAGIC_32
    k = shifted - MAGIC_32
    r = (x - k * LN2_32[0]) - k * LN2_32[1]
    q = Q_32[3] + r * Q_32[4]
    q = Q_32[1] + r * (Q_32[2] + r * q)
    p = ONE_32 + (r + r * r * (Q_32[0] + r * q))
    power = np.int32(np.int32(bits(shifted) << 23) + BIAS_32)
    return p * of_bits(power) * DROP_32


def exp_64(x: Any) -> Any:
    """Return exp of a float64 of 0 or below, to 1 ulp; NaN of NaN."""
    x = LOWEST_64 if x < LOWEST_64 else x
    shifted = x * LOG2_E_64 + MAGIC_64
    k = shifted - MAGIC_64
    r = (x - k * LN2_64[0]) - k * LN2_64[1]
    q = Q_64[7] + r * (Q_64[8] + r * Q_64[9])
    q = Q_64[4] + r * (Q_64[5] + r * (Q_64[6] + r * q))
    q = Q_64[1] + r * (Q_64[2] + r * (Q_64[3] + r * q))
    p = 1.0 + (r + r * r * (Q_64[0] + r * q))
    power = np.int64((bits(shifted) << 52) + BIAS_64)
    return p * of_bits(power) * DROP_64


def exp(x: Any) -> Any:
    """Return exp of a number of 0 or below, in its own precision."""
    return exp_32(x) if isinstance(x, np.float32) else exp_64(np.float64(x))


# contract lets a product and a sum become one instruction. No other rule of arithmetic is relaxed.
@overload(exp, jit_options={"fastmath": {"contract"}, "error_model": "numpy"})
def exp_of_type(x: Any) -> Any:
    """Tell numba which of the two above is meant."""
    return exp_32 if x == types.float32 else exp_64


LOG_SERIES = tuple(2 / (2 * i + 1) for i in range(1, 11))
ROOT_HALF = int(np.sqrt(0.5).view(np.int64))
MAGIC_BITS = int(np.float64(MAGIC_64).view(np.int64))
FRACTION = 2**52 - 1


@compiled
def log_1p(y: Any) -> Any:
    """Return ``log(1 + y)`` of a float64 of 0 or above, to 1 ulp; -inf of -1, and NaN of NaN.

    ``1 + y = 2**k * (1 + f)``, with ``1 + f`` from the root of a half to that of 2. The logarithm
    of ``1 + f`` is the series of ``2 * atanh(s)``, with ``s = f / (2 + f)``. What rounding has
    taken from ``1 + y`` is added last. The library's own is no vector code.
    """
    u = 1.0 + y
    lost = (y - (u - 1.0)) / u
    i = np.int64(bits(u) - ROOT_HALF)
    k = of_bits(np.int64((i >> 52) + MAGIC_BITS)) - MAGIC_64
    f = of_bits(np.int64((i & FRACTION) + ROOT_HALF)) - 1.0
    s = f / (2.0 + f)
    z, half = s * s, 0.5 * f * f
    q = LOG_SERIES[7] + z * (LOG_SERIES[8] + z * LOG_SERIES[9])
    q = LOG_SERIES[4] + z * (LOG_SERIES[5] + z * (LOG_SERIES[6] + z * q))
    q = LOG_SERIES[1] + z * (LOG_SERIES[2] + z * (LOG_SERIES[3] + z * q))
    q = z * (LOG_SERIES[0] + z * q)
    rest = s * (half + q) + (k * LN2_64[1] + lost)
    return -np.inf if y == -1.0 else k * LN2_64[0] - ((half - rest) - f)


def difference(x: Any, top: Any, temperature: Any) -> Any:
    """Return ``x - top``; there is no temperature."""
    return x - top


def quotient(x: Any, top: Any, temperature: Any) -> Any:
    """Return ``(x - top) / temperature``. What is passed holds a factor and their product.

    The factor is a half for a temperature above 1: half the difference cannot overflow.
    """
    factor, product = temperature[0]
    return (x * factor - top * factor) / product


def below(x: Any, top: Any, temperature: Any) -> Any:
    """Return ``x - top``, divided by the temperature if there is one."""
    return (quotient if temperature else difference)(x, top, temperature)


@overload(below, jit_options={"error_model": "numpy"})
def below_of_type(x: Any, top: Any, temperature: Any) -> Any:
    """Leave the division out where there is no temperature."""
    return quotient if len(temperature) else difference


# --- pieces of a row --------------------------------------------------------------------------
# A sum becomes vector code when its terms may be added in another order. "reassoc" allows that, and
# only here: PIECE terms are added in some 8 to 32 lanes, and the pieces in float64.

IN_LANES = {"fastmath": {"reassoc", "nsz", "contract"}}


@inlined
def highest(x: Any) -> Any:
    """Return the largest entry of a piece; NaN may be passed over, since the sum finds it.

    Floats compare as their bits do, if those of negative numbers are turned. The maximum of
    integers becomes vector code, which that of floats does not, for the sake of NaN.
    """
    top = key(x[0])
    for i in range(len(x)):
        k = key(x[i])
        top = k if k > top else top
    return of_key(top)


@compiled
def subtract(a: Any, b: Any) -> Any:
    """Return ``a - b``; in a function of its own, no lane adds ``a`` first and subtracts later."""
    return a - b


@compiled(**IN_LANES)
def sum_below(x: Any, level: Any, temperature: Any) -> Any:
    """Return the sum of the exponentials that are not 1, and how many are 1."""
    one, zero = x.dtype.type(1), x.dtype.type(0)
    total, ones = zero, zero
    for i in range(len(x)):
        e = exp(below(x[i], level, temperature))
        is_one = one if e == one else zero
        total += subtract(e, is_one)
        ones += is_one
    return total, ones


@compiled(**IN_LANES)
def exp_into(x: Any, out: Any, level: Any, temperature: Any) -> Any:
    """Write the exponentials of a piece to ``out``; return their sum."""
    total = x.dtype.type(0)
    for i in range(len(x)):
        e = exp(below(x[i], level, temperature))
        out[i] = e
        total += e
    return total


@compiled(**IN_LANES)
def sum_of(x: Any) -> Any:
    """Return the sum of a piece."""
    total = x.dtype.type(0)
    for i in range(len(x)):
        total += x[i]
    return total


@compiled(**IN_LANES)
def dot(p: Any, g: Any, mean: Any) -> Any:
    """Return the sum of ``p * (g - mean)``."""
    total = p.dtype.type(0)
    for i in range(len(p)):
        total += p[i] * (g[i] - mean)
    return total


@register_jitable
def added(total: Any, lost: Any, x: Any) -> Any:
    """Return a sum, and what rounding takes from it, to be added last: a row may have many pieces.

    T. Ogita, S. M. Rump and S. Oishi, "Accurate sum and dot product", *SIAM Journal on Scientific
    Computing* 26(6), 2005, algorithm 4.1.
    """
    new = total + x
    part = new - total
    return new, lost + ((total - (new - part)) + (x - part))


@inlined
def merged(top: Any, rest: Any, lost: Any, other: Any, other_rest: Any, temperature: Any) -> Any:
    """Return the maximum and the rest of two pieces, as ``merge_kernel`` of ``online.py`` does.

    And what rounding has taken from the rest.
    """
    if top >= other:
        high, low, low_rest = top, other, other_rest
    else:
        high, low, rest, low_rest, lost = other, top, other_rest, rest + lost, 0.0
    level = 0.0 if high == -np.inf else np.float64(high)
    weight = math.exp(below(np.float64(low), level, temperature))
    rest, lost = added(rest, lost, (1 + low_rest) * weight)
    return high, rest, lost


@inlined
def pair_of_row(x: Any, temperature: Any) -> Any:
    """Return the maximum of a row and the rest of its sum, in float64."""
    top, rest, lost = x.dtype.type(-np.inf), -1.0, 0.0
    for start in range(0, len(x), PIECE):
        piece = x[start : start + PIECE]
        high = highest(piece)
        level = x.dtype.type(0) if high == -np.inf else high
        total, ones = sum_below(piece, level, temperature)
        piece_rest = np.float64(total) + (np.float64(ones) - 1)
        if start == 0:
            top, rest = high, piece_rest
        else:
            top, rest, lost = merged(top, rest, lost, high, piece_rest, temperature)
    return top, rest + lost


# For `make bench`: what exp costs alone, and a sum that does not keep the digits of a small rest.


@compiled
def exp_of_all(x: Any, out: Any) -> None:
    """Write exp of each entry, 0 or below, to ``out``."""
    for i in range(len(x)):
        out[i] = exp(x[i])


@compiled(**IN_LANES)
def sum_of_all(x: Any, level: Any) -> Any:
    """Return the sum of the exponentials."""
    total = x.dtype.type(0)
    for i in range(len(x)):
        total += exp(x[i] - level)
    return total


# --- rows, one after the other ----------------------------------------------------------------
# Arrays of two axes, with the classes along the last one. Threads that share an array take some of
# its rows each. ``temperature`` is empty, or holds the pair that ``as_pair`` makes.
#
# A small array of one axis or two comes without checks, which take longer in Python than all the
# rest. So a loop that may get one first looks whether the arrays fit. If not, it returns False, and
# has written nothing. Each asks for the number of axes itself: in a function that is inlined, numba
# would not leave out the branch that is not taken.


@inlined
def do_fit(x: Any, out: Any) -> Any:
    """Tell whether contiguous arrays have one shape, hold something, and share no memory."""
    distance = np.intp(out.ctypes.data) - np.intp(x.ctypes.data)  # unsigned, it would wrap around
    return x.shape == out.shape and x.size > 0 and abs(distance) >= x.nbytes


@compiled
def softmax_rows(x: Any, out: Any, *temperature: Any) -> bool:
    """Write softmax of each row to ``out``: exponentials are stored, and scaled."""
    if not do_fit(x, out):
        return False
    for r in range(len(x) if x.ndim == 2 else 1):
        row = x[r] if x.ndim == 2 else x
        result = out[r] if out.ndim == 2 else out
        top, total, lost = highest(row), 0.0, 0.0
        for start in range(0, len(row), PIECE):
            end = start + PIECE
            part = exp_into(row[start:end], result[start:end], top, temperature)
            # Where short arrays lie close together, LLVM takes a loop that reads and writes one
            # entry at a time, and so adds in another order. A loop that only reads adds in one.
            if len(row) < LANES:
                part = sum_of(result[start:end])
            total, lost = added(total, lost, np.float64(part))
        factor = x.dtype.type(1 / (total + lost))
        for i in range(len(row)):
            result[i] *= factor
    return True


@compiled
def log_softmax_rows(x: Any, out: Any, *temperature: Any) -> bool:
    """Write log-softmax of each row to ``out``."""
    if not do_fit(x, out):
        return False
    for r in range(len(x) if x.ndim == 2 else 1):
        row = x[r] if x.ndim == 2 else x
        result = out[r] if out.ndim == 2 else out
        top, rest = pair_of_row(row, temperature)
        log_total = x.dtype.type(log_1p(rest))
        for i in range(len(row)):
            result[i] = below(row[i], top, temperature) - log_total
    return True


@compiled
def logsumexp_rows(x: Any, out: Any) -> None:
    """Write the log-sum-exp of each row to ``out``."""
    for r in range(len(x)):
        top, rest = pair_of_row(x[r], ())
        out[r] = log_of_pair(top, rest)


@inlined
def log_of_pair(top: Any, rest: float) -> float:
    """Return the log-sum-exp of a row; where the maximum is infinite, it is the result."""
    return np.float64(top) if np.isinf(top) else np.float64(top) + log_1p(rest)


@compiled
def loss_rows(x: Any, out: Any, labels: Any, weights: Any, losses: Any, count: float) -> None:
    """Write the loss of each row to ``losses``, and its gradient over ``count`` to ``out``."""
    for r in range(len(x)):
        row, result = x[r], out[r]
        top, rest = pair_of_row(row, ())
        distance = row[labels[r]] - top
        scale = weights[r] / (1 + rest) / count
        factor = x.dtype.type(scale)
        for i in range(len(row)):
            result[i] = exp(row[i] - top) * factor
        # In this order nothing cancels where the probability of the label is close to 1.
        result[labels[r]] = ((np.float64(exp(distance)) - 1) - rest) * scale
        losses[r] = weights[r] * (log_1p(rest) - np.float64(distance))


@inlined
def mean_of_row(p: Any, g: Any, level: Any) -> Any:
    """Return the sum of ``p * (g - level)`` over a row."""
    total, lost = 0.0, 0.0
    for start in range(0, len(p), PIECE):
        end = start + PIECE
        total, lost = added(total, lost, np.float64(dot(p[start:end], g[start:end], level)))
    return p.dtype.type(total + lost)


@compiled
def vjp_rows(p: Any, g: Any, out: Any) -> bool:
    """Write ``p * (g - sum(p * g))`` of each row to ``out``; the mean is taken away twice."""
    if not (do_fit(p, out) and do_fit(g, out)):
        return False
    for r in range(len(p) if p.ndim == 2 else 1):
        row_p = p[r] if p.ndim == 2 else p
        row_g = g[r] if g.ndim == 2 else g
        result = out[r] if out.ndim == 2 else out
        mean = mean_of_row(row_p, row_g, p.dtype.type(0))
        more = mean_of_row(row_p, row_g, mean)
        for i in range(len(row_p)):
            result[i] = row_p[i] * ((row_g[i] - mean) - more)
    return True


@compiled
def sigmoid_rows(x: Any, out: Any) -> bool:
    """Write the sigmoid of each entry to ``out``, of any shape."""
    if not do_fit(x, out):
        return False
    one = x.dtype.type(1)
    entries, results = x.reshape(x.size), out.reshape(x.size)
    for i in range(len(entries)):
        e = exp(-abs(entries[i]))
        results[i] = (e if entries[i] < 0 else one) / (one + e)
    return True


sigmoid_short_rows = sigmoid_rows  # here a row is an entry, however the entries are laid out


# --- rows side by side ------------------------------------------------------------------------
# Arrays of three axes, with the classes along the middle one. Each loop takes all along the first
# axis, and those from ``left`` to ``right`` along the last one, so that threads can share these. A
# small array is one block, of two axes.


@inlined
def scratch(x: Any, count: int) -> Any:
    """Return ``count`` arrays like ``x`` and three of float64, with one entry a column."""
    return np.empty((count, WIDTH), x.dtype), np.empty((3, WIDTH))


@inlined
def add_line(part: Any, total: Any, lost: Any) -> None:
    """Add a line to the totals; of float64, keep what rounding takes."""
    for j in range(len(part)):
        if part.itemsize == 8:
            total[j], lost[j] = added(total[j], lost[j], np.float64(part[j]))
        else:
            total[j] += np.float64(part[j])


@inlined
def top_of_columns(x: Any, left: int, right: int, top: Any) -> None:
    """Write the maximum of each column of a block to ``top``, or 0 if all scores are -inf.

    Until the last loop, ``top`` holds the bits of keys: to compare floats takes a quarter longer.
    """
    zero, lowest = x.dtype.type(0), of_bits(key(x.dtype.type(-np.inf)))
    for j in range(right - left):
        top[j] = lowest
    for i in range(x.shape[0]):
        line = x[i, left:right]
        for j in range(len(line)):
            k, so_far = key(line[j]), bits(top[j])
            top[j] = of_bits(k if k > so_far else so_far)
    for j in range(right - left):
        value = of_key(bits(top[j]))
        top[j] = zero if value == -np.inf else value


@inlined
def rest_of_columns(x: Any, left: int, right: int, own: Any, totals: Any, temperature: Any) -> None:
    """Write the maximum of each column, and the rest of its sum, to the first of the arrays."""
    one, zero = x.dtype.type(1), x.dtype.type(0)
    top, part, ones = own[0], own[1, : right - left], own[2]
    rest, lost, count = totals[0], totals[1], totals[2]
    top_of_columns(x, left, right, top)
    for j in range(right - left):
        rest[j], lost[j], count[j] = 0.0, 0.0, -1.0
    for begin in range(0, x.shape[0], HEIGHT):
        for j in range(right - left):
            part[j], ones[j] = zero, zero
        for i in range(begin, min(begin + HEIGHT, x.shape[0])):
            line = x[i, left:right]
            for j in range(len(line)):
                e = exp(below(line[j], top[j], temperature))
                is_one = one if e == one else zero
                part[j] += e - is_one
                ones[j] += is_one
        add_line(part, rest, lost)
        for j in range(right - left):
            count[j] += np.float64(ones[j])
    for j in range(right - left):
        rest[j] += lost[j] + count[j]


@inlined
def softmax_of_columns(
    x: Any, out: Any, left: int, right: int, own: Any, totals: Any, temperature: Any
) -> None:
    """Write softmax of each column of a block to ``out``; the last arrays are for its use."""
    zero = x.dtype.type(0)
    top, part, total, lost = own[0], own[1, : right - left], totals[0], totals[1]
    top_of_columns(x, left, right, top)
    for j in range(right - left):
        total[j], lost[j] = 0.0, 0.0
    for begin in range(0, x.shape[0], HEIGHT):
        for j in range(right - left):
            part[j] = zero
        for i in range(begin, min(begin + HEIGHT, x.shape[0])):
            line, result = x[i, left:right], out[i, left:right]
            for j in range(len(line)):
                e = exp(below(line[j], top[j], temperature))
                result[j] = e
                part[j] += e
        add_line(part, total, lost)
    for j in range(right - left):
        part[j] = 1 / (total[j] + lost[j])
    for i in range(x.shape[0]):
        result = out[i, left:right]
        for j in range(len(result)):
            result[j] *= part[j]


@inlined
def log_softmax_of_columns(
    x: Any, out: Any, left: int, right: int, own: Any, totals: Any, temperature: Any
) -> None:
    """Write log-softmax of each column of a block to ``out``, after ``rest_of_columns``."""
    top, log_total, rest = own[0], own[1], totals[0]
    for j in range(right - left):
        log_total[j] = log_1p(rest[j])
    for i in range(x.shape[0]):
        line, result = x[i, left:right], out[i, left:right]
        for j in range(len(line)):
            result[j] = below(line[j], top[j], temperature) - log_total[j]


@inlined
def logsumexp_of_columns(out: Any, own: Any, totals: Any) -> None:
    """Write the log-sum-exp of each column of a block to ``out``, after ``rest_of_columns``."""
    top, rest = own[0], totals[0]
    for j in range(len(out)):
        out[j] = log_of_pair(top[j], rest[j])


@compiled
def softmax_columns(x: Any, out: Any, left: int, right: int, *temperature: Any) -> None:
    """Write softmax of rows side by side to ``out``."""
    own, totals = scratch(x, 2)
    for r in range(len(x)):
        for j in range(left, right, WIDTH):
            end = min(j + WIDTH, right)
            softmax_of_columns(x[r], out[r], j, end, own, totals, temperature)


@compiled
def softmax_block(x: Any, out: Any) -> bool:
    """Write softmax of each column of one block to ``out``."""
    if not do_fit(x, out):
        return False
    own, totals = scratch(x, 2)
    for j in range(0, x.shape[1], WIDTH):
        end = min(j + WIDTH, x.shape[1])
        softmax_of_columns(x, out, j, end, own, totals, ())
    return True


@compiled
def log_softmax_columns(x: Any, out: Any, left: int, right: int, *temperature: Any) -> None:
    """Write log-softmax of rows side by side to ``out``."""
    own, totals = scratch(x, 3)
    for r in range(len(x)):
        for j in range(left, right, WIDTH):
            end = min(j + WIDTH, right)
            rest_of_columns(x[r], j, end, own, totals, temperature)
            log_softmax_of_columns(x[r], out[r], j, end, own, totals, temperature)


@compiled
def log_softmax_block(x: Any, out: Any) -> bool:
    """Write log-softmax of each column of one block to ``out``."""
    if not do_fit(x, out):
        return False
    own, totals = scratch(x, 3)
    for j in range(0, x.shape[1], WIDTH):
        end = min(j + WIDTH, x.shape[1])
        rest_of_columns(x, j, end, own, totals, ())
        log_softmax_of_columns(x, out, j, end, own, totals, ())
    return True


@compiled
def logsumexp_columns(x: Any, out: Any, left: int, right: int) -> None:
    """Write the log-sum-exp of rows side by side to ``out``, of two axes."""
    own, totals = scratch(x, 3)
    for r in range(len(x)):
        for j in range(left, right, WIDTH):
            end = min(j + WIDTH, right)
            rest_of_columns(x[r], j, end, own, totals, ())
            logsumexp_of_columns(out[r, j:end], own, totals)


@inlined
def loss_of_columns(
    x: Any, out: Any, labels: Any, weights: Any, losses: Any,
    left: int, right: int, count: float, own: Any, totals: Any,
) -> None:  # fmt: skip
    """Write the loss of each column of a block to ``losses``, and its gradient to ``out``.

    ``rest_of_columns`` has been called before.
    """
    top, factor, at_label, rest = own[0], own[1], own[2], totals[0]
    for j in range(right - left):
        distance = x[labels[j], left + j] - top[j]
        scale = weights[j] / (1 + rest[j]) / count
        factor[j] = scale
        at_label[j] = ((np.float64(exp(distance)) - 1) - rest[j]) * scale
        losses[j] = weights[j] * (log_1p(rest[j]) - np.float64(distance))
    for i in range(x.shape[0]):
        line, result = x[i, left:right], out[i, left:right]
        for j in range(len(line)):
            result[j] = exp(line[j] - top[j]) * factor[j]
    for j in range(right - left):
        out[labels[j], left + j] = at_label[j]


@compiled
def loss_columns(
    x: Any, out: Any, labels: Any, weights: Any, losses: Any, left: int, right: int, count: float
) -> None:  # fmt: skip
    """Write the losses of rows side by side, and their gradients; labels have two axes."""
    own, totals = scratch(x, 3)
    for r in range(len(x)):
        for j in range(left, right, WIDTH):
            end = min(j + WIDTH, right)
            y, w, loss = labels[r, j:end], weights[r, j:end], losses[r, j:end]
            rest_of_columns(x[r], j, end, own, totals, ())
            loss_of_columns(x[r], out[r], y, w, loss, j, end, count, own, totals)


@inlined
def mean_of_columns(
    p: Any, g: Any, left: int, right: int, level: Any, own: Any, totals: Any
) -> None:
    """Write the sum of ``p * (g - level)`` over each column to the first total."""
    part, total, lost = own[2, : right - left], totals[0], totals[1]
    for j in range(right - left):
        total[j], lost[j] = 0.0, 0.0
    for begin in range(0, p.shape[0], HEIGHT):
        for j in range(right - left):
            part[j] = p.dtype.type(0)
        for i in range(begin, min(begin + HEIGHT, p.shape[0])):
            line_p, line_g = p[i, left:right], g[i, left:right]
            for j in range(len(line_p)):
                part[j] += line_p[j] * (line_g[j] - level[j])
        add_line(part, total, lost)
    for j in range(right - left):
        total[j] += lost[j]


@inlined
def vjp_of_columns(p: Any, g: Any, out: Any, left: int, right: int, own: Any, totals: Any) -> None:
    """Write the product of each column of a block to ``out``."""
    mean, more, total = own[0], own[1], totals[0]
    for j in range(right - left):
        more[j] = p.dtype.type(0)
    for _ in range(2):
        for j in range(right - left):
            mean[j] = more[j]
        mean_of_columns(p, g, left, right, mean, own, totals)
        for j in range(right - left):
            more[j] = total[j]
    for i in range(p.shape[0]):
        line_p, line_g, result = p[i, left:right], g[i, left:right], out[i, left:right]
        for j in range(len(line_p)):
            result[j] = line_p[j] * ((line_g[j] - mean[j]) - more[j])


@compiled
def vjp_columns(p: Any, g: Any, out: Any, left: int, right: int) -> None:
    """Write the products of rows side by side to ``out``."""
    own, totals = scratch(p, 3)
    for r in range(len(p)):
        for j in range(left, right, WIDTH):
            vjp_of_columns(p[r], g[r], out[r], j, min(j + WIDTH, right), own, totals)


@compiled
def vjp_block(p: Any, g: Any, out: Any) -> bool:
    """Write the product of each column of one block to ``out``."""
    if not (do_fit(p, out) and do_fit(g, out)):
        return False
    own, totals = scratch(p, 3)
    for j in range(0, p.shape[1], WIDTH):
        vjp_of_columns(p, g, out, j, min(j + WIDTH, p.shape[1]), own, totals)
    return True


# --- short rows -------------------------------------------------------------------------------
# They are copied side by side, WIDTH at a time.


@inlined
def beside(x: Any) -> Any:
    """Return an empty block for short rows side by side."""
    return np.empty((x.shape[1], WIDTH), x.dtype)


@inlined
def turn(x: Any, side: Any) -> None:
    """Copy rows side by side."""
    for i in range(x.shape[1]):
        for r in range(x.shape[0]):
            side[i, r] = x[r, i]


@inlined
def turn_back(side: Any, out: Any) -> None:
    """Copy what stands side by side into rows."""
    for r in range(out.shape[0]):
        for i in range(out.shape[1]):
            out[r, i] = side[i, r]


@compiled
def softmax_short_rows(x: Any, out: Any, *temperature: Any) -> bool:
    """Write softmax of each row to ``out``."""
    if not do_fit(x, out):
        return False
    side, turned = beside(x), beside(x)  # not in place: that would be no vector code
    own, totals = scratch(x, 2)
    for r in range(0, len(x), WIDTH):
        end = r + WIDTH
        part = x[r:end]
        turn(part, side)
        softmax_of_columns(side, turned, 0, len(part), own, totals, temperature)
        turn_back(turned, out[r:end])
    return True


@compiled
def log_softmax_short_rows(x: Any, out: Any, *temperature: Any) -> bool:
    """Write log-softmax of each row to ``out``."""
    if not do_fit(x, out):
        return False
    side, turned = beside(x), beside(x)
    own, totals = scratch(x, 3)
    for r in range(0, len(x), WIDTH):
        end = r + WIDTH
        part = x[r:end]
        turn(part, side)
        rest_of_columns(side, 0, len(part), own, totals, temperature)
        log_softmax_of_columns(side, turned, 0, len(part), own, totals, temperature)
        turn_back(turned, out[r:end])
    return True


@compiled
def logsumexp_short_rows(x: Any, out: Any) -> None:
    """Write the log-sum-exp of each row to ``out``."""
    side = beside(x)
    own, totals = scratch(x, 3)
    for r in range(0, len(x), WIDTH):
        end = r + WIDTH
        part = x[r:end]
        turn(part, side)
        rest_of_columns(side, 0, len(part), own, totals, ())
        logsumexp_of_columns(out[r:end], own, totals)


@compiled
def loss_short_rows(x: Any, out: Any, labels: Any, weights: Any, losses: Any, count: float) -> None:
    """Write the loss of each row to ``losses``, and its gradient over ``count`` to ``out``."""
    side, turned = beside(x), beside(x)
    own, totals = scratch(x, 3)
    for r in range(0, len(x), WIDTH):
        end = r + WIDTH
        part, y, w, loss = x[r:end], labels[r:end], weights[r:end], losses[r:end]
        turn(part, side)
        rest_of_columns(side, 0, len(part), own, totals, ())
        loss_of_columns(side, turned, y, w, loss, 0, len(part), count, own, totals)
        turn_back(turned, out[r:end])


@compiled
def vjp_short_rows(p: Any, g: Any, out: Any) -> bool:
    """Write the product of each row to ``out``."""
    if not (do_fit(p, out) and do_fit(g, out)):
        return False
    side_p, side_g, turned = beside(p), beside(p), beside(p)
    own, totals = scratch(p, 3)
    for r in range(0, len(p), WIDTH):
        end = r + WIDTH
        part = p[r:end]
        turn(part, side_p)
        turn(g[r:end], side_g)
        vjp_of_columns(side_p, side_g, turned, 0, len(part), own, totals)
        turn_back(turned, out[r:end])
    return True


# --- small arrays -----------------------------------------------------------------------------


def for_small_arrays(name: str, kind: str, dtype: Any, ndim: int, count: int) -> Any:
    """Return a loop for rows of a kind, compiled for ``count`` arrays of a dtype and nothing else.

    All arrays but the last are read; whether they can be written does not matter. Whatever else is
    passed raises TypeError.
    """
    loop = compiled(globals()[f"{name}_{kind}"].py_func)
    read, written = (types.Array(from_dtype(dtype), ndim, "C", readonly=r) for r in (True, False))
    has_temperature = "temperature" in loop.py_func.__code__.co_varnames
    no_temperature = has_temperature * [types.Tuple(())]  # type: ignore[no-untyped-call]
    loop.compile((*(count - 1) * [read], written, *no_temperature))
    loop.disable_compile()
    return loop
