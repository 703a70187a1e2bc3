"""What the audit tells in numbers: locks by cause, one-time codes by the provider that took them."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from aldaba.domain.lockout import LockKind
from aldaba.service.audit import EventType
from aldaba.service.ports import Transaction


def said_by(payload: Mapping[str, object], members: tuple[str, ...]) -> tuple[str, ...]:
    """What these members say, as texts: empty where absent or null, a truth as ``true`` or ``false``."""
    return tuple(_text(payload.get(name)) for name in members)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Tally:
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class CodeFlow:
    """One-time codes by one way: sent, and rightly given back.

    ``provider`` took their messages; it is empty for codes of a release that did not remember.
    """

    provider: str
    purpose: str
    means: str
    sent: int
    validated: int


def codes_by_provider(query: Transaction, since: datetime, until: datetime) -> tuple[CodeFlow, ...]:
    """Of the codes sent and the codes validated in that time."""
    members = ("outcome", "provider", "purpose", "means")
    sent = query.audit.tallied(EventType.CODE_SENT, members, since, until)
    tried = query.audit.tallied(EventType.CODE_TRIED, members, since, until)
    # A token's code is sent by nobody.
    ways: set[tuple[str, ...]] = {key[1:] for key in sent if key[0] == "sent"}
    ways |= {key[1:] for key in tried if key[0] == "right" and key[3] != "token"}
    return tuple(
        CodeFlow(provider, purpose, means, sent.get(("sent", *way), 0), tried.get(("right", *way), 0))
        for way in sorted(ways)
        for provider, purpose, means in [way]
    )


def locks_by_cause(query: Transaction, since: datetime, until: datetime) -> tuple[Tally, ...]:
    """Locks that came about in that time, most often first."""
    counted: Counter[str] = Counter()
    for type_, member, cause in _LOCKING:
        for (said,), count in query.audit.tallied(type_, (member,), since, until).items():
            if (name := cause(said)) is not None:
                counted[name] += count
    return tuple(Tally(*one) for one in sorted(counted.items(), key=lambda one: (-one[1], one[0])))


_LOCKING: tuple[tuple[EventType, str, Callable[[str], str | None]], ...] = (
    (EventType.LOGIN_REFUSED, "locked_now", lambda kind: f"login {kind}" if kind else None),
    (EventType.CARD_TRIED, "locked_now", lambda locked: "card" if locked == "true" else None),
    (EventType.CHALLENGE_TRIED, "locked_now", lambda locked: "token" if locked == "true" else None),
    (EventType.CUSTOMER_CHANGED, "action", lambda did: "help desk" if did.startswith("lock ") else None),
)
"""The events a lock comes about by, the member of their payload that says so, and what it is called."""
CAUSES = (*(f"login {kind.value}" for kind in LockKind), "card", "token", "help desk")
"""Every name that ``locks_by_cause`` gives."""
