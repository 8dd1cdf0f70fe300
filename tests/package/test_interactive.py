"""Live figures as strings: numbers, errors, escaping, the same bytes on every run."""

import re
import subprocess
import sys
import zlib
from functools import partial
from html import escape, unescape
from importlib.resources import files

import numpy as np
import pytest
from support.docstrings import run_examples
from support.live import ALL, FIGURES, LABELS, MODULES, OF_SCORES, Z, config, example, of_scores

from softmax_lessons import (
    calibration,
    cross_entropy,
    cross_entropy_and_grad,
    entmax,
    entropy,
    interactive,
    kl_divergence,
    logsumexp,
    min_max,
    min_p,
    normalize_by_abs,
    normalize_by_relu,
    normalize_by_square,
    normalize_by_sum,
    sigmoid,
    softmax,
    softmax_jacobian,
    top_k,
    top_p,
)
from softmax_lessons.interactive import (
    choice,
    code_tree,
    double_softmax,
    explorer,
    gradient,
    lookup,
    normalizers,
    number,
    overflow,
    reliability,
    sampler,
    simplex,
    smooth_maximum,
)
from softmax_lessons.interactive import entmax as entmax_view
from softmax_lessons.interactive._live import script
from softmax_lessons.interactive._table import figure, show

every_one = pytest.mark.parametrize("name", ALL)
every_figure = pytest.mark.parametrize("name", FIGURES)
every_figure_of_scores = pytest.mark.parametrize(
    "call", [partial(of_scores, name) for name in OF_SCORES], ids=OF_SCORES
)
every_module = pytest.mark.parametrize("module", MODULES)
OPTIONS = {"40": "Too low.", "65": "A lead of a point is a factor of e.", "90": "Too high."}
CHECKS = {
    "choice": lambda text: choice(text, {"a": text, text: "Right."}, answer=text),
    "number": lambda text: number(text, text, answer=1, tolerance=0, wrong={2: text}, hint=text),
}
every_check = pytest.mark.parametrize("check", CHECKS.values(), ids=list(CHECKS))
HOSTILE = """"><script>alert(1)</script>'&</table></softmax-explorer>"""


def table(live):
    """The rows of the table that stands in the element, as strings."""
    rows = re.findall(r"<tr>(.*?)</tr>", live.html)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]
    return [[unescape(cell) for cell in row] for row in cells]


def numbers(row):
    return [float(cell.replace("−", "-")) for cell in row]


def parts(live):
    """The element and its script."""
    element, code = re.fullmatch(
        r'(.*</softmax-[\w-]+>)\n<script type="module" async>\n(.*)</script>', live.html, re.DOTALL
    ).groups()
    return element, code


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


def test_public_names():
    """New ones come by themselves; none of these goes."""
    assert len(interactive.__all__) == len(set(interactive.__all__))
    assert {
        "Live", "choice", "code_tree", "double_softmax", "explorer", "gradient", "normalizers",
        "number", "entmax", "lookup", "overflow", "reliability", "sampler", "simplex",
        "smooth_maximum",
    } <= set(interactive.__all__)  # fmt: skip


def test_examples_run_for_every_public_name():
    modules = {sys.modules[getattr(interactive, name).__module__] for name in interactive.__all__}
    assert set().union(*map(run_examples, modules)) == set(interactive.__all__)


@every_module
def test_module_is_small_and_readable(module):
    source = files("softmax_lessons.interactive").joinpath(module).read_bytes()
    assert len(source) < 8 * 1024
    lines = source.decode().splitlines()
    assert lines[0].startswith("/* "), "no sentence that says what it is"
    assert max(map(len, lines)) <= 110


@every_module
def test_module_keeps_to_a_strict_content_policy(module):
    source = files("softmax_lessons.interactive").joinpath(module).read_text(encoding="utf-8")
    assert not re.search(r"\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML", source)
    assert not re.search(
        r"document\.write|setAttribute\(\"style|\bon\w+ ?=|https?://(?!www\.w3\.org/2000/svg)",
        source,
    )
    assert "</script" not in source
    assert "<!--" not in source


