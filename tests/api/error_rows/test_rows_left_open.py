"""Rows whose condition the pages leave open: each condition that operations.md names, and no other row."""

import asyncio
from typing import Any

import httpx
import pytest
from tests.api.wire import (
    NEW_PASSWORD,
    NEW_PHONE,
    PUBLIC_JWK,
    by_day,
    certified,
    code_of,
    proved,
    recovering,
    row,
    said_so,
    signed_in,
    strong,
    temporary,
)
from tests.conftest import OpenBank

from aldaba.sandbox.bank import BOTH, NIP, application_device_id, card_number, phone_number, vasco_id

BROKEN = (422, "businessValidationFailed")
REFUSED = (401, "credentialValidtionFailed")


def told(answer: httpx.Response, operation: str, status: int, code: str, location: str | None = None) -> None:
    said_so(answer, row(operation, status, code), location=location, operation=operation)


def person(number: str, **more: Any) -> dict[str, Any]:
    phone = {"countryCode": "+52", "number": f"55{number}", "certified": True, "best": True}
    usual = {"name": "ROSA MORA", "customerType": 1551, "electronicBanking": "active"}
    return {"customerId": number, **usual, "phones": [phone], "access": BOTH, **more}


def test_a_card_is_the_one_used_to_identify_in_date_and_in_use(open_bank: OpenBank) -> None:
    cards = [
        {"number": card_number("17000001"), "expires": "1230", "nip": "1111", "status": "active"},
        {"number": card_number("17000002"), "expires": "1131", "nip": "2222", "status": "cancelled"},
        {"number": card_number("17000003"), "expires": "1032", "nip": "3333", "status": "locked"},
        {"number": card_number("17000004"), "expires": "0120", "nip": "4444", "status": "active"},
    ]
    operation, wrong = "validate_card", (401, "credentialValidationFailed")

    async def story() -> None:
        async with open_bank(**{"policy.card.tries_per_customer_and_day": "9"}) as bank:
            await bank.imported(person("17000001", cards=cards))
            front = await recovering(bank, "17000001")
            assert (await front.validate_card("1111", "1230")).status_code == 204
            told(await front.validate_card("1111", "1131"), operation, *wrong)
            told(await front.validate_card("1111", "0131"), operation, *wrong)
            # A right one begins the count of three anew.
            assert (await front.validate_card("1111", "1230")).status_code == 204
            told(await front.validate_card("4444", "0120"), operation, *wrong)
            told(await front.validate_card("2222", "1131"), operation, *BROKEN, "ccsId")
            told(await front.validate_card("3333", "1032"), operation, *BROKEN, "ccsId")
            told(await front.validate_card("1111", ccs_id="2264"), operation, *BROKEN, "ccsId")
            by_card = await recovering(bank, card_number("17000001"))
            assert (await by_card.validate_card("1111", "1230")).status_code == 204
            told(await by_card.validate_card("2222", "1131"), operation, *wrong)

    asyncio.run(story())


