"""PostgreSQL: many acts at once on the same rows, by one node or two; who waits, and for how long."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from tests.store.houses import NOON, at_once, postgres_store, wait
from tests.store.samples import CUSTOMER, PROFILE

from aldaba.domain.refusals import HouseUnavailable
from aldaba.service.ports import Notice, Taken
from aldaba.store.sql.postgres.connection import PostgresConnection
from aldaba.store.sql.postgres.engine import PostgresStore
from aldaba.store.sql.shortlived import sweep_slice
from aldaba.store.sql.transaction import SqlTransaction

Act = Callable[[SqlTransaction], object]

PATIENCE = 10.0


@pytest.fixture
def nodes(postgres_url: str) -> Iterator[tuple[PostgresStore, PostgresStore]]:
    """Two stores on one database."""
    one, other = postgres_store(postgres_url), postgres_store(postgres_url)
    yield one, other
    one.close()
    other.close()


@contextmanager
def in_the_middle(store: PostgresStore, act: Act) -> Iterator[None]:
    """The act has done its work and does not end before we leave."""
    done, go = threading.Event(), threading.Event()

    def held(transaction: SqlTransaction) -> None:
        act(transaction)
        done.set()
        assert go.wait(PATIENCE)

    running = threading.Thread(target=lambda: store.run_blocking(held))
    running.start()
    assert done.wait(PATIENCE)
    try:
        yield
    finally:
        go.set()
        running.join()


def fail_once_more(transaction: SqlTransaction) -> None:
    found = transaction.profiles.find(PROFILE.ccs_id) or replace(PROFILE, failures=0)
    transaction.profiles.save(replace(found, failures=found.failures + 1))


def test_two_nodes_do_not_lose_each_others_changes(nodes: tuple[PostgresStore, PostgresStore]) -> None:
    one, other = nodes
    at_once(*(node.run(fail_once_more) for _ in range(30) for node in (one, other)))
    found = other.read_blocking(lambda query: query.profiles.find(PROFILE.ccs_id))
    assert found is not None
    assert found.failures == 60


def test_acts_that_lock_each_other_out_are_run_again(nodes: tuple[PostgresStore, PostgresStore]) -> None:
    one, other = nodes
    for name in "ab":
        one.run_blocking(lambda act, name=name: act.house.put(name, "0"))  # type: ignore[misc]  # no type is inferred for a lambda with a default
    both_hold_one = threading.Barrier(2)
    runs = []

    def counting(first: str, second: str) -> Act:
        def act(transaction: SqlTransaction) -> None:
            runs.append(first)
            for name in (first, second):
                figure = int(transaction.house.get(name) or "0")
                transaction.house.put(name, str(figure + 1))
                if name == first and runs.count(first) == 1:
                    both_hold_one.wait(PATIENCE)

        return act

    at_once(one.run(counting("a", "b")), other.run(counting("b", "a")))
    assert len(runs) > 2
    assert one.read_blocking(lambda query: (query.house.get("a"), query.house.get("b"))) == ("2", "2")


def test_a_card_given_to_two_customers_at_once_is_one_customers(
    nodes: tuple[PostgresStore, PostgresStore],
) -> None:
    def saving(customer_id: str) -> Act:
        return lambda act: act.customers.save(replace(CUSTOMER, customer_id=customer_id))

    async def both() -> list[object]:
        acts = (node.run(saving(name)) for node, name in zip(nodes, ("1", "2"), strict=True))
        return await asyncio.gather(*acts, return_exceptions=True)

    outcomes = wait(both())
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", Taken.__name__]


def test_a_notice_that_one_node_takes_is_not_seen_by_another(
    nodes: tuple[PostgresStore, PostgresStore],
) -> None:
    one, other = nodes
    told = [Notice(f"n{number}", "locked", "1", "es", NOON) for number in range(3)]
    for notice in told[:2]:
        one.run_blocking(lambda act, notice=notice: act.notices.add(notice))  # type: ignore[misc]  # no type is inferred for a lambda with a default
    with in_the_middle(one, lambda act: act.notices.due(NOON, 10)):
        other.run_blocking(lambda act: act.notices.add(told[2]))
        assert other.run_blocking(lambda act: act.notices.due(NOON, 10)) == (told[2],)
    assert set(other.run_blocking(lambda act: act.notices.due(NOON, 10))) == set(told)


def test_a_row_that_another_node_renews_meanwhile_is_not_swept(
    nodes: tuple[PostgresStore, PostgresStore],
) -> None:
    one, other = nodes
    later = NOON.replace(year=2030)
    one.run_blocking(lambda act: act.quotas.count("q", NOON, NOON.replace(year=2020)))
    with in_the_middle(one, lambda act: act.quotas.count("q", later, NOON)):
        other.run_blocking(lambda act: sweep_slice(act.sql, NOON))
    assert one.read_blocking(lambda query: query.quotas.figure("q", NOON)) == 1


def test_who_waits_too_long_for_a_row_is_told_and_changes_nothing(postgres_url: str) -> None:
    one = postgres_store(postgres_url)
    hasty = postgres_store(f"{postgres_url}&options=-clock_timeout%3D50ms")
    one.run_blocking(lambda act: act.house.put("name", "first"))

    def second(transaction: SqlTransaction) -> None:
        transaction.house.put("beside", "second")
        transaction.house.put("name", "second")

    with in_the_middle(one, lambda act: act.house.get("name")), pytest.raises(HouseUnavailable):
        hasty.run_blocking(second)
    assert one.read_blocking(lambda query: query.house.get("beside")) is None
    hasty.run_blocking(second)
    one.close()
    hasty.close()


def test_an_act_that_finds_no_free_connection_in_time_is_told(postgres_url: str) -> None:
    store = postgres_store(postgres_url, connections=1, waiting_seconds=0.05)
    refused = []
    with in_the_middle(store, lambda _: None):
        behind = threading.Thread(target=lambda: refused.append(failure_of(store)))
        behind.start()
        # The act behind is in the queue, and its time is over.
        behind.join(0.2)
        assert not refused
    behind.join()
    assert [type(each) for each in refused] == [HouseUnavailable]
    store.run_blocking(lambda _: None)
    store.close()


def failure_of(store: PostgresStore) -> BaseException | None:
    try:
        store.run_blocking(lambda _: None)
    except HouseUnavailable as away:
        return away
    return None


def test_an_act_that_goes_on_after_an_error_writes_nothing(
    nodes: tuple[PostgresStore, PostgresStore],
) -> None:
    def goes_on(transaction: SqlTransaction) -> None:
        transaction.house.put("name", "x")
        assert isinstance(transaction.sql, PostgresConnection)
        with pytest.raises(HouseUnavailable):
            transaction.sql.ask("SELECT 1 / 0")
        with pytest.raises(HouseUnavailable):
            transaction.sql.hold("x")

    with pytest.raises(HouseUnavailable):
        nodes[0].run_blocking(goes_on)
    assert nodes[0].read_blocking(lambda query: query.house.get("name")) is None


def test_the_time_outs_stand_on_every_connection(nodes: tuple[PostgresStore, PostgresStore]) -> None:
    def shown(transaction: SqlTransaction) -> list[str]:
        assert isinstance(transaction.sql, PostgresConnection)
        names = (
            "statement_timeout",
            "lock_timeout",
            "idle_in_transaction_session_timeout",
            "synchronous_commit",
        )
        rows = [transaction.sql.ask(f"SHOW {name}") for name in names]
        return [row[0] for row in rows if row is not None]

    assert nodes[0].run_blocking(shown) == ["5s", "3s", "30s", "on"]


def test_a_closed_store_refuses(postgres_url: str) -> None:
    store = postgres_store(postgres_url)
    store.close()
    with pytest.raises(HouseUnavailable):
        store.run_blocking(lambda _: None)


def test_a_server_that_is_not_there_is_told_when_the_store_is_opened(postgres_url: str) -> None:
    with pytest.raises(HouseUnavailable):
        postgres_store(postgres_url.replace("host=", "host=/nowhere"))
    with pytest.raises(HouseUnavailable):
        postgres_store(postgres_url.replace("/bank_", "/no_bank_"))
