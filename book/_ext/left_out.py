"""A book of some of the chapters: what is left reads on without the pages that were left out.

A page is left out when `_toc.yml` lists it below `meta`, `left_out`, and nowhere else. Its file
stays where it is, so that it can come back, and so that one knows what led to it:

- A reference to it is text without a link; one by number alone is the title of that page.
- Where a page lists others, as the front page and the appendix do, its entry goes. The numbers of
  the entries follow, and so do the search and the list of identities.
- Where a chapter needs it, the sentence is noted, with page and line. The build is complete all the
  same; `make check-part` prints the sentences, which a person has to change.
"""

from __future__ import annotations

import functools
import json
import posixpath
import re
from pathlib import Path
from typing import Any

import nbformat
import yaml
from docutils import nodes
from phrases import _
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

ROOT = Path(__file__).resolve().parents[2]
NOTES = "left_out.json"
# As the front page says it.
MINUTES = _("{n} minutes").replace("{n}", r"(\d+)")
IN_ALL = _("{n} minutes in all").replace("{n}", r"^\d+")
IN_ALL += "(" + _(", and {n} for the exercises").replace("{n}", r"\d+") + ")?"
CHAPTER = re.compile(r"book/\d")
LABELS = re.compile(
    r"^\(([\w-]+)\)=|\$\$ \(([\w-]+)\)|^:(?:label|name): *([\w-]+)|\]\{#([\w-]+)\}", re.MULTILINE
)


@functools.cache
def pages() -> tuple[str, ...]:
    """Return the pages that the table of contents leaves out."""
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    return tuple(contents.get("meta", {}).get("left_out", []))


@functools.cache
def titles() -> dict[str, str]:
    """Return the titles of these pages."""
    return {page: re.findall(r"^# (.+)$", text(page), re.MULTILINE)[0] for page in pages()}


@functools.cache
def labels() -> dict[str, str]:
    """Return what these pages could be referred to by, with the page that it is on."""
    found = {}
    for page in pages():
        for groups in LABELS.findall(text(page)):
            found["".join(groups)] = page
        found |= dict.fromkeys(figures(page), page)
    return found


