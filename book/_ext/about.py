"""Who made the book, under which terms, how to cite and to install it, and where its source is.

All of it is read: from CITATION.cff, from pyproject.toml, and from the setting `book_repository`.
The directive `about` takes the name of one of the parts below. A line of it stands in the footer of
every page, see `templates/about-footer.html`. Without a repository nothing links to one.
"""

from __future__ import annotations

import functools
import re
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import tomllib
import yaml
from addresses import GITHUB
from docutils import nodes
from docutils.parsers.rst import directives
from packaging.requirements import Requirement
from phrases import _, in_a_row
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]
FILES = [ROOT / "CITATION.cff", ROOT / "pyproject.toml"]
PAGE = "book/appendix/about"
# The sections of the page that the footer links to: their labels, which are their ids.
SECTIONS = {
    "licence": "about-licence",
    "attribute": "about-attribute",
    "cite": "about-cite",
    "install": "about-install",
}
NOTICES = "book/appendix/notices"


class About(NamedTuple):
    """What a copy of the book says of itself."""

    title: str
    authors: str
    version: str
    released: str
    code: str  # the licence of the code, as SPDX names it
    text: str  # and that of text and figures
    package: str
    python: str
    needs: list[str]
    repository: str  # an address, or nothing
    branch: str
    address: str  # where the book is published, or nothing
    original: str  # the address of the original's repository

    @property
    def is_copy(self) -> bool:
        """Whether this book is kept in another place than the original."""
        return self.repository != self.original


