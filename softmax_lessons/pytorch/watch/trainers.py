"""Callbacks for the trainers of Hugging Face and of Lightning, each where its library is installed.

Both watch the first steps of a training, print what they find to standard error, and keep it in
``report``.
"""

from __future__ import annotations

import importlib
import sys
from contextlib import ExitStack
from typing import Any

from softmax_lessons.pytorch.watch._mode import watching
from softmax_lessons.pytorch.watch._report import Report

LIGHTNING = ("lightning.pytorch", "pytorch_lightning")


class _Steps:
    """The first steps, from the begin of one to the end of the last."""

    def __init__(self, steps: int) -> None:
        if steps < 1:
            raise ValueError(f"steps must be 1 or more, got {steps!r}")
        self.left, self.report, self._stack = steps, Report(), ExitStack()
        self._told = 0  # how many findings

    def begin(self) -> None:
        self.end(taken=False)
        if self.left > 0:
            self._stack.enter_context(watching(self.report, steps=False))

    def end(self, *, taken: bool = True) -> None:
        self._stack.close()
        self.left -= taken
        if len(self.report.findings) > self._told:
            self._told = len(self.report.findings)
            print(self.report, file=sys.stderr)


def hugging_face(steps: int = 3) -> Any:
    """Return a callback for the ``Trainer`` of transformers that watches its first steps.

    Parameters
    ----------
    steps : int, default 3
        How many steps of the optimizer to watch, 1 or more.

    Returns
    -------
    transformers.TrainerCallback
        For ``Trainer(..., callbacks=[hugging_face()])``; its ``report`` holds what was found.

    Raises
    ------
    ImportError
        If transformers is not installed.
    ValueError
        If ``steps`` is below 1.

    See Also
    --------
    lightning : The same for Lightning.

    Notes
    -----
    A step with gradient accumulation is watched as one. ``Trainer`` tells its callbacks nothing of
    errors: where the model raises one, watching ends; where another part of a watched step does,
    ``callback.on_train_end()`` ends it.

    Examples
    --------
    >>> from softmax_lessons.pytorch.watch.trainers import hugging_face
    >>> trainer = Trainer(model, callbacks=[hugging_face()])  # doctest: +SKIP
    """
    try:
        from transformers import TrainerCallback  # type: ignore[import-not-found,unused-ignore]
    except ImportError as error:
        raise ImportError("hugging_face needs transformers: pip install transformers") from error
    watched = _Steps(steps)

    class Watch(TrainerCallback):  # type: ignore[misc,unused-ignore]
        report = watched.report
        _hook: Any = None

        def on_train_begin(self, *_: Any, model: Any = None, **__: Any) -> None:
            def failed(_: Any, __: Any, out: Any) -> None:
                if out is None:
                    watched.end(taken=False)

            if model is not None:
                self._hook = model.register_forward_hook(failed, always_call=True)

        def on_step_begin(self, *_: Any, **__: Any) -> None:
            watched.begin()

        def on_step_end(self, *_: Any, **__: Any) -> None:
            watched.end()

        def on_train_end(self, *_: Any, **__: Any) -> None:
            watched.end(taken=False)
            if self._hook is not None:
                self._hook.remove()

    return Watch()


def lightning(steps: int = 3) -> Any:
    """Return a callback for the ``Trainer`` of Lightning that watches its first steps.

    Parameters
    ----------
    steps : int, default 3
        How many batches to watch, 1 or more.

    Returns
    -------
    lightning.pytorch.Callback
        For ``Trainer(callbacks=[lightning()])``; its ``report`` holds what was found.

    Raises
    ------
    ImportError
        If neither lightning nor pytorch_lightning is installed.
    ValueError
        If ``steps`` is below 1.

    See Also
    --------
    hugging_face : The same for transformers.

    Notes
    -----
    It has two names, ``lightning.pytorch`` and ``pytorch_lightning``, and each takes its own
    callbacks only. The one that has been imported counts; of both or none, the first.

    Examples
    --------
    >>> from softmax_lessons.pytorch.watch import trainers
    >>> trainer = Trainer(callbacks=[trainers.lightning()])  # doctest: +SKIP
    """
    for name in sorted(LIGHTNING, key=lambda name: name not in sys.modules):
        try:
            callback: Any = importlib.import_module(name).Callback
            break
        except ImportError:
            continue
    else:
        raise ImportError("lightning is not installed: pip install lightning")
    watched = _Steps(steps)

    class Watch(callback):  # type: ignore[misc]
        report = watched.report

        def on_train_batch_start(self, *_: Any, **__: Any) -> None:
            watched.begin()

        def on_train_batch_end(self, *_: Any, **__: Any) -> None:
            watched.end()

        def on_train_end(self, *_: Any, **__: Any) -> None:
            watched.end(taken=False)

        def on_exception(self, *_: Any, **__: Any) -> None:
            watched.end(taken=False)

    return Watch()


__all__ = ["hugging_face", "lightning"]
