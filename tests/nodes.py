"""The nodes of one house behind a balancer that remembers nobody."""

from collections.abc import Sequence
from itertools import cycle

import httpx

from aldaba.api.app import Door
from aldaba.wiring import House


def balanced(houses: Sequence[House], doors: Sequence[Door]) -> httpx.AsyncClient:
    """A client whose requests these houses take in turn, each by its door."""
    return httpx.AsyncClient(transport=TakingTurns(houses, doors), base_url="http://127.0.0.1:8080")


class TakingTurns(httpx.AsyncBaseTransport):
    """Gives each request to the next node.

    What is switched in a sandbox reaches the other nodes within a fifth of a second; here with the answer.
    """

    def __init__(self, houses: Sequence[House], doors: Sequence[Door]) -> None:
        self._houses = houses
        self._turns = cycle([httpx.ASGITransport(app=door, raise_app_exceptions=True) for door in doors])

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await next(self._turns).handle_async_request(request)
        if request.method == "POST" and request.url.path.startswith("/sandbox"):
            await follow(self._houses)
        return answer


async def follow(houses: Sequence[House]) -> None:
    """Every node goes by the clock and the faults of the last switch."""
    for house in houses:
        assert house.sandbox is not None
        await house.sandbox.follow()
