"""Third parties: what a built site serves that others have made, and under which terms.

`parts` says who made which of the files. Versions and texts come from the packages that are
installed, and from the files themselves. The directive `notices` shows them as a table; that of
Python in the page is filled from what tools/pyodide.py has noted of each file. The whole texts go
into a file beside the pages. A served file that is neither ours nor anybody's ends the build.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.metadata import distribution, version
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from cells import FETCHED, PYODIDE
from docutils import nodes
from docutils.parsers.rst import directives
from phrases import _
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

ROOT = Path(__file__).resolve().parents[2]
TEXTS, EDITOR = "_static/notices.txt", f"{PYODIDE}/editor.LICENSES.txt"
THEME = "pydata_sphinx_theme/theme/pydata_sphinx_theme/static"
KATEX, MINISEARCH = ROOT / "book/_static/katex", ROOT / "book/_ext/static/search/minisearch.js"


class Part(NamedTuple):
    """What one of the others has made."""

    name: str
    version: str
    licence: str  # as SPDX names it
    text: str  # the notice and the licence in full
    files: list[str]  # patterns of what the site serves of it


def package(name: str, licence: str, files: list[str]) -> Part:
    """Return a part that comes with a package."""
    return Part(name, version(name), licence, licence_of(name), files)


def licence_of(name: str) -> str:
    """Return the text that a package brings."""
    found = [file for file in distribution(name).files or [] if file.name.startswith("LICENSE")]
    if not found:
        raise ExtensionError(f"The package {name} brings no licence: see notices.py.")
    return found[0].read_text("utf-8")


def installed(name: str, file: str) -> str:
    """Return what a file of a package holds."""
    return Path(str(distribution(name).locate_file(file))).read_text("utf-8")


def found(pattern: str, text: str) -> str:
    """Return what a pattern finds in a text, where it has to be."""
    match = re.search(pattern, text)
    if not match:
        raise ExtensionError(f"Nothing like {pattern!r} in a third party's file: see notices.py.")
    return match[1]


def of_mit() -> str:
    """Return the words of the MIT licence below its notice of copyright."""
    text = licence_of("sphinx-copybutton")
    return text[text.index("Permission is hereby granted") :]


def of_ofl() -> str:
    """Return the words of the SIL Open Font License."""
    files = distribution("fonttools").files or []
    (text,) = (one.read_text("utf-8") for one in files if one.name == "LICENSE.external")
    start = text.index("SIL OPEN FONT LICENSE Version 1.1")
    return text[start : text.index("\n=====", start)]


def bootstrap() -> Part:
    """Return Bootstrap, which the theme carries."""
    notice = installed("pydata-sphinx-theme", f"{THEME}/scripts/bootstrap.js.LICENSE.txt")
    number = found(r"Bootstrap v([\d.]+)", notice)
    return Part("Bootstrap", number, "MIT", notice + of_mit(), ["_static/scripts/bootstrap.js*"])


def font_awesome() -> Part:
    """Return Font Awesome, which the theme carries."""
    notice = installed("pydata-sphinx-theme", f"{THEME}/scripts/fontawesome.js.LICENSE.txt")
    changed = (
        "The fonts are cut down to the icons that the book shows, and named anew: "
        '"Font Awesome" is a Reserved Font Name. Icons that stand for products are their marks.'
    )
    text = "\n".join([notice, changed, "", of_ofl(), "", of_mit()])
    files = ["_static/scripts/fontawesome.js*", "_static/vendor/fontawesome/**"]
    number = found(r"Font Awesome Free ([\d.]+)", notice)
    return Part("Font Awesome Free", number, "CC-BY-4.0, OFL-1.1, MIT", text, files)


def katex() -> Part:
    """Return KaTeX, whose style sheet and fonts lie in the repository."""
    script = installed("sphinxcontrib-katex", "sphinxcontrib/katex.py")
    number = found(r"""katex_version = ["']([\d.]+)""", script)
    text = (KATEX / "LICENSE").read_text("utf-8")
    return Part(_("KaTeX, with its fonts"), number, "MIT", text, ["_static/katex/**"])


def minisearch() -> Part:
    """Return MiniSearch, which the search begins with."""
    head = MINISEARCH.read_text("utf-8").partition("*/")[0].removeprefix("/*")
    number = found(r"MiniSearch ([\d.]+)", head)
    return Part("MiniSearch", number, "MIT", head.strip(), ["_static/search/search.js"])


def clipboard() -> Part:
    """Return clipboard.js, which the buttons that copy carry."""
    head = installed("sphinx-copybutton", "sphinx_copybutton/_static/clipboard.min.js")[:300]
    number = found(r"clipboard\.js v([\d.]+)", head)
    text = f"{found(r'(Licensed MIT .*)', head)}\n\n{of_mit()}"
    return Part("clipboard.js", number, "MIT", text, ["_static/clipboard.min.js"])


OF_SPHINX = "basic.css doctools.js documentation_options.js file.png minus.png plus.png"
OF_THE_BOOK_THEME = ["scripts/sphinx-book-theme.js*", "styles/sphinx-book-theme.css*", "images/*"]
OF_THE_THEME = ["scripts/pydata-sphinx-theme.js*", "styles/pydata-sphinx-theme.css*"]


