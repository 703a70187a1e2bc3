"""A thread with an event loop, and the two transports that carry requests to a server living in it."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

import httpx

T = TypeVar("T")


class LoopThread:
    """Runs coroutines for whoever asks, from any thread and from any other loop."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="aldaba-server", daemon=True)
        self._thread.start()

    def begin(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The coroutine's result, waited for."""
        return self.begin(work).result()

    def close(self) -> None:
        self.run(self._loop.shutdown_asyncgens())
        self.run(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class ThreadedTransport(httpx.BaseTransport):
    """For ``Client``: hands each request to the server's loop and waits."""

    def __init__(self, loop: LoopThread, inner: httpx.AsyncBaseTransport) -> None:
        self._loop = loop
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return self._loop.run(_exchanged(self._inner, request))


class BridgedTransport(httpx.AsyncBaseTransport):
    """For ``AsyncClient``: the same from another event loop."""

    def __init__(self, loop: LoopThread, inner: httpx.AsyncBaseTransport) -> None:
        self._loop = loop
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return await asyncio.wrap_future(self._loop.begin(_exchanged(self._inner, request)))


async def _exchanged(inner: httpx.AsyncBaseTransport, request: httpx.Request) -> httpx.Response:
    """The whole answer; read here, it may be looked at anywhere."""
    sent = httpx.Request(request.method, request.url, headers=request.headers, content=request.content)
    response = await inner.handle_async_request(sent)
    content = await response.aread()
    return httpx.Response(response.status_code, headers=response.headers, content=content)
