"""What operators look at without changing it: the audit, page by page, and the policy with its origins."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from aldaba.domain.lockout import Barrier, Lifter, may_lift
from aldaba.domain.operators import Actor
from aldaba.domain.refusals import Reason, Refused
from aldaba.service.audit import AuditEntry, AuditQuery
from aldaba.service.operator_commands import SearchAudit, ShowPolicy
from aldaba.service.operator_desk import Handlers
from aldaba.service.ports import Store

MOST_AT_ONCE = 200
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One event; ``facts`` are its payload's fields."""

    id: int
    type: str
    at: datetime
    actor: str | None
    application_id: str | None
    channel: str | None
    request_id: str | None
    customer_id: str | None
    ccs_id: str | None
    address: str | None
    facts: dict[str, str | int | float | bool | list[str] | None]


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Newest first; ``next`` is the ``before`` of the page that follows, None on the last one."""

    events: tuple[AuditLine, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class PolicyValue:
    """``origin``: ``default``, ``file …``, ``environment …`` or ``command line``."""

    name: str
    value: str | int | float | bool | list[str] | None
    origin: str


@dataclass(frozen=True, slots=True)
class PolicyView:
    """``unlock`` says who lifts what: lifter → what he lifts."""

    values: tuple[PolicyValue, ...]
    unlock: dict[str, tuple[str, ...]]


PolicyEntries = Callable[[], Mapping[str, tuple[object, str]]]
"""Every setting of the policy by name: value and origin."""


class OperatorInspection:
    """``handlers`` are for the desk."""

    def __init__(self, store: Store, policy_entries: PolicyEntries) -> None:
        self._store = store
        self._policy_entries = policy_entries

    @property
    def handlers(self) -> Handlers:
        return {SearchAudit: self.audit, ShowPolicy: self.policy}

    async def audit(self, _: Actor, command: SearchAudit) -> AuditPage:
        for name in ("since", "until"):
            moment = getattr(command, name)
            if moment is not None and moment.utcoffset() is None:
                raise Refused(Reason.INVALID_REQUEST, name, "a time with its offset from UTC")
        query = AuditQuery(
            customer_id=command.customer_id,
            ccs_id=command.ccs_id,
            request_id=command.request_id,
            type=command.type,
            application_id=command.application_id,
            actor=command.actor,
            since=command.since,
            until=command.until,
            before=command.before,
        )
        return await page_of(self._store, query, command.most)

    async def policy(self, _: Actor, __: ShowPolicy) -> PolicyView:
        values = tuple(
            PolicyValue(name, msgspec.to_builtins(value), origin)
            for name, (value, origin) in self._policy_entries().items()
        )
        unlock = {
            lifter.value: tuple(barrier.value for barrier in Barrier if may_lift(lifter, barrier))
            for lifter in Lifter
        }
        return PolicyView(values, unlock)


async def page_of(store: Store, query: AuditQuery, most: int) -> AuditPage:
    """Raises ``Refused`` for a page of no such size."""
    if not 1 <= most <= MOST_AT_ONCE:
        raise Refused(Reason.INVALID_REQUEST, "most", f"a number from 1 to {MOST_AT_ONCE}")
    if query.before is not None and not 0 < query.before <= LARGEST_ID:
        raise Refused(Reason.INVALID_REQUEST, "before", "the number of an event")
    found = await store.read(lambda act: act.audit.search(query, most + 1))
    page = found[:most]
    return AuditPage(tuple(map(_line, page)), page[-1].id if len(found) > most else None)


def _line(entry: AuditEntry) -> AuditLine:
    event = entry.event
    return AuditLine(
        id=entry.id,
        type=event.type.value,
        at=event.at,
        actor=event.actor,
        application_id=event.application_id,
        channel=event.channel,
        request_id=event.request_id,
        customer_id=event.customer_id,
        ccs_id=event.ccs_id,
        address=event.address,
        facts=msgspec.to_builtins(event.payload),
    )
