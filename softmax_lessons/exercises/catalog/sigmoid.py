"""Exercises on sigmoid, its inverse, and probabilities under another prior."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons import sigmoid, softmax
from softmax_lessons.exercises._exercise import Exercise, KnownMistake, Stage
from softmax_lessons.exercises.catalog._shared import (
    CUBE,
    NINE_DIGITS,
    PAIR,
    SIX_DIGITS,
    TWO_ROWS,
    WHOLE,
    WIDE,
    Z,
    array,
    cases,
)

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array

ORDER = 20  # among the chapters

# The tables are laid out by hand: a known mistake is its sentence, its hint and its formula.
# fmt: off

# --- sigmoid --------------------------------------------------------------------------------------


def to_prior(p: Array, before: float, after: float) -> Array:
    """Return the probabilities that hold where the prior is ``after``."""
    yes, no = p * after * (1 - before), (1 - p) * before * (1 - after)
    return np.asarray(yes / (yes + no))


def odds(p: Array) -> Array:
    """Return the odds."""
    return np.asarray(p / (1 - p))


SIGMOID = Exercise(
    "Write sigmoid so that nothing overflows",
    "sigmoid(x)",
    "Return 1 / (1 + exp(-x)) for each entry of the array `x`, which has any shape and holds any "
    f"floats. {NINE_DIGITS} That goes for tiny results too, down to 1e-300.",
    right=sigmoid,
    stages=(
        Stage("ordinary numbers", "Ordinary numbers give wrong results.",
            "sigmoid(0) is 0.5. Which part is off there?", cases(Z, WIDE, PAIR, array(0.0, 1.0))),
        Stage("any shape", "One vector is right, other shapes are not.",
            "Each entry stands for itself: no axis matters.",
            cases(TWO_ROWS, CUBE, np.array(0.7), array(-1.5))),
        WHOLE,
        Stage("large numbers", "Large numbers give wrong results; they should be close to 1.",
            "exp(x) / (1 + exp(x)) is infinity by infinity there. Use exp of -|x| only.",
            cases(array(1000.0, 800.0), array(720.0, 30.0, 1e6), array(np.inf)),
            hard=True, probe=lambda s: (array(s, 0.0),)),
        Stage("very negative numbers",
            "Very negative numbers give wrong results; they should be close to 0.",
            "Use exp(x) / (1 + exp(x)) for x below 0: its exponential cannot overflow.",
            cases(array(-1000.0, -800.0), array(-30.0, 0.0), array(-np.inf)),
            hard=True, probe=lambda s: (array(-s, 0.0),),
            atol=1e-10),
        Stage("the tail",
            "Small results lose their digits: far below 0 sigmoid(x) is nearly exp(x).",
            "Do not clip, and do not subtract from 1. For x below 0 use exp(x) / (1 + exp(x)).",
            cases(array(-40.0, -50.0), array(-100.0), array(-690.0, -300.0)), hard=True,
            probe=lambda s: (array(-min(s, 690.0), 0.0),)),
        Stage("on the way to 0 and 1", "Between -20 and -5, or between 5 and 20, digits are wrong.",
            "exp(-20) is 2e-9, which the ninth digit shows: neither exp(x) nor 1 is close enough "
            "there.",
            cases(array(-6.0, -8.0, -11.0), array(-16.0, -18.0, -20.0), array(6.0, 8.0, 11.0),
                array(16.0, 18.0, 20.0)), hard=True),
    ),
    mistakes=(
        KnownMistake("The sign in the exponent is wrong: exp(x), not exp(-x).",
            "A large x must give 1.",
            lambda x: 1 / (1 + np.exp(x))),
        KnownMistake("The 1 in the denominator is missing.", "It is 1 + exp(-x).",
            lambda x: 1 / np.exp(-x)),
        KnownMistake("It subtracts the exponential from 1, where it should add.",
            "It is 1 + exp(-x).",
            lambda x: 1 / (1 - np.exp(-x))),
        KnownMistake("It returns tanh.", "sigmoid(x) is (1 + tanh(x / 2)) / 2.", np.tanh),
        KnownMistake("It is tanh moved to 0 to 1, but twice as steep.", "It takes tanh(x / 2).",
            lambda x: (1 + np.tanh(x)) / 2),
        KnownMistake("It returns the derivative of sigmoid.", "The derivative is s (1 - s).",
            lambda x: sigmoid(x) * (1 - sigmoid(x))),
        KnownMistake("It returns a step of 0 and 1.", "The soft step is never exactly 0 or 1.",
            lambda x: (x > 0) * 1.0),
        KnownMistake("It is the softmax of the vector.", "Each entry stands for itself.",
            lambda x: softmax(x)),
        KnownMistake("It takes powers of 2, not of e.", "Use `np.exp`.",
            lambda x: 1 / (1 + 2.0**-x)),
        KnownMistake("It takes the absolute value of x.", "sigmoid(-x) is 1 - sigmoid(x).",
            lambda x: sigmoid(np.abs(x))),
        KnownMistake("It takes the negative absolute value of x for every x.",
            "That is right below 0 only. Above, it is 1 / (1 + exp(-x)).",
            lambda x: sigmoid(-np.abs(x))),
        KnownMistake("It is a straight line, cut off at 0 and 1.", "Use 1 / (1 + exp(-x)).",
            lambda x: np.clip(0.25 * x + 0.5, 0, 1)),
    ),
)

LOGIT = Exercise(
    "Go back from a probability to its score",
    "logit(p)",
    "Return log(p / (1 - p)), the score whose sigmoid is p, for each entry of the array `p`. All "
    f"entries lie between 0 and 1, and neither is reached. {SIX_DIGITS}",
    right=lambda p: np.log(p) - np.log1p(-p),
    stages=(
        Stage("ordinary probabilities", "It is not the score of these probabilities.",
            "The odds are p / (1 - p), and the score is their logarithm.",
            cases(array(0.9, 0.5, 0.2), array(0.3, 0.75), array(0.05, 0.6, 0.99, 0.4))),
        Stage("tiny probabilities", "Tiny probabilities are wrong.",
            "Nothing has to be added or clipped: log(1e-20) is fine.",
            cases(array(1e-20, 1e-9), array(1e-300)), hard=True),
        Stage("probabilities close to 1", "Probabilities close to 1 are wrong.",
            "Nothing has to be cut off: 1 - p is exact there.",
            cases(array(0.9999, 0.99), array(1 - 1e-9), array(1 - 2.0**-52)), hard=True),
    ),
    mistakes=(
        KnownMistake("It returns the logarithm of p, not of the odds.", "Divide by 1 - p first.",
            np.log),
        KnownMistake("It returns the odds, without the logarithm.", "Take `np.log`.",
            lambda p: p / (1 - p)),
        KnownMistake("It returns sigmoid, not its inverse.", "Solve p = 1 / (1 + exp(-x)) for x.",
            sigmoid),
        KnownMistake("It adds the two logarithms.", "log(p / q) is log(p) - log(q).",
            lambda p: np.log(p) + np.log(1 - p)),
        KnownMistake("It divides the two logarithms.", "log(p / q) is log(p) - log(q).",
            lambda p: np.log(p) / np.log(1 - p)),
        KnownMistake("It divides by 1 + p.", "The other outcome has the probability 1 - p.",
            lambda p: np.log(p / (1 + p))),
    ),
    logarithmic=True,
    rtol=1e-6,
    atol=1e-12,
)

TO_PRIOR = Exercise(
    "Move probabilities to another prior",
    "to_prior(p, before, after)",
    "`p` is an array of probabilities of *yes*, from a model trained where the fraction `before` "
    "of all cases was *yes*. Return the probabilities that hold where that fraction is `after`. "
    f"All numbers lie between 0 and 1, and neither is reached. {SIX_DIGITS}",
    right=to_prior,
    stages=(
        Stage("another prior", "These are not the probabilities under the new prior.",
            "Take the odds of p, multiply them by r, and go back to a probability.",
            ((array(0.2, 0.5, 0.8), 0.5, 0.1), (array(0.774, 0.3), 0.25, 0.5),
                (array(0.9, 0.05, 0.6, 0.4), 0.1, 0.02), (array(0.35, 0.65), 0.6, 0.8))),
        Stage("the same prior", "Where the prior stays, the probabilities must stay.",
            "With `before` equal to `after` the factor r is 1.",
            ((array(0.2, 0.7), 0.3, 0.3), (array(0.45, 0.99), 0.05, 0.05))),
        Stage("a rare class", "It fails where the class is rare.",
            "Nothing has to be rounded or clipped.",
            ((array(1e-9, 0.9999), 0.5, 1e-6), (array(0.5, 1e-7), 1e-4, 0.5),
                (array(1e-30, 0.5), 0.5, 0.3), (array(1e-18, 0.5), 1e-20, 3e-18)), hard=True),
        Stage("nearly sure", "It fails where a probability is close to 1.",
            "Nothing has to be added to 1 - p.",
            ((array(1 - 2.0**-30, 0.5), 0.5, 1e-9), (array(0.5, 0.2), 1 - 2.0**-30, 1e-9)),
            hard=True),
    ),
    mistakes=(
        KnownMistake("It multiplies the probability, not the odds.",
            "A probability times r may be above 1. Go to the odds first.",
            lambda p, b, a: p * a / b),
        KnownMistake("It multiplies the probability by the ratio of the prior odds.",
            "Multiply the odds of p, and go back to a probability.",
            lambda p, b, a: p * odds(a) / odds(b)),
        KnownMistake("It multiplies the probability, and cuts it off at 1.",
            "Multiply the odds: then nothing has to be cut off.",
            lambda p, b, a: np.minimum(p * a / b, 1)),
        KnownMistake("The factor r is a ratio of priors, not of prior odds.",
            "r is after / (1 - after), divided by before / (1 - before).",
            lambda p, b, a: sigmoid(np.log(odds(p) * a / b))),
        KnownMistake("The two priors are exchanged, or ln r is subtracted.",
            "r is the odds after, divided by the odds before; add ln r to the score.",
            lambda p, b, a: to_prior(p, a, b)),
        KnownMistake("It does not divide by the odds before.", "The model has its own prior in it.",
            lambda p, b, a: to_prior(p, 0.5, a)),
        KnownMistake("It does not multiply by the odds after.", "That is the prior in use.",
            lambda p, b, a: to_prior(p, b, 0.5)),
        KnownMistake("It adds r to the score, not ln r.", "A factor in the odds adds a logarithm.",
            lambda p, b, a: sigmoid(np.log(odds(p)) + odds(a) / odds(b))),
        KnownMistake("It adds ln r to the probability.", "Add it to the score, the log-odds of p.",
            lambda p, b, a: p + np.log(odds(a) / odds(b))),
        KnownMistake("It returns the new score, not a probability.", "Apply sigmoid at the end.",
            lambda p, b, a: np.log(odds(p) * odds(a) / odds(b))),
        KnownMistake("It returns the new odds, not a probability.", "Divide them by 1 + the odds.",
            lambda p, b, a: odds(p) * odds(a) / odds(b)),
        KnownMistake("It takes p for the score.", "The score of p is log(p / (1 - p)).",
            lambda p, b, a: sigmoid(p + np.log(odds(a) / odds(b)))),
        KnownMistake("It returns p as it was.", "The odds change by the factor r.",
            lambda p, b, a: p * 1.0),
    ),
    rtol=1e-6,
)

# --- false alarms ---------------------------------------------------------------------------------


def alarms(says_yes: Array, is_panda: Array) -> Array:
    """Return how many answers are yes where no panda is."""
    return np.asarray(np.sum(says_yes & ~is_panda))


PANDAS = np.array([True, False, True, False, False, True, False, False])
PHOTOS = array(2.2, 0.3, -0.4, -1.5, 1.1, 0.1, 3.0, -0.2)

COUNT_ALARMS = Exercise(
    "Find the bug in a count of false alarms",
    "count_alarms(scores, is_panda, t)",
    "`scores` holds one score for each photograph, `is_panda` is True where it shows a panda. The "
    "classifier says yes where the probability, the sigmoid of the score, is t or more; t lies "
    "above 0 and below 1. Return in how many photographs without a panda it says yes.",
    right=lambda z, is_panda, t: alarms(sigmoid(z) >= t, is_panda),
    stages=(
        Stage("a threshold of one half", "With t = 0.5 the count is wrong.",
            "A false alarm is a yes where there is no panda.",
            ((PHOTOS, PANDAS, 0.5), (PHOTOS, ~PANDAS, 0.5), (-PHOTOS, PANDAS, 0.5)),
            extra_cases=((PHOTOS, PANDAS, 0.2), (PHOTOS, ~PANDAS, 0.7), (-PHOTOS, PANDAS, 0.6))),
        Stage("other thresholds", "With other thresholds the count is wrong.",
            "The threshold is a probability: compare it with the sigmoid of the score.",
            ((PHOTOS, PANDAS, 0.2), (PHOTOS, PANDAS, 0.88), (-PHOTOS, PANDAS, 0.35),
                (PHOTOS, ~PANDAS, 0.7), (PHOTOS, ~PANDAS, 0.95), (2 * PHOTOS, PANDAS, 0.05))),
        Stage("a probability that is equal to t", "A probability that is equal to t is no yes.",
            "It says yes from t on: `>=`.",
            ((array(0.0, 1.0, -1.0), np.array([False, True, False]), 0.5),
                (np.zeros(4), np.array([False, True, False, False]), 0.5)), hard=True),
        Stage("very low scores", "Very low scores are counted wrongly.",
            "exp(1000) overflows, but sigmoid(-1000) is 0, and below every t.",
            ((array(-1000.0, 1000.0), np.array([False, False]), 0.5),
                (array(-5000.0, -800.0), np.array([False, False]), 0.01)), hard=True),
        Stage("close calls", "Where the probability is close to t, 0 or 1, the count is wrong.",
            "Compare the numbers as they are: do not round, and do not clip.",
            ((array(-1.386294360, -1.386294362), np.array([False, False]), 0.2),
                (array(-45.0, -50.0), np.array([False, False]), 1e-20),
                (array(45.0, 30.0), np.array([False, False]), 1 - 2.0**-50)), hard=True),
    ),
    mistakes=(
        KnownMistake("It compares a score with a probability.",
            "Take the sigmoid of the scores, or the logit of t.",
            lambda z, is_panda, t: alarms(z >= t, is_panda)),
        KnownMistake("It counts where the probability lies below t.", "Yes means t or more.",
            lambda z, is_panda, t: alarms(sigmoid(z) < t, is_panda)),
        KnownMistake("It counts every yes, also the right ones.",
            "A yes where there is a panda is no false alarm.",
            lambda z, is_panda, t: alarms(sigmoid(z) >= t, is_panda & False)),
        KnownMistake("It counts the pandas that are found.",
            "A false alarm is a yes where there is no panda.",
            lambda z, is_panda, t: alarms(sigmoid(z) >= t, ~is_panda)),
        KnownMistake("It counts the misses.", "A false alarm is a yes where there is no panda.",
            lambda z, is_panda, t: alarms(sigmoid(z) < t, ~is_panda)),
        KnownMistake("It returns a fraction of the photographs without a panda, not their number.",
            "Count.", lambda z, is_panda, t: alarms(sigmoid(z) >= t, is_panda) / np.sum(~is_panda)),
        KnownMistake("It returns a fraction of all photographs, not their number.", "Count.",
            lambda z, is_panda, t: alarms(sigmoid(z) >= t, is_panda) / len(z)),
        KnownMistake("It always takes one half for the threshold.", "Use t.",
            lambda z, is_panda, t: alarms(z >= 0, is_panda)),
        KnownMistake("It compares the scores with the sigmoid of t.",
            "To a probability t belongs the score ln(t / (1 - t)).",
            lambda z, is_panda, t: alarms(z >= sigmoid(t), is_panda)),
        KnownMistake("A probability that is equal to t is no yes.", "It says yes from t on: `>=`.",
            lambda z, is_panda, t: alarms(sigmoid(z) > t, is_panda)),
    ),
)
