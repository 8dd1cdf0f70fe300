"""The stored outputs: each is of the code above it, and `make outputs` sees to it."""

import copy
import os
import subprocess
import sys

import nbformat
import pytest
import run_notebooks
import stored
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from support import pages

CODE = "z = [0.25, 1.23]\nmax(z)"


def cell(code=CODE, count=1, note=CODE):
    metadata = {stored.KEY: stored.digest(note)} if note else {}
    return new_code_cell(code, execution_count=count, metadata=metadata)


def problems(*cells):
    return list(stored.problems(nbformat.from_dict(list(cells))))


@pytest.mark.parametrize("page", pages.NOTEBOOKS)
def test_every_stored_output_is_of_the_code_above_it(page):
    assert list(stored.problems(pages.notebook(page).cells)) == []


def test_nothing_is_wrong_with_text_with_a_cell_that_ran_and_with_an_empty_one():
    assert problems(new_markdown_cell("# Title"), cell(), cell("\n", None, None)) == []


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (cell(count=None), "has never run"),
        (cell(count=None, note=None), "has never run"),
        (cell(note=None), "has changed since its output was stored"),
        (cell(note="z = [0.25, 1.24]\nmax(z)"), "has changed since its output was stored"),
        (cell(code=CODE + " "), "has changed since its output was stored"),
    ],
)
def test_a_cell_is_named_by_its_number_and_its_first_line(wrong, says):
    (problem,) = problems(cell(), new_markdown_cell("text"), wrong)
    first = "z = [0.25, 1.23]"
    assert problem == f"code cell 2 {says}: {first!r}"


def test_lines_of_code_count_as_the_text_that_they_make():
    """A file holds a list of lines, nbformat their text."""
    lines = copy.deepcopy(cell())
    lines["source"] = CODE.splitlines(keepends=True)
    assert problems(lines) == []


def test_no_build_runs_a_notebook():
    config = yaml.safe_load((pages.ROOT / "_config.yml").read_text())
    assert config["execute"] == {"execute_notebooks": "off"}
    assert "stored" in config["sphinx"]["local_extensions"]


@pytest.mark.parametrize(("code", "status"), [(CODE, 0), ("z = [0.5]", 1)], ids=["same", "newer"])
def test_a_strict_build_fails_at_newer_code_and_says_what_to_do(code, status, tmp_path):
    cells = [new_markdown_cell("# Title"), cell(code=code)]
    python = {"kernelspec": run_notebooks.KERNEL, "language_info": {"name": "python"}}
    nbformat.write(new_notebook(cells=cells, metadata=python), tmp_path / "index.ipynb")
    settings = 'extensions = ["myst_nb", "stored"]\nnb_execution_mode = "off"\n'
    (tmp_path / "conf.py").write_text(settings)
    command = [sys.executable, "-m", "sphinx", "-qW", "--keep-going", "-b", "dummy"]
    done = subprocess.run(
        [*command, str(tmp_path), str(tmp_path / "built")],
        env=os.environ | {"PYTHONPATH": str(pages.ROOT / "book" / "_ext")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == status, done.stderr
    says = "code cell 1 has changed since its output was stored: 'z = [0.5]': run `make outputs"
    assert (f"index.ipynb: WARNING: {says} NOTEBOOKS=index.ipynb`" in done.stderr) == bool(status)


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    """A notebook that has never run, and a function that runs it and returns it."""
    path = tmp_path / "page.ipynb"
    cells = [new_markdown_cell("# Title"), new_code_cell("print(1)")]
    nbformat.write(new_notebook(cells=cells), path)
    monkeypatch.setattr(run_notebooks.first, "cell", lambda: "# instead of the one that installs")

    def run():
        run_notebooks.run(path)
        return path.read_bytes(), nbformat.read(path, as_version=4)

    return path, run


def test_outputs_are_stored_with_what_they_are_of_and_how_the_run_went(notebook):
    path, run = notebook
    assert len(problems(*nbformat.read(path, as_version=4).cells)) == 1
    _, after = run()
    assert problems(*after.cells) == []
    assert [one.execution_count for one in after.cells if one.cell_type == "code"] == [1, 2]
    note = after.metadata[stored.KEY]
    assert set(note) == {"seconds", "python", "processor"}
    assert note["seconds"] > 0


def test_a_second_run_changes_nothing_and_a_change_makes_a_new_note(notebook):
    path, run = notebook
    _, after = run()
    after.metadata[stored.KEY]["seconds"] = 99.5  # as of another run
    nbformat.write(after, path)
    first = path.read_bytes()
    second, after = run()
    assert second == first
    after.cells[2].source = "print(2)"
    assert len(problems(*after.cells)) == 1
    nbformat.write(after, path)
    _, after = run()
    assert problems(*after.cells) == []
    assert after.cells[2].outputs[0].text == "2\n"
    assert after.metadata[stored.KEY]["seconds"] != 99.5
