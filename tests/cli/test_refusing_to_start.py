"""What production refuses to start on, one by one and all at once, each with its cure."""

from collections.abc import Callable
from pathlib import Path

import pytest

from aldaba.cli.main import main

SAFE = """\
data = "{folder}/var"
[server]
public_url = "https://bank.example"
[delivery]
providers_file = "{folder}/providers.toml"
"""
PROVIDERS = '[[provider]]\nkind = "http"\nname = "g"\nsecret_file = "gateway.secret"\nsender = "B"\n'


class Start:
    """A configuration that nothing is wrong with, to be spoilt, and what the start then says."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys
        (folder / "var").mkdir()
        (folder / "bank.toml").write_text(SAFE.format(folder=folder), "utf-8")
        (folder / "bank.toml").chmod(0o600)
        (folder / "providers.toml").write_text(PROVIDERS, "utf-8")
        self.secret("gateway.secret", "chance")

    def secret(self, name: str, text: str, mode: int = 0o600) -> Path:
        file = self.folder / name
        file.write_text(text, "utf-8")
        file.chmod(mode)
        return file

    def refused(self, *options: str) -> str:
        assert main(["serve", "--config", str(self.folder / "bank.toml"), *options]) == 1
        printed = self._capsys.readouterr()
        assert printed.out == ""
        return printed.err


@pytest.fixture
def start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Start:
    return Start(tmp_path, capsys)


Spoil = Callable[[Start, pytest.MonkeyPatch], object]


def given(name: str, value: str) -> Spoil:
    return lambda _, environment: environment.setenv(f"ALDABA__{name.upper().replace('.', '__')}", value)


def key_ring_open_to_the_group(start: Start, _: pytest.MonkeyPatch) -> None:
    start.secret("var/keyring.json", "{}", 0o640)


def gateway_secret_open_to_all(start: Start, _: pytest.MonkeyPatch) -> None:
    (start.folder / "gateway.secret").chmod(0o644)


def mail_password_open_to_all(start: Start, environment: pytest.MonkeyPatch) -> None:
    file = start.secret("mail.secret", "f29-31ab-77", 0o604)
    environment.setenv("ALDABA__EMAIL__PASSWORD_FILE", str(file))


def mail_password_in_an_open_file(start: Start, _: pytest.MonkeyPatch) -> None:
    with (start.folder / "bank.toml").open("a", encoding="utf-8") as file:
        file.write('[email]\npassword = "f29-31ab-77"\n')
    (start.folder / "bank.toml").chmod(0o644)


def tls_key_open_to_all(start: Start, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ALDABA__SERVER__TLS_CERT", str(start.secret("chain.pem", "")))
    environment.setenv("ALDABA__SERVER__TLS_KEY", str(start.secret("key.pem", "", 0o644)))


CASES: dict[str, tuple[Spoil, str, str]] = {
    "plain HTTP": (given("server.host", "0.0.0.0"), "server.host: found plain HTTP", "server.tls_cert"),  # noqa: S104 - refused
    "public address": (
        given("server.public_url", "http://bank.example"),
        "server.public_url: ",
        "address that front",
    ),
    "admin beyond loopback": (given("admin.host", "0.0.0.0"), "admin.host: ", "tunnel"),  # noqa: S104 - refused
    "header without a proxy": (
        given("server.client_address_header", "X-Real-IP"),
        "server.client_address_header: ",
        "behind_proxy = true",
    ),
    "key rotation off": (given("policy.e2e.rotation_hours", "0"), "policy.e2e.rotation_hours: ", "above 0"),
    "several workers": (
        given("server.workers", "2"),
        "server.workers: found 2 workers on SQLite",
        "workers = 1",
    ),
    "no delivery": (
        given("delivery.providers_file", ""),
        "delivery.providers_file: found none",
        "Set delivery.",
    ),
    "a sandbox's networks": (given("sandbox.allow_from", "10.0.0.0/8"), "sandbox.allow_from: ", "Remove it"),
    "a password out of an example": (
        given("email.password", "changeme"),
        "email.password: ",
        "email.password_file",
    ),
    "key ring": (key_ring_open_to_the_group, "keys.file: ", "chmod 600"),
    "a provider's secret": (gateway_secret_open_to_all, "delivery.providers_file: ", "chmod 600"),
    "a secret's file": (mail_password_open_to_all, "email.password: ", "chmod 600"),
    "a secret in the configuration": (mail_password_in_an_open_file, "email.password: ", "chmod 600"),
    "TLS key": (tls_key_open_to_all, "server.tls_key: ", "chmod 600"),
}
TOGETHER = [
    name
    for name in CASES
    if name
    not in {"plain HTTP", "no delivery", "a secret's file", "TLS key", "a secret in the configuration"}
]
"""Those that do not stand in each other's way."""


def test_what_is_safe_is_not_refused_for_its_configuration(start: Start) -> None:
    assert start.refused() == (
        "aldaba: the database or the key ring is not ready: run `aldaba init`, then `aldaba serve`\n"
    )


@pytest.mark.parametrize("case", CASES)
def test_one_thing_is_refused_by_name_with_its_cure(
    start: Start, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    spoil, named, cure = CASES[case]
    spoil(start, monkeypatch)
    first, line = start.refused().splitlines()
    assert first == "aldaba: refusing to start:"
    assert line.strip().startswith(named)
    assert "expected " in line
    assert cure in line


def test_all_are_named_at_once(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    for case in TOGETHER:
        CASES[case][0](start, monkeypatch)
    told = start.refused()
    for case in TOGETHER:
        assert CASES[case][1] in told, case
    assert len(told.splitlines()) == 1 + len(TOGETHER)


def test_no_secret_is_told(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    mail_password_in_an_open_file(start, monkeypatch)
    assert "f29-31ab-77" not in start.refused()


def test_the_sandbox_in_production_is_refused(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALDABA__MODE", "production")
    told = start.refused("--sandbox")
    assert told.startswith("aldaba: --sandbox is refused: mode is production (environment ALDABA__MODE).")
