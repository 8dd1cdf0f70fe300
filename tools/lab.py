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

import browser
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 180_000  # milliseconds, for one notebook

RUN_ALL = """async () => {
    const panel = window.jupyterapp.shell.currentWidget;
    await panel.context.ready;
    await panel.sessionContext.ready;
    await window.jupyterapp.commands.execute("notebook:run-all-cells");
    const wrong = [];
    let code = 0;
    let left = 0;
    for (const cell of panel.content.model.sharedModel.cells) {
        if (cell.cell_type !== "code") continue;
        code += 1;
        const count = cell.execution_count;
        for (const output of cell.toJSON().outputs) {
            if (output.output_type === "error") wrong.push(`${output.ename}: ${output.evalue}`);
        }
        if (count === null && cell.getSource().trim()) left += 1;
    }
    if (left) wrong.push(`cells that were not run: ${left}`);
    return {code, wrong};
}"""
LOOK = """async () => {
    await new Promise(done => setTimeout(done, 1000));  // the figures' modules are still loading
    const raw = new Set();
    const dead = new Set();
    for (const cell of window.jupyterapp.shell.currentWidget.content.widgets) {
        if (cell.model.type === "markdown") {
            const found = cell.node.innerText.match(/^(`{3}|:{3})\\{.*|^:label:.*|^\\$\\$.*/m);
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
def server(python: str, folder: Path) -> Iterator[str]:
    """Start JupyterLab on the files in `folder`; yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [python, "-m", "jupyter", "lab", "--no-browser", f"--port={port}"]
    command += ["--ServerApp.ip=127.0.0.1", "--IdentityProvider.token=", "--allow-root"]
    command += ["--LabApp.expose_app_in_browser=True"]
    settings = folder.parent / "settings"
    for name, value in SETTINGS.items():
        file = settings / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(value))
    environment = {**os.environ, "JUPYTERLAB_SETTINGS_DIR": str(settings)}
    log = folder.parent / "jupyter.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=file, stderr=subprocess.STDOUT
        )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{address}/api/status", timeout=5).close()
                break
            if process.poll() is not None:
                break
            time.sleep(0.5)
        else:
            process.kill()
        if process.poll() is not None:
            sys.exit(f"JupyterLab does not start:\n{log.read_text()}")
        yield address
    finally:
        process.terminate()
        process.wait()


def run(page: Page, address: str, notebook: str) -> tuple[int, list[str]]:
    """Run one notebook; return how many code cells it has, and what is wrong."""
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(f"on the page: {error}"))
    page.goto(f"{address}/lab/workspaces/{Path(notebook).stem}/tree/{notebook}")
    page.wait_for_function(
        """() => {
            const panel = window.jupyterapp?.shell.currentWidget;
            return panel?.content?.model && panel.sessionContext?.session?.kernel;
        }""",
        timeout=PATIENCE,
    )
    ran = page.evaluate(RUN_ALL)
    seen = page.evaluate(LOOK)
    wrong = [*ran["wrong"], *said]
    wrong += [f"raw text: {text}" for text in seen["raw"]]
    wrong += [f"does not come up: {name}" for name in seen["dead"]]
    return ran["code"], [re.sub(r"\s+", " ", text) for text in wrong]


def rehearse(python: str, notebooks: list[str], shots: Path | None = None) -> bool:
    """Run the notebooks one after the other, in the environment of `python`; print a table."""
    chromium = browser.find() or sys.exit("This needs Chromium or Chrome.")
    good = True
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        copy = Path(folder) / "course"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns("_build", ".*"))
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        with server(python, copy) as address:
            for notebook in notebooks:
                page = launched.new_page(viewport={"width": 1280, "height": 1000})
                page.set_default_timeout(PATIENCE)
                start = time.monotonic()
                cells, wrong = run(page, address, notebook)
                seconds = time.monotonic() - start
                print(f"{notebook}: {cells} cells, {seconds:.0f} s", flush=True)
                for text in wrong:
                    print(f"  {text}", flush=True)
                good = good and not wrong
                if shots:
                    shots.mkdir(parents=True, exist_ok=True)
                    page.screenshot(path=shots / f"{Path(notebook).stem}.png")
                page.evaluate(
                    "() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()"
                )
                page.close()
        launched.close()
    return good


def main() -> None:
    """Run the notebooks named on the command line, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shots", type=Path, help="a folder for pictures")
    parser.add_argument("notebooks", nargs="*", metavar="NOTEBOOK")
    given = parser.parse_args()
    found = sorted(p.relative_to(ROOT).as_posix() for p in ROOT.glob("book/**/*.ipynb"))
    if not rehearse(sys.executable, given.notebooks or found, given.shots):
        sys.exit("Something goes wrong in JupyterLab.")


if __name__ == "__main__":
    main()
