"""The check for gradients: what it accepts, what it refuses, and what it says about itself."""

import dataclasses
import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal
from support.family import Z, inf, nan, whole

from softmax_lessons import (
    cross_entropy,
    cross_entropy_and_grad,
    hardmax,
    log_softmax,
    logsumexp,
    softmax,
    softmax_jacobian,
    softmax_vjp,
)
from softmax_lessons.gradients import GradCheck, check_grad

# --- check_grad ---------------------------------------------------------------------------------


def cube(x):
    return np.sum(x**3)


def cube_grad(x):
    return 3 * x**2


def test_a_right_gradient_passes_with_the_complex_step():
    report = check_grad(cube, cube_grad, Z)
    assert report
    assert report.ok is True
    assert report.method == "complex step"
    assert report.error < 1e-14
    assert report.allowed == pytest.approx(1e-10 * abs(report.expected))
    assert report.step == 1e-100 * max(1.0, abs(Z[report.worst[0]]))


@pytest.mark.parametrize(
    ("f", "grad"),
    [
        (logsumexp, softmax),
        (lambda z: cross_entropy(z, 1), lambda z: cross_entropy_and_grad(z, 1)[1]),
        (lambda z: log_softmax(z)[2], lambda z: np.eye(3)[2] - softmax(z)),
        (lambda z: np.abs(z).sum(), np.sign),
        (lambda z: np.linalg.norm(z), lambda z: z / np.linalg.norm(z)),
        (lambda z: float(np.exp(z[0])) + z[1] ** 2, lambda z: [np.exp(z[0]), 2 * z[1], 0]),
    ],
)
def test_functions_that_take_no_complex_numbers_get_central_differences(f, grad):
    report = check_grad(f, grad, Z)
    assert report, str(report)
    assert report.method == "central differences"
    assert 1 <= report.allowed / (1e-6 * abs(report.expected)) < 1.001
    wrong = check_grad(f, lambda z: np.add(grad(z), [0, 0, 1e-4]), Z)
    assert not wrong
    assert wrong.worst == (2,)


@pytest.mark.parametrize(
    "f",
    [
        lambda z: (np.abs(z) * z).sum(),  # complex, but abs is not analytic
        lambda z: (z * np.conj(z)).sum() + 0 * z[0],
        lambda z: (z.real**2).sum() + 0j * z[0] if z.dtype.kind == "c" else (z**2).sum(),
    ],
)
def test_a_complex_result_alone_is_not_trusted(f):
    slope = 2 * np.abs(Z) if abs(f(np.array(Z)) - 0.93) < 0.1 else 2 * np.array(Z)
    report = check_grad(f, slope, Z)
    assert report, str(report)
    assert report.method == "central differences"


@pytest.mark.parametrize(
    ("f", "grad"),
    [
        (lambda z: 1e6 + np.abs(z).sum() + 0 * z.sum(), np.sign),
        (lambda z: 1e5 + np.linalg.norm(z) + 0 * z[0], lambda z: z / np.linalg.norm(z)),
    ],
)
def test_a_large_value_does_not_make_any_slope_analytic(f, grad):
    assert check_grad(f, grad, Z).method == "central differences"
    assert check_grad(f, grad, Z, atol=1e-3)
    assert not check_grad(f, np.zeros(3), Z, atol=1e-3)


def huber(x):
    size = np.abs(x)
    return np.sum(np.where(size < 1, x**2 / 2, size - 0.5))


