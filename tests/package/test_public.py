"""The public face: names, signatures, docstrings, imports."""

import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from importlib.metadata import metadata, version

import numpy as np
import pytest
from support.docstrings import run_examples, undocumented

import softmax_lessons

NAMES = softmax_lessons.__all__
# What a parameter of that name is in every function of the family: its kind and its default.
FAMILY = {
    "axis": ("positional", -1),
    "temperature": ("keyword", 1.0),
    "where": ("keyword", None),
    "out": ("keyword", None),
    "keepdims": ("keyword", False),
    "weight": ("keyword", None),
    "pos_weight": ("keyword", None),
    "ignore_index": ("keyword", None),
    "reduction": ("keyword", "mean"),
    "label_smoothing": ("keyword", 0.0),
}
HEAVY = ["torch", "matplotlib", "seaborn", "scipy", "importlib.metadata", "numpy.ma"]


def test_public_names():
    assert {"softmax", "log_softmax", "logsumexp", "sigmoid", "hardmax"} <= set(NAMES)
    assert {"cross_entropy", "cross_entropy_and_grad", "one_hot", "min_max"} <= set(NAMES)
    assert {"softmax_jacobian", "softmax_vjp", "softmax_jvp", "check_grad"} <= set(NAMES)
    assert {"log_sigmoid", "softplus", "entropy", "kl_divergence"} <= set(NAMES)
    assert {"binary_cross_entropy", "binary_cross_entropy_and_grad"} <= set(NAMES)
    assert {"log_softmax_vjp", "attention"} <= set(NAMES)
    assert {"top_k", "top_p", "min_p", "sample"} <= set(NAMES)
    assert len(set(NAMES)) == len(NAMES) >= 29


@pytest.mark.parametrize("name", NAMES)
def test_a_parameter_means_the_same_in_the_whole_family(name):
    parameters = inspect.signature(getattr(softmax_lessons, name)).parameters.values()
    kinds = {"positional": "POSITIONAL_OR_KEYWORD", "keyword": "KEYWORD_ONLY"}
    for parameter in parameters:
        if parameter.name in FAMILY:
            kind, default = FAMILY[parameter.name]
            assert (parameter.kind.name, parameter.default) == (kinds[kind], default)
    positional = [p for p in parameters if p.kind is not p.KEYWORD_ONLY]
    required = [p.name for p in positional if p.default is p.empty]
    assert [p.name for p in positional][: len(required)] == required


def test_version():
    assert softmax_lessons.__version__ == version("softmax-lessons")


def test_unknown_attribute():
    with pytest.raises(AttributeError, match="'softmax_lessons' has no attribute 'sotfmax'"):
        _ = softmax_lessons.sotfmax


def test_every_function_has_an_example_that_runs():
    with np.printoptions():
        modules = {sys.modules[getattr(softmax_lessons, name).__module__] for name in NAMES}
        found = set().union(*map(run_examples, modules))
    assert found - {"GradCheck"} == set(NAMES)


@pytest.mark.parametrize(
    ("name", "needs", "public"),
    [
        ("plotting", ["matplotlib"], {"use_style", "bars", "curves"}),
        ("pytorch.training", ["torch"], {"History", "SoftmaxRegression", "fit", "minibatches"}),
        (
            "pytorch.distributed",
            ["torch"],
            {"launch", "own_classes", "parallel_cross_entropy", "token_mean"},
        ),
        ("pytorch.watch._watch", ["torch"], {"watch"}),
        ("pytorch.watch._report", ["torch"], {"Finding", "MisuseError", "Report"}),
        ("pytorch.watch.trainers", ["torch"], {"hugging_face", "lightning"}),
    ],
)
def test_the_examples_of_the_extras_run(name, needs, public):
    for library in needs:
        pytest.importorskip(library)
    module = importlib.import_module(f"softmax_lessons.{name}")
    assert set(module.__all__) == public
    assert run_examples(module) == public


@pytest.mark.parametrize("name", NAMES)
def test_docstrings_are_complete(name):
    assert undocumented(getattr(softmax_lessons, name)) == []


def test_importing_the_package_imports_nothing_heavy():
    code = f"import sys, softmax_lessons; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("module", "library", "extra"),
    [
        ("plotting", "matplotlib", "plotting"),
        ("pytorch", "torch", "torch"),
    ],
)
def test_a_missing_library_is_named_with_its_extra(module, library, extra):
    code = f"""
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name == {library!r}:
            raise ModuleNotFoundError("No module named " + name, name=name)

sys.meta_path.insert(0, Missing())
try:
    import softmax_lessons.{module}
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    expected = f'softmax_lessons.{module} needs {library}: pip install "softmax-lessons[{extra}]"'
    assert done.stdout.strip() == expected


MODULES = [m.name for m in pkgutil.walk_packages(softmax_lessons.__path__, "softmax_lessons.")]


@pytest.mark.parametrize("name", MODULES)
def test_each_module_imports_or_says_which_extra_it_needs(name):
    try:
        importlib.import_module(name)
    except ImportError as error:
        of = re.escape(name.replace("._loops", ".compiled"))  # which imports it when it is used
        library, extra = re.fullmatch(
            rf'{of} needs (\w+): pip install "softmax-lessons\[(\w+)\]"', str(error)
        ).groups()
        wanted = metadata("softmax-lessons").get_all("Requires-Dist")
        assert [w for w in wanted if w.startswith(library) and f'extra == "{extra}"' in w]
