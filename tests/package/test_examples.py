"""The examples that the lessons lean on."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from support.family import P, Z

from softmax_lessons import hardmax, log_softmax, logsumexp, sigmoid, softmax


def test_softmax_of_the_running_example():
    assert_allclose(softmax(Z), P, rtol=1e-7)
    assert_array_equal(softmax(Z).round(3), [0.249, 0.664, 0.087])


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([3.2, 5.1, 2.7], [0.121, 0.806, 0.073]),
        ([0.1, 0.9, 0.2], [0.231, 0.514, 0.255]),
        ([0, 0.9, 0.1], [0.219, 0.539, 0.242]),
    ],
)
def test_softmax_of_the_examples_in_the_sources(scores, expected):
    assert_allclose(softmax(scores), expected, atol=5e-4, rtol=0)


def test_softmax_is_not_rounded():
    assert softmax(Z)[0] != round(softmax(Z)[0], 6)


def test_log_softmax_and_logsumexp_of_the_running_example():
    assert_allclose(log_softmax(Z), np.log(P), rtol=2e-7)
    assert logsumexp(Z) == pytest.approx(1.639886399777708, rel=1e-15)


def test_hardmax_of_the_running_example():
    assert_array_equal(hardmax(Z), [0, 1, 0])


def test_sigmoid_of_some_numbers():
    assert_allclose(sigmoid([-1, 0, 1]), [0.2689414213699951, 0.5, 0.7310585786300049], rtol=1e-15)


def test_default_axis_is_the_last():
    batch = [[1, 2, 3], [1, 1, 1]]
    assert_allclose(softmax(batch).sum(axis=1), [1, 1], rtol=1e-15)
    assert_array_equal(softmax(batch), softmax(batch, axis=1))
    assert_array_equal(log_softmax(batch), log_softmax(batch, axis=1))
    assert_array_equal(logsumexp(batch), logsumexp(batch, axis=1))
    assert_array_equal(hardmax(batch), [[0, 0, 1], [1, 0, 0]])


def test_temperature_divides_the_scores():
    for t in (2, 4):
        assert_allclose(softmax(Z, temperature=t), softmax(np.divide(Z, t)), rtol=1e-14)
    assert_allclose(softmax(Z, temperature=0.5), softmax(np.multiply(Z, 2)), rtol=1e-14)
    assert_allclose(log_softmax(Z, temperature=4), log_softmax(np.divide(Z, 4)), rtol=1e-14)
    assert_allclose(softmax(Z, temperature=1e-3), hardmax(Z), atol=1e-300)
    assert_allclose(softmax(Z, temperature=1e6), np.full(3, 1 / 3), rtol=1e-5)


def test_logsumexp_keepdims():
    x = np.arange(24.0).reshape(2, 3, 4)
    assert logsumexp(x, axis=1).shape == (2, 4)
    assert logsumexp(x, axis=1, keepdims=True).shape == (2, 1, 4)
    assert logsumexp(x, axis=(0, 2), keepdims=True).shape == (1, 3, 1)
    assert_array_equal(logsumexp(x, axis=1, keepdims=True)[:, 0], logsumexp(x, axis=1))


def test_hardmax_of_many_ties():
    assert hardmax(np.zeros(300)).sum() == 1
