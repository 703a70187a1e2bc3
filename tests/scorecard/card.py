"""The scorecard: what the server promises, as tests that measure and a page that tells what they measured.

A test that takes ``card`` is a row or several of it. In ``make test`` it runs in its short form; ``make
scorecard`` runs them all in the long form, one after another, and writes ``docs/scorecard.md``.
"""

import json
import os
import platform
import subprocess
import time
from collections.abc import Generator, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")
ROOT = Path(__file__).parents[2]
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


@dataclass(frozen=True, slots=True)
class Row:
    """One promise, what was to be reached and what was found."""

    group: str
    promise: str
    reach: str
    measured: str
    kept: bool
    test: str
    seconds: float


class Card:
    """What one test tells the scorecard; ``full`` asks for the long form."""

    def __init__(self, rows: list[Row], test: str, *, full: bool) -> None:
        self._rows = rows
        self._test = test
        self._began = time.perf_counter()
        self.full = full

    def either(self, short: T, full: T) -> T:
        """How much of something: the short form's, or the long one's."""
        return full if self.full else short

    def tell(self, group: str, promise: str, *, reach: object, measured: object, kept: bool) -> None:
        """Write a row, and fail the test where the promise is broken."""
        assert group in GROUPS
        seconds = time.perf_counter() - self._began
        self._rows.append(Row(group, promise, str(reach), str(measured), kept, self._test, seconds))
        assert kept, f"{promise}: to reach {reach}, measured {measured}"

    def at_most(self, group: str, promise: str, most: float, measured: float, unit: str = "") -> None:
        self.tell(
            group, promise, reach=f"≤ {most}{unit}", measured=f"{measured}{unit}", kept=measured <= most
        )

    def exactly(self, group: str, promise: str, wanted: object, measured: object) -> None:
        self.tell(group, promise, reach=wanted, measured=measured, kept=wanted == measured)


ROWS = pytest.StashKey[list[Row]]()
BROKEN = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("scorecard")
    group.addoption(
        "--scorecard", metavar="FILE", help="Run the scorecard's tests only, long, and write FILE."
    )
    group.addoption("--short", action="store_true", help="With --scorecard: their short form.")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[ROWS] = []
    config.stash[BROKEN] = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--scorecard") is None:
        return
    wanted = [item for item in items if "card" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=[item for item in items if item not in wanted])
    items[:] = wanted


@pytest.fixture
def card(request: pytest.FixtureRequest) -> Card:
    config = request.config
    full = config.getoption("--scorecard") is not None and not config.getoption("--short")
    return Card(config.stash[ROWS], request.node.nodeid, full=full)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.config.stash[BROKEN].append(item.nodeid)
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    file = session.config.getoption("--scorecard")
    rows, broken = session.config.stash[ROWS], session.config.stash[BROKEN]
    if file is None or not (rows or broken):
        return
    command = "make scorecard" + (" SCALE=short" if session.config.getoption("--short") else "")
    path = Path(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(rows, broken, command), "utf-8")
    told = [asdict(row) for row in rows]
    document = json.dumps({"rows": told, "broken": broken}, indent=2)
    path.with_suffix(".json").write_text(document + "\n", "utf-8")


def page(rows: Iterable[Row], broken: Iterable[str], command: str) -> str:
    """The page: a table for each group, then the tests that broke before they had measured."""
    told = list(rows)
    kept = sum(row.kept for row in told)
    lines = [
        "# Scorecard",
        "",
        "What the server promises and what was measured; written by a run, every row is a test.",
        "",
        f"- command: `{command}`; date: {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; commit: {_commit()}",
        f"- machine: {os.cpu_count()} cores, {platform.platform()}, Python {platform.python_version()}",
        f"- promises kept: {kept} of {len(told)}",
        "",
    ]
    for group in GROUPS:
        mine = [row for row in told if row.group == group]
        if mine:
            lines += [f"## {group}", "", "| promise | to reach | measured | kept | test | s |"]
            lines += ["| --- | --- | --- | --- | --- | --- |", *map(_line, mine), ""]
    unmeasured = sorted(set(broken) - {row.test for row in told if not row.kept})
    if unmeasured:
        lines += ["## Broken before anything was measured", "", *(f"- `{test}`" for test in unmeasured), ""]
    return "\n".join(lines)


def _line(row: Row) -> str:
    kept = "yes" if row.kept else "**NO**"
    name = row.test.removeprefix("tests/")
    return f"| {row.promise} | {row.reach} | {row.measured} | {kept} | `{name}` | {row.seconds:.1f} |"


def _commit() -> str:
    asked = ["git", "rev-parse", "--short", "HEAD"]
    try:
        done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"
