"""Find the first mistake of a solution, and name it only where it is sure.

An exercise is a sequence of stages, from the basic to the hard. Each has some inputs, and a
sentence that is true of every solution that fails here first. The first stage that fails decides.
All its inputs are tried, and then these are asked, in this order, what is wrong:

1. what needs no numbers: no end, a crash, arguments in another order, an exception, another result
   each time, no array;
2. the known mistakes of the exercise, as functions. One is named if it returns what the solution
   returns on every input so far, to nine digits;
3. symptoms that can be measured on any numbers: the wrong shape, a factor, rounding, a sum along
   another axis, the score at which it overflows;
4. the rules for every right result, such as rows that sum to 1;
5. the sentence of the stage.

All of these state what was seen. A guess at the cause stands in the hint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons.exercises._call import Outcome, brief
from softmax_lessons.exercises._exercise import Args, Exercise, KnownMistake, Stage
from softmax_lessons.exercises._failures import (
    ending,
    exception,
    is_arithmetic,
    no_numbers,
    overflowed,
    raised_text,
)
from softmax_lessons.exercises._originals import originals
from softmax_lessons.exercises._report import Report, call_text, numbers_text, two_texts
from softmax_lessons.exercises._solution import Solution
from softmax_lessons.exercises._symptoms import (
    clipped_logarithm,
    constant,
    ignored,
    not_zero,
    other_shape,
    right_numbers,
    symptoms,
)
from softmax_lessons.exercises._trial import (
    Finding,
    Trial,
    agree,
    agree_if_there,
    apply,
    is_numbers,
)
from softmax_lessons.exercises.rules import finite
from softmax_lessons.language import _

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

SHORT = ("float16", "float32")
LONGER = np.dtype(np.longdouble) != np.dtype(np.float64)


def note_on_ours(name: str) -> str:
    """Return the note on a solution that calls what it should be."""
    return _("It calls `{name}` of the package, which the task asks you to write.", name=name)


def judge(exercise: Exercise, solution: Solution) -> Report:
    """Return the report on a solution."""
    with originals() as replaced:
        memory = any(stage.memory is not None for stage in exercise.stages)
        call = solution.start(memory)
        try:
            with np.errstate(all="ignore"):  # known mistakes may meet inputs that they cannot take
                report = Examination(exercise, solution, call).report()
        finally:
            call.close()
    if not replaced:
        return report
    names = ", ".join(f"`{name}`" for name in replaced[:3])
    note = _(
        "Something else was in the place of {names}. The check used the original: restart the "
        "kernel to have it back.",
        names=names,
    )
    return replace(report, notes=(*report.notes, note))


class Examination:
    """One solution, as it goes through the stages."""

    def __init__(
        self, exercise: Exercise, solution: Solution, call: Callable[..., Outcome]
    ) -> None:
        self.exercise, self.solution, self.call = exercise, solution, call
        self.called = solution.name if solution.name.isidentifier() else exercise.name
        self.holds: list[str] = []
        self.trials: list[Trial] = []  # of all stages so far

    def report(self) -> Report:
        """Go through the stages up to the first that fails."""
        name = self.exercise.name
        misfit = self._misfit()
        if misfit:
            call = call_text(self.called, self.exercise.stages[0].cases[0])
            return Report(name, "wrong", misfit.mistake, call, "", misfit.got, misfit.hint)
        for stage in self.exercise.stages:
            trials = self._run(stage.cases)
            if untouched(self.solution, trials[0].outcome) and not self.holds:
                hint = _(
                    "Write the function `{signature}`, then run this again.",
                    signature=self.exercise.signature,
                )
                return Report(name, "not yet", hint=hint)
            bad = next((t for t in trials if not self._is_right(stage, t)), None)
            if bad:
                finding = next(f for f in self._findings(stage, trials, bad) if f)
                return self._wrong(stage, bad, finding)
            if not self.holds and not self._is_reproducible(trials[0]):
                return self._wrong(stage, trials[0], not_reproducible())
            self.holds.append(_(stage.name))
        warned = _("The numbers are right, but on the way there were warnings:")
        notes = noted([t.outcome for t in self.trials], warned)
        if self.solution.uses_our_answer(self.exercise):
            notes += (note_on_ours(name),)
        return Report(name, "right", holds=tuple(self.holds), notes=notes)

    def _run(self, cases: tuple[Args, ...]) -> list[Trial]:
        """Call the solution on each input, up to one that brings no result."""
        trials = []
        for args in cases:
            trials.append(self._trial(args))
            if trials[-1].outcome.ended or trials[-1].outcome.raised:
                break
        self.trials += trials
        return trials

    def _trial(self, args: Args) -> Trial:
        return Trial(args, self.call(*args), apply(self.exercise.right, args))

    def _misfit(self) -> Finding | None:
        """Tell whether the function takes other arguments than the exercise passes."""
        signature = self.solution.signature
        if signature is None:
            return None
        try:
            signature.bind(*self.exercise.stages[0].cases[0])
        except TypeError:
            return Finding(
                _("It cannot be called as `{signature}`.", signature=self.exercise.signature),
                _("Give it the arguments that the task names, in their order."),
                f"def {self.called}{brief(str, signature)}",
            )
        return None

    def _wrong(self, stage: Stage, bad: Trial, finding: Finding) -> Report:
        if bad.outcome.value is None or finding.got:
            expected, got = numbers_text(bad.expected, 4), finding.got
        else:
            expected, got = two_texts(bad.expected, bad.got)
        return Report(
            self.exercise.name,
            "wrong",
            finding.mistake,
            call_text(self.called, bad.args),
            finding.expected or expected,
            got,
            finding.hint or stage_hint(stage, bad),
            tuple(self.holds),
            noted([bad.outcome], _("There were warnings:")),
        )

    # --- right or wrong -----------------------------------------------------------------------

    def _is_right(self, stage: Stage, trial: Trial) -> bool:
        return (
            self._is_numbers(trial)
            and self._is_close(stage, trial.got, trial.expected)
            and not trial.outcome.changed
            and (not stage.same_dtype or trial.got.dtype == trial.expected.dtype)
            and (stage.memory is None or trial.outcome.peak <= stage.memory)
        )

    def _is_numbers(self, trial: Trial) -> bool:
        return is_numbers(trial.outcome, accepts_lists=self.exercise.accepts_lists)

    def _is_close(self, stage: Stage, got: Array, expected: Array) -> bool:
        rtol = self.exercise.rtol if stage.rtol is None else stage.rtol
        atol = self.exercise.atol if stage.atol is None else stage.atol
        return agree(got, expected, rtol, atol)

    def _is_reproducible(self, trial: Trial) -> bool:
        """Tell whether the same call returns the same again, here and in a fresh process."""
        fresh = self.solution.start(False)
        try:
            others = [self.call(*trial.args), fresh(*trial.args)]
        finally:
            fresh.close()
        ended = any(o.ended for o in others)  # that says nothing about what it returns
        return ended or all(agree_if_there(o.value, trial.outcome.value) for o in others)

    # --- what is wrong ------------------------------------------------------------------------

    def _findings(self, stage: Stage, trials: list[Trial], bad: Trial) -> Iterator[Finding | None]:
        """Look closer and closer; the first finding counts."""
        exercise = self.exercise
        yield ending(bad.outcome)
        yield self._other_order(stage, bad)
        if bad.outcome.raised:
            yield self._limit(stage, bad)
            yield exception(stage, bad, first=not self.holds)
        yield no_numbers(bad.outcome, bad.expected, accepts_lists=exercise.accepts_lists)
        if not self._is_reproducible(bad):
            yield not_reproducible()
        if self._is_close(stage, bad.got, bad.expected):
            yield right_numbers(bad, stage)
        numeric = [t for t in trials if self._is_numbers(t)]
        if len(numeric) == len(trials):
            self._run(stage.extra_cases)
            yield self._known_mistake(stage, bad)
            if not stage.hard:
                yield constant(self.trials)
        yield other_shape(bad)
        alike = [t for t in numeric if t.got.shape == t.expected.shape]
        if not stage.hard:
            yield ignored(self.trials, exercise.parameters)
            yield from symptoms(exercise, bad, alike)
        if exercise.logarithmic:
            yield clipped_logarithm(alike)
        yield self._limit(stage, bad)
        if stage.hard:
            yield not_zero(stage, bad)
        for rule in (finite, *exercise.rules):
            violated = rule(bad.got)
            if violated and not rule(bad.expected):
                yield Finding(f"{_(stage.mistake)} {_(violated)}" if stage.hard else _(violated))
        yield Finding(_(stage.mistake))

    def _other_order(self, stage: Stage, bad: Trial) -> Finding | None:
        """Look for the parameters of the task in another order, with which it is right."""
        wanted = self.exercise.parameters
        if self.solution.signature is None:
            return None
        own = list(self.solution.signature.parameters)
        if own == wanted or sorted(own) != sorted(wanted):
            return None
        args = tuple(bad.args[wanted.index(name)] for name in own)
        if not self._is_right(stage, bad._replace(outcome=self.call(*args))):
            return None
        return Finding(
            _("It takes the arguments in another order: {names}.", names=", ".join(own)),
            _("The task calls `{signature}`.", signature=self.exercise.signature),
            f"def {self.called}({', '.join(own)})",
        )

    def _known_mistake(self, stage: Stage, bad: Trial) -> Finding | None:
        """Return the known mistake that agrees with the solution on all inputs so far.

        The inputs of earlier stages count, too. Many mistakes give NaN where it becomes hard; the
        reason can only be one that is right on all that is easy.
        """
        for mistake in self.exercise.mistakes:
            if all(explains(mistake, trial) for trial in self.trials):
                made = apply(mistake.function, bad.args)
                if not self._is_close(stage, made, bad.expected):
                    return Finding(_(mistake.sentence), _(mistake.hint))
        return None

    def _limit(self, stage: Stage, bad: Trial) -> Finding | None:
        """Find the whole number from which on the probe of the stage goes wrong, by bisection."""
        if stage.probe is None or (bad.outcome.raised and not is_arithmetic(bad.outcome.raised)):
            return None
        low, high = 1, 1000
        if not self._is_right(stage, self._trial(stage.probe(low))):
            return None
        wrong = self._trial(stage.probe(high))
        if self._is_right(stage, wrong):
            low, high = high, 10**6
            wrong = self._trial(stage.probe(high))
        if self._is_right(stage, wrong):
            return None
        while high - low > 1:
            size = (low + high) // 2
            middle = self._trial(stage.probe(size))
            if self._is_right(stage, middle):
                low = size
            else:
                high, wrong = size, middle
        if wrong.outcome.ended:
            return None
        score = max(wrong.args[0].ravel().tolist(), key=abs)
        from_score = f"{score:.6g}"
        got = raised_text(bad.outcome.raised) if bad.outcome.raised else ""
        hint = ""
        if 11300 < abs(score) < 11410:  # no other floats end there
            returns = wrong.outcome.value is not None and wrong.got.dtype == np.longdouble
            parts = [_("It returns `np.longdouble` numbers.")] if returns and LONGER else []
            parts.append(_("So far reaches `np.longdouble`; float64 reaches 709."))
            hint = " ".join([*parts, _(stage.hint)])
        if score > 0 and overflowed(wrong.outcome, score):
            mistake = _("It overflows from a score of {score} on.", score=from_score)
            return Finding(mistake, hint, got)
        seen = _("It goes wrong from a score of {score} on.", score=from_score)
        return Finding(f"{_(stage.mistake)} {seen}", hint, got)


def stage_hint(stage: Stage, bad: Trial) -> str:
    """Return the hint of a stage; where the result is of a short dtype, that comes first."""
    hint = _(stage.hint)
    value = bad.outcome.value
    if value is None or bad.expected.dtype != np.float64 or value.dtype.name not in SHORT:
        return hint
    short = _("It returns {dtype} numbers, and float64 has more digits.", dtype=value.dtype.name)
    return f"{short} {hint}"


def not_reproducible() -> Finding:
    """Tell that a result is another one each time."""
    return Finding(
        _("The same call does not always return the same."),
        _(
            "It draws random numbers, or keeps something from one call to the next. Calculate "
            "everything from the arguments."
        ),
        _("different results for the same input"),
    )


def explains(mistake: KnownMistake, trial: Trial) -> bool:
    """Tell whether a known mistake returns what the solution did."""
    try:
        made = apply(mistake.function, trial.args)
    except (ValueError, IndexError, ArithmeticError):  # it does not take this input
        return False
    return agree_if_there(trial.outcome.value, made, 1e-9)


def untouched(solution: Solution, outcome: Outcome) -> bool:
    """Tell whether a function is still the stub: three dots, ``pass``, or NotImplementedError."""
    if outcome.kind == "..." or (outcome.raised and "NotImplementedError" in outcome.raised.kinds):
        return True
    return outcome.kind == "nothing" and solution.is_empty


def noted(outcomes: list[Outcome], warned: str) -> tuple[str, ...]:
    """Return what else the reader may want to know: what was printed, and the warnings."""
    notes = []
    printed = next((o.printed for o in outcomes if o.printed.strip()), "")
    if printed:
        first, *more = printed.strip().splitlines()
        dots = " ..." if more or len(first) > 80 else ""
        notes.append(_("It printed: {text}", text=first[:80] + dots))
    messages = dict.fromkeys(message for o in outcomes for message in o.warned)
    if messages:
        notes.append(f"{warned} {'; '.join(list(messages)[:3])}.")
    return tuple(notes)
