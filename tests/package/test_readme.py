"""The examples in the README and in the text for PyPI do what they say."""

import doctest
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["README.md", "PACKAGE.md"])
def test_example_prints_what_it_shows(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    example = text.split("```python\n")[1].split("```")[0]
    test = doctest.DocTestParser().get_doctest(example, {}, name, name, 0)
    result = doctest.DocTestRunner().run(test)
    assert result.attempted == 3
    assert result.failed == 0
