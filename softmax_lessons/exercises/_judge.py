"""Find the first mistake of a solution, and name it only where it is sure.

An exercise is a row of stages, from the basic to the hard. Each has some inputs, and a sentence
that is true of any solution that fails here first. The first stage that fails decides. All its
inputs are tried, and then these are asked, in this order, what is wrong:

1. what needs no numbers: no end, a crash, an exception, another result each time, no array;
2. the suspects of the exercise: known mistakes, as functions. One is named if it returns what the
   solution returns on every input so far, to seven digits;
3. symptoms that can be measured on any numbers: the wrong shape, a factor, rounding, a sum along
   another axis, the score at which it overflows;
4. what every right result has, such as rows that sum to 1;
5. the sentence of the stage.

All of these state what was seen. What is a guess at the cause stands in the hint.
"""

from __future__ import annotations

import copy
import inspect
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from softmax_lessons.exercises import _run
from softmax_lessons.exercises._report import Report, call_text, numbers_text, two_texts

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


WAVERING = Finding(
    "The same call does not always return the same.",
    "It draws random numbers, or keeps something from one call to the next. "
    "Calculate everything from the arguments.",
    "different results for the same input",
)


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


def judge(name: str, exercise: Exercise, function: Callable[..., Any]) -> Report:
    """Return the report on a solution."""
    run = _run.Runner(function)
    try:
        return Examination(name, exercise, function, run).report()
    finally:
        run.close()


