"""PostgreSQL goes away, at any moment, and comes back: what was answered holds, and the store recovers."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import psycopg
import pytest
from tests.postgres import PostgresServer
from tests.store.houses import postgres_store, wait

from aldaba.domain.refusals import HouseUnavailable
from aldaba.store.sql.postgres.connecting import REST_SECONDS, Connector
from aldaba.store.sql.postgres.connection import PostgresConnection
from aldaba.store.sql.postgres.engine import PostgresStore
from aldaba.store.sql.transaction import SqlTransaction

Act = Callable[[SqlTransaction], None]

RECOVERED_SECONDS = 5.0

_CUT_ONCE = (
    "CREATE SEQUENCE cuts",
    """
    CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('cuts') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE CONSTRAINT TRIGGER cut AFTER INSERT OR UPDATE ON house_state
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION cut()
    """,
)
"""A trigger that ends the connection at the first commit of a house value, before it is done."""


@pytest.fixture(scope="module")
def own_server() -> Iterator[PostgresServer]:
    """A server that only these tests stop."""
    server = PostgresServer()
    yield server
    server.close()


@pytest.fixture
def store(own_server: PostgresServer) -> Iterator[PostgresStore]:
    with own_server.database() as url:
        store = postgres_store(url)
        yield store
        store.close()


def put(value: str) -> Act:
    return lambda act: act.house.put("name", value)


def kept(store: PostgresStore) -> str | None:
    return store.read_blocking(lambda query: query.house.get("name"))


def sql_of(transaction: SqlTransaction) -> PostgresConnection:
    assert isinstance(transaction.sql, PostgresConnection)
    return transaction.sql


def recovered(store: PostgresStore, value: str) -> float:
    """Seconds until an act is done again."""
    began = time.monotonic()
    while True:
        try:
            store.run_blocking(put(value))
        except HouseUnavailable:
            assert time.monotonic() - began < RECOVERED_SECONDS
            continue
        return time.monotonic() - began


def test_a_server_that_stops_is_told_and_one_that_is_back_is_used_within_five_seconds(
    own_server: PostgresServer, store: PostgresStore
) -> None:
    for connection in range(8):
        store.run_blocking(put(str(connection)))
    own_server.stop()
    for _ in range(3):
        with pytest.raises(HouseUnavailable, match=r"^database$"):
            store.run_blocking(put("away"))
        with pytest.raises(HouseUnavailable):
            kept(store)
    own_server.start()
    assert recovered(store, "back") < RECOVERED_SECONDS
    assert kept(store) == "back"


def test_a_restart_between_two_acts_is_not_noticed(own_server: PostgresServer, store: PostgresStore) -> None:
    store.run_blocking(put("before"))
    own_server.restart()
    assert kept(store) == "before"
    store.run_blocking(put("after"))


def test_an_act_whose_connection_is_cut_in_the_middle_is_run_again_and_done_once(
    store: PostgresStore,
) -> None:
    runs = []

    def cut(transaction: SqlTransaction) -> None:
        runs.append(1)
        transaction.house.put("name", str(int(transaction.house.get("name") or "0") + 1))
        if len(runs) == 1:
            sql_of(transaction).ask("SELECT pg_terminate_backend(pg_backend_pid())")

    store.run_blocking(cut)
    assert (len(runs), kept(store)) == (2, "1")


def test_an_act_that_makes_light_of_its_lost_connection_is_run_again_and_done_once(
    store: PostgresStore,
) -> None:
    runs = []

    def careless(transaction: SqlTransaction) -> None:
        runs.append(1)
        transaction.house.put("name", str(int(transaction.house.get("name") or "0") + 1))
        if len(runs) == 1:
            with suppress(HouseUnavailable):
                sql_of(transaction).ask("SELECT pg_terminate_backend(pg_backend_pid())")

    store.run_blocking(careless)
    assert (len(runs), kept(store)) == (2, "1")


def test_a_commit_that_is_cut_before_it_was_done_is_done_by_another_run(
    own_server: PostgresServer, store: PostgresStore
) -> None:
    runs = []
    with psycopg.connect(database_of(own_server), autocommit=True) as connection:
        for words in _CUT_ONCE:
            connection.execute(words.encode())

    def act(transaction: SqlTransaction) -> None:
        runs.append(1)
        transaction.house.put("name", str(int(transaction.house.get("name") or "0") + 1))

    store.run_blocking(act)
    assert (len(runs), kept(store)) == (2, "1")


def test_a_commit_that_was_done_but_not_answered_is_answered_as_done(
    own_server: PostgresServer, store: PostgresStore
) -> None:
    runs = []

    def act(transaction: SqlTransaction) -> None:
        runs.append(1)
        transaction.house.put("name", str(int(transaction.house.get("name") or "0") + 1))

    # A commit that waits for a standby that never comes has been done on this server already.
    own_server.ask("ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()")
    try:
        wait(_act_cut_while_it_waits(own_server, store, act))
    finally:
        own_server.ask("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
    assert (len(runs), kept(store)) == (1, "1")


async def _act_cut_while_it_waits(server: PostgresServer, store: PostgresStore, act: Act) -> None:
    running = asyncio.create_task(store.run(act))
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    while not await asyncio.to_thread(server.ask, cut):
        assert not running.done()
    await running


def test_a_server_that_only_reads_is_no_server(own_server: PostgresServer, store: PostgresStore) -> None:
    store.run_blocking(put("before"))
    name = database_of(own_server).rpartition("?")[0].rpartition("/")[2]
    own_server.ask(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with pytest.raises(HouseUnavailable):
        postgres_store(database_of(own_server))
    own_server.ask(f"ALTER DATABASE {name} RESET default_transaction_read_only")


def test_a_failover_is_followed_by_the_same_store(own_server: PostgresServer) -> None:
    with own_server.database() as url, own_server.standby() as standby:
        nodes = url.replace("host=", f"host={standby.folder},")
        store = postgres_store(nodes)
        store.run_blocking(put("before"))
        while seen_by(url.replace(url.partition("host=")[2], str(standby.folder))) != "before":
            continue
        own_server.stop()
        with pytest.raises(HouseUnavailable):
            store.run_blocking(put("nobody writes"))
        standby.promote()
        assert recovered(store, "after") < RECOVERED_SECONDS
        assert kept(store) == "after"
        store.close()
        own_server.start()


def seen_by(url: str) -> str | None:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT value FROM house_state WHERE name = 'name'").fetchone()
    return None if row is None else row[0]


def database_of(server: PostgresServer) -> str:
    """The newest database of the server: this test's."""
    names = server.ask("SELECT datname FROM pg_database WHERE datname LIKE 'bank%' ORDER BY oid DESC")
    return server.url(names[0][0])


def test_a_server_that_did_not_answer_is_left_alone_for_a_moment() -> None:
    now = [0.0]
    connector = Connector("host=/nowhere", lambda: now[0])
    with pytest.raises(HouseUnavailable) as tried:
        connector.connect()
    with pytest.raises(HouseUnavailable) as left_alone:
        connector.connect()
    assert isinstance(tried.value.__cause__, psycopg.OperationalError)
    assert left_alone.value.__cause__ is None
    now[0] = REST_SECONDS
    with pytest.raises(HouseUnavailable) as again:
        connector.connect()
    assert again.value.__cause__ is not None
