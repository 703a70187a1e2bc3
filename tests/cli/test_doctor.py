"""The doctor names what is wrong, where, and its cure; each thing here is broken once."""

import json
import socket
import sqlite3
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.backends.core_certificates import Authority
from tests.crash.served import free_port

from aldaba.cli.main import main

CONFIG = """\
data = "{folder}/var"
{more}
[delivery]
providers_file = "{folder}/providers.toml"
"""
PROVIDER = """\
[[provider]]
kind = "http"
name = "gateway"
template = "twilio-sms"
base_url = "http://127.0.0.1:{port}"
secret_file = "gateway.secret"
sender = "B"
"""


class Patient:
    """A house, ready and well: with a gateway that listens."""

    def __init__(self, folder: Path, port: int, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys
        self.config()
        (folder / "providers.toml").write_text(PROVIDER.format(port=port), "utf-8")
        (folder / "gateway.secret").touch(mode=0o600)
        assert main(["init", "--config", str(folder / "bank.toml")]) == 0
        capsys.readouterr()

    def config(self, more: str = "") -> None:
        (self.folder / "bank.toml").write_text(CONFIG.format(folder=self.folder, more=more), "utf-8")

    def sql(self, statement: str) -> None:
        database = sqlite3.connect(self.folder / "var" / "aldaba.sqlite3")
        database.execute(statement)
        database.commit()
        database.close()

    def seen(self) -> dict[str, Any]:
        code = main(["doctor", "--json", "--config", str(self.folder / "bank.toml")])
        checks = {check["name"]: check for check in json.loads(self._capsys.readouterr().out)}
        assert code == (0 if all(check["ok"] for check in checks.values()) else 1)
        return checks

    def wrong(self) -> dict[str, Any]:
        found = {name: check for name, check in self.seen().items() if not check["ok"]}
        assert all(check["cure"] and check["expected"] for check in found.values())
        return found


@pytest.fixture
def patient(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Patient]:
    with socket.create_server(("127.0.0.1", 0)) as gateway:
        yield Patient(tmp_path, gateway.getsockname()[1], capsys)


def test_a_house_that_is_well_is_told_so_check_by_check(patient: Patient) -> None:
    seen = patient.seen()
    assert all(check["ok"] for check in seen.values()), seen
    assert set(seen) == {
        "configuration", "disk", "files", "server.public_url", "delivery provider gateway", "keys",
        "database",
        "directory", "sessions", "delivery", "key pairs", "key rotation", "clock", "audit", "notices",
    }  # fmt: skip


def database_open_to_all(patient: Patient) -> None:
    (patient.folder / "var" / "aldaba.sqlite3").chmod(0o644)


def gateway_away(patient: Patient) -> None:
    (patient.folder / "providers.toml").write_text(PROVIDER.format(port=free_port()), "utf-8")


def providers_unreadable(patient: Patient) -> None:
    (patient.folder / "gateway.secret").unlink()


def public_address_left_out(patient: Patient) -> None:
    patient.config("[server]\nbehind_proxy = true\n")


def mail_server_away(patient: Patient) -> None:
    patient.config(f"[email]\nhost = '127.0.0.1'\nport = {free_port()}\nsender = 'bank@bank.example'\n")


def core_away(patient: Patient) -> None:
    patient.config(f"[directory]\nkind = 'core'\nbase_url = 'http://127.0.0.1:{free_port()}'\n")


def clock_behind(patient: Patient) -> None:
    patient.sql("UPDATE audit_events SET at = at + 34560000000")  # 400 days


def audit_head_changed(patient: Patient) -> None:
    patient.sql("INSERT INTO audit_head VALUES (1, x'00')")


def notices_stuck(patient: Patient) -> None:
    patient.sql("INSERT INTO notices VALUES ('n', 1, NULL, x'00')")


def rotation_stopped(patient: Patient) -> None:
    made = datetime.now(UTC)
    day, earlier = f'"created_at":"{made:%Y-%m-%d}', f'"created_at":"{made - timedelta(days=3):%Y-%m-%d}'
    aged = f"CAST(replace(CAST(body AS TEXT), '{day}', '{earlier}') AS BLOB)"
    patient.sql(f"UPDATE key_pairs SET body = {aged} WHERE purpose = 'e2e'")  # noqa: S608 - dates of our own


@pytest.mark.parametrize(
    ("harm", "name", "found", "cure"),
    [
        (database_open_to_all, "files", "(0644)", "chmod 600"),
        (gateway_away, "delivery provider gateway", "127.0.0.1:", "Check address"),
        (public_address_left_out, "server.public_url", "http://127.0.0.1:8080", "Set server.public_url"),
        (mail_server_away, "email.host", "127.0.0.1:", "Check address"),
        (core_away, "directory.base_url", "127.0.0.1:", "Check address"),
        (clock_behind, "clock", "UTC", "Set the system clock"),
        (audit_head_changed, "audit", "its head was changed", "aldaba audit verify --anchor"),
        (notices_stuck, "notices", "1 waiting since 1970-01-01", "notice"),
        (rotation_stopped, "key rotation", "72 hours old", "aldaba keys rotate e2e"),
    ],
)
def test_what_is_wrong_is_named_alone(
    patient: Patient, harm: Callable[[Patient], None], name: str, found: str, cure: str
) -> None:
    harm(patient)
    wrong = patient.wrong()
    assert set(wrong) == {name}
    assert found in wrong[name]["found"]
    assert cure in wrong[name]["cure"]


def test_a_certificate_is_looked_at_before_it_ends(patient: Patient, tmp_path: Path) -> None:
    authority = Authority(tmp_path, "authority")
    pair, other = authority.server(), authority.client()
    patient.config(f"[server]\ntls_cert = '{pair.cert}'\ntls_key = '{pair.key}'\n")
    pair.key.chmod(0o600)
    ending = patient.wrong()["server.tls_cert"]
    assert ending["found"].startswith("ends ")
    assert "Renew" in ending["cure"]
    other.key.chmod(0o600)
    patient.config(f"[server]\ntls_cert = '{pair.cert}'\ntls_key = '{other.key}'\n")
    assert "KEY_VALUES_MISMATCH" in patient.seen()["server.tls_cert"]["found"]


def test_a_certificate_nobody_vouches_for_is_told_so(patient: Patient, tmp_path: Path) -> None:
    with listening(Authority(tmp_path, "unknown")) as port:
        patient.config(f"[vendor]\njwks_url = 'https://127.0.0.1:{port}/keys'\n")
        wrong = patient.wrong()
    assert set(wrong) == {"vendor.jwks_url"}
    assert "not trusted" in wrong["vendor.jwks_url"]["found"]


@contextmanager
def listening(authority: Authority) -> Iterator[int]:
    """A TLS server that shakes hands with one caller, and with nobody else."""
    pair = authority.server()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.cert, pair.key)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def shake() -> None:
            caller, _ = server.accept()
            with caller:
                try:
                    context.wrap_socket(caller, server_side=True).close()
                except OSError:
                    return

        thread = threading.Thread(target=shake)
        thread.start()
        yield server.getsockname()[1]
        thread.join(10)
