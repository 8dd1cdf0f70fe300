"""The workflows and the citation file are valid, and what they run is pinned."""

import re
import subprocess
import sys

import pages
import pytest

WORKFLOWS = sorted(pages.ROOT.glob(".github/workflows/*.yml"))


def validate(schema, path):
    """Run the checker of schemas on a file."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_there_are_workflows():
    assert WORKFLOWS


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflow_is_valid(path):
    done = validate("vendor.github-workflows", path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit(path):
    for action in re.findall(r"uses:\s*(\S+)", path.read_text()):
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action), action


def test_citation_file_is_valid():
    done = validate("vendor.citation-file-format", pages.ROOT / "CITATION.cff")
    assert done.returncode == 0, done.stdout + done.stderr
