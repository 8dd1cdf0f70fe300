"""Every numbered equation of the book has a test of the package that holds it up."""

import ast
import re

import pytest
import tomllib
from support import pages

PACKAGE_TESTS = pages.ROOT / "tests" / "package"
TABLE = tomllib.loads((PACKAGE_TESTS / "identities.toml").read_text(encoding="utf-8"))


def labels():
    return [
        label
        for page in pages.WRITTEN
        for label in re.findall(r"\$\$ \((eq-[\w-]+)\)", pages.text(page))
    ]


def test_every_numbered_equation_is_listed_once_and_no_other():
    found = labels()
    assert len(found) == len(set(found)) > 40
    assert set(found) == set(TABLE)


@pytest.mark.parametrize("test", sorted(set(TABLE.values())))
def test_the_test_exists_and_asserts(test):
    file, name = test.split("::")
    tree = ast.parse((PACKAGE_TESTS / file).read_text(encoding="utf-8"))
    (function,) = [
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name
    ]
    assert any(
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.Call) and getattr(node.func, "id", "").startswith("assert_"))
        for node in ast.walk(function)
    )
