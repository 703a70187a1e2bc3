"""Memory, SQLite and Valkey give the same answers, whatever story a session lives through."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.houses import NOON, House, beside_valkey, memory_house, raw, sqlite_house, wait
from tests.store.samples import SESSION, request_id
from tests.valkey_server import Valkey

from aldaba.domain.session import Session, with_random
from aldaba.service.ports import Arrival, Transaction
from aldaba.store.sql.sqlite.engine import SqliteStore
from aldaba.store.sql.transaction import SqlTransaction

HANDLES = [f"{number:064x}" for number in range(4)]
handles = st.sampled_from(HANDLES)
applications = st.sampled_from(["client-1", "client-2"])


@dataclass(slots=True)
class Pair:
    """The same story told to both."""

    memory: House
    other: House
    opened: int = 0

    def both(self, ask: Callable[[House], object]) -> None:
        assert ask(self.other) == ask(self.memory)


Step = Callable[[Pair], None]


@st.composite
def arrivals(draw: st.DrawFn) -> Step:
    application, number = draw(applications), draw(st.integers(0, 9))
    remembered, named = draw(st.integers(0, 900)), draw(st.none() | handles)
    limit, opens = draw(st.none() | st.integers(0, 2)), draw(st.booleans())

    def step(pair: Pair) -> None:
        now, quota = pair.memory.clock.now, None
        pair.opened += 1
        session = replace(fresh(f"{pair.opened:060x}ffff", pair), application_id=application)
        if limit is not None:
            quota = ("opened", NOON + timedelta(seconds=1000), limit)
        until = now + timedelta(seconds=remembered)
        arrival = Arrival(application, request_id(number), until, named, session if opens else None, quota)
        pair.both(lambda house: wait(house.sessions.arrive(arrival, now)))

    return step


def fresh(handle: str, pair: Pair) -> Session:
    now = pair.memory.clock.now
    return replace(
        SESSION, handle=handle, opened_at=now, touched_at=now, expires_at=now + timedelta(seconds=3600)
    )


@st.composite
def rotations(draw: st.DrawFn) -> Step:
    old, new = draw(handles), draw(handles)

    def step(pair: Pair) -> None:
        expires_at = pair.memory.clock.now + timedelta(seconds=60)
        tombstone = replace(fresh(old, pair), successor=new, expires_at=expires_at)
        placed = (tombstone, fresh(new, pair))

        def act(transaction: Transaction) -> None:
            for session in placed:
                transaction.sessions.place(session)

        pair.both(lambda house: wait(house.store.run(act)))

    return step


@st.composite
def changes(draw: st.DrawFn) -> Step:
    handle, refused = draw(handles), draw(st.booleans())

    def rule(session: Session) -> Session | None:
        return None if refused else with_random(session, "r")

    def step(pair: Pair) -> None:
        # Of what is over, a store may have forgotten more than another.
        if wait(pair.memory.sessions.find(handle, pair.memory.clock.now)) is not None:
            pair.both(lambda house: wait(house.sessions.change(handle, rule)))

    return step


@st.composite
def passing_times(draw: st.DrawFn) -> Step:
    seconds = draw(st.sampled_from([1, 59, 60, 299, 300, 1000, 3600]))

    def step(pair: Pair) -> None:
        pair.memory.clock.forward(seconds)

    return step


def ends(handle: str) -> Step:
    return lambda pair: pair.both(lambda house: wait(house.sessions.end(handle)))


def sweeps() -> Step:
    return lambda pair: pair.both(lambda house: wait(house.sessions.sweep(pair.memory.clock.now)))


steps = st.one_of(
    arrivals(), arrivals(), rotations(), changes(), passing_times(), handles.map(ends), st.builds(sweeps)
)


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, SqliteStore]]:
    """One store for all stories, emptied before each."""
    path: Path = tmp_path_factory.mktemp("agree") / "aldaba.db"
    house, store = sqlite_house(path)
    store._connection.execute("PRAGMA synchronous = OFF")
    yield house, store
    store.close()


def emptied(transaction: SqlTransaction) -> None:
    raw(transaction).execute("DELETE FROM sessions")
    raw(transaction).execute("DELETE FROM request_marks")
    raw(transaction).execute("DELETE FROM quotas")


def seen(house: House, now: datetime) -> list[object]:
    """All that can be asked of the sessions and the counter."""

    async def ask() -> list[object]:
        return [await house.sessions.find(handle, now) for handle in HANDLES]

    return [*wait(ask()), house.look(lambda transaction: transaction.quotas.figure("opened", now))]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(story=st.lists(steps, min_size=1, max_size=25))
def test_both_tell_the_same_story(sqlite: tuple[House, SqliteStore], story: list[Step]) -> None:
    house, store = sqlite
    store.run_blocking(emptied)
    pair = Pair(memory_house(), house)
    for step in story:
        step(pair)
        pair.both(partial(seen, now=pair.memory.clock.now))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(story=st.lists(steps, min_size=1, max_size=25))
def test_valkey_tells_it_too(clustered: Valkey, story: list[Step]) -> None:
    clustered.flush()
    house, server = beside_valkey(memory_house(), clustered.url)
    pair = Pair(memory_house(), house)
    for step in story:
        step(pair)
        house.clock.now = pair.memory.clock.now
        pair.both(partial(seen, now=pair.memory.clock.now))
    wait(server.close())
