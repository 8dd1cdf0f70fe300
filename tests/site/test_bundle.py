"""The site on a stick: without a network it opens, its cells run, and exercises are checked."""

import json
import os
import subprocess
import sys
import zipfile

import bundle
import pytest
from support import pages

# Runs a command where there is no network but the machine's own address.
CLOSED = ["unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    file = tmp_path_factory.mktemp("bundle") / "lessons.zip"
    bundle.pack(pages.SITE, file)
    return file


def can_be_closed():
    """Tell whether this machine lets a process go without its network."""
    try:
        return subprocess.run([*CLOSED, "true"], check=False).returncode == 0
    except OSError:
        return False


def test_it_holds_the_site_and_a_starter_on_80_megabytes(packed):
    assert packed.stat().st_size < 80e6
    with zipfile.ZipFile(packed) as archive:
        entries = archive.infolist()
    names = [entry.filename for entry in entries]
    for name in ("LICENSE", "README.txt", "start.py", "site/index.html"):
        assert f"softmax-lessons/{name}" in names
    assert names == sorted(names)
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}


def test_the_same_site_makes_the_same_bundle(packed, tmp_path):
    bundle.pack(pages.SITE, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == packed.read_bytes()


def test_a_site_whose_cells_cannot_run_is_not_packed(tmp_path):
    with pytest.raises(SystemExit, match="`make book`, with a network, brings Python"):
        bundle.pack(tmp_path, tmp_path / "lessons.zip")
    assert list(tmp_path.iterdir()) == []


def test_it_works_without_a_network(packed, tmp_path):
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(tmp_path)
    closed = can_be_closed()
    command = [sys.executable, "-m", "support.stick", str(tmp_path / "softmax-lessons")]
    done = subprocess.run(
        [*CLOSED, *command] if closed else command,
        cwd=pages.ROOT / "tests",
        env={**os.environ, "PYTHONPATH": str(pages.ROOT / "book" / "_ext")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    met = json.loads(done.stdout)
    assert met["networks"] == ["lo"] or not closed
    assert met["complaints"] == []
    assert met["first page"].startswith("Learn softmax")
    ended, printed, expected = met["run"]
    assert (ended, printed.strip()) == ("Done.", expected.strip())
    assert met["wrong"][0].startswith("Done. ")
    assert met["wrong"][0].endswith(": one mistake to fix.")
    assert met["right"][0].endswith(": right.")
    assert "mistake" in met["wrong"][1].lower()
    assert "right" in met["right"][1].lower()
