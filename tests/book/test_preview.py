"""`make preview` says what to look at, and does not hide what it has warned of."""

import os
import subprocess
import time

import preview
import pytest

WARNING = "\x1b[91m{root}/book/a.ipynb:10002: WARNING: undefined label: 'eq-a'\x1b[39;49;00m\n"


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of two pages, and a Sphinx that writes those whose doctree it lacks."""
    root = tmp_path / "course with space"
    (root / "book" / "_ext").mkdir(parents=True)
    for name in ("_config.yml", "_toc.yml", "book/a.ipynb", "book/b.md", "book/_ext/status.py"):
        (root / name).write_text(name)
    folder = root / "_build" / "preview"
    monkeypatch.setattr(preview, "ROOT", root)
    for name, path in {"PREVIEW": "", "STAMP": "stamp"}.items():
        monkeypatch.setattr(preview, name, folder / path)
    monkeypatch.setattr(preview, "SITE", folder / "html")
    monkeypatch.setattr(preview, "TREES", folder / "trees")
    monkeypatch.setattr(preview, "ALWAYS", "book/b")

    def sphinx(command, **options):
        said = ""
        for page in ("a.ipynb", "b.md"):
            source = root / "book" / page
            tree = folder / "trees" / "book" / source.with_suffix(".doctree").name
            html = folder / "html" / "book" / source.with_suffix(".html").name
            if not tree.exists() or tree.stat().st_mtime < source.stat().st_mtime:
                for file in (tree, html):
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_text(page)
                if "broken" in source.read_text():
                    said += WARNING.format(root=root)
        return subprocess.CompletedProcess(command, sphinx.status, "", said)

    sphinx.status = 0
    monkeypatch.setattr(preview.subprocess, "run", sphinx)
    return root, sphinx


def edit(file, text):
    """Write a file, as of later than everything that is there."""
    time.sleep(0.02)
    file.write_text(text)


def shown(capsys):
    """Make a preview; return what it prints, without the address of the folder."""
    time.sleep(0.02)
    preview.main()
    said = capsys.readouterr()
    pages = [line.rpartition("/")[2] for line in said.out.splitlines() if "file://" in line]
    return pages, said.out, said.err


def test_every_page_once_and_then_those_that_have_changed(course, capsys):
    root, _ = course
    pages, out, _ = shown(capsys)
    assert pages == ["a.html", "b.html"]
    assert out.startswith("Every page is built this once")
    assert "course%20with%20space" in out
    _, out, _ = shown(capsys)
    assert out.startswith("Nothing has changed since the last preview: file://")
    edit(root / "book" / "a.ipynb", "a word")
    pages, out, _ = shown(capsys)
    assert pages == ["a.html", "b.html"]
    assert "Every page" not in out
    edit(root / "book" / "b.md", "a word")
    pages, *_ = shown(capsys)
    assert pages == ["b.html"]


@pytest.mark.parametrize("file", ["_config.yml", "_toc.yml", "book/_ext/status.py"])
def test_a_change_of_the_machinery_starts_again(file, course, capsys):
    root, _ = course
    shown(capsys)
    edit(root / file, "other")
    pages, out, _ = shown(capsys)
    assert pages == ["a.html", "b.html"]
    assert out.startswith("Every page is built this once")


def test_a_warning_is_repeated_until_it_is_heard(course, capsys):
    root, _ = course
    shown(capsys)
    edit(root / "book" / "a.ipynb", "broken")
    for _ in range(3):
        pages, out, err = shown(capsys)
        assert "a.html" in pages
        assert "Warnings above: 1. `make book` would fail." in out
        assert err == WARNING.format(root=root)[5:].replace("\x1b[39;49;00m", "")
    edit(root / "book" / "a.ipynb", "right")
    _, out, err = shown(capsys)
    assert err == ""
    assert "would fail" not in out
    _, out, _ = shown(capsys)
    assert "Nothing has changed" in out


def test_a_build_that_fails_is_no_preview(course, capsys):
    root, sphinx = course
    sphinx.status = 1
    for _ in range(2):
        with pytest.raises(SystemExit, match="The preview failed"):
            preview.main()
    assert not (root / "_build" / "preview" / "stamp").exists()


def test_an_edit_during_the_build_counts_for_the_next_one(course, capsys):
    root, _ = course
    start = time.time()
    shown(capsys)
    stamp = root / "_build" / "preview" / "stamp"
    assert (
        start < stamp.stat().st_mtime < os.stat(root / "_build/preview/html/book/a.html").st_mtime
    )