def text(page: str) -> str:
    """Return what the author wrote between the cells."""
    if (ROOT / f"{page}.md").exists():
        return (ROOT / f"{page}.md").read_text("utf-8")
    cells = nbformat.read(ROOT / f"{page}.ipynb", as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def figures(page: str) -> list[str]:
    """Return the names of a notebook's figures."""
    if (ROOT / f"{page}.md").exists():
        return []
    cells = nbformat.read(ROOT / f"{page}.ipynb", as_version=4).cells
    found = (cell.metadata.get("mystnb", {}).get("figure", {}).get("name") for cell in cells)
    return [name for name in found if name]


def goal(reference: nodes.Element, page: str) -> str:
    """Return the page that was left out and that a reference leads to, or nothing."""
    target = reference["reftarget"]
    if reference.get("refdomain") == "doc" or reference.get("reftype") == "download":
        path = re.sub(r"\.(ipynb|md)$", "", target)
        here = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
        return next((one for one in (target, path, here) if one in pages()), "")
    return labels().get(target, "")


class LeaveOut(SphinxPostTransform):
    """Make text of the references that would lead nowhere, before anybody misses their targets."""

    default_priority = 1

    def run(self, **kwargs: Any) -> None:
        """Do it on a page."""
        if not pages():
            return
        page = self.env.docname
        wanted = {
            id(one): there
            for one in self.document.findall(pending_xref)
            if (there := goal(one, page))
        }
        if not CHAPTER.match(page):
            self.shorten_lists(wanted)
        for reference in list(self.document.findall(pending_xref)):
            if there := wanted.get(id(reference)):
                if not CHAPTER.match(page) and is_a_door(reference):
                    reference.parent.remove(reference)
                    continue
                self.note(reference, page, there)
                words = [one.deepcopy() for one in reference.children]
                if not reference.get("refexplicit") and reference.get("refdomain") != "doc":
                    words = [nodes.Text(titles()[there])]
                reference.replace_self(nodes.inline("", "", *words))

    def note(self, reference: nodes.Element, page: str, there: str) -> None:
        """Note the sentence that needs a page."""
        if CHAPTER.match(page):
            around = reference.parent
            while around.parent and not isinstance(around, (nodes.paragraph, nodes.title)):
                around = around.parent
            notes = self.app.left_out_notes.setdefault(page, [])  # type: ignore[attr-defined]
            place = (sentence(around.astext(), reference.astext()), there)
            if place not in notes:
                notes.append(place)

    def shorten_lists(self, wanted: dict[int, str]) -> None:
        """Take the entries of lists that begin with a page that is not there."""
        for entry in list(self.document.findall(nodes.list_item)):
            first = next(entry.findall(pending_xref), None)
            begins = entry.astext().strip().startswith(first.astext()) if first else False
            if begins and wanted.get(id(first)):
                entry.parent.remove(entry)
        number = 1
        for one in list(self.document.findall(nodes.enumerated_list)):
            if one.get("start", 1) > 1:  # it goes on where the one before ended
                one["start"] = number
            number = one.get("start", 1) + len(one)
            add_up(one)
        for one in list(self.document.findall(nodes.bullet_list)):
            if not len(one):
                one.parent.remove(one)


def add_up(ways: nodes.enumerated_list) -> None:
    """Say how long the rest of a list takes; without a rest, its introduction goes along."""
    section, place = ways.parent, ways.parent.index(ways)
    before, after = section[place - 1] if place else None, next(iter(section[place + 1 :]), None)
    whole = sum(int(n) for entry in ways for n in re.findall(MINUTES, entry.astext())[:1])
    total = re.compile(IN_ALL)
    if isinstance(after, nodes.paragraph) and total.match(after.astext()):
        words = next(one for one in after.findall(nodes.Text) if total.match(one))  # may be bold
        said = total.sub(_("{n} minutes in all", n=sum_before(ways) + whole), words)
        words.parent.replace(words, nodes.Text(said))
        if not whole and not sum_before(ways):
            section.remove(after)
    if not len(ways):
        if card := card_of(ways):
            card.parent.remove(card)
            return
        section.remove(ways)
        if is_heading(before):
            section.remove(before)


def is_a_door(reference: nodes.Element) -> bool:
    """Tell whether a reference stands where there is nothing but such, as a button."""
    paragraph = reference.parent
    others = (one for one in paragraph if not isinstance(one, pending_xref))
    alone = not any(one.astext().strip() for one in others)
    return alone and isinstance(paragraph.parent, nodes.container)


def card_of(node: nodes.Element) -> nodes.Element | None:
    """Return the place in a grid that holds a node, if it is on a card."""
    while node.parent and "sd-row" not in node.parent.get("classes", []):
        node = node.parent
    return node if node.parent else None


def is_heading(node: nodes.Element | None) -> bool:
    """Tell whether a paragraph is bold, and no more."""
    if not isinstance(node, nodes.paragraph):
        return False
    return all(isinstance(one, nodes.strong) for one in node if one.astext())


def sum_before(ways: nodes.enumerated_list) -> int:
    """Return the minutes of the lists that this one goes on from."""
    if ways.get("start", 1) == 1:
        return 0
    earlier = [one for one in ways.parent if isinstance(one, nodes.enumerated_list)]
    earlier = earlier[: earlier.index(ways)]
    found = (re.findall(MINUTES, item.astext())[:1] for one in earlier for item in one)
    return sum(int(n) for numbers in found for n in numbers)


def sentence(text: str, part: str) -> str:
    """Return the sentence of a text that holds a part."""
    sentences = re.split(r"(?<=[.?!])\s+", " ".join(text.split()))
    return next((one for one in sentences if " ".join(part.split()) in one), sentences[0])


def write_notes(app: Sphinx, error: Exception | None) -> None:
    """Write which sentences a person has to change."""
    if not error and pages():
        notes = app.left_out_notes  # type: ignore[attr-defined]
        Path(app.doctreedir, NOTES).write_text(json.dumps(notes, indent=1), "utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect it to Sphinx."""
    app.left_out_notes = {}  # type: ignore[attr-defined]
    app.add_post_transform(LeaveOut)
    app.connect("build-finished", write_notes, priority=1200)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}
