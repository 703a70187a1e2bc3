"""Writes the log out, row by row, for those who keep or search it elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import bindparam, func, select

from aldaba.store.sql.connection import SqlConnection
from aldaba.store.sql.statements import at_most, statement
from aldaba.store.sql.tables import audit_chain, audit_events
from aldaba.store.sql.values import Row, milliseconds

PAGE = 1000
Render = Callable[[Row], bytes]
"""One line for a row: its id, body, key id and MAC."""

_EVENTS = (
    select(audit_events.c.id, audit_events.c.body, audit_events.c.key_id, audit_events.c.mac)
    .where(audit_events.c.id > bindparam("after"), audit_events.c.id <= bindparam("last"))
    .order_by(audit_events.c.id)
)
_ROWS = statement(at_most(_EVENTS, "most"))
_FIRST = statement(select(func.min(audit_events.c.id)).where(audit_events.c.at >= bindparam("since")))
_LAST = statement(select(func.max(audit_events.c.id)))
_LAST_LINKED = statement(select(func.max(audit_chain.c.event_id)))
_LINK = statement(select(audit_chain.c.link).where(audit_chain.c.event_id == bindparam("row")))


@dataclass(frozen=True, slots=True)
class Exported:
    """How many rows, the first and last of them, and the last one's link; None where none is linked."""

    rows: int = 0
    first: int = 0
    last: int = 0
    link: bytes | None = None


def as_row(row: Row) -> bytes:
    """``id``, the ``event`` and its payload's ``kind``, ``keyId`` and ``mac``."""
    event_id, body, key_id, mac = row
    event = msgspec.json.decode(body)
    return msgspec.json.encode({"id": event_id, **event, "keyId": key_id, "mac": mac.hex()})


def export_events(
    sql: SqlConnection,
    since: datetime | None,
    *,
    take: Callable[[bytes], None],
    progress: Callable[[int], None],
    render: Render = as_row,
    linked_only: bool = False,
) -> Exported:
    """One line each, oldest first; ``linked_only`` leaves out what the chain does not bind yet.

    ``since`` chooses the first row alone. Clocks differ, so rows after it may say an earlier time; a purge
    goes by rows, and what stands between first and last must be in the export.
    """
    end = sql.one(_LAST_LINKED if linked_only else _LAST)
    last = 0 if end is None or end[0] is None else int(end[0])
    after, count, first = _before(sql, since, last), 0, 0
    while page := sql.all(_ROWS, after=after, last=last, most=PAGE):
        for row in page:
            take(render(row))
        first = first or page[0][0]
        after, count = page[-1][0], count + len(page)
        progress(count)
    if not count:
        return Exported()
    link = sql.one(_LINK, row=after)
    return Exported(count, first, after, None if link is None else link[0])


def _before(sql: SqlConnection, since: datetime | None, last: int) -> int:
    """The id that the first row of that time follows; the last one where no row is so young."""
    if since is None:
        return 0
    first = sql.one(_FIRST, since=milliseconds(since))
    return last if first is None or first[0] is None else int(first[0]) - 1
