"""Proves that a database copied or moved is a house: its keys open it, and its audit is whole."""

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from aldaba.service.key_supply import KeySupply
from aldaba.service.ports import Clock, KeyVault
from aldaba.settings import Settings
from aldaba.store.sql.audit_desk import AuditDesk
from aldaba.store.sql.audit_verification import AuditReport
from aldaba.store.sql.sqlite.engine import SqliteStore
from aldaba.store.sql.store import SqlStore


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found in the house: the audit read from end to end, and the key pairs that opened."""

    audit: AuditReport
    key_pairs: int


async def proved(
    settings: Settings,
    database: Path,
    vault: KeyVault,
    clock: Clock,
    progress: Callable[[int], None] = lambda _: None,
) -> Proof:
    """Open the house on the database and read it, calling nobody outside.

    Raises ``HouseUnavailable`` and ``CannotOpen`` where the keys are not this database's.
    """
    with closing(SqliteStore(database, vault.keyring, clock, os.urandom)) as store:
        return await proved_on(store, settings, vault, clock, progress)


async def proved_on(
    store: SqlStore,
    settings: Settings,
    vault: KeyVault,
    clock: Clock,
    progress: Callable[[int], None] = lambda _: None,
) -> Proof:
    """The same on a store that is open. Raises as above."""
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
