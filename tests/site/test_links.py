"""Links lead somewhere, and nothing that a page needs lies on another host."""

import functools
import re
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
from bs4 import BeautifulSoup
from support import pages

BUILT = sorted(
    path.relative_to(pages.SITE).as_posix()
    for path in pages.SITE.glob("**/*.html")
    if "_static" not in path.parts
)
every_file = pytest.mark.parametrize("file", BUILT)


@functools.cache
def soup(file):
    return BeautifulSoup((pages.SITE / file).read_text(), "html.parser")


@functools.cache
def anchors(file):
    return {tag[name] for name in ("id", "name") for tag in soup(file).select(f"[{name}]")}


def is_local(address):
    return not urlsplit(address).scheme and not address.startswith("//")


def problem(file, address):
    """Say what is wrong with a local address on a page; nothing if it resolves."""
    path, anchor = urldefrag(address)
    folder = pages.SITE if path.startswith(pages.BASE) else (pages.SITE / file).parent
    within = unquote(urlsplit(path).path.removeprefix(pages.BASE))
    target = (folder / within).resolve() if path else pages.SITE / file
    if not target.is_file():
        return f"{address}: no such file"
    if not target.is_relative_to(pages.SITE.resolve()):
        return f"{address}: outside the site"
    if anchor and target.suffix == ".html":
        goal = target.relative_to(pages.SITE.resolve()).as_posix()
        if unquote(anchor) not in anchors(goal):
            return f"{address}: no such anchor"
    return None


def test_there_are_pages_to_check():
    assert len(BUILT) >= len(pages.PAGES)


@every_file
def test_links_lead_somewhere(file):
    links = [tag["href"] for tag in soup(file).select("a[href]") if tag["href"] != "#"]
    problems = [problem(file, link) for link in links if is_local(link)]
    assert not list(filter(None, problems))


@every_file
def test_links_to_elsewhere_are_https(file):
    links = [tag["href"] for tag in soup(file).select("a[href]")]
    elsewhere = [link for link in links if not is_local(link)]
    assert not [link for link in elsewhere if not link.startswith("https://")]


@every_file
def test_what_the_page_needs_is_on_the_site(file):
    parts = [tag["src"] for tag in soup(file).select("[src]")]
    parts += [tag["href"] for tag in soup(file).select("link[href]:not([rel=canonical])")]
    parts += [tag["href"] for tag in soup(file).select("use[href]")]
    parts = [part for part in parts if not part.startswith("data:")]
    assert not [part for part in parts if not is_local(part)]
    assert not list(filter(None, (problem(file, part) for part in parts)))


@pytest.mark.parametrize("css", sorted(pages.SITE.glob("**/*.css")), ids=lambda path: path.name)
def test_what_a_style_sheet_needs_is_on_the_site(css):
    sheet = re.sub(r"/\*.*?\*/", "", css.read_text(), flags=re.DOTALL)
    urls = re.findall(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)", sheet)
    needs = [one or other for one, other in urls if not (one or other).startswith(("data:", "#"))]
    assert not [need for need in needs if not is_local(need)]
    assert not [need for need in needs if not (css.parent / urlsplit(need).path).is_file()]


@pytest.mark.parametrize("host", ["unpkg.com", "cdn.jsdelivr.net", "cdnjs.cloudflare.com"])
def test_no_page_names_a_script_host(host):
    assert not [file for file in BUILT if f"//{host}" in (pages.SITE / file).read_text()]


def test_equations_are_linked_to_their_tests_by_the_number_that_is_seen():
    links = [
        link for page in pages.CHAPTERS for link in pages.article(page).select(".identity-test a")
    ]
    for link in links:
        equation = link.find_parent(class_="identity-test").find_previous_sibling("div")
        seen = re.match(r"\((\d+)\)", equation.select_one(".eqno").get_text())[1]
        assert link.get_text() == f"Test of equation {seen}"
    assert len({link.get_text() for link in links}) == len(links) > 40
