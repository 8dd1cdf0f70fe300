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
from pathlib import Path
from typing import Any

import left_out
import phrases
import yaml
from bs4 import BeautifulSoup, Comment, SoupStrainer, Tag
from looks import without_looks
from phrases import _
from sphinx.application import Sphinx
from sphinx.util import logging

PARTS = ["minisearch.js", "engine.js", "view.js"]  # of search.js, in their order
FOLDER = "_static/search"
WORDS = "book/search.yml"
# What Sphinx brings for its own search, and for the marks that it leaves on pages.
OF_SPHINX = ["searchtools.js", "language_data.js", "sphinx_highlight.js", "translations.js"]
LONGEST_ENTRY = 80  # characters of an entry of the API: what it does, and its first parameters
LONGEST_CODE = 50  # characters of a section: the names that it introduces come first
WITH_CODE = 0.5  # pages that count less are found by their text alone
LONGEST_OUTPUT = 40  # characters: what a cell prints is found by how it begins
# What holds nothing to look for: buttons, marks, what stands twice, names of files, and answers.
QUIET = {"button", "script", "style", "svg", "summary", "textarea"}
QUIET_CLASSES = {
    "headerlink", "cell-bar", "solution", "identity-test", "exercise-report",
    "cell-name", "notices-python",
}  # fmt: skip
INLINE = {
    "a", "abbr", "annotation", "b", "br", "cite", "code", "em", "i", "img", "kbd", "math", "mi",
    "mn", "mo", "mrow", "msub", "msup", "mtext", "q", "s", "semantics", "small", "span", "strong",
    "sub", "sup", "u", "var", "wbr",
}  # fmt: skip
NAMES = re.compile(r"\d+\.\d+|\w+")
logger = logging.getLogger(__name__)


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


def article(html: str) -> Tag:
    """Return a page's article, without what holds nothing to look for."""
    only = SoupStrainer("article")
    found = BeautifulSoup(without_looks(html), "html.parser", parse_only=only).article
    for element in found.find_all(is_quiet):
        element.extract()
    for comment in found.find_all(string=lambda text: isinstance(text, Comment)):
        comment.extract()
    return found


def is_quiet(element: Tag) -> bool:
    """Tell whether an element holds nothing to look for."""
    live = element.name.startswith("softmax-")
    return live or element.name in QUIET or bool(classes_of(element) & QUIET_CLASSES)


def classes_of(element: Tag) -> set[str]:
    """Return the classes of an element."""
    return set(element.get("class", []))


def divide(html: str) -> list[Section]:
    """Return the sections of a built page, in their order."""
    found: list[Section] = []
    read(article(html), Section("page", ""), found)
    for one in found:
        if one.kind == "entry":
            one.text = "\n".join(one.text)[:LONGEST_ENTRY].split("\n")
    return [one for one in found if one.title and one.title != phrases.REFERENCES]


def read(element: Tag, section: Section, found: list[Section]) -> None:
    """Give what an element holds to its section, or to new ones."""
    classes, name = classes_of(element), element.get("id", "")
    if name and element.name not in ("section", "dt"):
        section.names.add(name)
    if element.name == "section" and not name.startswith("exercise-content"):
        kind = "section" if found else "page"
        divide_again(element, Section(kind, name), section, found)
    elif element.name == "div" and "exercise" in classes:
        divide_again(element, Section("exercise", name), section, found)
    elif re.fullmatch("h[1-6]", element.name) or (
        "admonition-title" in classes and section.kind == "exercise" and not section.title
    ):
        section.title = words_of(element)
    elif element.name == "dl" and element.find("dt", id=True, recursive=False):
        read_list(element, section, found)
    elif element.name == "table":
        read_table(element, section, found)
    elif element.name == "pre":
        section.code += "".join(texts(element)).rstrip().split("\n")
    elif "output" in classes and "text_html" not in classes:
        for box in element.find_all("pre"):
            section.printed += "".join(texts(box))[:LONGEST_OUTPUT].rstrip().split("\n")
    else:
        read_children(element, section, found)