@pytest.mark.parametrize(
    ("f", "grad", "blind", "x"),
    [
        (
            lambda x: np.sum(x[:2] ** 2) + np.abs(x[2]),
            lambda x: [2 * x[0], 2 * x[1], 1],
            lambda x: [2 * x[0], 2 * x[1], 0],
            [1e3, 1e3, 1e-3],
        ),
        (
            lambda x: np.sum(x**2) + 1e-6 * np.abs(x).sum(),
            lambda x: 2 * x + 1e-6 * np.sign(x),
            lambda x: 2 * x,
            [1.0, -2.0, 0.5],
        ),
        (
            lambda x: np.sum(np.exp(x)) + 1e-5 * np.abs(x).sum(),
            lambda x: np.exp(x) + 1e-5 * np.sign(x),
            np.exp,
            Z,
        ),
        (
            lambda x: np.sum(x**2) + 1e-6 * np.linalg.norm(x),
            lambda x: 2 * x + 1e-6 * x / np.linalg.norm(x),
            lambda x: 2 * x,
            Z,
        ),
        (
            lambda x: np.sum(x[:-1] ** 2) + np.linalg.norm(x[-1:]),
            lambda x: [*2 * x[:-1], 1],
            lambda x: [*2 * x[:-1], 0],
            [100.0, 100.0, 1e-2],
        ),
        (
            lambda x: x[0] ** 2 + huber(x[1:]),
            lambda x: [2 * x[0], *np.clip(x[1:], -1, 1)],
            lambda x: [2 * x[0], x[1], 0],
            [1e4, 0.5, 3.0],
        ),
    ],
    ids=["abs of one", "small abs", "abs beside exp", "small norm", "norm of one", "huber"],
)
def test_a_part_that_is_not_analytic_is_seen_however_small(f, grad, blind, x):
    report = check_grad(f, grad, x)
    assert report, str(report)
    assert not check_grad(f, blind, x)
    assert not check_grad(f, lambda x: np.multiply(grad(x), [1, 1, 1.001]), x)


def test_the_complex_step_is_given_up_only_where_it_is_wrong():
    def f(x):
        return np.sum(x[:2] ** 2) + np.abs(x[2])

    for got, method, expected in [([2.1, 2, 1], "complex step", 2), ([2, 2, 0.9], "central", 1)]:
        report = check_grad(f, got, [1.0, 1.0, 1.0])
        assert report.method.startswith(method)
        assert report.expected == pytest.approx(expected, rel=1e-9)
    report = check_grad(f, [2, 2, 0], [1.0, 1.0, 0.0])
    assert report.sides == pytest.approx((-1, 1))
    with pytest.raises(ValueError, match=re.escape("eps must be above 2.2e-16 and finite, got")):
        check_grad(f, [2, 2, 1], [1.0, 1.0, 1.0], eps=1e-30)
    assert check_grad(f, [2, 2, 1], [1.0, 1.0, 1.0], eps=1e-5)
    # The step that was asked for is taken with differences, too.
    assert check_grad(f, [2, 2, 0.9], [1.0, 1.0, 4.0], eps=1e-5).step == 4e-5


def test_the_complex_step_stays_close_to_the_point():
    def f(x):
        if np.abs(np.imag(x)).max() > 1e-50:
            raise ValueError("too far")
        return np.sum(np.log(x))

    for x in (1.0, 1e-100):
        report = check_grad(f, lambda x: 1 / x, [x])
        assert (report.ok, report.method) == (True, "complex step"), str(report)


@pytest.mark.parametrize("convert", [lambda value: value, float])
def test_rounding_that_looks_smooth_is_seen(convert):
    # 1 + x**2 moves by one rounding, or by whole numbers of them, at equal distances of x.
    for x in -0.00091074 * (1 + np.linspace(-1e-5, 1e-5, 21)):
        report = check_grad(lambda x: convert(np.log(1 + x**2)), 2 * x / (1 + x**2), x)
        assert report, str(report)


def test_a_complex_step_that_underflows_is_given_up():
    report = check_grad(lambda x: np.exp(-x @ x), lambda x: -2 * x * np.exp(-x @ x), [21.8, -11.0])
    assert report, str(report)
    assert report.method == "central differences"


def test_the_complex_step_stays_beside_a_large_value():
    report = check_grad(lambda z: 1e6 + cube(z), cube_grad, Z)
    assert report
    assert report.method == "complex step"


def test_the_complex_step_sees_what_differences_cannot():
    assert check_grad(np.sum, np.ones(3), Z, rtol=1e-15, atol=0)
    report = check_grad(cube, lambda x: 3 * x**2 * (1 + 1e-9), Z)
    assert not report
    assert report.error == pytest.approx(3e-9 * 1.23**2, rel=1e-3)
    steep = check_grad(lambda x: np.exp(30 * x).sum(), lambda x: 30 * np.exp(30 * x), [1.0, -1.0])
    assert steep
    assert steep.method == "complex step"


