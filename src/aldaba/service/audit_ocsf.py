"""Audit events in the Open Cybersecurity Schema Framework (OCSF 1.3): one table says what each is there."""

from collections.abc import Mapping
from dataclasses import asdict
from enum import IntEnum
from typing import Any, NamedTuple

from aldaba.service.audit import Event, EventType, Payload

VERSION = "1.3.0"
PRODUCT = {"name": "aldaba", "vendor_name": "aldaba"}


class Class(IntEnum):
    """``class_uid``; its first digit is the category."""

    ACCOUNT_CHANGE = 3001
    AUTHENTICATION = 3002
    ENTITY_MANAGEMENT = 3004
    API_ACTIVITY = 6003


class _Meant(NamedTuple):
    """``activity`` is OCSF's number within the class; 99 is Other, and then the type names it."""

    kind: Class
    activity: int


OTHER = 99
MEANT: Mapping[EventType, _Meant] = {
    EventType.CUSTOMER_IDENTIFIED: _Meant(Class.AUTHENTICATION, 6),  # Preauth
    EventType.LOGIN_SUCCEEDED: _Meant(Class.AUTHENTICATION, 1),  # Logon
    EventType.LOGIN_REFUSED: _Meant(Class.AUTHENTICATION, 1),
    EventType.SESSION_ENDED: _Meant(Class.AUTHENTICATION, 2),  # Logoff
    EventType.CREDENTIALS_SET: _Meant(Class.ACCOUNT_CHANGE, 3),  # Password Change
    EventType.CREDENTIALS_REFUSED: _Meant(Class.ACCOUNT_CHANGE, 3),
    EventType.CARD_TRIED: _Meant(Class.AUTHENTICATION, OTHER),
    EventType.PHONE_TRIED: _Meant(Class.AUTHENTICATION, OTHER),
    EventType.CODE_SENT: _Meant(Class.AUTHENTICATION, OTHER),
    EventType.CODE_TRIED: _Meant(Class.AUTHENTICATION, OTHER),
    EventType.ACCESS_SET: _Meant(Class.ACCOUNT_CHANGE, 4),  # Password Reset
    EventType.ACCESS_UNLOCKED: _Meant(Class.ACCOUNT_CHANGE, 12),  # Unlock
    EventType.PHONE_CERTIFIED: _Meant(Class.ACCOUNT_CHANGE, OTHER),
    EventType.CHALLENGE_ISSUED: _Meant(Class.AUTHENTICATION, OTHER),
    EventType.CHALLENGE_TRIED: _Meant(Class.AUTHENTICATION, OTHER),
    EventType.TOKEN_CHANGED: _Meant(Class.ACCOUNT_CHANGE, OTHER),
    EventType.DEVICE_CHANGED: _Meant(Class.ACCOUNT_CHANGE, OTHER),
    EventType.VENDOR_TOKEN_TRIED: _Meant(Class.AUTHENTICATION, OTHER),
    EventType.VENDOR_CUSTOMER_REGISTERED: _Meant(Class.ACCOUNT_CHANGE, OTHER),
    EventType.VENDOR_CUSTOMER_ASKED: _Meant(Class.API_ACTIVITY, 2),  # Read
    EventType.CREDENTIALS_ASKED: _Meant(Class.API_ACTIVITY, 2),
    EventType.KEYS_EXCHANGED: _Meant(Class.API_ACTIVITY, 1),  # Create
    EventType.APPLICATION_CHANGED: _Meant(Class.ENTITY_MANAGEMENT, 3),  # Update
    EventType.APPLICATION_REFUSED: _Meant(Class.API_ACTIVITY, OTHER),
    EventType.CUSTOMER_CHANGED: _Meant(Class.ACCOUNT_CHANGE, OTHER),
    EventType.CUSTOMERS_IMPORTED: _Meant(Class.ENTITY_MANAGEMENT, 1),  # Create
    EventType.KEY_ROTATED: _Meant(Class.ENTITY_MANAGEMENT, 3),
    EventType.KEY_RETIRED: _Meant(Class.ENTITY_MANAGEMENT, 4),  # Delete
    EventType.AUDIT_PURGED: _Meant(Class.ENTITY_MANAGEMENT, 4),
    EventType.OPERATOR_SIGNED_IN: _Meant(Class.AUTHENTICATION, 1),
    EventType.OPERATOR_SIGNED_OUT: _Meant(Class.AUTHENTICATION, 2),
    EventType.OPERATOR_CHANGED: _Meant(Class.ACCOUNT_CHANGE, OTHER),
    EventType.OPERATOR_ACTED: _Meant(Class.API_ACTIVITY, OTHER),
    EventType.GRANT_CHANGED: _Meant(Class.API_ACTIVITY, OTHER),
    EventType.GLASS_BROKEN: _Meant(Class.API_ACTIVITY, OTHER),
}
_RIGHT = frozenset({"right", "sent", "repeated", "done"})
_WAITING = "four eyes"
"""The outcome of an operator's act that waits for somebody else's yes."""
_UNKNOWN, _SUCCESS, _FAILURE = 0, 1, 2
_INFORMATIONAL, _LOW, _MEDIUM, _CRITICAL = 1, 2, 3, 5


