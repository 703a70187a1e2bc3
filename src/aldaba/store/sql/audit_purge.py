"""Takes away old rows that were exported, in slices; a signed stub keeps the rest of the chain provable."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import bindparam, delete, func, select

from aldaba.service.audit import AuditPurged, Event, EventType
from aldaba.store.sql.audit_checkpoints import OpenSigned, Signer, shorten_tree
from aldaba.store.sql.audit_manifest import Manifest, NotPurged
from aldaba.store.sql.audit_outbox import NAME
from aldaba.store.sql.audit_sealing import CHAIN
from aldaba.store.sql.audit_stub import Stub, put_stub, read_stub
from aldaba.store.sql.connection import SqlConnection
from aldaba.store.sql.statements import at_most, statement
from aldaba.store.sql.store import SqlStore
from aldaba.store.sql.tables import audit_actors, audit_chain, audit_checkpoints, audit_events, audit_outbox
from aldaba.store.sql.transaction import SqlTransaction
from aldaba.store.sql.values import Row, milliseconds

SLICE = 500

_FIRST = statement(select(func.min(audit_events.c.id)))
_HELD = statement(
    select(func.count()).where(
        audit_events.c.id >= bindparam("first"), audit_events.c.id <= bindparam("last")
    )
)
_GOES = statement(
    select(func.max(audit_events.c.id)).where(
        audit_events.c.id > bindparam("after"), audit_events.c.id <= bindparam("last")
    )
)
_KEPT = statement(
    select(func.min(audit_events.c.id)).where(
        audit_events.c.id > bindparam("after"), audit_events.c.at >= bindparam("before")
    )
)
_SENT = statement(select(audit_outbox.c.last_id).where(audit_outbox.c.name == bindparam("name")))
_LINK = statement(select(audit_chain.c.link).where(audit_chain.c.event_id == bindparam("row")))
_NEXT = statement(
    at_most(
        select(audit_chain.c.event_id, audit_chain.c.link)
        .where(audit_chain.c.event_id > bindparam("after"), audit_chain.c.event_id <= bindparam("last"))
        .order_by(audit_chain.c.event_id),
        "most",
    )
)
_DELETE_EVENTS = statement(delete(audit_events).where(audit_events.c.id <= bindparam("last")))
_DELETE_ACTORS = statement(delete(audit_actors).where(audit_actors.c.event_id <= bindparam("last")))
_DELETE_LINKS = statement(delete(audit_chain).where(audit_chain.c.event_id <= bindparam("last")))
_DELETE_MARKS = statement(delete(audit_checkpoints).where(audit_checkpoints.c.count <= bindparam("count")))


class AuditPurger:
    """Purges the beginning of the log; each slice leaves a log that verifies.

    ``sent_only``: what the webhook's receiver has not taken yet stays.
    """

    def __init__(self, store: SqlStore, signer: Signer, signed: OpenSigned, *, sent_only: bool) -> None:
        self._store, self._signer, self._signed = store, signer, signed
        self._sent_only = sent_only

    async def purge(
        self,
        manifest: Manifest,
        before: datetime,
        now: datetime,
        actor: str,
        progress: Callable[[int], None] = lambda _: None,
    ) -> int | NotPurged:
        """Take away what the manifest covers and is older; answers how many rows, or why none."""
        reach = await self._store.read(lambda query: self._reach(query.sql, manifest, before))
        if isinstance(reach, NotPurged):
            return reach
        act = self._slice(reach, manifest, now, actor)
        gone = last = await self._store.run(act)
        while last == SLICE:
            progress(gone)
            last = await self._store.run(act)
            gone += last
        return gone

    def _reach(self, sql: SqlConnection, manifest: Manifest, before: datetime) -> int | NotPurged:
        """The last row that goes."""
        stub = read_stub(sql, self._signed)
        first = _number(sql.one(_FIRST))
        if first and manifest.first > first:
            return NotPurged(
                f"the export begins with row {manifest.first}, the log with row {first}: "
                "what lies between was not exported"
            )
        if lacking := _lacking(sql, stub, manifest):
            return lacking
        link = sql.one(_LINK, row=manifest.last)
        if manifest.last > stub.last_id and (link is None or link[0] != manifest.link):
            return NotPurged(
                f"row {manifest.last} is not the one that was exported: run `aldaba audit verify`"
            )
        kept = sql.one(_KEPT, after=stub.last_id, before=milliseconds(before))
        reach = manifest.last if kept is None or kept[0] is None else min(manifest.last, int(kept[0]) - 1)
        # The last row that is there: PostgreSQL leaves ids unused that nobody ever sends.
        last = _number(sql.one(_GOES, after=stub.last_id, last=reach))
        if not last:
            return NotPurged("no exported row is that old")
        sent = sql.one(_SENT, name=NAME) if self._sent_only else (last,)
        if sent is None or sent[0] < last:
            return NotPurged("the webhook's receiver has not taken all of them yet")
        return last

    def _slice(
        self, reach: int, manifest: Manifest, now: datetime, actor: str
    ) -> Callable[[SqlTransaction], int]:
        def act(transaction: SqlTransaction) -> int:
            sql = transaction.sql
            sql.hold(CHAIN)
            stub = read_stub(sql, self._signed)
            rows = sql.all(_NEXT, after=stub.last_id, last=reach, most=SLICE)
            if rows:
                if (stub.manifest, stub.reach) != (manifest.sha256, reach):
                    # With the first slice: whatever ends this purge early, what it set out to do is told.
                    count = _number(sql.one(_HELD, first=stub.last_id + 1, last=reach))
                    told = AuditPurged(reach, count, manifest.sha256)
                    transaction.audit.record(Event(EventType.AUDIT_PURGED, now, told, actor=actor))
                    shorten_tree(sql, reach, self._signer, self._signed)
                last_id, link = rows[-1]
                after = Stub(last_id, stub.count + len(rows), link, manifest.sha256, reach)
                _delete(sql, after)
                put_stub(sql, after, self._signer)
            return len(rows)

        return act


def _delete(sql: SqlConnection, stub: Stub) -> None:
    """Take away what the stub stands for."""
    sql.change(_DELETE_ACTORS, last=stub.last_id)
    sql.change(_DELETE_EVENTS, last=stub.last_id)
    sql.change(_DELETE_LINKS, last=stub.last_id)
    sql.change(_DELETE_MARKS, count=stub.count)


def _lacking(sql: SqlConnection, stub: Stub, manifest: Manifest) -> NotPurged | None:
    """None where the export holds every row from its first to its last, else what it lacks."""
    if stub.manifest == manifest.sha256:
        return None  # counted when the first of its rows went
    if not manifest.rows:
        return NotPurged("the export holds no row")
    if manifest.first <= stub.last_id:
        return NotPurged(f"another export was purged meanwhile, to row {stub.last_id}: export again")
    held = _number(sql.one(_HELD, first=manifest.first, last=manifest.last))
    if held == manifest.rows:
        return None
    return NotPurged(
        f"the export holds {manifest.rows} rows, the log {held} from row {manifest.first} "
        f"to {manifest.last}: export again"
    )


def _number(row: Row | None) -> int:
    return 0 if row is None or row[0] is None else int(row[0])