@pytest.mark.parametrize("shape", [(), (1,), (2, 3), (2, 1, 3)])
def test_any_shape(shape):
    x = np.arange(1.0, 1 + np.prod(shape)).reshape(shape)
    assert check_grad(cube, cube_grad, x)
    assert check_grad(lambda x: float(cube(x)), cube_grad, x)
    wrong = np.array(3 * x**2)
    wrong[(..., -1) if shape else ()] += 1
    report = check_grad(cube, wrong, x)
    assert not report
    assert report.worst[-1:] == tuple(n - 1 for n in shape[-1:])
    assert len(report.worst) == len(shape)


def test_the_worst_entry_is_the_one_furthest_beyond_what_is_allowed():
    x = np.array([[1e3, 1.0], [1.0, 1.0]])
    wrong = cube_grad(x)
    wrong[0, 0] *= 1 + 1e-6  # a larger error, but a smaller one for its size
    wrong[1, 0] += 0.1
    report = check_grad(cube, wrong, x, atol=0)
    assert report.worst == (1, 0)
    assert (report.got, report.expected) == (pytest.approx(3.1), pytest.approx(3))
    assert report.error == pytest.approx(0.1)
    assert report.allowed == pytest.approx(3e-10)


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_a_gradient_that_is_not_finite_is_wrong(value):
    report = check_grad(cube, [value, 3 * 1.23**2, 3 * 0.64], Z)
    assert not report
    assert report.worst == (0,)


def test_a_derivative_that_is_missing_is_wrong():
    report = check_grad(lambda x: 1.0 if x[0] == 1 else nan, [1.0], [1.0])
    assert not report
    assert np.isnan(report.expected)
    assert report.method == "central differences"


def test_the_report_can_be_read():
    report = check_grad(cube, lambda x: 2 * x**2, Z)
    assert str(report) == (
        "The gradient does not agree with the complex step. Worst entry at [1]: "
        "got 3.0258, expected 4.5387, error 1.5e+00, allowed 4.5e-10, at a step of 1.2e-100."
    )
    fine = GradCheck(True, "central differences", (), 1.0, 1.0, 0.0, 1e-9)
    assert str(fine) == (
        "The gradient agrees with the central differences. Worst entry: "
        "got 1, expected 1, error 0.0e+00, allowed 1.0e-09."
    )
    assert bool(fine)
    with pytest.raises(dataclasses.FrozenInstanceError):
        fine.ok = False
    assert all(type(i) is int for i in report.worst)
    for name in ["got", "expected", "error", "allowed", "step"]:
        assert type(getattr(report, name)) is float


def test_tolerances_and_step():
    wrong = 3 * np.square(Z) + 1e-3
    assert not check_grad(cube, wrong, Z)
    assert check_grad(cube, wrong, Z, atol=2e-3)
    assert check_grad(cube, wrong, Z, rtol=0.01)
    assert check_grad(cube, wrong, Z, rtol=0, atol=1.01e-3)
    assert not check_grad(cube, wrong, Z, rtol=0, atol=0.99e-3)
    assert check_grad(np.sum, np.ones(3), Z, rtol=0, atol=0)
    # At a step of h the formulas for x**3 are off by h**2, in opposite directions.
    coarse = check_grad(cube, cube_grad, 1.0, eps=0.1)
    assert coarse.expected == pytest.approx(3 - 0.01)
    coarse = check_grad(lambda x: float(cube(x)), cube_grad, 1.0, eps=0.1)
    assert coarse.expected == pytest.approx(3 + 0.01)
    coarse = check_grad(lambda x: float(cube(x)), cube_grad, -10.0, eps=0.1)
    assert coarse.expected == pytest.approx(300 + 1)


@pytest.mark.parametrize("x", [1e-3, 1.0, 1e6, -1e6])
def test_the_step_grows_with_the_entry(x):
    def square(v):
        return float(np.sum(v**2))

    assert check_grad(square, lambda v: 2 * v, [x, 1.0])


def test_x_is_read_as_float64():
    seen = []

    def f(x):
        seen.append(x.dtype)
        return np.sum(x**3)

    for x in [[1, 2], np.float32([1, 2]), np.float16([1, 2]), np.longdouble([1, 2])]:
        assert check_grad(f, cube_grad, x)
    assert set(seen) == {np.dtype(float), np.dtype(complex)}


def test_functions_that_write_to_their_argument():
    def f(x):
        x **= 3
        return x.sum()

    def grad(x):
        x **= 2
        return 3 * x

    x = np.array(Z)
    assert check_grad(f, grad, x)
    assert_array_equal(x, Z)


