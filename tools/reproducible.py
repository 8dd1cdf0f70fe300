"""Build the book twice, and list the files that are not the same to the last byte.

Usage: python tools/reproducible.py COMMAND ...      (the command that builds the book)

The second build has another folder, with a space in its name, another time zone and another
language. Files that differ stay in _build/reproducible to be looked at.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "_build" / "reproducible"
BUILDS = {
    "one": {"TZ": "UTC", "LC_ALL": "C.UTF-8"},
    "the other": {"TZ": "Asia/Kolkata", "LC_ALL": "C"},
}
# Times, and the machine at that moment: see book/_ext/status.py.
MAY_DIFFER = {"book/appendix/status.html"}


def copy(folder: Path) -> None:
    """Copy all files but the ignored ones, and link to the environment."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listed, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    for file in filter(None, files.split("\0")):
        if (ROOT / file).exists():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / file, folder / file)
    (folder / ".venv").symlink_to(ROOT / ".venv")


def build(name: str, command: list[str]) -> Path:
    """Copy the book to a folder of this name, build it there, and return its pages."""
    folder = WORK / name
    copy(folder)
    subprocess.run(command, cwd=folder, env=os.environ | BUILDS[name], check=True)
    return folder / "_build" / "html"


def differences(one: Path, other: Path) -> list[str]:
    """Return the files that are not in both folders, or not the same."""
    files = {p.relative_to(top).as_posix() for top in (one, other) for p in top.rglob("*")}
    return sorted(file for file in files if content(one / file) != content(other / file))


def content(path: Path) -> bytes | None:
    """Return what a file holds; nothing for a folder, None if it is not there."""
    if path.is_dir():
        return b""
    return path.read_bytes() if path.exists() else None


def main() -> None:
    """Build twice, compare, and fail if anything differs that should not."""
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    shutil.rmtree(WORK, ignore_errors=True)
    try:
        found = differences(*[build(name, sys.argv[1:]) for name in BUILDS])
    except subprocess.CalledProcessError as error:
        sys.exit(f"A build failed: {error}")
    wrong = [file for file in found if file not in MAY_DIFFER]
    if wrong:
        sys.exit("These files differ between two builds:\n" + "\n".join(wrong))
    shutil.rmtree(WORK)
    print("Two builds are the same to the last byte, but for " + ", ".join(sorted(MAY_DIFFER)))


if __name__ == "__main__":
    main()
