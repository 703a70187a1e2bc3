"""A module is read in one sitting, a function on one screen."""

import ast
from collections.abc import Iterator

import pytest
from tests.house.tree import SOURCE, broken, idle, modules, parsed, told

MODULE_LINES = 400
FUNCTION_LINES = 60

LONG_MODULES: dict[str, str] = {}
"""Modules that may be longer, each with its reason."""


LONG_FUNCTIONS = ("store/sql/migrations/",)
"""A migration writes down one whole schema, in order, and is never edited again."""


def long_functions(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield f"{node.lineno} {node.name} has {lines} lines"


def test_no_module_is_longer_than_400_lines() -> None:
    long = []
    for name, _ in modules(SOURCE):
        lines = len((SOURCE / name).read_text("utf-8").splitlines())
        if lines > MODULE_LINES and name not in LONG_MODULES:
            long.append(f"{name} has {lines} lines")
    assert not long, told(long, f"Split by journey or by thing; a module has at most {MODULE_LINES} lines.")
    assert not idle(SOURCE, (*LONG_MODULES, *LONG_FUNCTIONS)), "Take what is gone off the lists."


def test_no_function_is_longer_than_60_lines() -> None:
    long = broken(long_functions, SOURCE, but=LONG_FUNCTIONS)
    assert not long, told(long, "Name the steps and give each its own function; 60 lines are one screen.")


@pytest.mark.parametrize(("statements", "faults"), [(59, 0), (60, 1)])
def test_the_rule_counts_every_line_of_a_function(statements: int, faults: int) -> None:
    source = "class House:\n    async def open(self):\n" + "        self.step()\n" * statements
    assert len(list(long_functions(parsed(source)))) == faults
