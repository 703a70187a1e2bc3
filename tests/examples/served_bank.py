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

import httpx

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60
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
def served_bank(data: Path) -> Iterator[Served]:
    """Serve the ready-made bank; it is ready when this is entered, and stopped as by Ctrl-C when left."""
    port = _free_port()
    environment = _own_environment() | CHEAP | {"ALDABA_DATA": str(data), "ALDABA_PORT": str(port)}
    log = data.with_suffix(".log")
    with log.open("wb") as written:
        command = [sys.executable, "-m", "aldaba", "serve", "--sandbox"]
        server = subprocess.Popen(
            command, env=environment, cwd=data.parent, stdout=written, stderr=subprocess.STDOUT
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(server, url, log)
            yield Served(url, data, environment)
        finally:
            server.terminate()
            server.wait(PATIENCE_SECONDS)


def _own_environment() -> dict[str, str]:
    """The environment without settings that whoever runs the tests has for a server of their own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ALDABA")}
    return inherited | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def _free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            if httpx.get(f"{url}/health/ready", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"the server did not get ready:\n{log.read_text('utf-8')}")
