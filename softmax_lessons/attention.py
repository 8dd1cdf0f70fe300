"""Scaled dot-product attention: softmax over the keys, and a weighted mean of their values.

The conventions that all functions share stand in the docstring of the package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from softmax_lessons._arguments import as_attention_mask, as_floats, as_positive, check_attention
from softmax_lessons._blockwise import as_lines
from softmax_lessons.activations import no_warnings, softmax_kernel
from softmax_lessons.alternatives import softmax1_kernel

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from softmax_lessons._arguments import FloatArray, Number

__all__ = ["attention"]


# --- kernel -----------------------------------------------------------------------------------


def attention_kernel(
    q: FloatArray,
    k: FloatArray,
    v: FloatArray,
    scale: Number,
    softcap: float | None = None,
    counts: NDArray[np.bool_] | bool = True,
    bias: FloatArray | float = 0.0,
    sink: bool = False,
) -> tuple[FloatArray, FloatArray]:
    """Return ``weights @ v`` and the weights, ``softmax(scale * q @ k.T)`` for each query."""
    scores = (scale * q) @ k.mT  # scaled first, so that less can overflow
    if softcap is not None:
        scores = softcap * np.tanh(scores / softcap)
    scores = np.where(counts, scores + bias, -np.inf)
    weights = np.where(counts, softmax_of_rows(scores, sink), 0)
    return weighted_mean(weights, v, counts), weights


def softmax_of_rows(scores: FloatArray, sink: bool) -> FloatArray:
    """Return softmax along the last axis, or softmax1, which is softmax with a sink."""
    lines = as_lines(scores, (scores.ndim - 1,))
    kernel = softmax1_kernel if sink else softmax_kernel
    return kernel(lines).reshape(scores.shape)


def weighted_mean(
    weights: FloatArray, v: FloatArray, counts: NDArray[np.bool_] | bool
) -> FloatArray:
    """Return ``weights @ v``, where infinities and NaN in ``v`` reach only who counts them.

    In a plain product they would reach everybody, because 0 * inf is NaN.
    """
    is_finite = np.isfinite(v)
    if is_finite.all():
        return weights @ v
    counts = np.broadcast_to(counts, weights.shape)
    mean: FloatArray = weights @ np.where(is_finite, v, 0)
    for value, is_value in ((np.nan, np.isnan), (np.inf, np.isposinf), (-np.inf, np.isneginf)):
        mean = mean + np.where(counts @ is_value(v), value, 0)
    return mean


# --- function ---------------------------------------------------------------------------------


@no_warnings
def attention(
    q: ArrayLike,
    k: ArrayLike,
    v: ArrayLike,
    *,
    mask: ArrayLike | None = None,
    is_causal: bool = False,
    scale: Number | None = None,
    softcap: Number | None = None,
    sink: bool = False,
) -> tuple[FloatArray, FloatArray]:
    """Return for each query the mean of the values, weighted by softmax of its scores.

    Parameters
    ----------
    q : array_like of real numbers, shape (..., L, d)
        The queries. The axes before the last two, such as batch and heads, broadcast with those
        of ``k`` and ``v``.
    k : array_like of real numbers, shape (..., S, d)
        The keys.
    v : array_like of real numbers, shape (..., S, e)
        The values, one for each key.
    mask : array_like of bools or floats, optional
        Broadcasts to the shape of the weights. Booleans are True where a query may attend to a
        key. Floats are added to the scores, and -inf leaves a key out; a table of 1.0 and 0.0, such
        as ``numpy.tri`` returns, leaves out nothing.
    is_causal : bool, default False
        If True, the last query sees all keys, the one before it all but the last, and so on. With
        a ``mask``, it is an error: join the two.
    scale : float, optional
        What the products are multiplied by, above 0; ``1 / sqrt(d)`` by default.
    softcap : float, optional
        Bounds the scores smoothly to ``softcap * tanh(scores / softcap)``, before the mask.
    sink : bool, default False
        If True, a score of 0 joins each row, and its weight is dropped: the weights are
        ``exp(x) / (1 + sum(exp(x)))``, and sum to less than 1.

    Returns
    -------
    output : ndarray, shape (..., L, e)
        In the dtype that NumPy promotes those of ``q``, ``k`` and ``v`` to, where integers count
        as float64.
    weights : ndarray, shape (..., L, S)
        In the same dtype. Without a sink, each row sums to 1, up to rounding. A query that may
        attend to no key has weights of 0, and an output of 0.

    Raises
    ------
    TypeError
        If ``mask`` holds integers.
    ValueError
        If shapes do not fit, if ``scale`` or ``softcap`` is not finite and above 0, or if there
        are both a ``mask`` and ``is_causal``.

    See Also
    --------
    softmax : The weights, of given scores.
    softmax_vjp : The step backward through the weights.

    Notes
    -----
    This is ``softmax(q @ k.T / sqrt(d)) @ v``. Keys and values that a query may not attend to do
    not matter to it, not even NaN.

    ``torch.nn.functional.scaled_dot_product_attention`` counts ``is_causal`` from the other end:
    its first query sees the first key alone. With as many queries as keys that is the same. With a
    cache, where one new query meets S keys, it lets that query see the first key only.

    References
    ----------
    The formula: A. Vaswani et al., "Attention is all you need", 2017, arXiv:1706.03762, section
    3.2.1.

    The soft cap: Gemma Team, "Gemma 2: improving open language models at a practical size", 2024,
    arXiv:2408.00118, section 2.

    The sink: E. Miller, "Attention is off by one", 2023, where the weights are called softmax1.

    Examples
    --------
    >>> from softmax_lessons import attention
    >>> keys = [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]
    >>> values = [[10.0], [20.0], [30.0]]
    >>> output, weights = attention([[4.0, 0.0]], keys, values)
    >>> weights.round(3)
    array([[0.941, 0.056, 0.003]])
    >>> output.round(3)
    array([[10.622]])

    A causal mask: the first of two new queries does not see the last key.

    >>> attention([[4.0, 0.0], [0.0, 0.0]], keys, values, is_causal=True)[1].round(3)
    array([[0.944, 0.056, 0.   ],
           [0.333, 0.333, 0.333]])
    """
    arrays, dtypes = zip(*map(as_floats, (q, k, v), "qkv"), strict=True)
    check_attention(arrays, ("q", "k", "v"))
    queries, keys, values = arrays
    n_queries, n_keys, n_features = queries.shape[-2], keys.shape[-2], queries.shape[-1]
    shape = (*np.broadcast_shapes(queries.shape[:-2], keys.shape[:-2]), n_queries, n_keys)
    counts, bias = as_attention_mask(mask, "mask", shape, is_causal=bool(is_causal))
    by_default = np.result_type(queries, keys).type(1 / np.sqrt(np.longdouble(n_features)))
    factor = by_default if scale is None else as_positive(scale, "scale")
    cap = None if softcap is None else as_positive(softcap, "softcap")
    output, weights = attention_kernel(queries, keys, values, factor, cap, counts, bias, bool(sink))
    dtype = np.result_type(*dtypes)
    return output.astype(dtype, copy=False), weights.astype(dtype, copy=False)
