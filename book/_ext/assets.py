"""What a page loads: one style sheet, few scripts that wait for the page, and few icons.

The theme and the extensions bring a dozen style sheets and a dozen scripts, most of which delay the
first line of text, and thousands of icons, of which the book shows twenty. Sphinx's lists name what
is wanted. Once all pages are written, this extension turns them into:

- `book.css`: all style sheets in their order, without the rules for classes that no page has;
- `book.js`: all scripts but the theme's, in their order;
- the icon fonts, cut down to the icons that `book.css` names.

`templates/layout.html` loads the sheet and the script, and no others. The theme's scripts stay as
they are, one by one: between two scripts a browser can respond. `static/layout.js` loads them at
the end, and says why.

sphinx-thebe is unplugged: Jupyter Book always loads it, and it names a script of another host.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import search
import tinycss2
from docutils import nodes
from fontTools import subset
from sphinx.application import Sphinx
from stylesheets import characters, read_sheet, trim

# What the theme's own layout loads before and after Sphinx's lists.
FIRST_SHEETS = ["_static/styles/theme.css", "_static/styles/pydata-sphinx-theme.css"]
THEME_SCRIPTS = [  # in the order of layout.js
    f"_static/scripts/{name}.js"
    for name in ("sphinx-book-theme", "bootstrap", "pydata-sphinx-theme")
]
BOOK = "_static/book.js"
# The settings of the other scripts, to which lines of script in Sphinx's list add.
SETTINGS = "_static/documentation_options.js"
# Loaded early by layout.html, by itself.
EARLY = "_static/mode.js"
# The face of the text, which the style sheet names, too: fetched early, it is there with the text.
TEXT_FACE = "_static/atkinson/atkinson-hyperlegible-next-latin-wght-normal.woff2"
FONTS = "_static/vendor/fontawesome/webfonts/*.woff2"
# Their licence keeps this name for fonts that nobody has changed.
OF_THE_MAKERS = (0, 5, 7, 8, 9, 11, 12, 13, 14)  # copyright, version, licence, addresses
RESERVED, ANEW = "Font Awesome", "Lesson Icons"
NAME = re.compile(r"[A-Za-z_][\w-]*")


def start(app: Sphinx) -> None:
    """Start the two lists, as dictionaries: they keep their order and hold nothing twice."""
    app.env.book_sheets = dict.fromkeys(FIRST_SHEETS)  # type: ignore[attr-defined]
    app.env.book_scripts = {}  # type: ignore[attr-defined]


def note_assets(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None
) -> None:
    """Remember the files and the lines of script that Sphinx's lists name for a page."""
    sheets, scripts = app.env.book_sheets, app.env.book_scripts  # type: ignore[attr-defined]
    sheets.update(dict.fromkeys(asset.filename for asset in context["css_files"]))
    for asset in context["script_files"]:
        lines = asset.attributes.get("body")
        if lines and "DOCUMENTATION_OPTIONS.pagename" in lines:
            continue  # differs from page to page, and nothing reads it
        if asset.filename in [f"_static/{name}" for name in search.OF_SPHINX]:
            continue  # search.py removes it
        if asset.filename != EARLY and asset.filename not in THEME_SCRIPTS:
            scripts[asset.filename or lines] = None
    context["text_face"] = TEXT_FACE


def finish(app: Sphinx, error: Exception | None) -> None:
    """Write `book.css`, `book.js` and the small fonts."""
    if error or app.builder.format != "html":
        return
    site = Path(app.outdir)
    # Deferred scripts start at once, as the page is there: their settings must come first.
    files = [one for one in app.env.book_scripts if one.startswith("_static/")]  # type: ignore[attr-defined]
    lines = [one for one in app.env.book_scripts if one not in files]  # type: ignore[attr-defined]
    (site / BOOK).write_text(join(site, dict.fromkeys([SETTINGS, *lines, *files])), "utf-8")
    used: set[str] = set()
    for file in [
        *site.glob("**/*.html"),
        *site.glob("_static/*.js"),
        *site.glob("_static/cells/*.mjs"),
        *site.glob("_static/search/search.js"),
        *(site / one for one in THEME_SCRIPTS),
    ]:
        used.update(NAME.findall(file.read_text(encoding="utf-8")))
    sheets = app.env.book_sheets  # type: ignore[attr-defined]
    rules = list(trim((rule for sheet in sheets for rule in read_sheet(site, sheet)), used))
    style = '@charset "UTF-8";\n' + tinycss2.serialize(rules).replace(RESERVED, ANEW)
    (site / "_static" / "book.css").write_text(style, encoding="utf-8")
    for font in site.glob(FONTS):
        cut_font(font, set(characters(rules)))


def join(site: Path, scripts: Iterable[str]) -> str:
    """Return one script from many, each a file of the site or lines of code."""
    texts = [
        (site / one).read_text("utf-8") if one.startswith("_static/") else one for one in scripts
    ]
    return "\n".join(f"{text.rstrip()}\n;" for text in texts)


def cut_font(font: Path, wanted: set[str]) -> None:
    """Keep the glyphs of the wanted characters alone, and all names, of which one changes."""
    options = subset.Options(flavor="woff2", layout_features=[], recalc_timestamp=False)
    options.name_IDs = ["*"]
    whole = subset.load_font(str(font), options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=map(ord, wanted))
    cutter.subset(whole)
    for name in whole["name"].names:
        if name.nameID not in OF_THE_MAKERS:
            text = name.toUnicode().replace(RESERVED, ANEW)
            name.string = text.replace(RESERVED.replace(" ", ""), ANEW.replace(" ", ""))
    subset.save_font(whole, str(font), options)


def unplug_thebe(app: Sphinx) -> None:
    """Take back what sphinx-thebe has registered."""
    for listeners in app.events.listeners.values():
        listeners[:] = [one for one in listeners if one.handler.__module__ != "sphinx_thebe"]
    css = app.registry.css_files
    css[:] = [entry for entry in css if entry[0] != "sphinx-thebe.css"]


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect all of it to Sphinx, after everyone who adds to the lists or to the files."""
    logging.getLogger("fontTools").setLevel("WARNING")  # else it names every glyph that it keeps
    unplug_thebe(app)
    app.connect("builder-inited", start)
    app.connect("html-page-context", note_assets, priority=1000)
    app.connect("build-finished", finish, priority=1000)
    app.config.html_static_path.append(str(Path(__file__).parent / "static"))
    app.add_js_file("layout.js")
    app.add_js_file("print.js")
    app.add_js_file("tabstops.js")
    # Pages written by another process would go unnoticed.
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}
