"""What a watched step has shown so far, and how a finding is made of it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch

from softmax_lessons.pytorch.watch._catalog import CATALOG
from softmax_lessons.pytorch.watch._marks import Mark, Marks
from softmax_lessons.pytorch.watch._numbers import unseen
from softmax_lessons.pytorch.watch._places import Site, here, in_an_optimizer
from softmax_lessons.pytorch.watch._report import Finding, Level, Report, place


class Call:
    """An operation, with what went in and what came out."""

    __slots__ = ("args", "func", "kwargs", "out")

    def __init__(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
        self.func, self.args, self.kwargs, self.out = func, args, kwargs, out

    def get(self, index: int, name: str, default: Any = None) -> Any:
        """Return an argument by its place or its name."""
        if name in self.kwargs:
            return self.kwargs[name]
        return self.args[index] if index < len(self.args) else default

    @property
    def first(self) -> Any:
        """The first argument: a tensor, for nearly all operations."""
        return self.args[0] if self.args else self.kwargs.get("input")

    @property
    def on_meta(self) -> bool:
        """Whether its tensors have shapes and no numbers."""
        return any(isinstance(one, torch.Tensor) and one.is_meta for one in (self.first, self.out))

    @property
    def name(self) -> str:
        """The name of the operation, without the marks of methods in place."""
        name = str(getattr(self.func, "__name__", "")).partition(".")[0]
        return name if name.startswith("__") else name.rstrip("_")


@dataclass
class Pending:
    """A question about rows of scores, or about a mean, that is asked when the step is over."""

    count: torch.Tensor | int  # how many rows it is about; waits on the device until then
    make: Callable[[int], None]  # what reports so many of them
    token: object  # whoever sees to it in the meantime cancels it by this
    always: bool = False  # whether it reports none of them, too


MOST_PENDING = 1000  # in a block without a step: then the older half is asked


@dataclass
class Mean:
    """A mean loss."""

    counted: int  # how many tokens it is the mean of
    left_out: int
    weight: float = 1.0  # what it was multiplied by since; NaN if nobody knows
    token: object = field(default_factory=object)  # cancels what is asked of it alone

    @property
    def share(self) -> float:
        """What a mean with padding is too small by."""
        return (self.counted + self.left_out) / max(self.counted, 1)


class Watcher:
    """The marks, and the questions that wait for the end of the step."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.marks = Marks()
        self.pending: list[Pending] = []
        self.means: dict[tuple[object, ...], list[Mean]] = {}  # of each line since the last step
        self.down_the_batch: deque[tuple[Site, torch.Size]] = deque(maxlen=MOST_PENDING)
        self.cancelled: set[object] = set()
        self.paused = False

    def find(
        self,
        misuse: str,
        level: Level,
        evidence: str,
        *,
        site: Site | None = None,
        also: Site | None = None,
        sentence: str = "",
        cure: str = "",
    ) -> None:
        """Add a finding at ``site``, by default here."""
        said = CATALOG[misuse]
        if site is None:
            site = here()
            also = also or site
        other = also or here()
        inside = f" (inside {_short(site.library)})" if site.library else ""
        second = ""
        if (other.file, other.line) != (site.file, site.line):
            second = place(other.file, other.line)
        self.report.add(
            Finding(
                misuse=misuse,
                level=level,
                sentence=sentence or said.sentence,
                file=site.file,
                line=site.line,
                module=site.module + inside,
                evidence=evidence,
                cure=cure or said.cure,
                exhibit=said.exhibit,
                also=second,
            )
        )

    def knows(self, misuse: str, site: Site) -> bool:
        """Tell whether a misuse has been found on the line of a site."""
        return any(
            (f.misuse, f.file, f.line) == (misuse, site.file, site.line)
            for f in self.report.findings
        )

    def mark(self, call: Call, kind: str, **more: Any) -> None:
        """Mark what came out of a call."""
        self.marks.set(call.out, Mark(kind, here(), **more))

    def step_begins(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        """Look away while an optimizer moves the weights, unless it calls the model itself."""
        self.paused = not any(callable(one) for one in (*args[1:], *kwargs.values()))

    def looks_away(self) -> bool:
        """Tell whether an optimizer is moving the weights; one that raises says no end of it."""
        self.paused = self.paused and in_an_optimizer()
        return self.paused

    def step_taken(self) -> None:
        """Forget the losses that an optimizer has used, and ask what had to wait for its step."""
        self.paused = False
        self.means.clear()
        self.ask()

    def ask_later(self, question: Pending) -> None:
        """Let a question wait."""
        self.pending.append(question)
        if len(self.pending) > MOST_PENDING:
            self.ask(MOST_PENDING // 2)

    def try_backward(self, loss: Any) -> None:
        """Look at a loss as if somebody went back from it."""
        from softmax_lessons.pytorch.watch import _losses  # which needs this module

        with torch._C.DisableTorchFunction():
            _losses.backward(self, Call(torch.autograd.backward, (loss,), {}, None))

    def ask(self, most: int | None = None) -> None:
        """Ask what had to wait, the oldest first."""
        asked = self.pending[:most]
        del self.pending[: len(asked)]
        with unseen():
            for question in asked:
                if question.token not in self.cancelled:
                    count = int(question.count)
                    if count or question.always:
                        question.make(count)
        self.cancelled &= {question.token for question in self.pending}

    def finish(self) -> None:
        """Ask what still waits, and forget all marks."""
        self.ask()
        self.marks.clear()


def _short(path: str) -> str:
    """Return the last three parts of a path."""
    return "/".join(path.split(os.sep)[-3:])
