"""The risk engine locks an access preventively: shut, told and audited, opened by an officer alone."""

import asyncio
from datetime import timedelta

from tests.conftest import Bank, OpenBank
from tests.front_end import FrontEnd

from aldaba.domain.lockout import Lifter, LockKind
from aldaba.sandbox.bank import PASSWORD
from aldaba.service.audit_tallies import Tally, locks_by_cause

USER = "15000030"
WRONG = "andador99x"


async def arrived(bank: Bank, user: str = USER) -> FrontEnd:
    front = await bank.ready()
    assert (await front.prelogin(user)).status_code == 200
    return front


async def code(front: FrontEnd, secret: str = PASSWORD, user: str = USER) -> str:
    answer = await front.login(user, secret)
    return "OK" if answer.status_code == 200 else str(answer.json()["code"])


async def noted(bank: Bank) -> list[Tally]:
    """The locks that the audit counts, by cause."""
    now = bank.house.clock()
    day = timedelta(days=1)
    return list(await bank.house.store.read(lambda query: locks_by_cause(query, now - day, now + day)))


def test_a_lock_of_the_risk_engine_is_a_preventive_one(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            inside = await arrived(bank)
            assert await code(inside) == "OK"
            front = await arrived(bank)
            await bank.fault("risk", "lock")
            assert [await code(front), await code(front, WRONG)] == ["8006", "8006"]
            await bank.fault("risk", "ok")
            # Later, with the right secret, by other means: shut, and the session that lived has ended.
            assert await code(front) == "8006"
            assert (await inside.logout()).status_code != 204
            front = await arrived(bank)
            assert (await front.prelogin(USER)).json()["nextLoginActionCode"] == 4
            told = (await front.status(USER)).json()
            assert (told["pinDetail"]["pinLocked"], told["passwordDetail"]["passwordLocked"]) == ("I", "I")
            (profile,) = (await bank.house.administration.show(USER)).profiles
            (lock,) = profile.locks
            assert (lock.on, lock.kind, lock.cause, lock.note) == ("access", "I", "risk", "sandbox switch")
            assert profile.failures == 0
            assert [(one.name, one.count) for one in await noted(bank)] == [("login I", 1)]

    asyncio.run(story())


def test_it_is_lifted_by_a_security_officer_alone(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await arrived(bank)
            await bank.fault("risk", "lock")
            assert await code(front) == "8006"
            await bank.fault("risk", "ok")
            await bank.advance("P3D")
            desk = bank.house.administration
            done = await desk.unlock(USER, "asked for", "ana", Lifter.HELP_DESK)
            assert [lock.cause for lock in done.standing] == ["risk"]
            assert await code(front := await arrived(bank)) == "8006"
            done = await desk.unlock(USER, "cleared", "otto", Lifter.SECURITY_OFFICER)
            assert [lock.cause for lock in done.lifted] == ["risk"]
            assert await code(front) == "OK"

    asyncio.run(story())


def test_a_preventive_lock_that_stands_keeps_its_author(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await bank.house.administration.lock(USER, LockKind.PREVENTIVE, "reported stolen", "ana")
            await bank.fault("risk", "lock")
            assert await code(await arrived(bank)) == "8006"
            (profile,) = (await bank.house.administration.show(USER)).profiles
            assert [(lock.cause, lock.note) for lock in profile.locks] == [("operator", "reported stolen")]
            assert "login I" not in [one.name for one in await noted(bank)]

    asyncio.run(story())


def test_a_number_nobody_has_is_locked_alike(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            nobody = "99999990"
            await front.prelogin(nobody)
            await bank.fault("risk", "lock")
            assert await code(front, PASSWORD, nobody) == "8006"
            await bank.fault("risk", "ok")
            front = await bank.ready()
            assert (await front.prelogin(nobody)).json()["nextLoginActionCode"] == 4
            assert await code(front, PASSWORD, nobody) == "8006"

    asyncio.run(story())