@every_module
def test_arithmetic_needs_no_page(module):
    imports = re.findall(
        r'^import \{ [\w, ]+ \} from "\./(\w+\.mjs)";$',
        files("softmax_lessons.interactive").joinpath(module).read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    base = {"dom.mjs", "math.mjs"}
    allowed = {"math.mjs": set(), "dom.mjs": set(), "bars.mjs": base}
    base = {*base, "bars.mjs"}
    allowed |= {"figure.mjs": base, "triangle.mjs": base}
    in_triangle = {*base, "figure.mjs", "triangle.mjs"}
    allowed |= {"entmax.mjs": in_triangle, "simplex.mjs": in_triangle}
    assert set(imports) <= allowed.get(module, {*base, "figure.mjs"})


@every_one
def test_same_call_gives_the_same_bytes(name):
    assert example(name) == example(name)
    assert repr(example(name)) == example(name).text
    assert example(name)._repr_html_() == example(name).html


@every_figure_of_scores
def test_arrays_and_lists_give_the_same_bytes(call):
    assert call(np.array(Z), LABELS) == call(list(Z), tuple(LABELS))


@every_one
def test_element_has_no_script_link_handler_or_style(name):
    element, _ = parts(example(name))
    assert not re.search(r"<script|<a\b|href|src=|\bon\w+=|style=|\bid=", element)


@every_one
def test_script_is_whole_and_stands_alone(name):
    _, code = parts(example(name))
    assert not re.search(r"^(import|export)\b", code, re.MULTILINE)
    names = re.findall(r"^(?:const|let|class|function) (\w+)", code, re.MULTILINE)
    assert len(names) == len(set(names)) > 10
    assert code.count('define("softmax-') == 1


def test_script_is_that_of_the_modules():
    code = script("explorer")
    for name in ("math", "dom", "bars", "figure", "explorer"):
        source = files("softmax_lessons.interactive").joinpath(f"{name}.mjs").read_text("utf-8")
        kept = [line for line in source.splitlines() if not re.match("import |export ", line)]
        assert "\n".join(kept[:3]) in code, name
    assert "class Gradient" not in code


@every_figure_of_scores
def test_labels_are_text_never_html(call):
    labels = [HOSTILE, "<b>", "& co."]
    live = call(Z, labels)
    assert live.html.count("<script") == live.html.count("</script>") == 1
    element, _ = parts(live)
    assert HOSTILE not in element
    assert escape(HOSTILE) in element
    assert config(live)["labels"] == labels
    assert HOSTILE in live.text


def test_a_table_shows_text_as_text_in_each_of_its_parts():
    live = figure("explorer", {}, HOSTILE, [HOSTILE, HOSTILE], [[HOSTILE, HOSTILE]])
    element, _ = parts(live)
    assert HOSTILE not in element
    assert element.count(escape(HOSTILE)) == 5


@every_figure
def test_text_and_html_hold_the_same_rows(name):
    live = example(name)
    shown = [" ".join(filter(None, row)) for row in table(live)]
    assert [re.sub(r"\s+", " ", line).strip() for line in live.text.splitlines()[1:]] == shown


@every_figure_of_scores
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
        (3, ["a"], ValueError, r"got shape \(\)"),
        ([1, 2, np.nan], LABELS, ValueError, r"scores must be finite, got \[1.0, 2.0, nan\]"),
        ([1, 2, np.inf], LABELS, ValueError, "scores must be finite"),
        (
            [1, 2, 3j],
            LABELS,
            TypeError,
            r"scores must hold real .*: pass numpy.real\(scores\)",
        ),
        (Z, LABELS[:2], ValueError, "labels must name each of the 3 scores, got 2 labels"),
        (Z, "abc", TypeError, "labels must be a sequence of strings, got 'abc'"),
        (Z, ["a", "b", 3], TypeError, "labels must be a sequence of strings"),
        (Z, ["a", "b", " "], ValueError, "labels must not be empty: they name the sliders"),
    ],
)
def test_wrong_scores_and_labels(call, scores, labels, error, message):
    with pytest.raises(error, match=message):
        call(scores, labels)


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
    assert show(x) == shown


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


def test_sliders_go_as_far_as_the_scores():
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


@pytest.mark.parametrize("figure", [overflow, simplex, lambda z, c: gradient(z, c, target=0)])
def test_figures_of_three_classes_say_so(figure):
    with pytest.raises(ValueError, match="scores must be three numbers in a row, got shape"):
        figure([1, 2, 3, 4], list("abcd"))


def test_normalizers_show_what_the_package_calculates():
    head, *rows = table(normalizers({"z1": Z, "zeros": [0, 0, 0]}, LABELS))
    assert head == ["candidate", *LABELS, "sum", "breaks"]
    functions = [
        normalize_by_sum,
        normalize_by_abs,
        normalize_by_square,
        normalize_by_relu,
        min_max,
        softmax,
    ]
    for row, function in zip(rows, functions, strict=True):
        p = function(Z)
        np.testing.assert_allclose(numbers(row[1:-1]), [*p, p.sum()], atol=5e-4)


