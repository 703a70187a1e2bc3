"""The works of the house under load, each beside the limit it is judged by."""

import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from tests.front_end import Keys

from bench import limits
from bench.figures import Figures, Work, work_of
from bench.front_ends import (
    PASSWORD,
    Bench,
    Session,
    at_home,
    customer,
    import_file,
    logged_in,
    raw_headers,
)
from bench.load import drive
from bench.machine import cores, median, memory_mb, pin
from bench.processes import House, Serving, aldaba, floor, make_house, serving

SHARED_SESSIONS = 64
IN_FLIGHT = 32
HASHES_OF_A_CHANGE = 2
"""A first change of a password: one verify against the one there was, one hash of the new one."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much a run does; ``logins`` at each number in flight, ``calls`` in each of ``rounds`` stretches."""

    name: str
    customers: int
    logins: int
    calls: int
    exchanges: int
    rounds: int
    starts: int
    limit_seconds: float
    in_flight: tuple[int, ...]
    growth: tuple[int, ...] = ()


ALL_CORES = cores()
LEVELS = tuple(dict.fromkeys((1, 2 * len(ALL_CORES), 8, IN_FLIGHT)))
SMALLEST = Scale("smallest", 50, 8, 60, 10, 1, 1, 0.05, (4,))
QUICK = Scale("quick", 1_000, 120, 3_000, 300, 3, 1, 0.4, LEVELS)
FULL = Scale("full", 10_000, 480, 10_000, 1_500, 5, 3, 0.8, LEVELS, (100_000,))
LARGE = replace(FULL, name="large", growth=(100_000, 1_000_000))


@dataclass(slots=True)
class Run:
    """One run in a folder of its own."""

    scale: Scale
    folder: Path
    figures: Figures
    tell: Callable[[str], object]
    phc: str
    used_customers: int = 0

    def free_all(self, server: Serving) -> None:
        """Let the server use every core, and the load generator too."""
        pin(server.pid, ALL_CORES)
        pin(os.getpid(), ALL_CORES)

    def one_core(self, server: Serving) -> None:
        """The server on the first core, the load generator on the last."""
        pin(server.pid, ALL_CORES[:1])
        pin(os.getpid(), ALL_CORES[-1:])


async def run(scale: Scale, folder: Path, figures: Figures, tell: Callable[[str], object]) -> None:
    """Measure everything once, from a new folder."""
    began = time.perf_counter()
    going = Run(scale, folder, figures, tell, limits.argon2_hash(PASSWORD))
    tell("customers, import")
    house = _populated(going, "house", scale.customers)
    tell("start-up")
    times = _start_up(going, house)
    try:
        with serving(house) as server:
            figures.others["start to first answer, seconds"] = median([*times, server.started_in])
            bench = await at_home(server, house)
            _hashing_limits(going)
            sessions = await _logins(going, bench)
            await _changes_of_password(going, bench, sessions)
            going.one_core(server)
            with ExitStack() as stack:
                floors = {
                    name: stack.enter_context(floor(kind, folder / f"{kind}.log"))
                    for kind, name in (("asgi", HTTP), ("starlette", STARLETTE))
                }
                for other in floors.values():
                    pin(other.pid, ALL_CORES[:1])
                parts = Parts(going, bench, floors, [])
                await _one_core_works(parts, sessions)
                parts.tell()
        if scale.growth:
            await _growth(going, house)
    finally:
        pin(os.getpid(), ALL_CORES)
    figures.seconds = time.perf_counter() - began


def _populated(going: Run, name: str, customers: int) -> House:
    house = make_house(going.folder / name)
    lines = going.folder / "customers.jsonl"
    import_file(lines, range(customers), going.phc)
    began = time.perf_counter()
    aldaba(house.environment, "customers", "import", str(lines))
    going.figures.others[f"import of {customers:,} customers, lines a second"] = customers / (
        time.perf_counter() - began
    )
    lines.unlink()
    return house


