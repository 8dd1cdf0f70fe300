"""Exact results from mpmath with 60 digits, and how far others lie from them.

The scores are multiples of 1/64, so that their differences are exact. Rounding them would add an
error that grows with the difference, which the notes of softmax state.
"""

import mpmath
import numpy as np

mpmath.mp.dps = 60


def exact_logsumexp(row):
    return mpmath.log(mpmath.fsum(mpmath.exp(float(v)) for v in row))


def exact_log_softmax(row):
    lse = exact_logsumexp(row)
    return [mpmath.mpf(float(v)) - lse for v in row]


def exact_softmax(row):
    return [mpmath.exp(v) for v in exact_log_softmax(row)]


def exact_sigmoid(row):
    return [1 / (1 + mpmath.exp(-mpmath.mpf(float(v)))) for v in row]


def exact_softplus(row):
    return [mpmath.log1p(mpmath.exp(mpmath.mpf(float(v)))) for v in row]


def exact_log_sigmoid(row):
    return [-v for v in exact_softplus(-np.asarray(row))]


def largest_error(got, exact):
    """Return the largest error in ulp of the exact value, subnormal numbers included."""
    got, exact = np.atleast_1d(got).ravel(), np.atleast_1d(exact).ravel()
    ulps = np.spacing(np.array([abs(float(e)) for e in exact]).astype(got.dtype))
    errors = [abs(mpmath.mpf(float(g)) - e) for g, e in zip(got, exact, strict=True)]
    return max(float(e / mpmath.mpf(float(u))) for e, u in zip(errors, ulps, strict=True))


def rows(dtype, spread, count=40, length=24):
    random = np.random.default_rng([2021, spread])
    return (random.integers(-64 * spread, 64 * spread + 1, (count, length)) / 64).astype(dtype)
