"""Rows and sessions, sealed because they hold end-to-end keys; an arrival is one act of two statements."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import msgspec
from sqlalchemy import bindparam, case, delete, or_, select, update

from aldaba.crypto.keyring import KeyName, Keyring
from aldaba.crypto.sealing import NONCE_BYTES, CannotOpen, open_sealed, seal
from aldaba.domain.policy import SessionPolicy
from aldaba.domain.session import Session
from aldaba.service.ports import Admission, Arrival, Arrived, RandomBytes
from aldaba.store.sql.connection import SqliteConnection
from aldaba.store.sql.engine import SqliteStore
from aldaba.store.sql.shortlived import claim_request, sweep_slice
from aldaba.store.sql.statements import insert, statement, upsert
from aldaba.store.sql.tables import sessions
from aldaba.store.sql.transaction import SqlTransaction
from aldaba.store.sql.values import Row, Value, body_of, milliseconds, moment_of

_READ = msgspec.json.Decoder(Session)

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
_LOOK = statement(select(sessions.c.body, sessions.c.touched_at).where(_named))
_OPEN = insert(sessions)
_PLACE = upsert(sessions)
_END = statement(delete(sessions).where(or_(_named, sessions.c.successor == bindparam("named"))))


class SqlSessions:
    """Sessions in a table beside the rest; every change is durable before it is answered."""

    def __init__(
        self,
        store: SqliteStore,
        keyring: Callable[[], Keyring],
        random_bytes: RandomBytes,
        rules: SessionPolicy,
    ) -> None:
        self._store, self._keyring, self._random_bytes = store, keyring, random_bytes
        self._idle = rules.idle_seconds * 1000

    async def arrive(self, arrival: Arrival, now: datetime) -> Admission:
        return await self._store.run(lambda transaction: self._arrive(transaction, arrival, now))

    async def find(self, handle: str, now: datetime) -> Session | None:
        moments = self._moments(now)
        row = await self._store.read(lambda transaction: transaction.sql.one(_FIND, named=handle, **moments))
        return self._read(handle, row)

    async def change(self, handle: str, rule: Callable[[Session], Session | None]) -> Session | None:
        def act(transaction: SqlTransaction) -> Session | None:
            session = self._read(handle, transaction.sql.one(_LOOK, named=handle))
            changed = None if session is None else rule(session)
            if changed is not None and changed is not session:
                transaction.sql.change(_PLACE, **self._row(changed))
            return changed

        return await self._store.run(act)

    async def rotate(self, tombstone: Session, fresh: Session) -> None:
        def act(transaction: SqlTransaction) -> None:
            for session in (tombstone, fresh):
                transaction.sql.change(_PLACE, **self._row(session))

        await self._store.run(act)

    async def end(self, handle: str) -> None:
        await self._store.run(lambda transaction: transaction.sql.change(_END, named=handle))

    async def sweep(self, now: datetime) -> None:
        """In slices, so that customers' acts come in between; expired decoys, marks and quotas go too."""
        while await self._store.run(lambda transaction: sweep_slice(transaction.sql, now)):
            pass

    def _arrive(self, transaction: SqlTransaction, arrival: Arrival, now: datetime) -> Admission:
        sql, until = transaction.sql, arrival.remembered_until
        if not claim_request(sql, arrival.application_id, arrival.request_id, until, now):
            return Admission(Arrived.REPEATED, None)
        if arrival.handle is not None:
            return Admission(Arrived.FRESH, self._touched(sql, arrival, arrival.handle, now))
        if arrival.opens is None:
            return Admission(Arrived.FRESH, None)
        if arrival.opened_quota is not None:
            name, ends_at, limit = arrival.opened_quota
            if transaction.quotas.count(name, ends_at, now) > limit:
                return Admission(Arrived.FULL, None)
        sql.change(_OPEN, **self._row(arrival.opens))
        return Admission(Arrived.FRESH, arrival.opens)

    def _touched(self, sql: SqliteConnection, arrival: Arrival, handle: str, now: datetime) -> Session | None:
        row = sql.one(_TOUCH, named=handle, application=arrival.application_id, **self._moments(now))
        return self._read(handle, row)

    def _moments(self, now: datetime) -> dict[str, int]:
        moment = milliseconds(now)
        return {"now": moment, "idle_since": moment - self._idle}

    def _row(self, session: Session) -> dict[str, Value]:
        key, nonce = self._keyring().current(KeyName.STORAGE), self._random_bytes(NONCE_BYTES)
        return {
            "handle": session.handle,
            "application_id": session.application_id,
            "expires_at": milliseconds(session.expires_at),
            "touched_at": milliseconds(session.touched_at),
            "successor": session.successor,
            "body": seal(key, body_of(session), f"session/{session.handle}", nonce),
        }

    def _read(self, handle: str, row: Row | None) -> Session | None:
        if row is None:
            return None
        try:
            body = open_sealed(self._keyring(), KeyName.STORAGE, row[0], f"session/{handle}")
        except CannotOpen:
            return None  # somebody wrote into the file, or its key is gone: the session is no good
        return replace(_READ.decode(body), touched_at=moment_of(row[1]))
