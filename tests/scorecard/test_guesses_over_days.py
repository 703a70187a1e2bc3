"""A patient guesser at every factor, every day for weeks, gets no more looks than the ceiling."""

import asyncio
from datetime import timedelta

from tests.conftest import OpenBank
from tests.races.counted_house import counted
from tests.scorecard.card import Card

CUSTOMER = "15000030"
EACH_DAY = 12


def test_a_guesser_who_comes_every_day_meets_the_ceiling(open_bank: OpenBank, card: Card) -> None:
    days = card.either(12, 60)

    async def story() -> int:
        async with open_bank() as opened, counted(opened) as house:
            await house.morning()
            for day in range(days):
                fronts = [await house.bank.ready(documented=bool(n % 2)) for n in range(2)]
                for front in fronts:
                    await front.prelogin(CUSTOMER)
                guesses = [
                    fronts[n % 2].login(CUSTOMER, f"4{day:03}{n:04}", "pin")
                    if n % 3
                    else fronts[n % 2].login(CUSTOMER, f"malo{day:03}{n:02}x")
                    for n in range(EACH_DAY)
                ]
                await asyncio.gather(*guesses)
                recovery = await house.bank.ready()
                await recovery.prelogin(CUSTOMER, "validate_credentials")
                await asyncio.gather(*(recovery.validate_card(f"9{day:02}{n}") for n in range(4)))
                await house.advance(timedelta(days=1, minutes=1))
            profile = house.profile(CUSTOMER)
            assert profile is not None
            assert profile.failures == len(house.hasher.real)
            return len(house.hasher.real)

    looked = asyncio.run(story())
    told = f"looks at PIN, password and NIP in {days} days, {EACH_DAY + 4} guesses a day by three sessions"
    card.at_most("Guessing", told, 100, looked)
