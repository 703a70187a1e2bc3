"""SQLite: what was answered survives a kill, a full disk leaves nothing half done, the file tells nothing."""

import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest
from tests.store.houses import NOON, at_once, raw, sqlite_house, sqlite_store, wait
from tests.store.samples import EVENT, MESSAGE, SESSION, arrival

from aldaba.crypto.digests import new_handle
from aldaba.domain.refusals import HouseUnavailable
from aldaba.store.sql.sqlite.engine import SqliteStore
from aldaba.store.sql.transaction import SqlTransaction

ROOT = Path(__file__).parents[2]
WRITER = [sys.executable, "-m", "tests.store.answering_writer"]
ENOUGH = 400


def test_nothing_that_was_answered_is_missing_after_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "aldaba.db"
    for _ in range(3):
        answered = killed_after(path, ENOUGH)
        store = sqlite_store(path)
        there = found(store, answered)
        store.close()
        assert len(answered) >= ENOUGH
        assert answered - there == set()


def killed_after(path: Path, answers: int) -> set[str]:
    """Start a writing process, kill it without warning, and tell which numbers it had been answered."""
    with subprocess.Popen(
        [*WRITER, "until-killed", str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(answers)]
        process.kill()
        lines += process.stdout.readlines()
    # The last line may have been cut in the middle by the kill.
    return {line.strip() for line in lines if line.endswith("\n")}


def test_a_commit_waits_for_the_disk(store: SqliteStore) -> None:
    def pragma(name: str) -> object:
        return store.run_blocking(lambda it: raw(it).execute(f"PRAGMA {name}").fetchone()[0])

    assert (pragma("journal_mode"), pragma("synchronous")) == ("wal", 2)


def test_another_process_writes_beside_and_no_count_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "aldaba.db"
    store = sqlite_store(path)
    with subprocess.Popen([*WRITER, "count", str(path), "200"], cwd=ROOT) as process:
        while process.poll() is None:
            store.run_blocking(count)
        assert process.returncode == 0
    ours = store.run_blocking(lambda transaction: transaction.quotas.figure("ours", NOON))
    all_of_them = store.read_blocking(lambda transaction: transaction.quotas.figure("q", NOON))
    store.close()
    assert ours > 0
    assert all_of_them == 200 + ours


def count(transaction: SqlTransaction) -> None:
    for name in ("q", "ours"):
        transaction.quotas.count(name, NOON.replace(year=2030), NOON)


def limited(store: SqliteStore, more_pages: int | None) -> None:
    """Let the file grow by so many pages; None takes the limit away."""

    def act(transaction: SqlTransaction) -> None:
        (pages,) = raw(transaction).execute("PRAGMA page_count").fetchone()
        most = 2**30 if more_pages is None else pages + more_pages
        raw(transaction).execute(f"PRAGMA max_page_count = {most}")

    store.run_blocking(act)


def test_on_a_full_disk_whatever_is_answered_as_done_is_done_and_the_rest_is_not(tmp_path: Path) -> None:
    path = tmp_path / "aldaba.db"
    store = sqlite_store(path)
    limited(store, 50)
    outcomes = []
    for wave in range(10):
        outcomes += at_once(*(attempt(store, f"{wave}/{number}") for number in range(5)))
    done = {name for name, answered in outcomes if answered}
    refused = {name for name, answered in outcomes if not answered}
    assert done
    assert refused
    assert found(store, done | refused) == done
    limited(store, None)
    assert wait(attempt(store, "after")) == ("after", True)
    store.close()
    again = sqlite_store(path)
    assert found(again, done | refused | {"after"}) == done | {"after"}
    again.close()


async def attempt(store: SqliteStore, name: str) -> tuple[str, bool]:
    try:
        await store.run(lambda transaction: transaction.house.put(name, "x" * 10_000))
    except HouseUnavailable:
        return name, False
    return name, True


def found(store: SqliteStore, names: set[str]) -> set[str]:
    return store.read_blocking(
        lambda transaction: {name for name in names if transaction.house.get(name) is not None}
    )


def test_an_act_that_does_not_fit_leaves_none_of_its_parts(store: SqliteStore) -> None:
    def act(transaction: SqlTransaction) -> None:
        transaction.house.put("small", "x")
        transaction.audit.record(EVENT)
        transaction.house.put("large", "x" * 1_000_000)

    limited(store, 10)
    with pytest.raises(HouseUnavailable):
        store.run_blocking(act)
    assert found(store, {"small", "large"}) == set()
    assert store.read_blocking(lambda transaction: transaction.audit.events()) == []


def test_nothing_readable_stands_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "aldaba.db"
    house, store = sqlite_house(path)
    sid = new_handle(lambda size: b"\x5a" * size)
    wait(house.sessions.arrive(arrival(1, opens=SESSION), NOON))
    house.do(lambda transaction: transaction.messages.add(MESSAGE))
    house.do(lambda transaction: transaction.replays.claim("sid", sid, NOON.replace(year=2030), NOON))
    in_use = b"".join(each.read_bytes() for each in tmp_path.iterdir())
    store.close()
    written = in_use + b"".join(each.read_bytes() for each in tmp_path.iterdir())
    keys, otp = SESSION.keys, MESSAGE.otp
    assert keys is not None
    assert otp is not None
    planted = [keys.ek, keys.hk, b64encode(keys.ek), b64encode(keys.hk), sid.encode()]
    planted += [otp.reveal().encode(), MESSAGE.to.encode(), "código".encode()]
    assert SESSION.handle.encode() in written
    assert [secret for secret in planted if secret in written] == []


def test_a_new_database_is_for_its_owners_eyes(tmp_path: Path) -> None:
    path = tmp_path / "aldaba.db"
    store = sqlite_store(path)
    store.run_blocking(lambda transaction: transaction.house.put("a", "b"))
    assert {each.stat().st_mode & 0o777 for each in tmp_path.iterdir()} == {0o600}
    store.close()


def test_a_session_row_that_somebody_changed_is_no_session(tmp_path: Path) -> None:
    house, store = sqlite_house(tmp_path / "aldaba.db")
    wait(house.sessions.arrive(arrival(1, opens=SESSION), NOON))
    store.run_blocking(lambda it: raw(it).execute("UPDATE sessions SET body = zeroblob(200)").rowcount)
    assert wait(house.sessions.find(SESSION.handle, NOON)) is None
    assert wait(house.sessions.arrive(arrival(2, SESSION.handle), NOON)).session is None
    store.close()
