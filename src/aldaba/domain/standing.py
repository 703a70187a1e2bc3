"""Everything that stands in a customer's way: which rule put it there, who, since when, and who lifts it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from aldaba.domain.lockout import Lock, LockCause, LockKind
from aldaba.domain.operators import Act
from aldaba.domain.policy import Policy
from aldaba.domain.profile import AccessProfile, ceiling_reached, guard_of, locked_by_rule
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


@dataclass(frozen=True, slots=True)
class LockOn:
    """A lock and what it stands on, as ``Obstacle`` says it."""

    on: str
    kind: LockKind
    cause: LockCause
    since: datetime | None
    """None where nothing says since when: the ceiling of failures."""
    until: datetime | None
    note: str
    by: str
    """Who locked, where a person did."""


def locks_on(
    profile: AccessProfile, cards: Mapping[str, str], now: datetime, policy: Policy
) -> tuple[LockOn, ...]:
    """Every lock that stands: of the access, by rule, of the card PINs; ``cards`` as for ``obstacles``."""
    on_cards = ((_card(profile, cards, digest), guard.lock) for digest, guard in profile.cards.items())
    placed = (
        LockOn(on, lock.kind, lock.cause, lock.since, lock.until, lock.note, lock.by)
        for on, lock in (*_on_access(profile), *on_cards)
        if lock is not None and lock.stands(now)
    )
    return (*placed, *_by_rule(profile, now, policy))


def _by_rule(profile: AccessProfile, now: datetime, policy: Policy) -> Iterator[LockOn]:
    for cause in locked_by_rule(profile, now, policy):
        since = _unused_from(profile, policy) if cause is LockCause.NO_USE else None
        yield LockOn("access", LockKind.INDEFINITE, cause, since, None, "", "")


def _on_access(profile: AccessProfile) -> Iterator[tuple[str, Lock | None]]:
    yield "access", profile.lock
    yield from ((factor.value, guard_of(profile, factor).lock) for factor in Factor)


def _card(profile: AccessProfile, cards: Mapping[str, str], digest: str) -> str:
    if digest == every_card(profile.ccs_id):
        return "every card"
    return f"card {cards.get(digest, 'no longer known')}"


def lock_kind(profile: AccessProfile, factor: Factor, now: datetime, policy: Policy) -> LockKind | None:
    """The gravest kind of lock that stands before this factor, as IVR and branch are told it."""
    if profile.lock is not None and profile.lock.stands(now):
        return profile.lock.kind
    if locked_by_rule(profile, now, policy):
        return LockKind.INDEFINITE
    lock = guard_of(profile, factor).lock
    return lock.kind if lock is not None and lock.stands(now) else None


def obstacles(
    profile: AccessProfile, cards: Mapping[str, str], now: datetime, policy: Policy
) -> tuple[Obstacle, ...]:
    """Of one access profile; ``cards`` names a card's last digits by its digest in HEX."""
    return tuple(_obstacles(profile, cards, now, policy))


def _obstacles(
    profile: AccessProfile, cards: Mapping[str, str], now: datetime, policy: Policy
) -> Iterator[Obstacle]:
    for on, lock in _on_access(profile):
        if lock is not None and lock.stands(now):
            yield _of_lock(lock, _OF_KIND[lock.kind], on)
    for digest, guard in profile.cards.items():
        if guard.lock is not None and guard.lock.stands(now):
            yield _of_lock(guard.lock, Rule.CARD_PIN, _card(profile, cards, digest))
    if ceiling_reached(profile, policy):
        why = f"{profile.failures} failures over all factors, {policy.lockout.ceiling} are the ceiling"
        yield _derived(Rule.CEILING, why, None)
    if LockCause.NO_USE in locked_by_rule(profile, now, policy):
        why = f"not used for {policy.lockout.unused_days} days"
        yield _derived(Rule.NO_USE, why, _unused_from(profile, policy))


def _unused_from(profile: AccessProfile, policy: Policy) -> datetime:
    return profile.active_at + timedelta(days=policy.lockout.unused_days)


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
