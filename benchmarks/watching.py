"""What it costs to watch a training step, in time and in memory.

The memory is that of torch's own allocations, counted in processes of their own: the peak of a
step, and how much higher it is when the step is watched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile

from benchmarks.rows import Goal, Row
from benchmarks.timing import Call, apart, ratios
from softmax_lessons.pytorch.watch import watch

TIME, MEMORY = "a watched step, in steps", "a watched step, in MB"
MOST_MEMORY = 32  # MB: some copies of a million numbers
CASES = {"nothing found": nn.Identity, "one finding": partial(nn.Softmax, dim=-1)}


class Layer(nn.Module):
    """A layer of a transformer, with its attention by hand."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return what the words have become, of shape (sentences, words, width)."""
        sentences, words, width = x.shape
        q, k, v = self.qkv(self.norms[0](x)).view(sentences, words, 3, 4, -1).permute(2, 0, 3, 1, 4)
        past = torch.ones(words, words, dtype=torch.bool).tril()
        scores = (q @ k.mT / (width // 4) ** 0.5).masked_fill(~past, -torch.inf)
        x = x + self.out((scores.softmax(dim=-1) @ v).transpose(1, 2).reshape(x.shape))
        return x + self.mlp(self.norms[1](x))


def of_numbers(last: Callable[[], nn.Module]) -> tuple[nn.Module, torch.Tensor, int]:
    """Return a small network, its input, and how many classes it has."""
    hidden = [nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU()]
    return nn.Sequential(*hidden, nn.Linear(128, 10), last()), torch.randn(128, 64), 10


def of_words(
    words: int, width: int, layers: int, last: Callable[[], nn.Module]
) -> tuple[nn.Module, torch.Tensor, int]:
    """Return a transformer, its input, and how many words it knows."""
    inner = [Layer(width) for _ in range(layers)]
    model = nn.Sequential(nn.Embedding(words, width), *inner, nn.Linear(width, words), last())
    return model, torch.randint(words, (8, width // 2)), words


STEPS = {
    "network": of_numbers,
    "transformer": partial(of_words, 256, 128, 2),
    "larger transformer": partial(of_words, 4096, 256, 4),
}


def step(name: str, case: str) -> Call:
    """Return a training step."""
    torch.manual_seed(0)
    model, x, n_classes = STEPS[name](CASES[case])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    y = torch.arange(model(x).shape[:-1].numel()) % n_classes

    def take() -> None:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x).view(len(y), n_classes), y).backward()
        optimizer.step()

    return take


def watched(take: Call) -> Call:
    """Return the same step, watched."""

    def run() -> None:
        with watch():
            take()

    return run


def rows(
    wanted: Callable[[str], bool], names: list[str] | None = None, seconds: float = 3.0
) -> Iterator[Row]:
    """Measure steps of three sizes, without findings and with one."""
    chosen = [
        (name, case) for name in names or STEPS for case in CASES if wanted(f"watch {name} {case}")
    ]
    for name, case in chosen:
        found = apart(partial(_time, name, case, seconds))
        yield Row.of_ratios(TIME, name, case, found, Goal("watched", at_most=3))
    for name, case in chosen:
        values = {"step": apart(partial(_peak, name, case, False))}
        values["more"] = apart(partial(_peak, name, case, True)) - values["step"]
        yield Row(MEMORY, name, case, values, goal=Goal("more", at_most=MOST_MEMORY))


def _time(name: str, case: str, seconds: float) -> dict[str, tuple[float, float, float]]:
    take = step(name, case)
    return ratios({"step": take, "watched": watched(take)}, "step", seconds)


def _peak(name: str, case: str, is_watched: bool) -> float:
    """Return the largest number of megabytes that torch holds beside what it holds at the start."""
    take = step(name, case)
    run = watched(take) if is_watched else take
    run()
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        run()
    events: list[Any] = [e for e in seen.profiler.kineto_results.events() if e.name() == "[memory]"]
    held = peak = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        held += event.nbytes()
        peak = max(peak, held)
    return peak / 1e6
