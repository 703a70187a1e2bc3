"""The page of standards answers every requirement once, and what it names exists."""

import re

import pytest
from tests.docs.evidence import missing, named_settings, named_tests, sections, table
from tests.examples.served_bank import ROOT

PAGE = (ROOT / "docs" / "standards.md").read_text("utf-8")
SECTIONS = sections(PAGE)
ASVS = table(SECTIONS["OWASP ASVS 5.0"])
STATUSES = ("met", "partly", "yours", "not met")

LEVELS_1_AND_2 = """
1.1:1-2 1.2:1-9 1.3:1-11 1.4:1-3 1.5:1-2 2.1:1-3 2.2:1-3 2.3:1-4 2.4:1-1
3.2:1-2 3.3:1-4 3.4:1-6 3.5:1-5 3.7:1-2 4.1:1-3 4.2:1-1 4.3:1-2 4.4:1-4
5.1:1-1 5.2:1-3 5.3:1-2 5.4:1-3 6.1:1-3 6.2:1-12 6.3:1-4 6.4:1-4 6.5:1-5 6.6:1-3 6.8:1-4
7.1:1-3 7.2:1-4 7.3:1-2 7.4:1-5 7.5:1-2 7.6:1-2 8.1:1-2 8.2:1-3 8.3:1-1 8.4:1-1
9.1:1-3 9.2:1-4 10.1:1-2 10.2:1-2 10.3:1-4 10.4:1-11 10.5:1-5 10.6:1-2 10.7:1-3
11.1:1-2 11.2:1-3 11.3:1-3 11.4:1-4 11.5:1-1 11.6:1-1 12.1:1-3 12.2:1-2 12.3:1-4
13.1:1-1 13.2:1-5 13.3:1-2 13.4:1-5 14.1:1-2 14.2:1-4 14.3:1-3 15.1:1-3 15.2:1-3 15.3:1-7
16.1:1-1 16.2:1-5 16.3:1-4 16.4:1-3 16.5:1-3 17.1:1-1 17.2:1-4 17.3:1-2
""".split()
"""The numbers of the requirements of levels 1 and 2, by section; those of level 3 come after them."""


def test_every_requirement_of_levels_1_and_2_is_answered_once() -> None:
    wanted = []
    for part in LEVELS_1_AND_2:
        section, first, last = re.split("[:-]", part)
        wanted += [f"{section}.{number}" for number in range(int(first), int(last) + 1)]
    answered = [number.strip() for row in ASVS for number in row[0].split(",")]
    assert sorted(answered) == sorted(wanted)


@pytest.mark.parametrize("row", [row for row in ASVS if len(row) == 5], ids=lambda row: row[0])
def test_a_judgement_is_one_of_four_and_what_is_met_is_shown_by_a_test(row: list[str]) -> None:
    status = row[4]
    assert status.startswith(STATUSES)
    if status.startswith("met"):
        assert named_tests(row[3])
    if status.startswith(("partly", "not met")):
        assert len(status) > len("partly: "), "say what is missing"


def test_what_the_page_names_exists() -> None:
    assert missing(PAGE) == []


def test_every_difference_from_nist_names_what_decides_it() -> None:
    rows = table(SECTIONS["NIST SP 800-63B-4"])
    assert len(rows) >= 10
    for row in rows:
        assert len(row) == 5
        assert all(row)
        assert named_settings(row[2]) or ".py`" in row[2] or "AAL" in row[0]


def test_every_line_about_the_regulator_is_to_be_confirmed() -> None:
    rows = table(SECTIONS["CNBV"])
    assert rows
    for row in rows:
        assert row[4] == "to be confirmed by the bank"
        assert named_settings(row[2])
        assert named_tests(row[3])


def test_every_setting_said_to_come_from_the_regulator_has_a_line() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    said = {row[0].strip("`") for row in table(page) if len(row) == 4 and "CNBV" in row[3]}
    assert said <= set(named_settings(SECTIONS["CNBV"]))
