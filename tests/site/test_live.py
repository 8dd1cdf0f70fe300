"""Live figures and quick checks in a real browser: by keyboard, spoken, and as the package says."""

import base64
import hashlib
import json
import re
import threading
import time
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files

import numpy as np
import pytest
from support import axe, pages

import softmax_lessons as sl
from softmax_lessons import calibration, interactive

STATIC = files("softmax_lessons").joinpath("static")
LABELS = ["seal", "panda", "duck"]
Z = [0.25, 1.23, -0.8]
FIGURES = ["double", "explorer", "gradient", "normalizers", "overflow", "reliability", "simplex"]
every_figure = pytest.mark.parametrize("name", FIGURES)
# Text of a figure that moves with the scores.
READS = {
    "double": ".signed b",
    "explorer": ".bar b",
    "gradient": "td",
    "normalizers": "td",
    "overflow": ".share td",
    "reliability": "td",
    "simplex": ".bar b",
}


def holds(page, element):
    return bool(pages.built(page).select(element))


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


@pytest.fixture(scope="module")
def tabs(context, server):
    """Pages of the site, each opened once; at the end none may have complained."""
    opened, complaints = {}, []

    def open_page(page):
        if page not in opened:
            tab = opened[page] = context.new_page()
            tab.on("pageerror", lambda error: complaints.append(str(error)))
            tab.on("console", lambda m: m.type == "error" and complaints.append(m.text))
            tab.goto(f"{server}{page}.html")
        return opened[page]

    yield open_page
    assert not complaints


@pytest.fixture
def figure(tabs, name):
    """A live figure as it was at the start."""
    found = tabs(home(name)).locator(f"softmax-{name}").first
    found.get_by_role("button", name="Reset").click()
    return found


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
    return figure.locator(READS[name]).all_inner_texts()


# --- the arithmetic ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def js(context, server):
    """Call a function of a module of the package in the browser."""
    tab = context.new_page()

    def serve(route):
        name = route.request.url.rpartition("/")[2]
        body = STATIC.joinpath(name).read_text() if name else "<!doctype html><title>js</title>"
        kind = "text/javascript" if name else "text/html"
        route.fulfill(body=body, content_type=f"{kind}; charset=utf-8")

    tab.route("**/modules/*", serve)
    tab.goto(f"{server}modules/")

    def call(module, expression, cases):
        """Evaluate an expression of `m`, the module, and each case `x`."""
        code = "async ([name, cases]) => { const m = await import(`./${name}.mjs`);"
        return tab.evaluate(f"{code} return cases.map((x) => {expression}); }}", [module, cases])

    yield call
    tab.close()


def vectors():
    """Random scores of all sizes, ties, subnormal and huge ones, infinities and NaN."""
    rng = np.random.default_rng(0)
    for scale in (1e-3, 1, 10, 300, 1e5):
        for n in (3, 4, 6):
            yield from rng.normal(scale=scale, size=(4, n))
    inf, nan, tiny, huge = np.inf, np.nan, 5e-324, 1e308
    yield from map(
        np.array,
        [
            [0.0, 0.0, 0.0],
            [2.0, 2.0, 1.0],
            [-1.0, 3.0, 3.0, 3.0],
            [tiny, 0.0, -tiny],
            [1e-310, 2e-310, -3e-310],
            [huge, -huge, 0.0],
            [huge, huge, -huge],
            [-huge, -huge, -huge],
            [-745.0, 0.0, -700.0],
            [0.0, -708.5, -744.9],
            [40.0, 0.0, 0.0],
            [inf, 0.0, 1.0],
            [-inf, 0.0, 1.0],
            [-inf, -inf, -inf],
            [nan, 0.0, 1.0],
        ],
    )


VECTORS = list(vectors())
FINITE = [z for z in VECTORS if np.isfinite(z).all()]


def assert_within_ulps(actual, expected, ulps, scale=None):
    """Compare with a tolerance in units in the last place of the expected values."""
    for a, b, s in zip(actual, expected, expected if scale is None else scale, strict=True):
        with np.errstate(all="ignore"):
            tolerance = ulps * np.spacing(np.abs(np.asarray(s, np.asarray(b).dtype)))
            same = (a == b) | (np.isnan(a) & np.isnan(b)) | (np.abs(np.subtract(a, b)) <= tolerance)
        assert np.all(same), (a, b)


