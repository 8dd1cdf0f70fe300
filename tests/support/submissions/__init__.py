"""Right and wrong submissions to the exercises, one module for each chapter of the catalog.

Each module has RIGHT, pairs of an exercise and a function, and WRONG, the same with a part of the
sentence that must name the mistake.
"""

from importlib import import_module
from pkgutil import iter_modules

CHAPTERS = {
    module.name.replace("_", "-"): import_module(f"{__name__}.{module.name}")
    for module in iter_modules(__path__)
    if not module.name.startswith("_")
}
RIGHT = [submission for chapter in CHAPTERS.values() for submission in chapter.RIGHT]
WRONG = [submission for chapter in CHAPTERS.values() for submission in chapter.WRONG]
