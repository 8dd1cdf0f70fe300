"""Measure, print the table, and write the data for the book."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy
import scipy
import torch

from benchmarks import accuracy, driver, memory, products, speed, startup
from benchmarks.rows import Row, heading, line, means, summary

RESULTS = Path(__file__).with_name("results.json")


def main(words: list[str]) -> None:
    """Measure the rows that hold all ``words``; without words, write the results too."""
    measured = list(_shown(_measure(lambda label: all(word in label for word in words))))
    measured += _shown(means(measured))
    print("\n" + summary(measured))
    if not words:
        RESULTS.write_text(as_text(machine(), measured), encoding="utf-8")


def _measure(wanted: Any) -> Iterator[Row]:
    for part in (startup, speed, products, memory, accuracy, driver):
        yield from part.rows(wanted)


def machine() -> dict[str, Any]:
    """Return what the numbers depend on."""
    return {
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
        "torch": torch.__version__,
        "system": platform.system(),
        "processor": _processor(),
        "threads": torch.get_num_threads(),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    for text in info.read_text().splitlines() if info.exists() else ():
        if text.startswith("model name"):
            return text.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _shown(rows: Iterable[Row]) -> Iterator[Row]:
    """Print each row as it comes, below a heading for each kind."""
    last = None
    for row in rows:
        if heading(row) != last:
            last = heading(row)
            print("\n" + last)
        print(line(row), flush=True)
        yield row


def as_text(machine: dict[str, Any], rows: list[Row]) -> str:
    """Return JSON with one row a line, so that two runs can be compared line by line."""
    lines = ",\n".join("  " + json.dumps(row.as_json()) for row in rows)
    return f'{{\n "machine": {json.dumps(machine)},\n "rows": [\n{lines}\n ]\n}}\n'


if __name__ == "__main__":
    main(sys.argv[1:])
