"""Softmax and its family in NumPy, with the hard cases right and the sources named.

The functions here need NumPy alone. ``softmax_lessons.plotting`` needs matplotlib and seaborn,
``softmax_lessons.pytorch`` needs torch; both are imported by name, when they are wanted.
"""

from typing import TYPE_CHECKING

from softmax_lessons.activations import hardmax, log_softmax, logsumexp, sigmoid, softmax
from softmax_lessons.gradients import check_grad, softmax_jacobian, softmax_jvp, softmax_vjp
from softmax_lessons.losses import cross_entropy, cross_entropy_and_grad, one_hot
from softmax_lessons.normalizers import (
    min_max,
    normalize_by_abs,
    normalize_by_relu,
    normalize_by_square,
    normalize_by_sum,
)

__all__ = [
    "check_grad",
    "cross_entropy",
    "cross_entropy_and_grad",
    "hardmax",
    "log_softmax",
    "logsumexp",
    "min_max",
    "normalize_by_abs",
    "normalize_by_relu",
    "normalize_by_square",
    "normalize_by_sum",
    "one_hot",
    "sigmoid",
    "softmax",
    "softmax_jacobian",
    "softmax_jvp",
    "softmax_vjp",
]


__version__: str

if not TYPE_CHECKING:  # a type checker would take any misspelt name for a string

    def __getattr__(name):
        # importlib.metadata takes a good part of the time that NumPy takes: it waits to be asked.
        if name == "__version__":
            from importlib.metadata import version

            return version("softmax-lessons")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
