"""Fetch Python for the reader's browser, and bundle the editor, into .venv/pyodide.

Usage: .venv/bin/python tools/pyodide.py

The root of trust is `pyodide/package-lock.json`: npm takes Pyodide only with the hash that stands
there, and Pyodide's own lock file has the hash of each wheel. The wheels come from Pyodide's
release or, where that cannot be reached, out of a package on PyPI that carries copies of them.
Either way a wheel with another hash stops the build. Nothing is fetched twice. What most cells
import is then compiled once, by `pyodide/bytecode.py`, and not at each start in each browser.

With nothing to reach, this says so in one sentence and ends with status 75: the book is built
without what it would bring.
"""

from __future__ import annotations

import email
import hashlib
import http.client
import json
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import npm

sys.path.append(str(Path(__file__).resolve().parent.parent / "book" / "_ext"))
import wheels

PINNED = Path(__file__).resolve().parent / "pyodide"
CACHE = Path(sys.prefix) / "pyodide"
SITE = CACHE / "site"  # what book/_ext/cells.py copies to the site

CORE = ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"]
PACKAGES = ["numpy", "matplotlib", "mpmath", "pandas", "scipy"]
DEPENDS = {"seaborn": ["matplotlib", "pandas"]}  # of the packages in pure.txt, as far as cells need
RELEASE = "https://cdn.jsdelivr.net/pyodide/v{version}/full/{file}"
# The wheel of this package has copies of Pyodide's wheels. Nothing else is taken from it.
CARRIER, FOLDER = "open-webui==0.12.4", "open_webui/frontend/pyodide"
NOT_OF_THE_EDITOR = ("pyodide", "esbuild", "@esbuild", "@types", "ws")
# What it means that a place does not have what is wanted.
UNANSWERED = (
    OSError,
    http.client.HTTPException,
    subprocess.CalledProcessError,
    zipfile.BadZipFile,
    KeyError,
)
UNREACHABLE = 75  # EX_TEMPFAIL: try again later


def main() -> None:
    """Bring .venv/pyodide up to date, all of it or nothing."""
    CACHE.mkdir(exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=CACHE, prefix="fresh-"))
    try:
        installed = install(fresh / "npm")
        site = fresh / "site"
        site.mkdir()
        bundle_editor(installed, site)
        compiled = take_pyodide(installed / "node_modules" / "pyodide", site)
        write_notice(installed, site, compiled)
        shutil.rmtree(SITE, ignore_errors=True)
        site.rename(SITE)
    finally:
        shutil.rmtree(fresh)


def install(folder: Path) -> Path:
    """Let npm install what is pinned, held to the hashes in the lock file."""
    try:
        return npm.install(PINNED, folder)
    except subprocess.CalledProcessError as error:
        if "EINTEGRITY" in error.stderr:
            sys.exit(f"A package of npm is not the one that was pinned:\n{error.stderr}")
        unreachable("the npm registry", error.stderr)


def bundle_editor(installed: Path, site: Path) -> None:
    """Make one file of the editor and all that it imports."""
    script = npm.esbuild(installed, "editor.mjs", "--bundle", "--format=esm", "--target=es2022")
    (site / "editor.js").write_text(script, "utf-8")


def take_pyodide(package: Path, site: Path) -> dict[str, str]:
    """Copy Pyodide's core, fetch the wheels that its lock names, and compile what cells import.

    Returns what `compile_imported` does.
    """
    for name in CORE:
        shutil.copy(package / name, site)
    lock = json.loads((package / "pyodide-lock.json").read_text())
    wanted = {name: lock["packages"][name] for name in with_dependencies(lock, PACKAGES)}
    version = json.loads((package / "package.json").read_text())["version"]
    fetch_wheels({entry["file_name"]: entry["sha256"] for entry in wanted.values()}, version, site)
    lock["packages"] = wanted | dict(pure_entries(site))
    write_json(lock, site / "pyodide-lock.json")
    compiled = compile_imported(site)
    for entry in lock["packages"].values():
        entry["sha256"] = wheels.digest(site / entry["file_name"])
    write_json(lock, site / "pyodide-lock.json")
    return compiled


def compile_imported(site: Path) -> dict[str, str]:
    """Compile what most cells import; return which files that changed, with the hashes before."""
    before = {file: wheels.digest(file) for file in site.iterdir()}
    program = [str(PINNED / name) for name in ("run.mjs", "bytecode.py")]
    subprocess.run([*npm.NODE, program[0], str(site), program[1]], check=True)
    return {file.name: old for file, old in before.items() if wheels.digest(file) != old}


def write_json(content: dict, file: Path) -> None:
    """Write what machines read so that people can read it, too."""
    file.write_text(json.dumps(content, indent=1) + "\n")


def with_dependencies(lock: dict, names: list[str]) -> list[str]:
    """Return the names of packages and of all that they depend on."""
    found: dict[str, None] = {}

    def visit(name: str) -> None:
        if name not in found:
            found[name] = None
            for other in lock["packages"][name]["depends"]:
                visit(other)

    for name in names:
        visit(name)
    return sorted(found)


