"""Where auditors come: the chain is sealed, anchored and verified here."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from aldaba.crypto.keyring import Keyring
from aldaba.service.ports import Clock, RandomBytes
from aldaba.store.sql.audit_export import export_events
from aldaba.store.sql.audit_sealing import AuditSealer, read_head
from aldaba.store.sql.audit_verification import Anchor, AuditReport, verify_chain
from aldaba.store.sql.store import SqlStore


class CheckpointSigner(Protocol):
    """Signs a checkpoint with a key whose public half is published."""

    def sign_checkpoint(self, claims: dict[str, object]) -> str: ...


class AuditDesk:
    """Seals, anchors and verifies the audit of one store."""

    def __init__(
        self,
        store: SqlStore,
        keyring: Callable[[], Keyring],
        clock: Clock,
        random_bytes: RandomBytes,
        signer: CheckpointSigner,
        checkpoint_events: int,
    ) -> None:
        self._store = store
        self._keyring = keyring
        self._clock = clock
        self._signer = signer
        self._sealer = AuditSealer(
            store,
            keyring,
            clock,
            random_bytes,
            checkpoint_events=checkpoint_events,
            signer=signer.sign_checkpoint,
        )

    async def seal(self) -> int:
        """Link what has been recorded since; answers how many rows."""
        return await self._sealer.seal_events()

    async def verify(
        self, anchor: Anchor | None = None, progress: Callable[[int], None] = lambda _: None
    ) -> AuditReport:
        """Read the whole chain once, on a snapshot; the server goes on writing beside it."""
        return await self._store.read(
            lambda query: verify_chain(query, self._keyring(), anchor=anchor, progress=progress)
        )

    async def export(
        self,
        since: datetime | None,
        take: Callable[[bytes], None],
        progress: Callable[[int], None] = lambda _: None,
    ) -> int:
        """Hand over every event from ``since`` on as a line of JSON, oldest first; answers how many."""
        return await self._store.read(
            lambda query: export_events(query.sql, since, take=take, progress=progress)
        )

    async def anchor(self) -> str:
        """A signed checkpoint of the chain as it stands, to be kept elsewhere: a compact JWS."""
        await self.seal()
        head = await self._store.read(lambda query: read_head(query.sql, self._keyring()))
        count, link, event_id = (head.count, head.link, head.last_event_id) if head else (0, b"", 0)
        return self._signer.sign_checkpoint(
            {"count": count, "eventId": event_id, "link": link.hex(), "at": self._clock().isoformat()}
        )
