"""The exercises and the live figures speak the language that is chosen; errors stay English."""

import json
import re
from html import unescape

import numpy as np
import pytest
from support.live import ALL, example

from softmax_lessons import exercises, language
from softmax_lessons.interactive import _live


@pytest.fixture(autouse=True)
def reset(monkeypatch):
    """Leave the language as it was."""
    monkeypatch.setattr(language, "_chosen", None)
    language.from_environment.cache_clear()


@pytest.fixture
def german():
    language.set_language("de")


def config(live):
    return json.loads(unescape(re.search(r'config="([^"]*)"', live.html)[1]))


def test_english_is_the_language_unless_another_is_chosen(monkeypatch):
    assert exercises.check("margin", np.max).headline == "margin: one mistake to fix."
    monkeypatch.setenv(language.VARIABLE, "de")
    assert exercises.check("margin", np.max).headline == "margin: ein Fehler ist noch drin."
    language.set_language("en")
    assert exercises.check("margin", np.max).headline == "margin: one mistake to fix."


def test_a_language_without_a_table_is_refused():
    with pytest.raises(ValueError, match="must be one of en, de, got 'tlh'"):
        language.set_language("tlh")


def test_of_the_environment_it_is_told_once_and_english_stays(monkeypatch):
    monkeypatch.setenv(language.VARIABLE, "tlh")
    with pytest.warns(UserWarning, match=f"{language.VARIABLE} must be one of en, de, got 'tlh'"):
        assert language._("Mistake") == "Mistake"
    assert language._("Mistake") == "Mistake"


def test_what_a_table_lacks_is_said_in_english(german):
    assert language._("No table has this of {n}.", n=3) == "No table has this of 3."


def loop(scores):
    return [max(row) for row in scores]


GERMAN = {
    "the best, not the lead": (lambda s: s.max(axis=-1), "Zurück kommt der größte Score."),
    "no axis": (lambda s: np.ptp(s), "Es ist der Vorsprung vor der schlechtesten Klasse"),
    "nothing": (lambda s: print(0.98), "Sie gibt ihr Ergebnis mit `print` aus"),
    "a list": (lambda s: [0.98], "Zurück kommt eine Liste, nicht eine Zahl."),
    "an exception": (lambda s: s["x"], "Sie greift auf einen Eintrag zu, den es nicht gibt (E"),
    "a factor": (lambda s: 2 * right(s), "Jede Zahl ist 2-mal so groß wie die richtige."),
    "one class": (
        lambda s: s.sum(axis=-1).item() * 0 + 1,
        "Für 6 verschiedene Eingaben kommt dasselbe Erg",
    ),
    "other arguments": (lambda s, t: s, "Sie lässt sich nicht als `margin(scores)` aufrufen."),
}


def right(scores):
    ordered = np.sort(scores, axis=-1)
    return ordered[..., -1] - ordered[..., -2]


@pytest.mark.parametrize(("solution", "mistake"), GERMAN.values(), ids=GERMAN)
def test_the_checker_names_the_mistake_in_german(solution, mistake, german):
    report = exercises.check("margin", solution)
    assert report.verdict == "wrong"  # a code for programs, in any language
    assert report.mistake.startswith(mistake)
    lines = repr(report).splitlines()
    assert lines[0] == "margin: ein Fehler ist noch drin."
    assert lines[1].startswith("  Fehler:")
    assert {"Fehler", "Eingabe", "Tipp"} <= {name for name, *_ in report.rows}


def test_the_checker_says_right_and_not_yet_in_german(german):
    def margin(scores): ...

    assert str(exercises.check("margin", right)) == (
        "margin: richtig.\n  Stimmt: ein Vektor, Gleichstand, niedrige Scores, "
        "ein Stapel von Zeilen, drei Achsen, ganze Zahlen"
    )
    assert str(exercises.check("margin", margin)).startswith("margin: noch offen.\n  Tipp: Schreib")
    assert exercises.task("margin").title == "Miss den Vorsprung der besten Klasse"


@pytest.mark.parametrize("name", ALL)
def test_a_figure_brings_the_phrases_of_its_script_in_german_alone(name):
    plain = example(name)
    assert "phrases" not in config(plain)
    language.set_language("de")
    live = example(name)
    asked = _live.phrases(_live.script(name_of(live)))
    brought = config(live)["phrases"]
    assert asked
    assert brought == {phrase: language._(phrase) for phrase in asked if phrase in brought}
    assert all(language._(phrase) == phrase for phrase in asked if phrase not in brought)


def name_of(live):
    return re.match(r"<softmax-([\w-]+)", live.html)[1]


@pytest.mark.parametrize("name", [name for name in ALL if name not in ("choice", "number")])
def test_the_table_of_a_figure_is_german(name):
    words = re.compile(r"\b(the|of|at|with|score|slope|sum|class|loss|key|word|mean)\b")
    assert words.search(example(name).text)
    language.set_language("de")
    assert not words.search(example(name).text), example(name).text
