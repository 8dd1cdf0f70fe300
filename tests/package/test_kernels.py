"""The kernels that the lessons show are the code that runs, and they are short enough to show."""

import inspect
import sys

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from support.family import by_name

from softmax_lessons import activations, gradients, losses

FUNCTIONS = [
    activations.sigmoid,
    activations.softmax,
    activations.log_softmax,
    activations.logsumexp,
    activations.hardmax,
    losses.cross_entropy,
    losses.cross_entropy_and_grad,
    gradients.softmax_vjp,
]
WITHOUT_EXP = [activations.hardmax, gradients.softmax_vjp]
functions = pytest.mark.parametrize("function", FUNCTIONS, ids=by_name)


def kernel_of(function):
    """Return the kernel of a public function: it stands in its module, and is called after it."""
    return getattr(sys.modules[function.__module__], f"{function.__name__}_kernel")


def second_argument(function, x):
    return {"cross_entropy": [np.zeros(len(x), int)], "softmax_vjp": [x]}.get(
        function.__name__.removesuffix("_and_grad"), []
    )


@functions
@pytest.mark.parametrize("shape", [(2, 3), (2, 30), (4000, 10), (40, 400)])
def test_a_function_runs_its_kernel(function, shape):
    run = []
    x = np.zeros(shape)
    arguments = [x, *second_argument(function, x)]
    sys.setprofile(lambda frame, event, _: run.append(frame.f_code))
    try:
        function(*arguments)
    finally:
        sys.setprofile(None)
    assert kernel_of(function).__code__ in run


@pytest.mark.parametrize("function", FUNCTIONS[:5], ids=by_name)
def test_a_kernel_works_by_itself(function):
    """A reader can copy it from the page and call it; the temperature is then 1."""
    x = np.array([0.25, 1.23, -0.8])
    got = kernel_of(function)(x.reshape(1, 3, 1))
    assert got.dtype == np.float64
    assert_array_equal(np.squeeze(got), function(x))


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if f not in WITHOUT_EXP], ids=by_name)
def test_exp_is_at_most_six_calls_away(function, monkeypatch):
    """So a reader can follow an argument from the call to the formula."""
    depths, exp = [], np.exp

    def counted(x):
        depth, frame = 0, sys._getframe(1)
        while frame.f_code is not test_exp_is_at_most_six_calls_away.__code__:
            depth += "softmax_lessons" in frame.f_code.co_filename
            frame = frame.f_back
        depths.append(depth)
        return exp(x)

    monkeypatch.setattr(np, "exp", counted)
    x = np.zeros((2, 3))
    function(x, *second_argument(function, x))
    assert 0 < max(depths) <= 6


@functions
def test_a_kernel_is_a_few_lines(function):
    lines = inspect.getsource(kernel_of(function)).splitlines()
    assert len(lines) <= 20
