"""Access profile: a customer's PIN and password, their state, and what a login must do next."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from aldaba.domain.customer import Customer, ElectronicBanking, InitialAccess
from aldaba.domain.lockout import (
    Barrier,
    Guard,
    Lifter,
    Lock,
    LockCause,
    LockKind,
    lift,
    longer,
    may_lift,
    same_time_tomorrow,
)
from aldaba.domain.policy import Policy
from aldaba.domain.session import CredentialStatus, Factor


class CredentialState(StrEnum):
    """As the contract letters it: active, inactive, restarted, other."""

    ACTIVE = "A"
    INACTIVE = "I"
    RESTARTED = "R"
    OTHER = "O"


class Expiry(StrEnum):
    """Why a credential that is still known may not serve as before."""

    UNLOCK = "unlock"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Credential:
    """A PIN or a password: sealed Argon2id string, dates, guard and the sealed strings of earlier ones."""

    sealed: str | None = None
    state: CredentialState = CredentialState.INACTIVE
    guard: Guard = field(default_factory=Guard)
    expired: Expiry | None = None
    history: tuple[str, ...] = ()
    changed_at: datetime | None = None
    activated_at: datetime | None = None
    reset_at: datetime | None = None
    cancelled_at: datetime | None = None
    failed_at: datetime | None = None
    blocked_at: datetime | None = None
    state_changed_at: datetime | None = None
    used_at: datetime | None = None
    changes: int = 0


@dataclass(frozen=True, slots=True)
class TemporaryPin:
    """Good for one login. ``used_by`` is the session it opened, so that a retry of a lost answer may pass."""

    sealed: str
    issued_at: datetime
    expires_at: datetime
    used_by: str | None = None

    def usable(self, now: datetime, retried: str | None = None) -> bool:
        return now < self.expires_at and (self.used_by is None or self.used_by == retried)


@dataclass(frozen=True, slots=True)
class LiveSession:
    """The one authenticated session of the profile, by its handle."""

    handle: str
    since: datetime


@dataclass(frozen=True, slots=True)
class LastLogin:
    at: datetime
    channel: str


@dataclass(frozen=True, slots=True)
class AccessProfile:
    """This house's own record of a customer's access, keyed by an opaque ``ccs_id``.

    A *decoy* stands for a customer nobody knows; it is kept under a digest until ``expires_at``.
    """

    ccs_id: str
    customer_id: str
    representative: str
    created_at: datetime
    active_at: datetime
    decoy: bool = False
    expires_at: datetime | None = None
    pin: Credential = field(default_factory=Credential)
    password: Credential = field(default_factory=Credential)
    biometric: Guard = field(default_factory=Guard)
    cards: dict[str, Guard] = field(default_factory=dict)
    """Guards of the card PINs, by the card's digest in HEX."""
    last_sim_digest: bytes | None = None
    """Of the SIM at the last login from a phone."""
    vendor_registered: bool = False
    """The customer's soft token is run by the vendor."""
    temporary_pin: TemporaryPin | None = None
    lock: Lock | None = None
    failures: int = 0
    live_session: LiveSession | None = None
    last_login: LastLogin | None = None
    revision: int = 0
    """Counts changes of credentials, so that a slow change can see that a quicker one came first."""
    session_epoch: int = 0
    """Counts how often all sessions of the customer were ended: those of an earlier epoch are over."""
    spared_session: str = ""
    """The handle of the one that was not: the one whose new access ended the others."""


def guard_of(profile: AccessProfile, factor: Factor) -> Guard:
    match factor:
        case Factor.PIN:
            return profile.pin.guard
        case Factor.PASSWORD:
            return profile.password.guard
        case Factor.BIOMETRIC:
            return profile.biometric


def with_guard(profile: AccessProfile, factor: Factor, guard: Guard) -> AccessProfile:
    match factor:
        case Factor.PIN:
            return replace(profile, pin=replace(profile.pin, guard=guard))
        case Factor.PASSWORD:
            return replace(profile, password=replace(profile.password, guard=guard))
        case Factor.BIOMETRIC:
            return replace(profile, biometric=guard)


def profile_locked(profile: AccessProfile, now: datetime, policy: Policy) -> bool:
    """Locks of the whole profile: preventive, ceiling of all failures, long without use."""
    placed = profile.lock is not None and profile.lock.stands(now)
    return placed or bool(locked_by_rule(profile, now, policy))


def locked_by_rule(profile: AccessProfile, now: datetime, policy: Policy) -> tuple[LockCause, ...]:
    """What keeps the whole profile shut (S) without a lock that was placed: ceiling, long without use."""
    unused = now > profile.active_at + timedelta(days=policy.lockout.unused_days)
    causes = {LockCause.CEILING: ceiling_reached(profile, policy), LockCause.NO_USE: unused}
    return tuple(cause for cause, holds in causes.items() if holds)


def ceiling_reached(profile: AccessProfile, policy: Policy) -> bool:
    """Whether so many secrets of this customer were missed that only the help desk opens again."""
    return profile.failures >= policy.lockout.ceiling


