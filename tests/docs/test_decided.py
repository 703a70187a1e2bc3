"""What decisions decide, seen on the wire; docs/decisions/ names these tests as their guard."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
from tests.conftest import Bank, OpenBank
from tests.front_end import PATHS, FrontEnd

from aldaba.sandbox.bank import PASSWORD, PIN
from aldaba.sandbox.faults import SLOW_SECONDS

Story = Callable[[Bank], Awaitable[None]]


def play(open_bank: OpenBank, story: Story, **settings: str) -> None:
    async def opened() -> None:
        async with open_bank(**settings) as bank:
            await story(bank)

    asyncio.run(opened())


async def arrived(bank: Bank, number: str) -> FrontEnd:
    front = await bank.ready()
    assert (await front.prelogin(number)).status_code == 200
    return front


def test_a_flaw_spends_the_request_id_and_a_repeated_id_is_told_first(open_bank: OpenBank) -> None:
    async def story(bank: Bank) -> None:
        front = await bank.ready()
        headers = front.headers()
        flawed = {"customerCredentials": {"userId": "x"}}
        first = await front.call("login", flawed, headers=headers)
        assert first.json()["location"].startswith("customerCredentials")
        again = await front.call("login", flawed, headers=headers)
        assert (again.json()["code"], again.json()["location"]) == ("invalidRequest", "uuid")

    play(open_bank, story)


@pytest.mark.parametrize("number", ["15000014", "15000013"])
def test_where_only_the_password_is_asked_for_a_pin_is_refused(open_bank: OpenBank, number: str) -> None:
    async def story(bank: Bank) -> None:
        front = await arrived(bank, number)
        by_pin = number == "15000013"
        login = await front.login(number, PIN if by_pin else PASSWORD, "pin" if by_pin else "password")
        status = login.json()["credentialStatus"]
        assert status == ("ACPWD" if by_pin else "CHPWD")
        refused = await front.set_credentials(status, pin="58204917", password="puente47rojo")
        assert (refused.status_code, refused.json()["location"]) == (422, "newEncryptedAccessNumber")
        assert (await front.set_credentials(status, password="puente47rojo")).status_code == 204

    play(open_bank, story)


@pytest.mark.parametrize("value", ["", " ", "00"])
def test_an_empty_sealed_value_cannot_be_decrypted_like_any_other(open_bank: OpenBank, value: str) -> None:
    async def story(bank: Bank) -> None:
        front = await bank.ready()
        answer = await front.call("prelogin_v1", {"encryptedUserId": value})
        assert (answer.status_code, answer.json()["code"]) == (400, "cannotDecryptData")
        assert answer.json()["location"] == "encryptedUserId"

    play(open_bank, story)


def test_several_representatives_are_told_only_after_the_first_ones_credential(open_bank: OpenBank) -> None:
    async def story(bank: Bank) -> None:
        front = await arrived(bank, "15000022")
        assert (await front.login("15000022", "mobile20y")).json()["code"] == "6666"
        assert (await front.login("15000022", PASSWORD)).json()["code"] == "8007"

    play(open_bank, story)


@pytest.mark.parametrize(("configured", "status"), [("allow", 200), ("deny", 401)])
def test_a_risk_engine_that_is_away_is_answered_by_the_configuration(
    open_bank: OpenBank, configured: str, status: int
) -> None:
    async def story(bank: Bank) -> None:
        await bank.fault("risk", "down")
        front = await arrived(bank, "15000024")
        assert (await front.login("15000024", PASSWORD)).status_code == status

    play(open_bank, story, **{"risk.when_away": configured})


@pytest.mark.parametrize(("part", "code"), [("database", "serverUnavailable"), ("directory", "backendError")])
def test_a_slow_part_is_a_failure_told_in_time(open_bank: OpenBank, part: str, code: str) -> None:
    async def story(bank: Bank) -> None:
        front = await arrived(bank, "15000024")
        await bank.fault(part, "slow")
        began = time.monotonic()
        answer = await front.login("15000024", PASSWORD)
        assert SLOW_SECONDS <= time.monotonic() - began < 10
        assert (answer.status_code, answer.json()["code"]) == (500, code)

    play(open_bank, story)


def test_a_reset_leaves_the_clock_alone_and_ends_faults(open_bank: OpenBank) -> None:
    async def story(bank: Bank) -> None:
        await bank.advance("P1D")
        await bank.fault("risk", "deny")
        before = bank.house.clock()
        assert (await bank.http.post("/sandbox/reset")).status_code == 204
        assert bank.house.clock() >= before
        front = await arrived(bank, "15000024")
        assert (await front.login("15000024", PASSWORD)).status_code == 200

    play(open_bank, story)


@pytest.mark.parametrize("path", [PATHS["login"], "/api/v1/oauth/token", "/health/live"])
def test_a_wrong_method_is_the_contracts_error_object(open_bank: OpenBank, path: str) -> None:
    async def story(bank: Bank) -> None:
        answer = await bank.http.delete(path)
        assert answer.status_code == 405
        assert answer.headers["allow"] in {"GET", "GET, HEAD", "POST"}
        assert answer.json()["code"] == "methodNotAllowed"
        assert {"type", "details", "timestamp"} <= answer.json().keys()

    play(open_bank, story)
