"""Agreement with PyTorch where it is right."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from support.family import EVERYTHING, Z, by_name

from softmax_lessons import log_sigmoid, log_softmax, logsumexp, sigmoid, softmax, softplus

torch = pytest.importorskip("torch")

X = np.random.default_rng(2).normal(0, 3, (4, 5, 6))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_the_same_as_torch_along_any_axis(axis, dtype):
    x = X.astype(dtype)
    t = torch.from_numpy(x)
    rtol = 20 * np.finfo(dtype).eps
    assert_allclose(softmax(x, axis=axis), torch.softmax(t, axis).numpy(), rtol=rtol)
    theirs = torch.log_softmax(t, axis).numpy()  # loses digits near 0
    assert_allclose(log_softmax(x, axis=axis), theirs, rtol=rtol, atol=rtol)
    assert_allclose(logsumexp(x, axis=axis), torch.logsumexp(t, axis).numpy(), rtol=rtol)
    assert_allclose(sigmoid(x), torch.sigmoid(t).numpy(), rtol=rtol)
    of_sigmoid = torch.nn.functional.logsigmoid(t).numpy()
    assert_allclose(log_sigmoid(x), of_sigmoid, rtol=rtol, atol=1e-30)
    of_plus = torch.nn.functional.softplus(t, threshold=1000).numpy()
    assert_allclose(softplus(x), of_plus, rtol=rtol, atol=1e-30)


@pytest.mark.parametrize("function", EVERYTHING, ids=by_name)
@pytest.mark.parametrize("kind", [torch.tensor, lambda z: torch.nn.Parameter(torch.tensor(z))])
def test_tensors_are_refused(function, kind):
    with pytest.raises(TypeError, match="x is a torch tensor"):
        function(kind(Z))