def ceiling_in_sight(profile: AccessProfile, policy: Policy) -> bool:
    """Whether the attempts still unfinished, at credentials and cards, would reach the ceiling by failing."""
    guards = (*(guard_of(profile, factor) for factor in Factor), *profile.cards.values())
    # One attempt at a NIP may stand before several cards.
    unfinished = {entry.id for guard in guards for entry in guard.pending}
    return profile.failures + len(unfinished) >= policy.lockout.ceiling


def factor_locked(profile: AccessProfile, factor: Factor, now: datetime, policy: Policy) -> bool:
    """Whether a login by this factor is refused; biometrics stand or fall with the password's lock too."""
    if profile_locked(profile, now, policy) or guard_of(profile, factor).locked(now):
        return True
    return factor is Factor.BIOMETRIC and profile.password.guard.locked(now)


def enrolled(
    customer: Customer,
    ccs_id: str,
    representative: str,
    access: InitialAccess | None,
    now: datetime,
    policy: Policy,
) -> AccessProfile:
    """A fresh profile with the credentials the customer record brought."""
    profile = AccessProfile(ccs_id, customer.customer_id, representative, now, now)
    return profile if access is None else with_access(profile, access, now, policy)


def with_access(
    profile: AccessProfile, access: InitialAccess, now: datetime, policy: Policy
) -> AccessProfile:
    """The profile after a customer record gave credentials or a lock; what it leaves out stays."""
    if access.pin is not None:
        profile = replace(profile, pin=_imported(profile.pin, access.pin, now, policy.pin.history))
    if access.password is not None:
        password = _imported(profile.password, access.password, now, policy.password.history)
        profile = replace(profile, password=password)
    if access.temporary_pin is not None:
        profile = with_temporary_pin(profile, access.temporary_pin, now, policy)
    if access.locked is not None:
        profile = locked(profile, LockKind(access.locked), LockCause.IMPORTED, now, policy)
    return replace(profile, revision=profile.revision + 1)


def issued(credential: Credential, sealed: str, now: datetime) -> Credential:
    """A credential handed over or set: active, unexpired, with a clean count; a lock stays."""
    kept = credential.history if credential.sealed is None else (credential.sealed, *credential.history)
    return replace(
        credential,
        sealed=sealed,
        state=CredentialState.ACTIVE,
        expired=None,
        history=kept,
        activated_at=now,
        state_changed_at=now,
        guard=replace(credential.guard, failures=0),
    )


def _imported(credential: Credential, sealed: str, now: datetime, history: int) -> Credential:
    # The same records come again with every import; the history must not grow with them.
    fresh = issued(credential, sealed, now)
    return replace(fresh, history=fresh.history[:history])


def changed(credential: Credential, sealed: str, now: datetime, history: int) -> Credential:
    """A credential its owner set anew; the earlier one joins the history."""
    fresh = issued(credential, sealed, now)
    return replace(
        fresh, history=fresh.history[:history], changed_at=now, changes=min(credential.changes + 1, 99)
    )


def with_temporary_pin(profile: AccessProfile, sealed: str, now: datetime, policy: Policy) -> AccessProfile:
    """Issue a temporary PIN; doing so expires the PIN and password that were there."""
    life = timedelta(hours=policy.temporary_pin.life_hours)
    temporary = TemporaryPin(sealed, issued_at=now, expires_at=now + life)
    return replace(
        profile,
        temporary_pin=temporary,
        pin=_reset(profile.pin, now),
        password=_reset(profile.password, now),
        active_at=now,
        revision=profile.revision + 1,
    )


def _reset(credential: Credential, now: datetime) -> Credential:
    if credential.sealed is None:
        return credential
    return replace(
        credential, state=CredentialState.RESTARTED, expired=Expiry.RESET, reset_at=now, state_changed_at=now
    )


def locked(
    profile: AccessProfile,
    kind: LockKind,
    cause: LockCause,
    now: datetime,
    policy: Policy,
    note: str = "",
    by: str = "",
) -> AccessProfile:
    """Lock the profile by hand: preventive locks the whole of it, the others PIN and password."""
    until = same_time_tomorrow(now, policy.zone) if kind is LockKind.DAY else None
    lock = Lock(kind, now, cause, until, note, by)
    if kind is LockKind.PREVENTIVE:
        return replace(profile, lock=lock)
    for factor in (Factor.PIN, Factor.PASSWORD):
        guard = guard_of(profile, factor)
        profile = with_guard(profile, factor, replace(guard, lock=longer(guard.lock, lock)))
    return profile


@dataclass(frozen=True, slots=True)
class Lifted:
    """What lifting did: the profile after it, what was lifted and what still stands."""

    profile: AccessProfile
    lifted: tuple[Lock, ...]
    standing: tuple[Lock, ...]