def test_f_may_return_other_kinds_of_numbers():
    assert check_grad(lambda x: np.float32(2), np.zeros(3), Z)
    assert check_grad(lambda x: True, np.zeros(3), Z)
    assert check_grad(lambda x: np.uint8(x[0] > 0.25), [0, 0, 0], [1.0, 2.0, 3.0])
    assert check_grad(lambda x: np.array(x.sum()), np.ones(3, int), Z)
    assert check_grad(lambda x: 7, [0.0, 0, 0], Z).method == "central differences"


def test_an_error_of_f_itself_comes_through():
    def f(x):
        if x[0] > 0.25:
            raise RuntimeError("no further")
        return x.sum()

    with pytest.raises(RuntimeError, match="no further"):
        check_grad(lambda x: float(f(x)), np.ones(3), Z)


def test_an_entry_without_error_is_not_the_worst():
    report = check_grad(lambda x: x[0] + 2 * x[1], [1, 2 + 1e-12], [0.5, 0.5])
    assert report.ok
    assert report.worst == (1,)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((3.0, cube_grad, Z), TypeError, "f must be a function of x, got float"),
        ((cube, cube_grad, []), ValueError, "x must have at least one entry, got shape (0,)"),
        ((cube, cube_grad, [1, inf]), ValueError, "x must be finite, got inf"),
        ((cube, cube_grad, [1j]), TypeError, "x must hold real numbers, got dtype complex128: pass "
         "numpy.real(x) or numpy.abs(x)"),
        ((softmax, cube_grad, Z), ValueError, "f must return one number, got an array of shape "
         "(3,)"),
        ((lambda x: x.sum() + 1j, cube_grad, Z), TypeError, "f must return one real number, got "
         "np.complex128(0.6799999999999999+1j)"),
        ((lambda x: None, cube_grad, Z), TypeError, "f must return one real number, got None"),
        ((lambda x: x[0] * nan, cube_grad, Z), ValueError, "f must be finite at x, got nan"),
        ((lambda x: -inf, cube_grad, Z), ValueError, "f must be finite at x, got -inf"),
        ((cube, [1.0, 2.0], Z), ValueError, "grad must have the shape of x, (3,), got (2,)"),
        ((cube, lambda x: 1.0, Z), ValueError, "grad must have the shape of x, (3,), got ()"),
        ((cube, [1j] * 3, Z), TypeError, "grad must hold real numbers, got dtype complex128: pass "
         "numpy.real(grad) or numpy.abs(grad)"),
        ((cube, lambda x: None, Z), TypeError, "grad must hold real numbers, got dtype object: "
         "pass numpy.asarray(grad, dtype=float)"),
    ],
)  # fmt: skip
def test_arguments_of_check_grad_that_do_not_fit(arguments, error, message):
    with pytest.raises(error, match=whole(message)):
        check_grad(*arguments)


@pytest.mark.parametrize(
    ("name", "value", "error", "message"),
    [
        ("eps", 0, ValueError, "eps must be above 0 and finite, got 0"),
        ("eps", -1e-3, ValueError, "eps must be above 0 and finite, got -0.001"),
        ("eps", inf, ValueError, "eps must be above 0 and finite, got inf"),
        ("eps", nan, ValueError, "eps must be above 0 and finite, got nan"),
        ("eps", "1", TypeError, "eps must be one real number, got '1'"),
        ("rtol", -1, ValueError, "rtol must be 0 or above and finite, got -1"),
        ("rtol", inf, ValueError, "rtol must be 0 or above and finite, got inf"),
        ("atol", nan, ValueError, "atol must be 0 or above and finite, got nan"),
        ("atol", [1], TypeError, "atol must be one real number, got [1]"),
    ],
)
def test_tolerances_that_do_not_fit(name, value, error, message):
    with pytest.raises(error, match=whole(message)):
        check_grad(cube, cube_grad, Z, **{name: value})


def test_a_step_too_small_for_differences():
    with pytest.raises(ValueError, match=re.escape("eps must be above 2.2e-16 and finite, got")):
        check_grad(logsumexp, softmax, Z, eps=1e-16)
    assert check_grad(cube, cube_grad, Z, eps=1e-30)


