"""One call of a solution beside the right result, and what can be found in it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from softmax_lessons.exercises._call import Outcome

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Args, Array


class Trial(NamedTuple):
    """One call: what went in, what happened, what should have come out."""

    args: Args
    outcome: Outcome
    expected: Array

    @property
    def got(self) -> Array:
        """The numbers that came back."""
        assert self.outcome.value is not None
        return self.outcome.value


class Finding(NamedTuple):
    """What is wrong, and what to say about it; ``got`` and ``expected`` replace the numbers."""

    mistake: str
    hint: str = ""
    got: str = ""
    expected: str = ""


def apply(function: Callable[..., Any], args: Args) -> Array:
    """Return the result of one of our own functions, for copies of the arguments."""
    return np.asarray(function(*copy.deepcopy(args)))


def agree(a: Array, b: Array, rtol: float, atol: float = 0.0) -> bool:
    """Tell whether two results agree in shape and numbers; NaN equals NaN."""
    return a.shape == b.shape and bool(np.allclose(a, b, rtol, atol, equal_nan=True))


def agree_if_there(a: Array | None, b: Array | None, rtol: float = 1e-12) -> bool:
    """Tell the same of results that may be missing."""
    return (a is None and b is None) or (a is not None and b is not None and agree(a, b, rtol))


def is_numbers(outcome: Outcome, *, accepts_lists: bool) -> bool:
    """Tell whether a call returned real numbers, in a form that the exercise accepts."""
    return (
        not outcome.ended
        and outcome.raised is None
        and outcome.value is not None
        and outcome.value.dtype.kind in "biuf"
        and (accepts_lists or outcome.kind in ("array", "number"))
    )
