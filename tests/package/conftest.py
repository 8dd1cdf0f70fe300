"""Settings for the tests of the package."""

import contextlib
import os
import re
import sys

import pytest
from hypothesis import settings

with contextlib.suppress(ImportError):
    import matplotlib

    # Figures without windows. MPLBACKEND would also reach the notebooks that this process runs.
    matplotlib.use("agg")

# The same examples on every run, so that a red test stays red.
settings.register_profile("package", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("package")


# A skipped test would look green. ABSENT names the libraries that are not here on purpose.
ABSENT = os.environ.get("ABSENT", "").split()
MISSING = re.compile(r"could not import '([^'.]+)")


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    """Let no file of tests be skipped unasked."""
    return loud((yield))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Let no test be skipped unasked."""
    return loud((yield))


def loud(report):
    """Make a failure of a skip, but for want of a library that ABSENT names, or of Linux."""
    if report.skipped:
        reason = report.longrepr[2]
        missing = MISSING.search(reason)
        expected = missing[1] in ABSENT if missing else sys.platform != "linux"
        if not expected:
            report.outcome = "failed"
            report.longrepr = f"{reason}\nInstall it, or name it in ABSENT: a skip looks green."
    return report
