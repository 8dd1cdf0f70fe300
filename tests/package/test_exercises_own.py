"""Exercises of one's own: the recipe, a package that offers some, and the command lines."""

import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import softmax_lessons
from softmax_lessons import exercises
from softmax_lessons.exercises import Exercise, Stage, __main__, _registry

ROOT = Path(__file__).parents[2]
RECIPE = ROOT / "CONTRIBUTING.md"


@pytest.fixture
def registry(monkeypatch):
    """Leave no exercise behind."""
    kept = {chapter: dict(known) for chapter, known in _registry.CHAPTERS.items()}
    monkeypatch.setattr(_registry, "CHAPTERS", kept)
    monkeypatch.setattr(_registry, "_loaded", set())
    return kept


def recipe():
    """Return the code of the recipe: the exercise, its test, the entry point."""
    section = RECIPE.read_text(encoding="utf-8").partition("## Add an exercise\n")[2]
    section = section.partition("\n## ")[0]
    made, tried = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    (offered,) = re.findall(r"```toml\n(.*?)```", section, re.DOTALL)
    return made, tried, offered


def test_the_recipe_works_as_it_stands(registry):
    if not RECIPE.exists():
        pytest.skip("could not import 'CONTRIBUTING.md'")
    made, tried, _ = recipe()
    space = {}
    exec(made, space)
    exec(tried, space)
    assert exercises.names("my-course") == ("cosine",)
    assert exercises.task("cosine").stub == "def cosine(a, b):\n    ..."
    report = exercises.check("cosine", lambda a, b: a @ b / np.sqrt((a @ a) * (b @ b)))
    assert report.mistake.startswith("Long vectors overflow.")
    assert "from softmax_lessons.exercises._" not in made


def test_a_package_offers_exercises(tmp_path):
    if not RECIPE.exists():
        pytest.skip("could not import 'CONTRIBUTING.md'")
    made, _, offered = recipe()
    module = made.partition("exercises.register(")[0]
    (tmp_path / "my_course.py").write_text(module)
    metadata = tmp_path / "my_course-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: my-course\nVersion: 1.0\n")
    group, chapter, value = re.fullmatch(
        r'\[project.entry-points."([\w.]+)"\]\n([\w-]+) = "(\w+)"\n', offered
    ).groups()
    broken = "broken = no_such_module"
    points = f"[{group}]\n{chapter} = {value}\n{broken}\n"
    (metadata / "entry_points.txt").write_text(points)
    solutions = tmp_path / "solutions.py"
    solutions.write_text("def cosine(a, b):\n    return a @ b\n")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "softmax_lessons.exercises", "check", str(solutions)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 1, done
    assert "It is the product of the vectors." in done.stdout
    assert broken in done.stderr  # and it took nothing else along


def test_packages_offer_exercises_by_one_group_alone(registry, tmp_path, monkeypatch):
    metadata = tmp_path / "offers-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: offers\nVersion: 1.0\n")
    points = "[softmax_lessons.exercises]\noffered = offers\n\n[others]\nelsewhere = offers\n"
    (metadata / "entry_points.txt").write_text(points)
    module = ModuleType("offers")
    module.DOUBLE = double("doubled")
    monkeypatch.setitem(sys.modules, "offers", module)
    monkeypatch.syspath_prepend(tmp_path)
    assert exercises.names("offered") == ("doubled",)
    assert exercises.check("doubled", lambda x: x + x)
    assert "elsewhere" not in registry


def test_packages_are_looked_into_for_a_name_that_is_not_ours_alone(registry, monkeypatch):
    asked = []

    def offer():
        asked.append(1)
        exercises.register(double("doubled"), chapter="offered")

    monkeypatch.setattr(_registry, "load_entry_points", offer)
    assert exercises.task("softmax").chapter == "softmax"
    assert not asked
    assert exercises.task("doubled").chapter == "offered"
    assert len(asked) == 1


