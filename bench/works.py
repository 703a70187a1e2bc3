"""The works of the house under load, each beside the limit it is judged by."""

import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from bench import limits
from bench.factors import Vendor
from bench.figures import Figures
from bench.front_ends import (
    PASSWORD,
    Bench,
    Line,
    Session,
    at_home,
    customer,
    customer_line,
    import_file,
    logged_in,
)
from bench.gateway import Gateway, gateway
from bench.load import drive
from bench.machine import median, memory_mb, pin
from bench.measuring import (
    ALL_CORES,
    DURABLE,
    HASHES_OF_A_CHANGE,
    HTTP,
    READING,
    RSA,
    SHARED_SESSIONS,
    STARLETTE,
    Parts,
    Run,
    Scale,
    hashing,
    measured,
)
from bench.processes import House, Serving, aldaba, floor, make_house, serving
from bench.proof_works import RAISED_LIMITS, Proofs, change_access, lines_for_proofs, measure_proofs


async def run(scale: Scale, folder: Path, figures: Figures, tell: Callable[[str], object]) -> None:
    """Measure everything once, from a new folder."""
    began = time.perf_counter()
    going = Run(scale, folder, figures, tell, limits.argon2_hash(PASSWORD))
    try:
        async with gateway() as messages:
            house = await _main_works(going, Vendor(), messages)
        if scale.growth:
            await _growth(going, house)
    finally:
        pin(os.getpid(), ALL_CORES)
    figures.seconds = time.perf_counter() - began


async def _main_works(going: Run, vendor: Vendor, messages: Gateway) -> House:
    """All but growth; the house they were measured in."""
    going.tell("customers, import")
    own = vendor.write_settings(going.folder) | messages.write_settings(going.folder)
    house = _populated(going, "house", own | RAISED_LIMITS, lines_for_proofs(going))
    going.tell("start-up")
    times = _start_up(going, house)
    with serving(house) as server:
        going.figures.others["start to first answer, seconds"] = median([*times, server.started_in])
        bench = await at_home(server, house)
        _hashing_limits(going)
        sessions = await _logins(going, bench)
        await _changes_of_password(going, bench, sessions)
        await change_access(going, bench, messages)
        going.one_core(server)
        with ExitStack() as stack:
            floors = _floors(going, stack)
            parts = Parts(going, bench, floors, [])
            await _one_core_works(parts, sessions)
            await measure_proofs(Proofs(parts, vendor, messages), sessions)
            parts.tell()
    return house


def _floors(going: Run, stack: ExitStack) -> dict[str, Serving]:
    floors = {
        name: stack.enter_context(floor(kind, going.folder / f"{kind}.log"))
        for kind, name in (("asgi", HTTP), ("starlette", STARLETTE))
    }
    for other in floors.values():
        pin(other.pid, ALL_CORES[:1])
    return floors


def _populated(going: Run, name: str, settings: Mapping[str, str], lines: Iterable[Line]) -> House:
    house = make_house(going.folder / name, settings)
    file = going.folder / "customers.jsonl"
    count = import_file(file, lines)
    began = time.perf_counter()
    aldaba(house.environment, "customers", "import", str(file))
    rate = count / (time.perf_counter() - began)
    going.figures.others[f"import of {count:,} customers, lines a second"] = rate
    file.unlink()
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


async def _logins(going: Run, bench: Bench) -> list[Session]:
    """Logins at every number in flight; the sessions they opened."""
    opened: list[Session] = []
    one_verify = 1 / going.figures.limits["Argon2id verifies a second, threads: 1"]
    going.free_all(bench.server)
    for in_flight in going.scale.in_flight:
        going.tell(f"logins, {in_flight} in flight")
        sessions = await bench.identified(_next_customers(going, going.logins_at(in_flight)))
        requests = [bench.login_request(session) for session in sessions]
        work, answers = await hashing(going, bench, "login by password", requests, in_flight, 200)
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
    work, _ = await hashing(going, bench, name, requests, 4 * len(ALL_CORES), 204, HASHES_OF_A_CHANGE)
    going.figures.works.append(replace(work, needed=0.85))


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
    await measured(parts, "validate_credentials", [*map(validate, turns)], DURABLE, 0.40)
    await measured(parts, "session-only read", [*map(look, turns)], READING, 0.50)
    await measured(parts, "key exchange", [*map(exchange, few)], (RSA,), 0.80)
    await measured(parts, "token endpoint", [bench.token_request() for _ in turns])
    await measured(parts, "introspection", [*map(introspect, turns)])


async def _growth(going: Run, small: House) -> None:
    """The same calls on a small house and on large ones, in turns, so that both see the same machine."""
    for customers in going.scale.growth:
        going.tell(f"growth to {customers:,} customers: import")
        lines = (customer_line(number, going.phc) for number in range(customers))
        large = _populated(going, f"house-{customers}", {}, lines)
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
