"""What programs read of a built page is what stands on it."""

import looks
import pytest
from bs4 import BeautifulSoup
from looks import without_looks
from support import docstrings

DRAWN = '<span class="katex-html"><span>x</span><span><span>2</span></span></span>'
PAGE = f"""<article><p>So <span class="katex"><math>x</math>{DRAWN}</span>, <b>and</b> {DRAWN}</p>
<pre data-a="1"><span></span><span class="k">if</span> a &lt; <span class="n">b</span>:
    <span class="n">c</span></pre><p><span class="s">word</span></p><pre>d</pre></article>"""


def test_examples():
    assert docstrings.run_examples(looks) == {"without_looks"}


def test_formulas_are_left_once_and_code_without_its_colours():
    page = BeautifulSoup(without_looks(PAGE), "html.parser")
    assert page.p.get_text() == "So x, and "
    assert [box.get_text() for box in page.select("pre")] == ["if a < b:\n    c", "d"]
    assert page.pre["data-a"] == "1"
    assert [span.get_text() for span in page.select("span")] == ["x", "word"]


def test_half_a_page_is_no_page():
    with pytest.raises(ValueError, match='a span has no end: <span class="katex-html">'):
        without_looks(PAGE[: PAGE.index("</span>")])