@pytest.mark.parametrize(
    ("scores", "broken"),
    [
        (Z, ["R1 R5", "R4 R5", "R4 R5", "R5 R6", "R2 R6", "nothing"]),
        ([-0.25, 1, -0.75], ["R3", "R4 R5", "R4 R5", "R4 R5 R6", "R2 R6", "nothing"]),
        ([0.1, 0.9, 0.2], ["R5", "R5", "R5", "R5", "R2 R6", "nothing"]),
        ([0, 0.9, 0.1], ["R5 R6", "R5 R6", "R5 R6", "R5 R6", "R2 R6", "nothing"]),
        ([0, 0, 0], ["R3", "R3", "R3", "R3", "R3", "nothing"]),
        ([-2.75, -1.77, -3.8], ["R4 R5", "R4 R5", "R4 R5", "R3", "R2 R6", "nothing"]),
    ],
)
def test_normalizers_name_what_breaks(scores, broken):
    rows = table(normalizers({"z": scores}, LABELS))[1:]
    assert [row[-1] for row in rows] == broken


@pytest.mark.parametrize(
    ("vectors", "error", "message"),
    [
        ([Z], TypeError, "vectors must be a mapping from name to scores, got"),
        ({}, ValueError, "vectors must hold at least one vector of scores, got none"),
        ({"z": Z, "pair": [1, 2]}, ValueError, "scores must be three numbers in a row"),
    ],
)
def test_normalizers_refuse_what_is_no_vector(vectors, error, message):
    with pytest.raises(error, match=message):
        normalizers(vectors, LABELS)


def test_overflow_shows_where_the_naive_form_breaks():
    head, *rows = table(overflow(Z, LABELS, lift=88))
    assert head[1:] == ["float32 naive", "float32 shifted", "float64 naive", "float64 shifted"]
    shown = {row[0]: row[1:] for row in rows}
    assert shown["panda, 88"] == ["nan", "0.664", "0.664", "0.664"]
    assert shown["seal, 88"] == ["0.000", "0.249", "0.249", "0.249"]  # 1 / inf
    assert shown["panda, 1000"] == ["nan", "0.664", "nan", "0.664"]
    assert len(shown) == 9


def test_overflow_below_the_smallest_number():
    shown = {row[0]: row[1:] for row in table(overflow(Z, LABELS, lift=-1000))}
    assert shown["panda, -1000"] == ["nan", "0.664", "nan", "0.664"]


@pytest.mark.parametrize(
    ("lift", "error", "message"),
    [
        (1001, ValueError, "lift must be from -1000 to 1000, got 1001"),
        (np.nan, ValueError, "lift must be finite, got nan"),
        ("1", TypeError, "lift must be one real number, got '1'"),
    ],
)
def test_overflow_refuses_a_lift_off_its_slider(lift, error, message):
    with pytest.raises(error, match=message):
        overflow(Z, LABELS, lift=lift)


def test_simplex_shows_what_the_package_calculates():
    rows = table(simplex(Z, LABELS, temperature=3))[1:]
    assert [row[0] for row in rows] == ["3.00", "0.25", "0.50", "1.00", "2.00", "4.00"]
    for t, *p in rows:
        np.testing.assert_allclose(numbers(p), softmax(Z, temperature=float(t)), atol=5e-4)


def test_entmax_shows_what_the_package_calculates():
    rows = table(entmax_view(Z, LABELS, alpha=2.5))[1:]
    assert [row[0] for row in rows] == ["2.50", "1.00", "1.25", "1.50", "2.00", "3.00"]
    for alpha, *p in rows:
        np.testing.assert_allclose(numbers(p), entmax(Z, alpha=float(alpha)), atol=5e-4)


@pytest.mark.parametrize(
    ("alpha", "error", "message"),
    [
        (0.5, ValueError, "alpha must be 1 or above"),
        (3.01, ValueError, "alpha must be from 1 to 3, as far as its slider goes, got 3.01"),
        ("2", TypeError, "alpha must be one real number"),
    ],
)
def test_entmax_refuses_an_alpha_off_its_slider(alpha, error, message):
    with pytest.raises(error, match=message):
        entmax_view(Z, LABELS, alpha=alpha)


def test_smooth_maximum_shows_what_the_package_calculates():
    head, *rows = table(smooth_maximum(Z, LABELS, moved=2, temperature=0.4))
    assert head[0] == "score of duck"
    assert head[-1] == "softmax of duck"
    assert [row[0] for row in rows] == ["−0.80", "−0.77", "0.23", "1.23", "2.23", "3.23"]
    slopes_of_max = []
    for score, top, slope_of_max, value, slope, p in rows:
        z = [0.25, 1.23, *numbers([score])]
        ours = [max(z), 0.4 * logsumexp(np.array(z) / 0.4), softmax(z, temperature=0.4)[2]]
        np.testing.assert_allclose(numbers([top, value, p]), ours, atol=5e-4)
        assert slope == p, "the slope by a nudge is not softmax"
        slopes_of_max.append(slope_of_max)
    assert slopes_of_max == ["0", "0", "0", "0 or 1", "1", "1"]


