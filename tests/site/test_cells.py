"""Cells run in the page, and print what the notebooks store.

`make test` builds the site with Python for the pages. Where no place had it, these tests fail. It
runs some of the cells, which ask for different things, and judges one wrong submission to each
exercise. `make cells` runs all cells of all pages, and judges all submissions, each week
(`.github/workflows/lanes.yml`): a page with networkx alone takes a minute.
"""

import base64
import io
import os
import zipfile
from types import SimpleNamespace

import pytest
from support import axe, pages
from support.cells import SECONDS, Cell, bars, stored

from softmax_lessons import _slices as slices

PAGE = "book/1-probabilities/softmax"
TABLE = "book/4-work/speed"
EVERY_PAGE = bool(os.environ.get("EVERY_PAGE"))
TRIED = [PAGE, "book/3-pytorch/misuse", TABLE]
if EVERY_PAGE:
    TRIED = [page for page in pages.NOTEBOOKS if bars(page)]
BUDGET = 10e6  # bytes of NumPy, Python and what starts them, as a web host sends them

UNFOLD = """for (const fold of document.querySelectorAll("details")) fold.open = true;
for (const fold of document.querySelectorAll(".toggle-hidden"))
    fold.classList.remove("toggle-hidden");"""

SUBMISSIONS = """
import base64, io, re, sys, zipfile

from softmax_lessons import exercises

zipfile.ZipFile(io.BytesIO(base64.b64decode("{packed}"))).extractall("submissions")
sys.path.insert(0, "submissions")
from support import submissions

for name, function in submissions.RIGHT:
    report = exercises.check(name, function)
    if not report:
        print("refused:", name, report)
wrong = submissions.WRONG
if not {every}:
    wrong = {{one[0]: one for one in wrong}}.values()
for name, function, sentence in wrong:
    report = exercises.check(name, function)
    # WebAssembly raises no flags of floating point, so nothing warns of an overflow that leaves
    # finite numbers; and its last digits of exp are its own.
    if "FloatingPointError" in sentence:
        continue
    sentence, said = (re.sub("about [0-9]+", "about", text) for text in (sentence, report.mistake))
    score = sentence.replace("It overflows", "It goes wrong")
    if report or (sentence not in said and score not in said):
        print("not named:", name, sentence, report)
print(len(submissions.RIGHT), "right,", len(wrong), "wrong")
"""


@pytest.fixture(scope="module")
def context(browser):
    """One reader, whose browser keeps what it has fetched."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture
def visit(context, server):
    """Open a page; afterwards nothing may have left the site, or been said on the console."""
    complaints = []
    tab = context.new_page()
    tab.on("console", lambda line: line.type == "log" or complaints.append(line.text))
    tab.on("pageerror", lambda error: complaints.append(f"script: {error}"))
    own = (server, "data:")
    tab.on("request", lambda one: one.url.startswith(own) or complaints.append(one.url))

    def open_page(page):
        tab.goto(f"{server}{page}.html", wait_until="networkidle")
        return tab

    yield open_page
    tab.close()
    assert not complaints


@pytest.fixture(scope="module")
def first_press(browser, server):
    """A reader who comes for the first time and runs a cell: what is fetched, and what is told."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    tab, sizes = context.new_page(), {}
    tab.goto(f"{server}{PAGE}.html", wait_until="networkidle")
    before = tab.evaluate("performance.getEntriesByType('resource').map(one => one.name)")
    tab.on("response", lambda one: sizes.update({one.url: one.headers.get("content-length")}))
    cell = first_that_prints(tab)
    cell.run.click()
    told = cell.bar.locator(".cell-bytes")
    tab.wait_for_function(
        "one => /^\\d+\\.\\d of 1\\d\\.\\d MB$/.test(one.textContent)",
        arg=told.element_handle(timeout=SECONDS * 1000),
    )
    meanwhile = cell.status.text_content()
    assert cell.end() == "Done."
    tab.wait_for_load_state("networkidle")
    yield SimpleNamespace(
        tab=tab, before=before, sizes=sizes, meanwhile=meanwhile, left=told.text_content()
    )
    context.close()


@pytest.fixture
def tab(first_press):
    """A page in which a cell has run."""
    return first_press.tab


