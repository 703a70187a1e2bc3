"""Who among the bank's own people may do what: roles, the one table of acts, and which take four eyes."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from aldaba.domain.policy import OperatorPolicy

MOST_FAILURES = 100
"""Failed sign-ins in a row, locks that ran out notwithstanding (NIST SP 800-63B-4 section 3.2.2)."""
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}", re.ASCII)


class Role(StrEnum):
    HELP_DESK = "help-desk"
    FRAUD = "fraud"
    SECURITY_OFFICER = "security-officer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Act(StrEnum):
    """Everything an operator can ask for, as ``subject.act``; every door names it by this."""

    CUSTOMER_READ = "customer.read"
    CUSTOMER_LOCK = "customer.lock"
    CUSTOMER_UNLOCK = "customer.unlock"
    CUSTOMER_LIFT_PREVENTIVE = "customer.lift-preventive"
    CUSTOMER_RESET_COUNTERS = "customer.reset-counters"
    CUSTOMER_TEMPORARY_PIN = "customer.temporary-pin"
    CUSTOMER_END_SESSIONS = "customer.end-sessions"
    DEVICE_REVOKE = "device.revoke"
    TOKEN_IMPORT = "token.import"
    TOKEN_ASSIGN = "token.assign"
    TOKEN_RESYNCHRONISE = "token.resynchronise"
    TOKEN_UNLOCK = "token.unlock"
    TOKEN_REVOKE = "token.revoke"
    APPLICATION_READ = "application.read"
    APPLICATION_CREATE = "application.create"
    APPLICATION_DISABLE = "application.disable"
    APPLICATION_ROTATE_SECRET = "application.rotate-secret"
    APPLICATION_REGISTER_KEYS = "application.register-keys"
    KEY_ROTATE = "key.rotate"
    POLICY_READ = "policy.read"
    AUDIT_READ = "audit.read"
    OPERATOR_READ = "operator.read"
    OPERATOR_INVITE = "operator.invite"
    OPERATOR_SET_ROLES = "operator.set-roles"
    OPERATOR_DISABLE = "operator.disable"
    OPERATOR_ENABLE = "operator.enable"
    OPERATOR_RESET_SECOND_FACTOR = "operator.reset-second-factor"
    FIGURES_READ = "figures.read"
    GRANT_READ = "grant.read"
    GRANT_DECIDE = "grant.decide"


_EVERYBODY = frozenset(Role)
_DESK = frozenset({Role.HELP_DESK, Role.SECURITY_OFFICER})
_WATCH = frozenset({Role.HELP_DESK, Role.FRAUD, Role.SECURITY_OFFICER})
_PREVENTION = frozenset({Role.FRAUD, Role.SECURITY_OFFICER})
_SYSTEM = frozenset({Role.ADMINISTRATOR})
_INSPECTION = frozenset({Role.SECURITY_OFFICER, Role.AUDITOR, Role.ADMINISTRATOR})

PERMITTED: dict[Act, frozenset[Role]] = {
    Act.CUSTOMER_READ: _WATCH | {Role.AUDITOR},
    Act.CUSTOMER_LOCK: _WATCH,
    Act.CUSTOMER_UNLOCK: _DESK,
    Act.CUSTOMER_LIFT_PREVENTIVE: _PREVENTION,
    Act.CUSTOMER_RESET_COUNTERS: _DESK,
    Act.CUSTOMER_TEMPORARY_PIN: _DESK,
    Act.CUSTOMER_END_SESSIONS: _WATCH,
    Act.DEVICE_REVOKE: _WATCH,
    Act.TOKEN_IMPORT: frozenset({Role.SECURITY_OFFICER}),
    Act.TOKEN_ASSIGN: _DESK,
    Act.TOKEN_RESYNCHRONISE: _DESK,
    Act.TOKEN_UNLOCK: _DESK,
    Act.TOKEN_REVOKE: _WATCH,
    Act.APPLICATION_READ: _INSPECTION,
    Act.APPLICATION_CREATE: _SYSTEM,
    Act.APPLICATION_DISABLE: _SYSTEM | {Role.SECURITY_OFFICER},
    Act.APPLICATION_ROTATE_SECRET: _SYSTEM,
    Act.APPLICATION_REGISTER_KEYS: _SYSTEM,
    Act.KEY_ROTATE: frozenset({Role.SECURITY_OFFICER}),
    Act.POLICY_READ: _INSPECTION | {Role.FRAUD},
    Act.AUDIT_READ: frozenset({Role.FRAUD, Role.SECURITY_OFFICER, Role.AUDITOR}),
    Act.OPERATOR_READ: _INSPECTION,
    Act.OPERATOR_INVITE: _SYSTEM,
    Act.OPERATOR_SET_ROLES: _SYSTEM,
    Act.OPERATOR_DISABLE: _SYSTEM | {Role.SECURITY_OFFICER},
    Act.OPERATOR_ENABLE: _SYSTEM,
    Act.OPERATOR_RESET_SECOND_FACTOR: _SYSTEM,
    Act.FIGURES_READ: _EVERYBODY,
    Act.GRANT_READ: _EVERYBODY,
    Act.GRANT_DECIDE: frozenset({Role.FRAUD, Role.SECURITY_OFFICER, Role.ADMINISTRATOR}),
}
"""The table. An operator with several roles may do what any of them may."""

_OF_A_COLLEAGUE = (Act.OPERATOR_SET_ROLES, Act.OPERATOR_RESET_SECOND_FACTOR, Act.OPERATOR_DISABLE)


@dataclass(frozen=True, slots=True)
class Offer:
    """An act that may be asked for now, and whether a second operator has to approve it."""

    act: Act
    four_eyes: bool


def may(roles: Collection[Role], act: Act) -> bool:
    return not PERMITTED[act].isdisjoint(roles)


def may_approve(roles: Collection[Role], act: Act) -> bool:
    """Whether these roles may approve somebody else's act: who may do it himself, or a security officer."""
    return may(roles, Act.GRANT_DECIDE) and (may(roles, act) or Role.SECURITY_OFFICER in roles)


