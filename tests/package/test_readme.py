"""The example in the README does what it says."""

import doctest
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"


def test_readme_example_prints_what_it_shows():
    example = README.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    test = doctest.DocTestParser().get_doctest(example, {}, "README", str(README), 0)
    result = doctest.DocTestRunner().run(test)
    assert result.attempted == 3
    assert result.failed == 0
