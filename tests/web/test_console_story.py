"""Operators at work in a real browser: the help desk's day, two pairs of eyes, every page without fault."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.examples.served_bank import served_bank
from tests.web.addresses import CONSOLE, ENTRANCE, Address
from tests.web.browsing import browse
from tests.web.operating import Enrolled, OperatedBank

LOCKED = "15000015"
SUSPECT = "15000011"
REASON = "Identified by phone, asked <b>himself</b>"


@pytest.fixture(scope="module")
def operated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OperatedBank]:
    """A bank of its own, with a morning's traffic behind it."""
    with served_bank(tmp_path_factory.mktemp("operated") / "data", operated=True) as served:
        for flow in ("login", "recovery"):
            browse("play", served.url, flow=flow, profile="bound-1", language="en", name="traffic")
        # A recovery takes days by the sandbox's clock, in which a day lock ends: the bank begins anew.
        assert httpx.post(f"{served.url}/sandbox/reset").is_success
        yield OperatedBank(served)


@pytest.fixture(scope="module")
def everybody(operated: OperatedBank) -> Enrolled:
    """Somebody with every role."""
    roles = ("help-desk", "fraud", "security-officer", "auditor", "administrator")
    return operated.enrolled("todos", *roles)


@pytest.fixture(scope="module")
def story(operated: OperatedBank, everybody: Enrolled) -> dict[str, Any]:
    del everybody
    help_desk = operated.enrolled("helena", "help-desk")
    officer = operated.enrolled("sofia", "security-officer")
    second = operated.enrolled("oscar", "security-officer")
    told: dict[str, Any] = browse(
        "operate",
        operated.url,
        locked=LOCKED,
        suspect=SUSPECT,
        reason=REASON,
        help=help_desk.told(),
        officer={**officer.told(), "code": officer.recovery.pop()},
        second={**second.told(), "code": second.recovery.pop()},
    )
    return told


def test_the_help_desk_finds_a_locked_customer_reads_why_and_unlocks(story: dict[str, Any]) -> None:
    assert story["focused"] == "value"
    assert "Day lock (D)" in story["why"]
    assert "came so with the imported data" in story["why"]
    assert "Unlock" in story["why"]
    assert "failures are counted anew" in story["will"]
    assert REASON in story["will"]
    assert "day lock (D), came so with the imported data" in story["done"]
    assert "Nothing keeps this customer out." in story["after"]


def test_a_preventive_lock_takes_a_security_officer_and_a_second_pair_of_eyes(story: dict[str, Any]) -> None:
    assert not [name for name in story["offered"] if "preventive" in name]
    assert story["forbidden"] == 403
    assert "Nothing has been done yet" in story["awaiting"]
    assert "approved" in story["approved"]
    assert "preventive lock (I)" in story["lifted"]
    assert "Nothing keeps this customer out." in story["free"]


def test_older_events_come_into_the_page_that_is_open(story: dict[str, Any]) -> None:
    assert story["older"]["same"] is True
    assert story["older"]["asked"] >= 1
    assert story["older"]["events"] > 20


def test_nothing_is_at_fault_on_the_way(story: dict[str, Any]) -> None:
    assert story["faults"] == []


def test_every_step_is_in_the_audit(
    story: dict[str, Any], operated: OperatedBank, everybody: Enrolled
) -> None:
    del story
    with operated.signed_in(everybody) as http:
        told = http.get("/admin/api/audit", params={"type": "operator:acted", "most": 200}).json()
        grants = http.get("/admin/api/audit", params={"type": "grant:changed"}).json()
    steps = [
        (one["actor"], one["facts"]["act"], one["facts"]["outcome"])
        for one in reversed(told["events"])
        if one["actor"] in {"helena", "sofia", "oscar"} and not one["facts"]["act"].endswith(".read")
    ]
    assert steps == [
        ("helena", "customer.unlock", "done"),
        ("helena", "customer.lock", "done"),
        ("sofia", "customer.lift-preventive", "four eyes"),
        ("oscar", "grant.decide", "done"),
        ("sofia", "customer.lift-preventive", "done"),
    ]
    assert {one["facts"]["reason"] for one in told["events"] if one["facts"]["act"] == "customer.unlock"} == {
        REASON
    }
    assert [one["facts"]["action"] for one in reversed(grants["events"])] == [
        "requested",
        "approved",
        "executed",
    ]


@pytest.mark.parametrize("address", CONSOLE, ids=lambda address: address.name)
def test_a_page_is_without_fault_in_every_look(
    story: dict[str, Any], operated: OperatedBank, cookies: list[dict[str, Any]], address: Address
) -> None:
    del story
    addresses = [address.told()]
    told = browse("audit", operated.url, addresses=addresses, languages=["es", "en"], cookies=cookies)
    assert told["visited"] == 8
    assert told["faults"] == []


@pytest.fixture(scope="module")
def cookies(operated: OperatedBank, everybody: Enrolled) -> list[dict[str, Any]]:
    return operated.cookies(everybody)


def test_the_entrance_is_without_fault_in_every_look(operated: OperatedBank) -> None:
    path = operated.invited("nueva", "auditor")
    assert re.fullmatch(r"/admin/invitation/[\w-]+", path)
    addresses = [one.told() for one in (*ENTRANCE, Address("console-invitation", path))]
    told = browse("audit", operated.url, addresses=addresses, languages=["es", "en"])
    assert told["visited"] == 16
    assert told["faults"] == []
