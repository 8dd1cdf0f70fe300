"""What the search looks through: the built pages in sections, and what loads when one searches.

A section is what a heading covers, up to the next; a term of the glossary; an entry of the API; an
exercise; or a row of a table of symptoms, which leads where its first link leads. Each has a title,
the place it leads to, and its text and its code in lines. Beside them stand the words by which
readers look for it and that it does not use: `book/search.yml` has them, by place.

Once all pages are written, this extension reads them and writes two files, which no page loads
before the reader searches: `_static/search/sections.js`, and `_static/search/search.js` with the
library, the ranking and the list of results. Both are plain scripts, because browsers fetch neither
modules nor data from the disk. `static/search.js`, which every page has, loads them.

Sphinx's own search is switched off, and its scripts leave the site.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import yaml
from sphinx.application import Sphinx
from sphinx.util import logging

PARTS = ["minisearch.js", "engine.js", "view.js"]  # of search.js, in their order
FOLDER = "_static/search"
WORDS = "book/search.yml"
# What Sphinx brings for its own search, and for the marks that it leaves on pages.
OF_SPHINX = ["searchtools.js", "language_data.js", "sphinx_highlight.js"]
LONGEST_ENTRY = 450  # characters of an entry of the API: what it does, and its first parameters
LONGEST_CODE = 220  # characters of a section: the names that it introduces come first
WITH_CODE = 0.5  # pages that count less are found by their text alone
LONGEST_OUTPUT = 150  # characters: what a cell prints is found by how it begins
# What holds nothing to look for: buttons, marks, what stands twice, and answers.
QUIET = {"button", "script", "style", "svg", "summary", "textarea"}
QUIET_CLASSES = {
    "headerlink", "cell-bar", "katex-html", "solution", "identity-test", "exercise-report",
}  # fmt: skip
EMPTY = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
INLINE = {
    "a", "abbr", "annotation", "b", "br", "cite", "code", "em", "i", "img", "kbd", "math", "mi",
    "mn", "mo", "mrow", "msub", "msup", "mtext", "q", "s", "semantics", "small", "span", "strong",
    "sub", "sup", "u", "var", "wbr",
}  # fmt: skip
NAMES = re.compile(r"\d+\.\d+|\w+")
logger = logging.getLogger(__name__)


@dataclass
class Element:
    """An element of a page."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Its name, by which addresses lead to it."""
        return self.attributes.get("id", "")

    @property
    def classes(self) -> set[str]:
        """Its classes."""
        return set(self.attributes.get("class", "").split())

    def elements(self) -> Iterator[Element]:
        """Yield itself and all elements inside it."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.elements()

    def find(self, *tags: str) -> Iterator[Element]:
        """Yield the elements inside it that have one of these tags."""
        return (one for one in self.elements() if one.tag in tags)


@dataclass
class Section:
    """A part of a page that a result can lead to."""

    kind: str
    anchor: str
    title: str = ""
    above: str = ""  # the title of the section around it, if that is not the page
    text: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)  # all anchors inside it


class Reader(HTMLParser):
    """Makes a tree of a page's article, without what holds nothing to look for."""

    def __init__(self) -> None:
        """Start before the article."""
        super().__init__(convert_charrefs=True)
        self.root = Element("root")
        self.open: list[Element] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        element = Element(tag, {name: value or "" for name, value in attributes})
        if not self.open:
            if tag != "article":
                return
            self.root = element
        elif not is_quiet(element):
            self.open[-1].children.append(element)
        if tag not in EMPTY:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        """Close an element, and those inside it that were left open."""
        if any(one.tag == tag for one in self.open):
            while self.open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Keep text."""
        if self.open:
            self.open[-1].children.append(data)


def is_quiet(element: Element) -> bool:
    """Tell whether an element holds nothing to look for."""
    live = element.tag.startswith("softmax-")
    return live or element.tag in QUIET or bool(element.classes & QUIET_CLASSES)


def divide(html: str) -> list[Section]:
    """Return the sections of a built page, in their order."""
    reader = Reader()
    reader.feed(html)
    found: list[Section] = []
    read(reader.root, Section("page", ""), found)
    for one in found:
        if one.kind == "entry":
            one.text = "\n".join(one.text)[:LONGEST_ENTRY].split("\n")
    return [one for one in found if one.title and one.title != "References"]


def read(element: Element, section: Section, found: list[Section]) -> None:
    """Give what an element holds to its section, or to new ones."""
    classes = element.classes
    if element.id and element.tag not in ("section", "dt"):
        section.names.add(element.id)
    if element.tag == "section" and not element.id.startswith("exercise-content"):
        kind = "section" if found else "page"
        divide_again(element, Section(kind, element.id), section, found)
    elif element.tag == "div" and "exercise" in classes:
        divide_again(element, Section("exercise", element.id), section, found)
    elif re.fullmatch("h[1-6]", element.tag) or (
        "admonition-title" in classes and section.kind == "exercise" and not section.title
    ):
        section.title = words_of(element)
    elif element.tag == "dl" and any(
        one.id for one in element.children if isinstance(one, Element) and one.tag == "dt"
    ):
        read_list(element, section, found)
    elif element.tag == "table":
        read_table(element, section, found)
    elif element.tag == "pre":
        section.code += "".join(texts(element)).rstrip().split("\n")
    elif "output" in classes and "text_html" not in classes:
        for box in element.find("pre"):
            section.printed += "".join(texts(box))[:LONGEST_OUTPUT].rstrip().split("\n")
    else:
        read_children(element, section, found)


def read_children(element: Element, section: Section, found: list[Section]) -> None:
    """Read what an element holds: blocks by themselves, and the words between them as lines."""
    line: list[str] = []

    def flush() -> None:
        if words := re.sub(r"\s+", " ", "".join(line)).strip():
            section.text.append(words)
        line.clear()

    for child in element.children:
        if isinstance(child, str):
            line.append(child)
        elif child.tag in INLINE:
            label(child, section)
            line.extend(texts(child))
        else:
            flush()
            read(child, section, found)
    flush()


def label(element: Element, section: Section) -> None:
    """Note the anchors in a line; the one before a heading is what other pages link to."""
    for one in element.elements():
        if one.id:
            section.names.add(one.id)
            if not section.title and section.kind == "section":
                section.anchor = one.id


def divide_again(element: Element, new: Section, around: Section, found: list[Section]) -> None:
    """Read an element as a section of its own."""
    new.names.add(new.anchor)
    if around.kind != "page":
        new.above = around.title
    found.append(new)
    read_children(element, new, found)


def read_list(element: Element, section: Section, found: list[Section]) -> None:
    """Read terms of the glossary, or entries of the API, as sections."""
    new = section
    for child in element.children:
        if not isinstance(child, Element):
            continue
        if child.tag != "dt":
            read(child, new, found)
        elif child.id:
            kind = "term" if child.id.startswith("term-") else "entry"
            new = Section(kind, child.id, words_of(child), names={child.id})
            if kind == "entry":
                new.code.append(new.title)  # the signature
                new.title = child.id.removeprefix("softmax_lessons.")
            new.above = section.title if section.kind != "page" else ""
            found.append(new)


def read_table(element: Element, section: Section, found: list[Section]) -> None:
    """Read a table row by row; rows of symptoms are sections, which lead to their first link."""
    symptoms: list[str] = []  # the heads of the columns, if the rows are symptoms
    for row in element.find("tr"):
        cells = [one for one in row.children if isinstance(one, Element)]
        words = [words_of(cell) for cell in cells]
        section.names |= {one.id for one in row.elements() if one.id}
        links = [one.attributes.get("href", "") for one in row.find("a")]
        if symptoms and links:
            new = Section("symptom", links[0], words[0], section.title, names={row.id})
            told = zip(symptoms[1:], words[1:], strict=False)
            new.text.append(". ".join(f"{head}: {word}" for head, word in told) + ".")
            found.append(new)
        elif words[:1] == ["Symptom"]:
            symptoms = words
        else:
            section.text.append(" · ".join(word for word in words if word))


def words_of(element: Element) -> str:
    """Return the words inside an element, in one line."""
    return re.sub(r"\s+", " ", "".join(texts(element))).strip()


def texts(element: Element) -> Iterator[str]:
    """Yield the texts inside an element; of a formula, what one might type for it."""
    if element.tag == "math":
        source = next(element.find("annotation"), Element("annotation"))
        yield plain("".join(one for one in source.children if isinstance(one, str)))
    elif element.tag == "br":
        yield " "
    else:
        for child in element.children:
            if isinstance(child, str):
                yield child
            else:
                yield from texts(child)
                if child.tag not in INLINE:
                    yield " "


FRACTION = re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
DRESS = re.compile(  # what only changes how a sign looks
    r"\\(?:mathbf|mathrm|mathbb|mathcal|boldsymbol|operatorname\*?|text|hat|bar|tilde|overline"
    r"|sqrt|underbrace|left|right|big|Big|bigl|bigr)\b\s*"
)
SIGNS = {
    "cdot": "·", "times": "×", "approx": "≈", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥",
    "ne": "≠", "neq": "≠", "infty": "∞", "partial": "∂", "to": "→", "mapsto": "↦", "in": "∈",
    "sum": "sum ", "prod": "prod ", "ldots": "…", "dots": "…", "cdots": "…", "pm": "±",
    "sigma": "σ", "tau": "τ", "alpha": "α", "beta": "β", "lambda": "λ", "epsilon": "ε",
    "varepsilon": "ε", "delta": "δ", "Delta": "Δ", "mu": "μ", "pi": "π", "theta": "θ",
    "eta": "η", "gamma": "γ", "ell": "ℓ", "top": "T", "odot": "⊙", "quad": " ", "qquad": " ",
}  # fmt: skip


def plain(tex: str) -> str:
    r"""Return a formula as one would type it: \frac{a}{b} is a/b.

    >>> plain(r"\frac{e^{z_i}}{\sum_j e^{z_j}}")
    'e^z_i/sum _j e^z_j'
    """
    before = None
    while before != tex:
        before = tex
        tex = FRACTION.sub(r"\1/\2", tex)
        tex = re.sub(r"(?<!\\)\{([^{}]*)\}", r"\1", DRESS.sub("", tex))
    tex = re.sub(r"\\(?:begin|end)\w*", " ", tex)
    tex = re.sub(r"\\([A-Za-z]+)", lambda sign: SIGNS.get(sign[1], sign[1]), tex)
    tex = re.sub(r"\\[,;:!\\ ]|[&~]", " ", tex).replace("\\", "")
    return re.sub(r"\s+", " ", tex).strip()


def collect(app: Sphinx) -> dict[str, Any]:
    """Return what the site's search looks through, and name places of search.yml that are not."""
    wanted = yaml.safe_load(Path(app.srcdir, WORDS).read_text("utf-8"))
    weights = wanted["weights"]
    pages, rows, places = [], [], {}
    for name in app.env.collect_relations():
        weight = next(value for start, value in weights.items() if name.startswith(start))
        if "nosearch" in app.env.metadata[name] or not weight:
            continue
        html = Path(app.outdir, f"{name}.html").read_text("utf-8")
        sections = divide(html)
        places |= {f"{name}#{one}": section for section in sections for one in section.names}
        places[name] = sections[0]
        number = len(pages)
        pages.append([f"{name}.html", sections[0].title, weight])
        before: set[str] = set()
        for one in sections:
            rows.append((number, name, one, tidy(one, before) if weight >= WITH_CODE else ""))
    for place, words in wanted["words"].items():
        if place in places:
            places[place].words += [words] if isinstance(words, str) else words
        else:
            logger.warning(f"{place} is no place to find; it has words", location=WORDS)
    for place in wanted["help"].values():
        if place not in places:
            logger.warning(f"{place} is no place to lead to", location=WORDS)
    return {
        "pages": pages,
        "sections": [row_of(*row) for row in rows if worth_finding(row[2])],
        "synonyms": wanted["synonyms"],
        "help": {name: address_of(place) for name, place in wanted["help"].items()},
    }


