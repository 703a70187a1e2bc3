"""What the operations answer when all goes well: every documented field, in both languages."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any

import httpx
import pytest
from tests.api.wire import CONTRACT, TIMESTAMP, signed_in
from tests.conftest import Bank, OpenBank
from tests.front_end import PATHS, FrontEnd

from aldaba.contract import Language
from aldaba.sandbox.bank import (
    PASSWORD,
    PIN,
    STORIES,
    TEMPORARY_PIN,
    application_device_id,
    card_number,
    vasco_id,
)

ACTIONS = {
    "15000010": 1,
    "15000011": 3,
    "15000012": 3,
    "15000013": 2,
    "15000014": 1,
    "15000015": 4,
    "15000016": 4,
    "15000017": 4,
    "15000018": 5,
    "15000019": 0,
    "15000020": 0,
}
REGISTRATION = {"15000028": "2", "15000029": "0"}
COMPANIES = {"15000021", "15000022", "15000023"}
LANGUAGES: tuple[Language, ...] = ("en", "es")
LOGINS = {
    # customer: secret, factor, credentialStatus, tokenStatus, customerType
    "15000010": (PASSWORD, "password", "NONE", "56", 1551),
    "15000011": (TEMPORARY_PIN, "pin", "NEW", "6", 1551),
    "15000012": (TEMPORARY_PIN, "pin", "RPIN", "56", 1551),
    "15000013": (PIN, "pin", "ACPWD", "56", 1551),
    "15000014": (PASSWORD, "password", "CHPWD", "56", 1551),
    "15000021": (PASSWORD, "password", "NONE", "56", 1506),
    "15000022-2": (PASSWORD, "password", "NONE", "56", 1506),
    "15000024": (PIN, "pin", "NONE", "56", 1521),
    "15000025": (PASSWORD, "password", "NONE", "66", 1551),
    "15000026": (PASSWORD, "password", "NONE", "64", 1551),
    "15000027": (PASSWORD, "password", "NONE", "63", 1551),
    "15000029": (PASSWORD, "password", "NONE", "6", 1551),
}


def text(kind: str, code: object, language: Language) -> str:
    return CONTRACT.text(f"{kind}.{code}", language)


def masked(number: str) -> str:
    return "F********* D** V**** S* D* C*" if number in COMPANIES else "A***** H******** R******"


def mobile_banking(registration: str, device: str, language: Language) -> dict[str, str]:
    return {
        "registrationStatus": registration,
        "registrationStatusDescription": text("registrationStatus", registration, language),
        "mobileBankingDeviceStatus": device,
        "mobileBankingDeviceStatusDescription": text("mobileBankingDeviceStatus", device, language),
    }


async def identified(front: FrontEnd, operation: str, user: str, **more: str) -> tuple[dict[str, Any], str]:
    """The answer to an identification, and its login id opened with the session's keys."""
    headers = front.headers()
    body = {"encryptedUserId": front.seal(headers, operation, "encryptedUserId", user), **more}
    answer = await front.call(operation, body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["sid"] == headers["sid"]
    told: dict[str, Any] = answer.json()
    schema = CONTRACT.operation(operation).response
    assert schema is not None
    assert set(told) == set(schema.properties)
    assert told["ccsId"].isdigit()
    assert front.keys is not None
    path = PATHS[operation].removeprefix("/api")
    aad = ("response", path, headers["sid"], headers["uuid"], "encryptedLoginId")
    return told, front.keys.open(told.pop("encryptedLoginId"), aad)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("operation", ["prelogin_v1", "prelogin_v2"])
def test_a_prelogin_tells_each_story_of_the_bank(
    open_bank: OpenBank, operation: str, language: Language
) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            front.language = language
            seen = set()
            for one in STORIES:
                own = vasco_id(one.number)
                told, login_id = await identified(front, operation, one.number, vascoDeviceId=own)
                assert login_id == one.number
                seen.add(told.pop("ccsId"))
                action = ACTIONS.get(one.number, 1)
                device = "0" if one.number in {"15000011", "15000019", "15000029"} else "1"
                assert told == {
                    "maskedCustomerName": masked(one.number),
                    "nextLoginActionCode": action,
                    "nextLoginActionDescription": text("nextLoginAction", action, language),
                    **mobile_banking(REGISTRATION.get(one.number, "1"), device, language),
                }
            assert len(seen) == len(STORIES)

    asyncio.run(story())


@pytest.mark.parametrize("profile", ["bound-1", "portal"])
@pytest.mark.parametrize("operation", ["prelogin_v1", "prelogin_v2", "validate_credentials"])
def test_the_login_id_opens_in_the_sessions_profile_however_the_customer_is_named(
    open_bank: OpenBank, operation: str, profile: str
) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready(profile)
            by_number, login_id = await identified(front, operation, "15000010")
            assert login_id == "15000010"
            by_card, login_id = await identified(front, operation, card_number("15000010"))
            assert login_id == "15000010"
            assert by_card == by_number
            assert (await identified(front, operation, "15000022-2"))[1] == "15000022-2"
            assert (await identified(front, operation, "15000022"))[1] == "15000022"

    asyncio.run(story())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_validation_tells_what_a_recovery_needs(open_bank: OpenBank, language: Language) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            front.language = language
            for number in ("15000010", "15000021", "15000028", "15000029"):
                told, _ = await identified(front, "validate_credentials", number)
                assert (await front.prelogin(number)).json()["ccsId"] == told.pop("ccsId")
                assert told == {
                    "maskedCustomerName": masked(number),
                    **mobile_banking(REGISTRATION.get(number, "1"), "0", language),
                }

    asyncio.run(story())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_device_is_unknown_theirs_anothers_or_blocked(open_bank: OpenBank, language: Language) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            blocked = vasco_id("15000030")
            await block(bank, "15000030")
            front = await bank.ready()
            front.language = language
            for number, device, status in (
                ("15000010", "never seen", "0"),
                ("15000010", vasco_id("15000010"), "1"),
                ("15000010", vasco_id("15000024"), "2"),
                ("15000030", blocked, "3"),
                ("99999999", vasco_id("15000010"), "2"),
                ("99999999", "never seen", "0"),
            ):
                told = (await front.prelogin(number, vascoDeviceId=device)).json()
                assert told["mobileBankingDeviceStatus"] == status
                described = told["mobileBankingDeviceStatusDescription"]
                assert described == text("mobileBankingDeviceStatus", status, language)

    asyncio.run(story())


async def block(bank: Bank, customer: str) -> None:
    await bank.house.store.run(
        lambda act: act.devices.replace_all(
            customer, [replace(device, blocked=True) for device in act.devices.of(customer)]
        )
    )


def test_a_customer_nobody_knows_gets_a_steady_plausible_answer(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            first, _ = await identified(await bank.ready(), "prelogin_v1", "99999999")
            again, login_id = await identified(await bank.ready(), "prelogin_v1", "99999999")
            assert first == again
            assert login_id == "99999999"
            card, hidden = await identified(await bank.ready(), "prelogin_v1", "4111111111111111")
            assert card["nextLoginActionCode"] in {1, 2}
            assert hidden.isdigit()
            other, _ = await identified(await bank.ready(), "prelogin_v1", "99999998")
            assert other["ccsId"] != first["ccsId"]

    asyncio.run(story())


def logged_in(user: str, answer: httpx.Response, language: Language) -> None:
    """Every field of a login's answer but those of the login before."""
    told = answer.json()
    schema = CONTRACT.operation("login").response
    assert schema is not None
    assert set(told) == set(schema.properties)
    _, _, status, token, kind = LOGINS[user]
    number = user.partition("-")[0]
    company = number in COMPANIES
    device = "0" if token == "6" else "1"
    for name in ("lastChannelId", "lastLoginDate"):
        del told[name]
    assert told == {
        "customerName": "FERRETERIA DEL VALLE SA DE CV" if company else "ARTURO HERNANDEZ RAMIREZ",
        "tokenStatus": token,
        "tokenStatusDescription": text("tokenStatus", token, language),
        "customerType": kind,
        "customerTypeDescription": text("customerType", kind, language),
        "credentialStatus": status,
        "credentialStatusDescription": text("credentialStatus", status, language),
        "termsAndConditionsAcceptedFlag": True,
        **mobile_banking(REGISTRATION.get(number, "1"), device, language),
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_login_tells_each_story_of_the_bank(open_bank: OpenBank, language: Language) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            for user, (secret, factor, *_) in LOGINS.items():
                front = await bank.ready()
                front.language = language
                assert (await front.prelogin(user)).status_code == 200
                before = front.sid
                own = application_device_id(user.partition("-")[0])
                answer = await front.login(user, secret, factor, applicationDeviceId=own)
                assert answer.status_code == 200, answer.text
                assert answer.headers["sid"] != before
                logged_in(user, answer, language)

    asyncio.run(story())


def test_a_login_tells_when_and_where_the_one_before_was(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            first = await signed_in(front := await bank.ready(channel="KIOSK"), "15000024")
            assert (first.json()["lastLoginDate"], first.json()["lastChannelId"]) == ("", "")
            earliest = bank.house.clock()
            assert (await front.logout()).status_code == 204
            await bank.advance("PT2M")
            second = await signed_in(front := await bank.ready(), "15000024", PIN, "pin")
            assert second.json()["lastChannelId"] == "KIOSK"
            assert TIMESTAMP.fullmatch(second.json()["lastLoginDate"])
            told = datetime.fromisoformat(second.json()["lastLoginDate"])
            assert abs((earliest - told).total_seconds()) < 10
            assert (await front.logout()).status_code == 204
            third = await signed_in(await bank.ready(), "15000024")
            assert third.json()["lastChannelId"] == "MOVIL"
            apart = datetime.fromisoformat(third.json()["lastLoginDate"]) - told
            assert 120 <= apart.total_seconds() < 130

    asyncio.run(story())


def details(answer: httpx.Response) -> tuple[dict[str, Any], dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert set(told) == {"pinDetail", "passwordDetail"}
    for name, schema in (("pinDetail", "PinDetail"), ("passwordDetail", "PasswordDetail")):
        assert set(told[name]) <= set(CONTRACT.schemas[schema].properties)
        for field, value in told[name].items():
            if field.endswith("Date"):
                assert datetime.fromisoformat(value).strftime("%Y-%m-%d") == value
    return told["pinDetail"], told["passwordDetail"]


def test_a_status_tells_state_and_lock_before_and_after_the_first_prelogin(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            for _ in range(2):
                for number, pin, password, lock in (
                    ("15000010", "A", "A", None),
                    ("15000011", "R", "I", None),
                    ("15000012", "R", "R", None),
                    ("15000013", "A", "I", None),
                    ("15000015", "A", "A", "D"),
                    ("15000016", "A", "A", "S"),
                    ("15000017", "A", "A", "I"),
                ):
                    of_pin, of_password = details(await front.status(number))
                    assert (of_pin["pinStatus"], of_password["passwordStatus"]) == (pin, password), number
                    assert of_pin.get("pinLocked") == lock
                    assert of_password.get("passwordLocked") == lock
                    assert of_pin["changedCount"] == of_password["changedCount"] == 0
                    await front.prelogin(number)
            assert (await front.status("15000019")).status_code == 404
            assert (await front.status("99999999")).status_code == 404

    asyncio.run(story())


def test_asking_for_a_status_makes_no_profile(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await (await bank.ready()).status("15000010")
            told = await (await bank.ready(documented=True)).login("15000010", PASSWORD)
            assert told.json()["code"] == "federatedProfileNotFound"

    asyncio.run(story())


def test_a_status_needs_no_session_and_names_a_representative(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = bank.front_end(channel="IVR")
            await front.sign_in()
            answer = await front.status("15000022", legalRepresentativeId="2")
            details(answer)
            assert "sid" not in answer.headers
            details(await front.status("15000022", legalRepresentativeId="02"))
            details(await front.status("15000021"))
            assert (await front.status("15000022")).status_code == 404
            assert (await front.status("15000022", legalRepresentativeId="3")).status_code == 404
            assert (await front.status("15000010", legalRepresentativeId="1")).status_code == 404

    asyncio.run(story())


def test_a_status_keeps_the_days_of_what_happened(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            await signed_in(front, "15000031")
            assert (await front.logout()).status_code == 204
            today = f"{bank.house.clock().astimezone(bank.house.policy.zone):%Y-%m-%d}"
            front = await bank.ready()
            await front.prelogin("15000031")
            for _ in range(5):
                await front.login("15000031", "30203022", "pin")
            pin, password = details(await front.status("15000031"))
            assert password["lastLoginDate"] == password["activationDate"] == today
            assert pin["lastInvalidLoginDate"] == pin["lastBlockDate"] == today
            assert pin["pinLocked"] == "D"
            assert "passwordLocked" not in password
            assert "lastLoginDate" not in pin
            assert "lastInvalidLoginDate" not in password

    asyncio.run(story())
