"""Each notebook starts with the cell that installs the package on Colab, and does nothing here."""

import json
import os
import subprocess
import sys
import venv
import zipfile

import first
import nbformat
import pytest
from run_notebooks import FIRST_METADATA, put_first
from stored import KEY, digest
from support import pages

FIRST = first.cell()
HERE = "https://github.com/teacher/lessons/archive/0a1b2c.zip"
every_notebook = pytest.mark.parametrize("page", pages.NOTEBOOKS)
# Stands in for pip: notes what it is asked for, and then does that or fails.
PIP = """\
import json, pathlib, sys
place = pathlib.Path(__file__).parents[1]
place.joinpath("asked.json").write_text(json.dumps(sys.argv[1:]))
if place.joinpath("offline").exists():
    sys.exit("ERROR: there is no network")
package = place / "softmax_lessons"
package.mkdir()
package.joinpath("__init__.py").touch()
package.joinpath("language.py").write_text("def set_language(language): pass")
"""


@every_notebook
def test_notebook_starts_with_the_cell(page):
    first = pages.notebook(page).cells[0]
    assert first.cell_type == "code"
    assert first.source == FIRST, "run `make outputs`"
    assert first.metadata == {**FIRST_METADATA, KEY: digest(FIRST)}
    assert first.outputs == []


@every_notebook
def test_no_other_cell_is_taken_from_the_page(page):
    hidden = [cell for cell in pages.code_cells(page) if "remove-cell" in pages.tags(cell)]
    assert len(hidden) == 1


def test_make_outputs_writes_the_cell_once():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Title")])
    put_first(notebook)
    put_first(notebook)
    assert [cell.source for cell in notebook.cells] == [FIRST, "# Title"]


@pytest.fixture
def elsewhere(tmp_path):
    """A Python without the package, with a pip that notes what it is asked for."""
    venv.create(tmp_path / "python", symlinks=True)
    (packages,) = tmp_path.glob("python/lib/*/site-packages")
    (packages / "pip").mkdir()
    (packages / "pip" / "__main__.py").write_text(PIP)
    return packages


def run(packages, code):
    """Run the code with that Python, in a folder that holds nothing."""
    python = packages.parents[2] / "bin" / "python"
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [python, "-c", code], cwd=packages, env=environment, capture_output=True, text=True
    )


def asked(packages):
    """What pip was asked for; None if it was not called."""
    note = packages / "asked.json"
    return json.loads(note.read_text()) if note.exists() else None


def test_it_installs_the_package_where_it_is_missing(elsewhere):
    done = run(elsewhere, f"{first.cell(HERE)}\nimport softmax_lessons")
    assert done.returncode == 0, done.stderr
    assert asked(elsewhere) == ["install", "--quiet", f"softmax-lessons[lessons] @ {HERE}"]


def test_it_never_asks_for_a_name_alone(elsewhere):
    """Which anybody may own on PyPI: without a source it asks for nothing, and says what to do."""
    done = run(elsewhere, FIRST)
    assert done.returncode == 1
    assert "Open it by the links of the published book" in done.stderr
    assert asked(elsewhere) is None


def test_it_does_nothing_where_the_package_is_there(elsewhere):
    (elsewhere / "softmax_lessons").mkdir()
    (elsewhere / "softmax_lessons" / "language.py").write_text("def set_language(language): pass")
    done = run(elsewhere, FIRST)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert asked(elsewhere) is None


@pytest.mark.parametrize(
    ("repository", "source"),
    [
        ("https://github.com/teacher/lessons", "https://github.com/teacher/lessons/archive/{}.zip"),
        ("https://gitlab.com/group/sub/lessons", "git+https://gitlab.com/group/sub/lessons@{}"),
    ],
)
def test_it_names_the_repository_at_its_commit(repository, source, monkeypatch):
    git = ["git", f"--git-dir={pages.ROOT / '.git'}", "rev-parse", "HEAD"]
    head = subprocess.run(git, capture_output=True)
    assert first.source(repository, "main") == source.format(head.stdout.decode().strip() or "main")
    monkeypatch.setattr(first.status, "git", lambda *_: "")  # unpacked from an archive
    assert first.source(repository, "main") == source.format("main")


def test_a_book_without_a_repository_has_no_source():
    assert first.source("", "main") == ""


def test_pip_takes_such_an_archive(tmp_path):
    """As GitHub packs it, one folder deep: the metadata is that of the package."""
    archive = tmp_path / "lessons.zip"
    files = ["pyproject.toml", "PACKAGE.md", "LICENSE", "softmax_lessons/__init__.py"]
    with zipfile.ZipFile(archive, "w") as packed:
        for file in files:
            packed.write(pages.ROOT / file, f"lessons-0a1b2c/{file}")
    wanted = f"softmax-lessons[lessons] @ {archive.as_uri()}"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-deps"]
    subprocess.run(
        [*pip, "--quiet", "--no-build-isolation", "--wheel-dir", str(tmp_path), wanted], check=True
    )
    assert list(tmp_path.glob("softmax_lessons-*.whl"))


def test_it_says_what_to_do_where_pip_fails(elsewhere):
    (elsewhere / "offline").touch()
    done = run(elsewhere, first.cell(HERE))
    assert "ERROR: there is no network" in done.stdout
    assert "Check the network and run this cell again" in done.stderr