def test_a_code_asks_for_phone_and_if_there_is_one_card(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await bank.imported(person("17000001"))
            front = await recovering(bank, "15000010")
            told(await front.send_otp(), "send_otp", *REFUSED)
            assert (await front.validate_phone(phone_number("15000010"))).status_code == 200
            told(await front.send_otp(), "send_otp", *REFUSED)
            front = await recovering(bank, "15000010")
            assert (await front.validate_card(NIP)).status_code == 204
            told(await front.send_otp(), "send_otp", *REFUSED)
            # Identified again, everything is to be proved again.
            await proved(front, "15000010")
            await front.prelogin("15000010", "validate_credentials")
            told(await front.send_otp(), "send_otp", *REFUSED)
            front = await recovering(bank, "17000001")
            assert (await front.validate_phone("5517000001")).status_code == 200
            assert (await front.send_otp()).status_code == 204

    asyncio.run(story())


def test_another_profiles_id_and_the_wrong_flow_break_a_rule(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            code = await code_of(front, "15000010")
            other = (await (await bank.ready()).prelogin("15000024")).json()["ccsId"]
            told(await front.send_otp(ccs_id=other), "send_otp", *BROKEN, "ccsId")
            told(await front.send_otp(first_time=True), "send_otp", *BROKEN, "isFirstTime")
            answer = await front.set_access(NEW_PASSWORD, code, ccs_id=other)
            told(answer, "set_access", *BROKEN, "ccsId")
            answer = await front.set_access(NEW_PASSWORD, code, first_time=True)
            told(answer, "set_access", *BROKEN, "isFirstTime")
            answer = await front.validate_phone(phone_number("15000010"), ccs_id=other)
            told(answer, "validate_mobile_phone", 404, "userIdNotFound", "ccsId")
            fresh = await recovering(bank, "15000013")
            answer = await fresh.validate_phone(phone_number("15000013"))
            told(answer, "validate_mobile_phone", *BROKEN, "isFirstTime")
            assert (await front.set_access(NEW_PASSWORD, code)).status_code == 204

    asyncio.run(story())


def test_a_factor_they_have_not_and_a_phone_in_its_hold_period_break_a_rule(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            now = bank.house.clock()
            phone = {"countryCode": "+52", "number": "5517000001", "certified": True, "best": False}
            recent = phone | {"certifiedAt": now.isoformat()}
            counterless = {"serial": "T-17", "kind": "hard", "ocraSuite": "OCRA-1:HOTP-SHA256-8:QN08"}
            token = counterless | {"secretHex": "31" * 32, "status": 56}
            await bank.imported(
                person("17000001", phones=[phone], token=token), person("17000002", phones=[recent])
            )
            front = await recovering(bank, "17000001")
            assert (await front.validate_phone("5517000001")).json() == {"bestPhoneFlag": False}
            for auth_type in (0, 1, 2, 3, 6):
                told(await front.send_otp(auth_type), "send_otp", *BROKEN, "authType")
            front = await recovering(bank, "17000002")
            assert (await front.validate_phone("5517000001")).status_code == 200
            for auth_type in (0, 1, 2, 3, 4, 5, 6):
                told(await front.send_otp(auth_type), "send_otp", *BROKEN, "authType")
            await bank.advance("P1D")
            front = await recovering(bank, "17000002")
            assert (await front.validate_phone("5517000001")).status_code == 200
            assert (await front.send_otp(5)).status_code == 204
            front = await bank.ready()
            await proved(front, "15000025")
            told(await front.send_otp(1), "send_otp", *BROKEN, "authType")
            told(await front.send_otp(3), "send_otp", *BROKEN, "authType")
            front = await bank.ready()
            await front.prelogin("15000026")
            await proved(front, "15000026")
            for auth_type in (0, 2):
                told(await front.send_otp(auth_type), "send_otp", *BROKEN, "authType")

    asyncio.run(story())


def test_sms_from_a_device_needs_one_that_is_theirs(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            for device, allowed in ((vasco_id("15000010"), True), (vasco_id("15000024"), False)):
                front = await bank.ready()
                await front.prelogin("15000010", vascoDeviceId=device)
                assert (await front.validate_card(NIP)).status_code == 204
                assert (await front.validate_phone(phone_number("15000010"))).status_code == 200
                answer = await front.send_otp(3)
                assert (answer.status_code == 204) is allowed, answer.text
                if not allowed:
                    told(answer, "send_otp", *BROKEN, "authType")

    asyncio.run(story())


def test_a_code_wrong_expired_used_or_never_sent_is_one_row(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            await proved(front, "15000010")
            told(await front.set_access(NEW_PASSWORD, "12345678"), "set_access", *REFUSED)
            assert (await front.send_otp()).status_code == 204
            code = await front.code_sent(f"+52{phone_number('15000010')}")
            for wrong in ("12345678", f" {code}", f"{code}\x00"):
                told(await front.set_access(NEW_PASSWORD, wrong), "set_access", *REFUSED)
            front = await bank.ready()
            code = await code_of(front, "15000024")
            await bank.advance("PT2M1S")
            told(await front.set_access(NEW_PASSWORD, code), "set_access", *REFUSED)
            front = await bank.ready()
            code = await code_of(front, "15000025")
            assert (await front.set_access(NEW_PASSWORD, code)).status_code == 204
            told(await front.set_access("brisa47tecla", code), "set_access", *REFUSED)

    asyncio.run(story())


def test_a_token_taken_away_meanwhile_is_no_token(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            await signed_in(front, "15000024")
            question = (await front.challenge()).json()["challengeQuestion"]
            shown = await front.token_response("15000024", question)
            await bank.house.tokens.revoke("SB-15000024", "a test")
            answer = await front.answer_challenge(question, shown)
            told(answer, "validate_challenge", 404, "Application not found")
            told(await front.challenge(), "retrieve_challenge", 404, "Application not found")

    asyncio.run(story())


def test_a_challenge_is_the_one_outstanding_alive_and_good_once(open_bank: OpenBank) -> None:
    operation, place = "validate_challenge", "challengeQuestion"

    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            await signed_in(front, "15000024")
            told(await front.answer_challenge("87295410", "12345678"), operation, *BROKEN, place)
            first = (await front.challenge()).json()["challengeQuestion"]
            second = (await front.challenge()).json()["challengeQuestion"]
            assert first != second
            shown = await front.token_response("15000024", first)
            told(await front.answer_challenge(first, shown), operation, *BROKEN, place)
            shown = await front.token_response("15000024", second)
            assert (await front.answer_challenge(second, shown)).status_code == 200
            told(await front.answer_challenge(second, shown), operation, *BROKEN, place)
            third = (await front.challenge()).json()["challengeQuestion"]
            await bank.advance("PT2M1S")
            shown = await front.token_response("15000024", third)
            told(await front.answer_challenge(third, shown), operation, *BROKEN, place)

    asyncio.run(story())


def test_a_good_jwt_of_a_customer_who_may_not(open_bank: OpenBank) -> None:
    operation = "validate_jwt"

    async def story() -> None:
        async with open_bank() as bank:
            barred = {"transmitCustomer": True, "blackListed": True}
            cancelled = {"transmitCustomer": True, "electronicBanking": "cancelled"}
            none = {"transmitCustomer": True, "electronicBanking": "none", "access": {}}
            soft = {"serial": "T-18", "kind": "soft", "ocraSuite": "OCRA-1:HOTP-SHA256-8:QN08-T1M"}
            token = {"token": soft | {"secretHex": "31" * 32, "status": 63}, "transmitCustomer": True}
            await bank.imported(
                person("17000001", **barred),
                person("17000002", **cancelled),
                person("17000003", **none),
                person("17000004", **token),
            )
            front = await bank.ready()
            for user in ("15000015", "15000016", "15000017", *(f"1700000{n}" for n in range(1, 5))):
                answer = await front.validate_jwt(await front.vendor_jwt(user), user)
                told(answer, operation, *BROKEN, "customerId")
            for user in ("15000010", "99999999"):
                answer = await front.validate_jwt(await front.vendor_jwt(user), user)
                told(answer, operation, 401, "invalidCredential", "customerId")
            for token_, user in ((await front.vendor_jwt("15000024"), "15000025"), ("a.b.c", "15000025")):
                told(await front.validate_jwt(token_, user), operation, 401, "5002", "transmitToken")
            wrong_grant = await front.validate_jwt(await front.vendor_jwt("15000025", "3"), "15000025", "2")
            told(wrong_grant, operation, 401, "5002", "transmitToken")
            for grant in ("0", "8", "99", "02"):
                answer = await front.validate_jwt("a.b.c", "15000025", grant)
                told(answer, operation, 404, "5000", "grantType")

    asyncio.run(story())


def test_a_registration_needs_a_soft_token_and_a_credential_in_order(open_bank: OpenBank) -> None:
    operation = "register_transmit_customer"

    async def story() -> None:
        async with open_bank() as bank:
            soft = {"serial": "T-19", "kind": "soft", "ocraSuite": "OCRA-1:HOTP-SHA256-8:QN08-T1M"}
            token = soft | {"secretHex": "31" * 32, "status": 66}
            await bank.imported(person("17000001", token=token, access={"temporaryPin": "71502846"}))
            front = await bank.ready()
            await temporary(front, "17000001")
            told(await front.register_transmit(), operation, *BROKEN, "credentialStatus")
            for user, status, code in (("15000029", 404, "Unknown"), ("15000010", *BROKEN)):
                front = await bank.ready()
                await signed_in(front, user)
                told(await front.register_transmit(), operation, status, code)
            front = await bank.ready()
            told(await front.register_transmit(), operation, 401, "InvalidCredentials", "sid")
            await front.prelogin("15000025")
            told(await front.register_transmit(), operation, 401, "InvalidCredentials", "sid")

    asyncio.run(story())


def test_asking_about_a_vendors_customer(open_bank: OpenBank) -> None:
    operation, place = "validate_transmit_customer", "customerId"

    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            for user in ("15000018", "15000019", "15000020"):
                told(await front.transmit_customer(user), operation, *BROKEN, place)
            told(await front.transmit_customer("15000025"), operation, 404, "Unknown", place)
            told(await front.transmit_customer("99999999"), operation, 401, "InvalidCredentials", place)
            plain = await bank.ready(documented=True)
            for user in ("15000025", "15000018", "99999999"):
                told(await plain.transmit_customer(user), operation, 403, "accessNotConfigured", place)
            # A name only typed is not yet one's own.
            await plain.prelogin("15000025")
            refused = await plain.transmit_customer("15000025")
            told(refused, operation, 403, "accessNotConfigured", place)

    asyncio.run(story())


def test_a_code_goes_to_a_mobile_number_that_can_exist_where_somebody_delivers(open_bank: OpenBank) -> None:
    operation, place = "generate_rao_token", "encryptedPhoneNumber"

    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            wide = "".join(chr(0xFF10 + int(digit)) for digit in NEW_PHONE)
            for number in (
                "1234567890",
                "",
                "hello",
                f" {NEW_PHONE}",
                f"{NEW_PHONE}1",
                wide,
                f"+{NEW_PHONE}",
            ):
                told(await front.generate_rao(number), operation, *BROKEN, place)
            told(await front.generate_rao(NEW_PHONE, "+999"), operation, *BROKEN, place)
            # A landline of Madrid is no mobile number; a mobile one is, but nobody serves Spain.
            told(await front.generate_rao("912345678", "+34"), operation, *BROKEN, place)
            answer = await front.generate_rao("612345678", "+34")
            told(answer, operation, 404, "resourceNotFound", "phoneCountryCode")
            assert (await front.generate_rao(NEW_PHONE)).status_code == 204

    asyncio.run(story())


def test_a_certification_has_its_time_and_belongs_to_one_phone(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank(**{"policy.session.idle_seconds": "1200"}) as bank:
            front = await bank.ready()
            nothing = (404, "resourceNotFound")
            told(await front.certified_phone(), "certified_phone", *nothing)
            answer = await front.validate_rao("12345678", NEW_PHONE)
            told(answer, "validate_rao_token", *nothing, "encryptedOtpToken")
            assert (await front.generate_rao(NEW_PHONE)).status_code == 204
            told(await front.certified_phone(), "certified_phone", *BROKEN)
            code = await front.code_sent(f"+52{NEW_PHONE}")
            answer = await front.validate_rao(code, "5512345679")
            told(answer, "validate_rao_token", *BROKEN, "encryptedOtpToken")
            await bank.advance("PT2M1S")
            told(
                await front.validate_rao(code, NEW_PHONE), "validate_rao_token", *nothing, "encryptedOtpToken"
            )
            told(await front.certified_phone(), "certified_phone", *nothing)
            await certified(front)
            used = await front.code_sent(f"+52{NEW_PHONE}")
            told(
                await front.validate_rao(used, NEW_PHONE), "validate_rao_token", *nothing, "encryptedOtpToken"
            )
            for _ in range(2):
                await bank.advance("PT14M")
                await front.sign_in()
                assert (await front.certified_phone()).status_code == 200
            await bank.advance("PT2M1S")
            told(await front.certified_phone(), "certified_phone", *BROKEN)
            another = await bank.ready()
            told(await another.certified_phone(), "certified_phone", *nothing)

    asyncio.run(story())


def test_a_vendor_that_is_down_has_no_keys_cached_either(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            token = await front.vendor_jwt("15000025")
            assert (await front.validate_jwt(token, "15000025")).status_code == 204
            fresh = await front.vendor_jwt("15000025")
            await bank.fault("vendor", "down")
            told(await front.validate_jwt(fresh, "15000025"), "validate_jwt", 500, "serverUnavailable")
            await bank.fault("vendor", "ok")
            assert (await front.validate_jwt(fresh, "15000025")).status_code == 204

    asyncio.run(story())


def test_a_device_is_enrolled_and_revoked_after_a_challenge_for_so_long(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            await strong(front, "15000024")
            theirs = await front.enrol_device(application_device_id("15000010"), PUBLIC_JWK)
            told(theirs, "enrol_device", *BROKEN, "applicationDeviceId")
            off_curve = PUBLIC_JWK | {"x": PUBLIC_JWK["y"], "y": PUBLIC_JWK["x"]}
            unfit = await front.enrol_device("a-phone", off_curve)
            told(unfit, "enrol_device", 400, "invalidRequest", "publicKeyJwk")
            answer = await front.revoke_device(application_device_id("15000010"))
            told(answer, "revoke_device", 404, "resourceNotFound", "applicationDeviceId")
            for number in range(4):
                assert (await front.enrol_device(f"phone-{number}", PUBLIC_JWK)).status_code == 204
            one_too_many = await front.enrol_device("phone-5", PUBLIC_JWK)
            told(one_too_many, "enrol_device", *BROKEN, "applicationDeviceId")
            await bank.advance("PT4M")
            assert (await front.revoke_device("phone-0")).status_code == 204
            again = await front.enrol_device("phone-0", PUBLIC_JWK)
            told(again, "enrol_device", *BROKEN, "applicationDeviceId")
            await bank.advance("PT1M1S")
            told(await front.revoke_device("phone-1"), "revoke_device", *BROKEN, "challenge")

    asyncio.run(story())


@pytest.mark.parametrize("operation", ["retrieve_challenge", "register_transmit_customer", "enrol_device"])
def test_a_credential_to_be_renewed_comes_before_everything_else(open_bank: OpenBank, operation: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await by_day(bank)
            front = await bank.ready()
            await signed_in(front, "15000014")
            body = {"applicationDeviceId": "a", "publicKeyJwk": PUBLIC_JWK}
            answer = await front.call(operation, body if operation == "enrol_device" else None)
            told(answer, operation, *BROKEN, "credentialStatus")

    asyncio.run(story())
