"""What a page names as evidence: tests, settings and source files, found without running anything."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from tests.examples.served_bank import ROOT

from aldaba.settings import load

SOURCE = ROOT / "src" / "aldaba"
SETTINGS = frozenset(load(None, {}).entries())
_SECTIONS = frozenset(name.partition(".")[0] for name in SETTINGS if "." in name)

_TEST = re.compile(r"`(tests/[^`]+::[^`]+)`")
_FILE = re.compile(r"`([a-z_0-9/]+\.(?:py|yaml|txt))`")
_SETTING = re.compile(r"`([a-z_0-9]+(?:\.[a-z_0-9]+)+)`")


def named_tests(text: str) -> list[str]:
    return _TEST.findall(text)


def missing(text: str) -> list[str]:
    """Every test, setting and file that a page names and that does not exist."""
    tests = [name for name in named_tests(text) if not is_test(name)]
    files = [name for name in _FILE.findall(text) if not any((at / name).is_file() for at in (SOURCE, ROOT))]
    settings = [name for name in _settings(text) if name not in SETTINGS]
    return [*tests, *files, *settings]


def named_settings(text: str) -> list[str]:
    return [name for name in _settings(text) if name in SETTINGS]


def _settings(text: str) -> Iterable[str]:
    named = (name for name in _SETTING.findall(text) if not _FILE.fullmatch(f"`{name}`"))
    return (name for name in named if name.partition(".")[0] in _SECTIONS)


def is_test(name: str) -> bool:
    """Whether ``tests/…/test_x.py::Class::test_y`` is there; the class may be left out."""
    path, _, inside = name.partition("::")
    return inside in _tests_of(ROOT / path)


def is_measured(name: str) -> bool:
    """Whether a test is a row of the scorecard."""
    path, _, inside = name.partition("::")
    return "card" in _tests_of(ROOT / path).get(inside, ())


@cache
def _tests_of(path: Path) -> Mapping[str, frozenset[str]]:
    """Each test of a file, with and without its class, and what it takes."""
    if not path.is_file():
        return {}
    module = ast.parse(path.read_text("utf-8"))
    found = dict(_functions(module.body))
    for each in module.body:
        if isinstance(each, ast.ClassDef):
            found |= {
                named: takes
                for name, takes in _functions(each.body)
                for named in (name, f"{each.name}::{name}")
            }
    return found


def _functions(body: list[ast.stmt]) -> Iterator[tuple[str, frozenset[str]]]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node.name, frozenset(given.arg for given in [*node.args.args, *node.args.kwonlyargs])


def sections(text: str) -> dict[str, str]:
    """What stands under each heading of the second level."""
    parts = re.split(r"^## +(.+?)\s*$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def table(text: str) -> list[list[str]]:
    """The rows of every table in a text, without their heads."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("|")
    ]
    rules = [number for number, row in enumerate(rows) if all(re.fullmatch(r":?-+:?", cell) for cell in row)]
    heads = {number - 1 for number in rules} | set(rules)
    return [row for number, row in enumerate(rows) if number not in heads]
