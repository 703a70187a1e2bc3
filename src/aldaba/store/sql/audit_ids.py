"""What the audit needs of a database that gives its rows their ids."""

from typing import Protocol


class AuditIds(Protocol):
    """Ids grow; each database has its own way to give them to transactions that run at once."""

    @property
    def gapless(self) -> bool:
        """Whether an id without a row was a row once; else an act rolled back may have left it unused."""

    def begun(self) -> None:
        """Another transaction begins."""

    def next(self) -> int:
        """An id for a row of this act, larger than any given before."""

    def last(self) -> int:
        """The newest id ever given, 0 before the first."""

    def settled(self) -> int:
        """An id up to which no row can still appear: whoever took one has committed or never will.

        Rows seen by the next statement are all there are up to it. May lag behind ``last``.
        """
