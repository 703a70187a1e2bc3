"""The systemd unit, the image and the composition: well written, closed tight, true to the settings."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.house.tree import ROOT

from aldaba.cli.main import cli
from aldaba.settings import Settings
from aldaba.settings.shape import SECRETS, types_of

UNIT = ROOT / "ops" / "systemd" / "aldaba.service"
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
KNOWN = {name for name, _ in types_of(Settings)} | {f"{name}_file" for name in SECRETS}
HARDENED = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "CapabilityBoundingSet": "",
    "StateDirectory": "aldaba",
    "StateDirectoryMode": "0700",
    "UMask": "0077",
    "LimitCORE": "0",
    "RestrictNamespaces": "yes",
    "SystemCallArchitectures": "native",
}


def unit() -> dict[str, list[str]]:
    """Every key of the service with all its values: systemd repeats keys, which ``configparser`` does not."""
    section = UNIT.read_text("utf-8").partition("[Service]\n")[2].partition("\n[Install]")[0]
    found: dict[str, list[str]] = {}
    for line in section.splitlines():
        if line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def settings_named(lines: list[str]) -> set[str]:
    named = {line.partition("=")[0] for line in lines if line.startswith("ALDABA__")}
    return {name.removeprefix("ALDABA__").lower().replace("__", ".") for name in named}


def commands(text: str) -> set[str]:
    return set(re.findall(r"aldaba\.toml (\w+)", text))


class TestUnit:
    def test_it_is_closed_tight(self) -> None:
        service = unit()
        assert {key: service[key][-1] for key in HARDENED} == HARDENED
        assert service["User"] != ["root"]

    def test_secrets_come_by_credential_and_settings_exist(self) -> None:
        service = unit()
        assert settings_named(service["Environment"]) <= KNOWN
        loaded = {entry.partition(":")[0] for entry in service["LoadCredential"]}
        used = set(re.findall(r"=%d/(\S+)", "\n".join(service["Environment"])))
        assert used == loaded

    def test_the_commands_it_runs_exist(self) -> None:
        assert commands(UNIT.read_text("utf-8")) == {"init", "migrate", "serve"} <= set(cli.commands)

    def test_systemd_reads_it(self, tmp_path: Path) -> None:
        if shutil.which("systemd-analyze") is None:
            strict = configparser.ConfigParser(strict=False, interpolation=None)
            strict.read_string(UNIT.read_text("utf-8"))
            assert strict.sections() == ["Unit", "Service", "Install"]
            return
        # With a program that is there, so that all it may complain of is the unit itself.
        there = tmp_path / "aldaba.service"
        there.write_text(
            UNIT.read_text("utf-8").replace("/opt/aldaba/bin/aldaba", shutil.which("true") or "")
        )
        told = subprocess.run(
            ["systemd-analyze", "verify", there],  # noqa: S607 - the one of whoever runs the tests
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert [line for line in told.stderr.splitlines() if "aldaba.service" in line] == []


class TestImage:
    def test_its_last_stage_is_for_a_user_who_is_not_root(self) -> None:
        last = DOCKERFILE.rpartition("\nFROM ")[2]
        assert re.search(r"^USER aldaba$", last, re.MULTILINE)
        assert "pip install" not in last
        assert "HEALTHCHECK" in last

    def test_dependencies_are_taken_by_hash(self) -> None:
        installs = re.findall(r"pip install (.+)", DOCKERFILE)
        assert len(installs) == 2
        assert "--require-hashes --no-deps -r requirements/server.txt" in installs[0]
        assert "--no-deps ." in installs[1]

    def test_what_it_copies_is_there_and_let_through(self) -> None:
        let_through = {
            line.removeprefix("!")
            for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
            if line.startswith("!")
        }
        copied = {
            name
            for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
            for name in line.split()[:-1]
        }
        assert copied == let_through
        assert all((ROOT / name).exists() for name in copied)


class TestComposition:
    def test_every_setting_and_command_exists(self) -> None:
        for name in ("init", "aldaba"):
            service = COMPOSE["services"][name]
            assert settings_named([f"{key}=" for key in service["environment"]]) <= KNOWN
            assert commands(" ".join(service["command"])) <= set(cli.commands)

    def test_no_secret_stands_in_it(self) -> None:
        for service in COMPOSE["services"].values():
            for key, value in service.get("environment", {}).items():
                assert not re.search(r"PASSWORD|SECRET|URL", key) or key.endswith("FILE"), (key, value)
        kept = {name for service in COMPOSE["services"].values() for name in service.get("secrets", ())}
        assert kept == set(COMPOSE["secrets"])
        assert all(secret["file"].startswith("./secrets/") for secret in COMPOSE["secrets"].values())
        assert "/secrets/" in (ROOT / ".gitignore").read_text("utf-8").splitlines()

    def test_the_server_may_write_nowhere_but_its_volume(self) -> None:
        for name in ("init", "aldaba"):
            service = COMPOSE["services"][name]
            assert service["read_only"] is True
            assert service["cap_drop"] == ["ALL"]
            writable = [volume for volume in service["volumes"] if not volume.endswith(":ro")]
            assert writable == ["data:/var/lib/aldaba"]

    def test_only_loopback_ports_are_published(self) -> None:
        for service in COMPOSE["services"].values():
            assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))

    def test_who_is_waited_for_is_there_and_what_is_mounted_too(self) -> None:
        services = COMPOSE["services"]
        for service in services.values():
            assert set(service.get("depends_on", ())) <= set(services)
            for volume in service.get("volumes", ()):
                source = volume.partition(":")[0]
                known = source in COMPOSE["volumes"] or source == "./config" or (ROOT / source).exists()
                assert known, volume

    def test_metrics_are_read_where_they_are_served(self) -> None:
        scraped = yaml.safe_load((ROOT / "ops" / "prometheus" / "prometheus.yml").read_text("utf-8"))
        assert scraped["scrape_configs"][0]["static_configs"] == [{"targets": ["127.0.0.1:8081"]}]
        assert COMPOSE["services"]["prometheus"]["network_mode"] == "service:aldaba"


@pytest.mark.parametrize("page", sorted((ROOT / "ops").rglob("*.yml")), ids=lambda page: page.name)
def test_every_yaml_file_reads(page: Path) -> None:
    assert isinstance(yaml.safe_load(page.read_text("utf-8")), dict)
