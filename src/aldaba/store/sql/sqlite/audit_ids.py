"""Ids of audit rows on SQLite, given one by one without gaps: an act rolled back gives its ids back."""

from sqlalchemy import text

from aldaba.store.sql.sqlite.connection import SqliteConnection
from aldaba.store.sql.statements import statement

_LAST_ID = statement(text("SELECT seq FROM sqlite_sequence WHERE name = 'audit_events'"))
"""The newest id ever given, which SQLite keeps even when the row is gone."""


class CountedIds:
    """The database is asked once a transaction, then counted on."""

    gapless = True

    def __init__(self, sql: SqliteConnection) -> None:
        self._sql = sql
        self._last: int | None = None

    def begun(self) -> None:
        """Forget the newest id: a rollback, or another process, may have changed it."""
        self._last = None

    def next(self) -> int:
        self._last = 1 + (self.last() if self._last is None else self._last)
        return self._last

    def last(self) -> int:
        row = self._sql.one(_LAST_ID)
        # Somebody may have written anything into the file.
        return row[0] if row is not None and isinstance(row[0], int) else 0

    def settled(self) -> int:
        """One transaction writes at a time, so no row can still come below the newest."""
        return self.last()
