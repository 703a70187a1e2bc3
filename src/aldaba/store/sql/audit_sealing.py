"""The sealer: links new audit rows into the chain, moves its head and signs checkpoints."""

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import LargeBinary, bindparam, cast, func, select

from aldaba.crypto.keyring import KeyName, Keyring
from aldaba.crypto.sealing import CannotOpen
from aldaba.service.ports import Clock, RandomBytes
from aldaba.store.sql.audit_checkpoints import Signer, last_checkpoint, write_checkpoint
from aldaba.store.sql.audit_rows import GENESIS, Head, next_link, opened_head, sealed_head
from aldaba.store.sql.connection import SqlConnection
from aldaba.store.sql.statements import at_most, insert, statement, upsert
from aldaba.store.sql.store import SqlStore
from aldaba.store.sql.tables import audit_chain, audit_events, audit_head, audit_stub
from aldaba.store.sql.transaction import SqlTransaction
from aldaba.store.sql.values import Row

CHAIN = "audit chain"
"""What an act holds that adds to the chain or takes its beginning away."""
SLICE = 500
"""So many rows at most are linked in one act, so that no customer's act waits long behind it."""

# The cast brings back even a body that somebody turned into a text that is no UTF-8.
_HEAD = statement(select(cast(audit_head.c.body, LargeBinary)))
_MOVE_HEAD = upsert(audit_head)
_NEW = statement(
    at_most(
        select(audit_events.c.id, audit_events.c.mac)
        .where(audit_events.c.id > bindparam("after"), audit_events.c.id <= bindparam("up_to"))
        .order_by(audit_events.c.id),
        "most",
    )
)
_LINK = insert(audit_chain)
_STUB = statement(select(audit_stub.c.id))
_LAST_LINKED = statement(select(func.max(audit_chain.c.event_id)))


class ChainBroken(Exception):
    """The chain cannot be continued because its head is not the one this house left."""


def read_head(sql: SqlConnection, keyring: Keyring) -> Head | None:
    """The head of the chain, None before the first link; raises ``CannotOpen`` when it was changed."""
    row = sql.one(_HEAD)
    return None if row is None else opened_head(keyring, row[0])


class AuditSealer:
    """Continues the chain; a background task of the server lets it within a second of a row."""

    def __init__(
        self,
        store: SqlStore,
        keyring: Callable[[], Keyring],
        clock: Clock,
        random_bytes: RandomBytes,
        *,
        checkpoint_events: int = 10_000,
        signer: Signer | None = None,
    ) -> None:
        self._store, self._keyring, self._clock, self._random_bytes = store, keyring, clock, random_bytes
        self._checkpoint_events, self._signer = checkpoint_events, signer

    async def seal_events(self) -> int:
        """Link every row recorded so far; answers how many. Raises ``ChainBroken``."""
        linked = last = await self._store.run(self._seal_slice)
        while last == SLICE:
            last = await self._store.run(self._seal_slice)
            linked += last
        return linked

    async def checkpoint(self) -> None:
        """Link what is new, and sign a checkpoint now if the last one does not reach the newest row."""
        await self.seal_events()
        await self._store.run(self._checkpoint_now)

    def _checkpoint_now(self, transaction: SqlTransaction) -> None:
        sql = transaction.sql
        sql.hold(CHAIN)
        head = self._trusted_head(sql)
        if self._signer is not None and head.count > last_checkpoint(sql)[0]:
            write_checkpoint(sql, head, head, self._signer)

    def _seal_slice(self, transaction: SqlTransaction) -> int:
        sql = transaction.sql
        # One node at a time continues the chain; the others find nothing left to do.
        sql.hold(CHAIN)
        before = self._trusted_head(sql)
        up_to = transaction.audit_ids.settled()
        rows = sql.all(_NEW, after=before.last_event_id, up_to=up_to, most=SLICE)
        if rows:
            head = self._linked(sql, before, rows)
            sql.change(_MOVE_HEAD, id=1, body=sealed_head(self._keyring(), head, self._random_bytes))
            self._checkpoint(sql, before, head)
        return len(rows)

    def _trusted_head(self, sql: SqlConnection) -> Head:
        try:
            head = read_head(sql, self._keyring())
        except CannotOpen as error:
            raise ChainBroken("the head does not open") from error
        last = sql.one(_LAST_LINKED)
        last_linked = 0 if last is None or last[0] is None else int(last[0])
        if last_linked == 0 and head is not None and sql.one(_STUB) is not None:
            return head  # every linked row was purged
        if last_linked != (0 if head is None else head.last_event_id):
            raise ChainBroken("the head is not the chain's")
        return Head(0, 0, GENESIS, self._clock()) if head is None else head

    def _linked(self, sql: SqlConnection, head: Head, rows: list[Row]) -> Head:
        key = self._keyring().current(KeyName.AUDIT)
        for event_id, mac in rows:
            link = next_link(key.secret, head.link, event_id, mac)
            sql.change(_LINK, event_id=event_id, key_id=key.id, link=link)
            head = replace(head, count=head.count + 1, last_event_id=event_id, link=link)
        return replace(head, at=self._clock())

    def _checkpoint(self, sql: SqlConnection, before: Head, head: Head) -> None:
        every = self._checkpoint_events
        if self._signer is not None and before.count // every != head.count // every:
            write_checkpoint(sql, before, head, self._signer)
