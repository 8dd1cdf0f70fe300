"""What the page on scale derives: the sum that the gradient needs, and what a ring sends."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from softmax_lessons import attention, softmax_vjp

rng = np.random.default_rng(0)


def test_the_sum_over_a_row_is_the_slope_times_the_output():
    q, k, v, g = (rng.normal(size=shape) for shape in ((5, 4), (9, 4), (9, 3), (5, 3)))
    o, p = attention(q, k, v)
    dp = g @ v.T
    assert_allclose((p * dp).sum(axis=1), (g * o).sum(axis=1), rtol=1e-12)
    assert_allclose(p * (dp - (g * o).sum(axis=1, keepdims=True)), softmax_vjp(p, dp), atol=1e-14)


@pytest.mark.parametrize("ranks", [2, 3, 4, 7])
def test_a_ring_sends_each_part_round_twice(ranks):
    """Go through the messages: first the parts are added up, then they are handed out."""
    arrays = rng.normal(size=(ranks, ranks, 6))  # of each rank, cut into as many parts
    total = arrays.sum(axis=0)
    sent = np.zeros(ranks)
    for step in range(2 * (ranks - 1)):
        parts = [(rank - step) % ranks for rank in range(ranks)]
        messages = [arrays[rank, parts[rank]].copy() for rank in range(ranks)]
        for rank, message in enumerate(messages):
            neighbour = arrays[(rank + 1) % ranks]
            added = neighbour[parts[rank]] + message if step < ranks - 1 else message
            neighbour[parts[rank]] = added
            sent[rank] += message.nbytes
    assert_allclose(arrays, np.broadcast_to(total, arrays.shape))
    assert_allclose(sent, 2 * (ranks - 1) / ranks * total.nbytes)
