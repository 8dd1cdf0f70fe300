"""Exercises on log-sum-exp and log-softmax, without overflow and without lost digits."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons import log_softmax, logsumexp, sigmoid, softmax
from softmax_lessons.exercises._exercise import Exercise, KnownMistake, Stage
from softmax_lessons.exercises.catalog._shared import (
    ABOVE,
    EXCLUDED,
    FAR_APART,
    FIVE,
    FLOAT32,
    KEEPDIMS,
    LAST_AXIS,
    NINE_DIGITS,
    PAIR,
    SCORES_OF_1E16,
    SHIFTS,
    WHOLE,
    WIDE,
    Z,
    a_batch,
    array,
    cases,
    exp,
    large,
    max_of,
    mean_of,
    one_vector,
    sum_of,
    three_axes,
    very_negative,
)
from softmax_lessons.exercises.rules import at_most_zero

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

ORDER = 80  # among the chapters

# The tables are laid out by hand: a known mistake is its sentence, its hint and its formula.
# fmt: off

def log_sum_shifted_by(shift: Callable[[Array], Array], z: Array) -> Array:
    """Return log-sum-exp with some shift."""
    return np.asarray(np.log(sum_of(exp(z - shift(z)))) + shift(z))[..., 0]


LOGSUMEXP = Exercise(
    "Write the log-sum-exp that never overflows",
    "logsumexp(scores)",
    "Return log(sum(exp(z))) along the last axis: one number for a vector, one for each row of a "
    "batch. Nothing overflows. A score of -inf adds nothing; of nothing but -inf the result is "
    f"-inf. {NINE_DIGITS}",
    right=logsumexp,
    stages=(one_vector(what="It is not the log-sum-exp"),
        a_batch(hint="Reduce along the last axis, and drop it at the end."), three_axes(), WHOLE,
        large("wrong numbers", "Factor exp(max) out of the sum: its logarithm is max."),
        very_negative("wrong numbers"), FAR_APART, EXCLUDED,
        Stage("nothing but excluded classes", "A row of -inf alone must give -inf.",
            "-inf - (-inf) is NaN: shift by 0 where the maximum is not finite.",
            cases(array(-np.inf, -np.inf), array([-np.inf, -np.inf], [0.0, -1.0])), hard=True)),
    mistakes=(
        KnownMistake("The maximum is subtracted, and not added back.",
            "log(exp(m) s) is m + log(s).",
            lambda z: logsumexp(z - max_of(z))),
        KnownMistake("The maximum is subtracted, where it should be added back.",
            "log(exp(m) s) is m + log(s).", lambda z: logsumexp(z - max_of(z)) - z.max(axis=-1)),
        KnownMistake("The maximum is added, and was never subtracted.",
            "Subtract it inside, add it outside.", lambda z: logsumexp(z) + z.max(axis=-1)),
        KnownMistake("It returns the maximum.", "The others add a little.",
            lambda z: z.max(axis=-1)),
        KnownMistake("It returns the sum of the scores: log and exp have cancelled.",
            "The sum stands between them: log(sum(exp(z))).", lambda z: z.sum(axis=-1)),
        KnownMistake("It takes the mean of the exponentials, not their sum.", "Use `sum`.",
            lambda z: logsumexp(z) - np.log(z.shape[-1])),
        KnownMistake("It adds 1 inside the logarithm.", "`log1p(x)` is log(1 + x). Use `np.log`.",
            lambda z: np.log1p(np.exp(z).sum(axis=-1))),
        KnownMistake("It multiplies the maximum with the logarithm.", "A product becomes a sum.",
            lambda z: z.max(axis=-1) * logsumexp(z - max_of(z))),
        KnownMistake("It returns softmax.", "Return the sum, not the probabilities.", softmax),
        KnownMistake("It returns log-softmax.", "Return the sum, not the log-probabilities.",
            log_softmax),
        KnownMistake("It sums along the first axis, not along the last.", "Use `axis=-1`.",
            lambda z: logsumexp(z, axis=0)),
        KnownMistake("It sums over the whole batch.", "Use `axis=-1`.",
            lambda z: logsumexp(z.ravel())),
        *(KnownMistake(m, hint, partial(log_sum_shifted_by, shift)) for m, hint, shift in SHIFTS),
    ),
    logarithmic=True,
    atol=1e-12,
)

NOT_LOG_SOFTMAX = (
    KnownMistake("It returns softmax, without the logarithm.",
        "With d = z - max(z), take d - log(sum(exp(d))).", softmax),
    KnownMistake("It returns minus the log-sum-exp, without the scores.", "Add z.",
        lambda z: -logsumexp(z)),
    KnownMistake("It subtracts the maximum only: that is log(exp(z) / max(exp(z))).",
        "With d = z - max(z), take d - log(sum(exp(d))).", lambda z: z - max_of(z)),
    KnownMistake("It subtracts the sum of the exponentials, without the logarithm.",
        "Subtract log(sum(exp(z))).", lambda z: z - sum_of(exp(z))),
    KnownMistake("It subtracts the maximum from the scores, but not from those in the sum.",
        "Shift both, or neither.", lambda z: z - max_of(z) - np.log(sum_of(exp(z)))),
    KnownMistake("It subtracts the maximum from the scores in the sum only.",
        "Shift both, or neither.",
        lambda z: z - np.log(sum_of(exp(z - max_of(z))))),
    KnownMistake("It adds the log-sum-exp, where it should subtract it.",
        "log(a / b) is log(a) - log(b).", lambda z: z + np.log(sum_of(exp(z)))),
    KnownMistake("It subtracts the mean of the exponentials, in logarithms, not their sum.",
        "Use `sum`.", lambda z: z - np.log(mean_of(exp(z)))),
    KnownMistake("It takes the logarithm of the sigmoids.", "All classes share one sum.",
        lambda z: np.log(sigmoid(z))),
)

LOG_SOFTMAX_OF_BATCH = (
    KnownMistake("It works along the first axis, not along the last.", KEEPDIMS,
        lambda z: log_softmax(z, axis=0)),
    KnownMistake("It sums over the whole batch, not over each row.", KEEPDIMS,
        lambda z: z - logsumexp(z.ravel())),
)

FAR_BEHIND = Stage("a class far behind", "The log-probability of a class far behind is wrong.",
    "Its probability rounds to 0, so never take its logarithm. With d = z - max(z), it is d - "
    "log(sum(exp(d))).",
    cases(array(0.0, -1000.0), array(-800.0, 1.0, 0.0),
        array([5.0, 0.0, -750.0], [0.0, -2000.0, 1.0])),
    hard=True)

LOG_OF_ZERO = KnownMistake("It takes the logarithm of a probability that has rounded to 0.",
    "With d = z - max(z), take d - log(sum(exp(d))): no probability on the way.",
    lambda z: np.log(softmax(z)))

LOG_SOFTMAX = Exercise(
    "Write log-softmax without a softmax",
    "log_softmax(scores)",
    f"Return log(softmax(z)). {LAST_AXIS} The result is finite for all finite scores, and -inf "
    "for a score of -inf. An absolute error of 1e-9 is allowed. float32 comes back as float32.",
    right=log_softmax,
    stages=(
        one_vector(what="These are not the log-probabilities"),
        a_batch(),
        three_axes(),
        WHOLE,
        Stage("a class behind", "The log-probability of a class behind is wrong.", FAR_BEHIND.hint,
            cases(array(0.0, -50.0), array(10.0, -90.0, 0.0), array(-600.0, 0.0)), hard=True),
        FAR_BEHIND,
        large("wrong log-probabilities"),
        very_negative("wrong log-probabilities"),
        FAR_APART,
        SCORES_OF_1E16,
        EXCLUDED,
        FLOAT32,
    ),
    mistakes=(*NOT_LOG_SOFTMAX, *LOG_SOFTMAX_OF_BATCH, LOG_OF_ZERO),
    rules=(at_most_zero,),
    logarithmic=True,
    rtol=1e-12,
    atol=1e-9,
)

ACCURATE = Exercise(
    "Keep the digits of a sure answer",
    "accurate_log_softmax(scores)",
    "Return log(softmax(z)) of an array with one axis, right to six digits even where one score "
    "leads by so much that its log-probability is nearly 0: for z = [0, 50] it is -1.929e-22, not "
    "0.",
    right=log_softmax,
    stages=(
        one_vector(Z, WIDE, PAIR, FIVE, ABOVE, what="These are not the log-probabilities"),
        large("wrong log-probabilities"),
        Stage("a sure answer", "The log-probability of a leading class loses its digits.",
            "1 + 1e-22 rounds to 1. Leave the maximum out of the sum, whose term is exactly 1, "
            "and take `np.log1p` of the rest.",
            cases(array(0.0, 50.0), array(30.0, -10.0, 0.0), array(-300.0, -20.0, 18.0)),
            hard=True),
        Stage("two that lead",
            "Equal leading scores are wrong: only one of them is left out of the sum.",
            "Leave out one entry, at `np.argmax`, not all that equal the maximum.",
            cases(array(2.0, 2.0, -1.0), array(0.0, 0.0), array(40.0, 40.0, 40.0, 0.0)), hard=True),
        SCORES_OF_1E16,
    ),
    mistakes=(
        *NOT_LOG_SOFTMAX,
        LOG_OF_ZERO,
        KnownMistake("All scores that equal the maximum are left out of the sum, not only one.",
            "Leave out one entry, at `np.argmax`.",
            lambda z: z - z.max() - np.log1p(np.exp(z - z.max())[z < z.max()].sum())),
        KnownMistake(
            "It loses dominated rows: the leading class gets exactly 0, not a number like -1e-22.",
            "1 + 1e-22 rounds to 1. Leave the maximum out of the sum, whose term is exactly 1, "
            "and take `np.log1p` of the rest.",
            lambda z: z - max_of(z) - np.log(sum_of(exp(z - max_of(z))))),
    ),
    rules=(at_most_zero,),
    logarithmic=True,
    accepts_lists=True,
    rtol=1e-6,
)
