"""The search leads to the place that answers: by its order, from the keyboard, from the disk."""

import gzip
import itertools
import re
import time
from types import SimpleNamespace

import pytest
import search as extension
import tomllib
import yaml
from support import axe, pages
from support import search as shipped

TABLE = tomllib.loads((pages.ROOT / "tests/site/queries.toml").read_text("utf-8"))
QUERIES = {
    query: [places] if isinstance(places, str) else places
    for kind in TABLE.values()
    for query, places in kind.items()
}
LIMIT = 190 * 1024  # bytes that a first search may have sent
PAGE = "book/1-probabilities/scores"
HOSTILE = "<img src=x onerror=window.ran=1>"


@pytest.fixture(scope="module")
def answers():
    return dict(zip(QUERIES, shipped.ask(list(QUERIES)), strict=True))


def leads_to(address, place):
    """Tell whether a result leads to a place; a page is met by any of its sections."""
    there, _, _ = address.partition("#")
    return address == extension.address_of(place) or there == f"{place}.html"


# --- What is found --------------------------------------------------------------------------------


def test_the_table_asks_sixty_queries_of_eight_kinds_of_people():
    assert len(QUERIES) >= 60
    assert len(TABLE) >= 8


@pytest.mark.parametrize("query", QUERIES)
def test_what_answers_is_among_the_first_three(query, answers):
    first = [one["address"] for one in answers[query][:3]]
    assert any(leads_to(one, place) for one in first for place in QUERIES[query]), first


def test_a_page_goes_first_for_its_subject():
    subjects = [page.rpartition("/")[2].replace("-", " ") for page in pages.CHAPTERS]
    first = [found[0]["address"] for found in shipped.ask(subjects)]
    assert first == [f"{page}.html" for page in pages.CHAPTERS]


def test_a_term_is_shown_by_its_own_words():
    for found in shipped.ask(["temperature", "calibration", "attention"]):
        (term,) = [one for one in found[:6] if one["kind"] == "te"][:1]
        assert not shipped.plain(term["sentence"]).startswith("See ")


def test_every_result_leads_to_a_place_that_is_there():
    data = shipped.sections()
    for page, kind, anchor, title, *_ in data["sections"]:
        address = anchor if kind == "sy" else f"{data['pages'][page][0]}#{anchor}"
        file, _, name = address.partition("#")
        assert not name or name in pages.anchors(file.removesuffix(".html")), address
        assert title


def test_no_place_of_the_table_is_made_up():
    for place in itertools.chain(*QUERIES.values()):
        page, _, anchor = place.partition("#")
        assert page in pages.PAGES
        assert not anchor or anchor in pages.anchors(page), place


def test_terms_entries_and_exhibits_are_sections_by_themselves():
    found = {(kind, title) for _, kind, _, title, *_ in shipped.sections()["sections"]}
    terms = pages.article("book/appendix/glossary").select("dt[id]")
    entries = pages.article("book/appendix/api").select("dt.sig[id]")
    assert sum(kind == "te" for kind, _ in found) == len(terms)
    assert sum(kind == "en" for kind, _ in found) == len(entries)
    assert {("te", "temperature"), ("en", "log_softmax")} <= found
    exhibits = pages.article("book/3-pytorch/misuse").select("[id^=misuse-]:not(.cell)")
    anchors = {anchor for _, _, anchor, *_ in shipped.sections()["sections"]}
    assert {one["id"] for one in exhibits} <= anchors


def test_each_row_of_symptoms_leads_to_its_cure():
    rows = [row for row in shipped.sections()["sections"] if row[1] == "sy"]
    tables = [
        one
        for one in pages.article("book/3-pytorch/misuse").select("table")
        if one.select_one("th").get_text(strip=True) == "Symptom"
    ]
    shown = [row for table in tables for row in table.select("tbody tr")]
    links = [row.select_one("a")["href"] for row in shown if row.select_one("a")]
    assert [row[2].partition("#")[2] for row in rows] == [one.partition("#")[2] for one in links]


