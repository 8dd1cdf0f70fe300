"""Make slides of chapters: what a class looks at, with the prose as the speaker's notes.

Usage: .venv/bin/python tools/slides.py [PAGE ...]

They come from the notebooks that the built book offers for download, by nbconvert, and go to the
folder `slides` of the built book, whose fonts, style sheets and live figures they use.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import npm
import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from nbconvert import SlidesExporter
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook
from traitlets.config import Config

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "book" / "_ext"))  # it typesets formulas and knows the live figures

import formulas  # noqa: E402
import live  # noqa: E402

SITE = ROOT / "_build" / "html"
PARTS = ROOT / "tools" / "slides"
FULL = 20  # what fits on a slide, in lines of code
# What a paragraph opens with in bold, up to the end of its sentence.
LEAD = re.compile(r"""\*\*(?: [^*]+ [.?!]"?\*\* | [^*]+ [^:*]\*\*.*? \.(?=\s|$) )""", re.VERBOSE)
EXERCISE = re.compile(r"### (Exercise \d+ .*)")
WITHOUT_CODE = {"hide-input", "remove-input"}
LEFT_OUT = {"References"}  # sections
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")
MARKDOWN.use(
    dollarmath_plugin,
    renderer=lambda formula, options: formulas.typeset(formula, options["display_mode"]),
)


class Deck:
    """The cells of a chapter as cells of slides."""

    def __init__(self) -> None:
        """Start before the first cell."""
        self.cells: list[NotebookNode] = []
        self.section = ""
        self.filled = 0.0  # of the slide that is being filled, in lines

    def add(self, kind: str, cell: NotebookNode | str) -> None:
        """Add a cell, of one of Jupyter's kinds of slides."""
        if isinstance(cell, str):
            cell = new_markdown_cell(cell)
        cell.id = f"slide-{len(self.cells)}"  # a notebook's cells are shown in several parts
        cell.metadata["slideshow"] = {"slide_type": kind}
        self.cells.append(cell)

    def show(self, cell: NotebookNode | str, lines: float) -> None:
        """Add what is to be seen, on a new slide if this one is full."""
        if self.filled + lines > FULL and self.filled > 3:
            self.add("subslide", f'<h2 class="again">{self.section}</h2>')
            self.filled = 2
        self.add("-", cell)
        self.filled += lines

    def markdown(self, source: str) -> None:
        """Add the blocks of a cell of text."""
        lines = source.split("\n")
        for token in MARKDOWN.parse(source):
            if token.level == 0 and token.map and self.section not in LEFT_OUT:
                self.block(token, "\n".join(lines[slice(*token.map)]).strip())

    def block(self, token: Token, text: str) -> None:
        """Add a block of text: a formula, a table or a list is seen, a paragraph is said."""
        if token.type == "heading_open" and token.tag in {"h1", "h2"}:
            self.section = MARKDOWN.renderInline(text.lstrip("# "))
            if self.section not in LEFT_OUT:
                self.add("slide", f"<{token.tag}>{self.section}</{token.tag}>")
            self.filled = 3
        elif self.section == "Exercises":
            if exercise := EXERCISE.fullmatch(text):
                self.show(f"- {exercise[1]}", 2)
        elif token.type == "heading_open":
            self.show(f"**{text.lstrip('# ')}**", 2)
        elif token.type == "blockquote_open":
            self.show(text, FULL)
        elif token.type != "paragraph_open":
            self.show(text, 2 + 1.7 * text.count("\n") + len(text) / 80)
        elif self.section == "Summary" or text.startswith("*You will be able"):
            self.show(text, 1 + len(text) / 50)
        else:
            if lead := LEAD.match(text):
                self.show(lead[0], 2)
            self.add("notes", text)

    def code(self, cell: NotebookNode) -> None:
        """Add a cell of code: what is shown of it, then its figures, each on a slide."""
        figures = [one for one in cell.outputs if is_figure(one)]
        others = [one for one in cell.outputs if not is_figure(one)]
        hidden = WITHOUT_CODE.intersection(cell.metadata.get("tags", []))
        lines = 0 if hidden else cell.source.count("\n") + 1
        if others or lines > bool(figures):  # one line that draws is not worth a slide
            self.show(part(cell, others, bool(hidden)), lines + 1 + sum(map(lines_of, others)))
        for figure in figures:
            self.show(part(cell, [figure], True), FULL)

    def take(self, cell: NotebookNode) -> None:
        """Add a cell of the notebook."""
        if cell.id.endswith("-caption"):
            self.add("-", f'<p class="figure-caption">{MARKDOWN.renderInline(cell.source)}</p>')
        elif cell.cell_type == "markdown":
            self.markdown(cell.source)
        elif self.section != "Exercises" and "remove-cell" not in cell.metadata.get("tags", []):
            self.code(cell)


