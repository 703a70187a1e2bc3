"""The command line and several worker processes on PostgreSQL, as a bank would start them."""

import base64
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
from tests.postgres import PostgresServer

from aldaba.cli.main import main
from aldaba.sandbox.clock import STATE

ALDABA = [sys.executable, "-m", "aldaba"]
STARTED_SECONDS = 60.0
ENDED_SECONDS = 30.0
PROVIDERS = """\
[[provider]]
kind = "http"
name = "gateway"
template = "twilio-sms"
base_url = "http://127.0.0.1:{port}"
secret_file = "gateway.secret"
sender = "B"
"""


class Bank:
    """A bank in a folder of its own: commands run here, the server as a process."""

    def __init__(self, folder: Path, gateway: int, capsys: pytest.CaptureFixture[str]) -> None:
        self._file = folder / "bank.toml"
        self.folder, self._capsys = folder, capsys
        self.admin_port = free_port()
        self._providers = folder / "providers.toml"
        self._providers.write_text(PROVIDERS.format(port=gateway), "utf-8")
        (folder / "gateway.secret").touch(mode=0o600)

    def at(self, url: str, *, owner: str | None = None, mode: str = "production") -> "Bank":
        database = {"url": url, "connections": 4} | ({} if owner is None else {"owner_url": owner})
        sections: dict[str, dict[str, object]] = {
            "database": database,
            "admin": {"port": self.admin_port},
            "policy.hash": {"memory_kib": 8, "passes": 1},
            "policy.e2e": {"rsa_bits": 2048},
        }
        if mode == "production":
            sections["delivery"] = {"providers_file": str(self._providers)}
        lines = [f"mode = '{mode}'", f"data = '{self.folder / 'var'}'"]
        for section, values in sections.items():
            lines += [f"[{section}]", *(f"{name} = {value!r}" for name, value in values.items())]
        self._file.write_text("\n".join(lines), encoding="utf-8")
        self._file.chmod(0o600)
        return self

    def run(self, *words: str, code: int = 0) -> str:
        found = main([*words, "--config", str(self._file)])
        printed = self._capsys.readouterr()
        assert found == code, printed
        return printed.out + printed.err

    @contextmanager
    def served(self, *arguments: str) -> Iterator["Served"]:
        port = free_port()
        with subprocess.Popen(
            [*ALDABA, "serve", "--port", str(port), "--config", str(self._file), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            served = Served(process, f"http://127.0.0.1:{port}")
            try:
                served.wait_until_ready()
                yield served
            finally:
                process.terminate()
                served.rest = process.communicate(timeout=ENDED_SECONDS)[0]


class Served:
    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self.process, self.address, self.rest = process, address, ""

    def wait_until_ready(self) -> None:
        assert self.process.stdout is not None
        until = time.monotonic() + STARTED_SECONDS
        while time.monotonic() < until:
            line = self.process.stdout.readline()
            assert line, f"ended with {self.process.wait()}"
            if "aldaba serves on" in line:
                return
        raise AssertionError("not ready")

    def workers(self) -> set[int]:
        """The processes below, but for the one that multiprocessing keeps for itself."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return {int(child) for child in children if "spawn_main" in command_line(child)}

    def token(self, client_id: str, secret: str) -> httpx.Response:
        basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        return httpx.post(
            f"{self.address}/api/v1/oauth/token",
            data={"grant_type": "client_credentials"},
            headers={"Authorization": f"Basic {basic}"},
        )


def command_line(process: str) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_text()
    except OSError:
        return ""  # it ended


def free_port() -> int:
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@pytest.fixture
def bank(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Bank]:
    with closing(socket.create_server(("127.0.0.1", 0))) as gateway:
        yield Bank(tmp_path, gateway.getsockname()[1], capsys)


@pytest.fixture
def url(postgres_server: PostgresServer) -> Iterator[str]:
    with postgres_server.database(with_schema=False) as url:
        yield url


def test_a_bank_is_made_looked_at_and_served_by_several_processes(bank: Bank, url: str) -> None:
    bank.at(url)
    assert "run `aldaba migrate`" in bank.run("migrate", "--check", code=1)
    bank.run("init")
    bank.run("init")
    bank.run("migrate", "--check")
    assert "WRONG" not in bank.run("doctor")
    made = json.loads(bank.run("applications", "create", "app", "--json"))
    with bank.served("--workers", "2") as served:
        first = served.workers()
        assert len(first) == 2
        for _ in range(20):
            assert served.token(made["client_id"], made["client_secret"]).status_code == 200
        operators = f"http://127.0.0.1:{bank.admin_port}"
        assert httpx.get(f"{operators}/admin/api/openapi.json").status_code == 200
        bank.run("applications", "disable", "app")
        time_is_over = time.monotonic() + 1.0
        while time.monotonic() < time_is_over:
            last = served.token(made["client_id"], made["client_secret"]).status_code
        assert last == 401
        os.kill(min(first), signal.SIGKILL)
        until = time.monotonic() + STARTED_SECONDS
        while len(served.workers() - {min(first)}) < 2:
            assert time.monotonic() < until
        assert httpx.get(f"{served.address}/health/ready").status_code == 200
        # It was the first, so its successor has the operators' listener.
        told = httpx.get(f"{operators}/metrics", timeout=STARTED_SECONDS).text
        assert "aldaba_store_commit_seconds" in told
        assert "aldaba_store_commit_failures_total 0.0" in told
    assert served.process.returncode == 0, served.rest
    assert "another one is started" in served.rest
    bank.run("audit", "verify")


def test_workers_serve_on_while_a_balancer_looks_elsewhere(bank: Bank, url: str) -> None:
    bank.at(url)
    bank.run("init")
    with bank.served("--workers", "2") as served:
        served.process.terminate()
        told = time.monotonic()
        statuses = set()
        while time.monotonic() < told + 1.7:  # of the two seconds that a server told to stop serves on
            statuses.add(httpx.get(f"{served.address}/health/live").status_code)
        assert statuses == {200}
        assert httpx.get(f"{served.address}/health/ready").status_code == 503
        assert served.process.wait(timeout=ENDED_SECONDS) == 0
    assert "Traceback" not in served.rest


def test_a_worker_that_cannot_come_back_takes_no_other_down(bank: Bank, url: str) -> None:
    bank.at(url)
    bank.run("init")
    ring = bank.folder / "var" / "keyring.json"
    with bank.served("--workers", "2") as served:
        first = served.workers()
        ring.chmod(0o644)  # so that no house can be opened
        os.kill(min(first), signal.SIGKILL)
        until = time.monotonic() + STARTED_SECONDS
        while not served.workers() - first:
            assert time.monotonic() < until
        ended = time.monotonic() + 4
        while time.monotonic() < ended:
            assert served.process.poll() is None
        ring.chmod(0o600)
        while len(served.workers()) < 2 or httpx.get(f"{served.address}/health/ready").status_code != 200:
            assert time.monotonic() < until + 30
        assert max(first) in served.workers()
    assert served.process.returncode == 0, served.rest
    assert "it is tried again" in served.rest


def is_there(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/status").exists()
    except ProcessLookupError:  # it went between the look and the answer
        return False


def test_workers_whose_parent_is_killed_end(bank: Bank, url: str) -> None:
    bank.at(url)
    bank.run("init")
    with bank.served("--workers", "2") as served:
        workers = served.workers()
        served.process.kill()
        until = time.monotonic() + ENDED_SECONDS
        while any(is_there(worker) for worker in workers):
            assert time.monotonic() < until


def test_workers_that_cannot_start_end_the_server_with_a_reason(bank: Bank, url: str) -> None:
    bank.at(url)
    bank.run("init")
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        assert "cannot listen" in bank.run("serve", "--workers", "2", "--port", port, code=1)


@pytest.mark.parametrize(
    ("mode", "database", "reason"),
    [("production", "sqlite", "SQLite serves from one process"), ("sandbox", "postgres", "a sandbox serves")],
)
def test_where_one_process_must_serve_several_are_refused(
    bank: Bank, url: str, mode: str, database: str, reason: str
) -> None:
    bank.at(url if database == "postgres" else "sqlite:///var/bank.sqlite3", mode=mode)
    told = bank.run("serve", "--workers", "2", code=1)
    assert "server.workers" in told
    assert reason in told or "workers on SQLite" in told


def test_a_server_that_is_away_is_named_by_the_doctor_and_by_every_command(bank: Bank) -> None:
    bank.at("postgresql://nobody@127.0.0.1:1/bank")
    assert "not available: database" in bank.run("init", code=1)
    told = bank.run("doctor", code=1)
    assert "WRONG database" in told
    assert "127.0.0.1" in told


MUCH_LATER = str(timedelta(days=400).total_seconds())
"""How far a sandbox's clock is moved, in seconds."""


def exported_rows(bank: Bank) -> int:
    """Export the audit with its manifest; how many rows."""
    lines = bank.run("audit", "export", "--manifest", str(bank.folder / "rows.manifest"))
    (bank.folder / "rows").write_text(lines, "utf-8")
    return len(lines.splitlines())


def purging(bank: Bank) -> tuple[str, ...]:
    """The command that takes all of it away."""
    day = (datetime.now(UTC) + timedelta(days=100)).date().isoformat()
    files = ("--manifest", str(bank.folder / "rows.manifest"), "--export", str(bank.folder / "rows"))
    return ("audit", "purge", *files, "--before", day)


class TestTwoUsers:
    @pytest.fixture
    def urls(self, postgres_server: PostgresServer, url: str) -> Iterator[tuple[str, str]]:
        """The URLs of whom the server runs as, and of who owns the tables."""
        name = url.partition("@/")[2].partition("?")[0]
        postgres_server.ask(
            "CREATE ROLE bank_owner LOGIN",
            "CREATE ROLE bank_server LOGIN",
            f"ALTER DATABASE {name} OWNER TO bank_owner",
        )
        yield postgres_server.url(name, "bank_server"), postgres_server.url(name, "bank_owner")
        postgres_server.ask(
            f"DROP DATABASE {name} WITH (FORCE)", "DROP ROLE bank_owner", "DROP ROLE bank_server"
        )

    def test_the_server_works_and_may_not_change_what_was_recorded(
        self, bank: Bank, urls: tuple[str, str]
    ) -> None:
        served, owner = urls
        bank.at(served, owner=owner)
        bank.run("init")
        bank.run("applications", "create", "app")
        bank.run("audit", "anchor")
        bank.run("audit", "verify")
        assert "WRONG" not in bank.run("doctor")
        forbidden = (
            "UPDATE audit_events SET at = 0",
            "DELETE FROM audit_events",
            "DELETE FROM audit_actors",
            "INSERT INTO audit_stub (id, jws) VALUES (1, 'x')",
            "TRUNCATE audit_events",
            "UPDATE audit_chain SET link = ''",
            "DELETE FROM audit_chain",
            "DELETE FROM audit_head",
            "UPDATE audit_checkpoints SET jws = ''",
            "DROP TABLE customers",
            "CREATE TABLE mine (id int)",
            "UPDATE alembic_version SET version_num = 'x'",
        )
        with psycopg.connect(served, autocommit=True) as connection:
            for words in forbidden:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(words.encode())

    def test_the_audit_is_purged_as_the_owner(self, bank: Bank, urls: tuple[str, str]) -> None:
        served, owner = urls
        bank.at(served, owner=owner, mode="sandbox")
        bank.run("init")
        exported = exported_rows(bank)
        with psycopg.connect(served, autocommit=True) as connection:
            connection.execute("DELETE FROM house_state WHERE name = %s", [STATE])
            connection.execute("INSERT INTO house_state VALUES (%s, %s)", [STATE, MUCH_LATER])
        bank.at(served, mode="sandbox").run(*purging(bank), code=1)
        told = bank.at(served, owner=owner, mode="sandbox").run(*purging(bank))
        assert told == f"{exported} rows purged\n"
        bank.at(served, mode="sandbox").run("audit", "verify")

    def test_the_server_alone_cannot_migrate(self, bank: Bank, urls: tuple[str, str]) -> None:
        served, owner = urls
        assert "database.owner_url" in bank.at(served).run("init", code=1)
        stranger = bank.at(served.replace("bank_server", "nobody"), owner=owner)
        assert 'role "nobody" does not exist' in stranger.run("init", code=1)


def test_a_bank_moves_from_its_file_and_is_the_same_bank(bank: Bank, url: str) -> None:
    here = bank.at("sqlite:///" + str(bank.folder / "bank.sqlite3"))
    here.run("init")
    here.run("applications", "create", "app")
    keys = here.run("keys", "list")
    assert "expected postgresql://" in here.run("database", "move", "--to", "sqlite:///other", code=1)
    told = here.run("database", "move", "--to", url)
    assert "rows moved and compared" in told
    assert "not empty" in here.run("database", "move", "--to", url, code=1)
    there = bank.at(url)
    assert there.run("keys", "list") == keys
    assert "app" in there.run("applications", "list")
    there.run("audit", "verify")
    assert "WRONG" not in there.run("doctor")
    assert "already" in there.run("database", "move", "--to", url, code=1)


def test_a_bank_whose_audit_was_purged_moves_too(bank: Bank, url: str) -> None:
    file = bank.folder / "bank.sqlite3"
    here = bank.at(f"sqlite:///{file}", mode="sandbox")
    here.run("init")
    exported = exported_rows(here)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("INSERT OR REPLACE INTO house_state VALUES (?, ?)", [STATE, MUCH_LATER])
        connection.commit()
    assert here.run(*purging(here)) == f"{exported} rows purged\n"
    here.run("database", "move", "--to", url)
    there = bank.at(url, mode="sandbox")
    assert json.loads(there.run("audit", "verify", "--json"))["purged"] == exported
