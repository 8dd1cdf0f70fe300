"""What all tests share: who runs them, their order, and a rest for the garbage collector."""

import gc
import os

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Look for no garbage while what is made stays: that took half of the time."""
    gc.disable()
    yield
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items):
    """Begin where numba compiles most, so that what it has compiled is there for the others."""
    items.sort(key=lambda item: item.path.name != "test_compiled.py")


def pytest_xdist_auto_num_workers():
    """Take one process more than there are cores, at most 4: the tests of pages often wait."""
    usable = getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count() or 1))(0)
    return min(4, len(usable) + 1)