def first_that_prints(tab):
    return Cell(tab, next(number for number in bars(PAGE) if stored(PAGE, number)[0]))


@pytest.fixture
def cell(tab):
    """A cell of a page in which it has run."""
    return first_that_prints(tab)


def some(page):
    """The cells that `make test` runs.

    Of a page with drawings those that need most of the others; of another what reads a file of the
    book; all of one with SciPy, and with cells that need PyTorch.
    """
    codes = [cell.source for cell in pages.code_cells(page)]
    cells = slices.read_all(codes)
    numbers = sorted(bars(page), key=lambda number: len(slices.needed(cells, number)))
    if page == PAGE:
        numbers = numbers[-10:]
    elif page == TABLE:
        numbers = [number for number in numbers if "../data/" in codes[number]]
    assert numbers
    return sorted(numbers)


# From the last cell to the first, so that each finds nothing but what it has asked for.
@pytest.mark.parametrize("page", TRIED)
def test_every_cell_prints_what_is_stored(visit, first_press, page):
    numbers = reversed(bars(page)) if EVERY_PAGE else reversed(some(page))
    tab = first_press.tab if page == PAGE else visit(page)  # a start of Python takes seconds
    tab.evaluate(UNFOLD)
    wrong = []
    for number in numbers:
        cell = Cell(tab, number)
        before = cell.box.locator(".cell_output .text_html").count()
        columns = cell.box.locator(".cell_output .columns").count()
        said = cell.press()
        if "nbval-ignore-output" in pages.tags(pages.code_cells(page)[number]):
            wrong += [f"{number} {said}"] * (not said.startswith("Done."))
            continue
        text, figures, pieces = stored(page, number)
        shown = "".join(cell.texts()).strip()
        if not said.startswith("Done.") or shown != text.strip():
            wrong.append(f"{number} {said} printed {shown!r}, not {text.strip()!r}")
        if cell.box.locator(".cell_output .columns").count() != columns:
            wrong.append(f"{number} has its columns in another form than the page")
        if cell.figures() != figures:
            wrong.append(f"{number} drew {cell.figures()}, not {figures}")
        if cell.box.locator(".cell_output .text_html").count() != before != pieces:
            wrong.append(f"{number} shows {before} pieces of HTML, not {pieces}")
    assert not wrong, "\n".join(wrong)


def test_nine_of_ten_cells_of_the_first_two_parts_run():
    early = [page for page in pages.CHAPTERS if page.startswith(("book/1", "book/2"))]
    shown = [cell for page in early for cell in pages.article(page).select(".cell-bar")]
    assert sum(cell.has_attr("data-cell") for cell in shown) >= 0.9 * len(shown) > 100


def test_a_cell_that_cannot_run_says_where_it_does():
    said = {
        bar.get_text().removesuffix("#")
        for page in pages.NOTEBOOKS
        for bar in pages.article(page).select(".cell-bar:not([data-cell])")
    }
    assert (
        "Needs PyTorch: runs on Binder (its first start takes minutes), Colab, or your own machine."
        in said
    )
    assert all(line.startswith("Needs ") for line in said)


def test_nothing_is_fetched_before_the_press_and_then_it_is_told_in_bytes(first_press):
    parts = ("_static/cells/", "_static/pyodide/")
    assert not [one for one in first_press.before if any(part in one for part in parts)]
    assert first_press.meanwhile == "Fetching what it needs, once for all pages."
    assert first_press.left == ""
    sizes = first_press.sizes
    assert any("numpy" in one for one in sizes)
    assert not any("matplotlib" in one for one in sizes)
    assert 5e6 < sum(int(size or 0) for size in sizes.values()) <= BUDGET


def test_an_endless_loop_is_cut_short_and_stopped_and_the_page_goes_on(tab, cell):
    cell.code.fill("while True:\n    print('a line')")
    cell.run.click()
    cell.status.filter(has_text="Running").wait_for()
    tab.wait_for_function(
        "one => one.textContent.includes('the first 100,000 characters')",
        arg=cell.box.locator(".cell_output").element_handle(),
    )
    cell.stop.click()
    assert cell.end().startswith("Stopped. What earlier cells had computed is lost")
    assert cell.run.evaluate("one => one === document.activeElement")  # Stop is gone
    cell.code.fill("print(6 * 7)")
    assert cell.press() == "Done."
    assert cell.texts() == ["42\n"]
    assert len(tab.workers) == 1  # the one with the loop has ended