def test_the_sentence_that_matched_is_shown_with_its_marks():
    (found,) = shipped.ask(["implicit dimension choice"])
    assert "dim" in shipped.plain(found[0]["sentence"]).lower()
    assert any(shipped.marks(one["sentence"]) for one in found[:3])
    (found,) = shipped.ask(["subnormal number"])
    assert shipped.plain(found[0]["title"]) == "subnormal number"
    assert shipped.marks(found[0]["title"]) == ["subnormal", "number"]
    for one in found:
        assert len(shipped.plain(one["sentence"])) < 300


def test_a_result_says_by_which_hidden_words_it_was_found():
    (found,) = shipped.ask(["stuck at 2.303"])
    assert shipped.marks(found[0]["words"]) == ["stuck", "2.303"]


def test_nothing_is_found_for_nothing():
    assert shipped.ask(["", "  ", "qqqzzzxxx", "???", "\\", "(" * 200, "a" * 5000]) == [[]] * 7


def test_words_of_the_markup_are_not_text():
    for *_, text, code, _ in shipped.sections()["sections"]:
        assert not re.search(
            r"</?\w+>.*class=|\\frac|\\begin|(?<!sphinxcontrib-)katex|Show the code", text
        ), text
        assert "\\frac" not in text
        assert "window." not in code


def test_answers_to_exercises_stay_folded():
    known = " ".join(" ".join(row[5:7]) for row in shipped.sections()["sections"])
    answers = [
        re.sub(r"\s+", " ", line.get_text()).strip()
        for page in pages.CHAPTERS
        for line in pages.article(page).select(".solution p")
        if not line.select_one(".katex")
        and (len(line.get_text()) > 80 or "admonition-title" in line.get("class", []))
    ]
    assert len(answers) > 20
    assert [one for one in answers if one in known] == []


def test_a_place_that_is_not_there_is_a_warning(monkeypatch, tmp_path):
    said = []
    monkeypatch.setattr(extension.logger, "warning", lambda text, location: said.append(text))
    page = tmp_path / "page.html"
    page.write_text("<article class='bd-article'><section id='a'><h1>A</h1></section></article>")
    (tmp_path / "book").mkdir()
    wanted = {"weights": {"": 1}, "synonyms": [], "words": {"page#b": "x"}, "help": {"c": "page#c"}}
    (tmp_path / extension.WORDS).write_text(yaml.safe_dump(wanted))

    env = SimpleNamespace(metadata={"page": {}}, collect_relations=lambda: ["page"])
    extension.collect(SimpleNamespace(srcdir=tmp_path, outdir=tmp_path, env=env))
    assert [one.split()[0] for one in said] == ["page#b", "page#c"]


@pytest.mark.parametrize(
    ("tex", "typed"),
    [
        (r"\frac{e^{z_i}}{\sum_j e^{z_j}}", "e^z_i/sum _j e^z_j"),
        (r"\mathbf{p} - \mathbf{y}", "p - y"),
        (r"\log p \le 0", "log p ≤ 0"),
        (r"\left( a \cdot b \right)", "( a · b )"),
    ],
)
def test_formulas_are_found_as_one_types_them(tex, typed):
    assert extension.plain(tex) == typed


# --- What it weighs -------------------------------------------------------------------------------


def test_a_first_search_is_light():
    files = [shipped.FOLDER / name for name in ("search.js", "sections.js")]
    assert sum(len(gzip.compress(file.read_bytes(), 9)) for file in files) < LIMIT


def test_the_search_of_sphinx_is_gone():
    left = {file.name for file in pages.SITE.rglob("*.js")}
    assert not left & {*extension.OF_SPHINX, "searchindex.js", "engine.js", "view.js"}
    book = (pages.SITE / "_static/book.js").read_text("utf-8")
    assert "Hide Search Matches" not in book


# --- In a browser ---------------------------------------------------------------------------------


@pytest.fixture
def open_page(new_tab, server):
    """Open a page, with a list of what it has asked for."""

    def visit(page=PAGE, **options):
        tab = new_tab(**{"viewport": {"width": 1280, "height": 900}} | options)
        tab.asked = []
        tab.on("request", lambda one: tab.asked.append(one.url.removeprefix(server)))
        tab.goto(f"{server}{page}.html", wait_until="networkidle")
        return tab

    return visit