@pytest.mark.parametrize("temperature", [1, 0.1, 0.37, 5, 1e-3, 1e308])
def test_softmax_is_that_of_the_package(js, temperature):
    # exp of V8 and of NumPy may each be off by one unit; sum and quotient add some.
    ours = [sl.softmax(z, temperature=temperature) for z in VECTORS]
    theirs = js("core", f"m.softmax(x, {temperature})", [z.tolist() for z in VECTORS])
    assert_within_ulps(theirs, ours, 8)


def test_logsumexp_is_that_of_the_package(js):
    ours = [sl.logsumexp(z) for z in VECTORS]
    theirs = js("core", "m.logSumExp(x)", [z.tolist() for z in VECTORS])
    # The maximum and the logarithm may cancel: then the digits of the maximum count.
    scale = [max(abs(x), np.max(np.abs(z)), 1) for x, z in zip(ours, VECTORS, strict=True)]
    assert_within_ulps(theirs, ours, 4, scale)


def test_sigmoid_is_that_of_the_package(js):
    x = [0.0, -0.0, 1.23, -40.0, 40.0, -745.0, -746.0, 1e308, -1e308, np.inf, -np.inf, np.nan]
    x += np.random.default_rng(1).normal(scale=100, size=40).tolist()
    assert_within_ulps(js("core", "m.sigmoid(x)", x), sl.sigmoid(x), 4)


def test_gradients_are_those_of_the_package(js):
    cases = [(z, t) for z in FINITE for t in range(len(z))]
    pairs = [[z.tolist(), t] for z, t in cases]
    ours = [sl.cross_entropy_and_grad(z, t) for z, t in cases]
    assert_within_ulps(js("gradient", "m.crossEntropy(...x)", pairs), [a for a, _ in ours], 8)
    assert_within_ulps(js("gradient", "m.gradient(...x)", pairs), [b for _, b in ours], 16)
    rows = js("gradient", "m.jacobian(x)", [z.tolist() for z in FINITE])
    assert_within_ulps(rows, [sl.softmax_jacobian(z) for z in FINITE], 32)


def test_both_gradients_of_the_double_softmax_are_those_of_the_package(js):
    cases = [(z, t) for z in FINITE for t in range(len(z))]
    pairs = [[z.tolist(), t] for z, t in cases]
    ours = [sl.cross_entropy_and_grad(z, t)[1] for z, t in cases]
    assert_within_ulps(js("double", "m.once(...x)", pairs), ours, 16)
    theirs = js("double", "m.twice(...x)", pairs)
    for (z, t), twice in zip(cases, theirs, strict=True):
        p = sl.softmax(z)
        ours = sl.softmax_vjp(p, sl.cross_entropy_and_grad(p, t)[1])
        np.testing.assert_allclose(twice, ours, rtol=1e-11, atol=1e-16)


def test_candidates_and_what_they_break_are_those_of_the_package(js):
    exact = [z for z in FINITE if np.abs(z).max() < 1e300]
    for name, candidate in interactive.CANDIDATES.items():
        with np.errstate(all="ignore"):
            ours = [candidate(z) for z in exact]
        theirs = js("normalizers", f"m.candidates['{name}'](x)", [z.tolist() for z in exact])
        assert_within_ulps(theirs, ours, 8)
        grid = [np.round(z, 2) for z in exact] + [np.array([-0.25, 1.0, -0.75]), np.array(Z) - 3]
        broken = js(
            "normalizers", f"m.broken(m.candidates['{name}'], x)", [z.tolist() for z in grid]
        )
        assert broken == [interactive._broken(candidate, z) for z in grid]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_overflow_happens_where_it_does_in_numpy(js, dtype):
    limit = float(np.log(np.finfo(dtype).max))
    lifts = [0, 0.5, limit - 2.5, limit - 1.64, limit - 1.63, limit - 1.24, limit - 1.22, 2 * limit]
    lifts += [3 - limit, -3 * limit, *np.random.default_rng(2).uniform(-80, 80, size=20)]
    cases = [(np.array(Z) + lift).astype(dtype) for lift in lifts]
    name = f"m.formats.{dtype.__name__}"
    plain = js("overflow", f"m.naive(x, {name}).shares", [z.tolist() for z in cases])
    safe = js("overflow", f"m.shifted(x, {name}).shares", [z.tolist() for z in cases])
    with np.errstate(all="ignore"):
        ours = [np.exp(z) / np.exp(z).sum() for z in cases]
    assert_within_ulps(plain, ours, 8)
    assert_within_ulps(safe, [sl.softmax(z) for z in cases], 8)
    assert sum(np.isnan(b).any() for b in ours) >= 3
    assert any((b == 0).all() for b in ours), "no case where only the sum overflows"


