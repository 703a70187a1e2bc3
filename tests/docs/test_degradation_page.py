"""Each line of what a part's loss means is shown by tests, and they exist."""

import pytest
from tests.docs.evidence import is_measured, missing, named_tests, table
from tests.examples.served_bank import ROOT
from tests.faults.kinds import KINDS

PAGE = (ROOT / "docs" / "degradation.md").read_text("utf-8")
ROWS = table(PAGE)


def test_every_part_has_a_line() -> None:
    lost = " ".join(row[0] for row in ROWS)
    for part in ("node", "PostgreSQL", "Valkey", "SQLite", "time", "key ring", "directory", "risk engine"):
        assert part in lost


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_every_line_is_whole_and_shown_by_a_test(row: list[str]) -> None:
    assert len(row) == 5
    assert all(row)
    assert named_tests(row[4])


def test_what_the_page_names_exists() -> None:
    assert missing(PAGE) == []


def test_the_faults_that_can_be_played_are_named_and_measured() -> None:
    assert [kind for kind in KINDS if f"`{kind}`" not in PAGE] == []
    under_load = [name for name in named_tests(PAGE) if "test_faults_under_load" in name]
    assert len(set(under_load)) == 2
    assert all(is_measured(name) for name in under_load)