def opened(tab, pattern):
    """Press Enter, and return the address that it leads to."""
    tab.keyboard.press("Enter")
    tab.wait_for_url(pattern)
    return tab.url


def results(tab):
    found = tab.locator(".search-results a")
    found.first.wait_for()
    return found


def has_focus(tab, selector):
    return tab.evaluate("selector => document.activeElement.matches(selector)", selector)


@pytest.mark.parametrize("page", [PAGE, "search"])
def test_nothing_is_loaded_before_it_is_asked_for(open_page, page):
    tab = open_page(page)
    assert not [one for one in tab.asked if "/search/" in one]
    tab.keyboard.press("/" if page == PAGE else "ArrowRight")
    tab.keyboard.type("logits")
    results(tab)
    asked = [one for one in tab.asked if "/search/" in one]
    assert sorted(asked) == ["_static/search/search.js", "_static/search/sections.js"]


@pytest.mark.parametrize("key", ["Control+k", "/"])
def test_the_keyboard_alone_finds_and_opens(open_page, key):
    tab = open_page()
    tab.keyboard.press(key)
    assert has_focus(tab, "#search-dialog input")
    tab.keyboard.type("minus a million")
    results(tab)
    tab.keyboard.press("ArrowDown")
    assert has_focus(tab, ".search-results li:nth-child(1) a")
    tab.keyboard.press("ArrowDown")
    assert has_focus(tab, ".search-results li:nth-child(2) a")
    tab.keyboard.press("ArrowUp")
    tab.keyboard.press("ArrowUp")
    assert has_focus(tab, "#search-dialog input")
    tab.keyboard.press("ArrowDown")
    assert opened(tab, "**/misuse.html#*").endswith("/misuse.html#misuse-minus-a-million")


@pytest.mark.parametrize("seconds", [0, 0.5], ids=["at once", "when it has loaded"])
def test_enter_opens_the_best_result(open_page, seconds):
    tab = open_page()
    tab.route("**/sections.js", lambda route: (time.sleep(seconds), route.continue_()))
    tab.keyboard.press("Control+k")
    tab.keyboard.type("log_softmax")
    assert opened(tab, "**/*.html#*").endswith("/api.html#softmax_lessons.log_softmax")


def test_escape_closes_at_once_and_gives_the_focus_back(open_page):
    tab = open_page()
    button = tab.locator(".search-button-field")
    button.click()
    tab.keyboard.type("logits")
    tab.keyboard.press("Escape")
    tab.locator("#search-dialog").wait_for(state="hidden")
    assert has_focus(tab, ".search-button-field")
    assert tab.locator("#search-dialog input").input_value() == "logits"


def test_who_is_faster_than_the_list_gets_the_new_one(open_page):
    tab = open_page()
    tab.keyboard.press("/")
    tab.keyboard.type("logits")
    results(tab)
    tab.evaluate("""() => {
        const input = document.querySelector("#search-dialog input");
        input.value = "subnormal number";
        input.dispatchEvent(new Event("input", { bubbles: true }));
        input.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true }));
    }""")
    tab.wait_for_timeout(300)
    assert has_focus(tab, ".search-results [href$='#term-subnormal-number']")


def test_a_result_on_the_same_page_closes_the_dialog(open_page):
    tab = open_page("book/appendix/glossary")
    tab.keyboard.press("/")
    tab.keyboard.type("subnormal number")
    results(tab)
    tab.keyboard.press("Enter")
    tab.locator("#search-dialog").wait_for(state="hidden")
    assert tab.url.endswith("#term-subnormal-number")


def test_a_slash_in_a_field_is_a_slash(open_page):
    tab = open_page()
    tab.keyboard.press("/")
    tab.keyboard.type("e^x / sum")
    assert tab.locator("#search-dialog input").input_value() == "e^x / sum"


def test_it_says_how_many_places_there_are(open_page):
    tab = open_page()
    tab.keyboard.press("/")
    tab.keyboard.type("subnormal")
    count = results(tab).count()
    status = tab.locator("#search-dialog [role=status]")
    assert re.fullmatch(r"\d+ places? for “subnormal”", status.inner_text())
    assert count <= int(status.inner_text().split()[0])
    assert tab.locator("#search-dialog").get_attribute("aria-label") == "Search"


