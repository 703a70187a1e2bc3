"""Faults of ours in the middle of logins: no customer is charged for them, and no failure is lost."""

import asyncio
import random

import httpx
from tests.conftest import OpenBank
from tests.front_end import FrontEnd
from tests.races.counted_house import Counted, counted

from aldaba.domain.session import Factor

PASSWORD = "mobile20x"
FAULTS = [
    ("directory", "down"),
    ("directory", "communication"),
    ("database", "down"),
    ("keys", "down"),
    ("risk", "deny"),
]
ROUNDS = 40


def test_nobody_is_charged_for_a_fault_and_nobody_is_locked_by_one(open_bank: OpenBank) -> None:
    async def story() -> None:
        chance = random.Random(20)  # noqa: S311 - a drawn order, the same every time
        async with open_bank() as opened, counted(opened) as house:
            for _ in range(ROUNDS):
                fronts = await ready(house, 5)
                logins = [asyncio.create_task(front.login("15000030", PASSWORD)) for front in fronts]
                for _ in range(chance.randrange(40)):
                    await asyncio.sleep(0)
                part, mode = chance.choice(FAULTS)
                house.faults.switch(part, mode)
                answers = await asyncio.gather(*logins)
                house.faults.modes.clear()
                for answer in answers:
                    assert outcome(answer) in {
                        "200",
                        "8008",
                        "8006",
                        "8005",
                        "backendError",
                        "serverUnavailable",
                    }
                guard = house.guard("15000030", Factor.PASSWORD)
                assert (guard.failures, guard.lock) == (0, None)
                if guard.pending:
                    # The database was away when the attempt was to be given back: this one counts as a crash.
                    assert (part, mode) == ("database", "down")
                await free(house)

    asyncio.run(story())


def test_a_failure_answered_between_faults_is_counted_and_one_that_was_not_may_be(
    open_bank: OpenBank,
) -> None:
    async def story() -> None:
        chance = random.Random(7)  # noqa: S311 - a drawn order, the same every time
        async with open_bank() as opened, counted(opened) as house:
            for _ in range(ROUNDS // 2):
                fronts = await ready(house, 4)
                logins = [
                    asyncio.create_task(front.login("15000030", f"malo{n}clave"))
                    for n, front in enumerate(fronts)
                ]
                for _ in range(chance.randrange(40)):
                    await asyncio.sleep(0)
                part, mode = chance.choice(FAULTS[:-1])
                house.faults.switch(part, mode)
                answers = [outcome(answer) for answer in await asyncio.gather(*logins)]
                house.faults.modes.clear()
                guard = house.guard("15000030", Factor.PASSWORD)
                wrong = answers.count("6666")
                assert guard.lock is None
                assert guard.failures == wrong
                assert not guard.pending or (part, mode) == ("database", "down")
                await free(house)

    asyncio.run(story())


async def ready(house: Counted, many: int) -> list[FrontEnd]:
    fronts = [await house.bank.ready() for _ in range(many)]
    for front in fronts:
        assert (await front.prelogin("15000030")).status_code == 200
    return fronts


def outcome(answer: httpx.Response) -> str:
    code: str = answer.json()["code"] if answer.status_code >= 400 else str(answer.status_code)
    return code


def profile_id(house: Counted) -> str:
    profile = house.profile("15000030")
    assert profile is not None
    return profile.ccs_id


async def free(house: Counted) -> None:
    """Forget the profile, whatever session it still has: the next prelogin makes it anew."""
    ccs_id = profile_id(house)
    await house.house.store.run(lambda act: act.profiles.remove(ccs_id))
