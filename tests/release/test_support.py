"""What pyproject.toml says is supported is what is tested, and what readers are told."""

import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import tomllib
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = SETTINGS["project"]
CLASSIFIER = "Programming Language :: Python :: "
PYTHONS = [c.removeprefix(CLASSIFIER) for c in PROJECT["classifiers"] if c.startswith(CLASSIFIER)]
SET_UP = ["3.11", "3.12", "3.13", "3.14"]  # what tools/setup.sh takes
WORKFLOWS = ROOT / ".github" / "workflows"
BINDER, LANES, RELEASE, REPORT = (
    yaml.safe_load((WORKFLOWS / f"{name}.yml").read_text())["jobs"]
    for name in ("binder", "lanes", "release", "report")
)


def sessions(name):
    command = [sys.executable, "-m", "nox", "--list", "--json", "--session", name]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return [session for session in json.loads(done.stdout) if session["name"] == name]


def step(job, name):
    return next(step for step in job["steps"] if step.get("name") == name)


def test_tests_are_found_where_there_is_one_process_alone():
    command = [sys.executable, "-m", "pytest", "-p", "no:xdist", "--collect-only", "-q", __file__]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_tests_of_the_package_ask_before_they_import_what_the_lanes_lack():
    [absent] = re.findall(r'^ABSENT = "(.+)"$', (ROOT / "noxfile.py").read_text(), re.MULTILINE)
    assert "scipy" in absent.split()
    blocked = set(absent.split()) - {"tomllib"}  # with which pytest reads its settings
    collect = (
        f"import sys; sys.modules.update(dict.fromkeys({blocked}))\n"
        "import pytest; sys.exit(pytest.main(['--collect-only', '-q', 'tests/package']))"
    )
    command, here = [sys.executable, "-c", collect], os.environ | {"ABSENT": absent}
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=here)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr


def test_the_set_up_takes_what_is_supported_but_for_the_first():
    assert PYTHONS[1:] == SET_UP


def test_the_pythons_have_no_gap_and_start_where_pip_does():
    assert [f"3.{n}" for n in range(10, 10 + len(PYTHONS))] == PYTHONS
    assert PROJECT["requires-python"] == f">={PYTHONS[0]}"
    assert SETTINGS["tool"]["ruff"]["target-version"] == "py" + PYTHONS[0].replace(".", "")


def test_each_python_has_a_lane_with_the_oldest_and_one_with_the_newest_numpy():
    found = {(lane["python"], lane["call_spec"]["numpy"]) for lane in sessions("package")}
    assert found == set(itertools.product(PYTHONS, ["oldest", "newest"]))
    assert [lane["python"] for lane in sessions("compiled")] == PYTHONS


def test_the_workflow_runs_each_lane():
    assert LANES["package"]["strategy"]["matrix"]["python"] == PYTHONS
    last = LANES["package"]["steps"][-1]
    assert last["run"] == 'nox -s "package-$LANE" "compiled-$LANE"'
    assert last["env"] == {"LANE": "${{ matrix.python }}"}


def test_the_workflow_runs_the_notebooks_on_the_newest_python():
    *_, python, _, nox = LANES["notebooks"]["steps"]
    assert python["with"]["python-version"] == PYTHONS[-1]
    assert nox["run"] == f"nox -s notebooks-{PYTHONS[-1]}"
    assert PYTHONS[-1] in {lane["python"] for lane in sessions("notebooks")}


def test_the_workflow_compares_the_answers_of_jax_on_the_newest_python():
    *_, python, _, nox = LANES["jax"]["steps"]
    assert python["with"]["python-version"] == PYTHONS[-1]
    assert nox["run"] == f"nox -s jax-{PYTHONS[-1]}"
    assert PYTHONS[-1] in {lane["python"] for lane in sessions("jax")}


def test_the_workflow_runs_both_commands_on_each_python_that_the_set_up_takes():
    course = LANES["course"]
    assert course["strategy"]["matrix"]["python"] == SET_UP
    *_, python, book, test, cells, processors = course["steps"]
    assert python["with"]["python-version"] == "${{ matrix.python }}"
    commands = (book["run"], test["run"], cells["run"])
    assert commands == ("make book", "make test", "make cells")
    assert processors["run"] == "make processors"
    assert processors["if"] == f"matrix.python == '{SET_UP[0]}'"
    assert course["env"] == {"PYTHON": "python3"}  # the one that was just put there


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "Makefile"])
def test_readers_are_told_which_pythons_the_set_up_takes(name):
    text = (ROOT / name).read_text()
    assert f"Python {', '.join(SET_UP[:-1])} or {SET_UP[-1]}, make and git" in text


# What `python -c` does, with another version, and the name of whoever is asked to go on.
INTERPRETER = """\
#!/bin/sh
if [ "$1" != -c ]; then echo "${{0##*/}} $@"; exit; fi
exec {real} -c "import sys; sys.version_info = {version}; exec(sys.argv[1])" "$2"
"""