def test_the_slider_of_the_smooth_maximum_reaches_to_both_sides_of_the_corner():
    assert config(smooth_maximum(Z, LABELS))["reach"] == 4
    assert config(smooth_maximum([-9, 1.23, 0], LABELS))["reach"] == 11


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"moved": 3}, IndexError, "moved must be 0 or above and below 3, got 3"),
        ({"moved": -1}, IndexError, "moved must be 0 or above and below 3, got -1"),
        ({"moved": 0.5}, TypeError, "moved must be an integer, got 0.5"),
        ({"temperature": 2.1}, ValueError, "temperature must be from 0.1 to 2, as far as its sl"),
        ({"temperature": 0.05}, ValueError, "temperature must be from 0.1 to"),
        ({"temperature": "1"}, TypeError, "temperature must be one real number, got '1'"),
    ],
)
def test_smooth_maximum_refuses_what_is_off_its_sliders(settings, error, message):
    with pytest.raises(error, match=message):
        smooth_maximum(Z, LABELS, **settings)


def test_gradient_shows_what_the_package_calculates():
    live = gradient(Z, LABELS, target=2)
    values = np.array([numbers(row[1:]) for row in table(live)[1:]])
    p, y = softmax(Z), np.array([0, 0, 1])
    np.testing.assert_allclose(values[:, :3], np.stack([p, y, p - y], axis=-1), atol=5e-4)
    np.testing.assert_allclose(values[:, 3:], softmax_jacobian(Z), atol=5e-4)
    assert f"the loss is {cross_entropy(Z, 2):.3f}" in live.text


def test_double_softmax_shows_slopes_that_nudges_confirm():
    z, target, h = np.array([0.5, -1.25, 2.0, 0.0]), 3, 1e-6
    *rows, size, loss = table(double_softmax(z, list("abcd"), target=target))[1:]
    losses = {
        2: lambda z: cross_entropy(z, target),
        3: lambda z: cross_entropy(softmax(z), target),
    }
    np.testing.assert_allclose([numbers(row[1:2])[0] for row in rows], softmax(z), atol=5e-4)
    for column, f in losses.items():
        slopes = [(f(z + n) - f(z - n)) / (2 * h) for n in h * np.eye(4)]
        shown = [numbers(row[column : column + 1])[0] for row in rows]
        np.testing.assert_allclose(shown, slopes, atol=6e-4)
        assert numbers(size[column : column + 1])[0] == pytest.approx(
            np.linalg.norm(slopes), abs=6e-4
        )
        assert numbers(loss[column : column + 1])[0] == pytest.approx(f(z), abs=6e-4)
    np.testing.assert_allclose(
        [numbers(row[2:3])[0] for row in rows], cross_entropy_and_grad(z, target)[1], atol=6e-4
    )


@pytest.mark.parametrize("figure", [gradient, double_softmax])
@pytest.mark.parametrize(
    ("target", "error", "message"),
    [
        (3, IndexError, "target must be 0 or above and below 3"),
        (-1, IndexError, "target must be 0 or above"),
        (1.0, TypeError, r"target must be the index of a class, got 1.0"),
        ("panda", TypeError, "target must be the index of a class, got 'panda'"),
    ],
)
def test_a_target_that_is_no_class(figure, target, error, message):
    with pytest.raises(error, match=message):
        figure(Z, LABELS, target=target)


def test_reliability_shows_what_the_package_calculates():
    rng = np.random.default_rng(5)
    z = np.round(rng.normal(scale=3, size=(60, 4)), 2)
    y = rng.integers(4, size=60)
    live = reliability(z, y, temperature=1.5, bins=7)
    head, *rows = table(live)
    assert head == ["temperature", "accuracy", "confidence", "ECE", "NLL", "Brier score"]
    assert [row[0] for row in rows] == ["1.50", "0.25", "0.50", "1.00", "2.00", "4.00"]
    for t, *values in rows:
        p = softmax(z, temperature=float(t))
        expected = [
            np.mean(p.argmax(axis=-1) == y),
            p.max(axis=-1).mean(),
            calibration.expected_calibration_error(p, y, bins=7),
            cross_entropy(z / float(t), y),
            calibration.brier_score(p, y),
        ]
        np.testing.assert_allclose(numbers(values), expected, atol=5e-4)
    assert "60 examples in 7 bins" in live.text


