"""Locks over days, and the year without a login: the sandbox's clock goes forward, the locks follow."""

import asyncio

import pytest
from tests.conftest import Bank, OpenBank
from tests.front_end import FrontEnd

from aldaba.sandbox.bank import PASSWORD, PIN

USER = "15000030"
WRONG = "andador99x"


async def arrived(bank: Bank, user: str = USER) -> FrontEnd:
    front = await bank.ready()
    assert (await front.prelogin(user)).status_code == 200
    return front


async def code(front: FrontEnd, secret: str = PASSWORD, factor: str = "password") -> str:
    """The code of a refused login, or OK."""
    answer = await front.login(USER, secret, factor)
    return "OK" if answer.status_code == 200 else str(answer.json()["code"])


async def locked(front: FrontEnd) -> None:
    assert [await code(front, WRONG) for _ in range(5)] == ["6666"] * 4 + ["8006"]


async def letter(front: FrontEnd) -> str | None:
    """What a branch sees of the password's lock."""
    details = (await front.status(USER)).json()["passwordDetail"]
    lock: str | None = details.get("passwordLocked")
    return lock


async def shut_by_rule(bank: Bank, front: FrontEnd, cause: str) -> None:
    """IVR and branch are told S of both secrets, the help desk S and why."""
    told = (await front.status(USER)).json()
    assert (told["pinDetail"]["pinLocked"], told["passwordDetail"]["passwordLocked"]) == ("S", "S")
    (profile,) = (await bank.house.administration.show(USER)).profiles
    assert ("access", "S", cause) in {(lock.on, lock.kind, lock.cause) for lock in profile.locks}


async def unlocked(bank: Bank, cause: str) -> None:
    """An officer lifts what keeps everything shut, and is told what it was."""
    done = await bank.house.administration.unlock(USER, "identified", "an officer")
    assert ("S", cause) in {(lock.kind, lock.cause) for lock in done.lifted}
    (profile,) = (await bank.house.administration.show(USER)).profiles
    assert profile.locks == ()


def test_a_day_lock_lifts_itself_at_the_same_time_next_day(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await arrived(bank)
            await locked(front)
            assert await letter(front) == "D"
            await bank.advance("PT23H55M")
            front = await arrived(bank)
            assert await code(front) == "8006"
            assert (await front.prelogin(USER)).json()["nextLoginActionCode"] == 4
            await bank.advance("PT5M")
            front = await arrived(bank)
            assert (await front.prelogin(USER)).json()["nextLoginActionCode"] == 1
            assert await letter(front) is None
            assert [await code(front, WRONG) for _ in range(4)] == ["6666"] * 4
            assert await code(front) == "OK"

    asyncio.run(story())


@pytest.mark.parametrize(
    ("between", "third"),
    [("P2D", "S"), ("P14DT23H", "S"), ("P15DT1H", "D")],
    ids=["within days", "just within thirty days", "just over thirty days"],
)
def test_the_third_day_lock_in_thirty_days_stays(open_bank: OpenBank, between: str, third: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await locked(await arrived(bank))
            for _ in range(2):
                await bank.advance(between)
                await locked(front := await arrived(bank))
            assert await letter(front) == third
            await bank.advance("P2D")
            front = await arrived(bank)
            assert await code(front) == ("8006" if third == "S" else "OK")

    asyncio.run(story())


def test_a_lock_that_stays_is_lifted_by_an_operator(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            for user in ("15000015", "15000016", "15000017"):
                await front.prelogin(user)
                assert (await front.login(user, PASSWORD)).json()["code"] == "8006"
                await bank.house.administration.unlock(user, "at the branch", "an officer")
                await front.prelogin(user)
                assert (await front.login(user, PASSWORD)).status_code == 200
                front = await bank.ready()

    asyncio.run(story())


@pytest.mark.parametrize(("waited", "expected"), [("P364D", "OK"), ("P366D", "8006")])
def test_a_year_without_a_login_blocks(open_bank: OpenBank, waited: str, expected: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            assert await code(front := await arrived(bank)) == "OK"
            assert (await front.logout()).status_code == 204
            await bank.advance(waited)
            front = await arrived(bank)
            told = await front.prelogin(USER)
            assert told.json()["nextLoginActionCode"] == (1 if expected == "OK" else 4)
            assert await code(front) == expected
            if expected == "OK":
                assert await letter(front) is None
            else:
                await shut_by_rule(bank, front, "no use")
                await unlocked(bank, "no use")
                assert await letter(front) is None
                assert await code(front, PIN, "pin") == "OK"

    asyncio.run(story())


def test_failures_add_up_over_logins_to_a_ceiling_that_only_an_operator_takes_away(
    open_bank: OpenBank,
) -> None:
    async def story() -> None:
        async with open_bank(**{"policy.lockout.ceiling": "12"}) as bank:
            for _ in range(2):
                front = await arrived(bank)
                assert [await code(front, WRONG) for _ in range(4)] == ["6666"] * 4
                assert await code(front) == "OK"
                assert (await front.logout()).status_code == 204
            front = await arrived(bank)
            assert [await code(front, WRONG) for _ in range(4)] == ["6666"] * 3 + ["8006"]
            for waited in ("PT1S", "P3D"):
                await bank.advance(waited)
                front = await arrived(bank)
                assert await code(front) == "8006"
                assert await code(front, PIN, "pin") == "8006"
                await shut_by_rule(bank, front, "ceiling")
            await unlocked(bank, "ceiling")
            assert await code(front) == "OK"

    asyncio.run(story())