def test_numbers_read_the_same(js):
    rng = np.random.default_rng(3)
    x = [0.0, -0.0, 1e-4, -1e-4, 5.0001e-4, 9999.9, 1e4, -3.4e38, 1e-300, np.inf, -np.inf, np.nan]
    x += (rng.normal(size=200) * 10.0 ** rng.integers(-9, 9, size=200)).tolist()
    assert js("core", "m.show(x)", x) == [interactive._show(v) for v in x]
    assert js("core", "m.show(x, 2)", x) == [interactive._show(v, 2) for v in x]


def test_places_in_the_triangle_lead_back_to_their_scores(js):
    z = [[0.25, 1.23, -0.8], [0.0, 0.0, 0.0], [2.0, -1.0, 0.5]]
    there = "m.scoresFor(m.probabilities(m.place(x)), 2)"
    shares = [sl.softmax(v, temperature=2) for v in z]
    back = js("simplex", there, [p.tolist() for p in shares])
    np.testing.assert_allclose(back, [np.subtract(v, np.mean(v)) for v in z], atol=1e-12)


@pytest.mark.parametrize(
    ("text", "number"),
    [("0.25", 0.25), ("0,25", 0.25), (" -3 ", -3), ("−0,5", -0.5), (".5", 0.5), ("1e-3", 1e-3)],
)
def test_numbers_may_be_written_with_a_comma(js, text, number):
    assert js("check", "m.parse(x)", [text]) == [number]


@pytest.mark.parametrize("text", ["", "a", "1/2", "1.2.3", "1,234.5", "50%", "0x10", "--1", "."])
def test_what_is_no_number(js, text):
    assert np.isnan(js("check", "m.parse(x)", [text])[0])


# --- live figures -----------------------------------------------------------------------------


@every_figure
def test_figure_starts_with_the_numbers_of_its_table(figure, name):
    shown = {text for text in reads(figure, name) if numbers([text])}
    assert len(shown) >= 3
    assert shown <= {text for row in static_table(home(name), name) for text in row}


@every_figure
def test_keyboard_alone_moves_it_and_resets_it(figure, name):
    keyboard = figure.page.keyboard
    before = figure.inner_text()
    slider = sliders(figure).first
    slider.focus()
    start = float(slider.input_value())
    coarse = 1 if name == "overflow" else 0.1
    for key, step in [("ArrowRight", coarse), ("ArrowDown", -coarse), ("PageUp", 10 * coarse)]:
        keyboard.press(key)
        start += step
        assert float(slider.input_value()) == pytest.approx(start, abs=1e-9)
    keyboard.press("Shift+ArrowUp")
    assert float(slider.input_value()) == pytest.approx(start + 0.01, abs=1e-9)
    assert figure.inner_text() != before
    keyboard.press("Home")
    assert slider.input_value() == slider.get_attribute("min")
    keyboard.press("Shift+Tab")
    while figure.page.evaluate("document.activeElement.textContent") != "Reset":
        keyboard.press("Shift+Tab")
    keyboard.press("Enter")
    assert figure.inner_text() == before


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
        assert numbers([output.inner_text()]) == [float(slider.input_value())]
        assert output.get_attribute("aria-live") == "off"  # the slider says it already


@every_figure
def test_a_change_is_spoken_once_when_the_hand_rests(figure, name):
    status = figure.locator("[role=status]")
    status.evaluate("""e => {
        e.textContent = ""; window.spoken = [];
        new MutationObserver(() => window.spoken.push(e.textContent)).observe(e, {childList: true});
    }""")
    figure.page.wait_for_timeout(600)  # what the reset had to say
    figure.page.evaluate("window.spoken = []")
    moved = sliders(figure).first.evaluate("""e => {  // at one go: a slow machine makes pauses
        for (let i = 0; i < 12; i++) {
            e.stepUp();
            e.dispatchEvent(new Event("input", {bubbles: true}));
        }
        return window.spoken;
    }""")
    assert moved == []
    figure.page.wait_for_timeout(800)
    (sentence,) = figure.page.evaluate("window.spoken")
    assert re.search(r"\d\.\d|R\d", sentence)
    assert re.search("panda|float32|softmax|Brier", sentence)
    assert sentence.endswith(".")


