"""A check in nbgrader and in otter-grader, as README.md and the page for teachers have it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import otter
import pytest
from nbgrader.api import Gradebook

README = (Path(__file__).resolve().parents[2] / "README.md").read_text()
[CHECK] = re.findall(r"```python\n(report = exercises.check.*?)\n```", README, re.DOTALL)
IMPORTS = "import numpy as np\nfrom softmax_lessons import exercises"
RIGHT = """\
def softmax(scores):
    z = np.asarray(scores)
    z = z if z.dtype.kind == "f" else z.astype(float)
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)"""
WRONG = RIGHT.replace("axis=-1", "axis=0")
MISTAKE = "Your rows sum to 1 along axis 0, not along the last axis."


def cell(name, source, **grading):
    settings = {"schema_version": 3, "grade_id": name, "locked": False, "task": False}
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": {"nbgrader": settings | {"cell_type": "code", **grading}} if grading else {},
        "outputs": [],
        "source": source,
    }


def run_nbgrader(folder, *arguments):
    command = [sys.executable, "-m", "nbgrader", *arguments]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # it calls alembic
    environment = os.environ | {"PATH": path}
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr


def test_nbgrader(tmp_path):
    (tmp_path / "nbgrader_config.py").write_text("get_config().CourseDirectory.course_id = 'c'")
    answer = f"### BEGIN SOLUTION\n{RIGHT}\n### END SOLUTION"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    source = {
        "cells": [
            cell("imports", IMPORTS),
            cell("answer", answer, grade=False, solution=True),
            cell("tests", CHECK, grade=True, solution=False, points=4),
        ],
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    work = Path("ps1", "softmax.ipynb")
    (tmp_path / "source/ps1").mkdir(parents=True)
    (tmp_path / "source" / work).write_text(json.dumps(source))
    run_nbgrader(tmp_path, "generate_assignment", "ps1")
    handed_out = (tmp_path / "release" / work).read_text()
    assert "z.max" not in handed_out
    for student, solution in {"anna": RIGHT, "ben": WRONG, "carl": ""}.items():
        notebook = json.loads(handed_out)
        if solution:
            notebook["cells"][1]["source"] = solution
        (tmp_path / "submitted" / student / "ps1").mkdir(parents=True)
        (tmp_path / "submitted" / student / work).write_text(json.dumps(notebook))
    run_nbgrader(tmp_path, "autograde", "ps1")
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as book:
        points = {one.student.id: one.score for one in book.assignment_submissions("ps1")}
    assert points == {"anna": 4, "ben": 0, "carl": 0}
    graded = json.loads((tmp_path / "autograded/ben" / work).read_text())
    assert MISTAKE in graded["cells"][-1]["outputs"][-1]["evalue"]


@pytest.mark.parametrize(("solution", "grade"), [(RIGHT, 1), (WRONG, 0)])
def test_otter(tmp_path, monkeypatch, solution, grade):
    check = CHECK.replace("softmax)", 'env["softmax"])').replace("exercises", 'env["exercises"]')
    body = "\n".join(f"    {line}" for line in check.splitlines())
    (tmp_path / "softmax.py").write_text(
        "from otter.test_files import test_case\n\nOK_FORMAT = False\nname, points = 'softmax', 4\n"
        f"\n\n@test_case()\ndef test_softmax(env):\n{body}\n"
    )
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(f"{IMPORTS}\n{solution}", names)
    results = otter.Notebook(tests_dir=str(tmp_path)).check("softmax", global_env=names)
    assert results.grade == grade
    assert (MISTAKE in repr(results)) == (not grade)
