"""A fork in German is German: the frame, the figures, the checker, the minutes, the search."""

import re
import subprocess
import sys

import languages
import pytest
import translation
from bs4 import BeautifulSoup
from support import pages
from support import search as shipped
from support.serving import serving

SCORES = "book/1-probabilities/scores"
SEEN = ("alt", "aria-label", "data-name", "placeholder", "title")
TERMS = {"accuracy"}  # the glossary names it in English, too


@pytest.fixture(scope="module")
def fork(tmp_path_factory):
    """The folder of a fork in German, built with warnings as errors."""
    folder = tmp_path_factory.mktemp("german")
    translation.lay_out("de", folder)
    built = translation.build(folder)
    assert built.returncode == 0, built.stdout[-4000:]
    return folder


@pytest.fixture(scope="module")
def site(fork):
    return fork / "_build" / "html"


@pytest.fixture(scope="module")
def address(site):
    with serving(site, pages.BASE) as address:
        yield address


def read(site, page):
    return BeautifulSoup((site / f"{page}.html").read_text("utf-8"), "html.parser")


def pages_of(site):
    files = (file.relative_to(site) for file in site.rglob("*.html"))
    return [file.with_suffix("").as_posix() for file in files if "_static" not in file.parts]


def phrases_seen(html):
    """Yield the texts of a page, as one reads or hears them; code apart."""
    for element in html.select("script, style, pre, code"):
        element.extract()
    yield from html.stripped_strings
    for element in html.find_all(True):
        yield from (element[name] for name in SEEN if element.get(name))


def english():
    """Return the phrases that German has other words for, as patterns of what they would show."""
    tables = [languages.read(table, "de") for table in languages.TABLES]
    phrases = {one.id for table in tables for one in table if one.id and one.id != one.string}
    told = [one for one in phrases if len(re.sub(r"\{\w+\}|\W", "", one)) > 3 or "{" not in one]
    return [re.sub(r"\\\{\w+\\\}", ".+", re.escape(one.strip())) for one in told]


def test_every_page_says_that_it_is_german(site):
    found = pages_of(site)
    assert SCORES in found
    assert all(read(site, page).html["lang"] == "de" for page in found)


def test_no_english_phrase_of_the_frame_is_left(site):
    pattern = re.compile("|".join(english()))
    left = {
        (page, phrase)
        for page in pages_of(site)
        for phrase in phrases_seen(read(site, page))
        if pattern.fullmatch(phrase) and phrase not in TERMS
    }
    assert left == set()


def test_minutes_captions_solutions_and_exercises_are_german(site):
    front, page = read(site, "book/index"), read(site, SCORES)
    assert front.select_one(".around-side").text == "Weiter · 15 Minuten"
    text = page.select_one("article").get_text(" ", strip=True)
    for phrase in ("Abb. 1", "Übung 4", "Lösung zu", "läuft auf", "margin: noch offen."):
        assert phrase in text
    assert page.select_one(".cell-bar button").text == "Ausführen"
    assert (
        page.select("section.summary > h2, section.mistakes > h2")[1].text[:15] == "Zusammenfassung"
    )
    assert page.img["alt"] or page.select_one("article img")["alt"].startswith("Gruppierte Balken")


def test_the_search_finds_a_german_word(site, monkeypatch):
    monkeypatch.setattr(shipped, "FOLDER", site / "_static" / "search")
    (found,) = shipped.ask(["Wahrscheinlichkeit"])
    assert any(one["address"].startswith(f"{SCORES}.html") for one in found)


def test_figures_checks_search_and_cells_speak_german(address, new_tab):
    tab = new_tab()
    wrong = []
    tab.on("console", lambda message: message.type == "error" and wrong.append(message.text))
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.goto(f"{address}book/index.html")
    figure = tab.locator("softmax-explorer")
    figure.get_by_role("slider", name="Temperatur").wait_for()
    assert figure.get_attribute("aria-label") == "Softmax-Explorer"
    assert figure.get_by_role("button").inner_text() == "Zurücksetzen"
    tab.goto(f"{address}{SCORES}.html")
    check = tab.locator("softmax-check")
    check.get_by_role("button", name="Prüfen").click()
    assert check.get_by_role("status").inner_text() == "Wähle zuerst eine Antwort."
    tab.keyboard.press("Control+k")
    tab.keyboard.type("Wahrscheinlichkeit")
    tab.locator("#search-dialog .search-status", has_text="Stellen für „Wahrsch").wait_for()
    tab.keyboard.press("Escape")
    cell = tab.locator(".cell", has_text="def margin(scores):").first
    cell.get_by_role("button", name=re.compile("ausführen$")).click()
    cell.locator(".cell-status", has_text="Fertig. margin: noch offen.").wait_for(timeout=180_000)
    assert "Tipp" in cell.locator(".exercise-report").inner_text()
    assert cell.get_by_role("button", name=re.compile("zurücksetzen$")).is_visible()
    assert wrong == []


def test_the_tests_of_a_chapter_hold_for_it(fork, site):
    """Those that look at words: of the others a translation changes nothing."""
    files = ["test_template.py", "test_notebooks.py", "test_first_cell.py", "test_left_out.py"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += [f"tests/book/{file}" for file in files] + ["-k", "not installs and not pip"]
    environment = translation.environment(fork) | {"SITE": str(site)}
    done = subprocess.run(command, cwd=fork, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]
