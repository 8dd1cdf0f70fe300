"""What the page on misuse derives: the gradients of a doubled loss and of a lost logarithm."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose

from softmax_lessons import check_grad, cross_entropy, softmax, softmax_vjp

vectors = hnp.arrays(
    np.float64, st.integers(2, 6), elements=st.integers(-40, 40).map(lambda k: k / 8)
)


@given(vectors, st.data())
def test_the_doubled_loss_goes_back_through_both_softmaxes(z, data):
    label = data.draw(st.integers(0, len(z) - 1))
    p = softmax(z)
    difference = softmax(p) - np.eye(len(z))[label]  # q - y
    grad = p * (difference - p @ difference)
    assert_allclose(softmax_vjp(p, difference), grad, rtol=1e-9, atol=1e-15)
    assert check_grad(lambda z: cross_entropy(softmax(z), label), grad, z)


@pytest.mark.parametrize("classes", [2, 3, 10, 1000])
def test_a_doubled_loss_starts_with_a_gradient_as_many_times_smaller_as_there_are_classes(classes):
    z, y = np.zeros(classes), np.eye(classes)[0]
    p = softmax(z)
    difference = softmax(p) - y
    assert_allclose(p * (difference - p @ difference), (p - y) / classes, rtol=1e-12)


@given(vectors, st.data())
def test_without_the_logarithm_the_share_of_the_truth_stands_before_the_gradient(z, data):
    label = data.draw(st.integers(0, len(z) - 1))
    p = softmax(z)
    grad = p[label] * (p - np.eye(len(z))[label])
    assert check_grad(lambda z: -softmax(z)[label], grad, z)
