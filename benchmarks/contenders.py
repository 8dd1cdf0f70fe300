"""Each function as the libraries offer it, and as textbooks write it in NumPy.

Every factory takes an array and an axis, and returns calls without arguments: "ours", the peers,
and "limit". The limit is what this machine needs at the least with NumPy: each number fetched
from memory once, ``exp`` on numbers that are in the cache already, and a fresh result.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from scipy import special

import softmax_lessons as sl
from benchmarks.timing import Call
from softmax_lessons import compiled

torch.set_num_threads(1)
compiled.set_num_threads(1)

Array = np.ndarray[Any, Any]
Calls = dict[str, Call]
RESIDENT = 2**14  # entries: input and output of exp together stay in the cache


def softmax(x: Array, axis: int) -> Calls:
    """Softmax into a fresh array."""
    t = torch.from_numpy(x)

    def plain() -> Array:
        e = np.exp(x - x.max(axis=axis, keepdims=True))
        return e / e.sum(axis=axis, keepdims=True)

    return {
        "ours": lambda: sl.softmax(x, axis),
        "compiled": lambda: compiled.softmax(x, axis),
        "scipy": lambda: special.softmax(x, axis=axis),
        "torch": lambda: torch.softmax(t, axis),
        "numpy": plain,
        "limit": _with_exp(x, x.copy),
    }


def softmax_out(x: Array, axis: int) -> Calls:
    """Softmax into an array that is there already; SciPy has no ``out``."""
    t, out = torch.from_numpy(x), np.empty_like(x)
    t_out = torch.from_numpy(np.empty_like(x))

    def plain() -> Array:
        np.subtract(x, x.max(axis=axis, keepdims=True), out=out)
        np.exp(out, out=out)
        return np.divide(out, out.sum(axis=axis, keepdims=True), out=out)

    return {
        "ours": lambda: sl.softmax(x, axis, out=out),
        "compiled": lambda: compiled.softmax(x, axis, out=out),
        "scipy": lambda: special.softmax(x, axis=axis),
        "torch": lambda: torch.softmax(t, axis, out=t_out),
        "numpy": plain,
        "limit": _with_exp(x, lambda: np.copyto(out, x)),
    }


def softmax_with_temperature(x: Array, axis: int) -> Calls:
    """Softmax at a temperature of 2; elsewhere the scores are divided first."""
    t = torch.from_numpy(x)

    def plain() -> Array:
        scaled = x / 2
        e = np.exp(scaled - scaled.max(axis=axis, keepdims=True))
        return e / e.sum(axis=axis, keepdims=True)

    return {
        "ours": lambda: sl.softmax(x, axis, temperature=2.0),
        "compiled": lambda: compiled.softmax(x, axis, temperature=2.0),
        "scipy": lambda: special.softmax(x / 2, axis=axis),
        "torch": lambda: torch.softmax(t / 2, axis),
        "numpy": plain,
        "limit": _with_exp(x, x.copy),
    }


def log_softmax(x: Array, axis: int) -> Calls:
    """Log-softmax into a fresh array."""
    t = torch.from_numpy(x)

    def plain() -> Array:
        d = x - x.max(axis=axis, keepdims=True)
        return d - np.log(np.exp(d).sum(axis=axis, keepdims=True))

    return {
        "ours": lambda: sl.log_softmax(x, axis),
        "compiled": lambda: compiled.log_softmax(x, axis),
        "scipy": lambda: special.log_softmax(x, axis=axis),
        "torch": lambda: torch.log_softmax(t, axis),
        "numpy": plain,
        "limit": _with_exp(x, x.copy),
    }


def logsumexp(x: Array, axis: int) -> Calls:
    """Log-sum-exp: one number for each row."""
    t = torch.from_numpy(x)

    def plain() -> Array:
        top = x.max(axis=axis, keepdims=True)
        return np.squeeze(top, axis) + np.log(np.exp(x - top).sum(axis=axis))

    return {
        "ours": lambda: sl.logsumexp(x, axis),
        "compiled": lambda: compiled.logsumexp(x, axis),
        "scipy": lambda: special.logsumexp(x, axis=axis),
        "torch": lambda: torch.logsumexp(t, axis),
        "numpy": plain,
        "limit": _with_exp(x, x.max),
    }


def sigmoid(x: Array, axis: int) -> Calls:
    """Sigmoid of each entry; ``axis`` does not matter."""
    t = torch.from_numpy(x)
    return {
        "ours": lambda: sl.sigmoid(x),
        "compiled": lambda: compiled.sigmoid(x),
        "scipy": lambda: special.expit(x),
        "torch": lambda: torch.sigmoid(t),
        "numpy": lambda: 1 / (1 + np.exp(-x)),
        "limit": _with_exp(x, x.copy),
    }


def cross_entropy_and_grad(x: Array, axis: int) -> Calls:
    """Mean loss and its gradient, for class labels; SciPy has neither."""
    labels = _labels(x, axis)
    leaf, target = torch.from_numpy(x).requires_grad_(), torch.from_numpy(labels)
    where = np.expand_dims(labels, axis)

    def autograd() -> Any:
        logits = leaf.movedim(axis, -1)  # torch wants the classes at axis 1, which is the last
        loss = torch.nn.functional.cross_entropy(logits, target)
        return loss, *torch.autograd.grad(loss, leaf)

    def plain() -> tuple[Any, Array]:
        d = x - x.max(axis=axis, keepdims=True)
        e = np.exp(d)
        total = e.sum(axis=axis, keepdims=True)
        loss = (np.log(total) - np.take_along_axis(d, where, axis)).mean()
        grad = e / total
        np.put_along_axis(grad, where, np.take_along_axis(grad, where, axis) - 1, axis)
        return loss, grad / labels.size

    return {
        "ours": lambda: sl.cross_entropy_and_grad(x, labels, axis),
        "compiled": lambda: compiled.cross_entropy_and_grad(x, labels, axis),
        "torch": autograd,
        "numpy": plain,
        "limit": _with_exp(x, x.copy),
    }


def softmax_vjp(x: Array, axis: int) -> Calls:
    """Vector times Jacobian from given probabilities; torch's is the backward pass alone."""
    p, g = _probabilities_and_slopes(x, axis)
    leaf, t_g = torch.from_numpy(x).requires_grad_(), torch.from_numpy(g)
    t_p = torch.softmax(leaf, axis)
    return {
        "ours": lambda: sl.softmax_vjp(p, g, axis),
        "compiled": lambda: compiled.softmax_vjp(p, g, axis),
        "torch": lambda: torch.autograd.grad(t_p, leaf, t_g, retain_graph=True),
        "numpy": lambda: p * (g - (p * g).sum(axis=axis, keepdims=True)),
        "limit": lambda: p * g,
    }


