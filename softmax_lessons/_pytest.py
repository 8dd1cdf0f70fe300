"""The fixture ``softmax_watch``, which pytest finds by the package's entry point."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from softmax_lessons.pytorch.watch import Report


def watched() -> Iterator[Callable[[], Any]]:
    """Hand out blocks to watch steps in; at the end raise if a misuse was found."""
    from softmax_lessons.pytorch.watch import watch  # torch, in the tests that ask for it

    reports: list[Report] = []

    @contextmanager
    def block() -> Iterator[Report]:
        with watch() as report:
            reports.append(report)
            yield report

    yield block
    for report in reports:
        report.check()


@pytest.fixture
def softmax_watch() -> Iterator[Callable[[], Any]]:
    """Watch training steps in a test, which fails at its end if a misuse was found.

    ``with softmax_watch() as report:`` stands around the step.
    """
    yield from watched()
