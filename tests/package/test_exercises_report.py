"""What the reader sees: reports as text and as HTML, with inputs to paste."""

import itertools
import math

import numpy as np
import pytest
from support.checking import check_in_process
from support.submissions._formulas import plain_exp, soft

import softmax_lessons as sl
from softmax_lessons.exercises._call import code_of
from softmax_lessons.exercises._own import names_of, uses_our_answer
from softmax_lessons.exercises._report import DIGITS, call_text, literal
from softmax_lessons.exercises.catalog import EXERCISES


def axis_0(scores):
    return np.exp(scores) / np.exp(scores).sum(axis=0)


def test_a_report_as_text():
    assert repr(check_in_process("softmax", axis_0)).splitlines() == [
        "softmax: one mistake to fix.",
        "  Mistake:      Your rows sum to 1 along axis 0, not along the last axis.",
        "  Input:        axis_0(np.array([[0.25, 1.23, -0.8], [2.0, 1.0, 0.5]]))",
        "  Expected:     [[0.2491, 0.6637, 0.08717],",
        "                 [0.6285, 0.2312, 0.1402]]",
        "  Got:          [[0.148, 0.5572, 0.2142],",
        "                 [0.852, 0.4428, 0.7858]]",
        "  Hint:         The classes lie along the last axis: `axis=-1`, with `keepdims=True`.",
        "  Right so far: one vector",
    ]


def test_a_function_without_a_name_is_called_as_the_task_calls_it():
    assert check_in_process("one_hot", lambda y, k: y).call == "one_hot(np.array([2, 0, 1, 2]), 3)"


def swapped(n_classes, labels):
    return np.eye(n_classes)[labels]


def test_a_report_on_arguments_in_another_order():
    assert repr(check_in_process("one_hot", swapped)).splitlines() == [
        "one_hot: one mistake to fix.",
        "  Mistake:  It takes the arguments in another order: n_classes, labels.",
        "  Input:    swapped(np.array([2, 0, 1, 2]), 3)",
        "  Expected: [[0, 0, 1],",
        "             [1, 0, 0],",
        "             [0, 1, 0],",
        "             [0, 0, 1]]",
        "  Got:      def swapped(n_classes, labels)",
        "  Hint:     The task calls `one_hot(labels, n_classes)`.",
    ]


def takes_too_much(labels, n_classes, amount):
    return np.eye(n_classes)[labels]


def test_a_report_on_other_arguments():
    assert repr(check_in_process("one_hot", takes_too_much)).splitlines() == [
        "one_hot: one mistake to fix.",
        "  Mistake: It cannot be called as `one_hot(labels, n_classes)`.",
        "  Input:   takes_too_much(np.array([2, 0, 1, 2]), 3)",
        "  Got:     def takes_too_much(labels, n_classes, amount)",
        "  Hint:    Give it the arguments that the task names, in their order.",
    ]


calls = itertools.count()


def drifts(labels, n_classes):
    return np.eye(n_classes)[labels] * (1 + 1e-11 * next(calls))


def test_a_report_on_results_that_differ():
    assert repr(check_in_process("one_hot", drifts)).splitlines() == [
        "one_hot: one mistake to fix.",
        "  Mistake:  The same call does not always return the same.",
        "  Input:    drifts(np.array([2, 0, 1, 2]), 3)",
        "  Expected: [[0, 0, 1],",
        "             [1, 0, 0],",
        "             [0, 1, 0],",
        "             [0, 0, 1]]",
        "  Got:      different results for the same input",
        "  Hint:     It draws random numbers, or keeps something from one call to the next. "
        "Calculate everything from the arguments.",
    ]


def by_math(x):
    return np.vectorize(lambda v: 1 / (1 + math.exp(-v)))(x)


def test_a_report_on_an_overflow_that_raises():
    report = check_in_process("sigmoid", by_math)
    assert report.mistake.endswith("It goes wrong from a score of -710 on.")
    assert report.got.splitlines()[0] == "OverflowError: math range error"


def silenced(z):
    with np.errstate(all="ignore"):
        return plain_exp(z)


@pytest.mark.parametrize(
    ("cut", "mistake"),
    [
        (np.inf, "It overflows from a score of 710 on."),
        (709, "Large scores give wrong probabilities. It goes wrong from a score of 710 on."),
        (500, "Large scores give wrong probabilities. It goes wrong from a score of 501 on."),
    ],
)
def test_an_overflow_is_told_without_warnings(cut, mistake):
    assert check_in_process("softmax", lambda z: silenced(np.minimum(z, cut))).mistake == mistake


def exp_by_math(z):
    e = np.vectorize(math.exp, otypes=[float])(z)
    return e / e.sum(axis=-1, keepdims=True)


def test_a_report_on_an_exponential_that_raises():
    report = check_in_process("softmax", exp_by_math)
    assert report.mistake == "It overflows from a score of 710 on."
    assert report.got.splitlines()[0] == "OverflowError: math range error"


