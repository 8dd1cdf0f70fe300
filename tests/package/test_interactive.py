"""Live figures as strings: numbers, errors, escaping, the same bytes on every run."""

import json
import re
import subprocess
import sys
from html import escape, unescape
from importlib.resources import files

import numpy as np
import pytest
from family import LABELS, Z
from test_public import run_examples

from softmax_lessons import interactive, sigmoid, softmax
from softmax_lessons.interactive import explorer

MODULES = [f for f in files("softmax_lessons").joinpath("static").iterdir() if ".mjs" in f.name]
FIGURES = {
    "explorer": lambda z, labels: explorer(z, labels),
}
every_figure = pytest.mark.parametrize("figure", FIGURES.values(), ids=list(FIGURES))
every_module = pytest.mark.parametrize("module", MODULES, ids=lambda file: file.name)
HOSTILE = """"><script>alert(1)</script>'&</table></softmax-explorer>"""


def table(live):
    """The rows of the table that stands in the element, as strings."""
    rows = re.findall(r"<tr>(.*?)</tr>", live.html)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]
    return [[unescape(cell) for cell in row] for row in cells]


def numbers(row):
    return [float(cell.replace("−", "-")) for cell in row]


def script(live):
    (code,) = re.findall(r"<script[^>]*>(.*?)</script>", live.html, re.DOTALL)
    return code


# --- all figures ------------------------------------------------------------------------------


