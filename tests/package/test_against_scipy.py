"""Agreement with scipy.special where it is right."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from softmax_lessons import log_sigmoid, log_softmax, logsumexp, sigmoid, softmax

special = pytest.importorskip("scipy.special")

X = np.random.default_rng(1).normal(0, 3, (4, 5, 6))


@pytest.mark.parametrize("axis", [0, 1, 2, -1, (0, 1), (2, 0), (0, 1, 2)])
def test_the_same_as_scipy_along_any_axis(axis):
    assert_allclose(softmax(X, axis=axis), special.softmax(X, axis=axis), rtol=1e-13)
    theirs = special.log_softmax(X, axis=axis)  # loses digits near 0
    assert_allclose(log_softmax(X, axis=axis), theirs, rtol=1e-13, atol=1e-15)
    assert_allclose(logsumexp(X, axis=axis), special.logsumexp(X, axis=axis), rtol=1e-13)


def test_sigmoid_is_expit():
    x = np.linspace(-708, 800, 3001)  # scipy gives 0 for subnormal results
    assert_allclose(sigmoid(x), special.expit(x), rtol=1e-13)
    assert_allclose(log_sigmoid(x), special.log_expit(x), rtol=1e-13)
