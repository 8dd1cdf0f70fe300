"""The Jacobian of softmax, its products with vectors, and a check for gradients.

The products take the probabilities that softmax gave, as a backward pass has them at hand, and
never form the n by n matrix: they need n numbers where the matrix has n squared.

The conventions that all functions share stand in the docstring of the package.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from softmax_lessons._arguments import (
    as_axes,
    as_floats,
    as_step,
    as_tolerance,
    check_log_probabilities,
    check_out,
    common_shape,
)
from softmax_lessons._blockwise import row_sum, run_blockwise
from softmax_lessons._differences import Derivatives, Slope
from softmax_lessons.activations import hardmax_kernel, no_warnings, softmax

if TYPE_CHECKING:
    from typing import SupportsIndex

    from numpy.typing import ArrayLike, NDArray

    from softmax_lessons._arguments import Axis, FloatArray, Number

__all__ = ["check_grad", "log_softmax_vjp", "softmax_jacobian", "softmax_jvp", "softmax_vjp"]

PRECISION = float(np.finfo(np.float64).eps)


def softmax_vjp_kernel(p: FloatArray, g: FloatArray) -> FloatArray:
    """Return ``p * (g - sum(p * g))`` of each row."""
    centred = g - row_sum(p * g)
    # The mean is now 0 up to rounding, which weighs where a large part of g is common to all, or
    # one probability is close to 1. Subtracting it again removes that.
    centred -= row_sum(p * centred)
    return p * centred


def log_softmax_vjp_kernel(log_p: FloatArray, g: FloatArray) -> FloatArray:
    """Return ``g * (1 - p) - p * (sum(g) - g)`` of each row, which is ``g - p * sum(g)``."""
    # sum(g) - g would cancel at the largest g: the sum of the others is taken without it.
    is_largest = hardmax_kernel(abs(g)) == 1
    rest = row_sum(np.where(is_largest, 0, g))
    largest = row_sum(np.where(is_largest, g, 0))
    others: FloatArray = np.where(is_largest, rest, (rest - g) + largest)
    # Where p is close to 1, expm1 has the digits of 1 - p that p has lost.
    return -g * np.expm1(log_p) - np.exp(log_p) * others


@no_warnings
def softmax_jacobian(x: ArrayLike, axis: SupportsIndex = -1) -> FloatArray:
    """Return all partial derivatives of softmax, ``J[i, j] = p[i] * ((i == j) - p[j])``.

    Parameters
    ----------
    x : array_like of real numbers, any shape
        The scores (logits), not the probabilities.
    axis : int, default -1
        The axis along which the n classes lie.

    Returns
    -------
    ndarray
        The shape of ``x`` without ``axis``, followed by (n, n): one matrix for each row of scores.
        ``J[..., i, j]`` is the derivative of probability i with respect to score j. A row with
        NaN, with +inf, or of -inf alone gives NaN.

    Raises
    ------
    TypeError
        If ``axis`` is not one integer.

    See Also
    --------
    softmax_vjp, softmax_jvp : Products with the matrix, without the matrix.

    Notes
    -----
    The matrix is symmetric and positive semidefinite, and its rows sum to 0: raising all scores
    alike changes nothing. For n finite scores its rank is n - 1. On the diagonal ``p * (1 - p)``
    would cancel where p is close to 1: there ``1 - p`` is the sum of the other probabilities.

    References
    ----------
    J. S. Bridle, "Training stochastic model recognition algorithms as networks can lead to
    maximum mutual information estimation of parameters", *Advances in Neural Information
    Processing Systems* 2, 1990, 211-217.

    Examples
    --------
    >>> from softmax_lessons import softmax_jacobian
    >>> softmax_jacobian([0.25, 1.23, -0.8]).round(3)
    array([[ 0.187, -0.165, -0.022],
           [-0.165,  0.223, -0.058],
           [-0.022, -0.058,  0.08 ]])
    """
    z, dtype = as_floats(x, "x")
    if isinstance(axis, tuple | list):
        raise TypeError(f"axis must be one integer, got {axis!r}: reshape x to make them one axis")
    p = softmax(np.moveaxis(z, as_axes(axis, "axis", z.ndim), (-1,)))
    jacobian = 0 - p[..., :, np.newaxis] * p[..., np.newaxis, :]  # 0 - 0 is 0, and -0 is not
    others = np.where(p > 0.5, 0, p).sum(axis=-1, keepdims=True)  # of the one above 0.5
    diagonal = np.einsum("...ii->...i", jacobian)  # a view
    diagonal[...] = p * np.where(p > 0.5, others, 1 - p)
    return jacobian.astype(dtype, copy=False)


@no_warnings
def softmax_vjp(
    p: ArrayLike, g: ArrayLike, axis: Axis = -1, *, out: FloatArray | None = None
) -> FloatArray:
    """Return a vector times the Jacobian of softmax, ``p * (g - sum(p * g))``.

    This is the step backward: from the gradient with respect to the probabilities to the gradient
    with respect to the scores.

    Parameters
    ----------
    p : array_like of real numbers
        The probabilities that softmax returned; along ``axis`` they sum to 1, or are all 0.
    g : array_like of real numbers
        The gradient with respect to ``p``.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie, in the shape that ``p`` and ``g``
        broadcast to.
    out : ndarray, optional
        Where to write the result.

    Returns
    -------
    ndarray
        The gradient with respect to the scores, in the shape that ``p`` and ``g`` broadcast to;
        along ``axis`` it sums to 0. A NaN in ``p`` or ``g`` makes the row NaN. The dtype that
        NumPy promotes those of ``p`` and ``g`` to, where integers count as float64.

    Raises
    ------
    ValueError
        If ``p`` and ``g`` do not broadcast, or differ in length along ``axis``: one entry does not
        stand for all classes.

    See Also
    --------
    softmax_jvp : The step forward. The Jacobian is symmetric, so both compute the same.
    softmax_jacobian : The matrix itself, for looking at.

    Notes
    -----
    Taken once, ``g - sum(p * g)`` loses digits where all of ``g`` is large, or where one
    probability is close to 1. What is left has a mean of 0 but for the rounding, so the mean is
    taken away a second time.

    References
    ----------
    A. G. Baydin, B. A. Pearlmutter, A. A. Radul and J. M. Siskind, "Automatic differentiation in
    machine learning: a survey", *Journal of Machine Learning Research* 18(153), 2018, 1-43.

    Examples
    --------
    >>> from softmax_lessons import softmax
    >>> from softmax_lessons import softmax_vjp
    >>> p = softmax([0.25, 1.23, -0.8])
    >>> softmax_vjp(p, [0.0, 1.0, 0.0]).round(3)
    array([-0.165,  0.223, -0.058])
    """
    return product(softmax_vjp_kernel, (p, g), ("p", "g"), axis, out)


@no_warnings
def softmax_jvp(
    p: ArrayLike, v: ArrayLike, axis: Axis = -1, *, out: FloatArray | None = None
) -> FloatArray:
    """Return the Jacobian of softmax times a vector, ``p * (v - sum(p * v))``.

    This is the step forward: how fast the probabilities move as the scores move along ``v``.

    Parameters
    ----------
    p : array_like of real numbers
        The probabilities that softmax returned; along ``axis`` they sum to 1, or are all 0.
    v : array_like of real numbers
        The direction in which the scores move.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie, in the shape that ``p`` and ``v``
        broadcast to.
    out : ndarray, optional
        Where to write the result.

    Returns
    -------
    ndarray
        The derivative of the probabilities, in the shape that ``p`` and ``v`` broadcast to; along
        ``axis`` it sums to 0. A NaN in ``p`` or ``v`` makes the row NaN. The dtype that NumPy
        promotes those of ``p`` and ``v`` to, where integers count as float64.

    Raises
    ------
    ValueError
        If ``p`` and ``v`` do not broadcast, or differ in length along ``axis``: one entry does not
        stand for all classes.

    See Also
    --------
    softmax_vjp : The step backward. The Jacobian is symmetric, so both compute the same.
    softmax_jacobian : The matrix itself, for looking at.

    Notes
    -----
    The sum is the mean of ``v`` under ``p``: a probability grows as far as its score moves faster
    than the mean. The arithmetic is that of ``softmax_vjp``.

    References
    ----------
    A. G. Baydin, B. A. Pearlmutter, A. A. Radul and J. M. Siskind, "Automatic differentiation in
    machine learning: a survey", *Journal of Machine Learning Research* 18(153), 2018, 1-43.

    Examples
    --------
    >>> from softmax_lessons import softmax
    >>> from softmax_lessons import softmax_jvp
    >>> p = softmax([0.25, 1.23, -0.8])
    >>> softmax_jvp(p, [1.0, 0.0, 0.0]).round(3)
    array([ 0.187, -0.165, -0.022])

    Raising all scores alike moves nothing:

    >>> softmax_jvp(p, [1.0, 1.0, 1.0])
    array([0., 0., 0.])
    """
    # The Jacobian is symmetric, so that it does not matter from which side a vector comes.
    return product(softmax_vjp_kernel, (p, v), ("p", "v"), axis, out)


@no_warnings
def log_softmax_vjp(
    log_p: ArrayLike, g: ArrayLike, axis: Axis = -1, *, out: FloatArray | None = None
) -> FloatArray:
    """Return a vector times the Jacobian of log-softmax, ``g - exp(log_p) * sum(g)``.

    This is the step backward: from the gradient with respect to the log-probabilities to the
    gradient with respect to the scores.

    Parameters
    ----------
    log_p : array_like of real numbers
        The log-probabilities that log-softmax returned, 0 or below.
    g : array_like of real numbers
        The gradient with respect to ``log_p``; 0 where a mask has left a class out.
    axis : int or tuple of ints, default -1
        The axis, or axes, along which the classes lie, in the shape that ``log_p`` and ``g``
        broadcast to.
    out : ndarray, optional
        Where to write the result.

    Returns
    -------
    ndarray
        The gradient with respect to the scores, in the shape that ``log_p`` and ``g`` broadcast
        to; along ``axis`` it sums to 0. A NaN in ``g`` makes the row NaN, and so does a row of
        NaN in ``log_p``. The dtype that NumPy promotes those of ``log_p`` and ``g`` to, where
        integers count as float64.

    Raises
    ------
    ValueError
        If ``log_p`` is above 0 anywhere: these are probabilities, or scores. If ``log_p`` and
        ``g`` do not broadcast, or differ in length along ``axis``.

    See Also
    --------
    softmax_vjp : The step backward through softmax.
    cross_entropy_and_grad : The gradient of the usual loss in one step.

    Notes
    -----
    The entry i of the result is ``g[i] * (1 - p[i]) - p[i] * (the sum of the other g)``, and
    ``1 - p`` is ``-expm1(log_p)``, which keeps its digits where p has rounded to 1. The sum of the
    others never holds ``g[i]`` where that is the largest, so that small ones keep their digits
    beside it. What is lost is what the terms of this formula lose where they cancel each other.

    References
    ----------
    A. G. Baydin, B. A. Pearlmutter, A. A. Radul and J. M. Siskind, "Automatic differentiation in
    machine learning: a survey", *Journal of Machine Learning Research* 18(153), 2018, 1-43.

    Examples
    --------
    >>> from softmax_lessons import log_softmax, log_softmax_vjp
    >>> log_p = log_softmax([0.25, 1.23, -0.8])

    The loss for the label 1 is ``-log_p[1]``, and its gradient ``p - y``:

    >>> log_softmax_vjp(log_p, [0.0, -1.0, 0.0]).round(3)
    array([ 0.249, -0.336,  0.087])
    """
    check_log_probabilities(log_p, "log_p")
    return product(log_softmax_vjp_kernel, (log_p, g), ("log_p", "g"), axis, out)


def product(
    kernel: Callable[..., FloatArray],
    arrays: tuple[ArrayLike, ArrayLike],
    names: tuple[str, str],
    axis: Axis,
    out: FloatArray | None,
    parameters: tuple[float, ...] = (),
) -> FloatArray:
    """Return what ``kernel`` makes of what a function returned, and of a vector, broadcast."""
    (a, dtype_of_a), (b, dtype_of_b) = map(as_floats, arrays, names)
    dtype = np.promote_types(dtype_of_a, dtype_of_b)
    if a.shape != b.shape:
        shape = common_shape(a, b, names, axis)
        a, b = np.broadcast_to(a, shape), np.broadcast_to(b, shape)
    axes = as_axes(axis, "axis", a.ndim)
    check_out(out, "out", a.shape, dtype)
    [result] = run_blockwise(kernel, [a, b], axes, dtype, parameters, out=out)
    return result


# --- checking ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class GradCheck:
    """What ``check_grad`` found; true if the gradient is right.

    Attributes
    ----------
    ok : bool
        Whether every entry that can be checked agrees with the numerical derivative, and those
        that cannot are too small to matter beside them.
    method : str
        Where the numerical derivative of the worst entry comes from: "complex step", "central
        differences" or "one-sided differences".
    worst : tuple of ints
        The index of the entry with the largest error, compared with what is allowed there. If
        none is wrong and some cannot be checked, one of these.
    got : float
        That entry of the gradient.
    expected : float
        The numerical derivative there.
    error : float
        Their distance.
    allowed : float
        The largest error that passes there.
    step : float
        The step that was taken there.
    unchecked : int
        How many entries are too small to be checked, because the rounding of f hides them.
    sides : tuple of floats
        If f has a kink at that entry, its slopes to the left and to the right; else empty.
    """

    ok: bool
    method: str
    worst: tuple[int, ...]
    got: float
    expected: float
    error: float
    allowed: float
    step: float = math.nan
    unchecked: int = 0
    sides: tuple[float, ...] = ()

    def __bool__(self) -> bool:
        """Return ``ok``, so that a report can be asserted."""
        return self.ok

    def __str__(self) -> str:
        """Return the verdict, the worst entry, and what could not be checked."""
        entry = f" at {list(self.worst)}" if self.worst else ""
        numbers = (
            f"got {self.got:.6g}, expected {self.expected:.6g}, "
            f"error {self.error:.1e}, allowed {self.allowed:.1e}"
        )
        numbers += "." if math.isnan(self.step) else f", at a step of {self.step:.1e}."
        if self.sides:
            left, right = (f"{slope:.6g}" for slope in self.sides)
            where = f"f has a kink{entry}, or what looks like one"
            slopes = f"its slope is {left} below and {right} above"
            return f"The gradient cannot be checked: {where}; {slopes}. There {numbers}"
        if self.error <= self.allowed and not self.ok:
            limit = f"the differences themselves are off by up to {self.allowed:.1e}"
            return (
                f"The gradient is too small to be checked: {limit}. For example{entry}: {numbers}"
            )
        verdict = "agrees" if self.ok else "does not agree"
        text = f"The gradient {verdict} with the {self.method}. Worst entry{entry}: {numbers}"
        if self.unchecked:
            text += f" Entries too small to be checked: {self.unchecked}."
        return text


@no_warnings
def check_grad(
    f: Callable[[Any], Any],
    grad: Callable[[Any], ArrayLike] | ArrayLike,
    x: ArrayLike,
    *,
    eps: Number | None = None,
    rtol: Number | None = None,
    atol: Number | None = None,
) -> GradCheck:
    """Compare a gradient with numerical derivatives, entry by entry.

    Parameters
    ----------
    f : callable
        Takes an array of the shape of ``x`` and returns one real number.
    grad : callable or array_like
        The gradient to check, in the shape of ``x``: a function of ``x`` that returns it, or the
        gradient itself.
    x : array_like of real numbers, any shape
        Where to check: finite, with at least one entry. It is read as float64.
    eps : float, optional
        The step, multiplied by ``max(1, abs(x))`` for each entry. By default 1e-100 for the
        complex step, and less where the entry itself is as small. For differences, steps of all
        sizes are tried, and the best one is taken.
    rtol : float, optional
        An error of ``atol + rtol * abs(expected)`` passes. The default is 1e-10 if f takes
        complex numbers and 1e-6 if not.
    atol : float, optional
        See ``rtol``. The default is how far off the numerical derivative may itself be, as
        estimated for each entry. With an ``atol``, no entry counts as too small to be checked.

    Returns
    -------
    GradCheck
        The report. It is true if all entries agree; printed, it shows the worst one.

    Raises
    ------
    TypeError
        If ``f`` cannot be called or does not return one real number, if ``x`` or the gradient
        does not hold real numbers, or if a tolerance or ``eps`` is no number.
    ValueError
        If ``f`` returns an array, or is not finite at ``x``; if ``x`` is empty or not finite; if
        the gradient has another shape; if ``eps`` is not above 0 (for differences: above the
        precision, 2.2e-16), or a tolerance is negative.

    Notes
    -----
    The complex step, ``imag(f(x + 1j * h)) / h``, subtracts nothing, so h may be tiny and the
    result is as accurate as f itself. It needs a function that is analytic and takes complex
    numbers: ``abs`` and ``conj`` in f spoil it. So it is used for an entry only where differences
    agree with it, as far as they can tell, and find no kink.

    Otherwise it is central differences, ``(f(x + h) - f(x - h)) / (2 * h)``, or one-sided ones
    where f is finite on one side only, or raises a ``ValueError`` or an ``ArithmeticError`` on the
    other. Which h is right depends on f: too small a step shows the rounding of f, too large a one
    its curvature. So some twenty steps are tried, extrapolated to 0, and compared. That takes
    about fifty values of f for each entry, whichever of the two is used.

    Rounding hides small derivatives: where f is 1000, what is below 1e-11 or so cannot be told from
    0. Such entries do not make a gradient wrong. They are counted in the report. It is true if
    other entries, at least a hundred times larger than what is hidden, agree; else it is false and
    says that the gradient is too small to be checked. An entry of 0 along which f does not move at
    all is counted and agrees.

    At a kink, such as that of ``max`` at a tie, there is no derivative to compare with. The report
    is false, and tells the slopes of the two sides. The steps cannot be told from f where one part
    of it is rounded to float32 and another is not: pass ``eps`` and ``rtol``.

    References
    ----------
    The complex step: W. Squire and G. Trapp, "Using complex variables to estimate derivatives of
    real functions", *SIAM Review* 40(1), 1998, 110-112.

    Differences and their step: J. Nocedal and S. J. Wright, *Numerical Optimization*, 2nd edition,
    Springer, 2006, section 8.1. Their extrapolation: C. J. F. Ridders, "Accurate computation of
    F'(x) and F'(x) F''(x)", *Advances in Engineering Software* 4(2), 1982, 75-76. The rounding of
    f: J. J. Moré and S. M. Wild, "Estimating computational noise", *SIAM Journal on Scientific
    Computing* 33(3), 2011, 1292-1314.

    Examples
    --------
    >>> import numpy as np
    >>> from softmax_lessons import logsumexp, softmax
    >>> from softmax_lessons import check_grad
    >>> z = [0.25, 1.23, -0.8]
    >>> bool(check_grad(logsumexp, softmax, z))
    True
    >>> report = check_grad(lambda x: np.sum(x**3), lambda x: 2 * x**2, z)
    >>> report.ok, report.method, report.worst
    (False, 'complex step', (1,))
    >>> print(report)
    The gradient does not agree with the complex step. Worst entry at [1]: got 3.0258, \
