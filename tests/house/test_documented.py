"""The pages keep step with the house: the two commands, every setting, every decision's guard."""

import re
from collections.abc import Iterable, Iterator

import pytest
from tests.house.tree import ROOT, told

from aldaba.settings import Settings
from aldaba.settings.shape import types_of

CONFIGURATION = ROOT / "docs" / "configuration.md"
DECISIONS = ROOT / "docs" / "decisions"
COMMANDS = ("make serve", "make test")


def unnamed(page: str, names: Iterable[str]) -> Iterator[str]:
    """Names that a page doesn't set in code type."""
    written = set(re.findall(r"`([^`\n]+)`", page))
    yield from (name for name in names if name not in written)


def invented(page: str, names: Iterable[str]) -> Iterator[str]:
    """First cells of a page's tables that look like a setting and are none."""
    known = set(names)
    for cell in re.findall(r"^\|\s*`([a-z_0-9]+(?:\.[a-z_0-9]+)+)`", page, re.MULTILINE):
        if cell not in known:
            yield cell


def guards(page: str) -> list[str]:
    """What a decision says enforces it."""
    return re.findall(r"^(?:\*\*)?Enforced by(?:\*\*)?:?\s*(\S.*)$", page, re.MULTILINE)


def settings() -> list[str]:
    return [name for name, _ in types_of(Settings)]


def test_the_readme_names_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    missing = [command for command in COMMANDS if command not in readme]
    assert not missing, told(missing, "README.md's quick start names just these two commands.")


def test_every_setting_is_on_the_page() -> None:
    assert CONFIGURATION.is_file(), "Write docs/configuration.md: each `section.key`, its default, its sense."
    page = CONFIGURATION.read_text("utf-8")
    missing = list(unnamed(page, settings()))
    assert not missing, told(missing, "docs/configuration.md says each `section.key`; these are not there.")
    gone = list(invented(page, settings()))
    assert not gone, told(gone, "docs/configuration.md has rows for settings that are none (any more).")


def test_every_decision_names_what_enforces_it() -> None:
    pages = sorted(DECISIONS.glob("*.md"))
    assert pages, "docs/decisions/ holds no decision; write NNNN-*.md, each with a line `Enforced by …`."
    silent = [page.name for page in pages if not guards(page.read_text("utf-8"))]
    assert not silent, told(silent, "End each decision with a line `Enforced by` naming the test or tool.")


def test_the_rule_sees_a_setting_that_is_missing_or_gone() -> None:
    page = "| `server.port` | 8080 |\n| `server.colour` | blue |\nserver.host is not in code type"
    assert list(unnamed(page, ["server.port", "server.host"])) == ["server.host"]
    assert list(invented(page, ["server.port", "server.host"])) == ["server.colour"]


def test_settings_are_named_by_section_and_key() -> None:
    assert {"mode", "database.url", "policy.lockout.failures"} <= set(settings())


@pytest.mark.parametrize(
    ("page", "named"),
    [
        ("# 1\n\nEnforced by tests/house/test_acts.py.\n", True),
        ("Enforced by: import-linter\n", True),
        ("**Enforced by** the type checker\n", True),
        ("It is enforced by habit.\n", False),
        ("Enforced by\n", False),
    ],
)
def test_the_rule_reads_a_decisions_guard(page: str, *, named: bool) -> None:
    assert bool(guards(page)) is named
