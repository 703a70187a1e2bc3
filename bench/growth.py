"""``python -m bench.growth``: the same calls on a small house and on a grown one, in turns.

What grows: customers, by an import as a bank does it; audit rows and open sessions, by the store's own acts.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click
import uvloop
from tests.postgres import PostgresServer

from bench import limits
from bench.figures import Figures, wide_console
from bench.filling import fill_audit, fill_sessions
from bench.front_ends import PASSWORD, Bench, at_home, customer, customer_line
from bench.load import drive
from bench.machine import median, pin
from bench.measuring import ALL_CORES, FULL, SHARED_SESSIONS, SMALLEST, Run, Scale
from bench.populating import populated
from bench.processes import ROOT, House, serving

BUILD = ROOT / "build"
IN_FLIGHT = 8
Tell = Callable[[str], object]
CALLS = ("validate_credentials", "session-only read")


@dataclass(frozen=True, slots=True)
class Grown:
    """A house with so many customers; ``what`` tells what it has more of than the small one, and that has."""

    what: str
    house: House
    customers: int
    small: str = "without"


async def compare(going: Run, small: House, grown: Grown) -> None:
    """Latency of the grown house ÷ the small one's, the two taken in turns so that both see one machine."""
    going.tell(f"growth: {grown.what}")
    with ExitStack() as both:
        homes = [
            (await at_home(both.enter_context(serving(house)), house), count)
            for house, count in ((small, going.scale.customers), (grown.house, grown.customers))
        ]
        pin(os.getpid(), ALL_CORES[-1:])
        for bench, _ in homes:
            pin(bench.server.pid, ALL_CORES[:1])
        try:
            ratios = await _ratios(going.scale, homes)
        finally:
            pin(os.getpid(), ALL_CORES)
    for name, found in ratios.items():
        going.figures.others[f"{name}: latency with {grown.what} ÷ {grown.small}"] = median(found)


async def _ratios(scale: Scale, homes: list[tuple[Bench, int]]) -> dict[str, list[float]]:
    sessions = [await bench.sessions(SHARED_SESSIONS) for bench, _ in homes]
    ratios: dict[str, list[float]] = {name: [] for name in CALLS}
    # The first round enrols the customers that the others find enrolled.
    for turn in range(scale.rounds + 1):
        seen: dict[str, list[float]] = {name: [] for name in CALLS}
        for (bench, count), own in zip(homes, sessions, strict=True):
            calls = scale.calls // 4
            users = [customer(number * count // calls) for number in range(calls)]
            shared = [own[number % SHARED_SESSIONS] for number in range(calls)]
            requests = (
                [bench.validate_request(*pair) for pair in zip(shared, users, strict=True)],
                [bench.public_key_request(session.sid) for session in shared],
            )
            for name, prepared in zip(CALLS, requests, strict=True):
                outcome = await drive(bench.server.port, bench.server.pid, prepared, IN_FLIGHT)
                seen[name].append(outcome.expect(200).milliseconds(50))
        if turn:
            for name, (before, after) in seen.items():
                ratios[name].append(after / before)
    return ratios


async def grow_customers(
    going: Run, small: House, customers: int, settings: Mapping[str, str] | None = None
) -> None:
    """A house of so many customers, imported now, beside the small one."""
    going.tell(f"growth to {customers:,} customers: import")
    lines = (customer_line(number, going.phc) for number in range(customers))
    large = await asyncio.to_thread(populated, going, f"house-{customers}", settings or {}, lines)
    few = f"with {going.scale.customers:,}"
    await compare(going, small, Grown(f"{customers:,} customers", large, customers, few))


@dataclass(frozen=True, slots=True)
class Databases:
    """Where each house keeps its rows: a SQLite file of its own, or a database of one PostgreSQL server."""

    server: PostgresServer | None
    stack: ExitStack

    def settings(self) -> dict[str, str]:
        if self.server is None:
            return {}
        url = self.stack.enter_context(self.server.database(with_schema=False))
        return {"ALDABA__DATABASE__URL": url}


@contextmanager
def databases(kind: str) -> Iterator[Databases]:
    with ExitStack() as stack:
        server = None
        if kind == "postgres":
            server = PostgresServer()
            stack.callback(server.close)
        yield Databases(server, stack)


@dataclass(frozen=True, slots=True)
class Growth:
    """How far a house grows in one run."""

    customers: tuple[int, ...]
    audit: int
    sessions: int


async def measure(growth: Growth, going: Run, places: Databases) -> None:
    """The small house, and one beside it for everything that grows."""
    began = time.perf_counter()
    few = going.scale.customers
    small = _house(going, "small", places)
    fills = (("audit rows", growth.audit, fill_audit), ("open sessions", growth.sessions, fill_sessions))
    for what, count, fill in fills:
        if count:
            grown = _house(going, what.replace(" ", "-"), places)
            going.tell(f"{count:,} {what}")
            await asyncio.to_thread(fill, grown, count)
            await compare(going, small, Grown(f"{count:,} {what}", grown, few))
    for customers in growth.customers:
        await grow_customers(going, small, customers, places.settings())
    going.figures.seconds = time.perf_counter() - began


def _house(going: Run, name: str, places: Databases) -> House:
    lines = (customer_line(number, going.phc) for number in range(going.scale.customers))
    return populated(going, name, places.settings(), lines)


@click.command()
@click.option("--database", type=click.Choice(["sqlite", "postgres"]), default="sqlite")
@click.option("--customers", multiple=True, type=int, help="Of the grown house; may be given again.")
@click.option("--audit", default=0, help="Audit rows of the grown house.")
@click.option("--sessions", default=0, help="Open sessions of the grown house.")
@click.option("--small", is_flag=True, help="Only looks whether it measures.")
def main(database: str, customers: tuple[int, ...], audit: int, sessions: int, *, small: bool) -> None:
    """Measure whether a house gets slower as it grows; writes build/bench-growth-DATABASE.json."""
    scale = SMALLEST if small else FULL
    figures = Figures(f"growth on {database}", " ".join(["python -m bench.growth", *sys.argv[1:]]))
    BUILD.mkdir(exist_ok=True)
    console = wide_console()
    with (
        tempfile.TemporaryDirectory(dir=BUILD, prefix="bench-") as folder,
        console.status("…") as status,
        databases(database) as places,
    ):
        phc = limits.argon2_hash(PASSWORD)
        going = Run(replace(scale, growth=()), Path(folder), figures, status.update, phc)
        uvloop.run(measure(Growth(customers, audit, sessions), going, places))
    figures.show(console)
    figures.write(BUILD / f"bench-growth-{database}.json")


if __name__ == "__main__":
    main()
