"""How these pages came about: the runs that stored the outputs, and the build of the site.

The directive `build-status` takes the name of one of the tables below. How long a notebook ran, and
where, is what `make outputs` has noted in it; it is known when every page has been read.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

import tomllib
from cells import FETCHED, PYODIDE
from docutils import nodes
from docutils.parsers.rst import directives
from packaging.requirements import Requirement
from phrases import _
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri
from stored import run_of

ROOT = Path(__file__).resolve().parents[2]
Rows = Iterable[tuple[nodes.Node, nodes.Node]]


def times(app: Sphinx, page: str) -> Rows:
    """Give each notebook, in the order of the book, with the seconds that it ran."""
    total = 0.0
    for name in app.env.collect_relations():
        if run := run_of(app, name):
            total += run["seconds"]
            address = app.builder.get_relative_uri(page, name)
            title = app.env.titles[name].astext()
            link = nodes.reference("", title, internal=True, refuri=address)
            yield link, text(f"{run['seconds']:.1f}")
    yield text(_("All")), text(f"{total:.1f}")


def runs(app: Sphinx, page: str) -> Rows:
    """Give each Python and processor that outputs were stored with, and the number of notebooks."""
    found = [run for name in app.env.collect_relations() if (run := run_of(app, name))]
    counts = Counter(f"Python {run['python']}, {run['processor']}" for run in found)
    for where, count in sorted(counts.items()):
        yield text(where), text(str(count))


def pinned(app: Sphinx, page: str) -> Rows:
    """Give the libraries that the notebooks use, with the versions that requirements.txt pins."""
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    pins = [Requirement(line) for line in lines if "==" in line]
    names = named("plotting", "torch", "lessons")
    for pin in pins:
        if pin.name in names:
            yield text(pin.name), text(str(pin.specifier).removeprefix("=="))


def versions(app: Sphinx, page: str) -> Rows:
    """Give Python and the libraries that have built the site, with their versions."""
    yield text("Python"), text(platform.python_version())
    for name in sorted(named("site")):
        yield text(name), text(version(name))


def named(*extras: str) -> set[str]:
    """Return the libraries that pyproject.toml names for the package and for some extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"]]
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    return {Requirement(one).name for one in wanted} - {project["name"]}


def pyodide(app: Sphinx, page: str) -> Rows:
    """Give the files of Python in the page, with their licences; then where their hashes stand."""
    if not FETCHED.exists():
        yield text(_("none")), text(_("the site was built without"))
        return
    for file, what in json.loads((FETCHED / "notice.json").read_text()).items():
        yield text(file), text(", ".join(what["licences"]))
    address = relative_uri(app.builder.get_target_uri(page), f"{PYODIDE}/notice.json")
    yield nodes.reference("", "notice.json", internal=True, refuri=address), text(_("all hashes"))


def machine(app: Sphinx, page: str) -> Rows:
    """Give where and when the site was built, and from which commit."""
    yield text(_("Operating system")), text(system())
    yield text(_("Processor")), text(processor())
    yield text(_("Cores")), text(str(os.cpu_count()))
    now = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    yield text(_("Built")), text(now)
    yield text(_("Commit")), text(commit())


TABLES = {
    "times": (_("Notebook"), _("Seconds"), times),
    "runs": (_("Run with"), _("Notebooks"), runs),
    "pinned": (_("Name"), _("Version"), pinned),
    "versions": (_("Name"), _("Version"), versions),
    "pyodide": (_("File"), _("Licence"), pyodide),
    "machine": (_("What"), _("Value"), machine),
}


def system() -> str:
    """Return the name of the operating system, with its version."""
    try:
        return f"{platform.freedesktop_os_release()['PRETTY_NAME']}, {platform.machine()}"
    except (OSError, KeyError):
        return f"{platform.system()} {platform.release()}, {platform.machine()}"


def processor() -> str:
    """Return what the processor calls itself."""
    try:
        found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.processor() or _("unknown")


def commit() -> str:
    """Return the commit that the files are of, and whether they have been changed since."""
    head = git("rev-parse", "HEAD")
    if not head:
        return _("unknown: not built in a Git checkout")
    return _("{commit}, with changes", commit=head) if git("status", "--porcelain") else head


def git(*arguments: str) -> str:
    """Return what Git says of the book's folder; nothing if it is no checkout of its own."""
    try:
        done = subprocess.run(
            ["git", f"--git-dir={ROOT / '.git'}", f"--work-tree={ROOT}", *arguments],
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


class placeholder(nodes.General, nodes.Element):
    """Where a table goes once every page has been read."""


class BuildStatus(SphinxDirective):
    """Mark the place of a table."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the mark."""
        return [placeholder(table=directives.choice(self.arguments[0], TABLES))]


def fill_in(app: Sphinx, tree: nodes.document, page: str) -> None:
    """Put the tables in their places."""
    for mark in list(tree.findall(placeholder)):
        *head, rows = TABLES[mark["table"]]
        mark.replace_self(table([tuple(map(text, head)), *rows(app, page)]))


def text(words: str) -> nodes.Text:
    """Return words to put into a table."""
    return nodes.Text(words)


def table(rows: list[tuple[nodes.Node, nodes.Node]]) -> nodes.table:
    """Return a table with a heading in each row and each column."""
    lines = [
        nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in row))
        for row in rows
    ]
    columns = [nodes.colspec(stub=1, colwidth=1), nodes.colspec(colwidth=1)]
    parts = [nodes.thead("", lines[0]), nodes.tbody("", *lines[1:])]
    return nodes.table("", nodes.tgroup("", *columns, *parts, cols=2), classes=["colwidths-auto"])


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect all of it to Sphinx."""
    app.add_node(placeholder)
    app.add_directive("build-status", BuildStatus)
    app.connect("doctree-resolved", fill_in)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
