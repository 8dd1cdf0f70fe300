"""What the functions return is known to a type checker: misuse is an error, and use is none."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
MISUSE = ROOT / "tests" / "support" / "misuse.py"


def test_mypy_finds_each_misuse_and_nothing_else():
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", str(MISUSE)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    lines = MISUSE.read_text().splitlines()
    wrong = {number for number, line in enumerate(lines, 1) if line.endswith("# wrong")}
    found = set(map(int, re.findall(r"misuse\.py:(\d+): error", done.stdout)))
    assert len(wrong) > 20
    assert found == wrong, done.stdout + done.stderr
