"""Live figures and quick checks for notebooks: they move on a web page too, with no kernel behind.

Each function returns an object that a notebook shows: a custom element of HTML with its data, in it
a plain table of the same numbers for readers without JavaScript, and after it its script. In a
terminal the object prints that table. The same call gives the same bytes, so stored outputs can be
compared. Whatever text is passed is shown as text, never read as HTML.

Classes are named by ``labels``. Scores are rounded to two digits after the point, the steps of
the sliders.
"""

# Each figure is a pair of modules: `_explorer.py` calculates and writes the table, `explorer.mjs`
# brings the element to life. A new pair is found without being listed.

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from softmax_lessons.interactive._live import Live

if TYPE_CHECKING:
    from collections.abc import Callable

    def __getattr__(name: str) -> Callable[..., Live]: ...


__all__ = ["Live"]

for _found in iter_modules(__path__):
    _module = import_module(f"{__name__}.{_found.name}")
    for _name in getattr(_module, "__all__", []):
        globals()[_name] = getattr(_module, _name)
        __all__.append(_name)
