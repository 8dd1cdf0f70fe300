"""Attention and its gradient against PyTorch."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from softmax_lessons import attention, softmax_vjp

torch = pytest.importorskip("torch")
sdpa = torch.nn.functional.scaled_dot_product_attention

LEAD = (2, 3)
BOTH = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def arrays(dtype, L=7, S=7, d=8, e=5):
    random = np.random.default_rng(16)
    shapes = ((*LEAD, L, d), (*LEAD, S, d), (*LEAD, S, e))
    return [random.normal(0, 2, shape).astype(dtype) for shape in shapes]


def theirs(arrays, **options):
    return sdpa(*map(torch.from_numpy, arrays), **options).numpy()


def assert_close(got, expected):
    assert got.dtype == expected.dtype
    assert_allclose(got, expected, rtol=0, atol=60 * np.finfo(got.dtype).eps)


@BOTH
@pytest.mark.parametrize("scale", [None, 1.0, 0.1])
@pytest.mark.parametrize("S", [1, 7, 40])
def test_the_same_output(S, scale, dtype):
    qkv = arrays(dtype, S=S)
    assert_close(attention(*qkv, scale=scale)[0], theirs(qkv, scale=scale))


@BOTH
def test_the_same_with_a_mask_of_booleans(dtype):
    qkv = arrays(dtype, S=9)
    mask = np.random.default_rng(1).random((*LEAD, 7, 9)) < 0.5
    mask[..., 0] = True
    assert_close(attention(*qkv, mask=mask)[0], theirs(qkv, attn_mask=torch.from_numpy(mask)))
    mask[:, :, 2] = False  # an empty row
    got = attention(*qkv, mask=mask)[0]
    assert_array_equal(got[:, :, 2], 0)
    assert_close(got, theirs(qkv, attn_mask=torch.from_numpy(mask)))


@BOTH
def test_the_same_with_a_mask_of_floats(dtype):
    qkv = arrays(dtype, S=9)
    random = np.random.default_rng(1)
    bias = np.where(random.random((7, 9)) < 0.3, -np.inf, random.normal(size=(7, 9)))
    bias = bias.astype(dtype)
    assert_close(attention(*qkv, mask=bias)[0], theirs(qkv, attn_mask=torch.from_numpy(bias)))


@BOTH
def test_causal_is_the_same_with_as_many_queries_as_keys_only(dtype):
    qkv = arrays(dtype)
    assert_close(attention(*qkv, is_causal=True)[0], theirs(qkv, is_causal=True))
    q, k, v = qkv
    alone = theirs((q[..., -1:, :], k, v), is_causal=True)
    assert_close(alone, np.ascontiguousarray(v[..., :1, :]))  # the first key and no other
    from_the_end = attention(q[..., -1:, :], k, v, is_causal=True)[0]
    assert_close(from_the_end, theirs(qkv, is_causal=True)[..., -1:, :])


def test_the_weights_are_those_of_multihead_attention():
    heads, d = 2, 6
    torch.manual_seed(0)
    layer = torch.nn.MultiheadAttention(d, heads, bias=False, batch_first=True).double()
    x = torch.randn(1, 5, d, dtype=torch.float64)
    ignored = torch.tensor([[False, False, False, True, True]])
    with torch.no_grad():
        _, expected = layer(x, x, x, key_padding_mask=ignored, average_attn_weights=False)
        projected = (x @ layer.in_proj_weight.T).numpy()[0]
    q, k, v = (
        part.reshape(5, heads, d // heads).swapaxes(0, 1) for part in np.split(projected, 3, axis=1)
    )
    weights = attention(q, k, v, mask=~ignored.numpy())[1]
    assert_allclose(weights, expected[0].numpy(), rtol=1e-12)


def test_the_gradient_by_softmax_vjp_is_that_of_autograd():
    q, k, v = (a[0, 0] for a in arrays(np.float64))
    tensors = [torch.tensor(a, requires_grad=True) for a in (q, k, v)]
    g = np.random.default_rng(2).normal(size=(7, 5))
    (sdpa(*tensors, is_causal=True) * torch.from_numpy(g)).sum().backward()
    _, weights = attention(q, k, v, is_causal=True)
    of_scores = softmax_vjp(weights, g @ v.T) / np.sqrt(8)
    ours = (of_scores @ k, of_scores.T @ q, weights.T @ g)
    for got, tensor in zip(ours, tensors, strict=True):
        assert_allclose(got, tensor.grad.numpy(), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", ["q", "k", "v", "mask"])
def test_tensors_are_refused(name):
    q, k, v = arrays(np.float64)
    arguments = {"q": q, "k": k, "v": v, "mask": np.ones((7, 7), bool)}
    arguments[name] = torch.from_numpy(arguments[name])
    with pytest.raises(TypeError, match=rf"^{name} is a torch tensor: pass {name}.detach\(\)"):
        attention(**arguments)


@pytest.mark.parametrize("is_causal", [False, True])
def test_a_list_of_tensors_with_gradients_is_refused_as_a_mask(is_causal):
    row = [torch.tensor(0.0, requires_grad=True)] * 7
    with pytest.raises(TypeError, match=r"^mask holds torch tensors: pass torch\.stack\(mask\)"):
        attention(*arrays(np.float64), mask=row, is_causal=is_causal)
