"""What the checker calculates with, even where a notebook has put something else in its place.

``np.exp = my_exp`` in a cell reaches the checker as well: it would compare a solution with what
``my_exp`` makes of the right answer. So it notes on import what is where, and puts it back for as
long as a check takes.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

# Others have good reasons to replace these: a notebook its output, a debugger its imports.
LEFT = {"input", "print", "open", "exit", "quit", "help", "display", "breakpoint"}
MODULES = {"": builtins, "math.": math, "np.": np, "np.linalg.": np.linalg}
ORIGINALS = {
    prefix: {k: v for k, v in vars(module).items() if callable(v) and k[0] != "_" and k not in LEFT}
    for prefix, module in MODULES.items()
}


@contextmanager
def originals() -> Iterator[list[str]]:
    """Put back what was replaced, and give its names; afterwards, put in place what was there."""
    replaced = [
        (prefix, name, vars(MODULES[prefix]).get(name))
        for prefix, kept in ORIGINALS.items()
        for name, original in kept.items()
        if vars(MODULES[prefix]).get(name) is not original
    ]
    for prefix, name, _ in replaced:
        setattr(MODULES[prefix], name, ORIGINALS[prefix][name])
    try:
        yield [prefix + name for prefix, name, _ in replaced]
    finally:
        for prefix, name, other in replaced:
            setattr(MODULES[prefix], name, other)
