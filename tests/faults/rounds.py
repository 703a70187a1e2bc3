"""One round: front ends at work, a fault, its end, how soon each node serves, the books compared."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import httpx
from tests.crash.served import Served
from tests.faults.balancer import PATIENCE_SECONDS, Balancer
from tests.faults.book import Book, Broken, Customer
from tests.faults.checking import check
from tests.faults.ground import Ground
from tests.faults.kinds import Kind
from tests.faults.load import Load
from tests.front_end import FrontEnd

BEFORE, AFTER = 40, 30
"""Answers that are waited for before the fault begins, and after all of it must be over."""
BACK_SECONDS = 5.0
LONGEST_SECONDS = 40.0
TICK_SECONDS = 0.02


@dataclass(slots=True)
class Found:
    """What so many rounds came to."""

    rounds: int = 0
    answers: int = 0
    unavailable: int = 0
    cut: int = 0
    longest: float = 0.0
    """Seconds from a part's coming back to the first success of the node that took longest."""
    slowest: float = 0.0
    """Seconds of the slowest answer."""
    did: Counter[str] = field(default_factory=Counter)


async def play(ground: Ground, kind: Kind, rounds: int) -> Found:
    """Raises ``Broken`` at the first promise that is not kept."""
    found, customers = Found(), ground.customers()
    for number in range(rounds):
        book = Book()
        took = await _round(ground, kind, book, customers, seed=number)
        found.did += book.did + await check(ground, book, sessions_may_end=kind.ends_sessions)
        found.rounds += 1
        found.answers += len(book.answers)
        found.unavailable += sum(answer.status >= 500 for answer in book.answers)
        found.cut += book.cut
        found.slowest = max(found.slowest, *(answer.seconds for answer in book.answers))
        found.longest = max(found.longest, took)
    return found


async def _round(ground: Ground, kind: Kind, book: Book, customers: Iterator[Customer], seed: int) -> float:
    transport = Balancer(ground.nodes, book, ground.resting)
    chance = random.Random(seed)  # noqa: S311 - a drawn order, the same every time
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1", timeout=PATIENCE_SECONDS
    ) as http:
        load = Load(http, transport, ground.nodes[0].credentials(), book, customers, chance)
        await load.start()
        try:
            took = await _struck(ground, kind, book, load)
            await load.end()
        finally:
            await load.abandon()
    load.check()
    return took


async def _struck(ground: Ground, kind: Kind, book: Book, load: Load) -> float:
    await _reached(load, lambda: len(book.answers) >= BEFORE)
    _demand_served(book, 0.0)
    book.sessions_may_end = kind.ends_sessions
    async with kind.fault(ground):
        until = time.monotonic() + kind.seconds
        await _reached(load, lambda: time.monotonic() >= until)
    calm = time.monotonic() + BACK_SECONDS
    took = max(await asyncio.gather(*(_first_success(ground, node) for node in ground.nodes)))
    if took > BACK_SECONDS:
        raise Broken(f"{took:.1f} s from the end of the fault to the first success")
    await _reached(load, lambda: sum(answer.began > calm for answer in book.answers) >= AFTER)
    _demand_served(book, calm)
    return took


def _demand_served(book: Book, since: float) -> None:
    """Before the fault, and when its time is over, nobody is told that the house is unavailable."""
    away = [answer for answer in book.answers if answer.began > since and answer.status >= 500]
    if away:
        raise Broken(f"unavailable without a fault: {away}")


async def _reached(load: Load, there: Callable[[], bool]) -> None:
    """Wait for what the front ends at work bring about."""
    until = time.monotonic() + LONGEST_SECONDS
    while not there():
        load.check()
        if time.monotonic() > until:
            raise Broken(f"not reached within {LONGEST_SECONDS:.0f} s")
        await asyncio.sleep(TICK_SECONDS)


async def _first_success(ground: Ground, node: Served) -> float:
    """Seconds until a session is opened at this node, which takes the database and the sessions both."""
    began = time.monotonic()
    async with httpx.AsyncClient(base_url=node.url, timeout=PATIENCE_SECONDS) as http:
        while time.monotonic() < began + LONGEST_SECONDS:
            front = FrontEnd(http, *ground.nodes[0].credentials())
            with suppress(AssertionError):  # nobody can sign in yet
                await front.sign_in()
                if (await front.call("retrieve_public_key")).status_code == 200:
                    return time.monotonic() - began
            await asyncio.sleep(TICK_SECONDS)
    raise Broken(f"no success within {LONGEST_SECONDS:.0f} s of the fault's end")
