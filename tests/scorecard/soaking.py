"""A mixed load at a steady pace on a server's process, and what the process holds while it lasts."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from itertools import count, cycle, islice
from pathlib import Path
from statistics import quantiles

import httpx
from tests.crash.served import Served
from tests.recovery_front_end import Recovering, customer_line, done, wrong_code

from aldaba.sandbox.bank import PASSWORD, phone_number

JOURNEYS_A_SECOND = 5
FIRST, EVERY_DAY = 76_000_000, 400
MIX = ("in and out", "in and out", "mistaken", "by PIN", "nobody", "new access", "opening", "challenge")
"""Which journeys follow each other; a half is what customers do every day."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the process held at a moment of the soak: bytes, numbers of things, bytes of files."""

    at: float
    resident: int
    handles: int
    threads: int
    database: int
    wal: int


@dataclass(slots=True)
class Soaked:
    """What a soak found; ``latencies`` in seconds, with the moment each answer came."""

    seconds: float
    latencies: list[tuple[float, float]] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    journeys: Counter[str] = field(default_factory=Counter)
    unexpected: list[str] = field(default_factory=list)

    def between(self, start: float, end: float) -> list[Sample]:
        """The samples of a stretch, told in parts of the whole."""
        return [each for each in self.samples if start <= each.at / self.seconds < end]

    def p99(self, start: float, end: float) -> float:
        """Milliseconds that 99 of a hundred answers of a stretch stay below."""
        stretch = [took for at, took in self.latencies if start <= at / self.seconds < end]
        return quantiles(stretch, n=100)[98] * 1000


def customers(server: Served, seconds: float) -> tuple[Iterator[str], Iterator[str]]:
    """Those who come every day, in turn, and those who forget their password, each once."""
    forgetful = round(seconds * JOURNEYS_A_SECOND * MIX.count("new access") / len(MIX)) + 1
    numbers = [str(FIRST + n) for n in range(EVERY_DAY + forgetful)]
    file = server.folder / "soaked.jsonl"
    token = {
        "kind": "hard",
        "status": 56,
        "ocraSuite": "OCRA-1:HOTP-SHA256-8:QN08-T1M",
        "secretHex": "5a" * 20,
    }
    with file.open("w") as lines:
        for number in numbers:
            line = customer_line(number, token=token | {"serial": f"T-{number}"})
            lines.write(json.dumps(line) + "\n")
    assert server.aldaba("customers", "import", file.name)["accepted"] == len(numbers)
    return cycle(numbers[:EVERY_DAY]), iter(numbers[EVERY_DAY:])


