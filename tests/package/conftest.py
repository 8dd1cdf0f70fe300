"""Settings for the tests of the package."""

import os

from hypothesis import settings

os.environ.setdefault("MPLBACKEND", "agg")

# The same examples on every run, so that a red test stays red.
settings.register_profile("package", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("package")
