"""Right and wrong submissions to the exercises of the chapter "jacobian"."""

import numpy as np

from support.submissions._formulas import jacobian, soft


def jacobian_by_differences(z):
    h = 1e-5
    return np.array([(soft(z + n) - soft(z - n)) / (2 * h) for n in h * np.eye(len(z))])


RIGHT = [
    ("softmax_jacobian", jacobian),
    ("softmax_jacobian", jacobian_by_differences),
    ("softmax_vjp", lambda p, g: p * (g - np.einsum("...i,...i", p, g)[..., None])),
]

WRONG = [
    ("softmax_jacobian", lambda z: np.diag(np.diag(jacobian(z))), "Only the diagonal is there"),
    ("softmax_jacobian", lambda z: np.diag(jacobian(z)), "It returns only the diagonal, as a vect"),
    ("softmax_jacobian", lambda z: -jacobian(z), "Every number has the wrong sign."),
    ("softmax_jacobian", lambda z: soft(z)[:, None] * (1 - soft(z)), "Jacobian is not symmetric."),
    ("softmax_vjp", lambda p, g: p * g, "It multiplies by p only."),
    (
        "softmax_vjp",
        lambda p, g: (np.diag(p) - np.outer(p, p)) @ g,
        "It raises a ValueError, with a",
    ),
    ("softmax_vjp", lambda p, g: p * (g - p), "A row sums to 0.17, not to 0."),
]