@every_figure
def test_nothing_moves_by_itself(figure):
    slider = sliders(figure).first
    slider.focus()
    figure.page.keyboard.press("PageUp")
    assert figure.evaluate("e => e.getAnimations({subtree: true}).length") == 0


SCORES = [[0.25, 1.23, -0.8], [5, -5, 0], [-3.21, -3.2, 4.4], [0, 0, 0]]


@pytest.mark.parametrize("name", ["explorer"])
@pytest.mark.parametrize("scores", SCORES)
@pytest.mark.parametrize("temperature", [0.1, 1, 3.5])
def test_explorer_agrees_with_the_package(figure, scores, temperature):
    put(figure, [*scores, temperature])
    p, s = sl.softmax(scores, temperature=temperature), sl.sigmoid(scores)
    assert figure.locator(".bar b").all_inner_texts() == [interactive._show(x) for x in p]
    figure.get_by_label("Show a separate sigmoid").check()
    both = np.stack([p, s], axis=-1).ravel()
    assert figure.locator(".bar b").all_inner_texts() == [interactive._show(x) for x in both]
    assert f"Sum of softmax: {p.sum():.3f}." in figure.inner_text()
    assert f"Sum of the sigmoids (dashed): {s.sum():.3f}." in figure.inner_text()
    widths = figure.locator(".fill").evaluate_all(
        "all => all.map((e) => e.getBoundingClientRect().width / e.parentElement.clientWidth)"
    )
    np.testing.assert_allclose(widths, both, atol=0.02)


@pytest.mark.parametrize("name", ["gradient"])
@pytest.mark.parametrize("scores", SCORES)
@pytest.mark.parametrize("target", [0, 2])
def test_gradient_agrees_with_the_package(figure, scores, target):
    put(figure, scores)
    figure.get_by_role("radio").nth(target).check()
    tables = figure.locator("table")
    left = [row.split("\t") for row in tables.nth(0).locator("tbody tr").all_inner_texts()]
    right = [row.split("\t") for row in tables.nth(1).locator("tbody tr").all_inner_texts()]
    loss, slopes = sl.cross_entropy_and_grad(scores, target)
    show = interactive._show
    p = sl.softmax(scores)
    ours = [[show(p[i]), str(int(i == target)), show(slopes[i])] for i in range(3)]
    assert [row[1:] for row in left] == ours
    assert [row[1:] for row in right] == [[*map(show, row)] for row in sl.softmax_jacobian(scores)]
    assert f"−ln p of {LABELS[target]} = {show(loss)}." in figure.inner_text()


@pytest.mark.parametrize("name", ["double"])
@pytest.mark.parametrize("scores", SCORES)
@pytest.mark.parametrize("target", [0, 2])
def test_double_softmax_agrees_with_the_package(figure, scores, target):
    put(figure, scores)
    figure.get_by_role("radio").nth(target).check()
    show, p = interactive._show, sl.softmax(scores)
    loss, once = sl.cross_entropy_and_grad(scores, target)
    doubled, inner = sl.cross_entropy_and_grad(p, target)
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
@pytest.mark.parametrize("scores", [*SCORES, [-0.25, 1, -0.75], [0.1, 0.9, 0.2]])
@pytest.mark.parametrize("level", [0, -0.4])
def test_normalizers_agree_with_the_package(figure, scores, level):
    put(figure, [*scores, level])
    z = np.round(np.add(scores, level), 2)
    rows = [row.split("\t") for row in figure.locator("tbody tr").all_inner_texts()]
    for (head, *shares), (name, f) in zip(rows, interactive.CANDIDATES.items(), strict=True):
        with np.errstate(all="ignore"):
            p = f(z)
            ours = [*p, p.sum()]
        assert shares == [interactive._show(x) for x in ours]
        broken = " ".join(interactive._broken(f, z)) or "nothing"
        mark = "✓" if broken == "nothing" else "✗"
        assert " ".join(head.split()) == f"{name} {mark} breaks {broken}"


