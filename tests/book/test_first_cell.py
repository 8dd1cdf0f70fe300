"""Each notebook starts with the cell that installs the package on Colab, and does nothing here."""

import json
import os
import subprocess
import venv

import nbformat
import pytest
from run_notebooks import FIRST, FIRST_METADATA, put_first
from stored import KEY, digest
from support import pages

every_notebook = pytest.mark.parametrize("page", pages.NOTEBOOKS)
# Stands in for pip: notes what it is asked for, and then does that or fails.
PIP = """\
import json, pathlib, sys
place = pathlib.Path(__file__).parents[1]
place.joinpath("asked.json").write_text(json.dumps(sys.argv[1:]))
if place.joinpath("offline").exists():
    sys.exit("ERROR: there is no network")
place.joinpath("softmax_lessons.py").touch()
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
    done = run(elsewhere, f"{FIRST}\nimport softmax_lessons")
    assert done.returncode == 0, done.stderr
    assert asked(elsewhere) == ["install", "--quiet", "softmax-lessons[lessons]"]


def test_it_does_nothing_where_the_package_is_there(elsewhere):
    (elsewhere / "softmax_lessons.py").touch()
    done = run(elsewhere, FIRST)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert asked(elsewhere) is None


def test_it_says_what_to_do_where_pip_fails(elsewhere):
    (elsewhere / "offline").touch()
    done = run(elsewhere, FIRST)
    assert "ERROR: there is no network" in done.stdout
    assert "Check the network and run this cell again" in done.stderr
