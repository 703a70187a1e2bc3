"""The store on PostgreSQL: acts and queries on a few threads, each with a connection of its own at hand."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TypeVar

import psycopg

from aldaba.crypto.keyring import Keyring
from aldaba.domain.refusals import HouseUnavailable
from aldaba.service.endings import ended
from aldaba.service.ports import Clock, RandomBytes
from aldaba.service.watching import Unwatched, Watch
from aldaba.store.sql.connection import PART
from aldaba.store.sql.postgres.audit_ids import SequenceIds
from aldaba.store.sql.postgres.connecting import Connector, conninfo_of
from aldaba.store.sql.postgres.connection import PostgresConnection
from aldaba.store.sql.postgres.link import Link, Undone
from aldaba.store.sql.transaction import SqlTransaction

T = TypeVar("T")

CONNECTIONS = 8
WAITING_SECONDS = 5.0
"""An act that did not come to its turn in this time is answered ``HouseUnavailable``."""
TRIES = 5
"""So often at most an act is run that others or the server's end kept from being done."""

_AGAIN = frozenset(
    {
        "40001",  # could not serialize
        "40P01",  # deadlock
        "23505",  # two acts inserted the same key; the second look sees the other's row
        "25006",  # the server only reads: it was demoted
        "57P01",  # it is shut down
        "57P02",  # it crashed
        "57P03",  # it starts
    }
)


@dataclass(frozen=True, slots=True)
class _Desk:
    """A connection with what acts and queries see of it, made once and used again and again."""

    link: Link
    acts: SqlTransaction
    queries: SqlTransaction


class PostgresStore:
    """A database whose schema is current (``migrate`` it first). Any number of nodes serve from it.

    An act may run more than once before it is done, and only its last run counts. Where the server is lost at
    the very moment of a commit, it is asked what became of the act as soon as it is back; only when it
    stays away for seconds more does ``HouseUnavailable`` leave open whether the act was done.
    """

    def __init__(
        self,
        url: str,
        keyring: Callable[[], Keyring],
        clock: Clock,
        random_bytes: RandomBytes,
        *,
        connections: int = CONNECTIONS,
        waiting_seconds: float = WAITING_SECONDS,
        watch: Watch | None = None,
    ) -> None:
        self._waiting_seconds = waiting_seconds
        self._watch = watch or Unwatched()
        self._tickets: SimpleQueue[None] = SimpleQueue()
        connector = Connector(conninfo_of(url))
        desks = [_desk(Link(connector), keyring, clock, random_bytes) for _ in range(connections)]
        desks[0].link.open()
        self._desks = desks
        self._free: SimpleQueue[_Desk] = SimpleQueue()
        for desk in desks:
            self._free.put(desk)
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix="aldaba-database")

    async def run(self, act: Callable[[SqlTransaction], T]) -> T:
        began = time.perf_counter()
        try:
            return await ended(asyncio.wrap_future(self._submit(self._act, act)))
        finally:
            self._watch.acted(time.perf_counter() - began)

    def run_blocking(self, act: Callable[[SqlTransaction], T]) -> T:
        return self._submit(self._act, act).result()

    async def read(self, query: Callable[[SqlTransaction], T]) -> T:
        return await ended(asyncio.wrap_future(self._submit(_query, query)))

    def read_blocking(self, query: Callable[[SqlTransaction], T]) -> T:
        return self._submit(_query, query).result()

    @property
    def waiting(self) -> int:
        return self._tickets.qsize()

    def close(self) -> None:
        self._threads.shutdown()
        for desk in self._desks:
            desk.link.close()

    def _submit(
        self,
        work: Callable[[_Desk, Callable[[SqlTransaction], T]], T],
        act: Callable[[SqlTransaction], T],
    ) -> Future[T]:
        deadline = time.monotonic() + self._waiting_seconds
        self._tickets.put(None)
        try:
            return self._threads.submit(self._at_a_desk, work, act, deadline)
        except RuntimeError as error:  # the store is closed
            raise HouseUnavailable(PART) from error

    def _at_a_desk(
        self,
        work: Callable[[_Desk, Callable[[SqlTransaction], T]], T],
        act: Callable[[SqlTransaction], T],
        deadline: float,
    ) -> T:
        self._tickets.get_nowait()
        if time.monotonic() > deadline:
            raise HouseUnavailable(PART)
        desk = self._free.get_nowait()  # there are as many as threads
        try:
            return work(desk, act)
        finally:
            self._free.put(desk)

    def _act(self, desk: _Desk, act: Callable[[SqlTransaction], T]) -> T:
        began = time.perf_counter()
        try:
            answer = _tried(lambda: _done(desk, act))
        except HouseUnavailable as away:
            if away.part == PART:
                with suppress(Exception):
                    self._watch.commit_failed()
            raise
        with suppress(Exception):  # what is durable is answered so, whoever counts it
            self._watch.committed(1, time.perf_counter() - began, desk.acts.audit.take())
        return answer


def _done(desk: _Desk, act: Callable[[SqlTransaction], T]) -> T:
    desk.acts.begun()
    with desk.link.act():
        return act(desk.acts)


def _desk(link: Link, keyring: Callable[[], Keyring], clock: Clock, random_bytes: RandomBytes) -> _Desk:
    def transaction(sql: PostgresConnection) -> SqlTransaction:
        return SqlTransaction(sql, SequenceIds(sql), keyring, clock, random_bytes)

    acts, queries = PostgresConnection(link, writable=True), PostgresConnection(link, writable=False)
    return _Desk(link, transaction(acts), transaction(queries))


def _query(desk: _Desk, query: Callable[[SqlTransaction], T]) -> T:
    def once() -> T:
        desk.queries.begun()
        with desk.link.query():
            return query(desk.queries)

    return _tried(once)


def _tried(work: Callable[[], T]) -> T:
    tries = 0
    while True:
        tries += 1
        try:
            return work()
        except HouseUnavailable as away:
            if tries == TRIES or not _nothing_was_done(away.__cause__):
                raise


def _nothing_was_done(cause: BaseException | None) -> bool:
    """Whether an act that ended so may be run again, with some hope."""
    if isinstance(cause, Undone):
        return True
    # A connection that broke has no state to tell; a connection for the next try is opened afresh.
    lost = isinstance(cause, psycopg.OperationalError) and cause.sqlstate is None
    return isinstance(cause, psycopg.Error) and (lost or cause.sqlstate in _AGAIN)
