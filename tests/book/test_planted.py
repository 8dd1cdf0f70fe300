"""The list of planted faults fits the tree: `make planted` itself takes too long for every run."""

import pytest
from planted import FAULTS, STAGES, listed
from support import pages

PLANTED = listed()


def test_there_are_enough():
    assert len(PLANTED) >= 40, FAULTS


@pytest.mark.parametrize("fault", PLANTED, ids=lambda fault: fault.name)
def test_fault_can_be_planted_and_noticed(fault):
    text = (pages.ROOT / fault.file).read_text(encoding="utf-8")
    assert text.count(fault.find) == 1
    assert fault.put != fault.find
    file = fault.red.split()[0].partition("::")[0]
    assert file in {"site", *STAGES} or (pages.ROOT / file).is_file()
