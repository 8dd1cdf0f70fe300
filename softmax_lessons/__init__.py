"""Softmax and its family in NumPy, with the hard cases right and the sources named.

The functions here need NumPy alone. ``softmax_lessons.plotting`` needs matplotlib,
``softmax_lessons.pytorch`` needs torch; both are imported by name, when they are wanted.

These conventions hold for all functions. A docstring says what is its own.

Axis
    Classes lie along ``axis``, the last one by default. It is an integer or a tuple of integers:
    several axes count as one, in C order, the last axis running fastest. For the whole array pass
    ``tuple(range(x.ndim))``; ``scipy.special`` does so by default. An axis that ``x`` does not
    have raises ``numpy.exceptions.AxisError``; a scalar has none.

Dtypes
    float16, float32, float64 and longdouble come back as they went in, in native byte order.
    float16 is calculated in float32. Integers and booleans become float64 before anything is
    subtracted; they are exact up to 2**53.

Infinities and NaN
    A NaN makes its row NaN. So does +inf, and a row of -inf alone is NaN too, under softmax,
    log-softmax and cross-entropy. This is a choice, for softmax the same as that of PyTorch, JAX
    and SciPy. With exactly one +inf there is a limit: probability 1 for that entry. With two, or
    with -inf alone, there is none. A score of -inf beside a finite one has probability 0.
    Log-sum-exp has a limit everywhere: +inf where a score is +inf, -inf of -inf alone. Hardmax
    takes infinities as numbers like any other.

Masks
    ``where`` is True where an entry counts, and broadcasts to the shape of ``x``. The other
    entries do not matter, not even NaN. Where nothing counts, softmax and hardmax are 0,
    log-softmax and log-sum-exp are -inf. The losses leave such a row out.

Digits
    Let u be the unit roundoff, half of ``numpy.finfo(dtype).eps``. The relative error of a
    probability is at most a few u, and one more for each unit by which its score lies below the
    largest. The level of the scores does not matter. For ``exp(x - logsumexp(x))`` it does: at a
    level L the error grows to L times u, some 15 times that of softmax at 100 and some 100 times
    at 1000. The error of log-sum-exp is a few u of its largest score, or of 1 if that is larger.
    Near 0, where a negative score and the logarithm cancel, the result keeps few of its own digits.

In place
    Nothing is changed, except an ``out`` that is passed: an array of the shape and dtype of the
    result. It is returned, and may be the input itself or overlap it.

No warnings
    Whatever ``numpy.seterr`` says, nothing warns but the normalizers that fail, whose failure is
    the lesson, and a sum of finite losses that is too large for its dtype.

Errors
    They quote what was passed, and say what would work. ``TypeError``: complex numbers, text,
    dates, objects, masked arrays, torch tensors; a mask that is not boolean; a number where none
    can be read; an ``out`` of another dtype. ``ValueError``: shapes that do not fit, a read-only
    ``out``, numbers out of range, names that are no choice. ``IndexError``: a label that is no
    class.
"""

from typing import TYPE_CHECKING

from softmax_lessons import (
    activations,
    alternatives,
    candidates,
    gradients,
    information,
    losses,
    normalizers,
    online,
    sampling,
)
from softmax_lessons.activations import *
from softmax_lessons.alternatives import *
from softmax_lessons.attention import *
from softmax_lessons.attention import __all__ as names_of_attention  # its function bears its name
from softmax_lessons.candidates import *
from softmax_lessons.gradients import *
from softmax_lessons.information import *
from softmax_lessons.losses import *
from softmax_lessons.normalizers import *
from softmax_lessons.online import *
from softmax_lessons.sampling import *

# Each module says in its own __all__ what is public of it.
__all__: list[str] = []
__all__ += activations.__all__
__all__ += alternatives.__all__
__all__ += names_of_attention
__all__ += candidates.__all__
__all__ += gradients.__all__
__all__ += information.__all__
__all__ += losses.__all__
__all__ += normalizers.__all__
__all__ += online.__all__
__all__ += sampling.__all__


__version__: str

if not TYPE_CHECKING:  # a type checker would take any misspelt name for a string

    def __getattr__(name):
        # importlib.metadata takes a good part of the time that NumPy takes: it waits to be asked.
        if name == "__version__":
            from importlib.metadata import version

            return version("softmax-lessons")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
