"""A backup is made beside a server that writes, holds no key, and is proved to restore."""

import hashlib
import io
import json
import sqlite3
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aldaba.cli.main import main
from aldaba.store.sql.sqlite.copying import copy_database

PASSPHRASE = "ocho caballos de madera"
CUSTOMER = {
    "customerId": "20000001",
    "name": "ELENA TORRES DIAZ",
    "customerType": 1551,
    "electronicBanking": "active",
    "access": {"pin": "58204917", "password": "puente47rojo"},
}


class Machine:
    """One machine with a bank on it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys
        folder.mkdir()
        cheap = "[policy.hash]\nmemory_kib = 8\npasses = 1\n[policy.e2e]\nrsa_bits = 2048\n"
        (folder / "bank.toml").write_text(f"data = '{folder / 'var'}'\n{cheap}", encoding="utf-8")
        self.database, self.ring = folder / "var" / "aldaba.sqlite3", folder / "var" / "keyring.json"

    def run(self, *words: str | Path, code: int = 0) -> str:
        found = main([*map(str, words), "--config", str(self.folder / "bank.toml")])
        printed = self._capsys.readouterr()
        assert found == code, printed
        return printed.out if code == 0 else printed.err

    def passphrase(self, text: str = PASSPHRASE) -> Path:
        file = self.folder / "passphrase"
        file.write_text(text + "\n", "utf-8")
        return file


@pytest.fixture
def machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[str], Machine]:
    return lambda name: Machine(tmp_path / name, capsys)


@pytest.fixture
def bank(machine: Callable[[str], Machine]) -> Machine:
    made = machine("old")
    made.run("init")
    (made.folder / "customers.jsonl").write_text(json.dumps(CUSTOMER), "utf-8")
    made.run("customers", "import", made.folder / "customers.jsonl")
    made.run("audit", "anchor")
    return made


def test_a_backup_is_proved_and_restores_on_another_machine(
    bank: Machine, machine: Callable[[str], Machine]
) -> None:
    file = bank.folder / "a.backup"
    assert "rows, schema" in bank.run("backup", file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert "proved." in bank.run("backup", "verify", file)
    other = machine("new")
    other.ring.parent.mkdir()
    other.ring.write_bytes(bank.ring.read_bytes())
    other.ring.chmod(0o600)
    assert "proved." in other.run("restore", file)
    assert other.database.stat().st_mode & 0o777 == 0o600
    assert "ELENA TORRES DIAZ" in other.run("customers", "show", "20000001")
    assert json.loads(other.run("audit", "verify", "--json"))["intact"]
    assert sorted(path.name for path in other.folder.joinpath("var").iterdir()) == [
        "aldaba.sqlite3",
        "keyring.json",
    ]


def test_into_a_folder_it_gets_a_name_of_its_own_and_leaves_nothing_else(bank: Machine) -> None:
    kept = bank.folder / "kept"
    kept.mkdir()
    told = json.loads(bank.run("backup", kept, "--json"))
    assert [str(path) for path in kept.iterdir()] == [told["file"]]
    manifest = told["manifest"]
    assert manifest["rows"]["customers"] == 1
    assert manifest["audit_count"] >= 1
    assert set(manifest["keys_needed"]) == {"storage", "pepper", "identity", "otp", "audit"}


def test_no_key_is_in_it(bank: Machine) -> None:
    file = bank.folder / "a.backup"
    bank.run("backup", file, "--with-keys", "--passphrase-file", bank.passphrase())
    content = file.read_bytes()
    for keys in json.loads(bank.ring.read_text("utf-8"))["keys"].values():
        for key in keys:
            assert key["secret"].encode() not in content
    assert PASSPHRASE.encode() not in content


def test_keys_may_travel_sealed(bank: Machine, machine: Callable[[str], Machine]) -> None:
    file = bank.folder / "a.backup"
    bank.run("backup", file, "--with-keys", "--passphrase-file", bank.passphrase())
    other = machine("new")
    assert "is not there" in other.run("restore", file, code=1)
    wrong = other.run("restore", file, "--passphrase-file", other.passphrase("not that one at all"), code=1)
    assert "passphrase is not the one" in wrong
    assert not other.ring.exists()
    other.run("restore", file, "--passphrase-file", other.passphrase())
    assert other.ring.read_bytes() == bank.ring.read_bytes()
    assert other.ring.stat().st_mode & 0o777 == 0o600
    assert "ELENA" in other.run("customers", "show", "20000001")


def test_a_short_passphrase_and_half_of_two_options_are_refused(bank: Machine) -> None:
    file = bank.folder / "a.backup"
    short = bank.passphrase("eleven char")
    assert "at least 12" in bank.run("backup", file, "--with-keys", "--passphrase-file", short, code=1)
    bank.run("backup", file, "--with-keys", code=2)
    assert not file.exists()


def test_nothing_is_ever_overwritten(bank: Machine) -> None:
    file = bank.folder / "a.backup"
    bank.run("backup", file)
    before = file.read_bytes(), bank.database.read_bytes()
    assert "nothing is overwritten" in bank.run("backup", file, code=1)
    assert "nothing is overwritten" in bank.run("restore", file, code=1)
    assert (file.read_bytes(), bank.database.read_bytes()) == before


def test_a_journal_left_behind_stops_a_restore(bank: Machine) -> None:
    file = bank.folder / "a.backup"
    bank.run("backup", file)
    bank.database.unlink()
    stray = bank.database.with_name("aldaba.sqlite3-wal")
    stray.write_bytes(b"of another database")
    assert "aldaba.sqlite3-wal is there" in bank.run("restore", file, code=1)
    assert not bank.database.exists()


def test_another_houses_keys_are_refused(bank: Machine, machine: Callable[[str], Machine]) -> None:
    file = bank.folder / "a.backup"
    bank.run("backup", file)
    other = machine("new")
    other.run("init")
    assert "the key ring lacks" in other.run("backup", "verify", file, code=1)


def rewritten(file: Path, change: Callable[[sqlite3.Connection], None] | None, **manifest: Any) -> None:
    """The archive with another database or manifest, its digest made to fit."""
    with tarfile.open(file) as archive:
        members = {name: archive.extractfile(name).read() for name in archive.getnames()}  # type: ignore[union-attr]  # members are files
    database = file.with_suffix(".sqlite3")
    database.write_bytes(members["aldaba.sqlite3"])
    if change is not None:
        changing = sqlite3.connect(database)
        change(changing)
        changing.commit()
        changing.close()
    members["aldaba.sqlite3"] = database.read_bytes()
    told = json.loads(members["manifest.json"])
    told |= {
        "sha256": hashlib.sha256(members["aldaba.sqlite3"]).hexdigest(),
        "bytes": len(members["aldaba.sqlite3"]),
        **manifest,
    }
    members["manifest.json"] = json.dumps(told).encode()
    with tarfile.open(file, "w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


@pytest.mark.parametrize(
    ("statement", "manifest", "told"),
    [
        (None, {"sha256": "00"}, "is damaged"),
        (None, {"format": 2}, "of format 2"),
        (None, {"bytes": 10}, "shorter or longer"),
        (None, {"colour": "blue"}, "manifest cannot be read"),
        ("DELETE FROM customers", {}, "not what the manifest counts: customers"),
        ("UPDATE audit_events SET type = 'login:refused' WHERE id = 1", {}, "audit is damaged"),
        ("UPDATE key_pairs SET body = replace(body, 'private\":\"A', 'private\":\"B')", {}, "does not open"),
        ("UPDATE key_pairs SET body = '{}'", {}, "cannot be read"),
        (None, {"audit_link": "00"}, "audit ends elsewhere"),
    ],
)
def test_what_is_not_as_it_was_made_is_refused(
    bank: Machine, statement: str | None, manifest: dict[str, Any], told: str
) -> None:
    file = bank.folder / "a.backup"
    bank.run("backup", file)
    change = None if statement is None else (lambda database: database.execute(statement) and None)
    rewritten(file, change, **manifest)
    assert told in bank.run("backup", "verify", file, code=1)


@pytest.mark.parametrize("content", [b"", b"no archive at all", b"\0" * 10240])
def test_a_file_that_is_no_backup_is_told_so(bank: Machine, content: bytes) -> None:
    file = bank.folder / "a.backup"
    file.write_bytes(content)
    assert "backup" in bank.run("backup", "verify", file, code=1)


def test_a_copy_is_of_one_moment_whatever_is_written_meanwhile(tmp_path: Path) -> None:
    source, target = tmp_path / "source.sqlite3", tmp_path / "target.sqlite3"
    writing = sqlite3.connect(source, isolation_level=None)
    writing.execute("PRAGMA journal_mode = WAL")
    writing.execute("CREATE TABLE pairs (a, b)")
    writing.executemany("INSERT INTO pairs VALUES (?, ?)", ((0, bytes(500)) for _ in range(2000)))
    looks = 0

    def meanwhile(_: int, __: int) -> None:
        nonlocal looks
        looks += 1
        assert looks < 1_000, "the copy begins anew at each commit"
        writing.execute("UPDATE pairs SET a = a + 1")

    copy_database(source, target, meanwhile, pages=20)
    assert looks > 5
    copied = sqlite3.connect(target)
    assert copied.execute("SELECT count(*), min(a), max(a) FROM pairs").fetchone() == (2000, 0, 0)
    assert copied.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    copied.close()
    writing.close()
