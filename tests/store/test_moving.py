"""A bank moves from its file to PostgreSQL: all of it, however often it was interrupted, and nothing else."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from tests.postgres import PostgresServer
from tests.store.houses import NOON, SetClock, postgres_store, ring, sqlite_house, wait
from tests.store.samples import (
    APPLICATION,
    CUSTOMER,
    DEVICE,
    EVENT,
    GRANT,
    INVITATION,
    KEY_PAIR,
    MESSAGE,
    OPERATOR,
    OPERATOR_SESSION,
    PROFILE,
    SESSION,
    TOKEN,
    arrival,
)

from aldaba.service.audit import AuditQuery
from aldaba.store.sql.audit_sealing import AuditSealer
from aldaba.store.sql.audit_verification import verify_chain
from aldaba.store.sql.moving import PAGE, CannotMove, moving
from aldaba.store.sql.postgres.engine import PostgresStore
from aldaba.store.sql.transaction import SqlTransaction
from aldaba.store.sql.upgrading import migrate

EVENTS = 2 * PAGE + 100
LATER = NOON.replace(year=2030)


class Killed(Exception):
    pass


def fill(transaction: SqlTransaction) -> None:
    transaction.profiles.save(PROFILE)
    transaction.customers.save(CUSTOMER)
    transaction.devices.replace_all(CUSTOMER.customer_id, [DEVICE])
    transaction.tokens.save(TOKEN)
    transaction.applications.save(APPLICATION)
    for purpose in ("e2e", "e2e-root"):
        transaction.key_pairs.save(replace(KEY_PAIR, purpose=purpose, key_id=f"kp-{purpose}"))
    transaction.house.put("name", "value")
    transaction.messages.add(MESSAGE)
    transaction.operators.save(OPERATOR)
    transaction.operators.place_session(OPERATOR_SESSION)
    transaction.operators.invite(INVITATION)
    transaction.operators.save_grant(GRANT, LATER)
    for number in range(PAGE):  # keys whose order depends on who orders them
        transaction.quotas.count(f"{chr(65 + number % 60)}ñ{number}", LATER, NOON, number)
        transaction.replays.claim("jti", str(number), LATER, NOON)
    for _ in range(EVENTS):
        transaction.audit.record(EVENT)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "bank.sqlite3"
    house, store = sqlite_house(path)
    store.run_blocking(fill)
    wait(house.sessions.arrive(arrival(1, opens=SESSION), NOON))
    assert wait(AuditSealer(store, ring, SetClock(), os.urandom).seal_events()) == EVENTS
    store.close()
    return path


def move(file: Path, url: str, die_after: int | None = None) -> int:
    """The rows moved; ``die_after`` so many steps of progress it ends without a word."""
    steps = iter(range(10**6))

    def progress(_more: int) -> None:
        if die_after is not None and next(steps) >= die_after:
            raise Killed

    with moving(file, url) as at_work:
        at_work.begin()
        at_work.copy(progress)
        at_work.compare(progress)
        at_work.finish()
        return at_work.rows


@pytest.fixture
def moved(file: Path, postgres_url: str) -> Iterator[PostgresStore]:
    move(file, postgres_url)
    store = postgres_store(postgres_url)
    yield store
    store.close()


def test_everything_arrives_and_the_audit_is_whole(moved: PostgresStore) -> None:
    def look(query: SqlTransaction) -> None:
        assert query.profiles.find(PROFILE.ccs_id) == PROFILE
        assert query.customers.by_card((CUSTOMER.cards[0].digest,)) == CUSTOMER
        assert query.devices.of(CUSTOMER.customer_id) == (DEVICE,)
        assert query.customers.by_phone((CUSTOMER.phones[0].digest,), 9) == (CUSTOMER,)
        assert query.tokens.find(TOKEN.serial) == TOKEN
        assert query.operators.find(OPERATOR.name) == OPERATOR
        assert query.operators.session(OPERATOR_SESSION.handle) == OPERATOR_SESSION
        assert query.operators.invitation(INVITATION.digest) == INVITATION
        assert query.operators.grants(9) == (GRANT,)
        assert len(query.audit.search(AuditQuery(actor=EVENT.actor), EVENTS + 1)) == EVENTS
        assert query.applications.all() == (APPLICATION,)
        assert query.messages.to(MESSAGE.to) == (MESSAGE,)
        assert query.quotas.figure("Fñ5", NOON) == 5
        assert query.sessions.find(SESSION.handle) == SESSION

    moved.read_blocking(look)
    report = moved.read_blocking(lambda query: verify_chain(query, ring()))
    assert (report.linked, report.intact) == (EVENTS, True)
    assert not moved.run_blocking(lambda act: act.replays.claim("jti", "7", LATER, NOON))


def test_ids_and_the_chain_go_on_where_the_file_ended(moved: PostgresStore) -> None:
    def more(transaction: SqlTransaction) -> None:
        transaction.audit.record(EVENT)
        transaction.messages.add(MESSAGE)

    moved.run_blocking(more)
    assert moved.read_blocking(lambda query: query.audit.events(EVENTS)) == [(EVENTS + 1, EVENT)]
    assert wait(AuditSealer(moved, ring, SetClock(), os.urandom).seal_events()) == 1
    assert moved.read_blocking(lambda query: verify_chain(query, ring())).intact
    assert len(moved.read_blocking(lambda query: query.messages.to(MESSAGE.to))) == 2


@pytest.mark.parametrize("steps", [0, 3, 9, 20, 24, 40, 45])
def test_a_move_that_was_killed_goes_on(file: Path, postgres_url: str, steps: int) -> None:
    with pytest.raises(Killed):
        move(file, postgres_url, die_after=steps)
    with moving(file, postgres_url) as again:
        again.begin()
        fresh: list[int] = []
        again.copy(fresh.append)
        again.compare(lambda _: None)
        again.finish()
        assert sum(fresh) == again.rows
    store = postgres_store(postgres_url)
    assert store.read_blocking(lambda query: verify_chain(query, ring())).linked == EVENTS
    store.close()


def test_a_target_that_holds_rows_is_refused_and_so_is_one_that_was_moved_to(
    file: Path, postgres_url: str
) -> None:
    store = postgres_store(postgres_url)
    store.run_blocking(lambda act: act.house.put("name", "theirs"))
    store.close()
    with pytest.raises(CannotMove, match="house_state"):
        move(file, postgres_url)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("TRUNCATE house_state")
    move(file, postgres_url)
    with pytest.raises(CannotMove, match="not empty"):
        move(file, postgres_url)


def test_another_banks_unfinished_move_is_not_gone_on_with(
    file: Path, postgres_url: str, tmp_path: Path
) -> None:
    with pytest.raises(Killed):
        move(file, postgres_url, die_after=9)
    other = tmp_path / "other.sqlite3"
    migrate(f"sqlite:///{other}")
    with pytest.raises(CannotMove, match="not empty"):
        move(other, postgres_url)


def test_a_file_that_is_served_is_refused(file: Path, postgres_url: str) -> None:
    _, store = sqlite_house(file)
    with pytest.raises(CannotMove, match="Stop the server"):
        move(file, postgres_url)
    store.close()
    assert move(file, postgres_url) > EVENTS


def test_a_file_that_was_written_to_between_two_tries_is_found_out(file: Path, postgres_url: str) -> None:
    with moving(file, postgres_url) as first_try:
        first_try.begin()
        first_try.copy(lambda _: None)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE quotas SET figure = figure + 1 WHERE name = 'Fñ5'")
        connection.commit()
    with pytest.raises(CannotMove, match="quotas"):
        move(file, postgres_url)


def test_a_target_that_was_written_to_is_found_out(file: Path, postgres_url: str) -> None:
    with moving(file, postgres_url) as at_work:
        at_work.begin()
        at_work.copy(lambda _: None)
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute("UPDATE audit_events SET at = at + 1 WHERE id = 1500")
        with pytest.raises(CannotMove, match="row 1500 of audit_events"):
            at_work.compare(lambda _: None)


def test_a_text_that_the_target_cannot_hold_is_named(file: Path, postgres_url: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("INSERT INTO house_state VALUES ('a' || char(0), 'b')")
        connection.commit()
    with pytest.raises(CannotMove, match="house_state"):
        move(file, postgres_url)


def test_only_one_move_to_a_target_runs(file: Path, postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as running:
        running.execute("SELECT pg_advisory_lock(0x616C64, 2)")
        with pytest.raises(CannotMove, match="another move"):
            move(file, postgres_url)


def test_a_target_that_is_not_there_is_told(file: Path, postgres_server: PostgresServer) -> None:
    with pytest.raises(CannotMove, match="nowhere"):
        move(file, postgres_server.url("nowhere"))
