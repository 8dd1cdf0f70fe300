"""Each page loads one style sheet and few scripts, and these hold what the pages need."""

import assets
import pytest
import stylesheets
import tinycss2
from fontTools.ttLib import TTFont
from support import pages


def trimmed(sheet, *used):
    rules = tinycss2.parse_stylesheet(sheet, skip_whitespace=True)
    return tinycss2.serialize(list(stylesheets.trim(rules, set(used))))


@pytest.mark.parametrize("page", [*pages.PAGES, "search", "genindex"])
def test_page_loads_our_files_alone(page):
    head = pages.built(page)
    up = "../" * page.count("/")
    modules = [f"{up}_static/interactive/{name}.mjs" for name in sorted(pages.live_modules(page))]
    assert [tag["href"] for tag in head.select("link[rel=stylesheet]")] == [f"{up}_static/book.css"]
    mode, *scripts = head.select("script[src]")
    assert mode["src"] == f"{up}_static/mode.js"
    if modules:
        live, *scripts = scripts
        assert live["src"] == f"{up}_static/live.js"
        assert live["data-modules"].split(" ") == modules
        preloaded = [link["href"] for link in head.select("link[rel=modulepreload]")]
        assert preloaded[: len(modules)] == modules
    (book,) = scripts  # layout.js loads the theme's
    assert book["src"] == f"{up}_static/book.js"
    assert book.has_attr("defer")


@pytest.mark.parametrize("page", [*pages.PAGES, "search", "genindex"])
def test_no_script_stands_in_the_page(page):
    assert not pages.built(page).select("script:not([src])")


def test_rules_for_absent_classes_go():
    assert trimmed(".a{x:1}.b{y:2}", "a") == ".a{x:1}"
    assert trimmed(".a .b{x:1}.a{y:2}", "a") == ".a{y:2}"
    assert trimmed(".b,.a,p.b{x:1}", "a") == ".a{x:1}"


def test_rules_that_may_apply_stay():
    for rule in ("p{x:1}", "#b{x:1}", "[b]{x:1}", "p:not(.b){x:1}", ":is(.b,p){x:1}"):
        assert trimmed(rule) == rule


def test_rules_inside_rules_are_trimmed_too():
    sheet = "@media print{.a{x:1}.b{y:2}}@media screen{.b{y:2}}"
    assert trimmed(sheet, "a") == "@media print{.a{x:1}}"


def test_rules_without_selectors_stay():
    sheet = "@font-face{font-family:b}@keyframes b{from{x:1}}"
    assert trimmed(sheet) == sheet


def test_sheets_are_joined_and_lead_where_they_led(tmp_path):
    (tmp_path / "_static/deep").mkdir(parents=True)
    (tmp_path / "_static/first.css").write_text('@charset "utf-8";a{x:url(f.woff2)}')
    (tmp_path / "_static/deep/second.css").write_text(
        '@import "../first.css";b{x:url("./g.woff2")}c{x:url(data:d)}'
    )
    rules = stylesheets.read_sheet(tmp_path, "_static/deep/second.css?v=1")
    assert tinycss2.serialize(rules) == (
        'a{x:url("f.woff2")}b{x:url("deep/g.woff2")}c{x:url(data:d)}'
    )


def test_scripts_are_joined_as_they_come(tmp_path):
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static/no-end.js").write_text("let b = 2 // no semicolon")
    joined = assets.join(tmp_path, ["let a = 1", "_static/no-end.js"])
    assert joined == "let a = 1\n;\nlet b = 2 // no semicolon\n;"


def test_icons_are_in_the_small_fonts():
    sheet = (pages.SITE / "_static/book.css").read_text(encoding="utf-8")
    rules = tinycss2.parse_stylesheet(sheet)
    icons = {ord(sign) for sign in stylesheets.characters(rules) if "\ue000" <= sign <= "\uf8ff"}
    fonts = list(pages.SITE.glob(assets.FONTS))
    glyphs = {point for font in fonts for point in TTFont(font).getBestCmap()}
    assert len(icons) > 10
    assert icons <= glyphs
    assert sum(font.stat().st_size for font in fonts) < 20_000
