"""What the reader sees: reports as text and as HTML, with inputs to paste."""

import numpy as np
import pytest
from support.checking import check_in_process
from support.submissions._formulas import plain_exp, soft

from softmax_lessons.exercises._report import DIGITS, literal
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
