"""Proves that a copied database is a house: its keys open it, its audit is whole, its rows are all there."""

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from aldaba.backends.keyring_file import KeyringFile
from aldaba.service.key_supply import KeySupply
from aldaba.service.ports import Clock
from aldaba.settings import Settings
from aldaba.store.sql.audit_desk import AuditDesk
from aldaba.store.sql.audit_verification import AuditReport
from aldaba.store.sql.sqlite.engine import SqliteStore


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found in the house: the audit read from end to end, and the key pairs that opened."""

    audit: AuditReport
    key_pairs: int


async def proved(
    settings: Settings,
    database: Path,
    keyring: Path,
    clock: Clock,
    progress: Callable[[int], None] = lambda _: None,
) -> Proof:
    """Open the house on the database and read it, calling nobody outside.

    Raises ``HouseUnavailable`` and ``CannotOpen`` where the keys are not this database's.
    """
    vault = KeyringFile(keyring)
    with closing(SqliteStore(database, vault.keyring, clock, os.urandom)) as store:
        supply = KeySupply(store, vault, settings.policy, clock, os.urandom)
        await supply.refresh()
        await supply.check()
        pairs = len(supply.root_jwks()) + len(supply.verification_keys())
        rules = settings.policy.audit
        desk = AuditDesk(
            store,
            vault.keyring,
            clock,
            os.urandom,
            supply,
            checkpoint_events=rules.checkpoint_events,
            kept=timedelta(days=rules.kept_days),
        )
        return Proof(await desk.verify(progress=progress), pairs)