@pytest.mark.parametrize("name", ["normalizers"])
def test_normalizers_start_from_any_of_the_vectors(figure):
    figure.get_by_role("button", name="low").press("Enter")
    assert numbers(figure.locator("output").all_inner_texts()) == [-2.75, -1.77, -3.8, 0]


@pytest.mark.parametrize("name", ["overflow"])
@pytest.mark.parametrize(
    ("lift", "float32", "float64"),
    [
        (0, "Both forms agree", "Both forms agree"),
        (87.2, "their sum does not", "Both forms agree"),
        (87.6, "becomes inf", "Both forms agree"),
        (-104, "lost digits", "Both forms agree"),
        (-106, "0 / 0 is nan", "Both forms agree"),
        (708.3, "becomes inf", "their sum does not"),
        (1000, "becomes inf", "becomes inf"),
        (-1000, "0 / 0 is nan", "0 / 0 is nan"),
    ],
)
def test_overflow_agrees_with_numpy_and_says_what_happened(figure, lift, float32, float64):
    put(figure, [lift])
    shares = figure.locator(".share").all_inner_texts()
    ours = []
    for dtype in (np.float32, np.float64):
        z = np.add(Z, lift).astype(dtype)
        with np.errstate(all="ignore"):
            ours += [np.exp(z) / np.exp(z).sum(), sl.softmax(z)]
    for row, expected in zip(shares, ours, strict=True):
        np.testing.assert_allclose(numbers(row.split("\t")[1:]), expected, atol=6e-4)
    said = figure.locator(".formats p").all_inner_texts()
    assert float32 in said[0]
    assert float64 in said[1]


def held_out():
    """Logits in hundredths and labels; some choices are ties, some confidences are 1."""
    rng = np.random.default_rng(4)
    z = rng.normal(size=(300, 5)) * rng.choice([0.1, 1, 4, 30], size=(300, 1))
    z[:20, 1] = z[:20, 0]
    z = np.round(z, 2)
    return z - z.max(axis=-1, keepdims=True), rng.integers(5, size=300)


@pytest.mark.parametrize("temperature", [0.1, 0.37, 1, 2.5, 5])
@pytest.mark.parametrize("bins", [1, 2, 10, 15, 49])
def test_reliability_is_that_of_the_package(js, temperature, bins):
    z, y = held_out()
    rows = json.loads(config_of(interactive.reliability(z, y)))["rows"]
    call = f"m.measure(m.parse(x), {temperature}, {bins})"
    (theirs,) = js("reliability", call, [rows])
    p = sl.softmax(z, temperature=temperature)
    curve = calibration.reliability_curve(p, y, bins=bins)
    full = [b for b in theirs["bins"] if b["count"]]
    assert [b["count"] for b in full] == curve.counts.tolist()
    np.testing.assert_allclose([b["right"] for b in full], curve.counts * curve.accuracy)
    np.testing.assert_allclose([b["said"] for b in full], curve.counts * curve.confidence)
    ours = {
        "accuracy": np.mean(p.argmax(axis=-1) == y),
        "confidence": p.max(axis=-1).mean(),
        "error": calibration.expected_calibration_error(p, y, bins=bins),
        "loss": sl.cross_entropy(z / temperature, y),
        "brier": calibration.brier_score(p, y),
    }
    for name, value in ours.items():
        assert theirs[name] == pytest.approx(value, rel=1e-12), name


def config_of(live):
    return unescape(re.search(r'config="([^"]*)"', live.html)[1])


@pytest.mark.parametrize("name", ["reliability"])
@pytest.mark.parametrize(("temperature", "bins"), [(1, 10), (0.1, 1), (2.67, 50), (5, 7)])
def test_reliability_shows_what_the_package_calculates(figure, temperature, bins):
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
        ours.append([interactive._show(x) for x in numbers_at_t])
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


@pytest.mark.parametrize("name", ["simplex"])
@pytest.mark.parametrize("scores", SCORES)
def test_simplex_agrees_with_the_package(figure, scores):
    put(figure, [*scores, 2])
    p = sl.softmax(scores, temperature=2)
    assert figure.locator(".bar b").all_inner_texts() == [interactive._show(x) for x in p]
    x, y = re.findall(r"-?\d[\d.e-]*", figure.locator(".point").get_attribute("transform"))
    corners = np.array([[30, 262], [160, 36.8], [290, 262]])
    np.testing.assert_allclose([float(x), float(y)], p @ corners, atol=1e-9)
    spoken = f"panda {interactive._show(100 * p[1], 1)} percent"
    assert spoken in figure.get_by_role("img").get_attribute("aria-label")


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
    np.testing.assert_allclose(numbers(reads(figure, "simplex")), 1 / 3, atol=0.01)
    mouse.click(svg["x"] + 250 * scale, svg["y"] + 250 * scale)  # near the duck's corner
    p = numbers(reads(figure, "simplex"))
    assert p[2] > 0.75
    assert float(sliders(figure).nth(2).input_value()) > 1


