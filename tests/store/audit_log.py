"""An audit log that a test records into, seals, falsifies behind the store's back, and verifies."""

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from tests.store.houses import SetClock, wait

from aldaba.crypto.keyring import Keyring
from aldaba.service.audit import Event
from aldaba.store.sql.audit_sealing import AuditSealer, read_head
from aldaba.store.sql.audit_verification import Anchor, AuditReport, verify_chain
from aldaba.store.sql.sqlite.engine import SqliteStore
from aldaba.store.sql.transaction import SqlTransaction


@dataclass(slots=True)
class Log:
    """A log of its own: its file, its store, its ring of keys."""

    path: Path
    ring: Keyring
    store: SqliteStore
    signed: list[dict[str, object]]

    def record(self, *events: Event) -> None:
        def act(transaction: SqlTransaction) -> None:
            for event in events:
                transaction.audit.record(event)

        self.store.run_blocking(act)

    def seal(self, checkpoint_events: int = 1_000_000) -> int:
        def signer(claims: dict[str, object]) -> str:
            self.signed.append(claims)
            return "signed"

        sealer = AuditSealer(
            self.store,
            lambda: self.ring,
            SetClock(),
            os.urandom,
            checkpoint_events=checkpoint_events,
            signer=signer,
        )
        return wait(sealer.seal_events())

    def tamper(self, *statements: str) -> None:
        connection = sqlite3.connect(self.path)
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()

    def verify(self, anchor: Anchor | None = None) -> AuditReport:
        return self.store.read_blocking(
            lambda transaction: verify_chain(transaction, self.ring, anchor=anchor)
        )

    def anchor(self) -> Anchor:
        head = self.store.read_blocking(lambda transaction: read_head(transaction.sql, self.ring))
        assert head is not None
        return Anchor(head.count, head.link)

    def kept_head(self) -> bytes:
        connection = sqlite3.connect(self.path)
        (body,) = connection.execute("SELECT body FROM audit_head").fetchone()
        connection.close()
        return bytes(body)

    def put_head(self, body: bytes) -> None:
        connection = sqlite3.connect(self.path)
        connection.execute("UPDATE audit_head SET body = ?", (body,))
        connection.commit()
        connection.close()
