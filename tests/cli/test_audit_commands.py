"""The audit at the command line: found, shown, exported, purged, proved and checked by a third party."""

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.cli.test_commands import Terminal, bank, terminal
from tests.service.importing import NUMBER, record

from aldaba.crypto.jwk import generate_signing_key
from aldaba.sandbox.clock import SandboxClock
from aldaba.service.audit import ApplicationChanged, Event, EventType
from aldaba.service.audit_ocsf import MEANT
from aldaba.service.ports import Transaction
from aldaba.settings import load
from aldaba.wiring import open_house

__all__ = ["bank", "terminal"]


@pytest.fixture
def busy(bank: Terminal) -> Terminal:
    """A bank in whose audit something stands."""
    bank.run("customers", "import", bank.file(record()))
    bank.run("applications", "create", "app")
    bank.run("applications", "disable", "app")
    bank.run("customers", "lock", NUMBER, "--reason", "stolen")
    return bank


def database(bank: Terminal) -> sqlite3.Connection:
    return sqlite3.connect(bank.folder / "var" / "aldaba.sqlite3")


class TestSearch:
    def test_rows_are_found_by_what_they_are_newest_first(self, busy: Terminal) -> None:
        every = busy.json("audit", "search")
        assert [row["id"] for row in every] == sorted((row["id"] for row in every), reverse=True)
        for words, kinds in (
            (("--customer", NUMBER), {"customer:changed"}),
            (("--type", "application:changed"), {"application:changed"}),
            (("--type", "application:*"), {"application:changed"}),
            (("--application", "app"), {"application:changed"}),
            (("--actor", every[0]["event"]["actor"], "--type", "customers:*"), {"customers:imported"}),
        ):
            found = busy.json("audit", "search", *words)
            assert {row["event"]["type"] for row in found} == kinds, words
        assert len(busy.json("audit", "search", "--limit", "2")) == 2
        assert busy.json("audit", "search", "--actor", "nobody") == []
        assert busy.json("audit", "search", "--since", "2999-01-01") == []
        assert busy.json("audit", "search", "--until", "2001-01-01") == []
        assert len(busy.json("audit", "search", "--since", "2001-01-01", "--until", "2999-01-01")) == len(
            every
        )

    def test_people_read_a_line_of_facts(self, busy: Terminal) -> None:
        told = busy.run("audit", "search", "--customer", NUMBER)
        assert "customer:changed" in told
        assert f"customer {NUMBER}" in told
        assert "by cli:" in told

    def test_an_unknown_request_is_told(self, busy: Terminal) -> None:
        busy.run("audit", "show", "0b6f6a5e-0000-4000-8000-000000000000", code=1)
        assert "knows no request" in busy.err


class TestOcsf:
    def test_every_event_type_is_mapped(self) -> None:
        assert set(MEANT) == set(EventType)

    def test_lines_have_what_the_schema_demands(self, busy: Terminal) -> None:
        lines = [json.loads(line) for line in busy.run("audit", "export", "--format", "ocsf").splitlines()]
        assert lines
        for line in lines:
            assert line["type_uid"] == line["class_uid"] * 100 + line["activity_id"]
            assert line["category_uid"] == line["class_uid"] // 1000
            assert {"time", "severity_id", "status_id", "actor", "metadata", "unmapped"} <= line.keys()
            assert line["metadata"]["version"] == "1.3.0"
            assert line["metadata"]["product"]["name"] == "aldaba"
            assert isinstance(line["time"], int)
        locked = next(line for line in lines if line["metadata"]["event_code"] == "customer:changed")
        assert (locked["class_uid"], locked["user"]["uid"]) == (3001, NUMBER)
        assert locked["actor"]["user"]["name"].startswith("cli:")

    def test_a_manifest_goes_with_whole_rows_only(self, busy: Terminal) -> None:
        busy.run("audit", "export", "--format", "ocsf", "--manifest", "m", code=2)


def moved(bank: Terminal, days: int, events: int = 0) -> None:
    """The sandbox's clock, which the command line follows, goes on; then so many events are recorded."""

    async def move() -> None:
        async with open_house(load(bank.folder / "bank.toml", {})) as house:
            assert isinstance(house.clock, SandboxClock)
            assert await house.clock.advance(house.store, timedelta(days=days))
            event = Event(EventType.APPLICATION_CHANGED, house.clock(), ApplicationChanged("created"))

            def act(transaction: Transaction) -> None:
                for _ in range(events):
                    transaction.audit.record(event)

            await house.store.run(act)
            await house.audit.seal()

    asyncio.run(move())


