"""What the page on language models derives: perplexity, counts, and classes that cannot win."""

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose

from softmax_lessons import cross_entropy, cross_entropy_and_grad, softmax

THREE_CONTEXTS = np.array([0, 0, 0, 0, 1, 1, 2, 2, 2])
THEIR_NEXT = np.array([1, 1, 3, 0, 2, 2, 0, 1, 3])


@pytest.mark.parametrize("seed", range(5))
def test_the_perplexity_is_one_over_the_likelihood_of_a_token(seed):
    """The geometric mean of the tokens' probabilities, in exact arithmetic."""
    z = np.random.default_rng(seed).normal(size=(7, 4), scale=3)
    tokens = np.arange(7) % 4
    with mpmath.workdps(50):
        likelihood = mpmath.mpf(1)
        for row, token in zip(z.tolist(), tokens.tolist(), strict=True):
            likelihood *= mpmath.exp(row[token]) / mpmath.fsum(map(mpmath.exp, row))
        expected = float(mpmath.root(1 / likelihood, 7))
    assert_allclose(np.exp(cross_entropy(z, tokens)), expected, rtol=1e-13)


@pytest.mark.parametrize("seed", range(5))
def test_the_slope_of_a_row_of_logits_is_what_the_model_says_less_the_counts(seed):
    W = np.random.default_rng(seed).normal(size=(3, 4))
    _, slopes = cross_entropy_and_grad(W[THREE_CONTEXTS], THEIR_NEXT)
    for context in range(3):
        inside = context == THREE_CONTEXTS
        frequencies = np.bincount(THEIR_NEXT[inside], minlength=4) / inside.sum()
        expected = inside.sum() / len(inside) * (softmax(W[context]) - frequencies)
        assert_allclose(slopes[inside].sum(axis=0), expected, rtol=1e-12, atol=1e-15)
        with np.errstate(divide="ignore"):
            at_the_counts = softmax(np.log(frequencies))
        assert_allclose(at_the_counts, frequencies, rtol=1e-14)


@pytest.mark.parametrize("seed", range(5))
def test_a_mean_of_other_rows_never_has_the_largest_logit(seed):
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(6, 3))
    W[0] = rng.dirichlet(np.ones(5)) @ W[1:]
    z = rng.normal(size=(1000, 3), scale=10) @ W.T
    assert (z[:, 0] <= z[:, 1:].max(axis=1) + 1e-12).all()
    outside = W.copy()
    outside[0] = 3 * np.abs(W).sum() * np.array([1.0, 0, 0])
    assert (outside @ outside[0]).argmax() == 0  # a row far outside does win
