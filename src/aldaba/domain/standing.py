"""Everything that stands in a customer's way: which rule put it there, who, since when, and who lifts it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from aldaba.domain.lockout import Lock, LockKind
from aldaba.domain.operators import Act
from aldaba.domain.policy import Policy
from aldaba.domain.profile import AccessProfile, ceiling_reached, guard_of
from aldaba.domain.recovery import every_card
from aldaba.domain.session import Factor
from aldaba.domain.token import Token


class Rule(StrEnum):
    """What keeps somebody out."""

    DAY_LOCK = "day lock"
    INDEFINITE_LOCK = "indefinite lock"
    PREVENTIVE_LOCK = "preventive lock"
    CEILING = "ceiling of failures"
    NO_USE = "long without use"
    CARD_PIN = "card PIN locked"
    TOKEN = "token locked"


_OF_KIND = {
    LockKind.DAY: Rule.DAY_LOCK,
    LockKind.INDEFINITE: Rule.INDEFINITE_LOCK,
    LockKind.PREVENTIVE: Rule.PREVENTIVE_LOCK,
}

LIFTED_BY: dict[Rule, Act] = {
    Rule.DAY_LOCK: Act.CUSTOMER_UNLOCK,
    Rule.INDEFINITE_LOCK: Act.CUSTOMER_UNLOCK,
    Rule.PREVENTIVE_LOCK: Act.CUSTOMER_LIFT_PREVENTIVE,
    Rule.CEILING: Act.CUSTOMER_RESET_COUNTERS,
    Rule.NO_USE: Act.CUSTOMER_UNLOCK,
    Rule.CARD_PIN: Act.CUSTOMER_UNLOCK,
    Rule.TOKEN: Act.TOKEN_UNLOCK,
}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """``on`` is what it stands on: ``access``, a factor, a card's last digits, a token's serial number.

    ``by`` is the person who put it there, where it was one.
    """

    rule: Rule
    on: str
    cause: str
    since: datetime | None
    until: datetime | None
    note: str
    by: str
    lifted_by: Act


def obstacles(
    profile: AccessProfile, cards: Mapping[str, str], now: datetime, policy: Policy
) -> tuple[Obstacle, ...]:
    """Of one access profile; ``cards`` names a card's last digits by its digest in HEX."""
    return tuple(_obstacles(profile, cards, now, policy))


def _obstacles(
    profile: AccessProfile, cards: Mapping[str, str], now: datetime, policy: Policy
) -> Iterator[Obstacle]:
    if profile.lock is not None and profile.lock.stands(now):
        yield _of_lock(profile.lock, _OF_KIND[profile.lock.kind], "access")
    for factor in Factor:
        lock = guard_of(profile, factor).lock
        if lock is not None and lock.stands(now):
            yield _of_lock(lock, _OF_KIND[lock.kind], factor.value)
    for digest, guard in profile.cards.items():
        if guard.lock is not None and guard.lock.stands(now):
            on = f"card {cards.get(digest, 'no longer known')}"
            every = digest == every_card(profile.ccs_id)
            yield _of_lock(guard.lock, Rule.CARD_PIN, "every card" if every else on)
    if ceiling_reached(profile, policy):
        why = f"{profile.failures} failures over all factors, {policy.lockout.ceiling} are the ceiling"
        yield _derived(Rule.CEILING, why, None)
    unused_from = profile.active_at + timedelta(days=policy.lockout.unused_days)
    if now > unused_from:
        yield _derived(Rule.NO_USE, f"not used for {policy.lockout.unused_days} days", unused_from)


def token_obstacle(token: Token, now: datetime) -> Obstacle | None:
    """The lock that wrong responses brought upon a token."""
    lock = token.guard.lock
    if lock is None or not lock.stands(now):
        return None
    return _of_lock(lock, Rule.TOKEN, token.serial)


def _of_lock(lock: Lock, rule: Rule, on: str) -> Obstacle:
    return Obstacle(rule, on, lock.cause.value, lock.since, lock.until, lock.note, lock.by, LIFTED_BY[rule])


def _derived(rule: Rule, cause: str, since: datetime | None) -> Obstacle:
    return Obstacle(rule, "access", cause, since, None, "", "", LIFTED_BY[rule])
