"""Typed audit events: one per outcome, recorded in the act that has the effect. None can hold a secret."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal


class EventType(StrEnum):
    """``subject:action``, for searching."""

    CUSTOMER_IDENTIFIED = "customer:identified"
    LOGIN_SUCCEEDED = "login:succeeded"
    LOGIN_REFUSED = "login:refused"
    SESSION_ENDED = "session:ended"
    CREDENTIALS_SET = "credentials:set"
    CREDENTIALS_REFUSED = "credentials:refused"
    CARD_TRIED = "card:tried"
    PHONE_TRIED = "phone:tried"
    CODE_SENT = "code:sent"
    CODE_TRIED = "code:tried"
    ACCESS_SET = "access:set"
    ACCESS_UNLOCKED = "access:unlocked"
    PHONE_CERTIFIED = "phone:certified"
    CHALLENGE_ISSUED = "challenge:issued"
    CHALLENGE_TRIED = "challenge:tried"
    TOKEN_CHANGED = "token:changed"
    DEVICE_CHANGED = "device:changed"
    VENDOR_TOKEN_TRIED = "vendor-token:tried"
    VENDOR_CUSTOMER_REGISTERED = "vendor-customer:registered"
    VENDOR_CUSTOMER_ASKED = "vendor-customer:asked"
    CREDENTIALS_ASKED = "credentials:asked"
    KEYS_EXCHANGED = "keys:exchanged"
    APPLICATION_CHANGED = "application:changed"
    APPLICATION_REFUSED = "application:refused"
    CUSTOMER_CHANGED = "customer:changed"
    CUSTOMERS_IMPORTED = "customers:imported"
    KEY_ROTATED = "key:rotated"
    KEY_RETIRED = "key:retired"
    AUDIT_PURGED = "audit:purged"
    OPERATOR_SIGNED_IN = "operator:signed-in"
    OPERATOR_SIGNED_OUT = "operator:signed-out"
    OPERATOR_CHANGED = "operator:changed"
    OPERATOR_ACTED = "operator:acted"
    GRANT_CHANGED = "grant:changed"
    GLASS_BROKEN = "glass:broken"


@dataclass(frozen=True, slots=True)
class Identified:
    by: Literal["number", "card"]
    action: int | None
    instance_id: str | None
    purpose: Literal["login", "recovery"]


@dataclass(frozen=True, slots=True)
class LoggedIn:
    factor: str
    credential_status: str
    step_up: bool
    risk: tuple[str, ...]
    replaced: bool


@dataclass(frozen=True, slots=True)
class LoginRefused:
    factor: str
    reason: str
    locked_now: str | None
    """The kind of lock this attempt brought about, if it did."""
    charged: bool
    risk: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SessionEnded:
    cause: str


@dataclass(frozen=True, slots=True)
class CredentialsSet:
    pin: bool
    password: bool
    status: str


@dataclass(frozen=True, slots=True)
class CredentialsRefused:
    reason: str
    rule: str | None


@dataclass(frozen=True, slots=True)
class CardTried:
    """``locked``: the try met a lock; ``locked_now``: it brought one about."""

    right: bool
    locked: bool
    locked_now: bool = False


@dataclass(frozen=True, slots=True)
class PhoneTried:
    right: bool
    limit_reached: bool


@dataclass(frozen=True, slots=True)
class CodeSent:
    """``outcome``: sent, repeated within seconds (nothing sent), failed, session limit, day limit.

    ``provider`` is who took the message; None where none left.
    """

    purpose: str
    means: str
    outcome: str
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class CodeTried:
    """``outcome``: right, wrong, expired, used, none outstanding, session limit, day limit.

    ``provider`` is who took the message the code last went out in; None where there was none.
    """

    purpose: str
    means: str | None
    outcome: str
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class AccessSet:
    first_time: bool
    lifted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccessUnlocked:
    """``refused`` is the reason, None when the locks were lifted."""

    refused: str | None
    lifted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PhoneCertified:
    country_code: str


@dataclass(frozen=True, slots=True)
class ChallengeIssued:
    serial: str


@dataclass(frozen=True, slots=True)
class ChallengeTried:
    """``outcome``: right, wrong, expired, not outstanding, token locked, session limit."""

    serial: str | None
    outcome: str
    locked_now: bool


@dataclass(frozen=True, slots=True)
class TokenChanged:
    serial: str
    action: str
    status: str


@dataclass(frozen=True, slots=True)
class DeviceChanged:
    action: str
    biometrics: bool


@dataclass(frozen=True, slots=True)
class VendorTokenTried:
    """``refused`` is the reason, None when the token was good."""

    grant: str
    refused: str | None


@dataclass(frozen=True, slots=True)
class VendorCustomerRegistered:
    already: bool


@dataclass(frozen=True, slots=True)
class VendorCustomerAsked:
    found: bool


@dataclass(frozen=True, slots=True)
class CredentialsAsked:
    found: bool


@dataclass(frozen=True, slots=True)
class KeysExchanged:
    profile: str
    key_id: str


@dataclass(frozen=True, slots=True)
class ApplicationChanged:
    action: str


@dataclass(frozen=True, slots=True)
class ApplicationRefused:
    reason: str


@dataclass(frozen=True, slots=True)
class CustomerChanged:
    action: str
    note: str


@dataclass(frozen=True, slots=True)
class CustomersImported:
    accepted: int
    refused: int


@dataclass(frozen=True, slots=True)
class KeyRotated:
    name: str
    key_id: str


@dataclass(frozen=True, slots=True)
class KeyRetired:
    name: str
    key_id: str


@dataclass(frozen=True, slots=True)
class AuditPurged:
    """Rows up to ``last_id`` go, from this act on; the file they were exported to has this digest (HEX)."""

    last_id: int
    rows: int
    manifest: str


@dataclass(frozen=True, slots=True)
class OperatorSignedIn:
    """``outcome``: ``right``, or for which cause not; the operator is told only that it was not."""

    name: str
    outcome: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OperatorSignedOut:
    name: str


@dataclass(frozen=True, slots=True)
class OperatorChanged:
    """``action``: invited, opened, accepted, roles, disabled, enabled, second factor reset, password changed.

    ``opened`` is the link of an invitation, of which each opening draws another second factor.
    """

    name: str
    action: str
    roles: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class OperatorActed:
    """``outcome``: ``done``, ``forbidden``, ``four eyes`` (asked), ``unavailable``, or a refusal's reason."""

    act: str
    roles: tuple[str, ...]
    outcome: str
    reason: str
    grant: str | None
    target: str | None


