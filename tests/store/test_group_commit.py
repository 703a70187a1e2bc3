"""SQLite: many acts share a commit, and none of them pays for another's failure."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.store.houses import NOON, at_once, raw, sqlite_store, wait

from aldaba.domain.refusals import HouseUnavailable
from aldaba.store.sql.sqlite.engine import SqliteStore
from aldaba.store.sql.sqlite.writer import BATCH
from aldaba.store.sql.transaction import SqlTransaction

WAIT = 10.0
Act = Callable[[SqlTransaction], object]


def put(name: str) -> Act:
    return lambda transaction: transaction.house.put(name, "x")


def there(store: SqliteStore, *names: str) -> list[str]:
    """Those of the names that were put."""
    return store.read_blocking(lambda it: [name for name in names if it.house.get(name) is not None])


@contextmanager
def held(store: SqliteStore) -> Iterator[None]:
    """The writer is busy while the body runs, so that what it submits waits together."""
    began, release = threading.Event(), threading.Event()

    def act(_transaction: SqlTransaction) -> None:
        began.set()
        assert release.wait(WAIT)

    with ThreadPoolExecutor(1) as thread:
        holding = thread.submit(store.run_blocking, act)
        assert began.wait(WAIT)
        try:
            yield
        finally:
            release.set()
        holding.result(WAIT)


def together(store: SqliteStore, *acts: Act) -> list[object]:
    """What becomes of acts that share one batch: an answer or an exception each."""

    async def run() -> list[object]:
        with held(store):
            tasks = [asyncio.ensure_future(store.run(act)) for act in acts]
            await asyncio.sleep(0)
        return await asyncio.gather(*tasks, return_exceptions=True)

    return wait(run())


def test_acts_that_wait_together_share_one_commit(store: SqliteStore) -> None:
    before = store.commits
    acts: list[Act] = [lambda _transaction, answer=number: answer for number in range(BATCH)]  # type: ignore[misc]  # no type is inferred for a lambda with a default
    assert together(store, *acts) == list(range(BATCH))
    assert store.commits - before == 2


def test_a_batch_is_never_longer_than_its_limit(store: SqliteStore) -> None:
    before = store.commits
    together(store, *(put(str(number)) for number in range(BATCH + 1)))
    assert store.commits - before == 3


def test_an_act_that_fails_is_undone_alone(store: SqliteStore) -> None:
    def fails(transaction: SqlTransaction) -> None:
        transaction.house.put("two", "x")
        raise ValueError("two")

    answers = together(store, put("one"), fails, put("three"))
    assert [type(answer) for answer in answers] == [type(None), ValueError, type(None)]
    assert there(store, "one", "two", "three") == ["one", "three"]


@pytest.mark.parametrize("error", [StopIteration, StopAsyncIteration, SystemExit, GeneratorExit])
def test_whatever_an_act_raises_the_others_are_answered(
    store: SqliteStore, error: type[BaseException]
) -> None:
    def fails(_transaction: SqlTransaction) -> None:
        raise error

    with held(store):
        pool = ThreadPoolExecutor(2)
        bad = pool.submit(store.run_blocking, fails)
        good = pool.submit(store.run_blocking, put("good"))
    assert good.result(WAIT) is None
    with pytest.raises((error, RuntimeError)):
        bad.result(WAIT)
    pool.shutdown()
    assert there(store, "good") == ["good"]


def test_a_broken_statement_fails_its_own_act_without_showing_sql(store: SqliteStore) -> None:
    def fails(transaction: SqlTransaction) -> None:
        transaction.house.put("name", object())  # type: ignore[arg-type]  # the wrong type is what is tested

    answers = together(store, put("one"), fails)
    assert isinstance(answers[1], HouseUnavailable)
    assert str(answers[1]) == "database"
    assert there(store, "one") == ["one"]


def test_a_broken_query_fails_its_own_act_without_showing_sql(store: SqliteStore) -> None:
    with pytest.raises(HouseUnavailable, match=r"^database$"):
        store.run_blocking(lambda transaction: transaction.devices.of(object()))  # type: ignore[arg-type]  # the wrong type is what is tested
    with pytest.raises(HouseUnavailable, match=r"^database$"):
        store.read_blocking(lambda transaction: transaction.tokens.find(object()))  # type: ignore[arg-type]  # the wrong type is what is tested


def test_when_the_transaction_dies_nobody_of_the_batch_is_answered_as_done(store: SqliteStore) -> None:
    def dies(transaction: SqlTransaction) -> None:
        raw(transaction).execute("ROLLBACK")

    answers = together(store, put("one"), dies, put("three"))
    assert [type(answer) for answer in answers] == [HouseUnavailable] * 3
    assert there(store, "one", "three") == []
    store.run_blocking(put("four"))
    assert there(store, "four") == ["four"]


def test_an_act_that_goes_on_after_the_transaction_died_writes_nothing(store: SqliteStore) -> None:
    def dies(transaction: SqlTransaction) -> None:
        raw(transaction).execute("ROLLBACK")
        with pytest.raises(HouseUnavailable):
            transaction.house.put("two", "x")
        with pytest.raises(HouseUnavailable):
            transaction.quotas.count("two", NOON, NOON)

    with pytest.raises(HouseUnavailable):
        store.run_blocking(dies)
    assert there(store, "two") == []


def test_when_the_commit_fails_nobody_of_the_batch_is_answered_as_done(tmp_path: Path) -> None:
    path = tmp_path / "aldaba.db"
    store = sqlite_store(path)
    store._connection.execute("PRAGMA foreign_keys = ON")
    beside = sqlite3.connect(path)
    beside.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
    beside.execute("CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)")
    beside.close()

    def orphans(transaction: SqlTransaction) -> None:
        raw(transaction).execute("INSERT INTO child VALUES (1)")

    answers = together(store, put("one"), orphans, put("three"))
    assert [type(answer) for answer in answers] == [HouseUnavailable] * 3
    assert there(store, "one", "three") == []
    store.run_blocking(put("four"))
    assert there(store, "four") == ["four"]
    store.close()


def test_when_not_even_a_rollback_works_the_next_batch_begins_with_it(store: SqliteStore) -> None:
    raw = store._connection

    def breaks(_transaction: SqlTransaction) -> None:
        raw.set_authorizer(
            lambda action, what, *_more: (
                sqlite3.SQLITE_DENY
                if action == sqlite3.SQLITE_TRANSACTION and what != "BEGIN"
                else sqlite3.SQLITE_OK
            )
        )

    answers = together(store, put("one"), breaks)
    assert [type(answer) for answer in answers] == [HouseUnavailable] * 2
    raw.set_authorizer(None)
    store.run_blocking(put("two"))
    assert there(store, "one", "two") == ["two"]


def test_a_caller_who_gives_up_does_not_hold_back_the_others(store: SqliteStore) -> None:
    async def run() -> object:
        with held(store):
            gone = asyncio.ensure_future(store.run(put("gone")))
            stays = asyncio.ensure_future(store.run(lambda _transaction: "answer"))
            await asyncio.sleep(0)
            gone.cancel()
        return await stays

    assert wait(run()) == "answer"
    assert there(store, "gone") == ["gone"]


def test_a_loop_that_closed_does_not_stop_the_writer(store: SqliteStore) -> None:
    async def leave() -> None:
        task = asyncio.ensure_future(store.run(put("left")))
        await asyncio.sleep(0)
        task.cancel()

    with held(store):
        wait(leave())
    store.run_blocking(put("after"))
    assert there(store, "left", "after") == ["left", "after"]


def test_threads_and_loops_write_beside_each_other(store: SqliteStore) -> None:
    def act(transaction: SqlTransaction) -> int:
        return transaction.quotas.count("q", NOON.replace(year=2030), NOON)

    with ThreadPoolExecutor(4) as threads:
        blocking = [threads.submit(store.run_blocking, act) for _ in range(100)]
        figures = at_once(*(store.run(act) for _ in range(100)))
        figures += [each.result(WAIT) for each in blocking]
    assert sorted(figures) == list(range(1, 201))


def test_closing_finishes_what_waits_and_refuses_what_comes_after(tmp_path: Path) -> None:
    path = tmp_path / "aldaba.db"
    store = sqlite_store(path)

    async def run() -> object:
        with ThreadPoolExecutor(1) as thread:
            with held(store):
                waiting = asyncio.ensure_future(store.run(put("waiting")))
                await asyncio.sleep(0)
                closing = thread.submit(store.close)
            await asyncio.wrap_future(closing)
        return await waiting

    assert wait(run()) is None
    with pytest.raises(HouseUnavailable):
        store.run_blocking(put("late"))
    with pytest.raises(HouseUnavailable):
        wait(store.read(lambda transaction: transaction.house.get("late")))
    store.close()
    again = sqlite_store(path)
    assert there(again, "waiting", "late") == ["waiting"]
    again.close()


def test_while_another_process_holds_the_file_too_long_nothing_is_done(tmp_path: Path) -> None:
    path = tmp_path / "aldaba.db"
    store = sqlite_store(path, busy_seconds=0.05)
    beside = sqlite3.connect(path, isolation_level=None)
    beside.execute("BEGIN IMMEDIATE")
    with pytest.raises(HouseUnavailable):
        store.run_blocking(put("one"))
    assert there(store, "one") == []
    beside.execute("COMMIT")
    beside.close()
    store.run_blocking(put("two"))
    assert there(store, "one", "two") == ["two"]
    store.close()


def test_a_file_that_is_not_there_is_the_house_being_unavailable(tmp_path: Path) -> None:
    sqlite_store(tmp_path / "a.db").close()
    (tmp_path / "a.db").unlink()
    with pytest.raises(HouseUnavailable):
        SqliteStore(tmp_path / "a.db", lambda: None, lambda: NOON, bytes)  # type: ignore[arg-type,return-value]  # the wrong type is what is tested
