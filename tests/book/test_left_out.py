"""A book of some of the chapters: which stay, and which sentences need one that goes."""

import re

import left_out
import part
import pytest
from docutils import nodes
from phrases import _
from sphinx.addnodes import pending_xref
from support import pages

# As if nothing were left out here.
CHAPTERS = sorted(page for page in pages.WRITTEN if re.match(r"book/\d", page))
APPENDIX = {"caption": "Appendix", "chapters": [{"file": "book/appendix/api"}]}
CONTENTS = {
    "root": "book/index",
    "parts": [
        *({"chapters": [{"file": page} for page in CHAPTERS if page[5] == n]} for n in "1234"),
        APPENDIX,
    ],
}


def of(*parts):
    return [page for page in CHAPTERS if page.split("/")[1][0] in parts]


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        (["1"], of("1")),
        (["-2"], of("1", "3", "4")),
        (["1", "4"], of("1", "4")),
        (["1", "-argmax"], [page for page in of("1") if not page.endswith("/argmax")]),
        (["sigmoid", "scores"], ["book/1-probabilities/scores", "book/1-probabilities/sigmoid"]),
    ],
    ids=" ".join,
)
def test_which_chapters_stay(wanted, kept):
    assert part.chosen(wanted, CHAPTERS) == kept != []
    contents = part.without(CONTENTS, kept)
    assert part.chapters(contents) == kept
    assert contents["meta"]["left_out"] == [page for page in CHAPTERS if page not in kept]
    assert all(one["chapters"] for one in contents["parts"])
    assert contents["parts"][-1] == APPENDIX


def test_a_mistyped_name_is_told():
    with pytest.raises(SystemExit, match="no chapter 'argmin'"):
        part.chosen(["argmin"], CHAPTERS)


@pytest.fixture
def without_part_2(monkeypatch):
    monkeypatch.setattr(left_out, "pages", lambda: tuple(of("2")))
    for remembered in (left_out.titles, left_out.labels):
        remembered.cache_clear()
    yield
    for remembered in (left_out.titles, left_out.labels):
        remembered.cache_clear()


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ({"refdomain": "doc", "reftarget": "book/2-mathematics/jacobian"}, "jacobian"),
        ({"refdomain": "doc", "reftarget": "../2-mathematics/stability.ipynb"}, "stability"),
        ({"refdomain": "math", "reftarget": "eq-jacobian-entry"}, "jacobian"),
        ({"refdomain": "std", "reftarget": "ex-cross-entropy-curves"}, "cross-entropy"),
        ({"refdomain": "doc", "reftarget": "book/1-probabilities/softmax"}, ""),
        ({"refdomain": "math", "reftarget": "eq-softmax"}, ""),
        ({"refdomain": "std", "reftarget": "no-such-label"}, ""),
    ],
)
def test_where_a_reference_would_lead(reference, expected, without_part_2):
    node = nodes.Element("", **reference)
    found = left_out.goal(node, "book/3-pytorch/training")
    assert found == (f"book/2-mathematics/{expected}" if expected else "")


@pytest.mark.parametrize("made", [nodes.Text, lambda text: nodes.strong("", text)])
def test_the_rest_of_a_list_is_added_up(made):
    entries = [
        nodes.list_item("", nodes.paragraph("", f"Page, {_('{n} minutes', n=n)}")) for n in (15, 30)
    ]
    ways = nodes.enumerated_list("", *entries)
    total = made(_("{n} minutes in all", n=75))
    after = nodes.paragraph("", "", nodes.Text(""), total, nodes.Text("."))
    nodes.section("", ways, after)
    left_out.add_up(ways)
    assert after.astext() == f"{_('{n} minutes in all', n=45)}."


def test_a_list_without_entries_goes_with_its_heading():
    heading = nodes.paragraph("", "", nodes.Text(""), nodes.strong("", "Part"))
    section = nodes.section("", nodes.paragraph("", "Text."), heading, nodes.enumerated_list())
    left_out.add_up(section[2])
    assert section.astext() == "Text."


def test_a_list_without_entries_goes_with_its_card():
    row = nodes.container("", classes=["sd-row"])
    for entries in ([], [nodes.list_item("", nodes.paragraph("", "Page"))]):
        body = nodes.container("", nodes.paragraph("", "A way"))
        body += nodes.enumerated_list("", *entries)
        row += nodes.container("", body, classes=["sd-col"])
    left_out.add_up(row[0][0][1])
    assert row.astext().split() == ["A", "way", "Page"]


@pytest.mark.parametrize("beside", ["", " is a page"])
def test_a_button_is_no_text(beside):
    reference = pending_xref("", nodes.inline("", "Look up a symptom"), reftarget="symptoms")
    nodes.container("", nodes.paragraph("", "", reference, nodes.Text(beside)))
    assert left_out.is_a_door(reference) == (not beside)


def test_a_mistyped_reference_stays_an_error(without_part_2):
    assert left_out.goal(nodes.Element("", reftarget="../2-mathematics/jacobain.ipynb"), "a") == ""


def test_the_sentence_that_needs_it():
    text = "We begin.\nAs equation 3 said,\nit falls (see Jacobian). Then we stop."
    assert left_out.sentence(text, "Jacobian") == "As equation 3 said, it falls (see Jacobian)."
