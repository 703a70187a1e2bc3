"""PostgreSQL: rows that several nodes commit in any order are linked each once, in order of their ids."""

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from tests.store.houses import SetClock, postgres_store, ring, wait
from tests.store.samples import EVENT

from aldaba.store.sql.audit_sealing import AuditSealer
from aldaba.store.sql.audit_verification import AuditReport, verify_chain
from aldaba.store.sql.postgres.engine import PostgresStore
from aldaba.store.sql.transaction import SqlTransaction

PATIENCE = 10.0


@pytest.fixture
def nodes(postgres_url: str) -> Iterator[tuple[PostgresStore, PostgresStore]]:
    """Two stores on one database."""
    one, other = postgres_store(postgres_url), postgres_store(postgres_url)
    yield one, other
    one.close()
    other.close()


class Deliberate(Exception):
    pass


def record(transaction: SqlTransaction) -> None:
    transaction.audit.record(EVENT)


def rolled_back(transaction: SqlTransaction) -> None:
    record(transaction)
    raise Deliberate


@contextmanager
def recording(store: PostgresStore) -> Iterator[None]:
    """An act that has its id and commits only when we leave."""
    recorded, go = threading.Event(), threading.Event()

    def act(transaction: SqlTransaction) -> None:
        record(transaction)
        recorded.set()
        assert go.wait(PATIENCE)

    running = threading.Thread(target=lambda: store.run_blocking(act))
    running.start()
    assert recorded.wait(PATIENCE)
    try:
        yield
    finally:
        go.set()
        running.join()


def sealer(store: PostgresStore) -> AuditSealer:
    return AuditSealer(store, ring, SetClock(), os.urandom)


def verified(store: PostgresStore) -> AuditReport:
    return store.read_blocking(lambda query: verify_chain(query, ring()))


def told(report: AuditReport) -> list[tuple[int | None, str]]:
    return [(damage.row, damage.what) for damage in report.damages]


def tamper(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for words in statements:
            connection.execute(words.encode())


def test_a_row_that_commits_after_later_ones_is_linked_before_them(
    nodes: tuple[PostgresStore, PostgresStore],
) -> None:
    one, other = nodes
    with recording(one):
        other.run_blocking(record)
        assert wait(sealer(other).seal_events()) == 0
        waiting = verified(other)
        assert (waiting.rows, waiting.unsealed, waiting.intact) == (1, 1, True)
    assert wait(sealer(other).seal_events()) == 2
    report = verified(one)
    assert (report.rows, report.linked, report.intact) == (2, 2, True)


def test_a_row_that_is_rolled_back_stops_nothing_and_is_no_damage(
    nodes: tuple[PostgresStore, PostgresStore],
) -> None:
    one, other = nodes
    one.run_blocking(record)
    for _ in range(3):
        with pytest.raises(Deliberate):
            other.run_blocking(rolled_back)
    one.run_blocking(record)
    assert wait(sealer(one).seal_events()) == 2
    report = verified(one)
    assert [event_id for event_id, _ in one.read_blocking(lambda query: query.audit.events())] == [1, 5]
    assert (report.linked, report.intact) == (2, True)


def test_nodes_that_seal_at_once_while_all_record_link_every_row_once(
    nodes: tuple[PostgresStore, PostgresStore],
) -> None:
    async def busy(store: PostgresStore) -> int:
        for number in range(40):
            if number % 7:
                await store.run(record)
            else:
                with pytest.raises(Deliberate):
                    await store.run(rolled_back)
        return 0

    async def sealing(store: PostgresStore) -> int:
        return sum([await sealer(store).seal_events() for _ in range(10)])

    async def all_at_once() -> int:
        works = [work(node) for node in nodes for work in (busy, busy, sealing)]
        return sum(await asyncio.gather(*works))

    linked = wait(all_at_once())
    rest = wait(sealer(nodes[0]).seal_events())
    report = verified(nodes[1])
    assert told(report) == []
    assert linked + rest == report.linked == report.rows == 4 * 34


@pytest.fixture
def sealed(nodes: tuple[PostgresStore, PostgresStore]) -> PostgresStore:
    """Six rows in a chain, an id left out between the third and the fourth."""
    store = nodes[0]
    for number in range(6):
        store.run_blocking(record)
        if number == 2:
            with pytest.raises(Deliberate):
                store.run_blocking(rolled_back)
    assert wait(sealer(store).seal_events()) == 6
    assert verified(store).intact
    return store


@pytest.mark.parametrize(
    ("statement", "damage"),
    [
        ("DELETE FROM audit_events WHERE id = 2", (2, "the row is missing")),
        ("DELETE FROM audit_events WHERE id = 7", (7, "the row is missing")),
        ("UPDATE audit_events SET at = at + 1 WHERE id = 5", (5, "its MAC is wrong")),
        (
            "UPDATE audit_chain SET link = '\\x00' WHERE event_id = 5",
            (5, "its link does not follow the row before"),
        ),
        ("DELETE FROM audit_chain WHERE event_id = 5", (5, "its link is missing")),
        ("DELETE FROM audit_head", (None, "the head is missing")),
        (
            "WITH gone AS (DELETE FROM audit_chain WHERE event_id = 5) DELETE FROM audit_events WHERE id = 5",
            (6, "its link does not follow the row before"),
        ),
        (
            "WITH gone AS (DELETE FROM audit_chain WHERE event_id = 7) DELETE FROM audit_events WHERE id = 7",
            (None, "the head names 6 linked rows, up to row 7"),
        ),
    ],
)
def test_whoever_writes_into_the_database_is_found_out(
    sealed: PostgresStore, postgres_url: str, statement: str, damage: tuple[int | None, str]
) -> None:
    tamper(postgres_url, statement)
    assert damage in told(verified(sealed))