def test_reliability_writes_rows_in_hundredths_behind_the_highest():
    live = reliability([[3.004, 1.0, -0.5], [0.0, 12.3456, 12.3]], [2, 1], bins=3)
    settings = config(live)
    assert settings == {"rows": "2 0 200 350;1 1235 0 5", "temperature": 1.0, "bins": 3}
    assert (
        live.html
        == reliability(np.array([[103.004, 101, 99.5], [0, 12.3456, 12.3]]), [2, 1], bins=3).html
    )


@pytest.mark.parametrize(
    ("logits", "labels", "settings", "error", "message"),
    [
        (
            [1, 2],
            0,
            {},
            ValueError,
            r"logits must be a table of at most 1000 rows, .* shape \(2,\)",
        ),
        (np.zeros((1001, 2)), [0] * 1001, {}, ValueError, r"at most 1000 rows, .* \(1001, 2\)"),
        (
            [[1, np.inf]],
            [0],
            {},
            ValueError,
            "logits must be finite and within 1000 of the highest",
        ),
        ([[1, np.nan]], [0], {}, ValueError, "of their row, got one nan behind"),
        ([[0, 1001]], [0], {}, ValueError, "of their row, got one 1001 behind"),
        ([[0, 1]], [2], {}, IndexError, "labels must be 0 or above and below 2, the number of cl"),
        ([[0, 1]], [0, 1], {}, ValueError, r"labels must have the shape of logits without axis, "),
        ([[0, 1]], [0], {"bins": 51}, ValueError, "bins must be from 1 to 50, as far as its slid"),
        ([[0, 1]], [0], {"bins": 0}, ValueError, "bins must be 1 or more, got 0"),
        ([[0, 1]], [0], {"temperature": 9}, ValueError, "temperature must be from 0.1 to 5.0, as"),
        ([["a"]], [0], {}, TypeError, "logits must hold real numbers"),
    ],
)
def test_reliability_refuses_what_it_cannot_show(logits, labels, settings, error, message):
    with pytest.raises(error, match=message):
        reliability(logits, labels, **settings)


def test_sampler_shows_what_the_package_calculates():
    words = [f"word {i}" for i in range(40)]
    counts = np.random.default_rng(8).permutation(np.arange(1, 41) ** 2)
    live = sampler(words, counts, temperature=2, top_k=9, top_p=0.9, min_p=0.86)
    head, *rows = table(live)
    assert head == ["word", "before", "after"]
    logits = np.log(counts) / 2
    by_k = top_k(logits, 9)
    by_p = top_p(by_k, 0.9)
    stages = np.isfinite([by_k, by_p, min_p(by_p, 0.86)])
    before, after = softmax(logits), softmax(min_p(by_p, 0.86))
    order = np.argsort(-counts)
    for (name, *shown), i in zip(rows[:10], order[:10], strict=True):
        assert name == words[i]
        assert numbers(shown[:1])[0] == pytest.approx(before[i], abs=6e-4)
        dropped = [by for by, stage in zip(DROPPED, stages, strict=True) if not stage[i]]
        if dropped:
            assert shown[1] == dropped[0]
        else:
            assert numbers(shown[1:])[0] == pytest.approx(after[i], abs=6e-4)
    assert {shown[1] for _, *shown in rows} > set(DROPPED), "not each filter drops a word"
    name, *shown = rows[10]
    assert [name, shown[1]] == ["30 others", "✗ top-k"]
    assert numbers(shown[:1])[0] == pytest.approx(before[order[10:]].sum(), abs=6e-4)
    n = stages[-1].sum()
    mass = before[order[:n]].sum()
    assert f"{n} of 40 left, which had {mass:.3f} of the probability" in live.text


DROPPED = ["✗ top-k", "✗ top-p", "✗ min-p"]


def test_sampler_sorts_words_and_the_first_of_equal_ones_leads():
    live = sampler(["a", "b", "c", "d"], [0.2, 0.4, 0.2, 0.2], top_k=2)
    assert [row[0] for row in table(live)[1:]] == ["b", "a", "c", "d"]
    assert [row[2] for row in table(live)[3:]] == ["✗ top-k"] * 2
    assert config(live)["contexts"] == [
        {"word": "", "words": ["b", "a", "c", "d"], "behind": "0 693 0 0"}
    ]


def test_sampler_writes_ten_words_and_small_numbers_for_thousands():
    counts = np.ceil(1e9 / np.arange(1, 9001))
    live = sampler({"the": ([f"w{i}" for i in range(9000)], counts), "a": (["b", "c"], [1, 1])})
    the, a = config(live)["contexts"]
    assert the["words"] == [f"w{i}" for i in range(10)]
    assert a == {"word": "a", "words": ["b", "c"], "behind": "0 0"}
    behind = np.cumsum([int(step) for step in the["behind"].split(" ")])
    np.testing.assert_allclose(behind / 1000, np.log(counts[0] / counts), atol=5e-4)
    assert len(zlib.compress(the["behind"].encode())) < 3000