def test_no_warning_from_check_grad():
    with np.errstate(all="raise"):
        assert check_grad(cube, cube_grad, [0.0, 1e-200])
        assert check_grad(lambda x: float(cube(x)), cube_grad, [0.0, 1e-200])
    assert check_grad(lambda x: np.float64(x.sum()), np.ones(3), Z)  # ComplexWarning inside


# --- the step follows the function --------------------------------------------------------------

LEVELS = [0.0, 30.0, 1e3, 3e4, 1e6, 1e9, -1e6]
SMOOTH = {
    "logsumexp": (logsumexp, softmax),
    "cross_entropy": (lambda z: cross_entropy(z, 1), lambda z: cross_entropy_and_grad(z, 1)[1]),
    "cross_entropy of a mixture": (
        lambda z: cross_entropy(z, [0.5, 0.25, 0.25]),
        lambda z: cross_entropy_and_grad(z, [0.5, 0.25, 0.25])[1],
    ),
    "log_softmax": (lambda z: log_softmax(z)[2], lambda z: np.eye(3)[2] - softmax(z)),
    "softmax": (lambda z: softmax(z)[1], lambda z: softmax_jacobian(z)[1]),
    "entropy": (
        lambda z: -np.sum(softmax(z) * log_softmax(z)),
        lambda z: -softmax_vjp(softmax(z), log_softmax(z) + 1),
    ),
    "written by hand": (
        lambda z: float(np.log(np.sum(np.exp(z - z.max()))) + z.max() - z[1]),
        lambda z: cross_entropy_and_grad(z, 1)[1],
    ),
}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", list(SMOOTH))
def test_a_right_gradient_agrees_at_any_level_and_a_wrong_one_does_not(name, level):
    f, grad = SMOOTH[name]
    z = np.array(Z) + level
    report = check_grad(f, grad, z)
    assert report, str(report)
    assert report.unchecked == 0
    assert 1e-3 < report.step < 10, "the functions vary on a scale of 1"
    for i in range(3):
        wrong = grad(z)
        wrong[i] *= 1.001
        assert not check_grad(f, wrong, z)


def test_logits_near_a_thousand():
    report = check_grad(*SMOOTH["cross_entropy"], [1000.0, 1001.0, 999.0])
    assert report, str(report)
    assert report.expected == pytest.approx(report.got, rel=1e-9)


@given(
    hnp.arrays(float, st.integers(2, 6), elements=st.floats(-5, 5)),
    st.sampled_from([1e-3, 0.1, 1.0, 3.0]),
    st.sampled_from([0.0, 30.0, -1e3, 1e6]),
)
def test_no_right_gradient_is_called_wrong(z, scale, level):
    z = z * scale + level
    report = check_grad(logsumexp, softmax, z)
    assert report, str(report)
    assert abs(report.expected - report.got) < 1e-6
    wrong = softmax(z)
    wrong[wrong.argmax()] *= 1 + 1e-4
    assert not check_grad(logsumexp, wrong, z)


@pytest.mark.parametrize("unit", [1e-6, 1e-3, 1.0, 1e3, 1e6])
def test_functions_that_vary_on_any_scale(unit):
    def grad(x):
        return np.cos(x / unit) / unit

    report = check_grad(lambda x: float(np.sin(x / unit).sum()), grad, Z)
    assert report, str(report)
    assert not check_grad(lambda x: float(np.sin(x / unit).sum()), lambda x: 1.001 * grad(x), Z)


@pytest.mark.parametrize("small", [1e-200, 1e-30, 1e-8])
@pytest.mark.parametrize("large", [1.0, 1e8, 1e200])
@pytest.mark.parametrize("real", [False, True])
def test_entries_of_very_different_sizes(small, large, real):
    def f(x):
        logs = np.log(x).sum()
        return float(logs) if real else logs

    report = check_grad(f, lambda x: 1 / x, [small, large])
    assert report, str(report)
    assert report.unchecked == 0
    for wrong in ([1.001 / small, 1 / large], [1 / small, 1.001 / large]):
        assert not check_grad(f, wrong, [small, large])


def test_an_entry_close_to_the_smallest_number():
    def f(x):
        return float(np.log(x).sum())

    x = [1e-12, 1e-300, 5.0]
    report = check_grad(f, lambda x: 1 / x, x)
    assert report, str(report)
    assert report.unchecked == 0
    assert not check_grad(f, [1e12, 1.001e300, 0.2], x)


