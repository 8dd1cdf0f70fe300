"""What the checker sees in any solution: how it is called, what comes back, what it changes."""

import math
import tracemalloc

import numpy as np
import pytest
from support.checking import InProcess, check_in_process, needs_fork
from support.submissions._formulas import E, hot, log_sum, loss, loss_grad, plain_exp, soft
from support.submissions.softmax import above_zero, global_maximum

from softmax_lessons import exercises
from softmax_lessons.exercises import _sandbox
from softmax_lessons.exercises._call import Outcome
from softmax_lessons.exercises.catalog import EXERCISES


def in_place(z):
    z -= z.max(axis=-1, keepdims=True)
    np.exp(z, out=z)
    z /= z.sum(axis=-1, keepdims=True)
    return z


def in_place_and_nothing(z):
    z[...] = soft(z)


def prints(z):
    print(soft(z))


def forgets(z):
    soft(z)


calls = []


def counts_calls(z):
    calls.append(1)
    return soft(z) * (1 if len(calls) < 4 else 1.01)


remembered = {}


def remembers(z):
    return remembered.setdefault(z.shape, soft(z))


def draws(z):
    return soft(z + 0.01 * np.random.default_rng().normal(size=z.shape))


def draws_a_little(z):
    """Right to as many digits as the task asks for, and still another result each time."""
    return soft(z) * (1 + 5e-10 * np.random.default_rng().random())


def undefined(z):
    return soft_max(z)  # noqa: F821


def wrong_index(z):
    return np.array([E(z[i]) / E(z).sum() for i in range(3)])


def first_three(z):
    return np.array([E(z[0]), E(z[1]), E(z[2])]) / E(z).sum()


def no_lists(z):
    return soft(z).tolist()


def truth(z):
    if z > 0:
        return soft(z)
    return soft(z)


LACKS_KEEPDIMS = "A sum or maximum over the last axis lacks `keepdims=True`."

SYMPTOMS = [
    # How it is called, and what comes back.
    ("softmax", soft(np.arange(3.0)), "This is no function, but an object of type `ndarray`."),
    ("softmax", lambda z, axis: soft(z), "It cannot be called as `softmax(scores)`."),
    ("softmax", lambda: None, "It cannot be called as `softmax(scores)`."),
    ("softmax", prints, "It prints its result, and returns nothing."),
    ("softmax", forgets, "It returns nothing."),
    ("softmax", in_place_and_nothing, "It changes its input, and returns nothing."),
    ("softmax", no_lists, "It returns a list, not an array."),
    ("softmax", lambda z: (soft(z), z.max()), "It returns a tuple, not an array."),
    ("softmax", lambda z: str(soft(z)), "It returns an object of type `str`, not an array."),
    ("softmax", lambda z: (x for x in z), "an object of type `generator`, not an array."),
    ("softmax", lambda z: soft, "It returns an object of type `function`, not an array."),
    ("softmax", lambda z: soft(z) + 0j, "It returns complex numbers."),
    ("softmax", lambda z: soft(z).astype(object), "dtype object, not an array of numbers."),
    ("accuracy", lambda z, y: all(z.argmax(-1) == y), "It returns True or False, not a number."),
    ("cross_entropy", lambda z, y: [loss(z, y)], "It returns a list, not one number."),
    ("softmax", np.exp, "It does not divide: these are the exponentials."),  # has no signature
    # Shapes.
    ("softmax", lambda z: soft(z)[None], "The numbers are right, but their shape is (1, 3)"),
    (
        "softmax",
        lambda z: soft(z).max(axis=-1),
        "It returns one number, not an array of shape (3,)",
    ),
    ("softmax", first_three, "The result has shape (3,) instead of (4,)."),
    ("softmax", lambda z: soft(z).T, "The result is transposed: rows and columns are exchanged."),
    ("logsumexp", lambda z: log_sum(z)[..., None], "their shape is (1,) instead of ()."),
    ("one_hot", lambda y, k: hot(y, k).T, "The result is transposed"),
    ("mean_loss", lambda t, y: -t[::-1], "It returns an array of shape (2, 3), not one number."),
    (
        "cross_entropy_grad",
        lambda z, y: loss_grad(z, y).sum(0),
        "It adds up the rows.",
    ),
    # Exceptions.
    ("softmax", undefined, "It uses a name that is not defined."),
    ("softmax", lambda z: math.exp(z), "It treats an array as one number."),
    ("softmax", truth, "It asks `if` of a whole array."),
    (
        "softmax",
        lambda z: E(z) / E(z).sum(axis=1),
        "It names an axis that this input does not have.",
    ),
    ("softmax", lambda z: E(z) / E(z).sum(axis=-1), LACKS_KEEPDIMS),
    ("log_softmax", lambda z: z - np.log(E(z).sum(axis=-1)), LACKS_KEEPDIMS),
    ("softmax", wrong_index, "The result has shape (3,) instead of (4,)."),
    ("hardmax", lambda z: np.eye(len(z))[z.argmax()], "asks for an entry that is not there"),
    ("entropy", lambda p: {}["p"], "It raises a KeyError, with one vector."),
    ("softmax", lambda z: z.softmax(), "It raises an AttributeError, with one vector."),
    # Arguments.
    ("softmax", in_place, "It changes its input."),
    (
        "softmax",
        lambda z: soft([0.25, 1.23, -0.8]),
        "The result is the same for 6 different inputs.",
    ),
    ("softmax", lambda z: z, "It returns its input as it was."),
]

