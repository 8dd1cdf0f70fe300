"""The wheel for the Python in the page is built anew when the package has changed."""

import os
import subprocess
from pathlib import Path

import pytest
import wheels


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A package of some version, and a pip that notes which it builds."""
    root, folder = tmp_path / "course", tmp_path / "site"
    (root / "softmax_lessons" / "part").mkdir(parents=True)
    folder.mkdir()
    for name in ("PACKAGE.md", "LICENSE", "softmax_lessons/part/a.py", "softmax_lessons/part/b.py"):
        (root / name).write_text(name)
    for path in [root, *root.rglob("*")]:
        os.utime(path, (0, 0))
    built = []

    def pip(command, **options):
        version = Path(command[-1], "pyproject.toml").read_text()
        Path(folder, f"softmax_lessons-{version}-py3-none-any.whl").write_text(version)
        built.append(version)

    monkeypatch.setattr(subprocess, "run", pip)
    change(root / "pyproject.toml", "1")
    return root, folder, built


def change(file, text):
    """Write a file, or remove it, some time after all that is there."""
    file.unlink(missing_ok=True)
    if text is not None:
        file.write_text(text)
    moment = change.moment = getattr(change, "moment", 1_000_000) + 100
    for path in (file if text is not None else file.parent, file.parent):
        os.utime(path, (moment, moment))


def build(root, folder):
    """Build, and let the wheel be as old as the last change."""
    wheel = wheels.build(root, folder)
    os.utime(wheel, (change.moment + 1, change.moment + 1))
    return wheel.name.split("-")[1]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("softmax_lessons/part/a.py", "new"),
        ("softmax_lessons/part/b.py", None),
        ("softmax_lessons/c.py", "new"),
        ("LICENSE", "new"),
    ],
)
def test_what_has_changed_is_built(course, file, text):
    root, folder, built = course
    assert [build(root, folder), build(root, folder)] == ["1", "1"]
    assert built == ["1"]
    change(root / file, text)
    assert build(root, folder) == "1"
    assert built == ["1", "1"]


def test_one_version_is_left(course):
    root, folder, _ = course
    build(root, folder)
    change(root / "pyproject.toml", "2")
    assert build(root, folder) == "2"
    assert len(list(folder.iterdir())) == 1
