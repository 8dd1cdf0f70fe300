"""The mode that sees every operation of torch while a step is watched."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.optim.optimizer import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)
from torch.overrides import TorchFunctionMode

from softmax_lessons.pytorch.watch import _operations
from softmax_lessons.pytorch.watch._report import Report
from softmax_lessons.pytorch.watch._watcher import Call, Watcher

STRICT = False  # raise what goes wrong in here, for the tests
Handler = Callable[[Watcher, Call], None]

FAKE = torch._C._TorchDispatchModeKey.FAKE
_handlers: dict[Any, tuple[Handler | None, Handler | None]] = {}


class Mode(TorchFunctionMode):
    """Runs each operation unchanged, then looks at what went in and what came out."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.watcher = Watcher(report)

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Run ``func``, and note what it did."""
        kwargs = kwargs or {}
        # A trace would hold the checks, too; tensors that are fake hold no numbers.
        unwatched = torch._C._is_tracing() or torch._C._get_dispatch_mode(FAKE) is not None
        if unwatched or self.watcher.looks_away():
            return func(*args, **kwargs)
        try:
            before, after = _handlers[func]
        except KeyError:
            before, after = _handlers[func] = _operations.handlers(func)
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
            if call.on_meta:
                return
            handler(self.watcher, call)
            if self.watcher.marks.some_are_flat:
                _operations.spread_flat(self.watcher, call)
        except Exception:  # whatever it is, the step must not notice
            if STRICT:
                raise
            self.watcher.report.lost += 1


@contextlib.contextmanager
def watching(report: Report, *, steps: bool = True) -> Iterator[Watcher]:
    """Watch what runs inside, and leave nothing behind.

    ``steps`` says whether to listen to the optimizers, too.
    """
    mode = Mode(report)
    with contextlib.ExitStack() as stack:
        stack.enter_context(_compiled_runs_as_written())
        stack.enter_context(_fast_paths_stay(mode))
        pause = register_optimizer_step_pre_hook(lambda *given: mode.watcher.step_begins(*given))
        stack.callback(pause.remove)
        if steps:
            hook = register_optimizer_step_post_hook(lambda *_: step_taken(mode.watcher))
            stack.callback(hook.remove)
        stack.callback(_quietly, mode.watcher, mode.watcher.finish)
        stack.enter_context(mode)
        yield mode.watcher


def step_taken(watcher: Watcher) -> None:
    """Tell a watcher that an optimizer has taken a step."""
    _quietly(watcher, watcher.step_taken)


def _quietly(watcher: Watcher, look: Callable[[], None]) -> None:
    try:
        look()
    except Exception:  # whatever it is, the step must not notice
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

    torch.overrides.has_torch_function = has_torch_function  # type: ignore[assignment]
    try:
        yield
    finally:
        torch.overrides.has_torch_function = original


@contextlib.contextmanager
def _compiled_runs_as_written() -> Iterator[None]:
    """Run what torch.compile has compiled, or compiles in here, as it is written.

    The compiler takes seconds to import, so nobody who does not use it waits for it.
    """
    if not hasattr(torch.compiler, "set_stance"):  # before PyTorch 2.6
        yield
        return
    compile_, stance = torch.compile, contextlib.ExitStack()

    def eager(*args: Any, **kwargs: Any) -> Any:
        compiled = compile_(*args, **kwargs)
        torch.compile = compile_
        stance.enter_context(torch.compiler.set_stance("force_eager"))
        return compiled

    with stance:
        if "torch._dynamo" in sys.modules:
            stance.enter_context(torch.compiler.set_stance("force_eager"))
        else:
            torch.compile = eager
        try:
            yield
        finally:
            torch.compile = compile_
