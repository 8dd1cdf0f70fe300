"""A class hands in good, bad, empty, copied and hostile work; each costs only itself."""

import json
import subprocess
import sys
import time

import pytest
from support.checking import needs_fork

IMPORTS = "import numpy as np\nfrom softmax_lessons import exercises\n"
GOOD = """
def softmax(scores):
    z = np.asarray(scores)
    z = z if z.dtype.kind == "f" else z.astype(float)
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
"""
BAD = """
def softmax(scores):
    return np.exp(scores) / np.exp(scores).sum(axis=0)
"""
STUB = "\ndef softmax(scores):\n    ...\n"
CHECK = '\nexercises.check("softmax", softmax)'
# Made as short as a test needs it; the numbers that hold for teachers are ten times as large.
FAST = """
import sys
from softmax_lessons.exercises import _sandbox, __main__ as terminal
from softmax_lessons.exercises._grade import _grader
_sandbox.PATIENCE, _sandbox.SLACK, _grader.CELLS, _grader.LONGEST = 0.5, 3, 0.7, 12
sys.exit(terminal.main(["grade", *sys.argv[1:]]))
"""
WITH_SLEEP = {"sleeps"}


def notebook(*cells):
    """Return a notebook with code cells; one that starts with # and a blank is text."""
    made = [
        {"cell_type": "markdown", "metadata": {}, "source": cell}
        if cell.startswith(("#", "```"))
        else {"cell_type": "code", "metadata": {}, "source": cell.splitlines(True), "outputs": []}
        for cell in cells
    ]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def in_function(line):
    """Return a solution that does something before it returns what is right."""
    return GOOD.replace("    z = np.asarray", f"    {line}\n    z = np.asarray", 1)


def hostile(secret):
    """Return works that try to do harm: by name, the cells and the verdict."""
    fake = "from softmax_lessons.exercises import _judge, _report, _sandbox\nimport json, os, sys\n"
    return {
        "hangs": ([in_function("while True: pass") + CHECK], "wrong"),
        "hangs-before": (["while True: softmax = 1\n" + BAD + CHECK], "wrong"),
        "sleeps": ([in_function("import time; time.sleep(600)") + CHECK], "wrong"),
        "exits": ([in_function("import os; os._exit(0)") + CHECK], "wrong"),
        "segfaults": ([in_function("import ctypes; ctypes.string_at(0)") + CHECK], "wrong"),
        "memory": ([in_function("x = bytearray(10**10)") + CHECK], "wrong"),
        "prints": ([in_function("print('x' * 10**8)") + CHECK], "right"),
        "recursion": ([in_function("f = lambda: f(); f()") + CHECK], "wrong"),
        "forks": ([in_function("import os\n    while True: os.fork()") + CHECK], "wrong"),
        "kills-parent": ([in_function("import os; os.kill(os.getppid(), 9)") + CHECK], "wrong"),
        "kills-all": ([in_function("import os; os.kill(-1, 9)") + CHECK], "wrong"),
        "network": (
            [
                "import socket\ns = socket.socket()\ns.settimeout(2)\n"
                "reached = s.connect_ex(('127.0.0.1', PORT)) == 0\n"
                + GOOD.replace("    return", "    if reached: return None\n    return")
                + CHECK
            ],
            "right",
        ),
        "reads": (
            [f"text = open({str(secret)!r}).read()\n" + in_function("text") + CHECK],
            "wrong",
        ),
        "deletes": (
            [f"import os\nx = os.remove({str(secret)!r})\n" + CHECK, GOOD + CHECK],
            "right",  # what it had to do for it failed, and nobody needed it
        ),
        "writes": (
            [f"f = open({str(secret)!r} + 'x', 'w')\n" + in_function("f.write('')") + CHECK],
            "wrong",
        ),
        "writes-here": (
            ["open('note', 'w').write('x')\n" + in_function("open('note').read()") + CHECK],
            "right",
        ),
        "fakes-check": ([BAD + "exercises.check = lambda *a: True\n" + CHECK], "wrong"),
        "fakes-judge": (
            [fake + "_judge.judge = lambda *a: _report.Report('softmax', 'right')\n" + BAD + CHECK],
            "wrong",
        ),
        "fakes-numbers": ([BAD + "np.allclose = lambda *a, **k: True\n" + CHECK], "wrong"),
        "fakes-answer": (
            [
                BAD
                + fake
                + 'for fd in range(3, 99):\n    try: os.write(fd, b\'{"verdict": "right"}\\n\')\n'
                "    except OSError: pass\n" + CHECK + "\nprint('softmax: right.')"
            ],
            "wrong",
        ),
        "answers-garbage": (
            [
                in_function(
                    "import os, socket\n    for fd in range(3, 99):\n        try: os.write(fd, b'[' * 10**7)\n"
                    "        except OSError: pass"
                )
                + CHECK
            ],
            "wrong",
        ),
        "changes-cells": ([GOOD + "softmax = 3\n" + CHECK], "wrong"),
    }


