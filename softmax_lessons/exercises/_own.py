"""Whether a solution calls the package's own answer: no mistake, but worth a note."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

from softmax_lessons.exercises._call import code_of
from softmax_lessons.exercises._exercise import Exercise

PACKAGE = __name__.partition(".")[0]


def uses_our_answer(function: Callable[..., Any], exercise: Exercise) -> bool:
    """Tell whether a function, or one that it calls, is or names the package's answer."""
    waiting: list[Any] = [function]
    seen: set[int] = set()
    while waiting and len(seen) < 100:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if part is exercise.right or is_ours(part, exercise.name):
            return True
        if type(part) is FunctionType and (code := code_of(part)) and not is_ours(part):
            names = set(names_of(code))
            inside = [cell.cell_contents for cell in part.__closure__ or () if filled(cell)]
            found = [part.__globals__.get(name) for name in names] + inside
            modules = [f for f in found if isinstance(f, ModuleType)]
            if exercise.name in names:
                found += [vars(module).get(exercise.name) for module in modules]
            waiting += [f for f in found if type(f) is FunctionType]
    return False


def is_ours(thing: Any, name: str = "") -> bool:
    """Tell whether something is a function of the package, of this name if one is given."""
    return (
        type(thing) is FunctionType
        and str(thing.__module__).partition(".")[0] == PACKAGE
        and name in ("", thing.__name__)
    )


def names_of(code: CodeType) -> Iterator[str]:
    """Find the names that a function and those inside it use."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from names_of(constant)


def filled(cell: Any) -> bool:
    """Tell whether a variable of an outer function has a value yet."""
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False
