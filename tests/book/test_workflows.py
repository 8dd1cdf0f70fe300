"""The workflows and the citation file are valid; what workflows run is pinned and may do little."""

import os
import re
import subprocess
import sys

import audit
import pytest
import tomllib
import yaml
from support import pages

FOLDER = pages.ROOT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.y*ml"))
every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
PAGES_IS_ON = "needs.pages.outputs.address != ''"
SAFE = """\
name: safe
on: [issues]
permissions: {}
jobs:
  safe:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1
        with:
          persist-credentials: false
      - run: echo "$TITLE"
        env:
          TITLE: ${{ github.event.issue.title }}
"""
# One line of the above, as people write it.
FAULTS = {
    "all rights": ("permissions: {}", "permissions: write-all"),
    "rights left open": ("permissions: {}\n", ""),
    "tag": ("@3d3c42e5aac5ba805825da76410c181273ba90b1", "@v7"),
    "credentials": ("persist-credentials: false", "fetch-depth: 1"),
    "foreign text": ('echo "$TITLE"', "echo ${{ github.event.issue.title }}"),
    "foreign code": ("on: [issues]", "on: pull_request_target"),
}


def validate(schema, path):
    """Run the checker of schemas on a file."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_there_are_workflows():
    assert WORKFLOWS


@every_workflow
def test_workflow_is_valid(path):
    done = validate("vendor.github-workflows", path)
    assert done.returncode == 0, done.stdout + done.stderr


@every_workflow
def test_actions_are_pinned_by_commit(path):
    for action in re.findall(r"uses:\s*(\S+)", path.read_text()):
        ours = re.fullmatch(r"\./\.github/workflows/[\w-]+\.yml", action)
        assert ours or re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action), action


def test_the_audit_finds_no_fault(capsys):
    assert audit.faults(FOLDER) == "", capsys.readouterr().out


@pytest.mark.parametrize(("line", "wrong"), [("", ""), *FAULTS.values()], ids=["none", *FAULTS])
def test_the_audit_notices_faults(line, wrong, tmp_path, capsys):
    path = tmp_path / "planted.yml"
    path.write_text(SAFE.replace(line, wrong, 1))
    assert bool(audit.faults(path)) == bool(line), capsys.readouterr().out


@every_workflow
def test_each_job_asks_for_the_rights_that_it_needs(path):
    """Every job may read the code at most, unless it says otherwise itself."""
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] in ({}, {"contents": "read"})
    for job in workflow["jobs"].values():
        assert isinstance(job.get("permissions", {}), dict), "name the rights one by one"


@every_workflow
def test_no_expression_stands_in_a_script(path):
    """An expression is pasted into the script before the shell reads it: pass it through `env`."""
    for job in yaml.safe_load(path.read_text())["jobs"].values():
        for step in job.get("steps", []):
            for script in (step.get("run", ""), step.get("with", {}).get("script", "")):
                assert "${{" not in script, script


@pytest.mark.parametrize(
    "secret",
    ["gh" + "p_" + "a1B2c3" * 6, "AKIA" + "IOSFODNN7REALONE", "pass" + "word = 'Tr0ub4dor&3'"],
)
def test_the_audit_notices_secrets(secret, tmp_path, capsys):
    path = tmp_path / "planted.py"
    path.write_text(f"{secret}\n" if " = " in secret else f"key = '{secret}'\n")
    assert audit.secrets([str(path)]), capsys.readouterr().out
    path.write_text("key = 'softmax'\n")
    assert not audit.secrets([str(path)]), capsys.readouterr().out


def test_the_audit_takes_no_notebook_for_a_secret(capsys):
    assert not audit.secrets(["book/1-probabilities/argmax.ipynb"]), capsys.readouterr().out


def test_an_audit_that_gets_no_answer_fails(tmp_path, monkeypatch):
    (tmp_path / "requirements.txt").write_text("numpy==2.0.0\n")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nobody listens there
    said = audit.vulnerabilities(tmp_path / "requirements.txt")
    assert said.startswith("No known vulnerabilities could be looked up")


def test_citation_file_is_valid():
    done = validate("vendor.citation-file-format", pages.ROOT / "CITATION.cff")
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_is_published_whose_tests_were_not_green():
    """The book shows what the notebooks store, so the tests of the same commit go before it."""
    jobs = yaml.safe_load((FOLDER / "book.yml").read_text())["jobs"]
    steps = jobs["test"]["steps"]
    commands = [step["run"].split(" #")[0] for step in steps if "run" in step]
    assert commands == ["make test", "make book", "make pdf"]
    assert "upload-pages-artifact" in steps[-1]["uses"]
    assert {step["if"] for step in steps[-3:]} == {PAGES_IS_ON}  # what is published has its PDF
    assert steps[-1]["with"] == {"path": "_build/html"}
    assert set(jobs["publish"]["needs"]) == {"pages", "test", "notebooks"}
    assert set(jobs["notebooks"]["needs"]) == {"pages", "test"}
    assert jobs["publish"]["if"] == jobs["notebooks"]["if"] == PAGES_IS_ON
    (step,) = jobs["publish"]["steps"]
    assert "deploy-pages" in step["uses"]
    for job in jobs.values():
        assert not any("continue-on-error" in part for part in [job, *job["steps"]])
    elsewhere = [path.name for path in WORKFLOWS if "pages" in path.read_text().lower()]
    assert elsewhere == ["book.yml"]


def script(workflow, job, name):
    """The script of a step."""
    steps = yaml.safe_load((FOLDER / workflow).read_text())["jobs"][job]["steps"]
    return next(step["run"] for step in steps if step.get("name") == name)


@pytest.fixture
def answering(tmp_path):
    """Run a script where `gh` answers what the test says."""

    def run(text, *answers, status=0):
        gh = tmp_path / "gh"
        (tmp_path / "answers").write_text("".join(f"{answer}\n" for answer in answers))
        gh.write_text(
            f"#!/bin/sh\ncd {tmp_path}; head -n 1 answers; sed -i 1d answers; exit {status}\n"
        )
        gh.chmod(0o755)
        told = {"GITHUB_REPOSITORY": "teacher/lessons", "GITHUB_SHA": "0a1b2c", "GH_REPO": "a/b"}
        path = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "GITHUB_OUTPUT": str(tmp_path / "out")}
        (tmp_path / "out").write_text("")
        command = ["bash", "-e", "-o", "pipefail", "-c", text]
        done = subprocess.run(command, env=told | path, capture_output=True, text=True)
        return done.returncode, done.stdout, (tmp_path / "out").read_text()

    return run


@pytest.mark.parametrize(
    ("answer", "status", "code", "said", "address"),
    [
        ("workflow https://course.example.org/", 0, 0, "", "https://course.example.org/"),
        ("legacy https://teacher.github.io/lessons/", 0, 0, "Pages is set to a branch", ""),
        ('{"message": "Not Found", "status": "404"}', 1, 0, "Pages is off. Choose Settings", ""),
        ('{"message": "Server Error", "status": "502"}', 1, 1, "did not say", ""),
    ],
    ids=["on", "branch", "off", "no answer"],
)
def test_where_pages_is_off_a_notice_says_what_to_do(
    answer, status, code, said, address, answering
):
    text = script("book.yml", "pages", "Ask where Pages puts the book")
    found = answering(text, answer, status=status)
    assert found == (code, found[1], f"address={address}\n" if address else "")
    assert said in found[1]
    assert bool(found[1]) == bool(said)


@pytest.mark.parametrize(("answers", "code"), [(["1", "1"], 0), (["1", "0"], 1), (["0", "1"], 1)])
def test_a_release_needs_green_workflows(answers, code, answering):
    done = answering(script("release.yml", "ready", "Ask whether this commit was green"), *answers)
    assert done[0] == code
    assert ("was not green for 0a1b2c" in done[1]) == bool(code)


@pytest.mark.parametrize(("answer", "code"), [("1", 0), ("0", 1)])
def test_a_release_needs_a_person(answer, code, answering):
    name = "Ask whether the environment is protected"
    assert answering(script("release.yml", "ready", name), answer)[0] == code


def test_a_copy_releases_nothing():
    jobs = yaml.safe_load((FOLDER / "release.yml").read_text())["jobs"]
    project = tomllib.loads((pages.ROOT / "pyproject.toml").read_text())["project"]
    original = project["urls"]["Repository"]
    assert jobs["ready"]["if"] == f"github.repository == '{original.split('.com/')[1]}'"
    assert (jobs["build"]["needs"], jobs["publish"]["needs"]) == ("ready", "build")
    assert jobs["publish"]["environment"] == "pypi"
    citation = yaml.safe_load((pages.ROOT / "CITATION.cff").read_text())
    assert citation["repository-code"] == original


@pytest.mark.parametrize("name", ["book.yml", "lanes.yml"])
def test_a_branch_runs_once_whatever_the_default_is_called(name):
    workflow = yaml.safe_load((FOLDER / name).read_text())
    assert "branches" not in (workflow[True]["push"] or {})  # YAML takes `on` for a yes
    guarded = [job.get("if", "") for job in workflow["jobs"].values()]
    assert any("github.event.repository.default_branch" in one for one in guarded)
    assert "refs/heads/main" not in (FOLDER / name).read_text()
    assert "workflow_dispatch" in workflow[True]


def test_gitlab_takes_its_file():
    done = validate("vendor.gitlab-ci", pages.ROOT / ".gitlab-ci.yml")
    assert done.returncode == 0, done.stdout + done.stderr
