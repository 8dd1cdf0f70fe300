"""The tables of phrases hold what the code says; what German lacks is named."""

import re

import languages
import pytest
from babel.messages.mofile import read_mo

from softmax_lessons.interactive import _live

KINDS = {"package": languages.PACKAGE, "frame": languages.FRAME}
HERE = sorted({folder.name for table in KINDS.values() for folder in table.locale.iterdir()})
every_table = pytest.mark.parametrize("table", KINDS.values(), ids=KINDS)
every_language = pytest.mark.parametrize("language", HERE)


@every_table
@every_language
def test_a_table_has_every_phrase_of_the_code(table, language):
    known = {one.id for one in languages.read(table, language)}
    forgotten = set(languages.phrases(table)) - known
    assert not forgotten, "run `make languages`, and translate what it adds"


@every_table
@every_language
def test_what_programs_read_is_what_the_table_says(table, language):
    written = languages.read(table, language)
    with table.file(language).with_suffix(".mo").open("rb") as file:
        compiled = {one.id: one.string for one in read_mo(file) if one.id}
    said = {one.id: one.string for one in written if one.id and one.string and not one.fuzzy}
    assert compiled == said, "run `make languages`"


@every_table
@every_language
def test_a_translation_has_the_same_places_and_pieces_of_code(table, language):
    for one in languages.read(table, language):
        if one.id and one.string:
            assert sorted(re.findall(r"\{\w+\}", one.id)) == sorted(
                re.findall(r"\{\w+\}", one.string)
            )
            assert set(re.findall("`[^`]*`", one.id)) <= set(re.findall("`[^`]*`", one.string))


@every_table
def test_german_lacks_nothing(table):
    assert languages.missing(languages.read(table, "de")) == []


def test_a_figure_finds_the_phrases_of_its_script_as_the_table_does():
    ours, theirs = set(), set()
    for phrase, file in languages.phrases(languages.PACKAGE).items():
        if file.endswith(".mjs"):
            theirs.add(phrase)
    for file in (languages.PACKAGE.source / "interactive").glob("*.mjs"):
        ours |= set(_live.phrases(file.read_text("utf-8")))
    assert theirs <= ours
    assert ours <= set(languages.phrases(languages.PACKAGE))


def test_the_tool_counts_what_is_missing_and_names_where(capsys):
    catalog = languages.up_to_date(languages.PACKAGE, "de", ["sigmoid"])
    languages.tell(catalog, languages.PACKAGE.file("de"))
    said = capsys.readouterr().out
    assert re.search(r"\d+ are missing of softmax_lessons/exercises/catalog/sigmoid\.py", said)
    assert "exercises not begun: argmax, " in said


def test_a_new_language_begins_with_every_phrase():
    catalog = languages.up_to_date(languages.FRAME, "fr")
    assert set(languages.missing(catalog)) == set(languages.phrases(languages.FRAME))