def part(cell: NotebookNode, outputs: list[NotebookNode], without_code: bool) -> NotebookNode:
    """Return a cell with some of its outputs."""
    alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
    metadata = NotebookNode(tags=["remove-input"] if without_code else [], alt=alt)
    return NotebookNode(cell | {"outputs": outputs, "metadata": metadata})


def is_figure(output: NotebookNode) -> bool:
    """Tell whether an output is a drawing, or a figure that lives."""
    data = output.get("data", {})
    return "image/svg+xml" in data or bool(live.ELEMENT.search(data.get("text/html", "")))


def lines_of(output: NotebookNode) -> int:
    """Return how many lines an output takes."""
    text = output.get("text") or output.get("data", {}).get("text/plain", "")
    return text.count("\n") + 1


def slides(notebook: NotebookNode) -> tuple[str, NotebookNode]:
    """Return the title of a chapter, and its slides as a notebook."""
    deck = Deck()
    for cell in notebook.cells:
        deck.take(cell)
    title = deck.cells[0].source
    return re.sub(r"<[^>]+>", "", title), new_notebook(cells=deck.cells, metadata=notebook.metadata)


def write(page: str, site: Path, folder: Path) -> Path:
    """Write the slides of a page of the built book into a folder beside its other folders."""
    notebook = nbformat.read(site / "_sources" / f"{page}.ipynb", as_version=4)
    title, shown = slides(notebook)
    hidden = {"enabled": True, "remove_input_tags": ["remove-input"]}
    exporter = SlidesExporter(
        Config(TagRemovePreprocessor=hidden),
        template_name="template",
        extra_template_basedirs=[str(PARTS)],
    )
    exporter.register_filter("markdown2html", MARKDOWN.render)
    resources = {"title": title, "live_modules": list(modules(shown))}
    html, _ = exporter.from_notebook_node(shown, resources)
    target = folder / f"{Path(page).name}.html"
    target.write_text(html, "utf-8")
    return target


def modules(notebook: NotebookNode) -> Iterator[str]:
    """Yield the modules of the live figures."""
    outputs = [one for cell in notebook.cells for one in cell.get("outputs", [])]
    html = "".join(one.get("data", {}).get("text/html", "") for one in outputs)
    for name in sorted(set(live.ELEMENT.findall(html))):
        yield f"{live.FOLDER}/{name}.mjs"


def bring_what_shows_them(folder: Path) -> None:
    """Put reveal.js and our own style sheet beside the slides."""
    found = npm.install(PARTS, ROOT / "_build" / "slides") / "node_modules" / "reveal.js"
    folder = folder / "shown"
    folder.mkdir(parents=True, exist_ok=True)
    dist = found / "dist"
    for file in ["reveal.css", "reveal.js", "plugin/notes.js"]:
        shutil.copy(dist / file, folder)
    shutil.copy(found / "LICENSE", folder / "reveal.LICENSE")
    for name in ["slides.css", "start.js"]:
        shutil.copy(PARTS / name, folder)


def chapters() -> dict[str, str]:
    """Return the chapters of the book by their short names."""
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    files = [one["file"] for part in contents["parts"] for one in part["chapters"]]
    return {Path(file).name: file for file in files if re.match(r"book/\d", file)}


def main() -> None:
    """Make the slides of the pages that are named, or of all chapters."""
    known = chapters()
    names = [Path(name).stem for name in sys.argv[1:]] or list(known)
    if strange := [name for name in names if name not in known]:
        sys.exit(f"No chapter is called {strange[0]!r}. The chapters are {', '.join(known)}.")
    try:
        bring_what_shows_them(SITE / "slides")
    except subprocess.CalledProcessError as error:
        sys.exit(f"npm could not bring reveal.js, which shows the slides:\n{error.stderr}")
    for name in names:
        print(write(known[name], SITE, SITE / "slides"))


if __name__ == "__main__":
    main()
