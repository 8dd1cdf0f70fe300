"""What all tests share: their order, and a rest for the garbage collector while it is found out."""

import gc

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
