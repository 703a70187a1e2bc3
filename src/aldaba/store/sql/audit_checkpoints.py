"""Checkpoints: a signed count, link and Merkle root every so many rows, and what proves one row by them."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from sqlalchemy import bindparam, func, select, update

from aldaba.crypto.merkle import leaf_hash, path_of, root_of
from aldaba.service.audit_proof import Proof
from aldaba.store.sql.audit_rows import Head
from aldaba.store.sql.connection import SqlConnection
from aldaba.store.sql.statements import at_most, insert, statement
from aldaba.store.sql.tables import audit_checkpoints, audit_events
from aldaba.store.sql.values import Row, body_of, milliseconds

PAGE = 1000

Signer = Callable[[dict[str, object]], str]
"""Makes a JWS of a checkpoint: ``count``, ``eventId``, ``link`` (HEX), ``at`` and ``tree``."""
OpenSigned = Callable[[str], Mapping[str, object] | None]
"""The claims of what a root key of this house signed, else None."""

_CHECKPOINT = insert(audit_checkpoints)
_LAST = statement(select(func.max(audit_checkpoints.c.count), func.max(audit_checkpoints.c.event_id)))
_COVERING = statement(
    at_most(
        select(audit_checkpoints.c.event_id, audit_checkpoints.c.jws)
        .where(audit_checkpoints.c.event_id >= bindparam("row"))
        .order_by(audit_checkpoints.c.event_id),
        "most",
    )
)
_REPLACE = statement(
    update(audit_checkpoints)
    .where(audit_checkpoints.c.event_id == bindparam("row"))
    .values(jws=bindparam("signed"))
)
_ROWS = statement(
    at_most(
        select(*audit_events.columns)
        .where(audit_events.c.id > bindparam("after"), audit_events.c.id <= bindparam("last"))
        .order_by(audit_events.c.id),
        "most",
    )
)


class _Covered(NamedTuple):
    """A checkpoint, the row it ends with, and the rows under its tree."""

    ends: int
    jws: str
    claims: Mapping[str, object]
    rows: list[Row]


def leaf_of(row: Row) -> bytes:
    """A row as the tree has it: a JSON array of its columns in the table's order, bytes as Base64."""
    return body_of(row)


def last_checkpoint(sql: SqlConnection) -> tuple[int, int | None]:
    """Count, and the row the tree of the last checkpoint ends with; None where it has no tree."""
    row = sql.one(_LAST)
    return (0, 0) if row is None or row[0] is None else (int(row[0]), row[1])


def write_checkpoint(sql: SqlConnection, before: Head, head: Head, signer: Signer) -> None:
    """Sign the chain as it stands, with a tree over the rows since the checkpoint before."""
    _count, ended = last_checkpoint(sql)
    after = before.last_event_id if ended is None else ended
    rows = list(_rows(sql, after, head.last_event_id))
    claims: dict[str, object] = {
        "count": head.count,
        "eventId": head.last_event_id,
        "link": head.link.hex(),
        "at": head.at.isoformat(),
        "tree": _tree(rows),
    }
    sql.change(
        _CHECKPOINT,
        count=head.count,
        link=head.link,
        at=milliseconds(head.at),
        jws=signer(claims),
        event_id=head.last_event_id,
    )


def shorten_tree(sql: SqlConnection, last: int, signer: Signer, signed: OpenSigned) -> None:
    """Where rows up to ``last`` are about to go and a tree goes on after it: sign one over what is kept.

    Every row of the tree must still be there: what is signed anew is only what was signed before.
    """
    found = _covered(sql, last + 1, signed)
    if found is not None:
        kept = [row for row in found.rows if row[0] > last]
        if len(kept) < len(found.rows):
            sql.change(_REPLACE, row=found.ends, signed=signer({**found.claims, "tree": _tree(kept)}))


def prove(sql: SqlConnection, row_id: int, signed: OpenSigned) -> Proof | None:
    """What shows anybody that the row is under a signed checkpoint; None when no tree covers it."""
    found = _covered(sql, row_id, signed)
    if found is None:
        return None
    index = next((place for place, row in enumerate(found.rows) if row[0] == row_id), None)
    if index is None:
        return None
    leaves = [leaf_of(row) for row in found.rows]
    path = path_of([leaf_hash(leaf) for leaf in leaves], index)
    return Proof(leaves[index].decode(), index, len(leaves), tuple(one.hex() for one in path), found.jws)


def _covered(sql: SqlConnection, row_id: int, signed: OpenSigned) -> _Covered | None:
    """The checkpoint whose tree may have that row; None where there is none, or its tree is not whole."""
    covering = sql.one(_COVERING, row=row_id, most=1)
    claims = None if covering is None else signed(covering[1])
    tree = None if claims is None else claims.get("tree")
    if covering is None or claims is None or not isinstance(tree, dict):
        return None
    rows = list(_rows(sql, int(tree["first"]) - 1, covering[0]))
    return _Covered(covering[0], covering[1], claims, rows) if rows and _tree(rows) == tree else None


def _tree(rows: list[Row]) -> dict[str, object]:
    leaves = [leaf_hash(leaf_of(row)) for row in rows]
    return {"first": rows[0][0], "size": len(rows), "root": root_of(leaves).hex()}


def _rows(sql: SqlConnection, after: int, last: int) -> Iterator[Row]:
    while page := sql.all(_ROWS, after=after, last=last, most=PAGE):
        yield from page
        after = page[-1][0]
