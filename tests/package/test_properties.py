"""What holds for any scores.

The scores are multiples of 1/8, so that shifting them by whole numbers is exact, and where theory
says equal the tests may ask for equal.
"""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal
from support.family import ACTIVATIONS, ELEMENTWISE, WITH_AXIS

from softmax_lessons import (
    hardmax,
    log_sigmoid,
    log_softmax,
    logsumexp,
    sigmoid,
    softmax,
    softplus,
)

eighths = st.integers(-240, 240).map(lambda k: k / 8)
shifts = st.integers(-(2**40), 2**40)
vectors = hnp.arrays(np.float64, st.integers(1, 20), elements=eighths)
matrices = hnp.arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=eighths)
cubes = hnp.arrays(
    np.float64, hnp.array_shapes(min_dims=3, max_dims=3, max_side=4), elements=eighths
)
TIGHT = 1e-14


@given(vectors)
def test_probabilities_lie_in_range_and_sum_to_one(z):
    p = softmax(z)
    assert ((p > 0) & (p <= 1)).all()
    assert_allclose(p.sum(), 1, rtol=TIGHT)


@given(vectors, shifts)
def test_shifting_all_scores_changes_no_probability(z, c):
    assert_array_equal(softmax(z + c), softmax(z))
    assert_array_equal(log_softmax(z + c), log_softmax(z))
    assert_array_equal(hardmax(z + c), hardmax(z))


@given(vectors, shifts)
def test_logsumexp_moves_with_the_shift(z, c):
    assert_allclose(logsumexp(z + c), logsumexp(z) + c, rtol=TIGHT, atol=TIGHT)


@given(vectors)
def test_logsumexp_lies_between_the_maximum_and_log_n_above_it(z):
    assert z.max() <= logsumexp(z) <= z.max() + np.log(z.size) + 40 * TIGHT


@given(vectors, st.randoms(use_true_random=False))
def test_permuting_the_scores_permutes_the_result(z, random):
    order = random.sample(range(z.size), z.size)
    assert_allclose(softmax(z[order]), softmax(z)[order], rtol=TIGHT)
    assert_allclose(log_softmax(z[order]), log_softmax(z)[order], rtol=TIGHT)
    assert_allclose(logsumexp(z[order]), logsumexp(z), rtol=TIGHT, atol=TIGHT)


@given(vectors)
def test_order_is_kept(z):
    order = np.argsort(z)
    assert (np.diff(softmax(z)[order]) >= 0).all()
    assert (np.diff(log_softmax(z)[order]) >= 0).all()
    assert softmax(z).argmax() == z.argmax() == hardmax(z).argmax()


@given(vectors)
def test_log_softmax_is_the_log_of_softmax(z):
    assert_allclose(log_softmax(z), np.log(softmax(z)), rtol=1e-12, atol=TIGHT)
    assert_allclose(log_softmax(z), z - logsumexp(z), rtol=1e-12, atol=TIGHT)


@given(vectors)
def test_log_softmax_twice_is_log_softmax(z):
    once = log_softmax(z)
    assert_allclose(log_softmax(once), once, rtol=1e-12, atol=TIGHT)


@given(hnp.arrays(np.float64, 10, elements=eighths))
def test_two_classes_are_a_sigmoid(z):
    pairs = softmax(np.stack([z, np.zeros_like(z)], axis=-1))
    assert_allclose(pairs[:, 0], sigmoid(z), rtol=TIGHT)
    assert_allclose(pairs[:, 1], sigmoid(-z), rtol=TIGHT)
    assert_allclose(sigmoid(z) + sigmoid(-z), np.ones(10), rtol=TIGHT)


@given(vectors)
def test_softplus_is_a_smooth_maximum_and_log_sigmoid_its_mirror(z):
    assert_array_equal(log_sigmoid(z), -softplus(-z))
    assert_allclose(log_sigmoid(z), np.log(sigmoid(z)), rtol=1e-12, atol=TIGHT)
    assert_allclose(softplus(z) - softplus(-z), z, rtol=TIGHT, atol=TIGHT)
    pairs = np.stack([z, np.zeros_like(z)], axis=-1)
    assert_allclose(softplus(z), logsumexp(pairs), rtol=TIGHT)
    assert (softplus(z) >= np.maximum(z, 0)).all()


@given(vectors, st.floats(0.1, 10), st.floats(1, 10))
def test_a_higher_temperature_lowers_the_top(z, temperature, factor):
    cold, warm = softmax(z, temperature=temperature), softmax(z, temperature=temperature * factor)
    assert warm.max() <= cold.max() * (1 + TIGHT)


@given(vectors)
def test_hardmax_is_one_hot_at_the_first_maximum(z):
    expected = np.zeros_like(z)
    expected[np.argmax(z)] = 1
    assert_array_equal(hardmax(z), expected)


@given(matrices)
def test_a_batch_is_its_rows(x):
    for function in ACTIVATIONS:
        rows = np.array([function(row) for row in x])
        assert_allclose(function(x), rows, rtol=TIGHT, atol=TIGHT)
        assert_allclose(function(x.T, axis=0).T, rows, rtol=TIGHT, atol=TIGHT)


@given(cubes)
def test_axes_count_from_both_ends_and_in_any_order(x):
    for function in ACTIVATIONS:
        assert_array_equal(function(x, axis=-2), function(x, axis=1))
        assert_array_equal(function(x, axis=(0, -1)), function(x, axis=(2, 0)))


@given(cubes)
def test_several_axes_are_one_flattened_axis(x):
    flat = x.transpose(1, 0, 2).reshape(x.shape[1], -1)
    for function in [softmax, log_softmax, hardmax]:
        expected = function(flat).reshape(x.shape[1], x.shape[0], x.shape[2]).transpose(1, 0, 2)
        assert_allclose(function(x, axis=(0, 2)), expected, rtol=TIGHT, atol=TIGHT)
    assert_allclose(logsumexp(x, axis=(0, 2)), logsumexp(flat), rtol=TIGHT, atol=TIGHT)


@given(vectors, st.data())
def test_masked_scores_count_as_absent(z, data):
    mask = data.draw(hnp.arrays(np.bool_, z.shape))
    mask[data.draw(st.integers(0, z.size - 1))] = True
    p = softmax(z, where=mask)
    assert_allclose(p[mask], softmax(z[mask]), rtol=TIGHT)
    assert_array_equal(p[~mask], 0)
    log_p = log_softmax(z, where=mask)
    assert_allclose(log_p[mask], log_softmax(z[mask]), rtol=TIGHT, atol=TIGHT)
    assert_array_equal(log_p[~mask], -np.inf)
    assert_allclose(logsumexp(z, where=mask), logsumexp(z[mask]), rtol=TIGHT, atol=TIGHT)
    hard = hardmax(z, where=mask)
    assert_array_equal(hard[mask], hardmax(z[mask]))
    assert_array_equal(hard[~mask], 0)


@given(matrices)
def test_nothing_changes_its_input(x):
    before = x.copy()
    for function in [*ELEMENTWISE, *WITH_AXIS]:
        with np.errstate(all="ignore"):
            function(x)
        assert_array_equal(x, before)
