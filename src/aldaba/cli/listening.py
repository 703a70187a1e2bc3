"""The server's listeners: the public one and the operators', which start and drain together."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from aldaba.cli.desk import Failed
from aldaba.cli.http_protocol import PatientProtocol
from aldaba.settings import Settings
from aldaba.wiring import House

GRACE_SECONDS = 10
MAX_CONNECTIONS = 1024
MAX_OPERATORS = 64
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2; those of TLS 1.3 are as good. Nothing without forward secrecy or authenticated encryption."""


class _Server(uvicorn.Server):
    """One of several in a process: signals are the process's, not its own."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(frozen=True, slots=True)
class Listener:
    server: uvicorn.Server
    socket: socket.socket


def listeners(settings: Settings, house: House) -> tuple[Listener, Listener]:
    """The public one and the operators', their ports taken. Raises ``Failed`` with the setting to change."""
    server, admin = settings.server, settings.admin
    round_the_door = house.watched.round_the_door(house.door)
    public = configured(round_the_door, MAX_CONNECTIONS, server.tls_cert, server.tls_key)
    operators = configured(house.admin, MAX_OPERATORS)
    taken = _taken("server", server.host, server.port)
    try:
        beside = _taken("admin", admin.host, admin.port)
    except Failed:
        taken.close()
        raise
    return Listener(_Server(public), taken), Listener(_Server(operators), beside)


def configured(app: ASGIApp, most: int, cert: Path | None = None, key: Path | None = None) -> uvicorn.Config:
    """How a listener serves, ``most`` connections at once; TLS from 1.2 on where it has a certificate."""
    return uvicorn.Config(
        app,
        loop="uvloop",
        http=PatientProtocol,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        limit_concurrency=most,
        ssl_certfile=_text(cert),
        ssl_keyfile=_text(key),
        ssl_ciphers=CIPHERS,
    )


async def serve_all(all_of: tuple[Listener, ...], *, ready: asyncio.Event) -> None:
    """Serve until SIGINT or SIGTERM; requests in flight finish. ``ready`` is set once each listens."""

    def end() -> None:
        for each in all_of:
            # Asked a second time, nobody waits any more.
            each.server.force_exit = each.server.should_exit
            each.server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    try:
        async with asyncio.TaskGroup() as serving:
            tasks = [serving.create_task(each.server.serve(sockets=[each.socket])) for each in all_of]
            # uvicorn has no event to wait for; it says that it listens by this flag alone.
            while not _settled(all_of, tasks):  # noqa: ASYNC110 - as said above
                await asyncio.sleep(0.02)
            ready.set()
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _settled(all_of: tuple[Listener, ...], tasks: list[asyncio.Task[None]]) -> bool:
    return all(each.server.started for each in all_of) or any(task.done() for task in tasks)


def _taken(section: str, host: str, port: int) -> socket.socket:
    try:
        (family, *_, address), *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        told = error.strerror or str(error)
        raise Failed(
            f"{section}.port: cannot listen on {host}:{port} ({told}). Free it, or set another."
        ) from None


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
