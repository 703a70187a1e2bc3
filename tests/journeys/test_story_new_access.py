"""A forgotten password, told whole: card, phone and a code by SMS, by voice or from a token."""

import asyncio
from datetime import timedelta

import pytest
from tests.conftest import Bank, OpenBank
from tests.front_end import FrontEnd
from tests.recovery_front_end import (
    ANY_TOKEN,
    HARD_TOKEN,
    NEW_PASSWORD,
    SOFT_TOKEN,
    VOICE,
    customer_line,
    done,
    entered,
    identified,
    imported,
    messages,
    newest_code,
    proved,
    recovering,
    shown,
    told,
)

from aldaba.sandbox.bank import PASSWORD, PIN, TEMPORARY_PIN, card_number, phone_number, vasco_id

PROFILES = pytest.mark.parametrize("profile", ["bound-1", "portal"])
SUITES = {
    "time": "OCRA-1:HOTP-SHA256-8:QN08-T1M",
    "counter": "OCRA-1:HOTP-SHA256-8:C-QN08",
    "counter and time": "OCRA-1:HOTP-SHA512-8:C-QN08-T30S",
    "six digits": "OCRA-1:HOTP-SHA1-6:C-QN08",
}
SEED = "00112233445566778899aabbccddeeff0011223344556677"


async def logs_in(bank: Bank, customer: str, password: str, profile: str = "bound-1") -> None:
    front = await entered(bank, customer, password, profile=profile)
    done(await front.logout())


async def refused(bank: Bank, customer: str, password: str) -> None:
    front = await recovering(bank)
    await front.prelogin(customer)
    assert (await front.login(customer, password)).json()["code"] == "6666"


