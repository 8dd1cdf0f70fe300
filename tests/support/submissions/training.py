"""Right and wrong submissions to the exercises of the chapter "training"."""

import numpy as np

from support.submissions._formulas import hot, loss_grad, plain_exp


def by_loops(w1, w2, x, y):
    result = np.zeros_like(w1)
    for row, label in zip(x, y, strict=True):
        h = np.tanh(w1 @ row)
        delta = loss_grad((w2 @ h)[None], np.array([label]))[0]
        result += np.outer(w2.T @ delta / np.cosh(w1 @ row) ** 2, row)
    return result / len(x)


def in_one_line(w1, w2, x, y):
    h = np.tanh(x @ w1.T)
    return ((loss_grad(h @ w2.T, y) @ w2) * (1 - h * h)).T @ x


def back_through(slope):
    def solution(w1, w2, x, y):
        h = np.tanh(x @ w1.T)
        return ((loss_grad(h @ w2.T, y) @ w2) * slope(h)).T @ x

    return solution


def unshifted(w1, w2, x, y):
    h = np.tanh(x @ w1.T)
    delta = (plain_exp(h @ w2.T) - hot(y, len(w2))) / len(x)
    return ((delta @ w2) * (1 - h**2)).T @ x


def for_the_last_weights(w1, w2, x, y):
    h = np.tanh(x @ w1.T)
    return loss_grad(h @ w2.T, y).T @ h


def with_w2_the_other_way(w1, w2, x, y):
    h = np.tanh(x @ w1.T)
    return ((loss_grad(h @ w2.T, y) @ w2.T) * (1 - h**2)).T @ x


RIGHT = [
    ("tanh_slopes", in_one_line),
    ("tanh_slopes", by_loops),
]

WRONG = [
    ("tanh_slopes", back_through(np.ones_like), "The slope of tanh is missing."),
    ("tanh_slopes", back_through(lambda h: h > 0), "It takes the slope of ReLU"),
    ("tanh_slopes", back_through(lambda h: 1 - h), "1 - h, without the square"),
    ("tanh_slopes", lambda *a: len(a[2]) * in_one_line(*a), "It adds the rows up"),
    ("tanh_slopes", lambda *a: in_one_line(*a).T, "transposed"),
    ("tanh_slopes", unshifted, "Large logits give a wrong gradient."),
    ("tanh_slopes", for_the_last_weights, "It is the gradient for `W2`."),
    ("tanh_slopes", with_w2_the_other_way, "It raises a ValueError"),
]