@pytest.fixture
def old(terminal: Terminal) -> Terminal:
    """A log of 1,200 rows and some, and 190 days later one more."""
    configuration = terminal.folder / "bank.toml"
    configuration.write_text(f"mode = 'sandbox'\n{configuration.read_text('utf-8')}", encoding="utf-8")
    terminal.run("init")
    moved(terminal, 0, events=1200)
    moved(terminal, 190)
    terminal.run("applications", "create", "app")
    return terminal


def exported(bank: Terminal, *words: str) -> tuple[Path, Path]:
    file, manifest = bank.folder / "audit.jsonl", bank.folder / "audit.manifest"
    text = bank.run("audit", "export", "--manifest", str(manifest), *words)
    file.write_text(text, encoding="utf-8")
    return file, manifest


def days_from_now(days: int) -> str:
    return (datetime.now().astimezone() + timedelta(days=days)).date().isoformat()


BEFORE = days_from_now(5)
"""Between the old rows and the new one."""


def purge(bank: Terminal, before: str, kept: tuple[Path, Path], code: int = 0) -> str:
    file, manifest = kept
    words = ("audit", "purge", "--before", before, "--manifest", str(manifest), "--export", str(file))
    return bank.run(*words, code=code)


class TestPurge:
    def test_what_was_exported_and_is_old_goes_and_the_rest_stays_provable(self, old: Terminal) -> None:
        kept = exported(old)
        rows = [json.loads(line) for line in kept[0].read_text("utf-8").splitlines()]
        anchor = old.folder / "anchor"
        anchor.write_text(old.run("audit", "anchor"), encoding="utf-8")
        gone = len(rows) - 1
        assert purge(old, BEFORE, kept) == f"{gone} rows purged\n"
        told = old.json("audit", "verify", "--anchor", str(anchor))
        assert (told["intact"], told["purged"], told["found"]) == (True, gone, 0)
        left = [json.loads(line) for line in old.run("audit", "export").splitlines()]
        assert left[0] == rows[-1]
        assert left[-1]["event"]["type"] == "audit:purged"
        purge(old, BEFORE, kept, code=1)
        assert "no exported row is that old" in old.err
        old.run("applications", "create", "another")
        moved(old, 0)
        assert old.json("audit", "verify", "--anchor", str(anchor))["intact"]

    def test_a_log_purged_to_its_end_goes_on(self, old: Terminal) -> None:
        kept = exported(old)
        moved(old, 190)
        purge(old, days_from_now(195), kept)
        moved(old, 0, events=3)
        told = old.json("audit", "verify")
        assert (told["intact"], told["rows"], told["linked"]) == (True, 4, 4)

    def test_an_anchor_from_before_the_purge_proves_nothing_any_more(self, old: Terminal) -> None:
        anchor = old.folder / "anchor"
        anchor.write_text(old.run("audit", "anchor"), encoding="utf-8")
        old.run("applications", "create", "more")
        kept = exported(old)
        moved(old, 190)
        purge(old, days_from_now(195), kept)
        old.json("audit", "verify", "--anchor", str(anchor), code=1)
        assert "lies within what was purged" in old.err

    def test_a_stub_taken_away_or_changed_is_found(self, old: Terminal) -> None:
        purge(old, BEFORE, exported(old))
        connection = database(old)
        (jws,) = connection.execute("SELECT jws FROM audit_stub").fetchone()
        head, _claims, signature = jws.split(".")
        for change, values in (
            ("DELETE FROM audit_stub", ()),
            ("UPDATE audit_stub SET jws = ?", (f"{head}.e30.{signature}",)),
        ):
            connection.execute(change, values)
            connection.commit()
            old.json("audit", "verify", code=1)
            assert "row 1: the row is missing" in old.err
            connection.execute("INSERT OR REPLACE INTO audit_stub VALUES (1, ?)", (jws,))
            connection.commit()
        assert old.json("audit", "verify")["intact"]
        connection.close()

    def test_young_rows_unexported_rows_and_changed_files_stay(self, old: Terminal) -> None:
        kept = exported(old)
        purge(old, days_from_now(100), kept, code=1)
        assert "policy.audit.kept_days keeps 180 days" in old.err
        kept[0].write_text("{}", encoding="utf-8")
        purge(old, BEFORE, kept, code=1)
        assert "not the file that the manifest describes" in old.err
        kept[1].write_text("e30.e30.e30", encoding="utf-8")
        purge(old, BEFORE, kept, code=1)
        assert "not one this house signed" in old.err
        kept[1].write_text(old.run("audit", "anchor"), encoding="utf-8")
        purge(old, BEFORE, kept, code=1)
        assert "not one this house signed" in old.err
        assert old.json("audit", "verify")["purged"] == 0

    def test_an_export_that_begins_later_is_not_enough(self, old: Terminal) -> None:
        purge(old, BEFORE, exported(old, "--since", days_from_now(100)), code=1)
        assert "was not exported" in old.err

    def test_a_damaged_log_is_not_purged(self, old: Terminal) -> None:
        kept = exported(old)
        connection = database(old)
        connection.execute("UPDATE audit_events SET type = 'x' WHERE id = 3")
        connection.commit()
        connection.close()
        purge(old, BEFORE, kept, code=1)
        assert "evidence" in old.err