class Soak:
    """Drives the load; every answer that is not the journey's own is noted."""

    def __init__(self, server: Served, seconds: float) -> None:
        self.found = Soaked(seconds)
        self._server = server
        self._numbers, self._forgetful = customers(server, seconds)
        self._nobody = count(86_000_000)
        self._phones = count(5_560_000_001)
        self._began = 0.0
        self._token = ""

    async def run(self, progress: Callable[[float, float, str], None]) -> Soaked:
        kinds: dict[str, Callable[[Recovering], Awaitable[None]]] = {
            "in and out": self._in_and_out,
            "mistaken": self._mistaken,
            "by PIN": self._by_pin,
            "nobody": self._nobody_known,
            "new access": self._new_access,
            "opening": self._opening,
            "challenge": self._challenge,
        }
        hooks: dict[str, list[Callable[..., Awaitable[None]]]] = {
            "request": [self._sent],
            "response": [self._came],
        }
        # Kept for less than the server keeps them: nobody sends into a connection that is being closed.
        limits = httpx.Limits(max_connections=64, keepalive_expiry=2.0)
        async with httpx.AsyncClient(
            base_url=self._server.url, timeout=20, event_hooks=hooks, limits=limits
        ) as http:
            self._began = time.monotonic()
            running: set[asyncio.Task[None]] = set()
            mix = islice(cycle(MIX), round(self.found.seconds * JOURNEYS_A_SECOND))
            for each, kind in enumerate(mix):
                # An open pace: a server that grows slower is not offered less for it.
                await asyncio.sleep(max(0.0, self._began + each / JOURNEYS_A_SECOND - time.monotonic()))
                if each % (200 * JOURNEYS_A_SECOND) == 0:
                    self._token = await self._signed_in(http)
                task = asyncio.create_task(self._journey(kind, kinds[kind], http))
                running.add(task)
                task.add_done_callback(running.discard)
                if each % JOURNEYS_A_SECOND == 0:
                    self._sample()
                    progress(time.monotonic() - self._began, self.found.seconds, "seconds of the soak")
            await asyncio.gather(*running)
        return self.found

    async def _signed_in(self, http: httpx.AsyncClient) -> str:
        front = Recovering(http, *self._server.credentials())
        await front.sign_in()
        return front.token or ""

    async def _journey(
        self, kind: str, walk: Callable[[Recovering], Awaitable[None]], http: httpx.AsyncClient
    ) -> None:
        front = Recovering(http, *self._server.credentials(), token=self._token)
        try:
            expect(await front.exchange())
            await walk(front)
        except (AssertionError, KeyError, IndexError, httpx.HTTPError) as wrong:
            self.found.unexpected.append(f"{kind}: {wrong!r}"[:200])
        self.found.journeys[kind] += 1

    async def _sent(self, request: httpx.Request) -> None:
        request.extensions["sent"] = time.monotonic()

    async def _came(self, answer: httpx.Response) -> None:
        await answer.aread()
        now = time.monotonic()
        self.found.latencies.append((now - self._began, now - answer.request.extensions["sent"]))

    def _sample(self) -> None:
        assert self._server.process is not None
        process = Path(f"/proc/{self._server.process.pid}")
        lines = (line.partition(":") for line in (process / "status").read_text("ascii").splitlines())
        status = {name: value.split() for name, _, value in lines}
        files = [self._server.data / name for name in ("aldaba.sqlite3", "aldaba.sqlite3-wal")]
        database, wal = (file.stat().st_size if file.exists() else 0 for file in files)
        handles = len(list((process / "fd").iterdir()))
        resident, threads = int(status["VmRSS"][0]) * 1024, int(status["Threads"][0])
        at = time.monotonic() - self._began
        self.found.samples.append(Sample(at, resident, handles, threads, database, wal))

    async def _in_and_out(self, front: Recovering) -> None:
        await self._enter(front, next(self._numbers))
        expect(await front.logout(), 204)

    async def _enter(self, front: Recovering, number: str) -> None:
        expect(await front.prelogin(number))
        expect(await front.login(number, PASSWORD))

    async def _mistaken(self, front: Recovering) -> None:
        number = next(self._numbers)
        expect(await front.prelogin(number))
        expect(await front.login(number, "malo00001x"), 401)
        expect(await front.login(number, PASSWORD))
        expect(await front.logout(), 204)

    async def _by_pin(self, front: Recovering) -> None:
        number = next(self._numbers)
        expect(await front.prelogin(number, "prelogin_v2"))
        expect(await front.login(number, "30203021", "pin"))
        expect(await front.status(number))
        expect(await front.logout(), 204)

    async def _nobody_known(self, front: Recovering) -> None:
        number = str(next(self._nobody))
        expect(await front.prelogin(number))
        expect(await front.login(number, PASSWORD), 401)

    async def _new_access(self, front: Recovering) -> None:
        number = next(self._forgetful)
        expect(await front.identify(number))
        done(await front.card())
        done(await front.phone(phone_number(number)))
        done(await front.send())
        code = str((await front.messages(f"+52{phone_number(number)}"))[0]["otp"])
        expect(await front.new_access(wrong_code(code)), 401)
        done(await front.new_access(code))

    async def _opening(self, front: Recovering) -> None:
        number = str(next(self._phones))
        done(await front.order_code(number))
        code = str((await front.messages(f"+52{number}"))[0]["otp"])
        done(await front.certify(number, code))

    async def _challenge(self, front: Recovering) -> None:
        number = next(self._numbers)
        await self._enter(front, number)
        question = await front.question()
        asked = {"customerId": number, "challenge": question}
        shown = (await front.http.post("/sandbox/token-response", json=asked)).json()["response"]
        done(await front.respond(question, str(shown)))
        expect(await front.logout(), 204)


def expect(answer: httpx.Response, status: int = 200) -> None:
    assert answer.status_code == status, f"{answer.status_code} {answer.text[:120]}"
