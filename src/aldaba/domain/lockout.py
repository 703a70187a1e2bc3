"""Who may try a secret: reserve an attempt before looking, settle it after, escalate, and who lifts what.

A *guard* stands before one factor of one profile. An attempt is reserved and made durable before the
secret is looked at, so that no number of parallel guesses gets an extra look.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from aldaba.domain.policy import LockoutPolicy


class LockKind(StrEnum):
    """As the contract letters them: one day, indefinite, preventive."""

    DAY = "D"
    INDEFINITE = "S"
    PREVENTIVE = "I"


class LockCause(StrEnum):
    FAILURES = "failures"
    CEILING = "ceiling"
    NO_USE = "no use"
    OPERATOR = "operator"
    RISK = "risk"
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class Lock:
    kind: LockKind
    since: datetime
    cause: LockCause
    until: datetime | None = None
    note: str = ""
    by: str = ""
    """Who locked, where a person did."""

    def stands(self, now: datetime) -> bool:
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True)
class Reservation:
    """An attempt that has been charged but not yet settled."""

    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Guard:
    """Consecutive failures, unfinished attempts and the lock of one factor."""

    failures: int = 0
    pending: tuple[Reservation, ...] = ()
    lock: Lock | None = None
    day_locks: tuple[datetime, ...] = ()

    def locked(self, now: datetime) -> bool:
        return self.lock is not None and self.lock.stands(now)


class Reserved(StrEnum):
    """Answer to a reservation: go ahead, refused, or wait for attempts still unfinished."""

    GRANTED = "granted"
    LOCKED = "locked"
    WAIT = "wait"


class Settlement(StrEnum):
    """How a reserved attempt ended; ``WITHDRAWN`` is for faults that are ours, and charges nothing."""

    RIGHT = "right"
    WRONG = "wrong"
    WITHDRAWN = "withdrawn"


def refresh(guard: Guard, now: datetime, rules: LockoutPolicy, zone: ZoneInfo) -> Guard:
    """Time's own work: a run-out lock opens with a clean count, an attempt a crash left counts as failed."""
    for reservation in sorted(guard.pending, key=lambda entry: entry.at):
        # It failed when its time was up, not when somebody next looked: a lock runs from then.
        due = reservation.at + timedelta(seconds=rules.reservation_seconds)
        if due <= now:
            guard = settle(_opened(guard, due), reservation.id, Settlement.WRONG, due, rules, zone)
    return _opened(guard, now)


def _opened(guard: Guard, now: datetime) -> Guard:
    if guard.lock is None or guard.lock.stands(now):
        return guard
    return replace(guard, lock=None, failures=0)


def reserve(
    guard: Guard, reservation_id: str, now: datetime, rules: LockoutPolicy, zone: ZoneInfo
) -> tuple[Guard, Reserved]:
    """Charge an attempt before the secret is looked at.

    Attempts that only *unfinished* others push over the limit are told to wait rather than lock.
    """
    guard = refresh(guard, now, rules, zone)
    if guard.locked(now):
        return guard, Reserved.LOCKED
    if guard.failures >= rules.failures:
        # The bank lowered the limit meanwhile; waiting would never end.
        return _lock(guard, now, rules, zone), Reserved.LOCKED
    if guard.failures + len(guard.pending) >= rules.failures:
        return guard, Reserved.WAIT
    return replace(guard, pending=(*guard.pending, Reservation(reservation_id, now))), Reserved.GRANTED


def settle(
    guard: Guard,
    reservation_id: str,
    settlement: Settlement,
    now: datetime,
    rules: LockoutPolicy,
    zone: ZoneInfo,
) -> Guard:
    """Close a reserved attempt; a wrong one may lock. One that was closed already changes nothing."""
    pending = tuple(entry for entry in guard.pending if entry.id != reservation_id)
    if len(pending) == len(guard.pending):
        return guard
    guard = replace(guard, pending=pending)
    match settlement:
        case Settlement.WITHDRAWN:
            return guard
        case Settlement.RIGHT:
            return guard if guard.locked(now) else replace(guard, failures=0)
        case Settlement.WRONG:
            failed = replace(guard, failures=guard.failures + 1)
            return _lock(failed, now, rules, zone) if failed.failures >= rules.failures else failed


def lock_for_failures(
    now: datetime, earlier: tuple[datetime, ...], rules: LockoutPolicy, zone: ZoneInfo
) -> Lock:
    """A day lock to the same wall-clock time tomorrow, or an indefinite one at the third in thirty days."""
    if len(earlier) + 1 >= rules.day_locks:
        return Lock(LockKind.INDEFINITE, now, LockCause.FAILURES)
    return Lock(LockKind.DAY, now, LockCause.FAILURES, until=same_time_tomorrow(now, zone))


def same_time_tomorrow(now: datetime, zone: ZoneInfo) -> datetime:
    """The same time next day on the bank's clock, which summer time may put 23 or 25 hours away."""
    local = now.astimezone(zone)
    return (local + timedelta(days=1)).astimezone(now.tzinfo)


def _lock(guard: Guard, now: datetime, rules: LockoutPolicy, zone: ZoneInfo) -> Guard:
    window = now - timedelta(days=rules.day_lock_window_days)
    recent = tuple(at for at in guard.day_locks if at > window)
    lock = lock_for_failures(now, recent, rules, zone)
    day_locks = (*recent, now) if lock.kind is LockKind.DAY else ()
    return replace(guard, lock=longer(guard.lock, lock), day_locks=day_locks)


def longer(standing: Lock | None, new: Lock) -> Lock:
    """The new lock, unless the one that stands lasts longer: locking again never opens sooner."""
    if standing is None or new.until is None:
        return new
    return standing if standing.until is None or standing.until > new.until else new


class Lifter(StrEnum):
    """Who or what can lift a lock."""

    TIME = "time"
    SET_ACCESS = "set_access"
    UNLOCK_ACCESS = "unlock_access"
    HELP_DESK = "help desk"
    SECURITY_OFFICER = "security officer"


class Barrier(StrEnum):
    """What can be lifted: the three kinds of lock, a locked token, a locked card PIN."""

    DAY = "D"
    INDEFINITE = "S"
    PREVENTIVE = "I"
    TOKEN = "token locked"
    CARD_PIN = "card NIP locked"


_LIFTS: dict[Lifter, frozenset[Barrier]] = {
    Lifter.TIME: frozenset({Barrier.DAY, Barrier.CARD_PIN}),
    Lifter.SET_ACCESS: frozenset({Barrier.DAY, Barrier.INDEFINITE}),
    Lifter.UNLOCK_ACCESS: frozenset({Barrier.DAY, Barrier.INDEFINITE}),
    Lifter.HELP_DESK: frozenset({Barrier.DAY, Barrier.INDEFINITE, Barrier.TOKEN, Barrier.CARD_PIN}),
    Lifter.SECURITY_OFFICER: frozenset(Barrier),
}


def may_lift(lifter: Lifter, barrier: Barrier) -> bool:
    """The unlock matrix, in one place; ``aldaba policy show`` prints it."""
    return barrier in _LIFTS[lifter]


def lift(guard: Guard, lifter: Lifter) -> Guard:
    """The guard without its lock and failures, if this lifter may lift that lock; else unchanged."""
    if guard.lock is not None and not may_lift(lifter, Barrier(guard.lock.kind.value)):
        return guard
    return replace(guard, lock=None, failures=0)
