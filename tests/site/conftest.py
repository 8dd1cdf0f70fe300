"""A browser, and a server for the built site."""

import functools
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pages
import pytest
from playwright.sync_api import sync_playwright


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a line of log for each."""

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="session")
def server():
    """The address of the built site, ending in a slash."""
    handler = functools.partial(Quiet, directory=str(pages.SITE))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}/"
        http.shutdown()


@pytest.fixture(scope="session")
def browser():
    """A Chromium. Without one the tests fail: a skipped test would look green."""
    command = [sys.executable, str(pages.ROOT / "tools" / "browser.py")]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.fail(found.stderr.strip())
    with sync_playwright() as playwright:
        path = found.stdout.strip()
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()
