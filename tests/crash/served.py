"""The server as a process of its own, with its data in a folder, as ``aldaba serve --sandbox`` starts it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx

from aldaba.settings import Settings, load
from aldaba.wiring import House, open_house

CHEAP = {
    "ALDABA__POLICY__HASH__MEMORY_KIB": "8",
    "ALDABA__POLICY__HASH__PASSES": "1",
    "ALDABA__POLICY__E2E__RSA_BITS": "2048",
}
START_SECONDS = 120.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Served:
    """One data folder, one port, and at most one server process at a time; its output goes into files."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.data = folder / "var"
        self.port = free_port()
        self.admin_port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ALDABA")},
            **CHEAP,
            "ALDABA_DATA": str(self.data),
            "ALDABA_PORT": str(self.port),
            "ALDABA__ADMIN__PORT": str(self.admin_port),
            "PYTHONUNBUFFERED": "1",
            **environment,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.launch()
        self.wait_until_ready()

    def launch(self) -> None:
        with (self.folder / "stdout.log").open("ab") as out, (self.folder / "stderr.log").open("ab") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "aldaba", "serve", "--sandbox"],
                cwd=self.folder,
                env=self.environment,
                stdout=out,
                stderr=err,
            )

    def wait_until_ready(self) -> None:
        assert self.process is not None
        ends = time.monotonic() + START_SECONDS
        while time.monotonic() < ends:
            if self.process.poll() is not None:
                break
            try:
                if httpx.get(f"{self.url}/health/ready", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError(f"the server did not start: {self.output()[-2000:]!r}")

    def kill(self) -> None:
        """As a power cut does: no handler runs."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(timeout=10)

    def terminate(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)

    def stop(self) -> int:
        """Ask it to end; its exit code."""
        self.terminate()
        assert self.process is not None
        return self.process.wait(timeout=20)

    def aldaba(self, *words: str) -> Any:
        """A command of the command line beside the server; what it answered in JSON."""
        done = subprocess.run(
            [sys.executable, "-m", "aldaba", *words, "--json"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            check=False,
            timeout=60,
        )
        with (self.folder / "commands.log").open("ab") as kept:
            kept.write(done.stderr)
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    def output(self) -> bytes:
        return (self.folder / "stdout.log").read_bytes() + (self.folder / "stderr.log").read_bytes()

    def settings(self) -> Settings:
        """What it is started with, for a house opened on the same files."""
        given = {name: value for name, value in self.environment.items() if name.startswith("ALDABA")}
        return load(None, given, overrides={"mode": "sandbox"})

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[House]:
        """The house on its database, beside it or after it was killed; nothing works in the background."""
        async with open_house(self.settings()) as house:
            yield house

    @property
    def metrics_address(self) -> str:
        return f"http://127.0.0.1:{self.admin_port}/metrics"

    def credentials(self) -> tuple[str, str]:
        """Those of the ready sandbox application."""
        kept = json.loads((self.data / "sandbox-application.json").read_text("utf-8"))
        return kept["client_id"], kept["client_secret"]


@contextmanager
def served(folder: Path, **environment: str) -> Iterator[Served]:
    """A running server; whatever happens it is gone afterwards."""
    server = Served(folder, **environment)
    try:
        server.start()
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.kill()
