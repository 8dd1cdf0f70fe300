"""Formulas that submissions of several chapters use: written out, not the package's."""

import numpy as np

E = np.exp


def shifted(z):
    return z - z.max(axis=-1, keepdims=True)


def soft(z):
    """Softmax as the stability page ends with it."""
    z = np.asarray(z)
    return soft_of_floats(z if z.dtype.kind == "f" else z.astype(float))


def soft_of_floats(z):
    e = E(shifted(z))
    return e / e.sum(axis=-1, keepdims=True)


def log_sum(z):
    """Log-sum-exp as the stability page ends with it."""
    m = z.max(axis=-1, keepdims=True)
    m = np.where(np.isfinite(m), m, 0)
    return np.log(E(z - m).sum(axis=-1)) + m[..., 0]


def hard(z):
    return np.eye(z.shape[-1])[z.argmax(axis=-1)]


def hot(y, k):
    result = np.zeros((len(y), k))
    result[np.arange(len(y)), y] = 1
    return result


def jacobian(z):
    p = soft(z)
    return np.diag(p) - np.outer(p, p)


def loss(z, y):
    d = shifted(z)
    return float(np.mean(np.log(E(d).sum(axis=-1)) - d[np.arange(len(y)), y]))


def loss_grad(z, y):
    p = soft(z)
    p[np.arange(len(y)), y] -= 1
    return p / len(y)


def two_halves(x):
    x = np.asarray(x, float)
    small = E(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


def plain_exp(z):
    return E(z) / E(z).sum(axis=-1, keepdims=True)