# What nobody foresaw is measured and shown, not guessed at.
UNFORESEEN = [
    ("softmax", lambda z: soft(np.sin(z)), "These are not the probabilities of one vector."),
    (
        "softmax",
        lambda z: plain_exp(z - 1e5 * (abs(z) > 1e4)),
        "It overflows from a score of 710 on.",
    ),
    ("softmax", lambda z: plain_exp(z - 700), "Small probabilities are wrong."),
    ("softmax", lambda z: plain_exp(z - 20), "It overflows from a score of 730 on."),
    ("sigmoid", lambda x: x / (1 + abs(x)), "Ordinary numbers give wrong results."),
    (
        "log_softmax",
        lambda z: np.log(soft(z) + 5e-11),
        "These are not the log-probabilities of one",
    ),
    (
        "accuracy",
        lambda z, y: abs(z.argmax(-1) - y).mean(),
        "It is not the fraction of right choices.",
    ),
    ("cross_entropy", lambda z, y: loss(z, y) ** 1.1, "It is not the mean loss."),
]


@pytest.mark.parametrize(("name", "solution", "mistake"), SYMPTOMS)
def test_symptoms(name, solution, mistake):
    report = check_in_process(name, solution)
    assert report.verdict == "wrong"
    assert not report
    assert mistake in report.mistake, report
    assert report.hint


def test_an_index_for_what_does_not_count_brings_the_hint_of_its_stage():
    report = check_in_process(
        "masked_loss", lambda z, y: -np.log(soft(z)[np.arange(len(y)), y]).mean()
    )
    assert report.hint == "Choose the rows with `labels != -100` first, logits and labels alike."


@needs_fork
@pytest.mark.parametrize("solution", [draws, draws_a_little, counts_calls, remembers])
def test_what_depends_on_earlier_calls_shows_in_a_fresh_process(solution):
    calls.clear()
    remembered.clear()
    report = exercises.check("softmax", solution)
    assert report.mistake == "The same call does not always return the same."
    assert report.hint


asked = set()


class SlowWhenAskedAgain(InProcess):
    """Brings what is right once; the time is up whenever the same is asked again."""

    def _call(self, args, seconds):
        if repr(args) in asked:
            return Outcome(ended="time", limit=5.0)
        asked.add(repr(args))
        return super()._call(args, seconds)


def test_a_call_that_does_not_end_is_not_said_to_return_something_else(monkeypatch):
    monkeypatch.setattr(_sandbox, "Runner", SlowWhenAskedAgain)
    asked.clear()
    report = exercises.check("softmax_vector", soft)
    assert report, report
    assert asked


@pytest.mark.parametrize(("name", "solution", "mistake"), UNFORESEEN)
def test_no_mistake_is_named_without_evidence(name, solution, mistake):
    report = check_in_process(name, solution)
    assert report.mistake.startswith(mistake), report
    assert mistake not in {known.sentence for known in EXERCISES[name].mistakes}


def test_a_right_solution_that_warns_is_right_and_told_so():
    report = check_in_process("sigmoid", lambda x: 1 / (1 + np.exp(-x)))
    assert report
    assert report.notes == (
        "The numbers are right, but on the way there were warnings: overflow encountered in exp.",
    )


def recurses(z):
    return recurses(z)


def axis_0(scores):
    return np.exp(scores) / np.exp(scores).sum(axis=0)


@pytest.mark.parametrize("solution", [axis_0, plain_exp, above_zero, draws, recurses, undefined])
def test_the_same_report_every_time(solution):
    first = check_in_process("softmax", solution)
    assert repr(check_in_process("softmax", solution)) == repr(first)
    assert " at 0x" not in repr(first)


@needs_fork
@pytest.mark.parametrize(
    "solution", [axis_0, plain_exp, above_zero, undefined, prints, in_place, global_maximum]
)
def test_a_fork_a_thread_and_this_process_agree(solution, monkeypatch):
    expected = repr(check_in_process("softmax", solution))
    assert repr(exercises.check("softmax", solution)) == expected
    monkeypatch.setattr(_sandbox, "Runner", _sandbox.InThread)
    assert repr(exercises.check("softmax", solution)) == expected


def whole_table(H, W, y, size):
    return EXERCISES["chunked_grad"].right(H, W, y, len(y))


@pytest.mark.parametrize("on_already", [False, True])
def test_memory_is_measured_and_the_notebooks_own_tracing_goes_on(on_already):
    tracemalloc.stop()
    if on_already:
        tracemalloc.start()
        kept = np.ones(10**6)
    try:
        report = check_in_process("chunked_grad", whole_table)
        assert report.mistake.startswith("The numbers are right, but it holds more memory")
        assert check_in_process("chunked_grad", EXERCISES["chunked_grad"].right)
        assert tracemalloc.is_tracing() == on_already
        if on_already:
            assert tracemalloc.get_traced_memory()[0] > kept.nbytes
    finally:
        tracemalloc.stop()


def test_memory_is_followed_only_where_a_stage_asks_for_it():
    followed = []

    def solution(z):
        followed.append(tracemalloc.is_tracing())
        return soft(z)

    assert check_in_process("softmax", solution)
    assert not any(followed)
