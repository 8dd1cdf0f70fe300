"""The figures: what they show, what they refuse, and that they come out the same twice."""

import re
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from support.family import LABELS, P, Z, inf, nan

plt = pytest.importorskip("matplotlib.pyplot")

from matplotlib.colors import to_rgb  # noqa: E402

from softmax_lessons.plotting import RC, THEME, bars, curves, use_style  # noqa: E402


@pytest.fixture(autouse=True)
def _style():
    with plt.rc_context():
        use_style()
        yield
        plt.close("all")


def settings():
    """Return matplotlib's settings, without those that seaborn alone could draw with."""
    others = {"backend", "image.cmap", "font.sans-serif"}
    found = {key: value for key, value in plt.rcParams.items() if key not in others}
    colours = found["axes.prop_cycle"].by_key()["color"]
    return found | {"axes.prop_cycle": [to_rgb(colour) for colour in colours]}


def test_the_style_is_the_theme_of_seaborn():
    """But for its map of colours, and for Arial, which not every machine would have."""
    sns = pytest.importorskip("seaborn")
    plt.rcdefaults()
    sns.set_theme(style="ticks", palette="colorblind", rc=RC, color_codes=False)
    theirs = settings()
    plt.rcdefaults()
    use_style()
    assert settings() == theirs


def test_the_style_sets_nothing_that_matplotlib_sets_by_itself():
    style = THEME | RC
    plt.rcdefaults()
    before = {key: plt.rcParams[key] for key in style}
    use_style()
    assert [key for key in style if plt.rcParams[key] == before[key]] == []


def test_the_style_needs_no_seaborn():
    code = (
        "import sys; sys.modules.update(seaborn=None, pandas=None, scipy=None)\n"
        "from softmax_lessons.plotting import bars, use_style\n"
        "use_style(); print(len(bars({'a': [1, 2]}, ['x', 'y']).patches))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("2\n", 0), done.stderr


def texts(ax):
    return [t.get_text() for t in ax.texts]


def legend(ax):
    return ax.get_legend() and [t.get_text() for t in ax.get_legend().get_texts()]


def test_bars_show_heights_values_and_classes():
    ax = bars({"scores": Z}, LABELS)
    assert [bar.get_height() for bar in ax.patches] == Z
    assert texts(ax) == ["0.250", "1.230", "\N{MINUS SIGN}0.800"]
    assert [t.get_text() for t in ax.get_xticklabels()] == LABELS
    assert legend(ax) is None


def test_bars_of_two_vectors_stand_side_by_side():
    ax = bars({"scores": Z, "softmax": P}, LABELS, digits=1)
    assert texts(ax) == ["0.2", "1.2", "\N{MINUS SIGN}0.8", "0.2", "0.7", "0.1"]
    assert legend(ax) == ["scores", "softmax"]
    edges = sorted((bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches)
    assert all(left[1] <= right[0] for left, right in pairwise(edges))
    middles = [
        (ax.patches[i].get_center()[0] + ax.patches[i + 3].get_center()[0]) / 2 for i in (0, 1)
    ]
    assert middles == pytest.approx([0, 1])


def test_bars_differ_in_more_than_colour():
    ax = bars(dict.fromkeys("abcde", Z), LABELS)
    looks = {(bar.get_hatch(), bar.get_facecolor()) for bar in ax.patches}
    assert len({hatch for hatch, _ in looks}) == 5
    # The hues of the palette are those of the classes.
    assert all(red == green == blue for _, (red, green, blue, _) in looks)


def test_bars_label_what_they_cannot_draw():
    ax = bars({"by sum": [-inf, inf, nan]}, LABELS)
    assert texts(ax) == ["\N{MINUS SIGN}inf", "inf", "nan"]
    assert [bar.get_height() for bar in ax.patches] == [0, 0, 0]


def test_bars_show_no_negative_zero():
    assert texts(bars({"z": [-0.0001, 0.0, -0.0]}, LABELS)) == ["0.000"] * 3


def test_curves_are_named_at_their_ends():
    x = np.linspace(0, 1, 5)
    ax = curves(x, {"up": x, "down": 1 - x})
    assert texts(ax) == ["up", "down"]
    assert legend(ax) is None
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), 1 - x)
    np.testing.assert_array_equal(ax.lines[1].get_xdata(), x)


@pytest.mark.parametrize("end", [1.01, nan])
def test_curves_have_a_legend_where_names_would_collide(end):
    ax = curves([0, 1], {"a": [0, 1], "b": [0.5, end]})
    assert texts(ax) == []
    assert legend(ax) == ["a", "b"]


@pytest.mark.parametrize(
    ("ends", "collide"), [((50, 51), True), ((0.002, 0.02), False), ((0, 1e-9), False)]
)
def test_curves_judge_collisions_on_their_own_scale(ends, collide):
    ax = curves([0, 1], {"a": [0, ends[0]], "b": [2 * ends[1], ends[1]]})
    assert bool(legend(ax)) == collide


def test_curves_differ_in_more_than_colour():
    ax = curves([0, 1], {name: [0, i] for i, name in enumerate("abcde")})
    assert len({str(line._dash_pattern) for line in ax.lines}) == 5
    assert len({line.get_color() for line in ax.lines}) == 5


def test_given_axes_are_drawn_to():
    _, (left, right) = plt.subplots(1, 2)
    assert bars({"scores": Z}, LABELS, ax=left) is left
    assert curves([0, 1], {"a": [0, 1]}, ax=right) is right
    assert len(plt.get_fignums()) == 1


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: bars({}, LABELS), "series must hold at least one named vector, got none"),
        (
            lambda: bars({"p": P, "z": [1, 2]}, LABELS),
            "series 'z' has shape (2,), but labels has 3 entries",
        ),
        (lambda: bars({"z": [Z]}, LABELS), "series 'z' has shape (1, 3), but labels has 3 entries"),
        (lambda: curves([0, 1], {}), "series must hold at least one named vector, got none"),
        (lambda: curves([0, 1], {"y": [1]}), "series 'y' has shape (1,), but x has 2 entries"),
        (
            lambda: curves([], {"y": []}),
            "x must be a vector with at least one entry, got shape (0,)",
        ),
        (lambda: curves(1, {"y": [1]}), "x must be a vector with at least one entry, got shape ()"),
    ],
)
def test_lengths_that_do_not_match(draw, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        draw()


def test_a_notebook_gives_the_same_svg_twice(monkeypatch):
    monkeypatch.delenv("MPLBACKEND", raising=False)  # the kernel chooses its own
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    cell = (
        "from softmax_lessons.plotting import bars, curves, use_style\n"
        "import matplotlib.pyplot as plt\n"
        "use_style()\n"
        "bars({'a': [1, -2], 'b': [3, 4]}, ['x', 'y'])\n"
        "plt.show()\n"
        "curves([0, 1], {'a': [0, 1]})\n"
        "plt.show()"
    )

    def pictures():
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
        nbclient.NotebookClient(notebook, kernel_name="python3").execute()
        return [output["data"]["image/svg+xml"] for output in notebook.cells[0].outputs]

    first, second = pictures(), pictures()
    assert len(first) == 2
    assert first == second
