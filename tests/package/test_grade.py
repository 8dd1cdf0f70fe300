"""A class hands in good, bad, empty, copied and hostile work; each costs only itself."""

import csv
import inspect
import io
import json
import os
import platform
import re
import signal
import socket
import subprocess
import sys
import time
from xml.etree import ElementTree

import pytest
from support.checking import needs_fork

from softmax_lessons import exercises
from softmax_lessons.exercises import __main__ as terminal
from softmax_lessons.exercises._grade import _copies, _crew, _grader, _work

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
_sandbox.PATIENCE, _sandbox.SLACK, _grader.CELLS, _grader.LONGEST = 0.5, 6, 0.7, 12
sys.exit(terminal.main(["grade", *sys.argv[1:]]))
"""


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
        "prints": ([in_function("[print('x' * 10**5) for _ in range(100)]") + CHECK], "right"),
        "recursion": ([in_function("f = lambda: f(); f()") + CHECK], "wrong"),
        "forks": ([in_function("import os; [os.fork() for _ in range(6)]") + CHECK], "wrong"),
        "kills-parent": ([in_function("import os; os.kill(os.getppid(), 19)") + CHECK], "wrong"),
        "kills-all": ([in_function("import os; os.kill(-1, 9)") + CHECK], "wrong"),
        "network": (
            [in_function("import socket; socket.create_connection(ADDRESS, 2)") + CHECK],
            "wrong",
        ),
        "subprocess": ([in_function("import subprocess; subprocess.run('ls')") + CHECK], "wrong"),
        "reads": (
            [in_function(f"open({str(secret)!r}).read()") + CHECK],
            "wrong",
        ),
        "deletes": (
            [f"import os\nx = os.remove({str(secret)!r})\n" + CHECK, GOOD + CHECK],
            "right",  # what it had to do for it failed, and nobody needed it
        ),
        "writes": (
            [in_function(f"open({str(secret) + 'x'!r}, 'w')") + CHECK],
            "wrong",
        ),
        "changes-mode": (
            [in_function(f"import os; os.chmod({str(secret)!r}, 0)") + CHECK],
            "wrong",
        ),
        "changes-times": (
            [in_function(f"import os; os.utime({str(secret)!r}, (0, 0))") + CHECK],
            "wrong",
        ),
        "limits-parent": (
            [
                in_function(
                    "import os, resource as r; r.prlimit(os.getppid(), r.RLIMIT_CPU, (1, 1))"
                )
                + CHECK
            ],
            "wrong",
        ),
        "limits-itself": (
            [in_function("import resource as r; r.setrlimit(r.RLIMIT_CORE, (0, 0))") + CHECK],
            "right",
        ),
        "slows-parent": (
            [in_function("import os; os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)") + CHECK],
            "wrong",
        ),
        "digs": (
            [
                "import os\nfor _ in range(1200): os.mkdir('d'); os.chdir('d')\n",
                GOOD + "os.mkdir('closed', 0)\nos.symlink('/', 'link')\n" + CHECK,
            ],
            "right",
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
                    "import os\n    for fd in range(3, 99):\n        try: os.write(fd, b'[' * 9**7)"
                    "\n        except OSError: pass"
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
    """What the command makes of the class: its exit code, and its outputs."""
    root = tmp_path_factory.mktemp("class")
    pytest.importorskip("tomllib")  # Python 3.10 lacks it
    secret = root / "points.toml"
    secret.write_text("partial = true\n[points]\nsoftmax = 4\n")
    works = root / "works"
    works.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = str(server.getsockname())
        for name, (cells, _) in (GENTLE | hostile(secret)).items():
            cells = [cell.replace("ADDRESS", address) for cell in cells]
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
    return done, root, by_name


@needs_fork
@pytest.mark.parametrize("name", [*GENTLE, *hostile("")])
def test_each_work_gets_its_verdict(graded, name):
    _, _, students = graded
    [exercise] = students[name]["exercises"]
    wanted = (GENTLE | hostile(""))[name][1]
    assert exercise["verdict"] == wanted, exercise
    assert exercise["points"] <= 4 * (wanted != "not yet")


@needs_fork
def test_nothing_happens_to_the_teacher(graded):
    done, root, students = graded
    assert done.returncode == 1, done.stderr  # one is no notebook
    assert (root / "points.toml").read_text().startswith("partial")
    assert (root / "points.toml").stat().st_mode & 0o777
    assert time.time() - (root / "points.toml").stat().st_mtime < 3600
    written = {"c.csv", "j.json", "u.xml", "reports"}
    assert {file.name for file in root.iterdir()} == {"points.toml", "works", *written}
    assert len(students) == len(GENTLE) + len(hostile("")) + 3
    assert students["script"]["points"] == 4
    assert "graded in" in done.stderr


@needs_fork
@pytest.mark.skipif(platform.machine() not in ("x86_64", "aarch64"), reason="no list of calls")
def test_all_is_held_back_here(graded):
    assert "could" not in graded[0].stderr


@needs_fork
def test_reports_have_the_words_of_the_notebook(graded):
    _, root, students = graded
    text = (root / "reports" / "bad.txt").read_text()
    assert text.startswith("bad: 0.36 of 4 points\n\nsoftmax: one mistake to fix.\n  Mistake: ")
    assert "Your rows sum to 1 along axis 0, not along the last axis." in text
    page = (root / "reports" / "bad.html").read_text()
    assert "<strong>softmax: one mistake to fix.</strong>" in page
    assert "is not a notebook: it is not JSON" in students["no-json"]["problems"][0]
    assert students["uses-ours"]["exercises"][0]["notes"][0].startswith("It calls `softmax` of the")


@needs_fork
def test_tables(graded):
    done, root, students = graded
    rows = list(csv.reader(io.StringIO((root / "c.csv").read_text())))
    assert rows[0] == ["student", "softmax", "softmax points", "points", "of", "notes"]
    by_name = {row[0]: row for row in rows}
    assert by_name["uses-ours"][5].startswith("softmax: It calls `softmax` of the package")
    assert re.search(r"^uses-ours +right\+ +4 of 4$", done.stdout, re.MULTILINE)
    assert "\n+ calls the function of the package that the task asks for\n" in done.stdout
    assert by_name["good"][1:5] == ["right", "4", "4", "4"]
    assert by_name["'=1+1"][1] == "wrong"  # no formula
    suites = ElementTree.parse(root / "u.xml").getroot()
    assert len(suites) == len(students)
    [bad] = [suite for suite in suites if suite.get("name") == "bad"]
    assert "along axis 0" in bad.find("testcase/failure").get("message")
    assert re.search(r"^good +right +4 of 4$", done.stdout, re.MULTILINE)


def grade(*arguments):
    return terminal.main(["grade", "--jobs", "1", *map(str, arguments)])


def test_gradescope(tmp_path, capsys):
    (tmp_path / "a.ipynb").write_text(notebook(IMPORTS, BAD + CHECK))
    (tmp_path / "b.py").write_text("import numpy as np\n" + GOOD)
    results = tmp_path / "results.json"
    assert grade(tmp_path, "--gradescope", results) == 0
    [test] = json.loads(results.read_text())["tests"]  # the better of the two
    assert (test["name"], test["score"], test["max_score"]) == ("softmax", 1, 1)
    assert json.loads(results.read_text())["score"] == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[points", "is not TOML"),
        ("softmax = 1", "must hold a table"),
        ("[points]\nsoftmx = 1", "did you mean 'softmax'?"),
        ("[points]\nsoftmax = -1", "must be a number from 0 on"),
    ],
)
def test_points_that_are_none(tmp_path, capsys, text, said):
    pytest.importorskip("tomllib")
    (tmp_path / "p.toml").write_text(text)
    (tmp_path / "a.py").write_text(GOOD)
    assert grade(tmp_path / "a.py", "--points", tmp_path / "p.toml") == 2
    assert said in capsys.readouterr().err


def test_a_python_that_reads_no_toml_is_told(tmp_path, capsys, monkeypatch):
    (tmp_path / "p.toml").write_text("[points]\nsoftmax = 1\n")
    (tmp_path / "a.py").write_text(GOOD)
    monkeypatch.setattr(sys, "version_info", (3, 10, 13, "final", 0))
    assert grade(tmp_path / "a.py", "--points", tmp_path / "p.toml") == 2
    assert "TOML, which Python reads from version 3.11 on" in capsys.readouterr().err


def test_places_that_are_none(tmp_path, capsys):
    (tmp_path / "a.py").write_text(GOOD)
    assert grade(tmp_path / "nobody") == 2
    assert "there is no" in capsys.readouterr().err
    assert grade(tmp_path / "a.py", "--csv", tmp_path / "no" / "x.csv") == 2
    assert "cannot write to" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "it is empty"),
        ("[]", "it has no cells"),
        ('{"worksheets": []}', "save it again"),
        ('{"cells": [1]}', "not all of its cells"),
        ("[" * 100_000, "it is not JSON"),
    ],
)
def test_what_is_no_notebook(tmp_path, content, said):
    (tmp_path / "a.ipynb").write_text(content)
    with pytest.raises(_work.NotAWork, match=re.escape(said)):
        _work.read(tmp_path / "a.ipynb")


def test_a_script_that_is_not_python_is_told(tmp_path, capsys):
    (tmp_path / "a.py").write_text("import numpy\n\ndef softmax(z)\n    return z\n")
    grade(tmp_path / "a.py", "--reports", tmp_path)
    assert re.search(r"^a +wrong", capsys.readouterr().out, re.MULTILINE)
    assert "in line 3: def softmax(z)" in (tmp_path / "a.txt").read_text()


def test_a_deep_folder_is_removed(tmp_path):
    inside = tmp_path / "work"
    inside.mkdir()
    (tmp_path / "kept").write_text("")
    (inside / "link").symlink_to(tmp_path)
    here = os.open(inside, os.O_RDONLY)
    for level in range(300):
        os.mkdir("d", 0 if level == 299 else 0o777, dir_fd=here)
        os.close(os.open("f", os.O_CREAT, dir_fd=here))
        if level < 299:
            below = os.open("d", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
    os.close(here)
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 200)
    try:
        _grader.remove(inside)
    finally:
        sys.setrecursionlimit(usual)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_what_is_passed_over_is_named(tmp_path, capsys):
    for name in ("anna", "ben", ".git"):
        (tmp_path / name).mkdir()
    (tmp_path / "anna" / "a.py").write_text(GOOD)
    (tmp_path / "carl.ipynb.txt").write_text("")
    grade(tmp_path)
    said = capsys.readouterr().err
    assert "passed over, no notebook and no script: ben, carl.ipynb.txt\n" in said


@needs_fork
def test_a_disk_that_is_full_is_no_fault_of_the_work(tmp_path, capsys, monkeypatch):
    def fails(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_crew, "grade_pile", fails)
    (tmp_path / "a.ipynb").write_text(notebook(IMPORTS, GOOD + CHECK))
    assert grade(tmp_path / "a.ipynb") == 2
    assert "a: The grader failed: OSError: [Errno 28] No space left" in capsys.readouterr().out


@needs_fork
def test_the_grader_ends_whatever_its_processes_do(tmp_path):
    """A signal that comes before a process has said what to do with it is lost."""
    (tmp_path / "a.ipynb").write_text(notebook(IMPORTS, GOOD + CHECK))
    told = (
        "import os, signal, sys\nfrom softmax_lessons.exercises import __main__ as terminal\n"
        "from softmax_lessons.exercises._grade import _crew\n"
        "def deaf(link, order):\n    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "    link.recv()\n    os._exit(3)\n"
        "_crew.worker = deaf\nsys.exit(terminal.main(['grade', *sys.argv[1:]]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", told, tmp_path], capture_output=True, text=True, timeout=30
    )
    assert "The work has ended the process that grades it (3)." in done.stdout


def test_copies_are_told_whatever_their_names(tmp_path):
    solution = "def f(a):\n    b = a + 1\n    return [c * b for c in a if c > 2] + g(b)"
    book = notebook(
        'exercises.check("softmax", f)',
        "```{solution-start} x\n```",
        solution,
        'exercises.check("softmax", f)',
        "```{solution-end}\n```",
    )
    (tmp_path / "book.ipynb").write_text(book)
    known = _copies.known([tmp_path])
    told = []
    for code in (
        'def f(zz: int) -> list:\n    """Doc."""\n    y = zz + 1  # one\n'
        "    return [k * y for k in zz if k > 2] + g(y)",
        solution.replace("> 2", "> 3"),
        solution.replace("g(b)", "h(b)"),
    ):
        (tmp_path / "own.ipynb").write_text(notebook(code + '\nexercises.check("softmax", f)'))
        told.append(_copies.told(_work.read(tmp_path / "own.ipynb"), "softmax", known))
    assert told[0].startswith("It is the book's solution")
    assert told[1:] == ["", ""]


# Even if the tests run in the background, whose processes pass over interrupts.
TAKES_INTERRUPTS = """import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
"""


@needs_fork
def test_an_interrupt_leaves_what_is_graded(tmp_path):
    works = tmp_path / "works"
    works.mkdir()
    (works / "a.ipynb").write_text(notebook(IMPORTS, GOOD + CHECK))
    sleeps = notebook(IMPORTS, in_function("import time; time.sleep(99)") + CHECK)
    for student in "bcdef":  # on a busy machine, some are given up before the signal
        (works / f"{student}.ipynb").write_text(sleeps)
    told = TAKES_INTERRUPTS + "from softmax_lessons.exercises import __main__ as terminal\n"
    told += "from softmax_lessons.exercises._grade import _command\n_command.PAUSE = 0\n"
    told += "sys.exit(terminal.main(['grade', '--jobs', '1', *sys.argv[1:]]))"
    process = subprocess.Popen(
        [sys.executable, "-c", told, works, "--json", tmp_path / "j.json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stderr.readline() == b"1 of 6: a\n"
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    content = json.loads((tmp_path / "j.json").read_text())
    graded, left = [one["student"] for one in content["students"]], content["not graded"]
    assert graded + left == list("abcdef")
    assert left
    assert f"interrupted: {len(left)} of 6 are not graded" in said.decode()


@needs_fork
def test_an_interrupt_while_a_process_starts_is_not_lost(tmp_path):
    works = tmp_path / "works"
    works.mkdir()
    for student in "abcdefgh":
        (works / f"{student}.ipynb").write_text(notebook(IMPORTS, GOOD + CHECK))
    # Python ignores what is raised here.
    told = (
        TAKES_INTERRUPTS
        + """