def worth_finding(section: Section) -> bool:
    """Tell whether a section is more than the title of those inside it."""
    return section.kind == "page" or bool(section.text or section.code or section.words)


def row_of(number: int, page: str, section: Section, code: str) -> list[Any]:
    """Return a section as it is written down: see engine.js for who reads it."""
    anchor = section.anchor
    if section.kind == "symptom":  # an address, as it stands on the page
        there, _, name = anchor.partition("#")
        here = posixpath.normpath(posixpath.join(posixpath.dirname(page), there))
        anchor = f"{here if there else page + '.html'}#{name}".removesuffix("#")
    elif section.kind == "page":
        anchor = ""
    return [
        number, section.kind[:2], anchor, section.title, section.above,
        "\n".join(section.text), code, "\n".join(section.words),
    ]  # fmt: skip


def tidy(section: Section, before: set[str]) -> str:
    """Return its outputs and code: lines that are new on the page, and add a name or a number."""
    known = set(NAMES.findall(" ".join(section.text)))
    lines = []
    for line in map(str.strip, [*section.printed, *section.code]):
        names = set(NAMES.findall(line))
        if line not in before and not names <= known:
            lines.append(line)
            known |= names
    before.update(lines)
    return "\n".join(lines)[:LONGEST_CODE]


def address_of(place: str) -> str:
    """Return the address of a place, from the root of the site."""
    page, _, anchor = place.partition("#")
    return f"{page}.html" + (f"#{anchor}" if anchor else "")


