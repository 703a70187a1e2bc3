"""Audit events in OCSF: class, activity, outcome and severity of each, and nothing lost on the way."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from aldaba.service import audit
from aldaba.service.audit import Event, EventType, Payload
from aldaba.service.audit_ocsf import as_ocsf

AT = datetime(2026, 3, 2, 18, 0, 0, 250_000, tzinfo=UTC)
REFUSED = audit.LoginRefused("pin", "bad credentials", None, charged=True, risk=())
IN = audit.LoggedIn("pin", "NONE", step_up=False, risk=("a",), replaced=False)


def acted(outcome: str) -> audit.OperatorActed:
    return audit.OperatorActed("keys.retire", ("security",), outcome, "she says so", None, "k1")


def granted(action: str) -> audit.GrantChanged:
    return audit.GrantChanged("g1", "keys.retire", action, "eva", "she says so", "00")


TABLE: list[tuple[EventType, Payload, int, int, int]] = [
    (EventType.LOGIN_SUCCEEDED, IN, 300201, 1, 1),
    (EventType.LOGIN_REFUSED, REFUSED, 300201, 2, 2),
    (EventType.LOGIN_REFUSED, replace(REFUSED, locked_now="D"), 300201, 2, 3),
    (EventType.SESSION_ENDED, audit.SessionEnded("logout"), 300202, 1, 1),
    (EventType.CREDENTIALS_SET, audit.CredentialsSet(pin=True, password=False, status="NEW"), 300103, 1, 1),
    (EventType.CREDENTIALS_REFUSED, audit.CredentialsRefused("rule", None), 300103, 2, 2),
    (EventType.CARD_TRIED, audit.CardTried(right=False, locked=True), 300299, 2, 3),
    (EventType.CARD_TRIED, audit.CardTried(right=True, locked=False), 300299, 1, 1),
    (EventType.CODE_SENT, audit.CodeSent("recovery", "sms", "sent"), 300299, 1, 1),
    (EventType.CODE_TRIED, audit.CodeTried("recovery", None, "wrong"), 300299, 2, 2),
    (EventType.ACCESS_UNLOCKED, audit.AccessUnlocked(None, ("S",)), 300112, 1, 1),
    (EventType.ACCESS_UNLOCKED, audit.AccessUnlocked("preventive lock", ()), 300112, 2, 2),
    (EventType.CREDENTIALS_ASKED, audit.CredentialsAsked(found=False), 600302, 1, 1),
    (EventType.KEY_RETIRED, audit.KeyRetired("storage", "k1"), 300404, 1, 3),
    (EventType.AUDIT_PURGED, audit.AuditPurged(7, 7, "00"), 300404, 1, 3),
    (EventType.OPERATOR_SIGNED_IN, audit.OperatorSignedIn("eva", "right", ("auditor",)), 300201, 1, 1),
    (EventType.OPERATOR_SIGNED_IN, audit.OperatorSignedIn("eva", "password", ()), 300201, 2, 2),
    (EventType.OPERATOR_SIGNED_OUT, audit.OperatorSignedOut("eva"), 300202, 1, 1),
    (EventType.OPERATOR_CHANGED, audit.OperatorChanged("eva", "invited", ("auditor",), "new"), 300199, 1, 1),
    (EventType.OPERATOR_ACTED, acted("done"), 600399, 1, 1),
    (EventType.OPERATOR_ACTED, acted("four eyes"), 600399, 99, 1),
    (EventType.OPERATOR_ACTED, acted("forbidden"), 600399, 2, 2),
    (EventType.GRANT_CHANGED, granted("requested"), 600399, 1, 1),
    (EventType.GRANT_CHANGED, granted("refused"), 600399, 1, 1),
    (EventType.GLASS_BROKEN, audit.GlassBroken("keys.retire", "k1", "alarm"), 600399, 1, 5),
]


@pytest.mark.parametrize(("kind", "payload", "type_uid", "status", "severity"), TABLE)
def test_what_each_event_is(
    kind: EventType, payload: Payload, type_uid: int, status: int, severity: int
) -> None:
    told = as_ocsf(9, Event(kind, AT, payload))
    assert (told["type_uid"], told["status_id"], told["severity_id"]) == (type_uid, status, severity)
    assert told["class_uid"] == type_uid // 100
    assert ("status_detail" in told) == (status != 1 and kind is not EventType.CARD_TRIED)


@pytest.mark.parametrize("outcome", ["forbidden", "four eyes"])
def test_the_detail_is_what_came_of_it_and_never_what_a_person_typed(outcome: str) -> None:
    told = as_ocsf(9, Event(EventType.OPERATOR_ACTED, AT, acted(outcome)))
    assert told["status_detail"] == outcome
    assert told.get("status") == ("Pending" if outcome == "four eyes" else None)


def test_every_event_of_operators_stands_in_the_table() -> None:
    theirs = {kind for kind in EventType if kind.startswith(("operator:", "grant:", "glass:"))}
    assert theirs <= {kind for kind, *_ in TABLE}


def test_an_event_with_everything_keeps_everything() -> None:
    event = Event(EventType.LOGIN_SUCCEEDED, AT, IN, "uuid", "app", "MOVIL", "77", "15000010", "cli:x", "::1")
    assert as_ocsf(9, event) == {
        "metadata": {
            "version": "1.3.0",
            "product": {"name": "aldaba", "vendor_name": "aldaba"},
            "uid": "9",
            "correlation_uid": "uuid",
            "event_code": "login:succeeded",
        },
        "time": 1772474400250,
        "category_uid": 3,
        "class_uid": 3002,
        "activity_id": 1,
        "type_uid": 300201,
        "severity_id": 1,
        "status_id": 1,
        "actor": {"user": {"name": "cli:x"}, "app_uid": "app"},
        "user": {"uid": "15000010", "uid_alt": "77"},
        "src_endpoint": {"ip": "::1"},
        "unmapped": {
            "channel": "MOVIL",
            "payload": {
                "factor": "pin",
                "credential_status": "NONE",
                "step_up": False,
                "risk": ("a",),
                "replaced": False,
            },
        },
    }
