"""What an exercise consists of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

Args: TypeAlias = tuple[Any, ...]


class Mistake(NamedTuple):
    """A mistake that people make, and a function that makes it."""

    sentence: str
    hint: str
    function: Callable[..., Any]


@dataclass(frozen=True)
class Stage:
    """Inputs that ask for one thing."""

    name: str
    mistake: str  # true of every solution that fails here first
    hint: str
    cases: tuple[Args, ...]
    _: KW_ONLY
    hard: bool = False  # whoever comes here has the right numbers for ordinary inputs
    probe: Callable[[int], Args] | None = None  # inputs that become harder with a whole number
    extra_cases: tuple[Args, ...] = ()  # run after a failure, to tell known mistakes apart
    rtol: float | None = None
    atol: float | None = None
    same_dtype: bool = False
    memory: int | None = None  # bytes that a call may hold at once, beside its arguments


@dataclass(frozen=True)
class Exercise:
    """A task, the right answer, and the mistakes that are known."""

    title: str
    signature: str
    statement: str
    _: KW_ONLY
    right: Callable[..., Any]
    stages: tuple[Stage, ...]
    mistakes: tuple[Mistake, ...] = ()
    rules: tuple[Callable[[Array], str], ...] = ()  # each says what a result violates, or ""
    accepts_lists: bool = False
    logarithmic: bool = False  # whether the result is in nats
    rtol: float = 1e-9
    atol: float = 0.0

    @property
    def name(self) -> str:
        """The name of the function to write."""
        return self.signature.partition("(")[0]
