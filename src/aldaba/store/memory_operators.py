"""Operators, their sessions, invitations and grants in dictionaries, and the audit in a list."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime

from aldaba.domain.four_eyes import Grant
from aldaba.domain.operators import Invitation, Operator, OperatorSession
from aldaba.service.audit import AuditEntry, AuditQuery, Event
from aldaba.service.audit_tallies import said_by

_EXACT = ("customer_id", "ccs_id", "request_id", "type", "application_id", "actor")


@dataclass(slots=True)
class OperatorTables:
    """The values are frozen, so that a shallow copy is a copy."""

    operators: dict[str, Operator] = field(default_factory=dict)
    sessions: dict[str, OperatorSession] = field(default_factory=dict)
    invitations: dict[str, Invitation] = field(default_factory=dict)
    grants: dict[str, tuple[Grant, datetime]] = field(default_factory=dict)

    def copy(self) -> "OperatorTables":
        return OperatorTables(*(getattr(self, each.name).copy() for each in fields(self)))

    def swept(self, now: datetime) -> "OperatorTables":
        return replace(
            self,
            sessions={key: each for key, each in self.sessions.items() if now < each.expires_at},
            invitations={key: each for key, each in self.invitations.items() if now < each.expires_at},
            grants={key: each for key, each in self.grants.items() if now < each[1]},
        )


class MemoryOperatorRows:
    def __init__(self, tables: OperatorTables) -> None:
        self._tables = tables

    def find(self, name: str) -> Operator | None:
        return self._tables.operators.get(name)

    def all(self) -> tuple[Operator, ...]:
        return tuple(self._tables.operators[name] for name in sorted(self._tables.operators))

    def save(self, operator: Operator) -> None:
        self._tables.operators[operator.name] = operator

    def session(self, handle: str) -> OperatorSession | None:
        return self._tables.sessions.get(handle)

    def place_session(self, session: OperatorSession) -> None:
        self._tables.sessions[session.handle] = session

    def end_session(self, handle: str) -> None:
        self._tables.sessions.pop(handle, None)

    def end_sessions(self, operator: str) -> None:
        for handle in [key for key, each in self._tables.sessions.items() if each.operator == operator]:
            del self._tables.sessions[handle]

    def invitation(self, digest: bytes) -> Invitation | None:
        return next((each for each in self._tables.invitations.values() if each.digest == digest), None)

    def invite(self, invitation: Invitation) -> None:
        self._tables.invitations[invitation.operator] = invitation

    def take_back(self, operator: str) -> None:
        self._tables.invitations.pop(operator, None)

    def grant(self, grant_id: str) -> Grant | None:
        found = self._tables.grants.get(grant_id)
        return None if found is None else found[0]

    def save_grant(self, grant: Grant, forget_at: datetime) -> None:
        self._tables.grants[grant.id] = (grant, forget_at)

    def grants(self, most: int) -> tuple[Grant, ...]:
        return self._newest_first()[:most]

    def grants_since(self, moment: datetime) -> tuple[Grant, ...]:
        return tuple(each for each in self._newest_first() if each.requested_at >= moment)

    def _newest_first(self) -> tuple[Grant, ...]:
        kept = (grant for grant, _ in self._tables.grants.values())
        return tuple(sorted(kept, key=lambda each: (each.requested_at, each.id), reverse=True))


class MemoryAuditLog:
    """``before`` are the events that earlier acts recorded."""

    def __init__(self, before: list[Event]) -> None:
        self._before = before
        self.recorded: list[Event] = []

    def record(self, event: Event) -> None:
        self.recorded.append(event)

    def search(self, query: AuditQuery, most: int) -> tuple[AuditEntry, ...]:
        entries = [AuditEntry(at + 1, event) for at, event in enumerate([*self._before, *self.recorded])]
        return tuple([entry for entry in reversed(entries) if _fits(entry, query)][:most])

    def hourly(self, type_: str, since: datetime) -> Mapping[datetime, int]:
        moments = [one.at for one in (*self._before, *self.recorded) if one.type == type_ and one.at >= since]
        return Counter(moment.replace(minute=0, second=0, microsecond=0) for moment in moments)

    def tallied(
        self, type_: str, members: tuple[str, ...], since: datetime, until: datetime
    ) -> Mapping[tuple[str, ...], int]:
        return Counter(
            said_by({name: getattr(one.payload, name, None) for name in members}, members)
            for one in (*self._before, *self.recorded)
            if one.type == type_ and since <= one.at < until
        )


def _fits(entry: AuditEntry, query: AuditQuery) -> bool:
    wanted = {name: getattr(query, name) for name in _EXACT if getattr(query, name) is not None}
    if any(getattr(entry.event, name) != value for name, value in wanted.items()):
        return False
    if query.since is not None and entry.event.at < query.since:
        return False
    if query.until is not None and entry.event.at >= query.until:
        return False
    return query.before is None or entry.id < query.before
