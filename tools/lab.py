"""Open notebooks in JupyterLab, run all their cells in a browser, and say what goes wrong.

Usage: python tools/lab.py [--shots FOLDER] [NOTEBOOK ...]      (default: all below book/)

The server works on a copy of the files, so that nothing is saved into it. What counts as wrong: a
cell with an error, a live figure that does not come up, MyST that stays raw text, a message on the
browser's console.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import browser
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 180_000  # milliseconds, for one notebook
TOKEN = "rehearsal"

RUN_ALL = """async () => {
    const panel = window.jupyterapp.shell.currentWidget;
    await panel.context.ready;
    await panel.sessionContext.ready;
    const cells = panel.content.model.sharedModel.cells.filter(cell => cell.cell_type === "code");
    const source = {code: cells[1].getSource()};  // the first cell has nothing to do here
    await panel.sessionContext.session.kernel.requestExecute(source).done;
    const first = performance.now();
    await window.jupyterapp.commands.execute("notebook:run-all-cells");
    const wrong = [];
    let left = 0;
    for (const cell of cells) {
        const count = cell.execution_count;
        for (const output of cell.toJSON().outputs) {
            if (output.output_type === "error") wrong.push(`${output.ename}: ${output.evalue}`);
        }
        if (count === null && cell.getSource().trim()) left += 1;
    }
    if (left) wrong.push(`cells that were not run: ${left}`);
    return {code: cells.length, first, wrong};
}"""
LOOK = """async () => {
    await new Promise(done => setTimeout(done, 1000));  // the figures' modules are still loading
    const raw = new Set();
    const dead = new Set();
    for (const cell of window.jupyterapp.shell.currentWidget.content.widgets) {
        if (cell.model.type === "markdown") {
            const found = cell.node.innerText.match(
                /^(`{3}|:{3})\\{.*|^:label:.*|^\\$\\$.*|.*Unknown (Directive|Role)/m);
            if (found) raw.add(found[0]);
        }
        for (const element of cell.node.querySelectorAll(".jp-OutputArea *")) {
            if (element.localName.startsWith("softmax-") && !element.matches(":defined")) {
                dead.add(element.localName);
            }
        }
    }
    return {raw: [...raw], dead: [...dead]};
}"""
# All cells are shown at once, so that each can be looked at; nothing asks the web for news.
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


@contextlib.contextmanager
def server(command: list[str], folder: Path, base: str = "/") -> Iterator[str]:
    """Start Jupyter by `command` on the files in `folder`; yield its address with `base`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--no-browser", "--ip=127.0.0.1", f"--port={port}", "--allow-root"]
    options += [f"--ServerApp.base_url={base}", f"--IdentityProvider.token={TOKEN}"]
    with tempfile.TemporaryDirectory() as place:
        settings, config = Path(place, "settings"), Path(place, "config")
        for name, value in SETTINGS.items():
            write(settings / "@jupyterlab" / f"{name}.jupyterlab-settings", value)
        for name in ("lab", "server"):
            app = {"LabApp": {"expose_app_in_browser": True}}
            write(config / f"jupyter_{name}_config.json", app)
        environment = {**os.environ, "JUPYTERLAB_SETTINGS_DIR": str(settings)}
        environment["JUPYTER_CONFIG_DIR"] = str(config)
        environment["JUPYTERLAB_WORKSPACES_DIR"] = str(Path(place, "workspaces"))
        log = Path(place, "log")
        with log.open("w") as file:
            process = subprocess.Popen(
                [*command, *options], cwd=folder, env=environment, stdout=file, stderr=file
            )
        address = f"http://127.0.0.1:{port}{base}"
        try:
            if not answers(f"{address}api", process):
                sys.exit(f"Jupyter does not start:\n{log.read_text()}")
            yield address
        finally:
            process.terminate()
            process.wait()


def write(file: Path, value: object) -> None:
    """Write a value as JSON, in a folder that need not be there."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(value))


def answers(address: str, process: subprocess.Popen[bytes]) -> bool:
    """Wait for the server; tell whether it answers within a minute."""
    for _ in range(120):
        with contextlib.suppress(OSError):
            urllib.request.urlopen(address, timeout=5).close()
            return True
        if process.poll() is not None:
            return False
        time.sleep(0.5)
    return False


class Seen(NamedTuple):
    """What happened to one notebook."""

    cells: int
    first: float  # seconds from asking for the page to the end of the first cell that computes
    wrong: list[str]


def run(page: Page, address: str, notebook: str) -> Seen:
    """Open a notebook by the path that a link to Binder has, and run all its cells."""
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(f"on the page: {error}"))
    # Without what stood open before, which would run beside it.
    page.goto(f"{address}lab/tree/{notebook}?token={TOKEN}&reset")
    page.wait_for_function(
        """path => {
            const panel = window.jupyterapp?.shell.currentWidget;
            return panel?.context?.path === path && panel.content?.model
                && panel.sessionContext?.session?.kernel;
        }""",
        arg=notebook,
        timeout=PATIENCE,
    )
    ran = page.evaluate(RUN_ALL)
    seen = page.evaluate(LOOK)
    wrong = [*ran["wrong"], *said]
    wrong += [f"raw text: {text}" for text in seen["raw"]]
    wrong += [f"does not come up: {name}" for name in seen["dead"]]
    return Seen(ran["code"], ran["first"] / 1000, [re.sub(r"\s+", " ", text) for text in wrong])


def rehearse(address: str, notebooks: list[str], shots: Path | None = None) -> list[Seen]:
    """Run the notebooks one after the other; print what happens to each."""
    chromium = browser.CHROMIUM.find() or sys.exit("This needs Chromium or Chrome.")
    everything = []
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for notebook in notebooks:
            page = launched.new_page(viewport={"width": 1280, "height": 1000})
            page.set_default_timeout(PATIENCE)
            start = time.monotonic()
            seen = run(page, address, notebook)
            everything.append(seen)
            print(f"{notebook}: {seen.cells} cells, {time.monotonic() - start:.0f} s", flush=True)
            for text in seen.wrong:
                print(f"  {text}", flush=True)
            if shots:
                shots.mkdir(parents=True, exist_ok=True)
                page.screenshot(path=shots / f"{Path(notebook).stem}.png")
            page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
            page.close()
        launched.close()
    return everything


def notebooks_of(root: Path) -> list[str]:
    """Return the paths of the book's notebooks."""
    return sorted(path.relative_to(root).as_posix() for path in root.glob("book/**/*.ipynb"))


def main() -> None:
    """Run the notebooks named on the command line, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shots", type=Path, help="a folder for pictures")
    parser.add_argument("notebooks", nargs="*", metavar="NOTEBOOK")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "course")
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns("_build", ".*"))
        with server([sys.executable, "-m", "jupyter", "lab"], copy) as address:
            seen = rehearse(address, given.notebooks or notebooks_of(ROOT), given.shots)
    if any(notebook.wrong for notebook in seen):
        sys.exit("Something goes wrong in JupyterLab.")


if __name__ == "__main__":
    main()
