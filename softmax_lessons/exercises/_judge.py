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

import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from softmax_lessons.exercises import _run
from softmax_lessons.exercises._exercise import (
    Args,
    Exercise,
    Finding,
    Stage,
    Suspect,
    Trial,
    agree,
    agree_if_there,
    apply,
)
from softmax_lessons.exercises._report import Report, call_text, numbers_text, two_texts
from softmax_lessons.exercises._symptoms import (
    arithmetic,
    beside_the_numbers,
    constant,
    cut,
    echo,
    ending,
    exception,
    factor,
    few_digits,
    finite,
    floor,
    function_of,
    moved,
    offset,
    overflowed,
    raised_text,
    rounded,
    shape,
    shares,
    some_rows,
    steep,
    sums,
)

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

WAVERING = Finding(
    "The same call does not always return the same.",
    "It draws random numbers, or keeps something from one call to the next. "
    "Calculate everything from the arguments.",
    "different results for the same input",
)


def judge(name: str, exercise: Exercise, function: Callable[..., Any]) -> Report:
    """Return the report on a solution."""
    run = _run.Runner(function)
    try:
        with np.errstate(all="ignore"):  # what does not fit may be compared with
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
        own = str(getattr(function, "__name__", ""))
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
        warned = "The numbers are right, but on the way there were warnings: "
        notes = noted([t.outcome for t in self.seen], warned)
        return Report(self.name, "right", holds=tuple(self.holds), notes=notes)

    def _trials(self, cases: tuple[Args, ...]) -> Iterator[Trial]:
        for args in cases:
            trial = Trial(args, self.run(*args), self.exercise.expected(args))
            self.seen.append(trial)
            yield trial
            if trial.outcome.ended or trial.outcome.raised:
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
                f"def {self.called}{_run.brief(str, signature)}",
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
        fresh = _run.Runner(self.function)
        try:
            others = [self.run(*trial.args), fresh(*trial.args)]
        finally:
            fresh.close()
        ended = any(o.ended for o in others)  # that says nothing of what it returns
        return not ended and not all(agree_if_there(o.value, trial.outcome.value) for o in others)

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
            yield some_rows(bad)
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
        if self.exercise.logs:
            yield floor(alike)
        yield self._limit(stage, bad)
        for rule in (finite, *self.exercise.rules):
            broken = rule(bad.got)
            if broken and not rule(bad.expected):
                yield Finding(f"{stage.mistake} {broken}" if stage.hard else broken)
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
        one = outcome.value is not None and not outcome.value.ndim and not bad.expected.ndim
        if one and bad.got.dtype.kind == "b":
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
        """Return the known mistake that agrees with the solution on all inputs so far.

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

        low, high = 1, 1000
        wrong = trial(high)
        if not self._is_right(stage, trial(low)) or self._is_right(stage, wrong):
            return None
        while high - low > 1:
            size = (low + high) // 2
            middle = trial(size)
            if self._is_right(stage, middle):
                low = size
            else:
                high, wrong = size, middle
        if wrong.outcome.ended:
            return None
        score = max(wrong.args[0].ravel().tolist(), key=abs)
        got = raised_text(bad.outcome.raised) if bad.outcome.raised else ""
        if score > 0 and overflowed(wrong.outcome):
            return Finding(f"It overflows from a score of {score:g} on.", got=got)
        return Finding(f"{stage.mistake} It goes wrong from a score of {score:g} on.", got=got)


def nearer(bad: Trial, made: Array) -> bool:
    """Tell whether a known mistake is far nearer to the solution than to the right result."""
    if made.shape != bad.expected.shape or not np.isfinite(made).all():
        return True
    apart, wrong = np.abs(bad.got - made).max(), np.abs(made - bad.expected).max()
    return bool(apart <= 1e-2 * wrong)


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
