"""Lay out the book in another language, as a fork in it would be, and build it strictly.

Usage: .venv/bin/python tools/translation.py LANGUAGE [FOLDER]   (default: _build/translation)

A copy of the tree takes what `translations/LANGUAGE` holds in the place of the files of the same
names, and `_config.yml` names the language. That is all that a fork does.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import reproducible
from planted import AS_A_FORK

ROOT = Path(__file__).resolve().parent.parent
BUILD = [".venv/bin/jupyter-book", "build", ".", "-nW", "--keep-going", "--all"]


def lay_out(language: str, folder: Path) -> None:
    """Make a folder the book in a language."""
    reproducible.copy(folder)
    shutil.copytree(ROOT / "translations" / language, folder, dirs_exist_ok=True)
    config = folder / "_config.yml"
    text, found = re.subn(r"(?m)^( +language:) .+$", rf"\1 {language}", config.read_text("utf-8"))
    assert found == 1, "_config.yml names the language once"
    config.write_text(text, "utf-8")


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of a fork that lies in a folder."""
    return os.environ | AS_A_FORK | {"PYTHONPATH": str(folder)}


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    """Build the book in a folder, as a fork of someone would."""
    return subprocess.run(
        BUILD, cwd=folder, env=environment(folder), check=False, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def main() -> int:
    """Lay it out, build it, and say where it is."""
    if len(sys.argv) < 2 or not (ROOT / "translations" / sys.argv[1]).is_dir():
        sys.exit(__doc__)
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT / "_build" / "translation"
    shutil.rmtree(folder, ignore_errors=True)
    lay_out(sys.argv[1], folder)
    built = build(folder)
    print(built.stdout[-6000:] if built.returncode else f"The pages are in {folder}/_build/html.")
    return built.returncode


if __name__ == "__main__":
    sys.exit(main())