@dataclass(frozen=True, slots=True)
class GrantChanged:
    """``action``: requested, approved, refused, withdrawn, executed, given back."""

    grant: str
    act: str
    action: str
    requested_by: str
    reason: str
    digest: str


@dataclass(frozen=True, slots=True)
class GlassBroken:
    """Somebody at the command line did alone what takes four eyes. ``severity`` is ``alarm``."""

    act: str
    target: str
    severity: Literal["alarm"]


Payload = (
    Identified
    | LoggedIn
    | LoginRefused
    | SessionEnded
    | CredentialsSet
    | CredentialsRefused
    | CardTried
    | PhoneTried
    | CodeSent
    | CodeTried
    | AccessSet
    | AccessUnlocked
    | PhoneCertified
    | ChallengeIssued
    | ChallengeTried
    | TokenChanged
    | DeviceChanged
    | VendorTokenTried
    | VendorCustomerRegistered
    | VendorCustomerAsked
    | CredentialsAsked
    | KeysExchanged
    | ApplicationChanged
    | ApplicationRefused
    | CustomerChanged
    | CustomersImported
    | KeyRotated
    | KeyRetired
    | AuditPurged
    | OperatorSignedIn
    | OperatorSignedOut
    | OperatorChanged
    | OperatorActed
    | GrantChanged
    | GlassBroken
)


@dataclass(frozen=True, slots=True)
class Event:
    """Who did what to whom, when, by which request. ``ccs_id`` also stands for customers nobody knows."""

    type: EventType
    at: datetime
    payload: Payload
    request_id: str | None = None
    application_id: str | None = None
    channel: str | None = None
    ccs_id: str | None = None
    customer_id: str | None = None
    actor: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """What to look for; None asks for nothing. From ``since`` on, before ``until``, ids below ``before``.

    ``type`` may name all of a subject: ``login:*``.
    """

    customer_id: str | None = None
    ccs_id: str | None = None
    request_id: str | None = None
    type: str | None = None
    application_id: str | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An event with its number in the log."""

    id: int
    event: Event
