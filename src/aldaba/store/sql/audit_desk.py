"""Where auditors come: the log is sealed, anchored, verified, searched, exported, proved and purged."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from aldaba.crypto.keyring import Keyring
from aldaba.service.audit import AuditEntry, AuditQuery
from aldaba.service.audit_proof import Proof
from aldaba.service.ports import Clock, RandomBytes
from aldaba.store.sql.audit_checkpoints import prove
from aldaba.store.sql.audit_export import Exported, Render, as_row, export_events
from aldaba.store.sql.audit_manifest import NotPurged, genuine_manifest, manifest_claims
from aldaba.store.sql.audit_purge import AuditPurger
from aldaba.store.sql.audit_sealing import AuditSealer, read_head
from aldaba.store.sql.audit_verification import Anchor, AuditReport, verify_chain
from aldaba.store.sql.store import SqlStore


class CheckpointSigner(Protocol):
    """Signs a checkpoint with a key whose public half is published, and knows what it signed."""

    def sign_checkpoint(self, claims: dict[str, object]) -> str: ...
    def opened_checkpoint(self, jws: str) -> dict[str, object] | None: ...


MOST_OF_A_REQUEST = 10_000


class AuditDesk:
    """The audit of one store; ``sent_only`` keeps from a purge what the webhook has not sent."""

    def __init__(
        self,
        store: SqlStore,
        keyring: Callable[[], Keyring],
        clock: Clock,
        random_bytes: RandomBytes,
        signer: CheckpointSigner,
        *,
        checkpoint_events: int,
        kept: timedelta,
        sent_only: bool = False,
    ) -> None:
        self._store = store
        self._keyring = keyring
        self._clock = clock
        self._signer = signer
        self._kept = kept
        self._purger = AuditPurger(
            store, signer.sign_checkpoint, signer.opened_checkpoint, sent_only=sent_only
        )
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
        signed = self._signer.opened_checkpoint
        return await self._store.read(
            lambda query: verify_chain(
                query, self._keyring(), anchor=anchor, signed=signed, progress=progress
            )
        )

    async def search(self, query: AuditQuery, most: int) -> tuple[AuditEntry, ...]:
        """The newest rows that fit."""
        return await self._store.read(lambda transaction: transaction.audit.search(query, most))

    async def of_request(self, request_id: str) -> list[AuditEntry]:
        """Every row of a request, in their order."""
        return [*reversed(await self.search(AuditQuery(request_id=request_id), MOST_OF_A_REQUEST))]

    async def export(
        self,
        since: datetime | None,
        take: Callable[[bytes], None],
        progress: Callable[[int], None] = lambda _: None,
        *,
        render: Render = as_row,
        linked_only: bool = False,
    ) -> Exported:
        """Hand over every event from ``since`` on as a line of JSON, oldest first."""
        if linked_only:
            await self.seal()
        return await self._store.read(
            lambda query: export_events(
                query.sql, since, take=take, progress=progress, render=render, linked_only=linked_only
            )
        )

    def manifest(self, exported: Exported, sha256: str) -> str:
        """What a purge wants to see of an export of whole rows: a compact JWS."""
        return self._signer.sign_checkpoint(manifest_claims(exported, sha256, self._clock()))

    async def purge(
        self, signed: str, sha256: str, before: datetime, actor: str, progress: Callable[[int], None]
    ) -> int | NotPurged:
        """Take away what was exported and is older than ``before``; answers how many rows, or why none.

        ``signed`` is the manifest, ``sha256`` the digest (HEX) of the file that is said to be the export.
        """
        now = self._clock()
        manifest = genuine_manifest(self._signer.opened_checkpoint(signed), sha256)
        if isinstance(manifest, NotPurged):
            return manifest
        if before > now - self._kept:
            return NotPurged(
                f"policy.audit.kept_days keeps {self._kept.days} days: "
                f"nothing after {(now - self._kept).date()} may go"
            )
        if not (await self.verify()).intact:
            return NotPurged(
                "the audit is damaged, and what is damaged is evidence: see `aldaba audit verify`"
            )
        # So that every row that goes is under a tree, which the purge can shorten to what it keeps.
        await self._sealer.checkpoint()
        return await self._purger.purge(manifest, before, now, actor, progress)

    async def prove(self, row_id: int) -> Proof | None:
        """What shows anybody that the row is this house's; None when there is no such row."""
        opened = self._signer.opened_checkpoint
        found = await self._store.read(lambda query: prove(query.sql, row_id, opened))
        if found is None:
            await self._sealer.checkpoint()
            found = await self._store.read(lambda query: prove(query.sql, row_id, opened))
        return found

    async def anchor(self) -> str:
        """A signed checkpoint of the chain as it stands, to be kept elsewhere: a compact JWS."""
        await self.seal()
        head = await self._store.read(lambda query: read_head(query.sql, self._keyring()))
        count, link, event_id = (head.count, head.link, head.last_event_id) if head else (0, b"", 0)
        return self._signer.sign_checkpoint(
            {"count": count, "eventId": event_id, "link": link.hex(), "at": self._clock().isoformat()}
        )
