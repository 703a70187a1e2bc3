"""How a work is measured: in stretches, each beside the limit it is judged by."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from tests.front_end import Keys

from bench import limits
from bench.figures import Figures, Work, work_of
from bench.front_ends import Bench, Session, customer, raw_headers
from bench.load import Outcome, drive
from bench.machine import cores, median, pin
from bench.processes import Serving

T = TypeVar("T")

SHARED_SESSIONS = 64
IN_FLIGHT = 32
HASHES_OF_A_CHANGE = 2
"""A first change of a password: one verify against the one there was, one hash of the new one."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much a run does.

    Of every work there are ``calls`` (of the dear ones ``exchanges``), in ``rounds`` stretches at 32 in
    flight beside their limits and one at each of ``other_levels``. ``logins`` are those at each number in
    ``in_flight``, ``changes`` those of a password at each of ``hash_levels``.
    """

    name: str
    customers: int
    logins: int
    changes: int
    calls: int
    exchanges: int
    rounds: int
    starts: int
    limit_seconds: float
    in_flight: tuple[int, ...]
    hash_levels: tuple[int, ...]
    other_levels: tuple[int, ...] = ()
    growth: tuple[int, ...] = ()

    @property
    def turns(self) -> tuple[int, ...]:
        """How many are in flight in each stretch of a work."""
        return (IN_FLIGHT,) * self.rounds + self.other_levels


ALL_CORES = cores()
LEVELS = tuple(dict.fromkeys((1, 2 * len(ALL_CORES), 8, IN_FLIGHT)))
SMALLEST = Scale("smallest", 50, 16, 6, 120, 20, 1, 1, 0.05, (4,), (4,), (1,), (60,))
QUICK = Scale("quick", 1_000, 120, 60, 3_000, 300, 3, 1, 0.4, LEVELS, (8,))
FULL = Scale(
    "full",
    customers=10_000,
    logins=480,
    changes=120,
    calls=16_000,
    exchanges=2_400,
    rounds=5,
    starts=3,
    limit_seconds=0.8,
    in_flight=(*LEVELS, 128),
    hash_levels=(1, 8, IN_FLIGHT, 128),
    other_levels=(1, 8, 128),
    growth=(100_000,),
)
LARGE = replace(FULL, growth=(100_000, 1_000_000))


@dataclass(slots=True)
class Run:
    """One run in a folder of its own."""

    scale: Scale
    folder: Path
    figures: Figures
    tell: Callable[[str], object]
    phc: str
    used_customers: int = 0

    @property
    def changers(self) -> range:
        """Customers that log in and change their password; with a token they would be challenged first."""
        return range(self.scale.changes * len(self.scale.hash_levels))

    @property
    def holders(self) -> range:
        """Customers that log in and hold a hard token."""
        return range(self.changers.stop, self.everybody - max(1, self.everybody // 16))

    @property
    def soft_holders(self) -> range:
        """Customers that log in and hold a soft token."""
        return range(self.holders.stop, self.everybody)

    @property
    def everybody(self) -> int:
        """How many log in."""
        return sum(self.logins_at(in_flight) for in_flight in self.scale.in_flight)

    def logins_at(self, in_flight: int) -> int:
        return self.scale.logins if in_flight > 1 else self.scale.logins // 2

    def free_all(self, server: Serving) -> None:
        """Let the server use every core, and the load generator too."""
        pin(server.pid, ALL_CORES)
        pin(os.getpid(), ALL_CORES)

    def one_core(self, server: Serving) -> None:
        """The server on the first core, the load generator on the last."""
        pin(server.pid, ALL_CORES[:1])
        pin(os.getpid(), ALL_CORES[-1:])


HTTP = "HTTP floor (bare ASGI), CPU µs"
STARLETTE = "HTTP floor with Starlette, CPU µs"
HEADERS = "reading the headers, CPU µs"
SESSION = "reading a session, CPU µs"
ENVELOPE = "opening an envelope, CPU µs"
ONE_ROW = "durable act of one row (32 in flight), CPU µs"
TWO_ROWS = "durable act of two rows (32 in flight), CPU µs"
ACTS = "durable acts of two rows (32 in flight), a second"
RSA = "RSA-3072 OAEP decrypt, CPU µs"
TOKEN = "a token's answer, CPU µs"
JWS = "ES256 JWS verify, CPU µs"

UNSEALED = (HTTP, HEADERS, SESSION, TWO_ROWS)
READING = (HTTP, HEADERS, SESSION, ONE_ROW)
DURABLE = (HTTP, HEADERS, SESSION, ENVELOPE, TWO_ROWS)


@dataclass(slots=True)
class Parts:
    """The unavoidable parts of a request, measured again beside every stretch of a work."""

    going: Run
    bench: Bench
    floors: dict[str, Serving]
    measured: list[dict[str, float]]

    async def measure(self) -> dict[str, float]:
        scale, found = self.going.scale, dict[str, float]()
        request = self.bench.validate_request(Session("A" * 43, Keys("bound-1")), customer(0))
        for name, server in self.floors.items():
            found[name] = await limits.floor_us(server, request, scale.calls // 10)
        times = scale.calls // 10
        found[HEADERS] = limits.headers_us(raw_headers(request), "validate_credentials", times)
        found[SESSION], found[ENVELOPE] = limits.session_us(times), limits.envelope_us(times)
        found[RSA], found[JWS] = limits.rsa_us(max(1, times // 50)), limits.jws_us(max(1, times // 10))
        found[TOKEN] = limits.token_us(times)
        seconds = scale.limit_seconds / 4
        for rows, name in ((1, ONE_ROW), (2, TWO_ROWS)):
            file = self.going.folder / f"acts-{rows}-{len(self.measured)}.db"
            rate, found[name] = await limits.durable_acts(file, rows, IN_FLIGHT, seconds)
            found[ACTS] = rate
        self.measured.append(found)
        return found

    def tell(self) -> None:
        """The middle of all that was measured, for the table."""
        for name in self.measured[0]:
            self.going.figures.limits[name] = median([found[name] for found in self.measured])


async def hashing(
    going: Run, bench: Bench, name: str, requests: list[bytes], in_flight: int, status: int, hashes: int = 1
) -> tuple[Work, list[bytes]]:
    """A work that hashes, in turns with hashing alone on as many threads; the middle of the turns' ratios."""
    threads, rounds = min(in_flight, len(ALL_CORES)), min(going.scale.rounds, 3)
    size = len(requests) // rounds
    alone = [limits.argon2(going.phc, threads, going.scale.limit_seconds)]
    stretches, answers = [], []
    for turn in range(rounds):
        outcome = await drive(
            bench.server.port, bench.server.pid, requests[turn * size : (turn + 1) * size], in_flight
        )
        alone.append(limits.argon2(going.phc, threads, going.scale.limit_seconds))
        stretches.append(outcome.expect(status))
        answers += outcome.answers
    # Each turn is judged by the hashing before and after it.
    around = [(before[0] + after[0]) / 2 / hashes for before, after in pairwise(alone)]
    used = median([cpu for _, cpu in alone]) * hashes
    work = work_of(name, in_flight, stretches, limit=(median(around), "/s"))
    ratio = median([each.rate / limit for each, limit in zip(stretches, around, strict=True)])
    return replace(work, ratio=ratio, cpu_ratio=used / work.server_us), answers


