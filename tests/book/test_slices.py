"""Which cells a cell needs, and which of these must run again."""

import kernel
import pytest

from softmax_lessons import _slices as slices


def needed(*codes):
    """Return what the last cell needs."""
    return slices.needed(slices.read_all(codes), len(codes) - 1)


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["x = 1", "y = 2", "x"], [0]),
        (["x = 1", "x = 2", "x"], [1]),  # the last to bind it
        (["x = 1", "y = x", "y"], [0, 1]),
        (["import numpy as np", "np.pi"], [0]),
        (["from numpy import pi as p", "p"], [0]),
        (["def f():\n    return x", "x = 1", "f(x)"], [0, 1]),
        (["x = 1", "def f():\n    return x", "f()"], [0, 1]),
        (["x = 1", "def f(x):\n    return x", "f(2)"], [1]),  # a parameter of the same name
        (["x = 1", "[x for x in range(3)]"], []),
        (["x = 1", "f'{x:.2f}'"], [0]),
        (["x = 1", "x = 2\nprint(x)"], []),  # bound before it is read
        (["x = 1", "print(x)\nx = 2"], [0]),
        (["x = 1", "for x in range(3):\n    print(x)"], []),
        (["x = 1", "for i in x:\n    y = i\n    print(y)"], [0]),
        (["x = 1", "with open('f') as x:\n    print(x)"], []),
        (["f = 1", "try:\n    f\nexcept ValueError as error:\n    print(error)"], [0]),
        (["x = 1", "if x:\n    pass"], [0]),
        (["x = 1", "while x:\n    break"], [0]),
        (["x = [1]", "x.append(2)", "x"], [0, 1]),  # changed
        (["x = [1]", "x[0] = 2", "x"], [0, 1]),
        (["x = {}", "x['a'].b = 2", "x"], [0, 1]),
        (["x = 1", "x += 1", "x"], [0, 1]),
        (["x = [1]", "x.copy()", "x"], [0]),  # not changed
        (["x = 1", "del x[0]", "x"], [0, 1]),
        (["x = 1", "np.add.at(x, 0, 1)", "x"], [0, 1]),
        (["x = 1", "r = 2", "r.shuffle(x)", "x"], [0, 1, 2]),
        (["x = 1", "np.exp(2, out=x)", "x"], [0, 1]),
        (["x = 1", "np.exp(x)", "x"], [0]),
        (["import numpy as np", "np.sort([2, 1])", "np.pi"], [0]),
        (["self = 1", "class A:\n    def f(self):\n        self.x = 2", "self"], [0]),
        (["r = np.random.default_rng(0)", "a = r.normal()", "b = r.normal()", "b"], [0, 1, 2]),
        (["r = np.random.default_rng(0)", "a = f(r)", "r.normal()"], [0, 1]),
        (["import numpy as np", "np.set_printoptions(precision=3)", "np.pi"], [0, 1]),
        (["plotting.use_style()", "plt.plot()"], [0]),
        (["@cache\ndef f():\n    pass", "f()"], [0]),
        (["cache = 1", "@cache\ndef f():\n    pass", "f()"], [0, 1]),
        (["x = 1", "lambda: x"], [0]),
        (["x = 1", "class A:\n    y = x", "A"], [0, 1]),
        (["x = 1", "this is no Python", "x"], [0]),
        (["a = b = 1", "(y := b)", "y"], [0, 1]),
        (["x = 1", "def f():\n    '''\nsome text\n    '''\n    return x", "f"], [0, 1]),
    ],
)
def test_a_cell_needs_those_that_write_what_it_reads(codes, expected):
    assert needed(*codes) == expected


@pytest.mark.parametrize(
    "code",
    [
        "x = (",
        "def f(a, a): pass",
        "def f():\n    nonlocal q",
        "await x",
        "-" * 5000 + "1",
        "x = 1\0",
    ],
)
def test_what_is_no_python_is_called_broken(code):
    assert slices.read(code) == slices.Cell(broken=True)


def test_a_text_of_several_lines_may_stand_inside_a_branch():
    cell = slices.read("if True:\n    s = '''a\nb'''\n    t = s")
    assert cell.binds == {"s", "t"}
    assert not cell.reads


def test_imports_are_found_inside_functions_too():
    code = "def f():\n    from scipy.special import expit as e\n    import torch.nn\n    return e"
    assert slices.read(code).imports == {"scipy.special", "scipy.special.expit", "torch.nn"}


def test_a_table_of_data_counts_as_an_import():
    assert "names" in slices.read('distribution("names").locate_file("names/x")').imports


class Page:
    """The page's side: what it has heard from the kernel."""

    def __init__(self):
        self.heard = []
        self.kernel = kernel.Kernel(lambda kind, *values: self.heard.append((kind, *values)))

    def press(self, codes, number):
        """Run a cell; return which cells ran, and what was printed."""
        self.heard.clear()
        self.kernel.run(codes, number)
        ran = [values[0] for kind, *values in self.heard if kind == "start"]
        return ran, "".join(values[0] for kind, *values in self.heard if kind == "text")


@pytest.fixture
def page():
    return Page()


