"""The works of the house under load, each beside the limit it is judged by."""

import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from bench import limits
from bench.customer_works import measure_customers
from bench.factors import Vendor
from bench.figures import Figures
from bench.front_ends import (
    PASSWORD,
    Bench,
    Session,
    at_home,
    customer,
    logged_in,
)
from bench.gateway import Gateway, gateway
from bench.growth import grow_customers
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
    split,
)
from bench.naming_works import measure_names
from bench.populating import populated
from bench.processes import House, Serving, floor, serving
from bench.proof_works import RAISED_LIMITS, Proofs, change_access, lines_for_proofs, measure_proofs


async def run(scale: Scale, folder: Path, figures: Figures, tell: Callable[[str], object]) -> None:
    """Measure everything once, from a new folder."""
    began = time.perf_counter()
    going = Run(scale, folder, figures, tell, limits.argon2_hash(PASSWORD))
    try:
        async with gateway() as messages:
            house = await _main_works(going, Vendor(), messages)
        for customers in scale.growth:
            await grow_customers(going, house, customers)
    finally:
        pin(os.getpid(), ALL_CORES)
    figures.seconds = time.perf_counter() - began


async def _main_works(going: Run, vendor: Vendor, messages: Gateway) -> House:
    """All but growth; the house they were measured in."""
    going.tell("customers, import")
    own = vendor.write_settings(going.folder) | messages.write_settings(going.folder)
    house = populated(going, "house", own | RAISED_LIMITS, lines_for_proofs(going))
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
            await measure_names(parts)
            await measure_proofs(Proofs(parts, vendor, messages), sessions)
            await measure_customers(parts, sessions)
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
    name = f"set_credentials ({HASHES_OF_A_CHANGE} hashes)"
    levels, changers = going.scale.hash_levels, set(map(customer, going.changers))
    chosen = [session for session in sessions if session.user in changers]
    for in_flight, some in zip(levels, split(chosen, len(levels)), strict=True):
        going.tell(f"{name}, {in_flight} in flight")
        requests = [bench.set_credentials_request(session) for session in some]
        work, _ = await hashing(going, bench, name, requests, in_flight, 204, HASHES_OF_A_CHANGE)
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
