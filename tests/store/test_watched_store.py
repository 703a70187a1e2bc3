"""On each database the store's watch hears what is durable, and only that, and figures are counted."""

import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from tests.store.houses import NOON, SetClock, ring, wait
from tests.store.samples import EVENT, SESSION

from aldaba.domain.refusals import HouseUnavailable
from aldaba.service.audit import Event
from aldaba.service.ports import Notice
from aldaba.service.watching import Unwatched
from aldaba.store.sql.audit_sealing import AuditSealer
from aldaba.store.sql.figures import figures, newest_event
from aldaba.store.sql.opening import open_store
from aldaba.store.sql.store import SqlStore
from aldaba.store.sql.transaction import SqlTransaction

PATIENCE = 10.0


@dataclass
class Listening(Unwatched):
    events: list[Event] = field(default_factory=list)
    acts: int = 0
    asked: int = 0
    failed: int = 0

    def acted(self, seconds: float) -> None:
        assert seconds >= 0
        self.asked += 1

    def committed(self, acts: int, seconds: float, events: Sequence[Event]) -> None:
        assert seconds >= 0
        self.acts += acts
        self.events += events

    def commit_failed(self) -> None:
        self.failed += 1


@pytest.fixture
def watch() -> Listening:
    return Listening()


@pytest.fixture
def watched(fresh_url: str, watch: Listening) -> Iterator[SqlStore]:
    store = open_store(fresh_url, ring, SetClock(), os.urandom, connections=1, watch=watch)
    yield store
    store.close()


def record(act: SqlTransaction) -> None:
    act.audit.record(EVENT)


def test_events_are_told_once_they_are_durable_and_never_those_of_an_act_that_raised(
    watched: SqlStore, watch: Listening
) -> None:
    def fails(act: SqlTransaction) -> None:
        record(act)
        raise ValueError("half done")

    for _ in range(2):
        with pytest.raises(ValueError, match="half done"):
            watched.run_blocking(fails)
        wait(watched.run(record))
    assert (watch.events, watch.asked, watch.failed) == ([EVENT, EVENT], 2, 0)


def test_an_act_that_finds_the_keys_away_is_no_commit_that_failed(
    watched: SqlStore, watch: Listening
) -> None:
    def broken(act: SqlTransaction) -> None:
        record(act)
        raise HouseUnavailable("keys")

    with pytest.raises(HouseUnavailable):
        watched.run_blocking(broken)
    assert (watch.events, watch.failed) == ([], 0)


def test_a_watch_that_breaks_changes_no_answer(watched: SqlStore, watch: Listening) -> None:
    watch.events = None  # type: ignore[assignment]  # broken on purpose
    watched.run_blocking(record)
    assert watched.read_blocking(lambda query: query.audit.events()) == [(1, EVENT)]


def test_acts_that_have_not_begun_are_counted(watched: SqlStore) -> None:
    begun, go = threading.Event(), threading.Event()

    def holds(_: SqlTransaction) -> None:
        begun.set()
        assert go.wait(PATIENCE)

    threads = [threading.Thread(target=watched.run_blocking, args=(holds,))]
    threads[0].start()
    assert begun.wait(PATIENCE)
    assert watched.waiting == 0
    threads += [threading.Thread(target=watched.run_blocking, args=(record,)) for _ in range(3)]
    for thread in threads[1:]:
        thread.start()
    try:
        while watched.waiting < 3:
            assert threads[0].is_alive()
    finally:
        go.set()
        for thread in threads:
            thread.join()
    assert watched.waiting == 0


def test_figures_count_what_is_alive_waiting_and_not_linked(watched: SqlStore) -> None:
    empty = watched.read_blocking(lambda query: figures(query, NOON))
    assert (empty.sessions_live, empty.audit_unsealed, empty.oldest_unsealed) == (0, 0, None)
    assert (empty.notices_waiting, empty.oldest_notice) == (0, None)
    assert watched.read_blocking(newest_event) is None

    def fill(act: SqlTransaction) -> None:
        act.sessions.place(SESSION)
        act.notices.add(Notice("n1", "locked", "123456789012", "es", NOON))
        record(act)

    watched.run_blocking(fill)
    wait(AuditSealer(watched, ring, SetClock(), os.urandom).seal_events())
    watched.run_blocking(record)
    found = watched.read_blocking(lambda query: figures(query, NOON))
    assert (found.sessions_live, found.audit_unsealed, found.notices_waiting) == (1, 1, 1)
    assert found.oldest_unsealed == EVENT.at.replace(microsecond=0)
    assert found.oldest_notice == NOON
    assert watched.read_blocking(newest_event) == found.oldest_unsealed
