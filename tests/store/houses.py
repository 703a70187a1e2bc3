"""A store with its sessions and a clock that a test sets, as every suite in this folder gets it."""

import asyncio
import atexit
import os
import sqlite3
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from aldaba.crypto.keyring import Key, KeyName, Keyring
from aldaba.domain.policy import SessionPolicy
from aldaba.service.ports import Sessions, Store, Transaction
from aldaba.service.tally_ports import Tallies
from aldaba.store.memory import MemorySessions, MemoryStore
from aldaba.store.redis.acts import SessionsBeside
from aldaba.store.redis.rows import Rows
from aldaba.store.redis.server import RedisServer
from aldaba.store.redis.sessions import RedisSessions
from aldaba.store.redis.tallies import RedisTallies
from aldaba.store.sql.postgres.engine import PostgresStore
from aldaba.store.sql.sessions import SqlSessions
from aldaba.store.sql.sqlite.connection import SqliteConnection
from aldaba.store.sql.sqlite.engine import SqliteStore
from aldaba.store.sql.transaction import SqlTransaction
from aldaba.store.sql.upgrading import migrate
from aldaba.store.tallies import StoredTallies

T = TypeVar("T")

NOON = datetime(2026, 3, 2, 18, tzinfo=UTC)
RULES = SessionPolicy(idle_seconds=300, absolute_seconds=3600, tombstone_seconds=60)
RING = Keyring.generate(KeyName, os.urandom, now_id="k1")


def ring() -> Keyring:
    return RING


class RotatingRing:
    """A ring of which one name is rotated under a test."""

    def __init__(self, name: KeyName) -> None:
        self.keys, self._name = RING, name

    def __call__(self) -> Keyring:
        return self.keys

    def rotate(self) -> None:
        self.keys = self.keys.rotated(self._name, Key("k2", os.urandom(32)))


class SetClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now


@dataclass(frozen=True, slots=True)
class House:
    store: Store
    sessions: Sessions
    clock: SetClock
    tallying: Callable[[Store], Tallies] = StoredTallies

    @property
    def tallies(self) -> Tallies:
        return self.tallying(self.store)

    def do(self, act: Callable[[Transaction], T]) -> T:
        return wait(self.store.run(act))

    def look(self, query: Callable[[Transaction], T]) -> T:
        return wait(self.store.read(query))


_LOOP = asyncio.Runner()
atexit.register(_LOOP.close)


def wait(coroutine: Coroutine[Any, Any, T]) -> T:
    """The coroutine's answer, from the one event loop of all the houses: connections belong to a loop."""
    return _LOOP.run(coroutine)


def at_once(*coroutines: Coroutine[Any, Any, T]) -> list[T]:
    """The answers of coroutines started together."""

    async def gathered() -> list[T]:
        return await asyncio.gather(*coroutines)

    return wait(gathered())


def memory_house() -> House:
    clock = SetClock()
    store = MemoryStore(clock)
    return House(store, MemorySessions(store, RULES), clock)


def sqlite_house(path: Path) -> tuple[House, SqliteStore]:
    clock = SetClock()
    store = sqlite_store(path, clock)
    return House(store, SqlSessions(store, RULES), clock), store


def sqlite_store(
    path: Path, clock: Callable[[], datetime] | None = None, *, busy_seconds: float = 5.0
) -> SqliteStore:
    """A store on this file, migrated first."""
    migrate(f"sqlite:///{path}")
    return SqliteStore(path, ring, clock or SetClock(), os.urandom, busy_seconds=busy_seconds)


def beside_valkey(durable: House, url: str) -> tuple[House, RedisServer]:
    """The same house with its sessions on a Valkey server."""
    server = RedisServer(url)
    rows = Rows(server, ring, os.urandom)
    store = SessionsBeside(durable.store, rows, durable.clock)
    sessions = RedisSessions(rows, store, durable.sessions, RULES)
    return House(store, sessions, durable.clock, lambda _store: RedisTallies(server)), server


def raw(transaction: SqlTransaction) -> sqlite3.Connection:
    """The driver's own connection, for what no port offers."""
    assert isinstance(transaction.sql, SqliteConnection)
    return transaction.sql.raw


def postgres_house(url: str) -> tuple[House, PostgresStore]:
    clock = SetClock()
    store = postgres_store(url, clock)
    return House(store, SqlSessions(store, RULES), clock), store


def postgres_store(
    url: str,
    clock: Callable[[], datetime] | None = None,
    *,
    connections: int = 4,
    waiting_seconds: float = 10.0,
) -> PostgresStore:
    """A store on a database that has its schema."""
    clock = clock or SetClock()
    return PostgresStore(
        url, ring, clock, os.urandom, connections=connections, waiting_seconds=waiting_seconds
    )
