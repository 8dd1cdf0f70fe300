"""Slides of a chapter: all of it is seen or said, and they work without another host."""

import re

import nbformat
import pytest
import slides
from bs4 import BeautifulSoup
from support import pages
from support.serving import serving

PAGE = "book/1-probabilities/softmax"
WALK = """async () => {
    const found = [];
    for (let walking = true; walking; walking = !deck.isLastSlide(), deck.next()) {
        const slide = deck.getCurrentSlide();
        const seen = [...slide.children].filter(part => !part.matches(".notes"));
        const boxes = seen.map(part => part.getBoundingClientRect());
        found.push({
            place: deck.getIndices(),
            text: seen.map(part => part.textContent).join(" "),
            said: deck.getSlideNotes(slide) ?? "",
            bottom: Math.max(...boxes.map(box => box.bottom)),
            right: Math.max(...boxes.map(box => box.right)),
        });
    }
    return found;
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A site with slides, beside the built one, which other tests look at."""
    root = tmp_path_factory.mktemp("site")
    for name in ("_static", "favicon.ico"):
        (root / name).symlink_to(pages.SITE / name)
    (root / "slides").mkdir()
    slides.bring_what_shows_them(root / "slides")
    slides.write(PAGE, pages.SITE, root / "slides")
    return root


@pytest.fixture(scope="module")
def deck(browser, folder):
    """The slides in a browser, and what went wrong there."""
    with (
        serving(folder) as address,
        browser.new_page(viewport={"width": 1280, "height": 800}) as tab,
    ):
        wrong = []
        tab.on("console", lambda message: wrong.append(message.text))
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.on("response", lambda one: wrong.append(one.url) if one.status >= 400 else None)
        tab.on("request", lambda one: wrong.append(one.url)
               if not one.url.startswith((address, "data:")) else None)  # fmt: skip
        tab.goto(f"{address}slides/softmax.html", wait_until="networkidle")
        yield tab, tab.evaluate(WALK), wrong


def text_of(html):
    return BeautifulSoup(html, "html.parser").get_text()


def words(text):
    return re.sub(r"\W+", " ", text).strip()


def test_they_open_without_an_error_and_without_another_host(deck):
    _, shown, wrong = deck
    assert wrong == []
    assert len(shown) > 20


def test_each_section_is_a_column_of_slides(deck):
    _, shown, _ = deck
    headings = [one.get_text()[:-1] for one in pages.article(PAGE).select("section > :is(h1, h2)")]
    columns = [one for one in shown if one["place"]["v"] == 0]
    assert headings.pop() == "References"
    assert [one["text"].strip().partition("\n")[0] for one in columns] == headings


def test_each_slide_fits(deck):
    for slide in deck[1]:
        assert slide["bottom"] <= 800, slide["text"]
        assert slide["right"] <= 1280, slide["text"]


def test_every_paragraph_is_seen_or_said_in_the_order_of_the_page(deck):
    everything = words(" ".join(one["text"] + text_of(one["said"]) for one in deck[1]))
    file = pages.SITE / "_sources" / f"{PAGE}.ipynb"
    cells = [one for one in nbformat.read(file, 4).cells if one.cell_type == "markdown"]
    lesson = "\n\n".join(cell.source for cell in cells).partition("\n## Exercises")[0]
    paragraphs = BeautifulSoup(slides.MARKDOWN.render(lesson), "html.parser").select("p")
    plain = [words(one.get_text()) for one in paragraphs if not one.select(".katex")]
    assert len(plain) > 30
    places = [everything.find(one) for one in plain]
    assert -1 not in places, plain[places.index(-1)]
    assert places == sorted(places)


def test_the_question_can_be_answered_on_its_slide(deck):
    tab, _, _ = deck
    tab.evaluate("deck.slide(0, 2)")
    tab.get_by_label("60", exact=True).check()
    tab.get_by_role("button", name="Check").click()
    assert "softmax in your head" in tab.locator("section.present softmax-check").last.inner_text()


def test_drawings_have_words_and_solutions_are_not_shown(deck):
    tab, shown, _ = deck
    drawn = tab.locator("section section .jp-RenderedSVG img")
    assert drawn.count()
    assert all(len(one.get_attribute("alt")) > 20 for one in drawn.all())
    assert "def logits_from" not in "".join(one["text"] for one in shown)


def test_a_chapter_that_is_not_there_is_answered_with_those_that_are(monkeypatch):
    monkeypatch.setattr("sys.argv", ["slides.py", "book/softmx"])
    with pytest.raises(SystemExit, match=r"No chapter is called 'softmx'.*softmax, temperature"):
        slides.main()
