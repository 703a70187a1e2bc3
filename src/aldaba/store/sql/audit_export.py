"""Writes the log out, row by row, for those who keep or search it elsewhere."""

from collections.abc import Callable
from datetime import datetime

import msgspec
from sqlalchemy import bindparam, select

from aldaba.store.sql.connection import SqlConnection
from aldaba.store.sql.statements import at_most, statement
from aldaba.store.sql.tables import audit_events
from aldaba.store.sql.values import milliseconds

PAGE = 1000
_EVENTS = (
    select(audit_events.c.id, audit_events.c.body, audit_events.c.key_id, audit_events.c.mac)
    .where(audit_events.c.id > bindparam("after"), audit_events.c.at >= bindparam("since"))
    .order_by(audit_events.c.id)
)
_ROWS = statement(at_most(_EVENTS, "most"))


def export_events(
    sql: SqlConnection,
    since: datetime | None,
    *,
    take: Callable[[bytes], None],
    progress: Callable[[int], None],
) -> int:
    """One line of JSON each: ``id``, the ``event`` and its payload's ``kind``, ``keyId`` and ``mac``."""
    start, after, count = 0 if since is None else milliseconds(since), 0, 0
    while page := sql.all(_ROWS, after=after, since=start, most=PAGE):
        for event_id, body, key_id, mac in page:
            event = msgspec.json.decode(body)
            take(msgspec.json.encode({"id": event_id, **event, "keyId": key_id, "mac": mac.hex()}))
        after, count = page[-1][0], count + len(page)
        progress(count)
    return count
