"""Print the path of a Chromium for the tests, installing one where there is none.

$CHROMIUM names the one to take. Otherwise: the one on this machine, else Playwright's own
download, else Debian's package when running as root, else a sentence that says what to do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
NAMES += ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"]
NAMES += ["/Applications/Chromium.app/Contents/MacOS/Chromium"]


def find() -> str | None:
    """Return a browser that starts, or None."""
    return next((path for name in NAMES if (path := shutil.which(name)) and starts(path)), None)


def starts(path: str) -> bool:
    """Tell whether the browser at `path` shows a page: a file that exists may lack libraries."""
    with tempfile.TemporaryDirectory() as profile:
        flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}"]
        command = [path, *flags, "--dump-dom", "data:text/html,<p>shown</p>"]
        return "<p>shown</p>" in run(command, 60)


def run(command: list[str], seconds: int) -> str:
    """Return what `command` prints; nothing if it fails or takes longer than that."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode(errors="replace")


def playwrights() -> str | None:
    """Return Playwright's own browser, downloading it if need be."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    if not Path(path).exists():
        say("No Chromium here: trying Playwright's (170 MB) ...")
        run([sys.executable, "-m", "playwright", "install", "chromium"], 300)
    return path if starts(path) else None


def debians() -> str | None:
    """Return Debian's browser after installing it, which takes root and apt-get."""
    if os.geteuid() or not shutil.which("apt-get"):
        return None
    say("No Chromium here: installing Debian's package with apt-get ...")
    run(["apt-get", "update", "-qq"], 300)
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], 900)
    return find()


def say(line: str) -> None:
    """Tell the person, apart from the path that the caller reads."""
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    """Print the path, or end with a sentence."""
    named = os.environ.get("CHROMIUM")
    if named:
        path = shutil.which(named)
        if not path or not starts(path):
            sys.exit(f"CHROMIUM={named} does not start: name a Chromium or Chrome that does.")
    else:
        path = find() or playwrights() or debians()
    if not path:
        sys.exit("The tests need a browser: install Chromium or Chrome, or name one in CHROMIUM.")
    print(path)


if __name__ == "__main__":
    main()
