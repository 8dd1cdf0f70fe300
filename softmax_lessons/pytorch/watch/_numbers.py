"""What the numbers of a tensor say: probabilities, log-probabilities, gradients of a few rows.

All of it works on detached tensors, and on about a million numbers at the most or at a time, so
that a check costs no more than the operation that it looks at, and little memory however large
the tensors are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch._C import _functorch as functorch
from torch.utils._python_dispatch import _disable_current_modes

MOST = 2**20
HALF = (torch.float16, torch.bfloat16)


class unseen:
    """Calculate beside the step: no gradients, no modes, no transforms of torch.func."""

    __slots__ = ("_functions", "_grad", "_modes", "_transforms")

    def __enter__(self) -> None:
        self._functions = torch._C.DisableTorchFunction()
        self._functions.__enter__()
        self._grad = torch.is_grad_enabled()
        torch._C._set_grad_enabled(False)
        self._transforms: Any = None
        if functorch.peek_interpreter_stack() is not None:
            from torch._functorch.pyfunctorch import temporarily_clear_interpreter_stack

            self._transforms = temporarily_clear_interpreter_stack()
            self._transforms.__enter__()
        self._modes: Any = None
        if torch._C._len_torch_dispatch_stack():
            self._modes = _disable_current_modes()
            self._modes.__enter__()

    def __exit__(self, *error: Any) -> None:
        if self._modes is not None:
            self._modes.__exit__(*error)
        if self._transforms is not None:
            self._transforms.__exit__(*error)
        torch._C._set_grad_enabled(self._grad)
        self._functions.__exit__(*error)


def plain(tensor: torch.Tensor) -> torch.Tensor:
    """Return what a tensor of torch.func wraps, the batch first; negative dims stay as they are."""
    tensor = tensor.detach() if not functorch.is_functorch_wrapped_tensor(tensor) else tensor
    while functorch.is_functorch_wrapped_tensor(tensor):
        batch = functorch.maybe_get_bdim(tensor)
        tensor = functorch.get_unwrapped(tensor)
        tensor = tensor.movedim(batch, 0) if batch >= 0 else tensor
    return tensor.detach()


def rows(
    x: torch.Tensor, dim: int | None, y: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Return some rows along ``dim``, as floats, with their labels or rows of targets.

    They lie along the last dimension where nobody knows one.
    """
    dim = -1 if dim is None else dim
    dim -= x.ndim if dim >= 0 else 0  # from the end
    x = plain(x).movedim(dim, -1)
    if y is not None:
        y = plain(y)
        y = y.movedim(dim, -1) if y.ndim == x.ndim else y
        if y.shape[: x.ndim - 1] != x.shape[:-1]:
            y = None
    while x.numel() > MOST and x.shape[:-1].numel() > 1:
        longest = max(range(x.ndim - 1), key=lambda d: x.shape[d])
        half = (x.shape[longest] + 1) // 2
        x = x.narrow(longest, 0, half)
        y = y.narrow(longest, 0, half) if y is not None else None
    size = x.shape[-1]
    exact = torch.float64 if x.dtype == torch.float64 else torch.float32
    if y is not None:
        y = y.reshape(-1, size) if y.ndim == x.ndim else y.reshape(-1)
    return x.reshape(-1, size).to(exact), y


def count(test: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> int:
    """Count the numbers for which a test holds, in pieces, so that its answers take no memory."""
    x = plain(x)
    if x.numel() <= MOST:
        return int(test(x).count_nonzero())
    longest = max(range(x.ndim), key=lambda dim: x.shape[dim])
    pieces = x.chunk(-(-x.numel() // MOST), dim=longest)
    return int(sum(test(piece).count_nonzero() for piece in pieces))


def zeros(x: torch.Tensor) -> int:
    """Count the zeros."""
    return count(lambda piece: piece == 0, x)


def zeros_and_ones(x: torch.Tensor) -> str:
    """Say how many numbers are 0, if all others are 1 and both are there."""
    x = plain(x)
    none = zeros(x)
    if not 0 < none < x.numel() or none + count(lambda piece: piece == 1, x) < x.numel():
        return ""
    return f"{none} of {x.numel()} numbers of the mask are 0"


def tolerance(dtype: torch.dtype) -> float:
    """Return how far from 1 the sum of probabilities may lie in a format."""
    return {torch.float16: 5e-3, torch.bfloat16: 3e-2}.get(dtype, 1e-4)


def are_probabilities(p: torch.Tensor, dtype: torch.dtype) -> bool:
    """Tell whether all rows are probabilities: 0 or above, with the sum 1."""
    if not p.numel() or p.shape[-1] < 2 or not bool(p.min() >= 0):
        return False
    limit = tolerance(dtype) if len(p) > 1 else min(tolerance(dtype), 1e-2)
    low, high = p.sum(dim=-1).aminmax()
    return float(low) > 1 - limit and float(high) < 1 + limit


def are_log_probabilities(log_p: torch.Tensor, dtype: torch.dtype) -> bool:
    """Tell whether all rows are log-probabilities: 0 or below, with the log-sum-exp 0."""
    if not log_p.numel() or log_p.shape[-1] < 2:
        return False
    limit = 3 * tolerance(dtype)
    if not bool(log_p.max() <= limit):
        return False
    low, high = log_p.logsumexp(dim=-1).aminmax()
    return float(low) > -limit and float(high) < limit


def one_hot(y: torch.Tensor, p: torch.Tensor) -> torch.Tensor | None:
    """Return targets as rows like ``p``; labels outside of the classes get rows of zeros."""
    if y.ndim == p.ndim:
        return y.to(p)
    if y.is_floating_point():
        return None
    return (y[:, None] == torch.arange(p.shape[-1], device=y.device)).to(p)


def span(values: torch.Tensor) -> str:
    """Say between which numbers all of them lie."""
    return f"between {float(values.min()):.3g} and {float(values.max()):.3g}"


def through_softmax(p: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    """Return the gradient for the logits, from that for their softmax."""
    return p * (gradient - (p * gradient).sum(dim=-1, keepdim=True))


def times_smaller(right: torch.Tensor, got: torch.Tensor) -> str:
    """Say how the gradient compares with the right one, in a clause."""
    norm = torch.linalg.vector_norm
    right_norm, got_norm = float(norm(right)), float(norm(got))
    if not right_norm > 0 or not got_norm > 0:
        return "the gradient is 0" if right_norm > 0 else ""
    ratio = right_norm / got_norm
    if ratio < 1.05:
        return ""
    return f"the gradient is {ratio:.2g} times smaller than from logits"
