"""Neither a card's expiry date nor that a number became somebody's is told by what guesses come to."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from tests.conftest import Bank, OpenBank
from tests.races.counted_house import Counted, counted
from tests.recovery_front_end import EXPIRES, customer_line, identified, imported, told

from aldaba.domain.lockout import Guard, Reservation
from aldaba.domain.recovery import every_card
from aldaba.service.ports import Transaction

CUSTOMER, NOBODY = "15000030", "77000601"
WRONG_DATE = "0131"
WRONG, LOCKED = "401", "422"


async def tries(bank: Bank, customer: str, *dates: str, nip: str = "9999") -> list[str]:
    """What a try at the card answers with each of these expiry dates, in one session."""
    front = await identified(bank, customer)
    return [told(await front.card(nip, date))[:3] for date in dates]


def test_a_wrong_expiry_date_uses_up_what_a_right_one_does(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as opened, counted(opened) as house:
            await house.morning()
            assert await tries(house.bank, CUSTOMER, WRONG_DATE, WRONG_DATE) == [WRONG, WRONG]
            await house.morning()
            assert await tries(house.bank, CUSTOMER, WRONG_DATE) == [WRONG]
            dates = (EXPIRES, WRONG_DATE, "0231")
            assert await tries(house.bank, CUSTOMER, *dates) == [LOCKED] * 3

    asyncio.run(story())


def test_a_date_tried_day_after_day_answers_the_same_right_or_wrong(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as opened, counted(opened) as house:
            for tried in (EXPIRES, WRONG_DATE):
                await imported(house.bank, customer_line(number := f"150099{len(tried)}{tried[0]}"))
                seen = []
                for _ in range(4):
                    await house.morning()
                    seen.append(await tries(house.bank, number, tried, "0331", "0431", tried))
                assert seen == [[WRONG] * 3 + [LOCKED]] * 4
                await house.morning()
                assert await tries(house.bank, number, tried, tried, tried, "0331") == seen[0]

    asyncio.run(story())


def test_a_right_nip_begins_every_count_anew(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as opened, counted(opened) as house:
            await house.morning()
            assert await tries(house.bank, CUSTOMER, EXPIRES, WRONG_DATE) == [WRONG, WRONG]
            assert await tries(house.bank, CUSTOMER, EXPIRES, nip="1234") == ["204"]
            await house.morning()
            assert await tries(house.bank, CUSTOMER, EXPIRES, EXPIRES) == [WRONG, WRONG]
            assert await tries(house.bank, CUSTOMER, EXPIRES, nip="1234") == ["204"]

    asyncio.run(story())


def test_cards_of_nobody_are_counted_over_midnight_like_a_customers(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as opened, counted(opened) as house:
            await house.morning()
            for customer in (CUSTOMER, NOBODY):
                assert await tries(house.bank, customer, EXPIRES, EXPIRES) == [WRONG, WRONG]
            await house.morning()
            for customer in (CUSTOMER, NOBODY):
                assert await tries(house.bank, customer, EXPIRES, EXPIRES) == [WRONG, LOCKED]

    asyncio.run(story())


async def guesses(bank: Bank, name: str, times: int) -> list[str]:
    front = await bank.ready()
    return [(await front.login(name, f"malo{n:05}x")).json()["code"] for n in range(times)]


def test_a_lock_stands_when_the_number_becomes_a_customers(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as opened, counted(opened) as house:
            await house.morning()
            assert (await guesses(house.bank, NOBODY, 6))[-1] == "8006"
            assert await tries(house.bank, NOBODY, *[EXPIRES] * 4) == [WRONG] * 3 + [LOCKED]
            await imported(house.bank, customer_line(NOBODY))
            assert await guesses(house.bank, NOBODY, 1) == ["8006"]
            assert await tries(house.bank, NOBODY, EXPIRES) == [LOCKED]
            profile = house.profile(NOBODY)
            assert profile is not None
            assert not profile.decoy
            assert every_card(profile.ccs_id) in profile.cards

    asyncio.run(story())


def test_a_lock_stands_when_the_help_desk_makes_the_profile(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as opened, counted(opened) as house:
            await house.morning()
            await imported(house.bank, customer_line(NOBODY))
            # Without a prelogin there is no profile yet: the guesses are made at a decoy.
            assert (await guesses(house.bank, NOBODY, 6))[-1] == "8006"
            await house.house.administration.end_sessions(NOBODY, "the customer called", "a test")
            assert await guesses(house.bank, NOBODY, 1) == ["8006"]

    asyncio.run(story())


async def left_by_a_crash(house: Counted, guard: Guard) -> None:
    """A try of a moment ago at the customer's cards that nobody will finish, on top of this guard."""
    now = house.house.clock()
    profile = house.profile(CUSTOMER)
    assert profile is not None
    left = replace(guard, pending=(Reservation("left", now),))

    def act(transaction: Transaction) -> None:
        transaction.profiles.save(replace(profile, cards={every_card(profile.ccs_id): left}))

    await house.house.store.run(act)


def test_a_crash_at_the_third_try_locks_the_cards_until_midnight_and_no_longer(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as opened, counted(opened) as house:
            await house.morning()
            assert await tries(house.bank, CUSTOMER, EXPIRES) == [WRONG]
            now = house.house.clock()
            earlier = tuple(now - timedelta(days=days) for days in (2, 1))
            await left_by_a_crash(house, Guard(failures=2, day_locks=earlier))
            await house.advance(timedelta(seconds=11))
            assert await tries(house.bank, CUSTOMER, EXPIRES, nip="1234") == [LOCKED]
            # Ten in the morning: the midnight after it is past, twenty-four hours are not.
            await house.advance(timedelta(hours=15))
            assert await tries(house.bank, CUSTOMER, EXPIRES, nip="1234") == ["204"]

    asyncio.run(story())
