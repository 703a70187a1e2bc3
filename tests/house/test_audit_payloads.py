"""Every security event has a typed payload, and none can hold what must not be written down."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from tests.house.tree import told

from aldaba.service import audit
from aldaba.service.audit import EventType

PAYLOADS: dict[EventType, type] = {
    EventType.CUSTOMER_IDENTIFIED: audit.Identified,
    EventType.LOGIN_SUCCEEDED: audit.LoggedIn,
    EventType.LOGIN_REFUSED: audit.LoginRefused,
    EventType.SESSION_ENDED: audit.SessionEnded,
    EventType.CREDENTIALS_SET: audit.CredentialsSet,
    EventType.CREDENTIALS_REFUSED: audit.CredentialsRefused,
    EventType.CARD_TRIED: audit.CardTried,
    EventType.PHONE_TRIED: audit.PhoneTried,
    EventType.CODE_SENT: audit.CodeSent,
    EventType.CODE_TRIED: audit.CodeTried,
    EventType.ACCESS_SET: audit.AccessSet,
    EventType.ACCESS_UNLOCKED: audit.AccessUnlocked,
    EventType.PHONE_CERTIFIED: audit.PhoneCertified,
    EventType.CHALLENGE_ISSUED: audit.ChallengeIssued,
    EventType.CHALLENGE_TRIED: audit.ChallengeTried,
    EventType.TOKEN_CHANGED: audit.TokenChanged,
    EventType.DEVICE_CHANGED: audit.DeviceChanged,
    EventType.VENDOR_TOKEN_TRIED: audit.VendorTokenTried,
    EventType.VENDOR_CUSTOMER_REGISTERED: audit.VendorCustomerRegistered,
    EventType.VENDOR_CUSTOMER_ASKED: audit.VendorCustomerAsked,
    EventType.CREDENTIALS_ASKED: audit.CredentialsAsked,
    EventType.KEYS_EXCHANGED: audit.KeysExchanged,
    EventType.APPLICATION_CHANGED: audit.ApplicationChanged,
    EventType.APPLICATION_REFUSED: audit.ApplicationRefused,
    EventType.CUSTOMER_CHANGED: audit.CustomerChanged,
    EventType.CUSTOMERS_IMPORTED: audit.CustomersImported,
    EventType.KEY_ROTATED: audit.KeyRotated,
    EventType.KEY_RETIRED: audit.KeyRetired,
    EventType.AUDIT_PURGED: audit.AuditPurged,
    EventType.OPERATOR_SIGNED_IN: audit.OperatorSignedIn,
    EventType.OPERATOR_SIGNED_OUT: audit.OperatorSignedOut,
    EventType.OPERATOR_CHANGED: audit.OperatorChanged,
    EventType.OPERATOR_ACTED: audit.OperatorActed,
    EventType.GRANT_CHANGED: audit.GrantChanged,
    EventType.GLASS_BROKEN: audit.GlassBroken,
}

PLAIN = (str, int, bool, float, datetime, NoneType)


def loose_parts(payload: type) -> Iterator[str]:
    """What keeps a class from being a payload: not frozen, or a field that anything fits into."""
    name = payload.__name__
    if not is_dataclass(payload) or not payload.__dataclass_params__.frozen:  # type: ignore[attr-defined]  # a dataclass has it, its type says nothing of it
        yield f"{name} is no frozen dataclass"
        return
    hints = get_type_hints(payload)
    yield from (
        f"{name}.{entry.name} is {hints[entry.name]}"
        for entry in fields(payload)
        if not _plain(hints[entry.name])
    )


def _plain(hint: object) -> bool:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return True
    if origin in (Union, UnionType, tuple):
        return all(argument is Ellipsis or _plain(argument) for argument in arguments)
    return isinstance(hint, type) and (hint in PLAIN or issubclass(hint, Enum))


def test_every_event_has_a_payload() -> None:
    missing = [event.name for event in EventType if event not in PAYLOADS]
    assert not missing, told(missing, "Give each its own payload class in service/audit.py and name it here.")


def test_every_payload_belongs_to_an_event() -> None:
    assert set(get_args(audit.Payload)) == set(PAYLOADS.values())


@pytest.mark.parametrize("payload", sorted(get_args(audit.Payload), key=repr))
def test_a_payload_is_frozen_and_holds_plain_facts(payload: type) -> None:
    faults = list(loose_parts(payload))
    assert not faults, told(faults, "Name each fact as a field of its own: text, number, truth or a Literal.")


def test_events_are_named_subject_and_action() -> None:
    assert all(event.value.count(":") == 1 and event.value.islower() for event in EventType)


@dataclass(frozen=True)
class Good:
    reason: str | None
    by: Literal["number", "card"]
    risk: tuple[str, ...]


@dataclass
class Changeable:
    reason: str


@dataclass(frozen=True)
class Anything:
    extra: Any


@dataclass(frozen=True)
class Bag:
    extra: dict[str, str]


@dataclass(frozen=True)
class HiddenBag:
    extra: tuple[dict[str, str], ...] | None


@dataclass(frozen=True)
class Raw:
    value: bytes


class Bare:
    reason = ""


def test_the_rule_lets_pass_plain_facts() -> None:
    assert not list(loose_parts(Good))


@pytest.mark.parametrize("payload", [Changeable, Anything, Bag, HiddenBag, Raw, Bare])
def test_the_rule_sees_what_anything_fits_into(payload: type) -> None:
    assert list(loose_parts(payload))