class Examination:
    """One solution, as it goes through the stages."""

    def __init__(
        self,
        name: str,
        exercise: Exercise,
        function: Callable[..., Any],
        run: Callable[..., _run.Outcome],
    ) -> None:
        own = getattr(function, "__name__", "")
        self.name, self.exercise, self.function, self.run = name, exercise, function, run
        self.called = own if own.isidentifier() else name
        self.holds: list[str] = []
        self.seen: list[Trial] = []

    def report(self) -> Report:
        """Go through the stages up to the first that fails."""
        misfit = self._misfit()
        if misfit:
            call = call_text(self.called, self.exercise.stages[0].cases[0])
            return Report(self.name, "wrong", misfit.mistake, call, "", misfit.got, misfit.hint)
        for stage in self.exercise.stages:
            trials = list(self._trials(stage.cases))
            if untouched(self.function, trials[0].outcome) and not self.holds:
                hint = "Write the function, then run this again. It starts with "
                hint += f"`def {self.exercise.signature}:`."
                return Report(self.name, "not yet", hint=hint)
            bad = next((t for t in trials if not self._is_right(stage, t)), None)
            if bad:
                return self._wrong(stage, bad, self._first_finding(stage, trials, bad))
            if not self.holds and self._wavers(trials[0]):
                return self._wrong(stage, trials[0], WAVERING)
            self.holds.append(stage.name)
        notes = noted([t.outcome for t in self.seen], "The numbers are right, but on the way there were warnings: ")
        return Report(self.name, "right", holds=tuple(self.holds), notes=notes)

    def _trials(self, cases: tuple[Args, ...]) -> Iterator[Trial]:
        for args in cases:
            trial = Trial(args, self.run(*args), self.exercise.expected(args))
            self.seen.append(trial)
            yield trial
            if trial.outcome.ended:
                return

    def _misfit(self) -> Finding | None:
        """Tell whether the function takes other arguments than the exercise passes."""
        try:
            signature = inspect.signature(self.function)
        except (TypeError, ValueError):  # some functions written in C do not tell
            return None
        try:
            signature.bind(*self.exercise.stages[0].cases[0])
        except TypeError:
            return Finding(
                f"It cannot be called as `{self.exercise.signature}`.",
                "Give it the arguments that the task names, in their order.",
                f"def {self.called}{signature}",
            )
        return None

    # --- right or wrong -----------------------------------------------------------------------

    def _is_right(self, stage: Stage, trial: Trial) -> bool:
        return (
            self._is_numbers(trial.outcome)
            and self._is_close(stage, trial)
            and not trial.outcome.changed
            and (not stage.same_dtype or trial.got.dtype == trial.expected.dtype)
        )

    def _is_numbers(self, outcome: _run.Outcome) -> bool:
        return (
            not outcome.ended
            and outcome.raised is None
            and outcome.value is not None
            and outcome.value.dtype.kind in "biuf"
            and (self.exercise.lists or outcome.kind in ("array", "number"))
        )

    def _is_close(self, stage: Stage, trial: Trial) -> bool:
        rtol = self.exercise.rtol if stage.rtol is None else stage.rtol
        atol = self.exercise.atol if stage.atol is None else stage.atol
        return agree(trial.got, trial.expected, rtol, atol)

    def _wavers(self, trial: Trial) -> bool:
        """Tell whether the same call returns something else, now or in a process of its own."""
        again = self.run(*trial.args)
        if not agree_if_there(again.value, trial.outcome.value):
            return True
        fresh = _run.Runner(self.function)
        try:
            return not agree_if_there(fresh(*trial.args).value, trial.outcome.value)
        finally:
            fresh.close()

    # --- what is wrong ------------------------------------------------------------------------

    def _first_finding(self, stage: Stage, trials: list[Trial], bad: Trial) -> Finding:
        return next(f for f in self._findings(stage, trials, bad) if f)

    def _wrong(self, stage: Stage, bad: Trial, finding: Finding) -> Report:
        if bad.outcome.value is None or finding.got:
            expected, got = numbers_text(bad.expected, 4), finding.got
        else:
            expected, got = two_texts(bad.expected, bad.got)
        return Report(
            self.name,
            "wrong",
            finding.mistake,
            call_text(self.called, bad.args),
            finding.expected or expected,
            got,
            finding.hint or stage.hint,
            tuple(self.holds),
            noted([bad.outcome], "There were warnings: "),
        )

    def _findings(self, stage: Stage, trials: list[Trial], bad: Trial) -> Iterator[Finding | None]:
        """Look closer and closer; the first finding counts."""
        yield ending(bad.outcome)
        if bad.outcome.raised:
            yield self._limit(stage, bad)
            yield exception(stage, bad)
        yield self._no_numbers(bad)
        if self._wavers(bad):
            yield WAVERING
        if self._is_close(stage, bad):
            yield beside_the_numbers(bad)
        numeric = [t for t in trials if self._is_numbers(t.outcome)]
        if len(numeric) == len(trials):
            list(self._trials(stage.witnesses))
            yield self._suspect(stage, bad)
            if not stage.hard:
                yield constant(trials)
        yield shape(bad)
        alike = [t for t in numeric if t.got.shape == t.expected.shape]
        if not stage.hard:
            looks: list[Callable[[list[Trial]], Finding | None]] = [rounded]
            if not agree(bad.got, bad.expected, 1e-6):  # these cannot tell small differences
                looks = [echo, cut]
                if shares in self.exercise.rules:
                    looks += [sums, steep]
                looks += [partial(factor, logs=self.exercise.logs), function_of]
                looks += [rounded, offset, moved]
            tolerance = max(self.exercise.rtol, self.exercise.atol)
            looks.append(partial(few_digits, tolerance=tolerance))
            for look in looks:
                yield look(alike)
        yield self._limit(stage, bad)
        for rule in (finite, *self.exercise.rules):
            broken = rule(bad.got)
            if broken and not rule(bad.expected):
                yield Finding(f"{stage.mistake} {broken}" if stage.hard else broken)
        yield some_rows(bad)
        yield Finding(stage.mistake)

    def _no_numbers(self, bad: Trial) -> Finding | None:
        outcome = bad.outcome
        wanted = "an array" if bad.expected.ndim else "one number"
        if outcome.kind == "nothing":
            if outcome.printed:
                return Finding(
                    "It prints its result, and returns nothing.",
                    "Write `return` where it says `print`: only what is returned can be used.",
                    "None",
                )
            if outcome.changed:
                return Finding(
                    "It changes its input, and returns nothing.",
                    "Calculate a new array and `return` it.",
                    "None",
                )
            return Finding(
                "It returns nothing.",
                "Every way through the function must end in a `return`.",
                "None",
            )
        if outcome.value is not None and outcome.value.dtype.kind == "c":
            return Finding("It returns complex numbers.", "Ordinary ones suffice.")
        if outcome.kind == "number" and outcome.value is not None and not bad.expected.ndim:
            if outcome.value.dtype.kind == "b":
                return Finding("It returns True or False, not a number.", "Count, and divide.")
        if not self._is_numbers(outcome):
            kind = "`...`" if outcome.kind == "..." else f"an object of type `{outcome.kind}`"
            if outcome.kind.startswith(("list", "tuple", "array")):
                kind = f"{'an' if outcome.kind[0] == 'a' else 'a'} {outcome.kind}"
                wanted += " of numbers" * (" of " in kind)
            text = outcome.text
            if outcome.value is not None:
                text = f"{outcome.kind}: {numbers_text(outcome.value, 4)}"
            return Finding(f"It returns {kind}, not {wanted}.", f"Return {wanted}.", text)
        return None

    def _suspect(self, stage: Stage, bad: Trial) -> Finding | None:
        """Return the known mistake that agrees with the solution on all inputs so far, if it is one.

        That goes for the stages before, too. Many mistakes give NaN where it becomes hard; only one
        that is right on all that is easy can be the reason.
        """
        for suspect in self.exercise.suspects:
            if all(self._made_by(suspect, trial) for trial in self.seen):
                made = apply(suspect.function, bad.args)
                itself = bad._replace(outcome=replace(bad.outcome, value=made))
                if not self._is_close(stage, itself) and nearer(bad, made):
                    return Finding(suspect.mistake, suspect.hint)
        return None

    @staticmethod
    def _made_by(suspect: Suspect, trial: Trial) -> bool:
        """Tell whether a known mistake returns what the solution did."""
        try:
            made = apply(suspect.function, trial.args)
        except (ValueError, IndexError, ArithmeticError):  # it does not take this input
            return False
        return agree_if_there(trial.outcome.value, made, 1e-9)

    def _limit(self, stage: Stage, bad: Trial) -> Finding | None:
        """Find out from which whole number on the probe of the stage goes wrong."""
        if stage.probe is None or (bad.outcome.raised and not arithmetic(bad.outcome.raised)):
            return None

        def trial(size: int) -> Trial:
            assert stage.probe is not None
            args = stage.probe(size)
            return Trial(args, self.run(*args), self.exercise.expected(args))

        good, wrong = 1, 1000
        if not self._is_right(stage, trial(good)) or self._is_right(stage, trial(wrong)):
            return None
        while wrong - good > 1:
            middle = (good + wrong) // 2
            if self._is_right(stage, trial(middle)):
                good = middle
            else:
                wrong = middle
        last = trial(wrong)
        score = max(last.args[0].ravel().tolist(), key=abs)
        got = raised_text(bad.outcome.raised) if bad.outcome.raised else ""
        if score > 0 and overflowed(last.outcome):
            return Finding(f"It overflows from a score of {score:g} on.", got=got)
        return Finding(f"{stage.mistake} It goes wrong from a score of {score:g} on.", got=got)


