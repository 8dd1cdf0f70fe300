"""Each row of the table "From SciPy, PyTorch and scikit-learn" gives the same on both sides."""

import re

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from scipy import special, stats
from sklearn import calibration, metrics, preprocessing
from sklearn.linear_model import LogisticRegression
from support import pages

import softmax_lessons
from softmax_lessons.calibration import brier_score, log_loss, reliability_curve

TITLE = "\n## From SciPy, PyTorch and scikit-learn\n"
SECTION = pages.text("book/appendix/api").split(TITLE)[1].split("\n## ")[0]
ROWS = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|$", SECTION, re.MULTILINE)

x = np.random.default_rng(3).normal(size=(5, 3))
classifier = LogisticRegression()  # whose scores are its inputs
classifier.classes_, classifier.coef_ = np.arange(3), np.eye(3)
classifier.intercept_ = np.zeros(3)
DATA = {
    "x": x,
    "y": np.array([0, 2, 1, 1, 0]),
    "p": softmax_lessons.softmax(2 * x),
    "q": softmax_lessons.softmax(x[::-1]),
    "w": np.array([1.0, 2.0, 0.5]),
    "mask": np.array([[True, True, False]] * 4 + [[False, True, True]]),
    "classifier": classifier,
}
THERE = {
    "special": special,
    "stats": stats,
    "calibration": calibration,
    "metrics": metrics,
    "preprocessing": preprocessing,
    "torch": torch,
    "F": torch.nn.functional,
}
HERE = {name: getattr(softmax_lessons, name) for name in softmax_lessons.__all__}
HERE |= {f.__name__: f for f in (brier_score, log_loss, reliability_curve)} | {"numpy": np}


def data_for(call):
    """The data as tensors, if PyTorch is to take them."""
    if not re.search(r"\bF\.|\btorch\.", call):
        return DATA
    return {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in DATA.items()}


def test_every_row_is_tried():
    lines = [line for line in SECTION.splitlines() if line.startswith("|")]
    assert len(ROWS) == len(lines) - 2 * 3  # a head and a rule for each library
    assert len(ROWS) > 20


@pytest.mark.parametrize(("there", "here"), ROWS)
def test_both_sides_give_the_same(there, here):
    theirs = eval(there, THERE | data_for(there))
    ours = eval(here, HERE | DATA)
    assert np.shape(theirs) == np.shape(ours)
    assert_allclose(np.asarray(theirs, dtype=float), ours, rtol=1e-12)
