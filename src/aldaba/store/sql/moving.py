"""Moves a bank from its SQLite file to PostgreSQL: page by page, resumable, and compared row by row."""

import hashlib
import sqlite3
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from itertools import zip_longest
from pathlib import Path

import psycopg
from psycopg import sql as words
from sqlalchemy import Table

from aldaba.store.sql.postgres.connecting import conninfo_of
from aldaba.store.sql.tables import metadata
from aldaba.store.sql.values import Row

PAGE = 1000
"""So many rows are durable together; a move that is killed goes on with the page it was at."""

_SESSION = {"lock_timeout": "2s", "synchronous_commit": "on"}
_ONE_AT_A_TIME = "SELECT pg_advisory_lock(0x616C64, 2)"
_MARK = "SELECT obj_description('house_state'::regclass)"
_SEQUENCES = {"audit_events": "audit_events_id_seq", "messages": "messages_id_seq"}

Progress = Callable[[int], None]
"""Told how many rows more were copied or compared."""


class CannotMove(Exception):
    """The file is as it was; a target that was begun may be gone on with, or emptied."""


@contextmanager
def moving(source: Path, target: str) -> Iterator["Move"]:
    """A move between two databases of the newest schema; raises ``CannotMove`` while either is in use."""
    with closing(_alone(source)) as file, _connected(target) as connection:
        try:
            # The server may need a moment to see that a move that was killed is gone.
            connection.execute(_ONE_AT_A_TIME)
        except psycopg.errors.LockNotAvailable:
            raise CannotMove("another move to this target runs") from None
        yield Move(file, connection)


def _connected(target: str) -> psycopg.Connection:
    try:
        return psycopg.connect(conninfo_of(target, session=_SESSION), autocommit=True)
    except psycopg.OperationalError as error:
        raise CannotMove(str(error).strip()) from None


def _alone(source: Path) -> sqlite3.Connection:
    file = sqlite3.connect(
        f"{source.resolve().as_uri()}?mode=rw", uri=True, timeout=1.0, isolation_level=None
    )
    try:
        # A server holds its file open; so nobody serves from it now, nor can while we hold it so.
        file.execute("PRAGMA locking_mode = EXCLUSIVE")
        file.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        file.close()
        raise CannotMove(f"{source}: {error}. Stop the server that serves from it.") from None
    return file


class Move:
    """``begin``, ``copy``, ``compare``, ``finish``; after a kill begin again, and it goes on where it was."""

    def __init__(self, source: sqlite3.Connection, target: psycopg.Connection) -> None:
        self._source, self._target = source, target
        self._tables = metadata.sorted_tables
        self.rows = sum(self._count(table) for table in self._tables)
        """How many rows the file holds."""

    def begin(self) -> None:
        """Raises ``CannotMove`` for a target that holds anything but what a move of this bank left there."""
        mark, row = f"move of {self._bank()}", self._target.execute(_MARK).fetchone()
        if row is not None and row[0] == mark:
            return
        held = [table.name for table in self._tables if self._there(table)]
        if held:
            raise CannotMove(f"the target is not empty: there are rows in {', '.join(held)}")
        self._mark(words.Literal(mark))

    def copy(self, progress: Progress) -> None:
        for table in self._tables:
            there = self._there(table)
            progress(there)
            for page in self._pages(table, there):
                self._put(table, page)
                progress(len(page))

    def compare(self, progress: Progress) -> None:
        """Read both again, side by side; raises ``CannotMove`` at the first row that differs."""
        for table in self._tables:
            number = 0
            with closing(self._all(table)) as rows, closing(self._all_there(table)) as rows_there:
                for number, (ours, theirs) in enumerate(zip_longest(rows, rows_there), start=1):
                    if ours != theirs:
                        raise CannotMove(
                            f"row {number} of {table.name} is not the same on both sides: one of them was "
                            "written to since the move began. Empty the target and move again."
                        )
                    if number % PAGE == 0:
                        progress(PAGE)
            progress(number % PAGE)

    def finish(self) -> None:
        """Ids go on where the file's ended; from here the target is a bank like any."""
        with self._target.transaction():
            for table, sequence in _SEQUENCES.items():
                last = max(self._last_given(table), self._highest(table))
                if last:
                    self._target.execute("SELECT setval(%s::regclass, %s)", [sequence, last])
            self._mark(words.SQL("NULL"))

    def _bank(self) -> str:
        """What tells this bank from every other: its root keys, drawn at random and never removed."""
        keys = self._source.execute(
            "SELECT key_id FROM key_pairs WHERE purpose = 'e2e-root' ORDER BY created_at, key_id"
        ).fetchall()
        return hashlib.sha256(repr(keys).encode()).hexdigest()

    def _mark(self, text: words.Composable) -> None:
        self._target.execute(words.SQL("COMMENT ON TABLE house_state IS {}").format(text))

    def _pages(self, table: Table, after: int) -> Iterator[list[Row]]:
        # Whole pages are there, in this order, so their number says where to go on.
        rows = self._source.execute(f"{_select(table)} LIMIT -1 OFFSET ?", [after])
        while page := rows.fetchmany(PAGE):
            yield page

    def _put(self, table: Table, page: list[Row]) -> None:
        columns = words.SQL(", ").join(map(words.Identifier, table.columns.keys()))
        into = words.SQL("COPY {} ({}) FROM STDIN").format(words.Identifier(table.name), columns)
        try:
            with self._target.transaction(), self._target.cursor().copy(into) as copy:
                for row in page:
                    copy.write_row(row)
        except psycopg.DataError as error:
            raise CannotMove(f"{table.name}: {str(error).splitlines()[0]}") from error

    def _all(self, table: Table) -> Generator[Row, None, None]:
        yield from self._source.execute(_select(table))

    def _all_there(self, table: Table) -> Generator[Row, None, None]:
        with self._target.transaction(), self._target.cursor("compared", binary=True) as cursor:
            cursor.itersize = PAGE
            # SQLite orders texts by their bytes, and so does this collation.
            yield from cursor.execute(_select(table, collate=' COLLATE "C"').encode())

    def _count(self, table: Table) -> int:
        return int(self._source.execute(_counting(table)).fetchone()[0])

    def _there(self, table: Table) -> int:
        row = self._target.execute(_counting(table).encode()).fetchone()
        return 0 if row is None else int(row[0])

    def _last_given(self, table: str) -> int:
        row = self._source.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", [table]).fetchone()
        return 0 if row is None else int(row[0])

    def _highest(self, table: str) -> int:
        query = f"SELECT coalesce(max(id), 0) FROM {table}"  # noqa: S608 - a name of ours
        return int(self._source.execute(query).fetchone()[0])


def _select(table: Table, collate: str = "") -> str:
    """Every row in the order of its key."""
    order = [
        f'"{column.name}"{collate if column.type.python_type is str else ""}' for column in table.primary_key
    ]
    columns = ", ".join(f'"{name}"' for name in table.columns.keys())  # noqa: SIM118 - it is no dictionary
    return f'SELECT {columns} FROM "{table.name}" ORDER BY {", ".join(order)}'  # noqa: S608 - names of ours


def _counting(table: Table) -> str:
    return f'SELECT count(*) FROM "{table.name}"'  # noqa: S608 - a name of ours