def fetch_wheels(hashes: dict[str, str], version: str, site: Path) -> None:
    """Write the wheels to a folder, from the first place that has them."""
    report = []
    for place in (from_release, from_carrier):
        try:
            for file, content in place(hashes, version):
                check(file, content, hashes[file], place.__name__)
                (site / file).write_bytes(content)
            return
        except UNANSWERED as error:
            report.append(f"{place.__name__}: {error}")
    unreachable("neither Pyodide's release nor PyPI", "\n".join(report))


def from_release(hashes: dict[str, str], version: str) -> Iterator[tuple[str, bytes]]:
    """Yield each wheel from Pyodide's own release."""
    for file in hashes:
        address = RELEASE.format(version=version, file=file)
        with urllib.request.urlopen(address, timeout=20) as answer:
            yield file, answer.read()


def from_carrier(hashes: dict[str, str], version: str) -> Iterator[tuple[str, bytes]]:
    """Yield each wheel out of the package on PyPI that carries copies."""
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "download"]
        options = ["--no-deps", "--only-binary=:all:"]
        subprocess.run(
            # It is not installed, so it need not fit this Python.
            [*pip, *options, "--ignore-requires-python", "--dest", folder, CARRIER],
            check=True,
            capture_output=True,
        )
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as carrier:
            for file in hashes:
                yield file, carrier.read(f"{FOLDER}/{file}")


def pure_entries(site: Path) -> Iterator[tuple[str, dict]]:
    """Let pip make wheels of what pure.txt names, and yield their entries in the lock file."""
    before = set(site.glob("*.whl"))
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "wheel"]
    command = [*pip, "--no-deps", "--no-build-isolation", "--require-hashes"]
    done = subprocess.run(
        [*command, "--wheel-dir", str(site), "--requirement", str(PINNED / "pure.txt")],
        capture_output=True,
        text=True,
    )
    if "DO NOT MATCH THE HASHES" in done.stderr:
        sys.exit(done.stderr)
    if done.returncode:
        unreachable("PyPI", done.stderr)
    for wheel in sorted(set(site.glob("*.whl")) - before):
        yield wheels.entry(wheel, DEPENDS.get(wheel.name.split("-")[0], []))


def write_notice(installed: Path, site: Path, compiled: dict[str, str]) -> None:
    """Name each file, under which licences it is, and its hash; and of what it is made."""
    lock = json.loads((installed / "package-lock.json").read_text())["packages"]
    packages = {path.removeprefix("node_modules/"): one for path, one in lock.items() if path}
    editor = {name: one for name, one in packages.items() if not name.startswith(NOT_OF_THE_EDITOR)}
    notice = {}
    for file in sorted(site.iterdir()):
        of_npm = editor.values() if file.name == "editor.js" else [packages["pyodide"]]
        licences = [licence(file)] if file.suffix == ".whl" else [one["license"] for one in of_npm]
        notice[file.name] = {
            "licences": sorted(set(licences)),
            "sha256": wheels.digest(file),
        }
    for name, before in compiled.items():
        notice[name]["compiled from sha256"] = before
    for file in ("pyodide.asm.wasm", "python_stdlib.zip"):
        notice[file]["licences"].append("PSF-2.0")  # CPython
    notice["editor.js"]["made of"] = [f"{name} {one['version']}" for name, one in editor.items()]
    texts = [
        f"{name} {one['version']}\n\n" + (installed / "node_modules" / name / "LICENSE").read_text()
        for name, one in editor.items()
    ]
    (site / "editor.LICENSES.txt").write_text("\n\n".join(texts))
    write_json(notice, site / "notice.json")


def licence(wheel: Path) -> str:
    """Return the licence that a wheel names."""
    with zipfile.ZipFile(wheel) as files:
        (name,) = (one for one in files.namelist() if one.endswith(".dist-info/METADATA"))
        described = email.message_from_bytes(files.read(name))
    classes = [one for one in described.get_all("Classifier", []) if one.startswith("License")]
    return (
        described["License-Expression"]
        or ", ".join(one.rpartition(" :: ")[2] for one in classes)
        or described["License"].splitlines()[0]
    )


def check(file: str, content: bytes, expected: str, place: str) -> None:
    """End with both hashes, if a wheel is not the one that Pyodide's lock file names."""
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        sys.exit(
            f"{file} {place.replace('_', ' ')} is not the file that Pyodide's lock names.\n"
            f"  expected sha256 {expected}\n  found sha256    {found}"
        )


def unreachable(place: str, report: str) -> NoReturn:
    """Say that this must wait, and end with a status of its own."""
    print(
        f"Python for the pages was not fetched ({place} could not be reached): the book is built "
        "without the buttons that run cells in the page. The next `make` tries again."
    )
    (CACHE / "report.txt").write_text(report)
    shutil.rmtree(SITE, ignore_errors=True)  # of other versions, if it is there
    sys.exit(UNREACHABLE)


if __name__ == "__main__":
    main()
