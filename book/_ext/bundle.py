"""What a page loads: one style sheet, few scripts that wait for the page, and few icons.

The theme and the extensions bring a dozen style sheets and a dozen scripts, most of which hold
back the first line of text, and icons of which the book shows twenty. Sphinx's lists say what is
wanted; when all pages are written, this extension makes of it:

- `book.css`: all style sheets in their order, without the rules for classes that no page has;
- `book.js`: all scripts but the theme's in their order, without what they would write to the
  console;
- the theme's scripts, each by itself, because a browser answers its reader between two scripts;
- the icon fonts, cut down to the icons that `book.css` names.

`templates/layout.html` loads the sheet and the scripts, and no others.
"""

from __future__ import annotations

import itertools
import json
import posixpath
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import tinycss2
from docutils import nodes
from fontTools import subset
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

# What the theme's own layout loads before and after Sphinx's lists.
FIRST_SHEETS = ["_static/styles/theme.css", "_static/styles/pydata-sphinx-theme.css"]
# The theme's scripts, and where a page finds them: copies, as a second build needs the originals.
THEME = {
    f"_static/scripts/{name}.js": f"_static/{name}.js"
    for name in ("sphinx-book-theme", "bootstrap", "pydata-sphinx-theme")
}
BOOK = "_static/book.js"
# The theme looks which boxes scroll: at load, at each resize, and whenever something is added. Each
# time the browser must lay out the whole page at once. `static/tabstops.js` looks at each box as it
# comes up and changes; it does not know of boxes that a script adds later.
LEFT_OUT = '"complete"===document.readyState?I():window.addEventListener("load",I)'
# The settings of the other scripts, to which lines of script in Sphinx's list add.
SETTINGS = "_static/documentation_options.js"
# Loaded early by layout.html, by itself.
EARLY = "_static/mode.js"
FONTS = "_static/vendor/fontawesome/webfonts/*.woff2"
NAME = re.compile(r"[A-Za-z_][\w-]*")


def note_assets(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None
) -> None:
    """Remember the files and the lines of script that Sphinx's lists name for a page."""
    sheets, scripts = app.env.book_sheets, app.env.book_scripts  # type: ignore[attr-defined]
    sheets.update(dict.fromkeys(asset.filename for asset in context["css_files"]))
    for asset in context["script_files"]:
        lines = asset.attributes.get("body")
        if lines and "DOCUMENTATION_OPTIONS.pagename" in lines:
            continue  # differs from page to page, and nothing here reads it
        if asset.filename != EARLY and asset.filename not in THEME:
            scripts[asset.filename or lines] = None
    context["page_scripts"] = [BOOK, *THEME.values()]


def start(app: Sphinx) -> None:
    """Begin the two lists; dictionaries, because they keep their order and hold nothing twice."""
    app.env.book_sheets = dict.fromkeys(FIRST_SHEETS)  # type: ignore[attr-defined]
    app.env.book_scripts = {}  # type: ignore[attr-defined]


def finish(app: Sphinx, error: Exception | None) -> None:
    """Write `book.css`, `book.js`, the theme's scripts and the small fonts."""
    if error or app.builder.format != "html":
        return
    site = Path(app.outdir)
    # A script that waits finds the page read, and starts at once: its settings must be there.
    files = [one for one in app.env.book_scripts if one.startswith("_static/")]  # type: ignore[attr-defined]
    lines = [one for one in app.env.book_scripts if one not in files]  # type: ignore[attr-defined]
    script = "\n".join(scripts(site, dict.fromkeys([SETTINGS, *lines, *files])))
    (site / BOOK).write_text(script, encoding="utf-8")
    for source, target in THEME.items():
        (site / target).write_text("".join(scripts(site, [source])), encoding="utf-8")
    used = set(NAME.findall(script))
    for file in [*site.glob("**/*.html"), *site.glob("_static/*.js")]:
        used.update(NAME.findall(file.read_text(encoding="utf-8")))
    rules = [
        rule
        for sheet in app.env.book_sheets  # type: ignore[attr-defined]
        for rule in read_sheet(site, sheet)
    ]
    rules = list(trim(rules, used))
    style = '@charset "UTF-8";\n' + tinycss2.serialize(rules)
    (site / "_static" / "book.css").write_text(style, encoding="utf-8")
    for font in site.glob(FONTS):
        cut_font(font, set(characters(rules)))


