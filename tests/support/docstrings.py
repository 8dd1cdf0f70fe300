"""What the docstrings of a module must hold, and whether their examples run."""

import doctest
import inspect


def run_examples(module):
    """Run the examples of a module; return the names of the objects that have some."""
    tests = [t for t in doctest.DocTestFinder().find(module) if t.examples]
    runner = doctest.DocTestRunner()
    for test in tests:
        assert runner.run(test).failed == 0, test.name
    return {t.name.removeprefix(module.__name__ + ".") for t in tests}


def undocumented(function):
    """Return the sections and parameters that the docstring of a function lacks.

    Errors that all functions share stand in the conventions: not each has errors of its own.
    """
    text = inspect.getdoc(function)
    sections = ["Parameters", "Returns", "Notes", "Examples"]
    wanted = [f"\n{section}\n{'-' * len(section)}\n" for section in sections]
    wanted += [f"\n{parameter} : " for parameter in inspect.signature(function).parameters]
    return [part for part in wanted if part not in text]
