"""A card whose NIP was missed three times, opened the same day by those who may, and by nobody else."""

import asyncio

import pytest
from tests.api.wire import by_day, recovering
from tests.conftest import Bank, OpenBank
from tests.front_end import FrontEnd

from aldaba.domain.lockout import Lifter
from aldaba.sandbox.bank import BOTH, NIP, card_number

USER = "15000010"
WRONG = "4321"


async def shut(bank: Bank) -> FrontEnd:
    """Whoever tried his card three times in vain."""
    front = await recovering(bank)
    for _ in range(3):
        assert (await front.validate_card(WRONG)).status_code == 401
    assert (await front.validate_card(NIP)).status_code == 422
    return front


@pytest.mark.parametrize("lifter", [Lifter.HELP_DESK, Lifter.SECURITY_OFFICER])
def test_an_unlock_opens_the_card_the_same_day_and_names_it(open_bank: OpenBank, lifter: Lifter) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await by_day(bank)
            front = await shut(bank)
            done = await bank.house.administration.unlock(USER, "identified", "ana", lifter)
            assert {lock.on for lock in done.lifted} == {f"card …{card_number(USER)[-4:]}", "every card"}
            assert {(lock.kind, lock.cause) for lock in done.lifted} == {("D", "failures")}
            assert done.standing == ()
            assert (await front.validate_card(NIP)).status_code == 204
            # Three more tries, as in the morning, and no fourth.
            await shut(bank)

    asyncio.run(story())


def test_counters_begun_anew_open_no_locked_card_and_an_unlock_opens_all(open_bank: OpenBank) -> None:
    cards = [
        {"number": card_number(f"1700000{n}"), "expires": f"1{n}30", "nip": NIP, "status": "active"}
        for n in range(2)
    ]
    line = {"customerId": "17000001", "name": "ROSA MORA", "customerType": 1551}

    async def story() -> None:
        async with open_bank() as bank:
            await by_day(bank)
            await bank.imported(line | {"electronicBanking": "active", "cards": cards, "access": BOTH})
            front = await recovering(bank, "17000001")
            for _ in range(3):
                assert (await front.validate_card(WRONG, "1030")).status_code == 401
            assert (await front.validate_card(NIP, "1130")).status_code == 422
            await bank.house.administration.reset_counters("17000001", "identified", "ana")
            for expires in ("1030", "1130"):
                assert (await front.validate_card(NIP, expires)).status_code == 422
            await bank.house.administration.unlock("17000001", "identified", "ana", Lifter.HELP_DESK)
            for expires in ("1030", "1130"):
                assert (await front.validate_card(NIP, expires)).status_code == 204

    asyncio.run(story())


def test_nothing_else_that_is_counted_by_the_day_begins_anew(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await by_day(bank)
            for _ in range(2):
                front = await recovering(bank)
                for _ in range(3):
                    assert (await front.validate_phone("5500000000")).status_code != 204
            await bank.house.administration.unlock(USER, "identified", "ana")
            answer = await (await recovering(bank)).validate_phone("5515000010")
            assert answer.json()["code"] == "DayError"

    asyncio.run(story())