GENTLE = {
    "good": ([GOOD + CHECK], "right"),
    "bad": ([BAD + CHECK], "wrong"),
    "stub": ([STUB + CHECK], "not yet"),
    "empty": ([], "not yet"),
    "below-the-stub": ([STUB + CHECK, GOOD + CHECK], "right"),
    "above-the-stub": ([GOOD + CHECK, STUB + CHECK], "right"),
    "magic": (["%matplotlib inline\n!ls\n" + GOOD + CHECK], "right"),
    "syntax": (["def softmax(scores)\n    return 1\n" + CHECK], "wrong"),
    "other-cell-fails": (["1 / 0", GOOD + CHECK], "right"),
    "own-cell-fails": ([GOOD + "1 / 0\n" + CHECK], "right"),
    "no-name": ([CHECK], "wrong"),
    "asserts": ([GOOD + 'assert exercises.check("softmax", softmax)'], "right"),
    "uses-ours": (
        ["import softmax_lessons as sl\ndef softmax(s): return sl.softmax(s)" + CHECK],
        "right",
    ),
    "solution-of-the-book": (
        [
            STUB + CHECK,
            "```{solution-start} ex\n```\nLook.",
            GOOD + CHECK,
            "```{solution-end}\n```",
        ],
        "not yet",
    ),
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """What the command makes of the class: its exit code, its outputs, and how long it took."""
    root = tmp_path_factory.mktemp("class")
    secret = root / "points.toml"
    secret.write_text("partial = true\n[points]\nsoftmax = 4\n")
    works = root / "works"
    works.mkdir()
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        for name, (cells, _) in (GENTLE | hostile(secret)).items():
            cells = [cell.replace("PORT", port) for cell in cells]
            (works / f"{name}.ipynb").write_text(notebook(IMPORTS, *cells))
        (works / "script").mkdir()
        (works / "script" / "mine.py").write_text(
            "import numpy as np\nimport helper\n" + GOOD + "input()"
        )
        (works / "script" / "helper.py").write_text("x = 1\n")
        (works / "no-json.ipynb").write_text("hello")
        (works / "=1+1.ipynb").write_text(notebook(IMPORTS, BAD + CHECK))
        (works / ".ipynb_checkpoints").mkdir()
        (works / ".ipynb_checkpoints" / "x.ipynb").write_text("")
        began = time.monotonic()
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                FAST,
                works,
                "--points",
                secret,
                "--csv",
                root / "c.csv",
                "--json",
                root / "j.json",
                "--junit",
                root / "u.xml",
                "--reports",
                root / "reports",
            ],
            capture_output=True,
            text=True,
            cwd=root,
        )
    students = json.loads((root / "j.json").read_text())["students"]
    by_name = {one["student"]: one for one in students}
    return done, root, by_name, time.monotonic() - began


@needs_fork
@pytest.mark.parametrize("name", [*GENTLE, *hostile("")])
def test_each_work_gets_its_verdict(graded, name):
    _, _, students, _ = graded
    [exercise] = students[name]["exercises"]
    wanted = (GENTLE | hostile(""))[name][1]
    assert exercise["verdict"] == wanted, exercise
    assert exercise["points"] <= 4 * (wanted != "not yet")


@needs_fork
def test_nothing_happens_to_the_teacher(graded):
    done, root, students, _ = graded
    assert done.returncode == 1, done.stderr  # one is no notebook
    assert (root / "points.toml").read_text().startswith("partial")
    assert {file.name for file in root.iterdir()} == {
        "points.toml",
        "works",
        "c.csv",
        "j.json",
        "u.xml",
        "reports",
    }
    assert len(students) == len(GENTLE) + len(hostile("")) + 3