@pytest.mark.parametrize(
    ("here", "chosen", "goes_on"),
    [
        ({"python3": 13}, None, "python3"),
        ({"python3": 13, "python3.11": 11, "python3.12": 12}, None, "python3.11"),
        ({"python3": 10, "python3.14": 14}, None, "python3.14"),
        ({"python3": 15, "python": 12}, None, "python"),
        ({"python3.11": 11, "python3.14": 14}, "python3.14", "python3.14"),
        ({"python3": 10, "python": 15}, None, None),
        ({"python3.11": 11, "python3.10": 10}, "python3.10", None),
        ({"python3.11": 11}, "/no/such/python", None),
    ],
)
def test_the_set_up_takes_whichever_python_it_finds(here, chosen, goes_on, tmp_path):
    for name, minor in here.items():
        program = tmp_path / name
        program.write_text(INTERPRETER.format(real=sys.executable, version=(3, minor, 1)))
        program.chmod(0o755)
    environment = {"PATH": str(tmp_path)} | ({"PYTHON": chosen} if chosen else {})
    command = ["/bin/sh", str(ROOT / "tools" / "setup.sh"), "site"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.stdout == (f"{goes_on} tools/bootstrap.py site\n" if goes_on else "")
    assert done.returncode == (0 if goes_on else 1)
    assert bool(done.stderr) == (not goes_on)
    if not goes_on:
        assert "3.11" in done.stderr
        assert "3.14" in done.stderr


@pytest.mark.parametrize("name", ["README.md", "PACKAGE.md"])
def test_what_readers_are_promised(name):
    [numpy] = map(Requirement, PROJECT["dependencies"])
    [bound] = numpy.specifier
    assert (numpy.name, bound.operator) == ("numpy", ">=")
    text = " ".join((ROOT / name).read_text().split())
    promise = f"Python {PYTHONS[0]} to {PYTHONS[-1]} with NumPy {bound.version} or later"
    assert promise in text


def test_there_is_one_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    newest = re.search(r"^## (\S+) \((\S+)\)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest.groups() == (citation["version"], citation["date-released"])
    assert citation["version"] == PROJECT["version"]


# --- the steps of the workflows that are scripts ----------------------------------------------


@pytest.mark.parametrize(
    ("tag", "status"), [(f"v{PROJECT['version']}", 0), (PROJECT["version"], 1), ("v99.0.0", 1)]
)
def test_a_release_needs_a_tag_that_is_its_version(tag, status):
    script = step(RELEASE["build"], "Compare the tag with the version")["run"]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {"PATH": path, "GITHUB_REF_NAME": tag}
    done = subprocess.run(
        ["bash", "-e", "-c", script], env=environment, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == status, done.stderr
    assert (tag in done.stdout) == bool(status)


@pytest.mark.parametrize(
    ("already", "expected"), [("7", "issue comment 7 --body "), ("", "issue create --title ")]
)
def test_a_report_opens_one_issue(already, expected, tmp_path):
    report = step(REPORT["report"], "Open an issue, or add to the open one")
    gh = tmp_path / "gh"
    gh.write_text('#!/bin/sh\necho "$@" >> "$LOG"\n[ "$2" != list ] || echo "$FOUND"\n')
    gh.chmod(0o755)
    log = tmp_path / "log"
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "LOG": str(log), "FOUND": already}
    inputs = {"TITLE": "It fails", "RESULTS": "package: failure"}
    environment |= report["env"] | inputs | {"RUN": "https://example.org/run"}
    subprocess.run(["bash", "-e", "-c", report["run"]], env=environment, check=True)
    asked, done = log.read_text().splitlines()
    assert asked.startswith("issue list --app github-actions --state open ")
    assert "It fails" in asked
    assert done.startswith(expected)
    assert "package: failure: https://example.org/run" in done


@pytest.mark.parametrize("jobs", [BINDER, LANES], ids=["binder", "lanes"])
def test_what_runs_by_the_calendar_is_reported(jobs):
    others = set(jobs) - {"report"}
    report = jobs["report"]
    assert report["uses"] == "./.github/workflows/report.yml"
    assert set(report["needs"]) == others
    for job in others:
        assert f"needs.{job}.result != 'success'" in report["if"]
        assert f"{job}: ${{{{ needs.{job}.result }}}}" in report["with"]["results"]


def test_the_image_is_built_and_read_each_month():
    assert BINDER["image"]["steps"][-1]["run"] == "python tools/binder.py --image"


# --- who may do what --------------------------------------------------------------------------


def test_only_the_jobs_that_need_it_may_write():
    workflows = {"binder": BINDER, "lanes": LANES, "release": RELEASE, "report": REPORT}
    may_write = {
        (workflow, name, scope)
        for workflow, jobs in workflows.items()
        for name, job in jobs.items()
        for scope, access in job.get("permissions", {}).items()
        if access == "write"
    }
    issues = {(workflow, "report", "issues") for workflow in ("binder", "lanes", "report")}
    assert may_write == {("release", "publish", "id-token"), *issues}


def test_the_job_that_publishes_runs_nothing_of_ours():
    assert not [s for s in RELEASE["publish"]["steps"] if "run" in s or "checkout" in s["uses"]]
