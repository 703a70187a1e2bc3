"""The servers a benchmark starts, and ends again by their own process ids."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60.0
STOP_SECONDS = 20.0
APPLICATION = "bench"
RIGHTS = ("introspect", "ivr", "lookup")


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that answers; ``started_in`` is from the start of its process to its first answer."""

    pid: int
    port: int
    started_in: float


@dataclass(frozen=True, slots=True)
class House:
    """A folder with an initialised database, and the application that calls."""

    folder: Path
    client_secret: str
    environment: dict[str, str]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


_GATEWAY = """\
[[provider]]
kind = "http"
name = "gateway"
template = "twilio-sms"
base_url = "http://127.0.0.1:9"
user = "bench"
secret_file = "gateway.secret"
sender = "BANCO"
"""


def make_house(folder: Path, settings: Mapping[str, str]) -> House:
    """``aldaba init`` and one application that may do everything; ``settings`` are environment variables."""
    folder.mkdir(parents=True)
    # Production serves nobody without a way to phones; nothing measured here sends anything.
    (folder / "providers.toml").write_text(_GATEWAY, encoding="utf-8")
    (folder / "gateway.secret").touch(mode=0o600)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ALDABA")}
    environment = inherited | {
        "ALDABA_DATA": str(folder),
        "ALDABA__MODE": "production",
        "ALDABA__ADMIN__PORT": "0",
        "ALDABA__DELIVERY__PROVIDERS_FILE": str(folder / "providers.toml"),
        **settings,
    }
    aldaba(environment, "init")
    rights = [word for right in RIGHTS for word in ("--right", right)]
    told = aldaba(environment, "--json", "applications", "create", APPLICATION, *rights)
    return House(folder, json.loads(told)["client_secret"], environment)


def aldaba(environment: dict[str, str], *arguments: str) -> str:
    """Run a command to its end and give what it prints."""
    command = [sys.executable, "-m", "aldaba", *arguments]
    done = subprocess.run(  # noqa: S603 - this repository's own command
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"aldaba {' '.join(arguments)}: {done.stderr.strip()[-2000:]}")
    return done.stdout


@contextmanager
def serving(house: House) -> Iterator[Serving]:
    """``aldaba serve`` on the house, its log in the house's folder."""
    port = free_port()
    arguments = [sys.executable, "-m", "aldaba", "serve", "--port", str(port)]
    environment = {**house.environment, "ALDABA__ADMIN__PORT": str(free_port())}
    with running(arguments, environment, port, house.folder / "serve.log", "/health/live") as server:
        yield server


@contextmanager
def floor(kind: str, log: Path) -> Iterator[Serving]:
    """The server that does nothing."""
    port = free_port()
    arguments = [sys.executable, "-m", "bench.floor", kind, str(port)]
    with running(arguments, dict(os.environ), port, log, "/") as server:
        yield server


@contextmanager
def running(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    port: int,
    log: Path,
    path: str,
    folder: Path = ROOT,
) -> Iterator[Serving]:
    """A server started in ``folder`` that answers ``path`` with 200 on this port, and is ended after.

    Raises ``RuntimeError`` with the end of its log where it does not.
    """
    with log.open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - servers the benchmark chose
            arguments, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            _await_answer(process, port, path, log)
            yield Serving(process.pid, port, time.perf_counter() - began)
        finally:
            _stop(process)


def _await_answer(process: subprocess.Popen[bytes], port: int, path: str, log: Path) -> None:
    until = time.perf_counter() + START_SECONDS
    while time.perf_counter() < until and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass  # it does not listen yet
        finally:
            connection.close()
        time.sleep(0.005)
    raise RuntimeError(f"the server did not start: {log.read_text()[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
