"""Ten times what the server can do, offered for seconds: it does what it can, and tells the rest at once."""

import asyncio
import itertools
import ssl
import time
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
from tests.crash.served import Served, served
from tests.front_end import FrontEnd
from tests.scorecard.card import Card

AT_ONCE = 8
"""Requests served at once."""
BACK_OFF_SECONDS = 0.6
"""What every client should do that is told to come later."""


class Flood:
    """So many front ends, each asking again as soon as it is answered, and what became of it all."""

    def __init__(self, server: Served, clients: int, seconds: float) -> None:
        self._server, self._clients, self._seconds = server, clients, seconds
        self.answers: Counter[int] = Counter()
        self.alive: list[float] = []
        """How long the server took, now and then, to say that it lives."""

    async def run(self) -> None:
        # One pool for all would be searched at each request; what is to be measured is the server.
        trust = ssl.create_default_context()
        async with AsyncExitStack() as stack:

            async def opened() -> httpx.AsyncClient:
                http = httpx.AsyncClient(base_url=self._server.url, timeout=20, verify=trust)
                return await stack.enter_async_context(http)

            fronts = [
                await FrontEnd(await opened(), *self._server.credentials()).ready()
                for _ in range(self._clients)
            ]
            watched, ends = await opened(), time.monotonic() + self._seconds
            asking = (self._ask(front, each, ends) for each, front in enumerate(fronts))
            await asyncio.gather(self._watch(watched, ends), *asking)

    async def _ask(self, front: FrontEnd, which: int, ends: float) -> None:
        # Customers nobody knows: each login costs a verification, and no lock stands in the way of the next.
        numbers = itertools.count(80_000_000 + 100_000 * which)
        while time.monotonic() < ends:
            number = str(next(numbers))
            if await self._served(await front.prelogin(number)):
                await self._served(await front.login(number, "mobile20x"))

    async def _served(self, answer: httpx.Response) -> bool:
        self.answers[answer.status_code] += 1
        if answer.status_code != 500:
            return True
        assert answer.json()["code"] == "serverUnavailable"
        await asyncio.sleep(BACK_OFF_SECONDS)
        return False

    async def _watch(self, http: httpx.AsyncClient, ends: float) -> None:
        while time.monotonic() < ends:
            began = time.monotonic()
            assert (await http.get("/health/live")).status_code == 200
            self.alive.append(time.monotonic() - began)
            await asyncio.sleep(0.1)


def test_ten_times_too_much_costs_little_of_what_it_can_do(tmp_path: Path, card: Card) -> None:
    seconds = card.either(6.0, 120.0)
    # Verifications so dear that they, and not the front ends of this test on the same machine, are the limit.
    limits = {
        "ALDABA__POLICY__THROTTLE__IN_FLIGHT": str(AT_ONCE),
        "ALDABA__POLICY__HASH__MEMORY_KIB": "65536",
        "ALDABA__POLICY__HASH__PASSES": "3",
    }
    with served(tmp_path, **limits) as server:
        before, flood, after = (Flood(server, many, seconds) for many in (AT_ONCE, 10 * AT_ONCE, AT_ONCE))
        for n, each in enumerate((before, flood, after), 1):
            asyncio.run(each.run())
            card.progress(n, 3, "usual, ten-fold and usual load")
        assert set(before.answers) == set(after.answers) == {200, 401}
        assert set(flood.answers) == {200, 401, 500}
        assert flood.answers[500] > 5 * flood.answers[401]
        # The machine may be slower at one time than at another: what it could do is known from both sides.
        could = min(before.answers[401], after.answers[401])
        assert b"Traceback" not in server.output()
    share, alive = flood.answers[401] / could, max(flood.alive)
    card.tell(
        "Load and time",
        f"logins verified under ten-fold load for {seconds:.0f} s, of those at its pace; the health check",
        reach="≥ 80 %, answered within 1 s",
        measured=f"{share:.0%} ({flood.answers[401]} of {could}; {flood.answers[500]} shed), {alive:.2f} s",
        kept=share >= 0.8 and alive < 1.0,
    )
