"""The stored answers of JAX: how they are renewed and compared, tried without JAX."""

import jax_answers
import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook
from support import pages

PAGE = "book/appendix/phrasebook"
ASKED = """\
Two questions.

```pycon
>>> x = [
...     1,
...     2]
>>> print(sum(x))
?
```

And one more, which knows the first.

```pycon
>>> len(x)
?
```
"""
ANSWERED = ASKED.replace("?", "3", 1).replace("?", "2", 1)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the script on a page with that text; return the text as it is afterwards."""

    def run(text, *arguments):
        path = tmp_path / "page.ipynb"
        nbformat.write(new_notebook(cells=[new_markdown_cell(text)]), path)
        monkeypatch.setattr(jax_answers, "PAGE", path)
        monkeypatch.setattr("sys.argv", ["jax_answers.py", *arguments])
        jax_answers.main()
        return nbformat.read(path, as_version=4).cells[0].source

    return run


def test_answers_are_stored_and_the_rest_of_the_page_stays(run):
    assert run(ASKED, "--store") == ANSWERED
    assert run(ANSWERED, "--store") == ANSWERED


def test_a_comparison_writes_nothing_and_ends_with_what_differs(run):
    assert run(ANSWERED) == ANSWERED
    with pytest.raises(SystemExit, match=r">>> len\(x\)\nstored: 4\nnow:    2\n"):
        run(ANSWERED.replace("\n2\n", "\n4\n"))


def test_another_version_is_no_difference():
    before, after = (f">>> jax.__version__\n{version}\n" for version in ("'0.1'", "'0.2'"))
    assert jax_answers.differences(before, after) == []
    assert jax_answers.differences(before.replace("jax.", "np."), after.replace("jax.", "np."))


def test_each_example_on_the_page_has_been_answered():
    blocks = jax_answers.BLOCK.findall(pages.text(PAGE))
    assert len(blocks) >= 10
    assert not [block for block in blocks if "?" in block]
    assert any(">>> jax.__version__\n'0." in block for block in blocks)
