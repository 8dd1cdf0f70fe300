"""The three ways to watch: a block, a function, and one step of a model."""

from __future__ import annotations

import functools
import operator
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any, TypeVar, overload

import torch

from softmax_lessons.pytorch.watch._mode import watching
from softmax_lessons.pytorch.watch._report import Report

__all__ = ["watch"]

F = TypeVar("F", bound=Callable[..., Any])


class _Block(AbstractContextManager[Report]):
    """``with watch() as report``; also a decorator with settings, ``@watch(steps=1)``."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._report = Report()
        self._stack = ExitStack()

    def __enter__(self) -> Report:
        self._report = Report()
        self._stack = ExitStack()
        self._stack.enter_context(watching(self._report))
        return self._report

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self._stack.close()
        _tell(error, self._report)

    def __call__(self, step: F) -> F:
        return _watched(step, self._steps)


@overload
def watch(*, steps: int = 3) -> _Block: ...
@overload
def watch(step: F, /, *, steps: int = 3) -> F: ...
@overload
def watch(
    model: Callable[..., Any], loss_fn: Callable[..., Any], x: Any, y: Any, /, *, steps: int = 3
) -> Report: ...
def watch(*args: Any, steps: int = 3) -> Any:
    """Watch a training step, and report the misuse of softmax in it.

    It is a context manager, ``with watch() as report``; a decorator of a function that takes a
    step, ``@watch``, which adds the attribute ``report`` to it and prints what is new; and a
    function, ``watch(model, loss_fn, x, y)``, which tries one step and leaves the model as it was.

    Parameters
    ----------
    *args
        Nothing; or the function to decorate; or ``model``, ``loss_fn``, ``x`` and ``y``.
    steps : int, default 3
        How many calls of a decorated function are watched, 1 or more. From then on the function
        runs by itself, at its own speed.

    Returns
    -------
    context manager, function or Report
        What is entered gives a ``Report``, which is complete when the block has ended.

    Raises
    ------
    TypeError
        If the arguments fit none of the three ways.
    ValueError
        If ``steps`` is below 1.

    See Also
    --------
    Report : What was found.

    Notes
    -----
    The step is not changed: results, gradients, random numbers and modes are the same to the last
    bit, and each tensor is freed where it would be without. Modules that ``torch.compile`` has
    compiled run uncompiled while they are watched (from PyTorch 2.6 on), and then take the time and
    memory of that. What cannot be followed is left alone and counted. Where the step raises, the
    findings are added to the error as a note.

    It costs a short time at each operation, which shows in steps of a few milliseconds and is lost
    in long ones, and at each softmax and loss some numbers of the device, which the step waits for.
    For a moment a check holds some copies of a million numbers, however large the tensors are; of a
    row that is longer, copies of that row. Copies of the buffers are kept by ``watch(model,
    loss_fn, x, y)``, which puts them back.

    Examples
    --------
    >>> import torch
    >>> from softmax_lessons.pytorch.watch import watch
    >>> model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Softmax(dim=-1))
    >>> x, y = torch.ones(4, 2), torch.tensor([0, 1, 2, 0])
    >>> report = watch(model, torch.nn.functional.cross_entropy, x, y)
    >>> finding = report.findings[0]
    >>> finding.misuse, finding.level, finding.module
    ('softmax-first', 'wrong', 'Sequential.1')
    """
    if operator.index(steps) < 1:
        raise ValueError(f"steps must be 1 or more, got {steps!r}")
    if not args:
        return _Block(steps)
    if len(args) == 1 and callable(args[0]) and not isinstance(args[0], torch.nn.Module):
        return _watched(args[0], steps)
    if len(args) == 4 and callable(args[0]) and callable(args[1]):
        return _tried(*args)
    kinds = ", ".join(type(arg).__name__ for arg in args)
    raise TypeError(
        f"watch takes nothing, a function, or (model, loss_fn, x, y), got ({kinds}): write "
        "with watch() as report: around the step, @watch above its function, or "
        "report = watch(model, loss_fn, x, y)"
    )


def _watched(step: F, steps: int) -> F:
    """Watch the first calls of a function."""
    report = Report()
    left = steps

    @functools.wraps(step)
    def watched(*args: Any, **kwargs: Any) -> Any:
        nonlocal left
        if left < 1:
            return step(*args, **kwargs)
        left -= 1
        known = len(report.findings)
        try:
            with watching(report):
                return step(*args, **kwargs)
        except BaseException as error:
            _tell(error, report)
            raise
        finally:
            if len(report.findings) > known:
                print(report, file=sys.stderr)

    watched.report = report  # type: ignore[attr-defined]
    return watched  # type: ignore[return-value]


def _tried(model: Callable[..., Any], loss_fn: Callable[..., Any], x: Any, y: Any) -> Report:
    """Take the loss of one step, and put everything back."""
    report = Report()
    modules = [one for one in (model, loss_fn) if isinstance(one, torch.nn.Module)]
    buffers = [buffer for module in modules for buffer in module.buffers()]
    kept = [buffer.detach().clone() for buffer in buffers]
    homes = [(one._buffers, dict(one._buffers)) for module in modules for one in module.modules()]
    devices = {p.device for module in modules for p in module.parameters()}
    cards = [device for device in devices if device.type == "cuda"]
    try:
        with torch.random.fork_rng(cards), torch.enable_grad(), watching(report) as watcher:
            loss = loss_fn(model(x), y)
            watcher.try_backward(loss)
    except Exception as error:
        _tell(error, report)
        raise
    finally:
        for home, before in homes:  # a step may have bound new ones
            home.clear()
            home.update(before)
        with torch.no_grad():
            for buffer, value in zip(buffers, kept, strict=True):
                buffer.copy_(value)
    return report


def _tell(error: BaseException | None, report: Report) -> None:
    """Add the findings to an error that ends the step."""
    if error is not None and report.findings and hasattr(error, "add_note"):
        error.add_note(f"\n{report!r}")
