"""What the pages name exists: files, classes, functions, tests behind decisions, operations served."""

import ast
import asyncio
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from tests.conftest import OpenBank
from tests.docs.pages import PAGES
from tests.examples.served_bank import ROOT

from aldaba.contract import load

SOURCE = ROOT / "src" / "aldaba"
ARCHITECTURE = ROOT / "docs" / "architecture.md"
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))

_FILE = re.compile(r"[A-Za-z0-9_/]+\.(?:py|yaml)")
_NAME = re.compile(r"[A-Z][A-Za-z]+(?:\.[A-Za-z_]+)?|[a-z]+(?:_[a-z0-9]+)+")
ON_THE_WIRE = {"bloqued_user", "usertype_error"}


def said(text: str) -> set[str]:
    """What is in code type, fences apart."""
    return set(re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)))


@cache
def defined() -> frozenset[str]:
    """Every class, function, method, attribute of a class and alias of the package: ``Login.log_in``."""
    return frozenset(
        name for path in SOURCE.rglob("*.py") for name in _defined_in(ast.parse(path.read_text("utf-8")))
    )


def _defined_in(module: ast.Module) -> Iterator[str]:
    for node in module.body:
        yield from _names(node)
        if isinstance(node, ast.ClassDef):
            yield from (f"{node.name}.{name}" for inner in node.body for name in _names(inner))


def _names(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case _:
            pass


def test_every_file_named_in_the_architecture_exists() -> None:
    named = {name for name in said(ARCHITECTURE.read_text("utf-8")) if _FILE.fullmatch(name)}
    assert len(named) > 25
    assert not [name for name in named if not (SOURCE / name).is_file()]


def test_every_class_and_function_named_in_the_architecture_exists() -> None:
    named = {name for name in said(ARCHITECTURE.read_text("utf-8")) if _NAME.fullmatch(name)} - ON_THE_WIRE
    assert len(named) > 50
    modules = {path.stem for path in SOURCE.rglob("*.py")} | {path.name for path in SOURCE.iterdir()}
    attributes = {name.partition(".")[2] for name in defined()}
    assert not sorted(named - defined() - modules - attributes)


def test_files_named_elsewhere_exist_too() -> None:
    places = (ROOT, SOURCE)
    for page in PAGES:
        for name in said(page.read_text("utf-8")):
            if re.fullmatch(r"(?:src|tests|docs|examples|vectors|\w+)/[\w/.-]+\.(?:py|yaml|json|md)", name):
                made_by_running = name.startswith(("var/", "build/"))
                assert made_by_running or any((place / name).exists() for place in places), (page.name, name)


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_ends_with_a_guard_that_exists(page: Path) -> None:
    *_, last = page.read_text("utf-8").rstrip().splitlines()
    assert last.startswith("Enforced by: "), page.name
    guards = re.findall(r"`((?:tests/|pyproject)[^`]+)`", last)
    assert guards, page.name
    for guard in guards:
        file, _, name = guard.partition("::")
        assert (ROOT / file).is_file(), guard
        assert not name or re.search(
            rf"^(?:class|def|async def) {name}\b", (ROOT / file).read_text("utf-8"), re.MULTILINE
        )


def test_decisions_have_a_number_each_and_say_it() -> None:
    numbers = [int(page.name[:4]) for page in DECISIONS]
    assert len(numbers) == len(set(numbers))
    titles = [page.read_text("utf-8").splitlines()[0] for page in DECISIONS]
    assert all(title.startswith(f"# {number}. ") for number, title in zip(numbers, titles, strict=True))


def test_the_readme_names_the_operations_that_are_served(open_bank: OpenBank) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    section = readme.partition("## What this release answers\n")[2].partition("\n## ")[0]
    served = said(section) & set(load().operations)
    paths = {load().operation(name).path: name for name in load().operations}
    assert served == {paths[path] for path in _answered(open_bank, paths)}


def _answered(open_bank: OpenBank, paths: dict[str, str]) -> list[str]:
    async def ask() -> list[str]:
        async with open_bank() as bank:
            return [path for path in paths if (await bank.http.delete(path)).status_code == 405]

    return asyncio.run(ask())


def test_a_name_that_is_gone_is_seen() -> None:
    assert "Login.log_in" in defined()
    assert "AccessProfile.lock" in defined()
    assert "Login.sign_in" not in defined()
