"""No output stores a script: the site loads the modules of live figures from files.

What a cell writes does hold one, so that it works in JupyterLab, Binder and Colab. nbval takes
exactly that one away before it compares, and `make outputs` before it stores.
"""

import re
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from nbval.plugin import get_sanitize_patterns
from run_notebooks import SCRIPTS, drop_script
from support import pages
from support.live import ALL, example

OURS = '<p>1</p>\n</softmax-explorer>\n<script type="module" async>\nlet a = 1;\n</script>'


@pytest.mark.parametrize("page", pages.NOTEBOOKS)
def test_no_output_stores_a_script(page):
    for cell in pages.code_cells(page):
        for output in cell.outputs:
            stored = output.get("data", {}).get("text/html", "")
            assert "<script" not in stored, f"run `make outputs`:\n{cell.source}"


def test_the_script_of_a_live_output_is_what_is_dropped():
    for name in ALL:
        html = example(name).html
        data = {"text/html": html, "text/plain": html}
        drop_script(data)
        assert data["text/html"] == html[: html.index("\n<script")]
        assert data["text/plain"] == html


@pytest.mark.parametrize(
    "html",
    [
        "<p>1</p>\n<script>let a = 1;</script>",
        '<p>1</p>\n<script type="module" async>\nlet a = 1;\n</script>',
        '</softmax-explorer>\n<p></p>\n<script type="module" async>\nlet a = 1;\n</script>',
        '</softmax-explorer>\n<script type="module" src="a.js" async>\n</script>',
        f"{OURS}<script>let a = 1;</script>",
    ],
)
def test_any_other_script_stays(html):
    data = {"text/html": html}
    drop_script(data)
    assert re.search(r"<script[^>]*>", data["text/html"])


def test_both_files_for_nbval_take_the_same_script_away():
    [rule] = get_sanitize_patterns(SCRIPTS.read_text())
    drawings = pages.ROOT / "tests" / "release" / "drawings.cfg"
    assert rule in get_sanitize_patterns(drawings.read_text())


def test_nbval_ignores_the_script_and_nothing_else(tmp_path):
    """Stored with the script, as JupyterLab saves it, or without; with another number or script."""
    live = example("explorer", labels=["a", "b", "c"])
    bare = live.html[: live.html.index("\n<script")]
    stored = [(0.25, live.html), (0.25, bare), (0.26, bare), (0.25, f"{bare}<script>1</script>")]
    cells = []
    for count, (score, html) in enumerate(stored, 1):
        source = (
            "from softmax_lessons.interactive import explorer\n"
            f"explorer([{score}, 1.23, -0.8], ['a', 'b', 'c'])"
        )
        data = {"text/html": html, "text/plain": live.text}
        output = new_output("execute_result", data, execution_count=count)
        cells.append(new_code_cell(source, execution_count=count, outputs=[output]))
    nbformat.write(new_notebook(cells=cells), tmp_path / "live.ipynb")
    nbval = ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", str(SCRIPTS)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", *nbval, "live.ipynb"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    failed = re.findall(r"^FAILED live.ipynb::Cell (\d)", done.stdout, re.MULTILINE)
    assert failed == ["2", "3"], done.stdout + done.stderr
    assert "2 failed, 2 passed" in done.stdout
