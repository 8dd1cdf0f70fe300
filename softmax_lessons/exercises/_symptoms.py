"""What can be seen in a call without knowing the mistake: how it ended, and its numbers.

Each function looks for one thing, and returns a finding that states it, or None. None of them
guesses: causes that may be others stand in the hints.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons.exercises import _run
from softmax_lessons.exercises._exercise import Finding, Stage, Trial, agree

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

# --- findings that need no numbers ------------------------------------------------------------


def ending(outcome: _run.Outcome) -> Finding | None:
    """Look for a call that did not end, or took the process with it."""
    if outcome.ended == "slow":
        hint = "A right solution takes a few milliseconds. Does it wait, or repeat itself?"
        total = f"no result within {_run.BUDGET:g} seconds for all calls together"
        return Finding("It is far too slow.", hint, total)
    if outcome.ended in ("time", "stuck"):
        hint = "Look for a loop whose condition never becomes false, or for something it waits for."
        if outcome.ended == "stuck":
            hint += " It could not be stopped, and still runs: restart the kernel."
        seconds = f"{_run.PATIENCE:g} seconds"
        return Finding("It does not come to an end.", hint, f"no result within {seconds}")
    if outcome.ended:
        hint = "A function ends with `return`. Leave the process to the notebook."
        return Finding(f"It {outcome.ended}.", hint, "no result")
    return None


def arithmetic(raised: _run.Raised) -> bool:
    """Tell whether an exception stands for NaN or infinity, as plain Python has them."""
    return "ArithmeticError" in raised.kinds


def overflowed(outcome: _run.Outcome) -> bool:
    """Tell whether there is evidence of an overflow."""
    raised = outcome.raised is not None and "OverflowError" in outcome.raised.kinds
    return raised or any("overflow" in message for message in outcome.warned)


def raised_text(raised: _run.Raised) -> str:
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
    if arithmetic(raised):
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
        return say(f"It asks for an entry that is not there, with {stage.name}.", hint)
    article = "an" if kind[0] in "AEIOU" else "a"
    hint = "Run the input in a cell of its own to see the whole traceback."
    return say(f"It raises {article} {kind}, with {stage.name}.", hint)


def beside_the_numbers(bad: Trial) -> Finding:
    """Tell what is wrong where the numbers are right."""
    if bad.outcome.changed:
        return Finding(
            "It changes its input.",
            "The caller's array is overwritten. `x = x - 1` makes a new array, `x -= 1` does not.",
            "the right numbers, and a changed argument",
            "the right numbers, and the argument as it was",
        )
    return Finding(
        f"It returns {bad.got.dtype} for {bad.args[0].dtype} input.",
        "",
        f"{bad.got.dtype}",
        f"{bad.expected.dtype}",
    )


# --- symptoms ---------------------------------------------------------------------------------


def shape(bad: Trial) -> Finding | None:
    """Look for another shape than expected."""
    got, expected = bad.got, bad.expected
    if got.shape == expected.shape:
        return None
    if got.ndim == 2 and agree(got.T, expected, 1e-7):
        hint = "Keep the axes in their order: rows first."
        return Finding("The result is transposed: rows and columns are exchanged.", hint)
    if got.size == expected.size and agree(got.reshape(expected.shape), expected, 1e-7):
        said = f"{got.shape} instead of {expected.shape}"
        hint = "`keepdims=True` is for the steps inside. Drop the axis from the result."
        hint = hint if got.ndim > expected.ndim else "Keep the shape of the input."
        return Finding(f"The numbers are right, but their shape is {said}.", hint)
    if got.ndim == 0:
        return Finding(f"It returns one number, not an array of shape {expected.shape}.")
    if expected.ndim == 0:
        hint = "Reduce all axes, or drop the one that `keepdims=True` leaves."
        return Finding(f"It returns an array of shape {got.shape}, not one number.", hint)
    return Finding(f"The result has shape {got.shape} instead of {expected.shape}.")


def constant(trials: list[Trial]) -> Finding | None:
    """Look for a result that does not depend on the input."""
    if len(trials) < 2 or agree(trials[0].expected, trials[1].expected, 1e-7):
        return None
    if all(agree(t.got, trials[0].got, 1e-12) for t in trials):
        return Finding(
            f"The result is the same for {len(trials)} different inputs.",
            "Does it use its arguments, or a variable from outside with the same numbers?",
        )
    return None


def echo(trials: list[Trial]) -> Finding | None:
    """Look for a result that is the input."""
    if len(trials) > 1 and all(agree(t.got, np.asarray(t.args[0]), 1e-12) for t in trials):
        return Finding("It returns its input as it was.")
    return None


def cut(trials: list[Trial]) -> Finding | None:
    """Look for fractions that an integer array could not hold."""
    if trials and all(
        t.got.dtype.kind in "iu" and agree(t.got, np.trunc(t.expected), 0) for t in trials
    ):
        return Finding(
            "The fractions are cut off: the result is stored as integers.",
            "`np.zeros_like(x)` has the dtype of x, and `astype(int)` cuts.",
        )
    return None


def sums(trials: list[Trial]) -> Finding | None:
    """Look for the axis along which the numbers sum to 1, if it is not the last."""
    many = [t.got for t in trials if t.got.ndim > 1]
    if all(np.allclose(g.sum(axis=-1), 1) for g in many):
        return None
    for axis in range(max(g.ndim for g in many) - 1):
        if all(g.ndim > axis + 1 and np.allclose(g.sum(axis=axis), 1) for g in many):
            return Finding(
                f"Your rows sum to 1 along axis {axis}, not along the last axis.",
                "The classes lie along the last axis: `axis=-1`, with `keepdims=True`.",
            )
    if all(np.allclose(g.sum(), 1) for g in many):
        return Finding(
            "The whole array sums to 1, not each row.",
            "Sum along the last axis only: `axis=-1`, with `keepdims=True`.",
        )
    return None


def steep(trials: list[Trial]) -> Finding | None:
    """Look for a softmax of the scores times a number: another base, or another temperature."""
    slopes = []
    for t in trials:
        rises, wanted = (np.diff(np.log(r), axis=-1).ravel() for r in (t.got, t.expected))
        slopes += (rises[wanted != 0] / wanted[wanted != 0]).tolist()
        if not np.allclose(t.got.sum(axis=-1), 1) or rises[wanted == 0].any():
            return None
    c = slopes[0] if len(slopes) > 2 else math.nan
    if not (math.isfinite(c) and np.allclose(slopes, c, 1e-7, 0)) or math.isclose(c, 1):
        return None
    return Finding(
        f"It is the softmax of {c:.6g} times the right exponents.",
        "Are the scores multiplied by something, or is the base of the powers not e?",
    )


def factor(trials: list[Trial], *, logs: bool) -> Finding | None:
    """Look for a factor between the numbers and the right ones."""
    factors, entries = [], 0
    for t in trials:
        some = t.expected != 0
        if not np.isfinite(t.got).all() or np.any(t.got[~some]):
            return None
        if some.any():
            ratios = t.got[some] / t.expected[some]
            if not np.allclose(ratios, ratios[0], 1e-7, 0):
                return None
            factors.append((float(ratios[0]), t))
            entries += ratios.size
    if len(factors) < 2 or entries < 3:
        return None
    values = [f for f, _ in factors]
    if np.allclose(values, values[0], 1e-7, 0):
        c = values[0]
        if c == 0 or math.isclose(c, 1, rel_tol=1e-4):
            return None
        if math.isclose(c, -1, rel_tol=1e-7):
            hint = "A minus is missing, or there is one too many."
            return Finding("Every number has the wrong sign.", hint)
        for base in (2, 10):
            if logs and math.isclose(c, 1 / math.log(base), rel_tol=1e-7):
                return Finding(
                    f"It uses the logarithm of base {base}, not the natural one.",
                    "`np.log` is the natural logarithm.",
                )
        return Finding(f"Every number is {c:.6g} times the right one.")
    if all(t.args[0].ndim == 2 for _, t in factors):
        counts = {
            "the number of rows": [len(t.args[0]) for _, t in factors],
            "the number of classes": [t.args[0].shape[-1] for _, t in factors],
            "the number of all scores": [t.args[0].size for _, t in factors],
        }
        for what, ns in counts.items():
            if np.allclose(values, ns, 1e-7, 0):
                return Finding(f"It is off by the factor N, {what}: it must be divided by N.")
            if np.allclose(values, 1 / np.array(ns), 1e-7, 0):
                return Finding(f"It is divided by N, {what}, once too often.")
    return None


FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "the logarithm of": np.log,
    "the exponential of": np.exp,
    "1 minus": lambda e: 1 - e,
    "1 divided by": lambda e: 1 / e,
    "the square of": np.square,
    "the square root of": np.sqrt,
}


def function_of(trials: list[Trial]) -> Finding | None:
    """Look for a result on which one operation was done too much."""
    if len(trials) < 2:
        return None
    for name, f in FUNCTIONS.items():
        if all(agree(t.got, f(t.expected), 1e-7) for t in trials):
            return Finding(f"It returns {name} the right result.", "Follow one entry.")
    return None


def rounded(trials: list[Trial]) -> Finding | None:
    """Look for numbers that have few decimals, where the right ones have many."""
    if len(trials) < 2:
        return None
    got, right = (
        np.concatenate([getattr(t, a).ravel() for t in trials]) for a in ("got", "expected")
    )
    for decimals in range(13):
        unit = 10.0**-decimals
        error = np.abs(got - right).max()
        if error > unit / 2 * 1.001:
            return None
        if error and (np.abs(got / unit - np.rint(got / unit)) < 1e-3).all():
            return Finding(
                f"The numbers are rounded to {decimals} decimals inside the function.",
                "Return all digits. Round when you print.",
            )
    return None


def few_digits(trials: list[Trial], *, tolerance: float) -> Finding | None:
    """Look for numbers that are right, only not to as many digits as asked for."""
    worst = 0.0
    for t in trials:
        scale = np.where(t.expected == 0, 1, np.abs(t.expected))
        worst = max(worst, float(np.max(np.abs(t.got - t.expected) / scale)))
    if not 0 < worst < 1e-4:
        return None
    digits, asked = math.floor(-math.log10(worst)), round(-math.log10(tolerance))
    if digits >= asked:  # it is wrong where the right number is 0
        return None
    return Finding(
        f"The numbers are right to about {digits} digits, and {asked} are asked for.",
        "Is something on the way rounded, stored as float32, or kept from 0 by a small number?",
    )


def floor(trials: list[Trial]) -> Finding | None:
    """Look for a value that no logarithm goes beyond, however far the right one does."""
    ends = [
        (g, e)
        for t in trials
        for g, e in zip(t.got.ravel().tolist(), t.expected.ravel().tolist(), strict=True)
        if math.isfinite(g) and math.isfinite(e) and abs(e) > abs(g) + 1
    ]
    stops, right = zip(*ends, strict=True) if ends else ((), ())
    if len(set(right)) < 2 or not np.allclose(stops, stops[0], 1e-4, 0):
        return None
    inside = f"{'' if stops[0] < 0 else '-'}log({math.exp(-abs(stops[0])):.3g})"
    return Finding(f"No result goes beyond {stops[0]:.4g}, which is {inside}.")


def offset(trials: list[Trial]) -> Finding | None:
    """Look for a constant that was added, the same to all entries of a result."""
    if len(trials) < 2 or all(t.got.size < 2 for t in trials):
        return None
    amounts = []
    for t in trials:
        if not np.isfinite(t.got).all() or np.ptp(t.got - t.expected) > 1e-9:
            return None
        amounts.append(float((t.got - t.expected).mean()))
    same = np.allclose(amounts, amounts[0], 1e-6, 0)
    amount = f", {amounts[0]:.4g}" if same else ""
    return Finding(
        f"All entries are off by the same amount{amount}, so their differences are right.",
        "What is added to all of them, or missing?",
    )


def moved(trials: list[Trial]) -> Finding | None:
    """Look for the right numbers in other places."""
    if len(trials) > 1 and all(
        agree(np.sort(t.got, axis=None), np.sort(t.expected, axis=None), 1e-7) for t in trials
    ):
        return Finding(
            "The numbers are the right ones, but they stand in the wrong places.",
            "Is something sorted, reversed or reshaped on the way?",
        )
    return None


def some_rows(bad: Trial) -> Finding | None:
    """Look for single rows that are right."""
    if bad.got.ndim < 2:
        return None
    right = [agree(g, e, 1e-7) for g, e in zip(bad.got, bad.expected, strict=True)]
    if any(right):
        return Finding(f"Row {right.index(True)} is right, row {right.index(False)} is not.")
    return None


# --- what every right result has --------------------------------------------------------------


def finite(result: Array) -> str:
    """Results are numbers."""
    if np.isnan(result).any():
        return "The result has NaN, which is no number."
    return "The result is infinite." if np.isinf(result).any() else ""


def shares(result: Array) -> str:
    """Probabilities are at least 0, at most 1, and sum to 1."""
    if (result < 0).any():
        return "A probability is negative."
    if (result > 1).any():
        return "A probability is above 1."
    total = result.sum(axis=-1)
    off = np.abs(total - 1)
    if (off > 1e-10).any():
        worst = float(np.ravel(total)[np.argmax(off)])
        return f"The probabilities of a row sum to {worst:.12g}, not to 1."
    return ""


def at_least_zero(result: Array) -> str:
    """Losses and entropies are not negative."""
    return "The result is negative, which it can never be." if (result < 0).any() else ""


def at_most_zero(result: Array) -> str:
    """Logarithms of probabilities are not positive."""
    return "The logarithm of a probability is above 0." if (result > 0).any() else ""


def sums_to_zero(result: Array) -> str:
    """Probabilities sum to 1, so their derivatives sum to 0."""
    worst = float(np.abs(result.sum(axis=-1)).max())
    return f"A row sums to {worst:.4g}, not to 0." if worst > 1e-9 else ""


def symmetric(result: Array) -> str:
    """Jacobians of softmax are symmetric."""
    return "" if np.allclose(result, result.T) else "The Jacobian is not symmetric."
