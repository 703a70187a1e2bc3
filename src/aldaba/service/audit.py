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
    CREDENTIALS_ASKED = "credentials:asked"
    KEYS_EXCHANGED = "keys:exchanged"
    APPLICATION_CHANGED = "application:changed"
    APPLICATION_REFUSED = "application:refused"
    CUSTOMER_CHANGED = "customer:changed"
    CUSTOMERS_IMPORTED = "customers:imported"
    KEY_ROTATED = "key:rotated"


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
    right: bool
    locked: bool


@dataclass(frozen=True, slots=True)
class PhoneTried:
    right: bool
    limit_reached: bool


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


Payload = (
    Identified
    | LoggedIn
    | LoginRefused
    | SessionEnded
    | CredentialsSet
    | CredentialsRefused
    | CardTried
    | PhoneTried
    | CredentialsAsked
    | KeysExchanged
    | ApplicationChanged
    | ApplicationRefused
    | CustomerChanged
    | CustomersImported
    | KeyRotated
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