@dataclass(slots=True)
class Stretches:
    """A work in several stretches, those at 32 in flight each beside the parts it needs.

    What is told are the middle values of the stretches, and of their ratios.
    """

    parts: Parts
    name: str
    needs: Sequence[str] = ()
    needed: float | None = None
    outcomes: dict[int, list[Outcome]] = field(default_factory=dict)
    sums: list[float] = field(default_factory=list)

    async def add(
        self, requests: Sequence[bytes], status: int = 200, in_flight: int = IN_FLIGHT
    ) -> list[bytes]:
        """Measure one stretch; its answers."""
        server = self.parts.bench.server
        if self.needs and in_flight == IN_FLIGHT:
            found = await self.parts.measure()
            self.sums.append(sum(found[part] for part in self.needs))
        outcome = (await drive(server.port, server.pid, requests, in_flight)).expect(status)
        self.outcomes.setdefault(in_flight, []).append(outcome)
        return outcome.answers

    def tell(self) -> None:
        """Put what was found in the table."""
        works = [self._work(in_flight) for in_flight in sorted(self.outcomes)]
        self.parts.going.figures.works.extend(works)

    def _work(self, in_flight: int) -> Work:
        outcomes = self.outcomes[in_flight]
        if not self.needs or in_flight != IN_FLIGHT:
            return work_of(self.name, in_flight, outcomes)
        work = work_of(self.name, in_flight, outcomes, limit=(1e6 / median(self.sums), "/s"))
        pairs = list(zip(self.sums, outcomes, strict=True))
        by_cpu = median([limit / each.server_us for limit, each in pairs])
        by_rate = median([limit * each.rate / 1e6 for limit, each in pairs])
        return replace(work, ratio=by_rate, cpu_ratio=by_cpu, needed=self.needed)


async def measured(
    parts: Parts,
    name: str,
    requests: Sequence[bytes],
    needs: Sequence[str] = (),
    needed: float | None = None,
    *,
    status: int = 200,
) -> None:
    """A work whose requests are all ready before the first stretch."""
    parts.going.tell(name)
    stretches, turns = Stretches(parts, name, needs, needed), parts.going.scale.turns
    for in_flight, stretch in zip(turns, split(requests, len(turns)), strict=True):
        await stretches.add(stretch, status, in_flight)
    stretches.tell()


def split(requests: Sequence[T], parts: int) -> list[Sequence[T]]:
    """As many equal parts; what is left over is not sent."""
    size = len(requests) // parts
    return [requests[turn * size : (turn + 1) * size] for turn in range(parts)]
