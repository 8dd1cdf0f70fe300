"""Every claim of the three sources is checked in the appendix and taught in a chapter."""

import re

import pytest
from support import pages

LAST = {0: 4, 1: 10, 2: 14}  # S0.1 to S0.4, and so on
CLAIMS = [f"S{source}.{n}" for source, last in LAST.items() for n in range(1, last + 1)]
SOURCES = "book/appendix/sources"


def target(claim):
    return claim.lower().replace(".", "-")


def marked(page):
    """The claims that a page marks, each with its own address."""
    found = re.findall(r"\[(S\d\.\d+)\]\(#(s\d-\d+)\)", pages.text(page))
    assert all(target(claim) == address for claim, address in found), found
    return {claim for claim, _ in found}


@pytest.mark.parametrize("claim", CLAIMS)
def test_claim_has_one_row_in_the_appendix(claim):
    row = rf"^\|.*\[{re.escape(claim)}\]\{{#{target(claim)}\}}.*\|$"
    assert len(re.findall(row, pages.text(SOURCES), re.MULTILINE)) == 1


@pytest.mark.parametrize("claim", CLAIMS)
def test_claim_is_taught_where_the_appendix_says(claim):
    place = f"taught-{target(claim)}"
    assert sum(f"({place})=" in pages.text(page) for page in pages.WRITTEN) == 1
    (row,) = [line for line in pages.text(SOURCES).splitlines() if f"{{#{target(claim)}}}" in line]
    assert f"](#{place})" in row


@pytest.mark.parametrize("page", pages.CHAPTERS)
def test_marked_claims_exist(page):
    assert marked(page) <= set(CLAIMS)