def test_the_slider_of_top_k_stops_at_the_number_that_it_starts_from():
    settings = config(sampler(list("abcdefghijklmnop"), range(1, 17), top_k=13))
    assert settings["numbers"] == [*range(1, 11), 12, 13, 15]
    assert settings["numbers"][settings["top_k"]] == 13
    ten = config(sampler(list("abcdefghij"), range(1, 11), top_k=10))
    assert ten["numbers"] == [*range(1, 10)], "10 and all would be the same"
    for keeps_all in (None, 16, 1000):
        settings = config(sampler(list("abcdefghijklmnop"), range(1, 17), top_k=keeps_all))
        assert settings["numbers"] == [*range(1, 11), 12, 15]
        assert settings["top_k"] == 12


@pytest.mark.parametrize(
    ("words", "counts", "settings", "error", "message"),
    [
        (["a", "b"], None, {}, TypeError, "counts must be given with words, one for each of them"),
        (["a", "b"], [1], {}, ValueError, r"one for each word, got shape \(1,\) for 2 words"),
        (["a", "b"], [[1, 2]], {}, ValueError, r"counts must be from 2 to 10000 numbers in a row"),
        (["a"], [1], {}, ValueError, "counts must be from 2 to 10000 numbers in a row"),
        (["a", "b"], [1, 0], {}, ValueError, "positive and finite, got 0: leave out the words"),
        (["a", "b"], [1, np.inf], {}, ValueError, "counts must be positive and finite, got inf"),
        (["a", "b"], ["c", "d"], {}, TypeError, "counts must hold real numbers"),
        ("ab", [1, 2], {}, TypeError, "words must be a sequence of strings, got 'ab'"),
        (["a", 2], [1, 2], {}, TypeError, r"words must be a sequence of strings, got \['a', 2\]"),
        ({}, None, {}, ValueError, "words must map each word to a pair of words and counts"),
        ({"a": ["b"]}, None, {}, ValueError, "words must map each word to a pair of words and"),
        ({"a": (["b", "c"], [1, 2])}, [1, 2], {}, ValueError, "with no other counts, got"),
        ({1: (["b", "c"], [1, 2])}, None, {}, TypeError, r"words must be a sequence of strings"),
        (["a", "b"], [1, 2], {"temperature": 6}, ValueError, "temperature must be from 0.1 to 5"),
        (["a", "b"], [1, 2], {"top_k": 0}, ValueError, "top_k must be 1 or more, got 0"),
        (["a", "b"], [1, 2], {"top_p": 0}, ValueError, "top_p must be above 0 and at most 1"),
        (["a", "b"], [1, 2], {"min_p": 1.5}, ValueError, "min_p must be from 0 to 1, got 1.5"),
    ],
)
def test_sampler_refuses_what_it_cannot_show(words, counts, settings, error, message):
    with pytest.raises(error, match=message):
        sampler(words, counts, **settings)


@pytest.mark.parametrize("scaled", [True, False])
def test_lookup_shows_what_the_package_calculates(scaled):
    keys, query = np.array([[1.0, 0.2], [0.3, 1.0], [-1.0, -0.5], [0.0, 0.0]]), [1.5, -0.5]
    values = np.arange(8).reshape(4, 2)
    scores = keys @ query / (np.sqrt(2) if scaled else 1)
    weights = softmax(scores)
    head, *rows, mean = table(lookup(keys, query, values, scaled=scaled))
    assert head == ["key", "coordinates", "q · k / √2" if scaled else "q · k", "weight", "value"]
    assert [row[0] for row in rows] == ["key 1", "key 2", "key 3", "key 4"]
    assert rows[0][1] == "(1.00, 0.20)"
    assert rows[3][4] == "(6.00, 7.00)"
    np.testing.assert_allclose(
        [numbers(row[2:4]) for row in rows], np.c_[scores, weights], atol=6e-4
    )
    output = weights @ values
    assert mean == ["mean", "", "", "1.000", f"({output[0]:.2f}, {output[1]:.2f})"]
    one_number = table(lookup(keys, query, [1, 2, 3, 4], scaled=scaled))
    assert one_number[-1][-1] == show(weights @ [1, 2, 3, 4], 2)


