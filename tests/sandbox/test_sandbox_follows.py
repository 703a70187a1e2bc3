"""A node goes by the newest state of the sandbox's clock and switches, however late an answer comes."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from aldaba.sandbox.clock import SandboxClock
from aldaba.sandbox.faults import Faults
from aldaba.sandbox.switches import Switches
from aldaba.service.ports import Transaction
from aldaba.store.memory import MemoryStore

T = TypeVar("T")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class LateAnswers:
    """A store whose first answer to a question is held back."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._held = True
        self.asked, self.released = asyncio.Event(), asyncio.Event()

    async def run(self, act: Callable[[Transaction], T]) -> T:
        return await self._store.run(act)

    async def read(self, query: Callable[[Transaction], T]) -> T:
        answer = await self._store.read(query)
        if self._held:
            self._held = False
            self.asked.set()
            await self.released.wait()
        return answer


async def released_at_last(late: LateAnswers, *looks: "asyncio.Task[None]") -> None:
    for _ in range(20):
        await asyncio.sleep(0)
    late.released.set()
    await asyncio.gather(*looks)


def test_a_clock_is_not_turned_back_by_an_answer_that_was_long_on_its_way() -> None:
    async def story() -> None:
        store = MemoryStore(lambda: NOW)
        late = LateAnswers(store)
        ours, theirs = SandboxClock(lambda: NOW), SandboxClock(lambda: NOW)
        first = asyncio.create_task(ours.load(late))
        await late.asked.wait()
        assert await theirs.advance(store, HOUR)
        second = asyncio.create_task(ours.load(late))
        await released_at_last(late, first, second)
        assert ours() == NOW + HOUR

    asyncio.run(story())


def test_a_switch_is_not_turned_back_by_an_answer_that_was_long_on_its_way() -> None:
    async def story() -> None:
        store = MemoryStore(lambda: NOW)
        late = LateAnswers(store)
        faults = Faults()
        ours, theirs = Switches(faults, late), Switches(Faults(), store)
        assert await theirs.turn("cards", "down")
        first = asyncio.create_task(ours.load())
        await late.asked.wait()
        assert await theirs.turn("cards", "slow")
        second = asyncio.create_task(ours.load())
        await released_at_last(late, first, second)
        assert faults.modes == {"cards": "slow"}

    asyncio.run(story())


def test_switches_turned_at_two_nodes_at_once_are_both_on() -> None:
    async def story() -> None:
        store = MemoryStore(lambda: NOW)
        ours, theirs = Faults(), Faults()
        here, there = Switches(ours, store), Switches(theirs, store)
        assert all(await asyncio.gather(here.turn("cards", "down"), there.turn("risk", "deny")))
        assert await here.turn("cards", "no such mode") is False
        for node in (here, there):
            await node.load()
        assert ours.modes == theirs.modes == {"cards": "down", "risk": "deny"}
        await here.clear()
        await there.load()
        assert ours.modes == theirs.modes == {}

    asyncio.run(story())
