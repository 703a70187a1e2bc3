"""Connections whose headers are too long or never end are closed; everybody else is served."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from aldaba.cli.http_protocol import MAX_HEAD_BYTES, PatientProtocol

REQUEST = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 70000\r\n"


class Hasty(PatientProtocol):
    head_seconds = 0.2


async def echo(_scope: Any, receive: Any, send: Any) -> None:
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    body = str(size).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def serving(protocol: type[PatientProtocol]) -> AsyncIterator[int]:
    config = uvicorn.Config(echo, port=0, http=protocol, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        await server.shutdown()


async def told(reader: asyncio.StreamReader) -> bytes:
    """Everything until the server closes the connection, whichever way it does."""
    got = b""
    try:
        while chunk := await asyncio.wait_for(reader.read(65536), 10):
            got += chunk
    except ConnectionError:
        pass
    return got


async def answer(reader: asyncio.StreamReader) -> bytes:
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    return head[:15] + await asyncio.wait_for(reader.readexactly(5), 10)


def test_headers_that_never_end_close_the_connection() -> None:
    async def story() -> None:
        async with serving(Hasty) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(REQUEST)
            assert await told(reader) == b""
            writer.close()

    asyncio.run(story())


def test_so_does_a_later_request_on_the_same_connection_and_silence_from_the_start() -> None:
    async def story() -> None:
        async with serving(Hasty) as port:
            silent, unused = await asyncio.open_connection("127.0.0.1", port)
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(REQUEST + b"\r\n" + b"x" * 70_000)
            assert await answer(reader) == b"HTTP/1.1 200 OK70000"
            writer.write(REQUEST)
            assert await told(reader) == b""
            assert await told(silent) == b""
            for one in (writer, unused):
                one.close()

    asyncio.run(story())


def test_headers_past_the_cap_close_the_connection_and_a_long_body_does_not() -> None:
    async def story() -> None:
        async with serving(PatientProtocol) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for _ in range(3):
                writer.write(REQUEST + b"\r\n")
                await writer.drain()
                writer.write(b"x" * 70_000)
                assert await answer(reader) == b"HTTP/1.1 200 OK70000"
            writer.write(REQUEST)
            for _ in range(MAX_HEAD_BYTES // 1024 + 1):
                writer.write(b"X-Long: " + b"a" * 1014 + b"\r\n")
            assert await told(reader) == b""
            writer.close()

    asyncio.run(story())
