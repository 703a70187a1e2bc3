"""Compares a restored database with what its manifest says, and has the house proved on it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from aldaba.cli.backup_archive import Manifest
from aldaba.cli.desk import Failed
from aldaba.cli.progress import counting
from aldaba.crypto.sealing import CannotOpen
from aldaba.service.ports import KeyVault
from aldaba.settings import Settings
from aldaba.store.sql.sqlite.copying import rows_of
from aldaba.store.sql.upgrading import migrate, schema_of
from aldaba.wiring.proving import Proof, proved


async def prove(settings: Settings, manifest: Manifest, database: Path, vault: KeyVault) -> dict[str, Any]:
    """What was found, for the answer. The database is opened, and brought to this release's schema.

    Raises ``Failed`` with what differs.
    """
    rows = rows_of(database)
    differing = sorted(name for name in manifest.rows if rows.get(name, 0) != manifest.rows[name])
    if differing:
        raise Failed(f"not what the manifest counts: {', '.join(differing)}")
    url = f"sqlite:///{database}"
    migrate(url)
    try:
        with counting("audit rows checked") as told:
            proof = await proved(settings, database, vault, lambda: datetime.now(UTC), told)
    except CannotOpen:
        raise Failed("the key ring does not open what the database holds") from None
    except msgspec.DecodeError:
        raise Failed("the database holds rows that cannot be read") from None
    _demand_whole(manifest, proof)
    return {
        "rows": sum(rows.values()),
        "audit_rows": proof.audit.rows,
        "linked": proof.audit.linked,
        "key_pairs": proof.key_pairs,
        "schema": schema_of(url).current,
    }


def _demand_whole(manifest: Manifest, proof: Proof) -> None:
    audit = proof.audit
    if not audit.intact:
        raise Failed(f"its audit is damaged in {audit.found} places; first: {audit.damages[0].what}")
    count, link = (0, "") if audit.head is None else (audit.head.count, audit.head.link.hex())
    if (count, link) != (manifest.audit_count, manifest.audit_link):
        raise Failed("its audit ends elsewhere than its manifest says")