def test_every_key_writes_what_it_says(tab, cell):
    cell.code.fill("")
    cell.code.press_sequentially("7 / 2 # ?.,!~+-*%&|<>=;:@^$")
    assert cell.code.inner_text() == "7 / 2 # ?.,!~+-*%&|<>=;:@^$"


def test_stop_on_a_waiting_cell_leaves_the_running_one_alone(tab, cell):
    later = Cell(tab, next(number for number in bars(PAGE) if number > cell.number))
    cell.code.fill("import time\n\ntime.sleep(3)\nprint(1)")
    cell.run.click()
    later.run.click()
    later.stop.click()
    assert later.end() == "Not run."
    assert cell.end() == "Done."
    assert cell.texts() == ["1\n"]


def test_one_cell_that_is_no_python_does_not_end_the_others(tab, cell):
    later = Cell(tab, next(number for number in bars(PAGE) if number > cell.number))
    cell.code.fill("def f(a, a):\n    pass")
    assert later.press() == f"Needs {bars(PAGE)[cell.number]}, which stopped with an error."
    assert "SyntaxError" in cell.texts()[0]
    cell.reset.click()
    assert later.press() == "Done."


def test_a_process_that_ends_itself_is_told(tab, cell):
    cell.code.fill("import os\n\nos._exit(1)")
    assert cell.press().startswith("Python has ended: the code has ended the whole process.")
    cell.code.fill("print(1)")
    assert cell.press() == "Done."


def test_a_changed_drawing_has_no_words_of_the_old_one(tab, cell):
    cell.reset.click()  # a drawing changes with the cells that it needs
    number = next(number for number in bars(PAGE) if stored(PAGE, number)[1])
    cell = Cell(tab, number)
    tab.evaluate(UNFOLD)
    assert cell.press() == "Done."
    picture = cell.box.locator("img.figure-light")
    alt = picture.get_attribute("alt")
    assert len(alt) > 40
    assert cell.box.locator("figcaption").count() == 1
    cell.code.fill("import matplotlib.pyplot as plt\n\nplt.plot([1, 2])\nplt.show()")
    assert cell.press() == "Done."
    assert picture.get_attribute("alt") == "What the changed code draws."
    assert cell.box.locator("figcaption").count() == 0
    cell.reset.click()
    assert picture.get_attribute("alt") == alt


@pytest.mark.parametrize(
    ("body", "mistake"),
    [
        ("while True:\n        pass", "It does not come to an end in time."),
        (
            "while True:\n        try:\n            p = p\n        except: pass",
            "It does not come to",
        ),
        ("return [0] * 10**9 * len(p)", "memory"),
        ("return np.log(p)", "sum"),
    ],
)
def test_an_exercise_names_the_mistake_in_the_status_too(tab, body, mistake):
    codes = pages.code_cells(PAGE)
    number = next(number for number in bars(PAGE) if "exercises.check" in codes[number].source)
    cell = Cell(tab, number)
    cell.code.fill(
        f'def logits_from(p):\n    {body}\n\n\nexercises.check("logits_from", logits_from)'
    )
    assert cell.press() == "Done. logits_from: one mistake to fix."
    assert mistake in cell.box.locator(".cell_output").inner_text()


def test_an_error_ends_at_the_readers_line(cell):
    cell.code.fill("import numpy as np\n\nnp.array([1, 2]) + np.array([1, 2, 3])")
    assert cell.press() == "Stopped with an error."
    assert cell.texts() == [
        "ValueError: operands could not be broadcast together with shapes (2,) (3,)\n"
        "in line 3: np.array([1, 2]) + np.array([1, 2, 3])"
    ]


def test_printed_columns_keep_in_line_and_the_keyboard_scrolls_them(tab, cell):
    cell.code.fill("print('a', 99 * 'b', sep=5 * ' ')")
    assert cell.press() == "Done."
    box = cell.box.locator(".cell_output pre")
    stops = "box => box.getAttribute('tabindex') === '0'"
    tab.wait_for_function(stops, arg=box.element_handle(), timeout=5000)
    assert box.bounding_box()["height"] < 60, "the line is broken"