expected 4.5387, error 1.5e+00, allowed 4.5e-10, at a step of 1.2e-100.
    """
    if not callable(f):
        raise TypeError(f"f must be a function of x, got {type(f).__name__}")
    at = as_floats(x, "x")[0].astype(np.float64)
    if not at.size:
        raise ValueError(f"x must have at least one entry, got shape {at.shape}")
    if not np.isfinite(at).all():
        raise ValueError(f"x must be finite, got {at[~np.isfinite(at)][0]}")
    derivatives = Derivatives(f, at)
    got = as_floats(grad(at.copy()) if callable(grad) else grad, "grad")[0].astype(np.float64)
    if got.shape != at.shape:
        raise ValueError(f"grad must have the shape of x, {at.shape}, got {got.shape}")
    absolute = None if atol is None else as_tolerance(atol, "atol", 0.0)
    step = None if eps is None else as_step(eps, "eps", 1.0, 0.0)
    relative = as_tolerance(rtol, "rtol", 1e-10 if derivatives.takes_complex else 1e-6)
    slopes = []
    for i in np.ndindex(at.shape):
        slope = derivatives.along(i, step)
        if slope.method != "complex step":
            step = None if eps is None else as_step(eps, "eps", 1.0, PRECISION)  # x + step is not x
        elif abs(got[i] - slope.value) <= relative * abs(slope.value):
            slope = replace(slope, error=0.0)  # nothing is left that rounding would explain
        slopes.append(slope)
    return report(got, slopes, relative, absolute)


def report(
    got: FloatArray, slopes: list[Slope], relative: float, absolute: float | None
) -> GradCheck:
    """Compare a gradient with the slopes of f, entry by entry."""

    def each(attribute: str) -> NDArray[np.float64]:
        return np.array([getattr(slope, attribute) for slope in slopes], float)

    grad, expected, steepest = got.ravel(), each("value"), each("steepest")
    unsure = each("error") if absolute is None else np.full(grad.size, absolute)
    error, allowed = abs(grad - expected), unsure + relative * abs(expected)
    excess = np.where(error == 0, 0, error / allowed)
    wrong = ~(excess <= 1)  # nan, too
    kinks = np.array([bool(slope.sides) for slope in slopes])
    # An entry is seen if it could not be wrong by a hundredth of it, or if it is 0 beyond doubt.
    seen = (unsure <= abs(expected) / 100) | ((grad == 0) & (unsure < 1e-12 * steepest))
    unseen = ~wrong & ~seen & (absolute is None)
    # That does not matter beside other entries, or other slopes nearby, or where f stands still.
    size = abs(expected[seen & ~kinks]).max(initial=0.0)
    negligible = (unsure <= size / 100) | (unsure <= 1e-6 * steepest)
    hidden = unseen & ~negligible & ~((grad == 0) & (expected == 0) & each("still").astype(bool))
    if kinks.any():
        worst = kinks.argmax()
    elif hidden.any() and not wrong.any():
        worst = np.where(hidden, unsure, -1).argmax()
    else:
        worst = excess.argmax()  # a nan counts as the largest
    return GradCheck(
        ok=not (wrong | kinks | hidden).any(),
        method=slopes[worst].method,
        worst=tuple(int(i) for i in np.unravel_index(worst, got.shape)),
        got=float(grad[worst]),
        expected=float(expected[worst]),
        error=float(error[worst]),
        allowed=float(allowed[worst]),
        step=slopes[worst].step,
        unchecked=int(unseen.sum()),
        sides=slopes[worst].sides,
    )
