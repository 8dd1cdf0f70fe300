"""How long the import takes, compared with the import of NumPy."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

from benchmarks.rows import Goal, Row
from benchmarks.timing import quartiles

MODULES = {"ours": "softmax_lessons", "scipy": "scipy.special"}
IMPORT = """
from time import process_time_ns
start = process_time_ns()
import {module}
print(process_time_ns() - start)
"""


def rows(wanted: Callable[[str], bool], rounds: int = 21) -> Iterator[Row]:
    """Measure the imports in turns, each in a fresh process."""
    if not wanted("import softmax_lessons"):
        return
    for module in MODULES.values():  # from now on, all is compiled and in the file cache
        _import_time(module)
    modules = MODULES | {"numpy": "numpy"}
    times = [{who: _import_time(m) for who, m in modules.items()} for _ in range(rounds)]
    found = {who: quartiles([each[who] / each["numpy"] for each in times]) for who in MODULES}
    yield Row(
        part="import time, in imports of numpy",
        name="import softmax_lessons",
        case="",
        values={who: middle for who, (middle, _, _) in found.items()},
        quartiles={who: (low, high) for who, (_, low, high) in found.items()},
        goal=Goal("ours", at_most=1.1),
    )


def _import_time(module: str) -> int:
    program = [sys.executable, "-c", IMPORT.format(module=module)]
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return int(subprocess.run(program, check=True, capture_output=True, env=env).stdout)