def as_ocsf(event_id: int, event: Event) -> dict[str, Any]:
    """The event as OCSF has it; what has no place there stands whole in ``unmapped``."""
    kind, activity = MEANT[event.type]
    status = _status(event)
    document: dict[str, Any] = {
        "metadata": {
            "version": VERSION,
            "product": PRODUCT,
            "uid": str(event_id),
            "correlation_uid": event.request_id,
            "event_code": str(event.type),
        },
        "time": int(event.at.timestamp() * 1000),
        "category_uid": kind // 1000,
        "class_uid": int(kind),
        "activity_id": activity,
        "activity_name": str(event.type) if activity == OTHER else None,
        "type_uid": kind * 100 + activity,
        "severity_id": _severity(event, status),
        "status_id": status,
        "status": "Pending" if status == OTHER else None,
        "status_detail": None if status == _SUCCESS else _detail(event.payload),
        "actor": _actor(event),
        "user": _user(event),
        "src_endpoint": _present({"ip": event.address}),
        "unmapped": {"channel": event.channel, "payload": asdict(event.payload)},
    } | _demanded(kind, event)
    return _present(document)


def _demanded(kind: Class, event: Event) -> dict[str, Any]:
    """What only that class must say."""
    match kind:
        case Class.API_ACTIVITY:
            return {"api": {"operation": str(event.type)}}
        case Class.ENTITY_MANAGEMENT:
            return {"entity": {"name": str(event.type).partition(":")[0], "uid": _entity(event)}}
    return {}


def _entity(event: Event) -> str:
    named = getattr(event.payload, "key_id", None) or event.application_id or event.customer_id
    return str(named or event.type)


def _actor(event: Event) -> dict[str, Any]:
    """An operator, or the application that asked."""
    user = _present({"name": event.actor})
    return _present({"user": user or None, "app_uid": event.application_id}) or {"app_name": "aldaba"}


def _user(event: Event) -> dict[str, Any]:
    return _present({"uid": event.customer_id, "uid_alt": event.ccs_id}) or {"uid": "0", "type_id": _UNKNOWN}


def _status(event: Event) -> int:
    if getattr(event.payload, "outcome", None) == _WAITING:
        return OTHER
    return _FAILURE if _failed(event) else _SUCCESS


def _failed(event: Event) -> bool:
    subject = event.payload
    if event.type.value.endswith(":refused"):
        return True
    refused = getattr(subject, "refused", None)
    if refused and isinstance(refused, str):
        return True
    outcome = getattr(subject, "outcome", None)
    if outcome is not None:
        return outcome not in _RIGHT
    return getattr(subject, "right", True) is False


def _severity(event: Event, status: int) -> int:
    if event.type is EventType.GLASS_BROKEN:
        return _CRITICAL  # the schema: action is required immediately
    locked = getattr(event.payload, "locked_now", None) or getattr(event.payload, "locked", False)
    if locked or event.type in {EventType.KEY_RETIRED, EventType.AUDIT_PURGED}:
        return _MEDIUM
    return _LOW if status == _FAILURE else _INFORMATIONAL


def _detail(payload: Payload) -> str | None:
    # The outcome first: beside it `reason` is what an operator typed, and may say anything.
    for name in ("outcome", "refused", "reason"):
        value = getattr(payload, name, None)
        if isinstance(value, str):
            return value
    return None


def _present(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if value not in (None, {})}