@PROFILES
def test_a_first_login_with_a_temporary_pin(open_bank: OpenBank, profile: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await recovering(bank, profile)
            assert (await front.prelogin("15000011")).json()["nextLoginActionCode"] == 3
            answer = await front.login("15000011", TEMPORARY_PIN, "pin")
            assert answer.json()["credentialStatus"] == "NEW"
            # Until both are set the session may do nothing else.
            assert told(await front.call("retrieve_challenge")).startswith("422")
            done(await front.set_credentials("NEW", pin="58204917", password=NEW_PASSWORD))
            done(await front.logout())
            await logs_in(bank, "15000011", NEW_PASSWORD, profile)

    asyncio.run(story())


@PROFILES
def test_a_forgotten_password_by_card_phone_and_sms(open_bank: OpenBank, profile: str) -> None:
    customer = "15000031"

    async def story() -> None:
        async with open_bank() as bank:
            front = await recovering(bank, profile)
            named = await front.identify(card_number(customer))
            assert named.json()["maskedCustomerName"] == "A***** H******** R******"
            assert (await front.card()).status_code == 204
            assert (await front.phone(f"+52{phone_number(customer)}")).json() == {"bestPhoneFlag": True}
            assert (await front.send()).status_code == 204
            code = await newest_code(bank, customer)
            assert (await front.new_access(code)).status_code == 204
            await refused(bank, customer, PASSWORD)
            await logs_in(bank, customer, NEW_PASSWORD, profile)
            # The PIN was not forgotten.
            done(await (await entered(bank, customer, PIN, "pin", profile)).logout())

    asyncio.run(story())


@PROFILES
def test_a_first_password_by_sms_lifts_nothing_that_was_not_there(open_bank: OpenBank, profile: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await proved(bank, "15000013", profile, first_time=True)
            assert told(await front.send()) == "422 businessValidationFailed error"
            done(await front.send(first_time=True))
            code = await newest_code(bank, "15000013")
            assert told(await front.new_access(code)) == "422 businessValidationFailed error"
            done(await front.new_access(code, first_time=True))
            await logs_in(bank, "15000013", NEW_PASSWORD)

    asyncio.run(story())


@PROFILES
def test_a_code_by_voice_and_one_for_a_registered_phone(open_bank: OpenBank, profile: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await proved(bank, "15000031", profile)
            done(await front.send(VOICE))
            assert (await messages(bank, "15000031"))[0]["channel"] == "voice"
            done(await front.new_access(await newest_code(bank, "15000031")))
            elsewhere = await proved(bank, "15000024", profile)
            assert told(await elsewhere.send(3)) == "422 businessValidationFailed error"
            front = await recovering(bank, profile)
            answer = await front.prelogin("15000024", vascoDeviceId=vasco_id("15000024"))
            assert answer.status_code == 200
            done(await front.card())
            done(await front.phone(phone_number("15000024")))
            done(await front.send(3))
            done(await front.new_access(await newest_code(bank, "15000024")))

    asyncio.run(story())


@PROFILES
@pytest.mark.parametrize("suite", list(SUITES.values()), ids=list(SUITES))
def test_a_forgotten_password_by_hard_token(open_bank: OpenBank, profile: str, suite: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            for way, customer in ((ANY_TOKEN, "71000001"), (HARD_TOKEN, "71000002")):
                token = {"serial": f"T-{customer}", "kind": "hard", "ocraSuite": suite, "secretHex": SEED}
                await imported(bank, customer_line(customer, token=token | {"status": 56}))
                front = await proved(bank, customer, profile)
                assert told(await front.send(SOFT_TOKEN)) == "422 businessValidationFailed error"
                assert (await front.send(way)).status_code == 204
                assert await messages(bank, customer) == [], "a token shows its own code: nothing is sent"
                code = await shown(bank, customer)
                assert (await front.new_access(code)).status_code == 204
                await logs_in(bank, customer, NEW_PASSWORD, profile)
                # The response is spent, also for a session that proved everything anew.
                again = await proved(bank, customer, profile)
                done(await again.send(way))
                wrong = await again.new_access(code, "otraclave83")
                assert told(wrong) == "401 credentialValidtionFailed invalid"
                await bank.advance("PT1M")
                done(await again.new_access(await shown(bank, customer), "otraclave83"))

    asyncio.run(story())


@PROFILES
def test_a_forgotten_password_by_soft_token(open_bank: OpenBank, profile: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await proved(bank, "15000025", profile)
            assert told(await front.send(HARD_TOKEN)) == "422 businessValidationFailed error"
            done(await front.send(SOFT_TOKEN))
            done(await front.new_access(await shown(bank, "15000025")))
            await logs_in(bank, "15000025", NEW_PASSWORD)

    asyncio.run(story())


def test_a_token_that_needs_a_question_gives_no_code_of_its_own(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            token = {"serial": "T-71000001", "kind": "hard", "status": 56, "secretHex": SEED}
            line = customer_line("71000001", token=token | {"ocraSuite": "OCRA-1:HOTP-SHA256-8:QN08"})
            await imported(bank, line)
            front = await proved(bank, "71000001")
            for way in (ANY_TOKEN, HARD_TOKEN):
                answer = await front.send(way)
                assert (answer.status_code, answer.json()["location"]) == (422, "authType")
            # The same customer may still have an SMS.
            done(await front.send())

    asyncio.run(story())


def test_asking_a_token_uses_up_no_message(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await proved(bank, "15000031")
            for _ in range(4):
                done(await front.send(HARD_TOKEN))
                await bank.advance("PT31S")
            done(await front.send())
            done(await front.new_access(await newest_code(bank, "15000031")))

    asyncio.run(story())


@PROFILES
def test_new_access_lifts_the_locks_of_failures_and_ends_the_session_that_lived(
    open_bank: OpenBank, profile: str
) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            living = await entered(bank, "15000030", PIN, "pin", profile)
            guessing = await recovering(bank, profile)
            await guessing.prelogin("15000030")
            for n in range(5):
                await guessing.login("15000030", f"malo{n}clave")
            front = await proved(bank, "15000030", profile)
            assert (await front.prelogin("15000030")).json()["nextLoginActionCode"] == 4
            front = await proved(bank, "15000030", profile)
            done(await front.send())
            done(await front.new_access(await newest_code(bank, "15000030")))
            assert (await living.logout()).status_code == 400
            assert (await front.prelogin("15000030")).json()["nextLoginActionCode"] == 1
            await logs_in(bank, "15000030", NEW_PASSWORD, profile)

    asyncio.run(story())


def test_a_preventive_lock_outlasts_new_access(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await proved(bank, "15000017")
            done(await front.send())
            done(await front.new_access(await newest_code(bank, "15000017")))
            again: FrontEnd = await identified(bank, "15000017")
            assert (await again.login("15000017", NEW_PASSWORD)).json()["code"] == "8006"

    asyncio.run(story())


def test_a_phone_certified_yesterday_gets_no_code_before_its_hold_ends(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            certified_at = bank.house.clock() - timedelta(hours=23, minutes=59)
            phone = {"number": phone_number("71000001"), "certified": True, "best": True}
            stamped = phone | {"certifiedAt": certified_at.isoformat()}
            await imported(bank, customer_line("71000001", phones=[stamped]))
            front = await proved(bank, "71000001")
            assert told(await front.send()) == "422 businessValidationFailed error"
            await bank.advance("PT1M1S")
            done(await front.send())

    asyncio.run(story())
