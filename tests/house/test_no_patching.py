"""Tests hand the house its fakes through constructors; nothing is patched behind its back."""

import ast
from collections.abc import Iterator

import pytest
from tests.house.tree import TESTS, broken, dotted, imported, parsed, told

LIBRARIES = ("unittest.mock", "mock", "pytest_mock", "mockito", "flexmock")
PATCHES = frozenset({"setattr", "delattr", "setitem", "delitem"})


def patches(module: ast.Module) -> Iterator[str]:
    names = imported(module)
    for node in ast.walk(module):
        match node:
            case ast.Import(names=aliases):
                yield from _imports(node.lineno, [alias.name for alias in aliases])
            case ast.ImportFrom(module=str(package), names=aliases):
                yield from _imports(node.lineno, [f"{package}.{alias.name}" for alias in aliases])
            case ast.Attribute() if _patches(node) or dotted(node, names) == "unittest.mock":
                yield f"{node.lineno} patches: {ast.unparse(node)}"
            case ast.arg(arg="mocker"):
                yield f"{node.lineno} asks for a mocker"
            case _:
                pass


def _imports(line: int, found: list[str]) -> Iterator[str]:
    for name in found:
        if any(name == library or name.startswith(f"{library}.") for library in LIBRARIES):
            yield f"{line} imports {name}"


def _patches(node: ast.Attribute) -> bool:
    owner = ast.unparse(node.value).lower()
    return node.attr in PATCHES and ("monkeypatch" in owner or owner in {"patch", "mp"})


def test_no_test_patches_anything() -> None:
    faults = broken(patches, TESTS)
    assert not faults, told(
        faults, "Pass a fake that implements the port (tests/fakes.py), or a value, to the constructor."
    )


@pytest.mark.parametrize(
    "source",
    [
        "from unittest.mock import Mock",
        "from unittest import mock",
        "import unittest.mock",
        "import unittest\nunittest.mock.patch('x')",
        "import mock",
        "def test_it(mocker): ...",
        "def test_it(monkeypatch):\n    monkeypatch.setattr(time, 'time', lambda: 0)",
        "def test_it(monkeypatch):\n    monkeypatch.setitem(table, 'a', 1)",
        "with pytest.MonkeyPatch.context() as mp:\n    mp.setattr(a, 'b', 1)",
    ],
)
def test_the_rule_sees_a_patch(source: str) -> None:
    assert list(patches(parsed(source)))


@pytest.mark.parametrize(
    "source",
    [
        "import unittest",
        "from tests.fakes import Clock",
        "def test_it(monkeypatch):\n    monkeypatch.setenv('ALDABA__MODE', 'sandbox')",
        "object.__setattr__(frozen, 'x', 1)",
    ],
)
def test_the_rule_lets_pass_fakes_and_the_environment(source: str) -> None:
    assert not list(patches(parsed(source)))
