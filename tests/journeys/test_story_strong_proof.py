"""A transfer confirmed by challenge, a soft token begun, a phone enrolled and revoked, told whole."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from tests.conftest import Bank, OpenBank
from tests.front_end import FrontEnd
from tests.one_time_app import Phone, ocra_response
from tests.recovery_front_end import (
    NEW_PASSWORD,
    Recovering,
    done,
    entered,
    introspected,
    recovering,
    shown,
    strong,
    told,
    vendor_jwt,
    wrong_code,
)

from aldaba.domain.token import TokenAct, TokenRecord
from aldaba.sandbox.bank import PASSWORD

PROFILES = pytest.mark.parametrize("profile", ["bound-1", "portal"])
BROKEN = "422 businessValidationFailed error"


@PROFILES
def test_a_transfer_confirmed_by_challenge(open_bank: OpenBank, profile: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await entered(bank, "15000010", profile=profile)
            assert (await introspected(front))["aal"] == 1
            question = await front.question()
            response = await shown(bank, "15000010", question)
            wrong = await front.respond(question, wrong_code(response))
            assert told(wrong) == "401 authenticationFailed invalid"
            assert (await introspected(front))["aal"] == 1
            sealed = profile == "portal"
            answer = await front.respond(question, response, sealed=sealed)
            assert (answer.status_code, list(answer.json())) == (200, ["responseMessage"])
            proof = await introspected(front)
            assert (proof["customerId"], proof["aal"], proof["active"]) == ("15000010", 2, True)
            until = bank.house.clock() + timedelta(seconds=300)
            assert proof["strong_until"][:18] == f"{until:%Y-%m-%dT%H:%M:%S}"[:18]
            # The question is gone, and so is its answer.
            assert told(await front.respond(question, response)) == BROKEN
            await bank.advance("PT4M50S")
            assert (await introspected(front))["aal"] == 2
            assert (await front.status("15000010")).status_code == 200
            await bank.advance("PT11S")
            weak = await introspected(front)
            assert weak["aal"] == 1
            assert "strong_until" not in weak

    asyncio.run(story())


def test_a_second_question_takes_the_place_of_the_first(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await entered(bank, "15000010")
            first = await front.question()
            second = await front.question()
            assert told(await front.respond(first, await shown(bank, "15000010", first))) == BROKEN
            done(await front.respond(second, await shown(bank, "15000010", second)))

    asyncio.run(story())


@PROFILES
def test_a_password_changed_after_a_challenge(open_bank: OpenBank, profile: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await entered(bank, "15000010", profile=profile)
            assert told(await front.set_credentials("NONE", password=NEW_PASSWORD)) == BROKEN
            question = await front.question()
            done(await front.respond(question, await shown(bank, "15000010", question)))
            done(await front.set_credentials("NONE", password=NEW_PASSWORD))
            done(await front.logout())
            done(await (await entered(bank, "15000010", NEW_PASSWORD, profile=profile)).logout())

    asyncio.run(story())


@PROFILES
def test_a_login_that_the_risk_engine_steps_up(open_bank: OpenBank, profile: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await bank.fault("risk", "step-up")
            front = await entered(bank, "15000010", profile=profile)
            await bank.fault("risk", "ok")
            assert await introspected(front) == {"active": False}
            assert told(await front.call("register_transmit_customer")) == BROKEN
            question = await front.question()
            done(await front.respond(question, await shown(bank, "15000010", question)))
            assert (await introspected(front))["aal"] == 2

    asyncio.run(story())


@PROFILES
def test_a_soft_token_begun_by_the_bank_and_run_by_the_vendor(open_bank: OpenBank, profile: str) -> None:
    customer = "15000029"

    async def story() -> None:
        async with open_bank() as bank:
            front = await entered(bank, customer, profile=profile)
            assert told(await front.call("retrieve_challenge")).startswith("404")
            assert (await front.call("register_transmit_customer")).status_code == 404
            uri = await enrolled(bank, customer)
            # Enrolled and not yet activated, it answers no challenge.
            assert told(await front.call("retrieve_challenge")).startswith("404")
            await bank.house.tokens.act("ST-1", TokenAct.ACTIVATE, "test")
            question = await front.question()
            response = ocra_response(uri, question, bank.house.clock())
            assert response == await shown(bank, customer, question)
            done(await front.respond(question, response))
            assert await registered(front, customer) is False
            jwt = await vendor_jwt(bank, customer, "3")
            assert (await front.vendor_token(customer, jwt)).status_code == 401
            for _ in range(2):
                done(await front.call("register_transmit_customer"))
            assert await registered(front, customer) is True
            # The refusal above has not spent it.
            done(await front.vendor_token(customer, jwt))
            assert told(await front.vendor_token(customer, jwt)).startswith("401 5002")
            done(await front.vendor_token(customer, await vendor_jwt(bank, customer, "3")))
            other = await front.vendor_token(customer, await vendor_jwt(bank, customer, "4"))
            assert told(other).startswith("401 5002"), "made for another functional id"

    asyncio.run(story())


async def enrolled(bank: Bank, customer: str) -> str:
    """What ``aldaba tokens import``, ``assign`` and ``enrol`` do: the text of the QR code."""
    suite = "OCRA-1:HOTP-SHA256-8:QN08-T1M"
    record = TokenRecord("ST-1", "soft", suite, bytes(32))
    imported = await bank.house.tokens.import_tokens([record], "test")
    assert imported.accepted == 1
    await bank.house.tokens.assign("ST-1", customer, "test")
    return (await bank.house.tokens.enrol("ST-1", "test")).uri().reveal()


async def registered(front: FrontEnd, customer: str) -> bool:
    answer = await front.call("validate_transmit_customer", {"customerId": customer})
    assert answer.status_code == 200, answer.text
    flag: bool = answer.json()["transmitTokenEnabledFlag"]
    return flag


@PROFILES
def test_a_phone_enrolled_by_strong_proof_logs_in_until_it_is_revoked(
    open_bank: OpenBank, profile: str
) -> None:
    customer, phone = "15000010", Phone("phone-of-mine")
    enrolment = {"applicationDeviceId": phone.application_id, "publicKeyJwk": phone.public_jwk()}

    async def story() -> None:
        async with open_bank() as bank:
            weak = await entered(bank, customer, profile=profile)
            assert told(await weak.call("enrol_device", enrolment)) == BROKEN
            done(await weak.logout())
            assert (await by_finger(bank, phone, customer, profile))[1].status_code == 401
            front = await strong(bank, customer, profile)
            done(await front.call("enrol_device", enrolment))
            done(await front.logout())
            front, answer = await by_finger(bank, phone, customer, profile)
            assert answer.json()["credentialStatus"] == "NONE"
            assert (await introspected(front))["aal"] == 2
            # A fingerprint is no challenge: the phone alone enrols no other one, and revokes none.
            revocation = {"applicationDeviceId": phone.application_id}
            assert told(await front.call("revoke_device", revocation)) == BROKEN
            question = await front.question()
            done(await front.respond(question, await shown(bank, customer, question)))
            done(await front.call("revoke_device", revocation))
            # Blocked, it is neither used nor enrolled again.
            assert told(await front.call("enrol_device", enrolment)) == BROKEN
            done(await front.logout())
            assert (await by_finger(bank, phone, customer, profile))[1].status_code == 401
            done(await (await entered(bank, customer, PASSWORD, profile=profile)).logout())

    asyncio.run(story())


async def by_finger(
    bank: Bank, phone: Phone, customer: str, profile: str
) -> tuple[Recovering, httpx.Response]:
    front = await recovering(bank, profile)
    assert (await front.prelogin(customer)).status_code == 200
    headers = front.headers()
    signed = phone.token(customer, headers, bank.house.clock())
    device = phone.application_id
    return front, await front.login(
        customer, signed, "biometric", headers=headers, applicationDeviceId=device
    )
