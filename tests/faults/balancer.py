"""The way of every request to the nodes: in turn, fifty a second, each answer written down."""

import asyncio
import time
from collections.abc import Container
from itertools import cycle

import httpx
from tests.crash.served import Served
from tests.faults.book import Answer, Book, Broken

PER_SECOND = 50
PATIENCE_SECONDS = 15.0
"""The server promises an answer in ten; who waits longer has lost it."""


class Balancer(httpx.AsyncBaseTransport):
    """Knows nothing of what stands or lies: a node that is down refuses, and the request is lost.

    But to one that rests it was told to send nothing.
    """

    def __init__(self, nodes: tuple[Served, ...], book: Book, resting: Container[Served] = ()) -> None:
        self._turns = cycle(enumerate(nodes))
        self._resting = resting
        self._book = book
        self._next = time.monotonic()
        self._inner = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=256))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self._pace()
        number, node = next(turn for turn in self._turns if turn[1] not in self._resting)
        request.url = request.url.copy_with(port=node.port)
        request.headers["Host"] = f"127.0.0.1:{node.port}"
        began = time.monotonic()
        try:
            answer = await self._inner.handle_async_request(request)
            await answer.aread()
        except httpx.TransportError:
            self._book.cut += 1
            raise
        if request.url.path.startswith("/api/"):
            self._noted(request, answer, number, began)
        return answer

    @property
    def free(self) -> bool:
        """Whether somebody who asked now would be next."""
        return self._next <= time.monotonic()

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _pace(self) -> None:
        # What could not be asked in time is not made up for: fifty a second, never more.
        self._next = max(self._next + 1 / PER_SECOND, time.monotonic())
        await asyncio.sleep(self._next - time.monotonic())

    def _noted(self, request: httpx.Request, answer: httpx.Response, node: int, began: float) -> None:
        self._book.answers.append(
            Answer(node, answer.status_code, request.url.path, began, time.monotonic() - began)
        )
        if answer.status_code >= 500:
            documented(request.url.path, answer)
        uuid = request.headers.get("uuid")
        if uuid and answer.status_code < 300:
            self._book.accepted(uuid, request.headers.get("sid"))


def documented(path: str, answer: httpx.Response) -> None:
    """The one answer that there is for a fault of the house's own; a sign-in's is RFC 6749's."""
    told = answer.json() if answer.headers.get("content-type", "").startswith("application/json") else {}
    if path.startswith("/api/v1/oauth/"):
        known = (answer.status_code, told.get("error")) == (503, "temporarily_unavailable")
    else:
        found = answer.status_code, told.get("code"), told.get("type")
        known = found == (500, "serverUnavailable", "fatal")
    if not known:
        raise Broken(f"{path}: {answer.status_code} {answer.text[:200]}")