def test_too_much_memory_is_said(cell):
    # No byte of it is written, which would take time.
    cell.code.fill("import numpy as np\n\nkept = [np.empty(2**27) for _ in range(5)]")
    assert cell.press() == "Stopped with an error."
    assert cell.texts()[0].startswith("MemoryError: this asks for more memory than a page has.")
    cell.code.fill("print('still here')")
    assert cell.press() == "Done."


def test_reset_while_a_cell_runs_stops_it(tab, cell):
    before = stored(PAGE, cell.number)[0]
    cell.code.fill("while True:\n    pass")
    cell.run.click()
    cell.status.filter(has_text="Running").wait_for()
    cell.reset.click()
    assert cell.texts() == [before]
    assert cell.run.is_visible()


def test_changes_survive_a_reload_and_reset_brings_the_page_back(tab, cell):
    tab.evaluate("localStorage.clear()")  # of what other tests have changed
    cell.code.fill("print('before')")
    cell.reset.click()
    before = cell.texts()
    original = tab.evaluate("one => one.innerText", cell.code.element_handle())
    cell.code.fill("print('mine')")
    tab.reload(wait_until="networkidle")
    cell.code.wait_for()
    assert cell.code.inner_text() == "print('mine')"
    assert cell.press() == "Done."
    assert cell.texts() == ["mine\n"]
    cell.reset.click()
    assert cell.code.inner_text() == original
    assert cell.texts() == before
    assert not [key for key in tab.evaluate("Object.keys(localStorage)") if "cells" in key]
    assert cell.reset.is_hidden()


def test_the_keyboard_is_enough(tab, cell):
    cell.run.focus()
    tab.keyboard.press("Enter")
    assert cell.end() == "Done."
    for _ in range(2):  # by the button that copies, to the code
        tab.keyboard.press("Shift+Tab")
    assert cell.code.evaluate("one => one === one.getRootNode().activeElement")
    for _ in range(2):  # who comes with Tab goes on with it
        tab.keyboard.press("Tab")
    assert cell.run.evaluate("one => one === document.activeElement")
    for _ in range(2):
        tab.keyboard.press("Shift+Tab")
    tab.keyboard.press("Control+A")
    tab.keyboard.type("for i in range(2):\nprint(i)")  # the editor indents
    tab.keyboard.press("Shift+Enter")
    assert cell.end() == "Done."
    assert cell.texts() == ["0\n1\n"]
    tab.keyboard.press("Tab")
    assert "\n        print(i)" in cell.code.inner_text()  # who writes wants to indent
    tab.keyboard.press("Escape")
    tab.keyboard.press("Tab")
    assert cell.box.locator(".copybtn").evaluate("one => one === document.activeElement")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_open_cells_are_accessible(tab, cell, scheme):
    tab.emulate_media(color_scheme=scheme)
    tab.wait_for_function("s => document.documentElement.dataset.theme === s", arg=scheme)
    cell.code.fill("def f(x):  # a comment\n    return 'text', 1.5\n\nf(")
    cell.press()
    assert axe.violations(tab) == []
    assert axe.colour_violations(tab, []) == []
    assert tab.evaluate("document.documentElement.scrollWidth") == 390


def test_every_exercise_is_checked_in_the_page(tab, cell):
    packed = io.BytesIO()
    tests = pages.ROOT / "tests"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tests / "support" / "__init__.py", "support/__init__.py")
        for file in (tests / "support" / "submissions").glob("*.py"):
            archive.write(file, file.relative_to(tests))
    code = SUBMISSIONS.format(packed=base64.b64encode(packed.getvalue()).decode(), every=EVERY_PAGE)
    cell.code.fill(code)
    assert cell.press() == "Done."
    (printed,) = cell.texts()
    assert printed.count("\n") == 1, printed
    right, wrong = (int(number) for number in printed.split()[::2])
    assert right >= 90
    assert wrong >= 250 or (wrong >= 70 and not EVERY_PAGE)