def lift_locks(profile: AccessProfile, lifter: Lifter, now: datetime) -> Lifted:
    """Lift every lock this lifter may lift (the unlock matrix of ``lockout``)."""
    before = standing_locks(profile, now)
    for factor in Factor:
        profile = with_guard(profile, factor, lift(guard_of(profile, factor), lifter))
    if profile.lock is not None and may_lift(lifter, Barrier(profile.lock.kind.value)):
        profile = replace(profile, lock=None)
    if may_lift(lifter, Barrier.CARD_PIN):
        cards = {name: replace(guard, lock=None, failures=0) for name, guard in profile.cards.items()}
        profile = replace(profile, cards=cards)
    if lifter in (Lifter.HELP_DESK, Lifter.SECURITY_OFFICER):
        profile = replace(profile, failures=0)
    after = standing_locks(profile, now)
    lifted = tuple(lock for lock in before if lock not in after)
    return Lifted(replace(profile, active_at=now if not after else profile.active_at), lifted, after)


def counters_reset(profile: AccessProfile) -> AccessProfile:
    """Every count of failures begun anew, the ceiling's included; locks that stand go on standing."""
    for factor in Factor:
        profile = with_guard(profile, factor, replace(guard_of(profile, factor), failures=0))
    cards = {name: replace(guard, failures=0) for name, guard in profile.cards.items()}
    return replace(profile, failures=0, cards=cards)


def standing_locks(profile: AccessProfile, now: datetime) -> tuple[Lock, ...]:
    guards = [guard_of(profile, factor).lock for factor in Factor]
    return tuple(lock for lock in (profile.lock, *guards) if lock is not None and lock.stands(now))


def aged(credential: Credential, now: datetime, policy: Policy) -> bool:
    """Whether a password is older than the policy lets it grow."""
    days = policy.password.max_age_days
    # One handed over after the owner's last change is as old as the handing over.
    known = [moment for moment in (credential.changed_at, credential.activated_at) if moment is not None]
    return days is not None and bool(known) and now > max(known) + timedelta(days=days)


class LoginAction(IntEnum):
    """``nextLoginActionCode``."""

    ONBOARD = 0
    PASSWORD = 1
    PIN = 2
    TEMPORARY_PIN = 3
    UNLOCK = 4
    VISIT_BRANCH = 5


def next_action(
    customer: Customer | None, profile: AccessProfile | None, now: datetime, policy: Policy
) -> LoginAction:
    """Which login follows; ``customer`` is None for a decoy."""
    if customer is not None and customer.black_listed:
        return LoginAction.VISIT_BRANCH
    if customer is not None and customer.electronic_banking is not ElectronicBanking.ACTIVE:
        return LoginAction.ONBOARD
    if profile is None:
        return LoginAction.ONBOARD
    action, factor = _expected_login(profile, now, policy)
    return LoginAction.UNLOCK if factor_locked(profile, factor, now, policy) else action


def _expected_login(profile: AccessProfile, now: datetime, policy: Policy) -> tuple[LoginAction, Factor]:
    if profile.temporary_pin is not None:
        return LoginAction.TEMPORARY_PIN, Factor.PIN
    password = secret_to_verify(profile, Factor.PASSWORD, now)
    if password is not None and not aged(profile.password, now, policy):
        return LoginAction.PASSWORD, Factor.PASSWORD
    if secret_to_verify(profile, Factor.PIN, now) is not None:
        return LoginAction.PIN, Factor.PIN
    if password is not None:
        return LoginAction.PASSWORD, Factor.PASSWORD
    return LoginAction.TEMPORARY_PIN, Factor.PIN


def credential_status(
    profile: AccessProfile, factor: Factor, now: datetime, policy: Policy
) -> CredentialStatus:
    """What the front end must have the customer do after a login by this factor."""
    if factor is Factor.PIN and profile.temporary_pin is not None:
        known = profile.pin.sealed is not None or profile.password.sealed is not None
        return CredentialStatus.RPIN if known else CredentialStatus.NEW
    if profile.password.expired is Expiry.UNLOCK:
        return CredentialStatus.ACPWD if factor is Factor.PIN else CredentialStatus.CHPWD
    if profile.password.sealed is None or profile.password.expired or aged(profile.password, now, policy):
        return CredentialStatus.ACPWD
    return CredentialStatus.NONE


def secret_to_verify(
    profile: AccessProfile, factor: Factor, now: datetime, retried: str | None = None
) -> str | None:
    """The sealed string a PIN or password is verified against; None means nothing can match.

    While a temporary PIN is out it alone serves as PIN. What a reset expired serves no more.
    """
    match factor:
        case Factor.BIOMETRIC:
            return None
        case Factor.PASSWORD:
            return _unless_reset(profile.password)
        case Factor.PIN if profile.temporary_pin is not None:
            return profile.temporary_pin.sealed if profile.temporary_pin.usable(now, retried) else None
        case Factor.PIN:
            return _unless_reset(profile.pin)


def _unless_reset(credential: Credential) -> str | None:
    return None if credential.expired is Expiry.RESET else credential.sealed
