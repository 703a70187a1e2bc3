"""What the command line, the wiring and the sessions need of a store in SQL beyond the port."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from aldaba.store.sql.transaction import SqlTransaction

T = TypeVar("T")


class SqlStore(Protocol):
    """A database whose schema is current (``migrate`` it first). Keeps the promises of ``Store``."""

    async def run(self, act: Callable[[SqlTransaction], T]) -> T: ...
    def run_blocking(self, act: Callable[[SqlTransaction], T]) -> T:
        """``run`` for callers without an event loop: the command line."""

    async def read(self, query: Callable[[SqlTransaction], T]) -> T: ...
    def read_blocking(self, query: Callable[[SqlTransaction], T]) -> T:
        """``read`` for callers without an event loop."""

    @property
    def waiting(self) -> int:
        """Acts and queries that have not begun."""

    def close(self) -> None:
        """Finish every act that waits, then let go of the database."""
