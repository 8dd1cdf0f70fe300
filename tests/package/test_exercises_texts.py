"""Each finding of the checker, whole: the mistake, the hint, and what stands for the numbers."""

import numpy as np
import pytest

from softmax_lessons.exercises import Report, Stage, rules
from softmax_lessons.exercises._call import (
    LARGE,
    WIDTH,
    Outcome,
    Raised,
    Stopped,
    brief,
    describe,
    perform,
)
from softmax_lessons.exercises._failures import ending, exception, no_numbers
from softmax_lessons.exercises._report import call_text, literal, numbers_text, two_texts
from softmax_lessons.exercises._symptoms import (
    clipped_logarithm,
    constant,
    ignored,
    low_precision,
    nearly_zero,
    not_zero,
    one_row,
    other_shape,
    permuted,
    right_numbers,
    rounded,
    scaled,
    scaled_exponents,
    shifted,
    some_rows,
    transformed,
    truncated,
    unchanged_input,
    wrong_axis,
)
from softmax_lessons.exercises._trial import Trial, agree_if_there
from softmax_lessons.exercises.catalog import EXERCISES

X, Y = np.array([0.2, 0.5, 0.3]), np.array([0.7, 0.1, 0.2])
TABLE = np.array([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3]])
NEAR = np.array([[0.4, 0.5, 0.6], [0.45, 0.55, 0.65]])  # also near to its numbers in other places
STAGE = Stage("one vector", "It is wrong.", "Look again.", ((X,),), memory=64_000)
SOFTMAX = EXERCISES["softmax"]


def trial(got, expected, *args, **outcome):
    """A call that returned one thing, where another one is right."""
    value = np.asarray(got)
    kind = "array" if value.ndim else "number"
    outcome = Outcome(kind=kind, value=value, **outcome)
    return Trial(args or (X,), outcome, np.asarray(expected))


def both(change, **outcome):
    """Two calls whose results are the right ones, changed."""
    return [trial(change(x), x, x + 1, **outcome) for x in (X, Y)]


def raised(kind, message="", *, source="", first=True, args=(X,)):
    """What is said of an exception."""
    kinds = (kind, "Exception")
    kinds += ("ArithmeticError",) * (kind in ("OverflowError", "ZeroDivisionError"))
    outcome = Outcome(raised=Raised(kinds, message, 3, source or "return z"))
    return exception(STAGE, Trial(args, outcome, X), first=first)


def returned(thing, expected=X, **outcome):
    """What is said of something that a function returned."""
    found = describe(thing)
    found = Outcome(**{**vars(found), **outcome})
    return no_numbers(found, np.asarray(expected), accepts_lists=False)