def switch_off(app: Sphinx) -> None:
    """Keep Sphinx from making its own index, and from loading what it is searched with."""
    if app.builder.format == "html":
        app.builder.search = False  # type: ignore[attr-defined]
        app.builder.dump_search_index = lambda: None  # type: ignore[attr-defined]


def add_page(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Name the page of the search, which works by address, as search.html?q=logits."""
    yield "search", {}, "search.html"


def write(app: Sphinx, error: Exception | None) -> None:
    """Write what the search loads, and remove what Sphinx's would."""
    if error or app.builder.format != "html":
        return
    folder = Path(app.outdir, FOLDER)
    found = json.dumps(collect(app), ensure_ascii=False, separators=(",", ":"))
    (folder / "sections.js").write_text(f"bookSections({found});\n", "utf-8")
    parts = [(folder / name).read_text("utf-8") for name in PARTS]
    (folder / "search.js").write_text("\n".join(parts), "utf-8")
    for name in PARTS:
        (folder / name).unlink()
    for name in OF_SPHINX:
        Path(app.outdir, "_static", name).unlink(missing_ok=True)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect all of it to Sphinx: the files are written before assets.py looks for classes."""
    app.add_js_file("search.js")
    app.connect("builder-inited", switch_off)
    app.connect("html-collect-pages", add_page)
    app.connect("build-finished", write, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
