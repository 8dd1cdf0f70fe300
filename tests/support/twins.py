"""The tests of the NumPy functions for their compiled twins: the same text, other functions.

It holds the names of the package and those of `family.py`, but the compiled functions instead of
those of NumPy, and no others in the lists.
"""

import inspect
from pathlib import Path
from types import ModuleType

import softmax_lessons
from softmax_lessons import compiled
from support import family

PACKAGE = Path(__file__).parents[1] / "package"
TWINS = {
    name: getattr(compiled, name) for name in compiled.__all__ if hasattr(softmax_lessons, name)
}

# A file may name the module of a function.
MODULES = {getattr(softmax_lessons, name).__module__ for name in TWINS}

_names = {name: getattr(softmax_lessons, name) for name in softmax_lessons.__all__}
_lists = {
    name: [TWINS[f.__name__] for f in value if f.__name__ in TWINS]
    for name, value in vars(family).items()
    if isinstance(value, list) and all(map(inspect.isfunction, value))
}
globals().update(vars(family) | _names | TWINS | _lists)


def twin_tests(name):
    """Yield the tests of a file that call one of the twins, or have them as parameters."""
    text = (PACKAGE / f"{name}.py").read_text(encoding="utf-8")
    for source in ("softmax_lessons", "support.family", *MODULES):
        text = text.replace(f"from {source} import", "from support.twins import")
    module = ModuleType(name)
    module.__file__ = str(PACKAGE / f"{name}.py")
    exec(compile(text, module.__file__, "exec"), vars(module))
    assert all(vars(module).get(name, twin) is twin for name, twin in TWINS.items()), name
    for key, test in vars(module).items():
        if key.startswith("test_") and calls_a_twin(test):
            yield key, test


def calls_a_twin(test):
    """Tell whether a twin stands in the code of a test, or among what it is run with."""
    inner = getattr(getattr(test, "hypothesis", None), "inner_test", test)
    marks = [mark for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
    values = [v for mark in marks for case in mark.args[1] for v in as_tuple(case)]
    return bool(set(names_in(inner.__code__)) & set(TWINS)) or any(
        v is twin for v in values for twin in TWINS.values()
    )


def as_tuple(case):
    return case if isinstance(case, tuple) else (case,)


def names_in(code):
    """The global names of some code, and of the functions in it."""
    inner = [c for c in code.co_consts if inspect.iscode(c)]
    return [*code.co_names, *(name for c in inner for name in names_in(c))]


def __getattr__(name):
    """Return what else a test takes from the package: its modules."""
    return getattr(softmax_lessons, name)
