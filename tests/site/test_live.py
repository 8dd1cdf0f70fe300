"""Live figures and quick checks in a real browser: by keyboard, spoken, and as the package says."""

import copy
import functools
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from support import axe, live, pages
from support.live import LABELS, Z, example

import softmax_lessons as sl
from softmax_lessons import calibration
from softmax_lessons.interactive._normalizers import CANDIDATES, broken
from softmax_lessons.interactive._table import show

MODULES = files("softmax_lessons.interactive")
SITE_MODULES = "_static/interactive"
FIGURES = {live.module(example(name)): name for name in live.FIGURES}  # module: function
every_figure = pytest.mark.parametrize("name", FIGURES)
# Where a figure writes what its table holds, too.
NUMBERS = {"overflow": ".result td"}


def holds(page, element):
    return pages.built(page).find(element) is not None


@functools.cache
def home(name):
    """The first chapter that shows a figure."""
    return next(page for page in pages.CHAPTERS if holds(page, f"softmax-{name}"))


def static_table(page, name):
    """The rows of the table that stands in the built page for readers without JavaScript."""
    rows = pages.built(page).select_one(f"softmax-{name}").select("tr")
    return [[cell.get_text() for cell in row.select("th, td")] for row in rows]


def numbers(texts):
    """The texts that are numbers, as numbers."""
    plain = [text.replace("−", "-") for text in texts]
    return [float(text) for text in plain if re.fullmatch(r"-?(\d[\d.e-]*|inf)|nan", text)]