def test_the_plane_of_the_lookup_leaves_space_to_move():
    def far(keys):
        return config(lookup(keys, [0, 0], [1, 2, 3]))["limit"]

    assert far([[0, 0]] * 3) == 2  # 3 to both sides
    assert far([[0, 0], [0, 0], [-2, 0]]) == 3
    assert far([[0, 0], [0, 0], [0, 2]]) == 3
    assert far([[0, 0], [0, 0], [30, 7]]) == 21


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"keys": [[1, 2], [3, 4]]}, ValueError, r"three to six points of the .* \(2, 2\)"),
        ({"keys": np.zeros((7, 2))}, ValueError, r"three to six points of the .* \(7, 2\)"),
        ({"keys": np.zeros((3, 3))}, ValueError, r"three to six points of the .* \(3, 3\)"),
        ({"keys": [1, 2, 3]}, ValueError, r"three to six points of the plane, got shape \(3,\)"),
        ({"keys": [[1, np.nan]] * 3}, ValueError, "keys must be finite, got"),
        ({"query": [1, 2, 3]}, ValueError, r"query must be a point of the plane, two .* \(3,\)"),
        ({"query": ["a", "b"]}, TypeError, "query must hold real numbers"),
        ({"values": [1, 2]}, ValueError, r"values must be 3 numbers, or 3 rows of .* \(2,\)"),
        ({"values": 1}, ValueError, r"values must be 3 numbers, or 3 rows of .* \(\)"),
        ({"values": np.zeros((3, 4))}, ValueError, r"of up to three, one a key, .* \(3, 4\)"),
        ({"values": [1, 2, np.inf]}, ValueError, "values must be finite"),
        ({"labels": ["a", "b"]}, ValueError, "labels must name each of the 3 keys, got 2 labels"),
        ({"labels": "abc"}, TypeError, "labels must be a sequence of strings, got 'abc'"),
        ({"labels": ["a", "b", ""]}, ValueError, "labels must not be empty"),
    ],
)
def test_lookup_refuses_what_it_cannot_show(changed, error, message):
    arguments = {"keys": [[1, 0], [0, 1], [-1, 0]], "query": [1, 1], "values": [1, 2, 3]}
    with pytest.raises(error, match=message):
        lookup(**{**arguments, **changed})


@pytest.mark.parametrize("truth", [[0.2, 0.7, 0.1], [2, 7, 1], [0, 3, 1], [0, 0, 5]])
def test_code_tree_shows_what_the_package_calculates(truth):
    head, *rows, total, least, excess = table(code_tree([3, 12, 1], LABELS, truth=truth))
    assert head == ["class", "really", "code made for", "bits", "really × bits"]
    y, p = np.array(truth) / np.sum(truth), np.array([3, 12, 1]) / 16
    ours = np.stack([y, p, -np.log2(p), -y * np.log2(p)], axis=-1)
    np.testing.assert_allclose([numbers(row[1:]) for row in rows], ours, atol=5e-4)
    parts = [entropy(y) / np.log(2), kl_divergence(y, p) / np.log(2)]
    shown = [numbers(row[-1:])[0] for row in (total, least, excess)]
    np.testing.assert_allclose(shown, [sum(parts), *parts], atol=6e-4)


def test_a_code_made_for_what_comes_has_no_bit_too_many():
    live = code_tree([2, 7, 1], LABELS, truth=[0.2, 0.7, 0.1])
    assert "1.157 bits on average = 1.157 entropy + 0.000 too many" in live.text
    assert config(live) == {
        "labels": LABELS, "counts": [2, 7, 1], "truth": [0.2, 0.7, 0.1], "most": 12
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"counts": [0, 1, 2]}, ValueError, r"integers from 1 to 12, .* got \[0.0, 1.0, 2.0\]"),
        ({"counts": [13, 1, 2]}, ValueError, "counts must be integers from 1 to 12, as far as"),
        ({"counts": [0.5, 1, 2]}, ValueError, "counts must be integers from 1 to 12"),
        ({"counts": [1, 1]}, ValueError, r"counts must be three numbers .* got shape \(2,\)"),
        ({"counts": "abc"}, TypeError, "counts must hold real numbers"),
        ({"truth": [1, 1, 1, 1]}, ValueError, r"truth must be three numbers in a row.*\(4,\)"),
        ({"truth": [1, -1, 1]}, ValueError, "truth must be 0 or above, and not all 0, got"),
        ({"truth": [0, 0, 0]}, ValueError, "truth must be 0 or above, and not all 0, got"),
        ({"truth": [1, np.inf, 1]}, ValueError, "truth must be finite"),
        ({"labels": LABELS[:2]}, ValueError, "labels must name each of the 3 counts, got 2"),
    ],
)
def test_code_tree_refuses_what_it_cannot_show(changed, error, message):
    arguments = {"counts": [1, 1, 2], "labels": LABELS, "truth": [2, 1, 1]}
    with pytest.raises(error, match=message):
        code_tree(**{**arguments, **changed})


