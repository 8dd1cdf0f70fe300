"""The exercises as a reader finds them: names, tasks, the catalog, docstrings."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.checking import check_in_process
from support.docstrings import run_examples, undocumented

from softmax_lessons import exercises
from softmax_lessons.exercises import _registry, catalog
from softmax_lessons.exercises.catalog import CHAPTERS, EXERCISES

every_exercise = pytest.mark.parametrize("name", EXERCISES)


@every_exercise
def test_the_task_says_what_is_required(name):
    task, exercise = exercises.task(name), EXERCISES[name]
    assert task.name == name
    assert task.stub == f"def {exercise.signature}:\n    ..."
    digits = {"Nine digits": 1e-9, "Six digits": 1e-6, "six digits": 1e-6}
    said = [rtol for words, rtol in digits.items() if words in task.statement]
    absolute = "absolute error of 1e-9" in task.statement
    exact = not said and not absolute
    assert not (said and absolute)
    if exact:  # only what comes from counting can be asked for without a tolerance
        for args in (args for stage in exercise.stages for args in stage.cases):
            counts = exercise.right(*args) * np.size(args[0])
            assert np.allclose(counts, np.rint(counts), rtol=0, atol=1e-12)
    if said:
        assert exercise.rtol == said[0]
        assert exercise.atol <= 1e-9
    if absolute:
        assert (exercise.rtol, exercise.atol) == (1e-12, 1e-9)
    assert task.statement in repr(task)
    assert "<pre><code>def" in task._repr_html_()


@every_exercise
def test_the_stub_of_the_task(name):
    space = {}
    exec(exercises.task(name).stub, space)
    assert check_in_process(name, space[name]).verdict == "not yet"


def test_a_chapter_is_a_module_of_the_catalog():
    folder = Path(catalog.__file__).parent
    stems = [file.stem for file in folder.glob("[!_]*.py")]
    assert set(CHAPTERS) == {stem.replace("_", "-") for stem in stems}
    modules = [importlib.import_module(f"{catalog.__name__}.{stem}") for stem in stems]
    assert len({module.ORDER for module in modules}) == len(modules)
    defined = 0
    for stem in stems:
        text = (folder / f"{stem}.py").read_text()
        definitions = re.findall(r"^\w+ = Exercise\($", text, re.MULTILINE)
        assert len(exercises.names(stem.replace("_", "-"))) == len(definitions) > 0
        defined += len(definitions)
    assert len(EXERCISES) == defined  # no name twice


def test_names():
    assert exercises.names() == tuple(EXERCISES)
    chapters = [exercises.task(name).chapter for name in EXERCISES]
    assert chapters == sorted(chapters, key=chapters.index)
    assert sum((exercises.names(c) for c in CHAPTERS), ()) == exercises.names()
    with pytest.raises(ValueError, match=r"chapter must be one of scores, sigmoid, .* got 'x'"):
        exercises.names("x")


@pytest.mark.parametrize("call", [exercises.task, lambda name: exercises.check(name, len)])
def test_a_name_that_is_none(call):
    with pytest.raises(ValueError, match=r"no exercise 'sotfmax'; did you mean 'softmax'\?"):
        call("sotfmax")
    with pytest.raises(ValueError, match="no exercise 'xyz'; names are one_hot, "):
        call("xyz")


def test_every_mistake_and_stage_reads_like_a_sentence():
    for exercise in EXERCISES.values():
        for text in [exercise.statement, *(m.hint for m in exercise.mistakes)]:
            assert text.endswith((".", "`.", ":")), text
        for stage in exercise.stages:
            assert stage.mistake.endswith("."), stage.mistake
        for mistake in exercise.mistakes:
            assert mistake.sentence.endswith("."), mistake.sentence


def test_the_examples_run(monkeypatch):
    kept = {chapter: dict(known) for chapter, known in _registry.CHAPTERS.items()}
    monkeypatch.setattr(_registry, "CHAPTERS", kept)  # an example registers an exercise
    with np.printoptions():
        found = set()
        for module in ("", "._report", "._exercise", "._registry", ".rules"):
            found |= run_examples(importlib.import_module(f"softmax_lessons.exercises{module}"))
    assert found >= {*exercises.__all__, *exercises.rules.__all__} - {"rules"}


@pytest.mark.parametrize("name", ["check", "names", "task"])
def test_docstrings_are_complete(name):
    assert undocumented(getattr(exercises, name)) == []


def test_imports():
    code = """
import sys
import softmax_lessons
print([m for m in sys.modules if m.startswith("softmax_lessons.exercises")])
import softmax_lessons.exercises
print([m for m in ("torch", "scipy", "matplotlib", "seaborn", "IPython") if m in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "[]"]