FINDINGS = [
    (
        lambda: ending(Outcome(ended="slow", limit=20.0)),
        (
            "It is far too slow.",
            "A right solution takes a few milliseconds.",
            "no result within 20 seconds for all calls together",
            "",
        ),
    ),
    (
        lambda: ending(Outcome(ended="time", limit=5.0, where="in line 3: while True:")),
        (
            "It does not come to an end in time.",
            (
                "Either a loop goes on for ever, or it goes through far too many numbers one "
                "by one. The line under *Got* was running when the time was up."
            ),
            "no result within 5 seconds\nin line 3: while True:",
            "",
        ),
    ),
    (
        lambda: ending(Outcome(ended="waits", limit=30.0)),
        (
            "It waits, and does not come to an end.",
            (
                "It hardly used the processor. Take everything from the arguments, and wait "
                "for none."
            ),
            "no result within 30 seconds",
            "",
        ),
    ),
    (
        lambda: ending(Outcome(ended="stuck", limit=5.0, where="in line 4: x @ x")),
        (
            "It does not come to an end in time.",
            (
                "It waits, or is inside one long call. The line under *Got* was running when "
                "the time was up. It could not be stopped, and still runs: restart the "
                "kernel."
            ),
            "no result within 5 seconds\nin line 4: x @ x",
            "",
        ),
    ),
    (
        lambda: ending(Outcome(ended="It crashed the whole Python process (SIGSEGV).")),
        (
            "It crashed the whole Python process (SIGSEGV).",
            "A function ends with `return`. Leave the process to the notebook.",
            "no result",
            "",
        ),
    ),
    (
        lambda: raised("OverflowError", "math range error"),
        (
            "It is wrong. It raises OverflowError.",
            "",
            "OverflowError: math range error\nin line 3: return z",
            "",
        ),
    ),
    (
        lambda: raised("RecursionError"),
        (
            "It calls itself without end.",
            "A function that calls itself needs a way out.",
            "RecursionError\nin line 3: return z",
            "",
        ),
    ),
    (
        lambda: raised("MemoryError"),
        (
            "It asks for far more memory than the task needs.",
            "Look at the shapes inside.",
            "MemoryError\nin line 3: return z",
            "",
        ),
    ),
    (
        lambda: raised("SystemExit"),
        (
            "It calls `exit`.",
            "A function ends with `return`.",
            "SystemExit\nin line 3: return z",
            "",
        ),
    ),
    (
        lambda: raised("TypeError", "only length-1 arrays can be converted to Python scalars"),
        (
            "It treats an array as one number.",
            "`math.exp` takes one number. `np.exp` takes an array.",
            (
                "TypeError: only length-1 arrays can be converted to Python scalars\nin line "
                "3: return z"
            ),
            "",
        ),
    ),
    (
        lambda: raised(
            "TypeError", "only integer scalar arrays can be converted to a scalar index"
        ),
        (
            "It passes an array where one whole number is expected.",
            (
                "A list takes one whole number as its index, and `np.concatenate([a, b])` "
                "takes one list of arrays. To pick entries, make the list an array."
            ),
            (
                "TypeError: only integer scalar arrays can be converted to a scalar index\nin "
                "line 3: return z"
            ),
            "",
        ),
    ),
    (
        lambda: raised(
            "ValueError", "The truth value of an array is ambiguous", source="m = max(z)"
        ),
        (
            "Python's `max` compares the rows of a batch, not its numbers.",
            ("Of a batch `max` compares whole rows. Of each row: `z.max(axis=-1, keepdims=True)`."),
            "ValueError: The truth value of an array is ambiguous\nin line 3: m = max(z)",
            "",
        ),
    ),
    (
        lambda: raised(
            "ValueError", "The truth value of an array is ambiguous", source="m = sorted(z)[0]"
        ),
        (
            "Python's `sorted` compares the rows of a batch, not its numbers.",
            ("Of a batch `sorted` compares whole rows. Of each row: `np.sort(z, axis=-1)`."),
            ("ValueError: The truth value of an array is ambiguous\nin line 3: m = sorted(z)[0]"),
            "",
        ),
    ),
    (
        lambda: raised(
            "ValueError", "The truth value of an array is ambiguous", source="heapq.nlargest(2, z)"
        ),
        (
            "Python's `nlargest` compares the rows of a batch, not its numbers.",
            ("Of a batch `nlargest` compares whole rows. Of each row: `np.sort(z, axis=-1)`."),
            (
                "ValueError: The truth value of an array is ambiguous\nin line 3: "
                "heapq.nlargest(2, z)"
            ),
            "",
        ),
    ),
    (
        lambda: raised(
            "ValueError", "The truth value of an array is ambiguous", source="if z > 0:"
        ),
        (
            "It asks `if` of a whole array.",
            ("`if` takes one answer, an array has many. `np.where` decides entry by entry."),
            "ValueError: The truth value of an array is ambiguous\nin line 3: if z > 0:",
            "",
        ),
    ),
    (
        lambda: raised(
            "ValueError", "The truth value of an array is ambiguous", source="return p in z"
        ),
        (
            "It asks whether a whole array is true.",
            (
                "`==` and `<` of arrays give an array of answers. `in`, `and` and `sort` need"
                " one answer."
            ),
            ("ValueError: The truth value of an array is ambiguous\nin line 3: return p in z"),
            "",
        ),
    ),
    (
        lambda: raised(
            "ValueError",
            "operands could not be broadcast together with shapes (2,3) (2,)",
            args=(TABLE,),
        ),
        (
            "A sum or maximum over the last axis lacks `keepdims=True`.",
            (
                "Shapes (2,3) and (2,) do not fit. With `keepdims=True` the reduced axis "
                "stays, with length 1."
            ),
            (
                "ValueError: operands could not be broadcast together with shapes (2,3) (2,)\n"
                "in line 3: return z"
            ),
            "",
        ),
    ),
    (
        lambda: raised(
            "ValueError",
            "operands could not be broadcast together with shapes (2,3) (4,)",
            args=(TABLE,),
        ),
        (
            "It raises a ValueError, with one vector.",
            "Run the input in a cell of its own to see the whole traceback.",
            (
                "ValueError: operands could not be broadcast together with shapes (2,3) (4,)\n"
                "in line 3: return z"
            ),
            "",
        ),
    ),
    (
        lambda: raised(
            "ValueError",
            "operands could not be broadcast together with shapes (2,2,3) (2,2)",
            args=(np.stack([TABLE, TABLE]),),
        ),
        (
            "A sum or maximum over the last axis lacks `keepdims=True`.",
            (
                "Shapes (2,2,3) and (2,2) do not fit. With `keepdims=True` the reduced axis "
                "stays, with length 1."
            ),
            (
                "ValueError: operands could not be broadcast together with shapes (2,2,3) (2,2)\n"
                "in line 3: return z"
            ),
            "",
        ),
    ),
    (
        lambda: raised("AxisError", "axis 1 is out of bounds"),
        (
            "It names an axis that this input does not have.",
            "The last axis is -1, however many there are.",
            "AxisError: axis 1 is out of bounds\nin line 3: return z",
            "",
        ),
    ),
    (
        lambda: raised("NameError", "name 'sofmax' is not defined"),
        (
            "It uses a name that is not defined.",
            "Import it, or define it, in a cell above; or is it misspelt?",
            "NameError: name 'sofmax' is not defined\nin line 3: return z",
            "",
        ),
    ),
    (
        lambda: raised("IndexError", "index 3 is out of bounds"),
        (
            "It asks for an entry that is not there, with one vector.",
            "In a batch `len(x)` counts the rows, and `x.shape[-1]` the classes.",
            "IndexError: index 3 is out of bounds\nin line 3: return z",
            "",
        ),
    ),
    (
        lambda: raised("IndexError", "index -100 is out of bounds"),
        (
            "It asks for an entry that is not there, with one vector.",
            "Look again.",
            "IndexError: index -100 is out of bounds\nin line 3: return z",
            "",
        ),
    ),
    (
        lambda: raised(
            "IndexError", "shape mismatch: indexing arrays could not be broadcast together"
        ),
        (
            "It asks for an entry that is not there, with one vector.",
            "Look again.",
            (
                "IndexError: shape mismatch: indexing arrays could not be broadcast together\n"
                "in line 3: return z"
            ),
            "",
        ),
    ),
    (
        lambda: raised("KeyError", "'p'"),
        (
            "It raises a KeyError, with one vector.",
            "Run the input in a cell of its own to see the whole traceback.",
            "KeyError: 'p'\nin line 3: return z",
            "",
        ),
    ),
    (
        lambda: raised("AttributeError", "no attribute 'softmax'", first=False),
        (
            "It raises an AttributeError, with one vector.",
            "Look again.",
            "AttributeError: no attribute 'softmax'\nin line 3: return z",
            "",
        ),
    ),
    (
        lambda: returned(None),
        (
            "It returns nothing.",
            "Every way through the function must end in a `return`.",
            "None",
            "",
        ),
    ),
    (
        lambda: returned(None, printed="[0.2 0.5 0.3]"),
        (
            "It prints its result, and returns nothing.",
            "Write `return` where it says `print`: only what is returned can be used.",
            "None",
            "",
        ),
    ),
    (
        lambda: returned(None, changed=True),
        (
            "It changes its input, and returns nothing.",
            "Calculate a new array and `return` it.",
            "None",
            "",
        ),
    ),
    (
        lambda: returned(np.zeros(LARGE + 1)),
        (
            "The result has shape (100001,) instead of (3,).",
            "Look at the shapes inside.",
            "numbers of shape (100001,)",
            "",
        ),
    ),
    (lambda: returned(X + 1j), ("It returns complex numbers.", "Return real numbers.", "", "")),
    (
        lambda: returned(True, 0.5),
        ("It returns True or False, not a number.", "Count, and divide.", "", ""),
    ),
    (
        lambda: returned([0.2, 0.5, 0.3]),
        ("It returns a list, not an array.", "Return an array.", "list: [0.2, 0.5, 0.3]", ""),
    ),
    (
        lambda: returned((0.2, [0.5])),
        ("It returns a tuple, not an array.", "Return an array.", "(0.2, [0.5])", ""),
    ),
    (
        lambda: returned(X.astype(object)),
        (
            ("It returns an array of shape (3,) and dtype object, not an array of numbers."),
            "Return an array of numbers.",
            "array([0.2, 0.5, 0.3], dtype=object)",
            "",
        ),
    ),
    (
        lambda: returned("0.2", 0.5),
        ("It returns an object of type `str`, not one number.", "Return one number.", "'0.2'", ""),
    ),
    (lambda: returned(...), ("It returns `...`, not an array.", "Return an array.", "", "")),
    (lambda: returned(X), None),
    (
        lambda: nearly_zero(trial([0.2, 1e-9, 0.8], [0.2, 0.0, 0.8]), SOFTMAX),
        (
            "Where 0 belongs stands a small number, such as 1e-09.",
            (
                "Does a low score, such as -100, stand for what is left out? Only exp(-inf) "
                "is exactly 0."
            ),
            "",
            "",
        ),
    ),
    (
        lambda: not_zero(STAGE, trial([0.2, -1e-3, 1e-9], [0.2, 0.0, 0.0])),
        ("It is wrong. Where 0 belongs stands -0.001.", "", "", ""),
    ),
    (
        lambda: one_row([trial([[1, 2], [1, 2]], [[1, 2], [3, 4]])]),
        (
            "All rows are the same.",
            ("Does each have a list of its own? `[[0] * k] * n` is one list of k zeros, n times."),
            "",
            "",
        ),
    ),
    (
        lambda: some_rows(trial(TABLE, TABLE + np.array([[1], [0]]))),
        ("Row 1 is right, row 0 is not.", "", "", ""),
    ),
    (
        lambda: unchanged_input(both(lambda x: x + 1)),
        ("It returns its input as it was.", "", "", ""),
    ),
    (
        lambda: truncated(both(lambda x: x.astype(int))),
        (
            "The fractions are cut off: the result is stored as integers.",
            "`np.zeros_like(x)` has the dtype of x, and `astype(int)` cuts.",
            "",
            "",
        ),
    ),
    (
        lambda: wrong_axis([trial(TABLE / TABLE.sum(axis=0), TABLE)]),
        (
            "Your rows sum to 1 along axis 0, not along the last axis.",
            "The classes lie along the last axis: `axis=-1`, with `keepdims=True`.",
            "",
            "",
        ),
    ),
    (
        lambda: wrong_axis([trial(TABLE / TABLE.sum(), TABLE)]),
        (
            "The whole array sums to 1, not each row.",
            "Sum along the last axis only: `axis=-1`, with `keepdims=True`.",
            "",
            "",
        ),
    ),
    (lambda: wrong_axis([trial(TABLE, TABLE)]), None),
    (
        lambda: scaled_exponents(both(lambda x: x**2 / (x**2).sum())),
        (
            "It is the softmax of 2 times the right exponents.",
            "Are the scores multiplied by something, or is the base of the powers not e?",
            "",
            "",
        ),
    ),
    (
        lambda: scaled(both(lambda x: -x), logarithmic=False),
        (
            "Every number has the wrong sign.",
            "A minus is missing, or there is one too many.",
            "",
            "",
        ),
    ),
    (
        lambda: scaled(both(lambda x: 2.5 * x), logarithmic=True),
        ("Every number is 2.5 times the right one.", "", "", ""),
    ),
    (
        lambda: scaled(both(lambda x: x / np.log(2)), logarithmic=True),
        (
            "It uses the logarithm of base 2, not the natural one.",
            "`np.log` is the natural logarithm.",
            "",
            "",
        ),
    ),
    (
        lambda: scaled(both(lambda x: x / np.log(10)), logarithmic=True),
        (
            "It uses the logarithm of base 10, not the natural one.",
            "`np.log` is the natural logarithm.",
            "",
            "",
        ),
    ),
    (
        lambda: scaled([trial(len(x) * x, x, x) for x in (X, Y[:2])], logarithmic=False),
        ("It is off by the factor N, the number of classes: it must be divided by N.", "", "", ""),
    ),
    (
        lambda: scaled([trial(x / len(x), x, x) for x in (X, Y[:2])], logarithmic=False),
        ("It is divided by N, the number of classes, once too often.", "", "", ""),
    ),
    (
        lambda: scaled([trial(len(t) * t, t, t) for t in (TABLE, TABLE[:1])], logarithmic=False),
        ("It is off by the factor N, the number of rows: it must be divided by N.", "", "", ""),
    ),
    (
        lambda: scaled([trial(t / t.size, t, t) for t in (TABLE, TABLE[:1])], logarithmic=False),
        ("It is divided by N, the number of all scores, once too often.", "", "", ""),
    ),
    (
        lambda: scaled([trial(3 * x, x) for x in (np.append(X, 0.0), Y)], logarithmic=False),
        ("Every number is 3 times the right one.", "", "", ""),
    ),
    (
        lambda: scaled([trial(3 * x + 1, x) for x in (np.zeros(3), X)], logarithmic=False),
        None,
    ),
    (lambda: scaled(both(lambda x: x), logarithmic=False), None),
    (
        lambda: transformed(both(np.log)),
        ("It returns the logarithm of the right result.", "Follow one entry.", "", ""),
    ),
    (
        lambda: transformed(both(np.exp)),
        ("It returns the exponential of the right result.", "Follow one entry.", "", ""),
    ),
    (
        lambda: transformed(both(lambda x: 1 - x)),
        ("It returns 1 minus the right result.", "Follow one entry.", "", ""),
    ),
    (
        lambda: transformed(both(lambda x: 1 / x)),
        ("It returns 1 divided by the right result.", "Follow one entry.", "", ""),
    ),
    (
        lambda: transformed(both(np.square)),
        ("It returns the square of the right result.", "Follow one entry.", "", ""),
    ),
    (
        lambda: transformed(both(np.sqrt)),
        ("It returns the square root of the right result.", "Follow one entry.", "", ""),
    ),
    (
        lambda: rounded([trial(np.round(x, 2), x) for x in (X / 7, Y / 7)]),
        (
            "The numbers are rounded to 2 decimals inside the function.",
            "Return all digits. Round when you print.",
            "",
            "",
        ),
    ),
    (
        lambda: low_precision([trial(x * (1 + 2e-6), x) for x in (X, Y)], tolerance=1e-9),
        (
            "The numbers are right to about 5 digits, and 9 are asked for.",
            (
                "Is something on the way rounded, stored as float32, or kept from 0 by a "
                "small number?"
            ),
            "",
            "",
        ),
    ),
    (
        lambda: low_precision([trial([1.5e-7, 0.5 + 1e-8], [0.0, 0.5])], tolerance=1e-9),
        (
            "The numbers are right to about 6 digits, and 9 are asked for.",
            (
                "Is something on the way rounded, stored as float32, or kept from 0 by a "
                "small number?"
            ),
            "",
            "",
        ),
    ),
    (lambda: low_precision([trial(x * (1 + 2e-3), x) for x in (X, Y)], tolerance=1e-9), None),
    (
        lambda: clipped_logarithm([trial([-23.0, -1.0], [-800.0, -1.0]), trial([-23.0], [-90.0])]),
        ("No result goes beyond -23, which is log(1.03e-10).", "", "", ""),
    ),
    (
        lambda: clipped_logarithm([trial([9.0], [800.0]), trial([9.0], [90.0])]),
        ("No result goes beyond 9, which is -log(0.000123).", "", "", ""),
    ),
    (
        lambda: shifted(both(lambda x: x + 3)),
        (
            "All entries are off by the same amount, 3, so their differences are right.",
            "What is added to all of them, or missing?",
            "",
            "",
        ),
    ),
    (
        lambda: shifted([trial(X + 3, X), trial(Y + 4, Y)]),
        (
            "All entries are off by the same amount, so their differences are right.",
            "What is added to all of them, or missing?",
            "",
            "",
        ),
    ),
    (
        lambda: shifted([trial([0.2, -1e9], [0.2, -np.inf]), trial([-1e9, 0.5], [-np.inf, 0.5])]),
        None,
    ),
    (
        lambda: permuted(both(lambda x: x[::-1])),
        (
            "The numbers are the right ones, but they stand in the wrong places.",
            "Is something sorted, reversed or reshaped on the way?",
            "",
            "",
        ),
    ),
    (
        lambda: constant([trial(0 * X, X), trial(0 * Y, Y)]),
        ("The result is always 0.", "Follow one input, step by step.", "", ""),
    ),
    (
        lambda: constant([trial(X, X), trial(X, Y)]),
        (
            "The result is the same for 2 different inputs.",
            ("Does it use its arguments, or a variable from outside with the same numbers?"),
            "",
            "",
        ),
    ),
    (
        lambda: constant([trial(np.nan * X, X), trial(np.nan * Y, Y)]),
        ("The result has NaN, which is no number, for every input.", "", "", ""),
    ),
    (
        lambda: ignored([trial(X, X, X, 1), trial(X, Y, X, 2)], ["z", "k"]),
        ("`k` has no effect.", "Two calls that differ in it alone give the same.", "", ""),
    ),
    (lambda: permuted([trial(X[::-1], X)]), None),  # once may be chance
    (
        lambda: scaled_exponents([trial(x**c / (x**c).sum(), x) for c, x in ((1.5, X), (1.8, Y))]),
        None,
    ),
    # Of the only argument `constant` says more.
    (lambda: ignored([trial(X, X, X), trial(X, Y, Y)], ["z"]), None),
    (
        lambda: other_shape(trial(TABLE.T, TABLE)),
        (
            "The result is transposed: rows and columns are exchanged.",
            "Keep the axes in their order: rows first.",
            "",
            "",
        ),
    ),
    (
        lambda: other_shape(trial(X[None], X)),
        (
            "The numbers are right, but their shape is (1, 3) instead of (3,).",
            "`keepdims=True` is for the steps inside. Drop the axis from the result.",
            "",
            "",
        ),
    ),
    (
        lambda: other_shape(trial(TABLE.ravel(), TABLE, X, -TABLE)),
        (
            "The numbers are right, but their shape is (6,) instead of (2, 3).",
            "Keep the shape of the input.",
            "",
            "",
        ),
    ),
    (
        lambda: other_shape(trial(NEAR.reshape(3, 2), NEAR, NEAR)),
        (
            "The numbers are right, but their shape is (3, 2) instead of (2, 3).",
            "Keep the shape of the input.",
            "",
            "",
        ),
    ),
    (
        lambda: other_shape(trial(TABLE.ravel(), TABLE, 2, 3)),
        ("The numbers are right, but their shape is (6,) instead of (2, 3).", "", "", ""),
    ),
    (
        lambda: other_shape(trial(0.5, X)),
        ("It returns one number, not an array of shape (3,).", "", "", ""),
    ),
    (
        lambda: other_shape(trial(X, 0.5)),
        (
            "It returns an array of shape (3,), not one number.",
            "Reduce all axes, or drop the one that `keepdims=True` leaves.",
            "",
            "",
        ),
    ),
    (
        lambda: other_shape(trial(X[:2], X)),
        ("The result has shape (2,) instead of (3,).", "", "", ""),
    ),
    (
        lambda: right_numbers(trial(X, X, changed=True), STAGE),
        (
            "It changes its input.",
            (
                "The caller's array is overwritten. `x = x - 1` makes a new array, `x -= 1` "
                "does not."
            ),
            "the right numbers, and a changed argument",
            "the right numbers, and the argument as it was",
        ),
    ),
    (
        lambda: right_numbers(trial(X, X, peak=1_234_567), STAGE),
        (
            "It is wrong.",
            "Look again.",
            "the right numbers, and 1235 kB held at once",
            "the right numbers, and at most 64 kB held at once",
        ),
    ),
    (
        lambda: right_numbers(trial(X, X.astype(np.float32), X.astype(np.float32), peak=0), STAGE),
        ("It returns float64 for float32 input.", "", "float64", "float32"),
    ),
]


