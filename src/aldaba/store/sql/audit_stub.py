"""What stands in place of purged rows: their number and the link they ended with, signed by the root key."""

from dataclasses import dataclass

from sqlalchemy import select

from aldaba.store.sql.audit_checkpoints import OpenSigned, Signer
from aldaba.store.sql.audit_rows import GENESIS
from aldaba.store.sql.connection import SqlConnection
from aldaba.store.sql.statements import statement, upsert
from aldaba.store.sql.tables import audit_stub

KIND = "purged"
_STUB = statement(select(audit_stub.c.jws))
_PUT = upsert(audit_stub)


@dataclass(frozen=True, slots=True)
class Stub:
    """``count`` rows up to ``last_id`` are gone; the first kept one follows ``link``.

    ``manifest`` is the digest of the export that the last of them are in, ``reach`` the row that their
    purge goes to: further than ``last_id`` while it lasts, or where it was cut short.
    """

    last_id: int = 0
    count: int = 0
    link: bytes = GENESIS
    manifest: str = ""
    reach: int = 0


class StubChanged(Exception):
    """The stub is not one that this house signed."""


def read_stub(sql: SqlConnection, signed: OpenSigned | None) -> Stub:
    """The stub, an empty one where nothing was purged. Raises ``StubChanged``."""
    row = sql.one(_STUB)
    if row is None:
        return Stub()
    claims = None if signed is None or not isinstance(row[0], str) else signed(row[0])
    if claims is None or claims.get("kind") != KIND:
        raise StubChanged
    last_id, count, link = claims.get("eventId"), claims.get("count"), claims.get("link")
    if not isinstance(last_id, int) or not isinstance(count, int) or not isinstance(link, str):
        raise StubChanged
    manifest, reach = claims.get("manifest"), claims.get("reach")
    return Stub(
        last_id,
        count,
        bytes.fromhex(link),
        manifest if isinstance(manifest, str) else "",
        reach if isinstance(reach, int) else 0,
    )


def put_stub(sql: SqlConnection, stub: Stub, signer: Signer) -> None:
    """Replace the stub."""
    claims: dict[str, object] = {
        "kind": KIND,
        "eventId": stub.last_id,
        "count": stub.count,
        "link": stub.link.hex(),
        "manifest": stub.manifest,
        "reach": stub.reach,
    }
    sql.change(_PUT, id=1, jws=signer(claims))
