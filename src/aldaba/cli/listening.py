"""A process that serves: the house opened, the public listener and the operators', a clean end of both."""

import asyncio
import gc
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from aldaba.api.app import Door
from aldaba.cli.desk import Failed
from aldaba.cli.http_protocol import patient
from aldaba.settings import Settings
from aldaba.wiring import House, open_house

GRACE_SECONDS = 10
MAX_CONNECTIONS = 1024
MAX_OPERATORS = 64
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2; those of TLS 1.3 are as good. Nothing without forward secrecy or authenticated encryption."""
_BACKLOG = 2048

End = Callable[[], None]
"""Ends what serves: requests in flight finish; called a second time, nobody waits any more."""
Prepare = Callable[[House], Awaitable[None]]
Started = Callable[[End], None]


class _Server(uvicorn.Server):
    """One of several in a process: signals are the process's, not its own."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(frozen=True, slots=True)
class Sockets:
    """Where to listen; ``operators`` is None in a process that leaves them to another."""

    public: socket.socket
    operators: socket.socket | None

    def close(self) -> None:
        for each in (self.public, self.operators):
            if each is not None:
                each.close()


@dataclass(frozen=True, slots=True)
class Listener:
    server: uvicorn.Server
    socket: socket.socket


def sockets_of(settings: Settings) -> Sockets:
    """Both ports taken. Raises ``Failed`` with the setting to change."""
    public = _taken("server", settings.server.host, settings.server.port)
    try:
        return Sockets(public, _taken("admin", settings.admin.host, settings.admin.port))
    except Failed:
        public.close()
        raise


async def serve_here(
    settings: Settings,
    *,
    prepare: Prepare,
    started: Started,
    sockets: Sockets | None = None,
    signals: tuple[signal.Signals, ...] = (signal.SIGINT, signal.SIGTERM),
) -> None:
    """Serve until one of the signals; ``started`` is told, once each listens, how to end it otherwise."""
    async with open_house(settings, with_server=True) as house:
        await prepare(house)
        _settle_memory()

        def told(end: End) -> None:
            started(end)
            house.log.say("started", version=version("aldaba"), mode=settings.mode)

        serving = _listeners(settings, house, sockets or sockets_of(settings))
        await _serve(serving, told, signals, _Leaving(house.door, settings.server.drain_seconds))
        house.log.say("stopped")


@dataclass(slots=True)
class _Leaving:
    """Told to stop, the door says first that it is ready no more, and serves on for so many seconds.

    A balancer that asks has time to look elsewhere; told twice, it does not wait.
    """

    door: Door
    seconds: float
    _later: asyncio.TimerHandle | None = None

    def then(self, end: End) -> None:
        if self._later is not None:
            # Coming due after all, it would end a second time, and cut off what is in flight.
            self._later.cancel()
        if self.door.leaving or not self.seconds:
            end()
            return
        self.door.leaving = True
        self._later = asyncio.get_running_loop().call_later(self.seconds, end)


async def _serve(
    listeners: list[Listener], started: Started, signals: tuple[signal.Signals, ...], leaving: _Leaving
) -> None:
    def end() -> None:
        for each in listeners:
            each.server.force_exit = each.server.should_exit
            each.server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in signals:
        loop.add_signal_handler(number, leaving.then, end)
    try:
        async with asyncio.TaskGroup() as serving:
            tasks = [serving.create_task(each.server.serve(sockets=[each.socket])) for each in listeners]
            # uvicorn has no event to wait for; it says that it listens by this flag alone.
            while not _settled(listeners, tasks):  # noqa: ASYNC110 - as said above
                await asyncio.sleep(0.02)
            if all(each.server.started for each in listeners):
                started(end)
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


def _settled(listeners: list[Listener], tasks: list[asyncio.Task[None]]) -> bool:
    return all(each.server.started for each in listeners) or any(task.done() for task in tasks)


def _listeners(settings: Settings, house: House, sockets: Sockets) -> list[Listener]:
    server = settings.server
    public = configured(
        house.watched.round_the_door(house.door),
        MAX_CONNECTIONS,
        per_address=None if server.behind_proxy else server.connections_per_address,
        cert=server.tls_cert,
        key=server.tls_key,
    )
    operators = configured(house.admin, MAX_OPERATORS)
    listeners = [Listener(_Server(public), sockets.public)]
    if sockets.operators is not None:
        listeners.append(Listener(_Server(operators), sockets.operators))
    return listeners


def configured(
    app: ASGIApp,
    most: int,
    *,
    per_address: int | None = None,
    cert: Path | None = None,
    key: Path | None = None,
) -> uvicorn.Config:
    """How a listener serves, ``most`` connections at once; TLS from 1.2 on where it has a certificate."""
    return uvicorn.Config(
        app,
        loop="uvloop",
        http=patient(connections_per_address=per_address),
        # Nobody is to leave this protocol, and its limits, for another.
        ws="none",
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


def _taken(section: str, host: str, port: int) -> socket.socket:
    try:
        (family, *_, address), *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except OSError as error:
        told = error.strerror or str(error)
        raise Failed(
            f"{section}.port: cannot listen on {host}:{port} ({told}). Free it, or set another."
        ) from None


def _settle_memory() -> None:
    """What stands at the start stays: the collector need not walk it again, nor run at every few requests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
