"""The API page lists what is public."""

import pytest
from support import pages

import softmax_lessons


@pytest.mark.parametrize("name", softmax_lessons.__all__)
def test_the_api_page_lists_every_function(name):
    assert f".. autofunction:: {name}\n" in pages.text("book/appendix/api")
