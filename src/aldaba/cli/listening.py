"""The server's listeners: the public one and the operators', which start and drain together."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from aldaba.api.app import Door
from aldaba.cli.desk import Failed
from aldaba.cli.http_protocol import patient
from aldaba.settings import Settings
from aldaba.wiring import House

GRACE_SECONDS = 10
MAX_CONNECTIONS = 1024
MAX_OPERATORS = 64


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
    public = uvicorn.Config(
        house.watched.round_the_door(house.door),
        loop="uvloop",
        http=patient(connections_per_address=None if server.behind_proxy else server.connections_per_address),
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
    operators = uvicorn.Config(
        house.admin,
        loop="uvloop",
        http=patient(connections_per_address=None),
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        limit_concurrency=MAX_OPERATORS,
    )
    taken = _taken("server", server.host, server.port)
    try:
        beside = _taken("admin", admin.host, admin.port)
    except Failed:
        taken.close()
        raise
    return Listener(_Server(public), taken), Listener(_Server(operators), beside)


async def serve_all(
    all_of: tuple[Listener, ...], door: Door, drain_seconds: float, *, ready: asyncio.Event
) -> None:
    """Serve until SIGINT or SIGTERM; requests in flight finish. ``ready`` is set once each listens.

    Told to stop, the door says first that it is ready no more, and serves on for so many seconds: a balancer
    that asks has time to look elsewhere. Told twice, it does not wait.
    """

    def leave() -> None:
        if door.leaving or not drain_seconds:
            end()
            return
        door.leaving = True
        loop.call_later(drain_seconds, end)

    def end() -> None:
        for each in all_of:
            # Asked a second time, nobody waits any more.
            each.server.force_exit = each.server.should_exit
            each.server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, leave)
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
