"""The exercises, one module for each chapter of the course.

A chapter is a module here. Its name, with hyphens, is the chapter's slug; its ORDER is the
chapter's place among the others. Each ``Exercise`` that it defines is an exercise of the chapter,
in the order in which they stand there. They are registered like anybody's own.

The right answers come from the package. The known mistakes are formulas that people write. A new
kind of mistake needs no entry: what can be measured, ``_symptoms`` measures.
"""

from importlib import import_module
from pkgutil import iter_modules

from softmax_lessons.exercises._registry import exercises_in, register

_MODULES = sorted(
    (
        import_module(f"{__name__}.{module.name}")
        for module in iter_modules(__path__)
        if not module.name.startswith("_")
    ),
    key=lambda module: module.ORDER,
)
CHAPTERS = {
    module.__name__.rpartition(".")[2].replace("_", "-"): tuple(exercises_in(module))
    for module in _MODULES
}
for _chapter, _exercises in CHAPTERS.items():
    register(*_exercises, chapter=_chapter)
EXERCISES = {exercise.name: exercise for chapter in CHAPTERS.values() for exercise in chapter}
