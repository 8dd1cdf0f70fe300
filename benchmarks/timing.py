"""Ratios of running times, taken in turns.

A machine is slower in one second than in the next. So all contenders run in every round, each for
a millisecond or more, and only times of the same round are compared. What counts is processor
time, so that a round in which another process had its turn is not lost. Everybody has one thread,
but where threads are what is measured: there the clock on the wall counts.

Each row is measured in a process of its own, for a fresh array comes at another price once larger
ones have been freed.
"""

# Own loop: pyperf runs one benchmark after the other; asv alternates processes, not calls.

from __future__ import annotations

import gc
import multiprocessing
import random
from collections.abc import Callable, Mapping
from time import perf_counter, process_time_ns, sleep
from typing import TypeVar

import numpy as np

Call = Callable[[], object]
T = TypeVar("T")

LEAST_NS = 1_500_000  # what one contender runs for in one round
LEAST_ROUNDS, MOST_ROUNDS = 5, 41


def ratios(
    contenders: Mapping[str, Call],
    ours: str,
    seconds: float = 0.8,
    clock: Callable[[], int] = process_time_ns,
    pause: float = 0,
) -> dict[str, tuple[float, float, float]]:
    """Return how many times longer than ``ours`` each of the others takes.

    Each ratio is the median over the rounds, with its lower and upper quartile. The clock counts
    nanoseconds. The pause, in seconds, lets threads fall asleep that wait for more work in a loop.
    """
    counts = {name: _repetitions(call, clock) for name, call in contenders.items()}
    order, shuffle = list(contenders), random.Random(0).shuffle
    rounds: list[dict[str, float]] = []

    def turn(name: str) -> float:
        sleep(pause)
        return _time(contenders[name], counts[name], clock)

    end = perf_counter() + seconds
    while len(rounds) < LEAST_ROUNDS or (len(rounds) < MOST_ROUNDS and perf_counter() < end):
        shuffle(order)  # nobody always runs on the caches that the same one left behind
        rounds.append({name: turn(name) for name in order})
    return {
        name: quartiles([times[name] / times[ours] for times in rounds])
        for name in contenders
        if name != ours
    }


def apart(measure: Callable[[], T]) -> T:
    """Return what ``measure`` returns in a fork of this process, which has measured nothing yet."""
    fork = multiprocessing.get_context("fork")
    receiver, sender = fork.Pipe(duplex=False)
    process = fork.Process(target=lambda: sender.send(measure()))
    process.start()
    sender.close()
    try:
        return receiver.recv()
    except EOFError:
        raise RuntimeError("a measurement broke off; its error is printed above") from None
    finally:
        process.join()


def quartiles(values: list[float]) -> tuple[float, float, float]:
    """Return the median of ``values``, their lower and their upper quartile."""
    low, middle, high = np.percentile(values, [25, 50, 75])
    return float(middle), float(low), float(high)


def _repetitions(call: Call, clock: Callable[[], int]) -> int:
    """Return how often to call for a round to last long enough; warms up on the way."""
    call()
    count = 1
    while (elapsed := _time(call, count, clock) * count) < LEAST_NS:
        count = max(count + 1, min(10 * count, int(1.2 * count * LEAST_NS / max(elapsed, 1))))
    return count


def _time(call: Call, count: int, clock: Callable[[], int]) -> float:
    """Return nanoseconds per call."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        start = clock()
        for _ in range(count):
            call()
        return (clock() - start) / count
    finally:
        if was_on:
            gc.enable()
