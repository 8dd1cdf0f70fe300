"""Softmax and its family in NumPy, with the hard cases right and the sources named.

The functions here need NumPy alone. ``softmax_lessons.plotting`` needs matplotlib and seaborn,
``softmax_lessons.pytorch`` needs torch; both are imported by name, when they are wanted.
"""

from typing import TYPE_CHECKING

from softmax_lessons import activations, gradients, losses, normalizers
from softmax_lessons.activations import *
from softmax_lessons.gradients import *
from softmax_lessons.losses import *
from softmax_lessons.normalizers import *

# Each module says in its own __all__ what is public of it.
__all__: list[str] = []
__all__ += activations.__all__
__all__ += gradients.__all__
__all__ += losses.__all__
__all__ += normalizers.__all__


__version__: str

if not TYPE_CHECKING:  # a type checker would take any misspelt name for a string

    def __getattr__(name):
        # importlib.metadata takes a good part of the time that NumPy takes: it waits to be asked.
        if name == "__version__":
            from importlib.metadata import version

            return version("softmax-lessons")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
