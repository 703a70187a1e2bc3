"""What operators ask for, as plain values: one class for each question and each act, the same at every door.

A command names its ``act``, by which it is permitted; ``reason`` is demanded of whatever changes something.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from aldaba.crypto.digests import Secret
from aldaba.domain.lockout import LockKind
from aldaba.domain.operators import Act, Role

MOST = 50


class Command:
    """What ``OperatorDesk.perform`` takes."""

    act: ClassVar[Act]
    recorded: ClassVar[bool] = True
    """Whether the audit keeps that it was asked; only lists without a customer's data in them are not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindCustomers(Command):
    """``phone`` with country code (``+52…``); what is looked for never stands in an address or the audit."""

    act: ClassVar[Act] = Act.CUSTOMER_READ
    by: Literal["number", "card", "phone", "ccs-id"]
    value: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowCustomer(Command):
    act: ClassVar[Act] = Act.CUSTOMER_READ
    customer_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowTimeline(Command):
    """What happened to a customer, newest first; ``before`` is the last number of the page before."""

    act: ClassVar[Act] = Act.CUSTOMER_READ
    customer_id: str
    before: int | None = None
    most: int = MOST


@dataclass(frozen=True, slots=True, kw_only=True)
class LockCustomer(Command):
    act: ClassVar[Act] = Act.CUSTOMER_LOCK
    customer_id: str
    kind: LockKind
    reason: str
    representative: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockCustomer(Command):
    """Lifts what a help desk may: everything but a preventive lock."""

    act: ClassVar[Act] = Act.CUSTOMER_UNLOCK
    customer_id: str
    reason: str
    representative: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftPreventiveLock(Command):
    """Lifts what a security officer may: everything."""

    act: ClassVar[Act] = Act.CUSTOMER_LIFT_PREVENTIVE
    customer_id: str
    reason: str
    representative: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetCounters(Command):
    act: ClassVar[Act] = Act.CUSTOMER_RESET_COUNTERS
    customer_id: str
    reason: str
    representative: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendTemporaryPin(Command):
    act: ClassVar[Act] = Act.CUSTOMER_TEMPORARY_PIN
    customer_id: str
    reason: str
    representative: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSessions(Command):
    act: ClassVar[Act] = Act.CUSTOMER_END_SESSIONS
    customer_id: str
    reason: str
    representative: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeDevice(Command):
    """``device_id`` is either of the device's two ids."""

    act: ClassVar[Act] = Act.DEVICE_REVOKE
    customer_id: str
    device_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportTokens(Command):
    """A delivered file as text: PSKC (RFC 6030), or CSV ``serial,kind,suite,secretHex[,counter]``."""

    act: ClassVar[Act] = Act.TOKEN_IMPORT
    format: Literal["pskc", "csv"]
    content: Secret
    reason: str
    kind: Literal["hard", "soft"] = "hard"
    key: Secret | None = None
    """Pre-shared key of an encrypted PSKC file, in HEX."""
    passphrase: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignToken(Command):
    act: ClassVar[Act] = Act.TOKEN_ASSIGN
    serial: str
    customer_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResynchroniseToken(Command):
    """By two consecutive codes the token shows."""

    act: ClassVar[Act] = Act.TOKEN_RESYNCHRONISE
    serial: str
    first: Secret
    second: Secret
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockToken(Command):
    act: ClassVar[Act] = Act.TOKEN_UNLOCK
    serial: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeToken(Command):
    act: ClassVar[Act] = Act.TOKEN_REVOKE
    serial: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListApplications(Command):
    act: ClassVar[Act] = Act.APPLICATION_READ
    recorded: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateApplication(Command):
    """None for a list of things allowed means all of them."""

    act: ClassVar[Act] = Act.APPLICATION_CREATE
    client_id: str
    reason: str
    channels: tuple[str, ...] | None = None
    countries: tuple[str, ...] = ("MX",)
    businesses: tuple[str, ...] = ("GCB",)
    operations: tuple[str, ...] | None = None
    rights: tuple[Literal["ivr", "lookup", "introspect"], ...] = ()
    cors_origins: tuple[str, ...] = ()
    faces_customers: bool = False
    public_jwk: dict[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisableApplication(Command):
    act: ClassVar[Act] = Act.APPLICATION_DISABLE
    client_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateClientSecret(Command):
    act: ClassVar[Act] = Act.APPLICATION_ROTATE_SECRET
    client_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterKeys(Command):
    act: ClassVar[Act] = Act.APPLICATION_REGISTER_KEYS
    client_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateKey(Command):
    """Brings in a fresh key of the house's own; what the earlier ones sealed or signed stays good."""

    act: ClassVar[Act] = Act.KEY_ROTATE
    name: Literal["e2e", "e2e-root", "signing", "storage", "otp", "audit", "pepper"]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowPolicy(Command):
    act: ClassVar[Act] = Act.POLICY_READ
    recorded: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchAudit(Command):
    """Newest first; ``before`` is the last number of the page before. Times with their offset."""

    act: ClassVar[Act] = Act.AUDIT_READ
    customer_id: str | None = None
    ccs_id: str | None = None
    request_id: str | None = None
    type: str | None = None
    application_id: str | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    most: int = MOST


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowFigures(Command):
    """How the house does: numbers alone, nobody named in them."""

    act: ClassVar[Act] = Act.FIGURES_READ
    recorded: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOperators(Command):
    act: ClassVar[Act] = Act.OPERATOR_READ
    recorded: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteOperator(Command):
    act: ClassVar[Act] = Act.OPERATOR_INVITE
    name: str
    roles: tuple[Role, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRoles(Command):
    act: ClassVar[Act] = Act.OPERATOR_SET_ROLES
    name: str
    roles: tuple[Role, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DisableOperator(Command):
    act: ClassVar[Act] = Act.OPERATOR_DISABLE
    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnableOperator(Command):
    act: ClassVar[Act] = Act.OPERATOR_ENABLE
    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetSecondFactor(Command):
    act: ClassVar[Act] = Act.OPERATOR_RESET_SECOND_FACTOR
    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListGrants(Command):
    act: ClassVar[Act] = Act.GRANT_READ
    recorded: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowGrant(Command):
    act: ClassVar[Act] = Act.GRANT_READ
    recorded: ClassVar[bool] = False
    grant_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideGrant(Command):
    """Approve or refuse what another operator asked for."""

    act: ClassVar[Act] = Act.GRANT_DECIDE
    grant_id: str
    approve: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawGrant(Command):
    """Take back one's own request."""

    act: ClassVar[Act] = Act.GRANT_READ
    grant_id: str
