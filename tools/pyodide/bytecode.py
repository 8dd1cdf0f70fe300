"""Compile what most cells import, in the archives below /folder; run.mjs runs this.

A browser spends more than half of a start of Python on compiling, each time. Bytecode is more to
download than its source, so the source goes, which only tracebacks show, with it what is for
compilers and type checkers, and of Python's own modules the docstrings, and assertions with them.
run.mjs leaves out columns. RECORD in a wheel stays that of its makers.
"""

import importlib._bootstrap_external as bootstrap
import sys
import zipfile
from importlib.util import source_hash
from pathlib import Path

FOLDER = Path("/folder")
STDLIB, SITE = sys.path[1], sys.path[-1]
NOT_FOR_PAGES = (".a", ".h", ".pxd", ".pyi")


def imported() -> set[str]:
    """Return the paths of all modules that have been imported."""
    specs = [getattr(module, "__spec__", None) for module in sys.modules.values()]
    return {spec.origin for spec in specs if spec and spec.origin}


def compile_in(archive: Path, place: str, paths: set[str], optimize: int) -> None:
    """Compile those files of an archive that lie at one of the paths, once it is in its place."""
    with zipfile.ZipFile(archive) as old:
        if paths.isdisjoint(f"{place}/{name}" for name in old.namelist()):
            return
        files = {entry: old.read(entry) for entry in old.infolist()}
    with zipfile.ZipFile(archive, "w") as new:
        for entry, content in files.items():
            name, path = entry.filename, f"{place}/{entry.filename}"
            if name.endswith(NOT_FOR_PAGES):
                continue
            if path in paths and name.endswith(".py"):
                code = compile(content, path, "exec", dont_inherit=True, optimize=optimize)
                content = bootstrap._code_to_hash_pyc(code, source_hash(content), checked=False)
                name += "c"
            copy = zipfile.ZipInfo(name, entry.date_time)
            copy.external_attr = entry.external_attr
            new.writestr(copy, content, zipfile.ZIP_DEFLATED, compresslevel=9)


# What every start imports: modules for Python in a browser, for NumPy, for kernel.py and for ours.
for name in ("ast", "gettext", "inspect", "json", "linecache", "numpy", "textwrap", "traceback"):
    __import__(name)
compile_in(FOLDER / "python_stdlib.zip", STDLIB, imported(), optimize=2)

# And what each drawing does: the backend of the pages is made from this one.
import matplotlib.backends.backend_svg  # noqa: E402
import matplotlib.pyplot  # noqa: E402, F401

paths = imported()
for wheel in FOLDER.glob("*.whl"):
    compile_in(wheel, SITE, paths, optimize=0)
