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


@pytest.hookimpl(optionalhook=True)  # `make book` runs a file here without xdist
def pytest_xdist_auto_num_workers(config):
    """For `-n auto` take a process more than there are cores, at most 4: tests of pages wait."""
    if config.option.numprocesses != "auto" or "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    usable = getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count() or 1))(0)
    return min(4, len(usable) + 1)
