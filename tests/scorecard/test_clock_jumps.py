"""The clock is set forward or back under a running house: nothing counts twice, falls or opens too early."""

import asyncio
from collections import Counter
from datetime import timedelta
from itertools import count, cycle, islice

import httpx
from tests.conftest import Bank, OpenBank
from tests.races.ledger import Ledger
from tests.recovery_front_end import (
    Recovering,
    customer_line,
    done,
    entered,
    identified,
    imported,
    with_code,
)
from tests.scorecard.card import Card

from aldaba.sandbox.bank import PASSWORD
from aldaba.sandbox.clock import STATE, SandboxClock
from aldaba.service.ports import Transaction

JUMPS = ((1 / 6,), (-1 / 6,), (1,), (-1,), (48,), (-48,), (1, -1), (1.9, -1.9), (-48, 48))
"""Hours by which the clock is set, and where it is set back again what comes after a sweep."""
FAILURES = 3
NUMBERS = count(77_500_001)


async def jump(bank: Bank, hours: float) -> None:
    """As the machine's clock does when somebody sets it; the sandbox's own route only goes forward."""
    clock, store = bank.house.clock, bank.house.store
    assert isinstance(clock, SandboxClock)

    def act(transaction: Transaction) -> None:
        offset = timedelta(seconds=float(transaction.house.get(STATE) or 0)) + timedelta(hours=hours)
        transaction.house.put(STATE, str(offset.total_seconds()))

    await store.run(act)
    await clock.load(store)


class Before:
    """What was spent, counted and locked before a jump; afterwards each is tried again."""

    def __init__(self, bank: Bank, seen: Counter[str]) -> None:
        self._bank, self._seen = bank, seen
        self._guessed, self._locked, self._spender = (str(next(NUMBERS)) for _ in range(3))

    async def prepare(self) -> None:
        names = (self._guessed, self._locked, self._spender)
        await imported(self._bank, *(customer_line(number) for number in names))
        for number, many in ((self._guessed, FAILURES), (self._locked, 5)):
            front = await identified(self._bank, number)
            for n in range(many):
                assert (await front.login(number, f"malo{n:05}x")).status_code == 401
        self._code_front, self._code = await with_code(self._bank, self._spender)
        done(await self._code_front.new_access(self._code))
        self._ended = await entered(self._bank, self._spender, "puente47rojo")
        self._asked = self._ended.headers(sid=None)
        done(await self._ended.call("retrieve_public_key", headers=self._asked, keep_sid=False))
        done(await self._ended.logout())

    async def again(self, hours: float) -> None:
        self._refused("code", await self._code_front.new_access(self._code, "puente48rojo"))
        self._refused("ended session", await self._ended.status(self._spender))
        request = await self._ended.call("retrieve_public_key", headers=self._asked, keep_sid=False)
        self._refused("request id", request)
        failures = Ledger(self._bank).profile(self._guessed).failures
        self._seen["counters that fell"] += failures < FAILURES
        if hours < 24:
            front = await identified(self._bank, self._locked)
            locked = await front.login(self._locked, PASSWORD)
            self._seen["locks opened early"] += locked.status_code == 200
            self._seen["looked at"] += 1

    def _refused(self, what: str, answer: httpx.Response) -> None:
        self._seen["looked at"] += 1
        if answer.status_code < 400:
            self._seen[f"taken twice: {what}"] += 1
        self._seen["faults"] += answer.status_code >= 500


async def goes_on(bank: Bank, seen: Counter[str]) -> None:
    """Who comes after the jump is served as ever."""
    number = str(next(NUMBERS))
    await imported(bank, customer_line(number))
    try:
        front: Recovering = await entered(bank, number)
        done(await front.logout())
    except AssertionError:
        seen["fresh journeys that failed"] += 1


def test_whatever_the_clock_does_nothing_counts_twice(open_bank: OpenBank, card: Card) -> None:
    jumps = card.either(len(JUMPS), 180)

    async def story() -> Counter[str]:
        seen = Counter[str]()
        async with open_bank() as bank:
            house = bank.house
            for each, steps in enumerate(islice(cycle(JUMPS), jumps)):
                before = Before(bank, seen)
                await before.prepare()
                for step in steps:
                    await house.sessions.sweep(house.clock())
                    await jump(bank, step)
                    await house.sessions.sweep(house.clock())
                await before.again(sum(steps))
                await goes_on(bank, seen)
                card.progress(each + 1, jumps, "jumps of the clock")
        return seen

    seen = asyncio.run(story())
    looked = seen.pop("looked at")
    broken = +seen
    card.tell(
        "Durability",
        f"things taken twice, counters fallen, locks opened early, journeys failed over {jumps} clock jumps",
        reach=0,
        measured="; ".join(
            [f"{broken.total()} of {looked} looks", *(f"{what} ×{n}" for what, n in broken.items())]
        ),
        kept=not broken and looked >= 3 * jumps,
    )