class SlowPage(BaseHTTPRequestHandler):
    """Sends half a page, and the other half when the browser has run what it has."""

    halves: tuple[str, str]

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        for half in self.halves:
            self.wfile.write(half.encode())
            self.wfile.flush()
            time.sleep(1)

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("kind", ["check", "figure"])
def test_an_element_that_arrives_in_two_parts_is_built_once(browser, kind):
    if kind == "check":
        html = interactive.choice("Which?", {"a": "x", "b": "y"}, answer="a").html
    else:
        html = interactive.explorer(Z, LABELS).html
    cut = html.index("\n", html.index(">")) + 1  # within the content of the second one
    SlowPage.halves = ("<!doctype html><title>Slow</title>" + html + html[:cut], html[cut:])
    with ThreadingHTTPServer(("127.0.0.1", 0), SlowPage) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        tab = browser.new_page()
        tab.goto(f"http://127.0.0.1:{http.server_port}/", wait_until="load")
        first, second = tab.locator(".softmax-live").all()
        first.locator("form").wait_for()
        assert second.inner_text() == first.inner_text()
        tab.close()
        http.shutdown()


@pytest.mark.parametrize("name", ["overflow"])
def test_a_second_run_of_a_cell_brings_a_second_figure(figure):
    count = figure.page.evaluate("""() => {
        const old = document.querySelector("softmax-overflow");
        const before = document.adoptedStyleSheets.length;
        const copy = document.createElement("softmax-overflow");
        for (const { name, value } of old.attributes) copy.setAttribute(name, value);
        const script = document.createElement("script");
        script.type = "module";
        script.textContent = old.parentElement.querySelector("script").textContent;
        old.parentElement.append(copy, script);
        return [before, document.adoptedStyleSheets.length];
    }""")
    assert count[0] == count[1]
    second = figure.page.locator("softmax-overflow").nth(1)
    put(second, [500])
    assert "becomes inf" in second.inner_text()
    assert "Both forms agree" in figure.inner_text()
    second.evaluate("e => e.parentElement.append(e)")  # moved, and not built again
    assert "becomes inf" in second.inner_text()
    assert second.locator("form").count() == 1
    second.evaluate("e => e.remove()")


# --- quick checks -----------------------------------------------------------------------------

CHECKS = [
    pytest.param(page, number, id=f"{page}-{number}")
    for page in pages.CHAPTERS
    for number in range(len(pages.built(page).select("softmax-check")))
]
every_check = pytest.mark.parametrize(("page", "number"), CHECKS)


def test_every_chapter_has_a_check_and_both_kinds_are_used():
    assert {check.values[0] for check in CHECKS} == set(pages.CHAPTERS)
    kinds = {"options" in config(*check.values) for check in CHECKS}
    assert kinds == {True, False}


def config(page, number):
    return json.loads(pages.built(page).select("softmax-check")[number]["config"])


@every_check
def test_check_answers_every_choice_by_keyboard(tabs, page, number):
    check, settings = tabs(page).locator("softmax-check").nth(number), config(page, number)
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
            assert status.inner_text() == f"{'✓ Right.' if right else '✗ Not yet.'} {feedback}"
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
def test_check_says_its_question_and_unfolds_its_answer(tabs, page, number):
    check, settings = tabs(page).locator("softmax-check").nth(number), config(page, number)
    role = "group" if "options" in settings else "textbox"
    assert check.get_by_role(role, name=settings["question"], exact=True).count() == 1
    answer = check.locator("details p").first
    assert not answer.is_visible()
    check.locator("summary").press("Enter")
    assert answer.is_visible()
    check.locator("summary").press("Enter")


# --- modes ------------------------------------------------------------------------------------

LIVE_PAGES = sorted({home(name) for name in FIGURES} | set(pages.CHAPTERS))


