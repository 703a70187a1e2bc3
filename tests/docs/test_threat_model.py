"""The threat model is whole, and what it names exists."""

import re

import pytest
from tests.docs.evidence import is_measured, missing, named_tests, sections, table
from tests.examples.served_bank import ROOT

PAGE = (ROOT / "docs" / "threat-model.md").read_text("utf-8")
SECTIONS = sections(PAGE)
ASSETS = [row[0] for row in table(SECTIONS["Assets"])]
ATTACKERS = [row[0] for row in table(SECTIONS["Attackers"])]
MARK = "¹"


def test_the_model_names_the_attackers_and_assets_it_was_made_for() -> None:
    assert {"Network", "Gateway operator", "Stolen database", "Stolen backup"} <= set(ATTACKERS)
    assert {"Malicious operator", "Malicious application", "SIM swapper"} <= set(ATTACKERS)
    assert len(ASSETS) == len(set(ASSETS)) == 7


@pytest.mark.parametrize("attacker", ATTACKERS)
def test_every_attacker_has_a_row_for_every_asset(attacker: str) -> None:
    assert [row[0] for row in table(SECTIONS[attacker])] == ASSETS


@pytest.mark.parametrize("attacker", ATTACKERS)
def test_every_row_is_filled_and_shown_by_a_test(attacker: str) -> None:
    for row in table(SECTIONS[attacker]):
        assert len(row) == 5
        assert all(row)
        assert named_tests(row[3])
        # What neither something stops nor the last column admits would be forgotten.
        assert row[2] != "–" or row[4] != "–"


def test_what_the_page_names_exists() -> None:
    assert missing(PAGE) == []


def test_what_is_called_a_row_of_the_scorecard_is_one_and_nothing_else_is() -> None:
    called = set(re.findall(rf"{MARK}`([^`]+)`", PAGE))
    assert called == {name for name in named_tests(PAGE) if is_measured(name)}


@pytest.mark.parametrize(
    "named",
    [
        "`tests/races/test_used_once.py::test_that_is_not_there`",
        "`tests/races/test_nothing.py::test_a`",
        "`policy.lockout.patience`",
        "`domain/nothing.py`",
    ],
)
def test_a_name_that_is_gone_would_be_seen(named: str) -> None:
    assert missing(f"a | {named} | b") == [named.strip("`")]
