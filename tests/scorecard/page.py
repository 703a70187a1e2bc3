"""The scorecard as a page: a chapter for each kind of promise, a line for each row, the sittings below."""

from collections.abc import Iterable
from datetime import timedelta

from tests.scorecard.sittings import Measured, Row, Sitting

GROUPS = (
    "Guessing",
    "Once",
    "Durability",
    "Steps and sessions",
    "Secrets",
    "Uniform answers",
    "Hostile input",
    "Load and time",
)
"""The page's chapters, in their order."""


def page(measured: Iterable[Measured], known: Iterable[str] = ()) -> str:
    """Markdown. Rows of one test stand together, in the order they were measured.

    ``known`` are the tests there are: those that nobody has measured yet are named.
    """
    tests = sorted(measured, key=lambda one: one.test)
    sittings = sorted({one.sitting for one in tests}, key=lambda one: one.began)
    number = {sitting: place for place, sitting in enumerate(sittings, 1)}
    rows = [(row, one) for one in tests for row in one.rows]
    kept = sum(row.kept for row, _ in rows)
    lines = [
        "# Scorecard",
        "",
        "What the server promises and what was measured; written by `make scorecard`, every row is a test.",
        "",
        f"Promises kept: {kept} of {len(rows)}.",
        "",
    ]
    for group in GROUPS:
        mine = [_row(row, one, number[one.sitting]) for row, one in rows if row.group == group]
        if mine:
            lines += [f"## {group}", "", "| promise | to reach | measured | kept | test | s | sitting |"]
            lines += ["| --- | --- | --- | --- | --- | --- | --- |", *mine, ""]
    # A row that is not kept fails its test; what else failed must not hide behind rows that were kept.
    broken = [one for one in tests if not one.passed and all(row.kept for row in one.rows)]
    if broken:
        lines += ["## Broken beside what was measured", "", *(f"- `{one.test}`" for one in broken), ""]
    missing = sorted(set(known) - {one.test for one in tests})
    if missing:
        lines += ["## Not measured yet", "", *(f"- `{test}`" for test in missing), ""]
    lines += ["## Sittings", "", "| | began (UTC) | form | command | commit | machine | tests | took |"]
    lines += ["| --- | --- | --- | --- | --- | --- | --- | --- |"]
    lines += [_sitting(number[each], each, tests) for each in sittings]
    return "\n".join(lines) + "\n"


def _row(row: Row, one: Measured, sitting: int) -> str:
    kept = "yes" if row.kept else "**NO**"
    name = one.test.removeprefix("tests/")
    cells = (row.promise, row.reach, row.measured, kept, f"`{name}`", f"{row.seconds:.1f}", str(sitting))
    return f"| {' | '.join(map(_cell, cells))} |"


def _sitting(number: int, sitting: Sitting, tests: Iterable[Measured]) -> str:
    mine = [one for one in tests if one.sitting == sitting]
    took = str(timedelta(seconds=round(sum(one.seconds for one in mine))))
    command = f"`{sitting.command}`"
    cells = (
        str(number),
        sitting.began,
        sitting.form,
        command,
        sitting.commit,
        sitting.machine,
        str(len(mine)),
        took,
    )
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
