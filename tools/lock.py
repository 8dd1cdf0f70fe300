"""Write requirements.txt anew: every package of the extras in pyproject.toml, pinned.

Usage: python tools/lock.py [--upgrade]

Pins stay as they are unless pyproject.toml rules them out; --upgrade takes the newest.
"""

import re
import subprocess
import sys

from bootstrap import CPU_INDEX, REQUIREMENTS, ROOT, cpu_index_answers

HEADER = """\
# Everything the book and its tests need, pinned to the last transitive version.
# Made by `make lock` from the extras in pyproject.toml: change those, not this file.
"""
EXTRAS = ["book", "lab", "test"]
# What PyPI's torch adds on Linux. The book and its tests run on the CPU.
GPU = re.compile(r"(nvidia|cuda|triton)\b")


def main() -> None:
    """Resolve the extras with pip-compile and tidy its answer."""
    answer = ROOT / "_build" / "lock.txt"
    answer.parent.mkdir(exist_ok=True)
    if REQUIREMENTS.exists():  # pip-compile keeps the pins that it finds in its output file
        pins = REQUIREMENTS.read_text().splitlines()
        answer.write_text("\n".join(line for line in pins if "==" in line))
    options = ["--quiet", "--allow-unsafe", "--strip-extras", "--no-annotate", "--no-header"]
    options += ["--no-emit-index-url", "--no-emit-find-links", "--no-config", *sys.argv[1:]]
    options += [f"--extra={extra}" for extra in EXTRAS]
    if cpu_index_answers():
        options.append(f"--extra-index-url={CPU_INDEX}")
    command = [sys.executable, "-m", "piptools", "compile", *options]
    subprocess.run([*command, f"--output-file={answer}", "pyproject.toml"], cwd=ROOT, check=True)
    REQUIREMENTS.write_text(HEADER + "".join(f"{pin}\n" for pin in tidy(answer.read_text())))


def tidy(answer: str) -> list[str]:
    """Return the pins, without local suffixes and GPU libraries, and this package last."""
    pins = [line.strip() for line in answer.splitlines() if "==" in line]
    pins = [re.sub(r"\+\S+", "", pin) for pin in pins if not GPU.match(pin)]
    return [*sorted(pins), "-e ."]


if __name__ == "__main__":
    main()
