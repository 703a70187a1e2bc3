"""What the rows need of a connection, whichever database stands behind it."""

from contextlib import AbstractContextManager
from typing import Protocol

from aldaba.store.sql.statements import Statement
from aldaba.store.sql.values import Row, Value

PART = "database"
"""What ``HouseUnavailable`` names when the trouble is here."""


class SqlConnection(Protocol):
    """Runs statements inside a transaction that the engine began; raises ``HouseUnavailable``.

    A connection for queries raises ``PermissionError`` at a statement that changes something.
    """

    def one(self, statement: Statement, **values: Value) -> Row | None:
        """The first row, if there is one."""

    def all(self, statement: Statement, **values: Value) -> list[Row]: ...
    def change(self, statement: Statement, **values: Value) -> int:
        """Run it and tell how many rows it changed."""

    def held(self, key: str, statement: Statement, **values: Value) -> Row | None:
        """The row of a key, as nobody else changes it before this act ends.

        A key without a row is held as well: of two acts that would both insert it, one waits.
        """

    def hold(self, key: str) -> None:
        """Keep every other act that holds this key out until this act ends."""

    def lenient(self) -> AbstractContextManager[None]:
        """Inside, a text that is no UTF-8 is read with surrogates instead of stopping the reading."""
