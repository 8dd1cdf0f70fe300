"""Notebooks to take away: in plain Markdown, which Jupyter, VS Code and Colab show as they come.

The notebooks of the repository are written in MyST, the Markdown of the site. Without an extension,
its fences, roles and labels show as they were typed. So once the site is built, what the download
button of a page brings is made from its notebook:

- References read as on the site, with the same numbers. Those to other pages are links where the
  book has an address.
- An admonition is a quotation with a bold title. An exercise and its solution have headings, and
  the words of a solution are folded.
- The caption of a figure stands in a cell below it.
- Code and outputs stay what they are, but for the first cell, which says where the notebook came
  from, see first.py. What the site hides or folds, JupyterLab folds.
"""

from __future__ import annotations

import filecmp
import functools
import re
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import first
import left_out
import nbformat
from docutils import nodes
from docutils.utils import new_document
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_parser.parsers.mdit import create_md_parser
from phrases import _
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransformer

# Within a paragraph: roles, what stays as it is, links, and text with attributes.
INLINE = re.compile(
    r"""\{(?P<role>[\w:]+)\}`(?P<target>[^`]+)`
    | (?P<verbatim> (?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`) | \$(?!\s)[^$]+(?<!\s)\$ )
    | \[ (?P<text> (?:[^]\[`]|`[^`]*`)* ) \] (?: \( (?P<address>[^()\s]*) \) | \{[.\#][^}]*\} )
    """,
    re.VERBOSE | re.DOTALL,
)
DOMAINS = {"cite": "cite", "eq": "math", "ref": "std", "numref": "std"}
VERBATIM = {"amsmath", "code_block", "fence", "html_block", "math_block"}
OPTIONS = re.compile(r"(?::[\w-]+:.*\n)*")
DEFINITION = re.compile(r"^(\S.*)\n: +", re.MULTILINE)
OPEN, CLOSE = "<details>\n<summary>" + _("Solution") + "</summary>", "</details>"
EMPTY = re.compile(rf"{OPEN}\s*{CLOSE}")
FOLDED = {"hide-cell", "hide-input", "remove-cell", "remove-input"}


