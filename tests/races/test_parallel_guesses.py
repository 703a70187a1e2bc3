"""Many attempts at once: no guess gets an extra look, and nobody who is right is locked out by it."""

import asyncio
from collections import Counter

import httpx
from tests.conftest import Bank, OpenBank
from tests.front_end import FrontEnd
from tests.races.counted_house import counted
from tests.scorecard.card import Card

from aldaba.domain.lockout import LockKind
from aldaba.domain.session import Factor

PIN, PASSWORD = "30203021", "mobile20x"


def codes(answers: list[httpx.Response]) -> Counter[str]:
    """How often each outcome came: the error's code, or the status where there is none."""
    return Counter(
        answer.json()["code"] if answer.status_code >= 400 else str(answer.status_code) for answer in answers
    )


async def identified(
    bank: Bank, customer: str, *, channel: str = "MOVIL", documented: bool = False
) -> FrontEnd:
    front = await bank.ready(channel=channel, documented=documented)
    assert (await front.prelogin(customer)).status_code == 200
    return front


def test_two_hundred_wrong_pins_at_once_get_five_looks_and_one_lock(open_bank: OpenBank, card: Card) -> None:
    async def story() -> None:
        async with open_bank() as opened, counted(opened) as house:
            fronts = [
                await identified(house.bank, "15000030", channel=channel, documented=documented)
                for channel in ("MOVIL", "BNE")
                for documented in (False, True)
            ]
            house.reset()
            guesses = [fronts[n % 4].login("15000030", f"4{n:07}", "pin") for n in range(200)]
            answers = await asyncio.gather(*guesses)
            assert len(house.hasher.looked) == 200
            card.at_most(
                "Guessing", "looks at a PIN, 200 guesses at once over 4 sessions", 5, len(house.hasher.real)
            )
            assert len(house.hasher.real) <= 5
            assert set(codes(answers)) == {"6666", "8006"}
            assert codes(answers)["6666"] == 4
            guard = house.guard("15000030", Factor.PIN)
            assert guard.lock is not None
            assert guard.lock.kind is LockKind.DAY
            assert (guard.failures, guard.pending, len(guard.day_locks)) == (5, (), 1)
            assert (await fronts[0].login("15000030", PIN, "pin")).json()["code"] == "8006"
            assert len(house.hasher.real) <= 5

    asyncio.run(story())


def test_twenty_right_passwords_at_once_open_one_session_and_leave_no_lock(
    open_bank: OpenBank, card: Card
) -> None:
    async def story() -> None:
        async with open_bank() as opened, counted(opened) as house:
            fronts = [await identified(house.bank, "15000030") for _ in range(20)]
            answers = await asyncio.gather(*(front.login("15000030", PASSWORD) for front in fronts))
            found = codes(answers)
            card.exactly("Steps and sessions", "sessions that 20 right logins at once open", 1, found["200"])
            assert found["200"] == 1
            assert set(found) <= {"200", "8008", "8006"}
            guard = house.guard("15000030", Factor.PASSWORD)
            assert (guard.failures, guard.pending, guard.lock) == (0, (), None)
            winner = next(
                front for front, answer in zip(fronts, answers, strict=True) if answer.status_code == 200
            )
            assert (await winner.logout()).status_code == 204
            assert (await fronts[0].login("15000030", PASSWORD)).status_code in {200, 401}
            again = await identified(house.bank, "15000030")
            if fronts[0] is winner or codes([answers[0]])["200"] == 0:
                assert (await again.login("15000030", PASSWORD)).json().get("code") in {None, "8008"}

    asyncio.run(story())


def test_guesses_beside_the_right_password_never_exceed_five_looks_between_two_successes(
    open_bank: OpenBank, card: Card
) -> None:
    async def story() -> None:
        async with open_bank() as opened, counted(opened) as house:
            fronts = [await identified(house.bank, "15000030") for _ in range(4)]
            secrets = [PASSWORD if n == 7 else f"guess{n:03}x" for n in range(40)]
            answers = await asyncio.gather(
                *(fronts[n % 4].login("15000030", secret) for n, secret in enumerate(secrets))
            )
            # One success gives back the four looks before it at most: nine wrong looks and the right one.
            card.at_most(
                "Guessing",
                "looks at a password beside one success, 40 guesses at once",
                10,
                len(house.hasher.real),
            )
            assert len(house.hasher.real) <= 10
            assert codes(answers)["200"] <= 1
            assert house.guard("15000030", Factor.PASSWORD).lock is not None

    asyncio.run(story())
