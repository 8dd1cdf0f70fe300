"""Rehearse what Binder does with this repository, without Docker, up to a reader's clicks.

Usage: python tools/binder.py [--image] [NOTEBOOK ...]      (default: all below book/)

repo2docker writes the Dockerfile that Binder would build. Its steps from the copy of the repository
on are replayed on a clone of the last commit, in an empty virtual environment outside the checkout,
which starts with the versions of Jupyter that Binder's images hold. Then Jupyter starts as it does
in the image, and a browser opens each notebook by the path of its Binder link and runs all cells.

Not rehearsed: the image's operating system, conda, and the service itself. With --image, which
needs Docker, repo2docker builds the image, and its container serves the notebooks: the service
alone is missing then. The workflow binder.yml does that each month.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

import lab
from bootstrap import CPU_INDEX, cpu_index_answers

REPO2DOCKER = "jupyter-repo2docker==2026.4.0"
# What starts the server in the image, and what the notebooks' pages come from.
BASE = ["jupyterlab", "notebook", "jupyter_server", "jupyterhub-base", "ipywidgets"]
LARGEST = 2.0  # GB that may be installed
IMAGE = "softmax-lessons-binder"


def environment(folder: Path) -> Path:
    """Make an empty virtual environment; return its folder of programs."""
    venv.create(folder, with_pip=True, symlinks=True)
    return folder / "bin"


def repo2docker(folder: Path, *arguments: object) -> str:
    """Run repo2docker from an environment of its own; return what it prints."""
    programs = environment(folder)
    call([programs / "pip", "install", "--quiet", REPO2DOCKER])
    return call([programs / "jupyter-repo2docker", *arguments])


def dockerfile(folder: Path, course: Path) -> tuple[str, list[str]]:
    """Return the Dockerfile for `course`, and what Binder's base environment pins."""
    text = repo2docker(folder, "--no-build", "--debug", course)
    (lock,) = folder.glob("lib/*/site-packages/**/conda/environment.py-3.11-linux-64.lock")
    found = dict(re.findall(r"/([\w-]+)-([\d.]+)-[^/]*\.conda", lock.read_text()))
    pins = [f"{name.removesuffix('-base')}=={found[name]}" for name in BASE]
    return text, pins


def steps(text: str) -> list[str]:
    """Return the commands that run after the repository has been copied into the image."""
    _, copied, after = text.partition("COPY --chown=0:0 src/ ${REPO_DIR}/")
    found = re.findall(r"^RUN (.*)$", after, re.MULTILINE)
    if not copied or not any("pip install" in command for command in found):
        sys.exit(f"{REPO2DOCKER} writes another kind of Dockerfile: see how, and change this.")
    return found


def call(command: list[object], **options: object) -> str:
    """Run a command; return what it prints, or end with it."""
    done = subprocess.run(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **options,
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} ends with {done.returncode}:\n{done.stdout}")
    return done.stdout


def gigabytes(folder: Path) -> float:
    """Return how much the files below `folder` hold."""
    return sum(p.lstat().st_size for p in folder.rglob("*") if not p.is_dir()) / 1e9


def install(folder: Path, course: Path, text: str, pins: list[str]) -> Path:
    """Replay the Dockerfile's steps; return the environment's folder of programs."""
    programs = environment(folder)
    print(f"Binder's base: {', '.join(pins)}", flush=True)
    call([programs / "pip", "install", "--quiet", *pins])
    variables = {**os.environ, "REPO_DIR": str(course), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    variables |= {f"{kind}_PYTHON_PREFIX": str(folder) for kind in ("KERNEL", "NB")}
    variables["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"
    if not cpu_index_answers():
        print(f"{CPU_INDEX} cannot be reached: the build of torch that pip finds here stands in.")
        listed = course / ".binder" / "requirements.txt"
        listed.write_text(listed.read_text().replace(f"--extra-index-url {CPU_INDEX}\n", ""))
    for command in steps(text):
        print(f"RUN {command}", flush=True)
        call(["sh", "-c", command], cwd=course, env=variables)
    print(call([programs / "pip", "check"]).strip(), flush=True)
    return programs


def replayed(place: Path, course: Path) -> list[str]:
    """Install without Docker; return the command that starts Jupyter."""
    installed = place / "installed"
    text, pins = dockerfile(place / "repo2docker", course)
    programs = install(installed, course, text, pins)
    size = gigabytes(installed)
    print(f"Installed: {size:.2f} GB (at most {LARGEST})", flush=True)
    if size > LARGEST:
        sys.exit("That is too much for Binder.")
    return [str(programs / "jupyter")]


def contained(place: Path, course: Path) -> list[str]:
    """Build the image; return the command that starts Jupyter in its container."""
    repo2docker(place / "repo2docker", "--no-run", "--image-name", IMAGE, course)
    size = int(call(["docker", "image", "inspect", "--format", "{{.Size}}", IMAGE]))
    print(f"Image: {size / 1e9:.2f} GB", flush=True)
    # Jupyter's settings, see lab.py, lie among the temporary files and are named by variables.
    shared = ["--volume", "{0}:{0}".format(tempfile.gettempdir())]
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTERLAB_SETTINGS_DIR"):
        shared += ["--env", name]
    return ["docker", "run", "--rm", "--network", "host", *shared, IMAGE, "jupyter"]


def main() -> None:
    """Rehearse, and say how large and how slow it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--image", action="store_true", help="build the image; needs Docker")
    parser.add_argument("notebooks", nargs="*", metavar="NOTEBOOK")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="binder-") as folder:
        place, course = Path(folder), Path(folder, "course")
        call(["git", "clone", "--quiet", lab.ROOT, course])
        commit = call(["git", "log", "-1", "--format=%h %s"], cwd=course).strip()
        print(f"Rehearsing the last commit: {commit}", flush=True)
        jupyter = contained(place, course) if given.image else replayed(place, course)
        # The image's own command, with the address below which BinderHub puts it.
        begin = time.monotonic()
        with lab.server([*jupyter, "notebook"], course, base="/user/reader/") as address:
            up = time.monotonic() - begin
            seen = lab.rehearse(address, given.notebooks or lab.notebooks_of(course))
    print(f"First cell executed {up + seen[0].first:.0f} s after the start of the server.")
    if any(notebook.wrong for notebook in seen):
        sys.exit("Binder would not serve this.")


if __name__ == "__main__":
    main()
