"""Charges: what is given back, in which order, and how often."""

import asyncio
from collections.abc import Callable, Coroutine

import pytest

from aldaba.domain.refusals import HouseUnavailable
from aldaba.service.charges import Charges


class Ours(Exception):
    """A fault of the house."""


class Till:
    """Writes down what was charged and given back; ``gate`` holds every answer up."""

    def __init__(self) -> None:
        self.book: list[str] = []
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def charge(self, name: str, *, granted: bool = True) -> bool:
        self.book.append(name)
        self.begun.set()
        await self.gate.wait()
        return granted

    async def give_back(self, name: str) -> None:
        await self.gate.wait()
        self.book.append(f"-{name}")

    def undoing(self, name: str) -> Callable[[object], Coroutine[object, object, None]]:
        return lambda _: self.give_back(name)


def told(story: Callable[[Till], Coroutine[object, object, None]]) -> list[str]:
    async def all_of_it() -> list[str]:
        till = Till()
        await story(till)
        return till.book

    return asyncio.run(all_of_it())


async def judged(till: Till, *, settled: bool) -> None:
    async with Charges() as charges:
        assert await charges.made(till.charge("session"), till.undoing("session"))
        assert await charges.made(till.charge("day"), till.undoing("day"))
        assert not await charges.made(till.charge("none", granted=False), till.undoing("none"))
        if settled:
            await charges.settled(till.charge("verdict"))
        raise Ours


def test_a_fault_gives_back_what_was_granted_the_last_first() -> None:
    async def story(till: Till) -> None:
        with pytest.raises(Ours):
            await judged(till, settled=False)

    assert told(story) == ["session", "day", "none", "-day", "-session"]


def test_what_is_settled_is_not_given_back() -> None:
    async def story(till: Till) -> None:
        with pytest.raises(Ours):
            await judged(till, settled=True)

    assert told(story) == ["session", "day", "none", "verdict"]


def test_a_settling_that_fails_settles_nothing() -> None:
    async def failing() -> None:
        raise Ours

    async def settling(till: Till) -> None:
        async with Charges() as charges:
            await charges.made(till.charge("day"), till.undoing("day"))
            await charges.settled(failing())

    async def story(till: Till) -> None:
        with pytest.raises(Ours):
            await settling(till)

    assert told(story) == ["day", "-day"]


def test_a_store_that_is_away_for_one_still_gives_back_the_others() -> None:
    async def away(_: object) -> None:
        raise HouseUnavailable("database")

    async def failing(till: Till) -> None:
        async with Charges() as charges:
            await charges.made(till.charge("session"), till.undoing("session"))
            await charges.made(till.charge("day"), away)
            raise Ours

    async def story(till: Till) -> None:
        with pytest.raises(Ours):
            await failing(till)

    assert told(story) == ["session", "day", "-session"]


@pytest.mark.parametrize("cancellations", [1, 3])
def test_however_often_it_is_cancelled_a_charge_in_the_making_is_given_back(cancellations: int) -> None:
    async def reserving(till: Till) -> None:
        async with Charges() as charges:
            await charges.made(till.charge("day"), till.undoing("day"))

    async def story(till: Till) -> None:
        await cancelled(till, reserving(till), cancellations)

    assert told(story) == ["day", "-day"]


@pytest.mark.parametrize("cancellations", [1, 3])
def test_however_often_it_is_cancelled_a_verdict_in_the_making_stands(cancellations: int) -> None:
    async def settling(till: Till) -> None:
        async with Charges() as charges:
            charges.hold(lambda: till.give_back("day"))
            await charges.settled(till.charge("verdict"))

    async def story(till: Till) -> None:
        await cancelled(till, settling(till), cancellations)

    assert told(story) == ["verdict"]


async def cancelled(till: Till, calling: Coroutine[object, object, None], times: int) -> None:
    till.gate.clear()
    caller = asyncio.ensure_future(calling)
    await till.begun.wait()
    for _ in range(times):
        caller.cancel()
        await asyncio.sleep(0)
        assert not caller.done()
    till.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await caller