@pytest.mark.parametrize(("found", "expected"), FINDINGS)
def test_a_finding_says_this(found, expected):
    finding = found()
    assert finding is None if expected is None else tuple(finding) == expected


RULES = [
    (rules.finite, [1.0, np.nan], "The result has NaN, which is no number."),
    (rules.finite, [1.0, -np.inf], "The result is infinite."),
    (rules.finite, [1.0], ""),
    (rules.probabilities, [-0.1, 1.1], "A probability is negative."),
    (rules.probabilities, [1.5, 0.2], "A probability is above 1."),
    (rules.probabilities, [0.5, 0.6], "The probabilities of a row sum to 1.1, not to 1."),
    (
        rules.probabilities,
        [0.5, 0.5 + 1e-9],
        "The probabilities of a row sum to 1.000000001, not to 1.",
    ),
    (rules.probabilities, [0.5, 0.5 + 1e-11], ""),
    (rules.probabilities, [0.0, 1.0], ""),
    (rules.at_least_zero, [-1e-9, 2.0], "The result is negative, which it can never be."),
    (rules.at_least_zero, [0.0], ""),
    (rules.at_most_zero, [0.5, -2.0], "The logarithm of a probability is above 0."),
    (rules.at_most_zero, [0.0], ""),
    (rules.sums_to_zero, [[0.5, -0.5], [0.5, -0.75]], "A row sums to 0.25, not to 0."),
    (rules.sums_to_zero, [0.5, -0.5 + 1e-10], ""),
]


