"""The kernels that the lessons show are the code that runs, and they are short enough to show."""

import ast
import inspect
import sys

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from support.family import by_name

import softmax_lessons

NAMES = [n for n in softmax_lessons.__all__ if inspect.isfunction(getattr(softmax_lessons, n))]


def kernel_of(function):
    """Return the kernel of a public function: it stands in its module, and is called after it."""
    return getattr(sys.modules[function.__module__], f"{function.__name__}_kernel", None)


FUNCTIONS = [f for f in map(vars(softmax_lessons).get, NAMES) if kernel_of(f)]
functions = pytest.mark.parametrize("function", FUNCTIONS, ids=by_name)


def parameters_of(function):
    return inspect.signature(function).parameters


def arguments_of(function, x):
    """Return scores, and what else the function must have: labels, or an array like the scores."""
    required = [name for name, p in parameters_of(function).items() if p.default is p.empty]
    others = {"target": np.zeros(len(x), int)} if "axis" in parameters_of(function) else {}
    others |= {"k": 1, "p": 0.5} if required[0] == "logits" else {}  # not of queries and keys
    return [x, *(others.get(name, x) for name in required[1:])]


def test_there_are_kernels():
    assert len(FUNCTIONS) >= 8


@functions
@pytest.mark.parametrize("shape", [(2, 3), (2, 30), (4000, 10), (40, 400)])
def test_a_function_runs_its_kernel(function, shape):
    run, arguments = [], arguments_of(function, np.zeros(shape))
    sys.setprofile(lambda frame, event, _: run.append(frame.f_code))
    try:
        function(*arguments)
    finally:
        sys.setprofile(None)
    assert kernel_of(function).__code__ in run


def depth_of_exp(monkeypatch, function, *arguments, **options):
    """Return how many of the package's functions stand between a call and ``np.exp``."""
    depths, exp = [], np.exp

    def counted(*args, **keywords):
        frame, depth = sys._getframe(1), 0
        while frame:
            depth += "softmax_lessons" in frame.f_code.co_filename
            frame = frame.f_back
        depths.append(depth)
        return exp(*args, **keywords)

    with monkeypatch.context() as patch:
        patch.setattr(np, "exp", counted)
        function(*arguments, **options)
    return max(depths, default=0)  # not every function has an exponential


@functions
@pytest.mark.parametrize("shape", [(2, 3), (4000, 10)])
def test_exp_is_at_most_six_calls_away(function, shape, monkeypatch):
    """So a reader can follow an argument from the call to the formula."""
    arguments = arguments_of(function, np.zeros(shape))
    depth = depth_of_exp(monkeypatch, function, *arguments)
    most = 8 if function is softmax_lessons.entmax else 6  # entmax first searches for a threshold
    assert depth <= most
    if "where" in parameters_of(function):
        masked = depth_of_exp(monkeypatch, function, *arguments, where=True)
        assert bool(depth) <= masked <= most


@functions
def test_a_kernel_is_a_few_statements(function):
    source = inspect.getsource(kernel_of(function))
    statements = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Assign | ast.Return)]
    assert 1 <= len(statements) <= 10


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if "x" in parameters_of(f)], ids=by_name)
def test_a_kernel_works_by_itself(function):
    """A reader can copy it from the page and call it; the temperature is then 1."""
    x = np.array([0.25, 1.23, -0.8])
    got = kernel_of(function)(x.reshape(1, 3, 1))
    assert got.dtype == np.float64
    assert_array_equal(np.squeeze(got), function(x))
