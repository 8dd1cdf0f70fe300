"""The API page lists what is public, and says what all of it shares in the words of the package."""

import inspect
import re
import subprocess
import sys

import pytest
import yaml
from support import pages

import softmax_lessons


@pytest.mark.parametrize("name", softmax_lessons.__all__)
def test_the_api_page_lists_every_function(name):
    assert re.search(rf"\.\. auto(function|class):: {name}\b", pages.text("book/appendix/api"))


def test_the_conventions_are_those_of_the_package():
    """One text: the page shows the docstring, and says nothing of it in other words."""
    section = pages.text("book/appendix/api").split("\n## Conventions\n")[1].split("\n## ")[0]
    assert "```{eval-rst}\n.. automodule:: softmax_lessons\n```" in section
    assert len(section.split("```")[0].split()) < 40
    headings = re.findall(r"^(\w[\w ]+)\n    \S", inspect.getdoc(softmax_lessons), re.MULTILINE)
    assert {"Axis", "Dtypes", "Infinities and NaN", "Masks", "Digits", "Errors"} <= set(headings)


def test_the_page_can_be_made_without_pytorch():
    """The set-up of `make book` brings no torch: autodoc puts something else in its place."""
    mocked = yaml.safe_load((pages.ROOT / "_config.yml").read_text())["sphinx"]["config"]
    code = f"""
from importlib import import_module
from pkgutil import walk_packages
from sphinx.ext.autodoc.mock import mock
with mock({mocked["autodoc_mock_imports"]}):
    import softmax_lessons.pytorch as ours
    for module in walk_packages(ours.__path__, ours.__name__ + "."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
