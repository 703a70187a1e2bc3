"""The scorecard: what the server promises, as tests that measure and a page that tells what they measured.

A test that takes ``card`` is a row or several of it. In ``make test`` it runs in its short form; ``make
scorecard`` runs them in the long form, one after another, and writes ``docs/scorecard.md`` as they end.
"""

import os
import platform
import shlex
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from tests.scorecard.page import GROUPS, page
from tests.scorecard.sittings import (
    ROOT,
    Measured,
    Notebook,
    Row,
    Sitting,
    commit,
    done_already,
    source,
    standing,
)

__all__ = ["ROOT", "Card"]

T = TypeVar("T")
EVERY_SECONDS = 15.0
"""So often a long row says how far it is."""


class Card:
    """What one test tells the scorecard; ``full`` asks for the long form."""

    def __init__(self, config: pytest.Config, *, full: bool) -> None:
        self.rows: list[Row] = []
        self.full = full
        self._config = config
        self._began = self._told = time.perf_counter()

    def either(self, short: T, full: T) -> T:
        """How much of something: the short form's, or the long one's."""
        return full if self.full else short

    def tell(self, group: str, promise: str, *, reach: object, measured: object, kept: bool) -> None:
        """Write a row, and fail the test where the promise is broken."""
        assert group in GROUPS
        seconds = time.perf_counter() - self._began
        self.rows.append(Row(group, promise, str(reach), str(measured), kept, seconds))
        assert kept, f"{promise}: to reach {reach}, measured {measured}"

    def at_most(self, group: str, promise: str, most: float, measured: float, unit: str = "") -> None:
        self.tell(
            group, promise, reach=f"≤ {most}{unit}", measured=f"{measured}{unit}", kept=measured <= most
        )

    def exactly(self, group: str, promise: str, wanted: object, measured: object) -> None:
        self.tell(group, promise, reach=wanted, measured=measured, kept=wanted == measured)

    def progress(self, done: float, of: float, what: str) -> None:
        """How far a long row is; said now and then, and in the long form only."""
        now = time.perf_counter()
        if self.full and now - self._told >= EVERY_SECONDS:
            self._told = now
            _say(self._config, f"  {what}: {done:.0f} of {of:.0f} after {_clock(now - self._began)}")


@dataclass(slots=True)
class _Run:
    """One sitting while it lasts."""

    file: Path
    sitting: Sitting
    notebook: Notebook
    collected: list[str] = field(default_factory=list)
    at: int = 0
    began: float = field(default_factory=time.perf_counter)

    def write(self, *, whole_files: bool) -> None:
        there = standing(self.notebook.read(), self.collected, whole_files=whole_files)
        self.notebook.keep(there)
        self.file.write_text(page(there, self.collected), "utf-8")


RUN = pytest.StashKey[_Run]()
CARD = pytest.StashKey[Card]()
PASSED = pytest.StashKey[bool]()
BEGAN = pytest.StashKey[float]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("scorecard")
    group.addoption(
        "--scorecard", metavar="FILE", help="Run the scorecard's tests only, long, and write FILE."
    )
    group.addoption("--short", action="store_true", help="With --scorecard: their short form.")
    group.addoption(
        "--resume", action="store_true", help="With --scorecard: leave out what passed on the same code."
    )


def pytest_configure(config: pytest.Config) -> None:
    file = config.getoption("--scorecard")
    if file is None:
        return
    if getattr(config.option, "numprocesses", None):
        raise pytest.UsageError("--scorecard measures one row after another: leave out -n")
    began = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
    command = shlex.join(["python", "-m", "pytest", *config.invocation_params.args])
    machine = f"{os.cpu_count()} cores, {platform.platform()}, Python {platform.python_version()}"
    form = "short" if config.getoption("--short") else "long"
    sitting = Sitting(began, command, commit(), source(), machine, form)
    path = Path(file)
    config.stash[RUN] = _Run(path, sitting, Notebook(path.with_suffix(".jsonl")))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    run = config.stash.get(RUN, None)
    if run is None:
        return
    rows = [item for item in items if "card" in getattr(item, "fixturenames", ())]
    run.collected = [item.nodeid for item in rows]
    found = run.notebook.read() if config.getoption("--resume") else {}
    wanted = [item for item in rows if not done_already(found.get(item.nodeid), run.sitting)]
    config.hook.pytest_deselected(items=[item for item in items if item not in wanted])
    items[:] = wanted


@pytest.fixture
def card(request: pytest.FixtureRequest) -> Iterator[Card]:
    run = request.config.stash.get(RUN, None)
    told = Card(request.config, full=run is not None and run.sitting.form == "long")
    request.node.stash[CARD] = told
    yield told
    # A row that nobody wrote would be missed by nobody.
    assert told.rows or not request.node.stash.get(PASSED, False), "told the scorecard nothing"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    run = item.config.stash.get(RUN, None)
    if run is None:
        return (yield)
    run.at += 1
    elapsed = time.perf_counter() - run.began
    _say(item.config, f"row {run.at} of {len(item.session.items)}, {_clock(elapsed)} elapsed: {item.nodeid}")
    began = time.perf_counter()
    done = yield
    card = item.stash.get(CARD, None)
    rows = tuple(card.rows) if card is not None else ()
    passed, seconds = item.stash.get(PASSED, False), time.perf_counter() - began
    run.notebook.add(Measured(item.nodeid, passed, seconds, rows, run.sitting))
    run.write(whole_files=not any("::" in word for word in item.config.args))
    _say(item.config, "")  # the dot of a quiet run stands on this line
    for row in rows:
        word = "kept" if row.kept else "BROKEN"
        _say(item.config, f"  {word}: {row.promise}: {row.measured} (to reach {row.reach})")
    _say(item.config, f"  {'passed' if passed else 'FAILED'} after {_clock(seconds)}")
    return done


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    # All of setup, call and teardown; a skipped one has shown nothing.
    before = item.stash.get(PASSED, True)
    item.stash[PASSED] = before and report.passed
    return report


def _say(config: pytest.Config, line: str) -> None:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    capture = config.pluginmanager.get_plugin("capturemanager")
    if reporter is None or capture is None:
        return
    with capture.global_and_fixture_disabled():
        reporter.write(f"{line}\n")


def _clock(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
