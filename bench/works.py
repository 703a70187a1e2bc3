"""The works of the house under load, each beside the limit it is judged by."""

import os
import time
from collections.abc import Callable
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
from bench.load import Outcome, drive
from bench.machine import cores, median, memory_mb, pin
from bench.processes import House, Serving, aldaba, make_house, serving

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
FULL = Scale("full", 10_000, 720, 15_000, 2_000, 5, 5, 1.0, LEVELS, (100_000,))
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
            await _limits(going, bench)
            sessions = await _logins(going, bench)
            await _changes_of_password(going, bench, sessions)
            going.one_core(server)
            await _one_core_works(going, bench, sessions)
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


async def _limits(going: Run, bench: Bench) -> None:
    going.tell("limits")
    seconds, found = going.scale.limit_seconds, going.figures.limits
    times = int(4_000 * seconds) + 10
    for threads in dict.fromkeys((1, len(ALL_CORES))):
        rate, used = limits.argon2(going.phc, threads, seconds)
        found[f"Argon2id verifies a second, threads: {threads}"] = rate
        found[f"Argon2id verify, CPU µs, threads: {threads}"] = used
    request = bench.validate_request(Session("A" * 43, Keys("bound-1")), customer(0))
    pin(os.getpid(), ALL_CORES[-1:])
    found["RSA-3072 OAEP decrypt, CPU µs"] = limits.rsa_us(times // 20)
    found["RSA-3072 OAEP decrypts a second and core"] = 1e6 / found["RSA-3072 OAEP decrypt, CPU µs"]
    for kind, name in (("asgi", HTTP), ("starlette", "HTTP floor with Starlette, CPU µs")):
        calls = going.scale.calls
        log = going.folder / f"{kind}.log"
        found[name] = await limits.floor_us(kind, log, request, calls, ALL_CORES[:1])
    found[HEADERS] = limits.headers_us(raw_headers(request), "validate_credentials", times)
    found[SESSION] = limits.session_us(times)
    found[ENVELOPE] = limits.envelope_us(times)
    for rows, name in ((1, ONE_ROW), (2, TWO_ROWS)):
        file = going.folder / f"limit-{rows}.db"
        rate, used = await limits.durable_acts(file, rows, IN_FLIGHT, seconds)
        found[name], found[f"{name.partition(',')[0]}, a second"] = used, rate


HTTP = "HTTP floor (bare ASGI), CPU µs"
HEADERS = "reading the headers, CPU µs"
SESSION = "reading a session, CPU µs"
ENVELOPE = "opening an envelope, CPU µs"
ONE_ROW = "durable act of one row (32 in flight), CPU µs"
TWO_ROWS = "durable act of two rows (32 in flight), CPU µs"


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


async def _one_core_works(going: Run, bench: Bench, opened: list[Session]) -> None:
    """Works that are the interpreter's own: the server on one core, the load generator on another."""
    found, calls = going.figures.limits, going.scale.calls
    shared = await bench.sessions(SHARED_SESSIONS)
    key = await bench.public_key()
    turns = range(calls)

    def validate(turn: int) -> bytes:
        return bench.validate_request(shared[turn % SHARED_SESSIONS], customer(turn % going.scale.customers))

    def look(turn: int) -> bytes:
        return bench.public_key_request(shared[turn % SHARED_SESSIONS].sid)

    def exchange(turn: int) -> bytes:
        session = exchanged[turn % SHARED_SESSIONS]
        return bench.exchange_request(key, session.sid, session.keys)

    def introspect(turn: int) -> bytes:
        return bench.introspection_request(opened[turn % len(opened)].sid)

    exchanged = await bench.sessions(SHARED_SESSIONS)
    reading = found[HTTP] + found[HEADERS] + found[SESSION]
    durable = reading + found[ENVELOPE] + found[TWO_ROWS]
    rsa = found["RSA-3072 OAEP decrypt, CPU µs"]
    await _measured(going, bench, "validate_credentials", [*map(validate, turns)], durable, 0.40)
    await _measured(going, bench, "session-only read", [*map(look, turns)], reading + found[ONE_ROW], 0.50)
    await _measured(going, bench, "key exchange", [*map(exchange, range(going.scale.exchanges))], rsa, 0.80)
    await _measured(going, bench, "token endpoint", [bench.token_request() for _ in turns])
    await _measured(going, bench, "introspection", [*map(introspect, turns)])


async def _measured(
    going: Run,
    bench: Bench,
    name: str,
    requests: list[bytes],
    limit_us: float | None = None,
    needed: float | None = None,
) -> None:
    """The same requests' work in several stretches; a request id is spent once, so each has its own."""
    going.tell(name)
    rounds = going.scale.rounds
    size = len(requests) // rounds
    stretches = [
        (await _stretch(bench, requests[turn * size : (turn + 1) * size])).expect(200)
        for turn in range(rounds)
    ]
    work = work_of(name, IN_FLIGHT, stretches, limit=None if limit_us is None else (1e6 / limit_us, "/s"))
    if limit_us is not None:
        ratio = median([limit_us / stretch.server_us for stretch in stretches])
        work = replace(work, cpu_ratio=ratio, ratio=work.rate * limit_us / 1e6, needed=needed)
    going.figures.works.append(work)


async def _stretch(bench: Bench, requests: list[bytes]) -> Outcome:
    return await drive(bench.server.port, bench.server.pid, requests, IN_FLIGHT)


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