def test_without_javascript_tables_and_folded_answers_stand(browser, server):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    for page in LIVE_PAGES:
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


@pytest.mark.parametrize("page", LIVE_PAGES)
def test_every_state_is_readable_and_accessible(browser, server, page):
    tab = browser.new_page(reduced_motion="reduce")
    tab.goto(f"{server}{page}.html")
    stir(tab)
    for scheme, width in [("light", 1280), ("light", 390), ("dark", 390), ("dark", 1280)]:
        tab.set_viewport_size({"width": width, "height": 900})
        tab.emulate_media(color_scheme=scheme)
        tab.wait_for_function("s => document.documentElement.dataset.theme === s", arg=scheme)
        for live in tab.locator(".softmax-live").all():
            contrasts = live.evaluate(CONTRASTS)
            assert len(contrasts) > 4
            assert min(contrasts)[0] >= 4.5, min(contrasts)
            assert live.evaluate("e => e.scrollWidth <= e.clientWidth"), live.inner_text()
            panel = live.evaluate("e => getComputedStyle(e.parentElement).backgroundColor")
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
            put(figure, far.get(name, [5, -5, 4]))
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


def test_a_strict_content_policy_lets_all_of_it_run(browser, server):
    lives = [
        interactive.double_softmax(Z, LABELS, target=1),
        interactive.explorer(Z, LABELS),
        interactive.gradient(Z, LABELS, target=1),
        interactive.normalizers({"z": Z}, LABELS),
        interactive.overflow(Z, LABELS),
        interactive.reliability([Z, Z], [1, 0]),
        interactive.simplex(Z, LABELS),
        interactive.choice("Which?", {"a": "No.", "b": "Yes."}, answer="b"),
        interactive.number("How much?", "So.", answer=1, tolerance=0.1),
    ]
    body = "".join(live.html for live in lives)
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", body, re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    context = browser.new_context()
    tab = context.new_page()
    complaints = []
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.route(
        "**/strict",
        lambda route: route.fulfill(
            body=f"<!doctype html><title>strict</title>{body}",
            content_type="text/html; charset=utf-8",
            headers={"Content-Security-Policy": f"default-src 'none'; script-src {allowed}"},
        ),
    )
    tab.goto(f"{server}strict")
    assert tab.locator(".softmax-live form").count() == len(lives)
    put(tab.locator("softmax-explorer"), [1, 1, 1])
    assert tab.locator("softmax-explorer .bar b").all_inner_texts() == ["0.333"] * 3
    fill = tab.locator("softmax-explorer .fill").first
    assert fill.evaluate("e => getComputedStyle(e).display") == "block", "no style sheet"
    assert not complaints
    context.close()


def test_hostile_text_stays_text(browser, server):
    hostile = """"><img src=x onerror="document.title='broken'"><script>alert(1)</script>"""
    lives = [
        interactive.double_softmax(Z, [hostile, "b", "c"], target=0),
        interactive.explorer(Z, [hostile, "b", "c"]),
        interactive.normalizers({hostile: Z}, [hostile, "b", "c"]),
        interactive.simplex(Z, [hostile, "b", "c"]),
        interactive.gradient(Z, [hostile, "b", "c"], target=0),
        interactive.overflow(Z, [hostile, "b", "c"]),
        interactive.choice(hostile, {hostile: hostile, "b": hostile}, answer=hostile),
        interactive.number(hostile, hostile, answer=1, tolerance=0, wrong={2: hostile}),
    ]
    tab = browser.new_page()
    tab.set_content("<!doctype html><title>whole</title>" + "".join(live.html for live in lives))
    for check, value in [(0, None), (1, "2")]:
        found = tab.locator("softmax-check").nth(check)
        found.locator("input").first.check() if value is None else found.locator("input").fill(
            value
        )
        found.get_by_role("button").click()
        assert hostile in found.locator("[role=status]").inner_text()
    assert tab.locator("img").count() == tab.locator(".softmax-live script").count() == 0
    assert tab.title() == "whole"
    tab.close()


def test_the_scripts_on_the_site_are_those_of_the_package():
    for page in LIVE_PAGES:
        for live in pages.built(page).select(".softmax-live"):
            script = live.find_next_sibling("script")
            module = live.name.partition("-")[2]
            assert unescape(script.string).strip() == interactive._script(module).strip()
