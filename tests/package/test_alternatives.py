"""Sparsemax, entmax and softmax1 against mpmath, optimality, and numerical derivatives."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from support.exact import rows
from support.family import FLOATS, Z, inf, nan, whole

from softmax_lessons import (
    check_grad,
    entmax,
    entmax_vjp,
    softmax,
    softmax1,
    softmax1_vjp,
    softmax_vjp,
    sparsemax,
    sparsemax_vjp,
)

ALPHAS = [1, 1 + 1e-9, 1.01, 1.25, 1.5, 1.75, 2, 2.5, 5]
SPARSE = [sparsemax, entmax]
EVERYTHING = [sparsemax, entmax, softmax1]


def exact_entmax(row, alpha, digits=40):
    """Bisect for the largest probability with many digits."""
    with mpmath.workdps(digits):
        x = [mpmath.mpf(float(v)) for v in row]
        x = [v - max(x) for v in x]
        c = mpmath.mpf(float(alpha)) - 1

        def p(largest):
            if c == 0:
                return [largest * mpmath.exp(v) for v in x]
            return [max(largest**c + c * v, 0) ** (1 / c) for v in x]

        low, high = mpmath.mpf(1) / (2 * len(x)), mpmath.mpf(1)
        for _ in range(digits * 3):
            middle = (low + high) / 2
            low, high = (low, middle) if mpmath.fsum(p(middle)) > 1 else (middle, high)
        return p(high)


def exact_softmax1(row):
    e = [mpmath.exp(float(v)) for v in row]
    return [v / (1 + mpmath.fsum(e)) for v in e]


def error(got, exact, dtype):
    """Return the largest error, relative to 1, in units of the precision."""
    differences = [abs(mpmath.mpf(float(g)) - e) for g, e in zip(got, exact, strict=True)]
    return float(max(differences)) / np.finfo(dtype).eps


@pytest.mark.parametrize("spread", [1, 10, 700])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("alpha", ALPHAS)
def test_entmax_is_exact(alpha, dtype, spread):
    scores = rows(dtype, spread, count=3)
    for row, p in zip(scores, entmax(scores, alpha=alpha), strict=True):
        assert error(p, exact_entmax(row, alpha), dtype) < 4


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("alpha", [3, 10, 20])
def test_entmax_is_exact_where_a_class_may_just_enter(alpha, dtype):
    """Beyond alpha 2, a class that just enters does so with an infinite slope."""
    scores = (np.random.default_rng(0).normal(size=(5, 6)) / (alpha - 1)).astype(dtype)
    for row, p in zip(scores, entmax(scores, alpha=alpha), strict=True):
        assert error(p, exact_entmax(row, alpha, digits=100), dtype) < alpha


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("alpha", [20, 100, 1e6, 1e300])
def test_scores_that_tie_share_alike_whatever_alpha_is(alpha, dtype):
    """The largest probability to the power ``alpha - 1`` is far below the precision, or 0."""
    assert_allclose(entmax(np.zeros(300, dtype), alpha=alpha), 1 / 300, rtol=1e-6)
    assert_array_equal(entmax(np.array([2, 2, 1], dtype), alpha=alpha), [0.5, 0.5, 0])
    assert_array_equal(entmax(np.array([1e-3, 0, 0], dtype), alpha=1e300), [1, 0, 0])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("alpha", [3, 20, 100, 1000])
def test_the_sum_is_1_whatever_alpha_is(alpha, seed):
    x = np.random.default_rng(seed).normal(size=(50, 12)) / (alpha - 1)
    assert_allclose(entmax(x, alpha=alpha).sum(axis=-1), 1, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("spread", [1, 10, 700])
def test_sparsemax_is_exact(dtype, spread):
    scores = rows(dtype, spread, count=10)
    for row, p in zip(scores, sparsemax(scores), strict=True):
        assert error(p, exact_entmax(row, 2), dtype) < 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("spread", [1, 10, 80])
def test_softmax1_is_exact(dtype, spread):
    scores = rows(dtype, spread)
    for row, p in zip(scores, softmax1(scores), strict=True):
        assert error(p, exact_softmax1(row), dtype) < 4


def test_alpha_goes_from_softmax_to_sparsemax():
    scores = rows(np.float64, 3)
    assert_array_equal(entmax(scores, alpha=1), softmax(scores))
    assert_array_equal(entmax(scores, alpha=2), sparsemax(scores))
    assert_allclose(entmax(scores, alpha=1 + 1e-12), softmax(scores), atol=1e-11)
    assert_allclose(entmax(scores, alpha=2 - 1e-12), sparsemax(scores), atol=1e-11)
    used = [(entmax(scores, alpha=alpha) > 0).sum() for alpha in (1, 1.25, 1.5, 2, 3)]
    assert used == sorted(used, reverse=True)
    assert used[0] > used[2] > used[-1]


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=12), st.integers(0, 2**32 - 1))
def test_no_point_of_the_simplex_lies_nearer(scores, seed):
    x = np.array(scores)
    p = sparsemax(x)
    others = np.random.default_rng(seed).dirichlet(np.full(len(x), 0.3), 50)
    assert p.sum() == pytest.approx(1)
    nearest = ((others - x) ** 2).sum(axis=-1).min()
    assert ((p - x) ** 2).sum() <= nearest + 1e-12


@given(
    st.lists(st.floats(-5, 5), min_size=1, max_size=12),
    st.sampled_from([1.25, 1.5, 2, 3]),
    st.integers(0, 2**32 - 1),
)
def test_entmax_is_the_best_by_its_entropy(scores, alpha, seed):
    x = np.array(scores)

    def value(p):
        return p @ x + (p - p**alpha).sum(axis=-1) / (alpha * (alpha - 1))

    others = np.random.default_rng(seed).dirichlet(np.full(len(x), 0.3), 50)
    assert value(entmax(x, alpha=alpha)) >= value(others).max() - 1e-9


@pytest.mark.parametrize("alpha", ALPHAS)
def test_the_level_of_the_scores_does_not_matter(alpha):
    scores = rows(np.float64, 2)
    assert_array_equal(entmax(scores + 1024, alpha=alpha), entmax(scores, alpha=alpha))
    assert_array_equal(sparsemax(scores + 1024), sparsemax(scores))


def test_softmax1_is_softmax_with_one_more_score_of_0():
    scores = rows(np.float64, 3)
    more = np.concatenate([scores, np.zeros((len(scores), 1))], axis=-1)
    assert_allclose(softmax1(scores), softmax(more)[:, :-1], rtol=1e-14)


def test_softmax1_keeps_its_1_at_any_level():
    assert softmax1([8.0, 1.0, 1.0]).sum() == pytest.approx(0.9996, abs=1e-4)
    assert_allclose(softmax1([1000.0, 1000.0]), [0.5, 0.5])
    assert_array_equal(softmax1([-1000.0, -inf]), [0, 0])
    assert_allclose(softmax1([-700.0]), np.exp(-700.0), rtol=1e-13)


@pytest.mark.parametrize("function", SPARSE)
def test_what_lies_too_far_below_gets_0(function):
    assert_array_equal(function([3.0, 1.0, 1.0]), [1, 0, 0])
    assert_array_equal(function([0.0, -inf, 0.0]), [0.5, 0, 0.5])
    assert_array_equal(function([5.0]), [1])
    assert_array_equal(function([1e308, -1e308]), [1, 0])
    assert_allclose(function(np.zeros(100_000, np.float32)), 1e-5, rtol=1e-6)


@pytest.mark.parametrize("function", EVERYTHING)
def test_rows_that_are_not_finite(function):
    for row in ([1.0, nan, 0.0], [0.0, inf, 0.0], [nan, nan, nan]):
        assert np.isnan(function(row)).all()
    nothing = function([-inf, -inf])
    assert_array_equal(nothing, [0, 0] if function is softmax1 else [nan, nan])


@pytest.mark.parametrize("function", EVERYTHING)
@pytest.mark.parametrize("dtype", FLOATS)
def test_dtypes_come_back(function, dtype):
    p = function(np.array(Z, dtype))
    assert p.dtype == dtype
    assert_allclose(p.astype(float), function(Z), atol=2 * float(np.finfo(dtype).eps))


@pytest.mark.parametrize("function", EVERYTHING)
def test_axes_masks_and_out(function):
    x = np.random.default_rng(0).normal(size=(4, 5, 6))
    assert_allclose(function(x, axis=1), np.moveaxis(function(np.moveaxis(x, 1, 2)), 2, 1))
    assert_allclose(function(x, axis=(0, 2)).sum(axis=(0, 2)) <= 1 + 1e-12, True)
    mask = x > -1
    assert mask.any(axis=-1).all()
    assert_array_equal(function(x, where=mask), function(np.where(mask, x, -inf)))
    assert_array_equal(function(x, where=False), 0)
    out = np.empty_like(x)
    assert function(x, out=out) is out
    assert_array_equal(out, function(x))


@pytest.mark.parametrize("function", EVERYTHING)
def test_long_rows_sum_to_1(function):
    x = np.random.default_rng(0).normal(size=(2, 200_000)).astype(np.float32)
    assert_allclose(function(x).sum(axis=-1, dtype=float), 1, atol=2e-5)


# --- products with the Jacobian ---------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("alpha", [1, 1.25, 1.5, 2])
def test_entmax_vjp_is_the_slope(alpha, seed):
    random = np.random.default_rng(seed)
    x, g = random.normal(size=(2, 8))
    p = entmax(x, alpha=alpha)
    assert check_grad(
        lambda x: g @ entmax(x, alpha=alpha), lambda x: entmax_vjp(p, g, alpha=alpha), x
    )


@pytest.mark.parametrize("seed", range(5))
def test_the_other_products_are_slopes(seed):
    random = np.random.default_rng(seed)
    x, g = random.normal(size=(2, 8))
    assert check_grad(lambda x: g @ sparsemax(x), lambda x: sparsemax_vjp(sparsemax(x), g), x)
    assert check_grad(lambda x: g @ softmax1(x), lambda x: softmax1_vjp(softmax1(x), g), x)


def test_the_products_agree_where_they_meet():
    random = np.random.default_rng(0)
    x, g = random.normal(size=(2, 30, 7))
    assert_allclose(entmax_vjp(softmax(x), g, alpha=1), softmax_vjp(softmax(x), g), atol=1e-15)
    p = sparsemax(x)
    assert_array_equal(entmax_vjp(p, g, alpha=2), sparsemax_vjp(p, g))


def test_a_common_part_of_the_gradient_goes_without_a_trace():
    p = entmax(np.random.default_rng(0).normal(size=9))
    assert_allclose(entmax_vjp(p, np.full(9, 1e8)), 0, atol=1e-8)
    assert_array_equal(sparsemax_vjp([0.5, 0.5, 0.0], [1e8, 1e8, 5]), 0)


def test_what_has_probability_0_hears_nothing():
    assert_array_equal(sparsemax_vjp([0.25, 0.75, 0.0], [0.0, 1.0, 1e300]), [-0.5, 0.5, 0])
    assert_array_equal(entmax_vjp([[0.0, 0.0]], [[1.0, 2.0]]), 0)
    assert np.isnan(entmax_vjp([nan, nan], [1.0, 2.0])).all()


@pytest.mark.parametrize("alpha", [0.5, -1, inf, nan])
def test_alpha_is_1_or_above(alpha):
    message = f"alpha must be 1 or above and finite, got {alpha!r}: 1 is softmax, 2 sparsemax"
    for call in (lambda: entmax(Z, alpha=alpha), lambda: entmax_vjp(Z, Z, alpha=alpha)):
        with pytest.raises(ValueError, match=whole(message)):
            call()


def test_alpha_is_a_number():
    with pytest.raises(TypeError, match="alpha must be one real number"):
        entmax(Z, alpha="1.5")