# --- where the domain ends ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(np.log(x)),
        lambda x: float(np.sum(np.log(x))),
        lambda x: sum(map(math.log, x)),  # raises ValueError below 0
    ],
    ids=["complex", "NaN beyond", "error beyond"],
)
def test_a_logarithm_close_to_its_end(f):
    report = check_grad(f, lambda x: 1 / x, [1e-8, 2.0])
    assert report, str(report)
    assert not check_grad(f, [1.0001e8, 0.5], [1e-8, 2.0])


def test_a_pole_that_raises():
    def f(x):
        return 1 / float(x[0])

    assert check_grad(f, lambda x: -1 / x**2, [1e-6])


@pytest.mark.parametrize("sign", [1, -1])
def test_at_the_end_itself_the_slope_of_the_one_side_counts(sign):
    def f(x):
        return float(x[0] ** 3) if sign * x[0] <= 1 else nan

    report = check_grad(f, [3.0], [float(sign)])
    assert report, str(report)
    assert report.method == "one-sided differences"
    assert "one-sided differences" in str(report)
    assert not check_grad(f, [3.001], [float(sign)])


@pytest.mark.parametrize("got", [3.0, 1e6, inf, 0.0])
def test_a_slope_that_is_infinite_is_never_matched(got):
    assert not check_grad(lambda x: float(np.sqrt(x[0])), [got], [0.0])


# --- what cannot be checked ---------------------------------------------------------------------

SURE = [0.0, 40.0]  # a probability of 4e-18 for the first class


def test_a_tiny_gradient_is_checked_where_the_function_shows_it():
    f, grad = SMOOTH["cross_entropy"]
    assert check_grad(f, grad, SURE)
    for wrong in (np.zeros(2), -grad(SURE), 1.001 * grad(SURE)):
        report = check_grad(f, wrong, SURE)
        assert not report
        assert "does not agree" in str(report)


def test_a_tiny_gradient_is_refused_where_the_rounding_of_the_function_hides_it():
    f, grad = SMOOTH["written by hand"]
    for z in ([0.0, 40.0], [-20.0, 20.0]):
        z = np.array(z)
        for any_grad in (grad(z), -grad(z), 0 * z):
            report = check_grad(f, any_grad, z)
            assert not report
            assert str(report).startswith(
                "The gradient is too small to be checked: the differences"
            )


@pytest.mark.parametrize("real", [False, True])
@pytest.mark.parametrize("scale", [1e-13, 1e-30])
def test_a_gradient_is_small_beside_the_function_and_not_beside_one(scale, real):
    def f(x):
        return float(scale * np.sum(x**2)) if real else scale * np.sum(x**2)

    assert check_grad(f, lambda x: 2 * scale * x, Z)
    for wrong in (-2 * scale, 0.0, 2.001 * scale):
        assert not check_grad(f, lambda x, wrong=wrong: wrong * x, Z)


@pytest.mark.parametrize("constant", [1.0, 1e6])
@pytest.mark.parametrize("real", [False, True])
def test_beside_a_large_constant_a_wrong_gradient_is_never_right(constant, real):
    def f(x):
        value = constant + 1e-13 * np.sum(x**2)
        return float(value) if real else value

    assert check_grad(f, lambda x: 2e-13 * x, Z).ok is not real  # the complex step sees it
    for wrong in (-2e-13, 1e-13):
        report = check_grad(f, lambda x, wrong=wrong: wrong * x, Z)
        assert not report
        assert re.search("too small to be checked|does not agree", str(report))
    zeros = check_grad(f, np.zeros(3), Z)
    assert not zeros or zeros.unchecked == 3, "f may not move at all"


def test_an_entry_that_is_hidden_does_not_matter_beside_larger_ones():
    report = check_grad(logsumexp, softmax, SURE)
    assert report, str(report)
    assert report.unchecked == 1
    assert str(report).endswith(" Entries too small to be checked: 1.")
    report = check_grad(logsumexp, [1e-9, 1.0], SURE)
    assert not report
    assert report.worst == (0,)


def test_a_function_that_stands_still():
    report = check_grad(lambda x: 7.25, np.zeros(3), Z)
    assert report
    assert report.unchecked == 3
    assert not check_grad(lambda x: 7.25, [0.0, 1e-9, 0.0], Z)
    assert not check_grad(lambda x: 7.25, [0.0, 1e-20, 0.0], Z)
    assert check_grad(lambda x: hardmax(x)[0], np.zeros(3), Z)


