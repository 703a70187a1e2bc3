"""Group commit: one thread runs every waiting act in one transaction and answers after the disk has it."""

import sqlite3
import threading
import time
from asyncio import AbstractEventLoop
from asyncio import Future as LoopFuture
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future as ThreadFuture
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

from aldaba.domain.refusals import HouseUnavailable
from aldaba.service.audit import Event
from aldaba.service.watching import Watch
from aldaba.store.sql.connection import PART
from aldaba.store.sql.sqlite.connection import SqliteConnection
from aldaba.store.sql.transaction import SqlTransaction

BATCH = 256
"""So many acts at most share one commit, so that the first of them does not wait too long."""


@dataclass(slots=True)
class Waiting:
    """An act and where its answer goes; without a loop its caller blocks on a thread's future."""

    act: Callable[[SqlTransaction], Any]
    future: LoopFuture[Any] | ThreadFuture[Any]
    loop: AbstractEventLoop | None
    answer: Any = None
    error: BaseException | None = None

    def deliver(self) -> None:
        if self.future.done():
            return  # its caller was cancelled; the act is done all the same
        if self.error is None:
            self.future.set_result(self.answer)
        else:
            self.future.set_exception(self.error)


class Writer:
    """Owns the writing connection; nothing else writes through it."""

    def __init__(self, sql: SqliteConnection, transaction: SqlTransaction, watch: Watch) -> None:
        self._sql, self._transaction, self._watch = sql, transaction, watch
        self._queue: SimpleQueue[Waiting | None] = SimpleQueue()
        self._door = threading.Lock()
        self._closed = False
        self.commits = 0
        """Transactions committed so far."""
        self._thread = threading.Thread(target=self._work, name="aldaba-writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Acts that have not begun."""
        return self._queue.qsize()

    def submit(self, waiting: Waiting) -> None:
        with self._door:
            if self._closed:
                raise HouseUnavailable(PART)
            self._queue.put(waiting)

    def close(self) -> None:
        """Finish what waits, then stop."""
        with self._door:
            already, self._closed = self._closed, True
        if not already:
            self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        closing = False
        while not closing:
            batch = self._next_batch()
            acts = [waiting for waiting in batch if waiting is not None]
            closing = len(acts) < len(batch)
            if acts:
                self._settle(acts)
                _deliver(acts)

    def _next_batch(self) -> list[Waiting | None]:
        batch = [self._queue.get()]
        while len(batch) < BATCH and not self._queue.empty():
            batch.append(self._queue.get())
        return batch

    def _settle(self, acts: list[Waiting]) -> None:
        raw, events, began = self._sql.raw, list[Event](), time.perf_counter()
        try:
            if raw.in_transaction:
                raw.execute("ROLLBACK")  # a broken disk let the last batch neither commit nor roll back
            raw.execute("BEGIN IMMEDIATE")
            self._transaction.begun()
            for waiting in acts:
                self._attempt(waiting)
                events += self._transaction.audit.take()
            raw.execute("COMMIT")
            self.commits += 1
        except Exception as error:  # noqa: BLE001 - a caller who is never answered waits for ever
            self._abandon(acts, error)
            return
        with suppress(Exception):  # what is durable is answered so, whoever counts it
            self._watch.committed(len(acts), time.perf_counter() - began, events)

    def _attempt(self, waiting: Waiting) -> None:
        raw = self._sql.raw
        raw.execute("SAVEPOINT act")
        try:
            waiting.answer = waiting.act(self._transaction)
        except BaseException as error:  # noqa: BLE001 - whatever an act raises is its caller's
            waiting.error = _raisable(error)
        # A full disk or an I/O error ends the whole transaction, and with it the acts before this one.
        if not raw.in_transaction:
            raise HouseUnavailable(PART) from waiting.error
        if waiting.error is not None:
            raw.execute("ROLLBACK TO act")
            self._transaction.begun()
        raw.execute("RELEASE act")

    def _abandon(self, acts: list[Waiting], cause: Exception) -> None:
        try:
            if self._sql.raw.in_transaction:
                self._sql.raw.execute("ROLLBACK")
        except sqlite3.Error as error:
            cause = error
        with suppress(Exception):
            self._watch.commit_failed()
        for waiting in acts:
            waiting.answer, waiting.error = None, HouseUnavailable(PART)
            waiting.error.__cause__ = cause


def _raisable(error: BaseException) -> BaseException:
    # A future refuses StopIteration, and the acts after this one would never be answered.
    if isinstance(error, StopIteration):
        wrapped = RuntimeError("an act raised StopIteration")
        wrapped.__cause__ = error
        return wrapped
    return error


def _deliver(acts: list[Waiting]) -> None:
    by_loop: defaultdict[AbstractEventLoop | None, list[Waiting]] = defaultdict(list)
    for waiting in acts:
        by_loop[waiting.loop].append(waiting)
    for loop, theirs in by_loop.items():
        if loop is None:
            _deliver_all(theirs)
            continue
        try:
            loop.call_soon_threadsafe(_deliver_all, theirs)
        except RuntimeError:
            continue  # the loop is closed, so nobody waits there any more


def _deliver_all(acts: list[Waiting]) -> None:
    for waiting in acts:
        waiting.deliver()
