"""Several sittings make one page: nothing measured is lost, and the newest counts."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from tests.scorecard.page import page
from tests.scorecard.sittings import ROOT, Measured, Notebook, Row, Sitting, done_already, standing

MONDAY = Sitting("2026-03-02 08:00:00", "make scorecard", "aaaaaaa", "s1", "2 cores", "long")
TUESDAY = Sitting("2026-03-03 09:00:00", "make scorecard ROWS=walks", "bbbbbbb", "s1", "4 cores", "long")
HERE = "tests/scorecard/test_sittings.py"
CONSTANT = "tests/scorecard/test_constant_time.py"


def measured(
    test: str, sitting: Sitting, *, value: str = "3", kept: bool = True, passed: bool = True
) -> Measured:
    row = Row("Guessing", f"promise of {test}", "≤ 3", value, kept, 1.5)
    return Measured(test, passed and kept, 2.0, (row,), sitting)


def test_the_last_line_of_a_test_counts_and_the_others_stay(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path / "deep" / "card.jsonl")
    for one in (measured("a", MONDAY), measured("b", MONDAY), measured("a", TUESDAY, value="2")):
        notebook.add(one)
    found = notebook.read()
    assert found["a"] == measured("a", TUESDAY, value="2")
    assert found["b"] == measured("b", MONDAY)


def test_a_line_cut_by_an_interruption_costs_that_line_only(tmp_path: Path) -> None:
    file = tmp_path / "card.jsonl"
    notebook = Notebook(file)
    notebook.add(measured("a", MONDAY))
    with file.open("ab") as cut:
        cut.write(msgspec.json.encode(measured("b", MONDAY))[:40])
    notebook.add(measured("c", MONDAY))
    assert set(notebook.read()) == {"a", "c"}


def test_what_is_kept_is_one_line_each(tmp_path: Path) -> None:
    file = tmp_path / "card.jsonl"
    notebook = Notebook(file)
    for sitting in (MONDAY, TUESDAY):
        notebook.add(measured("a", sitting))
    notebook.keep(notebook.read().values())
    assert len(file.read_bytes().splitlines()) == 1
    assert notebook.read() == {"a": measured("a", TUESDAY)}
    assert list(tmp_path.iterdir()) == [file]


def test_rows_of_tests_that_are_gone_leave_the_page() -> None:
    names = (
        f"{HERE}::test_there",
        f"{HERE}::test_renamed",
        "tests/scorecard/test_gone.py::test_x",
        f"{CONSTANT}::x",
    )
    found = {name: measured(name, MONDAY) for name in names}
    seen = [names[0]]
    assert [one.test for one in standing(found, seen, whole_files=True)] == [names[0], names[3]]
    # A run told to look at one test of a file knows nothing of the others.
    assert [one.test for one in standing(found, seen, whole_files=False)] == [names[0], names[1], names[3]]


@pytest.mark.parametrize(
    ("earlier", "again"),
    [
        (measured("a", MONDAY), False),
        (None, True),
        (measured("a", MONDAY, passed=False), True),
        (measured("a", MONDAY, kept=False), True),
        (measured("a", msgspec.structs.replace(MONDAY, form="short")), True),
        (measured("a", msgspec.structs.replace(MONDAY, source="s0")), True),
    ],
)
def test_what_passed_on_the_same_code_in_the_same_form_need_not_be_measured_again(
    earlier: Measured | None, again: bool
) -> None:
    assert done_already(earlier, TUESDAY) is not again


def test_code_with_changes_that_no_commit_has_is_never_the_same_code() -> None:
    changed = msgspec.structs.replace(MONDAY, source="")
    assert not done_already(measured("a", changed), changed)


def test_the_page_says_of_each_row_which_sitting_measured_it() -> None:
    text = page(
        [measured("tests/b.py::t", TUESDAY), measured("tests/a.py::t", MONDAY, value="4", kept=False)]
    )
    lines = text.splitlines()
    assert "Promises kept: 1 of 2." in lines
    assert "| promise of tests/a.py::t | ≤ 3 | 4 | **NO** | `a.py::t` | 1.5 | 1 |" in lines
    assert "| promise of tests/b.py::t | ≤ 3 | 3 | yes | `b.py::t` | 1.5 | 2 |" in lines
    assert "| 1 | 2026-03-02 08:00:00 | long | `make scorecard` | aaaaaaa | 2 cores | 1 | 0:00:02 |" in lines
    assert any(
        line.startswith("| 2 | 2026-03-03 09:00:00 | long | `make scorecard ROWS=walks`") for line in lines
    )


def test_a_failure_does_not_hide_behind_a_row_that_was_kept() -> None:
    text = page(
        [measured("tests/b.py::t", MONDAY, passed=False), Measured("tests/c.py::t", False, 1.0, (), MONDAY)]
    )
    hidden = text.partition("## Broken beside what was measured")[2]
    assert "`tests/b.py::t`" in hidden
    assert "`tests/c.py::t`" in hidden


def test_what_nobody_has_measured_yet_is_named() -> None:
    text = page([measured("tests/b.py::t", MONDAY)], ["tests/a.py::t", "tests/b.py::t"])
    missing = text.partition("## Not measured yet")[2].partition("## ")[0]
    assert "`tests/a.py::t`" in missing
    assert "b.py" not in missing
    assert "Not measured yet" not in page([measured("tests/b.py::t", MONDAY)], ["tests/b.py::t"])


def test_a_bar_in_a_figure_breaks_no_table() -> None:
    (line,) = [
        line for line in page([measured("a|b", MONDAY)]).splitlines() if line.startswith("| promise of")
    ]
    assert "a\\|b" in line


def sit(file: Path, *words: str) -> str:
    """A sitting of its own, short; what it printed."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    command += ["--scorecard", str(file), "--short", *words]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode in {0, 5}, done.stdout + done.stderr
    return done.stdout


def test_two_sittings_fill_one_page_and_the_first_ones_rows_stay(tmp_path: Path) -> None:
    file = tmp_path / "card.md"
    told = sit(file, CONSTANT)
    assert "row 1 of 1, " in told
    assert "kept: comparisons of secrets" in told
    sit(file, "tests/scorecard/test_every_secret_has_a_limit.py", "-k", "every_field")
    text = file.read_text("utf-8")
    assert "Promises kept: 2 of 2." in text
    assert "comparisons of secrets" in text
    assert "fields without limit or reason" in text
    assert f"{CONSTANT} |" in text or f"{CONSTANT}`" in text
    assert "-k every_field" in text
