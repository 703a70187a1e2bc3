"""What stands behind the balancer: PostgreSQL and Valkey out of their wheels, and nodes of the server."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
from tests.postgres import started
from tests.valkey_server import Valkey

DATABASE = "aldaba"
START_SECONDS = 60.0
STOP_SECONDS = 15.0
"""A server lets requests in flight finish, for at most ten."""


class CannotStart(Exception):
    """A part that does not come up, and what it said."""


@dataclass(frozen=True, slots=True)
class Node:
    """A server of its own process; its log has a line for each request."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    admin_port: int
    log: Path

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """The folder made, and nobody else's while this runs. Raises ``CannotStart``."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(
                f"another cluster runs in {folder}. End it, or set ALDABA_DATA to another."
            ) from None
        yield


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """The URL of a database in this folder, which is kept. Raises ``CannotStart``.

    Run as root, the wheel makes a user of its own for it, and opens the folders above to that user.
    """
    folder.mkdir(exist_ok=True)
    try:
        server = started(folder)
    except subprocess.SubprocessError as failed:
        raise CannotStart(f"PostgreSQL did not start ({failed}); its log is {folder / 'log'}") from None
    try:
        owner = str(server.get_uri())
        with psycopg.connect(owner, autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}".encode())
        yield f"postgresql://postgres@/{DATABASE}?host={owner.partition('?host=')[2]}"
    finally:
        server.cleanup()


@contextmanager
def valkey() -> Iterator[str]:
    """The URL of one that keeps nothing: what it loaded at a restart would count for nothing."""
    server = Valkey()
    try:
        yield server.url
    finally:
        server.close()


@contextmanager
def node(name: str, data: Path, environment: Mapping[str, str]) -> Iterator[Node]:
    """``aldaba serve --sandbox``, once it is ready. Raises ``CannotStart`` with what it said."""
    port, admin_port, log = free_port(), free_port(), data / f"{name}.log"
    ports = {"ALDABA_PORT": str(port), "ALDABA__ADMIN__PORT": str(admin_port)}
    command = [sys.executable, "-m", "aldaba", "serve", "--sandbox"]
    with log.open("wb") as output:
        # In a group of its own: Ctrl-C is for whoever started it, who ends it in turn.
        process = subprocess.Popen(  # noqa: S603 - this repository's own server
            command,
            cwd=data,
            env={**environment, **ports},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    started_node = Node(name, process, port, admin_port, log)
    try:
        _await_ready(started_node)
        yield started_node
    finally:
        _end(process)


def environment(data: Path, url: str, database: str, sessions: str) -> dict[str, str]:
    """What both nodes are told: one house, one database, one address before them."""
    return {
        **{name: value for name, value in os.environ.items() if name.startswith("ALDABA__")},
        **{name: value for name, value in os.environ.items() if not name.startswith("ALDABA")},
        "ALDABA_DATA": str(data),
        "ALDABA__SERVER__PUBLIC_URL": url,
        "ALDABA__DATABASE__URL": database,
        "ALDABA__REDIS__URL": sessions,
        "PYTHONUNBUFFERED": "1",
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_ready(waited: Node) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and not waited.ended:
        try:
            if httpx.get(f"{waited.address}/health/live", timeout=2, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise CannotStart(f"{waited.name} did not start: {waited.log.read_text('utf-8', 'replace')[-2000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
