"""A connection that comes back by itself: it begins and ends transactions, and knows what became of each."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg.abc import QueryNoTemplate

from aldaba.domain.refusals import HouseUnavailable
from aldaba.store.sql.connection import PART
from aldaba.store.sql.postgres.connecting import Connector
from aldaba.store.sql.values import Value

# The number of the transaction is what the server is asked by, should it not answer the commit.
_BEGIN_ACT = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT pg_current_xact_id()::text"
_BEGIN_QUERY = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_OUTCOME = "SELECT pg_xact_status(%s::xid8)"
_FUTURE = "22023"
"""The server has not come to a transaction of that number."""

ASKING_SECONDS = 5.0
"""So long the outcome of a commit that was not answered is asked for."""
_PAUSE_SECONDS = 0.25

_PREPARED = 256


class OutcomeUnknown(Exception):
    """The server was lost at the moment of a commit and could not be asked what became of it."""


class Undone(Exception):
    """The server was lost before anything was done, or has told since that nothing was."""


class Link:
    """Used by one thread at a time."""

    def __init__(
        self,
        connector: Connector,
        ticks: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._connector, self._ticks, self._pause = connector, ticks, pause
        self._raw: psycopg.Connection | None = None
        self._rows: psycopg.Cursor[Any]
        self._plain: psycopg.Cursor[Any]

    def open(self) -> psycopg.Connection:
        """The connection, a fresh one where the last is gone. Raises ``HouseUnavailable``."""
        if self._raw is None or self._raw.closed:
            self._raw = self._connector.connect()
            self._raw.prepared_max = _PREPARED
            self._rows = self._raw.cursor(binary=True)
            self._plain = self._raw.cursor()
        return self._raw

    def close(self) -> None:
        if self._raw is not None:
            self._raw.close()
            self._raw = None

    def execute(self, query: QueryNoTemplate, values: Mapping[str, Value]) -> psycopg.Cursor[Any]:
        """Raises ``psycopg.Error``."""
        return self._rows.execute(query, values)

    @contextmanager
    def act(self) -> Iterator[None]:
        """A transaction that is committed at the end, or rolled back by an exception.

        Raises ``HouseUnavailable``, its cause ``OutcomeUnknown`` where nobody can tell what became of it.
        """
        number = self._begun(_BEGIN_ACT)
        with self._rolled_back_on_error():
            yield
        self._commit(number)

    @contextmanager
    def query(self) -> Iterator[None]:
        """A transaction that sees one moment and cannot write."""
        self._begun(_BEGIN_QUERY)
        with self._rolled_back_on_error():
            yield
        self._roll_back()

    def _begun(self, words: str) -> str:
        self.open()
        try:
            self._plain.execute(words, prepare=False)
            if not self._plain.nextset():
                return ""
            row = self._plain.fetchone()
        except psycopg.Error as error:
            self.close()
            raise _undone(error)  # noqa: B904 - its cause is in it
        return str(row[0]) if row else ""

    @contextmanager
    def _rolled_back_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        try:
            self._plain.execute("ROLLBACK", prepare=False)
        except psycopg.Error:
            self.close()

    def _commit(self, number: str) -> None:
        raw = self._raw
        if raw is None or raw.closed:
            # An act may have gone on after its connection was lost; no other has anything of it to commit.
            raise _undone(psycopg.OperationalError("the connection was lost before the commit"))
        try:
            self._plain.execute("COMMIT", prepare=False)
        except psycopg.Error as error:
            if raw.broken or raw.closed:
                self.close()
                self._learn(number, error)
                return
            self._roll_back()
            raise HouseUnavailable(PART) from error
        # An act that went on after an error commits nothing, and the server says so only by this word.
        if self._plain.statusmessage != "COMMIT":
            raise HouseUnavailable(PART)

    def _learn(self, number: str, lost: psycopg.Error) -> None:
        """Return if the transaction was committed; raise ``HouseUnavailable`` if it was not, or who knows."""
        until = self._ticks() + ASKING_SECONDS
        while self._ticks() < until:
            outcome = None
            with suppress(HouseUnavailable, psycopg.OperationalError):
                outcome = self._outcome(number)
            if outcome == "committed":
                return
            if outcome == "aborted":
                raise _undone(lost)
            self._pause(_PAUSE_SECONDS)
        raise HouseUnavailable(PART) from OutcomeUnknown(str(lost))

    def _outcome(self, number: str) -> str | None:
        """``committed``, ``aborted``, ``in progress``, or None when it is too long ago."""
        with self._connector.connect() as asking:
            try:
                row = asking.execute(_OUTCOME, [number]).fetchone()
            except psycopg.Error as error:
                if error.sqlstate == _FUTURE:
                    return "aborted"
                raise
        return None if row is None else row[0]


def _undone(error: psycopg.Error) -> HouseUnavailable:
    away, why = HouseUnavailable(PART), Undone(str(error))
    why.__cause__, away.__cause__ = error, why
    return away
