"""A whole bank whose key ring a PKCS#11 token wraps: made, rotated, and shut where the token is not asked."""

from pathlib import Path

import pytest
from tests.backends.soft_hsm import PIN, module, token
from tests.cli.test_commands import Terminal, terminal

__all__ = ["terminal"]


@pytest.fixture
def configuration(terminal: Terminal) -> Path:
    """Settings that name the token; its PIN stands in a file."""
    file = terminal.folder / "bank.toml"
    pin = terminal.folder / "pin"
    pin.write_text(PIN, encoding="utf-8")
    pin.chmod(0o600)
    keys = f"provider = 'pkcs11'\nmodule = '{module()}'\ntoken_label = '{token()}'\npin_file = '{pin}'\n"
    file.write_text(f"{file.read_text('utf-8')}[keys]\n{keys}", encoding="utf-8")
    return file


def test_pkcs11_a_bank_lives_on_a_wrapped_ring(terminal: Terminal, configuration: Path) -> None:
    assert terminal.json("init")["keyring_created"]
    kept = (terminal.folder / "var" / "keyring.json").read_text("utf-8")
    assert "wrapped" in kept
    assert "storage" not in kept
    wrong = [check["name"] for check in terminal.json("doctor", code=1) if not check["ok"]]
    assert wrong == ["delivery.providers_file"]
    fresh = terminal.json("keys", "rotate", "storage")["keyId"]
    assert set(terminal.json("keys", "reseal")["values"]) == {fresh}
    assert terminal.json("audit", "verify")["intact"]
    shown = terminal.json("config", "show")
    assert PIN not in str(shown)
    configuration.write_text(configuration.read_text("utf-8").replace("pkcs11", "file"), encoding="utf-8")
    terminal.run("keys", "list", code=1)


def test_pkcs11_a_ring_in_clear_is_wrapped_by_command(terminal: Terminal, configuration: Path) -> None:
    hsm = configuration.read_text("utf-8")
    configuration.write_text(hsm.replace("'pkcs11'", "'file'"), encoding="utf-8")
    terminal.run("init")
    terminal.run("keys", "wrap", code=1)
    assert "expected pkcs11" in terminal.err
    before = terminal.json("keys", "list")
    configuration.write_text(hsm, encoding="utf-8")
    terminal.run("keys", "list", code=1)
    assert "aldaba keys wrap" in terminal.err
    assert "Destroy every copy" in terminal.run("keys", "wrap")
    assert terminal.json("keys", "list") == before


def test_pkcs11_what_is_missing_in_the_settings_is_named(terminal: Terminal, configuration: Path) -> None:
    text = configuration.read_text("utf-8")
    configuration.write_text(text.replace("token_label", "#"), encoding="utf-8")
    terminal.run("init", code=1)
    assert "keys.token_label" in terminal.err


def test_pkcs11_a_backup_is_made_proved_and_restored_and_its_ring_is_wrapped_again(
    terminal: Terminal, configuration: Path
) -> None:
    terminal.run("init")
    terminal.run("audit", "anchor")
    var = terminal.folder / "var"
    ring, file, passphrase = (
        var / "keyring.json",
        terminal.folder / "a.backup",
        terminal.folder / "passphrase",
    )
    passphrase.write_text("ocho caballos de madera", "utf-8")
    keys = terminal.json("keys", "list")
    terminal.run("backup", str(file), "--with-keys", "--passphrase-file", str(passphrase))
    assert "proved." in terminal.run("backup", "verify", str(file))
    for each in var.iterdir():
        each.unlink()
    text = configuration.read_text("utf-8")
    configuration.write_text(f"{text}kek_label = 'of the new machine'\n", encoding="utf-8")
    assert "proved." in terminal.run("restore", str(file), "--passphrase-file", str(passphrase))
    kept = ring.read_text("utf-8")
    assert "wrapped" in kept
    assert "storage" not in kept
    assert ring.stat().st_mode & 0o777 == 0o600
    assert terminal.json("keys", "list") == keys
    assert terminal.json("audit", "verify")["intact"]
