"""The checkers refuse small faults, and accept right answers in whatever style they are written."""

import ast
import functools
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from support import mutations
from support.checking import check_in_process

from softmax_lessons.exercises.catalog import CHAPTERS, EXERCISES

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomllib")

REFERENCES = mutations.references()
FILE = Path(__file__).with_name("equivalent.toml")
EQUIVALENT = tomllib.loads(FILE.read_text())["equivalent"]
GOAL = 0.97


def reason(name, fault):
    """Return why a fault may be accepted, if it may."""
    for entry in EQUIVALENT:
        if name in entry["exercises"] and re.search(entry["pattern"], fault):
            return entry["reason"]
    return ""


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_small_faults_are_refused(chapter):
    tried, accepted = 0, []
    for exercise in CHAPTERS[chapter]:
        reference = mutations.built(ast.unparse(REFERENCES[exercise.name]))
        assert mutations.accepted(exercise, reference)
        for fault, text in mutations.mutants(REFERENCES[exercise.name]):
            tried += 1
            try:
                mutant = mutations.built(text)
            except Exception:  # it cannot even be defined
                continue
            if mutations.accepted(exercise, mutant) and not reason(exercise.name, fault):
                accepted.append(f"{exercise.name}: {fault}")
    assert tried >= 5
    assert len(accepted) <= (1 - GOAL) * tried, accepted


def test_each_reason_belongs_to_a_fault():
    for entry in EQUIVALENT:
        for name in entry["exercises"]:
            faults = [fault for fault, _ in mutations.mutants(REFERENCES[name])]
            assert any(re.search(entry["pattern"], fault) for fault in faults), (entry, name)


# What no statement lets become large, or nobody would cut off: probabilities, targets, logarithms
# of frequencies, sums beside their maximum, rates, powers and the numbers of a machine.
SMALL = {
    "p",
    "q",
    "u",
    "t",
    "before",
    "after",
    "amount",
    "weight",
    "target",
    "targets",
    "P",
    "X",
    "confidence",
}
SMALL |= {"log_q", "log_kq", "own_log_kq", "s1", "s2", "s", "rate", "beta", "alpha", "intensity"}


def is_float(argument):
    return isinstance(argument, float) or getattr(argument, "dtype", None) == np.float64


def cut_off(argument):
    cut = np.clip(argument, -30, 30)
    return cut if isinstance(argument, np.ndarray) else float(cut)


@pytest.mark.parametrize("name", EXERCISES)
def test_inputs_may_be_of_any_size(name):
    exercise = EXERCISES[name]
    reference = mutations.built(ast.unparse(REFERENCES[name]))
    for i, parameter in enumerate(exercise.parameters):
        cases = [args for stage in exercise.stages for args in stage.cases]
        if parameter in SMALL or not any(is_float(args[i]) for args in cases):
            continue

        def careless(*args, i=i):
            cut = [cut_off(a) if k == i and is_float(a) else a for k, a in enumerate(args)]
            return reference(*cut)

        assert not mutations.accepted(exercise, careless), parameter


class Callable:
    def __init__(self, function):
        self.function = function

    def __call__(self, *args):
        return self.function(*args)

    def method(self, *args):
        return self.function(*args)


class Own(np.ndarray):
    """A class of arrays of the reader's own."""


def decorated(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        return function(*args, **kwargs)

    return inner


def with_more_names(function):
    return lambda *args, unused=None: function(*args)


def talking(function):
    def inner(*args):
        print("here")
        return function(*args)

    return inner


def reordered(result):
    return np.asfortranarray(result) if np.ndim(result) > 1 else result


def every_second(result):
    """The same numbers in an array with gaps."""
    wide = np.repeat(np.asarray(result)[..., None], 2, axis=-1)
    return wide[..., 0]


def locked(result):
    result = np.array(result)
    result.flags.writeable = False
    return result


def after(change):
    return lambda function: lambda *args: change(function(*args))


STYLES = {
    "a callable object": Callable,
    "a method": lambda function: Callable(function).method,
    "a partial function": functools.partial,
    "decorated": decorated,
    "a parameter more": with_more_names,
    "printing": talking,
    "columns first": after(reordered),
    "with gaps": after(every_second),
    "read-only": after(locked),
    "a class of its own": after(lambda result: np.asarray(result).view(Own)),
    "an array for a number": after(np.asarray),
}


@pytest.mark.parametrize("name", EXERCISES)
def test_right_answers_pass_in_any_style(name):
    reference = mutations.built(ast.unparse(REFERENCES[name]))
    for style, write in STYLES.items():
        assert mutations.accepted(EXERCISES[name], write(reference)), style
    assert check_in_process(name, STYLES["decorated"](reference))
