"""What an export holds, signed for a purge: written with the export, and judged before any row goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from aldaba.store.sql.audit_export import Exported


@dataclass(frozen=True, slots=True)
class Manifest:
    """``rows`` from ``first`` to ``last``, the last one's link, and the digest of the file (HEX)."""

    rows: int
    first: int
    last: int
    link: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class NotPurged:
    """Nothing was purged, for this reason."""

    why: str


def manifest_claims(exported: Exported, sha256: str, at: datetime) -> dict[str, object]:
    """To be signed by the root key."""
    return {
        "kind": "export",
        "first": exported.first,
        "last": exported.last,
        "rows": exported.rows,
        "link": (exported.link or b"").hex(),
        "sha256": sha256,
        "at": at.isoformat(),
    }


def genuine_manifest(claims: Mapping[str, object] | None, sha256: str) -> Manifest | NotPurged:
    """What this house signed (``claims``, None where it did not), if it is about the file of that digest."""
    match claims:
        case {
            "kind": "export",
            "rows": int(rows),
            "first": int(first),
            "last": int(last),
            "link": str(link),
            "sha256": str(signed),
        }:
            if signed != sha256:
                return NotPurged("the export is not the file that the manifest describes")
            return Manifest(rows, first, last, bytes.fromhex(link), signed)
    return NotPurged("the manifest is not one this house signed")
