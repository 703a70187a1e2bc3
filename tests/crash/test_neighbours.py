"""Who else is there: the command line beside the server, clients that dawdle, and one that sends too much."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from tests.crash.served import Served, served
from tests.front_end import PATHS, FrontEnd
from tests.scorecard.card import Card

PASSWORD = "mobile20x"
HALF_OPEN = 200


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("neighbours")) as running:
        yield running


async def ready(http: httpx.AsyncClient, server: Served, customer: str) -> FrontEnd:
    front = FrontEnd(http, *server.credentials())
    await front.ready()
    assert (await front.prelogin(customer)).status_code == 200
    return front


def test_a_lock_set_at_the_command_line_is_seen_within_a_second(server: Served) -> None:
    async def story() -> None:
        async with httpx.AsyncClient(base_url=server.url, timeout=20) as http:
            front = await ready(http, server, "15000030")
            assert (await front.login("15000030", PASSWORD)).status_code == 200
            other = await ready(http, server, "15000030")
            words = ("customers", "lock", "15000030", "--kind", "I", "--reason", "test")
            await asyncio.to_thread(server.aldaba, *words)
            began = time.monotonic()
            # The session that lived has ended, and nobody comes in.
            assert (await front.logout()).status_code == 400
            assert (await other.login("15000030", PASSWORD)).json()["code"] == "8006"
            assert time.monotonic() - began < 1
            await asyncio.to_thread(server.aldaba, "customers", "unlock", "15000030", "--reason", "test")
            began = time.monotonic()
            assert (await other.login("15000030", PASSWORD)).status_code == 200
            assert time.monotonic() - began < 1
            assert (await other.logout()).status_code == 204

    asyncio.run(story())


async def drip(writers: list[asyncio.StreamWriter]) -> None:
    """One byte more of every body each second, for as long as it is let."""
    while True:
        await asyncio.sleep(1.0)
        for writer in writers:
            if not writer.is_closing():
                writer.write(b" ")


def test_clients_that_dawdle_hold_nobody_up(server: Served, card: Card) -> None:
    journeys = card.either(3, 300)

    async def story() -> float:
        host, port = "127.0.0.1", server.port
        idle = [await asyncio.open_connection(host, port) for _ in range(HALF_OPEN)]
        for n, (_, writer) in enumerate(idle):
            head = f"POST {PATHS['login']} HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n"
            # Some say nothing, some half a head, some a head and the beginning of a body.
            writer.write(("", head, f"{head}\r\n{{")[n % 3].encode())
            await writer.drain()
        writers = [writer for _, writer in idle]
        dripping = asyncio.create_task(drip(writers[2::3]))
        slowest = 0.0
        async with httpx.AsyncClient(base_url=server.url, timeout=20) as http:
            for each in range(journeys):
                began = time.monotonic()
                front = await ready(http, server, "15000029")
                assert (await front.login("15000029", PASSWORD)).status_code == 200
                assert (await front.logout()).status_code == 204
                slowest = max(slowest, time.monotonic() - began)
                card.progress(each + 1, journeys, "journeys beside dawdlers")
                await asyncio.sleep(0.1)
        dripping.cancel()
        await asyncio.gather(dripping, return_exceptions=True)
        for writer in writers:
            writer.close()
        return slowest

    slowest = round(asyncio.run(story()), 2)
    told = f"slowest of {journeys} journeys beside {HALF_OPEN} clients that dawdle"
    card.at_most("Load and time", told, 5, slowest, " s")


def test_a_huge_body_is_refused_before_it_has_all_come(server: Served) -> None:
    async def story() -> int:
        async with httpx.AsyncClient(base_url=server.url, timeout=20) as http:
            front = await FrontEnd(http, *server.credentials()).ready()
            headers = front.headers() | {"Content-Type": "application/json"}
            lines = [f"{name}: {value}" for name, value in headers.items()]
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        size = 64 * 1024 * 1024
        head = "\r\n".join(
            [f"POST {PATHS['prelogin_v1']} HTTP/1.1", "Host: a", *lines, f"Content-Length: {size}"]
        )
        writer.write(head.encode() + b"\r\n\r\n")
        answering = asyncio.create_task(reader.readuntil(b"\r\n"))
        sent = 0
        while sent < size and not answering.done():
            writer.write(b" " * 16384)
            sent += 16384
            await writer.drain()
            await asyncio.sleep(0)
        status = int((await asyncio.wait_for(answering, 10)).split()[1])
        assert status == 400
        writer.close()
        return sent

    before = resident(server)
    assert asyncio.run(story()) < 16 * 1024 * 1024
    assert resident(server) - before < 16 * 1024


def resident(server: Served) -> int:
    """Kibibytes of memory that the server's process holds."""
    assert server.process is not None
    lines = Path(f"/proc/{server.process.pid}/status").read_text("ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


def test_a_body_without_length_is_cut_at_the_same_size(server: Served) -> None:
    async def story() -> None:
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(8):
                yield b" " * 16384

        async with httpx.AsyncClient(base_url=server.url, timeout=20) as http:
            front = await FrontEnd(http, *server.credentials()).ready()
            headers = front.headers() | {"Content-Type": "application/json"}
            answer = await http.post(PATHS["prelogin_v1"], headers=headers, content=pieces())
            assert (answer.status_code, answer.json()["location"]) == (400, "body")

    asyncio.run(story())