def static(*files: str) -> list[str]:
    """Return patterns of static files."""
    return [f"_static/{file}" for file in files]


def parts() -> list[Part]:
    """Return all parts, by name."""
    of_theme = static(*OF_THE_THEME, "styles/theme.css")
    made = [
        package("Sphinx", "BSD-2-Clause", [*static(*OF_SPHINX.split()), "_static/*sphinx_high*"]),
        package("Pygments", "BSD-2-Clause", static("pygments.css")),
        package("pydata-sphinx-theme", "BSD-3-Clause", of_theme),
        package("sphinx-book-theme", "BSD-3-Clause", static(*OF_THE_BOOK_THEME, "locales/**")),
        package("sphinx-design", "MIT", static("sphinx-design*.css", "design-tabs.js")),
        package("sphinx-copybutton", "MIT", static("copy*button*", "check-solid.svg")),
        package("sphinx-togglebutton", "MIT", static("togglebutton.*")),
        package("sphinx-exercise", "MIT", static("exercise.css")),
        package("myst-nb", "BSD-3-Clause", static("mystnb.*.css")),
        package("sphinxcontrib-katex", "MIT", static("katex-math.css")),
        bootstrap(),
        clipboard(),
        font_awesome(),
        katex(),
        minisearch(),
    ]
    return sorted(made, key=lambda part: part.name.lower())


def of_python() -> list[tuple[str, str]]:
    """Return the files of Python in the page, with their licences; none if it is built without."""
    if not FETCHED.exists():
        return []
    noted = json.loads((FETCHED / "notice.json").read_text("utf-8"))
    return [(file, ", ".join(what["licences"])) for file, what in noted.items()]


def rows(name: str) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a table, its head first."""
    if name == "site":
        yield _("What"), _("Version"), _("Licence")
        for part in parts():
            yield part.name, part.version, part.licence
    else:
        yield _("File"), _("Licence")
        yield from of_python() or [(_("none"), _("this copy was built without"))]


class Notices(SphinxDirective):
    """Show one of the tables."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        head, *body = rows(directives.choice(self.arguments[0], ("site", "python")))
        group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in head), cols=len(head))
        group += [nodes.thead("", row(head)), nodes.tbody("", *map(row, body))]
        classes = ["colwidths-auto", f"notices-{self.arguments[0]}"]
        shown: list[nodes.Node] = [nodes.table("", group, classes=classes)]
        text = TEXTS if self.arguments[0] == "site" else EDITOR
        if self.arguments[0] == "site" or FETCHED.exists():
            address = relative_uri(self.env.app.builder.get_target_uri(self.env.docname), text)
            link = nodes.reference("", text.rpartition("/")[2], internal=True, refuri=address)
            more = _("Their notices and licences in full:") + " "
            shown.append(nodes.paragraph("", more, link, nodes.Text(".")))
        return shown


def row(texts: tuple[str, ...]) -> nodes.row:
    """Return a row of a table."""
    cells = (nodes.entry("", nodes.paragraph("", text)) for text in texts)
    return nodes.row("", *cells)


def ours() -> set[str]:
    """Return the names of files of our own, and of those that the build makes from them."""
    made = {"book.css", "book.js", "notices.txt", "phrases.js", "sections.js"}
    made |= {"sizes.json", "notice.json"}
    folders = ("book/_static", "book/_ext", "book/data", "softmax_lessons")
    places = [ROOT / folder for folder in folders]
    return made | {file.name for place in places for file in place.rglob("*")}


def nobodys(site: Path) -> list[str]:
    """Return the served files that are neither ours nor in any part."""
    known = [pattern for part in parts() for pattern in part.files]
    own = ours()
    python = {file for file, _ in of_python()} | {"editor.LICENSES.txt"}
    return [
        name
        for file in sorted((site / "_static").rglob("*"))
        if file.is_file()
        for name in [file.relative_to(site).as_posix()]
        if not any(matches(name, pattern) for pattern in known)
        and file.name not in own | python
        and not name.startswith(("_static/cells/code/", "_static/pyodide/softmax_lessons-"))
    ]


def matches(name: str, pattern: str) -> bool:
    """Tell whether a pattern takes a file; two stars at its end, all that lies below."""
    if pattern.endswith("/**"):
        return name.startswith(pattern.removesuffix("**"))
    return PurePosixPath(name).match(pattern)


def finish(app: Sphinx, error: Exception | None) -> None:
    """Write the texts; end the build if a file is left that nobody has made."""
    if error or app.builder.format != "html":
        return
    site = Path(app.outdir)
    bar = "=" * 80
    texts = [
        f"{bar}\n{one.name} {one.version}: {one.licence}\n{bar}\n\n{one.text.strip()}"
        for one in parts()
    ]
    (site / TEXTS).write_text("\n\n\n".join(texts) + "\n", "utf-8")
    if left := nobodys(site):
        raise ExtensionError(
            f"The site serves what nobody has made, as far as book/_ext/notices.py knows: {left}. "
            "Name who has made it, in parts() there, or ours()."
        )


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect all of it to Sphinx, after everyone who writes files."""
    app.add_directive("notices", Notices)
    app.connect("build-finished", finish, priority=1100)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
