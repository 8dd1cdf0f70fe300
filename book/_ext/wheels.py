"""Wheels for the Python in the page: our own, and how Pyodide's list of packages names a wheel."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

FILES = ["pyproject.toml", "PACKAGE.md", "LICENSE"]
PACKAGE = "softmax_lessons"


def build(root: Path, folder: Path) -> Path:
    """Build the package's wheel from a copy of its source, the same bytes each time.

    One that a build before has left in the folder stays while it is newer than all of the source.
    """
    built = [*folder.glob(f"{PACKAGE}-*.whl")]
    if built and newest(root) < min(map(changed, built)):
        return built[0]
    for wheel in built:
        wheel.unlink()
    with tempfile.TemporaryDirectory() as copy:
        for name in FILES:
            shutil.copy(root / name, copy)
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(root / PACKAGE, Path(copy, PACKAGE), ignore=ignore)
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "wheel"]
        subprocess.run(
            [*pip, "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), copy],
            check=True,
            env={**os.environ, "SOURCE_DATE_EPOCH": "315532800"},
        )
    (wheel,) = folder.glob(f"{PACKAGE}-*.whl")
    return wheel


def newest(root: Path) -> float:
    """Return when the source last changed: a file, or what a folder holds."""
    places = (one for one in (root / PACKAGE).rglob("*") if "__pycache__" not in one.parts)
    return max(map(changed, [*(root / name for name in [*FILES, PACKAGE]), *places]))


def changed(path: Path) -> float:
    """Return when a file or a folder last changed."""
    return path.stat().st_mtime


def digest(file: Path) -> str:
    """Return the hash by which a file is known."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def entry(wheel: Path, depends: list[str]) -> tuple[str, dict[str, Any]]:
    """Return the name and the entry of a wheel of Python alone."""
    module, version = wheel.name.split("-")[:2]
    name = module.replace("_", "-")
    return name, {
        "name": name,
        "version": version,
        "file_name": wheel.name,
        "install_dir": "site",
        "sha256": digest(wheel),
        "package_type": "package",
        "imports": [module],
        "depends": depends,
        "unvendored_tests": False,
    }
