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
