"""Whoever silences a linter or a type checker says why, on the same line."""

import re

import pytest
from tests.house.tree import ROOT

FOLDERS = ("src", "tests", "bench", "cluster", "examples", "sdk/python")
SILENT = re.compile(
    r"#\s*(?:type:\s*ignore(?:\[[a-z, -]*\])?|noqa(?::\s*[A-Z]+[0-9]+(?:,\s*[A-Z]+[0-9]+)*)?)\s*$"
)


def without_reason(text: str) -> list[int]:
    """Numbers of the lines that end with an opt-out and nothing after it."""
    return [number for number, line in enumerate(text.splitlines(), 1) if SILENT.search(line)]


def test_every_opt_out_has_its_reason() -> None:
    faults = [
        f"{path.relative_to(ROOT)}:{number}"
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path.name != "test_opt_outs.py"
        for number in without_reason(path.read_text("utf-8"))
    ]
    assert not faults, "Say why behind it: `# noqa: X - why`, `# type: ignore[x]  # why`."


@pytest.mark.parametrize(
    ("line", "silent"),
    [
        ("x = 1  # noqa: E501", True),
        ("x = 1  # noqa", True),
        ("x = 1  # type: ignore[misc]", True),
        ("x = 1  # type: ignore", True),
        ("x = 1  # noqa: S603, S607", True),
        ("x = 1  # noqa: E501 - a table reads better whole", False),
        ("x = 1  # type: ignore[misc]  # ships no types", False),
        ("x = 1", False),
    ],
)
def test_the_rule_sees_an_opt_out_without_reason(line: str, silent: bool) -> None:
    assert bool(without_reason(line)) is silent
