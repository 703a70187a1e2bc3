"""One PostgreSQL connection as the rows use it: statements prepared once, rows locked, keys held."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.abc import QueryNoTemplate

from aldaba.domain.refusals import HouseUnavailable
from aldaba.store.sql.connection import PART
from aldaba.store.sql.postgres.link import Link
from aldaba.store.sql.statements import Statement
from aldaba.store.sql.values import Row, Value

_HOLD = "SELECT pg_advisory_xact_lock(%(key)s::bigint)"


class PostgresConnection:
    """Runs statements inside the transaction that its link began; for acts, or for queries only."""

    def __init__(self, link: Link, *, writable: bool) -> None:
        self._link = link
        self._writable = writable

    def one(self, statement: Statement, **values: Value) -> Row | None:
        return self.ask(self._query(statement), **values)

    def all(self, statement: Statement, **values: Value) -> list[Row]:
        try:
            return self._link.execute(self._query(statement), values).fetchall()
        except psycopg.Error as error:
            raise HouseUnavailable(PART) from error

    def change(self, statement: Statement, **values: Value) -> int:
        try:
            return self._link.execute(self._query(statement), values).rowcount
        except psycopg.Error as error:
            raise HouseUnavailable(PART) from error

    def held(self, key: str, statement: Statement, **values: Value) -> Row | None:
        row = self.one(statement, **values)
        if row is None and self._writable:
            # A row that is not there cannot be locked. Who inserts it after a look holds its key, and what
            # another act inserted before we got the key is seen by the second look.
            self.hold(key)
            row = self.one(statement, **values)
        return row

    def hold(self, key: str) -> None:
        if self._writable:
            digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
            self.ask(_HOLD, key=int.from_bytes(digest, "big", signed=True))

    @contextmanager
    def lenient(self) -> Iterator[None]:
        """Nothing to do: the server lets no text in that is no UTF-8."""
        yield

    def ask(self, query: QueryNoTemplate, **values: Value) -> Row | None:
        """The first row of a query in this database's own words."""
        try:
            return self._link.execute(query, values).fetchone()
        except psycopg.Error as error:
            raise HouseUnavailable(PART) from error

    def _query(self, statement: Statement) -> str:
        if not self._writable:
            if statement.changes:
                raise PermissionError("a query changes nothing")
            return statement.postgres
        return statement.locking