@functools.cache  # for the footer of every page
def files() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the two files say."""
    project = tomllib.loads(FILES[1].read_text("utf-8"))["project"]
    return yaml.safe_load(FILES[0].read_text("utf-8")), project


def read(config: Config) -> About:
    """Read it from the files, and from the settings that addresses.py has made."""
    citation, project = files()
    code = project["license"].partition(" AND ")[0]  # before that of the face of the figures
    (text,) = set(citation["license"]) - {code}
    return About(
        title=citation["title"],
        authors=in_a_row([author["name"] for author in citation["authors"]]),
        version=project["version"],
        released=citation["date-released"],
        code=code,
        text=text,
        package=project["name"],
        python=project["requires-python"].removeprefix(">="),
        needs=project["dependencies"],
        repository=config.book_repository,
        branch=config.book_branch,
        address=config.book_address,
        original=citation["repository-code"],
    )


def bibtex(about: About) -> str:
    """Return the entry for BibTeX."""
    fields = {
        "author": f"{{{about.authors}}}",
        "title": about.title,
        "version": about.version,
        "year": about.released[:4],
        "url": about.address or about.repository,
    }
    key = re.sub(r"\W+", "-", about.title.lower()) + "-" + about.released[:4]
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return ",\n".join([f"@software{{{key}", *lines]) + "\n}"


def reference(about: About) -> str:
    """Return the entry for a list of works, in words."""
    where = about.address or about.repository
    version = _("version {number}", number=about.version)
    return (
        f"{about.authors} ({about.released[:4]}). {about.title} ({version})."
        f"{' ' + where if where else ''}"
    )


def attribution(about: About) -> str:
    """Return the line that the licence of text and figures asks for."""
    of_text = re.sub(r"^CC-(.*)-(4\.0)$", r"CC \1 \2", about.text)
    terms = f"{of_text} (https://creativecommons.org/licenses/by/4.0/)"
    values = {"title": about.title, "authors": about.authors, "original": about.original}
    values |= {"terms": terms, "here": about.address or about.repository}
    if about.is_copy and values["here"]:
        return _(
            '"{title}" by {authors}, {original}, licensed under {terms}, as published at {here}.',
            **values,
        )
    return _('"{title}" by {authors}, {original}, licensed under {terms}.', **values)


def paragraph(*parts: nodes.Node | str) -> nodes.paragraph:
    """Return a paragraph of words and other parts."""
    made = [nodes.Text(part) if isinstance(part, str) else part for part in parts]
    return nodes.paragraph("", "", *made)


def link(text: str, address: str) -> nodes.reference:
    """Return a link to another site."""
    return nodes.reference("", text, refuri=address)


def around(text: str, node: nodes.Node) -> list[nodes.Node | str]:
    """Return a text with a node where it says "{link}"."""
    before, after = text.split("{link}")
    return [before, node, after]


def licence(name: str) -> nodes.reference:
    """Return a link to what SPDX, which names licences, says of one."""
    return link(name, f"https://spdx.org/licenses/{name}.html")


def commands(*lines: str) -> nodes.literal_block:
    """Return lines to type into a terminal."""
    return nodes.literal_block("", "\n".join(lines), language="text")


def to_copy(name: str, what: str, text: str) -> list[nodes.Node]:
    """Return a text with a button that copies it; see static/copy.js."""
    block = nodes.literal_block("", text, language="text", ids=[name], classes=["to-copy"])
    button = (
        f'<p class="copy-bar pst-js-only"><button type="button" data-copy="{escape(name)}">'
        f'{escape(what)}</button> <span role="status"></span></p>'
    )
    return [block, nodes.raw("", button, format="html")]


def show_version(about: About) -> list[nodes.Node]:
    """Say which version this is."""
    changes = []
    if about.repository:
        folder = "blob" if about.repository.startswith(GITHUB) else "-/blob"  # as GitLab has it
        file = f"{about.repository}/{folder}/{about.branch}/CHANGELOG.md"
        changes = [" ", *around(_("The {link} says what is new."), link(_("change log"), file))]
    said = _(
        "The course and its package share one version: {version}, released on {date}.",
        version=about.version,
        date=about.released,
    )
    return [paragraph(said, *changes)]


def show_citation(about: About) -> list[nodes.Node]:
    """Give the entry for BibTeX, and the same in words."""
    return [
        *to_copy("cite-bibtex", _("Copy BibTeX"), bibtex(about)),
        *to_copy("cite-text", _("Copy reference"), reference(about)),
    ]


def show_install(about: About) -> list[nodes.Node]:
    """Say what installs the package."""
    (numpy,) = map(Requirement, about.needs)
    (bound,) = numpy.specifier
    shown = [
        paragraph(
            _(
                "The package needs Python {python} or later with NumPy {numpy} or later, and "
                "nothing else. From a checkout of the source:",
                python=about.python,
                numpy=bound.version,
            )
        ),
        commands("pip install ."),
    ]
    if about.repository:
        shown += [
            paragraph(_("Without a checkout:")),
            commands(f'pip install "{about.package} @ git+{about.repository}"'),
        ]
    return shown


def show_source(about: About) -> list[nodes.Node]:
    """Say where the source is."""
    if about.repository:
        short = about.repository.removeprefix("https://")
        where = link(short, about.repository)
        return [paragraph(*around(_("This copy of the book is built from {link}."), where))]
    return [
        paragraph(
            _(
                "This copy of the book was built from a folder that names no repository. The "
                "folder holds all of the source, and the download button of a page brings its "
                "notebook."
            )
        )
    ]


def show_attribution(about: About) -> list[nodes.Node]:
    """Give the line to put under what one takes, and say who made the original."""
    original = link(about.original.removeprefix("https://"), about.original)
    who = _("The original is by {authors}: {link}.").replace("{authors}", about.authors)
    made = [paragraph(*around(who, original))]
    if about.repository and about.is_copy:
        here = link(about.repository.removeprefix("https://"), about.repository)
        kept = _("This copy is kept in {link}, and may have been changed there.")
        made.append(paragraph(*around(kept, here)))
    return [*made, *to_copy("attribute-text", _("Copy attribution"), attribution(about))]


def show_licence(about: About) -> list[nodes.Node]:
    """Name the two licences."""
    code = _("Code is under {link}: the package, the tests, the tools, and the cells.")
    text = _("Text and figures of the course are under {link}.")
    of_code, of_text = around(code, licence(about.code)), around(text, licence(about.text))
    return [paragraph(*of_code, " ", *of_text)]


PARTS = {
    "version": show_version,
    "citation": show_citation,
    "install": show_install,
    "source": show_source,
    "licence": show_licence,
    "attribution": show_attribution,
}


class Part(SphinxDirective):
    """Show one of the parts."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the part, as this copy of the book has it."""
        for file in FILES:
            self.env.note_dependency(str(file))
        return PARTS[directives.choice(self.arguments[0], PARTS)](read(self.config))


def tell_footer(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None
) -> None:
    """Tell the template of the footer what it shows."""
    goal = context["pathto"](PAGE).partition("#")[0]  # on the page itself, Sphinx says "#"
    context["about"] = read(app.config)
    context["about_links"] = {name: f"{goal}#{label}" for name, label in SECTIONS.items()}
    context["about_links"]["notices"] = context["pathto"](NOTICES)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect all of it to Sphinx."""
    app.add_directive("about", Part)
    app.add_js_file("copy.js")
    app.connect("html-page-context", tell_footer)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
