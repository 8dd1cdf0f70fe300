"""A reader with the bundle on a stick: starts it, opens a page, runs a cell, solves an exercise.

Usage: python -m support.stick FOLDER, in `tests`. A program of its own, because the network
can be closed to a whole process alone. Prints as JSON what the reader met.
"""

import json
import os
import re
import socket
import subprocess
import sys

from playwright.sync_api import sync_playwright

from support import pages
from support.cells import Cell, bars, stored

PAGE = "book/1-probabilities/argmax"
CELL = next(number for number in bars(PAGE) if stored(PAGE, number)[0])
STUB = next(number for number in bars(PAGE) if "    ...\n" in pages.code_cells(PAGE)[number].source)
HEAD, CHECK = pages.code_cells(PAGE)[STUB].source.split("    ...\n")
ANSWERS = {
    "wrong": f"{HEAD}    return scores\n{CHECK}",
    "right": f"{pages.code_cells(PAGE)[STUB + 1].source}\n{CHECK}",
}


def start(folder):
    """Start the bundle; return its process, and the address that it opens."""
    echo = {**os.environ, "BROWSER": "echo opened %s"}
    command = [sys.executable, "start.py"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, cwd=folder, env=echo, **pipes)
    for line in process.stdout:
        if opened := re.search("opened (.*)", line):
            return process, opened[1]
    raise AssertionError(process.stderr.read())


def visit(tab, address):
    """Do what a reader does on a page, and return what the page answers."""
    met = {"complaints": []}
    tab.on("console", lambda line: line.type == "log" or met["complaints"].append(line.text))
    tab.on("pageerror", lambda error: met["complaints"].append(str(error)))
    own = (address, "data:")
    tab.on("request", lambda one: one.url.startswith(own) or met["complaints"].append(one.url))
    tab.goto(address, wait_until="networkidle")
    met["first page"] = tab.title()
    tab.goto(f"{address}{PAGE}.html", wait_until="networkidle")
    cell = Cell(tab, CELL)
    met["run"] = [cell.press(), "".join(cell.texts()), stored(PAGE, CELL)[0]]
    exercise = Cell(tab, STUB)
    for name, code in ANSWERS.items():
        exercise.code.fill(code)
        met[name] = [exercise.press(), exercise.box.locator(".cell_output").inner_text()]
    return met


def main():
    """Print what the reader met."""
    process, address = start(sys.argv[1])
    find = [sys.executable, str(pages.ROOT / "tools" / "browser.py")]
    browser = subprocess.run(find, capture_output=True, text=True, check=True).stdout.strip()
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
            met = visit(chromium.new_page(), address)
            chromium.close()
    finally:
        process.terminate()
    met["complaints"] += process.stderr.readlines()
    met["networks"] = [name for _, name in socket.if_nameindex()]
    print(json.dumps(met))


if __name__ == "__main__":
    main()
