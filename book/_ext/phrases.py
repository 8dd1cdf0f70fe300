"""The frame's phrases in the language of the book: what stands around what the authors wrote.

The code says everything in English, and asks for the book's language by it, `_("Run")`, here as in
templates and scripts. A language has a table, `locale/<language>/LC_MESSAGES/sphinx.po`, and the
same compiled, which joins those that Sphinx and the themes bring: so it bears their name. What no
table has stays English. The language is the one that `_config.yml` gives to Sphinx.
"""

from __future__ import annotations

import gettext
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from babel.messages.extract import extract_from_file
from sphinx.application import Sphinx

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LOCALE = HERE / "locale"
DOMAIN = "sphinx"
KERNEL = HERE / "static" / "cells" / "kernel.py"
SCRIPT = "phrases.js"
OPTIONS = {"parse_template_string": "true"}  # phrases stand in templates of scripts, too
# What `_config.yml` says in English and readers see.
SETTINGS = ["nb_code_prompt_show", "nb_code_prompt_hide", "ogp_image_alt"]


@cache
def language() -> str:
    """Return the language of the book."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    return config["sphinx"]["config"].get("language", "en")


@cache
def table() -> gettext.NullTranslations:
    """Return the table of the book's language."""
    return gettext.translation(DOMAIN, LOCALE, [language()], fallback=True)


def _(phrase: str, **values: Any) -> str:
    """Return a phrase in the language of the book, with values in its places."""
    said = table().gettext(phrase)
    return said.format(**values) if values else said


# What each chapter has: how it opens, its first question, and the headings at its end.
OPENING = _("You will be able to")
TIME = _("{lesson} minutes, and {exercises} for the exercises;")
PREDICT = _("Predict first")
MISTAKES, SUMMARY = _("What people get wrong"), _("Summary")
EXERCISES, REFERENCES = _("Exercises"), _("References")
# What the front page has.
COURSE, WAYS = _("The course"), _("Shorter ways")


def in_words(number: int) -> str:
    """Return a number of minutes in words."""
    words = [_("five"), _("ten"), _("fifteen"), _("twenty"), _("twenty-five"), _("thirty")]
    words += [_("thirty-five"), _("forty"), _("forty-five"), _("fifty"), _("fifty-five")]
    words += [_("sixty"), _("sixty-five"), _("seventy"), _("seventy-five"), _("eighty")]
    words += [_("eighty-five"), _("ninety"), _("ninety-five")]
    return words[number // 5 - 1]


def in_a_row(names: Sequence[str]) -> str:
    """Return one name or several as a text has them: with commas, and a word before the last."""
    *most, last = names
    return _(" and ").join([", ".join(most), last] if most else [last])


# What Sphinx says, too, and has in few languages.
OF_SPHINX = [
    _("Link to this code"),
    _("Link to this definition"),
    _("Link to this equation"),
    _("Link to this heading"),
    _("Link to this image"),
    _("Link to this table"),
    _("Link to this term"),
]


def of_scripts() -> dict[str, str]:
    """Return what our scripts say, and the page's Python, in the language of the book."""
    files = [*HERE.glob("static/**/*.js"), *HERE.glob("static/**/*.mjs")]
    methods = dict.fromkeys(sorted(files), "javascript") | {KERNEL: "python"}
    phrases = [
        phrase
        for file, method in methods.items()
        for _line, phrase, *_more in extract_from_file(method, file, options=OPTIONS)
    ]
    return {phrase: _(phrase) for phrase in phrases if _(phrase) != phrase}


def set_prompts(app: Sphinx, config: Any) -> None:
    """Translate the settings that readers see."""
    for name in SETTINGS:
        config[name] = _(config[name])


def write_script(app: Sphinx, error: Exception | None) -> None:
    """Write what tells Sphinx's own script, which has `_`, the phrases of ours."""
    if not error and app.builder.format == "html" and language() != "en":
        text = json.dumps(of_scripts(), ensure_ascii=False)
        # Its `addTranslations` makes a function of a text, which the page's policy forbids.
        script = f"Object.assign(Documentation.TRANSLATIONS, {text});\n"
        Path(app.outdir, "_static", SCRIPT).write_text(script, "utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect it to Sphinx: the script is there before assets.py joins all of them."""
    app.add_message_catalog(DOMAIN, str(LOCALE))
    app.connect("config-inited", set_prompts)
    app.connect("build-finished", write_script)
    if language() != "en":
        app.add_js_file(SCRIPT)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