def test_a_sum_that_moves_by_its_rounding_alone():
    report = check_grad(lambda z: softmax(z).sum(), np.zeros(3), Z)
    assert "too small to be checked" in str(report) or report.error == 0


@pytest.mark.parametrize(
    "f", [lambda x: x**2, lambda x: x**3, lambda x: 1 + x**2, lambda x: np.cos(x)]
)
def test_a_slope_of_zero_is_seen_where_the_function_curves(f):
    def g(x):
        return float(f(x).sum())

    assert check_grad(g, [0.0, 0.0], [0.0, 0.0])
    assert not check_grad(g, [0.0, 1e-4], [0.0, 0.0])


def test_at_the_minimum_the_gradient_may_be_rounding():
    p = softmax(Z)
    assert check_grad(lambda z: cross_entropy(z, p), lambda z: softmax(z) - p, Z)
    assert not check_grad(lambda z: cross_entropy(z, p), [1e-6, 0, 0], Z)


def test_an_atol_replaces_the_estimate():
    f, _ = SMOOTH["cross_entropy"]
    assert check_grad(f, np.zeros(2), SURE, atol=1e-9)
    assert not check_grad(f, np.zeros(2), SURE, atol=1e-19)
    assert check_grad(f, np.zeros(2), SURE, atol=1e-9).unchecked == 0


@pytest.mark.parametrize("level", [0.0, 30.0])
@pytest.mark.parametrize("convert", [lambda value: value, float])
def test_functions_that_round_to_float32(level, convert):
    def f(z):
        return convert(logsumexp(z.astype(np.float32)))

    z = np.array(Z) + level
    report = check_grad(f, softmax, z)
    assert report, str(report)
    wrong = softmax(z)
    wrong[1] *= 1.01
    assert not check_grad(f, wrong, z)


# --- kinks --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "x", "got", "sides"),
    [
        (lambda x: np.abs(x).sum(), [0.0, 1.0, 2.0], [0.0, 1.0, 1.0], (-1.0, 1.0)),
        (lambda x: np.maximum(x, 0).sum(), [0.0, 1.0], [0.0, 1.0], (0.0, 1.0)),
        (np.max, [1.0, 1.0, 0.0], [0.5, 0.5, 0.0], (0.0, 1.0)),
        (np.linalg.norm, [0.0, 0.0], [0.0, 0.0], (-1.0, 1.0)),
    ],
)
def test_a_kink_has_no_derivative(f, x, got, sides):
    report = check_grad(f, got, x)
    assert not report
    assert report.worst == (0,)
    assert report.sides == pytest.approx(sides)
    slopes = " below and ".join(f"{slope:.6g}" for slope in report.sides)
    assert f"f has a kink at [0], or what looks like one; its slope is {slopes}" in str(report)
    assert "-0 " not in str(report)


@pytest.mark.parametrize("distance", [1e-9, 1e-6, 1e-2, 1.0])
def test_beside_a_kink_there_is_one(distance):
    x = [distance, -distance, 3.0]
    assert check_grad(lambda x: float(np.maximum(x, 0).sum()), [1.0, 0.0, 1.0], x)
    assert not check_grad(lambda x: float(np.maximum(x, 0).sum()), [1.0, 0.5, 1.0], x)
    x = [1.0 + distance, 1.0]
    assert check_grad(lambda x: float(x.max()), [1.0, 0.0], x)


@pytest.mark.parametrize("level", [0.0, 1e3, 1e6])
def test_a_tie_of_a_smooth_function_is_no_kink(level):
    z = np.array([level, 0.0, level])
    report = check_grad(logsumexp, softmax, z)
    assert report, str(report)


def test_the_number_of_calls_stays_small():
    calls = []

    def f(x):
        calls.append(x)
        return logsumexp(x)

    check_grad(f, softmax, np.linspace(-3, 3, 20))
    assert len(calls) < 60 * 20
    calls.clear()
    assert check_grad(lambda x: (calls.append(x), np.sum(np.exp(x)))[1], np.exp, np.linspace(-3, 3))
    assert len(calls) < 60 * 50
    calls.clear()
    assert check_grad(f, softmax, np.linspace(-3, 3, 20), eps=1e-5)
    assert len(calls) < 2 * 20 + 100, "a step that is given needs no others"
