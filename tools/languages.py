"""Bring the tables of phrases up to date, compile them, and count what each language lacks.

Usage: .venv/bin/python tools/languages.py [LANGUAGE [CHAPTER ...]]   (default: all that there are)

A new language gets its two tables, of the package and of the frame of the book. A phrase that is
new in the code is added without a translation, one that is gone goes. What the exercises of a
chapter say is added when the chapter is named. Then translate: an editor of such files is Poedit,
but any will do. Run this again afterwards: programs read what it compiles.
"""

from __future__ import annotations

import io
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

import yaml
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from softmax_lessons.exercises import _registry

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "book" / "_ext"))
from phrases import OPTIONS, SETTINGS  # noqa: E402

CATALOG = "softmax_lessons/exercises/catalog"  # exercises, by chapter
METHODS = {
    ".py": "python",
    ".mjs": "javascript",
    ".js": "javascript",
    ".html": "jinja2.ext:babel_extract",
}
LONG_AGO = datetime(2026, 1, 1, tzinfo=timezone.utc)  # Git knows when a table has changed


class Table(NamedTuple):
    """A kind of table: where the phrases stand, and where the tables of all languages lie."""

    source: Path
    locale: Path
    domain: str

    def file(self, language: str) -> Path:
        """Return the table of a language."""
        return self.locale / language / "LC_MESSAGES" / f"{self.domain}.po"


PACKAGE = Table(ROOT / "softmax_lessons", ROOT / "softmax_lessons/locale", "softmax_lessons")
FRAME = Table(ROOT / "book/_ext", ROOT / "book/_ext/locale", "sphinx")
TABLES = [PACKAGE, FRAME]


def phrases(table: Table) -> dict[str, str]:
    """Return the phrases that the code asks for, each with the file that says it first."""
    found: dict[str, str] = {}
    for file in sorted(table.source.rglob("*")):
        if file.suffix in METHODS:
            name = file.relative_to(ROOT).as_posix()
            for _line, phrase, *_more in extract_from_file(
                METHODS[file.suffix], file, options=OPTIONS
            ):
                found.setdefault(phrase, name)
    if table is FRAME:
        settings = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["sphinx"]["config"]
        found |= {settings[name]: "_config.yml" for name in SETTINGS}
    return found


def of_exercises(chapter: str) -> Iterator[str]:
    """Yield what the exercises of a chapter say."""
    for exercise in _registry.CHAPTERS[chapter].values():
        yield from (exercise.title, exercise.statement)
        for stage in exercise.stages:
            yield from (stage.name, stage.mistake, stage.hint)
        for mistake in exercise.mistakes:
            yield from (mistake.sentence, mistake.hint)


def begun(catalog: Catalog) -> list[str]:
    """Return the chapters whose exercises a table has something of."""
    files = {file for one in catalog for file, _line in one.locations}
    return [chapter for chapter in _registry.CHAPTERS if file_of(chapter) in files]


def file_of(chapter: str) -> str:
    """Return the file with the exercises of a chapter."""
    return f"{CATALOG}/{chapter.replace('-', '_')}.py"


def read(table: Table, language: str) -> Catalog:
    """Return the table of a language, which may be new."""
    file = table.file(language)
    if not file.exists():
        return Catalog(language)
    with file.open("rb") as lines:
        return read_po(lines, language)


def up_to_date(table: Table, language: str, chapters: Sequence[str] = ()) -> Catalog:
    """Return the table of a language with the phrases that the code has now."""
    known = read(table, language)
    wanted = phrases(table)
    if table is PACKAGE:
        for chapter in dict.fromkeys([*begun(known), *chapters]):
            wanted = {phrase: file_of(chapter) for phrase in of_exercises(chapter)} | wanted
    new = Catalog(language, header_comment="#", project="Softmax Lessons", fuzzy=False)
    new.creation_date = new.revision_date = LONG_AGO
    for phrase, file in sorted(wanted.items(), key=lambda one: (one[1], one[0])):
        old = known.get(phrase)
        new.add(phrase, old.string if old else "", [(file, None)], old.flags if old else ())
    return new


def compiled(catalog: Catalog) -> bytes:
    """Return what gettext reads."""
    sink = io.BytesIO()
    write_mo(sink, catalog)
    return sink.getvalue()


def missing(catalog: Catalog) -> list[str]:
    """Return the phrases that a table has no translation of."""
    return [one.id for one in catalog if one.id and (not one.string or one.fuzzy)]


def main() -> None:
    """Update the tables, compile them, and count."""
    here = {folder.name for table in TABLES for folder in table.locale.iterdir()}
    chapters = sys.argv[2:]
    if unknown := set(chapters) - set(_registry.CHAPTERS):
        sys.exit(f"No chapter has exercises and is called {', '.join(sorted(unknown))}.")
    for language in sys.argv[1:2] or sorted(here):
        for table in TABLES:
            catalog = up_to_date(table, language, chapters)
            file = table.file(language)
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("wb") as lines:
                write_po(lines, catalog, width=100)
            file.with_suffix(".mo").write_bytes(compiled(catalog))
            tell(catalog, file)


def tell(catalog: Catalog, file: Path) -> None:
    """Print what a table lacks."""
    lacks = Counter(catalog[phrase].locations[0][0] for phrase in missing(catalog))
    print(f"{file.relative_to(ROOT)}: {len(catalog) - lacks.total()} of {len(catalog)} phrases")
    for place, n in lacks.items():
        print(f"  {n} are missing of {place}")
    if chapters := begun(catalog):
        rest = [chapter for chapter in _registry.CHAPTERS if chapter not in chapters]
        print(f"  exercises not begun: {', '.join(rest)}")


if __name__ == "__main__":
    main()
