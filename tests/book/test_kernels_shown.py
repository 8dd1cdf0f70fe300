"""Where a lesson has built a function by hand, it shows the package's own, read from the source.

That this is the code that runs is for tests/package/test_kernels.py to say.
"""

import ast
import importlib
import inspect

import pytest
from support import pages

# What each lesson builds by hand.
SHOWN = {
    "1-probabilities/sigmoid": ["sigmoid_kernel"],
    "1-probabilities/argmax": ["hardmax_kernel"],
    "1-probabilities/softmax": ["softmax_kernel"],
    "1-probabilities/temperature": ["subtract_max"],
    "2-mathematics/jacobian": ["softmax_vjp_kernel"],
    "2-mathematics/stability": ["log_softmax_kernel", "sum_without_max", "logsumexp_kernel"],
    "2-mathematics/cross-entropy": [
        "cross_entropy_kernel",
        "cross_terms",
        "cross_entropy_and_grad_kernel",
    ],
    "4-work/sampling": ["top_k_kernel", "min_p_kernel"],
    "4-work/attention": ["attention_kernel"],
    "4-work/alternatives": ["sparsemax_kernel"],
    "4-work/scale": ["merge_kernel"],
}


def cells_with_source(page):
    """The cells of a page that print the source of functions, each with these functions."""
    found = []
    for cell in pages.code_cells(page):
        tree = ast.parse(cell.source)
        modules = {
            alias.name: node.module
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        names = [
            node.args[0].id
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "getsource"
        ]
        if names:
            functions = [getattr(importlib.import_module(modules[name]), name) for name in names]
            found.append((cell, functions))
    return found


@pytest.mark.parametrize(("page", "names"), SHOWN.items())
def test_a_page_shows_the_code_of_what_it_has_built(page, names):
    cells = cells_with_source(f"book/{page}")
    assert [f.__name__ for _, functions in cells for f in functions] == names


@pytest.mark.parametrize("page", pages.CHAPTERS)
def test_what_a_page_shows_is_the_source(page):
    for cell, functions in cells_with_source(page):
        assert not pages.tags(cell), "nothing of it is hidden, and nbval compares it"
        (output,) = cell.outputs
        assert output.text == "".join(inspect.getsource(f) + "\n" for f in functions)
