"""Measure, print the table, and write what came out."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numba
import numpy
import scipy
import torch

from benchmarks import accuracy, driver, memory, products, speed, startup, twins, watching
from benchmarks.rows import Row, heading, line, means, summary

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "_build" / "benchmarks.json"
TABLE = ROOT / "book" / "data" / "speed.json"  # what the page `speed` prints


def main(words: list[str]) -> None:
    """Measure the rows that hold all ``words``; without words, write the results too."""
    measured = list(_shown(_measure(lambda label: all(word in label for word in words))))
    measured += _shown(means(measured))
    print("\n" + summary(measured))
    if not words:
        where = machine()
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(as_text(where, measured), encoding="utf-8")
        TABLE.write_text(as_text(where, of_page(measured)), encoding="utf-8")
        files = " and ".join(str(path.relative_to(ROOT)) for path in (RESULTS, TABLE))
        print(f"\nOn commit {where['commit']}: see {files}.")


def _measure(wanted: Any) -> Iterator[Row]:
    for part in (startup, speed, twins, products, memory, accuracy, driver, watching):
        yield from part.rows(wanted)


def machine() -> dict[str, Any]:
    """Return what the numbers depend on."""
    describe = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    commit = subprocess.run(describe, cwd=ROOT, capture_output=True, text=True, check=True)
    return {
        "commit": commit.stdout.strip(),
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
        "torch": torch.__version__,
        "numba": numba.__version__,
        "system": platform.system(),
        "processor": _processor(),
        "threads": torch.get_num_threads(),
    }


def of_page(rows: list[Row]) -> list[Row]:
    """Return the rows of the compiled twins, which the page about speed prints."""
    return [row for row in rows if row.part.startswith((twins.PART, twins.EXACTNESS))]


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