def _labels(x: Array, axis: int) -> Array:
    """Return a class for each row."""
    of_rows = tuple(np.delete(x.shape, axis))
    return np.asarray(np.random.default_rng(1).integers(0, x.shape[axis], of_rows))


def _probabilities_and_slopes(x: Array, axis: int) -> tuple[Array, Array]:
    """Return what a step backward through softmax starts from."""
    g = np.random.default_rng(2).standard_normal(x.shape).astype(x.dtype)
    return np.ascontiguousarray(special.softmax(x, axis=axis)), g


# --- the compiled twins -----------------------------------------------------------------------
# Into an array that is there already, where PyTorch can do so, too.


def in_place_of(name: str, x: Array, axis: int) -> Calls:
    """Return the function of that name, with ``out``, as our two and PyTorch have it."""
    t, out = torch.from_numpy(x), np.empty_like(x)
    t_out = torch.from_numpy(np.empty_like(x))
    ours, twin = getattr(sl, name), getattr(compiled, name)
    if name == "sigmoid":
        return {
            "compiled": lambda: twin(x, out=out),
            "ours": lambda: ours(x, out=out),
            "scipy": lambda: special.expit(x, out=out),
            "torch": lambda: torch.sigmoid(t, out=t_out),
            "limit": limit(x, lambda: np.copyto(out, x)),
        }
    if name == "logsumexp":
        of_rows = np.empty(np.delete(x.shape, axis), x.dtype)
        t_rows = torch.from_numpy(of_rows.copy())
        return {
            "compiled": lambda: twin(x, axis, out=of_rows),
            "ours": lambda: ours(x, axis, out=of_rows),
            "scipy": lambda: special.logsumexp(x, axis=axis),
            "torch": lambda: torch.logsumexp(t, axis, out=t_rows),
            "limit": limit(x, x.max),
        }
    if name == "cross_entropy_and_grad":
        labels = _labels(x, axis)
        calls = cross_entropy_and_grad(x, axis)
        return {
            "compiled": lambda: twin(x, labels, axis, out=out),
            "ours": lambda: ours(x, labels, axis, out=out),
            "torch": calls["torch"],  # autograd has no out
            "limit": limit(x, lambda: np.copyto(out, x)),
        }
    if name == "softmax_vjp":
        p, g = _probabilities_and_slopes(x, axis)
        t_g, t_p = torch.from_numpy(g), torch.from_numpy(p)
        backward = torch.ops.aten._softmax_backward_data.out
        return {
            "compiled": lambda: twin(p, g, axis, out=out),
            "ours": lambda: ours(p, g, axis, out=out),
            "torch": lambda: backward(t_g, t_p, axis, t.dtype, grad_input=t_out),
            "limit": lambda: np.multiply(p, g, out=out),
        }
    return {
        "compiled": lambda: twin(x, axis, out=out),
        "ours": lambda: ours(x, axis, out=out),
        "scipy": lambda: getattr(special, name)(x, axis=axis),
        "torch": lambda: getattr(torch, name)(t, axis, out=t_out),
        "limit": limit(x, lambda: np.copyto(out, x)),
    }


def limit(x: Array, move: Call) -> Call:
    """Return a call that moves the data once, and takes exp of it at the pace of the faster exp."""
    exp = compiled.loops().exp_of_all  # it takes numbers of 0 or below
    return _with_exp(x, move, -abs(x.ravel()[:RESIDENT]), exp)


def _exp_of_numpy(source: Array, target: Array) -> None:
    np.exp(source, out=target)


def _with_exp(
    x: Array,
    move: Call,
    source: Array | None = None,
    exp: Callable[[Array, Array], None] = _exp_of_numpy,
) -> Call:
    """Return a call that moves the data once, and takes as many exponentials as ``x`` is long.

    The block that exp is taken of, by default the first numbers of ``x``, lies in the cache.
    """
    block = x.ravel()[:RESIDENT].copy() if source is None else source
    target = np.empty_like(block)
    whole, rest = divmod(x.size, RESIDENT)

    def limit() -> None:
        move()
        for _ in range(whole):
            exp(block, target)
        if rest:
            exp(block[:rest], target[:rest])

    return limit
