"""Settings for the lane of `watch`: models of other libraries, each with a seed."""

import pytest

torch = pytest.importorskip("torch")


@pytest.fixture(autouse=True)
def same_every_time():
    """Start each program from the same numbers, on one thread."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
