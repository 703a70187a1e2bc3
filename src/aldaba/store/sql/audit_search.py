"""Finds audit rows by whom, by what, by when: newest first, or all of one request in their order."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, select

from aldaba.service.audit import Event
from aldaba.store.sql.audit_rows import event_of
from aldaba.store.sql.connection import SqliteConnection
from aldaba.store.sql.statements import at_most, statement
from aldaba.store.sql.tables import audit_events
from aldaba.store.sql.values import Value, milliseconds

PAGE = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """What every row must be; None is anything. ``type`` may end with ``:*``, ``until`` is excluded."""

    customer: str | None = None
    request: str | None = None
    type: str | None = None
    application: str | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class FoundEvent:
    id: int
    event: Event


def search(sql: SqliteConnection, wanted: Wanted, limit: int) -> list[FoundEvent]:
    """The newest rows that fit."""
    found: list[FoundEvent] = []
    for row in _rows(sql, wanted):
        # Who acted stands in the body alone: operators' acts are few, and no column is kept for them.
        if wanted.actor is None or row.event.actor == wanted.actor:
            found.append(row)
        if len(found) == limit:
            break
    return found


def of_request(sql: SqliteConnection, request_id: str) -> list[FoundEvent]:
    """Every row of a request, in their order."""
    return sorted(_rows(sql, Wanted(request=request_id)), key=lambda row: row.id)


def _rows(sql: SqliteConnection, wanted: Wanted) -> Iterator[FoundEvent]:
    conditions, values = _conditions(wanted)
    query: Select[Any] = (
        select(audit_events.c.id, audit_events.c.body)
        .where(audit_events.c.id < bindparam("below"), *conditions)
        .order_by(audit_events.c.id.desc())
    )
    page_of, below = statement(at_most(query, "most")), 2**63 - 1
    while page := sql.all(page_of, below=below, most=PAGE, **values):
        yield from (FoundEvent(row[0], event_of(row[1])) for row in page)
        below = page[-1][0]


def _conditions(wanted: Wanted) -> tuple[list[ColumnElement[bool]], dict[str, Value]]:
    columns = audit_events.c
    conditions: list[ColumnElement[bool]] = []
    values: dict[str, Value] = {}
    for name, column, value in (
        ("customer", columns.customer_id, wanted.customer),
        ("request", columns.request_id, wanted.request),
        ("application", columns.application_id, wanted.application),
        ("type", columns.type, wanted.type),
    ):
        if value is None:
            continue
        values[name] = value
        if name == "type" and value.endswith(":*"):
            subject = value[:-1]
            values |= {name: subject, "from_first": 1, "as_long": len(subject)}
            beginning = func.substr(column, bindparam("from_first"), bindparam("as_long"))
            conditions.append(beginning == bindparam(name))
        else:
            conditions.append(column == bindparam(name))
    if wanted.since is not None:
        conditions.append(columns.at >= bindparam("since"))
        values["since"] = milliseconds(wanted.since)
    if wanted.until is not None:
        conditions.append(columns.at < bindparam("until"))
        values["until"] = milliseconds(wanted.until)
    return conditions, values