STAGE = Stage("a number", "It is not the double.", "Add x to x.", ((3,), (0.5,)))


def double(name="double"):
    return Exercise("Double", f"{name}(x)", "Return 2 x.", right=lambda x: 2 * x, stages=(STAGE,))


def test_a_cell_that_registers_can_be_run_again(registry):
    exercises.register(double(), chapter="mine")
    again = double()
    exercises.register(again, chapter="mine")
    assert exercises.names("mine") == ("double",)
    assert exercises.task("double").chapter == "mine"
    assert exercises.check(again, lambda x: x + x)


def test_what_is_refused(registry):
    with pytest.raises(ValueError, match="'softmax' has an exercise 'softmax'"):
        exercises.register(double("softmax"), chapter="mine")
    with pytest.raises(TypeError, match="register takes exercises, got one of type str"):
        exercises.register("softmax", chapter="mine")
    with pytest.raises(ValueError, match=r"signature must read like 'f\(x, y\)', got 'double'"):
        Exercise("Double", "double", "", right=abs, stages=(STAGE,))
    with pytest.raises(ValueError, match="double needs a stage"):
        Exercise("Double", "double(x)", "", right=abs, stages=())
    with pytest.raises(ValueError, match="cases must hold a tuple of arguments"):
        Stage("none", "", "", (3,))


def test_the_package_says_what_it_is():
    command = [sys.executable, "-m", "softmax_lessons"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert lines[0] == f"softmax-lessons {softmax_lessons.__version__}"
    listed = {line.split()[0] for line in lines if line.startswith("  ")}
    assert {"activations", "losses", "exercises", "pytorch"} <= listed
    assert any(line.startswith("Documentation: https://") for line in lines)


def test_listing(capsys):
    assert __main__.main(["list"]) == 0
    assert __main__.main([]) == 0
    first, second = capsys.readouterr().out.split("scores\n")[1:]
    assert first == second
    assert __main__.main(["list", "softmax"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[0] == exercises.names("softmax")[0]
    assert __main__.main(["list", "sotfmax"]) == 2
    assert "chapter must be one of" in capsys.readouterr().err


def test_a_task(capsys):
    assert __main__.main(["task", "softmax"]) == 0
    assert capsys.readouterr().out == f"{exercises.task('softmax')!r}\n"
    assert __main__.main(["task", "sotfmax"]) == 2
    assert "did you mean 'softmax'?" in capsys.readouterr().err


RIGHT = "import numpy as np\n\n\ndef logit(p):\n    return np.log(p / (1 - p))\n"


@pytest.mark.parametrize(
    ("text", "names", "code", "said"),
    [
        (RIGHT, [], 0, "logit: right."),
        (RIGHT + "\n\ndef entropy(p): ...\n", [], 1, "entropy: not yet."),
        (RIGHT + "\n\ndef entropy(p): ...\n", ["logit"], 0, "logit: right."),
        ("from softmax_lessons import softmax\n", [], 2, "no function named after an exercise"),
        (RIGHT, ["softmax"], 2, "defines no softmax"),
        (RIGHT, ["logitt"], 2, "did you mean 'logit'?"),
        ("def logit(p)\n", [], 2, "does not run: SyntaxError"),
        ("import sys\nsys.exit(0)\n", [], 2, "does not run: SystemExit"),
    ],
)
def test_a_file(text, names, code, said, tmp_path, capsys):
    file = tmp_path / "solutions.py"
    file.write_text(text)
    assert __main__.main(["check", str(file), *names]) == code
    assert said in "".join(capsys.readouterr())


def test_a_file_that_is_not_there(capsys):
    assert __main__.main(["check", "none.py"]) == 2
    assert "none.py does not run: FileNotFoundError" in capsys.readouterr().err


def test_help_names_the_commands(capsys):
    with pytest.raises(SystemExit) as ended:
        __main__.main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert all(word in said for word in ("list", "task", "check", "exit code"))
