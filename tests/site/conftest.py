"""A browser, and a server for the built site."""

import subprocess
import sys

import pytest
from support import pages
from support.serving import serving


@pytest.fixture(scope="session")
def server():
    """The address of the built site, ending in a slash: compressed, and not at the host's root."""
    with serving(pages.SITE, pages.BASE) as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    """A Chromium. Without one the tests fail: a skipped test would look green."""
    from playwright.sync_api import sync_playwright  # `make book` runs a file here without it

    with sync_playwright() as playwright:
        path = path_of_browser()
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def new_tab(browser):
    """Open an empty tab in a window of its own, of some size, as a reader prefers it."""
    contexts = []

    def open_tab(**options):
        contexts.append(browser.new_context(**options))
        return contexts[-1].new_page()

    yield open_tab
    for context in contexts:
        context.close()


def path_of_browser(*which):
    command = [sys.executable, str(pages.ROOT / "tools" / "browser.py"), *which]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.fail(found.stderr.strip())
    return found.stdout.strip()


@pytest.fixture(scope="session")
def firefox():
    """The path of a Firefox."""
    return path_of_browser("firefox")


@pytest.fixture(scope="session")
def laid_out():
    """Wait until all of a page is laid out and shown, and the theme's main script has started."""

    def wait(tab):
        visible = """() => [...document.querySelectorAll("article section *")].every(
            e => e.closest(".katex") || getComputedStyle(e).contentVisibility === "visible")"""
        tab.wait_for_function(visible, polling=100)  # each look at all of a page takes a while
        tab.wait_for_function("""() => performance.getEntriesByType("resource").some(
            file => file.name.endsWith("/pydata-sphinx-theme.js"))""")
        tab.evaluate("new Promise(done => requestIdleCallback(done))")

    return wait
