"""The first cell of each notebook: it installs the package where it is missing, as on Colab.

It must not ask for a name alone, which anybody may own on PyPI. So what it asks for is written into
it: where this very notebook came from, its repository at its commit. A notebook cannot hold the
commit that it is part of, so the cell says nothing in the repository, where `make` and Binder
install the package anyway. What one downloads from a built book says it, and Colab opens the same
file, see downloads.py and addresses.py.
"""

from __future__ import annotations

import phrases
import status
from addresses import GITHUB

CELL = """\
# Not on the page: installs the package where it is missing, as on Colab.
import importlib.util
import subprocess
import sys

if importlib.util.find_spec("softmax_lessons") is None:
    source = "{source}"  # where this notebook came from
    if not source:
        raise ImportError(
            "softmax-lessons is missing, and this copy of the notebook does not say where it came "
            "from. Open it by the links of the published book, or install the package from your "
            "copy of the course: pip install \\"FOLDER[lessons]\\""
        )
    pip = [sys.executable, "-m", "pip", "install", "--quiet"]
    wanted = f"softmax-lessons[lessons] @ {{source}}"
    done = subprocess.run([*pip, wanted], capture_output=True, text=True)
    if done.returncode:
        print(done.stdout, done.stderr)
        raise ImportError(
            f"pip could not install {{wanted}}: it says why above. Check the network and run this "
            "cell again, or open the page on Binder, where everything is installed."
        )
    importlib.invalidate_caches()"""
SPEAK = """

from softmax_lessons.language import set_language

set_language("{language}")"""
TAG = "remove-cell"


def cell(source: str = "") -> str:
    """Return the cell that installs the package from somewhere; in the repository, from nowhere.

    In a book in another language than English, the exercises and the live figures speak it, too.
    """
    language = phrases.language()
    speak = "" if language == "en" else SPEAK.format(language=language)
    return CELL.format(source=source) + speak


def source(repository: str, branch: str) -> str:
    """Return what pip takes: the repository at the commit of these files, else at its branch.

    From GitHub it is an archive, which pip takes where there is no Git, too.
    """
    if not repository:
        return ""
    at = status.git("rev-parse", "HEAD") or branch
    if repository.startswith(GITHUB):
        return f"{repository}/archive/{at}.zip"
    return f"git+{repository}@{at}"
