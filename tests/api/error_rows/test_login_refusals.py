"""Every condition behind the rows of login, and that none tells more than it should."""

import asyncio
from typing import Any

import httpx
import pytest
from tests.api.biometric import biometric_login
from tests.api.wire import row, said_so, signed_in
from tests.conftest import Bank, OpenBank
from tests.front_end import FrontEnd

from aldaba.sandbox.bank import PASSWORD, PIN, TEMPORARY_PIN, application_device_id

WRONG = "andador99x"


def refused_with(answer: httpx.Response, code: str, location: str | None = None) -> None:
    status = 404 if code.endswith("NotFound") else 401
    said_so(answer, row("login", status, code), location=location)


async def arrived(bank: Bank, user: str, **ready: Any) -> FrontEnd:
    """A front end of a customer who has been identified."""
    front = await bank.ready(**ready)
    assert (await front.prelogin(user)).status_code == 200
    return front


def test_wrong_never_set_and_unknown_are_one_answer(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            for user, secret, factor in (
                ("15000010", WRONG, "password"),
                ("15000010", "30203022", "pin"),
                ("15000013", PASSWORD, "password"),
                ("15000011", PASSWORD, "password"),
                ("15000011", PIN, "pin"),
                ("15000012", PIN, "pin"),
                ("15000012", PASSWORD, "password"),
                ("15000019", PASSWORD, "password"),
                ("15000020", PASSWORD, "password"),
                ("99999999", PASSWORD, "password"),
                ("99999999", PIN, "pin"),
            ):
                front = await arrived(bank, user)
                refused_with(await front.login(user, secret, factor), "6666")

    asyncio.run(story())


def test_a_login_without_a_prelogin_needs_a_profile(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            for user in ("15000010", "99999999"):
                refused_with(await (await bank.ready()).login(user, PASSWORD), "6666")
            place = "customerCredentials.userId"
            told = await (await bank.ready(documented=True)).login("15000024", PASSWORD)
            refused_with(told, "federatedProfileNotFound", place)
            await arrived(bank, "15000024")
            answer = await (await bank.ready(documented=True)).login("15000024", PASSWORD)
            assert answer.status_code == 200, answer.text
            suffix = await (await bank.ready(documented=True)).login("15000010-1", PASSWORD)
            refused_with(suffix, "userIdNotFound", place)

    asyncio.run(story())


def test_locks_refuse_the_right_secret_whatever_the_factor(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            for user in ("15000015", "15000016", "15000017"):
                front = await arrived(bank, user)
                refused_with(await front.login(user, PASSWORD), "8006")
                refused_with(await front.login(user, PIN, "pin"), "8006")
                refused_with(await biometric_login(bank, front, user), "8006")

    asyncio.run(story())


def test_the_fifth_wrong_password_locks_and_the_pin_still_serves(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await arrived(bank, "15000030")
            for _ in range(4):
                refused_with(await front.login("15000030", WRONG), "6666")
            refused_with(await front.login("15000030", WRONG), "8006")
            refused_with(await front.login("15000030", PASSWORD), "8006")
            refused_with(await biometric_login(bank, front, "15000030"), "8006")
            assert (await front.prelogin("15000030")).json()["nextLoginActionCode"] == 4
            assert (await front.login("15000030", PIN, "pin")).status_code == 200

    asyncio.run(story())


def test_a_right_password_starts_the_count_anew(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await arrived(bank, "15000030")
            for _ in range(2):
                for _ in range(4):
                    refused_with(await front.login("15000030", WRONG), "6666")
                assert (await front.login("15000030", PASSWORD)).status_code == 200
                await front.logout()
                front = await arrived(bank, "15000030")

    asyncio.run(story())


def test_a_customer_nobody_knows_is_locked_like_a_real_one(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await arrived(bank, "99999999")
            for _ in range(4):
                refused_with(await front.login("99999999", WRONG), "6666")
            refused_with(await front.login("99999999", WRONG), "8006")
            assert (await front.prelogin("99999998")).status_code == 200
            refused_with(await front.login("99999998", WRONG), "6666")

    asyncio.run(story())


@pytest.mark.parametrize("user", ["15000018", "15000022", "15000023"])
def test_a_standing_that_forbids_the_login_is_told_only_after_the_proof(
    open_bank: OpenBank, user: str
) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await arrived(bank, user)
            refused_with(await front.login(user, WRONG), "6666")
            refused_with(await front.login(user, PASSWORD), "8007")
            refused_with(await front.login(user, PIN, "pin"), "8007")

    asyncio.run(story())


def test_a_representative_named_by_its_suffix_logs_in(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            for user in ("15000022-1", "15000022-2", "15000021", "15000021-1", "15000021-01"):
                front = await arrived(bank, user)
                answer = await front.login(user, PASSWORD)
                assert answer.status_code == 200, answer.text
                assert (await front.logout()).status_code == 204
            front = await arrived(bank, "15000022-1")
            refused_with_place = await front.login("15000022-2", PASSWORD)
            assert refused_with_place.status_code == 400
            front = await arrived(bank, "15000022-3")
            refused_with(await front.login("15000022-3", PASSWORD), "6666")

    asyncio.run(story())


def test_a_channel_closed_to_a_kind_of_customer_refuses_only_that_kind_there(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank(**{"policy.channels.closed": "KIOSK:1551"}) as bank:
            front = await arrived(bank, "15000010", channel="KIOSK")
            refused_with(await front.login("15000010", WRONG), "6666")
            refused_with(await front.login("15000010", PASSWORD), "8007")
            trader = await arrived(bank, "15000024", channel="KIOSK")
            assert (await trader.login("15000024", PASSWORD)).status_code == 200
            elsewhere = await arrived(bank, "15000010")
            assert (await elsewhere.login("15000010", PASSWORD)).status_code == 200

    asyncio.run(story())


def test_a_live_session_is_told_only_after_the_proof_and_shields_nothing(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            first = await bank.ready()
            await signed_in(first, "15000030")
            second = await arrived(bank, "15000030")
            for _ in range(4):
                refused_with(await second.login("15000030", WRONG), "6666")
            refused_with(await second.login("15000030", PASSWORD), "8008")
            refused_with(await first.login("15000030", PASSWORD), "8008")
            assert (await first.logout()).status_code == 204
            assert (await second.login("15000030", PASSWORD)).status_code == 200

    asyncio.run(story())


def test_a_second_login_replaces_the_first_where_the_policy_says_so(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank(**{"policy.session.second_login": "replace"}) as bank:
            first = await bank.ready()
            await signed_in(first, "15000024")
            await signed_in(await bank.ready(), "15000024")
            assert (await first.logout()).status_code == 400

    asyncio.run(story())


def test_the_directorys_failures_charge_nobody(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await arrived(bank, "15000030")
            for mode, code, status in (
                ("down", "backendError", 500),
                ("communication", "8005", 401),
                ("down", "backendError", 500),
            ):
                await bank.fault("directory", mode)
                for _ in range(2):
                    answer = await front.login("15000030", WRONG)
                    said_so(answer, row("login", status, code), location=None)
            await bank.fault("directory", "ok")
            for _ in range(4):
                refused_with(await front.login("15000030", WRONG), "6666")
            assert (await front.login("15000030", PASSWORD)).status_code == 200

    asyncio.run(story())


def test_a_risk_engine_that_denies_answers_like_a_lock_and_charges_nothing(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await arrived(bank, "15000030")
            await bank.fault("risk", "deny")
            for _ in range(6):
                refused_with(await front.login("15000030", WRONG), "8006")
            refused_with(await front.login("15000030", PASSWORD), "8006")
            await bank.fault("risk", "ok")
            assert (await front.login("15000030", PASSWORD)).status_code == 200

    asyncio.run(story())


def test_a_step_up_lets_in_to_a_session_that_may_only_pass_a_challenge_or_leave(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await arrived(bank, "15000010")
            await bank.fault("risk", "step-up")
            assert (await front.login("15000010", PASSWORD)).status_code == 200
            hindered = await front.set_credentials("NONE", password="tecla47brisa")
            said_so(hindered, row("set_credentials", 422, "businessValidationFailed"), location="challenge")
            assert (await front.logout()).status_code == 204
            await bank.fault("risk", "down")
            await signed_in(await bank.ready(), "15000010")

    asyncio.run(story())


def test_a_fingerprint_logs_in(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await arrived(bank, "15000010")
            answer = await biometric_login(bank, front, "15000010")
            assert answer.status_code == 200, answer.text
            assert answer.json()["mobileBankingDeviceStatus"] == "1"
            assert answer.json()["credentialStatus"] == "NONE"

    asyncio.run(story())


DEFECTS: dict[str, dict[str, Any]] = {
    "of another customer's phone": {"phone_of": "15000024"},
    "about another customer": {"sub": "15000024"},
    "for another session": {"sid": "A" * 43},
    "for another request": {"jti": "018f3d2e-7b1a-7c3d-9e4f-5a6b7c8d9e0f"},
    "longer than a minute": {"life": 61},
    "without an end": {"exp": None},
    "of another type": {"header": {"typ": "at+jwt"}},
    "by an unknown device": {"device": "8f786950fee311df1f96dd4b00000000"},
    "with another kid": {"header": {"kid": application_device_id("15000024")}},
    "from the past": {"iat": 1_700_000_000, "exp": 1_700_000_060},
}


@pytest.mark.parametrize("defects", [list(DEFECTS)[:4], list(DEFECTS)[4:8], list(DEFECTS)[8:]])
def test_a_biometric_token_with_any_defect_fails_alike(open_bank: OpenBank, defects: list[str]) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await arrived(bank, "15000010")
            for defect in defects:
                answer = await biometric_login(bank, front, "15000010", **DEFECTS[defect])
                refused_with(answer, "authenticationFailed")
            assert (await biometric_login(bank, front, "15000010")).status_code == 200

    asyncio.run(story())


def test_five_wrong_fingerprints_lock_the_fingerprint_alone(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await arrived(bank, "15000030")
            for _ in range(4):
                answer = await biometric_login(bank, front, "15000030", phone_of="15000024")
                refused_with(answer, "authenticationFailed")
            refused_with(await biometric_login(bank, front, "15000030", phone_of="15000024"), "8006")
            refused_with(await biometric_login(bank, front, "15000030"), "8006")
            assert (await front.login("15000030", PASSWORD)).status_code == 200

    asyncio.run(story())


def test_a_temporary_pin_is_the_only_pin_while_it_is_out(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await arrived(bank, "15000012")
            refused_with(await front.login("15000012", PIN, "pin"), "6666")
            assert (await front.login("15000012", TEMPORARY_PIN, "pin")).status_code == 200

    asyncio.run(story())
