"""One SQLite connection: how it is opened, and how statements run on it without its errors leaking."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aldaba.domain.refusals import HouseUnavailable
from aldaba.store.sql.connection import PART
from aldaba.store.sql.statements import Statement
from aldaba.store.sql.values import Row, Value

_CACHED_STATEMENTS = 256


class SqliteConnection:
    """Runs statements inside a transaction that somebody else began."""

    def __init__(self, raw: sqlite3.Connection, *, writable: bool) -> None:
        self.raw = raw
        self._writable = writable

    def one(self, statement: Statement, **values: Value) -> Row | None:
        """The first row, if there is one."""
        self._check(statement)
        try:
            row: Row | None = self.raw.execute(statement.sqlite, values).fetchone()
        except sqlite3.Error as error:
            raise HouseUnavailable(PART) from error
        return row

    def all(self, statement: Statement, **values: Value) -> list[Row]:
        self._check(statement)
        try:
            return self.raw.execute(statement.sqlite, values).fetchall()
        except sqlite3.Error as error:
            raise HouseUnavailable(PART) from error

    def change(self, statement: Statement, **values: Value) -> int:
        """Run it and tell how many rows it changed."""
        self._check(statement)
        try:
            return self.raw.execute(statement.sqlite, values).rowcount
        except sqlite3.Error as error:
            raise HouseUnavailable(PART) from error

    def held(self, key: str, statement: Statement, **values: Value) -> Row | None:  # noqa: ARG002 - see below
        """As ``one``: a single thread writes, so nobody else changes anything before this act ends."""
        return self.one(statement, **values)

    def hold(self, key: str) -> None:
        """Nothing to do, for the same reason."""

    @contextmanager
    def lenient(self) -> Iterator[None]:
        strict = self.raw.text_factory
        self.raw.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        try:
            yield
        finally:
            self.raw.text_factory = strict

    def _check(self, statement: Statement) -> None:
        # After a full disk SQLite has ended the transaction by itself: each later statement of the act
        # would commit on its own, though its caller is told that nothing was done.
        if not self.raw.in_transaction:
            raise HouseUnavailable(PART)
        if statement.changes and not self._writable:
            raise PermissionError("a query changes nothing")


def open_writer(path: Path, busy_seconds: float) -> SqliteConnection:
    """The connection that writes: in WAL mode, and a commit returns when the disk has it."""
    raw = open_file(path, "rw", busy_seconds)
    raw.execute("PRAGMA journal_mode = WAL")
    raw.execute("PRAGMA synchronous = FULL")
    # What is deleted is overwritten: erased session keys must not linger in free pages.
    raw.execute("PRAGMA secure_delete = ON")
    return SqliteConnection(raw, writable=True)


def open_reader(path: Path, busy_seconds: float) -> SqliteConnection:
    """A connection that cannot write; open the writer first."""
    return SqliteConnection(open_file(path, "ro", busy_seconds), writable=False)


def open_file(path: Path, mode: str, busy_seconds: float) -> sqlite3.Connection:
    """The driver's connection; ``mode`` is ``ro`` or ``rw``, and the file is there already."""
    return sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}",
        uri=True,
        timeout=busy_seconds,
        isolation_level=None,  # transactions begin and end only where the engine says so
        check_same_thread=False,
        cached_statements=_CACHED_STATEMENTS,
    )
