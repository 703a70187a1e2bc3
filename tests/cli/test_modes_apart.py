"""Keys and database made for one mode are refused in the other, before anything in them is changed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from aldaba.cli.main import main

OTHER = {"production": "sandbox", "sandbox": "production"}
CHEAP = "[policy.hash]\nmemory_kib = 8\npasses = 1\n[policy.e2e]\nrsa_bits = 2048\n"

PROVIDERS = """
[[provider]]
kind = "http"
name = "gateway"
template = "twilio-sms"
base_url = "https://gateway.example"
user = "account"
secret_file = "gateway.secret"
sender = "+525500000000"
"""

Run = Callable[..., int]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a command in a mode, on one folder's key ring and one folder's database."""
    providers, secret = tmp_path / "providers.toml", tmp_path / "gateway.secret"
    providers.write_text(PROVIDERS, encoding="utf-8")
    secret.write_text("chance")
    secret.chmod(0o600)
    # Production does not start without a way to phones, a sandbox not with one.
    delivered = {"production": f"[delivery]\nproviders_file = '{providers}'\n", "sandbox": ""}

    def running(command: str, mode: str, keys: str, database: str) -> int:
        config = tmp_path / "bank.toml"
        config.write_text(
            f"mode = '{mode}'\ndata = '{tmp_path / keys}'\n"
            f"[keys]\nfile = '{tmp_path / keys / 'keyring.json'}'\n"
            f"[database]\nurl = 'sqlite:///{tmp_path / database / 'aldaba.db'}'\n{CHEAP}{delivered[mode]}",
            encoding="utf-8",
        )
        return main([*command.split(), "--config", str(config)])

    return running


@pytest.mark.parametrize("mode", OTHER)
@pytest.mark.parametrize(
    ("keys", "database", "setting"),
    [("other", "other", "keys.file"), ("other", "own", "keys.file"), ("own", "other", "database.url")],
)
def test_what_was_made_for_the_other_mode_is_refused(
    run: Run,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    mode: str,
    keys: str,
    database: str,
    setting: str,
) -> None:
    assert run("init", mode, "own", "own") == 0
    assert run("init", OTHER[mode], "other", "other") == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.name != "bank.toml"}
    for command in ("init", "serve", "keys list", "customers show 15000010"):
        capsys.readouterr()
        assert run(command, mode, keys, database) == 1, command
        told = capsys.readouterr().err
        assert f"aldaba: {setting}: found a" in told, told
        assert f"made for {OTHER[mode]}; expected one made for {mode}. " in told
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize("mode", OTHER)
def test_what_belongs_together_opens_again(run: Run, mode: str) -> None:
    for command in ("init", "init", "migrate", "keys list"):
        assert run(command, mode, "own", "own") == 0


@pytest.mark.parametrize("mode", OTHER)
def test_a_schema_of_the_other_mode_is_not_brought_up_to_date(
    run: Run, capsys: pytest.CaptureFixture[str], mode: str
) -> None:
    assert run("init", OTHER[mode], "other", "other") == 0
    assert run("migrate", mode, "other", "other") == 1
    assert "aldaba: database.url: found a database made for" in capsys.readouterr().err


def test_a_sandbox_is_not_served_with_settings_of_production(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "real.toml"
    providers = "[delivery]\nproviders_file = 'providers.toml'\n"
    config.write_text(f"data = '{tmp_path / 'var'}'\n{providers}{CHEAP}", encoding="utf-8")
    assert main(["serve", "--sandbox", "--config", str(config)]) == 1
    told = capsys.readouterr().err
    assert "delivery.providers_file: found providers.toml, expected none: it delivers" in told
    assert not (tmp_path / "var").exists()
