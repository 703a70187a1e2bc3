"""The help desk reads the same in both languages, and what it reads is what the house does."""

import re
from pathlib import Path

import pytest
from tests.house.tree import ROOT

from aldaba.cli.main import cli
from aldaba.domain.lockout import Barrier, Lifter, may_lift
from aldaba.domain.policy import CLASSIC

ENGLISH, SPANISH = ROOT / "docs" / "help-desk.md", ROOT / "docs" / "es" / "mesa-de-ayuda.md"


def shape(page: Path) -> list[str]:
    """Headings by depth, tables by their rows' cells, paragraphs: what must be alike, words left aside."""
    found: list[str] = []
    for line in page.read_text("utf-8").splitlines():
        if line.startswith("#"):
            found.append(line.partition(" ")[0])
        elif line.startswith("|"):
            found.append(f"row of {line.count('|') - 1}")
        elif not line:
            found.append("")
    return found


def code(page: Path) -> list[str]:
    return re.findall(r"`([^`]+)`", page.read_text("utf-8"))


def figures(page: Path) -> list[str]:
    return re.findall(r"\b\d+\b", re.sub(r"\]\([^)]*\)", "]", page.read_text("utf-8")))


def test_both_pages_have_the_same_structure_commands_and_figures() -> None:
    assert shape(ENGLISH) == shape(SPANISH)
    assert code(ENGLISH) == code(SPANISH)
    assert figures(ENGLISH) == figures(SPANISH)


@pytest.mark.parametrize("page", [ENGLISH, SPANISH], ids=lambda page: page.stem)
def test_each_lock_has_its_row_and_each_command_exists(page: Path) -> None:
    rows = re.findall(r"^\| `([^`]+)`(?:,| \|)", page.read_text("utf-8"), re.MULTILINE)
    assert [row for row in rows if row in set(Barrier)] == [barrier.value for barrier in Barrier]
    for command in (one.split() for one in code(page) if one.startswith("aldaba ")):
        group = cli.commands[command[1]]
        assert command[2] in group.commands, command  # type: ignore[attr-defined]  # each of them is a group


def test_the_figures_are_the_policys() -> None:
    lockout = CLASSIC.lockout
    text = ENGLISH.read_text("utf-8")
    for said in (
        f"{lockout.failures} wrong secrets in a row",
        f"within {lockout.day_lock_window_days} days, {lockout.ceiling} failures",
        f"{CLASSIC.challenge.token_failures} wrong responses",
        f"{CLASSIC.card.tries} wrong NIPs",
        f"within {CLASSIC.temporary_pin.life_hours} hours",
        f"after {CLASSIC.session.idle_seconds // 60} minutes",
    ):
        assert said in text, said
    assert (lockout.day_locks, lockout.unused_days, CLASSIC.phone.hold_hours) == (3, 365, 24)


def test_who_lifts_what_is_told_as_it_is() -> None:
    desk = {barrier for barrier in Barrier if may_lift(Lifter.HELP_DESK, barrier)}
    rows = dict(
        re.findall(r"^\| `([^`,]+)`[^|]*\|[^|]*\|([^|]*)\|$", ENGLISH.read_text("utf-8"), re.MULTILINE)
    )
    told = {barrier for barrier in Barrier if "by you" in rows[barrier.value]}
    alone = {barrier for barrier in Barrier if "by itself" in rows[barrier.value]}
    assert told == desk
    assert alone == {barrier for barrier in Barrier if may_lift(Lifter.TIME, barrier)}
