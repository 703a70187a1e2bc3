"""One process that listens and serves: the house opened, uvicorn on its door, and a clean end."""

import asyncio
import gc
import signal
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import FrameType

import uvicorn

from aldaba.cli.desk import Failed
from aldaba.cli.http_protocol import PatientProtocol
from aldaba.settings import Settings
from aldaba.wiring import House, open_house

GRACE_SECONDS = 10
MAX_CONNECTIONS = 1024

Prepare = Callable[[House], Awaitable[None]]
Started = Callable[[uvicorn.Server], None]


async def serve_here(
    settings: Settings, *, prepare: Prepare, started: Started, listening: socket.socket | None = None
) -> None:
    """Serve until a signal; ``started`` is told once it listens, on the given socket or one of its own."""
    async with open_house(settings, with_server=True) as house:
        await prepare(house)
        _settle_memory()
        server = uvicorn.Server(_config(settings, house))
        for number in (signal.SIGINT, signal.SIGTERM):
            # Once it has finished, uvicorn raises the signal again; that must not end the process before the
            # house is closed, nor with another code than 0.
            signal.signal(number, _already_ending)
        serving = asyncio.create_task(server.serve(None if listening is None else [listening]))
        # uvicorn has no event to wait for; it says that it listens by this flag alone.
        while not server.started and not serving.done():  # noqa: ASYNC110 - as said above
            await asyncio.sleep(0.02)
        if server.started:
            started(server)
        await serving
        if not server.started:
            raise Failed(cannot_listen(settings))


def cannot_listen(settings: Settings) -> str:
    return f"cannot listen on {settings.server.host}:{settings.server.port}"


def _already_ending(number: int, frame: FrameType | None) -> None:
    """The server has been told already."""


def _config(settings: Settings, house: House) -> uvicorn.Config:
    server = settings.server
    return uvicorn.Config(
        house.door,
        host=server.host,
        port=server.port,
        loop="uvloop",
        http=PatientProtocol,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        limit_concurrency=MAX_CONNECTIONS,
        ssl_certfile=_text(server.tls_cert),
        ssl_keyfile=_text(server.tls_key),
    )


def _settle_memory() -> None:
    """What stands at the start stays: the collector need not walk it again, nor run at every few requests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