def test_the_package_does_not_import_it():
    code = "import sys, softmax_lessons; print('softmax_lessons.interactive' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_it_needs_numpy_alone():
    heavy = ["torch", "matplotlib", "seaborn", "scipy", "IPython", "ipywidgets"]
    code = (
        f"import sys, softmax_lessons.interactive; print([m for m in {heavy} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_examples_run_for_every_public_name():
    assert run_examples(interactive) == set(interactive.__all__)


@every_module
def test_module_is_small_and_readable(module):
    source = module.read_bytes()
    assert len(source) < 8 * 1024
    lines = source.decode().splitlines()
    assert lines[0].startswith("/* "), "no sentence that says what it is"
    assert max(map(len, lines)) <= 200


@every_module
def test_module_keeps_to_a_strict_content_policy(module):
    source = module.read_text(encoding="utf-8")
    assert not re.search(r"\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML", source)
    assert not re.search(
        r"document\.write|setAttribute\(\"style|\bon\w+ ?=|https?://(?!www\.w3\.org/2000/svg)",
        source,
    )
    assert "</script" not in source
    assert "<!--" not in source


@every_figure
def test_same_call_gives_the_same_bytes(figure):
    assert figure(Z, LABELS).html == figure(list(Z), tuple(LABELS)).html
    assert repr(figure(Z, LABELS)) == figure(Z, LABELS).text


@every_figure
def test_html_has_no_link_handler_or_style(figure):
    markup = figure(Z, LABELS).html.partition("<script")[0]
    assert not re.search(r"<a\b|href|src=|\bon\w+=|style=|\bid=", markup)


@every_figure
def test_script_is_whole_and_stands_alone(figure):
    code = script(figure(Z, LABELS))
    assert not re.search(r"^(import|export)\b", code, re.MULTILINE)
    names = re.findall(r"^(?:const|let|class|function) (\w+)", code, re.MULTILINE)
    assert len(names) == len(set(names)) > 10
    assert code.count('define("softmax-') == 1


@every_figure
def test_labels_are_text_never_html(figure):
    labels = [HOSTILE, "<b>", "& co."]
    live = figure(Z, labels)
    assert live.html.count("<script") == live.html.count("</script>") == 1
    markup = live.html.partition("<script")[0]
    assert HOSTILE not in markup
    assert escape(HOSTILE) in markup
    (config,) = re.findall(r'config="([^"]*)"', markup)
    assert json.loads(unescape(config))["labels"] == labels
    assert HOSTILE in live.text


@every_figure
def test_text_and_html_hold_the_same_rows(figure):
    live = figure(Z, LABELS)
    shown = [" ".join(filter(None, row)) for row in table(live)]
    assert [re.sub(r"\s+", " ", line).strip() for line in live.text.splitlines()[1:]] == shown


@every_figure
@pytest.mark.parametrize(
    ("scores", "labels", "error", "message"),
    [
        (
            [1, 2],
            ["a", "b"],
            ValueError,
            r"scores must be three( to six)? numbers in a row, got shape \(2,\)",
        ),
        ([[1, 2, 3]], LABELS, ValueError, r"got shape \(1, 3\)"),
        (range(7), list("abcdefg"), ValueError, r"got shape \(7,\)"),
        ([1, 2, np.nan], LABELS, ValueError, r"scores must be finite, got \[1.0, 2.0, nan\]"),
        ([1, 2, np.inf], LABELS, ValueError, "scores must be finite"),
        ([1, 2, 3j], LABELS, TypeError, r"pass x.real or abs\(x\)"),
        (Z, LABELS[:2], ValueError, "labels must name each of the 3 scores, got 2 labels"),
        (Z, "abc", TypeError, "labels must be a sequence of strings, got 'abc'"),
        (Z, ["a", "b", 3], TypeError, "labels must be a sequence of strings"),
        (Z, ["a", "b", " "], ValueError, "labels must not be empty: they name the sliders"),
    ],
)
def test_wrong_scores_and_labels(figure, scores, labels, error, message):
    with pytest.raises(error, match=message):
        figure(scores, labels)


@pytest.mark.parametrize(
    ("x", "shown"),
    [
        (0.25, "0.250"),
        (-0.8, "−0.800"),
        (0.0, "0.000"),
        (-0.0, "0.000"),
        (4.54e-5, "4.54e−5"),
        (-3.4e38, "−3.40e38"),
        (np.inf, "inf"),
        (-np.inf, "−inf"),
        (np.nan, "nan"),
    ],
)
def test_numbers_are_written_to_be_read(x, shown):
    assert interactive._show(x) == shown


# --- one by one -------------------------------------------------------------------------------


def test_explorer_shows_what_the_package_calculates():
    z = [3.0, -1.5, 0.25, 2.0]
    live = explorer(z, list("abcd"), temperature=2)
    head, *rows, total = table(live)
    assert head == ["class", "score", "softmax", "sigmoid"]
    expected = np.stack([z, softmax(z, temperature=2), sigmoid(z)], axis=-1)
    np.testing.assert_allclose([numbers(row[1:]) for row in rows], expected, atol=5e-4)
    np.testing.assert_allclose(numbers(total[2:]), expected[:, 1:].sum(axis=0), atol=5e-4)
    assert "at temperature 2.00" in live.text


def test_explorer_rounds_scores_to_the_steps_of_its_sliders():
    live = explorer([0.123, 1.0, -0.001], LABELS)
    assert '"scores": [0.12, 1.0, 0.0]' in unescape(live.html)


def test_explorer_makes_room_for_large_scores():
    assert '"limit": 5' in unescape(explorer(Z, LABELS).html)
    assert '"limit": 13' in unescape(explorer([1, 2, -12.5], LABELS).html)


@pytest.mark.parametrize(
    ("temperature", "error", "message"),
    [
        (0, ValueError, "temperature must be above 0, got 0: use hardmax"),
        (0.05, ValueError, "temperature must be from 0.1 to 5.0, as far as its slider goes, got"),
        (6, ValueError, "temperature must be from 0.1 to 5.0"),
        ("1", TypeError, "temperature must be one real number, got '1'"),
    ],
)
def test_explorer_refuses_a_temperature_off_its_slider(temperature, error, message):
    with pytest.raises(error, match=message):
        explorer(Z, LABELS, temperature=temperature)
