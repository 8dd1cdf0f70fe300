"""Python for the pages is taken from the first place that answers, and only with the right hash."""

import hashlib
import json
import re
import sys
import zipfile

import cells
import pyodide
import pytest
from support import pages

CONTENT = b"a wheel"
HASHES = {"a.whl": hashlib.sha256(CONTENT).hexdigest()}


def has(*files):
    def place(hashes, version):
        yield from files

    return place


def fails(hashes, version):
    raise OSError("no network")
    yield


def fetch(monkeypatch, folder, release, carrier):
    monkeypatch.setattr(pyodide, "from_release", release)
    monkeypatch.setattr(pyodide, "from_carrier", carrier)
    monkeypatch.setattr(pyodide, "CACHE", folder)
    monkeypatch.setattr(pyodide, "SITE", folder / "site")
    pyodide.fetch_wheels(HASHES, "314.0.3", folder)


def test_the_release_is_asked_first(monkeypatch, tmp_path):
    fetch(monkeypatch, tmp_path, has(("a.whl", CONTENT)), fails)
    assert (tmp_path / "a.whl").read_bytes() == CONTENT


def test_where_it_does_not_answer_the_carrier_is_asked(monkeypatch, tmp_path):
    fetch(monkeypatch, tmp_path, fails, has(("a.whl", CONTENT)))
    assert (tmp_path / "a.whl").read_bytes() == CONTENT


def test_a_wrong_hash_stops_the_build_with_both_hashes(monkeypatch, tmp_path):
    with pytest.raises(SystemExit) as end:
        fetch(monkeypatch, tmp_path, has(("a.whl", b"another")), has(("a.whl", CONTENT)))
    assert HASHES["a.whl"] in end.value.code
    assert hashlib.sha256(b"another").hexdigest() in end.value.code
    assert not (tmp_path / "a.whl").exists()


def test_with_nothing_to_reach_one_sentence_says_so(monkeypatch, tmp_path, capsys):
    (tmp_path / "site").mkdir()  # of an earlier version
    with pytest.raises(SystemExit) as end:
        fetch(monkeypatch, tmp_path, fails, fails)
    assert end.value.code == pyodide.UNREACHABLE
    said = capsys.readouterr().out
    assert "without the buttons that run cells in the page" in said
    assert said.count("\n") == 1
    assert not (tmp_path / "site").exists()


def test_what_a_package_depends_on_comes_with_it():
    lock = {
        "packages": {"a": {"depends": ["b"]}, "b": {"depends": ["a", "c"]}, "c": {"depends": []}}
    }
    assert pyodide.with_dependencies(lock, ["a"]) == ["a", "b", "c"]
    assert pyodide.with_dependencies(lock, ["c"]) == ["c"]


def test_pure_packages_have_the_versions_that_the_notebooks_use():
    pure = (pyodide.PINNED / "pure.txt").read_text()
    pins = re.findall(r"^(\S+==\S+) --hash=sha256:[0-9a-f]{64}$", pure, re.MULTILINE)
    assert len(pins) == len([line for line in pure.splitlines() if line and line[0] != "#"])
    assert set(pins) <= set((pages.ROOT / "requirements.txt").read_text().splitlines())


def test_what_was_taken_is_what_the_lock_and_the_notice_name():
    folder = cells.FETCHED
    assert folder.is_relative_to(sys.prefix)
    notice = json.loads((folder / "notice.json").read_text())
    files = {file.name for file in folder.iterdir()} - {"notice.json", "editor.LICENSES.txt"}
    assert set(notice) == files
    licences = (folder / "editor.LICENSES.txt").read_text()
    assert all(name in licences for name in notice["editor.js"]["made of"])
    for name, told in notice.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == told["sha256"]
        assert told["licences"]
        assert all(2 < len(licence) < 60 for licence in told["licences"])
    packages = json.loads((folder / "pyodide-lock.json").read_text())["packages"]
    assert {one["file_name"] for one in packages.values()} == {
        f for f in files if f.endswith(".whl")
    }
    for one in packages.values():
        assert notice[one["file_name"]]["sha256"] == one["sha256"]
        assert set(one["depends"]) <= set(packages)


def test_what_each_start_imports_is_bytecode():
    compiled = {
        "python_stdlib.zip": ("typing", "encodings/__init__", "_pyodide/_base"),
        "numpy-*.whl": ("numpy/__init__", "numpy/_core/multiarray"),
        "matplotlib-*.whl": ("matplotlib/pyplot", "matplotlib/backends/backend_svg"),
    }
    for pattern, modules in compiled.items():
        (archive,) = cells.FETCHED.glob(pattern)
        with zipfile.ZipFile(archive) as files:
            names = set(files.namelist())
            code = files.read(f"{modules[0]}.pyc")
        assert code[4:8] == bytes([1, 0, 0, 0])  # no look at a source, nor at its date
        assert {f"{module}.pyc" for module in modules} <= names
        assert not {f"{module}.py" for module in modules} & names
        assert any(name.endswith(".py") for name in names)
        assert not any(name.endswith((".pyi", ".h")) for name in names)


def test_only_what_was_compiled_is_not_the_file_of_its_makers():
    notice = json.loads((cells.FETCHED / "notice.json").read_text())
    archives = [name for name in notice if name.endswith((".whl", ".zip"))]
    compiled = [name for name in archives if "compiled from sha256" in notice[name]]
    for name in archives:
        with zipfile.ZipFile(cells.FETCHED / name) as files:
            assert any(file.endswith(".pyc") for file in files.namelist()) == (name in compiled)
    left = {name.partition("-")[0] for name in archives if name not in compiled}
    assert {"networkx", "pandas", "scipy"} <= left