from softmax_lessons.exercises import __main__ as terminal
os.register_at_fork(before=lambda: os.kill(os.getpid(), signal.SIGINT))
sys.exit(terminal.main(["grade", "--jobs", "1", *sys.argv[1:]]))"""
    )
    done = subprocess.run(
        [sys.executable, "-c", told, works, "--json", tmp_path / "j.json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert len(json.loads((tmp_path / "j.json").read_text())["not graded"]) in range(1, 9)
    assert "of 8 are not graded" in done.stderr


@needs_fork
def test_an_interrupt_is_not_for_a_job_in_the_background(tmp_path):
    file = tmp_path / "a.ipynb"
    file.write_text(notebook(IMPORTS, GOOD + CHECK))
    told = """
import os, signal, sys
from softmax_lessons.exercises import __main__ as terminal
signal.signal(signal.SIGINT, signal.SIG_IGN)
os.register_at_fork(before=lambda: os.kill(os.getpid(), signal.SIGINT))
sys.exit(terminal.main(["grade", *sys.argv[1:]]))"""
    command = [sys.executable, "-c", told, file, "--json", tmp_path / "j.json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert json.loads((tmp_path / "j.json").read_text())["not graded"] == []
    assert "interrupted" not in done.stderr


def test_where_there_is_no_fork(tmp_path):
    (tmp_path / "a.ipynb").write_text(notebook(IMPORTS, GOOD + CHECK))
    spawned = (
        "import sys\nfrom softmax_lessons.exercises._grade import _jail\n_jail.SPAWNS = True\n"
    )
    spawned += "from softmax_lessons.exercises.__main__ import main\n"
    spawned += "if __name__ == '__main__': sys.exit(main(['grade', *sys.argv[1:]]))"
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "it.py").write_text(spawned)
    done = subprocess.run(
        [sys.executable, tmp_path / "run" / "it.py", tmp_path / "a.ipynb"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "right" in done.stdout
    assert "the works could reach the network, see and end other processes" in done.stderr


def test_a_report_is_an_assertion():
    def softmax(z):
        return z

    report = exercises.check("softmax", softmax)
    with pytest.raises(AssertionError, match="one mistake to fix"):
        assert report, report
