"""A sandbox whose own database is away says so at its own doors too."""

import asyncio

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aldaba.domain.refusals import HouseUnavailable
from aldaba.sandbox.guard import Guard


async def messages(_: Request) -> Response:
    raise HouseUnavailable("database")


def test_a_database_that_is_away_is_told_with_503() -> None:
    async def story() -> httpx.Response:
        app = Starlette(routes=[Route("/sandbox/messages", Guard(()).guarded(messages))])
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 40000))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as http:
            return await http.get("/sandbox/messages")

    answer = asyncio.run(story())
    assert (answer.status_code, "database is away" in answer.json()["error"]) == (503, True)
