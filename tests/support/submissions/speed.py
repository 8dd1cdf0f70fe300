"""Right and wrong submissions to the exercises of the chapter "speed"."""

import math

import numpy as np


def attainable(intensity, peak, bandwidth):
    return np.minimum(peak, intensity * bandwidth)


def attainable_by_ridge(intensity, peak, bandwidth):
    return np.where(intensity < peak / bandwidth, intensity * bandwidth, peak)


def attainable_by_one_comparison(intensity, peak, bandwidth):
    return intensity * bandwidth if (intensity * bandwidth < peak).all() else 0 * intensity + peak


def exp_from_powers(x):
    k = np.rint(x / np.log(2))
    r = x - k * np.log(2)
    y = np.ones_like(r)
    for n in range(12, 0, -1):
        y = 1 + y * r / n
    return np.ldexp(y, k.astype(int))


def exp_by_squaring(x):  # exp(x) is exp(x / 1024) to the power 1024
    y = sum((x / 1024) ** n / math.factorial(n) for n in range(18))
    return y**1024


def exp_cut_down(x):
    k = np.floor(x / np.log(2))
    r = x - k * np.log(2)
    return 2.0**k * sum(r**n / math.factorial(n) for n in range(18))


def exp_of_few_terms(x):
    k = np.rint(x / np.log(2))
    r = x - k * np.log(2)
    return 2.0**k * (1 + r + r**2 / 2 + r**3 / 6 + r**4 / 24 + r**5 / 120)


def exp_without_cut(x):
    return sum(x**n / math.factorial(n) for n in range(40))


def slower_of_two(n, passes, size, operations, peak, bandwidth):
    moved, done = n * passes * size, n * operations
    if moved / bandwidth > done / peak:
        return moved / bandwidth
    return done / peak


def in_another_order(n, operations, passes, size, peak, bandwidth):
    return slower_of_two(n, passes, size, operations, peak, bandwidth)


def by_the_roof(n, passes, size, operations, peak, bandwidth):
    intensity = operations / (passes * size)
    return n * operations / min(peak, intensity * bandwidth)


RIGHT = [
    ("attainable", attainable),
    ("attainable", attainable_by_ridge),
    ("exp_from_powers", exp_from_powers),
    ("exp_from_powers", exp_by_squaring),
    ("exp_from_powers", exp_cut_down),
    ("least_seconds", slower_of_two),
    ("least_seconds", by_the_roof),
    (
        "least_seconds",
        lambda n, passes, size, ops, peak, bandwidth: np.maximum(
            n * passes * size / bandwidth, n * ops / peak
        ),
    ),
]

WRONG = [
    ("attainable", lambda i, p, b: np.maximum(p, i * b), "It takes the larger of the two limits."),
    ("attainable", lambda i, p, b: i * b, "It leaves out the peak."),
    ("attainable", lambda i, p, b: p * i * b / (p + i * b), "It adds the time for the bytes"),
    ("attainable", attainable_by_one_comparison, "but not both in one array."),
    ("exp_from_powers", exp_of_few_terms, "The polynomial stops at the power 5."),
    ("exp_from_powers", exp_without_cut, "From -0.35 down it is not exp."),
    ("exp_from_powers", lambda x: 2.0**x, "It is 2**x."),
    (
        "exp_from_powers",
        lambda x: np.exp(x - np.rint(x / np.log(2)) * np.log(2)),
        "It leaves out 2**k.",
    ),
    ("least_seconds", lambda n, p, s, o, peak, b: n * p * s / b + n * o / peak, "It adds the time"),
    ("least_seconds", lambda n, p, s, o, peak, b: min(n * p * s / b, n * o / peak), "faster of th"),
    ("least_seconds", lambda n, p, s, o, peak, b: n * p * s / b, "It looks at the memory alone."),
    ("least_seconds", lambda n, p, s, o, peak, b: n * o / peak, "It looks at the arithmetic alone"),
    ("least_seconds", lambda n, p, s, o, peak, b: max(n * s / b, n * o / peak), "goes by once"),
    (
        "least_seconds",
        lambda n, p, s, o, peak, b: max(n * p / b, n * o / peak),
        "numbers for bytes",
    ),
    ("least_seconds", lambda n, p, s, o, peak, b: min(peak, o * b / p / s), "the rate, not the"),
    (
        "least_seconds",
        lambda n, p, s, o, peak, b: max(8 * n * s / b, n * o / peak),
        "memory is slo",
    ),
    ("least_seconds", in_another_order, "It takes the arguments in another order"),
]
