"""The append-only log: each row gets its MAC in the act that has the effect."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import bindparam, select

from aldaba.crypto.keyring import KeyName, Keyring
from aldaba.service.audit import AuditEntry, AuditQuery, Event
from aldaba.store.sql.audit_ids import AuditIds
from aldaba.store.sql.audit_rows import event_body, event_of, row_mac
from aldaba.store.sql.audit_search import events_by_hour, payloads_tallied, search_events
from aldaba.store.sql.connection import SqlConnection
from aldaba.store.sql.statements import at_most, insert, statement
from aldaba.store.sql.tables import audit_actors, audit_events
from aldaba.store.sql.values import Value, milliseconds

_ADD = insert(audit_events)
_ADD_ACTOR = insert(audit_actors)
_EVENTS = statement(
    at_most(
        select(audit_events.c.id, audit_events.c.body)
        .where(audit_events.c.id > bindparam("after"))
        .order_by(audit_events.c.id),
        "most",
    )
)


class SqlAuditLog:
    def __init__(self, sql: SqlConnection, ids: AuditIds, keyring: Callable[[], Keyring]) -> None:
        self._sql, self._ids, self._keyring = sql, ids, keyring
        self._recorded: list[Event] = []

    def begun(self) -> None:
        """Forget the newest id (a rollback or another process may have changed it) and what was recorded."""
        self._ids.begun()
        self._recorded = []

    def take(self) -> list[Event]:
        """What has been recorded since this was last asked, to be told once it is durable."""
        taken, self._recorded = self._recorded, []
        return taken

    def record(self, event: Event) -> None:
        key = self._keyring().current(KeyName.AUDIT)
        columns: dict[str, Value] = {
            "id": self._ids.next(),
            "at": milliseconds(event.at),
            "type": str(event.type),
            "request_id": event.request_id,
            "application_id": event.application_id,
            "ccs_id": event.ccs_id,
            "customer_id": event.customer_id,
            "body": event_body(event),
            "key_id": key.id,
        }
        mac = row_mac(key.secret, tuple(columns.values()))
        self._sql.change(_ADD, **columns, mac=mac)
        self._recorded.append(event)
        if event.actor is not None:
            self._sql.change(_ADD_ACTOR, event_id=columns["id"], actor=event.actor)

    def search(self, query: AuditQuery, most: int) -> tuple[AuditEntry, ...]:
        return search_events(self._sql, query, most)

    def hourly(self, type_: str, since: datetime) -> Mapping[datetime, int]:
        return events_by_hour(self._sql, type_, since)

    def tallied(
        self, type_: str, members: tuple[str, ...], since: datetime, until: datetime
    ) -> Mapping[tuple[str, ...], int]:
        return payloads_tallied(self._sql, type_, members, since, until)

    def events(self, after: int = 0, most: int = 100) -> list[tuple[int, Event]]:
        """Events by their ids, oldest first, those after an id."""
        return [(row[0], event_of(row[1])) for row in self._sql.all(_EVENTS, after=after, most=most)]