def _start_up(going: Run, house: House) -> list[float]:
    """Seconds of every start but the one that is then measured."""
    times = []
    for _ in range(going.scale.starts - 1):
        with serving(house) as server:
            times.append(server.started_in)
    return times


def _hashing_limits(going: Run) -> None:
    going.tell("limits")
    for threads in dict.fromkeys((1, len(ALL_CORES))):
        rate, used = limits.argon2(going.phc, threads, going.scale.limit_seconds)
        going.figures.limits[f"Argon2id verifies a second, threads: {threads}"] = rate
        going.figures.limits[f"Argon2id verify, CPU µs, threads: {threads}"] = used


HTTP = "HTTP floor (bare ASGI), CPU µs"
STARLETTE = "HTTP floor with Starlette, CPU µs"
HEADERS = "reading the headers, CPU µs"
SESSION = "reading a session, CPU µs"
ENVELOPE = "opening an envelope, CPU µs"
ONE_ROW = "durable act of one row (32 in flight), CPU µs"
TWO_ROWS = "durable act of two rows (32 in flight), CPU µs"
ACTS = "durable acts of two rows (32 in flight), a second"
RSA = "RSA-3072 OAEP decrypt, CPU µs"

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
        found[RSA] = limits.rsa_us(max(1, times // 50))
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


async def _logins(going: Run, bench: Bench) -> list[Session]:
    """Logins at every number in flight; the sessions they opened."""
    opened: list[Session] = []
    one_verify = 1 / going.figures.limits["Argon2id verifies a second, threads: 1"]
    going.free_all(bench.server)
    for in_flight in going.scale.in_flight:
        going.tell(f"logins, {in_flight} in flight")
        count = going.scale.logins if in_flight > 1 else going.scale.logins // 2
        users = _next_customers(going, count)
        sessions = await bench.identified(users)
        requests = [bench.login_request(*pair) for pair in zip(sessions, users, strict=True)]
        work, answers = await _hashing(going, bench, "login by password", requests, in_flight, 200)
        opened += logged_in(sessions, answers)
        p99 = work.p99_ms / 1e3 / one_verify
        going.figures.works.append(replace(work, p99_verifies=p99, needed=0.90))
    going.figures.others["resident memory after logins at 32 in flight, MB"] = memory_mb(bench.server.pid)
    going.figures.others["resident memory at its highest, MB"] = memory_mb(bench.server.pid, "VmHWM")
    return opened


def _next_customers(going: Run, count: int) -> list[str]:
    """Customers nobody has logged in yet: each has but one session."""
    first = going.used_customers
    going.used_customers += count
    return [customer(number) for number in range(first, going.used_customers)]


async def _changes_of_password(going: Run, bench: Bench, sessions: list[Session]) -> None:
    going.tell("set_credentials")
    requests = [bench.set_credentials_request(session) for session in sessions[: going.scale.logins // 2]]
    name = f"set_credentials ({HASHES_OF_A_CHANGE} hashes)"
    work, _ = await _hashing(going, bench, name, requests, 4 * len(ALL_CORES), 204, HASHES_OF_A_CHANGE)
    going.figures.works.append(replace(work, needed=0.85))


async def _hashing(
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


async def _one_core_works(parts: Parts, opened: list[Session]) -> None:
    """Works that are the interpreter's own: the server on one core, the load generator on another."""
    going, bench = parts.going, parts.bench
    shared = await bench.sessions(SHARED_SESSIONS)
    key = await bench.public_key()
    turns = range(going.scale.calls)

    def validate(turn: int) -> bytes:
        # Customers who have been here before: enrolling one is done once in a life.
        return bench.validate_request(shared[turn % SHARED_SESSIONS], customer(turn % going.used_customers))

    def look(turn: int) -> bytes:
        return bench.public_key_request(shared[turn % SHARED_SESSIONS].sid)

    def exchange(turn: int) -> bytes:
        session = exchanged[turn % SHARED_SESSIONS]
        return bench.exchange_request(key, session.sid, session.keys)

    def introspect(turn: int) -> bytes:
        return bench.introspection_request(opened[turn % len(opened)].sid)

    exchanged = await bench.sessions(SHARED_SESSIONS)
    few = range(going.scale.exchanges)
    await _measured(parts, "validate_credentials", [*map(validate, turns)], DURABLE, 0.40)
    await _measured(parts, "session-only read", [*map(look, turns)], READING, 0.50)
    await _measured(parts, "key exchange", [*map(exchange, few)], (RSA,), 0.80)
    await _measured(parts, "token endpoint", [bench.token_request() for _ in turns])
    await _measured(parts, "introspection", [*map(introspect, turns)])


async def _measured(
    parts: Parts, name: str, requests: list[bytes], needs: Sequence[str] = (), needed: float | None = None
) -> None:
    """A work in several stretches, each beside the parts it needs; the middle of the stretches' ratios."""
    going, server = parts.going, parts.bench.server
    going.tell(name)
    size = len(requests) // going.scale.rounds
    stretches, sums = [], []
    for turn in range(going.scale.rounds):
        found = await parts.measure() if needs else {}
        stretch = requests[turn * size : (turn + 1) * size]
        stretches.append((await drive(server.port, server.pid, stretch, IN_FLIGHT)).expect(200))
        sums.append(sum(found[part] for part in needs))
    if not needs:
        going.figures.works.append(work_of(name, IN_FLIGHT, stretches))
        return
    work = work_of(name, IN_FLIGHT, stretches, limit=(1e6 / median(sums), "/s"))
    by_cpu = median([limit / each.server_us for limit, each in zip(sums, stretches, strict=True)])
    by_rate = median([limit * each.rate / 1e6 for limit, each in zip(sums, stretches, strict=True)])
    going.figures.works.append(replace(work, ratio=by_rate, cpu_ratio=by_cpu, needed=needed))


async def _growth(going: Run, small: House) -> None:
    """The same calls on a small house and on large ones, in turns, so that both see the same machine."""
    for customers in going.scale.growth:
        going.tell(f"growth to {customers:,} customers: import")
        large = _populated(going, f"house-{customers}", customers)
        going.tell(f"growth to {customers:,} customers")
        with ExitStack() as both:
            homes = [
                (await at_home(both.enter_context(serving(house)), house), count)
                for house, count in ((small, going.scale.customers), (large, customers))
            ]
            pin(os.getpid(), ALL_CORES[-1:])
            for bench, _ in homes:
                pin(bench.server.pid, ALL_CORES[:1])
            await _compared(going, homes, customers)


async def _compared(going: Run, homes: list[tuple[Bench, int]], customers: int) -> None:
    calls = going.scale.calls // 4
    sessions = [await bench.sessions(SHARED_SESSIONS) for bench, _ in homes]
    ratios: dict[str, list[float]] = {"validate_credentials": [], "session-only read": []}
    # The first round enrols the customers that the others find enrolled.
    for turn in range(going.scale.rounds + 1):
        seen: dict[str, list[float]] = {name: [] for name in ratios}
        for (bench, count), own in zip(homes, sessions, strict=True):
            users = [customer(number * count // calls) for number in range(calls)]
            requests = {
                "validate_credentials": [
                    bench.validate_request(own[number % SHARED_SESSIONS], user)
                    for number, user in enumerate(users)
                ],
                "session-only read": [
                    bench.public_key_request(own[number % SHARED_SESSIONS].sid) for number in range(calls)
                ],
            }
            for name, prepared in requests.items():
                outcome = await drive(bench.server.port, bench.server.pid, prepared, 8)
                seen[name].append(outcome.expect(200).milliseconds(50))
        if turn:
            for name, (before, after) in seen.items():
                ratios[name].append(after / before)
    for name, found in ratios.items():
        label = f"{name}: latency at {customers:,} customers ÷ at {going.scale.customers:,}"
        going.figures.others[label] = median(found)
