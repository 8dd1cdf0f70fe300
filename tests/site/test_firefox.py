"""Cells run in Firefox as in Chromium: one page, one exercise."""

import json
import subprocess
import sys
from pathlib import Path

import npm
from support import pages
from support.cells import bars, stored

PAGE = "book/1-probabilities/softmax"
FOLDER = Path(__file__).parent / "firefox"
# The exercise "Build the inverse", without the sum over each row. In two lines, because the editor
# indents by itself.
WRONG = 'logits_from = lambda p: np.log(p)\nexercises.check("logits_from", logits_from)'


def test_a_cell_runs_and_an_exercise_is_checked(firefox, server):
    installed = npm.install(FOLDER, Path(sys.prefix, "firefox"))
    numbers = list(bars(PAGE))
    codes = [pages.code_cells(PAGE)[number].source for number in numbers]
    prints = next(number for number in numbers if stored(PAGE, number)[0])
    exercise = next(n for n, code in zip(numbers, codes, strict=True) if "logits_from" in code)
    address = f"{server}{PAGE}.html"
    command = [*npm.NODE, "run.mjs", firefox, address, str(prints), str(exercise), WRONG]
    done = subprocess.run(command, cwd=installed, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["complaints"] == []
    assert seen["first"]["status"] == "Done."
    assert seen["first"]["output"].strip() == stored(PAGE, prints)[0].strip()
    assert seen["exercise"]["status"] == "Done. logits_from: one mistake to fix."
    assert "one mistake to fix" in seen["exercise"]["output"]
    assert "sum" in seen["exercise"]["output"]
