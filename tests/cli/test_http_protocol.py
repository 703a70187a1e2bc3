"""Connections whose headers are too long or never end are closed; everybody else is served."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from aldaba.cli.http_protocol import MAX_HEAD_BYTES, PatientProtocol, patient

REQUEST = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 70000\r\n"


LARGE = 4 * 1024 * 1024


class Hasty(PatientProtocol):
    head_seconds = body_seconds = write_seconds = 0.2


async def echo(scope: Any, receive: Any, send: Any) -> None:
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    body = b"x" * LARGE if scope["path"] == "/large" else str(size).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def serving(protocol: type[PatientProtocol], app: Any = echo) -> AsyncIterator[int]:
    config = uvicorn.Config(app, port=0, http=protocol, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.force_exit = True
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


def test_a_body_that_comes_a_byte_now_and_then_closes_the_connection() -> None:
    async def story() -> None:
        async with serving(Hasty) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(REQUEST + b"\r\n")
            dripping = asyncio.create_task(_dripped(writer))
            assert await told(reader) == b""
            await dripping
            writer.close()

    asyncio.run(story())


async def _dripped(writer: asyncio.StreamWriter) -> None:
    try:
        for _ in range(100):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)
    except ConnectionError:
        return
    raise AssertionError("nobody minded")


def test_a_body_within_its_time_is_served_and_the_connection_goes_on() -> None:
    async def story() -> None:
        async with serving(Hasty) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for _ in range(3):
                writer.write(REQUEST + b"\r\n" + b"x" * 35_000)
                await writer.drain()
                await asyncio.sleep(0.1)
                writer.write(b"x" * 35_000)
                assert await answer(reader) == b"HTTP/1.1 200 OK70000"
            writer.close()

    asyncio.run(story())


def test_a_client_that_takes_nothing_of_its_answer_is_given_up() -> None:
    async def story() -> None:
        async with serving(Hasty) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
            writer.write(b"GET /large HTTP/1.1\r\nHost: h\r\n\r\n")
            await asyncio.sleep(1.0)
            assert len(await told(reader)) < LARGE
            writer.close()

    asyncio.run(story())


def test_a_client_that_takes_its_answer_slowly_gets_it_whole() -> None:
    async def story() -> None:
        async with serving(Hasty) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
            writer.write(b"GET /large HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            taken = 0
            while chunk := await reader.read(256 * 1024):
                taken += len(chunk)
                await asyncio.sleep(0.005)
            assert taken > LARGE
            writer.close()

    asyncio.run(story())


def test_one_address_holds_so_many_connections_and_a_closed_one_makes_room() -> None:
    async def story() -> None:
        async with serving(patient(connections_per_address=3)) as port:
            held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            assert await told(reader) == b""
            writer.close()
            held.pop()[1].close()
            await asyncio.sleep(0.1)
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(REQUEST + b"\r\n" + b"x" * 70_000)
            assert await answer(reader) == b"HTTP/1.1 200 OK70000"
            for _, each in [*held, (reader, writer)]:
                each.close()

    asyncio.run(story())


def test_hundreds_of_slow_clients_leave_room_for_everybody_else() -> None:
    async def story() -> None:
        async with serving(Hasty) as port:
            slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(300)]
            for _, writer in slow:
                writer.write(b"POST / HTTP/1.1\r\nX-a: ")
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(REQUEST + b"\r\n" + b"x" * 70_000)
            assert await answer(reader) == b"HTTP/1.1 200 OK70000"
            writer.close()
            for one, each in slow:
                assert await told(one) == b""
                each.close()

    asyncio.run(story())


def test_connections_to_one_listener_do_not_count_at_another() -> None:
    async def story() -> None:
        async with serving(patient(connections_per_address=None)) as operators:
            held = [await asyncio.open_connection("127.0.0.1", operators) for _ in range(5)]
            async with serving(patient(connections_per_address=1)) as port:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(REQUEST + b"\r\n" + b"x" * 70_000)
                assert await answer(reader) == b"HTTP/1.1 200 OK70000"
                writer.close()
            for _, each in held:
                each.close()

    asyncio.run(story())


def test_requests_ahead_of_an_answer_are_never_looked_at_and_the_first_gets_its_own() -> None:
    async def story() -> None:
        served: list[str] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            served.append(scope["path"])
            await echo(scope, receive, send)

        async with serving(PatientProtocol, app) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(
                b"GET /first HTTP/1.1\r\nHost: h\r\n\r\n" + b"GET / HTTP/1.1\r\nHost:\r\n\r\n" * 10_000
            )
            got = await told(reader)
            assert got.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"connection: close\r\n" in got
            assert got.count(b"HTTP/1.1") == 1
            assert served == ["/first"]
            writer.close()

    asyncio.run(story())


CHUNKED = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n"


def test_a_body_in_chunks_is_served_one_with_trailers_refused() -> None:
    async def story() -> None:
        authorized: list[bool] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            try:
                await echo(scope, receive, send)
            finally:
                authorized.append(any(name == b"authorization" for name, _ in scope["headers"]))

        async with serving(PatientProtocol, app) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for _ in range(2):
                writer.write(CHUNKED + b"\r\n")
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
                assert (head[:15], await reader.readexactly(1)) == (b"HTTP/1.1 200 OK", b"2")
            writer.write(CHUNKED + b"Authorization: Bearer x\r\nX: y\r\n\r\n")
            assert (await told(reader)).startswith(b"HTTP/1.1 400 ")
            writer.close()
        assert not any(authorized)

    asyncio.run(story())


class Unhurried(PatientProtocol):
    body_seconds = 600.0


def test_a_trailer_that_never_ends_closes_the_connection_at_the_cap_of_a_head() -> None:
    async def story() -> None:
        async with serving(Unhurried) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(CHUNKED + b"X-Long: ")
            # What comes in one read with the body's end is not counted.
            await asyncio.sleep(0.05)
            for _ in range(MAX_HEAD_BYTES // 1024 + 1):
                writer.write(b"a" * 1024)
            assert await told(reader) == b""
            writer.close()

    asyncio.run(story())
