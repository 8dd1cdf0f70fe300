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
from softmax_lessons.language import _

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

FIRST_INFINITE = 710  # the first whole number whose exponential is infinite in float64


def ending(outcome: Outcome) -> Finding | None:
    """Look for a call that did not end, or took the process with it."""
    if outcome.ended in ("slow", "time", "waits", "stuck"):
        return unfinished(outcome)
    if outcome.ended:
        hint = _("A function ends with `return`. Leave the process to the notebook.")
        return Finding(outcome.ended, hint, _("no result"))
    return None


def unfinished(outcome: Outcome) -> Finding:
    """Tell of a call whose time was up, with the line that was running."""
    seconds = f"{outcome.limit:g}"
    limit = _("no result within {seconds} seconds", seconds=seconds)
    if outcome.ended == "slow":
        mistake = _("It is far too slow.")
        hint = _("A right solution takes a few milliseconds.")
        limit = _("no result within {seconds} seconds for all calls together", seconds=seconds)
    elif outcome.ended == "waits":
        mistake = _("It waits, and does not come to an end.")
        hint = _(
            "It hardly used the processor. Take everything from the arguments, and wait for none."
        )
    else:
        mistake = _("It does not come to an end in time.")
        hint = _(
            "Either a loop goes on for ever, or it goes through far too many numbers one by one."
        )
    if outcome.ended == "stuck":
        hint = _("It waits, or is inside one long call.")
    if outcome.where:
        hint += " " + _("The line under *Got* was running when the time was up.")
    if outcome.ended == "stuck":
        hint += " " + _("It could not be stopped, and still runs: restart the kernel.")
    return Finding(mistake, hint, "\n".join(filter(None, [limit, outcome.where])))


def is_arithmetic(raised: Raised) -> bool:
    """Tell whether an exception stands for NaN or infinity, as plain Python has them."""
    return "ArithmeticError" in raised.kinds


def overflowed(outcome: Outcome, score: float) -> bool:
    """Tell whether there is evidence of an overflow, where a score is the first that goes wrong.

    A solution may silence its warnings, and in a browser there are none. NaN or an infinity from
    the very score on whose exponential is infinite is evidence enough.
    """
    raised = outcome.raised is not None and "OverflowError" in outcome.raised.kinds
    if raised or any("overflow" in message for message in outcome.warned):
        return True
    value = outcome.value
    return score == FIRST_INFINITE and value is not None and not np.isfinite(value).all()


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
        hint = _(
            "Of a batch `{name}` compares whole rows. Of each row: `{instead}`.",
            name=name,
            instead=instead,
        )
        mistake = _("Python's `{name}` compares the rows of a batch, not its numbers.", name=name)
        return Finding(mistake, hint, got)
    if re.match(r"(if|elif|while|assert)\b|.*\b(if|and|or|not)\b", source):
        hint = _("`if` takes one answer, an array has many. `np.where` decides entry by entry.")
        return Finding(_("It asks `if` of a whole array."), hint, got)
    hint = _(
        "`==` and `<` of arrays give an array of answers. `in`, `and` and `sort` need one answer."
    )
    return Finding(_("It asks whether a whole array is true."), hint, got)


