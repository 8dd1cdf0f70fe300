"""Asks the search that the site ships, in Node: no browser, and the very files."""

from __future__ import annotations

import functools
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import npm

from support import pages

FOLDER = pages.SITE / "_static" / "search"
ASK = """
const { readFileSync } = require("node:fs");
const [folder, queries] = process.argv.slice(2);
const run = file => require("node:vm").runInThisContext(readFileSync(`${folder}/${file}`, "utf8"));
globalThis.bookSections = data => { globalThis.data = data; };
run("search.js");
run("sections.js");
new bookSearch.Index(data).fill().then(index => {
    const asked = JSON.parse(readFileSync(queries, "utf8"));
    const answers = asked.map(query => index.find(query).map(one => index.show(one)));
    process.stdout.write(JSON.stringify(answers));
});
"""


def ask(queries: list[str]) -> list[list[dict[str, Any]]]:
    """Return what a reader sees of the results of each query, best first."""
    with tempfile.TemporaryDirectory() as folder:
        script, asked = Path(folder, "ask.cjs"), Path(folder, "asked.json")
        script.write_text(ASK, encoding="utf-8")
        asked.write_text(json.dumps(queries), encoding="utf-8")
        command = [*npm.NODE, str(script), str(FOLDER), str(asked)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@functools.cache
def sections() -> dict[str, Any]:
    """Return what the search looks through."""
    text = (FOLDER / "sections.js").read_text(encoding="utf-8")
    return json.loads(text.removeprefix("bookSections(").removesuffix(");\n"))


def plain(pieces: list[list[Any]]) -> str:
    """Return the words of a text with marks."""
    return "".join(text for text, _ in pieces)


def marks(pieces: list[list[Any]]) -> list[str]:
    """Return the words that are marked."""
    return [text for text, hit in pieces if hit]
