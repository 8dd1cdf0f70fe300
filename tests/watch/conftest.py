"""Settings for the lane of `watch`: models of other libraries, each with a seed."""

import pytest

torch = pytest.importorskip("torch")

from softmax_lessons.pytorch.watch import _mode  # noqa: E402


@pytest.fixture(autouse=True)
def same_every_time(monkeypatch):
    """Start each program from the same numbers, on one thread."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    monkeypatch.setattr(_mode, "STRICT", True)  # an error of the tool itself is one
