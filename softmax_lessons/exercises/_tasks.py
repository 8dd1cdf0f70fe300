"""The exercises: what each asks for, on which inputs, and which mistakes are known.

The right answers come from the package. The suspects are formulas that people write; a formula that
is wrong in a new way needs no entry here, because the symptoms in ``_judge`` are measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from softmax_lessons import (
    cross_entropy,
    cross_entropy_and_grad,
    hardmax,
    log_softmax,
    logsumexp,
    min_max,
    normalize_by_abs,
    normalize_by_relu,
    normalize_by_square,
    normalize_by_sum,
    one_hot,
    sigmoid,
    softmax,
    softmax_jacobian,
    softmax_vjp,
)
from softmax_lessons.exercises._judge import (
    Args,
    Exercise,
    Stage,
    Suspect,
    at_least_zero,
    at_most_zero,
    shares,
    sums_to_zero,
    symmetric,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


def a(*numbers: Any, dtype: Any = float) -> Array:
    """Return an array."""
    return np.array(numbers, dtype)


def each(*inputs: Array) -> tuple[Args, ...]:
    """Return cases of one argument each."""
    return tuple((x,) for x in inputs)


def total(x: Array) -> Array:
    """Return the sum along the last axis, which stays."""
    return np.asarray(x.sum(axis=-1, keepdims=True))


def lowest(x: Array) -> Array:
    """Return the minimum along the last axis, which stays."""
    return np.asarray(x.min(axis=-1, keepdims=True))


def highest(x: Array) -> Array:
    """Return the maximum along the last axis, which stays."""
    return np.asarray(x.max(axis=-1, keepdims=True))


# --- inputs that many exercises share ---------------------------------------------------------

Z = a(0.25, 1.23, -0.8)
WIDE = a(3.0, -1.0, 0.5, 2.0)
PAIR = a(-0.3, -1.7)
EQUAL = a(-2.0, -2.0, -2.0)
ABOVE = a(2.5, 1.0, 4.0)
FIVE = a(0.9, -1.4, 1.6, 0.1, -0.6)
TWO_ROWS = a([0.25, 1.23, -0.8], [2.0, 1.0, 0.5])
SQUARE = a([0.1, 0.7, -0.4], [1.5, -0.2, 0.3], [-1.1, 0.6, 2.2])
ONE_ROW = a([1.2, -0.4, 0.3, 0.8])
TALL = a([0.5, -1.0], [2.0, 1.4], [-0.3, 0.2], [1.1, 0.0])
CUBE = a([[0.3, 1.1, -0.5], [1.7, 0.2, 0.4]], [[-0.9, 0.6, 1.3], [0.8, -1.2, 2.1]])
VECTORS = each(Z, WIDE, PAIR, EQUAL, FIVE, ABOVE)
BATCHES = each(TWO_ROWS, SQUARE, ONE_ROW, TALL)

SHARES = a(0.2, 0.5, 0.3), a(0.1, 0.9), a(0.4, 0.1, 0.2, 0.3)
SHARE_ROWS = (
    a([0.2, 0.5, 0.3], [0.6, 0.1, 0.3]),
    a([0.7, 0.1, 0.2], [0.25, 0.35, 0.4], [0.05, 0.15, 0.8]),
    a([0.1, 0.2, 0.3, 0.4]),
)

KEEPDIMS = "Reduce along the last axis, and keep it: `axis=-1, keepdims=True`."
SHIFT = "Subtract the maximum first: exp(z - max(z)) never overflows, and the shift cancels."


def one_vector(*cases: Array, what: str) -> Stage:
    """Return the first stage of many exercises."""
    hint = "Work the first entry out on paper, and compare."
    return Stage("one vector", f"{what} of one vector.", hint, each(*cases) if cases else VECTORS)


def a_batch(*cases: Array, hint: str = KEEPDIMS) -> Stage:
    """Return the stage for rows that stand for themselves."""
    mistake = "One vector is right, but the rows of a batch are not."
    return Stage("a batch of rows", mistake, hint, each(*cases) if cases else BATCHES)


def three_axes(*cases: Array) -> Stage:
    """Return the stage for more axes than two."""
    mistake = "Batches with two axes are right, those with three are not."
    hint = "The last axis is -1, however many there are."
    return Stage("three axes", mistake, hint, each(*cases) if cases else each(CUBE, CUBE[:1]))


WHOLE = Stage(
    "whole numbers",
    "Whole numbers give another result than the same numbers as floats.",
    "Make them floats before you calculate: `x = np.asarray(x, dtype=float)`.",
    each(a(1, 2, 4, dtype=int), a(0, -1, 1, 3, dtype=int), a(5, 2, dtype=int)),
)


# Far out in all directions: two shifts that both fail do not fail on the same of these.
FAR_OUT = each(
    *(
        level + spread * np.sin(np.arange(1.0, n + 1) * (level + spread + n))
        for n in (2, 3, 5, 8)
        for level in (-5000.0, -900.0, 0.0, 900.0, 5000.0)
        for spread in (1.0, 600.0, 1500.0)
    )
)


def large(what: str, hint: str = SHIFT) -> Stage:
    """Return the stage for scores that overflow; each spread is one that a shift can forget."""
    cases = each(
        a(1000.0, 1001.0, 1002.0),
        a(0.0, 1000.0),
        a(1000.0, 0.0),
        a(0.0, 0.0, 1000.0),
        a(1000.0, 1000.0, 0.0),
        a(3000.0, 0.0, -3000.0),
        a(400.0, 398.0, 399.0),
    )

    def probe(s: int) -> Args:
        return (a(s, s - 1.0, 0.0),)

    return Stage("large scores", f"Large scores give {what}.", hint, cases, True, probe, FAR_OUT)


def very_negative(what: str) -> Stage:
    """Return the stage for scores whose exponentials are all 0."""

    def probe(s: int) -> Args:
        return (a(-s, -s - 1.0),)

    return Stage(
        "very negative scores",
        f"Very negative scores give {what}.",
        "There every exponential is 0, unless the maximum itself is subtracted: it becomes exp(0).",
        each(a(-1000.0, -1001.0, -1002.0), a(-400.0, -401.0), a(-800.0, -2000.0), a(-900.0)),
        True,
        probe,
        FAR_OUT,
    )


FAR_APART = Stage(
    "rows far apart",
    "A row that lies far below another one is wrong, although it is right on its own.",
    "Subtract from each row its own maximum, not the maximum of the batch: "
    "`x.max(axis=-1, keepdims=True)`.",
    each(a([1000.0, 1001.0], [-1000.0, -1001.0]), a([0.0, 1.0, 2.0], [-900.0, -901.0, -903.0])),
    hard=True,
)
EXCLUDED = Stage(
    "an excluded class",
    "A score of -inf, which excludes a class, is not handled.",
    "exp(-inf) is 0, as it should be. Only -inf - (-inf), 0 * -inf and log(0) need care.",
    each(a(1.0, -np.inf, 2.0), a(-np.inf, 0.5), a([0.0, 1.0], [-np.inf, 3.0])),
    hard=True,
)
FLOAT32 = Stage(
    "float32",
    "float32 scores give wrong numbers.",
    "Do not name a dtype inside; then float32 stays float32.",
    each(Z.astype(np.float32), a(0.0, 100.0, dtype=np.float32), TWO_ROWS.astype(np.float32)),
    hard=True,
    rtol=1e-5,
    atol=1e-6,
    same_dtype=True,
)
WRAPS = tuple(
    Suspect(
        "Integer input wraps around.",
        "In int8, -128 - 127 is 1. Make integers floats before you subtract.",
        f,
    )
    for f in (
        lambda z: by_total(e_to(z - highest(z))),
        lambda z: by_total(np.exp(z - highest(z), dtype=np.promote_types(z.dtype, np.float32))),
        lambda z: softmax(z - highest(z)),
    )
)
SMALL_INTEGERS = Stage(
    "small integers",
    "Integers of 8 bits give wrong numbers.",
    "Make integers floats of 64 bits before you calculate anything.",
    each(
        a(-128, 127, dtype=np.int8),
        a(-127, 125, 127, dtype=np.int8),
        a(1, 2, 3, dtype=np.uint8),
    ),
    hard=True,
)

# --- formulas that are tried in place of softmax ----------------------------------------------


def e_to(x: Array) -> Array:
    """Return exp, which is shorter to say."""
    return np.asarray(np.exp(x))


def mean_of(x: Array) -> Array:
    """Return the mean along the last axis, which stays."""
    return np.asarray(x.mean(axis=-1, keepdims=True))


def by_total(e: Array) -> Array:
    """Return e divided by its sum along the last axis."""
    return np.asarray(e / total(e))


def unshifted(z: Array) -> Array:
    """Return softmax as the definition says."""
    return by_total(e_to(z))


NOT_SOFTMAX = (
    Suspect("It does not divide: these are the exponentials.", "Divide by their sum.", e_to),
    Suspect(
        "It divides by the sum of the scores, not of their exponentials.",
        "The sum in the denominator is over exp(z).",
        lambda z: e_to(z) / total(z),
    ),
    Suspect(
        "It divides the scores by the sum of the exponentials.",
        "The numerator is exp(z) too.",
        lambda z: z / total(e_to(z)),
    ),
    Suspect(
        "It divides the scores by their sum; there is no exponential.",
        "Replace each score z by exp(z), in the numerator and in the sum.",
        normalize_by_sum,
    ),
    Suspect(
        "It divides by the largest exponential, not by their sum.",
        "Add the exponentials up.",
        lambda z: e_to(z - highest(z)),
    ),
    Suspect(
        "It divides by the mean of the exponentials, not by their sum.",
        "The sum is K times the mean.",
        lambda z: e_to(z) / mean_of(e_to(z)),
    ),
    Suspect(
        "It returns the hard choice: 1 for the largest score and 0 for the others.",
        "The soft choice gives every class a share.",
        hardmax,
    ),
    Suspect("It returns a sigmoid of each score.", "Classes must share one sum.", sigmoid),
    Suspect(
        "It divides the sigmoids by their sum, not the exponentials.",
        "Replace the sigmoid by exp.",
        lambda z: by_total(sigmoid(z)),
    ),
    Suspect(
        "It takes powers of 2, not of e.", "`np.exp(z)` is e**z.", lambda z: softmax(z * np.log(2))
    ),
    Suspect(
        "It takes powers of 10, not of e.",
        "`np.exp(z)` is e**z.",
        lambda z: softmax(z * np.log(10)),
    ),
    Suspect(
        "The sign in the exponent is wrong: the largest score gets the smallest share.",
        "It is exp(z - max), not exp(max - z).",
        lambda z: softmax(-z),
    ),
    Suspect(
        "It takes the absolute values of the scores.",
        "A negative score is a low one.",
        lambda z: softmax(np.abs(z)),
    ),
    Suspect("It clips negative scores to 0.", "A negative score is a low one.",
            lambda z: softmax(np.maximum(z, 0))),
    Suspect("It leaves a class out of its own sum.", "The sum is over all classes.",
            lambda z: e_to(z) / (total(e_to(z)) - e_to(z))),
    Suspect("It divides by the length of the vector of exponentials, not by their sum.",
            "Add the exponentials up as they are.",
            lambda z: e_to(z) / np.sqrt(total(e_to(z) ** 2))),
    Suspect("It squares the scores.", "It is exp(z).", lambda z: softmax(z**2)),
    Suspect(
        "It divides the scores by their maximum, where it should subtract it.",
        "Only a shift cancels.",
        lambda z: softmax(z / highest(z)),
    ),
    Suspect(
        "It takes softmax twice.",
        "The second one takes probabilities for scores, and flattens them.",
        lambda z: softmax(softmax(z)),
    ),
    Suspect(
        "It subtracts the maximum in the numerator only.",
        "The shift cancels only if it stands in both places.",
        lambda z: e_to(z - highest(z)) / total(e_to(z)),
    ),
    Suspect(
        "It subtracts the maximum in the denominator only.",
        "The shift cancels only if it stands in both places.",
        lambda z: e_to(z) / total(e_to(z - highest(z))),
    ),
    Suspect(
        "It subtracts the maximum after the exponential.",
        "Subtract it from the scores, before exp.",
        lambda z: by_total(e_to(z) - highest(e_to(z))),
    ),
    Suspect(
        "It adds 1 to the sum of the exponentials.",
        "Sigmoid has that 1; softmax has none.",
        lambda z: e_to(z) / (1 + total(e_to(z))),
    ),
    Suspect(
        "It standardizes the scores first.",
        "Softmax takes the scores as they are: their spread counts.",
        lambda z: softmax((z - mean_of(z)) / z.std(axis=-1, keepdims=True)),
    ),
    Suspect(
        "It rescales the scores to 0 to 1 first.",
        "Their spread counts.",
        lambda z: softmax(min_max(z)),
    ),
)
def shift_by(what: str, shift: Any) -> Suspect:
    """Return softmax with another shift than the maximum."""
    return Suspect(
        f"It subtracts {what}, not the maximum.",
        "Only the maximum makes every exponent 0 or less.",
        lambda z: unshifted(z - shift(z)),
    )


BAD_SHIFTS = (
    shift_by("the minimum", lowest),
    shift_by("the mean", mean_of),
    shift_by("the median", lambda z: np.median(z, axis=-1, keepdims=True)),
    shift_by("the first score", lambda z: z[..., :1]),
    shift_by("the last score", lambda z: z[..., -1:]),
    Suspect(
        "The shift uses max(0, max), so it is missing where all scores are negative.",
        "Subtract the maximum whatever its sign. A maximum that starts at 0 has the same fault.",
        lambda z: unshifted(z - np.maximum(0, highest(z))),
    ),
    Suspect(
        "The shift uses the largest absolute value, not the maximum.",
        "The maximum of [-1000, -1001] is -1000.",
        lambda z: unshifted(z - highest(np.abs(z))),
    ),
    Suspect(
        "For large scores it returns the hard choice.",
        "Nothing has to be replaced: " + SHIFT[0].lower() + SHIFT[1:],
        lambda z: hardmax(z) if np.abs(z).max() > 700 else softmax(z),
    ),
)

LAST_AXIS = "The classes lie along the last axis; there may be any number of axes before it."
NINE = "Nine digits must be right."
SIX = "Six digits must be right."


# --- scores -----------------------------------------------------------------------------------


def margin(scores: Array) -> Array:
    """Return how far the best class leads the second best."""
    ordered = np.sort(scores, axis=-1)
    return np.asarray(ordered[..., -1] - ordered[..., -2])


def labels(*numbers: int) -> Array:
    """Return an array of labels."""
    return np.array(numbers, dtype=int)


ONE_HOT = Exercise(
    "Write labels as one-hot rows",
    "scores",
    "one_hot(labels, n_classes)",
    "`labels` is an array of N whole numbers from 0 to `n_classes` - 1. Return an array with N rows "
    "and `n_classes` columns: 1 in the column of the label, 0 elsewhere.",
    one_hot,
    (
        Stage(
            "a few labels",
            "The rows are not one-hot rows of the labels.",
            "Row i has its 1 in column labels[i]. Classes count from 0.",
            (
                (labels(2, 0, 1, 2), 3),
                (labels(1, 3), 4),
                (labels(0), 2),
                (labels(1, 0, 0, 2, 4), 5),
            ),
        ),
        Stage(
            "classes without a label",
            "It fails where a class has no label.",
            "The number of columns is `n_classes`, whatever the labels are.",
            ((labels(0, 1), 4), (labels(2, 2, 2), 6)),
        ),
    ),
    (
        Suspect(
            "The classes count from 1.",
            "Label 0 is the first column.",
            lambda y, k: np.eye(k)[y - 1],
        ),
        Suspect(
            "It takes the number of classes from the labels, not from `n_classes`.",
            "The last classes may have no label in this batch.",
            lambda y, k: np.eye(y.max() + 1)[y],
        ),
        Suspect(
            "It writes the label where the 1 should be.",
            "The place says which class it is.",
            lambda y, k: np.eye(k)[y] * y[:, None],
        ),
        Suspect(
            "Zeros and ones are exchanged.", "The label gets the 1.", lambda y, k: 1 - np.eye(k)[y]
        ),
        Suspect(
            "Only the last label has its row, or all labels share one.",
            "Each row has its own 1: `Y[np.arange(N), labels] = 1`.",
            lambda y, k: np.tile(np.eye(k)[y].max(axis=0), (len(y), 1)),
        ),
        Suspect(
            "The columns run from the last class to the first.",
            "Class 0 is the first column.",
            lambda y, k: np.eye(k)[y][:, ::-1],
        ),
    ),
)

MARGIN = Exercise(
    "Measure the lead of the best class",
    "scores",
    "margin(scores)",
    "Return how far the largest score leads the second largest, along the last axis: one number for "
    "a vector, one for each row of a batch. Equal best scores have a lead of 0. " + NINE,
    margin,
    (
        one_vector(
            Z, WIDE, FIVE, a(-5.0, -1.0, -3.0), a(1.0, 4.0, 3.5, 2.0), what="It is not the lead"
        ),
        Stage(
            "ties",
            "Ties are wrong: two equal best scores have a lead of 0.",
            "Sort the scores, and take the last two, equal or not: do not drop what occurs twice.",
            each(a(2.0, 2.0, 1.0), a(0.5, 0.5), a(-1.0, 3.0, 0.0, 3.0)),
        ),
        a_batch(hint="Work along the last axis only: `axis=-1`."),
        three_axes(),
        WHOLE,
    ),
    (
        Suspect(
            "It is the lead over the worst class, not over the second best.",
            "Sort first.",
            lambda z: np.ptp(z, axis=-1),
        ),
        Suspect(
            "It is the lead over the mean.",
            "Sort, and take the last two.",
            lambda z: z.max(axis=-1) - z.mean(axis=-1),
        ),
        Suspect(
            "It subtracts neighbours without sorting.",
            "The best two may stand anywhere.",
            lambda z: z[..., -1] - z[..., -2],
        ),
        Suspect(
            "It subtracts the second score from the first without sorting.",
            "The best two may stand anywhere.",
            lambda z: z[..., 0] - z[..., 1],
        ),
        Suspect(
            "It returns the largest score.",
            "Subtract the second largest.",
            lambda z: z.max(axis=-1),
        ),
        Suspect(
            "It returns the second largest score.",
            "Subtract it from the largest.",
            lambda z: np.sort(z, axis=-1)[..., -2],
        ),
        Suspect(
            "It returns the index of the best class.",
            "`argmax` gives the place.",
            lambda z: z.argmax(axis=-1),
        ),
        Suspect(
            "It is the lead of the second lowest score over the lowest.",
            "The largest scores stand at the end of a sorted row.",
            lambda z: np.sort(z, axis=-1)[..., 1] - np.sort(z, axis=-1)[..., 0],
        ),
        Suspect(
            "It divides the best two scores.",
            "A lead is a difference.",
            lambda z: np.sort(z, axis=-1)[..., -1] / np.sort(z, axis=-1)[..., -2],
        ),
        Suspect(
            "It takes the best two of the whole batch.",
            "Use `axis=-1`.",
            lambda z: margin(z.ravel()),
        ),
    ),
)

ACCURACY = Exercise(
    "Count the right choices",
    "argmax",
    "accuracy(logits, labels)",
    "`logits` has N rows and K columns, `labels` N whole numbers. Return the share of rows, from 0 "
    "to 1, whose largest logit stands in the column of the label.",
    lambda z, y: np.mean(z.argmax(axis=-1) == y),
    (
        Stage(
            "some batches",
            "It is not the share of right choices.",
            "Compare `logits.argmax(axis=-1)` with the labels, entry by entry.",
            (
                (SQUARE, labels(1, 2, 2)),
                (TALL, labels(0, 0, 1, 1)),
                (TWO_ROWS, labels(0, 0)),
                (
                    a([0.1, 2.0], [1.0, 0.0], [0.0, 1.0], [2.0, 5.0], [1.0, 2.0]),
                    labels(1, 0, 1, 1, 0),
                ),
            ),
        ),
        Stage(
            "nothing right, or all",
            "It fails where no choice is right, or all are.",
            "The mean of `choices == labels` needs no special case.",
            ((TWO_ROWS, labels(1, 0)), (TWO_ROWS, labels(2, 2)), (ONE_ROW, labels(0))),
        ),
    ),
    (
        Suspect(
            "It counts the right choices, and does not divide by the number of rows.",
            "`np.mean` of a comparison is a share.",
            lambda z, y: np.sum(z.argmax(-1) == y),
        ),
        Suspect(
            "It is in percent.",
            "A share runs from 0 to 1.",
            lambda z, y: 100 * np.mean(z.argmax(-1) == y),
        ),
        Suspect(
            "It is the share of wrong choices.",
            "Compare with `==`.",
            lambda z, y: np.mean(z.argmax(-1) != y),
        ),
        Suspect(
            "It takes the smallest logit for the choice.",
            "Use `argmax`.",
            lambda z, y: np.mean(z.argmin(-1) == y),
        ),
        Suspect(
            "It divides by the number of all logits.",
            "There are N choices, not N times K.",
            lambda z, y: np.sum(z.argmax(-1) == y) / z.size,
        ),
        Suspect(
            "It divides by the number of classes.",
            "There are N choices.",
            lambda z, y: np.sum(z.argmax(-1) == y) / z.shape[-1],
        ),
        Suspect(
            "It tells whether each row is right.", "Take the mean.", lambda z, y: z.argmax(-1) == y
        ),
    ),
)

# --- sigmoid ----------------------------------------------------------------------------------

SIGMOID = Exercise(
    "Write sigmoid so that nothing overflows",
    "sigmoid",
    "sigmoid(x)",
    "Return 1 / (1 + exp(-x)) for each entry of the array `x`, which has any shape and holds any "
    f"floats. {NINE} That goes for tiny results too, down to 1e-300.",
    sigmoid,
    (
        Stage(
            "ordinary numbers",
            "Ordinary numbers give wrong results.",
            "sigmoid(0) is 0.5. Which part is off there?",
            each(Z, WIDE, PAIR, a(0.0, 1.0)),
        ),
        Stage(
            "any shape",
            "One vector is right, other shapes are not.",
            "Each entry stands for itself: no axis matters.",
            each(TWO_ROWS, CUBE, np.array(0.7), a(-1.5)),
        ),
        WHOLE,
        Stage(
            "large numbers",
            "Large numbers give wrong results; they should be close to 1.",
            "exp(x) / (1 + exp(x)) is infinity by infinity there. Use exp of -|x| only.",
            each(a(1000.0, 800.0), a(720.0, 30.0, 1e6), a(np.inf)),
            True,
            lambda s: (a(s, 0.0),),
        ),
        Stage(
            "very negative numbers",
            "Very negative numbers give wrong results; they should be close to 0.",
            "Use exp(x) / (1 + exp(x)) for x below 0: its exponential cannot overflow.",
            each(a(-1000.0, -800.0), a(-30.0, 0.0), a(-np.inf)),
            True,
            lambda s: (a(-s, 0.0),),
            atol=1e-10,
        ),
        Stage(
            "the tail",
            "Small results lose their digits: far below 0 sigmoid(x) is nearly exp(x).",
            "Do not clip, and do not subtract from 1. For x below 0 use exp(x) / (1 + exp(x)).",
            each(a(-40.0, -50.0), a(-100.0), a(-690.0, -300.0)),
            True,
            lambda s: (a(-min(s, 690.0), 0.0),),
        ),
    ),
    (
        Suspect(
            "The sign in the exponent is wrong: exp(x), not exp(-x).",
            "A large x must give 1.",
            lambda x: 1 / (1 + np.exp(x)),
        ),
        Suspect(
            "The 1 in the denominator is missing.", "It is 1 + exp(-x).", lambda x: 1 / np.exp(-x)
        ),
        Suspect(
            "It subtracts the exponential from 1, where it should add.",
            "It is 1 + exp(-x).",
            lambda x: 1 / (1 - np.exp(-x)),
        ),
        Suspect("It returns tanh.", "sigmoid(x) is (1 + tanh(x / 2)) / 2.", np.tanh),
        Suspect(
            "It is tanh moved to 0 to 1, but twice as steep.",
            "It takes tanh(x / 2).",
            lambda x: (1 + np.tanh(x)) / 2,
        ),
        Suspect(
            "It returns the derivative of sigmoid.",
            "The derivative is s (1 - s).",
            lambda x: sigmoid(x) * (1 - sigmoid(x)),
        ),
        Suspect(
            "It returns a step of 0 and 1.",
            "The soft step is never exactly 0 or 1.",
            lambda x: (x > 0) * 1.0,
        ),
        Suspect(
            "It is the softmax of the vector.",
            "Each entry stands for itself.",
            lambda x: softmax(x),
        ),
        Suspect("It takes powers of 2, not of e.", "Use `np.exp`.", lambda x: 1 / (1 + 2.0**-x)),
        Suspect(
            "It takes the absolute value of x.",
            "sigmoid(-x) is 1 - sigmoid(x).",
            lambda x: sigmoid(np.abs(x)),
        ),
        Suspect(
            "It takes the negative absolute value of x for every x.",
            "That is right below 0 only. Above, it is 1 / (1 + exp(-x)).",
            lambda x: sigmoid(-np.abs(x)),
        ),
        Suspect(
            "It is a straight line, cut off at 0 and 1.",
            "Use 1 / (1 + exp(-x)).",
            lambda x: np.clip(0.25 * x + 0.5, 0, 1),
        ),
    ),
)

LOGIT = Exercise(
    "Go back from a probability to its score",
    "sigmoid",
    "logit(p)",
    "Return log(p / (1 - p)), the score whose sigmoid is p, for each entry of the array `p`. All "
    f"entries lie between 0 and 1, and neither is reached. {SIX}",
    lambda p: np.log(p) - np.log1p(-p),
    (
        Stage(
            "ordinary probabilities",
            "It is not the score of these probabilities.",
            "The odds are p / (1 - p), and the score is their logarithm.",
            each(a(0.9, 0.5, 0.2), a(0.3, 0.75), a(0.05, 0.6, 0.99, 0.4)),
        ),
        Stage(
            "tiny probabilities",
            "Tiny probabilities are wrong.",
            "Nothing has to be added or clipped: log(1e-20) is fine.",
            each(a(1e-20, 1e-9), a(1e-300)),
            hard=True,
        ),
    ),
    (
        Suspect(
            "It returns the logarithm of p, not of the odds.", "Divide by 1 - p first.", np.log
        ),
        Suspect(
            "It returns the odds, without the logarithm.", "Take `np.log`.", lambda p: p / (1 - p)
        ),
        Suspect(
            "It returns sigmoid, not its inverse.", "Solve p = 1 / (1 + exp(-x)) for x.", sigmoid
        ),
        Suspect(
            "It adds the two logarithms.",
            "log(p / q) is log(p) - log(q).",
            lambda p: np.log(p) + np.log(1 - p),
        ),
        Suspect(
            "It divides the two logarithms.",
            "log(p / q) is log(p) - log(q).",
            lambda p: np.log(p) / np.log(1 - p),
        ),
        Suspect(
            "It divides by 1 + p.",
            "The other outcome has the probability 1 - p.",
            lambda p: np.log(p / (1 + p)),
        ),
    ),
    logs=True,
    rtol=1e-6,
    atol=1e-12,
)

# --- argmax -----------------------------------------------------------------------------------

HARDMAX = Exercise(
    "Write the hard choice as one-hot",
    "argmax",
    "hardmax(scores)",
    f"Return 1 at the largest score and 0 elsewhere. {LAST_AXIS} Of several largest scores in a "
    "row, the first one counts.",
    hardmax,
    (
        one_vector(Z, WIDE, a(-3.0, -1.0, -2.0), FIVE, what="It is not the hard choice"),
        a_batch(TWO_ROWS, SQUARE, ONE_ROW, TALL, hint="Each row has its own maximum: `axis=-1`."),
        Stage(
            "ties",
            "Ties are wrong: of several largest scores the first one counts.",
            "`np.argmax` returns the first.",
            each(a(2.0, 2.0, 1.0), a(0.0, 3.0, -1.0, 3.0), a([1.0, 1.0], [0.0, 0.0])),
        ),
        three_axes(),
        WHOLE,
    ),
    (
        Suspect(
            "It marks all ties.",
            "`scores == max` is true for each of them. `np.argmax` returns the first.",
            lambda z: (z == highest(z)) * 1.0,
        ),
        Suspect(
            "Of several largest scores it takes the last.",
            "`np.argmax` returns the first.",
            lambda z: hardmax(z[..., ::-1])[..., ::-1],
        ),
        Suspect(
            "It shares the 1 among ties.",
            "The first one gets all of it.",
            lambda z: by_total((z == highest(z)) * 1.0),
        ),
        Suspect(
            "It returns the index of the best class, not the one-hot form.",
            "Put a 1 at that index, among zeros.",
            lambda z: z.argmax(axis=-1),
        ),
        Suspect(
            "It returns the largest score itself.",
            "Put a 1 at its place.",
            lambda z: z.max(axis=-1),
        ),
        Suspect(
            "It keeps the largest score where the 1 should be.",
            "Write 1.",
            lambda z: z * hardmax(z),
        ),
        Suspect("It marks the smallest score.", "Use `argmax`.", lambda z: hardmax(-z)),
        Suspect(
            "It marks the largest absolute value.",
            "A negative score is a low one.",
            lambda z: hardmax(np.abs(z)),
        ),
        Suspect(
            "It marks all positive scores.", "Only the largest gets a 1.", lambda z: (z > 0) * 1.0
        ),
        Suspect(
            "It marks the maximum of each column, not of each row.",
            "Use `axis=-1`.",
            lambda z: hardmax(z, axis=0),
        ),
        Suspect(
            "It marks only the maximum of the whole batch.",
            "Use `axis=-1, keepdims=True`.",
            lambda z: (z == z.max()) * 1.0,
        ),
        Suspect("It returns softmax, the soft choice.", "Only 0 and 1 are allowed.", softmax),
    ),
    (shares,),
)

# --- normalization ----------------------------------------------------------------------------

NORMALIZE = Exercise(
    "Divide by the sum",
    "normalization",
    "normalize_by_sum(scores)",
    f"Return each score divided by the sum of its row. {LAST_AXIS} No sum is 0 here. {SIX}",
    normalize_by_sum,
    (
        one_vector(Z, WIDE, PAIR, FIVE, ABOVE, what="These are not the shares"),
        a_batch(),
        three_axes(),
        WHOLE,
    ),
    (
        Suspect(
            "It divides by the sum of the absolute values.",
            "Keep the signs.",
            lambda z: z / total(np.abs(z)),
        ),
        Suspect("It takes absolute values in both places.", "Keep the signs.", normalize_by_abs),
        Suspect("It clips negative scores to 0.", "A negative score is a low one.",
            lambda z: softmax(np.maximum(z, 0))),
    Suspect("It leaves a class out of its own sum.", "The sum is over all classes.",
            lambda z: e_to(z) / (total(e_to(z)) - e_to(z))),
    Suspect("It divides by the length of the vector of exponentials, not by their sum.",
            "Add the exponentials up as they are.",
            lambda z: e_to(z) / np.sqrt(total(e_to(z) ** 2))),
    Suspect("It squares the scores.", "Use them as they are.", normalize_by_square),
        Suspect("It clips negative scores to 0.", "Use them as they are.", normalize_by_relu),
        Suspect("It rescales from the minimum to the maximum.", "Divide by the sum.", min_max),
        Suspect("It returns softmax.", "There is no exponential in this one.", softmax),
        Suspect("It divides by the largest score.", "Divide by the sum.", lambda z: z / highest(z)),
        Suspect("It divides by the mean.", "Divide by the sum.", lambda z: z / mean_of(z)),
        Suspect(
            "It divides by the length of the vector, the root of the sum of squares.",
            "Divide by the sum.",
            lambda z: z / np.sqrt(total(z**2)),
        ),
        Suspect(
            "It subtracts the mean and divides by the standard deviation.",
            "Divide by the sum.",
            lambda z: (z - mean_of(z)) / z.std(axis=-1, keepdims=True),
        ),
    ),
    (shares,),
    rtol=1e-6,
)

SHIFT_BY_SUM = Exercise(
    "Repair min-max",
    "normalization",
    "shift_by_sum(scores)",
    "Subtract from each row its smallest score, then divide by the sum of what is left. "
    f"{LAST_AXIS} No row has equal scores only. {SIX}",
    lambda z: by_total(z - lowest(z)),
    (
        one_vector(Z, WIDE, PAIR, FIVE, ABOVE, what="These are not the shares"),
        a_batch(),
        three_axes(),
        WHOLE,
    ),
    (
        Suspect(
            "It does not subtract the smallest score.",
            "Shift first, then divide.",
            normalize_by_sum,
        ),
        Suspect(
            "It divides by the sum of the scores as they were.",
            "Add up what is left after the shift.",
            lambda z: (z - lowest(z)) / total(z),
        ),
        Suspect(
            "It divides by the maximum of what is left: that is min-max.",
            "Divide by the sum.",
            min_max,
        ),
        Suspect("It does not divide.", "Divide by the sum.", lambda z: z - lowest(z)),
        Suspect(
            "It subtracts the largest score.",
            "Subtract the smallest.",
            lambda z: by_total(z - highest(z)),
        ),
        Suspect("It adds the smallest score.", "Subtract it.", lambda z: by_total(z + lowest(z))),
        Suspect(
            "It subtracts the absolute value of the smallest score.",
            "Subtract it as it is.",
            lambda z: by_total(z - np.abs(lowest(z))),
        ),
        Suspect(
            "It subtracts the smallest absolute value.",
            "Subtract the smallest score.",
            lambda z: by_total(z - lowest(np.abs(z))),
        ),
        Suspect("It returns softmax.", "There is no exponential in this one.", softmax),
        Suspect(
            "It subtracts the minimum of the whole batch.",
            "Each row has its own.",
            lambda z: by_total(z - z.min()),
        ),
    ),
    (shares,),
    rtol=1e-6,
)

# --- softmax ----------------------------------------------------------------------------------

SOFTMAX_VECTOR = Exercise(
    "Write softmax for one vector",
    "softmax",
    "softmax_vector(scores)",
    "`scores` is an array with one axis, of scores between -50 and 50. Return exp(z) of each "
    f"score z, divided by the sum of all of them, as an array or a list. {SIX}",
    softmax,
    (
        one_vector(what="These are not the probabilities"),
        WHOLE,
        Stage(
            "one class",
            "A single class gets the probability 1.",
            "Nothing has to be done for it: exp(z) / exp(z) is 1.",
            each(a(0.7), a(-3.0), a(0.0)),
        ),
        Stage(
            "small probabilities",
            "Small probabilities are wrong.",
            "Exponents down to -700 are fine: do not round or clip, add no small number, shift by the maximum only.",
            each(a(0.0, -20.0), a(30.0, -10.0, 0.0), a(-45.0, 5.0)),
            hard=True,
        ),
    ),
    NOT_SOFTMAX,
    (shares,),
    lists=True,
    rtol=1e-6,
)

SOFTMAX = Exercise(
    "Build softmax for real use",
    "softmax",
    "softmax(scores)",
    f"Return the softmax of an array. {LAST_AXIS} Nothing overflows, whatever the scores are; a "
    "score of -inf gives 0. float32 comes back as float32, integers of any size come back as "
    f"float64, and the input stays as it was. {NINE}",
    softmax,
    (
        one_vector(what="These are not the probabilities"),
        a_batch(),
        three_axes(),
        WHOLE,
        Stage(
            "small probabilities",
            "Small probabilities are wrong.",
            "Exponents down to -700 are fine: do not round or clip, add no small number, shift by the maximum only.",
            each(a(0.0, -50.0), a(0.0, -100.0, -600.0), a([0.0, -300.0], [-5.0, 40.0])),
            hard=True,
        ),
        large("wrong probabilities"),
        very_negative("wrong probabilities"),
        FAR_APART,
        EXCLUDED,
        FLOAT32,
        SMALL_INTEGERS,
    ),
    (*NOT_SOFTMAX, *BAD_SHIFTS, *WRAPS),
    (shares,),
)

LOGITS_FROM = Exercise(
    "Undo softmax",
    "softmax",
    "logits_from(p)",
    "Return scores whose softmax is `p`: those that sum to 0 in each row. The classes lie along the "
    f"last axis, and no probability is 0. {SIX}",
    lambda p: np.log(p) - mean_of(np.log(p)),
    (
        one_vector(
            *SHARES, what="Softmax does not give p back, or the sum is not 0, with the scores"
        ),
        a_batch(*SHARE_ROWS),
        three_axes(np.stack([SHARE_ROWS[0], SHARE_ROWS[0][::-1]])),
    ),
    (
        Suspect("It returns log(p), whose sum is not 0.", "Subtract the mean of each row.", np.log),
        Suspect(
            "It subtracts the maximum, not the mean.",
            "Then the largest is 0, not the sum.",
            lambda p: np.log(p) - highest(np.log(p)),
        ),
        Suspect(
            "It subtracts the sum, not the mean.",
            "The sum of n entries less c each falls by n c.",
            lambda p: np.log(p) - total(np.log(p)),
        ),
        Suspect(
            "It subtracts the mean of p, not of log(p).",
            "Take the logarithm first.",
            lambda p: np.log(p) - mean_of(p),
        ),
        Suspect(
            "It subtracts the mean, and takes no logarithm.",
            "The logarithm undoes exp.",
            lambda p: p - mean_of(p),
        ),
        Suspect("It adds the mean.", "Subtract it.", lambda p: np.log(p) + mean_of(np.log(p))),
        Suspect(
            "It undoes sigmoid, not softmax.",
            "Take log(p), and shift each row.",
            lambda p: np.log(p / (1 - p)),
        ),
        Suspect(
            "It takes exp, where log undoes it.",
            "Use `np.log`.",
            lambda p: np.exp(p) - mean_of(np.exp(p)),
        ),
        Suspect(
            "It subtracts the mean of the whole batch.",
            KEEPDIMS,
            lambda p: np.log(p) - np.log(p).mean(),
        ),
    ),
    (sums_to_zero,),
    logs=True,
    rtol=1e-6,
    atol=1e-12,
)

# --- temperature ------------------------------------------------------------------------------

HEATED = tuple((z, t) for z, t in ((Z, 2.0), (WIDE, 0.5), (PAIR, 4.0), (FIVE, 1.5), (Z, 1.0)))
WITH_TEMPERATURE = Exercise(
    "Give softmax a temperature",
    "temperature",
    "softmax_with_temperature(scores, temperature)",
    f"Return softmax(z / T). {LAST_AXIS} The temperature is a number above 0, and may be very small "
    f"or very large. {NINE}",
    lambda z, t: softmax(z, temperature=t),
    (
        Stage(
            "one vector",
            "The probabilities are wrong at some temperature.",
            "Divide every score by T first; then it is softmax.",
            HEATED,
        ),
        Stage(
            "a batch of rows",
            "One vector is right, but the rows of a batch are not.",
            KEEPDIMS,
            ((TWO_ROWS, 0.5), (SQUARE, 2.0), (ONE_ROW, 3.0), (TALL, 0.7)),
        ),
        Stage(
            "whole numbers",
            WHOLE.mistake,
            WHOLE.hint,
            ((a(1, 2, 4, dtype=int), 2), (a(0, -1, 3, dtype=int), 3), (a(5, 2, dtype=int), 1)),
        ),
        Stage(
            "a low temperature",
            "A low temperature gives wrong probabilities; they should come close to the hard choice.",
            "Dividing by a small T makes large scores. " + SHIFT,
            ((Z, 0.001), (-Z, 0.0005), (PAIR, 0.001), (TWO_ROWS, 0.001)),
            hard=True,
        ),
        Stage(
            "a high temperature",
            "A high temperature gives wrong probabilities; they should come close to equal shares.",
            "Divide the scores by T, and change nothing else.",
            ((Z, 1e6), (WIDE, 1e9), (PAIR, 300.0)),
            hard=True,
        ),
        Stage(
            "large scores",
            "Large scores give wrong probabilities.",
            SHIFT,
            (
                (a(1000.0, 1001.0), 1.0),
                (a(-1000.0, -1003.0), 2.0),
                (a([2000.0, 2001.0], [-2000.0, -2001.0]), 0.5),
            ),
            hard=True,
        ),
    ),
    (
        Suspect(
            "The temperature multiplies, where it should divide.",
            "A high temperature makes the shares more equal.",
            lambda z, t: softmax(z * t),
        ),
        Suspect("The temperature has no effect.", "Divide the scores by it. To add or subtract it is a shift, which cancels.",
            lambda z, t: softmax(z)),
        Suspect(
            "It divides the probabilities by T, not the scores.",
            "Divide before the exponential.",
            lambda z, t: softmax(z) / t,
        ),
        Suspect(
            "It divides the scores in the numerator only.",
            "The sum needs z / T too.",
            lambda z, t: e_to(z / t) / total(e_to(z)),
        ),
        Suspect(
            "It divides the scores in the denominator only.",
            "The numerator needs z / T too.",
            lambda z, t: e_to(z) / total(e_to(z / t)),
        ),
        Suspect(
            "It raises the probabilities to the power 1/T, and does not normalize again.",
            "Divide by their sum afterwards.",
            lambda z, t: softmax(z) ** (1 / t),
        ),
        Suspect(
            "It takes softmax of probabilities divided by T.",
            "Divide the scores by T.",
            lambda z, t: softmax(softmax(z) / t),
        ),
        Suspect("It divides by T squared.", "Divide once.", lambda z, t: softmax(z / t**2)),
        Suspect(
            "It divides by the square root of T.",
            "Divide by T itself.",
            lambda z, t: softmax(z / np.sqrt(t)),
        ),
        Suspect(
            "The sign in the exponent is wrong.",
            "Physics has exp(-E / T); a score is -E.",
            lambda z, t: softmax(-z / t),
        ),
        Suspect(
            "It rounds z / T down to whole numbers.",
            "`/` divides, `//` rounds down.",
            lambda z, t: softmax(z // t),
        ),
    ),
    (shares,),
)

ENTROPY = Exercise(
    "Measure the uncertainty",
    "temperature",
    "entropy(p)",
    "Return the entropy of the probabilities, minus the sum of p log p with the natural logarithm: "
    "one number for a vector, one for each row of a batch. The classes lie along the last axis. A "
    f"probability of 0 adds nothing. {NINE}",
    lambda p: -np.sum(p * np.log(np.where(p > 0, p, 1)), axis=-1),
    (
        one_vector(*SHARES, a(0.5, 0.5), what="It is not the entropy"),
        a_batch(*SHARE_ROWS, hint="Sum along the last axis only: `axis=-1`."),
        three_axes(np.stack([SHARE_ROWS[0], SHARE_ROWS[0][::-1]])),
        Stage(
            "a probability of 0",
            "A probability of 0 must add nothing.",
            "0 * log(0) is NaN in floats, and a small number inside the logarithm changes every term. Take the logarithm only where p is above 0.",
            each(a(0.5, 0.5, 0.0), a(0.0, 1.0), a([1.0, 0.0], [0.3, 0.7])),
            hard=True,
            atol=1e-12,
        ),
    ),
    (
        Suspect(
            "It is the sum of the logarithms, without their weights p.",
            "Multiply by p.",
            lambda p: -np.log(p).sum(axis=-1),
        ),
        Suspect(
            "It takes the mean over the classes, not the sum.",
            "The weights are p already.",
            lambda p: -(p * np.log(p)).mean(axis=-1),
        ),
        Suspect(
            "It divides by the largest possible entropy, log(K).",
            "Leave it in nats.",
            lambda p: -(p * np.log(p)).sum(axis=-1) / np.log(p.shape[-1]),
        ),
        Suspect(
            "It is 1 minus the sum of squares.",
            "That is the Gini impurity.",
            lambda p: 1 - (p**2).sum(axis=-1),
        ),
        Suspect(
            "It takes the input for scores, and applies softmax first.",
            "p are probabilities already.",
            lambda p: -(softmax(p) * log_softmax(p)).sum(axis=-1),
        ),
        Suspect(
            "It returns the terms, not their sum.",
            "Sum along the last axis.",
            lambda p: -p * np.log(p),
        ),
        Suspect(
            "It sums along the first axis, not along the last.",
            "Use `axis=-1`.",
            lambda p: -(p * np.log(p)).sum(axis=0),
        ),
        Suspect(
            "It sums over the whole batch.", "Use `axis=-1`.", lambda p: -(p * np.log(p)).sum()
        ),
        Suspect(
            "It takes the mean over the batch.",
            "Each row has its own entropy.",
            lambda p: -(p * np.log(p)).sum(axis=-1).mean(),
        ),
        Suspect(
            "It adds the entropies of yes-or-no questions, with a term in 1 - p.",
            "There is one term a class, p log p.",
            lambda p: -(p * np.log(p) + (1 - p) * np.log(1 - p)).sum(axis=-1),
        ),
    ),
    (at_least_zero,),
    logs=True,
)

# --- Jacobian ---------------------------------------------------------------------------------


def outer(p: Array) -> Array:
    """Return p times its transpose."""
    return np.asarray(p[:, None] * p)


JACOBIAN = Exercise(
    "Fill in the Jacobian of softmax",
    "jacobian",
    "softmax_jacobian(scores)",
    "`scores` is an array of n scores. Return the n x n matrix whose entry (i, j) is the derivative "
    f"of probability i with respect to score j. {SIX}",
    softmax_jacobian,
    (
        Stage(
            "small vectors",
            "This is not the Jacobian of softmax.",
            "Entry (i, j) is p_i ([i = j] - p_j).",
            each(Z, WIDE, PAIR, EQUAL),
        ),
        Stage(
            "large scores",
            "Large scores give a wrong Jacobian.",
            "Take the probabilities from a softmax that subtracts the maximum first.",
            each(a(1000.0, 1001.0), a(-1000.0, -1000.5, -1002.0)),
            hard=True,
        ),
    ),
    (
        Suspect(
            "It returns only the diagonal, as a vector.",
            "Each probability depends on every score.",
            lambda z: softmax(z) * (1 - softmax(z)),
        ),
        Suspect(
            "Only the diagonal is there: the entries beside it are 0.",
            "Each probability depends on every score: entry (i, j) is -p_i p_j.",
            lambda z: np.diag(softmax(z) * (1 - softmax(z))),
        ),
        Suspect(
            "The diagonal is p, with zeros beside it.",
            "Subtract p_i p_j everywhere.",
            lambda z: np.diag(softmax(z)),
        ),
        Suspect(
            "The diagonal is right, but the entries beside it have the wrong sign.",
            "What one class gains the others lose: -p_i p_j.",
            lambda z: (
                np.diag(softmax(z) * (1 - softmax(z))) + outer(softmax(z)) * (1 - np.eye(len(z)))
            ),
        ),
        Suspect(
            "It adds p_i p_j, where it should subtract.",
            "It is diag(p) - p pᵀ.",
            lambda z: np.diag(softmax(z)) + outer(softmax(z)),
        ),
        Suspect(
            "The diagonal lacks its p_i: it is -p_i² there.",
            "It is diag(p) - p pᵀ.",
            lambda z: -outer(softmax(z)),
        ),
        Suspect("It is p pᵀ alone.", "It is diag(p) - p pᵀ.", lambda z: outer(softmax(z))),
        Suspect(
            "It uses the identity, not diag(p).",
            "The diagonal of diag(p) holds p_i.",
            lambda z: np.eye(len(z)) - outer(softmax(z)),
        ),
        Suspect(
            "It takes the scores for probabilities.",
            "Apply softmax first.",
            lambda z: np.diag(z) - outer(z),
        ),
        Suspect(
            "It subtracts p_j p_j, not p_i p_j, in column j.",
            "`np.outer(p, p)` is.",
            lambda z: np.diag(softmax(z)) - softmax(z) * softmax(z),
        ),
        Suspect(
            "It subtracts p_i p_i, not p_i p_j, in row i.",
            "`np.outer(p, p)` is p pᵀ.",
            lambda z: np.diag(softmax(z)) - (softmax(z) ** 2)[:, None],
        ),
        Suspect(
            "It subtracts the inner product of p with itself from every entry.",
            "`p @ p` of two vectors is one number. `np.outer(p, p)` is a matrix.",
            lambda z: np.diag(softmax(z)) - softmax(z) @ softmax(z),
        ),
        Suspect(
            "It returns the derivatives of log-softmax.",
            "Multiply row i by p_i.",
            lambda z: np.eye(len(z)) - softmax(z),
        ),
        Suspect(
            "It returns the derivatives of sigmoid.",
            "All classes share one sum.",
            lambda z: np.diag(sigmoid(z) * (1 - sigmoid(z))),
        ),
    ),
    (symmetric, sums_to_zero),
    rtol=1e-6,
    atol=1e-9,
)

GRADS = a(1.0, -0.5, 2.0), a(0.3, 0.8), a(0.0, 1.0, -1.0, 0.5)
VJP = Exercise(
    "Multiply by the Jacobian without building it",
    "jacobian",
    "softmax_vjp(p, g)",
    "`p` are probabilities from softmax, `g` the gradient of a loss with respect to them, of the "
    "same shape. Return the gradient with respect to the scores. The classes lie along the last axis; "
    f"with n classes no n x n matrix is built. {NINE}",
    softmax_vjp,
    (
        Stage(
            "one vector",
            "This is not the gradient with respect to the scores.",
            "Write out (diag(p) - p pᵀ) g: it is p * (g - c), with one number c.",
            tuple(zip(SHARES, (GRADS[0], GRADS[1], GRADS[2]), strict=True)),
        ),
        Stage(
            "a batch of rows",
            "One vector is right, but the rows of a batch are not.",
            KEEPDIMS,
            (
                (SHARE_ROWS[0], a([1.0, -0.5, 2.0], [0.2, 0.4, -1.0])),
                (SHARE_ROWS[1], SQUARE),
                (SHARE_ROWS[2], ONE_ROW),
            ),
        ),
        Stage(
            "three axes",
            "Batches with two axes are right, those with three are not.",
            "The last axis is -1, however many there are.",
            ((np.stack([SHARE_ROWS[0], SHARE_ROWS[0][::-1]]), CUBE),),
        ),
        Stage(
            "many classes",
            "Many classes give wrong numbers, or need too much memory.",
            "Build no matrix: a product and a sum suffice.",
            ((np.full(20_000, 1 / 20_000), np.resize(a(1.0, 2.0, 3.0, 4.0), 20_000)),),
            hard=True,
        ),
    ),
    (
        Suspect(
            "It multiplies by p only.", "Subtract the mean of g under p first.", lambda p, g: p * g
        ),
        Suspect(
            "It uses only the diagonal of the Jacobian, p (1 - p).",
            "Each probability depends on every score.",
            lambda p, g: p * (1 - p) * g,
        ),
        Suspect(
            "It subtracts the plain mean of g, not the mean under p.",
            "Weigh g with p: sum(p * g).",
            lambda p, g: p * (g - mean_of(g)),
        ),
        Suspect(
            "It subtracts the sum of g, without the weights p.",
            "It is sum(p * g).",
            lambda p, g: p * (g - total(g)),
        ),
        Suspect(
            "The last factor p is missing.",
            "It is p * (g - sum(p * g)).",
            lambda p, g: g - total(p * g),
        ),
        Suspect(
            "It adds the sum, where it should subtract.",
            "It is p * (g - sum(p * g)).",
            lambda p, g: p * (g + total(p * g)),
        ),
        Suspect(
            "It subtracts the sum from p * g, without the factor p.",
            "It is p * g - p * sum(p * g).",
            lambda p, g: p * g - total(p * g),
        ),
        Suspect(
            "It takes p for scores, and applies softmax again.",
            "p are probabilities already.",
            lambda p, g: softmax_vjp(softmax(p), g),
        ),
        Suspect(
            "p and g are exchanged.",
            "The factor outside the bracket is p.",
            lambda p, g: g * (p - total(p * g)),
        ),
        Suspect(
            "It sums over the whole batch, not over each row.",
            KEEPDIMS,
            lambda p, g: p * (g - (p * g).sum()),
        ),
        Suspect(
            "It sums along the first axis, not along the last.",
            KEEPDIMS,
            lambda p, g: p * (g - (p * g).sum(axis=0)),
        ),
    ),
    (sums_to_zero,),
    atol=1e-12,
)

# --- stability --------------------------------------------------------------------------------

LOGSUMEXP = Exercise(
    "Write the log-sum-exp that never overflows",
    "stability",
    "logsumexp(scores)",
    "Return log(sum(exp(z))) along the last axis: one number for a vector, one for each row of a "
    f"batch. Nothing overflows, and a score of -inf adds nothing. {NINE}",
    logsumexp,
    (
        one_vector(what="It is not the log-sum-exp"),
        a_batch(hint="Reduce along the last axis, and drop it at the end."),
        three_axes(),
        WHOLE,
        large("wrong numbers", "Factor exp(max) out of the sum: its logarithm is max."),
        very_negative("wrong numbers"),
        FAR_APART,
        EXCLUDED,
    ),
    (
        Suspect(
            "The maximum is subtracted, and not added back.",
            "log(exp(m) s) is m + log(s).",
            lambda z: logsumexp(z - highest(z)),
        ),
        Suspect(
            "The maximum is subtracted, where it should be added back.",
            "log(exp(m) s) is m + log(s).",
            lambda z: logsumexp(z - highest(z)) - z.max(axis=-1),
        ),
        Suspect(
            "The maximum is added, and was never subtracted.",
            "Subtract it inside, add it outside.",
            lambda z: logsumexp(z) + z.max(axis=-1),
        ),
        Suspect("It returns the maximum.", "The others add a little.", lambda z: z.max(axis=-1)),
        Suspect(
            "It returns the sum of the scores: log and exp have cancelled.",
            "The sum stands between them: log(sum(exp(z))).",
            lambda z: z.sum(axis=-1),
        ),
        Suspect(
            "It takes the mean of the exponentials, not their sum.",
            "Use `sum`.",
            lambda z: logsumexp(z) - np.log(z.shape[-1]),
        ),
        Suspect(
            "It adds 1 inside the logarithm.",
            "`log1p(x)` is log(1 + x). Use `np.log`.",
            lambda z: np.log1p(np.exp(z).sum(axis=-1)),
        ),
        Suspect(
            "It multiplies the maximum with the logarithm.",
            "A product becomes a sum.",
            lambda z: z.max(axis=-1) * logsumexp(z - highest(z)),
        ),
        Suspect("It returns softmax.", "Here the sum is wanted, not the shares.", softmax),
        Suspect("It returns log-softmax.", "Here the sum is wanted, not the shares.", log_softmax),
        Suspect(
            "It sums along the first axis, not along the last.",
            "Use `axis=-1`.",
            lambda z: logsumexp(z, axis=0),
        ),
        Suspect("It sums over the whole batch.", "Use `axis=-1`.", lambda z: logsumexp(z.ravel())),
        *(
            Suspect(b.mistake, b.hint, lambda z, s=s: np.log(e_to(z - s(z)).sum(-1)) + s(z)[..., 0])
            for b, s in zip(
                BAD_SHIFTS[:7],
                (
                    lowest,
                    mean_of,
                    lambda z: np.median(z, axis=-1, keepdims=True),
                    lambda z: z[..., :1],
                    lambda z: z[..., -1:],
                    lambda z: np.maximum(0, highest(z)),
                    lambda z: highest(np.abs(z)),
                ),
                strict=True,
            )
        ),
    ),
    logs=True,
    atol=1e-12,
)

NOT_LOG_SOFTMAX = (
    Suspect("It returns softmax, without the logarithm.", "Take z - logsumexp(z).", softmax),
    Suspect(
        "It returns minus the log-sum-exp, without the scores.", "Add z.", lambda z: -logsumexp(z)
    ),
    Suspect(
        "It subtracts the maximum only: that is log(exp(z) / max(exp(z))).",
        "Subtract the log-sum-exp.",
        lambda z: z - highest(z),
    ),
    Suspect(
        "It subtracts the sum of the exponentials, without the logarithm.",
        "Subtract log(sum(exp(z))).",
        lambda z: z - total(e_to(z)),
    ),
    Suspect(
        "It subtracts the maximum from the scores, but not from those in the sum.",
        "Shift both, or neither.",
        lambda z: z - highest(z) - np.log(total(e_to(z))),
    ),
    Suspect(
        "It subtracts the maximum from the scores in the sum only.",
        "Shift both, or neither.",
        lambda z: z - np.log(total(e_to(z - highest(z)))),
    ),
    Suspect(
        "It adds the log-sum-exp, where it should subtract it.",
        "log(a / b) is log(a) - log(b).",
        lambda z: z + np.log(total(e_to(z))),
    ),
    Suspect(
        "It subtracts the mean of the exponentials, in logarithms, not their sum.",
        "Use `sum`.",
        lambda z: z - np.log(mean_of(e_to(z))),
    ),
    Suspect(
        "It takes the logarithm of the sigmoids.",
        "All classes share one sum.",
        lambda z: np.log(sigmoid(z)),
    ),
)
LOG_SOFTMAX_OF_BATCH = (
    Suspect(
        "It works along the first axis, not along the last.",
        KEEPDIMS,
        lambda z: log_softmax(z, axis=0),
    ),
    Suspect(
        "It sums over the whole batch, not over each row.",
        KEEPDIMS,
        lambda z: z - logsumexp(z.ravel()),
    ),
)
FLOOR = tuple(
    Suspect(
        f"{eps:g} inside the logarithm puts a floor of {np.log(eps):.4g} under the result.",
        "Do not take the logarithm of a probability: it is z - logsumexp(z).",
        f,
    )
    for eps in (1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-16, 1e-20, 1e-30, 1e-300)
    for f in (
        lambda z, eps=eps: np.log(softmax(z) + eps),
        lambda z, eps=eps: np.log(np.maximum(softmax(z), eps)),
        lambda z, eps=eps: np.log(np.clip(softmax(z), eps, 1 - eps)),
    )
)
FAR_BEHIND = Stage(
    "a class far behind",
    "The log-probability of a class far behind is wrong.",
    "Its probability rounds to 0, so never take its logarithm: it is z - logsumexp(z).",
    each(a(0.0, -1000.0), a(-800.0, 1.0, 0.0), a([5.0, 0.0, -750.0], [0.0, -2000.0, 1.0])),
    hard=True,
)
LOG_OF_ZERO = Suspect(
    "It takes the logarithm of a probability that has rounded to 0.",
    "Take z - logsumexp(z), with the maximum subtracted: no probability on the way.",
    lambda z: np.log(softmax(z)),
)

LOG_SOFTMAX = Exercise(
    "Write log-softmax without a softmax",
    "stability",
    "log_softmax(scores)",
    f"Return log(softmax(z)). {LAST_AXIS} The result is finite for all finite scores, and -inf for a "
    f"score of -inf. An absolute error of 1e-9 is allowed. float32 comes back as float32.",
    log_softmax,
    (
        one_vector(what="These are not the log-probabilities"),
        a_batch(),
        three_axes(),
        WHOLE,
        Stage(
            "a class behind",
            "The log-probability of a class behind is wrong.",
            FAR_BEHIND.hint,
            each(a(0.0, -50.0), a(10.0, -90.0, 0.0), a(-600.0, 0.0)),
            hard=True,
        ),
        FAR_BEHIND,
        large("wrong log-probabilities"),
        very_negative("wrong log-probabilities"),
        FAR_APART,
        EXCLUDED,
        FLOAT32,
    ),
    (*NOT_LOG_SOFTMAX, *LOG_SOFTMAX_OF_BATCH, LOG_OF_ZERO, *FLOOR),
    (at_most_zero,),
    logs=True,
    rtol=1e-12,
    atol=1e-9,
)

ACCURATE = Exercise(
    "Keep the digits of a sure answer",
    "stability",
    "accurate_log_softmax(scores)",
    "Return log(softmax(z)) of an array with one axis, right to six digits even where one score leads "
    "by so much that its log-probability is nearly 0: for z = [0, 50] it is -1.929e-22, not 0.",
    log_softmax,
    (
        one_vector(Z, WIDE, PAIR, FIVE, ABOVE, what="These are not the log-probabilities"),
        large("wrong log-probabilities"),
        Stage(
            "a sure answer",
            "The log-probability of a leading class loses its digits.",
            "1 + 1e-22 rounds to 1. Leave the maximum out of the sum, whose term is exactly 1, and "
            "take `np.log1p` of the rest.",
            each(a(0.0, 50.0), a(30.0, -10.0, 0.0), a(-300.0, -20.0, 18.0)),
            hard=True,
        ),
        Stage(
            "two that lead",
            "Equal leading scores are wrong: only one of them is left out of the sum.",
            "Leave out one entry, at `np.argmax`, not all that equal the maximum.",
            each(a(2.0, 2.0, -1.0), a(0.0, 0.0), a(40.0, 40.0, 40.0, 0.0)),
            hard=True,
        ),
    ),
    (
        *NOT_LOG_SOFTMAX,
        LOG_OF_ZERO,
        *FLOOR,
        Suspect("All scores that equal the maximum are left out of the sum, not only one.",
            "Leave out one entry, at `np.argmax`.",
            lambda z: z - z.max() - np.log1p(np.exp(z - z.max())[z < z.max()].sum())),
        Suspect(
            "It loses dominated rows: the leading class gets exactly 0, not a number like -1e-22.",
            "1 + 1e-22 rounds to 1. Leave the maximum out of the sum, whose term is exactly 1, and "
            "take `np.log1p` of the rest.",
            lambda z: z - highest(z) - np.log(total(e_to(z - highest(z)))),
        ),
    ),
    (at_most_zero,),
    logs=True,
    lists=True,
    rtol=1e-6,
)

# --- cross-entropy ----------------------------------------------------------------------------

LABELLED = (
    (TWO_ROWS, labels(1, 2)),
    (SQUARE, labels(2, 0, 1)),
    (ONE_ROW, labels(3)),
    (TALL, labels(0, 0, 1, 0)),
)
ROWS = "`logits` has N rows and K columns, `labels` holds N whole numbers from 0 to K - 1."


def picked(table: Array, y: Array) -> Array:
    """Return the entry of each row that the label names."""
    return np.asarray(table[np.arange(len(y)), y])


CROSS_ENTROPY = Exercise(
    "Write the loss that takes logits",
    "cross-entropy",
    "cross_entropy(logits, labels)",
    f"{ROWS} Return the mean over the rows of minus log softmax(z) at the label, as one number. It "
    "is finite for all finite logits. An absolute error of 1e-9 is allowed.",
    cross_entropy,
    (
        Stage(
            "some batches",
            "It is not the mean loss.",
            "Take -log_softmax(z) at the label of each row, then the mean.",
            LABELLED,
        ),
        Stage(
            "one sure and wrong",
            "A confident mistake gives a wrong loss.",
            "The probability of the label rounds to 0. Take log-softmax of the logits: "
            "z - logsumexp(z).",
            (
                (a([0.0, -1000.0]), labels(1)),
                (a([0.0, -800.0], [1.0, 2.0]), labels(1, 1)),
                (a([0.0, -60.0]), labels(1)),
            ),
            hard=True,
        ),
        Stage(
            "large logits",
            "Large logits give a wrong loss.",
            SHIFT,
            (
                (a([1000.0, 1001.0]), labels(0)),
                (a([-1000.0, -1001.0]), labels(1)),
                (a([1000.0, 1001.0], [-1000.0, -1001.0]), labels(0, 1)),
                (a([1000.0, 0.0]), labels(0)),
            ),
            hard=True,
            probe=lambda s: (a([s, s - 1.0, 0.0]), labels(1)),
        ),
    ),
    (
        Suspect(
            "It adds the losses up, and does not divide by the number of rows.",
            "Take the mean.",
            lambda z, y: cross_entropy(z, y, reduction="sum"),
        ),
        Suspect(
            "It returns the loss of each row, not their mean.",
            "Take the mean.",
            lambda z, y: cross_entropy(z, y, reduction="none"),
        ),
        Suspect(
            "It takes softmax twice: once before the loss, once in it.",
            "The loss takes logits.",
            lambda z, y: cross_entropy(softmax(z), y),
        ),
        Suspect(
            "It takes the logits for probabilities.",
            "Apply softmax, or better log-softmax.",
            lambda z, y: -np.log(picked(z, y)).mean(),
        ),
        Suspect(
            "The logarithm is missing: it is minus the mean probability.",
            "Take log-softmax.",
            lambda z, y: -picked(softmax(z), y).mean(),
        ),
        Suspect(
            "It is 1 minus the mean probability.",
            "Take minus the logarithm.",
            lambda z, y: 1 - picked(softmax(z), y).mean(),
        ),
        Suspect(
            "It takes all columns that occur among the labels, in every row.",
            "`table[:, labels]` does that. Use `table[np.arange(N), labels]`.",
            lambda z, y: -log_softmax(z)[:, y].mean(),
        ),
        Suspect(
            "It takes the mean over all N times K entries.",
            "Only N of them count.",
            lambda z, y: cross_entropy(z, y, reduction="sum") / z.size,
        ),
        Suspect(
            "It takes the logarithm of the mean, not the mean of the logarithms.",
            "Take the logarithm of each row first.",
            lambda z, y: -np.log(picked(softmax(z), y).mean()),
        ),
        Suspect(
            "It ignores the labels, and takes the largest probability.",
            "The label says which one counts.",
            lambda z, y: -log_softmax(z).max(axis=-1).mean(),
        ),
        Suspect(
            "The classes count from 1.",
            "Label 0 is the first column.",
            lambda z, y: cross_entropy(z, (y - 1) % z.shape[-1]),
        ),
        Suspect(
            "Softmax runs along the rows' axis, not along the classes.",
            "Use `axis=-1`.",
            lambda z, y: -picked(log_softmax(z, axis=0), y).mean(),
        ),
        Suspect(
            "Softmax runs over the whole batch.",
            "Use `axis=-1`.",
            lambda z, y: -picked(z - logsumexp(z.ravel()), y).mean(),
        ),
        Suspect(
            "It is the squared error.",
            "Take minus the logarithm.",
            lambda z, y: ((softmax(z) - one_hot(y, z.shape[-1])) ** 2).mean(),
        ),
        Suspect(
            "It is the squared error, summed over the classes.",
            "Take minus the logarithm.",
            lambda z, y: ((softmax(z) - one_hot(y, z.shape[-1])) ** 2).sum(axis=-1).mean(),
        ),
        Suspect(
            "It adds a term in 1 - p for every other class.",
            "That is the loss of yes-or-no questions. Only the label counts here.",
            lambda z, y: (
                -np.where(one_hot(y, z.shape[-1]) == 1, np.log(softmax(z)), np.log(1 - softmax(z)))
                .sum(axis=-1)
                .mean()
            ),
        ),
        Suspect(
            "It takes the logarithm of a probability that has rounded to 0.",
            "Take z - logsumexp(z) at the label.",
            lambda z, y: -np.log(picked(softmax(z), y)).mean(),
        ),
        *(
            Suspect(
                f"{eps:g} inside the logarithm caps the loss at {-np.log(eps):.4g}.",
                "Take z - logsumexp(z) at the label: nothing has to be added or clipped.",
                f,
            )
            for eps in (1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-16, 1e-20, 1e-30, 1e-300)
            for f in (
                lambda z, y, eps=eps: -np.log(picked(softmax(z), y) + eps).mean(),
                lambda z, y, eps=eps: -np.log(np.clip(picked(softmax(z), y), eps, 1 - eps)).mean(),
                lambda z, y, eps=eps: -np.log(np.maximum(picked(softmax(z), y), eps)).mean(),
            )
        ),
    ),
    (at_least_zero,),
    logs=True,
    rtol=1e-12,
    atol=1e-9,
)


def loss_gradient(z: Array, y: Array) -> Array:
    """Return the gradient of the mean cross-entropy."""
    return np.asarray(cross_entropy_and_grad(z, y)[1])


def residual(z: Array, y: Array) -> Array:
    """Return p - y."""
    return np.asarray(softmax(z) - one_hot(y, z.shape[-1]))


CROSS_ENTROPY_GRAD = Exercise(
    "Write the gradient of the loss",
    "cross-entropy",
    "cross_entropy_grad(logits, labels)",
    f"{ROWS} Return the gradient of the mean cross-entropy with respect to the logits, in their "
    f"shape. {SIX}",
    loss_gradient,
    (
        Stage(
            "some batches",
            "This is not the gradient of the mean loss.",
            "For one row it is p - y, with y one-hot. The loss is a mean over N rows.",
            LABELLED,
        ),
        Stage(
            "large logits",
            "Large logits give a wrong gradient.",
            SHIFT,
            (
                (a([1000.0, 1001.0]), labels(0)),
                (a([-1000.0, -1001.0]), labels(1)),
                (a([1000.0, 1001.0], [-1000.0, -1001.0]), labels(0, 1)),
            ),
            hard=True,
            probe=lambda s: (a([s, s - 1.0, 0.0]), labels(1)),
        ),
    ),
    (
        Suspect(
            "It has the wrong sign: y - p, not p - y.",
            "The gradient points uphill, away from the label.",
            lambda z, y: -loss_gradient(z, y),
        ),
        Suspect(
            "It is off by the factor N, the number of rows.",
            "The loss is a mean: divide by N.",
            residual,
        ),
        Suspect(
            "It has the wrong sign, and is off by the factor N, the number of rows.",
            "It is (p - y) / N.",
            lambda z, y: -residual(z, y),
        ),
        Suspect(
            "It divides by the number of classes, not by the number of rows.",
            "Divide by N.",
            lambda z, y: residual(z, y) / z.shape[-1],
        ),
        Suspect(
            "It divides by the number of all entries.",
            "Divide by N, the number of rows.",
            lambda z, y: residual(z, y) / z.size,
        ),
        Suspect(
            "The label is not subtracted: these are the probabilities.",
            "It is p - y.",
            lambda z, y: softmax(z),
        ),
        Suspect(
            "The label is not subtracted: these are the probabilities divided by N.",
            "It is (p - y) / N.",
            lambda z, y: softmax(z) / len(z),
        ),
        Suspect(
            "It subtracts y from the logits, not from the probabilities.",
            "Apply softmax first.",
            lambda z, y: (z - one_hot(y, z.shape[-1])) / len(z),
        ),
        Suspect(
            "It subtracts y from the logits, not from the probabilities.",
            "Apply softmax first.",
            lambda z, y: z - one_hot(y, z.shape[-1]),
        ),
        Suspect(
            "It subtracts 1 in all columns that occur among the labels, in every row.",
            "`p[:, labels]` does that. Use `p[np.arange(N), labels]`.",
            lambda z, y: (softmax(z) - one_hot(y, z.shape[-1]).max(axis=0)) / len(z),
        ),
        Suspect(
            "It divides p by N, but not y.",
            "Divide the difference.",
            lambda z, y: softmax(z) / len(z) - one_hot(y, z.shape[-1]),
        ),
        Suspect(
            "It divides y by N, but not p.",
            "Divide the difference.",
            lambda z, y: softmax(z) - one_hot(y, z.shape[-1]) / len(z),
        ),
        Suspect(
            "It is the gradient with respect to the probabilities, -y / p.",
            "Multiply by the Jacobian of softmax.",
            lambda z, y: -one_hot(y, z.shape[-1]) / softmax(z) / len(z),
        ),
        Suspect(
            "It is multiplied by p (1 - p): that is the gradient of a squared error.",
            "With the logarithm that factor is gone.",
            lambda z, y: residual(z, y) * softmax(z) * (1 - softmax(z)) / len(z),
        ),
        Suspect(
            "Softmax runs along the rows' axis, not along the classes.",
            "Use `axis=-1`.",
            lambda z, y: (softmax(z, axis=0) - one_hot(y, z.shape[-1])) / len(z),
        ),
        Suspect(
            "It takes sigmoids, not softmax.",
            "All classes share one sum.",
            lambda z, y: (sigmoid(z) - one_hot(y, z.shape[-1])) / len(z),
        ),
        Suspect(
            "The classes count from 1.",
            "Label 0 is the first column.",
            lambda z, y: loss_gradient(z, (y - 1) % z.shape[-1]),
        ),
        Suspect(
            "It takes the mean over the rows.",
            "Each logit has its own derivative.",
            lambda z, y: residual(z, y).mean(axis=0),
        ),
    ),
    (sums_to_zero,),
    rtol=1e-6,
    atol=1e-9,
)

SMOOTH_LABELS = Exercise(
    "Smooth the labels",
    "cross-entropy",
    "smooth_labels(labels, n_classes, amount)",
    "Return one row a label: the one-hot row times 1 - `amount`, plus `amount` spread evenly over "
    f"all `n_classes` classes. {SIX}",
    lambda y, k, s: (1 - s) * one_hot(y, k) + s / k,
    (
        Stage(
            "some labels",
            "These are not the smoothed rows.",
            "Each row is (1 - amount) y + amount / K, and sums to 1.",
            (
                (labels(1, 0, 2), 3, 0.1),
                (labels(0, 3), 4, 0.3),
                (labels(1), 2, 0.5),
                (labels(4, 2, 2), 5, 0.25),
            ),
        ),
        Stage(
            "no smoothing",
            "An amount of 0 must leave the one-hot rows.",
            "(1 - 0) y + 0 is y.",
            ((labels(1, 0), 3, 0.0), (labels(2), 4, 0.0)),
        ),
        Stage(
            "classes without a label",
            "It fails where a class has no label.",
            "The number of columns is `n_classes`, whatever the labels are.",
            ((labels(0, 1), 4, 0.2), (labels(2, 2, 2), 6, 0.1)),
        ),
    ),
    (
        Suspect(
            "It spreads the amount over the other classes only.",
            "The label's own class gets its part of it too.",
            lambda y, k, s: np.where(one_hot(y, k) == 1, 1 - s, s / (k - 1)),
        ),
        Suspect(
            "The label's own class gets 1 - amount, without its part of what is spread.",
            "Add amount / K to all entries.",
            lambda y, k, s: np.where(one_hot(y, k) == 1, 1 - s, s / k),
        ),
        Suspect(
            "The one-hot row is not multiplied by 1 - amount.",
            "Then a row sums to more than 1.",
            lambda y, k, s: one_hot(y, k) + s / k,
        ),
        Suspect(
            "The amount is not divided by the number of classes.",
            "Spread it: amount / K.",
            lambda y, k, s: (1 - s) * one_hot(y, k) + s,
        ),
        Suspect(
            "The amount and 1 - amount are exchanged.",
            "Most of it stays on the label.",
            lambda y, k, s: s * one_hot(y, k) + (1 - s) / k,
        ),
        Suspect(
            "Nothing is spread.",
            "Add amount / K to all entries.",
            lambda y, k, s: (1 - s) * one_hot(y, k),
        ),
        Suspect(
            "It divides by the number of rows, not by that of the classes.",
            "It is amount / K.",
            lambda y, k, s: (1 - s) * one_hot(y, k) + s / len(y),
        ),
        Suspect("The rows are not smoothed.", "Use `amount`.", lambda y, k, s: one_hot(y, k)),
    ),
    (shares,),
    rtol=1e-6,
    atol=1e-12,
)


def relative(p: Array, q: Array) -> Array:
    """Return p log(p / q), 0 where p is 0."""
    return np.asarray(p * (np.log(np.where(p > 0, p, 1)) - np.log(np.where(p > 0, q, 1))))


KL = Exercise(
    "Measure how far q is from p",
    "cross-entropy",
    "kl_divergence(p, q)",
    "Return the sum of p log(p / q) with the natural logarithm: one number for vectors, one for each "
    "row of a batch. The classes lie along the last axis. Where p is 0 nothing is added; q is never "
    f"0. {SIX}",
    lambda p, q: relative(p, q).sum(axis=-1),
    (
        Stage(
            "one vector",
            "It is not the divergence of q from p.",
            "Weigh the differences log(p) - log(q) with p.",
            (
                (a(0.2, 0.5, 0.3), a(0.6, 0.1, 0.3)),
                (a(0.1, 0.9), a(0.5, 0.5)),
                (a(0.4, 0.1, 0.2, 0.3), a(0.1, 0.2, 0.3, 0.4)),
                (a(0.7, 0.3), a(0.7, 0.3)),
            ),
        ),
        Stage(
            "a batch of rows",
            "One vector is right, but the rows of a batch are not.",
            "Sum along the last axis only: `axis=-1`.",
            (
                (SHARE_ROWS[0], SHARE_ROWS[0][::-1]),
                (SHARE_ROWS[1], a([0.2, 0.3, 0.5], [0.3, 0.3, 0.4], [0.1, 0.8, 0.1])),
                (SHARE_ROWS[2], a([0.4, 0.3, 0.2, 0.1])),
            ),
        ),
        Stage(
            "a probability of 0",
            "Where p is 0 nothing must be added.",
            "0 * log(0) is NaN in floats. Take the logarithm only where p is above 0.",
            (
                (a(0.5, 0.5, 0.0), a(0.2, 0.5, 0.3)),
                (a(0.0, 1.0), a(0.5, 0.5)),
                (a([1.0, 0.0], [0.3, 0.7]), a([0.6, 0.4], [0.5, 0.5])),
            ),
            hard=True,
        ),
    ),
    (
        Suspect(
            "p and q are exchanged.",
            "The weights are p, which also stands on top.",
            lambda p, q: relative(q, p).sum(axis=-1),
        ),
        Suspect(
            "The weights are q, not p.",
            "It is the mean under p.",
            lambda p, q: (q * np.log(p / q)).sum(axis=-1),
        ),
        Suspect(
            "The weights p are missing.", "Multiply by p.", lambda p, q: np.log(p / q).sum(axis=-1)
        ),
        Suspect(
            "It is the cross-entropy, -sum(p log q).",
            "Subtract the entropy of p.",
            lambda p, q: -(p * np.log(q)).sum(axis=-1),
        ),
        Suspect(
            "It takes the mean over the classes, not the sum.",
            "The weights are p already.",
            lambda p, q: (p * np.log(p / q)).mean(axis=-1),
        ),
        Suspect("It returns the terms, not their sum.", "Sum along the last axis.", relative),
        Suspect(
            "It takes absolute values of the terms.",
            "Terms may be negative; the sum is not.",
            lambda p, q: np.abs(p * np.log(p / q)).sum(axis=-1),
        ),
        Suspect(
            "It is the divergence both ways, added.",
            "Only q's from p is wanted.",
            lambda p, q: ((p - q) * np.log(p / q)).sum(axis=-1),
        ),
        Suspect(
            "It sums over the whole batch.", "Use `axis=-1`.", lambda p, q: relative(p, q).sum()
        ),
        Suspect(
            "It takes the mean over the batch.",
            "Each row has its own.",
            lambda p, q: relative(p, q).sum(axis=-1).mean(),
        ),
        Suspect(
            "It sums along the first axis, not along the last.",
            "Use `axis=-1`.",
            lambda p, q: relative(p, q).sum(axis=0),
        ),
    ),
    (at_least_zero,),
    logs=True,
    rtol=1e-6,
    atol=1e-9,
)

# --- PyTorch ----------------------------------------------------------------------------------


def nll(log_p: Array, y: Array) -> Array:
    """Return the mean of minus the log-probabilities of the labels."""
    return np.asarray(-picked(log_p, y).mean())


NLL_LOSS = Exercise(
    "Rebuild nll_loss in NumPy",
    "pytorch",
    "nll_loss(log_p, labels)",
    "`log_p` has N rows of K log-probabilities, `labels` holds N whole numbers from 0 to K - 1. "
    f"Return minus the mean of the log-probabilities of the labels, as one number. {SIX}",
    nll,
    (
        Stage(
            "some batches",
            "It is not the mean of minus the labels' log-probabilities.",
            "Pick one entry of each row: `log_p[np.arange(N), labels]`.",
            tuple((log_softmax(z), y) for z, y in LABELLED),
        ),
        Stage(
            "an impossible class",
            "A log-probability of -inf counts only where it is the label's.",
            "Pick entries. A product with one-hot rows meets 0 * -inf, which is NaN.",
            (
                (a([-np.inf, 0.0]), labels(1)),
                (a([np.log(0.5), np.log(0.5), -np.inf], [-np.inf, -np.inf, 0.0]), labels(1, 2)),
            ),
            hard=True,
        ),
    ),
    (
        Suspect(
            "It adds up, and does not divide by the number of rows.",
            "Take the mean.",
            lambda t, y: -picked(t, y).sum(),
        ),
        Suspect(
            "It returns one number a row, not their mean.",
            "Take the mean.",
            lambda t, y: -picked(t, y),
        ),
        Suspect(
            "It takes all columns that occur among the labels, in every row.",
            "`log_p[:, labels]` does that. Use `log_p[np.arange(N), labels]`.",
            lambda t, y: -t[:, y].mean(),
        ),
        Suspect(
            "It takes the mean over all N times K entries.",
            "Only N of them count.",
            lambda t, y: -picked(t, y).sum() / t.size,
        ),
        Suspect(
            "It takes exp, and returns minus the mean probability.",
            "Leave the logarithms.",
            lambda t, y: -np.exp(picked(t, y)).mean(),
        ),
        Suspect(
            "It takes the logarithm of the mean probability.",
            "Leave the logarithms.",
            lambda t, y: -np.log(np.exp(picked(t, y)).mean()),
        ),
        Suspect(
            "It ignores the labels, and takes the largest log-probability.",
            "The label says which one counts.",
            lambda t, y: -t.max(axis=-1).mean(),
        ),
        Suspect(
            "It ignores the labels, and takes the mean of all entries.",
            "The label says which one counts.",
            lambda t, y: -t.mean(),
        ),
        Suspect(
            "The classes count from 1.",
            "Label 0 is the first column.",
            lambda t, y: nll(t, (y - 1) % t.shape[-1]),
        ),
    ),
    (at_least_zero,),
    logs=True,
    rtol=1e-6,
    atol=1e-9,
)

EXERCISES = {
    e.signature.partition("(")[0]: e
    for e in (
        ONE_HOT,
        MARGIN,
        SIGMOID,
        LOGIT,
        HARDMAX,
        ACCURACY,
        NORMALIZE,
        SHIFT_BY_SUM,
        SOFTMAX_VECTOR,
        SOFTMAX,
        LOGITS_FROM,
        NLL_LOSS,
        WITH_TEMPERATURE,
        ENTROPY,
        JACOBIAN,
        VJP,
        LOGSUMEXP,
        LOG_SOFTMAX,
        ACCURATE,
        CROSS_ENTROPY,
        CROSS_ENTROPY_GRAD,
        SMOOTH_LABELS,
        KL,
    )
}
