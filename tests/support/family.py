"""What several test modules share: the running example and the public functions by kind."""

import re

import numpy as np

from softmax_lessons import (
    hardmax,
    log_sigmoid,
    log_softmax,
    logsumexp,
    min_max,
    normalize_by_abs,
    normalize_by_relu,
    normalize_by_square,
    normalize_by_sum,
    sigmoid,
    softmax,
    softplus,
)

LABELS = ["seal", "panda", "duck"]
Z = [0.25, 1.23, -0.8]
P = [0.2491036, 0.66372565, 0.08717075]  # softmax of Z, from mpmath

ACTIVATIONS = [softmax, log_softmax, logsumexp, hardmax]
NORMALIZERS = [normalize_by_sum, normalize_by_abs, normalize_by_square, normalize_by_relu, min_max]
WITH_AXIS = ACTIVATIONS + NORMALIZERS
ELEMENTWISE = [sigmoid, log_sigmoid, softplus]
EVERYTHING = [*ELEMENTWISE, *WITH_AXIS]

FLOATS = [np.float16, np.float32, np.float64, np.longdouble]
nan, inf = np.nan, np.inf


def by_name(function):
    """Name a parametrized test after the function it tests."""
    return getattr(function, "__name__", None)


def whole(text):
    """A pattern that fits the text alone, from its first letter to its last."""
    return f"^{re.escape(text)}$"
