"""Ids of audit rows on PostgreSQL: a sequence, and how the sealer learns that no row below can still come."""

from aldaba.store.sql.postgres.connection import PostgresConnection

_LOCK = 0x616C64
"""First half of the advisory lock that every act shares from its first id until it ends."""

# The lock is taken before the number: whoever has a number holds it.
_NEXT = f"""
WITH recording AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared({_LOCK}, 0)::text AS held)
SELECT nextval('audit_events_id_seq') FROM recording WHERE held IS NOT NULL
"""  # noqa: S608 - a number of ours
_LAST = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM audit_events_id_seq"
_RECORDING = f"""
SELECT coalesce(array_agg(virtualtransaction), '{{}}') FROM pg_locks
WHERE locktype = 'advisory' AND classid = {_LOCK} AND objid = 0 AND objsubid = 2 AND granted
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""  # noqa: S608 - a number of ours
_WAIT = "SELECT pg_sleep(0.01)"
_WAITS = 100


class SequenceIds:
    """Acts take their numbers at once and commit in any order; a rollback leaves a gap for good."""

    gapless = False

    def __init__(self, sql: PostgresConnection) -> None:
        self._sql = sql

    def begun(self) -> None:
        """Nothing is remembered."""

    def next(self) -> int:
        return self._number(_NEXT)

    def last(self) -> int:
        return self._number(_LAST)

    def settled(self) -> int:
        """0 where some act that records has not ended for a second.

        In this order: the newest number, then who records. An act that took a number up to it holds the lock,
        or it has ended and its rows are there to see: a commit is seen before its locks are let go.
        """
        last, recording = self.last(), self._recording()
        for _ in range(_WAITS):
            if not recording:
                return last
            self._sql.ask(_WAIT)
            recording &= self._recording()
        return 0

    def _recording(self) -> set[str]:
        row = self._sql.ask(_RECORDING)
        return set() if row is None else set(row[0])

    def _number(self, query: str) -> int:
        row = self._sql.ask(query)
        return 0 if row is None else int(row[0])
