"""Right and wrong submissions to the exercises of the chapter "training"."""

import numpy as np

from support.submissions._formulas import hot, loss, loss_grad, plain_exp


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


def fall_by_squares(W, b, x, labels, rate):
    delta = loss_grad(x @ W.T + b, labels)
    return rate * (np.sum((delta.T @ x) ** 2) + np.sum(delta.sum(axis=0) ** 2))


def fall_with_ones(W, b, x, labels, rate):
    """The constants are the weights of an input that is always 1."""
    inputs = np.column_stack([x, np.ones(len(x))])
    gradient = loss_grad(inputs @ np.column_stack([W, b]).T, labels).T @ inputs
    return rate * np.linalg.norm(gradient) ** 2


def fall_by_loops(W, b, x, labels, rate):
    fall = 0.0
    rows = [(row, loss_grad((W @ row + b)[None], [y])[0]) for row, y in zip(x, labels, strict=True)]
    for k in range(len(b)):
        fall += rate * np.mean([delta[k] for _, delta in rows]) ** 2
        for j in range(W.shape[1]):
            fall += rate * np.mean([delta[k] * row[j] for row, delta in rows]) ** 2
    return fall


def fall_by_products_of_rows(W, b, x, labels, rate):
    """By products of the rows with each other: the gradient of the weights is never made."""
    delta = loss_grad(x @ W.T + b, labels)
    return rate * np.sum((delta @ delta.T) * (x @ x.T + 1))


def real_fall(W, b, x, labels, rate):
    delta = loss_grad(x @ W.T + b, labels)
    after = x @ (W - rate * delta.T @ x).T + b - rate * delta.sum(axis=0)
    return loss(x @ W.T + b, labels) - loss(after, labels)


def fall_unshifted(W, b, x, labels, rate):
    delta = (plain_exp(x @ W.T + b) - hot(labels, len(b))) / len(x)
    return rate * (((delta.T @ x) ** 2).sum() + (delta.sum(axis=0) ** 2).sum())


def fall_by_weights(W, b, x, labels, rate):
    return rate * ((loss_grad(x @ W.T + b, labels).T @ x) ** 2).sum()


def fall_row_by_row(W, b, x, y, rate):
    falls = [fall_by_squares(W, b, x[i : i + 1], y[i : i + 1], rate) for i in range(len(x))]
    return sum(falls) / len(falls)


RIGHT = [
    ("promised_fall", fall_by_squares),
    ("promised_fall", fall_with_ones),
    ("promised_fall", fall_by_loops),
    ("promised_fall", fall_by_products_of_rows),
    ("tanh_slopes", in_one_line),
    ("tanh_slopes", by_loops),
]

WRONG = [
    ("promised_fall", real_fall, "It takes the step, and measures how far the loss does fall."),
    (
        "promised_fall",
        lambda W, b, x, y, rate: loss(x @ W.T + b, y) - fall_by_squares(W, b, x, y, rate),
        "It is the loss after the fall",
    ),
    ("promised_fall", fall_by_weights, "The slopes for the constants are left out."),
    (
        "promised_fall",
        fall_row_by_row,
        "It squares the slopes of each row, and then takes the mean.",
    ),
    ("promised_fall", fall_unshifted, "Large logits give a wrong fall."),
    ("promised_fall", lambda *a: -fall_by_squares(*a), "It has the wrong sign"),
    ("promised_fall", lambda *a: fall_by_squares(*a) / 2, "It is half of it"),
    ("promised_fall", lambda *a: fall_by_squares(*a) * a[-1], "the rate is squared"),
    ("promised_fall", lambda *a: fall_by_squares(*a[:-1], 1), "taken for 1"),
    (
        "promised_fall",
        lambda *a: (a[-1] * fall_by_squares(*a)) ** 0.5,
        "It is the length of the step",
    ),
    (
        "promised_fall",
        lambda *a: fall_by_squares(*a) * len(a[2]) ** 2,
        "they are N times too large",
    ),
    ("promised_fall", lambda *a: min(fall_by_squares(*a), 100), "Large slopes are wrong."),
    ("promised_fall", lambda *a: fall_by_squares(a[0], 0 * a[1], *a[2:]), "missing in the logits"),
    ("tanh_slopes", back_through(np.ones_like), "The slope of tanh is missing."),
    ("tanh_slopes", back_through(lambda h: h > 0), "It takes the slope of ReLU"),
    ("tanh_slopes", back_through(lambda h: 1 - h), "1 - h, without the square"),
    ("tanh_slopes", lambda *a: len(a[2]) * in_one_line(*a), "It adds the rows up"),
    ("tanh_slopes", lambda *a: in_one_line(*a).T, "transposed"),
    ("tanh_slopes", unshifted, "Large logits give a wrong gradient."),
    ("tanh_slopes", for_the_last_weights, "It is the gradient for `W2`."),
    ("tanh_slopes", with_w2_the_other_way, "It raises a ValueError"),
]
