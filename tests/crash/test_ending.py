"""SIGTERM ends the server in order: what is in flight finishes, and the process ends with code 0 in time."""

import asyncio
import time
from pathlib import Path

import httpx
from tests.crash.served import Served, served
from tests.front_end import FrontEnd
from tests.scorecard.card import Card

NUMBERS = (10, 24, 28, 29, 30, 31)
DEAREST = {"ALDABA__POLICY__HASH__MEMORY_KIB": "65536", "ALDABA__POLICY__HASH__PASSES": "4"}
"""Verifying lasts, so that there is something in flight when the signal comes."""


async def ready(http: httpx.AsyncClient, server: Served, customer: str) -> FrontEnd:
    front = FrontEnd(http, *server.credentials())
    await front.ready()
    assert (await front.prelogin(customer)).status_code == 200
    return front


def test_requests_in_flight_finish_and_the_process_ends_with_zero(tmp_path: Path, card: Card) -> None:
    async def story(server: Served) -> list[int]:
        limits = httpx.Limits(max_connections=64)
        async with httpx.AsyncClient(base_url=server.url, timeout=20, limits=limits) as http:
            fronts = [await ready(http, server, f"150000{n}") for n in NUMBERS]
            logins = [
                asyncio.create_task(front.login(f"150000{n}", "mobile20x"))
                for front, n in zip(fronts, NUMBERS, strict=True)
            ]
            await asyncio.sleep(0.05)
            server.terminate()
            assert not all(task.done() for task in logins)
            return [answer.status_code for answer in await asyncio.gather(*logins)]

    # Verifying is dear here, so that there is something in flight when the signal comes.
    dear = {"ALDABA__POLICY__HASH__MEMORY_KIB": "65536", "ALDABA__POLICY__HASH__PASSES": "2"}
    with served(tmp_path, **dear) as server:
        answered = asyncio.run(story(server)).count(200)
        began = time.monotonic()
        assert server.process is not None
        code = server.process.wait(timeout=15)
        took = time.monotonic() - began
        assert b"Traceback" not in server.output()
    card.tell(
        "Load and time",
        "logins in flight at SIGTERM that are answered, and the process's end",
        reach=f"{len(NUMBERS)} of {len(NUMBERS)}, code 0 within 12 s",
        measured=f"{answered} of {len(NUMBERS)}, code {code} after {took:.1f} s",
        kept=(answered, code) == (len(NUMBERS), 0) and took < 12,
    )


def test_an_idle_server_with_open_connections_ends_at_once(tmp_path: Path) -> None:
    async def story(server: Served) -> None:
        async with httpx.AsyncClient(base_url=server.url) as http:
            await ready(http, server, "15000010")
            began = time.monotonic()
            assert await asyncio.to_thread(server.stop) == 0
            assert time.monotonic() - began < 12

    with served(tmp_path) as server:
        asyncio.run(story(server))
        assert b"Traceback" not in server.output()


def test_under_load_it_is_first_no_longer_ready_and_fails_no_request_it_took(
    tmp_path: Path, card: Card
) -> None:
    async def worker(
        http: httpx.AsyncClient, server: Served, gone: asyncio.Event
    ) -> tuple[list[int], list[str]]:
        """Calls as long as the balancer sends it; what came back, and what broke."""
        answers: list[int] = []
        broken: list[str] = []
        front = FrontEnd(http, *server.credentials())
        await front.ready()
        while not gone.is_set():
            try:
                answers.append((await front.call("retrieve_public_key")).status_code)
            except httpx.TransportError as error:
                broken.append(repr(error))
        return answers, broken

    async def balancer(http: httpx.AsyncClient, gone: asyncio.Event) -> None:
        while not gone.is_set():
            ready = await http.get("/health/ready")
            if ready.status_code == 503:
                assert ready.json()["status"] == "unavailable"
                assert ready.headers["connection"] == "close"
                assert (await http.get("/health/live")).status_code == 200
                gone.set()
            await asyncio.sleep(0.05)

    async def story(server: Served) -> tuple[float, int, list[str]]:
        gone = asyncio.Event()
        async with httpx.AsyncClient(base_url=server.url, timeout=20) as http:
            workers = [asyncio.create_task(worker(http, server, gone)) for _ in range(8)]
            await asyncio.sleep(1.0)
            server.terminate()
            began = time.monotonic()
            async with asyncio.timeout(5):
                await balancer(http, gone)
            told = await asyncio.gather(*workers)
        statuses = [status for answers, _ in told for status in answers]
        failed = [str(status) for status in statuses if status != 200]
        return began, len(statuses), [*failed, *(each for _, broken in told for each in broken)]

    rounds = card.either(1, 20)
    lost: list[str] = []
    asked, slowest = 0, 0.0
    for each in range(rounds):
        (tmp_path / str(each)).mkdir()
        with served(tmp_path / str(each), ALDABA__SERVER__DRAIN_SECONDS="1.5") as server:
            began, many, failed = asyncio.run(story(server))
            assert server.process is not None
            assert server.process.wait(timeout=15) == 0
            took = time.monotonic() - began
            assert took > 1.4
            assert b"Traceback" not in server.output()
        asked, lost, slowest = asked + many, lost + failed, max(slowest, took)
        card.progress(each + 1, rounds, "SIGTERM under load")
    card.tell(
        "Load and time",
        f"requests that fail or break when SIGTERM comes under load, {rounds} times; the slowest end",
        reach="0, within 12 s",
        measured=f"{len(lost)} of {asked}, {slowest:.1f} s{''.join(f'; {each}' for each in lost[:3])}",
        kept=not lost and slowest < 12,
    )


def test_told_twice_it_stops_listening_and_still_finishes_what_is_in_flight(tmp_path: Path) -> None:
    async def story(server: Served) -> list[int]:
        async with httpx.AsyncClient(base_url=server.url, timeout=20) as http:
            fronts = [await ready(http, server, f"150000{n}") for n in NUMBERS]
            logins = [
                asyncio.create_task(front.login(f"150000{n}", "mobile20x"))
                for front, n in zip(fronts, NUMBERS, strict=True)
            ]
            await asyncio.sleep(0.05)
            server.terminate()
            await asyncio.sleep(0.05)
            server.terminate()
            # What the first word had put off comes due while logins are still verified.
            await asyncio.sleep(0.2)
            assert not all(task.done() for task in logins)
            return [answer.status_code for answer in await asyncio.gather(*logins)]

    with served(tmp_path, **DEAREST, ALDABA__SERVER__DRAIN_SECONDS="0.15") as server:
        assert asyncio.run(story(server)) == [200] * len(NUMBERS)
        assert server.process is not None
        assert server.process.wait(timeout=15) == 0


def test_told_twice_it_does_not_wait(tmp_path: Path) -> None:
    with served(tmp_path, ALDABA__SERVER__DRAIN_SECONDS="60") as server:
        server.terminate()
        time.sleep(0.5)
        assert httpx.get(f"{server.url}/health/ready").status_code == 503
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 12
