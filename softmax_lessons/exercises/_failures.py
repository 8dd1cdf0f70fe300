"""What is wrong with a call that brought no numbers: no end, an exception, another type."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons.exercises._call import Outcome, Raised, place
from softmax_lessons.exercises._exercise import Stage
from softmax_lessons.exercises._report import numbers_text
from softmax_lessons.exercises._trial import Finding, Trial, is_numbers

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array


def ending(outcome: Outcome) -> Finding | None:
    """Look for a call that did not end, or took the process with it."""
    if outcome.ended in ("slow", "time", "waits", "stuck"):
        return unfinished(outcome)
    if outcome.ended:
        hint = "A function ends with `return`. Leave the process to the notebook."
        return Finding(f"It {outcome.ended}.", hint, "no result")
    return None


def unfinished(outcome: Outcome) -> Finding:
    """Tell of a call whose time was up, with the line that was running."""
    limit = f"no result within {outcome.limit:g} seconds"
    if outcome.ended == "slow":
        mistake = "It is far too slow."
        hint = "A right solution takes a few milliseconds."
        limit += " for all calls together"
    elif outcome.ended == "waits":
        mistake = "It waits, and does not come to an end."
        hint = (
            "It hardly used the processor. Take everything from the arguments, and wait for none."
        )
    else:
        mistake = "It does not come to an end in time."
        hint = "Either a loop goes on for ever, or it goes through far too many numbers one by one."
    if outcome.ended == "stuck":
        hint = "It waits, or is inside one long call."
    if outcome.where:
        hint += " The line under *Got* was running when the time was up."
    if outcome.ended == "stuck":
        hint += " It could not be stopped, and still runs: restart the kernel."
    return Finding(mistake, hint, "\n".join(filter(None, [limit, outcome.where])))


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
    return "\n".join(filter(None, [text, place(raised.line, raised.source)]))


BROADCAST = re.compile(r"broadcast together with.* shapes (\([\d,]*\)) (\([\d,]*\))")


def truth_value(source: str, got: str) -> Finding:
    """Tell what asked for one answer of a whole array."""
    compares = re.search(r"(?<![.\w])(max|min|sorted)\(|\b(nlargest|nsmallest)\(", source)
    if compares:
        name = compares[1] or compares[2]
        instead = (
            "np.sort(z, axis=-1)"
            if name in ("sorted", "nlargest", "nsmallest")
            else (f"z.{name}(axis=-1, keepdims=True)")
        )
        hint = f"Of a batch `{name}` compares whole rows. Of each row: `{instead}`."
        return Finding(
            f"Python's `{name}` compares the rows of a batch, not its numbers.", hint, got
        )
    if re.match(r"(if|elif|while|assert)\b|.*\b(if|and|or|not)\b", source):
        hint = "`if` takes one answer, an array has many. `np.where` decides entry by entry."
        return Finding("It asks `if` of a whole array.", hint, got)
    hint = (
        "`==` and `<` of arrays give an array of answers. `in`, `and` and `sort` need one answer."
    )
    return Finding("It asks whether a whole array is true.", hint, got)


def exception(stage: Stage, bad: Trial, *, first: bool = True) -> Finding:
    """Tell what an exception means; ``first`` says whether this is the first stage."""
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
    if "Python scalar" in message:
        hint = "`math.exp` takes one number. `np.exp` takes an array."
        return say("It treats an array as one number.", hint)
    if "scalar index" in message:
        hint = "A list takes one whole number as its index, and `np.concatenate([a, b])` takes one "
        hint += "list of arrays. To pick entries, make the list an array."
        return say("It passes an array where one whole number is expected.", hint)
    if "truth value of an array" in message:
        return truth_value(raised.source, got)
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
    if not first:  # what was right so far says where to look
        hint = stage.hint
    return say(f"It raises {article} {kind}, with {stage.name}.", hint)


def no_numbers(outcome: Outcome, expected: Array, *, accepts_lists: bool) -> Finding | None:
    """Tell what came back, if it is nothing, or nothing that can be compared."""
    wanted = "an array" if expected.ndim else "one number"
    if outcome.kind == "nothing":
        return nothing(outcome, expected)
    if outcome.shape is not None:
        hint = "Look at the shapes inside."
        mistake = f"The result has shape {outcome.shape} instead of {expected.shape}."
        return Finding(mistake, hint, outcome.text)
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


def nothing(outcome: Outcome, expected: Array) -> Finding:
    """Tell what a function did that returns nothing."""
    mistake = "It returns nothing."
    hint = "Every way through the function must end in a `return`."
    if prints(outcome.printed, expected):
        mistake = "It prints its result, and returns nothing."
        hint = "Write `return` where it says `print`: only what is returned can be used."
    elif outcome.changed:
        mistake = "It changes its input, and returns nothing."
        hint = "Calculate a new array and `return` it."
    return Finding(mistake, hint, "None")


def prints(text: str, expected: Array) -> bool:
    """Tell whether the first numbers of the right result stand in a text."""
    found = [float(number) for number in re.findall(r"-?\d+\.?\d*(?:e[-+]?\d+)?", text)]
    wanted = expected.ravel()[:3].tolist()
    return bool(found) and all(np.isclose(found, w, 1e-2, 1e-12).any() for w in wanted)
