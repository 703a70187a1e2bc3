"""Attempts spread over sessions, applications, channels and names of one customer count together."""

import asyncio
from datetime import timedelta

from tests.conftest import OpenBank
from tests.front_end import FrontEnd
from tests.races.counted_house import Counted, counted
from tests.scorecard.card import Card

from aldaba.domain.session import Factor
from aldaba.sandbox.bank import card_number

PASSWORD, PIN = "mobile20x", "30203021"
CHANNELS = ("MOVIL", "BNE", "IVR", "KIOSK", "TABLET")


async def identified(
    house: Counted, name: str, *, channel: str = "MOVIL", documented: bool = False
) -> FrontEnd:
    front = await house.bank.ready(channel=channel, documented=documented)
    answer = await front.prelogin(name)
    assert answer.status_code == 200, answer.text
    return front


def test_five_failures_lock_wherever_they_come_from(open_bank: OpenBank, card: Card) -> None:
    async def story() -> None:
        async with open_bank() as opened, counted(opened) as house:
            codes = []
            for n, channel in enumerate(CHANNELS):
                name = card_number("15000030") if n % 2 else "15000030"
                front = await identified(house, name, channel=channel, documented=bool(n % 2))
                codes.append((await front.login("15000030", f"malo{n}clave")).json()["code"])
            assert codes == ["6666"] * 4 + ["8006"]
            card.exactly(
                "Guessing",
                "failures that lock, each from another channel or name",
                5,
                codes.index("8006") + 1,
            )
            front = await identified(house, "15000030")
            assert (await front.login("15000030", PASSWORD)).json()["code"] == "8006"
            # The PIN has a count of its own.
            assert (await front.login("15000030", PIN, "pin")).status_code == 200

    asyncio.run(story())


def test_every_name_of_a_representative_is_one_count(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as opened, counted(opened) as house:
            codes = []
            for n, name in enumerate(
                ["15000021", "15000021-1", card_number("15000021"), "15000021-01", "15000021"]
            ):
                front = await identified(house, name)
                user = name if "-" in name else "15000021"
                codes.append((await front.login(user, f"malo{n}clave")).json()["code"])
            assert codes == ["6666"] * 4 + ["8006"]
            # Of two representatives each has a count of its own.
            for n in range(5):
                await (await identified(house, "15000022-1")).login("15000022-1", f"malo{n}clave")
            other = await identified(house, "15000022-2")
            assert (await other.login("15000022-2", PASSWORD)).status_code == 200

    asyncio.run(story())


def test_a_hundred_failures_over_all_factors_end_in_a_lock_that_no_day_opens(
    open_bank: OpenBank, card: Card
) -> None:
    async def story() -> None:
        async with open_bank() as opened, counted(opened) as house:
            await house.morning()
            failures = 0
            while failures < 96:
                front = await identified(house, "15000030")
                for n in range(4):
                    factor, secret = ("pin", f"4{n:07}") if n % 2 else ("password", f"malo{n}clave")
                    assert (await front.login("15000030", secret, factor)).json()["code"] == "6666"
                failures += 4
                # A success gives back what was counted against the factor, not against the ceiling.
                for factor, secret in (("password", PASSWORD), ("pin", PIN)):
                    front = await identified(house, "15000030")
                    assert (await front.login("15000030", secret, factor)).status_code == 200
                    assert (await front.logout()).status_code == 204
            profile = house.profile("15000030")
            assert profile is not None
            assert profile.failures == 96
            fronts = [await identified(house, "15000030") for _ in range(4)]
            house.reset()
            tries = [(f"4{n:07}", "pin") if n % 2 else (f"malo{n}clave", "password") for n in range(20)]
            guesses = [fronts[n % 4].login("15000030", *each) for n, each in enumerate(tries)]
            codes = [answer.json()["code"] for answer in await asyncio.gather(*guesses)]
            assert len(house.hasher.looked) == 20
            card.exactly(
                "Guessing",
                "failures over all factors until the help desk",
                100,
                failures + len(house.hasher.real),
            )
            assert len(house.hasher.real) == 4
            assert set(codes) <= {"6666", "8006"}
            await house.advance(timedelta(days=3))
            for factor, secret in (("password", PASSWORD), ("pin", PIN)):
                front = await identified(house, "15000030")
                assert (await front.login("15000030", secret, factor)).json()["code"] == "8006"
            await house.house.administration.unlock("15000030", "test", "test")
            front = await identified(house, "15000030")
            assert (await front.login("15000030", PASSWORD)).status_code == 200
            assert house.guard("15000030", Factor.PASSWORD).lock is None

    asyncio.run(story())
