"""What all tests share: a rest for the garbage collector while thousands of tests are collected."""

import gc

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Look for no garbage while what is made stays: that took half of the time."""
    gc.disable()
    yield
    gc.freeze()
    gc.enable()
