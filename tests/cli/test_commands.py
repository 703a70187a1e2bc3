"""The command line over a real house: exit codes, what stdout and stderr say, and what never leaves it."""

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import click
import pytest
from tests.service.importing import HASH, NUMBER, PASSWORD, PIN, bare, card, record

from aldaba.cli.customers import capped_lines
from aldaba.cli.main import cli, main
from aldaba.crypto.jwk import generate_signing_key, private_key_of
from aldaba.service.import_reading import MAX_LINE_BYTES

COMMANDS = """
serve, init, migrate, doctor, applications create, applications list, applications rotate-secret,
applications disable, applications register-keys, customers import, customers show, customers lock,
customers unlock, customers temporary-pin, customers remove, customers reset-counters,
customers end-sessions, customers revoke-device, config show, policy show, audit verify,
audit anchor, audit export, keys list, keys rotate
"""


class Terminal:
    """Runs commands on one bank and reads what they printed."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys
        self.err = ""

    def run(self, *words: str, code: int = 0) -> str:
        """What the command prints; ``err`` keeps what it complains of."""
        found = main([*words, "--config", str(self.folder / "bank.toml")])
        printed = self._capsys.readouterr()
        self.err = printed.err
        assert found == code, printed
        return printed.out

    def json(self, *words: str, code: int = 0) -> Any:
        return json.loads(self.run(*words, "--json", code=code))

    def file(self, *records: dict[str, Any] | str) -> str:
        path = self.folder / "customers.jsonl"
        texts = (one if isinstance(one, str) else json.dumps(one) for one in records)
        path.write_text("\n".join(texts) + "\n", encoding="utf-8")
        return str(path)


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    cheap = "[policy.hash]\nmemory_kib = 8\npasses = 1\n[policy.e2e]\nrsa_bits = 2048\n"
    (tmp_path / "bank.toml").write_text(f"data = '{tmp_path / 'var'}'\n{cheap}", encoding="utf-8")
    return Terminal(tmp_path, capsys)


@pytest.fixture
def bank(terminal: Terminal) -> Terminal:
    terminal.run("init")
    return terminal


def _names(group: click.Group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _names(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


def test_every_documented_command_is_there_and_takes_config_and_json() -> None:
    found = dict(_names(cli))
    assert {" ".join(name.split()) for name in COMMANDS.split(",")} <= set(found)
    for name, command in found.items():
        options = {option for parameter in command.params for option in parameter.opts}
        assert {"--config", "--json"} <= options, name
        assert command.help, name


class TestExitCodes:
    def test_wrong_usage_is_two(self, terminal: Terminal) -> None:
        assert main(["frobnicate"]) == 2
        terminal.run("customers", "lock", NUMBER, code=2)
        assert "--reason" in terminal.err
        terminal.run("customers", "import", "gone.jsonl", code=2)
        terminal.run("applications", "create", "app", "--operation", "fly", code=2)
        assert "fly" in terminal.err

    def test_help_and_version_are_done(self) -> None:
        assert main(["--help"]) == 0
        assert main(["--version"]) == 0

    def test_a_bad_setting_is_one_with_its_name(self, terminal: Terminal) -> None:
        (terminal.folder / "bank.toml").write_text("[server]\nport = 'x'\n", encoding="utf-8")
        terminal.run("config", "show", code=1)
        assert terminal.err.startswith("aldaba: server.port: found 'x'")

    def test_a_house_without_keys_is_one_with_where_to_look(self, terminal: Terminal) -> None:
        terminal.run("customers", "show", NUMBER, code=1)
        assert "aldaba doctor" in terminal.err


class TestDatabase:
    def test_init_may_be_repeated_and_migrate_too(self, terminal: Terminal) -> None:
        first = terminal.json("init")
        again = terminal.json("init")
        assert first["keyring_created"]
        assert not again["keyring_created"]
        assert terminal.json("migrate") == {"schema": first["schema"]}
        assert (terminal.folder / "var" / "keyring.json").stat().st_mode & 0o777 == 0o600

    def test_the_doctor_finds_a_fresh_bank_well_but_for_its_way_to_phones(self, bank: Terminal) -> None:
        checks = {check["name"]: check for check in bank.json("doctor", code=1)}
        assert {"keys", "database", "directory", "key pairs", "clock"} <= set(checks)
        wrong = {name for name, check in checks.items() if not check["ok"]}
        assert wrong == {"delivery.providers_file"}

    def test_the_doctor_names_what_is_wrong_and_its_cure(self, terminal: Terminal) -> None:
        told = terminal.run("doctor", code=1)
        assert "WRONG keys" in told
        assert "cure: aldaba migrate" in told
        terminal.run("init")
        (terminal.folder / "var" / "keyring.json").chmod(0o644)
        told = terminal.run("doctor", code=1)
        assert "chmod 600" in told


class TestApplications:
    def test_a_secret_is_printed_once(self, bank: Terminal) -> None:
        made = bank.json("applications", "create", "app", "--right", "ivr", "--channel", "MBK")
        assert set(made) == {"client_id", "client_secret"}
        bank.run("applications", "rotate-secret", "app")
        (row,) = bank.json("applications", "list")
        assert (row["client_id"], row["channels"], row["operations"]) == ("app", ["MBK"], None)
        assert (row["countries"], row["rights"]) == (["MX"], ["ivr"])
        assert made["client_secret"] not in json.dumps(row)
        assert "app  enabled" in bank.run("applications", "list")

    def test_an_application_that_exists_is_refused(self, bank: Terminal) -> None:
        bank.run("applications", "create", "app")
        bank.run("applications", "create", "app", code=1)
        assert "exists" in bank.err

    def test_a_disabled_one_is_listed_so(self, bank: Terminal) -> None:
        bank.run("applications", "create", "app")
        bank.run("applications", "disable", "app")
        assert "app  disabled" in bank.run("applications", "list")

    def test_registered_keys_are_printed_as_documented(self, bank: Terminal) -> None:
        bank.run("applications", "create", "app")
        given = json.loads(bank.run("applications", "register-keys", "app"))
        assert set(given) == {"key_id", "ek", "hk"}
        assert (len(given["ek"]), len(given["hk"])) == (64, 64)

    def test_a_public_key_comes_as_pem_or_jwk(self, bank: Terminal) -> None:
        key = generate_signing_key()
        pem, jwk, wrong = (bank.folder / name for name in ("key.pem", "key.json", "key.txt"))
        pem.write_bytes(private_key_of(key.private_pem).as_pem(private=False))
        jwk.write_text(json.dumps(key.public_jwk()), encoding="utf-8")
        wrong.write_bytes(key.private_pem)
        bank.run("applications", "create", "one", "--public-key", str(pem))
        bank.run("applications", "create", "two", "--public-key", str(jwk))
        first, second = bank.json("applications", "list")
        assert first["public_jwks"][0]["x"] == second["public_jwks"][0]["x"] == key.public_jwk()["x"]
        bank.run("applications", "create", "three", "--public-key", str(wrong), code=1)
        assert "no public key" in bank.err


class TestCustomers:
    def test_good_lines_stay_and_bad_ones_are_told_by_number(self, bank: Terminal) -> None:
        file = bank.file(record(), "{}", bare(customerId="7", access={"pin": "12345678"}))
        told = bank.json("customers", "import", file, code=1)
        assert (told["accepted"], told["refused"]) == (1, 2)
        assert [refusal["line"] for refusal in told["refusals"]] == [2, 3]
        assert "line 2: customerId: required" in bank.err
        assert "12345678" not in bank.err
        assert bank.json("customers", "show", NUMBER)["name"] == "ARTURO HERNANDEZ RAMIREZ"

    def test_a_dry_run_changes_nothing(self, bank: Terminal) -> None:
        assert "1 would be imported" in bank.run("customers", "import", bank.file(record()), "--dry-run")
        bank.run("customers", "show", NUMBER, code=1)
        assert "customer unknown" in bank.err

    def test_no_policy_takes_a_weak_secret(self, bank: Terminal) -> None:
        file = bank.file(bare(access={"pin": "12345678"}))
        assert "1 imported" in bank.run("customers", "import", file, "--no-policy")

    def test_no_secret_is_readable_in_the_database(self, bank: Terminal) -> None:
        bank.run("customers", "import", bank.file(record(cards=[card(nip=None, nipHash=HASH)])))
        kept = b"".join(path.read_bytes() for path in (bank.folder / "var").glob("aldaba.sqlite3*"))
        for secret in (PIN, PASSWORD, "5556093218", "5204164299999992", HASH, "argon2id"):
            assert secret.encode() not in kept

    def test_lock_show_unlock_remove(self, bank: Terminal) -> None:
        bank.run("customers", "import", bank.file(record()))
        bank.run("customers", "lock", NUMBER, "--reason", "stolen", "--kind", "S")
        shown = bank.run("customers", "show", NUMBER)
        assert "locked (S, operator)" in shown
        assert "stolen" in shown
        assert bank.json("customers", "unlock", NUMBER, "--reason", "found")["lifted"] == ["S"]
        assert "No lock stood" in bank.run("customers", "unlock", NUMBER, "--reason", "again")
        bank.run("customers", "remove", NUMBER, "--reason", "left")
        bank.run("customers", "show", NUMBER, code=1)

    def test_counts_sessions_and_devices_are_the_desks_too(self, bank: Terminal) -> None:
        bank.run("customers", "import", bank.file(record(devices=[{"vascoDeviceId": "VASCO0001"}])))
        because = ("--reason", "a phone was stolen")
        bank.run("customers", "reset-counters", NUMBER, *because)
        bank.run("customers", "end-sessions", NUMBER, *because)
        assert bank.json("customers", "revoke-device", NUMBER, "VASCO0001", *because)["blocked"] is True
        (device,) = bank.json("customers", "show", NUMBER)["devices"]
        assert (device["vasco_id"], device["blocked"]) == ("VASCO0001", True)
        bank.run("customers", "revoke-device", NUMBER, "VASCO0002", *because, code=1)
        done = [row["event"]["payload"] for row in bank.json("audit", "search", "--customer", NUMBER)]
        told = {one["action"] for one in done if one.get("note") == "a phone was stolen"}
        assert told >= {"reset counters", "end sessions", "revoke device"}

    def test_a_temporary_pin_that_nobody_delivers_changes_nothing(self, bank: Terminal) -> None:
        bank.run("customers", "import", bank.file(record()))
        bank.run("customers", "temporary-pin", NUMBER, "--reason", " ", code=1)
        assert "a reason of 1 to 200 characters is demanded" in bank.err
        bank.run("customers", "temporary-pin", NUMBER, "--reason", "forgot it", code=1)
        assert "delivery did not do its work" in bank.err
        (profile,) = bank.json("customers", "show", NUMBER)["profiles"]
        assert profile["temporary_pin_until"] is None
        assert profile["pin"]["expired"] is None


class TestShowing:
    def test_config_tells_value_and_origin(self, bank: Terminal) -> None:
        entries = bank.json("config", "show")
        assert entries["server.port"] == {"value": 8080, "origin": "default"}
        assert entries["policy.hash.passes"]["origin"] == f"file {bank.folder / 'bank.toml'}"
        assert "server.port" in bank.run("config", "show")

    def test_a_bank_that_make_serve_made_is_a_sandbox(self, terminal: Terminal) -> None:
        (terminal.folder / "var").mkdir()
        (terminal.folder / "var" / "sandbox-application.json").touch()
        mode = terminal.json("config", "show")["mode"]
        assert mode["value"] == "sandbox"
        assert "sandbox-application.json is there" in mode["origin"]

    def test_policy_tells_every_number_and_the_unlock_matrix(self, terminal: Terminal) -> None:
        told = terminal.json("policy", "show")
        assert told["policy"]["policy.lockout.failures"]["value"] == 5
        assert told["unlock"]["help desk"] == {
            "D": True,
            "S": True,
            "I": False,
            "token locked": True,
            "card NIP locked": True,
        }
        assert "next day" in terminal.run("policy", "show")

    def test_keys_tell_public_halves_and_no_private_one(self, bank: Terminal) -> None:
        rows = bank.json("keys", "list")
        public = {row["name"]: row["publicJwk"] for row in rows}
        assert set(public) >= {"signing", "e2e", "e2e-root", "storage", "pepper", "identity", "otp", "audit"}
        assert public["signing"]["crv"] == "P-256"
        assert public["e2e"]["kty"] == "RSA"
        assert public["storage"] is None
        assert '"d"' not in json.dumps(rows)
        assert "current" in bank.run("keys", "list")

    @pytest.mark.parametrize("name", ["signing", "e2e", "e2e-root", "storage"])
    def test_a_rotated_key_is_current_and_what_the_earlier_one_did_stays_good(
        self, bank: Terminal, name: str
    ) -> None:
        anchor = bank.folder / "anchor"
        anchor.write_text(bank.run("audit", "anchor"), encoding="utf-8")
        before = _current(bank, name)
        fresh = bank.json("keys", "rotate", name)["keyId"]
        assert _current(bank, name) == fresh != before
        states = {row["keyId"]: row["state"] for row in bank.json("keys", "list") if row["name"] == name}
        assert states == {before: "retired", fresh: "current"}
        assert bank.json("audit", "verify", "--anchor", str(anchor))["intact"]
        assert fresh in bank.run("audit", "export")
        assert "1 of " in bank.run("doctor", code=1) + bank.err

    def test_a_key_that_cannot_be_rotated_is_wrong_usage(self, bank: Terminal) -> None:
        bank.run("keys", "rotate", "identity", code=2)


def _current(bank: Terminal, name: str) -> str:
    rows = bank.json("keys", "list")
    return str(next(row["keyId"] for row in rows if row["name"] == name and row["state"] == "current"))


class TestAudit:
    def test_an_export_holds_every_event_from_its_day_on(self, bank: Terminal) -> None:
        bank.run("applications", "create", "app")
        events = [json.loads(line) for line in bank.run("audit", "export").splitlines()]
        assert [one["id"] for one in events] == list(range(1, len(events) + 1))
        assert len(events) == bank.json("audit", "verify")["rows"]
        assert {"type", "at", "payload"} <= events[0]["event"].keys()
        assert bank.run("audit", "export", "--since", "2001-01-01").count("\n") == len(events)
        assert bank.run("audit", "export", "--since", "2999-01-01") == ""

    def test_a_whole_chain_verifies_against_its_anchor(self, bank: Terminal) -> None:
        bank.run("applications", "create", "app")
        anchor = bank.folder / "anchor"
        anchor.write_text(bank.run("audit", "anchor"), encoding="utf-8")
        bank.run("applications", "disable", "app")
        told = bank.json("audit", "verify", "--anchor", str(anchor))
        assert told["intact"]
        assert told["rows"] >= 2

    def test_an_anchor_this_house_never_signed_is_refused(self, bank: Terminal) -> None:
        anchor = bank.folder / "anchor"
        anchor.write_text("e30.e30.e30", encoding="utf-8")
        bank.run("audit", "verify", "--anchor", str(anchor), code=1)
        assert "not one this house signed" in bank.err


class TestReadingLines:
    def test_a_mark_at_the_start_and_either_line_end_are_taken_off(self) -> None:
        assert list(capped_lines(BytesIO(b"\xef\xbb\xbf{}\r\n\n[]"))) == [b"{}", b"", b"[]"]

    def test_an_overlong_line_is_cut_but_still_seen_to_be_one(self) -> None:
        longest = b"a" * MAX_LINE_BYTES
        found = list(capped_lines(BytesIO(longest + b"\n" + longest * 3 + b"\nb\n")))
        assert found[0] == longest
        assert MAX_LINE_BYTES < len(found[1]) <= MAX_LINE_BYTES + 2
        assert found[2:] == [b"b"]