# --- comparing --------------------------------------------------------------------------------


def agree(a: Array, b: Array, rtol: float, atol: float = 0.0) -> bool:
    """Tell whether two results agree in shape and numbers; NaN equals NaN."""
    return a.shape == b.shape and bool(np.allclose(a, b, rtol, atol, equal_nan=True))


def apply(function: Callable[..., Any], args: Args) -> Array:
    """Return what one of our own functions makes of copies of the arguments."""
    with np.errstate(all="ignore"):
        return np.asarray(function(*copy.deepcopy(args)))


def nearer(bad: Trial, made: Array) -> bool:
    """Tell whether a known mistake is far nearer to the solution than to the right result."""
    if made.shape != bad.expected.shape or not np.isfinite(made).all():
        return True
    apart, wrong = np.abs(bad.got - made).max(), np.abs(made - bad.expected).max()
    return bool(apart <= 1e-2 * wrong)


def agree_if_there(a: Array | None, b: Array | None, rtol: float = 1e-12) -> bool:
    """Tell the same of results that may not be numbers."""
    return (a is None and b is None) or (a is not None and b is not None and agree(a, b, rtol))


def untouched(function: Callable[..., Any], outcome: _run.Outcome) -> bool:
    """Tell whether a function is still the stub: three dots, ``pass``, or NotImplementedError."""
    if outcome.kind == "..." or (outcome.raised and "NotImplementedError" in outcome.raised.kinds):
        return True
    code = getattr(function, "__code__", None)
    return (
        outcome.kind == "nothing"
        and code is not None
        and not code.co_names
        and code.co_nlocals == code.co_argcount
        and set(code.co_consts) <= {None, function.__doc__}
        and len(code.co_code) <= len(do_nothing.__code__.co_code)
    )


def do_nothing() -> None:
    """Do what a stub does."""


def noted(outcomes: list[_run.Outcome], warned: str) -> tuple[str, ...]:
    """Return what else the reader may want to know of: what was printed, and warnings."""
    notes = []
    printed = next((o.printed for o in outcomes if o.printed.strip()), "")
    if printed:
        first, *more = printed.strip().splitlines()
        dots = " ..." if more or len(first) > 80 else ""
        notes.append(f"It printed: {first[:80]}{dots}")
    messages = dict.fromkeys(message for o in outcomes for message in o.warned)
    if messages:
        notes.append(warned + "; ".join(list(messages)[:3]) + ".")
    return tuple(notes)


# --- findings that need no numbers ------------------------------------------------------------


def ending(outcome: _run.Outcome) -> Finding | None:
    """Look for a call that did not end, or took the process with it."""
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
        with np.errstate(all="ignore"):
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
            return Finding("Every number has the wrong sign.", "A minus is missing, or one too many.")
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
        with np.errstate(all="ignore"):
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
    """Derivatives of probabilities sum to 0, because they themselves sum to 1."""
    worst = float(np.abs(result.sum(axis=-1)).max())
    return f"A row sums to {worst:.4g}, not to 0." if worst > 1e-9 else ""


def symmetric(result: Array) -> str:
    """Jacobians of softmax are symmetric."""
    return "" if np.allclose(result, result.T) else "The Jacobian is not symmetric."
