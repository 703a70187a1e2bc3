"""Looks into the log: one statement for each set of columns a question asks of; counts by the hour."""

from collections import Counter
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, literal_column, select

from aldaba.service.audit import AuditEntry, AuditQuery
from aldaba.service.audit_tallies import said_by
from aldaba.store.sql.audit_rows import event_of
from aldaba.store.sql.connection import SqlConnection
from aldaba.store.sql.statements import Statement, at_most, statement
from aldaba.store.sql.tables import audit_actors, audit_events
from aldaba.store.sql.values import Value, milliseconds, moment_of

_CONDITIONS = {
    **{
        name: audit_events.c[name] == bindparam(name)
        for name in ("customer_id", "ccs_id", "request_id", "type", "application_id")
    },
    # All types of a subject: `login:*` begins with as many letters as `login:` has.
    "subject": func.substr(audit_events.c.type, bindparam("first"), bindparam("as_long"))
    == bindparam("subject"),
    "actor": audit_actors.c.actor == bindparam("actor"),
    "since": audit_events.c.at >= bindparam("since"),
    "until": audit_events.c.at < bindparam("until"),
    "before": audit_events.c.id < bindparam("before"),
}

_began = (audit_events.c.at // bindparam("hour") * bindparam("hour")).label("began")
_BY_HOUR = statement(
    select(_began, func.count())
    .where(audit_events.c.at >= bindparam("since"), audit_events.c.type == bindparam("type"))
    .group_by(literal_column("began"))
)
_BODIES = statement(
    select(audit_events.c.body).where(
        audit_events.c.at >= bindparam("since"),
        audit_events.c.at < bindparam("until"),
        audit_events.c.type == bindparam("type"),
    )
)
HOUR_MILLISECONDS = 3_600_000


class _Event(msgspec.Struct, frozen=True):
    payload: dict[str, Any]


class _Row(msgspec.Struct, frozen=True):
    event: _Event


_READ_ROW = msgspec.json.Decoder(_Row)


def events_by_hour(sql: SqlConnection, type_: str, since: datetime) -> dict[datetime, int]:
    """How many of a type fell into each full hour; bodies are not read."""
    rows = sql.all(_BY_HOUR, hour=HOUR_MILLISECONDS, since=milliseconds(since), type=type_)
    return {moment_of(row[0]): int(row[1]) for row in rows}


def payloads_tallied(
    sql: SqlConnection, type_: str, members: tuple[str, ...], since: datetime, until: datetime
) -> dict[tuple[str, ...], int]:
    """What the members of payloads say, counted; an hour's bodies at most are in memory at a time."""
    counted: Counter[tuple[str, ...]] = Counter()
    begins = since
    while begins < until:
        ends = min(begins + timedelta(milliseconds=HOUR_MILLISECONDS), until)
        rows = sql.all(_BODIES, type=type_, since=milliseconds(begins), until=milliseconds(ends))
        counted.update(said_by(_READ_ROW.decode(row[0]).event.payload, members) for row in rows)
        begins = ends
    return dict(counted)


def search_events(sql: SqlConnection, query: AuditQuery, most: int) -> tuple[AuditEntry, ...]:
    """Newest first."""
    asked: dict[str, Value] = {
        name: getattr(query, name)
        for name in _CONDITIONS
        if name not in {"since", "until", "subject"} and getattr(query, name) is not None
    }
    helpers: dict[str, Value] = {}
    if query.type is not None and query.type.endswith(":*"):
        asked["subject"] = query.type[:-1]
        del asked["type"]
        helpers = {"first": 1, "as_long": len(query.type) - 1}
    if query.since is not None:
        asked["since"] = milliseconds(query.since)
    if query.until is not None:
        asked["until"] = milliseconds(query.until)
    rows = sql.all(_search(frozenset(asked)), most=most, **asked, **helpers)
    return tuple(AuditEntry(row[0], event_of(row[1])) for row in rows)


@cache
def _search(asked: frozenset[str]) -> Statement:
    expression = select(audit_events.c.id, audit_events.c.body)
    if "actor" in asked:
        expression = expression.join(audit_actors, audit_actors.c.event_id == audit_events.c.id)
    conditions = [_CONDITIONS[name] for name in sorted(asked)]
    return statement(at_most(expression.where(*conditions).order_by(audit_events.c.id.desc()), "most"))
