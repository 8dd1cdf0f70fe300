"""The notebooks as files: complete, in order, the same on every machine."""

import ast
import json
import re

import nbformat
import pytest
from support import pages

every_notebook = pytest.mark.parametrize("page", pages.NOTEBOOKS)


def outputs(page):
    """Each code cell with each of its outputs."""
    return [(cell, output) for cell in pages.code_cells(page) for output in cell.outputs]


@every_notebook
def test_notebook_is_valid(page):
    nbformat.validate(pages.notebook(page))
    assert pages.notebook(page).metadata.kernelspec.name == "python3"


@every_notebook
def test_cells_have_run_in_order(page):
    counts = [cell.execution_count for cell in pages.code_cells(page)]
    assert counts == list(range(1, len(counts) + 1)), "run `make outputs`"


@every_notebook
def test_no_cell_stores_an_error(page):
    errors = [cell for cell, output in outputs(page) if output.output_type == "error"]
    assert all("raises-exception" in pages.tags(cell) for cell in errors)


@every_notebook
def test_outputs_that_are_not_compared_say_why(page):
    for cell in pages.code_cells(page):
        if re.search(r"nbval[-_](skip|ignore)", f"{pages.tags(cell)} {cell.source}", re.IGNORECASE):
            assert re.search(r"^# not compared: \w", cell.source, re.MULTILINE), cell.source


@every_notebook
def test_nothing_of_the_machine_is_stored(page):
    assert not any("execution" in cell.metadata for cell in pages.notebook(page).cells)
    found = re.findall(
        r"(?:/home|/root|/Users|/tmp|/usr|[A-Z]:\\\\)[\w/\\.]*|0x[0-9a-f]{8,}", stored(page)
    )
    assert not found


def stored(page):
    return json.dumps([output for _, output in outputs(page)])


@every_notebook
def test_every_picture_has_alt_text_and_caption(page):
    for cell, output in outputs(page):
        if any(kind.startswith("image/") for kind in output.get("data", {})):
            settings = cell.metadata.get("mystnb", {})
            assert len(settings.get("image", {}).get("alt", "")) >= 20, cell.source
            assert settings.get("figure", {}).get("caption"), cell.source
            assert settings["figure"].get("name", "").startswith("fig-"), cell.source


@every_notebook
def test_every_drawing_is_narrow_enough_for_a_phone(page):
    """Wider ones shrink there, until nobody can read their text."""
    for cell, output in outputs(page):
        drawing = "".join(output.get("data", {}).get("image/svg+xml", ""))
        if drawing:
            points = float(re.search(r'<svg[^>]* width="([\d.]+)pt"', drawing)[1])
            assert points <= 400, f"draw it 5 inches wide:\n{cell.source}"


@every_notebook
def test_description_is_right_for_a_search_page(page):
    myst = pages.notebook(page).metadata.get("myst", {})
    assert 50 <= len(myst.get("html_meta", {}).get("description", "")) <= 160


@every_notebook
def test_only_public_names_of_the_package_are_used(page):
    for cell in pages.code_cells(page):
        for node in ast.walk(ast.parse(re.sub(r"^[%!].*$", "", cell.source, flags=re.MULTILINE))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                names = [f"{node.value.id}.{node.attr}"]
            ours = [name for name in names if re.match(r"(softmax_lessons|sl|plotting)\b", name)]
            assert not [name for name in ours if "._" in name], cell.source


@pytest.mark.parametrize("page", pages.PAGES)
def test_links_between_pages_hold(page):
    folder = (pages.ROOT / page).parent
    targets = re.findall(r"\]\(([^)\s#]+)(?:#[^)]*)?\)", pages.text(page))
    for target in targets:
        if not re.match(r"https://", target):
            assert target.endswith((".ipynb", ".md")), target
            assert (folder / target).is_file(), target