def test_who_finds_nothing_is_led_to_the_symptoms(open_page):
    tab = open_page()
    tab.keyboard.press("/")
    tab.keyboard.type("qqqzzzxxx")
    said = tab.locator(".search-nothing")
    said.wait_for()
    assert tab.locator("#search-dialog [role=status]").inner_text() == "Nothing found"
    assert "categor" not in said.inner_text()
    assert said.locator("a").first.inner_text() == "Look through the symptoms"
    assert "misuse.html#" in said.locator("a").first.get_attribute("href")


def test_what_is_typed_is_text(open_page):
    tab = open_page("search")
    tab.keyboard.type(HOSTILE)
    tab.locator(".search-status:not(:empty)").wait_for()
    assert (
        HOSTILE in tab.locator(".search-box").inner_text() + tab.locator("main input").input_value()
    )
    assert tab.locator(".search-box img").count() == 0
    assert tab.evaluate("window.ran === undefined")


def test_more_results_come_on_demand(open_page):
    tab = open_page()
    tab.keyboard.press("/")
    tab.keyboard.type("softmax")
    assert results(tab).count() == 10
    tab.locator(".search-more").click()
    assert tab.locator(".search-results a").count() > 10
    assert has_focus(tab, ".search-results li:nth-child(11) a")


def test_an_address_with_a_query_shows_its_results(open_page, server):
    tab = open_page("book/index")
    tab.goto(f"{server}search.html?q=log_softmax")
    assert results(tab).first.get_attribute("href").endswith("api.html#softmax_lessons.log_softmax")


def test_a_dead_link_has_the_search_too(open_page):
    tab = open_page("no/such/page")
    tab.keyboard.press("/")
    tab.keyboard.type("log_softmax")
    results(tab)
    assert opened(tab, "**/*.html#*").endswith(
        "/book/appendix/api.html#softmax_lessons.log_softmax"
    )


def test_without_a_network_it_says_so_and_tries_again(open_page):
    tab = open_page()
    tab.route("**/sections.js", lambda route: route.abort())
    tab.keyboard.press("/")
    tab.locator(".search-status", has_text="check the network").wait_for()
    tab.keyboard.press("Escape")
    tab.unroute_all()
    tab.keyboard.press("/")
    tab.keyboard.type("logits")
    assert results(tab).count() > 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("page", "query"), [(PAGE, "loss stuck"), ("search", "qqqzzzxxx")])
def test_anyone_can_read_it(open_page, page, query, scheme):
    tab = open_page(
        page, color_scheme=scheme, viewport={"width": 320, "height": 700}, reduced_motion="reduce"
    )
    tab.keyboard.press("/")
    tab.keyboard.type(query)
    tab.locator(".search-results a, .search-nothing").first.wait_for()
    assert axe.run(tab, ".search-box" if page == "search" else "#search-dialog") == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= 320
    box, sign = (
        tab.locator(".search-input:visible").bounding_box(),
        tab.locator(".search-form:visible > i").bounding_box(),
    )
    assert sign["x"] + sign["width"] <= box["x"], "the magnifier covers the first letter"


def test_marks_are_seen_in_forced_colours(open_page):
    tab = open_page(forced_colors="active")
    tab.keyboard.press("/")
    tab.keyboard.type("subnormal")
    results(tab)
    assert tab.locator(".search-results mark").first.evaluate("""mark => {
        const wanted = document.createElement("i");
        wanted.style = "background: Mark; color: MarkText; forced-color-adjust: none";
        mark.after(wanted);
        const look = one => [getComputedStyle(one).backgroundColor, getComputedStyle(one).color];
        return look(mark).join() === look(wanted).join();
    }""")


def test_it_works_from_the_disk(browser):
    context = browser.new_context(offline=True)
    tab = context.new_page()
    tab.goto((pages.SITE / f"{PAGE}.html").resolve().as_uri(), wait_until="networkidle")
    tab.keyboard.press("/")
    tab.keyboard.type("log_softmax")
    results(tab)
    address = opened(tab, "**/*.html#*")
    context.close()
    assert address.startswith("file:")
    assert address.endswith("/api.html#softmax_lessons.log_softmax")
