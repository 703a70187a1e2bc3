"""Local servers for tests: a free loopback port, TLS if wanted, and nothing left open afterwards."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(talk: Talk, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Answers the port; each connection is one run of ``talk``, cut off at the end."""
    talks = set[asyncio.Task[None]]()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await talk(reader, writer)
                writer.close()
                await writer.wait_closed()
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(one, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in talks:
            task.cancel()
        if talks:
            await asyncio.wait(talks)
        await server.wait_closed()
        # TLS transports say good-bye in a later turn of the loop.
        await asyncio.sleep(0)


@asynccontextmanager
async def relayed(port: int, tls: ssl.SSLContext) -> AsyncIterator[int]:
    """Puts TLS in front of a server that has none."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            await asyncio.gather(_copied(reader, inner_writer), _copied(inner_reader, writer))
        finally:
            inner_writer.transport.abort()

    async with serving(talk, tls) as outer:
        yield outer


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65_536):
        writer.write(piece)
        await writer.drain()
    writer.close()


def closed_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as spare:
        spare.bind(("127.0.0.1", 0))
        port: int = spare.getsockname()[1]
    return port


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Waits for something to become true; fails when it doesn't."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.001)
