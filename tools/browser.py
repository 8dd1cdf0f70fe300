"""Print the path of a Chromium for the tests, installing one where there is none; or of a Firefox.

Usage: python tools/browser.py [firefox]

$CHROMIUM or $FIREFOX names the one to take. Otherwise: the one on this machine, else Playwright's
own download of Chromium, else Debian's package when running as root, else a sentence that says
what to do. Of Chromium, Debian's headless shell is taken first: without windows it does with two
thirds of the processor's time.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple


class Browser(NamedTuple):
    """A browser that the tests use."""

    name: str
    paths: list[str]
    packages: list[str]  # Debian's, the best first

    def find(self) -> str | None:
        """Return the path of one that starts, or None."""
        found = filter(None, map(shutil.which, self.paths))
        return next((path for path in found if self.starts(path)), None)

    def starts(self, path: str) -> bool:
        """Tell whether the one at `path` shows a page: a file that exists may lack libraries."""
        with tempfile.TemporaryDirectory() as folder:
            if self is FIREFOX:
                picture = Path(folder, "shown.png")
                flags = ["--headless", "--no-remote", "--profile", folder, "--screenshot", picture]
                run([path, *map(str, flags), "data:text/html,<p>shown</p>"], 60)
                return picture.exists()
            flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}"]
            return "<p>shown</p>" in run(
                [path, *flags, "--dump-dom", "data:text/html,<p>shown</p>"], 60
            )


CHROMIUM = Browser(
    "Chromium",
    [
        *("chromium-headless-shell", "chromium", "chromium-browser"),
        *("google-chrome", "google-chrome-stable"),
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
    ],
    ["chromium-headless-shell", "chromium"],
)
FULL = CHROMIUM._replace(paths=CHROMIUM.paths[1:])  # as readers have it
FIREFOX = Browser(
    "Firefox",
    ["firefox", "firefox-esr", "/Applications/Firefox.app/Contents/MacOS/firefox"],
    ["firefox-esr"],
)


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
    """Return Playwright's own Chromium, downloading it if need be."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    if not Path(path).exists():
        say("No Chromium here: trying Playwright's (170 MB) ...")
        run([sys.executable, "-m", "playwright", "install", "chromium"], 300)
    return path if CHROMIUM.starts(path) else None


def debians(browser: Browser) -> str | None:
    """Return Debian's browser after installing it, which takes root and apt-get."""
    if os.geteuid() or not shutil.which("apt-get"):
        return None
    say(f"No {browser.name} here: installing Debian's package with apt-get ...")
    run(["apt-get", "update", "-qq"], 300)
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"]
    for package in browser.packages:
        run([*install, package], 900)
        if found := browser.find():
            return found
    return None


def say(line: str) -> None:
    """Tell the person, apart from the path that the caller reads."""
    print(line, file=sys.stderr, flush=True)


def path(browser: Browser = CHROMIUM) -> str:
    """Return the path of a browser, or end with a sentence."""
    variable = browser.name.upper()
    named = os.environ.get(variable)
    if named:
        found = shutil.which(named)
        if not found or not browser.starts(found):
            sys.exit(f"{variable}={named} does not start: name a {browser.name} that does.")
    else:
        found = browser.find()
        if not found and browser is CHROMIUM:
            found = playwrights()
        found = found or debians(browser)
    if not found:
        sys.exit(f"The tests need {browser.name}: install it, or name one in {variable}.")
    return found


if __name__ == "__main__":
    print(path(FIREFOX if sys.argv[1:] == ["firefox"] else CHROMIUM))