class Plain:
    """Makes the Markdown of a page plain, cell by cell."""

    def __init__(self, app: Sphinx, page: str) -> None:
        """Start before the first cell."""
        self.app, self.page = app, page
        app.env.prepare_settings(page)
        self.parser = create_md_parser(app.env.myst_config, RendererHTML)
        self.exercises: dict[str, str] = {}  # their titles, by their labels
        self.in_solution = False

    def cell(self, source: str) -> str:
        """Return what stands for a cell, which may be nothing."""
        before = [OPEN] * self.in_solution
        text = self.blocks(source)
        after = [CLOSE] * self.in_solution
        return EMPTY.sub("", "\n\n".join([*before, text, *after])).strip()

    def blocks(self, source: str) -> str:
        """Return what stands for several blocks."""
        lines = source.split("\n")
        parts, done = [], 0
        for token in self.parser.parse(source):
            start, end = token.map or (0, 0)
            if start < done:
                continue  # within a block that is done
            text = self.block(token, "\n".join(lines[start:end]))
            if text is not None:
                parts += [self.inline("\n".join(lines[done:start])), text]
                done = end
        parts.append(self.inline("\n".join(lines[done:])))
        return "\n\n".join(part.strip("\n") for part in parts if part.strip())

    def block(self, token: Token, source: str) -> str | None:
        """Return what stands for a block; None, if it is one of text."""
        if token.type == "colon_fence" or (token.type == "fence" and token.info.startswith("{")):
            return self.directive(token)
        if token.type == "math_block_label":
            number = self.resolve("math", "eq", token.info).astext().strip("()")
            return f"$$\n{token.content.strip()}\n\\tag{{{number}}}\n$$"
        if token.type == "myst_target":
            return ""
        if token.type == "dl_open":
            return self.inline(DEFINITION.sub(r"- **\1**: ", source))
        return source if token.type in VERBATIM else None

    def directive(self, token: Token) -> str:
        """Return what stands for a directive."""
        name, _brace, title = token.info.strip().removeprefix("{").partition("}")
        options = OPTIONS.match(token.content)[0]
        body = self.blocks(token.content.removeprefix(options).strip())
        title = self.inline(title.strip())
        match name:
            case "admonition":
                lines = [f"**{title}**", "", *body.split("\n")]
                return "\n".join(f"> {line}".rstrip() for line in lines)
            case "div" | "grid":
                return body
            case "grid-item-card":
                return f"**{title}**\n\n{body}"
            case "exercise-start":
                label = options.partition(":label:")[2].split()[0]
                number = self.resolve("std", "ref", label).astext()
                self.exercises[label] = f"{number} ({title})"
                return f"### {self.exercises[label]}"
            case "solution-start":
                self.in_solution = True
                heading = _("Solution to {exercise}", exercise=self.exercises[title])
                return f"#### {heading}\n\n{OPEN}"
            case "solution-end":
                self.in_solution = False
                return CLOSE
            case "exercise-end":
                return ""
        raise ExtensionError(f"{self.page}: no plain Markdown for the directive {name!r} yet.")

    def inline(self, text: str) -> str:
        """Return what stands for the text of paragraphs."""
        return INLINE.sub(self.replace, text)

    def replace(self, found: re.Match[str]) -> str:
        """Return what stands for a part of a paragraph."""
        if found["verbatim"]:
            return found[0]
        if found["role"]:
            return self.role(found["role"], found["target"])
        text, address = self.inline(found["text"]), found["address"] or ""
        if urlsplit(address).scheme:
            return f"[{text}]({address})"
        if address.startswith("#"):
            (link,) = self.resolve(None, "myst", address[1:], text).children
            if not isinstance(link, nodes.reference):  # to a page that was left out
                return text
            here = f"{self.page.rpartition('/')[2]}.html#{link.get('refid')}"
            return self.link(text, link.get("refuri", here))
        path, number, anchor = address.partition("#")
        page = re.sub(r"\.(ipynb|md)$", ".html", path)
        target = urljoin(self.page, page).removesuffix(".html")
        if target in left_out.pages():
            return text or left_out.titles()[target]
        if not text:
            text = self.app.env.titles[target].astext()
        return self.link(text, page + number + anchor)

    def role(self, name: str, content: str) -> str:
        """Return what stands for a role."""
        text, _, target = content.removesuffix(">").rpartition(" <")
        if name == "term":
            return text or target
        domain, kind = DOMAINS[name.partition(":")[0]], name.rpartition(":")[2]
        return self.words(self.resolve(domain, kind, target, text))

    def words(self, node: nodes.Node) -> str:
        """Return the Markdown of a resolved reference."""
        if isinstance(node, nodes.Text):
            return node.astext().translate(str.maketrans("[]", "()"))
        text = "".join(map(self.words, node.children))
        if isinstance(node, nodes.emphasis):
            return f"*{text}*"
        if isinstance(node, nodes.reference):
            return self.link(text, node.get("refuri", ""))
        return text

    def link(self, text: str, address: str) -> str:
        """Return a link from the page, or its text alone where it would lead nowhere."""
        site = self.app.config.html_baseurl
        if site and address:
            return f"[{text}]({urljoin(site + self.page, address)})"
        return text

    def resolve(self, domain: str | None, kind: str, target: str, text: str = "") -> nodes.Element:
        """Let Sphinx resolve a reference, as it does on the page."""
        page = new_document(self.page)
        page.settings.env = self.app.env
        page += nodes.paragraph()
        page[0] += pending_xref(
            "",
            nodes.inline("", text or target),
            refdomain=domain,
            reftype=kind,
            reftarget=target,
            refdoc=self.page,
            refexplicit=bool(text),
            refwarn=True,
        )
        transformer = SphinxTransformer(page)
        transformer.set_environment(self.app.env)
        transformer.add_transforms(self.app.registry.get_post_transforms())
        transformer.apply_transforms()
        return page[0]


def convert(app: Sphinx, page: str) -> nbformat.NotebookNode:
    """Return the notebook of a page in plain Markdown."""
    notebook = nbformat.read(app.env.doc2path(page), as_version=4)
    plain = Plain(app, page)
    source = first.source(app.config.book_repository, app.config.book_branch)
    cells = []
    for cell in notebook.cells:
        if cell.source == first.cell():
            cell.source = first.cell(source)
        if cell.cell_type == "markdown":
            cell.source = plain.cell(cell.source)
        elif plain.in_solution:
            cell.metadata.jupyter = {"source_hidden": True, "outputs_hidden": True}
        elif FOLDED.intersection(cell.metadata.get("tags", [])):
            cell.metadata.jupyter = {"source_hidden": True}
        if cell.source:
            cells.append(cell)
        figure = cell.metadata.get("mystnb", {}).get("figure")
        if figure:
            number = plain.resolve("std", "numref", figure["name"]).astext()
            caption = plain.cell(f"**{number}** {figure['caption']}")
            cells.append(nbformat.v4.new_markdown_cell(caption, id=f"{cell.id}-caption"))
    notebook.cells = cells
    return notebook


def write_downloads(app: Sphinx, error: Exception | None) -> None:
    """Put them where the download buttons point to, in place of the copies that Sphinx has made."""
    if error or app.builder.format != "html":
        return
    # Sphinx would load a page from the disk for each reference to one of its figures.
    app.env.get_doctree = functools.cache(app.env.get_doctree)  # type: ignore[method-assign]
    for page in sorted(app.env.found_docs):
        file = Path(app.outdir, "_sources", f"{page}.ipynb")
        if file.is_file() and filecmp.cmp(app.env.doc2path(page), file, shallow=False):
            nbformat.write(convert(app, page), file)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect it to Sphinx."""
    app.connect("build-finished", write_downloads)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
