"""Settings for the tests of the package."""

import contextlib

from hypothesis import settings

with contextlib.suppress(ImportError):
    import matplotlib

    # Figures without windows. MPLBACKEND would also reach the notebooks that this process runs.
    matplotlib.use("agg")

# The same examples on every run, so that a red test stays red.
settings.register_profile("package", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("package")