@pytest.mark.parametrize(("rule", "numbers", "said"), RULES)
def test_a_rule_says_this(rule, numbers, said):
    assert rule(np.array(numbers)) == said


def test_a_call_whose_time_is_up_says_where_it_was():
    def waits(x):
        raise Stopped  # as the sandbox does

    outcome = perform(waits, (X,))
    assert outcome.ended == "time"
    line = waits.__code__.co_firstlineno + 1
    assert outcome.where == f"in line {line}: raise Stopped  # as the sandbox does"
    assert outcome.raised is None


def test_an_exception_inside_a_library_is_shown_with_the_readers_line():
    def stacks(x):
        return np.stack([])

    raised = perform(stacks, (X,)).raised
    assert (raised.line, raised.source) == (
        stacks.__code__.co_firstlineno + 1,
        "return np.stack([])",
    )


def test_memory_that_nobody_follows_is_none():
    assert perform(np.exp, (X,), memory=False).peak == 0
    assert perform(np.ones, (10_000,)).peak > 80_000


def test_long_texts_are_cut_short():
    assert brief(str, "one line") == "one line"
    assert brief(str, "one line\nand another") == "one line ..."
    assert brief(str, "x" * (WIDTH + 1)) == "x" * WIDTH + " ..."


def test_a_result_that_is_missing_agrees_with_none_alone():
    assert agree_if_there(None, None)
    assert not agree_if_there(None, X)
    assert not agree_if_there(X, None)
    assert agree_if_there(X, X + 1e-14)
    assert not agree_if_there(X, Y)


