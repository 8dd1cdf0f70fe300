"""The API page lists what is public, and says what all of it shares in the words of the package."""

import inspect
import re

import pytest
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
