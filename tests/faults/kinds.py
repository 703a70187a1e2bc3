"""The faults: how each begins, how long it stands, and how its part comes back."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
from tests.crash.served import Served
from tests.faults.ground import Ground

SLOW_SECONDS, RESETS = 0.2, 0.05
"""So late is each message to a part on a bad line, and so often the connection is reset."""

Fault = Callable[[Ground], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True)
class Kind:
    """``seconds`` is how long it stands; ``ends_sessions``: sessions and access tokens may end by it.

    ``harmless``: nobody is refused by it. ``customers``: so many a round meets at the most. Who was left
    without an answer is not met again.
    """

    name: str
    title: str
    fault: Fault
    ends_sessions: bool = False
    harmless: bool = False
    relayed: bool = False
    small_disk: bool = False
    seconds: float = 1.5
    customers: int = 120


@asynccontextmanager
async def node_killed(ground: Ground) -> AsyncIterator[None]:
    node = ground.nodes[0]
    await asyncio.to_thread(node.kill)
    yield
    await asyncio.to_thread(node.start)


@asynccontextmanager
async def database_restarted(ground: Ground) -> AsyncIterator[None]:
    await asyncio.to_thread(ground.postgres.stop_at_once)
    yield
    await asyncio.to_thread(ground.postgres.start)


@asynccontextmanager
async def sessions_lost(ground: Ground) -> AsyncIterator[None]:
    """It keeps nothing on disk: killed, it comes back empty; and it is emptied once more while it serves."""
    await asyncio.to_thread(ground.valkey.kill)
    yield
    await asyncio.to_thread(ground.valkey.start)
    await asyncio.to_thread(ground.valkey.flush)


@asynccontextmanager
async def bad_lines(ground: Ground) -> AsyncIterator[None]:
    for relay in ground.relays:
        relay.worsen(SLOW_SECONDS, RESETS)
    yield
    for relay in ground.relays:
        relay.mend()


@asynccontextmanager
async def disk_full(ground: Ground) -> AsyncIterator[None]:
    """Nothing fits on the database's disk any more; a database that gave up is started once there is room."""
    assert ground.disk is not None
    ballast = ground.disk / "ballast"
    await asyncio.to_thread(_fill, ballast)
    yield
    ballast.unlink()
    await asyncio.to_thread(ground.postgres.start)


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


@asynccontextmanager
async def clock_moved(ground: Ground) -> AsyncIterator[None]:
    """An hour ahead of the time, and back again."""
    await _clock(ground, {"advance": "PT1H"})
    yield
    await _clock(ground, {"reset": True})


async def _clock(ground: Ground, move: dict[str, object]) -> None:
    async with httpx.AsyncClient() as http:
        answer = await http.post(f"{ground.nodes[0].url}/sandbox/clock", json=move)
    assert answer.status_code == 200, answer.text


@asynccontextmanager
async def upgraded(ground: Ground) -> AsyncIterator[None]:
    """The next release's schema comes in, then its nodes, one after the other: both serve side by side."""
    release = await asyncio.to_thread(ground.next_release)
    one, other = ground.nodes
    told = other.environment | {"PYTHONPATH": str(release)}
    await asyncio.to_thread(
        subprocess.run, MIGRATE, env=told, cwd=other.folder, check=True, capture_output=True
    )
    await _replaced(ground, other, release)
    yield
    await _replaced(ground, one, release)


async def _replaced(ground: Ground, node: Served, release: Path) -> None:
    ground.resting.add(node)
    assert await asyncio.to_thread(node.stop) == 0
    node.environment["PYTHONPATH"] = str(release)
    await asyncio.to_thread(node.start)
    ground.resting.discard(node)


MIGRATE = (sys.executable, "-m", "aldaba", "migrate")

KINDS = {
    kind.name: kind
    for kind in (
        Kind("node", "kill -9 of a node", node_killed),
        Kind("database", "PostgreSQL restarted at once", database_restarted),
        Kind("sessions", "Valkey killed and emptied", sessions_lost, ends_sessions=True),
        Kind(
            "clock",
            "the clock an hour ahead and back",
            clock_moved,
            ends_sessions=True,
            harmless=True,
            seconds=2.5,
        ),
        Kind("network", "200 ms and 5 % resets to both", bad_lines, relayed=True, seconds=4.0, customers=200),
        Kind(
            "upgrade", "the next release, node by node", upgraded, harmless=True, seconds=3.0, customers=300
        ),
        Kind("disk", "PostgreSQL's disk full", disk_full, small_disk=True, seconds=2.0),
    )
}