def test_a_report_as_html_whole():
    report = Report("f", "wrong", "It is `x`.", "f(1)", "2", "3", "Add <1>.", ("a", "b"), ("n",))
    assert report._repr_html_() == (
        '<div class="exercise-report"><p><strong>f: one mistake to fix.</strong></p><dl>'
        "<dt><strong>Mistake</strong></dt><dd>It is <code>x</code>.</dd>"
        "<dt><strong>Input</strong></dt><dd><pre><code>f(1)</code></pre></dd>"
        "<dt><strong>Expected</strong></dt><dd><pre><code>2</code></pre></dd>"
        "<dt><strong>Got</strong></dt><dd><pre><code>3</code></pre></dd>"
        "<dt><strong>Hint</strong></dt><dd>Add &lt;1&gt;.</dd>"
        "<dt><strong>Right so far</strong></dt><dd>a, b</dd>"
        "<dt><strong>Note</strong></dt><dd>n</dd></dl></div>"
    )
    assert Report("f", "right")._repr_html_() == (
        '<div class="exercise-report"><p><strong>f: right.</strong></p></div>'
    )


def test_a_report_with_nothing_to_tell_is_one_line():
    assert repr(Report("f", "right")) == "f: right."


def test_numbers_as_text():
    assert numbers_text(np.arange(61.0), 4) == "[0, 1, 2, ..., 58, 59, 60]"
    assert "..." not in numbers_text(np.arange(60.0), 4)
    assert numbers_text(np.array([-0.0, 1 / 3]), 4) == "[0, 0.3333]"
    assert numbers_text(np.array([1 / 3 + 2j]), 4) == "[0.3333+2j]"
    assert max(map(len, numbers_text(np.arange(60.0) / 7, 17).splitlines())) <= 88
    assert two_texts(np.array(1.0), np.array(1.00001)) == ("1", "1.00001")
    assert two_texts(np.array(1.0), np.array(1.0)) == ("1", "1")
    assert literal(np.array([1.0, -np.inf])) == "np.array([1.0, -np.inf])"
    assert literal(np.array([1.0, np.nan])) == "np.array([1.0, np.nan])"
    assert literal(np.arange(2, dtype=np.int64)) == "np.array([0, 1])"
    assert literal(np.array([True, False])) == "np.array([True, False])"
    assert literal(np.arange(2, dtype=np.int8)) == "np.array([0, 1], dtype=np.int8)"
    assert literal(np.resize([1.0, 2.0], 61)) == "np.resize(np.array([1.0, 2.0]), (61,))"
    assert literal(np.zeros((61, 2))) == "np.resize(np.array([0.0]), (61, 2))"
    assert literal(np.tile(np.arange(31.0), 2)) == f"np.resize({literal(np.arange(31.0))}, (62,))"
    assert literal(np.arange(61.0)) == f"np.array({np.arange(61.0).tolist()})"
    assert call_text("f", (np.array([1.0]), 2, "a")) == "f(np.array([1.0]), 2, 'a')"


def test_what_a_function_returns_is_described():
    many = describe(np.zeros((2, LARGE)))
    assert (many.kind, many.shape, many.value) == ("ndarray", (2, LARGE), None)
    assert many.text == f"numbers of shape (2, {LARGE})"
    assert describe(np.zeros(LARGE)).shape is None
    kinds = [describe(thing).kind for thing in (None, ..., X, 0.5, [0.5], (0.5,), "a", {})]
    assert kinds == ["nothing", "...", "array", "number", "list", "tuple", "str", "dict"]
    assert describe("a").text == "'a'"
    assert describe(X).text == ""
