"""``python -m cluster``: both nodes serve one customer, one survives the other, nothing is left behind."""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from tests.crash.served import CHEAP, free_port
from tests.front_end import FrontEnd
from tests.house.tree import ROOT

CUSTOMER, PASSWORD = "15000030", "mobile20x"
START_SECONDS = 150.0
HEALTH = ("live", "ready")
VISIT = ["token", "retrieve_public_key", "exchange_keys", "prelogin_v1", "login"]
END_SECONDS = 40.0
LEFT_SECONDS = 5.0


@dataclass(slots=True)
class Running:
    """A cluster of its own folder; ``ended`` has its exit code."""

    folder: Path
    process: subprocess.Popen[bytes]
    port: int

    def output(self) -> str:
        return (self.folder / "output").read_text("utf-8")

    def nodes(self) -> list[int]:
        """Process ids of both nodes, as they are told."""
        return [int(found) for found in re.findall(r"process (\d+)", self.output())]

    def secret(self) -> str:
        found = re.search(r"sandbox-front-end / (\S+)", self.output())
        assert found is not None
        return found[1]

    def served(self, node: str) -> list[str]:
        """The operations that this node answered, out of its log, beside the balancer's questions."""
        lines = (self.folder / "cluster" / f"{node}.log").read_text("utf-8").splitlines()
        told = [json.loads(line) for line in lines if line.startswith("{")]
        answered = [line["operation"] for line in told if line["event"] == "request"]
        return [operation for operation in answered if operation not in HEALTH]

    def ended(self) -> int:
        return self.process.wait(END_SECONDS)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not under pytest's own: run as root, PostgreSQL is another user, who must reach it."""
    made = Path(tempfile.mkdtemp(prefix="aldaba-cluster-"))
    yield made
    shutil.rmtree(made)


@contextmanager
def running(folder: Path, port: int) -> Iterator[Running]:
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "cluster"],
            cwd=ROOT,
            env={**os.environ, **CHEAP, "ALDABA_PORT": str(port), "ALDABA_DATA": str(folder)},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    started = Running(folder, process, port)
    try:
        until = time.monotonic() + START_SECONDS
        while "kill -9" not in started.output():
            assert process.poll() is None, started.output()
            assert time.monotonic() < until, started.output()
            time.sleep(0.05)
        yield started
    finally:
        process.terminate()
        process.wait(END_SECONDS)


def started_for(cluster: Running) -> set[str]:
    """Process ids of the cluster's children, and of PostgreSQL, which is nobody's child (proc(5))."""
    parent = f"PPid:\t{cluster.process.pid}\n".encode()
    return {
        process.name
        for process in Path("/proc").glob("[0-9]*")
        if parent in _read(process / "status") or str(cluster.folder).encode() in _read(process / "cmdline")
    }


def _read(file: Path) -> bytes:
    """Nothing where the process is gone."""
    try:
        return file.read_bytes()
    except OSError:
        return b""


def left(processes: set[str]) -> set[str]:
    """Those that still run, some seconds after they were to end. A zombie does not."""
    until = time.monotonic() + LEFT_SECONDS
    while running_now := {process for process in processes if _read(Path("/proc", process, "cmdline"))}:
        if time.monotonic() > until:
            return running_now
        time.sleep(0.05)
    return set()


def kill(node: int) -> None:
    """Without warning, and until its sockets are closed: what still reaches it is answered by nobody."""
    os.kill(node, signal.SIGKILL)
    while Path("/proc", str(node)).exists():
        time.sleep(0.01)


async def story(cluster: Running) -> None:
    """A customer comes by both nodes in turn, loses one in the middle, and stays logged in."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{cluster.port}", timeout=20) as http:
        front = await FrontEnd(http, "sandbox-front-end", cluster.secret()).ready()
        assert (await front.prelogin(CUSTOMER)).status_code == 200
        assert (await front.login(CUSTOMER, PASSWORD)).status_code == 200
        by_one, by_other = cluster.served("node-1"), cluster.served("node-2")
        assert sorted([by_one, by_other]) == sorted([VISIT[::2], VISIT[1::2]])

        await asyncio.to_thread(kill, cluster.nodes()[0])
        answers = [(await front.status(CUSTOMER)).status_code for _ in range(6)]
        assert answers == [200] * 6
        assert (await front.logout()).status_code == 204
        assert cluster.served("node-1") == by_one
        assert cluster.served("node-2")[len(by_other) :] == ["credentials_status"] * 6 + ["logout"]
        assert "node-1 is not ready" in cluster.output()


def test_a_login_served_by_both_survives_one_and_nothing_is_left_behind(folder: Path) -> None:
    port = free_port()
    with running(folder, port) as cluster:
        children = started_for(cluster)
        assert len(children) == 4, "two nodes, PostgreSQL, Valkey"
        asyncio.run(story(cluster))
        another = refused(folder, free_port())
        assert f"another cluster runs in {folder / 'cluster'}" in another
        os.killpg(cluster.process.pid, signal.SIGINT)  # Ctrl-C, as a terminal sends it
        assert cluster.ended() == 0, cluster.output()
        assert left(children) == set()
        secret = cluster.secret()

    with running(folder, port) as again:
        assert again.secret() == secret, "what was kept is there again"
        children = started_for(again)
        for node in again.nodes():
            os.kill(node, signal.SIGKILL)
        assert again.ended() == 1
        assert "Error: no node is left" in again.output()
        assert left(children) == set()


def refused(folder: Path, port: int) -> str:
    """What is said where nothing is started."""
    done = subprocess.run(
        [sys.executable, "-m", "cluster"],
        cwd=ROOT,
        env={**os.environ, "ALDABA_PORT": str(port), "ALDABA_DATA": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


def test_a_port_that_is_taken_is_named_and_nothing_is_started(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused(folder, port)
    assert f"cannot listen on 127.0.0.1:{port}" in said
    assert "set ALDABA_PORT to another" in said
    assert list(folder.iterdir()) == []
