"""A real server in a process of its own: the sandbox bank on a free port, with a folder of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60
TRIES = 3
CHEAP = {
    # Argon2id at its cheapest and a small RSA key: what is tested is what is done, not how long it takes.
    "ALDABA__POLICY__HASH__MEMORY_KIB": "8",
    "ALDABA__POLICY__HASH__PASSES": "1",
    "ALDABA__POLICY__E2E__RSA_BITS": "2048",
}


@dataclass(frozen=True, slots=True)
class Served:
    """Where the bank is served, and the environment of those who visit it."""

    url: str
    data: Path
    environment: dict[str, str]


@contextmanager
def served_bank(data: Path, *, operated: bool = False) -> Iterator[Served]:
    """Serve the ready-made bank; it is ready when this is entered, and stopped as by SIGTERM when left.

    ``operated`` gives its operators' listener a port that is known.
    """
    served, server = _started(data, operated=operated)
    try:
        yield served
    finally:
        server.terminate()
        server.wait(PATIENCE_SECONDS)


def _started(data: Path, *, operated: bool) -> tuple[Served, subprocess.Popen[bytes]]:
    """A port that was free a moment ago may be somebody else's by now: then another one is tried."""
    log = data.with_suffix(".log")
    for _ in range(TRIES):
        port = _free_port()
        environment = _own_environment() | CHEAP | {"ALDABA_DATA": str(data), "ALDABA_PORT": str(port)}
        if operated:
            environment["ALDABA__ADMIN__PORT"] = str(_free_port())
        with log.open("wb") as written:
            server = subprocess.Popen(
                [sys.executable, "-m", "aldaba", "serve", "--sandbox"],
                env=environment,
                cwd=data.parent,
                stdout=written,
                stderr=subprocess.STDOUT,
            )
        served = Served(f"http://127.0.0.1:{port}", data, environment)
        if _listens(server, f"aldaba serves on {served.url} ", log):
            return served, server
        server.kill()
        server.wait()
    raise AssertionError(f"the server did not get ready:\n{log.read_text('utf-8')}")


def _listens(server: subprocess.Popen[bytes], greeting: str, log: Path) -> bool:
    """Whether this very server says so, whoever else may answer on that port."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        if greeting in log.read_text("utf-8"):
            return True
        time.sleep(0.05)
    return False


def _own_environment() -> dict[str, str]:
    """The environment without settings that whoever runs the tests has for a server of their own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ALDABA")}
    return inherited | {
        "ALDABA__ADMIN__PORT": "0",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }


def _free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
