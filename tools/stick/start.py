"""Open the notebooks of Softmax Lessons in JupyterLab. Needs no network: see README.txt.

Usage: python3.11 start.py [--only-install]
"""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
WHEELS = HERE / "wheels"
FOR = json.loads((WHEELS / "for.json").read_text())


def main():
    """Install what the notebooks need, unless it is there, and start JupyterLab."""
    refuse_other_machines()
    folder = place()
    python = folder / "bin" / "python"
    installed = folder / "installed.txt"
    # With the path: an environment that was moved does not work.
    wanted = f"{folder}\n{FOR['packed']}\n"
    if not (python.exists() and installed.is_file() and installed.read_text() == wanted):
        install(folder, python)
        installed.write_text(wanted)
    if "--only-install" in sys.argv:
        return
    print("JupyterLab opens in your browser. To stop it, press Ctrl+C here, twice.", flush=True)
    lab = ["-m", "jupyter", "lab", "--LabApp.default_url=/lab/tree/book/index.ipynb"]
    sys.exit(subprocess.call([str(python), *lab], cwd=str(HERE / "notebooks"), env=variables()))


def refuse_other_machines():
    """End with a sentence where the wheels do not fit."""
    here = {
        "system": platform.system(),
        "machine": platform.machine(),
        "python": "{}.{}".format(*sys.version_info),
    }
    if any(FOR[what] != value for what, value in here.items()):
        text = "{system} ({machine}) with Python {python}"
        sys.exit(
            f"These notebooks were packed for {text.format(**FOR)}; this is {text.format(**here)}. "
            "The pages in the folder site work everywhere."
        )


def place():
    """Return where to install: beside this file, or in the home folder where that cannot be."""
    link = HERE / "link"
    try:
        link.symlink_to("start.py")  # which an environment needs, and most sticks cannot hold
        link.unlink()
        return HERE / "environment"
    except OSError:
        folder = Path.home() / f"softmax-lessons-{FOR['version']}"
        print(f"{HERE} cannot hold the installation: it goes to {folder}.", flush=True)
        return folder


def install(folder, python):
    """Make the environment from the wheels."""
    try:
        import ensurepip  # noqa: F401 - Debian and Ubuntu ship Python without it
        import venv
    except ImportError:
        sys.exit(
            "This Python cannot make environments. With a network, install its venv module "
            f"(Debian, Ubuntu: apt-get install python{FOR['python']}-venv), then try again."
        )
    print("Installing what the notebooks need: this takes some minutes.", flush=True)
    try:
        venv.create(str(folder), clear=True, with_pip=True, symlinks=True)
        pip = [str(python), "-I", "-m", "pip", "--isolated", "--disable-pip-version-check"]
        pip += ["install", "--quiet", "--no-index", "--no-cache-dir", "--find-links", str(WHEELS)]
        subprocess.check_call([*pip, f"softmax-lessons[lessons,lab]=={FOR['version']}"])
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"The installation failed: {error}. Is there 2 GB of free disk?")


def variables():
    """Return the environment variables, without what would lead Python elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return dict(kept, JUPYTER_PREFER_ENV_PATH="1")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Stopped.")
