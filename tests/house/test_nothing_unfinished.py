"""What is in ``src`` is done; what is not done is not there."""

import re
from collections.abc import Iterator

import pytest
from tests.house.tree import ROOT, SOURCE, told

_MARK = re.compile(r"\b(?:TODO|FIXME|XXX|NotImplementedError)\b")
TEXTS = {".py", ".yaml", ".html", ".css", ".js", ".txt", ".mako", ".toml", ".json"}


def marks(text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        yield from (f"{number} says {found[0]}" for found in _MARK.finditer(line))


def test_no_mark_of_something_unfinished_stands_in_the_source() -> None:
    faults = [
        f"{path.relative_to(ROOT)}:{fault}"
        for path in sorted(SOURCE.rglob("*"))
        if path.suffix in TEXTS and "vendored" not in path.parts
        for fault in marks(path.read_text("utf-8"))
    ]
    assert not faults, told(faults, "Finish it or take it out; plans are kept outside the source.")


@pytest.mark.parametrize("text", ["# TODO later", "x = 1  # FIXME", "# XXX", "raise NotImplementedError"])
def test_the_rule_sees_a_mark(text: str) -> None:
    assert list(marks(text))


@pytest.mark.parametrize("text", ["return NotImplemented", "todos = 3", "XXXL = 1", "a Method of its own"])
def test_the_rule_lets_pass_what_only_looks_like_one(text: str) -> None:
    assert not list(marks(text))