def exception(stage: Stage, bad: Trial, *, first: bool = True) -> Finding:
    """Tell what an exception means; ``first`` says whether this is the first stage."""
    raised = bad.outcome.raised
    assert raised is not None
    kind, message, got = raised.kinds[0], raised.message, raised_text(raised)
    say = partial(Finding, got=got)
    if is_arithmetic(raised):
        return say(_(stage.mistake) + " " + _("It raises {kind}.", kind=kind))
    if kind == "RecursionError":
        hint = _("A function that calls itself needs a way out.")
        return say(_("It calls itself without end."), hint)
    if "MemoryError" in raised.kinds:
        hint = _("Look at the shapes inside.")
        return say(_("It asks for far more memory than the task needs."), hint)
    if kind == "SystemExit":
        return say(_("It calls `exit`."), _("A function ends with `return`."))
    if "Python scalar" in message:
        hint = _("`math.exp` takes one number. `np.exp` takes an array.")
        return say(_("It treats an array as one number."), hint)
    if "scalar index" in message:
        hint = _(
            "A list takes one whole number as its index, and `np.concatenate([a, b])` takes one "
            "list of arrays. To pick entries, make the list an array."
        )
        return say(_("It passes an array where one whole number is expected."), hint)
    if "truth value of an array" in message:
        return truth_value(raised.source, got)
    pair = BROADCAST.search(message)
    x = bad.args[0]
    if pair and isinstance(x, np.ndarray):
        shapes = {tuple(map(int, re.findall(r"\d+", s))) for s in pair.groups()}
        if shapes == {x.shape, x.shape[:-1]}:
            hint = _(
                "Shapes {one} and {other} do not fit. With `keepdims=True` the reduced axis "
                "stays, with length 1.",
                one=pair[1],
                other=pair[2],
            )
            return say(_("A sum or maximum over the last axis lacks `keepdims=True`."), hint)
    if kind == "AxisError":
        hint = _("The last axis is -1, however many there are.")
        return say(_("It names an axis that this input does not have."), hint)
    if kind == "NameError":
        hint = _("Import it, or define it, in a cell above; or is it misspelt?")
        return say(_("It uses a name that is not defined."), hint)
    inputs = _(stage.name)
    if kind == "IndexError":
        hint = _("In a batch `len(x)` counts the rows, and `x.shape[-1]` the classes.")
        if "index -" in message or "shape mismatch" in message:
            hint = _(stage.hint)
        return say(_("It asks for an entry that is not there, with {inputs}.", inputs=inputs), hint)
    hint = _("Run the input in a cell of its own to see the whole traceback.")
    if not first:  # what was right so far says where to look
        hint = _(stage.hint)
    if kind[0] in "AEIOU":
        return say(_("It raises an {kind}, with {inputs}.", kind=kind, inputs=inputs), hint)
    return say(_("It raises a {kind}, with {inputs}.", kind=kind, inputs=inputs), hint)


def no_numbers(outcome: Outcome, expected: Array, *, accepts_lists: bool) -> Finding | None:
    """Tell what came back, if it is nothing, or nothing that can be compared."""
    wanted = _("an array") if expected.ndim else _("one number")
    if outcome.kind == "nothing":
        return nothing(outcome, expected)
    if outcome.shape is not None:
        hint = _("Look at the shapes inside.")
        mistake = _(
            "The result has shape {got} instead of {wanted}.",
            got=outcome.shape,
            wanted=expected.shape,
        )
        return Finding(mistake, hint, outcome.text)
    value = outcome.value
    if value is not None and value.dtype.kind == "c":
        return Finding(_("It returns complex numbers."), _("Return real numbers."))
    if value is not None and value.dtype.kind == "b" and not value.ndim and not expected.ndim:
        return Finding(_("It returns True or False, not a number."), _("Count, and divide."))
    if is_numbers(outcome, accepts_lists=accepts_lists):
        return None
    kind = "`...`" if outcome.kind == "..." else kind_text(outcome.kind)
    if expected.ndim and " of " in outcome.kind:  # an array, but not of numbers
        wanted = _("an array of numbers")
    text = outcome.text if value is None else f"{outcome.kind}: {numbers_text(value, 4)}"
    mistake = _("It returns {kind}, not {wanted}.", kind=kind, wanted=wanted)
    return Finding(mistake, _("Return {wanted}.", wanted=wanted), text)


def kind_text(kind: str) -> str:
    """Return the kind of a result that is no array of numbers, with its article."""
    parts = re.fullmatch(r"(list|tuple|array)(?: of shape (.+) and dtype (.+))?", kind)
    if not parts:
        return _("an object of type `{kind}`", kind=kind)
    thing = {"list": _("a list"), "tuple": _("a tuple"), "array": _("an array")}[parts[1]]
    if not parts[2]:
        return thing
    return _(
        "{thing} of shape {shape} and dtype {dtype}", thing=thing, shape=parts[2], dtype=parts[3]
    )


def nothing(outcome: Outcome, expected: Array) -> Finding:
    """Tell what a function did that returns nothing."""
    mistake = _("It returns nothing.")
    hint = _("Every way through the function must end in a `return`.")
    if prints(outcome.printed, expected):
        mistake = _("It prints its result, and returns nothing.")
        hint = _("Write `return` where it says `print`: only what is returned can be used.")
    elif outcome.changed:
        mistake = _("It changes its input, and returns nothing.")
        hint = _("Calculate a new array and `return` it.")
    return Finding(mistake, hint, "None")


def prints(text: str, expected: Array) -> bool:
    """Tell whether the first numbers of the right result stand in a text."""
    found = [float(number) for number in re.findall(r"-?\d+\.?\d*(?:e[-+]?\d+)?", text)]
    wanted = expected.ravel()[:3].tolist()
    return bool(found) and all(np.isclose(found, w, 1e-2, 1e-12).any() for w in wanted)