@pytest.mark.parametrize("name", ["lookup", "sampler", "code_tree"])
def test_words_and_keys_are_text_never_html(name):
    live = example(name, HOSTILE)
    element, _ = parts(live)
    assert live.html.count("<script") == 1
    assert HOSTILE not in element
    assert escape(HOSTILE) in element
    assert HOSTILE in live.text


# --- quick checks -----------------------------------------------------------------------------


@every_check
def test_what_a_check_says_is_text_never_html(check):
    live = check(HOSTILE)
    element, _ = parts(live)
    assert live.html.count("<script") == 1
    assert HOSTILE not in element
    assert f"<p>{escape(HOSTILE)}</p>" in element
    assert config(live)["question"] == HOSTILE


def test_answer_can_be_unfolded_and_is_not_printed():
    live = choice("Which?", OPTIONS, answer="65")
    folded = re.search(
        r"<details>\n<summary>Show the answer</summary>(.*)</details>", live.html, re.S
    )
    assert "<strong>65</strong>: A lead of a point" in folded[1]
    assert "<dt>40</dt><dd>Too low.</dd>" in folded[1]
    assert live.text == "Which?\n- 40\n- 65\n- 90"
    assert config(live)["answer"] == 1


@pytest.mark.parametrize(
    ("keys", "answer"),
    [([1, 2], np.int64(2)), (["a", "b"], np.str_("b")), ([(1, 2), (2, 1)], (2, 1))],
)
def test_answer_may_be_any_value_that_code_calculates(keys, answer):
    live = choice("Which?", dict.fromkeys(keys, "So."), answer=answer)
    assert config(live)["answer"] == 1
    assert [label for label, _ in config(live)["options"]] == [str(key) for key in keys]


@pytest.mark.parametrize(
    ("options", "answer", "error", "message"),
    [
        (
            OPTIONS,
            "66",
            ValueError,
            r"answer must be one of the options \['40', '65', '90'\], got '66'",
        ),
        (OPTIONS, 65, ValueError, "answer must be one of the options"),
        ({"a": "So."}, "a", ValueError, r"options must be two or more, .* got \['a'\]"),
        ({1: "a", "1": "b"}, 1, ValueError, r"all written differently, got \['1', '1'\]"),
        ({"a": "So.", "b": " "}, "a", ValueError, "option 'b' has no feedback: say why"),
        (["a", "b"], "a", TypeError, "options must be a mapping from answer to feedback, got"),
        ({"a": 1, "b": 2}, "a", TypeError, "options must be a mapping from answer to feedback"),
    ],
)
def test_choice_refuses_a_question_that_does_not_fit(options, answer, error, message):
    with pytest.raises(error, match=message):
        choice("Which?", options, answer=answer)


def test_number_keeps_ten_digits_of_its_answers():
    live = number("How much?", "So.", answer=1 / 3, tolerance=0.01, wrong={2 / 3: "Twice that."})
    assert config(live)["answer"] == 0.3333333333
    assert config(live)["wrong"] == [[0.6666666667, "Twice that."]]
    assert "<strong>0.3333</strong>: So." in live.html
    assert "<dt>0.6667</dt><dd>Twice that.</dd>" in live.html
    assert live.text == "How much?"


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"answer": "1"}, TypeError, "answer must be one real number, got '1'"),
        ({"answer": np.nan}, ValueError, "answer must be finite, got nan"),
        ({"tolerance": -1}, ValueError, "tolerance must be 0 or above, got -1"),
        ({"tolerance": None}, TypeError, "tolerance must be one real number, got None"),
        ({"wrong": {"2": "No."}}, TypeError, "a wrong answer must be one real number, got '2'"),
        ({"wrong": [2]}, TypeError, r"wrong must be a mapping from number to feedback, got \[2\]"),
        (
            {"wrong": {1.2: "No."}},
            ValueError,
            "1.2 and 1 cannot be told apart with a tolerance of 0.1",
        ),
        ({"wrong": {2: "No.", 2.1: "No."}}, ValueError, "2.1 and 2 cannot be told apart"),
        ({"wrong": {2: " "}}, ValueError, "feedback must not be empty"),
        ({"feedback": ""}, ValueError, "feedback must not be empty"),
        ({"question": " "}, ValueError, "question must not be empty"),
    ],
)
def test_number_refuses_a_question_that_does_not_fit(changed, error, message):
    arguments = {"question": "How much?", "feedback": "So.", "answer": 1, "tolerance": 0.1}
    with pytest.raises(error, match=message):
        number(**{**arguments, **changed})
