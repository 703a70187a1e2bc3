"""A new password that is under way when its session turns: what was proved there no longer sets it."""

import asyncio

import pytest
from tests.conftest import Bank, OpenBank
from tests.races.counted_house import Counted, counted
from tests.races.ledger import Ledger
from tests.recovery_front_end import (
    NEW_PASSWORD,
    Recovering,
    customer_line,
    done,
    entered,
    imported,
    newest_code,
    proved,
    told,
)

CUSTOMER, OTHER = "15000031", "73000009"


async def brought_a_code(opened: Bank, house: Counted) -> tuple[Recovering, str]:
    """A session that needs only the code it brings; messages are read at the bank the house was made from."""
    front = await proved(house.bank, CUSTOMER)
    done(await front.send())
    return front, await newest_code(opened, CUSTOMER)


async def under_way(house: Counted, front: Recovering, code: str) -> "asyncio.Task[str]":
    """A new access whose code has proved right and whose password is being hashed."""
    house.hasher.fresh.clear()
    house.hasher.hashing.clear()

    async def setting() -> str:
        return told(await front.new_access(code, NEW_PASSWORD))

    task = asyncio.create_task(setting())
    async with asyncio.timeout(10):
        await house.hasher.hashing.wait()
    return task


@pytest.mark.parametrize("whom", [CUSTOMER, OTHER], ids=["the same customer", "another"])
def test_a_session_identified_anew_meanwhile_sets_nothing_and_is_charged_nothing(
    open_bank: OpenBank, whom: str
) -> None:
    async def story() -> None:
        async with open_bank() as opened, counted(opened) as house:
            await imported(opened, customer_line(OTHER))
            front, code = await brought_a_code(opened, house)
            before = Ledger(house.bank).profile(CUSTOMER)
            setting = await under_way(house, front, code)
            done(await front.identify(whom))
            house.hasher.fresh.set()
            assert await setting == "401 credentialValidtionFailed invalid"
            after = Ledger(house.bank).profile(CUSTOMER)
            assert after.password == before.password
            assert (after.failures, Ledger(house.bank).codes(CUSTOMER)) == (0, 0)
            done(await (await entered(house.bank, CUSTOMER)).logout())

    asyncio.run(story())


def test_undisturbed_it_is_set(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as opened, counted(opened) as house:
            front, code = await brought_a_code(opened, house)
            setting = await under_way(house, front, code)
            house.hasher.fresh.set()
            assert (await setting).startswith("204")
            done(await (await entered(house.bank, CUSTOMER, NEW_PASSWORD)).logout())

    asyncio.run(story())
