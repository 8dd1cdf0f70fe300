"""What can be measured on wrong numbers without knowing the mistake.

Each function looks for one thing, and returns a finding that states it, or None. None of them
guesses: where several causes are possible, they stand in the hint.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons.exercises._exercise import Exercise, Stage
from softmax_lessons.exercises._trial import Finding, Trial, agree
from softmax_lessons.exercises.rules import probabilities
from softmax_lessons.language import _

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Args, Array


def symptoms(exercise: Exercise, bad: Trial, trials: list[Trial]) -> Iterator[Finding | None]:
    """Look for everything that shows on ordinary inputs, in results of the right shape."""
    far = not agree(bad.got, bad.expected, 1e-6)  # small differences cannot show most of this
    yield nearly_zero(bad, exercise)
    if far:
        yield one_row(trials)
        yield some_rows(bad)
        yield unchanged_input(trials)
        yield truncated(trials)
        if probabilities in exercise.rules:
            yield wrong_axis(trials)
            yield scaled_exponents(trials)
        yield scaled(trials, logarithmic=exercise.logarithmic)
        yield transformed(trials)
    yield rounded(trials)
    if far:
        yield shifted(trials)
        yield permuted(trials)
    yield low_precision(trials, tolerance=max(exercise.rtol, exercise.atol))


def other_shape(bad: Trial) -> Finding | None:
    """Look for another shape than expected."""
    got, expected = bad.got, bad.expected
    if got.shape == expected.shape:
        return None
    if got.ndim == 2 and agree(got.T, expected, 1e-7):
        hint = _("Keep the axes in their order: rows first.")
        return Finding(_("The result is transposed: rows and columns are exchanged."), hint)
    if got.size == expected.size and agree(got.reshape(expected.shape), expected, 1e-7):
        mistake = _(
            "The numbers are right, but their shape is {got} instead of {wanted}.",
            got=got.shape,
            wanted=expected.shape,
        )
        if got.ndim <= expected.ndim:
            like_input = any(np.shape(argument) == expected.shape for argument in bad.args)
            return Finding(mistake, _("Keep the shape of the input.") if like_input else "")
        hint = _("`keepdims=True` is for the steps inside. Drop the axis from the result.")
        return Finding(mistake, hint)
    if got.ndim == 0:
        shape = expected.shape
        return Finding(_("It returns one number, not an array of shape {shape}.", shape=shape))
    if expected.ndim == 0:
        mistake = _("It returns an array of shape {shape}, not one number.", shape=got.shape)
        hint = _("Reduce all axes, or drop the one that `keepdims=True` leaves.")
        return Finding(mistake, hint)
    mistake = _(
        "The result has shape {got} instead of {wanted}.", got=got.shape, wanted=expected.shape
    )
    return Finding(mistake)


def constant(trials: list[Trial]) -> Finding | None:
    """Look for a result that does not depend on the input."""
    if len(trials) < 2 or agree(trials[0].expected, trials[1].expected, 1e-7):
        return None
    if all(np.isnan(t.got).all() and not np.isnan(t.expected).all() for t in trials):
        return Finding(_("The result has NaN, which is no number, for every input."))
    for value in (0, 1):
        if all((t.got == value).all() and (t.expected != value).any() for t in trials):
            mistake = _("The result is always {value}.", value=value)
            return Finding(mistake, _("Follow one input, step by step."))
    if all(agree(t.got, trials[0].got, 1e-12) for t in trials):
        return Finding(
            _("The result is the same for {n} different inputs.", n=len(trials)),
            _("Does it use its arguments, or a variable from outside with the same numbers?"),
        )
    return None


def ignored(trials: list[Trial], names: list[str]) -> Finding | None:
    """Look for an argument that has no effect, where it should have one."""
    for i, name in enumerate(names):
        pairs = [
            (a, b)
            for k, b in enumerate(trials)
            for a in trials[:k]
            if len(a.args) == len(names) > 1
            and same_arguments(a.args[:i] + a.args[i + 1 :], b.args[:i] + b.args[i + 1 :])
            and not agree(a.expected, b.expected, 1e-7)
        ]
        if pairs and all(
            a.outcome.value is not None
            and b.outcome.value is not None
            and agree(a.got, b.got, 1e-12)
            for a, b in pairs
        ):
            hint = _("Two calls that differ in it alone give the same.")
            return Finding(_("`{name}` has no effect.", name=name), hint)
    return None


def same_arguments(some: Args, others: Args) -> bool:
    """Tell whether two calls have the same arguments."""
    return all(np.array_equal(a, b) for a, b in zip(some, others, strict=True))


def nearly_zero(bad: Trial, exercise: Exercise) -> Finding | None:
    """Look for small numbers where 0 belongs, beside right ones."""
    zero = bad.expected == 0
    right = agree(bad.got[~zero], bad.expected[~zero], exercise.rtol, exercise.atol)
    rest = np.abs(bad.got[zero])
    if not right or not rest.any() or not (rest < 1e-6).all():
        return None
    return Finding(
        _(
            "Where 0 belongs stands a small number, such as {number}.",
            number=f"{float(rest.max()):.3g}",
        ),
        _(
            "Does a low score, such as -100, stand for what is left out? Only exp(-inf) is "
            "exactly 0."
        ),
    )


def not_zero(stage: Stage, bad: Trial) -> Finding | None:
    """Look for numbers where 0 belongs, on inputs that are hard."""
    found = bad.got[(bad.expected == 0) & np.isfinite(bad.got)]
    if not found.any():
        return None
    worst = float(found[np.abs(found).argmax()])
    seen = _("Where 0 belongs stands {number}.", number=f"{worst:.4g}")
    return Finding(f"{_(stage.mistake)} {seen}")


def one_row(trials: list[Trial]) -> Finding | None:
    """Look for rows that are all the same, where they should differ."""
    tables = [t for t in trials if t.got.ndim == 2 and len(np.unique(t.expected, axis=0)) > 1]
    if not tables or any(len(np.unique(t.got, axis=0)) > 1 for t in tables):
        return None
    return Finding(
        _("All rows are the same."),
        _("Does each have a list of its own? `[[0] * k] * n` is one list of k zeros, n times."),
    )


def unchanged_input(trials: list[Trial]) -> Finding | None:
    """Look for a result that is the input."""
    if len(trials) > 1 and all(agree(t.got, np.asarray(t.args[0]), 1e-12) for t in trials):
        return Finding(_("It returns its input as it was."))
    return None


def truncated(trials: list[Trial]) -> Finding | None:
    """Look for fractions that an integer array could not hold."""
    if trials and all(
        t.got.dtype.kind in "iu" and agree(t.got, np.trunc(t.expected), 0) for t in trials
    ):
        return Finding(
            _("The fractions are cut off: the result is stored as integers."),
            _("`np.zeros_like(x)` has the dtype of x, and `astype(int)` cuts."),
        )
    return None


def wrong_axis(trials: list[Trial]) -> Finding | None:
    """Look for the axis along which the numbers sum to 1, if it is not the last."""
    many = [t.got for t in trials if t.got.ndim > 1]
    if all(np.allclose(g.sum(axis=-1), 1) for g in many):
        return None
    for axis in range(max(g.ndim for g in many) - 1):
        if all(g.ndim > axis + 1 and np.allclose(g.sum(axis=axis), 1) for g in many):
            return Finding(
                _("Your rows sum to 1 along axis {axis}, not along the last axis.", axis=axis),
                _("The classes lie along the last axis: `axis=-1`, with `keepdims=True`."),
            )
    if all(np.allclose(g.sum(), 1) for g in many):
        return Finding(
            _("The whole array sums to 1, not each row."),
            _("Sum along the last axis only: `axis=-1`, with `keepdims=True`."),
        )
    return None


def scaled_exponents(trials: list[Trial]) -> Finding | None:
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
        _("It is the softmax of {factor} times the right exponents.", factor=f"{c:.6g}"),
        _("Are the scores multiplied by something, or is the base of the powers not e?"),
    )


def scaled(trials: list[Trial], *, logarithmic: bool) -> Finding | None:
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
            hint = _("A minus is missing, or there is one too many.")
            return Finding(_("Every number has the wrong sign."), hint)
        for base in (2, 10):
            if logarithmic and math.isclose(c, 1 / math.log(base), rel_tol=1e-7):
                return Finding(
                    _("It uses the logarithm of base {base}, not the natural one.", base=base),
                    _("`np.log` is the natural logarithm."),
                )
        return Finding(_("Every number is {factor} times the right one.", factor=f"{c:.6g}"))
    tables = [t.args[0] for _, t in factors if isinstance(t.args[0], np.ndarray)]
    if len(tables) == len(factors) and all(table.ndim for table in tables):
        counts = {_("the number of classes"): [table.shape[-1] for table in tables]}
        if all(table.ndim == 2 for table in tables):
            counts[_("the number of rows")] = [len(table) for table in tables]
            counts[_("the number of all scores")] = [table.size for table in tables]
        for what, ns in counts.items():
            if np.allclose(values, ns, 1e-7, 0):
                return Finding(
                    _("It is off by the factor N, {what}: it must be divided by N.", what=what)
                )
            if np.allclose(values, 1 / np.array(ns), 1e-7, 0):
                return Finding(_("It is divided by N, {what}, once too often.", what=what))
    return None


def operations() -> dict[str, Callable[[Array], Array]]:
    """Return what may be done once too much, by the sentence that says so."""
    return {
        _("It returns the logarithm of the right result."): np.log,
        _("It returns the exponential of the right result."): np.exp,
        _("It returns 1 minus the right result."): lambda e: 1 - e,
        _("It returns 1 divided by the right result."): lambda e: 1 / e,
        _("It returns the square of the right result."): np.square,
        _("It returns the square root of the right result."): np.sqrt,
    }


def transformed(trials: list[Trial]) -> Finding | None:
    """Look for a result on which one operation was done too much."""
    if len(trials) < 2:
        return None
    for mistake, f in operations().items():
        if all(agree(t.got, f(t.expected), 1e-7) for t in trials):
            return Finding(mistake, _("Follow one entry."))
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
        if error > unit / 50 and (np.abs(got / unit - np.rint(got / unit)) < 1e-3).all():
            return Finding(
                _("The numbers are rounded to {n} decimals inside the function.", n=decimals),
                _("Return all digits. Round when you print."),
            )
    return None


def low_precision(trials: list[Trial], *, tolerance: float) -> Finding | None:
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
        _(
            "The numbers are right to about {digits} digits, and {asked} are asked for.",
            digits=digits,
            asked=asked,
        ),
        _("Is something on the way rounded, stored as float32, or kept from 0 by a small number?"),
    )


def clipped_logarithm(trials: list[Trial]) -> Finding | None:
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
    smallest = math.exp(-abs(stops[0]))
    end = f"{stops[0]:.4g}"
    if not smallest:
        return Finding(_("No result goes beyond {end}.", end=end))
    logarithm = f"{'' if stops[0] < 0 else '-'}log({smallest:.3g})"
    mistake = _("No result goes beyond {end}, which is {logarithm}.", end=end, logarithm=logarithm)
    return Finding(mistake)


def shifted(trials: list[Trial]) -> Finding | None:
    """Look for a constant that was added, the same to all entries of a result."""
    if len(trials) < 2 or all(t.got.size < 2 for t in trials):
        return None
    amounts = []
    for t in trials:
        off = t.got - t.expected
        if not np.isfinite(off).all() or not np.ptp(off) <= 1e-6 * np.abs(off).max():
            return None
        amounts.append(float(off.mean()))
    mistake = _("All entries are off by the same amount, so their differences are right.")
    if np.allclose(amounts, amounts[0], 1e-6, 0):
        mistake = _(
            "All entries are off by the same amount, {amount}, so their differences are right.",
            amount=f"{amounts[0]:.4g}",
        )
    return Finding(mistake, _("What is added to all of them, or missing?"))


def permuted(trials: list[Trial]) -> Finding | None:
    """Look for the right numbers in other places."""
    if len(trials) > 1 and all(
        agree(np.sort(t.got, axis=None), np.sort(t.expected, axis=None), 1e-7) for t in trials
    ):
        return Finding(
            _("The numbers are the right ones, but they stand in the wrong places."),
            _("Is something sorted, reversed or reshaped on the way?"),
        )
    return None


def some_rows(bad: Trial) -> Finding | None:
    """Look for single rows that are right."""
    if bad.got.ndim < 2:
        return None
    right = [agree(g, e, 1e-7) for g, e in zip(bad.got, bad.expected, strict=True)]
    if any(right) and not all(right):  # all are, if only the last digits are off
        one, other = right.index(True), right.index(False)
        return Finding(_("Row {one} is right, row {other} is not.", one=one, other=other))
    return None


def right_numbers(bad: Trial, stage: Stage) -> Finding:
    """Tell what is wrong although the numbers are right."""
    if bad.outcome.changed:
        return Finding(
            _("It changes its input."),
            _(
                "The caller's array is overwritten. `x = x - 1` makes a new array, `x -= 1` does "
                "not."
            ),
            _("the right numbers, and a changed argument"),
            _("the right numbers, and the argument as it was"),
        )
    if stage.memory is not None and bad.outcome.peak > stage.memory:
        return Finding(
            _(stage.mistake),
            _(stage.hint),
            _("the right numbers, and {n} kB held at once", n=f"{bad.outcome.peak / 1000:.0f}"),
            _("the right numbers, and at most {n} kB held at once", n=f"{stage.memory / 1000:.0f}"),
        )
    got, wanted = bad.got.dtype, bad.args[0].dtype
    return Finding(
        _("It returns {got} for {wanted} input.", got=got, wanted=wanted),
        "",
        f"{bad.got.dtype}",
        f"{bad.expected.dtype}",
    )