def scripts(site: Path, names: Iterable[str]) -> Iterator[str]:
    """Give the text of each script, a file of the site or lines of code, fit to be joined."""
    for name in names:
        text = (site / name).read_text("utf-8") if name.startswith("_static/") else name
        if name.endswith("/pydata-sphinx-theme.js"):
            text = leave_out(text)
        if "console.log" in text:
            text = f"((console) => {{\n{text}\n}})({{ ...console, log() {{}} }});"
        yield text.rstrip() if text.rstrip().endswith(";") else f"{text.rstrip()};"


def leave_out(text: str) -> str:
    """Return the theme's script without the one call of `LEFT_OUT`."""
    if text.count(LEFT_OUT) != 1:
        message = (
            "The theme's script no longer holds the line that is to be left out of it. See in it"
            " how boxes that scroll become tab stops, and bring LEFT_OUT in book/_ext/bundle.py up"
            " to date."
        )
        raise ExtensionError(message)
    return text.replace(LEFT_OUT, "void 0")


def read_sheet(site: Path, name: str) -> list[Any]:
    """Return the rules of a style sheet of the site, with those that it imports in their place."""
    path = name.partition("?")[0]
    rules = []
    text = (site / path).read_text(encoding="utf-8")
    for rule in tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True):
        if rule.type == "at-rule" and rule.lower_at_keyword == "import":
            imported = next(part.value for part in rule.prelude if part.type in ("string", "url"))
            rules += read_sheet(site, posixpath.normpath(f"{posixpath.dirname(path)}/{imported}"))
        elif rule.type != "at-rule" or rule.lower_at_keyword != "charset":
            move_addresses(rule, posixpath.dirname(path))
            rules.append(rule)
    return rules


def move_addresses(rule: Any, folder: str) -> None:
    """Let `url(...)` lead from the folder of `book.css` to where it led from `folder`."""
    for token in walk(rule):
        quoted = token.type == "function" and token.lower_name == "url"
        address = token.arguments[0] if quoted else token
        if (quoted or token.type == "url") and not re.match(r"data:|#|/|\w+://", address.value):
            target = posixpath.normpath(f"{folder}/{address.value}")
            address.value = posixpath.relpath(target, "_static")
            text = json.dumps(address.value)
            address.representation = text if quoted else f"url({text})"


def walk(node: Any) -> Iterator[Any]:
    """Give every token of a rule."""
    for part in ("prelude", "content", "arguments"):
        for child in getattr(node, part, None) or []:
            yield child
            yield from walk(child)


def trim(rules: Iterable[Any], used: set[str]) -> Iterator[Any]:
    """Leave out the selectors that ask for a class not in `used`, and rules left without any."""
    for rule in rules:
        if rule.type == "qualified-rule":
            selectors = [one for one in split(rule.prelude) if classes(one) <= used]
            if not selectors:
                continue
            comma = tinycss2.ast.LiteralToken(0, 0, ",")
            rule.prelude = [token for one in selectors for token in (comma, *one)][1:]
        elif rule.type == "at-rule" and rule.lower_at_keyword in ("media", "supports", "layer"):
            inner = tinycss2.parse_blocks_contents(rule.content or [])
            rule.content = list(trim(inner, used))
            if not rule.content:
                continue
        elif rule.type in ("whitespace", "comment"):
            continue
        yield rule


def split(prelude: list[Any]) -> list[list[Any]]:
    """Return the selectors of a list that commas part."""
    selectors: list[list[Any]] = [[]]
    for token in prelude:
        if token == ",":
            selectors.append([])
        else:
            selectors[-1].append(token)
    return selectors


def classes(selector: list[Any]) -> set[str]:
    """Return the classes that a selector asks for; those in :not(...) or :is(...) may lack."""
    pairs = itertools.pairwise(selector)
    return {name.value for dot, name in pairs if dot == "." and name.type == "ident"}


def characters(rules: Iterable[Any]) -> Iterator[str]:
    """Give each character of each text in the rules: the icons are among them."""
    for rule in rules:
        for token in walk(rule):
            if token.type == "string":
                yield from token.value


def cut_font(font: Path, wanted: set[str]) -> None:
    """Keep the glyphs of the wanted characters alone."""
    options = subset.Options(flavor="woff2", layout_features=[], recalc_timestamp=False)
    whole = subset.load_font(str(font), options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=map(ord, wanted))
    cutter.subset(whole)
    subset.save_font(whole, str(font), options)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect all of it to Sphinx, after everyone who adds to the lists or to the files."""
    app.connect("builder-inited", start)
    app.connect("html-page-context", note_assets, priority=1000)
    app.connect("build-finished", finish, priority=1000)
    app.config.html_static_path.append(str(Path(__file__).parent / "static"))
    app.add_js_file("layout.js")
    app.add_js_file("print.js")
    app.add_js_file("tabstops.js")
    # Pages that another process writes would not be noted.
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}
