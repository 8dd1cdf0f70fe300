"""The look-up: a query finds the keys that point its way, and returns the mean of their values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from softmax_lessons._arguments import as_floats
from softmax_lessons.activations import softmax
from softmax_lessons.interactive._live import Live
from softmax_lessons.interactive._table import figure, show
from softmax_lessons.interactive._values import as_names, check_finite
from softmax_lessons.language import _

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from softmax_lessons._arguments import FloatArray

__all__ = ["lookup"]


def lookup(
    keys: ArrayLike,
    query: ArrayLike,
    values: ArrayLike,
    labels: Sequence[str] | None = None,
    *,
    scaled: bool = True,
) -> Live:
    """Return the look-up: attention of one query to a few keys, as arrows that can be moved.

    The scores, the weights and the weighted mean of the values follow. Sliders move the query or
    the key that is chosen; so does a drag. A box to tick divides the scores by the square root
    of 2, the number of dimensions.

    Parameters
    ----------
    keys : array_like of finite numbers, of shape (n, 2)
        The keys to start from, three to six.
    query : array_like of two finite numbers
        The query to start from.
    values : array_like of finite numbers, of shape (n,) or (n, e)
        What belongs to each key: a number, or a vector of up to three.
    labels : sequence of str, optional
        The names of the keys. By default they are called key 1, key 2 and so on.
    scaled : bool, default True
        Whether the scores are divided by the square root of 2 at the start.

    Returns
    -------
    Live
        The figure.

    Raises
    ------
    TypeError
        If ``keys``, ``query`` or ``values`` do not hold real numbers, or ``labels`` no strings.
    ValueError
        If a shape does not fit, if a number is not finite, or if a label is missing.

    See Also
    --------
    softmax_lessons.attention : The function behind it, for many queries.

    Notes
    -----
    Keys and query are rounded to two digits, the steps of the sliders.

    Examples
    --------
    >>> from softmax_lessons.interactive import lookup
    >>> lookup([[1.0, 0.2], [0.3, 1.0], [-1.0, -0.5]], [1.5, 0.5], [10.0, 20.0, 30.0])
    Look-up: the query (1.50, 0.50) attends to 3 keys
    key       coordinates  q · k / √2  weight  value
    key 1    (1.00, 0.20)       1.131   0.580  10.00
    key 2    (0.30, 1.00)       0.672   0.366  20.00
    key 3  (−1.00, −0.50)      −1.237   0.054  30.00
    mean                                1.000  14.75
    """
    k = np.round(as_finite_array(keys, "keys"), 2) + 0.0
    q = np.round(as_finite_array(query, "query"), 2) + 0.0
    v = as_finite_array(values, "values")
    if k.ndim != 2 or k.shape[1] != 2 or not 3 <= len(k) <= 6:
        raise ValueError(f"keys must be three to six points of the plane, got shape {k.shape}")
    if q.shape != (2,):
        raise ValueError(f"query must be a point of the plane, two numbers, got shape {q.shape}")
    if v.ndim not in (1, 2) or len(v) != len(k) or not 1 <= v[0].size <= 3:
        message = f"values must be {len(k)} numbers, or {len(k)} rows of up to three, one a key"
        raise ValueError(f"{message}, got shape {v.shape}")
    names = [_("key {n}", n=i + 1) for i in range(len(k))] if labels is None else labels
    names = as_names(names, len(k), "keys")
    scores = k @ q / (math.sqrt(2) if scaled else 1)
    weights = softmax(scores)
    rows = [
        [name, point(key), score, weight, entry(value)]
        for name, key, score, weight, value in zip(names, k, scores, weights, v, strict=True)
    ]
    mean: list[Any] = [_("mean"), "", "", float(weights.sum()), entry(weights @ v)]
    return figure(
        "lookup",
        {
            "labels": names,
            "keys": k.tolist(),
            "query": q.tolist(),
            "values": v.reshape(len(v), -1).tolist(),
            "scaled": bool(scaled),
            "limit": limit(np.array([*k, q])),
        },
        _("Look-up: the query {query} attends to {n} keys", query=point(q), n=len(k)),
        [
            _("key"),
            _("coordinates"),
            f"q · k{' / √2' if scaled else ''}",
            _("weight"),
            _("value"),
        ],
        [*rows, mean],
    )


def as_finite_array(x: ArrayLike, name: str) -> FloatArray:
    """Return an array of finite float64."""
    array: FloatArray = as_floats(x, name)[0].astype(np.float64)
    check_finite(array, name)
    return array


def point(x: FloatArray) -> str:
    """Return coordinates to read."""
    return f"({', '.join(show(float(each), 2) for each in x)})"


def entry(value: Any) -> str:
    """Return a value to read: a number, or a vector."""
    return point(value) if np.ndim(value) else show(float(value), 2)


def limit(points: FloatArray) -> int:
    """Return how far the plane goes up and down; it goes half as far again to both sides."""
    x, y = map(float, np.abs(points).max(axis=0))
    return max(2, math.ceil((x + 1.1) / 1.5), math.ceil(y + 0.1))
