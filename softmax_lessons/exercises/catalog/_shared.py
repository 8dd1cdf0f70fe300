"""Inputs, formulas, sentences and stages that several chapters use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from softmax_lessons.exercises._exercise import Args, Stage

if TYPE_CHECKING:
    from softmax_lessons.exercises._exercise import Array


def array(*numbers: Any, dtype: Any = float) -> Array:
    """Return an array."""
    return np.array(numbers, dtype)


def cases(*inputs: Array) -> tuple[Args, ...]:
    """Return cases of one argument each."""
    return tuple((x,) for x in inputs)


def labels(*numbers: int) -> Array:
    """Return an array of labels."""
    return np.array(numbers, dtype=int)


def sum_of(x: Array) -> Array:
    """Return the sum along the last axis, which stays."""
    return np.asarray(x.sum(axis=-1, keepdims=True))


def min_of(x: Array) -> Array:
    """Return the minimum along the last axis, which stays."""
    return np.asarray(x.min(axis=-1, keepdims=True))


def max_of(x: Array) -> Array:
    """Return the maximum along the last axis, which stays."""
    return np.asarray(x.max(axis=-1, keepdims=True))


def mean_of(x: Array) -> Array:
    """Return the mean along the last axis, which stays."""
    return np.asarray(x.mean(axis=-1, keepdims=True))


def exp(x: Array) -> Array:
    """Return exp of each entry."""
    return np.asarray(np.exp(x))


def normalized(e: Array) -> Array:
    """Return e divided by its sum along the last axis."""
    return np.asarray(e / sum_of(e))


def at_label(table: Array, y: Array) -> Array:
    """Return the entry of each row that the label names."""
    return np.asarray(table[np.arange(len(y)), y])


# --- vectors, batches, probabilities --------------------------------------------------------------

Z = array(0.25, 1.23, -0.8)
WIDE = array(3.0, -1.0, 0.5, 2.0)
PAIR = array(-0.3, -1.7)
EQUAL = array(-2.0, -2.0, -2.0)
ABOVE = array(2.5, 1.0, 4.0)
FIVE = array(0.9, -1.4, 1.6, 0.1, -0.6)
TWO_ROWS = array([0.25, 1.23, -0.8], [2.0, 1.0, 0.5])
SQUARE = array([0.1, 0.7, -0.4], [1.5, -0.2, 0.3], [-1.1, 0.6, 2.2])
ONE_ROW = array([1.2, -0.4, 0.3, 0.8])
TALL = array([0.5, -1.0], [2.0, 1.4], [-0.3, 0.2], [1.1, 0.0])
CUBE = array([[0.3, 1.1, -0.5], [1.7, 0.2, 0.4]], [[-0.9, 0.6, 1.3], [0.8, -1.2, 2.1]])
VECTORS = cases(Z, WIDE, PAIR, EQUAL, FIVE, ABOVE)
BATCHES = cases(TWO_ROWS, SQUARE, ONE_ROW, TALL)
PROBABILITIES = array(0.2, 0.5, 0.3), array(0.1, 0.9), array(0.4, 0.1, 0.2, 0.3)

PROBABILITY_ROWS = (
    array([0.2, 0.5, 0.3], [0.6, 0.1, 0.3]),
    array([0.7, 0.1, 0.2], [0.25, 0.35, 0.4], [0.05, 0.15, 0.8]),
    array([0.1, 0.2, 0.3, 0.4]),
)

# The labels lack the last class.
WITHOUT_LAST = (
    (TWO_ROWS, labels(0, 1)),
    (SQUARE, labels(0, 0, 1)),
    (ONE_ROW, labels(1)),
    (TALL, labels(0, 0, 0, 0)),
)

# So high, so low and so far apart that neither another shift nor another float helps.
LARGE_LOGITS = (
    (array([1000.0, 1001.0]), labels(0)),
    (array([-1000.0, -1001.0]), labels(1)),
    (array([1000.0, 1001.0], [-1000.0, -1001.0]), labels(0, 1)),
    (array([0.0, 3000.0, 1.0], [-3000.0, 0.5, 0.0]), labels(0, 1)),
    (array([1e5, 1e5 + 1], [-1e5, -1e5 - 1]), labels(1, 0)),
    (array([1e300, 0.0], [0.0, -1e300]), labels(0, 0)),
)

BATCHES_AND_LABELS = (
    (TWO_ROWS, labels(1, 2)),
    (SQUARE, labels(2, 0, 1)),
    (ONE_ROW, labels(3)),
    (TALL, labels(0, 0, 1, 0)),
)

# So many levels and spreads that no two wrong shifts fail on the same inputs.
FAR_OUT = cases(
    *(
        level + spread * np.sin(np.arange(1.0, n + 1) * (level + spread + n))
        for n in (2, 3, 5, 8)
        for level in (-5000.0, -900.0, 0.0, 900.0, 5000.0)
        for spread in (1.0, 600.0, 1500.0)
    )
)

# --- sentences ------------------------------------------------------------------------------------

KEEPDIMS = "Reduce along the last axis, and keep it: `axis=-1, keepdims=True`."
SHIFT = "Subtract the maximum first: exp(z - max(z)) never overflows, and the shift cancels."
SHIFT_HINT = "Only the maximum makes every exponent 0 or less."
LAST_AXIS = "The classes lie along the last axis; there may be any number of axes before it."
NINE_DIGITS = "Nine digits must be right."
SIX_DIGITS = "Six digits must be right."
TAKES_LOGITS = "`logits` has N rows and K columns, `labels` holds N whole numbers from 0 to K - 1."

# --- shifts of softmax that are not its maximum ---------------------------------------------------

SHIFTS = (
    ("It subtracts the minimum, not the maximum.", SHIFT_HINT, min_of),
    ("It subtracts the mean, not the maximum.", SHIFT_HINT, mean_of),
    (
        "It subtracts the median, not the maximum.",
        SHIFT_HINT,
        lambda z: np.median(z, axis=-1, keepdims=True),
    ),
    ("It subtracts the first score, not the maximum.", SHIFT_HINT, lambda z: z[..., :1]),
    ("It subtracts the last score, not the maximum.", SHIFT_HINT, lambda z: z[..., -1:]),
    (
        "The shift uses max(0, max), so it is missing where all scores are negative.",
        "Subtract the maximum whatever its sign. A maximum that starts at 0 has the same fault.",
        lambda z: np.maximum(0, max_of(z)),
    ),
    (
        "The shift uses the largest absolute value, not the maximum.",
        "The maximum of [-1000, -1001] is -1000.",
        lambda z: max_of(np.abs(z)),
    ),
)

# --- stages ---------------------------------------------------------------------------------------


def one_vector(*inputs: Array, what: str) -> Stage:
    """Return the first stage of many exercises."""
    hint = "Work the first entry out on paper, and compare."
    return Stage("one vector", f"{what} of one vector.", hint, cases(*inputs) or VECTORS)


def a_batch(*inputs: Array, hint: str = KEEPDIMS) -> Stage:
    """Return the stage for rows that do not depend on each other."""
    mistake = "One vector is right, but the rows of a batch are not."
    return Stage("a batch of rows", mistake, hint, cases(*inputs) or BATCHES)


def three_axes(*inputs: Array) -> Stage:
    """Return the stage for more axes than two."""
    mistake = "Batches with two axes are right, those with three are not."
    hint = "The last axis is -1, however many there are."
    return Stage("three axes", mistake, hint, cases(*inputs) or cases(CUBE, CUBE[:1]))


WHOLE = Stage(
    "whole numbers",
    "Whole numbers give another result than the same numbers as floats.",
    "Make them floats before you calculate: `x = np.asarray(x, dtype=float)`.",
    cases(array(1, 2, 4, dtype=int), array(0, -1, 1, 3, dtype=int), array(5, 2, dtype=int)),
)


def large(what: str, hint: str = SHIFT) -> Stage:
    """Return the stage for scores that overflow, each in another place of the vector."""
    return Stage(
        "large scores",
        f"Large scores give {what}.",
        hint,
        cases(
            array(1000.0, 1001.0, 1002.0),
            array(0.0, 1000.0),
            array(1000.0, 0.0),
            array(0.0, 0.0, 1000.0),
            array(1000.0, 1000.0, 0.0),
            array(3000.0, 0.0, -3000.0),
            array(400.0, 398.0, 399.0),
            array(1e5, 1e5 + 1, 1e5 - 2),
            array(1e300, 0.0, -1e300),
        ),
        hard=True,
        probe=lambda size: (array(size, size - 1.0),),
        extra_cases=FAR_OUT,
    )


def very_negative(what: str) -> Stage:
    """Return the stage for scores whose exponentials are all 0."""
    return Stage(
        "very negative scores",
        f"Very negative scores give {what}.",
        "There every exponential is 0, unless the maximum itself is subtracted: it becomes exp(0).",
        cases(
            array(-1000.0, -1001.0, -1002.0),
            array(-400.0, -401.0),
            array(-800.0, -2000.0),
            array(-900.0),
            array(-1e5, -1e5 - 1),
            array(-1e300, -1.5e300),
        ),
        hard=True,
        probe=lambda size: (array(-size, -size - 1.0),),
        extra_cases=FAR_OUT,
    )


def without_last_class(*inputs: Args) -> Stage:
    """Return the stage for labels that lack the last class."""
    return Stage(
        "labels without the last class",
        "It goes wrong where no label is the last class.",
        "The columns say how many classes there are, `shape[-1]`, and not the labels.",
        inputs or WITHOUT_LAST,
    )


def low_scores(*inputs: Args, extra_cases: tuple[Args, ...] = (), out: str = "left out") -> Stage:
    """Return the stage for masks, where a low number is not low enough for what is out."""
    return Stage(
        "low scores",
        "Low scores give wrong numbers.",
        f"Subtract the maximum of what counts. What is {out} gets `-np.inf`: no number is lower "
        "than all scores.",
        inputs,
        hard=True,
        extra_cases=extra_cases,
    )


def large_slopes(*inputs: Args) -> Stage:
    """Return the stage for gradients that are far from 0."""
    return Stage(
        "large slopes",
        "Large slopes are wrong.",
        "The gradient may be of any size: nothing has to be cut off.",
        inputs,
        hard=True,
    )


FAR_APART = Stage(
    "rows far apart",
    "A row that lies far below another one is wrong, although it is right on its own.",
    "Subtract from each row its own maximum, not the maximum of the batch: `x.max(axis=-1, "
    "keepdims=True)`.",
    cases(
        array([1000.0, 1001.0], [-1000.0, -1001.0]),
        array([0.0, 1.0, 2.0], [-900.0, -901.0, -903.0]),
    ),
    hard=True,
)

SCORES_OF_1E16 = Stage(
    "scores of 1e16",
    "Beside scores of 1e16 the logarithm of the sum is lost.",
    "With d = z - max(z), it is d - log(sum(exp(d))). In z - logsumexp(z) the sum has lost its "
    "digits.",
    cases(array(1e16, 1e16), array(-1e17, -1e17, -1e17)),
    hard=True,
)

EXCLUDED = Stage(
    "an excluded class",
    "A score of -inf, which excludes a class, is not handled.",
    "exp(-inf) is 0, as it should be. Only -inf - (-inf), 0 * -inf and log(0) need care.",
    cases(array(1.0, -np.inf, 2.0), array(-np.inf, 0.5), array([0.0, 1.0], [-np.inf, 3.0])),
    hard=True,
)

FLOAT32 = Stage(
    "float32",
    "float32 scores give wrong numbers.",
    "Do not name a dtype inside; then float32 stays float32.",
    cases(Z.astype(np.float32), array(0.0, 100.0, dtype=np.float32), TWO_ROWS.astype(np.float32)),
    hard=True,
    rtol=1e-5,
    atol=1e-6,
    same_dtype=True,
)
