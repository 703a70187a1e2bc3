"""Every part takes every mode; what a caller is told of each."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest
from tests.conftest import Bank, OpenBank
from tests.front_end import FrontEnd

from aldaba.sandbox.bank import NIP, PASSWORD, phone_number

CUSTOMER = "15000010"
VENDORS = "15000025"
PARTS = ("directory", "cards", "delivery", "vendor", "keys", "database")
MODES = ("down", "communication", "slow", "ok")

Asked = Callable[[FrontEnd], Awaitable[httpx.Response]]


async def _vendor_token(front: FrontEnd) -> httpx.Response:
    return await front.validate_jwt(await front.vendor_jwt(VENDORS), VENDORS)


NEEDS: dict[str, Asked] = {
    "directory": lambda front: front.login(CUSTOMER, PASSWORD),
    "cards": lambda front: front.validate_card(NIP),
    "delivery": lambda front: front.generate_rao(phone_number(CUSTOMER)),
    "vendor": _vendor_token,
    "keys": lambda front: front.login(CUSTOMER, PASSWORD),
    "database": lambda front: front.login(CUSTOMER, PASSWORD),
}
"""A request that the part is needed for."""


async def told(bank: Bank, part: str, mode: str) -> tuple[int, str | None]:
    """Status and code of a customer's request while the part is in that mode."""
    front = await bank.ready()
    await front.prelogin(CUSTOMER)
    await bank.fault(part, mode)
    answer = await NEEDS[part](front)
    await bank.fault(part, "ok")
    return answer.status_code, answer.json().get("code") if answer.content else None


@pytest.mark.parametrize("part", [part for part in PARTS if part != "directory"])
def test_a_communication_failure_of_any_other_part_is_told_as_its_being_down(
    open_bank: OpenBank, part: str
) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            down = await told(bank, part, "down")
            assert down[0] == 500
            assert await told(bank, part, "communication") == down
            assert (await told(bank, part, "ok"))[0] < 300

    asyncio.run(story())


def test_the_directorys_is_told_apart(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            assert await told(bank, "directory", "down") == (500, "backendError")
            assert await told(bank, "directory", "communication") == (401, "8005")

    asyncio.run(story())


def test_a_slow_key_ring_is_one_that_is_away(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            assert await told(bank, "keys", "slow") == (500, "serverUnavailable")
            assert (await told(bank, "keys", "ok"))[0] == 200

    asyncio.run(story())


def test_every_part_takes_every_mode_and_liveness_asks_none(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            for part in PARTS:
                for mode in MODES:
                    await bank.fault(part, mode)
                    assert bank.house.sandbox is not None
                    assert bank.house.sandbox.faults.mode(part) == mode
                    assert (await bank.http.get("/health/live")).status_code == 200

    asyncio.run(story())


@pytest.mark.parametrize(
    ("part", "mode"), [("keys", "deny"), ("risk", "communication"), ("risk", "slow"), ("mail", "down")]
)
def test_no_such_part_or_mode_is_told_with_those_there_are(open_bank: OpenBank, part: str, mode: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            answer = await bank.http.post("/sandbox/faults", json={"backend": part, "mode": mode})
            assert answer.status_code == 400
            offered = answer.json()["parts"]
            assert {part: set(modes) for part, modes in offered.items()} == {
                **{part: set(MODES) for part in PARTS},
                "risk": {"deny", "step-up", "lock", "down", "ok"},
            }

    asyncio.run(story())
