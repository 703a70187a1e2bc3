"""Two nodes as processes of their own, on a PostgreSQL whose commits are on disk and on a Valkey."""

import asyncio
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.crash.served import Served
from tests.faults.book import Customer
from tests.faults.relay import Relay
from tests.postgres import PostgresServer
from tests.recovery_front_end import customer_line
from tests.scorecard.card import ROOT
from tests.valkey_server import Valkey

from aldaba.cli.database import prepare
from aldaba.cli.sandbox_applications import ready_applications
from aldaba.wiring import open_house

_STEP = '''"""A step of a release to come: a column and an index that the one before knows nothing of."""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9{number:03}", "{before}", None, None


def upgrade() -> None:
    op.add_column("profiles", sa.Column("note_{number}", sa.Text()))
    op.add_column("audit_events", sa.Column("note_{number}", sa.Text(), server_default=""))
    op.create_index("notes_{number}", "profiles", ["note_{number}"])
'''
DISK_MEGABYTES = 256
"""Of the small disk: an empty server takes 60, and keeps up to 80 of its log before it recycles it."""
PIN, PASSWORD = "30203021", "mobile20x"


class Ground:
    """What rounds of faults stand on. Each customer is met in one round only."""

    postgres: PostgresServer
    valkey: Valkey
    nodes: tuple[Served, Served]

    def __init__(self, folder: Path, customers: int, *, relayed: bool = False, small: bool = False) -> None:
        self._folder, self._relayed, self._small = folder, relayed, small
        self._numbers = [str(70_000_000 + n) for n in range(customers)]
        self.relays: tuple[Relay, ...] = ()
        """To the database and to the sessions, where the ground was asked to have them."""
        self.disk: Path | None = None
        """The small disk that the database is on, where it was asked for."""
        self.resting: set[Served] = set()
        """Nodes that the balancer was told to send nothing to."""
        self._releases = 0

    @contextmanager
    def opened(self) -> Iterator["Ground"]:
        with ExitStack() as parts:
            self._open_parts(parts)
            self._make_nodes()
            self._fill()
            parts.callback(self._end_nodes)
            self._start_nodes()
            yield self

    def customers(self) -> Iterator[Customer]:
        """Those whom nobody has met yet."""
        while self._numbers:
            yield Customer(self._numbers.pop(), PASSWORD, PIN)

    def next_release(self) -> Path:
        """This release with one more step of the schema; a path to import it from."""
        self._releases += 1
        copy = self._folder / f"release-{self._releases}"
        shutil.copytree(ROOT / "src", copy, ignore=shutil.ignore_patterns("__pycache__"))
        steps = copy / "aldaba" / "store" / "sql" / "migrations" / "versions"
        before = max(step.name[:4] for step in steps.glob("0*.py"))
        for number in range(1, self._releases + 1):
            text = _STEP.format(number=number, before=before if number == 1 else f"9{number - 1:03}")
            (steps / f"9{number:03}_next.py").write_text(text, "utf-8")
        return copy

    def _open_parts(self, parts: ExitStack) -> None:
        if self._small:
            self.disk = parts.enter_context(small_disk(DISK_MEGABYTES))
        self.postgres = PostgresServer(self.disk)
        parts.callback(self.postgres.close)
        self.postgres.ask("CREATE DATABASE bank")
        self.valkey = Valkey()
        parts.callback(self.valkey.close)
        if self._relayed:
            to_sessions = Relay(self.valkey.port, seed=2)
            self.relays = Relay(str(self.postgres.socket)), to_sessions
            for relay in self.relays:
                parts.enter_context(relay)

    def _make_nodes(self) -> None:
        shared = self._folder / "var"
        database, sessions = self.postgres.url("bank"), self.valkey.url
        if self._relayed:
            database = f"postgresql://postgres@127.0.0.1:{self.relays[0].port}/bank"
            sessions = f"redis://127.0.0.1:{self.relays[1].port}/0"
        common = {
            "ALDABA__MODE": "sandbox",
            "ALDABA_DATA": str(shared),
            "ALDABA__DATABASE__URL": database,
            "ALDABA__REDIS__URL": sessions,
            "ALDABA__OAUTH__ISSUER": "http://127.0.0.1",
        }
        nodes = []
        for name in ("one", "other"):
            folder = self._folder / name
            folder.mkdir(parents=True)
            node = Served(folder, **common)
            node.data = shared
            nodes.append(node)
        self.nodes = nodes[0], nodes[1]

    def _fill(self) -> None:
        """Schema, keys, applications and customers, before any node is there."""
        settings = self.nodes[0].settings()
        prepare(settings)
        lines = [json.dumps(_line(number)).encode() for number in self._numbers]

        async def fill() -> None:
            async with open_house(settings) as house:
                await ready_applications(house)
                report = await house.customer_import.import_lines(lines, actor="a test")
                assert not report.refused, report.refused

        asyncio.run(fill())

    def _start_nodes(self) -> None:
        for node in self.nodes:
            node.launch()
        for node in self.nodes:
            node.wait_until_ready()

    def _end_nodes(self) -> None:
        for node in self.nodes:
            if node.process is not None and node.process.poll() is None:
                node.kill()


def _line(number: str) -> dict[str, Any]:
    token = {"serial": f"T-{number}", "kind": "hard", "status": 56, "secretHex": number.rjust(40, "5")}
    suite = {"ocraSuite": "OCRA-1:HOTP-SHA256-8:QN08-T1M"}
    return customer_line(number, token=token | suite, access={"pin": PIN, "password": PASSWORD})


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A file system of that size, which only root may mount."""
    with tempfile.TemporaryDirectory(prefix="aldaba-disk-") as place:
        size = f"size={megabytes}m,mode=755"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", place], check=True)  # noqa: S607 - wherever the system has it
        try:
            yield Path(place)
        finally:
            subprocess.run(["umount", place], check=True)  # noqa: S607 - wherever the system has it


def may_mount() -> bool:
    """Whether there can be a small disk here."""
    if os.geteuid() != 0:
        return False
    try:
        with small_disk(1):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False