def offered(roles: Collection[Role], sensible: Iterable[Act], rules: OperatorPolicy) -> tuple[Offer, ...]:
    """Of the acts that make sense now, those these roles may ask for."""
    return tuple(Offer(act, needs_four_eyes(act, rules)) for act in sensible if may(roles, act))


def sensible_on(state: str) -> tuple[Act, ...]:
    """What makes sense to ask for a colleague who is ``invited``, ``enabled``, ``locked`` or ``disabled``."""
    match state:
        case "disabled":
            return (Act.OPERATOR_ENABLE,)
        case "locked":
            return (Act.OPERATOR_ENABLE, *_OF_A_COLLEAGUE)
        case _:
            return _OF_A_COLLEAGUE


def needs_four_eyes(act: Act, rules: OperatorPolicy) -> bool:
    return act.value in rules.four_eyes


def is_operator_name(text: str) -> bool:
    """2 to 32 lower-case letters, digits, dots, dashes or underscores."""
    return _NAME.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Operator:
    """One of the bank's people. Without ``password`` and ``totp_seed`` (both sealed) he cannot sign in.

    ``last_step`` is the newest time step a code was accepted for; ``recovery`` digests of codes left.
    """

    name: str
    roles: frozenset[Role]
    created_at: datetime
    password: str | None = None
    totp_seed: str | None = None
    last_step: int = -1
    recovery: tuple[bytes, ...] = ()
    failures: int = 0
    locked_until: datetime | None = None
    disabled_at: datetime | None = None
    password_changed_at: datetime | None = None
    last_sign_in: datetime | None = None
    vouched_by: tuple[str, ...] = ()
    """Who had the link in hand by which this account was last opened, then whose link made him, and so on."""
    codes_missed: int = 0
    """Behind the right password, since the last right sign-in, over every lock that has run out meanwhile.

    Wrong passwords are not among them: whoever knows a name could shut its operator out for good.
    """

    @property
    def hand(self) -> tuple[str, ...]:
        """Himself, and everybody who could be he."""
        return (self.name, *self.vouched_by)

    @property
    def enabled(self) -> bool:
        return self.disabled_at is None

    def locked(self, now: datetime) -> bool:
        """For minutes, or after too many wrong codes until a colleague enables him."""
        return self.shut_out or (self.locked_until is not None and now < self.locked_until)

    @property
    def shut_out(self) -> bool:
        return self.codes_missed >= MOST_FAILURES


def charged(operator: Operator, now: datetime, rules: OperatorPolicy) -> Operator | None:
    """The operator with one more failed sign-in, counted before anything is looked at; None while locked.

    The last one allowed locks; a right sign-in takes all back, a wrong password the missed code.
    """
    if operator.locked(now):
        return None
    failures = 1 if operator.locked_until is not None else operator.failures + 1
    locks = failures >= rules.failures
    until = now + timedelta(minutes=rules.lock_minutes) if locks else None
    return replace(operator, failures=failures, locked_until=until, codes_missed=operator.codes_missed + 1)


def uncharged(operator: Operator, rules: OperatorPolicy) -> Operator:
    """The operator without one charge that was no failure; a lock that it brought about goes with it."""
    failures = max(0, operator.failures - 1)
    locked_until = operator.locked_until if failures >= rules.failures else None
    return replace(no_code_missed(operator), failures=failures, locked_until=locked_until)


def no_code_missed(operator: Operator) -> Operator:
    """The operator whose failure told nothing of the second factor."""
    return replace(operator, codes_missed=max(0, operator.codes_missed - 1))


def signed_in(operator: Operator, now: datetime) -> Operator:
    return replace(opened(operator), last_sign_in=now)


def opened(operator: Operator) -> Operator:
    """The operator with every failure and lock taken back."""
    return replace(operator, failures=0, locked_until=None, codes_missed=0)


@dataclass(frozen=True, slots=True)
class OperatorSession:
    """``handle`` is the digest of the session's token in HEX; the token itself is kept nowhere."""

    handle: str
    operator: str
    opened_at: datetime
    touched_at: datetime
    expires_at: datetime
    address: str | None = None

    def alive(self, now: datetime, rules: OperatorPolicy) -> bool:
        idle = timedelta(seconds=rules.idle_seconds)
        return now < self.expires_at and now < self.touched_at + idle


@dataclass(frozen=True, slots=True)
class Invitation:
    """A one-time link, kept as the digest of its token, with the second factor it will enrol, sealed."""

    digest: bytes
    operator: str
    totp_seed: str
    expires_at: datetime


def roles_of(texts: Iterable[str]) -> frozenset[Role]:
    """Raises ``ValueError`` for a role there is not."""
    return frozenset(map(Role, texts))


@dataclass(frozen=True, slots=True)
class Actor:
    """An operator at a door, as his session says; ``handle`` is the session's."""

    name: str
    roles: frozenset[Role]
    handle: str
    address: str | None = None