def read_children(element: Tag, section: Section, found: list[Section]) -> None:
    """Read what an element holds: blocks by themselves, and the words between them as lines."""
    line: list[str] = []

    def flush() -> None:
        if words := re.sub(r"\s+", " ", "".join(line)).strip():
            section.text.append(words)
        line.clear()

    for child in element.children:
        if isinstance(child, str):
            line.append(child)
        elif child.name in INLINE:
            label(child, section)
            line.extend(texts(child))
        else:
            flush()
            read(child, section, found)
    flush()


def label(element: Tag, section: Section) -> None:
    """Note the anchors in a line; the one before a heading is what other pages link to."""
    for name in names_in(element):
        section.names.add(name)
        if not section.title and section.kind == "section":
            section.anchor = name


def names_in(element: Tag) -> Iterator[str]:
    """Yield the anchors of an element and of those inside it."""
    return (one["id"] for one in [element, *element.find_all(True)] if one.get("id"))


def divide_again(element: Tag, new: Section, around: Section, found: list[Section]) -> None:
    """Read an element as a section of its own."""
    new.names.add(new.anchor)
    if around.kind != "page":
        new.above = around.title
    found.append(new)
    read_children(element, new, found)


def read_list(element: Tag, section: Section, found: list[Section]) -> None:
    """Read terms of the glossary, or entries of the API, as sections."""
    new = section
    for child in element.children:
        if not isinstance(child, Tag):
            continue
        if child.name != "dt":
            read(child, new, found)
        elif name := child.get("id"):
            kind = "term" if name.startswith("term-") else "entry"
            new = Section(kind, name, words_of(child), names={name})
            if kind == "entry":
                new.code.append(new.title)  # the signature
                new.title = name.removeprefix("softmax_lessons.")
            new.above = section.title if section.kind != "page" else ""
            found.append(new)


def read_table(element: Tag, section: Section, found: list[Section]) -> None:
    """Read a table row by row; rows of symptoms are sections, which lead to their first link."""
    symptoms: list[str] = []  # the heads of the columns, if the rows are symptoms
    for row in element.find_all("tr"):
        cells = [one for one in row.children if isinstance(one, Tag)]
        words = [words_of(cell) for cell in cells]
        section.names |= set(names_in(row))
        links = [one.get("href", "") for one in row.find_all("a")]
        if symptoms and links:
            new = Section("symptom", links[0], words[0], section.title, names={row.get("id", "")})
            told = zip(symptoms[1:], words[1:], strict=False)
            new.text.append(". ".join(f"{head}: {word}" for head, word in told) + ".")
            found.append(new)
        elif words[:1] == [_("Symptom")]:
            symptoms = words
        else:
            section.text.append(" · ".join(word for word in words if word))


def words_of(element: Tag) -> str:
    """Return the words inside an element, in one line."""
    return re.sub(r"\s+", " ", "".join(texts(element))).strip()


def texts(element: Tag) -> Iterator[str]:
    """Yield the texts inside an element; of a formula, what one might type for it."""
    if element.name == "math":
        source = element.find("annotation")
        yield plain(source.get_text() if source else "")
    elif element.name == "br":
        yield " "
    else:
        for child in element.children:
            if isinstance(child, str):
                yield child
            else:
                yield from texts(child)
                if child.name not in INLINE:
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
    words = {place: one for place, one in wanted["words"].items() if is_here(place)}
    help_ = wanted["help"]  # the front page, where there is no better place any more
    ways = {name: one if is_here(one) else app.config.root_doc for name, one in help_.items()}
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
    for place, told in words.items():
        if place in places:
            places[place].words += [told] if isinstance(told, str) else told
        else:
            logger.warning(f"{place} is no place to find; it has words", location=WORDS)
    for place in ways.values():
        if place not in places:
            logger.warning(f"{place} is no place to lead to", location=WORDS)
    return {
        "pages": pages,
        "sections": [row_of(*row) for row in rows if worth_finding(row[2])],
        "synonyms": wanted["synonyms"],
        "help": {name: address_of(place) for name, place in ways.items()},
    }


def is_here(place: str) -> bool:
    """Tell whether a place is on a page that has not been left out."""
    return place.partition("#")[0] not in left_out.pages()


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
