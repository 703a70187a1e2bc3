"""What recovery, challenges, the vendor's tokens, account opening and devices answer when all goes well."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.api.biometric import claims_for, phone_key, token
from tests.api.wire import (
    CONTRACT,
    NEW_PASSWORD,
    NEW_PHONE,
    certified,
    code_of,
    letters,
    post,
    signed_in,
    strong,
)
from tests.conftest import Bank, OpenBank
from tests.front_end import GETS, PATHS, FrontEnd

from aldaba.contract import Language
from aldaba.sandbox.bank import BOTH, PASSWORD, application_device_id, phone_number, vasco_id

ON_THE_WAY = [
    *("validate_card", "validate_mobile_phone", "send_otp", "set_access", "retrieve_challenge"),
    *("validate_challenge", "validate_jwt", "register_transmit_customer", "validate_transmit_customer"),
    *("generate_rao_token", "validate_rao_token", "certified_phone", "unlock_access"),
    *("enrol_device", "revoke_device"),
]
LANGUAGES: tuple[Language, ...] = ("en", "es")


@pytest.mark.parametrize("profile", ["bound-1", "portal"])
@pytest.mark.parametrize("operation", ON_THE_WAY)
def test_a_right_request_is_answered_as_the_page_says(
    open_bank: OpenBank, operation: str, profile: str
) -> None:
    documented = CONTRACT.operation(operation)

    async def story() -> None:
        async with open_bank() as bank:
            front, write = await letters(bank, operation, profile)
            answer = await post(bank, await write())
            assert answer.status_code == documented.success, answer.text
            assert answer.headers["sid"] == front.sid
            assert answer.headers["cache-control"] == "no-store"
            assert ("eventId" in answer.headers) is (profile == "portal")
            if documented.response is None:
                assert (documented.success, answer.content) == (204, b"")
                return
            assert answer.headers["content-type"] == "application/json"
            assert set(answer.json()) == set(documented.response.properties)

    asyncio.run(story())


@pytest.mark.parametrize("profile", ["bound-1", "portal"])
def test_what_is_refused_before_its_fields_are_opened_tells_a_server_random(
    open_bank: OpenBank, profile: str
) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front, write = await letters(bank, "login", profile)
            kiosk = await bank.ready(channel="KIOSK")
            foreign = await bank.ready(profile, documented=True)
            right = await write()
            without = right.with_headers(sid=None)
            for letter, status, told in (
                (right.with_body([]), 400, True),
                (right.with_headers(uuid=str(uuid4()), countryCode="US"), 403, True),
                (right, 400, True),
                (front.headers() | {"uuid": str(uuid4())}, 401, True),
                (without.with_headers(uuid=str(uuid4())), 401, False),
                (right.with_headers(uuid=str(uuid4()), sid="A" * 43), 401, False),
                (right.with_headers(uuid=str(uuid4()), sid=kiosk.sid), 401, False),
                (right.with_headers(uuid=str(uuid4()), sid=foreign.sid), 401, False),
            ):
                if isinstance(letter, dict):
                    answer = await bank.http.get(PATHS["retrieve_challenge"], headers=letter)
                else:
                    answer = await post(bank, letter)
                assert answer.status_code == status, answer.text
                assert ("eventId" in answer.headers) is (told and profile == "portal"), answer.text
                assert "sid" not in answer.headers
                if "eventId" in answer.headers and front.keys is not None:
                    front.keys.learn(answer.headers["eventId"])
            assert (await front.login("15000010", PASSWORD)).status_code == 200

    asyncio.run(story())


@pytest.mark.parametrize(
    "operation", ["validate_jwt", "validate_transmit_customer", "generate_rao_token", "unlock_access"]
)
def test_a_session_is_opened_where_the_page_may_begin_one(open_bank: OpenBank, operation: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            _, write = await letters(bank, operation)
            answer = await post(bank, (await write()).with_headers(sid=None))
            if operation in {"validate_jwt", "validate_transmit_customer"}:
                assert answer.status_code == CONTRACT.operation(operation).success
            else:
                # Sealed under a session's keys, it does not open without one.
                assert answer.status_code == 400
            assert ("sid" in answer.headers) is (operation != "unlock_access")

    asyncio.run(story())


def test_a_phone_is_told_to_be_the_best_one_or_not_however_it_is_written(open_bank: OpenBank) -> None:
    phones = [
        {"countryCode": "+52", "number": "5517000001", "certified": True, "best": True},
        {"countryCode": "+52", "number": "5517000002", "certified": True, "best": False},
        {"countryCode": "+52", "number": "5517000003", "certified": False, "best": False},
    ]
    line = {"customerId": "17000001", "name": "ROSA MORA", "customerType": 1551, "phones": phones}

    async def story() -> None:
        async with open_bank() as bank:
            await bank.imported(line | {"electronicBanking": "active", "access": BOTH})
            front = await bank.ready()
            await front.prelogin("17000001", "validate_credentials")
            for number, best in (("5517000001", True), ("+525517000001", True), ("5517000002", False)):
                answer = await front.validate_phone(number)
                assert answer.json() == {"bestPhoneFlag": best}
            odd = {"ccsId": front.ccs_id, "cellPhoneNumber": "5517000002", "isFirstTime": False}
            answer = await front.call("validate_mobile_phone", odd)
            assert answer.json() == {"bestPhoneFlag": False}
            assert (await front.validate_phone("5517000003")).status_code == 401
            # The phone proved last gets the code, the best one the others.
            for auth_type, to in ((5, "5517000002"), (4, "5517000001"), (6, "5517000001")):
                assert (await front.send_otp(auth_type)).status_code == 204
                channel = "voice" if auth_type == 4 else "sms"
                newest = (await front.messages(f"+52{to}"))[0]
                assert newest["channel"] == channel

    asyncio.run(story())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("auth_type", range(7))
def test_every_factor_brings_a_code_that_sets_a_password(
    open_bank: OpenBank, auth_type: int, language: Language
) -> None:
    user = "15000025" if auth_type == 2 else "15000010"

    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            front.language = language
            await front.prelogin(user, vascoDeviceId=vasco_id(user))
            await proved_here(front, user)
            assert (await front.send_otp(auth_type)).status_code == 204
            told = await front.messages(f"+52{phone_number(user)}")
            if auth_type <= 2:
                assert told == []
                code = await front.token_response(user)
            else:
                (message,) = told
                code = message["otp"]
                assert code in message["text"].replace(" ", "").replace(",", "").replace(".", "")
                assert message["channel"] == ("voice" if auth_type == 4 else "sms")
            assert (len(code), code.isdigit()) == (8, True)
            answer = await front.set_access(NEW_PASSWORD, code)
            assert answer.status_code == 204, answer.text
            await signed_in(await bank.ready(), user, NEW_PASSWORD)
            old = await bank.ready()
            await old.prelogin(user)
            assert (await old.login(user, PASSWORD)).json()["code"] == "6666"

    asyncio.run(story())


async def proved_here(front: FrontEnd, user: str) -> None:
    """Card and phone, in a session that a prelogin identified with its device."""
    assert (await front.validate_card("1234")).status_code == 204
    assert (await front.validate_phone(phone_number(user))).status_code == 200


def test_a_first_time_sets_the_first_password_and_a_lock_is_lifted(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            code = await code_of(front, "15000013", first_time=True)
            assert (await front.set_access(NEW_PASSWORD, code, first_time=True)).status_code == 204
            await signed_in(await bank.ready(), "15000013", NEW_PASSWORD)
            for locked in ("15000015", "15000016"):
                front = await bank.ready()
                code = await code_of(front, locked)
                assert (await front.set_access(NEW_PASSWORD, code)).status_code == 204
                await signed_in(await bank.ready(), locked, NEW_PASSWORD)
            front = await bank.ready()
            code = await code_of(front, "15000017")
            await front.set_access(NEW_PASSWORD, code)
            locked_still = await bank.ready()
            await locked_still.prelogin("15000017")
            assert (await locked_still.login("15000017", NEW_PASSWORD)).json()["code"] == "8006"

    asyncio.run(story())


def test_a_new_access_ends_the_customers_sessions(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await signed_in(front := await bank.ready(), "15000010")
            recovery = await bank.ready()
            code = await code_of(recovery, "15000010")
            assert (await recovery.set_access(NEW_PASSWORD, code)).status_code == 204
            assert (await front.challenge()).status_code == 401

    asyncio.run(story())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_challenge_is_eight_digits_and_its_answer_a_welcome(
    open_bank: OpenBank, language: Language
) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            for user in ("15000010", "15000025"):
                front = await bank.ready()
                front.language = language
                await signed_in(front, user)
                question = (await front.challenge()).json()["challengeQuestion"]
                assert (len(question), question.isdigit()) == (8, True)
                answer = await front.answer_challenge(question, await front.token_response(user, question))
                assert answer.json() == {"responseMessage": CONTRACT.text("responseMessage", language)}

    asyncio.run(story())


def test_every_functional_id_is_certified_and_its_odd_name_understood(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            for grant in "1234567":
                answer = await front.validate_jwt(
                    await front.vendor_jwt("15000025", grant), "15000025", grant
                )
                assert answer.status_code == 204, answer.text
            token_ = await front.vendor_jwt("15000025", "3")
            odd = {"transmitToken": token_, "customerId": "15000025", "applicationId": "3"}
            assert (await front.call("validate_jwt", odd)).status_code == 204

    asyncio.run(story())


def test_a_registered_customer_is_the_vendors_and_registering_again_changes_nothing(
    open_bank: OpenBank,
) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            for user in ("15000026", "15000027"):
                front = await bank.ready(documented=True)
                await signed_in(front, user)
                assert (await front.transmit_customer(user)).json() == {
                    "customerId": user,
                    "transmitTokenEnabledFlag": False,
                }
                for _ in range(2):
                    assert (await front.register_transmit()).status_code == 204
                for asking in (front, await bank.ready()):
                    assert (await asking.transmit_customer(user)).json() == {
                        "customerId": user,
                        "transmitTokenEnabledFlag": True,
                    }
            front = await bank.ready()
            await front.prelogin("15000025")
            assert (await front.transmit_customer("15000025")).json()["transmitTokenEnabledFlag"] is True

    asyncio.run(story())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_certified_phone_is_told_in_clear(open_bank: OpenBank, language: Language) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            front.language = language
            await certified(front)
            told = (await front.certified_phone()).json()
            assert told == {"phoneCountryCode": "+52", "phoneNumber": NEW_PHONE}
            (message,) = await front.messages(f"+52{NEW_PHONE}")
            assert message["channel"] == "sms"
            # Another phone takes its place, and is certified by a code of its own.
            assert (await front.generate_rao("2025550143", "+1")).status_code == 204
            assert (await front.certified_phone()).status_code == 422
            code = await front.code_sent("+12025550143")
            assert (await front.validate_rao(code, "2025550143", "+1")).status_code == 204
            told = (await front.certified_phone()).json()
            assert told == {"phoneCountryCode": "+1", "phoneNumber": "2025550143"}

    asyncio.run(story())


async def fingerprint(
    bank: Bank, front: FrontEnd, user: str, device: str, key: dict[str, str]
) -> httpx.Response:
    headers = front.headers()
    claims: dict[str, Any] = claims_for(user, headers, bank.house.clock())
    signed = token(key, claims, kid=device)
    return await front.login(user, signed, "biometric", headers=headers, applicationDeviceId=device)


def test_an_enrolled_phone_logs_in_by_fingerprint_until_it_is_revoked(open_bank: OpenBank) -> None:
    user, device = "15000024", "a-new-phone"

    async def story() -> None:
        async with open_bank() as bank:
            private = await phone_key(bank, "15000030")
            public = {name: value for name, value in private.items() if name != "d"}
            front = await bank.ready()
            await strong(front, user)
            enrolled = await front.enrol_device(device, public, vascoDeviceId="new-vasco")
            assert enrolled.status_code == 204
            assert (await front.logout()).status_code == 204
            front = await bank.ready()
            told = await front.prelogin(user, vascoDeviceId="new-vasco")
            assert told.json()["mobileBankingDeviceStatus"] == "1"
            assert (await fingerprint(bank, front, user, device, private)).status_code == 200
            question = (await front.challenge()).json()["challengeQuestion"]
            shown = await front.token_response(user, question)
            assert (await front.answer_challenge(question, shown)).status_code == 200
            for one in (device, application_device_id(user)):
                assert (await front.revoke_device(one)).status_code == 204
            assert (await front.logout()).status_code == 204
            front = await bank.ready()
            told = await front.prelogin(user, vascoDeviceId="new-vasco")
            assert told.json()["mobileBankingDeviceStatus"] == "3"
            refused = await fingerprint(bank, front, user, device, private)
            assert refused.json()["code"] == "authenticationFailed"

    asyncio.run(story())


def test_the_front_end_of_these_tests_knows_every_operation_by_its_path_and_method() -> None:
    known = {operation.id: operation for operation in CONTRACT.operations.values()}
    assert set(PATHS) == set(known)
    for operation, path in PATHS.items():
        assert path == known[operation].path
        assert known[operation].method == ("GET" if operation in GETS else "POST")