class TestVerify:
    def test_a_checkpoint_that_was_altered_is_named(self, old: Terminal) -> None:
        connection = database(old)
        count, jws = connection.execute("SELECT count, jws FROM audit_checkpoints").fetchone()
        head, claims, signature = jws.split(".")
        for made in ("e30.e30.e30", f"{head}.{claims[:-4]}AAAA.{signature}", f"{head}.{claims}."):
            connection.execute("UPDATE audit_checkpoints SET jws = ?", (made,))
            connection.commit()
            old.json("audit", "verify", code=1)
            assert f"checkpoint {count} is not as it was signed" in old.err
        connection.execute("UPDATE audit_checkpoints SET jws = ?", (old.run("audit", "anchor").strip(),))
        connection.commit()
        connection.close()
        old.json("audit", "verify", code=1)
        assert f"checkpoint {count} is not as it was signed" in old.err


class TestProof:
    @pytest.fixture
    def root(self, old: Terminal) -> Path:
        rows = [row for row in old.json("keys", "list") if row["name"] == "e2e-root"]
        file = old.folder / "root.json"
        file.write_text(json.dumps(rows[0]["publicJwk"]), encoding="utf-8")
        return file

    @pytest.fixture
    def proof(self, old: Terminal) -> Path:
        file = old.folder / "proof.json"
        file.write_text(old.run("audit", "prove", "700"), encoding="utf-8")
        return file

    def test_anybody_checks_a_proof_without_the_house(self, old: Terminal, root: Path, proof: Path) -> None:
        shutil.rmtree(old.folder / "var")
        shown = old.json("audit", "check-proof", str(proof), "--root", str(root))
        assert shown["holds"]
        assert (shown["row"]["id"], shown["event"]["payload"]) == (700, {"action": "created"})
        assert "row 700" in old.run("audit", "check-proof", str(proof), "--root", str(root))

    def test_also_the_newest_row_is_proved(self, old: Terminal, root: Path) -> None:
        newest = old.json("audit", "search", "--limit", "1")[0]["id"]
        file = old.folder / "newest"
        file.write_text(old.run("audit", "prove", str(newest)), encoding="utf-8")
        assert old.json("audit", "check-proof", str(file), "--root", str(root))["row"]["id"] == newest
        assert old.json("audit", "verify")["intact"]
        old.run("audit", "prove", "99999", code=1)
        assert "no row 99999" in old.err

    @pytest.mark.parametrize(
        ("member", "made"),
        [
            ("leaf", lambda leaf: leaf.replace("application", "applicatiom", 1)),
            ("index", lambda index: index + 1),
            ("size", lambda size: size - 1),
            ("path", lambda path: path[1:]),
            ("path", lambda path: [path[1], path[0], *path[2:]]),
            ("path", lambda path: ["zz", *path[1:]]),
            ("checkpoint", lambda jws: jws[:-8] + "AAAAAAAA"),
            ("format", lambda _: "aldaba-audit-proof-2"),
        ],
    )
    def test_a_changed_proof_does_not_hold(
        self, old: Terminal, root: Path, proof: Path, member: str, made: Callable[[Any], Any]
    ) -> None:
        document = json.loads(proof.read_text("utf-8"))
        document[member] = made(document[member])
        proof.write_text(json.dumps(document), encoding="utf-8")
        old.run("audit", "check-proof", str(proof), "--root", str(root), code=1)
        assert "the proof does not hold" in old.err

    def test_another_root_key_and_no_key_are_refused(self, old: Terminal, proof: Path) -> None:
        other = old.folder / "other.json"
        other.write_text(json.dumps(generate_signing_key().public_jwk()), encoding="utf-8")
        old.run("audit", "check-proof", str(proof), "--root", str(other), code=1)
        assert "the root key did not sign" in old.err
        other.write_text("[]", encoding="utf-8")
        old.run("audit", "check-proof", str(proof), "--root", str(other), code=1)
        assert "no public key" in old.err
