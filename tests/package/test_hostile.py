"""Whatever text is passed, HTML and SVG show it as text: no tag more than for plain text."""

import io
import json
import warnings
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from support import hostile
from support.checking import check_in_process
from support.family import Z
from support.live import PLAIN

from softmax_lessons.exercises import Report, Task

every_text = pytest.mark.parametrize("text", hostile.TEXTS.values(), ids=list(hostile.TEXTS))


class Reader(HTMLParser):
    """Notes tags with their attributes' names, texts, and the settings of a live figure."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.texts, self.config = [], [], None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, *(name for name, _ in attrs)))
        self.config = dict(attrs).get("config", self.config)

    def handle_endtag(self, tag):
        self.tags.append((f"/{tag}",))

    def handle_data(self, data):
        self.texts.append(data)

    def handle_comment(self, data):
        self.tags.append(("comment",))


@every_text
@pytest.mark.parametrize("call", hostile.LIVE.values(), ids=list(hostile.LIVE))
def test_live_figures_show_text_as_text(call, text):
    live, plain = call(text), call(PLAIN)
    found, expected = Reader(live.html), Reader(plain.html)
    assert found.tags == expected.tags
    assert found.texts == [one.replace(PLAIN, text) for one in expected.texts]
    swapped = expected.config.replace(PLAIN, json.dumps(text, ensure_ascii=False)[1:-1])
    assert json.loads(found.config) == json.loads(swapped)
    assert text in live.text


@every_text
def test_tasks_and_reports_show_text_as_text(text):
    for make in (
        lambda t: Task(t, t, t, t, t),
        lambda t: Report(t, "wrong", t, t, t, t, t, (t, t), (t,)),
        lambda t: Report(t, "right", holds=(t,)),
        lambda t: Report(t, "not yet", hint=t),
    ):
        found, expected = Reader(make(text)._repr_html_()), Reader(make(PLAIN)._repr_html_())
        assert found.tags == expected.tags
        assert found.texts == [one.replace(PLAIN, text) for one in expected.texts]


def named(text, function):
    function.__name__ = function.__qualname__ = text
    return function


def printer(text):
    def solution(z):
        print(text)
        warnings.warn(text, stacklevel=1)
        return text

    return solution


def thrower(text):
    def solution(z):
        raise ValueError(text)

    return solution


@every_text
@pytest.mark.parametrize(
    "make",
    [
        lambda text: named(text, lambda z: z),
        printer,
        thrower,
        lambda text: type(text, (), {})(),  # no function at all
        lambda text: lambda z: type(text, (), {"__repr__": lambda self: text})(),
    ],
    ids=["name", "output", "error", "object", "result"],
)
def test_what_a_solution_does_is_shown_as_text(make, text):
    found, expected = (
        Reader(check_in_process("softmax", make(t))._repr_html_()) for t in (text, "s")
    )
    allowed = {"div", "p", "strong", "dl", "dt", "dd", "pre", "code"}
    assert {tag.removeprefix("/") for tag, *_ in found.tags} <= allowed
    assert {name for _, *names in found.tags for name in names} == {"class"}
    assert len(found.tags) == len(expected.tags)


@every_text
def test_drawings_show_text_as_text(text):
    plt = pytest.importorskip("matplotlib.pyplot")
    from softmax_lessons.plotting import bars, curves, use_style

    with plt.rc_context():
        use_style()
        for kind in ("path", "none"):  # text drawn as outlines, and text left to the browser
            plt.rcParams["svg.fonttype"] = kind
            upper, lower = plt.subplots(2, 1, figsize=(20, 12))[1]
            bars({text: Z, "p": Z}, [text, "panda", "duck"], ax=upper)
            curves([0, 1, 2], {text: Z}, ax=lower)
            file = io.BytesIO()
            plt.savefig(file, format="svg")
            root = ElementTree.fromstring(file.getvalue())
            names = {element.tag.rpartition("}")[2] for element in root.iter()}
            assert not names & {"script", "img", "image", "foreignObject", "a", "b"}
            attributes = {name for element in root.iter() for name in element.attrib}
            assert not [name for name in attributes if name.startswith("on")]
            if kind == "none":
                assert text in [element.text for element in root.iter()]
        plt.close("all")
