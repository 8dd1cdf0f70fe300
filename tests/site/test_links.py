"""Links lead somewhere, and nothing that a page needs lies on another host."""

import functools
import re
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
from support import pages

PUBLISHED = pages.published()
every_page = pytest.mark.parametrize("page", PUBLISHED)


@functools.cache
def anchors(page):
    tags = pages.built(page).find_all(True)
    return {tag[name] for tag in tags for name in ("id", "name") if tag.has_attr(name)}


def addresses(page, tag, attribute="href"):
    return [found[attribute] for found in pages.built(page).find_all(tag, {attribute: True})]


def is_local(address):
    return not urlsplit(address).scheme and not address.startswith("//")


def problem(page, address):
    """Say what is wrong with a local address on a page; nothing if it resolves."""
    path, anchor = urldefrag(address)
    folder = pages.SITE if path.startswith(pages.BASE) else (pages.SITE / page).parent
    within = unquote(urlsplit(path).path.removeprefix(pages.BASE))
    target = (folder / within).resolve() if path else pages.SITE.resolve() / f"{page}.html"
    if not target.is_file():
        return f"{address}: no such file"
    if not target.is_relative_to(pages.SITE.resolve()):
        return f"{address}: outside the site"
    if anchor and target.suffix == ".html":
        goal = target.relative_to(pages.SITE.resolve()).with_suffix("").as_posix()
        if unquote(anchor) not in anchors(goal):
            return f"{address}: no such anchor"
    return None


def test_there_are_pages_to_check():
    assert set(PUBLISHED) >= {*pages.PAGES, "404", "genindex", "index", "search"}


@every_page
def test_links_lead_somewhere(page):
    links = [link for link in addresses(page, "a") if link != "#"]
    problems = [problem(page, link) for link in links if is_local(link)]
    assert not list(filter(None, problems))


@every_page
def test_links_to_elsewhere_are_https(page):
    elsewhere = [link for link in addresses(page, "a") if not is_local(link)]
    assert not [link for link in elsewhere if not link.startswith("https://")]


@every_page
def test_what_the_page_needs_is_on_the_site(page):
    links = pages.built(page).find_all("link", href=True)
    parts = [tag["href"] for tag in links if "canonical" not in tag.get("rel", [])]
    parts += addresses(page, True, "src") + addresses(page, "use")
    parts = [part for part in parts if not part.startswith("data:")]
    assert not [part for part in parts if not is_local(part)]
    assert not list(filter(None, (problem(page, part) for part in parts)))


def test_the_page_for_dead_links_has_no_address_that_depends_on_where_it_is_shown():
    found = [
        *(link for tag in ("a", "link", "use") for link in addresses("404", tag)),
        *addresses("404", True, "src"),
        *addresses("404", "form", "action"),
        *addresses("404", "html", "data-content_root"),
    ]
    found = [one for one in found if is_local(one) and not one.startswith("#")]
    assert len(found) > 30
    assert not [one for one in found if not one.startswith(pages.BASE)]


@pytest.mark.parametrize("css", sorted(pages.SITE.glob("**/*.css")), ids=lambda path: path.name)
def test_what_a_style_sheet_needs_is_on_the_site(css):
    sheet = re.sub(r"/\*.*?\*/", "", css.read_text(), flags=re.DOTALL)
    urls = re.findall(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)", sheet)
    needs = [one or other for one, other in urls if not (one or other).startswith(("data:", "#"))]
    assert not [need for need in needs if not is_local(need)]
    assert not [need for need in needs if not (css.parent / urlsplit(need).path).is_file()]


@pytest.mark.parametrize("host", ["unpkg.com", "cdn.jsdelivr.net", "cdnjs.cloudflare.com"])
def test_no_page_names_a_script_host(host):
    assert not [
        page for page in PUBLISHED if f"//{host}" in (pages.SITE / f"{page}.html").read_text()
    ]


def test_equations_are_linked_to_their_tests_by_the_number_that_is_seen():
    links = [
        link for page in pages.CHAPTERS for link in pages.article(page).select(".identity-test a")
    ]
    for link in links:
        equation = link.find_parent(class_="identity-test").find_previous_sibling("div")
        seen = re.match(r"\((\d+)\)", equation.select_one(".eqno").get_text())[1]
        assert link.get_text() == f"Test of equation {seen}"
    numbered = [re.findall(r"\$\$ \(eq-[\w-]+\)", pages.text(page)) for page in pages.CHAPTERS]
    assert len({link.get_text() for link in links}) == len(links) == sum(map(len, numbered)) > 0
