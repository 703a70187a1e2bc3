"""Rows and sessions, sealed because they hold end-to-end keys; an arrival is one act of two statements."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import bindparam, case, or_, select, update

from aldaba.domain.policy import SessionPolicy
from aldaba.domain.session import Session
from aldaba.service.ports import Admission, Arrival, Arrived
from aldaba.store.sql.shortlived import claim_request, sweep_slice
from aldaba.store.sql.statements import insert, statement
from aldaba.store.sql.store import SqlStore
from aldaba.store.sql.tables import sessions
from aldaba.store.sql.transaction import SqlTransaction
from aldaba.store.sql.values import milliseconds

_named = sessions.c.handle == bindparam("named")
_admitted = (
    sessions.c.expires_at > bindparam("now"),
    # A tombstone stands for its short while, however long nobody touched it.
    or_(sessions.c.successor.is_not(None), sessions.c.touched_at > bindparam("idle_since")),
)
_TOUCH = statement(
    update(sessions)
    .where(_named, sessions.c.application_id == bindparam("application"), *_admitted)
    .values(touched_at=case((sessions.c.successor.is_(None), bindparam("now")), else_=sessions.c.touched_at))
    .returning(sessions.c.body, sessions.c.touched_at)
)
_FIND = statement(select(sessions.c.body, sessions.c.touched_at).where(_named, *_admitted))
_OPEN = insert(sessions)


class SqlSessions:
    """Sessions in a table beside the rest; every change is durable before it is answered."""

    def __init__(self, store: SqlStore, rules: SessionPolicy) -> None:
        self._store = store
        self._idle = rules.idle_seconds * 1000

    async def arrive(self, arrival: Arrival, now: datetime) -> Admission:
        return await self._store.run(lambda transaction: self._arrive(transaction, arrival, now))

    async def find(self, handle: str, now: datetime) -> Session | None:
        moments = self._moments(now)

        def query(transaction: SqlTransaction) -> Session | None:
            row = transaction.sql.one(_FIND, named=handle, **moments)
            return transaction.sessions.read(handle, row)

        return await self._store.read(query)

    async def change(self, handle: str, rule: Callable[[Session], Session | None]) -> Session | None:
        def act(transaction: SqlTransaction) -> Session | None:
            session = transaction.sessions.find(handle)
            changed = None if session is None else rule(session)
            if changed is not None and changed is not session:
                transaction.sessions.place(changed)
            return changed

        return await self._store.run(act)

    async def end(self, handle: str) -> None:
        await self._store.run(lambda transaction: transaction.sessions.end(handle))

    async def sweep(self, now: datetime) -> None:
        """In slices, so that customers' acts come in between; expired decoys, marks and quotas go too."""
        while await self._store.run(lambda transaction: sweep_slice(transaction.sql, now)):
            pass

    def _arrive(self, transaction: SqlTransaction, arrival: Arrival, now: datetime) -> Admission:
        sql, until = transaction.sql, arrival.remembered_until
        if not claim_request(sql, arrival.application_id, arrival.request_id, until, now):
            return Admission(Arrived.REPEATED, None)
        if arrival.handle is not None:
            return Admission(Arrived.FRESH, self._touched(transaction, arrival, arrival.handle, now))
        if arrival.opened_quota is not None:
            name, ends_at, limit = arrival.opened_quota
            if transaction.quotas.count(name, ends_at, now) > limit:
                return Admission(Arrived.FULL, None)
        if arrival.opens is None:
            return Admission(Arrived.FRESH, None)
        sql.change(_OPEN, **transaction.sessions.row(arrival.opens))
        return Admission(Arrived.FRESH, arrival.opens)

    def _touched(
        self, transaction: SqlTransaction, arrival: Arrival, handle: str, now: datetime
    ) -> Session | None:
        named = {"named": handle, "application": arrival.application_id}
        row = transaction.sql.one(_TOUCH, **named, **self._moments(now))
        return transaction.sessions.read(handle, row)

    def _moments(self, now: datetime) -> dict[str, int]:
        moment = milliseconds(now)
        return {"now": moment, "idle_since": moment - self._idle}
