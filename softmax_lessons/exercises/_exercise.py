"""What an exercise consists of, and one call of a solution."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from softmax_lessons.exercises import _run

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

Args: TypeAlias = tuple[Any, ...]


class Finding(NamedTuple):
    """A mistake, and what to say about it; ``got`` stands in for the numbers."""

    mistake: str
    hint: str = ""
    got: str = ""
    expected: str = ""


class Suspect(NamedTuple):
    """A known mistake, and a function that makes it."""

    mistake: str
    hint: str
    function: Callable[..., Any]


@dataclass(frozen=True)
class Stage:
    """Inputs that ask for one thing."""

    name: str
    mistake: str  # true of whatever fails here first
    hint: str
    cases: tuple[Args, ...]
    hard: bool = False  # the numbers are known to be right on ordinary inputs
    probe: Callable[[int], Args] | None = None  # inputs that become harder with a whole number
    witnesses: tuple[Args, ...] = ()  # more inputs, to tell suspects apart once it has failed
    rtol: float | None = None
    atol: float | None = None
    same_dtype: bool = False


@dataclass(frozen=True)
class Exercise:
    """A task, the right answer, and what is known of wrong ones."""

    title: str
    chapter: str
    signature: str
    statement: str
    right: Callable[..., Any]
    stages: tuple[Stage, ...]
    suspects: tuple[Suspect, ...] = ()
    rules: tuple[Callable[[Array], str], ...] = ()  # what a result breaks, or ""
    lists: bool = False  # whether a list will do
    logs: bool = False  # whether the result is measured in nats
    rtol: float = 1e-9
    atol: float = 0.0

    def expected(self, args: Args) -> Array:
        """Return the right result."""
        return apply(self.right, args)


class Trial(NamedTuple):
    """One call: what went in, what happened, what should have come out."""

    args: Args
    outcome: _run.Outcome
    expected: Array

    @property
    def got(self) -> Array:
        """The numbers that came back."""
        assert self.outcome.value is not None
        return self.outcome.value


def apply(function: Callable[..., Any], args: Args) -> Array:
    """Return what one of our own functions makes of copies of the arguments."""
    return np.asarray(function(*copy.deepcopy(args)))


def agree(a: Array, b: Array, rtol: float, atol: float = 0.0) -> bool:
    """Tell whether two results agree in shape and numbers; NaN equals NaN."""
    return a.shape == b.shape and bool(np.allclose(a, b, rtol, atol, equal_nan=True))


def agree_if_there(a: Array | None, b: Array | None, rtol: float = 1e-12) -> bool:
    """Tell the same of results that may not be numbers."""
    return (a is None and b is None) or (a is not None and b is not None and agree(a, b, rtol))
