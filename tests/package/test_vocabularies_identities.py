"""What the page on many classes derives: the estimated sum, real or drawn, the tree."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose

from softmax_lessons import (
    cross_entropy,
    entropy,
    log_sigmoid,
    sampled_cross_entropy,
    sampled_cross_entropy_and_grad,
    sigmoid,
)
from softmax_lessons.exercises.catalog.vocabularies import decisions

P = np.array([0.5, 0.3, 0.15, 0.05])
Q = np.array([0.1, 0.2, 0.3, 0.4])
Z = np.array([0.7, -1.3, 2.1, 0.4])


def sampled_losses(y, k, log_q_sign=1):
    """Every sample of k classes from Q: its probability, and its loss where y is right."""
    for others in itertools.product(range(4), repeat=k):
        columns = np.array([y, *others])
        log_kq = np.append(0, np.log(k * Q[columns[1:]]))
        loss = sampled_cross_entropy(
            Z[columns][np.newaxis], [0], log_q=log_q_sign * log_kq, candidates=columns
        )
        yield Q[columns[1:]].prod(), loss


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("y", range(4))
def test_the_estimated_sum_is_right_on_average(y, k):
    def mean(log_q_sign):
        losses = sampled_losses(y, k, log_q_sign)
        return sum(weight * (np.exp(loss + Z[y]) - np.exp(Z[y])) for weight, loss in losses)

    rest = np.exp(np.delete(Z, y)).sum()
    assert_allclose(mean(1), rest, rtol=1e-12)
    assert abs(mean(-1) / rest - 1) > 0.1


@pytest.mark.parametrize("y", range(4))
def test_the_sampled_loss_is_too_small_by_less_the_more_is_drawn(y):
    exact = cross_entropy(Z, y)
    means = [sum(weight * loss for weight, loss in sampled_losses(y, k)) for k in (1, 2, 4)]
    assert np.all(np.diff([*means, exact]) > 0)


@pytest.mark.parametrize("y", range(4))
def test_the_right_answer_looks_too_probable_by_less_the_more_is_drawn(y):
    exact = np.exp(-cross_entropy(Z, y))
    means = [
        sum(weight * np.exp(-loss) for weight, loss in sampled_losses(y, k)) for k in (1, 2, 4)
    ]
    assert np.all(np.diff([*means, exact]) < 0)


def expected_slopes(k, *, correct_the_answer):
    """The mean slopes of the scores ln P, over right answers from P and k drawn ones from Q."""
    slopes = np.zeros(4)
    for y, *others in itertools.product(range(4), repeat=k + 1):
        columns = np.array([y, *others])
        log_kq = np.log(k * Q[columns])
        log_kq[0] *= correct_the_answer
        _, grad = sampled_cross_entropy_and_grad(
            np.log(P[columns])[np.newaxis],
            [0],
            log_q=log_kq,
            candidates=None if correct_the_answer else columns,
        )
        np.add.at(slopes, columns, P[y] * Q[columns[1:]].prod() * grad[0])
    return slopes


def test_log_p_is_best_for_any_k_if_the_right_answer_is_corrected_too():
    for k in (1, 2, 4):
        assert_allclose(expected_slopes(k, correct_the_answer=True), 0, atol=1e-15)
    sizes = [np.abs(expected_slopes(k, correct_the_answer=False)).max() for k in (1, 2, 4)]
    assert np.all(np.diff(sizes) < 0)
    assert sizes[-1] > 0.01


@pytest.mark.parametrize("k", [1, 5])
def test_real_or_drawn_is_answered_best_by_the_log_of_the_probability(k):
    """The expected loss of one real class from P and k drawn ones from Q, and its slopes."""

    def slopes(z):
        is_real = sigmoid(z - np.log(k * Q))
        return k * Q * is_real - P * (1 - is_real)

    def loss(z):
        real = z - np.log(k * Q)
        return -(P @ log_sigmoid(real) + k * Q @ log_sigmoid(-real))

    best = np.log(P)
    assert_allclose(sigmoid(best - np.log(k * Q)), P / (P + k * Q), rtol=1e-13)
    assert_allclose(slopes(best), 0, atol=1e-15)
    for shift in (-0.1, 0.1, np.array([0.2, 0, 0, 0])):  # adding to all scores matters
        assert loss(best + shift) > loss(best) + 1e-4


@pytest.mark.parametrize("seed", range(5))
def test_the_leaves_of_a_tree_sum_to_one(seed):
    """Join any two nodes, over and over; each join multiplies what is below by sigma(s z)."""
    rng = np.random.default_rng(seed)
    leaves = [np.array([leaf]) for leaf in range(9)]
    log_p = np.zeros(9)
    while len(leaves) > 1:
        left, right = (leaves.pop(rng.integers(len(leaves))) for _ in range(2))
        z = rng.normal(0, 3)
        log_p[left] += log_sigmoid(-z)
        log_p[right] += log_sigmoid(z)
        leaves.append(np.concatenate([left, right]))
    assert_allclose(np.exp(log_p).sum(), 1, rtol=1e-13)


@pytest.mark.parametrize("seed", range(5))
def test_huffmans_paths_are_within_one_decision_of_the_entropy(seed):
    counts = np.random.default_rng(seed).zipf(1.5, size=50).clip(max=10**6)
    bits = entropy(counts / counts.sum()) / np.log(2)
    assert bits <= decisions(counts) < bits + 1