def stub(labels, n_classes): ...


def test_a_report_on_a_stub():
    assert repr(check_in_process("one_hot", stub)).splitlines() == [
        "one_hot: not yet.",
        "  Hint: Write the function `one_hot(labels, n_classes)`, then run this again.",
    ]


def test_all_notes_are_there():
    def loud(labels, n_classes):
        print("here")
        return sl.one_hot(labels, n_classes)

    assert check_in_process("one_hot", loud).notes == (
        "It printed: here",
        "It calls `one_hot` of the package, which the task asks you to write.",
    )


def test_other_functions_of_the_package_are_not_looked_into():
    """``softmax_jacobian`` calls ``softmax``: that is our business, not the reader's."""
    jacobian, softmax = sl.softmax_jacobian, sl.softmax
    assert "softmax" in names_of(code_of(jacobian))
    assert not uses_our_answer(lambda z: jacobian(z), EXERCISES["softmax"])
    assert uses_our_answer(lambda z: softmax(z), EXERCISES["softmax"])


def ping(z):
    return pong(z)


def pong(z):
    return ping(z)


def test_functions_that_call_each_other_are_looked_into_once():
    assert not uses_our_answer(ping, EXERCISES["softmax"])


def test_a_report_as_html():
    html = check_in_process("softmax", axis_0)._repr_html_()
    assert "<dt><strong>Mistake</strong></dt><dd>Your rows sum to 1 along axis 0" in html
    assert "<dd><pre><code>axis_0(np.array([[0.25, 1.23, -0.8], [2.0, 1.0, 0.5]]))</code>" in html
    assert "<code>axis=-1</code>" in html
    for forbidden in ["<script", "style=", "color", "http"]:
        assert forbidden not in html


def test_html_shows_text_as_text():
    def hostile(z):
        print("<script>alert(1)</script>")
        raise ValueError("<b>&</b>")

    html = check_in_process("softmax", hostile)._repr_html_()
    assert "<script" not in html
    assert "<b>" not in html
    assert "&lt;b&gt;&amp;&lt;/b&gt;" in html


@pytest.mark.parametrize("name", ["softmax", "softmax_vjp", "one_hot", "cross_entropy"])
def test_the_input_can_be_pasted(name):
    for mistake in EXERCISES[name].mistakes:
        received = []

        def solution(*args, mistake=mistake, received=received):
            received.append(args)
            return mistake.function(*args)

        report = check_in_process(name, solution)
        pasted = eval(report.call, {"np": np, "solution": lambda *args: args})
        same = [
            all(map(np.array_equal, pasted, args))
            and [getattr(a, "dtype", None) for a in pasted]
            == [getattr(a, "dtype", None) for a in args]
            for args in received
        ]
        assert any(same), report.call


@pytest.mark.parametrize("name", EXERCISES)
def test_every_input_can_be_pasted(name):
    for stage in EXERCISES[name].stages:
        for args in (*stage.cases, *stage.extra_cases):
            text = call_text("solution", args)
            pasted = eval(text, {"np": np, "solution": lambda *args: args})
            for one, other in zip(pasted, args, strict=True):
                np.testing.assert_array_equal(one, other, strict=isinstance(other, np.ndarray))


def same(some, others):
    """Tell whether two calls have the same arguments, NaN included."""
    pairs = zip(some, others, strict=True)
    return all(np.array_equal(a, b, equal_nan=is_inexact(b)) for a, b in pairs)


def is_inexact(argument):
    return isinstance(argument, np.ndarray) and argument.dtype.kind == "f"


@pytest.mark.parametrize("name", EXERCISES)
def test_a_mistake_at_any_input_is_reported(name):
    exercise = EXERCISES[name]
    for stage in exercise.stages:
        for args in stage.cases:

            def slips(*given, args=args):
                right = np.asarray(exercise.right(*given))
                return np.nan_to_num(1.01 * right, neginf=0) + 0.01 if same(given, args) else right

            report = check_in_process(name, slips)
            assert report.verdict == "wrong"
            assert all([report.mistake, report.expected, report.got])
            assert report.call.startswith("slips(")


def test_long_inputs_are_short_to_paste():
    x = np.resize(np.array([1.0, 2.0, 3.0]), 20_000)
    text = literal(x)
    assert len(text) < 60
    assert np.array_equal(eval(text, {"np": np}), x)


def test_as_many_digits_as_tell_the_difference():
    report = check_in_process("softmax", lambda z: soft(z) * (1 + 3e-8))
    assert report.expected != report.got
    assert len(report.expected.split(", ")[0]) <= DIGITS[2] + 3


def test_no_settings_of_the_reader_matter():
    expected = repr(check_in_process("softmax", plain_exp))
    with np.errstate(all="raise"), np.printoptions(precision=1, legacy="1.13"):
        report = check_in_process("softmax", plain_exp)
    assert repr(report) == expected
