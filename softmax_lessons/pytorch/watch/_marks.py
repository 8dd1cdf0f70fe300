"""What is known of a tensor: which softmax it comes from, and what was done to it since.

A mark holds no tensor, and the table of marks holds tensors by weak references alone: what is
watched is freed when it would be freed without.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass, replace
from typing import Any

import torch

from softmax_lessons.pytorch.watch._places import Site


@dataclass(frozen=True)
class Mark:
    """Where a tensor comes from.

    ``kind`` is what made it: ``softmax``, ``log_softmax``, ``sigmoid``, ``relu``, ``dropout``,
    ``exp`` and ``exp_sum`` (of a softmax by hand), ``product`` (of two activations, as the scores
    of attention are), ``mask`` (a large negative number to add to scores), ``flat`` (without
    slopes, such as argmax), ``losses`` (one a token), ``mean`` (of such losses, or a sum of
    means), ``reshaped`` (from ``shape``).
    """

    kind: str
    site: Site
    dim: int | None = None  # the one that sums to 1, as the tensor lies now
    size: int = 0  # how many classes
    whole: bool = True  # whether all classes are still there
    merged: str = ""  # where that dim was, before a reshape made one of it and others
    factor: float = 1.0  # what it was multiplied by
    padded: bool = False  # a small number was added, or it was clamped
    rounded: Site | None = None
    attention: int = 0  # the length of the queries, if the scores are those of attention
    scaled: bool = False
    zeroed: str = ""  # what was multiplied by 0 before softmax, in numbers
    masked: str = ""  # and after it
    fill: float = 0.0  # the large negative number in it
    added: bool = False  # whether that was added, not filled in
    flat_part: bool = False  # an addend without slopes
    shape: tuple[int, ...] = ()
    counts: tuple[int, int] = (0, 0)  # of losses: how many tokens count, and of how many
    token: object = None  # what may be taken back later
    means: tuple[Any, ...] = ()  # whose weights change when it is multiplied


class Marks:
    """The marks of all tensors that are alive."""

    def __init__(self) -> None:
        self._table: dict[int, tuple[weakref.ref[torch.Tensor], Mark]] = {}
        self.some_are_flat = False

    def __len__(self) -> int:
        return len(self._table)

    def get(self, tensor: Any) -> Mark | None:
        """Return the mark of a tensor, if it has one."""
        entry = self._table.get(id(tensor))
        return entry[1] if entry is not None and entry[0]() is tensor else None

    def set(self, tensor: Any, mark: Mark | None) -> None:
        """Give a tensor its mark, or take it away."""
        if mark is None:
            self._table.pop(id(tensor), None)
        elif isinstance(tensor, torch.Tensor):
            key, table = id(tensor), self._table
            self.some_are_flat |= mark.kind == "flat"

            def forget(ref: Any) -> None:
                entry = table.get(key)
                if entry is not None and entry[0] is ref:
                    del table[key]

            table[key] = (weakref.ref(tensor, forget), mark)

    def clear(self) -> None:
        """Forget all marks."""
        self._table.clear()


def moved(mark: Mark, old: torch.Size, new: torch.Size) -> Mark:
    """Follow the dimension of the classes through a reshape; forget it where that is not clear."""
    if mark.dim is None or old == new:
        return mark
    before = old[: mark.dim].numel()
    passed = 1
    for dim, size in enumerate(new):
        if passed == before and size == old[mark.dim]:
            return replace(mark, dim=dim)
        passed *= size
    merged = f"dim {mark.dim} of shape {tuple(old)}" if mark.whole else ""
    return replace(mark, dim=None, whole=mark.whole and mark.size in new, merged=merged)


def thinned(mark: Mark, old: torch.Size, new: torch.Size) -> Mark:
    """Follow the dimension of the classes through a pick; not all of them may be left."""
    dim, whole = None, False
    if mark.dim is not None:
        from_end = len(old) - mark.dim
        dims = [d for d, size in enumerate(new) if size == mark.size]
        whole = mark.whole and bool(dims)
        if from_end <= len(new) and new[-from_end] == mark.size and new.numel():
            dim = len(new) - from_end
        elif len(dims) == 1:
            dim = dims[0]
    return replace(mark, dim=dim, whole=whole, shape=())
