"""The mode that sees every operation of torch while a step is watched."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.optim.optimizer import register_optimizer_step_post_hook
from torch.overrides import TorchFunctionMode

from softmax_lessons.pytorch.watch import _operations
from softmax_lessons.pytorch.watch._numbers import unseen
from softmax_lessons.pytorch.watch._report import Report
from softmax_lessons.pytorch.watch._watcher import Call, Watcher

STRICT = False  # raise what goes wrong in here, for the tests
Handler = Callable[[Watcher, Call], None]


class Mode(TorchFunctionMode):
    """Runs each operation unchanged, then looks at what went in and what came out."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.watcher = Watcher(report)
        self._handlers: dict[Any, tuple[Handler | None, Handler | None]] = {}

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Run ``func``, and note what it did."""
        kwargs = kwargs or {}
        try:
            before, after = self._handlers[func]
        except KeyError:
            before, after = self._handlers[func] = _operations.handlers(func)
        if before is not None:
            self._note(before, func, args, kwargs, None)
        out = func(*args, **kwargs)
        if after is not None:
            self.watcher.report.operations += 1
            self._note(after, func, args, kwargs, out)
        return out

    def _note(self, handler: Handler, func: Any, args: Any, kwargs: Any, out: Any) -> None:
        try:
            call = Call(func, args, kwargs, out)
            handler(self.watcher, call)
            if self.watcher.marks.some_are_flat:
                _operations.spread_flat(self.watcher, call)
        except Exception:  # whatever it is, the step must not notice
            if STRICT:
                raise
            self.watcher.report.lost += 1


@contextlib.contextmanager
def watching(report: Report) -> Iterator[Watcher]:
    """Watch what runs inside, and leave nothing behind."""
    mode = Mode(report)
    with contextlib.ExitStack() as stack:
        if hasattr(torch.compiler, "set_stance"):  # from PyTorch 2.6 on
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        stack.enter_context(_fast_paths_stay(mode))
        stack.enter_context(_optimizer_steps(mode.watcher))
        stack.callback(_finish, mode.watcher)
        stack.enter_context(mode)
        yield mode.watcher


def _finish(watcher: Watcher) -> None:
    try:
        with unseen():
            watcher.finish()
    except Exception:
        if STRICT:
            raise
        watcher.report.lost += 1


@contextlib.contextmanager
def _fast_paths_stay(mode: Mode) -> Iterator[None]:
    """Let nn.TransformerEncoder and nn.MultiheadAttention choose the path that they take unwatched.

    They leave their fast path, whose last digits differ, where any mode is active.
    """
    original = torch.overrides.has_torch_function

    def has_torch_function(arguments: Any) -> bool:
        depth = torch._C._len_torch_function_stack()
        if depth and torch._C._get_function_stack_at(depth - 1) is mode:
            with torch.overrides._pop_mode_temporarily():
                return bool(original(arguments))
        return bool(original(arguments))

    torch.overrides.has_torch_function = has_torch_function
    try:
        yield
    finally:
        torch.overrides.has_torch_function = original


@contextlib.contextmanager
def _optimizer_steps(watcher: Watcher) -> Iterator[None]:
    """Tell the watcher when an optimizer takes its step."""
    handle = register_optimizer_step_post_hook(lambda *_: watcher.step_taken())
    try:
        yield
    finally:
        handle.remove()
