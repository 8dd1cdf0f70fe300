"""What an exercise consists of."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

Args: TypeAlias = tuple[Any, ...]


class Rule(Protocol):
    """What every right result of an exercise has: a function of a result.

    It is asked where nothing more exact is known of a mistake.

    Parameters
    ----------
    result : numpy.ndarray
        What a solution returned, of the right shape.

    Returns
    -------
    str
        A sentence that says what the result violates, or "" if it is as it should be.

    See Also
    --------
    softmax_lessons.exercises.rules : Rules that are there already.

    Examples
    --------
    >>> def sorted_row(result):
    ...     return "The numbers do not ascend." if (result[1:] < result[:-1]).any() else ""
    """

    def __call__(self, result: Array) -> str:
        """Return what the result violates."""


@dataclass(frozen=True)
class KnownMistake:
    """A mistake that people make, and a function that makes it.

    Parameters
    ----------
    sentence : str
        What is wrong, as a sentence.
    hint : str
        What to do, as a sentence.
    function : callable
        Returns what a solution with this mistake does. The mistake is named where a solution
        returns the same on all inputs so far, to nine digits.

    Examples
    --------
    >>> import numpy as np
    >>> from softmax_lessons.exercises import KnownMistake
    >>> mistake = KnownMistake("It adds.", "Multiply.", np.sum)
    """

    sentence: str
    hint: str
    function: Callable[..., Any]


@dataclass(frozen=True)
class Stage:
    """Inputs of an exercise that ask for one thing. The first stage that fails is reported.

    Parameters
    ----------
    name : str
        What the inputs are, to follow "right so far:", such as "a batch of rows".
    mistake : str
        A sentence that is true of every solution that fails here first.
    hint : str
        What to do, as a sentence.
    cases : tuple of tuple
        The arguments of each call.
    hard : bool, default False
        Whether solutions that come here have the right numbers for ordinary inputs; then no cause
        is looked for that would have shown before.
    probe : callable, optional
        Makes arguments that become harder with a whole number: the report tells from which on it
        goes wrong.
    extra_cases : tuple of tuple, optional
        Further calls after a failure, where known mistakes agree on all of ``cases``.
    rtol, atol : float, optional
        Other tolerances than those of the exercise.
    same_dtype : bool, default False
        Whether the result must have the dtype of the right one.
    memory : int, optional
        How many bytes a call may hold at once, beside its arguments.

    Raises
    ------
    ValueError
        If there is no case.

    Examples
    --------
    >>> import numpy as np
    >>> from softmax_lessons.exercises import Stage
    >>> pair = (np.array([2.0, 3.0]),)
    >>> Stage("two numbers", "It is not their product.", "Use `np.prod`.", (pair,)).hard
    False
    """

    name: str
    mistake: str
    hint: str
    cases: tuple[Args, ...]
    _: KW_ONLY
    hard: bool = False
    probe: Callable[[int], Args] | None = None
    extra_cases: tuple[Args, ...] = ()
    rtol: float | None = None
    atol: float | None = None
    same_dtype: bool = False
    memory: int | None = None

    def __post_init__(self) -> None:
        """Refuse a stage that asks for nothing."""
        if not self.cases or not all(isinstance(args, tuple) for args in self.cases):
            raise ValueError(f"cases must hold a tuple of arguments for each call: {self.cases!r}")


@dataclass(frozen=True)
class Exercise:
    """A task, its right answer, and the mistakes that are known.

    Parameters
    ----------
    title : str
        What to do, with a verb.
    signature : str
        The function to write, such as "softmax(scores)". Its name is that of the exercise.
    statement : str
        All that is required: shapes, ranges, how many digits must be right.
    right : callable
        Returns the right answer.
    stages : tuple of Stage
        Inputs, from the easiest to the hardest.
    mistakes : tuple of KnownMistake, optional
        The first that explains all results so far is named.
    rules : tuple of Rule, optional
        What every right result has.
    accepts_lists : bool, default False
        Whether a list of numbers is accepted in place of an array.
    logarithmic : bool, default False
        Whether the result is in nats, so that another base can be told.
    rtol, atol : float, default 1e-9 and 0.0
        How far a right result may be off.

    Raises
    ------
    ValueError
        If the signature is none, or there is no stage.

    See Also
    --------
    register : Make an exercise known by its name.
    check : Check a solution of it.

    Examples
    --------
    >>> import numpy as np
    >>> from softmax_lessons import exercises
    >>> from softmax_lessons.exercises import Exercise, KnownMistake, Stage
    >>> product = Exercise(
    ...     "Multiply all numbers",
    ...     "product(x)",
    ...     "Return the product of all entries of the array `x`, as one number.",
    ...     right=np.prod,
    ...     stages=(
    ...         Stage("two numbers", "It is not the product.", "Use `np.prod`.",
    ...             ((np.array([2.0, 3.0]),), (np.array([0.5, 4.0]),))),
    ...     ),
    ...     mistakes=(KnownMistake("It adds.", "Multiply.", np.sum),),
    ... )
    >>> exercises.check(product, lambda x: x[0] + x[1]).mistake
    'It adds.'
    """

    title: str
    signature: str
    statement: str
    _: KW_ONLY
    right: Callable[..., Any]
    stages: tuple[Stage, ...]
    mistakes: tuple[KnownMistake, ...] = ()
    rules: tuple[Rule, ...] = ()
    accepts_lists: bool = False
    logarithmic: bool = False
    rtol: float = 1e-9
    atol: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what cannot be checked."""
        if not re.fullmatch(r"[a-zA-Z]\w*\(\w+(, \w+)*\)", self.signature):
            raise ValueError(f"signature must read like 'f(x, y)', got {self.signature!r}")
        if not self.stages:
            raise ValueError(f"{self.name} needs a stage: without inputs nothing can be checked")

    @property
    def name(self) -> str:
        """The name of the function to write."""
        return self.signature.partition("(")[0]

    @property
    def parameters(self) -> list[str]:
        """The names of its arguments, in their order."""
        return self.signature.partition("(")[2].removesuffix(")").split(", ")
