"""On each database everything sealed comes under the current storage key, and is counted by it."""

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.store.houses import RotatingRing, SetClock, wait
from tests.store.samples import EVENT, MESSAGE, SESSION

from aldaba.crypto.keyring import KeyName
from aldaba.store.sql.audit_sealing import AuditSealer
from aldaba.store.sql.opening import open_store
from aldaba.store.sql.resealing import Resealer
from aldaba.store.sql.store import SqlStore
from aldaba.store.sql.transaction import SqlTransaction

SESSIONS = 450
"""More than two slices."""


@pytest.fixture
def keys() -> RotatingRing:
    return RotatingRing(KeyName.STORAGE)


@pytest.fixture
def sealed(fresh_url: str, keys: RotatingRing) -> Iterator[SqlStore]:
    """A store with sealed sessions, messages and a sealed head, and a storage key that came after."""
    store = open_store(fresh_url, keys, SetClock(), os.urandom, connections=2)

    def fill(act: SqlTransaction) -> None:
        for number in range(SESSIONS):
            act.sessions.place(replace(SESSION, handle=f"{number:064x}"))
        act.messages.add(MESSAGE)
        act.messages.add(MESSAGE)
        act.audit.record(EVENT)

    store.run_blocking(fill)
    wait(AuditSealer(store, keys, SetClock(), os.urandom).seal_events())
    keys.rotate()
    yield store
    store.close()


def test_after_a_round_nothing_is_under_the_earlier_key_and_all_of_it_opens(
    sealed: SqlStore, keys: RotatingRing
) -> None:
    resealer = Resealer(sealed, keys, os.urandom)
    looked: list[int] = []
    assert wait(resealer.reseal(looked.append)) == SESSIONS + 3
    assert looked[-1] == wait(resealer.rows()) == SESSIONS + 3
    assert wait(resealer.reseal()) == 0
    held = wait(resealer.holdings())
    by_key = {(key, table): count for (name, key, table), count in held.items() if name == KeyName.STORAGE}
    assert by_key == {("k2", "sessions"): SESSIONS, ("k2", "messages"): 2, ("k2", "audit_head"): 1}
    keys.keys = keys.keys.without(KeyName.STORAGE, "k1")
    first = replace(SESSION, handle=f"{0:064x}")
    assert sealed.read_blocking(lambda query: query.sessions.find(first.handle)) == first
    assert sealed.read_blocking(lambda query: query.messages.to(MESSAGE.to)) == (MESSAGE, MESSAGE)


def test_what_an_act_changes_meanwhile_is_left_as_the_act_put_it(
    sealed: SqlStore, keys: RotatingRing
) -> None:
    newer = replace(SESSION, handle=f"{7:064x}", channel="mobile")
    looked: list[int] = []

    def between(count: int) -> None:
        # The first slice is done; a customer's act puts one of its rows anew.
        if not looked:
            sealed.run_blocking(lambda act: act.sessions.place(newer))
        looked.append(count)

    wait(Resealer(sealed, keys, os.urandom).reseal(between))
    assert sealed.read_blocking(lambda query: query.sessions.find(newer.handle)) == newer
    held = wait(Resealer(sealed, keys, os.urandom).holdings())
    assert held[KeyName.STORAGE, "k2", "sessions"] == SESSIONS
