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
from softmax_lessons import activations, gradients, losses, normalizers

SIGNATURES = {
    "sigmoid": "(x, *, out=None)",
    "softmax": "(x, axis=-1, *, temperature=1.0, where=None, out=None)",
    "log_softmax": "(x, axis=-1, *, temperature=1.0, where=None)",
    "logsumexp": "(x, axis=-1, *, keepdims=False, where=None)",
    "hardmax": "(x, axis=-1)",
    "normalize_by_sum": "(x, axis=-1)",
    "normalize_by_abs": "(x, axis=-1)",
    "normalize_by_square": "(x, axis=-1)",
    "normalize_by_relu": "(x, axis=-1)",
    "min_max": "(x, axis=-1)",
    "one_hot": "(labels, n_classes, *, dtype=<class 'numpy.float64'>)",
    "cross_entropy": "(logits, target, axis=-1, *, reduction='mean', label_smoothing=0.0)",
    "cross_entropy_and_grad": (
        "(logits, target, axis=-1, *, reduction='mean', label_smoothing=0.0, out=None)"
    ),
    "softmax_jacobian": "(x, axis=-1)",
    "softmax_vjp": "(p, g, axis=-1, *, out=None)",
    "softmax_jvp": "(p, v, axis=-1, *, out=None)",
    "check_grad": "(f, grad, x, *, eps=None, rtol=None, atol=None)",
}
HEAVY = ["torch", "matplotlib", "seaborn", "scipy", "importlib.metadata", "numpy.ma"]


def without_annotations(function):
    signature = inspect.signature(function)
    bare = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=signature.empty))


def test_public_names():
    assert set(softmax_lessons.__all__) == set(SIGNATURES)


@pytest.mark.parametrize("name", SIGNATURES)
def test_signature(name):
    assert without_annotations(getattr(softmax_lessons, name)) == SIGNATURES[name]


def test_version():
    assert softmax_lessons.__version__ == version("softmax-lessons")


def test_unknown_attribute():
    with pytest.raises(AttributeError, match="'softmax_lessons' has no attribute 'sotfmax'"):
        _ = softmax_lessons.sotfmax


def test_every_function_has_an_example_that_runs():
    with np.printoptions():
        found = set().union(*map(run_examples, [activations, gradients, losses, normalizers]))
    assert found - {"GradCheck"} == set(SIGNATURES)


@pytest.mark.parametrize(
    ("name", "needs", "public"),
    [
        ("plotting", ["matplotlib", "seaborn"], {"use_style", "bars", "curves"}),
        ("pytorch", ["torch"], {"History", "SoftmaxRegression", "fit", "minibatches"}),
    ],
)
def test_the_examples_of_the_extras_run(name, needs, public):
    for library in needs:
        pytest.importorskip(library)
    module = importlib.import_module(f"softmax_lessons.{name}")
    assert set(module.__all__) == public
    assert run_examples(module) == public


@pytest.mark.parametrize("name", SIGNATURES)
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
        ("plotting", "seaborn", "plotting"),
        ("pytorch", "torch", "torch"),
    ],
)
def test_a_missing_library_is_named_with_its_extra(module, library, extra):
    code = f"""
import sys
from types import ModuleType

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name == {library!r}:
            raise ModuleNotFoundError("No module named " + name, name=name)

if {library!r} == "seaborn":  # which is asked for second
    sys.modules["matplotlib"] = sys.modules["matplotlib.pyplot"] = ModuleType("matplotlib")
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
        library, extra = re.fullmatch(
            rf'{re.escape(name)} needs (\w+): pip install "softmax-lessons\[(\w+)\]"', str(error)
        ).groups()
        wanted = metadata("softmax-lessons").get_all("Requires-Dist")
        assert [w for w in wanted if w.startswith(library) and f'extra == "{extra}"' in w]
