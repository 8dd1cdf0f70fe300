"""What is wrong with a call that brought no numbers: no end, an exception, another type."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons.exercises._call import Outcome, Raised
from softmax_lessons.exercises._exercise import Stage
from softmax_lessons.exercises._report import numbers_text
from softmax_lessons.exercises._trial import Finding, Trial, is_numbers

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array


def ending(outcome: Outcome) -> Finding | None:
    """Look for a call that did not end, or took the process with it."""
    if outcome.ended == "slow":
        hint = "A right solution takes a few milliseconds. Does it wait, or repeat itself?"
        got = f"no result within {outcome.limit:g} seconds for all calls together"
        return Finding("It is far too slow.", hint, got)
    if outcome.ended in ("time", "stuck"):
        hint = "Look for a loop whose condition never becomes false, or for something it waits for."
        if outcome.ended == "stuck":
            hint += " It could not be stopped, and still runs: restart the kernel."
        got = f"no result within {outcome.limit:g} seconds"
        return Finding("It does not come to an end.", hint, got)
    if outcome.ended:
        hint = "A function ends with `return`. Leave the process to the notebook."
        return Finding(f"It {outcome.ended}.", hint, "no result")
    return None


def is_arithmetic(raised: Raised) -> bool:
    """Tell whether an exception stands for NaN or infinity, as plain Python has them."""
    return "ArithmeticError" in raised.kinds


def overflowed(outcome: Outcome) -> bool:
    """Tell whether there is evidence of an overflow."""
    raised = outcome.raised is not None and "OverflowError" in outcome.raised.kinds
    return raised or any("overflow" in message for message in outcome.warned)


def raised_text(raised: Raised) -> str:
    """Return an exception as one line, with the line of code it came from."""
    text = f"{raised.kinds[0]}: {raised.message}" if raised.message else raised.kinds[0]
    if raised.line is None:
        return text
    return f"{text}\nin line {raised.line}: {raised.source}".removesuffix(": ")


BROADCAST = re.compile(r"broadcast together with.* shapes (\([\d,]*\)) (\([\d,]*\))")


def exception(stage: Stage, bad: Trial) -> Finding:
    """Tell what an exception means."""
    raised = bad.outcome.raised
    assert raised is not None
    kind, message, got = raised.kinds[0], raised.message, raised_text(raised)
    say = partial(Finding, got=got)
    if is_arithmetic(raised):
        return say(f"{stage.mistake} It raises {kind}.")
    if kind == "RecursionError":
        return say("It calls itself without end.", "A function that calls itself needs a way out.")
    if "MemoryError" in raised.kinds:
        return say("It asks for far more memory than the task needs.", "Look at the shapes inside.")
    if kind == "SystemExit":
        return say("It calls `exit`.", "A function ends with `return`.")
    if "scalar" in message and kind == "TypeError":
        hint = "`math.exp` takes one number. `np.exp` takes an array."
        return say("It treats an array as one number.", hint)
    if "truth value of an array" in message:
        hint = "`if` takes one answer, an array has many. `np.where` decides entry by entry."
        return say("It asks `if` of a whole array.", hint)
    pair = BROADCAST.search(message)
    x = bad.args[0]
    if pair and isinstance(x, np.ndarray):
        shapes = {tuple(map(int, re.findall(r"\d+", s))) for s in pair.groups()}
        if shapes == {x.shape, x.shape[:-1]}:
            return say(
                "A sum or maximum over the last axis lacks `keepdims=True`.",
                f"Shapes {pair[1]} and {pair[2]} do not fit. With `keepdims=True` the reduced "
                "axis stays, with length 1.",
            )
    if kind == "AxisError":
        hint = "The last axis is -1, however many there are."
        return say("It names an axis that this input does not have.", hint)
    if kind == "NameError":
        hint = "Import it, or define it, in a cell above; or is it misspelt?"
        return say("It uses a name that is not defined.", hint)
    if kind == "IndexError":
        hint = "In a batch `len(x)` counts the rows, and `x.shape[-1]` the classes."
        if "index -" in message or "shape mismatch" in message:
            hint = stage.hint
        return say(f"It asks for an entry that is not there, with {stage.name}.", hint)
    article = "an" if kind[0] in "AEIOU" else "a"
    hint = "Run the input in a cell of its own to see the whole traceback."
    return say(f"It raises {article} {kind}, with {stage.name}.", hint)


def no_numbers(outcome: Outcome, expected: Array, *, accepts_lists: bool) -> Finding | None:
    """Tell what came back, if it is nothing, or nothing that can be compared."""
    wanted = "an array" if expected.ndim else "one number"
    if outcome.kind == "nothing":
        return nothing(outcome)
    value = outcome.value
    if value is not None and value.dtype.kind == "c":
        return Finding("It returns complex numbers.", "Return real numbers.")
    if value is not None and value.dtype.kind == "b" and not value.ndim and not expected.ndim:
        return Finding("It returns True or False, not a number.", "Count, and divide.")
    if is_numbers(outcome, accepts_lists=accepts_lists):
        return None
    kind = "`...`" if outcome.kind == "..." else f"an object of type `{outcome.kind}`"
    if outcome.kind.startswith(("list", "tuple", "array")):
        kind = f"{'an' if outcome.kind[0] == 'a' else 'a'} {outcome.kind}"
        wanted += " of numbers" * (" of " in kind)
    text = outcome.text if value is None else f"{outcome.kind}: {numbers_text(value, 4)}"
    return Finding(f"It returns {kind}, not {wanted}.", f"Return {wanted}.", text)


def nothing(outcome: Outcome) -> Finding:
    """Tell what a function did that returns nothing."""
    if outcome.printed:
        mistake = "It prints its result, and returns nothing."
        hint = "Write `return` where it says `print`: only what is returned can be used."
    elif outcome.changed:
        mistake = "It changes its input, and returns nothing."
        hint = "Calculate a new array and `return` it."
    else:
        mistake = "It returns nothing."
        hint = "Every way through the function must end in a `return`."
    return Finding(mistake, hint, "None")