@pytest.fixture(scope="module")
def context(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    yield context
    context.close()


@functools.cache
def stage():
    """The index, with the figures and checks of all chapters in place of its own text.

    A browser takes seconds to lay out a chapter, and its live cells need no more of it than the
    style sheets. That they come to life on the pages, test_browser.py sees.
    """
    soup = copy.copy(pages.built(pages.PAGES[0]))
    article = soup.find("article")
    article.clear()
    for page in pages.CHAPTERS:
        section = soup.new_tag("section", id=Path(page).name)
        cells = [one.find_parent(class_="cell") for one in pages.live(page)]
        section.extend(copy.copy(cell) for cell in dict.fromkeys(cells))
        article.append(section)
    shown = set().union(*map(pages.live_modules, pages.CHAPTERS))
    loader = soup.find("script", attrs={"data-modules": True})
    loader["data-modules"] = " ".join(f"../{SITE_MODULES}/{name}.mjs" for name in sorted(shown))
    return str(soup)


@pytest.fixture(scope="module")
def open_stage(server):
    """Show all figures and checks in a tab; at the end none may have complained."""
    complaints = []

    def show_stage(tab):
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("console", lambda m: m.type == "error" and complaints.append(m.text))
        html = "text/html; charset=utf-8"
        tab.route("**/stage.html", lambda route: route.fulfill(body=stage(), content_type=html))
        tab.goto(f"{server}book/stage.html")
        return tab

    yield show_stage
    assert not complaints


@pytest.fixture(scope="module")
def tab(context, open_stage):
    return open_stage(context.new_page())


@pytest.fixture
def figure(tab, name):
    """A live figure as it was at the start: the first of its kind."""
    found = tab.locator(f"softmax-{name}").first
    found.get_by_role("button", name="Reset").click()
    return found


def checks(tab, page):
    """The checks of a chapter."""
    return tab.locator(f"#{Path(page).name} softmax-check")


def sliders(figure):
    return figure.locator("input[type=range]")


def move(slider, value):
    """Put a slider somewhere, as a pointer would."""
    slider.evaluate(
        "(e, v) => { e.value = v; e.dispatchEvent(new Event('input', {bubbles: true})); }", value
    )


def put(figure, scores):
    for i, score in enumerate(scores):
        move(sliders(figure).nth(i), score)


def reads(figure, name):
    return figure.locator(NUMBERS.get(name, "b, td")).all_inner_texts()


# --- live figures -----------------------------------------------------------------------------


@every_figure
def test_figure_starts_with_the_numbers_of_its_table(figure, name):
    shown = {text for text in reads(figure, name) if numbers([text])}
    assert len(shown) >= 3
    assert shown <= {text for row in static_table(home(name), name) for text in row}


def shown(figure):
    """What a figure shows, without what it tells a screen reader half a second later."""
    text = figure.evaluate(
        "e => e.innerText.replace(e.querySelector('[role=status]').innerText, '')"
    )
    return text.strip()  # a sentence that has been spoken leaves empty lines at the end


@every_figure
def test_keyboard_alone_moves_it_and_resets_it(figure, name):
    keyboard = figure.page.keyboard
    before = shown(figure)
    slider = sliders(figure).first
    slider.focus()
    start = float(slider.input_value())
    coarse = 1 if name in ("overflow", "tree") else 0.1
    fine = 1 if name == "tree" else 0.01
    for key, step in [("ArrowRight", coarse), ("ArrowDown", -coarse), ("PageUp", 10 * coarse)]:
        keyboard.press(key)
        start += step
        assert float(slider.input_value()) == pytest.approx(start, abs=1e-9)
    keyboard.press("Shift+ArrowUp")
    assert float(slider.input_value()) == pytest.approx(start + fine, abs=1e-9)
    assert shown(figure) != before
    keyboard.press("Home")
    assert slider.input_value() == slider.get_attribute("min")
    keyboard.press("Shift+Tab")
    while figure.page.evaluate("document.activeElement.textContent") != "Reset":
        keyboard.press("Shift+Tab")
    keyboard.press("Enter")
    assert shown(figure) == before


@every_figure
def test_tab_reaches_each_control_in_order(figure, name):
    controls = "input:not([type=radio]), input[type=radio]:checked, button"
    figure.locator("button").first.focus()
    figure.page.keyboard.press("Shift+Tab")
    figure.page.keyboard.press("Tab")  # from here on the focus shows, as after any key
    for i in range(figure.locator(controls).count()):
        expected = figure.locator(controls).nth(i)
        assert expected.evaluate("e => e === document.activeElement"), i
        box = expected.bounding_box()
        assert box["height"] >= 24 or expected.get_attribute("type") in ("checkbox", "radio")
        outline = expected.evaluate("e => getComputedStyle(e).outlineStyle")
        assert outline == "solid", "no visible focus"
        figure.page.keyboard.press("Tab")


@every_figure
def test_each_slider_has_a_name_and_says_its_value(figure, name):
    for i in range(sliders(figure).count()):
        slider = sliders(figure).nth(i)
        label = slider.evaluate("e => e.labels[0].textContent.trim()")
        assert figure.get_by_role("slider", name=label, exact=True).count() == 1
        output = slider.locator("xpath=ancestor::div[1]").locator("output")
        if said := slider.get_attribute("aria-valuetext"):
            assert output.inner_text() == said
        else:
            assert numbers([output.inner_text()]) == [float(slider.input_value())]
        assert output.get_attribute("aria-live") == "off"  # the slider says it already


# Listens to what is spoken of a figure, then moves its first slider twelve times at one go: a slow
# machine makes pauses.
MOVE = """status => {
    status.spoken = [];
    const observer = new MutationObserver(records => {
        for (const record of records) status.spoken.push(status.textContent);
    });
    observer.observe(status, {childList: true});
    const slider = status.closest("form").querySelector("input[type=range]");
    for (let i = 0; i < 12; i++) {
        slider.stepUp();
        slider.dispatchEvent(new Event("input", {bubbles: true}));
    }
    return observer.takeRecords().length;
}"""


def test_a_change_is_spoken_once_when_the_hand_rests(tab):
    figures = [tab.locator(f"softmax-{name}").first for name in FIGURES]
    for figure in figures:
        figure.get_by_role("button", name="Reset").click()
    figures[-1].page.wait_for_timeout(600)  # what the reset had to say
    status = [figure.locator("[role=status]") for figure in figures]
    assert {one.evaluate(MOVE) for one in status} == {0}
    figures[-1].page.wait_for_timeout(800)
    for one in status:
        (sentence,) = one.evaluate("e => e.spoken")
        assert re.search(r"\d\.\d|R\d", sentence)
        assert re.search("panda|float32|softmax|Brier|Words left|mean of the", sentence)
        assert sentence.endswith(".")


@every_figure
def test_nothing_moves_by_itself(figure):
    slider = sliders(figure).first
    slider.focus()
    figure.page.keyboard.press("PageUp")
    assert figure.evaluate("e => e.getAnimations({subtree: true}).length") == 0


# --- what is moved agrees with Python ---------------------------------------------------------
# Each figure once: test_live_arithmetic.py compares the numbers themselves, for many more inputs.

MOVED = [-3.21, -3.2, 4.4]


@pytest.mark.parametrize("name", ["explorer"])
def test_explorer_agrees_with_the_package(figure):
    put(figure, [*MOVED, 3.5])
    p, s = sl.softmax(MOVED, temperature=3.5), sl.sigmoid(MOVED)
    assert figure.locator(".bar b").all_inner_texts() == [show(x) for x in p]
    figure.get_by_label("Show a separate sigmoid").check()
    both = np.stack([p, s], axis=-1).ravel()
    assert figure.locator(".bar b").all_inner_texts() == [show(x) for x in both]
    assert f"Sum of softmax: {p.sum():.3f}." in figure.inner_text()
    assert f"Sum of the sigmoids (dashed): {s.sum():.3f}." in figure.inner_text()
    widths = figure.locator(".fill").evaluate_all(
        "all => all.map((e) => e.getBoundingClientRect().width / e.parentElement.clientWidth)"
    )
    np.testing.assert_allclose(widths, [*both, *p], atol=0.02)


@pytest.mark.parametrize("name", ["gradient"])
def test_gradient_agrees_with_the_package(figure):
    put(figure, MOVED)
    figure.get_by_role("radio").nth(2).check()
    tables = figure.locator("table")
    left = [row.split("\t") for row in tables.nth(0).locator("tbody tr").all_inner_texts()]
    right = [row.split("\t") for row in tables.nth(1).locator("tbody tr").all_inner_texts()]
    loss, slopes = sl.cross_entropy_and_grad(MOVED, 2)
    p = sl.softmax(MOVED)
    ours = [[show(p[i]), str(int(i == 2)), show(slopes[i])] for i in range(3)]
    assert [row[1:] for row in left] == ours
    assert [row[1:] for row in right] == [[*map(show, row)] for row in sl.softmax_jacobian(MOVED)]
    assert f"−ln p of {LABELS[2]} = {show(loss)}." in figure.inner_text()


@pytest.mark.parametrize("name", ["double"])
def test_double_softmax_agrees_with_the_package(figure):
    put(figure, MOVED)
    figure.get_by_role("radio").nth(0).check()
    p = sl.softmax(MOVED)
    loss, once = sl.cross_entropy_and_grad(MOVED, 0)
    doubled, inner = sl.cross_entropy_and_grad(p, 0)
    twice = sl.softmax_vjp(p, inner)
    shown = figure.locator(".signed b").all_inner_texts()
    assert shown == [show(x) for pair in zip(once, twice, strict=True) for x in pair]
    sizes = np.linalg.norm([once, twice], axis=1)
    text = figure.inner_text()
    assert f"{show(sizes[0])} with one softmax, {show(sizes[1])} with two" in text
    assert f"{show(sizes[0] / sizes[1], 1)} times as large with one." in text
    assert f"Loss: {show(loss)} with one, {show(doubled)} with two." in text
    drawn = figure.locator(".middle").evaluate_all("""all => all.map((track) => {
        const [fill, room] = [track.firstChild, track].map((e) => e.getBoundingClientRect());
        const middle = room.left + room.width / 2;
        const end = fill.left + fill.width / 2 < middle ? fill.left : fill.right;
        return (end - middle) / (room.width / 2);
    })""")
    np.testing.assert_allclose(drawn, np.stack([once, twice], axis=-1).ravel(), atol=0.04)


@pytest.mark.parametrize("name", ["normalizers"])
def test_normalizers_agree_with_the_package(figure):
    put(figure, [*MOVED, -0.4])
    z = np.round(np.add(MOVED, -0.4), 2)
    rows = [row.split("\t") for row in figure.locator("tbody tr").all_inner_texts()]
    for (head, *numbers_shown), (name, f) in zip(rows, CANDIDATES.items(), strict=True):
        with np.errstate(all="ignore"):
            p = f(z)
            ours = [*p, p.sum()]
        assert numbers_shown == [show(x) for x in ours]
        faults = " ".join(broken(f, z)) or "nothing"
        mark = "✓" if faults == "nothing" else "✗"
        assert " ".join(head.split()) == f"{name} {mark} breaks {faults}"


@pytest.mark.parametrize("name", ["normalizers"])
def test_normalizers_start_from_any_of_the_vectors(figure):
    figure.get_by_role("button", name="low").press("Enter")
    assert numbers(figure.locator("output").all_inner_texts()) == [-2.75, -1.77, -3.8, 0]


@pytest.mark.parametrize("name", ["overflow"])
def test_overflow_agrees_with_numpy_and_says_what_happened(figure):
    put(figure, [708.3])
    ours = []
    for dtype in (np.float32, np.float64):
        z = np.add(Z, 708.3).astype(dtype)
        with np.errstate(all="ignore"):
            ours += [np.exp(z) / np.exp(z).sum(), sl.softmax(z)]
    for row, expected in zip(figure.locator(".result").all_inner_texts(), ours, strict=True):
        np.testing.assert_allclose(numbers(row.split("\t")[1:]), expected, atol=6e-4)
    said = figure.locator(".formats p").all_inner_texts()
    assert "float32: exp(709.53) is above" in said[0]
    assert said[1].startswith("float64: Each power fits, their sum does not")


@pytest.mark.parametrize("name", ["reliability"])
def test_reliability_shows_what_the_package_calculates(figure):
    temperature, bins = 2.67, 50
    put(figure, [temperature, bins])
    rows = json.loads(figure.get_attribute("config"))["rows"].split(";")
    table = np.array([row.split(" ") for row in rows], dtype=int)
    y, z = table[:, 0], -table[:, 1:] / 100
    ours = []
    for t in (1, temperature):
        p = sl.softmax(z, temperature=t)
        numbers_at_t = [
            np.mean(p.argmax(axis=-1) == y),
            p.max(axis=-1).mean(),
            calibration.expected_calibration_error(p, y, bins=bins),
            sl.cross_entropy(z / t, y),
            calibration.brier_score(p, y),
        ]
        ours.append([show(x) for x in numbers_at_t])
    assert figure.locator("td").all_inner_texts() == np.transpose(ours).ravel().tolist()
    curve = calibration.reliability_curve(p, y, bins=bins)
    bars = figure.locator(".bar-right").evaluate_all(
        "all => all.map((e) => e.height.baseVal.value)"
    )
    np.testing.assert_allclose(bars, 240 * curve.accuracy, atol=1e-3)
    lines = figure.locator("path.said").evaluate_all("all => all.map((e) => e.getAttribute('d'))")
    heights = [float(re.match(r"M[\d.]+ ([\d.]+)h", d)[1]) for d in lines]
    np.testing.assert_allclose(heights, 8 + 240 * (1 - curve.confidence), atol=1e-3)
    counts = figure.locator(".held").evaluate_all("all => all.map((e) => e.height.baseVal.value)")
    np.testing.assert_allclose(counts, 44 * curve.counts / curve.counts.max(), atol=1e-3)
    spoken = figure.get_by_role("img").get_attribute("aria-label")
    last = f"sure {curve.confidence[-1]:.2f}, right {curve.accuracy[-1]:.2f}, {curve.counts[-1]}"
    assert f"{last} examples." in spoken


def assert_triangle_shows(figure, p):
    assert figure.locator(".bar b").all_inner_texts() == [show(x) for x in p]
    x, y = re.findall(r"-?\d[\d.e-]*", figure.locator(".point").get_attribute("transform"))
    corners = np.array([[30, 262], [160, 36.8], [290, 262]])
    np.testing.assert_allclose([float(x), float(y)], p @ corners, atol=1e-9)
    spoken = f"panda {show(100 * p[1], 1)} percent"
    assert spoken in figure.get_by_role("img").get_attribute("aria-label")


@pytest.mark.parametrize("name", ["simplex"])
def test_simplex_agrees_with_the_package(figure):
    put(figure, [*MOVED, 2])
    assert_triangle_shows(figure, sl.softmax(MOVED, temperature=2))


@pytest.mark.parametrize("name", ["simplex"])
def test_simplex_point_can_be_dragged_and_put(figure):
    figure.scroll_into_view_if_needed()
    point, mouse = figure.locator(".point"), figure.page.mouse
    svg = figure.locator("svg").bounding_box()
    scale = svg["width"] / 320
    box = point.bounding_box()
    mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    mouse.down()
    mouse.move(svg["x"] + 160 * scale, svg["y"] + 187 * scale, steps=4)  # the middle
    mouse.up()
    np.testing.assert_allclose(numbers(figure.locator("b").all_inner_texts()), 1 / 3, atol=0.01)
    mouse.click(svg["x"] + 250 * scale, svg["y"] + 250 * scale)  # near the duck's corner
    p = numbers(figure.locator("b").all_inner_texts())
    assert p[2] > 0.75
    assert float(sliders(figure).nth(2).input_value()) > 1


@pytest.mark.parametrize("name", ["entmax"])
@pytest.mark.parametrize("alpha", [1, 1.25, 1.5, 2, 3])
def test_entmax_agrees_with_the_package(figure, alpha):
    put(figure, [*MOVED, alpha])
    assert_triangle_shows(figure, sl.entmax(MOVED, alpha=alpha))


def rows_of(figure):
    return [row.split("\t") for row in figure.locator("tbody tr").all_inner_texts()]


@pytest.mark.parametrize("name", ["sampler"])
def test_sampler_agrees_with_the_package(figure):
    contexts = json.loads(figure.get_attribute("config"))["contexts"]
    temperature, p, least = 0.8, 0.77, 0.04
    put(figure, [temperature, 6, p, least])
    k = int(sliders(figure).nth(1).get_attribute("aria-valuetext"))
    for number, context in enumerate(contexts):
        if len(contexts) > 1:
            figure.get_by_role("radio").nth(number).check()
        behind = np.cumsum(np.array(context["behind"].split(" "), dtype=int))
        logits = -behind / 1000 / temperature
        by_k = sl.top_k(logits, k)
        by_p = sl.top_p(by_k, p)
        last = sl.min_p(by_p, least)
        before, after = sl.softmax(logits), sl.softmax(last)
        stages = np.isfinite([by_k, by_p, last])
        for i, (word, _, was, is_now) in enumerate(rows_of(figure)[: len(context["words"])]):
            dropped = np.array(["✗ top-k", "✗ top-p", "✗ min-p"])[~stages[:, i]]
            ours = dropped[0] if dropped.size else show(after[i])
            assert [word, was, is_now] == [context["words"][i], show(before[i]), ours]
        n = stages[-1].sum()
        line = figure.locator("p:has(+ .stack)").inner_text()
        had = f"they had {show(before[:n].sum())} of the probability."
        assert line == f"Words left: {n} of {len(logits)}. Before the filters {had}"
        sizes = figure.locator("p + div .fill").evaluate_all(
            "all => all.map((e) => e.getBoundingClientRect().width / e.parentElement.clientWidth)"
        )
        kept = before[:n]
        parts = [kept[0], kept[1:2].sum(), kept[2:].sum(), 1 - kept.sum()]
        np.testing.assert_allclose(sizes, parts, atol=0.01)
        drawn = figure.locator("tr:not(.dropped) td .stack").evaluate_all("""all => all.map((e) => {
            const [first, last] = [e.firstChild, e.lastChild].map((x) => x.getBoundingClientRect());
            return (last.right - first.left) / e.clientWidth;
        })""")
        bars = [*after[: min(n, 10)], after[10:].sum()][: len(drawn)]
        np.testing.assert_allclose(drawn, bars, atol=0.01)


@pytest.mark.parametrize("name", ["sampler"])
def test_sampler_starts_again_with_all_words(figure):
    first = rows_of(figure)
    put(figure, [5, 0, 0.01, 1])
    assert "Words left: 1 of " in figure.inner_text()
    assert figure.locator("tr.dropped .fill.cut").count() == len(first) - 1
    looks = figure.locator("tr .fill:first-child").evaluate_all("""all => all.map(e => {
        const { backgroundImage, borderStyle } = getComputedStyle(e);
        return [backgroundImage, borderStyle];
    })""")
    (kept, _), (cut, edge) = looks[0], looks[-1]
    assert "gradient" in cut, "told by colour alone"
    assert "gradient" not in kept
    assert "dashed" in edge
    figure.get_by_role("button", name="Reset").click()
    assert rows_of(figure) == first


@pytest.mark.parametrize("name", ["lookup"])
def test_lookup_agrees_with_the_package(figure):
    settings = json.loads(figure.get_attribute("config"))
    points = np.array([settings["query"], *settings["keys"]])
    points[2] = [-1.31, 0.57]
    figure.get_by_role("radio").nth(2).check()
    put(figure, points[2])
    points[0] = [0.4, -1.23]
    figure.get_by_role("radio").nth(0).check()
    put(figure, points[0])
    values = np.array(settings["values"])
    for scale in (np.sqrt(2), 1):
        box = figure.get_by_role("checkbox")
        box.check() if scale > 1 else box.uncheck()
        scores = points[1:] @ points[0] / scale
        weights = sl.softmax(scores)
        *rows, mean = rows_of(figure)
        for i, row in enumerate(rows):
            assert row[:3] == [settings["labels"][i], show(scores[i]), show(weights[i])]
        output = ", ".join(show(x, 2) for x in weights @ values)
        assert mean[-1].strip("()") == output
        sizes = figure.locator(".stack .fill").evaluate_all(
            "all => all.map((e) => e.getBoundingClientRect().width / e.parentElement.clientWidth)"
        )
        np.testing.assert_allclose(sizes, weights, atol=0.01)
        assert f"{settings['labels'][0]} {show(100 * weights[0], 1)} percent" in (
            figure.get_by_role("img").get_attribute("aria-label")
        )


@pytest.mark.parametrize("name", ["lookup"])
def test_lookup_arrows_can_be_dragged_and_sliders_take_them_over(figure):
    figure.scroll_into_view_if_needed()
    settings = json.loads(figure.get_attribute("config"))
    first, mouse = rows_of(figure), figure.page.mouse
    picture = figure.get_by_role("img").bounding_box()
    unit = picture["height"] / 2 / settings["limit"]
    middle = (picture["x"] + picture["width"] / 2, picture["y"] + picture["height"] / 2)
    for number, goal in ((0, [1.5, -1.0]), (3, [-1.2, 1.4])):
        hand = figure.locator(".arrow", has_text=(["query", *settings["labels"]])[number])
        box = hand.locator(".hand").bounding_box()
        mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        mouse.down()
        mouse.move(middle[0] + goal[0] * unit, middle[1] - goal[1] * unit, steps=4)
        mouse.up()
        assert figure.get_by_role("radio").nth(number).is_checked()
        values = [float(sliders(figure).nth(i).input_value()) for i in range(2)]
        np.testing.assert_allclose(values, goal, atol=0.03)
        name = (["query", *settings["labels"]])[number]
        assert figure.get_by_role("slider", name=f"{name}, x", exact=True).count() == 1
    assert rows_of(figure) != first
    figure.get_by_role("button", name="Reset").click()
    assert rows_of(figure) == first
    assert figure.get_by_role("radio").nth(0).is_checked()


@pytest.mark.parametrize("name", ["smooth"])
@pytest.mark.parametrize("lead", [-2.5, 0, 1.31])
def test_smooth_maximum_agrees_with_the_package(figure, lead):
    settings = json.loads(figure.get_attribute("config"))
    moved, z = settings["moved"], np.array(settings["scores"])
    others = np.delete(z, moved)
    z[moved] = round(others.max() + lead, 2)
    temperature = 0.7
    put(figure, [z[moved], temperature])
    p = show(sl.softmax(z, temperature=temperature)[moved])
    smooth = temperature * sl.logsumexp(z / temperature)
    hard = "0 or 1" if lead == 0 else str(int(lead > 0))
    value, slope, shares = rows_of(figure)
    assert value[1:] == [show(z.max()), show(smooth)]
    assert slope[1:] == [hard, p]
    assert shares[1:] == [f"argmax {hard}", f"softmax {p}"]
    bound = f"Smooth lies {show(smooth - z.max())} above, at most T ln 3 = {0.7 * np.log(3):.3f}."
    assert figure.locator(".both p").inner_text().replace("\u00a0", " ") == bound
    # The dots lie on the curves, and the tangent touches the smooth one with the slope it says.
    dots = figure.locator("circle").evaluate_all("all => all.map((e) => e.cy.baseVal.value)")
    height = 168 / 1.4 / settings["reach"]
    assert dots[0] - dots[1] == pytest.approx(height * (smooth - z.max()), abs=1e-4)
    assert dots[2:] == pytest.approx(
        [252 - 56 * x for x in (lead > 0, lead >= 0, float(p))], abs=0.03
    )
    (x0, y0), (x1, y1) = drawn(figure, "path.tangent")
    assert (y0 + y1) / 2 == pytest.approx(dots[1], abs=0.06)
    unit = 288 / 2 / settings["reach"]
    assert (y0 - y1) / height / ((x1 - x0) / unit) == pytest.approx(float(p), abs=0.005)
    ends = drawn(figure, "path.soft")
    assert len(ends) == 161
    nearest = min(ends, key=lambda end: abs(end[0] - (x0 + x1) / 2))
    assert nearest[1] == pytest.approx(dots[1], abs=1.5)


def drawn(figure, path):
    """The points of a path of straight lines."""
    d = figure.locator(path).first.get_attribute("d")
    return [tuple(map(float, point.split(" "))) for point in d.removeprefix("M").split("L")]


@pytest.mark.parametrize("name", ["tree"])
@pytest.mark.parametrize("counts", [[5, 3, 2], [1, 1, 12], [2, 4, 2]])
def test_code_tree_agrees_with_the_package(figure, counts):
    settings = json.loads(figure.get_attribute("config"))
    y, p = (np.array(n) / np.sum(n) for n in (settings["truth"], counts))
    put(figure, counts)
    bits = -np.log2(p)
    least, excess = sl.entropy(y) / np.log(2), sl.kl_divergence(y, p) / np.log(2)
    parts = f"{show(least)} entropy + {show(round(excess, 3))} too many"
    line = f"{show(least + excess)} bits on average = {parts}"
    assert figure.locator("p:has(b)").inner_text() == line
    assert figure.locator("output").all_inner_texts() == [f"{n} of {sum(counts)}" for n in counts]
    order = np.argsort(-p, kind="stable")
    for row, i in enumerate(order):
        leaf = figure.locator(f"svg .class{i}")
        assert leaf.get_attribute("transform") == f"translate(0 {[26, 66, 106][row]})"
        word = ["0", "10", "11"][row] if counts == [2, 4, 2] else ""
        shown = leaf.locator("text").evaluate_all("all => all.map((e) => e.textContent)")
        assert shown == [word, settings["labels"][i], show(bits[i])]
        at = leaf.locator("circle").evaluate("e => e.cx.baseVal.value")
        assert at == pytest.approx(10 + 44 * bits[i], abs=1e-4)
    widths = figure.locator("rect").evaluate_all("all => all.map((e) => e.width.baseVal.value)")
    np.testing.assert_allclose(widths, [44 * least, 44 * excess], atol=1e-4)
    sizes = figure.locator(".stack .fill").evaluate_all(
        "all => all.map((e) => e.getBoundingClientRect().width / e.parentElement.clientWidth)"
    )
    np.testing.assert_allclose(sizes, [*p, *y], atol=0.01)
    assert line in figure.get_by_role("img").get_attribute("aria-label")


# --- how modules and elements come together ----------------------------------------------------


@pytest.mark.parametrize("page", [home("explorer"), "book/appendix/bibliography"])
def test_page_loads_the_modules_of_its_figures_once(browser, server, page):
    asked = []
    tab = browser.new_page()
    tab.on("request", lambda request: asked.append(request.url.removeprefix(server)))
    tab.goto(f"{server}{page}.html")
    found = pages.live_modules(page)
    needed = found | ({"bars", "dom", "figure", "math"} if found else set())
    needed |= {"triangle"} if found & {"simplex", "entmax"} else set()
    loaded = [url for url in asked if url.startswith(SITE_MODULES)]
    assert sorted(loaded) == sorted(f"{SITE_MODULES}/{name}.mjs" for name in needed)
    tab.close()


def test_the_modules_on_the_site_are_those_of_the_package():
    on_site = {file.name: file.read_bytes() for file in (pages.SITE / SITE_MODULES).iterdir()}
    assert on_site == {name: MODULES.joinpath(name).read_bytes() for name in live.MODULES}


def test_no_figure_is_seen_before_its_module_has_come(browser, server):
    """A table that became a figure would push away the text below it."""
    page = next(page for page in pages.PAGES if holds(page, "softmax-explorer"))
    tab = browser.new_page(viewport={"width": 390, "height": 900})

    def late(route):
        time.sleep(0.3)
        route.continue_()

    tab.route(f"**/{SITE_MODULES}/*", late)
    tab.goto(f"{server}{page}.html")
    shifts = tab.evaluate("""new Promise(done => {
        new PerformanceObserver(list => done(list.getEntries().map(entry => entry.value)))
            .observe({ type: "layout-shift", buffered: true });
        setTimeout(() => done([]), 500);
    })""")
    assert tab.locator("softmax-explorer form").bounding_box()["y"] < 900, "too far to be seen"
    assert sum(shifts) < 0.01
    tab.close()


class SlowPage(BaseHTTPRequestHandler):
    """Sends a page in pieces, each when the browser has run what it has."""

    pieces: tuple[str, ...]

    def do_GET(self):
        self.send_response(200)
        module = self.path.endswith(".mjs")
        self.send_header(
            "Content-Type", "text/javascript" if module else "text/html; charset=utf-8"
        )
        self.end_headers()
        if module:
            self.wfile.write(MODULES.joinpath(self.path[1:]).read_bytes())
            return
        for piece in self.pieces:
            self.wfile.write(piece.encode())
            self.wfile.flush()
            time.sleep(1)

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("name", ["choice", "explorer"])
def test_an_element_that_arrives_in_two_parts_is_built_once(browser, name):
    html, module = element(example(name)), live.module(example(name))
    cut = html.index("\n", html.index(">")) + 1  # within the content of the second one
    head = f'<!doctype html><title>Slow</title><script type="module" src="{module}.mjs" async>'
    SlowPage.pieces = (f"{head}</script><div>{html}</div><div>{html[:cut]}", f"{html[cut:]}</div>")
    with ThreadingHTTPServer(("127.0.0.1", 0), SlowPage) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        tab = browser.new_page()
        tab.goto(f"http://127.0.0.1:{http.server_port}/", wait_until="load")
        first, second = tab.locator(".softmax-live").all()
        first.locator("form").wait_for()
        assert second.inner_text() == first.inner_text()
        assert second.locator("form").count() == 1
        tab.close()
        http.shutdown()


def element(of):
    """The element alone, as outputs are stored."""
    return of.html.partition("\n<script")[0]


def test_an_element_is_built_before_the_page_is_whole(browser):
    """It need not wait for the rest of a long page, even if its module has come before it."""
    head = '<!doctype html><title>Slow</title><script type="module" src="explorer.mjs" async>'
    html = element(example("explorer"))
    SlowPage.pieces = (f"{head}</script><p>the start</p>", f"<div>{html}</div>", "<p>the end</p>")
    with ThreadingHTTPServer(("127.0.0.1", 0), SlowPage) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        tab = browser.new_page()
        tab.add_init_script("""new MutationObserver(() => {
            window.early ||= document.readyState === "loading" && !!document.querySelector("form");
        }).observe(document, {childList: true, subtree: true});
        customElements.whenDefined("softmax-explorer").then(() => {
            window.first = !document.querySelector("softmax-explorer");
        })""")
        tab.goto(f"http://127.0.0.1:{http.server_port}/", wait_until="load")
        assert tab.evaluate("window.first"), "the module came too late for this test"
        assert tab.evaluate("window.early")
        tab.close()
        http.shutdown()


def test_a_second_run_of_a_cell_brings_a_second_figure(browser):
    """In a notebook each output brings its own copy of the script."""
    tab = browser.new_page()
    complaints = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.set_content(f"<!doctype html><title>Notebook</title>{example('overflow').html}")
    first = tab.locator("softmax-overflow")
    first.locator("form").wait_for()
    sheets = tab.evaluate("document.adoptedStyleSheets.length")
    tab.evaluate(
        """html => {  // as Jupyter does it: scripts in HTML that is set do not run by themselves
            const output = document.createElement("div");
            output.innerHTML = html;
            document.body.append(output);
            for (const old of output.querySelectorAll("script")) {
                const script = document.createElement("script");
                for (const { name, value } of old.attributes) script.setAttribute(name, value);
                script.textContent = old.textContent;
                old.replaceWith(script);
            }
        }""",
        example("overflow").html,
    )
    second = tab.locator("softmax-overflow").nth(1)
    put(second, [500])
    assert "becomes inf" in second.inner_text()
    assert "Both forms agree" in first.first.inner_text()
    assert tab.evaluate("document.adoptedStyleSheets.length") == sheets
    second.evaluate("e => e.parentElement.prepend(e)")  # moved, and not built again
    assert "becomes inf" in second.inner_text()
    assert second.locator("form").count() == 1
    assert not complaints
    tab.close()


# --- quick checks -----------------------------------------------------------------------------

CHECKS = [
    pytest.param(page, number, id=f"{page}-{number}")
    for page in pages.CHAPTERS
    for number in range(len(pages.built(page).find_all("softmax-check")))
]
every_check = pytest.mark.parametrize(("page", "number"), CHECKS)


def test_every_chapter_has_a_check_and_both_kinds_are_used():
    assert {check.values[0] for check in CHECKS} == set(pages.CHAPTERS)
    kinds = {"options" in config(*check.values) for check in CHECKS}
    assert kinds == {True, False}


def config(page, number):
    return json.loads(pages.built(page).find_all("softmax-check")[number]["config"])


def test_what_a_check_stresses_is_emphasized(tab):
    check = checks(tab, "book/1-probabilities/softmax").first
    check.locator("input").last.check()
    check.locator("form button").click()
    assert check.locator("[role=status] em").inner_text() == "panda, for certain"
    assert check.locator("details em").count() == 1
    assert "*" not in check.inner_text()


def test_what_a_check_multiplies_is_not(tab):
    (module,) = pages.SITE.glob("_static/**/check*.mjs")
    asked = ["2 * 3 * 4", "a*b*c", "2*3", "so *x* is", "x**2 and y**2", "*all of it*."]
    told = tab.evaluate(
        """async ([address, asked]) => {
            const { emphasized } = await import(address);
            return asked.map(text => emphasized(text).map(e => e.outerHTML ?? e).join(""));
        }""",
        [f"../{module.relative_to(pages.SITE).as_posix()}", asked],
    )
    assert told == [*asked[:3], "so <em>x</em> is", asked[4], "<em>all of it</em>."]


@every_check
def test_check_answers_every_choice_by_keyboard(tab, page, number):
    check, settings = checks(tab, page).nth(number), config(page, number)
    keyboard, status = check.page.keyboard, check.locator("[role=status]")
    check.locator("form").evaluate("form => form.reset()")
    check.locator("input").first.focus()
    keyboard.press("Enter")
    if "options" in settings:
        assert status.inner_text() == "Choose an answer first."
        keyboard.press("Space")
        for i, (_, feedback) in enumerate(settings["options"]):
            keyboard.press("Enter")
            right = i == settings["answer"]
            said = feedback.replace("*", "")  # which is around what it stresses
            assert status.inner_text() == f"{'✓ Right.' if right else '✗ Not yet.'} {said}"
            keyboard.press("ArrowDown")
            assert status.inner_text() == "", "still speaks of the last choice"
        return
    assert status.inner_text() == "Write a number first."

    def answer(text):
        keyboard.press("Control+A")
        keyboard.type(text)
        keyboard.press("Enter")
        return status.inner_text()

    assert answer("half").startswith("That is not a number.")
    for value, feedback in settings["wrong"]:
        assert answer(f"{value:.4f}") == f"✗ Not yet. {feedback}"
    right = settings["answer"]
    for text in (f"{right:.4f}", f"{right:.4f}".replace(".", ",")):
        assert answer(text) == f"✓ Right. {settings['feedback']}"
    assert answer(str(right + 1e6)) == f"✗ Not yet. Too large. {settings['hint']}".strip()
    assert answer(str(right - 1e6)) == f"✗ Not yet. Too small. {settings['hint']}".strip()


@every_check
def test_check_says_its_question_and_unfolds_its_answer(tab, page, number):
    check, settings = checks(tab, page).nth(number), config(page, number)
    role = "group" if "options" in settings else "textbox"
    assert check.get_by_role(role, name=settings["question"], exact=True).count() == 1
    answer = check.locator("details p").first
    assert not answer.is_visible()
    check.locator("summary").press("Enter")
    assert answer.is_visible()
    check.locator("summary").press("Enter")


# --- modes ------------------------------------------------------------------------------------


def test_without_javascript_tables_and_folded_answers_stand(browser, server):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    for page in sorted({home(name) for name in FIGURES}):
        tab.goto(f"{server}{page}.html")
        assert tab.locator(".softmax-live form").count() == 0
        for name in [name for name in FIGURES if holds(page, f"softmax-{name}")]:
            table = tab.locator(f"softmax-{name} table").first
            assert table.is_visible()
            shown = [row.split("\t") for row in table.locator("tr").all_inner_texts()]
            assert shown == static_table(page, name)
            assert table.locator("caption").is_visible()
        for number in range(tab.locator("softmax-check").count()):
            check, settings = tab.locator("softmax-check").nth(number), config(page, number)
            assert check.get_by_text(settings["question"], exact=True).is_visible()
            options = [label for label, _ in settings.get("options", [])]
            assert check.locator("li").all_inner_texts() == options
            answer = check.locator("details p").first
            assert not answer.is_visible()
            check.locator("summary").click()
            assert answer.is_visible()
    context.close()


# Every text on its ground, as the eye gets them: colours become pixels on a canvas.
CONTRASTS = """root => {
  const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const pixel = (colours) => {
    context.fillStyle = "white"; context.fillRect(0, 0, 1, 1);
    for (const colour of colours) { context.fillStyle = colour; context.fillRect(0, 0, 1, 1); }
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = (rgb) => {
    const linear = (x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = rgb.map((x) => linear(x / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.getClientRects().length) continue;
    const grounds = [];
    for (let e = element; e; e = e.parentElement)
      grounds.unshift(getComputedStyle(e).backgroundColor);
    const style = getComputedStyle(element);
    const ink = element instanceof SVGElement ? style.fill : style.color;
    const [a, b] = [pixel([...grounds, ink]), pixel(grounds)].map(luminance);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    found.push([ratio, walker.currentNode.data, element.outerHTML.slice(0, 200)]);
  }
  return found;
}"""


def test_every_state_is_readable_and_accessible(browser, open_stage):
    tab = open_stage(browser.new_page(reduced_motion="reduce"))
    stir(tab)
    for scheme, width in [("light", 1280), ("dark", 390)]:
        tab.set_viewport_size({"width": width, "height": 900})
        tab.emulate_media(color_scheme=scheme)
        tab.wait_for_function("s => document.documentElement.dataset.theme === s", arg=scheme)
        for one in tab.locator(".softmax-live").all():
            contrasts = one.evaluate(CONTRASTS)
            assert len(contrasts) > 4
            assert min(contrasts)[0] >= 4.5, min(contrasts)
            assert one.evaluate("e => e.scrollWidth <= e.clientWidth"), one.inner_text()
            panel = one.evaluate("e => getComputedStyle(e.parentElement).backgroundColor")
            assert panel == "rgba(0, 0, 0, 0)", "the theme's light panel shows"
        if width == 390:
            assert axe.violations(tab, {"include": [[".softmax-live"]]}) == []
    tab.close()


def stir(tab):
    """Bring the figures and checks of a page into the states that take the most room."""
    far = {"overflow": [-104], "normalizers": [0.1, 0.2, -0.31], "gradient": [5, -5, 0]}
    far["reliability"] = [0.1, 50]
    for name in FIGURES:
        for figure in tab.locator(f"softmax-{name}").all():
            put(figure, far.get(name, [5, -5, 4])[: sliders(figure).count()])
            for box in figure.locator("input[type=checkbox]").all():
                box.check()
    for check in tab.locator("softmax-check").all():
        choices = check.locator("input[type=radio]")
        choices.first.check() if choices.count() else check.locator("input").fill("1e9")
        check.get_by_role("button").click()
        check.locator("summary").click()


def test_forced_colours_keep_bars_and_lines(browser, server):
    context = browser.new_context(forced_colors="active")
    tab = context.new_page()
    tab.goto(f"{server}{home('simplex')}.html")
    colours = tab.evaluate("""() => {
        const probe = document.createElement("p");
        probe.style.cssText = "color: CanvasText; background-color: Canvas";
        document.body.append(probe);
        const style = (selector, name) => getComputedStyle(document.querySelector(selector))[name];
        return {
            ink: getComputedStyle(probe).color,
            ground: getComputedStyle(probe).backgroundColor,
            bar: style("softmax-simplex .fill", "backgroundColor"),
            edge: style("softmax-simplex .edge", "stroke"),
            ring: style("softmax-simplex .ring", "stroke"),
            point: style("softmax-simplex .point circle:last-child", "fill"),
            text: style("softmax-simplex svg text", "fill"),
        };
    }""")
    assert colours["ink"] != colours["ground"]
    assert {colours["bar"], colours["edge"], colours["ring"], colours["text"]} == {colours["ink"]}
    assert colours["point"] != colours["ground"]
    context.close()


def test_forced_colours_reach_the_branches_of_the_code_tree(browser):
    context = browser.new_context(forced_colors="active")
    tab = context.new_page()
    tab.set_content(f"<!doctype html><title>Forced</title>{example('code_tree').html}")
    tab.locator("form").wait_for()
    strokes = tab.locator("svg path:not(.grid)").evaluate_all(
        "all => all.map((e) => getComputedStyle(e).stroke)"
    )
    assert len(strokes) == 4
    assert set(strokes) == {tab.locator("svg .forks").evaluate("e => getComputedStyle(e).stroke")}
    context.close()


def test_a_strict_content_policy_lets_all_of_it_run(browser, server):
    examples = [example(name, "panda") for name in live.ALL]
    modules = {live.module(one) for one in examples}
    head = "".join(
        f'<script type="module" src="{SITE_MODULES}/{name}.mjs"></script>' for name in modules
    )
    context = browser.new_context()
    tab = context.new_page()
    complaints = []
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.route(
        "**/strict",
        lambda route: route.fulfill(
            body=f"<!doctype html><title>strict</title>{head}{''.join(map(element, examples))}",
            content_type="text/html; charset=utf-8",
            headers={"Content-Security-Policy": "default-src 'none'; script-src 'self'"},
        ),
    )
    tab.goto(f"{server}strict")
    assert tab.locator(".softmax-live form").count() == len(examples)
    put(tab.locator("softmax-explorer"), [1, 1, 1])
    assert tab.locator("softmax-explorer .bar b").all_inner_texts() == ["0.333"] * 3
    fill = tab.locator("softmax-explorer .fill").first
    assert fill.evaluate("e => getComputedStyle(e).display") == "block", "no style sheet"
    assert not complaints
    context.close()


def test_an_output_that_has_just_been_written_runs_on_its_own(browser):
    """As in JupyterLab or Colab: no files, no site, the script beside the element."""
    tab = browser.new_page()
    complaints = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    written = "".join(example(name).html for name in live.ALL)
    tab.set_content(f"<!doctype html><title>Notebook</title>{written}")
    assert tab.locator(".softmax-live form").count() == len(live.ALL)
    put(tab.locator("softmax-explorer"), [1, 1, 1])
    assert tab.locator("softmax-explorer .bar b").all_inner_texts() == ["0.333"] * 3
    assert not complaints
    tab.close()