def test_what_is_there_does_not_run_again(page):
    codes = ["x = 1", "y = x + 1", "print(y)", "print(x)"]
    assert page.press(codes, 2) == ([0, 1, 2], "2\n")
    assert page.press(codes, 2) == ([2], "2\n")
    assert page.press(codes, 3) == ([3], "1\n")


def test_what_another_cell_has_bound_since_is_bound_again(page):
    codes = ["x = 1", "print(x)", "x = 2\nprint(x)"]
    assert page.press(codes, 1) == ([0, 1], "1\n")
    assert page.press(codes, 2) == ([2], "2\n")
    assert page.press(codes, 1) == ([0, 1], "1\n")


def test_a_cell_that_changes_its_input_starts_from_the_same_each_time(page):
    codes = ["x = [1]", "x.append(2)\nprint(x)"]
    assert page.press(codes, 1) == ([0, 1], "[1, 2]\n")
    assert page.press(codes, 1) == ([0, 1], "[1, 2]\n")


def test_draws_are_the_same_each_time(page):
    codes = ["import random\nr = random.Random(0)", "print(r.random())", "print(r.random())"]
    ran, printed = page.press(codes, 2)
    assert ran == [0, 1, 2]
    assert page.press(codes, 2) == (ran, printed)


def test_a_changed_cell_runs_again_with_what_depends_on_it(page):
    page.press(["x = 1", "y = x + 1", "print(y)"], 2)
    assert page.press(["x = 5", "y = x + 1", "print(y)"], 2) == ([0, 1, 2], "6\n")


def test_a_name_with_two_values_on_the_way_has_the_right_one(page):
    codes = ["x = 1", "y = [x]", "x = 2", "z = [x]", "print(y, z)", "y.append(3)\nprint(y)"]
    assert page.press(codes, 4)[1] == "[1] [2]\n"
    assert page.press(codes, 5)[1] == "[1, 3]\n"
    assert page.press(codes, 4)[1] == "[1] [2]\n"


def test_an_earlier_cell_that_is_no_python_is_told_first(page):
    codes = ["x = 1", "x", "print(x)"]
    assert page.press(codes, 2) == ([0, 2], "1\n")
    assert page.press(["x = (", "x", "print(x)"], 2) == ([0], "")
    assert page.heard[-1][0] == "error"
    assert page.press(["x = 2", "x", "print(x)"], 2) == ([0, 2], "2\n")


def test_after_an_error_the_cell_runs_again(page):
    codes = ["x = 1\nraise ValueError('no')", "print(x)"]
    assert page.press(codes, 1) == ([0], "")
    assert ("error", "ValueError: no\nin line 2: raise ValueError('no')") in page.heard
    assert page.press(["x = 1", "print(x)"], 1) == ([0, 1], "1\n")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero\nin line 1: 1 / 0"),
        ("x = 1\nx +", "SyntaxError: invalid syntax\nin line 2: x +"),
        (
            "def f():\n    return g\n\n\nf()",
            "NameError: name 'g' is not defined\nin line 2: return g",
        ),
        ("import json\njson.loads('{')", None),
        ("raise SystemExit(3)", "SystemExit: 3\nin line 1: raise SystemExit(3)"),
        ("import flax", None),
        (
            "%pip install x",
            "SyntaxError: invalid syntax. Lines that begin with % or ! are for Jupyter, not for "
            "Python\nin line 1: %pip install x",
        ),
    ],
)
def test_an_error_is_told_in_the_readers_lines(page, code, expected):
    page.press([code], 0)
    (said,) = [values[0] for kind, *values in page.heard if kind == "error"]
    if expected:
        assert said == expected
    elif "json" in code:
        assert said.startswith("json.decoder.JSONDecodeError: Expecting property name")
        assert said.endswith("in line 2: json.loads('{')")
    else:
        assert "the page has no flax. It has Python's own library, numpy, matplotlib," in said


def test_what_is_printed_has_an_end(page):
    printed = page.press(["for i in range(10**5):\n    print('a line')"], 0)[1]
    assert len(printed) < kernel.LIMIT + 100
    assert printed.endswith("[These are the first 100,000 characters.]\n")


def test_the_last_expression_is_shown_and_none_is_not(page):
    assert page.press(["1 + 1"], 0)[1] == "2\n"
    assert page.press(["print('a')"], 0)[1] == "a\n"
    assert page.press(["x = 'text'\nx"], 0)[1] == "'text'\n"


def test_html_comes_after_what_was_printed_before_it(page):
    code = "class A:\n    def _repr_html_(self):\n        return '<b>a</b>'\n\n\nprint('a')\nA()"
    page.press([code], 0)
    assert page.heard == [("start", 0), ("text", "a\n"), ("html", "<b>a</b>")]


def test_getsource_finds_the_code_of_a_cell(page):
    codes = ["def f():\n    return 1", "import inspect\nprint(inspect.getsource(f))"]
    assert page.press(codes, 1)[1] == "def f():\n    return 1\n\n"


def test_only_what_a_cell_needs_is_loaded():
    made = kernel.Kernel(print)
    codes = ["import numpy as np", "from softmax_lessons import plotting", "np.pi", "plotting.bars"]
    assert made.packages(codes, 2) == []
    assert made.packages(codes, 3) == ["matplotlib"]
    assert made.packages(["import scipy.special"], 0) == ["scipy"]
