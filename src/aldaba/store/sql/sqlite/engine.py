"""The store on SQLite: acts on the writer's thread, queries at once on a connection that cannot write."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

from aldaba.crypto.keyring import Keyring
from aldaba.domain.refusals import HouseUnavailable
from aldaba.service.ports import Clock, RandomBytes
from aldaba.service.watching import Unwatched, Watch
from aldaba.store.sql.connection import PART
from aldaba.store.sql.sqlite.audit_ids import CountedIds
from aldaba.store.sql.sqlite.connection import SqliteConnection, open_reader, open_writer
from aldaba.store.sql.sqlite.writer import Waiting, Writer
from aldaba.store.sql.transaction import SqlTransaction

T = TypeVar("T")

BUSY_SECONDS = 5.0
"""How long a transaction waits while another process (the command line) writes."""


class SqliteStore:
    """A database file whose schema is current (``migrate`` it first). One process serves from it."""

    def __init__(
        self,
        path: Path,
        keyring: Callable[[], Keyring],
        clock: Clock,
        random_bytes: RandomBytes,
        *,
        busy_seconds: float = BUSY_SECONDS,
        watch: Watch | None = None,
    ) -> None:
        try:
            writer = open_writer(path, busy_seconds)
            self._reader = open_reader(path, busy_seconds)
        except sqlite3.Error as error:
            raise HouseUnavailable(PART) from error

        def transaction(sql: SqliteConnection) -> SqlTransaction:
            return SqlTransaction(sql, CountedIds(sql), keyring, clock, random_bytes)

        self._queries = transaction(self._reader)
        self._reading = threading.Lock()
        self._connection = writer.raw
        self._watch = watch or Unwatched()
        self._writer = Writer(writer, transaction(writer), self._watch)

    @property
    def commits(self) -> int:
        """Transactions committed since the store was opened; many acts share one."""
        return self._writer.commits

    @property
    def waiting(self) -> int:
        """Acts that have not begun."""
        return self._writer.waiting

    async def run(self, act: Callable[[SqlTransaction], T]) -> T:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        began = time.perf_counter()
        self._writer.submit(Waiting(act, future, loop))
        try:
            return await future
        finally:
            self._watch.acted(time.perf_counter() - began)

    def run_blocking(self, act: Callable[[SqlTransaction], T]) -> T:
        """``run`` for callers without an event loop: the command line."""
        future: Future[T] = Future()
        self._writer.submit(Waiting(act, future, None))
        return future.result()

    async def read(self, query: Callable[[SqlTransaction], T]) -> T:
        return self.read_blocking(query)

    def read_blocking(self, query: Callable[[SqlTransaction], T]) -> T:
        """``read`` for callers without an event loop."""
        with self._reading:
            try:
                self._reader.raw.execute("BEGIN")
            except sqlite3.Error as error:
                raise HouseUnavailable(PART) from error
            try:
                self._queries.begun()
                return query(self._queries)
            finally:
                if self._reader.raw.in_transaction:
                    self._reader.raw.execute("ROLLBACK")

    def close(self) -> None:
        """Finish every act that waits, then let go of the file."""
        self._writer.close()
        with self._reading:
            self._reader.raw.close()
        self._connection.close()
